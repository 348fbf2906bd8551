"""The reasons in Swedish: what `wording` would have said, read back from what it said in English."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("fastapi", reason="the extra web is not installed")
from coverage_check import wording
from coverage_check.basis import Request
from coverage_check.checker import Checker
from coverage_check.curve import Curve
from coverage_check.decision import ReasonCode
from coverage_check.service.reasons import in_swedish
from coverage_check.technology import Environment, Technology
from coverage_check.wording import Words

TEMPLATES = [(code, words) for code, words in wording.REASONS.items()]
TEMPLATES += [(code, words) for (code, _), words in wording.VARIANTS.items()]
NAMES = st.text("abcåäö AB1.-", max_size=12).map(str.strip)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    first = draw(st.one_of(st.none(), st.dates()))
    last = draw(st.one_of(st.just(first), st.dates(min_value=first or date.min)))
    return Curve(
        points=((0.0, 0.5),),
        segments=20,
        low=0.0,
        high=1.0,
        threshold_dbm=-105.0,
        readings=draw(st.integers(0, 2_000_000)),
        share=draw(st.floats(0, 1)),
        environment=draw(st.sampled_from(Environment)),
        first_day=first,
        last_day=last,
        measured_by=draw(NAMES),
    )


@st.composite
def sentences(draw: st.DrawFn) -> tuple[ReasonCode, Words]:
    """Fill any template of a reason in, as a decision does."""
    code, words = draw(st.sampled_from(TEMPLATES))
    common = {
        "technology": draw(st.sampled_from(Technology)).value,
        "network": draw(NAMES.filter(bool)),
        "speed": f"{draw(st.floats(0, 5000)):g}",
    }
    told = {
        "distance": wording.distance_words(draw(st.one_of(st.none(), st.floats(-6000, 6000)))),
        "date": wording.day_words(draw(st.one_of(st.none(), st.dates()))),
        "published": wording.day_words(draw(st.dates())),
        "remark": draw(st.sampled_from(list(wording.REMARKS.values()))),
        "measured": wording.measured_words(draw(curves())),
    }
    swedish, english = ({name: value[number] for name, value in told.items()} for number in (0, 1))
    return code, words.fill(common | swedish, common | english)


@given(said=sentences())
def test_a_reason_is_said_in_swedish_as_wording_says_it(said: tuple[ReasonCode, Words]) -> None:
    code, words = said
    assert in_swedish(code, words.en) == words.sv


@pytest.mark.parametrize("on", [date(2025, 11, 1), date(2026, 2, 1), date(2027, 12, 31)])
def test_the_first_reason_in_swedish_is_in_the_swedish_sentence(on: date) -> None:
    checker = Checker.from_config("demo")
    places = [
        "Harg 12, 760 21 Vätö",
        "Vätövägen 20, 760 21 Vätö",
        "Kyrkvägen 3",
        "Box 12, 760 21 Vätö",
        "Nowhere 1",
        "59.8, 18.9",
    ]
    asked = [Request(address=place, product=code, on=on) for place in places for code in checker.products]
    for decision in checker.check_many(asked):
        assert in_swedish(decision.reasons[0].code, decision.reasons[0].message) in decision.sentence.sv


def test_what_no_template_gives_stays_as_it_is() -> None:
    assert in_swedish(ReasonCode.COVERED, "Another version said this.") == "Another version said this."

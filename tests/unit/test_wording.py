"""What is said is said in both languages, with the same values, by a person, and is true of its case."""

import string
from datetime import date

import pytest

from coverage_check import wording
from coverage_check.decision import Decision, ReasonCode, Verdict
from coverage_check.products import Need
from coverage_check.qualification.explanation import why
from coverage_check.technology import Condition, Receiver, SignalLevel, Technology
from coverage_check.wording import Words
from tests.made_claims import layer, location, product, straight_edge
from tests.unit.test_qualification import decided

BASIC = layer("4g-basic", level=SignalLevel.BASIC)

TABLES: dict[str, Words] = {
    **{code.value: words for code, words in wording.REASONS.items()},
    **{f"{code.value} {variant}": words for (code, variant), words in wording.VARIANTS.items()},
    **{f"remark {key}": words for key, words in wording.REMARKS.items()},
    **{f"opening {key}": words for key, words in wording.OPENINGS.items()},
    **{f"condition {key}": words for key, words in wording.CONDITIONS.items()},
    **{f"offered {key}": words for key, words in wording.OFFERED_WITH.items()},
    **{f"offer {key}": words for key, words in wording.OFFERS.items()},
    **{f"question {key}": words for key, words in wording.QUESTIONS.items()},
    "limits": wording.LIMITS,
}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", TABLES)
def test_both_languages_say_the_same_values(name: str) -> None:
    words = TABLES[name]
    assert fields(words.sv) == fields(words.en)
    assert words.sv.strip()
    assert words.en.strip()
    assert words.sv != words.en or name.startswith("offer")


@pytest.mark.parametrize("name", [name for name in TABLES if name.split()[0] in {*ReasonCode, "question", "opening"}])
def test_a_sentence_is_short_and_whole(name: str) -> None:
    """A salesperson reads it out: one breath, a capital, a full stop or a question mark, and no codes."""
    for text in TABLES[name]:
        assert text[0].isupper() or text.startswith("{")
        assert text.endswith(("?",) if name.startswith("question") else (".", "{remark}"))
        assert len(text.split()) <= 22
        assert not any(word.isupper() and len(word) > 2 for word in text.split() if "{" not in word)


def test_no_table_misses_a_member() -> None:
    assert set(wording.REASONS) == set(ReasonCode)
    assert set(wording.OPENINGS) >= set(Verdict)
    assert set(wording.CONDITIONS) == set(wording.OFFERED_WITH) == set(Condition)
    assert set(wording.QUESTIONS) >= {"WHICH_ADDRESS", "BY_A_WINDOW", "ANTENNA_POSSIBLE", "POSITION"}


@pytest.mark.parametrize(("code", "variant"), [(code, "") for code in ReasonCode] + sorted(wording.VARIANTS))
def test_every_reason_is_read_out_without_gaps(code: ReasonCode, variant: str) -> None:
    said = why(code, straight_edge(layer(), -640, location()), variant, day=date(2025, 12, 9)).words
    for text in said:
        assert "{" not in text
        assert "  " not in text
        assert text.endswith(".")


# what is so → what the message says, in the words that are true of it
@pytest.mark.parametrize(
    ("decision", "code", "says", "says_not"),
    [
        pytest.param(
            decided((BASIC, -300)),
            ReasonCode.NO_COVERAGE,
            "too weak or slow",
            "strong enough",
            id="only a lower level is mapped",
        ),
        pytest.param(
            decided(
                (BASIC, -300),
                (layer("partner", network="Delat 4G"), -3000),
                sold=product(
                    any_of=(
                        Need(technology=Technology.G4, min_level=SignalLevel.GOOD),
                        Need(technology=Technology.G4, min_level=SignalLevel.GOOD, network="Delat 4G"),
                    )
                ),
            ),
            ReasonCode.NO_COVERAGE,
            "3.0 km away, in the network Delat 4G",
            "300 m",
            id="the needed level is another network's",
        ),
        pytest.param(
            decided((layer(valid_from=date(2026, 1, 1)), -700)),
            ReasonCode.NO_COVERAGE,
            "on that day",
            "700 m",
            id="what comes later is not the nearest today",
        ),
        pytest.param(
            decided((layer(valid_until=date(2025, 10, 1)), -700)),
            ReasonCode.TECHNOLOGY_RETIRED,
            "1 October 2025",
            "700 m",
            id="switched off",
        ),
        pytest.param(
            decided((layer(min_download_mbps=2.0), 3000), sold=product(min_download_mbps=10.0)),
            ReasonCode.BELOW_REQUIRED_LEVEL,
            "promises only 2 Mbit/s",
            "weak",
            id="strong but slow",
        ),
        pytest.param(decided((BASIC, 3000)), ReasonCode.BELOW_REQUIRED_LEVEL, "too weak", "Mbit/s", id="fast but weak"),
        pytest.param(
            decided((layer(receiver=Receiver.OUTDOOR_ANTENNA), 3000)),
            ReasonCode.BELOW_REQUIRED_LEVEL,
            "only with an antenna",
            "weak",
            id="promised to antennas",
        ),
        pytest.param(
            decided((layer(), 3000), sold=product(sold_from=date(2026, 3, 1))),
            ReasonCode.PRODUCT_NOT_ON_SALE,
            "goes on sale on 1 March 2026",
            "no longer",
            id="not sold yet",
        ),
        pytest.param(
            decided((layer(), 3000), sold=product(sold_until=date(2025, 3, 1))),
            ReasonCode.PRODUCT_NOT_ON_SALE,
            "its last day was 1 March 2025",
            "goes on",
            id="sold no longer",
        ),
    ],
)
def test_the_message_is_true_of_its_case(decision: Decision, code: ReasonCode, says: str, says_not: str) -> None:
    message = next(reason.message for reason in decision.reasons if reason.code is code)
    assert says in message
    assert says_not not in message


def test_a_switched_off_network_is_not_the_nearest() -> None:
    decision = decided((layer(valid_until=date(2025, 10, 1)), -700))
    assert [reason.code for reason in decision.reasons] == [ReasonCode.TECHNOLOGY_RETIRED]


@pytest.mark.parametrize(
    ("probability", "sv", "en"), [(0.99, "ska fungera", "should work"), (0.8, "fungerar troligen", "will probably work")]
)
def test_a_yes_is_no_surer_than_its_probability(probability: float, sv: str, en: str) -> None:
    assert wording.works_words(probability) == Words(sv, en)


@pytest.mark.parametrize(
    ("metres", "sv", "en"),
    [
        (0.0, "mindre än 10 m", "less than 10 m"),
        (9.4, "mindre än 10 m", "less than 10 m"),
        (-14.9, "10 m", "10 m"),
        (994.0, "990 m", "990 m"),
        (996.0, "1,0 km", "1.0 km"),
        (-1460.0, "1,5 km", "1.5 km"),
        (5000.0, "mer än 5 km", "more than 5 km"),
        (None, "ett okänt avstånd", "an unknown distance"),
    ],
)
def test_a_distance_is_said_no_finer_than_the_map(metres: float | None, sv: str, en: str) -> None:
    assert wording.distance_words(metres) == Words(sv, en)


@pytest.mark.parametrize(
    ("bearing_deg", "sv"),
    [(0, "norr"), (22, "norr"), (23, "nordost"), (90, "öster"), (180, "söder"), (-45, "nordväst"), (359, "norr")],
)
def test_a_direction_is_an_eighth_of_the_compass(bearing_deg: float, sv: str) -> None:
    assert wording.direction_words(bearing_deg).sv == sv

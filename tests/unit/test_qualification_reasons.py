"""What is said with a verdict is true of the place: reasons, how far to the next verdict, questions, and the sentence."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.decision import Decision, ReasonCode, Verdict
from coverage_check.location import Candidate, LocationLevel, Match
from coverage_check.products import Need, Risk
from coverage_check.technology import Condition, SignalLevel, Technology
from tests.made_claims import ON, layer, location, product
from tests.unit.test_qualification import codes, decided

BOTH = product(
    any_of=(),
    all_of=(
        Need(technology=Technology.G4, min_level=SignalLevel.GOOD),
        Need(technology=Technology.G5, min_level=SignalLevel.GOOD),
    ),
)
BASIC = layer("4g-basic", level=SignalLevel.BASIC)
G5 = layer("5g-good", technology=Technology.G5)
FLEX = product(conditions=(Condition.OUTDOOR_ANTENNA,))


def test_where_all_are_needed_the_missing_one_is_the_reason() -> None:
    decision = decided((layer(), 3000), (BASIC, 4000), (G5, -1500), sold=BOTH)
    assert decision.verdict is Verdict.NOT_DELIVERABLE
    assert [(decision.reasons[0].code, decision.reasons[0].layer)] == [(ReasonCode.NO_COVERAGE, "5g-good")]
    assert "5G" in decision.sentence.en
    assert decision.evidence[0].layer == "5g-good"
    assert ReasonCode.BELOW_REQUIRED_LEVEL not in codes(decision)


def test_maps_of_two_technologies_do_not_contradict_each_other() -> None:
    assert ReasonCode.LAYERS_DISAGREE not in codes(decided((BASIC, -500), (G5, 3000), (layer(), -900), sold=BOTH))
    assert ReasonCode.LAYERS_DISAGREE in codes(decided((BASIC, -500), (layer(), 900)))


def test_a_product_that_is_not_on_sale_is_not_called_too_weak_where_it_would_work() -> None:
    ended = product(sold_until=date(2025, 10, 1))
    other = layer("other", network="Other network")
    assert codes(decided((layer(), 3000), (BASIC, 4000), (other, 3000), sold=ended)) == [ReasonCode.PRODUCT_NOT_ON_SALE]


def test_another_network_is_not_the_only_one_where_the_own_covers() -> None:
    other = layer("other", network="Other network")
    near = decided((layer(), 5), (other, 3000), place=location(15, 100))
    assert near.verdict is Verdict.UNDETERMINED
    assert ReasonCode.OTHER_NETWORK_ONLY not in codes(near)
    assert ReasonCode.OTHER_NETWORK_ONLY in codes(decided((layer(), -3000), (other, 3000)))


@given(distance=st.floats(-300, 300), cep50=st.floats(1, 200), ask=st.sampled_from([250.0, 50_000.0]))
def test_every_decision_has_a_reason(distance: float, cep50: float, ask: float) -> None:
    """Also where asking is so dear that a likely place is refused."""
    sold = product(risk=Risk(ask=ask))
    decision = decided((layer(), distance), (BASIC, distance + 500), sold=sold, place=location(cep50, 3 * cep50))
    assert decision.reasons
    if decision.verdict is Verdict.NOT_DELIVERABLE and distance > 0:
        assert codes(decision)[0] is ReasonCode.EDGE_UNCERTAIN


def test_a_doubtful_match_deep_inside_is_not_blamed_on_an_edge_kilometres_away() -> None:
    place = location(match=Match.PARTIAL, gross_error=0.1)
    assert codes(decided((layer(), 3000), place=place)) == [ReasonCode.MATCH_TOO_COARSE]


@pytest.mark.parametrize(
    ("level", "match", "question"),
    [
        (LocationLevel.STREET, Match.EXACT, "HOUSE_NUMBER"),
        (LocationLevel.ADDRESS_POINT, Match.PARTIAL, "SPELLING"),
        (LocationLevel.STREET, Match.PARTIAL, "SPELLING"),
        (LocationLevel.LOCALITY, Match.EXACT, "STREET_ADDRESS"),
        (LocationLevel.POSTCODE, Match.EXACT, "STREET_ADDRESS"),
        (LocationLevel.POSTCODE, Match.PARTIAL, "SPELLING"),
        (LocationLevel.COORDINATES, Match.PARTIAL, "POSITION"),
    ],
)
def test_nobody_is_asked_for_what_they_gave(level: LocationLevel, match: Match, question: str) -> None:
    gross = 0.1 if match is Match.PARTIAL else 0.005
    decision = decided((layer(), 400), place=location(300, 3000, level=level, match=match, gross_error=gross))
    assert decision.ask_next[0].code == question


# How far to the next verdict ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", [date(2026, 3, 1), date(2013, 1, 1), date(2027, 1, 1)], ids=["ended", "not yet", "stale"])
def test_a_map_that_does_not_serve_that_day_has_no_edge_to_cross(on: date) -> None:
    claim = layer(valid_until=date(2025, 12, 9)) if on.year == 2026 else layer()
    assert decided((claim, 2000), on=on).flips is None


def _moved(distance_m: float) -> Decision:
    """Sell with the antenna as a condition, 1 km apart the edges of good and basic coverage."""
    return decided((layer(), distance_m - 1000), (BASIC, distance_m), sold=FLEX)


@given(st.floats(-2500, 3500))
def test_the_verdict_changes_just_beyond_the_flip_and_not_before(distance_m: float) -> None:
    """The oracle is the decision itself, asked again at the other place."""
    decision = _moved(distance_m)
    if decision.flips is None or decision.verdict is Verdict.UNDETERMINED:
        return
    side, moved_m = (1 if decision.flips.bearing_deg == 90.0 else -1), decision.flips.if_moved_m
    assert _moved(distance_m + side * max(0.0, moved_m - 5)).verdict is decision.verdict
    assert _moved(distance_m + side * (moved_m + 5)).verdict is not decision.verdict


def test_a_conditional_sale_says_how_near_the_edge_of_its_condition_is() -> None:
    decision = _moved(300)
    assert decision.verdict is Verdict.CONDITIONAL
    assert decision.flips is not None
    assert decision.flips.if_moved_m < 300
    assert decision.flips.to is Verdict.NOT_DELIVERABLE


# What is said and how long it holds -------------------------------------------------------------------------------


def test_a_yes_says_that_the_network_ends_within_the_contract() -> None:
    decision = decided((layer(valid_until=date(2026, 6, 1)), 3000), sold=product(contract_months=24))
    assert decision.verdict is Verdict.DELIVERABLE
    assert "1 June 2026" in decision.sentence.en
    assert "1 juni 2026" in decision.sentence.sv


def test_the_place_is_said_as_it_was_found_where_it_was_asked_otherwise() -> None:
    """A sale to Hargg 12 is confirmed as a sale to the Harg 12 that was found."""
    found = Candidate(
        label="Harg 12, 760 21 Vätö", lat=59.82, lon=18.95, level=LocationLevel.ADDRESS_POINT, match=Match.FUZZY
    )
    place = location(match=Match.FUZZY, candidates=(found,))
    assert "Harg 12, 760 21 Vätö" in decided((layer(), 3000), place=place).sentence.en


def test_an_answer_holds_no_longer_than_the_product_is_sold() -> None:
    last = date(2025, 12, 31)
    assert decided((layer(), 3000), sold=product(sold_until=last)).valid_until == last
    soon = product(sold_from=date(2025, 11, 20))
    assert decided((layer(), 3000), sold=soon, on=ON).valid_until == date(2025, 11, 19)

"""What is asked next is the one question whose answer would change most, and nothing that could not help."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from coverage_check.availability import Availability
from coverage_check.decision import AskedAddress, Decision, ReasonCode, Verdict
from coverage_check.layer import Layer
from coverage_check.location import Candidate, Location, LocationLevel, Match
from coverage_check.products import Need, Product
from coverage_check.qualification import Order, decide
from coverage_check.technology import Condition, PlaceOfUse, Receiver, SignalLevel, Technology
from tests.made_claims import ON, layer, location, product, straight_edge
from tests.unit.test_qualification import MADE_AT, PROVENANCE, codes, decided

BASIC = layer("4g-basic", level=SignalLevel.BASIC)
BEST = layer("4g-very-good", level=SignalLevel.VERY_GOOD)
ANTENNA = product(conditions=(Condition.OUTDOOR_ANTENNA,))
PHONE = product(code="phone", receiver=Receiver.HANDSET, any_of=(Need(technology=Technology.G4),))
HOUSE = location(15, 100)


def asked(decision: Decision) -> list[str]:
    return [question.code for question in decision.ask_next]


# place (metres to the edge of the level that is needed; to that of basic) → what is asked first
@pytest.mark.parametrize(
    ("sold", "claims", "place", "first"),
    [
        pytest.param(product(), ((layer(), 5),), HOUSE, "POSITION", id="at the edge: where exactly is it?"),
        pytest.param(product(), ((layer(), -40),), HOUSE, None, id="surely outside: nothing to ask"),
        pytest.param(ANTENNA, ((layer(), -900), (BASIC, 3000)), HOUSE, "ANTENNA_POSSIBLE", id="an antenna would do"),
        pytest.param(ANTENNA, ((layer(), 60), (BASIC, 3000)), HOUSE, "ANTENNA_POSSIBLE", id="an antenna would settle it"),
        pytest.param(ANTENNA, ((layer(), 5), (BASIC, 10)), HOUSE, "POSITION", id="not even an antenna would"),
        pytest.param(PHONE, ((BEST, 20), (layer(), 3000)), HOUSE, "BY_A_WINDOW", id="by a window it is sure"),
        pytest.param(PHONE, ((BEST, -900), (layer(), 3000)), HOUSE, "BY_A_WINDOW", id="only by a window"),
        pytest.param(PHONE, ((BEST, -900), (layer(), -500)), HOUSE, None, id="not even by a window"),
        pytest.param(
            replace(PHONE, conditions=(Condition.OUTDOORS_ONLY,)),
            ((BEST, -900), (layer(), -500), (BASIC, 3000)),
            HOUSE,
            "PLACE_OF_USE",
            id="only outdoors",
        ),
        pytest.param(
            product(),
            ((layer(), 300),),
            location(300, 3000, level=LocationLevel.STREET),
            "HOUSE_NUMBER",
            id="half a street has it: which number?",
        ),
    ],
)
def test_the_first_question_would_change_most(
    sold: Product, claims: tuple[tuple[Layer, float], ...], place: Location, first: str | None
) -> None:
    decision = decided(*claims, sold=sold, place=place)
    assert next(iter(asked(decision)), None) == first


def test_what_is_sure_is_not_asked_about() -> None:
    assert decided((layer(), 3000), sold=ANTENNA).ask_next == ()


def test_a_router_is_not_asked_to_stand_by_the_window_where_it_stands_already() -> None:
    assert "BY_A_WINDOW" not in asked(decided((BEST, -900), (layer(), 5), place=HOUSE))


def test_a_claim_for_routers_promises_a_handset_by_the_window_nothing() -> None:
    routers = layer("4g-router", receiver=Receiver.INDOOR_ROUTER)
    assert "BY_A_WINDOW" not in asked(decided((BEST, -900), (routers, 3000), sold=PHONE))


def test_an_antenna_is_asked_about_where_a_product_with_one_is_offered() -> None:
    roof = product(code="roof", receiver=Receiver.OUTDOOR_ANTENNA, any_of=(Need(technology=Technology.G4),))
    decision = decided((layer(), -900), (BASIC, 3000), sold=product(alternatives=("roof",)), others=(roof,))
    assert decision.alternatives[0].product == "roof"
    assert asked(decision) == ["ANTENNA_POSSIBLE"]


def _two_houses(first_m: float, second_m: float, *labels: str) -> Decision:
    """Decide about an address that fits two houses, each so far from an edge, all of their places equally likely."""
    candidates = tuple(
        Candidate(label=label, lat=59.8, lon=18.9, level=LocationLevel.ADDRESS_POINT, match=Match.AMBIGUOUS)
        for label in labels
    )
    place = location(5, 15, match=Match.AMBIGUOUS, candidates=candidates, gross_error=0.10)
    one, other = (straight_edge(layer(), metres, place) for metres in (first_m, second_m))
    both = Availability(
        layer=one.layer,
        covered=np.concatenate([one.covered, other.covered[1:]]),
        surveyed=np.concatenate([one.surveyed, other.surveyed[1:]]),
        edge_distance_m=np.concatenate([one.edge_distance_m, other.edge_distance_m[1:]]),
        edge_bearing_deg=one.edge_bearing_deg,
    )
    order = Order(product=product(), on=ON, address=AskedAddress(given="x", kind="address", normalised="X"))
    return decide(order, place, [both], catalogue={}, provenance=PROVENANCE, made_at=MADE_AT)


def test_which_house_is_asked_where_the_houses_differ() -> None:
    decision = _two_houses(3000, -3000, "Kyrkvägen 3, Vätö", "Kyrkvägen 3, Norrtälje")
    assert decision.verdict is Verdict.UNDETERMINED
    assert asked(decision)[0] == "WHICH_ADDRESS"
    assert ReasonCode.EDGE_UNCERTAIN not in codes(decision), "no edge is near either house"


def test_the_position_is_asked_where_either_house_lies_on_an_edge() -> None:
    """To know which of the houses it is would leave the edge as near as it was."""
    decision = _two_houses(3, -3, "Kyrkvägen 3, Vätö", "Kyrkvägen 3, Norrtälje")
    assert asked(decision)[0] == "POSITION"
    assert "WHICH_ADDRESS" in asked(decision)


def test_a_position_that_is_known_is_not_asked_for() -> None:
    """So near its edge the map itself is too faint, and only its owner can say more."""
    near = decided((layer(), 40), place=location(5, 15, level=LocationLevel.COORDINATES))
    assert near.verdict is Verdict.UNDETERMINED
    assert asked(near) == ["MAP_OF_OPERATOR"]


def test_houses_without_names_are_told_apart_by_the_town() -> None:
    decision = _two_houses(3000, -3000, "", "")
    assert asked(decision)[0] == "WHICH_TOWN"
    assert "postcode" in decision.sentence.en


def test_a_yes_that_ends_asks_whether_that_is_long_enough() -> None:
    decision = decided((layer(valid_until=date(2025, 12, 9)), 3000), sold=product(contract_months=24))
    assert asked(decision) == ["LONG_ENOUGH"]
    assert decision.ask_next[0].sv == "Räcker det att det fungerar till och med 9 december 2025?"


def test_only_the_owner_of_the_network_can_say_what_no_map_says() -> None:
    assert asked(decided((layer(), 3000), on=date(2026, 12, 1)))[0] == "MAP_OF_OPERATOR"
    assert asked(decided((layer("3g", technology=Technology.G3), 3000)))[0] == "MAP_OF_OPERATOR"


@pytest.mark.parametrize("place", list(PlaceOfUse))
@pytest.mark.parametrize("receiver", list(Receiver))
def test_a_question_is_asked_for_every_undetermined_edge(place: PlaceOfUse, receiver: Receiver) -> None:
    needs = layer(level=SignalLevel.VERY_GOOD)
    sold = product(any_of=(Need(technology=Technology.G4),), place_of_use=place, receiver=receiver)
    decision = decided((needs, 5), sold=sold, place=HOUSE)
    assert decision.verdict is Verdict.UNDETERMINED
    assert decision.ask_next
    assert decision.ask_next[0].sv in decision.sentence.sv

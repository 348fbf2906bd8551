"""What is offered instead can be had: the same rules decide about it, at its place, on its day."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.checker import Checker
from coverage_check.decision import AskedAddress, Decision, ReasonCode, Verdict
from coverage_check.location import Candidate, Location, LocationLevel, Match
from coverage_check.products import Need
from coverage_check.qualification import Order, decide
from coverage_check.technology import Technology
from tests.made_claims import ON, layer, location, product, straight_edge
from tests.unit.test_qualification import MADE_AT, PROVENANCE, decided

METRES_A_DEGREE = 111_195.0
SURE = layer(probability=0.99)


def moved(lat: float, lon: float, east_m: float, north_m: float) -> tuple[float, float]:
    """Move on a sphere, whose metric CRS points north everywhere."""
    return lat + north_m / METRES_A_DEGREE, lon + east_m / METRES_A_DEGREE / np.cos(np.radians(lat))


def at(place: Location, edge_distance_m: float, **fields: Any) -> Decision:
    """Decide near a straight edge, with what a spot nearby takes."""
    sold = product(**fields)
    asked = AskedAddress(given="x", kind="address", normalised="X")
    order = Order(product=sold, on=ON, address=asked, moved=moved)
    claim = straight_edge(SURE, edge_distance_m, place)
    return decide(order, place, [claim], catalogue={}, provenance=PROVENANCE, made_at=MADE_AT)


@given(distance_m=st.floats(-150, -1), cep50_m=st.floats(10, 60))
def test_a_spot_is_covered_near_and_no_farther_than_it_must_be(distance_m: float, cep50_m: float) -> None:
    """East of a straight edge: the spot lies beyond it by as much as a telephone may be off, and within the error."""
    place = location(cep50_m, 4 * cep50_m)
    spots = [offer for offer in at(place, distance_m).alternatives if offer.lat is not None]
    for spot in spots:
        assert spot.lat is not None
        assert spot.lon is not None
        east_m = (spot.lon - place.lon) * METRES_A_DEGREE * np.cos(np.radians(place.lat))
        north_m = (spot.lat - place.lat) * METRES_A_DEGREE
        assert east_m > -distance_m
        assert np.hypot(east_m, north_m) <= place.cep95_m + 1
        there = decided((SURE, distance_m + east_m), place=Location.at(lat=spot.lat, lon=spot.lon))
        assert there.probability == pytest.approx(spot.probability, abs=0.006)
        assert there.probability >= 0.945
    if -distance_m < 1.5 * cep50_m - 15:
        assert spots, "the region reaches well into the coverage"
    if -distance_m > place.cep95_m:
        assert not spots


def test_the_way_to_the_spot_is_said() -> None:
    said = at(location(30, 150), -20.0).sentence
    assert "öster om platsen" in said.sv
    assert "east of the place" in said.en


@pytest.mark.parametrize(
    "fields",
    [
        {"level": LocationLevel.STREET},
        {"level": LocationLevel.POSTCODE},
        {"level": LocationLevel.LOCALITY},
        {"level": LocationLevel.MUNICIPALITY},
        {"level": LocationLevel.APPROXIMATE},
        {"level": LocationLevel.INTERPOLATED},
        {"match": Match.PARTIAL},
        {
            "match": Match.AMBIGUOUS,
            "candidates": (
                Candidate(label="a", lat=59.8, lon=18.9, level=LocationLevel.PARCEL, match=Match.AMBIGUOUS),
                Candidate(label="b", lat=59.9, lon=18.9, level=LocationLevel.PARCEL, match=Match.AMBIGUOUS),
            ),
        },
    ],
    ids=str,
)
def test_who_is_not_at_a_known_plot_is_shown_no_spot(fields: dict[str, Any]) -> None:
    assert any(offer.lat for offer in at(location(30, 150), -20.0).alternatives)
    assert not any(offer.lat for offer in at(location(30, 150, **fields), -20.0).alternatives)
    assert not any(offer.lat for offer in at(location(500, 2500), -20.0).alternatives), "that is no plot"


def test_where_the_place_itself_is_covered_or_the_product_is_not_sold_there_is_no_spot() -> None:
    assert not any(offer.lat for offer in at(location(30, 150), 20.0).alternatives)
    assert not any(offer.lat for offer in at(location(30, 150), -20.0, sold_until=date(2025, 1, 1)).alternatives)


def test_on_vato_every_spot_that_is_offered_can_be_had() -> None:
    """The oracle is the checker itself, asked about the spot with a telephone's error."""
    checker, found = Checker.from_config("demo"), 0
    for east in np.linspace(18.905, 18.985, 17):
        for north in np.linspace(59.775, 59.83, 9):
            place = Location(
                lat=float(north), lon=float(east), level=LocationLevel.ACCESS_POINT, cep50_m=84, cep95_m=400, source="made"
            )
            for offer in checker.check_location(place, product="mbb-4g", on=ON).alternatives:
                if offer.lat is not None and offer.lon is not None:
                    found += 1
                    spot = Location.at(lat=offer.lat, lon=offer.lon)
                    there = checker.check_location(spot, product=offer.product, on=ON)
                    assert there.probability == pytest.approx(offer.probability, abs=0.01)
                    assert there.probability >= 0.945
    assert found >= 5


def test_a_yes_that_ends_offers_what_lasts() -> None:
    ending = layer(valid_until=date(2025, 12, 9))
    lasting = layer("5g", technology=Technology.G5)
    other = product(code="mbb-5g", any_of=(Need(technology=Technology.G5),))
    sold = product(contract_months=24, alternatives=("mbb-5g",))
    decision = decided((ending, 3000), (lasting, 3000), sold=sold, others=(other,))
    assert decision.verdict is Verdict.DELIVERABLE
    assert [offer.product for offer in decision.alternatives] == ["mbb-5g"]
    assert decided((layer(), 3000), (lasting, 3000), sold=sold, others=(other,)).alternatives == ()


@pytest.mark.parametrize(
    ("months", "last", "ends"),
    [
        (24, date(2027, 10, 30), True),
        (24, date(2027, 10, 31), False),
        (1, date(2025, 11, 29), True),
        (1, date(2025, 11, 30), False),
        (0, date(2025, 11, 1), False),
        (1_000_000, date(2099, 1, 1), True),
    ],
)
def test_a_contract_runs_from_the_day_of_sale_for_so_many_months(months: int, last: date, *, ends: bool) -> None:
    """Sold on 1 November 2025."""
    decision = decided((layer(valid_until=last, stale_after=date(2099, 1, 1)), 3000), sold=product(contract_months=months))
    assert decision.verdict is Verdict.DELIVERABLE
    assert (ReasonCode.TECHNOLOGY_RETIRED in {reason.code for reason in decision.reasons}) is ends
    assert ("but only up to and including" in decision.sentence.en) is ends

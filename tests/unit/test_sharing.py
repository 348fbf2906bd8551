"""Rows that are decided together get, to the byte, what each gets alone: on made maps that are cruel about it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check.availability import Availability, Bools, Floats, Places, Rows
from coverage_check.curve import Curve
from coverage_check.decision import AskedAddress, Provenance, Versions
from coverage_check.layer import Layer
from coverage_check.location import Candidate, Location, LocationLevel, Match
from coverage_check.products import Need, Product, Risk
from coverage_check.qualification import Found, Order, Outlines, decide, decide_all
from coverage_check.qualification.decide import _Given
from coverage_check.spread import offsets_m
from coverage_check.technology import Condition, PlaceOfUse, Receiver, SignalLevel, Technology
from tests.made_claims import ON, layer, product

T = TypeVar("T")
CURVE = Curve(
    points=((0.0, 0.8), (50.0, 0.99)), readings=90, segments=9, share=0.9, low=0.8, high=0.96, threshold_dbm=-100.0
)
VERSIONS = Versions(coverage_check="1", geos="3", proj="9", gdal="3")
PROVENANCE = Provenance(snapshot="s", register="r", products="p", rules="u", versions=VERSIONS)
NOBODY = AskedAddress(given="given", kind="coordinates", normalised="normalised")
PLACES = 64
MADE_AT = datetime(2025, 11, 1, tzinfo=UTC)


def mostly(usual: T, *others: T) -> st.SearchStrategy[T]:
    """Draw the usual four times in five, or else what makes an exception."""
    return st.sampled_from((usual,) * 4 * len(others) + others)


claims = st.fixed_dictionaries(
    {
        "network": mostly("Exempelnät", "Other"),
        "technology": mostly(Technology.G4, Technology.G3),
        "level": st.sampled_from((None, SignalLevel.BASIC, SignalLevel.GOOD, SignalLevel.VERY_GOOD)),
        "receiver": mostly(Receiver.HANDSET, Receiver.OUTDOOR_ANTENNA),
        "min_download_mbps": mostly(10.0, None, 2.0),
        "published": st.sampled_from((date(2025, 6, 1), date(2025, 8, 1))),
        "valid_from": mostly(date(2014, 5, 1), date(2025, 12, 1)),
        "valid_until": mostly(None, date(2025, 11, 30), date(2025, 1, 31)),
        "stale_after": mostly(date(2026, 7, 6), date(2025, 10, 1)),
        "curve": st.sampled_from((None, None, CURVE)),
    }
)
needs = st.lists(
    st.builds(
        Need,
        technology=mostly(Technology.G4, Technology.G3),
        min_level=st.sampled_from((None, SignalLevel.BASIC, SignalLevel.GOOD)),
        network=mostly(None, "Other"),
    ),
    min_size=1,
    max_size=2,
).map(tuple)
terms = st.fixed_dictionaries(
    {
        "receiver": st.sampled_from((Receiver.HANDSET, Receiver.INDOOR_ROUTER, Receiver.OUTDOOR_ANTENNA)),
        "min_download_mbps": st.sampled_from((None, 5.0)),
        "conditions": st.lists(st.sampled_from(Condition), unique=True).map(tuple),
        "contract_months": st.sampled_from((None, 24)),
        "sold_until": mostly(None, date(2025, 6, 1)),
        "risk": st.sampled_from((Risk(), Risk(), Risk(mis_sale=900.0, lost_sale=800.0, ask=400.0))),
        "all_of": st.sampled_from((False, False, True)),
        "needs": needs,
    }
)
ambiguous = [
    Candidate(label=label, lat=59.8, lon=18.9, level=LocationLevel.ADDRESS_POINT, match=Match.EXACT, cep50_m=5, cep95_m=15)
    for label in ("One road 1", "Other road 1")
]
kinds = st.builds(
    Location,
    lat=st.just(59.8),
    lon=st.just(18.9),
    level=st.sampled_from((LocationLevel.COORDINATES, LocationLevel.ADDRESS_POINT, LocationLevel.STREET)),
    match=st.sampled_from((Match.EXACT, Match.EXACT, Match.PARTIAL)),
    cep50_m=st.just(5.0),
    cep95_m=st.sampled_from((15.0, 60.0)),
    gross_error=mostly(0.005, 0.1),
) | st.just(
    Location(
        lat=59.8,
        lon=18.9,
        level=LocationLevel.ADDRESS_POINT,
        match=Match.AMBIGUOUS,
        cep50_m=5.0,
        cep95_m=15.0,
        candidates=tuple(ambiguous),
    )
)
away_m = st.sampled_from((-5000.0, -90.0, -20.0, -9.0, -4.0, -1.0, 1.0, 4.0, 9.0, 20.0, 90.0, 500.0, 5000.0))


class Made:
    """The surroundings of many locations, row by row from those of one: `availability.Surroundings`."""

    def __init__(self, rows: Sequence[Sequence[Availability]], place: Location) -> None:
        self._rows = [_Given(row, place) for row in rows]
        self.layers = self._rows[0].layers

    @property
    def covered(self) -> Bools:
        """Whether each found place is covered."""
        return np.vstack([row.covered for row in self._rows])

    @property
    def surveyed(self) -> Bools:
        """Whether each layer speaks there."""
        return np.vstack([row.surveyed for row in self._rows])

    def edge_distance_m(self, rows: Rows, layers: Sequence[int]) -> Floats:
        """Measure from found places."""
        return np.vstack([self._rows[row].edge_distance_m(np.zeros(1, dtype=np.intp), layers) for row in rows.tolist()])

    def edge_bearing_deg(self, rows: Rows, layer: int) -> Floats:
        """Give the way to the nearest edge."""
        return np.hstack([self._rows[row].edge_bearing_deg(np.zeros(1, dtype=np.intp), layer) for row in rows.tolist()])

    def around(self, row: int, layers: Sequence[int]) -> Mapping[int, Availability]:
        """Measure all around one place."""
        return self._rows[row].around(0, layers)

    def places(self, rows: Rows, claims: Sequence[int], surveys: Sequence[int]) -> Iterator[Places]:
        """Look around, one row after the other."""
        for row in rows.tolist():
            for places in self._rows[row].places(np.zeros(1, dtype=np.intp), claims, surveys):
                yield replace(places, rows=np.array([row]))


def said(claim: Layer, edge_distance_m: float, place: Location, *, surveyed: bool) -> Availability:
    """Say what a claim with a straight edge says around a place."""
    east_m = offsets_m(cep50_m=place.cep50_m, cep95_m=place.cep95_m, count=PLACES)[:, 0]
    distance_m = np.clip(np.append(edge_distance_m, edge_distance_m + east_m), -5000, 5000)
    return Availability(
        layer=claim,
        covered=distance_m >= 0,
        surveyed=np.full(distance_m.size, surveyed),
        edge_distance_m=distance_m,
        edge_bearing_deg=None if abs(edge_distance_m) >= 5000 else 90.0,
    )


def decided_together(
    order: Order, place: Location, rows: Sequence[Sequence[Availability]], catalogue: Mapping[str, Product]
) -> list[bytes]:
    """Decide the same order at places of one kind; give the canonical JSON of each."""
    found = [Found(row=number, order=order, location=place, provenance=PROVENANCE) for number in range(len(rows))]
    parts = decide_all(found, Made(rows, place), Outlines(catalogue))
    contents = {row: content for part in parts for row, content in zip(part.rows.tolist(), part.contents(), strict=True)}
    return [contents[row] for row in range(len(rows))]


@st.composite
def rows_of(draw: st.DrawFn, count: int) -> list[list[tuple[tuple[float, bool], float]]]:
    """Draw rows that differ from the first in what one or two layers say, and all of them by some centimetres."""
    layers, says = st.integers(0, count - 1), st.tuples(away_m, st.sampled_from((True, True, True, False)))
    first = draw(st.lists(says, min_size=count, max_size=count))
    rows = []
    for changes in draw(st.lists(st.dictionaries(layers, says, max_size=2), min_size=24, max_size=24)):
        row = [changes.get(number, each) for number, each in enumerate(first)]
        rows.append([(each, draw(st.floats(0, 0.5))) for each in row])
    return rows


@st.composite
def catalogues(draw: st.DrawFn) -> dict[str, Product]:
    """Make a product and two that may be offered instead."""
    codes = ("sold", "other", "third")
    made = {}
    for code in codes:
        fields = draw(terms)
        items, every = fields.pop("needs"), fields.pop("all_of")
        group = {"any_of": (), "all_of": items} if every else {"any_of": items}
        others = tuple(each for each in codes if each != code)
        made[code] = product(code=code, name=code.title(), alternatives=others, **group, **fields)
    return made


@settings(max_examples=60, deadline=None)
@given(data=st.data(), catalogue=catalogues(), kind=kinds, fields=st.lists(claims, min_size=3, max_size=7))
def test_rows_decided_together_are_as_they_are_alone(
    data: st.DataObject, catalogue: dict[str, Product], kind: Location, fields: list[dict[str, object]]
) -> None:
    layers = [layer(f"layer-{number}", **each) for number, each in enumerate(fields)]
    drawn = data.draw(rows_of(len(layers)))
    moved = data.draw(st.sampled_from((None, lambda lat, lon, east_m, north_m: (lat + north_m / 1e5, lon + east_m / 1e5))))
    use = data.draw(st.sampled_from((None, None, PlaceOfUse.OUTDOORS, PlaceOfUse.VEHICLE)))
    order = Order(product=catalogue["sold"], on=ON, address=NOBODY, place=use, moved=moved)
    rows = [
        [
            said(claim, min(metres + jitter, 5000.0), kind, surveyed=there)
            for claim, ((metres, there), jitter) in zip(layers, each, strict=True)
        ]
        for each in drawn
    ]
    together = decided_together(order, kind, rows, catalogue)
    for content, says in zip(together, rows, strict=True):
        alone = decide(order, kind, says, catalogue=catalogue, provenance=PROVENANCE, made_at=MADE_AT)
        assert hashlib.sha256(content).hexdigest() == alone.id


def test_an_offer_that_lasts_at_one_place_and_ends_at_another_is_told_so() -> None:
    """Both are served by 3G today; only one by the map that follows it."""
    lasts = {"technology": Technology.G3, "valid_until": date(2025, 11, 30)}
    follows = {"technology": Technology.G3, "valid_from": date(2025, 12, 1)}
    layers = [layer("4g"), layer("3g", **lasts), layer("3g-next", **follows)]
    need = (Need(technology=Technology.G3, min_level=SignalLevel.GOOD),)
    catalogue = {"sold": product(code="sold", alternatives=("other",)), "other": product(code="other", any_of=need)}
    order, place = Order(product=catalogue["sold"], on=ON, address=NOBODY), Location.at(lat=59.8, lon=18.9)
    rows = [
        [said(claim, metres, place, surveyed=True) for claim, metres in zip(layers, each, strict=True)]
        for each in ((-5000.0, 5000.0, 5000.0), (-5000.0, 5000.0, -5000.0))
    ]
    lasting, ending = decided_together(order, place, rows, catalogue)
    assert b"only up to and including" in ending
    assert b"only up to and including" not in lasting


def test_two_questions_that_are_worth_the_same_are_asked_in_the_order_of_each_row() -> None:
    """Outdoors it works as surely as another product does with an antenna: the same layer serves both."""
    sold = product(
        code="sold",
        receiver=Receiver.HANDSET,
        any_of=(Need(technology=Technology.G4, min_level=SignalLevel.VERY_GOOD),),
        conditions=(Condition.OUTDOORS_ONLY,),
        alternatives=("other",),
    )
    need = (Need(technology=Technology.G4, min_level=SignalLevel.GOOD),)
    catalogue = {"sold": sold, "other": product(code="other", receiver=Receiver.OUTDOOR_ANTENNA, any_of=need)}
    layers = [layer("4g-good"), layer("4g-very-good", level=SignalLevel.VERY_GOOD)]
    order, place = Order(product=sold, on=ON, address=NOBODY), Location.at(lat=59.8, lon=18.9)
    rows = [
        [said(claim, metres, place, surveyed=True) for claim, metres in zip(layers, (300.0 + row, -5000.0), strict=True)]
        for row in range(40)
    ]
    for content, says in zip(decided_together(order, place, rows, catalogue), rows, strict=True):
        alone = decide(order, place, says, catalogue=catalogue, provenance=PROVENANCE, made_at=MADE_AT)
        assert alone.verdict == "conditional"
        assert hashlib.sha256(content).hexdigest() == alone.id


GAMBLE = Risk(mis_sale=900.0, lost_sale=800.0, ask=400.0)
COARSE = Location(
    lat=59.8, lon=18.9, level=LocationLevel.ADDRESS_POINT, match=Match.EXACT, cep50_m=5, cep95_m=15, gross_error=0.1
)
PLAIN = Location.at(lat=59.8, lon=18.9)
APART: dict[str, tuple[dict[str, Any], dict[str, Any], Location, tuple[float, float]]] = {
    "a spot within reach": ({}, {"risk": GAMBLE}, PLAIN, (-90.0, -8.0)),
    "a measured claim that may be met": ({"curve": CURVE}, {}, PLAIN, (-90.0, -8.0)),
    "an edge beside the doubt about the place": ({}, {}, COARSE, (500.0, 4.0)),
    "how sure a yes is": ({}, {"risk": GAMBLE}, PLAIN, (500.0, 4.0)),
}


@pytest.mark.parametrize("apart", APART)
def test_rows_that_are_one_step_apart_are_told_apart(apart: str) -> None:
    fields, terms, place, metres = APART[apart]
    claim, sold = layer("4g", **fields), product(code="sold", **terms)
    order = Order(
        product=sold, on=ON, address=NOBODY, moved=lambda lat, lon, east, north: (lat + north / 1e5, lon + east / 1e5)
    )
    rows = [[said(claim, each, place, surveyed=True)] for each in metres]
    alone = [decide(order, place, says, catalogue={}, provenance=PROVENANCE, made_at=MADE_AT) for says in rows]
    assert len({(one.verdict, one.reasons, one.alternatives, one.sentence.en[:60]) for one in alone}) == 2
    assert alone[0].verdict == alone[1].verdict
    together = decided_together(order, place, rows, {})
    assert [hashlib.sha256(content).hexdigest() for content in together] == [one.id for one in alone]

"""Orders at found locations: decided together, each as if it had been asked alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from coverage_check.availability import Availability, Bools, Floats, Places, Rows, Surroundings, masked
from coverage_check.decision import (
    CandidatePlace,
    Decision,
    FoundLocation,
    ProductName,
    Provenance,
    ReasonCode,
    Verdict,
    content_id,
)
from coverage_check.layer import Layer
from coverage_check.location import Location, Match
from coverage_check.products import Product
from coverage_check.qualification import explanation, sentences
from coverage_check.qualification.batch import Outlines
from coverage_check.qualification.gaps import inner
from coverage_check.qualification.order import Alike, Order, Positions, day_text, location_text
from coverage_check.qualification.part import Part
from coverage_check.qualification.questions import questions_for
from coverage_check.qualification.stances import thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An order whose place was found; `row` is its number in the batch."""

    row: int
    order: Order
    location: Location
    provenance: Provenance


def decide_all(found: Sequence[Found], around: Surroundings, outlines: Outlines) -> list[Part]:
    """Decide orders at found locations; the surroundings have a row for each of them, in their order.

    The parts name the rows by their numbers in the batch.
    """
    groups: dict[object, list[int]] = {}
    for number, item in enumerate(found):
        season = outlines.season(item.order.on, around.layers)
        groups.setdefault((season, *_key(item)), []).append(number)
    numbers = np.array([item.row for item in found], dtype=np.intp)
    parts = [
        part
        for key, members in groups.items()
        for part in outlines.decide(_alike(key, [found[member] for member in members], np.array(members)), around)
    ]
    return [replace(part, rows=numbers[part.rows]) for part in parts]


def decide_positions(positions: Positions, rows: Rows, around: Surroundings, outlines: Outlines) -> list[Part]:
    """Decide one order at many positions; the surroundings have a row for each.

    Parameters
    ----------
    rows
        Their numbers in the batch, by which the parts name them.
    """
    if not rows.size:
        return []
    season = outlines.season(positions.order.on, around.layers)
    parts = outlines.decide(positions.alike(np.arange(rows.size), season), around)
    return [replace(part, rows=rows[part.rows]) for part in parts]


def _key(item: Found) -> tuple[object, ...]:
    """Give what makes orders of a season ask the same about locations of the same kind; an ambiguous one is its own kind."""
    order, at = item.order, item.location
    labels = tuple(candidate.label for candidate in at.candidates) if at.match is Match.AMBIGUOUS else ()
    labelled = at.match is Match.FUZZY and bool(at.candidates) and bool(at.candidates[0].label)
    return (
        *(order.product.code, order.place, order.receiver, order.address.kind, bool(order.address.normalised)),
        *(at.level, at.match, at.gross_error, len(at.candidates) > 1, labels, labelled, item.provenance.register),
    )


def _alike(key: object, items: Sequence[Found], rows: Rows) -> Alike:
    first = items[0]
    words = {
        "given": [item.order.address.given for item in items],
        "normalised": [item.order.address.normalised for item in items],
        "label": [item.location.candidates[0].label if item.location.candidates else "" for item in items],
    }
    texts = {gap: list(map(inner, said)) for gap, said in words.items()}
    texts["as_of"] = [day_text(item.order.on) for item in items]
    texts["location"] = [location_text(item.location) for item in items]
    return Alike(
        key=key,
        order=first.order,
        location=first.location,
        provenance=first.provenance,
        rows=rows,
        words={gap: [text.encode() for text in said] for gap, said in words.items()},
        texts={gap: [text.encode() for text in written] for gap, written in texts.items()},
        lat=np.array([item.location.lat for item in items], dtype=np.float64),
        lon=np.array([item.location.lon for item in items], dtype=np.float64),
        errors_m=[(item.location.cep50_m, item.location.cep95_m) for item in items],
    )


def decide(
    order: Order,
    location: Location,
    availabilities: Sequence[Availability],
    *,
    catalogue: Mapping[str, Product],
    provenance: Provenance,
    made_at: datetime,
) -> Decision:
    """Decide about one order at a found location: a batch of one.

    Parameters
    ----------
    availabilities
        One for each layer, all over the same places.
    catalogue
        All products, for the alternatives.
    made_at
        When; it is not part of the decision's id.
    """
    found = Found(row=0, order=order, location=location, provenance=provenance)
    [part] = decide_all([found], _Given(availabilities, location), Outlines(catalogue))
    return Decision.of_content(part.content(0), made_at)


class _Given:
    """The surroundings of one location, from an availability for each layer: `availability.Surroundings`."""

    def __init__(self, availabilities: Sequence[Availability], location: Location) -> None:
        self._given = availabilities
        self._spots = max(1, len(location.candidates)) if location.match is Match.AMBIGUOUS else 1
        self.layers: tuple[Layer, ...] = tuple(a.layer for a in availabilities)

    @property
    def covered(self) -> Bools:
        return np.array([[a.covered[0] for a in self._given]], dtype=bool)

    @property
    def surveyed(self) -> Bools:
        return np.array([[a.surveyed[0] for a in self._given]], dtype=bool)

    def edge_distance_m(self, rows: Rows, layers: Sequence[int]) -> Floats:
        here = [self._given[layer].edge_distance_m[0] for layer in layers]
        return np.array([here] * len(rows), dtype=np.float64).reshape(len(rows), len(layers))

    def edge_bearing_deg(self, rows: Rows, layer: int) -> Floats:
        bearing = self._given[layer].edge_bearing_deg
        return np.full(len(rows), np.nan if bearing is None else bearing)

    def around(self, row: int, layers: Sequence[int]) -> Mapping[int, Availability]:  # noqa: ARG002 - there is one row
        return {layer: self._given[layer] for layer in layers}

    def places(self, rows: Rows, claims: Sequence[int], surveys: Sequence[int]) -> Iterator[Places]:
        layers = (*claims, *surveys)
        size = max((self._given[layer].covered.size for layer in layers), default=1)
        places = slice(1, None) if size > 1 else slice(0, None)
        yield Places(
            rows=rows,
            covered={layer: masked(self._given[layer].covered[None, places]) for layer in claims},
            surveyed={layer: masked(self._given[layer].surveyed[None, places]) for layer in layers},
            edge_distance_m={layer: self._given[layer].edge_distance_m[None, places] for layer in claims},
            measured=np.arange(max(size - 1, 1)),
            size=max(size - 1, 1),
            in_order=self._spots == 1,
            spots=self._spots,
        )


def undetermined(
    order: Order,
    code: ReasonCode,
    *,
    provenance: Provenance,
    made_at: datetime,
    remark: str = "",
    location: Location | None = None,
) -> Decision:
    """Decide that nothing can be said, because the place could not be found or the input not be used."""
    reason = explanation.lone(code, remark).reason
    return _sealed(
        Decision(
            id="",
            made_at=made_at,
            as_of=order.on,
            valid_until=None,
            verdict=Verdict.UNDETERMINED,
            probability=0.0,
            thresholds=thresholds(order.product.risk),
            reasons=(reason,),
            product=ProductName(code=order.product.code, name=order.product.name),
            use=order.use,
            address=order.address,
            location=None if location is None else _recorded(location),
            evidence=(),
            flips=None,
            alternatives=(),
            ask_next=questions_for(code, remark),
            sentence=sentences.undetermined_sentence(order.product, order.address, code, remark=remark),
            provenance=provenance,
        )
    )


def _recorded(location: Location) -> FoundLocation:
    return FoundLocation(
        lat=location.lat,
        lon=location.lon,
        level=location.level,
        match=location.match,
        cep50_m=location.cep50_m,
        cep95_m=location.cep95_m,
        source=location.source,
        attribution=location.attribution,
        candidates=tuple(CandidatePlace.of(candidate) for candidate in location.candidates),
    )


def _sealed(decision: Decision) -> Decision:
    return replace(decision, id=content_id(decision.to_dict()))

"""Locations → what each layer says there, and around them as far as each may be off.

A whole batch is looked up at once, and in three steps that ask less and less: is each found place covered, and surveyed; how
far is the edge, for the layers that matter; and, only for places whose error reaches an edge, which of the customer's
likely places lie beyond it. Those nearer than the edge can't, so they aren't asked about.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from coverage_check.availability import (
    Availability,
    Bools,
    Floats,
    Masks,
    Places,
    Rows,
    masked,
    masked_alike,
    unmasked,
)
from coverage_check.coverage.grid import STATED_DISTANCE_M, Around, Picked
from coverage_check.coverage.index_lookup import INSIDE, ON_EDGE, OUTSIDE
from coverage_check.coverage.lookup import Areas
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.layer import Layer
from coverage_check.location import Candidate, Location, Match
from coverage_check.spread import SAMPLES, far_radius_m, kinds_of_error, offsets_m

CAP_M = STATED_DISTANCE_M
"""Beyond this, an edge is only said to be farther."""
_FEWEST = 64
_MEASURED_EVERY = 16
"""Of the places, one in so many is measured: reliability fades over hundreds of metres. Not a Fibonacci number, as the
golden ratio turns places so many apart into nearly the same direction."""
_ROWS_AT_ONCE = 128
_NOWHERE_M = 1e9
"""Where a place is put for which the metric CRS has none: far from every layer."""


class Spots:
    """Places that locations may mean, in metres of the snapshot's CRS, with what the layers say there.

    Attributes
    ----------
    x, y, cep50_m, cep95_m, far_m
        float64[n]. An edge farther off than `far_m` doesn't matter.
    covered, surveyed
        bool[n, layers].
    """

    def __init__(self, snapshot: Snapshot, lat: Floats, lon: Floats, error: Floats) -> None:
        self._areas = snapshot.areas
        x, y = snapshot.to_metric(lon=lon, lat=lat)
        self.x, self.y = (np.nan_to_num(axis, posinf=_NOWHERE_M, neginf=-_NOWHERE_M) for axis in (x, y))
        self.cep50_m, self.cep95_m = error.T
        kinds, kind = kinds_of_error(error)
        self.far_m = np.array([_far_m(*pair) for pair in kinds])[kind]
        self.covered, self.surveyed = self._areas.look(self.x, self.y)
        self._edge_m = np.full((self._areas.claims.max(initial=-1) + 1, len(self.x)), np.nan)

    def edge_distance_m(self, layers: Sequence[int], rows: Rows) -> Floats:
        """Measure from some spots to some layers; what was measured before is not measured again."""
        claims = self._areas.claims[list(layers)]
        found = self._edge_m[claims[:, None], rows]
        for number in np.flatnonzero(np.isnan(found).any(axis=1)).tolist():
            known = self._edge_m[claims[number]]
            asked = rows[np.isnan(known[rows])]
            known[asked] = self._areas.edge_distance_m(layers[number], self.x[asked], self.y[asked])
            found[number] = known[rows]
        return found.T

    def survey_distance_m(self, layers: Sequence[int], rows: Rows) -> Floats:
        """Measure from some spots to the edge of what some layers speak about; infinite where they speak everywhere."""
        return self._areas.survey_distance_m(layers, self.x[rows], self.y[rows])


class MapSurroundings:
    """The surroundings of a batch of locations on a snapshot: `availability.Surroundings`.

    Parameters
    ----------
    lat, lon
        float64[n], degrees.
    error_m
        float64[n, 2]: cep50_m and cep95_m.
    candidates
        Row → its candidates, for ambiguous locations: the customer is as likely at each.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        lat: Floats,
        lon: Floats,
        error_m: Floats,
        candidates: Mapping[int, Sequence[Candidate]] | None = None,
    ) -> None:
        self.layers: tuple[Layer, ...] = snapshot.layers
        self._areas = snapshot.areas
        self._found = Spots(snapshot, lat, lon, error_m)
        self._several = {row: _spots(snapshot, places) for row, places in (candidates or {}).items()}

    @classmethod
    def of(cls, snapshot: Snapshot, locations: Sequence[Location]) -> "MapSurroundings":
        """Look around locations."""
        table = np.array([(at.lat, at.lon, at.cep50_m, at.cep95_m) for at in locations], dtype=np.float64).reshape(-1, 4)
        candidates = {
            row: at.candidates for row, at in enumerate(locations) if at.match is Match.AMBIGUOUS and len(at.candidates) > 1
        }
        return cls(snapshot, lat=table[:, 0], lon=table[:, 1], error_m=table[:, 2:], candidates=candidates)

    @property
    def covered(self) -> Bools:
        """bool[rows, layers]: the found place lies inside the claim."""
        return self._found.covered

    @property
    def surveyed(self) -> Bools:
        """bool[rows, layers]: the layer speaks about the found place."""
        return self._found.surveyed

    def edge_distance_m(self, rows: Rows, layers: Sequence[int]) -> Floats:
        """Measure from found places: signed metres to the edge, positive inside, capped at ±5000."""
        return self._found.edge_distance_m(layers, rows)

    def edge_bearing_deg(self, rows: Rows, layer: int) -> Floats:
        """Find the directions to the nearest edge, from the distances a metre to each side."""
        x, y = self._found.x[rows], self._found.y[rows]
        here = self._found.edge_distance_m([layer], rows)[:, 0]
        east, west, north, south = self._areas.distance_beside_m(layer, x, y, here).T
        outwards = np.where(here >= 0, -1.0, 1.0)
        bearing = np.degrees(np.arctan2(outwards * (east - west), outwards * (north - south))) % 360
        return np.where(np.abs(here) >= CAP_M, np.nan, bearing)

    def places(self, rows: Rows, claims: Sequence[int], surveys: Sequence[int]) -> Iterator[Places]:
        """Look around: found places far from every edge, then those near one, then the ambiguous."""
        several = np.isin(rows, list(self._several)) if self._several else np.zeros(len(rows), dtype=bool)
        plain = rows[~several]
        near = _near(self._found, claims, surveys, plain)
        if (settled := plain[~near]).size:
            yield _as_found(self._found, claims, surveys, settled)
        unsettled = plain[near]
        for start in range(0, len(unsettled), _ROWS_AT_ONCE):
            part = unsettled[start : start + _ROWS_AT_ONCE]
            yield _Clouds(self._areas, self._found, part, SAMPLES).places(claims, surveys)
        for row in rows[several].tolist():
            yield self._ambiguous(row, claims, surveys)

    def around(self, row: int, layers: Sequence[int]) -> Mapping[int, Availability]:
        """Measure at every place of the customer around one found place, nearest first."""
        spots = self._found
        offsets, _ = _offsets_m(float(spots.cep50_m[row]), float(spots.cep95_m[row]), SAMPLES)
        x, y = np.array((spots.x[row], spots.y[row]))[:, None] + np.vstack([(0.0, 0.0), offsets]).T
        return {
            layer: Availability(
                layer=self.layers[layer],
                covered=self._areas.covered(layer, x, y),
                surveyed=self._areas.surveyed(layer, x, y),
                edge_distance_m=self._areas.edge_distance_m(layer, x, y),
            )
            for layer in layers
        }

    def _ambiguous(self, row: int, claims: Sequence[int], surveys: Sequence[int]) -> Places:
        """Look around every candidate, and lay their places into one row."""
        spots = self._several[row]
        everyone = np.arange(len(spots.x))
        if _near(spots, claims, surveys, everyone).any():
            clouds = _Clouds(self._areas, spots, everyone, max(_FEWEST, SAMPLES // len(everyone)))
            found = clouds.places(claims, surveys)
        else:
            found = _as_found(spots, claims, surveys, everyone)

        def laid_out(mask: Masks) -> Masks:
            return masked(unmasked(mask, found.size).reshape(1, -1))

        measured = (found.measured[None, :] + everyone[:, None] * found.size).ravel()
        return Places(
            rows=np.array([row]),
            covered={layer: laid_out(mask) for layer, mask in found.covered.items()},
            surveyed={layer: laid_out(mask) for layer, mask in found.surveyed.items()},
            edge_distance_m={
                layer: np.broadcast_to(array, (len(everyone), len(found.measured))).reshape(1, -1)
                for layer, array in found.edge_distance_m.items()
            },
            measured=measured,
            size=found.size * len(everyone),
            in_order=False,
            spots=len(everyone),
        )


def looks_swapped(snapshot: Snapshot, *, lat: Floats, lon: Floats) -> Bools:
    """Tell which positions are far from every layer and would lie in one with latitude and longitude the other way round."""
    swapped = ~_near_a_layer(snapshot, lat=lat, lon=lon) & (np.abs(lon) <= 90)
    if swapped.any():
        swapped[swapped] = _near_a_layer(snapshot, lat=lon[swapped], lon=lat[swapped])
    return swapped


def _near_a_layer(snapshot: Snapshot, *, lat: Floats, lon: Floats) -> Bools:
    x, y = snapshot.to_metric(lon=lon, lat=lat)
    near = np.zeros(len(x), dtype=bool)
    for west, south, east, north in {layer.bounds for layer in snapshot.layers}:
        near |= (west - CAP_M <= x) & (x <= east + CAP_M) & (south - CAP_M <= y) & (y <= north + CAP_M)
    return near


@lru_cache(maxsize=4096)
def _far_m(cep50_m: float, cep95_m: float) -> float:
    return far_radius_m(cep50_m=cep50_m, cep95_m=cep95_m)


@lru_cache(maxsize=64)
def _offsets_m(cep50_m: float, cep95_m: float, count: int) -> tuple[Floats, Floats]:
    offsets = offsets_m(cep50_m=cep50_m, cep95_m=cep95_m, count=count)
    return offsets, np.hypot(*offsets.T)


def _spots(snapshot: Snapshot, places: Sequence[Candidate]) -> Spots:
    lat, lon, *error_m = np.array([(at.lat, at.lon, at.cep50_m, at.cep95_m) for at in places], dtype=np.float64).T
    return Spots(snapshot, lat, lon, np.column_stack(error_m))


def _near(spots: Spots, claims: Sequence[int], surveys: Sequence[int], rows: Rows) -> Bools:
    """Tell for each spot whether an edge of a claim or of a survey area lies within the error."""
    far_m = spots.far_m[rows, None]
    edge = np.abs(spots.edge_distance_m(claims, rows)) < far_m
    end = spots.survey_distance_m((*claims, *surveys), rows) < far_m
    return np.asarray(np.hstack((edge, end, far_m > CAP_M)).any(axis=1))


def _as_found(spots: Spots, claims: Sequence[int], surveys: Sequence[int], rows: Rows) -> Places:
    """Let the found place stand for all places."""
    edge_m = spots.edge_distance_m(claims, rows)
    return Places(
        rows=rows,
        covered={layer: masked_alike(spots.covered[rows, layer]) for layer in claims},
        surveyed={layer: masked_alike(spots.surveyed[rows, layer]) for layer in (*claims, *surveys)},
        edge_distance_m={layer: np.ascontiguousarray(edge_m[:, n, None]) for n, layer in enumerate(claims)},
        measured=np.zeros(1, dtype=np.intp),
    )


_Ask = Callable[[int, Floats, Floats, Around], Masks]


class _Clouds:
    """Equally likely places around some spots, `count` around each, nearest first."""

    def __init__(self, areas: Areas, spots: Spots, rows: Rows, count: int) -> None:
        self._areas, self._spots, self._rows = areas, spots, rows
        self._x, self._y = spots.x[rows], spots.y[rows]
        errors, self._kind = kinds_of_error(np.column_stack((spots.cep50_m[rows], spots.cep95_m[rows])))
        made = [_offsets_m(*error, count) for error in errors]
        self._offsets = np.stack([offsets for offsets, _ in made])
        self._radii = [radii for _, radii in made]
        self._size, self._measured = count, np.arange(_MEASURED_EVERY // 2, count, _MEASURED_EVERY)
        self._measured_offsets = np.ascontiguousarray(self._offsets[:, self._measured])

    def places(self, claims: Sequence[int], surveys: Sequence[int]) -> Places:
        """Ask about every place that lies farther from its spot than the edge does."""
        edge_m = self._spots.edge_distance_m(claims, self._rows)
        covered, surveyed = {}, {}
        for n, layer in enumerate(claims):
            here = self._spots.covered[self._rows, layer]
            covered[layer] = self._beyond(here, np.abs(edge_m[:, n]), self._areas.covered_around, layer)
        speaking = (*claims, *surveys)
        survey_m = self._spots.survey_distance_m(speaking, self._rows)
        for n, layer in enumerate(speaking):
            here = self._spots.surveyed[self._rows, layer]
            surveyed[layer] = self._beyond(here, survey_m[:, n], self._areas.surveyed_around, layer)
        found = Places(
            rows=self._rows,
            covered=covered,
            surveyed=surveyed,
            edge_distance_m={},
            measured=self._measured,
            size=self._size,
        )
        return replace(
            found,
            edge_distance_m={
                layer: self._depths(layer, found.at_measured(mask), edge_m[:, n])
                for n, (layer, mask) in enumerate(covered.items())
            },
        )

    def _beyond(self, here: Bools, edge_m: Floats, ask: _Ask, layer: int) -> Masks:
        """Mask the places: what holds at the spot holds at all that are nearer than the edge."""
        first = np.empty(len(edge_m), dtype=np.intp)  # the places come nearest first
        for kind, radii in enumerate(self._radii):
            own = self._kind == kind
            first[own] = np.searchsorted(radii, edge_m[own], side="right")
        near = np.flatnonzero(first < self._size)
        mask = masked_alike(here)
        if near.size:
            located = np.where(edge_m[near] == 0, ON_EDGE, np.where(here[near], INSIDE, OUTSIDE)).astype(np.uint8)
            found = ask(layer, self._x[near], self._y[near], Around(self._offsets, self._kind[near], located, first[near]))
            mask = np.repeat(mask, found.shape[1], axis=1)
            mask[near] = found
        return mask

    def _depths(self, layer: int, covered: Bools, edge_m: Floats) -> Floats:
        """Measure at covered places; at those of a spot that no edge comes near, its own distance does."""
        if covered.shape[1] == 1:
            return np.ascontiguousarray(edge_m[:, None])
        depths = np.repeat(edge_m[:, None], covered.shape[1], axis=1)
        near = np.abs(edge_m) < np.array([radii[-1] for radii in self._radii])[self._kind]
        # A place is no farther from the edge than its spot is, and the way to the spot.
        radii_m = np.array([radii[self._measured[-1]] for radii in self._radii])[self._kind]
        picked = Picked(self._measured_offsets, self._kind, covered & near[:, None], np.abs(edge_m) + radii_m)
        self._areas.distance_around_m(layer, self._x, self._y, picked, depths)
        return depths

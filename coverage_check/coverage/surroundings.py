"""Locations → what each layer says there, and around them as far as each may be off.

A whole batch is looked up at once, and in three steps that ask less and less: is each found place covered, and surveyed; how
far is the edge, for the layers that matter; and, only for places whose error reaches an edge, which of the customer's
likely places lie beyond it. Those nearer than the edge can't, so they aren't asked about.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from coverage_check.availability import (
    Availability,
    Bools,
    ByLayer,
    Floats,
    Masks,
    Places,
    Rows,
    held_at,
    masked,
    masked_alike,
    unmasked,
)
from coverage_check.coverage.grid import STATED_DISTANCE_M, Around, Picked
from coverage_check.coverage.index_lookup import INSIDE, ON_EDGE, OUTSIDE
from coverage_check.coverage.lookup import Areas, end_distance_m
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
_ROWS_AT_ONCE = 256
_FEW = 16
"""So few spots are measured to everything at once: one call costs more than the measuring."""
_NOWHERE_M = 1e9
"""Where a place is put for which the metric CRS has none: far from every layer."""


Metric = tuple[Floats, Floats]
"""x and y in a snapshot's metric CRS, float64[n] each; infinite where it has no place."""


class Spots:
    """Places that locations may mean, in metres of the snapshot's CRS, with what the layers say there.

    Attributes
    ----------
    x, y, cep50_m, cep95_m, far_m
        float64[n]. An edge farther off than `far_m` doesn't matter.
    covered, surveyed
        bool[n, layers].
    """

    def __init__(self, snapshot: Snapshot, metric: Metric, error: Floats) -> None:
        self._areas = snapshot.areas
        self.x, self.y = map(_somewhere, metric)
        self.cep50_m, self.cep95_m = error.T
        kinds, kind = kinds_of_error(error)
        self.far_m = np.array([_far_m(*pair) for pair in kinds])[kind]
        self.covered, self.surveyed = self._areas.look(self.x, self.y)
        self._edge_m = np.full((len(self._areas), len(self.x)), np.nan)
        self._all_m: tuple[Floats, Floats] | None = None

    def edge_distance_m(self, layers: Sequence[int], rows: Rows) -> Floats:
        """Measure from some spots to some layers; what was measured before is not measured again."""
        if len(self.x) > _FEW:
            return self._measured_m(self._areas.claims[list(layers)], rows).T
        found: Floats = self._everything_m()[0][rows[:, None], layers]
        return found

    def near(self, claims: Sequence[int], surveys: Sequence[int], rows: Rows) -> Bools:
        """Tell for some spots whether an edge of a claim or of a survey area lies within the error."""
        far_m = self.far_m[rows, None]
        near: Bools = far_m[:, 0] > CAP_M
        near |= (np.abs(self.edge_distance_m(claims, rows)) < far_m).any(axis=1)
        if ending := [layer for layer in (*claims, *surveys) if self._areas.surveys[layer] is not None]:
            near |= (self.survey_distance_m(ending, rows) < far_m).any(axis=1)
        return near

    def survey_distance_m(self, layers: Sequence[int], rows: Rows) -> Floats:
        """Measure from some spots to the edge of what some layers speak about; infinite where they speak everywhere."""
        if len(self.x) > _FEW:
            return self._ends_m(layers, rows)
        found: Floats = self._everything_m()[1][rows[:, None], layers]
        return found

    def _ends_m(self, layers: Sequence[int], rows: Rows) -> Floats:
        ends_m = np.empty((len(layers), len(rows)))
        for number, layer in enumerate(layers):
            area = self._areas.surveys[layer]
            if isinstance(area, int):
                ends_m[number] = np.abs(self._measured_m(np.array([area]), rows)[0])
            else:
                ends_m[number] = end_distance_m(area, self.x[rows], self.y[rows])
        return ends_m.T

    def _measured_m(self, areas: Rows, rows: Rows) -> Floats:
        found: Floats = self._edge_m[areas[:, None], rows]
        for number in np.flatnonzero(np.isnan(found).any(axis=1)).tolist():
            known = self._edge_m[areas[number]]
            asked = rows[np.isnan(known[rows])]
            known[asked] = self._areas.distance_m(areas[number : number + 1], self.x[asked], self.y[asked])[:, 0]
            found[number] = known[rows]
        return found

    def _everything_m(self) -> tuple[Floats, Floats]:
        """Measure from every spot to the edge of every claim and survey area, once."""
        if self._all_m is None:
            self._edge_m[:] = self._areas.distance_m(range(len(self._areas)), self.x, self.y).T
            ends_m = [
                np.abs(self._edge_m[area]) if isinstance(area, int) else end_distance_m(area, self.x, self.y)
                for area in self._areas.surveys
            ]
            self._all_m = self._edge_m[self._areas.claims].T, np.array(ends_m).T
        return self._all_m


class MapSurroundings:
    """The surroundings of a batch of locations on a snapshot: `availability.Surroundings`.

    Parameters
    ----------
    metric
        float64[n] twice: x and y in the snapshot's metric CRS, as `Snapshot.to_metric` gives them.
    error_m
        float64[n, 2]: cep50_m and cep95_m.
    candidates
        Row → its candidates, for ambiguous locations: the customer is as likely at each.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        metric: Metric,
        error_m: Floats,
        candidates: Mapping[int, Sequence[Candidate]] | None = None,
    ) -> None:
        self.layers: tuple[Layer, ...] = snapshot.layers
        self._areas = snapshot.areas
        self._found = Spots(snapshot, metric, error_m)
        self._several = {row: _spots(snapshot, places) for row, places in (candidates or {}).items()}
        self._looked: dict[tuple[bool, bytes], Places] = {}

    @classmethod
    def of(cls, snapshot: Snapshot, locations: Sequence[Location], metric: Metric) -> "MapSurroundings":
        """Look around locations; `metric` as above."""
        error_m = np.array([(at.cep50_m, at.cep95_m) for at in locations], dtype=np.float64).reshape(-1, 2)
        candidates = {
            row: at.candidates for row, at in enumerate(locations) if at.match is Match.AMBIGUOUS and len(at.candidates) > 1
        }
        return cls(snapshot, metric=metric, error_m=error_m, candidates=candidates)

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
        here = self._found.edge_distance_m([layer], rows)[:, 0]
        stated = np.flatnonzero(np.abs(here) < CAP_M)
        here, spots, bearing = here[stated], rows[stated], np.full(len(rows), np.nan)
        beside_m = self._areas.distance_beside_m(layer, self._found.x[spots], self._found.y[spots], here)
        east, west, north, south = beside_m.T
        outwards = np.where(here >= 0, -1.0, 1.0)
        bearing[stated] = np.degrees(np.arctan2(outwards * (east - west), outwards * (north - south))) % 360
        return bearing

    def places(self, rows: Rows, claims: Sequence[int], surveys: Sequence[int]) -> Iterator[Places]:
        """Look around: found places far from every edge, then those near one, then the ambiguous."""
        several = np.isin(rows, list(self._several)) if self._several else np.zeros(len(rows), dtype=bool)
        plain = rows[~several]
        near = self._found.near(claims, surveys, plain)
        if (settled := plain[~near]).size:
            yield self._places(settled, near=False)
        unsettled = plain[near]
        for start in range(0, len(unsettled), _ROWS_AT_ONCE):
            yield self._places(unsettled[start : start + _ROWS_AT_ONCE], near=True)
        for row in rows[several].tolist():
            yield self._ambiguous(row, claims, surveys)

    def _places(self, rows: Rows, *, near: bool) -> Places:
        """Look around rows far from every edge, or near one. Of few rows that is kept: other layers ask for the same."""
        key = near, rows.tobytes() if len(rows) <= _FEW else b""
        if key not in self._looked:
            found = self._found
            places = _Clouds(self._areas, found, rows, SAMPLES).places() if near else _as_found(found, rows)
            if not key[1]:
                return places
            self._looked[key] = places
        return self._looked[key]

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
        if spots.near(claims, surveys, everyone).any():
            found = _Clouds(self._areas, spots, everyone, max(_FEWEST, SAMPLES // len(everyone))).places()
        else:
            found = _as_found(spots, everyone)

        def laid_out(mask: Masks) -> Masks:
            return masked(unmasked(mask, found.size).reshape(1, -1))

        measured = (found.measured[None, :] + everyone[:, None] * found.size).ravel()
        return Places(
            rows=np.array([row]),
            covered=ByLayer(lambda layer: laid_out(found.covered[layer])),
            surveyed=ByLayer(lambda layer: laid_out(found.surveyed[layer])),
            edge_distance_m=ByLayer(
                lambda layer: np.broadcast_to(found.edge_distance_m[layer], (len(everyone), len(found.measured))).reshape(
                    1, -1
                )
            ),
            measured=measured,
            size=found.size * len(everyone),
            in_order=False,
            spots=len(everyone),
        )


def looks_swapped(snapshot: Snapshot, *, lat: Floats, lon: Floats, metric: Metric) -> Bools:
    """Tell which positions are far from every layer and would lie in one with latitude and longitude the other way round."""
    swapped = ~_near_a_layer(snapshot, metric) & (np.abs(lon) <= 90)
    if swapped.any():
        swapped[swapped] = _near_a_layer(snapshot, snapshot.to_metric(lon=lat[swapped], lat=lon[swapped]))
    return swapped


def _near_a_layer(snapshot: Snapshot, metric: Metric) -> Bools:
    x, y = metric
    near = np.zeros(len(x), dtype=bool)
    for west, south, east, north in {layer.bounds for layer in snapshot.layers}:
        near |= (west - CAP_M <= x) & (x <= east + CAP_M) & (south - CAP_M <= y) & (y <= north + CAP_M)
        if near.all():
            break
    return near


@lru_cache(maxsize=4096)
def _far_m(cep50_m: float, cep95_m: float) -> float:
    return far_radius_m(cep50_m=cep50_m, cep95_m=cep95_m)


@lru_cache(maxsize=64)
def _offsets_m(cep50_m: float, cep95_m: float, count: int) -> tuple[Floats, Floats]:
    offsets = offsets_m(cep50_m=cep50_m, cep95_m=cep95_m, count=count)
    return offsets, np.hypot(*offsets.T)


def _somewhere(axis: Floats) -> Floats:
    if np.isfinite(axis).all():
        return axis
    return np.nan_to_num(axis, posinf=_NOWHERE_M, neginf=-_NOWHERE_M)


def _spots(snapshot: Snapshot, places: Sequence[Candidate]) -> Spots:
    lat, lon, *error_m = np.array([(at.lat, at.lon, at.cep50_m, at.cep95_m) for at in places], dtype=np.float64).T
    return Spots(snapshot, snapshot.to_metric(lon=lon, lat=lat), np.column_stack(error_m))


def _as_found(spots: Spots, rows: Rows) -> Places:
    """Let the found place stand for all places."""
    return Places(
        rows=rows,
        covered=ByLayer(lambda layer: masked_alike(spots.covered[rows, layer])),
        surveyed=ByLayer(lambda layer: masked_alike(spots.surveyed[rows, layer])),
        edge_distance_m=ByLayer(lambda layer: spots.edge_distance_m([layer], rows)),
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

    def places(self) -> Places:
        """Ask about every place that lies farther from its spot than the edge does."""
        covered = ByLayer(self._covered)
        return Places(
            rows=self._rows,
            covered=covered,
            surveyed=ByLayer(self._surveyed),
            edge_distance_m=ByLayer(lambda layer: self._depths(layer, held_at(covered[layer], self._measured, self._size))),
            measured=self._measured,
            size=self._size,
        )

    def _covered(self, layer: int) -> Masks:
        edge_m = np.abs(self._spots.edge_distance_m([layer], self._rows)[:, 0])
        return self._beyond(self._spots.covered[self._rows, layer], edge_m, self._areas.covered_around, layer)

    def _surveyed(self, layer: int) -> Masks:
        end_m = self._spots.survey_distance_m([layer], self._rows)[:, 0]
        return self._beyond(self._spots.surveyed[self._rows, layer], end_m, self._areas.surveyed_around, layer)

    def _beyond(self, here: Bools, edge_m: Floats, ask: _Ask, layer: int) -> Masks:
        """Mask the places: what holds at the spot holds at all that are nearer than the edge."""
        first = np.empty(len(edge_m), dtype=np.intp)  # the places come nearest first
        for kind, radii in enumerate(self._radii):
            own = self._kind == kind if len(self._radii) > 1 else slice(None)
            first[own] = np.searchsorted(radii, edge_m[own], side="right")
        near = (first < self._size).nonzero()[0]
        mask = masked_alike(here)
        if near.size:
            located = np.where(edge_m[near] == 0, ON_EDGE, np.where(here[near], INSIDE, OUTSIDE)).astype(np.uint8)
            found = ask(layer, self._x[near], self._y[near], Around(self._offsets, self._kind[near], located, first[near]))
            mask = np.repeat(mask, found.shape[1], axis=1)
            mask[near] = found
        return mask

    def _depths(self, layer: int, covered: Bools) -> Floats:
        """Measure at covered places; at those of a spot that no edge comes near, its own distance does."""
        edge_m = self._spots.edge_distance_m([layer], self._rows)[:, 0]
        if covered.shape[1] == 1:
            return np.ascontiguousarray(edge_m[:, None])
        depths = np.repeat(edge_m[:, None], covered.shape[1], axis=1)
        near = np.abs(edge_m) < np.array([radii[-1] for radii in self._radii])[self._kind]
        # A place is no farther from the edge than its spot is, and the way to the spot.
        radii_m = np.array([radii[self._measured[-1]] for radii in self._radii])[self._kind]
        picked = Picked(self._measured_offsets, self._kind, covered & near[:, None], np.abs(edge_m) + radii_m)
        self._areas.distance_around_m(layer, self._x, self._y, picked, depths)
        return depths

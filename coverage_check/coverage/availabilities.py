"""Location → what each layer says there, and around it as far as the location may be off.

Three looks, each one call of `Snapshot.lookup` for all locations together: at the found place and just beside it (which
way is the edge?), on a ring as wide as its error (is all of it alike?), and, only where it isn't, at the places where the
customer may be.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverage_check.availability import Availability
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.location import Location, Match
from coverage_check.spread import SAMPLES, far_radius_m, offsets_m

CAP_M = 5000.0
"""Beyond this, an edge is only said to be farther."""
_BESIDE_M = np.array([(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])
_RING = np.array([(math.cos(a), math.sin(a)) for a in np.arange(8) * math.pi / 4])
_FEWEST = 64
_NOWHERE_M = 1e9
"""Where a place is put for which the metric CRS has none: far from every layer."""

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Spot:
    """One place that a location may mean, in metres of the snapshot's CRS."""

    x: float
    y: float
    cep50_m: float
    cep95_m: float

    @property
    def far_m(self) -> float:
        return far_radius_m(cep50_m=self.cep50_m, cep95_m=self.cep95_m)

    def around(self, offsets: Points) -> Points:
        return np.array((self.x, self.y)) + offsets


@dataclass(frozen=True, slots=True)
class _Look:
    """What every layer says about one group of points: arrays [n, layers]."""

    covered: npt.NDArray[np.bool_]
    surveyed: npt.NDArray[np.bool_]
    edge_distance_m: npt.NDArray[np.float64]

    def part(self, start: int, end: int) -> "_Look":
        return _Look(self.covered[start:end], self.surveyed[start:end], self.edge_distance_m[start:end])


def availabilities(snapshot: Snapshot, locations: Sequence[Location]) -> list[tuple[Availability, ...]]:
    """Give, for each location, one availability a layer, in the snapshot's order.

    The arrays begin with the found place. Where its surroundings are not all alike, equally likely places of the customer
    follow; for an ambiguous location, those of every candidate.
    """
    if not locations:
        return []
    spots = [_spots(snapshot, location) for location in locations]
    beside = _look(snapshot, [own[0].around(_BESIDE_M) for own in spots])
    rings = _look(snapshot, [np.vstack([_ring(spot) for spot in own]) for own in spots])
    alike = [_alike(own, ring) for own, ring in zip(spots, rings, strict=True)]
    places = [_places(own, settled=settled) for own, settled in zip(spots, alike, strict=True)]
    found = _look(snapshot, places)
    return [
        tuple(_availability(snapshot, n, near, at) for n in range(len(snapshot.layers)))
        for near, at in zip(beside, found, strict=True)
    ]


def looks_swapped(snapshot: Snapshot, *, lat: float, lon: float) -> bool:
    """Tell whether a position far from every layer would lie in one with latitude and longitude the other way round."""
    if abs(lon) > 90:
        return False
    return not _near_a_layer(snapshot, lat=lat, lon=lon) and _near_a_layer(snapshot, lat=lon, lon=lat)


def _near_a_layer(snapshot: Snapshot, *, lat: float, lon: float) -> bool:
    x, y = snapshot.to_metric(lon=np.array([lon]), lat=np.array([lat]))
    if not (math.isfinite(x[0]) and math.isfinite(y[0])):
        return False
    boxes = [layer.bounds for layer in snapshot.layers]
    return any(w - CAP_M <= x[0] <= e + CAP_M and s - CAP_M <= y[0] <= n + CAP_M for w, s, e, n in boxes)


def _spots(snapshot: Snapshot, location: Location) -> list[_Spot]:
    """Give the found place first; for an ambiguous location every candidate."""
    places = [(location.lat, location.lon, location.cep50_m, location.cep95_m)]
    if location.match is Match.AMBIGUOUS and len(location.candidates) > 1:
        places = [(c.lat, c.lon, c.cep50_m, c.cep95_m) for c in location.candidates]
    lat, lon, cep50_m, cep95_m = np.array(places, dtype=np.float64).T
    x, y = (np.nan_to_num(axis, posinf=_NOWHERE_M, neginf=-_NOWHERE_M) for axis in snapshot.to_metric(lon=lon, lat=lat))
    return [_Spot(*values) for values in zip(x.tolist(), y.tolist(), cep50_m.tolist(), cep95_m.tolist(), strict=True)]


def _ring(spot: _Spot) -> Points:
    """Give the spot and eight points as far off as its error reaches, but no farther than the cap."""
    return spot.around(np.vstack([(0.0, 0.0), _RING * min(spot.far_m, CAP_M)]))


def _look(snapshot: Snapshot, groups: Sequence[Points]) -> list[_Look]:
    """Look all groups up in one call, and give each group its own part."""
    points = np.vstack(groups)
    found = snapshot.lookup(x=points[:, 0], y=points[:, 1])
    whole = _Look(found.covered, found.surveyed, found.edge_distance_m)
    ends = np.cumsum([len(group) for group in groups]).tolist()
    return [whole.part(end - len(group), end) for end, group in zip(ends, groups, strict=True)]


def _alike(spots: Sequence[_Spot], ring: _Look) -> bool:
    """Whether no edge, of a claim or of a survey area, lies within the error of any spot."""
    size = len(_RING) + 1
    for n, spot in enumerate(spots):
        part = ring.part(n * size, (n + 1) * size)
        same = (part.surveyed == part.surveyed[0]).all()
        if spot.far_m > CAP_M or not same or (np.abs(part.edge_distance_m[0]) < spot.far_m).any():
            return False
    return True


def _places(spots: Sequence[_Spot], *, settled: bool) -> Points:
    """Give the found place, and after it those of the customer: nearest first where there is one spot."""
    first = spots[0].around(np.zeros((1, 2)))
    if settled:
        rest = [spot.around(np.zeros((1, 2))) for spot in spots] if len(spots) > 1 else []
    else:
        count = max(_FEWEST, SAMPLES // len(spots))
        rest = [spot.around(offsets_m(cep50_m=spot.cep50_m, cep95_m=spot.cep95_m, count=count)) for spot in spots]
    return np.vstack([first, *rest])


def _availability(snapshot: Snapshot, layer: int, beside: _Look, at: _Look) -> Availability:
    return Availability(
        layer=snapshot.layers[layer],
        covered=at.covered[:, layer],
        surveyed=at.surveyed[:, layer],
        edge_distance_m=at.edge_distance_m[:, layer],
        edge_bearing_deg=_bearing_deg(beside.edge_distance_m[:, layer]),
    )


def _bearing_deg(distance_m: npt.NDArray[np.float64]) -> float | None:
    """Find the direction to the nearest edge, degrees clockwise from grid north, from the distance a metre to each side."""
    here, east, west, north, south = distance_m.tolist()
    if abs(here) >= CAP_M:
        return None
    way = -1.0 if here >= 0 else 1.0
    return math.degrees(math.atan2(way * (east - west), way * (north - south))) % 360

"""Points in, for every layer "covered?", "surveyed?" and metres to the edge out: one question to the compiled index.

A snapshot's index holds each distinct area once: the claims of layers, and their survey areas.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from coverage_check.availability import Masks, masked, masked_alike
from coverage_check.coverage.grid import STATED_DISTANCE_M, Around, Picked
from coverage_check.coverage.index import Index

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]


class Columns:
    """Where each layer's claim and survey area stand in the index, made once for a snapshot.

    Parameters
    ----------
    claims
        Number of each layer's claim in the index.
    surveys
        Number of each layer's survey area, its bounds minx, miny, maxx, maxy, or None for everywhere.
    """

    def __init__(self, claims: Sequence[int], surveys: Sequence[int | Box | None]) -> None:
        self.claims = np.array(claims, dtype=np.intp)
        self.areas = tuple(surveys)
        self._surveys = np.array([survey if isinstance(survey, int) else 0 for survey in surveys], dtype=np.intp)
        self._others = [(n, survey) for n, survey in enumerate(surveys) if not isinstance(survey, int)]

    def surveyed(self, inside: Bools, x: Floats, y: Floats) -> Bools:
        """Give bool[n, layers] from what the index says of each of its areas."""
        surveyed: Bools = inside.take(self._surveys, axis=1)
        for column, box in self._others:
            if box is None:
                surveyed[:, column] = True
            else:
                surveyed[:, column] = _within(box, x, y)
        return surveyed


@dataclass(slots=True, kw_only=True, eq=False)
class Lookup:
    """What every layer of a snapshot says at each point; the columns are in the order of `Snapshot.layers`.

    Attributes
    ----------
    x, y
        float64[n]: the points in the metric CRS; infinite where it has no place for them.
    covered
        bool[n, layers]: inside the layer's union or on its boundary.
    surveyed
        bool[n, layers]: inside the area that the layer speaks about; False is no data, not "no coverage".
    """

    x: Floats
    y: Floats
    covered: Bools
    surveyed: Bools
    _index: Index
    _columns: Columns
    _edge_distance_m: Floats | None = field(default=None, init=False)

    @property
    def edge_distance_m(self) -> Floats:
        """float64[n, layers]: metres to the edge of the layer, positive inside, capped at ±5000; reckoned when asked."""
        if self._edge_distance_m is None:
            placed = np.isfinite(self.x) & np.isfinite(self.y)
            if placed.all():
                self._edge_distance_m = self._index.edge_distance_m(self.x, self.y, layers=self._columns.claims)
            else:
                self._edge_distance_m = np.full(self.covered.shape, -STATED_DISTANCE_M)
                found = self._index.edge_distance_m(self.x[placed], self.y[placed], layers=self._columns.claims)
                self._edge_distance_m[placed] = found
        return self._edge_distance_m


def look_up(index: Index, columns: Columns, x: Floats, y: Floats) -> Lookup:
    """Ask every layer about points in the metric CRS, all of them finite."""
    inside = index.covered(x, y)
    covered = inside.take(columns.claims, axis=1)
    return Lookup(x=x, y=y, covered=covered, surveyed=columns.surveyed(inside, x, y), _index=index, _columns=columns)


def look_up_placed(index: Index, columns: Columns, x: Floats, y: Floats) -> Lookup:
    """Do the same where some points may have no place in the metric CRS: those are covered and surveyed nowhere."""
    placed = np.isfinite(x) & np.isfinite(y)
    if placed.all():
        return look_up(index, columns, x, y)
    some = look_up(index, columns, x[placed], y[placed])
    covered, surveyed = np.zeros((2, len(x), len(columns.claims)), dtype=bool)
    covered[placed], surveyed[placed] = some.covered, some.surveyed
    return Lookup(x=x, y=y, covered=covered, surveyed=surveyed, _index=index, _columns=columns)


class Areas:
    """The areas of a snapshot one by one, for questions that concern some of its layers at some points only.

    Points are in the metric CRS and finite; layers go by their number in `Snapshot.layers`.
    """

    def __init__(self, index: Index, columns: Columns) -> None:
        self._index = index
        self._columns = columns

    @property
    def claims(self) -> npt.NDArray[np.intp]:
        """int[layers]: the number of each layer's claim; layers that claim the same to the byte share one."""
        return self._columns.claims

    @property
    def surveys(self) -> tuple[int | Box | None, ...]:
        """What each layer speaks about: the number of an area, bounds, or None for everywhere."""
        return self._columns.areas

    def __len__(self) -> int:
        """Count the areas: claims, and survey areas."""
        return len(self._index)

    def distance_m(self, areas: Sequence[int] | npt.NDArray[np.intp], x: Floats, y: Floats) -> Floats:
        """Give float64[n, areas]: metres to the edge of some areas by their numbers, as `edge_distance_m`."""
        return self._index.edge_distance_m(x, y, layers=areas)

    def look(self, x: Floats, y: Floats) -> tuple[Bools, Bools]:
        """Give bool[n, layers] twice: covered, and surveyed."""
        found = look_up(self._index, self._columns, x, y)
        return found.covered, found.surveyed

    def covered(self, layer: int, x: Floats, y: Floats) -> Bools:
        """Give bool[n]: inside the layer's claim or on its boundary."""
        return self._index.covered(x, y, layers=self._columns.claims[layer : layer + 1])[:, 0]

    def surveyed(self, layer: int, x: Floats, y: Floats) -> Bools:
        """Give bool[n]: inside the area that the layer speaks about."""
        area = self._columns.areas[layer]
        if area is None:
            return np.ones(len(x), dtype=bool)
        if isinstance(area, int):
            return self._index.covered(x, y, layers=[area])[:, 0]
        return _within(area, x, y)

    def covered_around(self, layer: int, x: Floats, y: Floats, around: Around) -> Masks:
        """Give the masks, uint64[n, words], of the places around some points that the layer's claim covers."""
        return self._index.covered_around(x, y, around, layer=int(self.claims[layer]))

    def surveyed_around(self, layer: int, x: Floats, y: Floats, around: Around) -> Masks:
        """Give the masks, uint64[n, words], of the places that lie in the area that the layer speaks about."""
        area = self._columns.areas[layer]
        if isinstance(area, int):
            return self._index.covered_around(x, y, around, layer=area)
        if area is None:
            return masked_alike(np.ones(len(x), dtype=bool))
        offset_m = around.offsets_m[around.kind]
        return masked(_within(area, x[:, None] + offset_m[:, :, 0], y[:, None] + offset_m[:, :, 1]))

    def edge_distance_m(self, layer: int, x: Floats, y: Floats) -> Floats:
        """Give float64[n]: metres to the edge of the claim, positive inside, capped at ±5000."""
        return self._index.edge_distance_m(x, y, layers=self._columns.claims[layer : layer + 1])[:, 0]

    def distance_beside_m(self, layer: int, x: Floats, y: Floats, edge_distance_m: Floats) -> Floats:
        """Give float64[n, 4]: the same from a metre east, west, north and south, where it is known from the points."""
        return self._index.distance_beside_m(x, y, edge_distance_m, layer=int(self.claims[layer]))

    def distance_around_m(self, layer: int, x: Floats, y: Floats, picked: Picked, out: Floats) -> None:
        """Fill in, at the picked places around some points, the metres to the edge of the claim, without sign."""
        self._index.distance_around_m(x, y, picked, out, layer=int(self.claims[layer]))


def end_distance_m(bounds: Box | None, x: Floats, y: Floats) -> Floats:
    """Give float64[n]: unsigned metres to the edge of bounds; infinite where there are none."""
    if bounds is None:
        return np.full(len(x), np.inf)
    west, south, east, north = bounds
    along_x, along_y = np.maximum(west - x, x - east), np.maximum(south - y, y - north)
    outside: Floats = np.hypot(np.maximum(along_x, 0.0), np.maximum(along_y, 0.0))
    return np.where(_within(bounds, x, y), -np.maximum(along_x, along_y), outside)


def _within(box: Box, x: Floats, y: Floats) -> Bools:
    minx, miny, maxx, maxy = box
    return (x >= minx) & (x <= maxx) & (y >= miny) & (y <= maxy)

"""Points in, for every layer "covered?", "surveyed?" and metres to the edge out: one question to the compiled index.

A snapshot's index holds each distinct area once: the claims of layers, and their survey areas.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from coverage_check.coverage.grid import STATED_DISTANCE_M
from coverage_check.coverage.index import Index

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyedLayer:
    """What a look-up needs of one layer.

    Attributes
    ----------
    area
        Number of the layer's claim in the index.
    survey
        Number of its survey area, the bounds minx, miny, maxx, maxy, or None for everywhere.
    """

    area: int
    survey: int | Box | None


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
    _areas: Sequence[int]
    _edge_distance_m: Floats | None = field(default=None, init=False)

    @property
    def edge_distance_m(self) -> Floats:
        """float64[n, layers]: metres to the edge of the layer, positive inside, capped at ±5000; reckoned when asked."""
        if self._edge_distance_m is None:
            placed = np.isfinite(self.x) & np.isfinite(self.y)
            if placed.all():
                self._edge_distance_m = self._index.edge_distance_m(self.x, self.y, layers=self._areas)
            else:
                self._edge_distance_m = np.full(self.covered.shape, -STATED_DISTANCE_M)
                found = self._index.edge_distance_m(self.x[placed], self.y[placed], layers=self._areas)
                self._edge_distance_m[placed] = found
        return self._edge_distance_m


def look_up(index: Index, layers: Sequence[SurveyedLayer], x: Floats, y: Floats) -> Lookup:
    """Ask every layer about points in the metric CRS; points that have no place in it are covered and surveyed nowhere."""
    placed = np.isfinite(x) & np.isfinite(y)
    if placed.all():
        inside = index.covered(x, y)
    else:
        inside = np.zeros((len(x), len(index)), dtype=bool)
        inside[placed] = index.covered(x[placed], y[placed])
    areas = [layer.area for layer in layers]
    surveyed = np.column_stack([_surveyed(layer.survey, inside, placed, x, y) for layer in layers])
    return Lookup(x=x, y=y, covered=inside[:, areas], surveyed=surveyed, _index=index, _areas=areas)


def _surveyed(survey: int | Box | None, inside: Bools, placed: Bools, x: Floats, y: Floats) -> Bools:
    if survey is None:
        return placed
    if isinstance(survey, int):
        return inside[:, survey]
    minx, miny, maxx, maxy = survey
    within: Bools = (x >= minx) & (x <= maxx) & (y >= miny) & (y <= maxy)
    return within

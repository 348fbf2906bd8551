"""Points in, for every layer "covered?", "surveyed?" and metres to the edge out.

This is the plain form of the look-up: prepared polygons of GEOS behind a tree of their boxes, and the boundary in short
lines behind another. It defines the answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage.boundary import short_lines
from coverage_check.coverage.rings import Rings
from coverage_check.coverage.sources.features import Geometries

CAP_M = 5_000.0
"""Beyond this distance only "farther than" is said."""

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


class Area:
    """One area of a snapshot. What a question needs is made at the first one and then only read, by all threads.

    Without a lock: two threads that come first both make it, and a fork never inherits one that is held.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rings: Rings | None = None
        self._polygons: tuple[Geometries, shapely.STRtree] | None = None
        self._boundary: shapely.STRtree | None = None

    @property
    def rings(self) -> Rings:
        """The polygons as arrays, mapped from disk."""
        if self._rings is None:
            self._rings = Rings.load(self._folder)
        return self._rings

    def covers(self, x: Floats, y: Floats) -> Bools:
        """Whether the area covers each point, its boundary included."""
        if self._polygons is None:
            self._polygons = self._prepare()
        polygons, tree = self._polygons
        covered = np.zeros(len(x), dtype=bool)
        point, polygon = tree.query(shapely.points(x, y))
        covered[point[shapely.intersects_xy(polygons[polygon], x[point], y[point])]] = True
        return covered

    def distance_m(self, x: Floats, y: Floats) -> Floats:
        """Metres from each point to the boundary, at most `CAP_M`."""
        if self._boundary is None:
            self._boundary = shapely.STRtree(short_lines(self.rings)[0])
        distance = np.full(len(x), CAP_M)
        (point, _), found = self._boundary.query_nearest(
            shapely.points(x, y), max_distance=CAP_M, return_distance=True, all_matches=False
        )
        distance[point] = found
        return distance

    def _prepare(self) -> tuple[Geometries, shapely.STRtree]:
        polygons = self.rings.polygons()
        shapely.prepare(polygons)
        # GEOS finishes a prepared polygon at its first question, and not safely in two threads: so that is asked here.
        corner = shapely.bounds(polygons)
        shapely.intersects_xy(polygons, corner[:, 0], corner[:, 1])
        return polygons, shapely.STRtree(polygons)


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
    _areas: Sequence[Area]
    _edge_distance_m: Floats | None = field(default=None, init=False)

    @property
    def edge_distance_m(self) -> Floats:
        """float64[n, layers]: metres to the edge of the layer, positive inside, capped at ±5000; reckoned when asked."""
        if self._edge_distance_m is None:
            placed = np.isfinite(self.x) & np.isfinite(self.y)
            distance = np.full(self.covered.shape, CAP_M)
            columns = {id(area): area.distance_m(self.x[placed], self.y[placed]) for area in self._areas}
            for column, area in enumerate(self._areas):
                distance[placed, column] = columns[id(area)]
            self._edge_distance_m = np.where(self.covered, distance, -distance)
        return self._edge_distance_m


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyedLayer:
    """What a look-up needs of one layer.

    Attributes
    ----------
    survey
        An area, the bounds minx, miny, maxx, maxy, or None for everywhere.
    """

    area: Area
    survey: Area | tuple[float, float, float, float] | None


def look_up(layers: Sequence[SurveyedLayer], x: Floats, y: Floats) -> Lookup:
    """Ask every layer about points in the metric CRS; points that have no place in it are covered and surveyed nowhere."""
    placed = np.isfinite(x) & np.isfinite(y)
    shape = (len(x), len(layers))
    covered, surveyed = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    answers: dict[int, Bools] = {}

    def ask(area: Area) -> Bools:
        if id(area) not in answers:
            answers[id(area)] = area.covers(x[placed], y[placed])
        return answers[id(area)]

    for column, layer in enumerate(layers):
        covered[placed, column] = ask(layer.area)
        if layer.survey is None:
            surveyed[placed, column] = True
        elif isinstance(layer.survey, Area):
            surveyed[placed, column] = ask(layer.survey)
        else:
            minx, miny, maxx, maxy = layer.survey
            surveyed[:, column] = (x >= minx) & (x <= maxx) & (y >= miny) & (y <= maxy)
    return Lookup(x=x, y=y, covered=covered, surveyed=surveyed, _areas=[layer.area for layer in layers])

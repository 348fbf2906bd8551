"""Which polygons share more than single points: found in time that grows with their points, not with their pairs.

A question to GEOS about two polygons walks round both of them. Where one is a country with a hundred thousand lakes, that
is too long for each of its islands; so large polygons are asked by the short lines of their boundary.
"""

import contextlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage.boundary import short_lines
from coverage_check.coverage.rings import Rings
from coverage_check.coverage.sources.features import Geometries

LARGE = 1_000
"""Number of points from which on a polygon is asked by its short lines."""

_APART = "FF*F0****"
"""DE-9IM of polygons that only touch at points: no common interior, and boundaries that meet in points."""

_INSIDE, _ALONG = "T********", "***1*****"
"""DE-9IM of a polygon and a line that runs through its interior, or along its boundary."""

Index = npt.NDArray[np.intp]
Pairs = tuple[Index, Index]


def joined(polygons: Geometries) -> Pairs:
    """Find the pairs of valid polygons that share an area or an edge; in each the one with more points comes first."""
    points = shapely.get_num_coordinates(polygons)
    rank = np.argsort(np.argsort(-points, kind="stable"))
    first, second = shapely.STRtree(polygons).query(polygons)
    once = rank[first] < rank[second]
    first, second = first[once], second[once]
    large = points[first] > LARGE
    small = _joined_small(polygons, first[~large], second[~large])
    first, second = first[large], second[large]
    by_line = entered(polygons, first, second)
    by_point = holds_inner_point(polygons, first, second)
    both = by_line | by_point
    return np.append(small[0], first[both]), np.append(small[1], second[both])


def entered(polygons: Geometries, first: Index, second: Index, *, along: bool = True) -> npt.NDArray[np.bool_]:
    """For each pair, whether the boundary of the first runs through the interior of the second.

    If not, the second lies wholly inside or wholly outside the first, or in one of its holes. With `along`, a boundary that
    runs along the second's boundary counts too.
    """
    if not len(first):
        return np.zeros(0, dtype=bool)
    owners, others = np.unique(first), np.unique(second)
    lines, owner = short_lines(Rings.of(polygons[owners]))
    other, line = shapely.STRtree(lines).query(polygons[others], predicate="intersects")
    pair = owners[owner[line]] * len(polygons) + others[other]
    asked = first * len(polygons) + second
    wanted = np.isin(pair, asked)
    other, line, pair = other[wanted], line[wanted], pair[wanted]
    met = shapely.relate_pattern(polygons[others[other]], lines[line], _INSIDE)
    if along:
        met |= shapely.relate_pattern(polygons[others[other]], lines[line], _ALONG)
    return np.isin(asked, pair[met])


def holds_inner_point(polygons: Geometries, first: Index, second: Index) -> npt.NDArray[np.bool_]:
    """For each pair, whether the first covers a point of the second's interior."""
    inner = shapely.get_coordinates(shapely.point_on_surface(polygons[second])).reshape(-1, 2)
    with _prepared(polygons[np.unique(first)]):
        held: npt.NDArray[np.bool_] = shapely.intersects_xy(polygons[first], inner[:, 0], inner[:, 1])
    return held


def _joined_small(polygons: Geometries, first: Index, second: Index) -> Pairs:
    """Ask each pair in full."""
    with _prepared(polygons[np.unique(first)]):
        meeting = shapely.intersects(polygons[first], polygons[second])
        first, second = first[meeting], second[meeting]
        both = ~shapely.relate_pattern(polygons[first], polygons[second], _APART)
    return first[both], second[both]


@contextlib.contextmanager
def _prepared(polygons: Geometries) -> Iterator[None]:
    shapely.prepare(polygons)
    yield
    shapely.destroy_prepared(polygons)

"""The union of a layer's parts: the truth of the layer, in one normal form.

Most parts of a layer touch no other, and a union of them all would take minutes to find that out. So only the parts that
share more than single points are united. The result doesn't depend on the order in which a driver gave the features.
"""

import contextlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage.boundary import short_lines
from coverage_check.coverage.rings import Rings
from coverage_check.coverage.sources.features import Geometries

_APART = "FF*F0****"
"""DE-9IM of parts that only touch at points: no common interior, and boundaries that meet in points."""

_INSIDE, _ALONG = "T********", "***1*****"
"""DE-9IM of a part and a line that runs through its interior, or along its boundary."""

_LARGE = 1_000
"""Number of points from which on a part's boundary is asked in short lines."""

Index = npt.NDArray[np.intp]
Pairs = tuple[Index, Index]


def unite(parts: Geometries) -> Geometries:
    """Unite valid polygons into valid polygons without common interior or common edges, normalised and sorted."""
    parts = in_order(shapely.normalize(parts))
    group = _groups(len(parts), *_joined(parts))
    _, group, size = np.unique(group, return_inverse=True, return_counts=True)
    alone = size[group] == 1
    members = np.flatnonzero(~alone)
    members = members[np.argsort(group[members], kind="stable")]
    cuts = np.flatnonzero(np.diff(group[members])) + 1
    united = [shapely.union_all(parts[run]) for run in np.split(members, cuts) if len(run)]
    whole = np.append(parts[alone], shapely.get_parts(np.array(united, dtype=object)))
    polygon = shapely.get_type_id(whole) == shapely.GeometryType.POLYGON
    return in_order(shapely.normalize(whole[polygon & ~shapely.is_empty(whole)]))


def in_order(polygons: Geometries) -> Geometries:
    """Sort by extent, then size, then bytes: an order that only depends on the polygons."""
    keys = np.column_stack([shapely.bounds(polygons), shapely.get_num_coordinates(polygons)])
    order = np.lexsort(keys.T[::-1])
    polygons, keys = polygons[order], keys[order]
    same = np.flatnonzero((keys[1:] == keys[:-1]).all(axis=1))
    for run in np.split(same, np.flatnonzero(np.diff(same) > 1) + 1):
        if len(run):
            at = slice(run[0], run[-1] + 2)
            polygons[at] = np.array(sorted(polygons[at], key=shapely.to_wkb), dtype=object)
    return polygons


def _joined(parts: Geometries) -> Pairs:
    """Find the pairs of parts that share an area or an edge; in each the part with more points comes first."""
    points = shapely.get_num_coordinates(parts)
    rank = np.argsort(np.argsort(-points, kind="stable"))
    first, second = shapely.STRtree(parts).query(parts)
    once = rank[first] < rank[second]
    first, second = first[once], second[once]
    large = points[first] > _LARGE
    pairs = _joined_small(parts, first[~large], second[~large]), _joined_large(parts, first[large], second[large])
    return np.append(pairs[0][0], pairs[1][0]), np.append(pairs[0][1], pairs[1][1])


def _joined_small(parts: Geometries, first: Index, second: Index) -> Pairs:
    """Ask each pair in full."""
    with _prepared(parts[np.unique(first)]):
        meeting = shapely.intersects(parts[first], parts[second])
        first, second = first[meeting], second[meeting]
        joined = ~shapely.relate_pattern(parts[first], parts[second], _APART)
    return first[joined], second[joined]


def _joined_large(parts: Geometries, first: Index, second: Index) -> Pairs:
    """Ask the short lines of the large part's boundary instead: in full each question would walk round all of it.

    Either a line runs inside the other part or along its boundary; or none does, and the other part lies wholly inside or
    wholly outside, as any point of its interior tells.
    """
    large = np.unique(first)
    if not len(large):
        return first, second
    lines, owner = short_lines(Rings.of(parts[large]))
    other, line = shapely.STRtree(lines).query(parts[np.unique(second)], predicate="intersects")
    other, owner_of_line = np.unique(second)[other], large[owner[line]]
    wanted = np.isin(owner_of_line * len(parts) + other, first * len(parts) + second)
    other, line, owner_of_line = other[wanted], line[wanted], owner_of_line[wanted]
    along = shapely.relate_pattern(parts[other], lines[line], _INSIDE)
    along |= shapely.relate_pattern(parts[other], lines[line], _ALONG)
    with _prepared(parts[large]):
        inner = shapely.get_coordinates(shapely.point_on_surface(parts[second]))
        inside = shapely.intersects_xy(parts[first], inner[:, 0], inner[:, 1])
    return np.append(owner_of_line[along], first[inside]), np.append(other[along], second[inside])


@contextlib.contextmanager
def _prepared(polygons: Geometries) -> Iterator[None]:
    shapely.prepare(polygons)
    yield
    shapely.destroy_prepared(polygons)


def _groups(count: int, first: Index, second: Index) -> Index:
    """Group the members of a graph that hang together: each takes the least number that its neighbours have."""
    group = np.arange(count)
    while True:
        least = np.minimum(group[first], group[second])
        np.minimum.at(group, first, least)
        np.minimum.at(group, second, least)
        group = group[group]
        if (group[first] == group[second]).all():
            return group

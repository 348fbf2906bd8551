"""The union of a layer's parts: the truth of the layer, in one normal form.

Most parts of a layer touch no other, and a union of them all would take minutes to find that out. So only the parts that
share more than single points are united. The result doesn't depend on the order in which a driver gave the features.
"""

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage.neighbours import joined
from coverage_check.coverage.sources.features import Geometries

Index = npt.NDArray[np.intp]


def unite(parts: Geometries) -> Geometries:
    """Unite valid polygons into valid polygons without common interior or common edges, normalised and sorted."""
    return unite_normal(shapely.normalize(parts))


def unite_normal(parts: Geometries) -> Geometries:
    """Do the same with polygons that are normalised already, without a copy of them."""
    parts = in_order(parts)
    group = groups(len(parts), *joined(parts))
    _, group, size = np.unique(group, return_inverse=True, return_counts=True)
    alone = size[group] == 1
    members = np.flatnonzero(~alone)
    members = members[np.argsort(group[members], kind="stable")]
    cuts = np.flatnonzero(np.diff(group[members])) + 1
    united = [shapely.union_all(parts[run]) for run in np.split(members, cuts) if len(run)]
    pieces = shapely.get_parts(np.array(united, dtype=object))
    polygon = shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON
    return in_order(np.append(parts[alone], shapely.normalize(pieces[polygon & ~shapely.is_empty(pieces)])))


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


def groups(count: int, first: Index, second: Index) -> Index:
    """Group the members of a graph that hang together: each takes the least number that its neighbours have."""
    group = np.arange(count)
    while True:
        least = np.minimum(group[first], group[second])
        np.minimum.at(group, first, least)
        np.minimum.at(group, second, least)
        group = group[group]
        if (group[first] == group[second]).all():
            return group

"""Which polygons are valid. The check of GEOS would take hours for a million lakes: its time grows with their square."""

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage import neighbours
from coverage_check.coverage.sources.features import Geometries


def sound(polygons: Geometries) -> npt.NDArray[np.bool_]:
    """Mark the valid polygons.

    Large ones are looked at ring by ring: every ring is simple, no two holes share more than points, and no hole reaches
    over the shell. One thing passes that the standard forbids: holes that touch each other in a chain which cuts the
    polygon into pieces. As an area it is well defined, and only the area counts here.
    """
    large = shapely.get_num_coordinates(polygons) > neighbours.LARGE
    marks: npt.NDArray[np.bool_] = np.zeros(len(polygons), dtype=bool)
    marks[~large] = shapely.is_valid(polygons[~large])
    if large.any():
        marks[large] = _sound_by_rings(polygons[large])
    return marks


def _sound_by_rings(polygons: Geometries) -> npt.NDArray[np.bool_]:
    rings, owner = shapely.get_rings(polygons, return_index=True)
    marks = np.ones(len(polygons), dtype=bool)
    marks[owner[~shapely.is_simple(rings)]] = False
    fine = marks[owner]
    rings, owner = np.asarray(shapely.polygons(rings[fine]), dtype=object), owner[fine]
    shell = np.flatnonzero(np.diff(owner, prepend=-1) > 0)
    hole = np.setdiff1d(np.arange(len(rings)), shell)
    one, other = neighbours.joined(rings[hole])
    one, other = owner[hole[one]], owner[hole[other]]
    marks[one[one == other]] = False
    around = shell[np.searchsorted(owner[shell], owner[hole])]
    crossing = neighbours.entered(rings, around, hole) | ~neighbours.holds_inner_point(rings, around, hole)
    marks[owner[hole[crossing]]] = False
    return marks

"""What can be seen in a layer's polygons: the steps of a grid in its edges, and places for a person to look at."""

import numpy as np
import shapely

from coverage_check.coverage.sources.features import Geometries
from coverage_check.coverage.union import in_order

_CHUNK = 10_000
_SAMPLE = 2_000
"""So many polygons tell; they are taken evenly from the whole layer."""

_MIN_CORNERS = 100
_MIN_SHARE = 0.9
_SQUARE = 0.05
"""A corner is square if the cosine of its angle is below this: 3 degrees, more than a national grid turns or shears."""

_WHOLE = 0.05
"""A length is a whole number of steps if it is off by less than this share of one."""


def step_m(polygons: Geometries) -> float | None:
    """Measure the steps that a union's edges are made of, m; None where they are few, slanting or of any length."""
    _, coords, (ring_offsets, _) = shapely.to_ragged_array(polygons[:: 1 + len(polygons) // _SAMPLE], include_z=False)
    edge = np.diff(coords, axis=0)
    length = np.hypot(*edge.T)
    ring = np.repeat(np.arange(len(ring_offsets) - 1), np.diff(ring_offsets))
    inner = (ring[:-2] == ring[2:]) & (length[:-1] > 0) & (length[1:] > 0)
    with np.errstate(invalid="ignore"):
        cosine = (edge[:-1] * edge[1:]).sum(axis=1) / (length[:-1] * length[1:])
    corner = np.flatnonzero(inner & (cosine < 1 - _SQUARE))  # what was added to a long edge is no corner
    if len(corner) < _MIN_CORNERS or (np.abs(cosine[corner]) < _SQUARE).mean() < _MIN_SHARE:
        return None
    at = corner + 1
    lengths = np.hypot(*np.diff(coords[at], axis=0).T)[ring[at[1:]] == ring[at[:-1]]]
    step = float(np.median(lengths[lengths <= 1.2 * np.quantile(lengths, 0.05)]))
    off = np.abs(lengths / step - np.round(lengths / step))
    return round(step, 1) if (off < _WHOLE).mean() > _MIN_SHARE else None


def overlap_at(parts: Geometries) -> tuple[float, float] | None:
    """Find a place that several parts cover, the same one whatever the order of the parts, which are normalised."""
    parts = in_order(parts)
    tree = shapely.STRtree(parts)
    start, size = 0, 1
    while start < len(parts):
        first, second = tree.query(parts[start : start + size], predicate="intersects")
        pairs = np.unique(np.sort(np.column_stack([first + start, second]), axis=1), axis=0)
        for one, other in pairs[pairs[:, 0] < pairs[:, 1]]:
            shared = shapely.intersection(parts[one], parts[other])
            if shared.area > 0:
                pieces = shapely.get_parts(shared)
                return place_in(pieces[shapely.area(pieces).argmax()])
        start, size = start + size, min(2 * size, _CHUNK)  # where much overlaps, the first few tell
    return None


def place_in(polygon: shapely.Geometry) -> tuple[float, float]:
    """Give a place within a polygon, to the millimetre."""
    x, y = shapely.get_coordinates(shapely.point_on_surface(polygon))[0].tolist()
    return round(x, 3), round(y, 3)

"""Boundaries cut into short lines, so that a question about one place needn't walk round a country."""

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage.rings import Rings
from coverage_check.coverage.sources.features import Geometries

LINE_POINTS = 32


def short_lines(rings: Rings) -> tuple[Geometries, npt.NDArray[np.int64]]:
    """Cut all rings into lines of at most `LINE_POINTS` edges; the second value is the polygon of each line."""
    edges = np.diff(rings.ring_offsets) - 1
    count = -(-edges // LINE_POINTS)
    ring = np.repeat(np.arange(len(edges)), count)
    nth = np.arange(len(ring)) - np.repeat(np.cumsum(count) - count, count)
    start = rings.ring_offsets[ring] + nth * LINE_POINTS
    stop = np.minimum(start + LINE_POINTS, rings.ring_offsets[ring + 1] - 1) + 1
    length = stop - start
    line = np.repeat(np.arange(len(ring)), length)
    point = np.arange(len(line)) - np.repeat(np.cumsum(length) - length, length) + start[line]
    lines: Geometries = shapely.linestrings(rings.coords[point], indices=line)
    return lines, np.searchsorted(rings.polygon_offsets, ring, side="right") - 1

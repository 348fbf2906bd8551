"""How a layer is laid out for look-up: a grid of square cells that know their edges.

The index is five arrays, each the concatenation over the layers, and a table that says where each layer begins:

``grids``
    One row a layer: its grid, and where its part of the other arrays begins and ends.
``cells`` (uint32)
    One number a cell, row by row from the south-west. Bit 31: the cell's lower-left corner is covered. Bit 30: edges touch
    the cell. The other 30 bits: with edges, where its list begins in ``edges``; without, how far away the nearest cell with
    edges is: in rings of cells (the lower 15), and in columns of its own row (the upper 15), at most as many as reach past
    `STATED_DISTANCE_M`. So one read settles "covered?" for most points, and tells the distance search where to begin.
``edges`` (uint32)
    For each cell with edges: how many, then their numbers, ascending. Edge e runs from vertex e to vertex e + 1 of
    the layer.
``vertices`` (float64[n, 2])
    The layer's rings, one after the other, each closed; metres in the snapshot's metric CRS.
``rings``, ``polygons`` (int64)
    Where each ring begins among the layer's vertices, and each polygon among its rings; both end with the total.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coverage_check.errors import InvalidInput

COVERED = 1 << 31
HAS_EDGES = 1 << 30
LOW_BITS = HAS_EDGES - 1
RING_BITS = 15
RINGS = (1 << RING_BITS) - 1

STATED_DISTANCE_M = 5000.0
"""Cap of every distance: beyond it only "farther than" is said. The grid reaches this far around its layer."""

BYTES_A_VERTEX = 32
"""What the whole index of a layer may cost, the 16 bytes of a vertex included; it decides the size of the cells."""

_LEAST_BYTES = 1 << 16  # a small layer may spend this much on speed
_LARGEST_COORDINATE_M = 1e8  # no metric CRS of the Earth reaches it; the exactness of orientation.py rests on it

GRID = np.dtype(
    [
        ("west", "<f8"),  # lower-left corner of the grid, metres: multiples of cell_m, so that every line is exact
        ("south", "<f8"),
        ("cell_m", "<f8"),  # side of a cell: a power of two, so that dividing by it is exact
        ("cells_a_metre", "<f8"),
        ("columns", "<i8"),
        ("rows", "<i8"),
        ("first_cell", "<i8"),
        ("end_cell", "<i8"),
        ("first_edge", "<i8"),
        ("end_edge", "<i8"),
        ("first_vertex", "<i8"),
        ("end_vertex", "<i8"),
        ("first_ring", "<i8"),
        ("end_ring", "<i8"),
        ("first_polygon", "<i8"),
        ("end_polygon", "<i8"),
    ]
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Numbers = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygons:
    """The truth of one layer: repaired, unioned polygons as ragged arrays, as shapely.to_ragged_array gives them.

    Attributes
    ----------
    vertices
        float64[n, 2], metres in a metric CRS. Every ring is closed: its last vertex repeats its first.
    ring_offsets
        int64[rings + 1]: where each ring begins among the vertices, and the number of vertices.
    polygon_offsets
        int64[polygons + 1]: where each polygon begins among the rings (its shell comes first), and the number of rings.
    """

    vertices: Floats
    ring_offsets: Integers
    polygon_offsets: Integers

    def check(self) -> None:
        """Refuse what can't be indexed.

        Raises
        ------
        InvalidInput
            A coordinate that is not finite or beyond 1e8 m, a ring that is not closed, offsets that don't fit, or more
            than 2^30 vertices.
        """
        vertices, rings, polygons = self.vertices, self.ring_offsets, self.polygon_offsets
        if vertices.ndim != 2 or vertices.shape[1] != 2 or len(vertices) >= HAS_EDGES:
            raise InvalidInput("The vertices of a layer must be an array of at most 2^30 rows (x, y); split the layer.")
        for offsets, total, name in ((rings, len(vertices), "ring"), (polygons, len(rings) - 1, "polygon")):
            if not len(offsets) or offsets[0] != 0 or offsets[-1] != total or (np.diff(offsets) < 1).any():
                raise InvalidInput(f"The {name} offsets of a layer must rise from 0 to {total}; make them anew.")
        if len(vertices) and not max(vertices.max(), -vertices.min()) <= _LARGEST_COORDINATE_M:  # NaN fails too
            raise InvalidInput("A layer has a coordinate that is not finite or beyond 1e8 m; check its CRS.")
        if not (vertices[rings[:-1]] == vertices[rings[1:] - 1]).all():
            raise InvalidInput("A layer has a ring that does not end where it begins; close its rings.")


class Grid(NamedTuple):
    """Square cells around one layer, which reach `STATED_DISTANCE_M` farther than the layer on every side."""

    west: float
    south: float
    cell_m: float
    columns: int
    rows: int

    @classmethod
    def around(cls, polygons: Polygons) -> "Grid":
        """Lay the finest grid that keeps to `BYTES_A_VERTEX`: finer cells hold fewer edges, coarser ones cost less."""
        vertices = polygons.vertices
        if not len(vertices):
            return cls(0.0, 0.0, 1.0, 0, 0)
        low, high = vertices.min(axis=0) - STATED_DISTANCE_M, vertices.max(axis=0) + STATED_DISTANCE_M
        length_m = _length_m(polygons)
        fixed = vertices.nbytes + polygons.ring_offsets.nbytes + polygons.polygon_offsets.nbytes
        budget = max(_LEAST_BYTES, BYTES_A_VERTEX * len(vertices) - fixed)
        cell_m = 1.0
        while True:
            first = np.floor(low / cell_m)
            columns, rows = (int(n) for n in np.floor(high / cell_m) - first + 1)
            # An edge is listed in the cell where it begins and in each one that it enters; every list has its length ahead.
            listed = len(vertices) + length_m / cell_m
            lists = min(columns * rows, listed) / 4
            if 4 * (columns * rows + listed + lists) <= budget or columns * rows == 1:
                return cls(float(first[0] * cell_m), float(first[1] * cell_m), cell_m, columns, rows)
            cell_m *= 2


def _length_m(polygons: Polygons) -> int:
    """Sum |dx| + |dy| over all edges, in whole metres: integers add up to the same on every machine."""
    total = 0
    for start in range(0, len(polygons.vertices), 1 << 18):
        steps = np.abs(np.diff(polygons.vertices[start : start + (1 << 18) + 1], axis=0)).sum(axis=1)
        ends = polygons.ring_offsets[1:-1] - 1 - start  # from the last vertex of a ring to the next ring is no edge
        steps[ends[(ends >= 0) & (ends < len(steps))]] = 0
        total += int(np.rint(steps).astype(np.int64).sum())
    return total


class Arrays(NamedTuple):
    """The index of all layers, as the module's docstring describes it."""

    grids: NDArray[np.void]
    cells: Numbers
    edges: Numbers
    vertices: Floats
    rings: Integers
    polygons: Integers


class Around(NamedTuple):
    """Places around some points.

    Attributes
    ----------
    offsets_m
        float64[kinds, places, 2]: metres east and north of a point.
    kind
        int64[n]: which of the kinds lies around each point.
    here
        uint8[n]: OUTSIDE, INSIDE or ON_EDGE, of the point itself.
    first
        int64[n]: from which of its places on to ask about; of those before, the point's own answer holds.
    """

    offsets_m: Floats
    kind: Integers
    here: NDArray[np.uint8]
    first: Integers


class Picked(NamedTuple):
    """Some of the places around some points.

    Attributes
    ----------
    offsets_m, kind
        As of `Around`.
    picked
        bool[n, places]: which of them to ask about.
    reach_m
        float64[n]: no picked place of the point is farther from a boundary. Where one is, it only takes longer.
    """

    offsets_m: Floats
    kind: Integers
    picked: NDArray[np.bool_]
    reach_m: Floats


def check_total(edges: int) -> int:
    """Give back how many numbers the lists of edges hold, if that many can be told apart.

    Raises
    ------
    InvalidInput
        More than 2^30.
    """
    if edges > LOW_BITS:
        raise InvalidInput("A layer has too many edges for one index: split the layer.")
    return edges


def spread(counts: Integers) -> tuple[Integers, Integers]:
    """Turn counts [2, 0, 3] into owners [0, 0, 2, 2, 2] and places [0, 1, 0, 1, 2]."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)

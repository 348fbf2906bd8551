"""One look-up, in NumPy: the definition. The C module gives the same answers to the bit, only sooner.

**Is the point covered?** Find its cell. Without edges, the cell's lower-left corner answers for all of it. With edges, walk
from the corner, whose answer is known, to the point: first north along the west side of the cell, then east along the
point's own row. Each edge crossed on the way turns covered into not covered, or back. The whole way lies in the one cell, so
its list of edges is all that is needed. An edge through the point itself decides alone: a boundary is covered.

index_distance.py answers "How far is the boundary?". Both are asked for places, as index_cells.py explains.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from coverage_check.coverage.grid import HAS_EDGES, STATED_DISTANCE_M, Around, Arrays, Floats, Integers, Picked
from coverage_check.coverage.index_cells import Rows, cell_of, edges_of, read, some
from coverage_check.coverage.index_distance import ROUNDING_M, nearest_edge
from coverage_check.coverage.orientation import Edges, orientation

OUTSIDE, INSIDE, ON_EDGE = 0, 1, 2

_PLACES_AT_ONCE = 1 << 15  # their arrays stay in the processor's cache
_POINTS_AT_ONCE = 64
"""Points whose places around them are looked up together, thousands of places each."""

Bytes = NDArray[np.uint8]


def locate(arrays: Arrays, layers: Integers, x: Floats, y: Floats, out: Bytes) -> None:
    """Write OUTSIDE, INSIDE or ON_EDGE for each point (rows) and layer (columns) into `out`."""
    for points, column, grid in _batches(arrays, layers, len(x)):
        out[points, column] = _locate(arrays, grid, x[points], y[points])


def locate_around(arrays: Arrays, layers: Integers, x: Floats, y: Floats, around: Around, out: Bytes) -> None:
    """Write which places around each point one layer covers: a bit each, the first in the lowest bit of the first byte."""
    size = around.offsets_m.shape[1]
    for start in range(0, len(x), _POINTS_AT_ONCE):
        some = slice(start, start + _POINTS_AT_ONCE)
        covered = np.repeat(around.here[some, None] != OUTSIDE, size, axis=1)
        point, place = np.nonzero(np.arange(size) >= around.first[some, None])
        offset_m, located = around.offsets_m[around.kind[some][point], place], np.empty((len(point), 1), np.uint8)
        locate(arrays, layers, x[some][point] + offset_m[:, 0], y[some][point] + offset_m[:, 1], located)
        covered[point, place] = located[:, 0] != OUTSIDE
        out[some, : -(-size // 8)] = np.packbits(covered, axis=1, bitorder="little")


def edge_distance(arrays: Arrays, layers: Integers, x: Floats, y: Floats, out: Floats) -> None:
    """Write the metres to the boundary for each point and layer into `out`: + inside, - outside, 0 on it."""
    for points, column, grid in _batches(arrays, layers, len(x)):
        cap = np.full_like(x[points], STATED_DISTANCE_M)
        out[points, column] = _signed_distance(arrays, grid, x[points], y[points], cap)


def distance_around(arrays: Arrays, layers: Integers, x: Floats, y: Floats, picked: Picked, out: Floats) -> None:
    """Write the metres, without sign, from each picked place to the boundary of one layer; the others are left alone."""
    point, place = np.nonzero(picked.picked)
    offset_m, signed = picked.offsets_m[picked.kind[point], place], np.empty((len(point), 1))
    edge_distance(arrays, layers, x[point] + offset_m[:, 0], y[point] + offset_m[:, 1], signed)
    out[point, place] = np.abs(signed[:, 0])


def distance_beside(arrays: Arrays, layers: Integers, x: Floats, y: Floats, distance: Floats, out: Floats) -> None:  # noqa: ARG001 - only what is compiled gains by knowing how far it is from the point itself
    """Write the signed metres to the boundary of one layer from a metre east, west, north and south of each point."""
    for column, (east, north) in enumerate(((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0))):
        edge_distance(arrays, layers, x + east, y + north, out[:, column : column + 1])


def classify(arrays: Arrays, layers: Integers, x: Floats, y: Floats, radius: Floats, out: NDArray[np.int8]) -> None:
    """Write 1 or -1 where the signed distance is more than the point's radius, + or -, and 0 where it is not."""
    # Nothing beyond the radius need be measured, only known to be there. At 5 km and beyond the index can't know it.
    cap = np.clip(np.nextafter(radius, np.inf), ROUNDING_M, STATED_DISTANCE_M)
    for points, column, grid in _batches(arrays, layers, len(x)):
        distance = _signed_distance(arrays, grid, x[points], y[points], cap[points])
        out[points, column] = np.where(np.abs(distance) > radius[points], np.sign(distance), 0)


def _signed_distance(arrays: Arrays, grid: Rows, x: Floats, y: Floats, cap: Floats) -> Floats:
    located = _locate(arrays, grid, x, y)
    distance = nearest_edge(arrays, grid, x, y, cap)
    distance[located == ON_EDGE] = 0.0
    return np.where(located == OUTSIDE, -distance, distance)


def _batches(arrays: Arrays, layers: Integers, n: int) -> Iterator[tuple[slice | Integers, int | Integers, Rows]]:
    """Yield places that are looked up together: (points, columns, grid).

    Many points: some of them in one layer, then in the next. Few points: all of them in all layers at once.
    """
    if n * len(layers) <= _PLACES_AT_ONCE // 8:
        column = np.tile(np.arange(len(layers)), n)
        yield np.repeat(np.arange(n), len(layers)), column, arrays.grids[layers[column]]
        return
    for start in range(0, n, _PLACES_AT_ONCE):
        for number, layer in enumerate(layers):
            yield slice(start, start + _PLACES_AT_ONCE), number, arrays.grids[layer]


def _locate(arrays: Arrays, grid: Rows, x: Floats, y: Floats) -> Bytes:
    column, row = cell_of(grid, x, y)
    cell = read(arrays, grid, column, row)
    located = (cell >> 31).astype(np.uint8)  # INSIDE or OUTSIDE
    busy = np.flatnonzero(cell & HAS_EDGES)
    grid, x, y = some(grid, busy), x[busy], y[busy]
    west = grid["west"] + column[busy] * grid["cell_m"]
    south = grid["south"] + row[busy] * grid["cell_m"]
    for part, owner, edges in edges_of(arrays, grid, cell[busy]):
        turns, on_edge = _walk(edges, west[part][owner], south[part][owner], x[part][owner], y[part][owner])
        which = busy[part]
        located[which] ^= (np.bincount(owner[turns], minlength=len(which)) & 1).astype(np.uint8)
        located[which[owner[on_edge]]] = ON_EDGE
    return located


def _walk(edges: Edges, west: Floats, south: Floats, x: Floats, y: Floats) -> tuple[Integers, Integers]:
    """Walk from each cell's corner (west, south) to (west, y) to (x, y): the edges crossed, and those that meet (x, y).

    An edge crossed on both legs is named twice. An edge or a vertex on the way needs a rule that never counts one twice:
    the way runs a hair west of where it seems to, and a far smaller hair north.
    """
    x1, y1, x2, y2 = edges
    spans_y = (y1 <= y) != (y2 <= y)
    # East along the point's row. Edges wholly east of the corner can be crossed only by coming to the point.
    row = np.flatnonzero(spans_y)
    across = edges.at(row)
    side = orientation(across, x[row], y[row])
    turned = (side < 0) == (across.y2 > across.y1)  # the edge runs west of the point ...
    on_edge = row[side == 0]
    back = np.flatnonzero(np.minimum(across.x1, across.x2) <= west[row])
    edge, corner_side = across.at(back), orientation(across.at(back), west[row[back]], y[row[back]])
    turned[back] ^= np.where(edge.y2 > edge.y1, corner_side < 0, corner_side > 0)  # ... but not west of the corner
    # North along the west side of the cell.
    line = np.flatnonzero((x1 < west) != (x2 < west))
    across = edges.at(line)
    passed = line[_below(across, west[line], south[line]) != _below(across, west[line], y[line])]
    # An edge that only touches the point's row, from below or along it, may still go through the point.
    level = np.flatnonzero((y1 == y) | (y2 == y))
    met = level[_meets(edges.at(level), x[level], y[level])]
    return np.concatenate([row[turned], passed]), np.concatenate([on_edge, met])


def _meets(edges: Edges, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Tell whether each edge has (x, y) as an end, or runs level through it."""
    x1, y1, x2, y2 = edges
    ends = ((x1 == x) & (y1 == y)) | ((x2 == x) & (y2 == y))
    meets: NDArray[np.bool_] = ends | ((y1 == y) & (y2 == y) & (np.minimum(x1, x2) <= x) & (x <= np.maximum(x1, x2)))
    return meets


def _below(edges: Edges, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Tell whether each edge passes below (x, y), a point a hair west of x and a far smaller hair north of y."""
    side = orientation(edges, x, y)
    east = np.sign(edges.x2 - edges.x1)
    tie = np.where(edges.y1 == edges.y2, east, np.sign(edges.y2 - edges.y1))
    below: NDArray[np.bool_] = np.where(side == 0, tie, side) * east > 0
    return below

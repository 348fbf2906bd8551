"""One look-up, in NumPy: the definition. The C module gives the same answers to the bit, only sooner.

**Is the point covered?** Find its cell. Without edges, the cell's lower-left corner answers for all of it. With edges, walk
from the corner, whose answer is known, to the point: first north along the west side of the cell, then east along the
point's own row. Each edge crossed on the way turns covered into not covered, or back. The whole way lies in the one cell, so
its list of edges is all that is needed. An edge through the point itself decides alone: a boundary is covered.

**How far is the boundary?** Measure to the edges of the point's cell, or of the nearest ring of cells that has any; then
ring by ring, until no cell of the next ring can hold anything nearer.

Both are asked for *places*: a point and a layer. Arrays of one length describe them; `grid` is the one row of `grids` that
holds for all of them, or an array with a row for each.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from coverage_check.coverage.grid import (
    HAS_EDGES,
    LOW_BITS,
    STATED_DISTANCE_M,
    Arrays,
    Floats,
    Integers,
    Numbers,
    spread,
)
from coverage_check.coverage.orientation import Edges, orientation

OUTSIDE, INSIDE, ON_EDGE = 0, 1, 2

_PLACES_AT_ONCE = 1 << 15  # their arrays stay in the processor's cache
_ITEMS_AT_ONCE = 1 << 19  # cells or edges
_ROUNDING_M = 1e-6
"""A cell is taken to be this much nearer than it is: far above rounding, so the nearest edge is never left out."""

Bytes = NDArray[np.uint8]


def locate(arrays: Arrays, layers: Integers, x: Floats, y: Floats, out: Bytes) -> None:
    """Write OUTSIDE, INSIDE or ON_EDGE for each point (rows) and layer (columns) into `out`."""
    for points, column, grid in _batches(arrays, layers, len(x)):
        out[points, column] = _locate(arrays, grid, x[points], y[points])


def edge_distance(arrays: Arrays, layers: Integers, x: Floats, y: Floats, out: Floats) -> None:
    """Write the metres to the boundary for each point and layer into `out`: + inside, - outside, 0 on it."""
    for points, column, grid in _batches(arrays, layers, len(x)):
        cap = np.full_like(x[points], STATED_DISTANCE_M)
        out[points, column] = _signed_distance(arrays, grid, x[points], y[points], cap)


def classify(arrays: Arrays, layers: Integers, x: Floats, y: Floats, radius: Floats, out: NDArray[np.int8]) -> None:
    """Write 1 or -1 where the signed distance is more than the point's radius, + or -, and 0 where it is not."""
    # Nothing beyond the radius need be measured, only known to be there. At 5 km and beyond the index can't know it.
    cap = np.clip(np.nextafter(radius, np.inf), _ROUNDING_M, STATED_DISTANCE_M)
    for points, column, grid in _batches(arrays, layers, len(x)):
        distance = _signed_distance(arrays, grid, x[points], y[points], cap[points])
        out[points, column] = np.where(np.abs(distance) > radius[points], np.sign(distance), 0)


def _signed_distance(arrays: Arrays, grid: NDArray[np.void], x: Floats, y: Floats, cap: Floats) -> Floats:
    located = _locate(arrays, grid, x, y)
    distance = _distance(arrays, grid, x, y, cap)
    distance[located == ON_EDGE] = 0.0
    return np.where(located == OUTSIDE, -distance, distance)


def _batches(
    arrays: Arrays, layers: Integers, n: int
) -> Iterator[tuple[slice | Integers, int | Integers, NDArray[np.void]]]:
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


def _some(grid: NDArray[np.void], which: Integers | slice) -> NDArray[np.void]:
    return grid[which] if grid.ndim else grid


def _locate(arrays: Arrays, grid: NDArray[np.void], x: Floats, y: Floats) -> Bytes:
    column, row = _cell_of(grid, x, y)
    cell = _read(arrays, grid, column, row)
    located = (cell >> 31).astype(np.uint8)  # INSIDE or OUTSIDE
    busy = np.flatnonzero(cell & HAS_EDGES)
    grid, x, y = _some(grid, busy), x[busy], y[busy]
    west = grid["west"] + column[busy] * grid["cell_m"]
    south = grid["south"] + row[busy] * grid["cell_m"]
    for some, owner, edges in _edges_of(arrays, grid, cell[busy]):
        turns, on_edge = _walk(edges, west[some][owner], south[some][owner], x[some][owner], y[some][owner])
        which = busy[some]
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


def _distance(arrays: Arrays, grid: NDArray[np.void], x: Floats, y: Floats, cap: Floats) -> Floats:
    """Measure from each place to the nearest edge, at most `cap` metres."""
    column, row = _cell_of(grid, x, y)
    cell = _read(arrays, grid, column, row)
    ring = np.where(cell & HAS_EDGES, 0, cell & LOW_BITS).astype(np.int64)
    nearest2 = cap * cap
    # How far the place is from the nearest side of its own cell: a ring's cells are that and the rings between away.
    east, north = x - (grid["west"] + column * grid["cell_m"]), y - (grid["south"] + row * grid["cell_m"])
    inset = np.minimum(np.minimum(east, grid["cell_m"] - east), np.minimum(north, grid["cell_m"] - north)) - _ROUNDING_M
    active = np.flatnonzero(ring < LOW_BITS)  # not those beyond the grid
    while active.size:
        nearer = np.maximum(inset[active] + (ring[active] - 1) * _some(grid, active)["cell_m"], 0.0)
        active = active[nearer * nearer < nearest2[active]]
        for some in _slices(np.maximum(8 * ring[active], 1)):
            who = active[some]
            owner, columns, rows = _ring(column[who], row[who], ring[who])
            who = who[owner]
            _measure(arrays, grid, (columns, rows), who, (x, y, nearest2))
        ring[active] += 1
    return np.sqrt(nearest2)


def _ring(column: Integers, row: Integers, ring: Integers) -> tuple[Integers, Integers, Integers]:
    """Name the cells of the n-th ring around each cell, side by side; ring 0 is the cell itself: (owner, column, row)."""
    owner, place = spread(np.maximum(8 * ring, 1))
    n = ring[owner]
    side, along = np.divmod(place, np.maximum(2 * n, 1))
    along -= n
    dx = np.choose(side, (along, n, -along, -n))
    dy = np.choose(side, (-n, along, n, -along))
    return owner, column[owner] + dx, row[owner] + dy


def _measure(
    arrays: Arrays,
    grid: NDArray[np.void],
    cells: tuple[Integers, Integers],
    who: Integers,
    places: tuple[Floats, Floats, Floats],
) -> None:
    """Lower the nearest squared distances by the edges of cells (one for each of `who`) that may be nearer."""
    (column, row), (x, y, nearest2) = cells, places
    cell = _read(arrays, _some(grid, who), column, row)
    busy = np.flatnonzero(cell & HAS_EDGES)
    cell, who, grid = cell[busy], who[busy], _some(grid, who[busy])
    west = grid["west"] + column[busy] * grid["cell_m"]
    south = grid["south"] + row[busy] * grid["cell_m"]
    dx = np.maximum(np.maximum(west - x[who], x[who] - west - grid["cell_m"]) - _ROUNDING_M, 0.0)
    dy = np.maximum(np.maximum(south - y[who], y[who] - south - grid["cell_m"]) - _ROUNDING_M, 0.0)
    hopeful = np.flatnonzero(dx * dx + dy * dy < nearest2[who])
    who = who[hopeful]
    for some, owner, edges in _edges_of(arrays, _some(grid, hopeful), cell[hopeful]):
        here = who[some]
        squared = _squared_distance(edges, x[here][owner], y[here][owner])
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        np.minimum.at(nearest2, here, np.minimum.reduceat(squared, first))


def _squared_distance(edges: Edges, x: Floats, y: Floats) -> Floats:
    """Measure from each point to its edge: to the line if the foot of the perpendicular is on it, else to its nearer end.

    The C module does the same operations in the same order, which is why the answers agree to the bit.
    """
    dx, dy = edges.x2 - edges.x1, edges.y2 - edges.y1
    from_x, from_y = x - edges.x1, y - edges.y1
    along, length2 = from_x * dx + from_y * dy, dx * dx + dy * dy
    across = from_x * dy - from_y * dx
    to_line = across * across / np.where(length2 == 0, 1.0, length2)
    to_x, to_y = x - edges.x2, y - edges.y2
    past_end = np.where(along >= length2, to_x * to_x + to_y * to_y, to_line)
    return np.where(along <= 0, from_x * from_x + from_y * from_y, past_end)


def _cell_of(grid: NDArray[np.void], x: Floats, y: Floats) -> tuple[Integers, Integers]:
    """Give the column and row of the cell of each place; beyond the grid, ones that don't exist."""
    # Rounding may name the next cell; that does no harm, for a cell lists the edges a little beyond it too.
    column = np.clip(np.floor((x - grid["west"]) * grid["cells_a_metre"]), -1, grid["columns"])
    row = np.clip(np.floor((y - grid["south"]) * grid["cells_a_metre"]), -1, grid["rows"])
    return column.astype(np.int64), row.astype(np.int64)


def _read(arrays: Arrays, grid: NDArray[np.void], column: Integers, row: Integers) -> Numbers:
    """Read cells. Beyond the grid all is outside and far away: the grid reaches farther than any stated distance."""
    there = (column >= 0) & (row >= 0) & (column < grid["columns"]) & (row < grid["rows"])
    cell = grid["first_cell"] + row * grid["columns"] + column
    cells = np.full(len(column), LOW_BITS, np.uint32)
    cells[there] = arrays.cells[cell[there]]
    return cells


def _edges_of(arrays: Arrays, grid: NDArray[np.void], cell: Numbers) -> Iterator[tuple[slice, Integers, Edges]]:
    """Yield the edges of cells that have some, as many cells at a time as fit: (cells, owner among these cells, edges)."""
    first = grid["first_edge"] + (cell & LOW_BITS)
    count = arrays.edges[first].astype(np.int64)
    for some in _slices(count):
        owner, place = spread(count[some])
        listed = first[some][owner] + 1 + place
        number = arrays.edges[listed] + _some(_some(grid, some), owner)["first_vertex"]
        start, end = arrays.vertices[number], arrays.vertices[number + 1]
        yield some, owner, Edges(start[:, 0], start[:, 1], end[:, 0], end[:, 1])


def _slices(counts: Integers) -> Iterator[slice]:
    """Cut a row of counts wherever their sum passes `_ITEMS_AT_ONCE`."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        spent = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, spent + _ITEMS_AT_ONCE, side="right")))
        yield slice(start, stop)
        start = stop

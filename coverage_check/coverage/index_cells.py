"""Reading the cells of the index, for the look-up in NumPy.

The look-up is asked for *places*: a point and a layer. Arrays of one length describe them; `grid` is the one row of `grids`
that holds for all of them, or an array with a row for each.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from coverage_check.coverage.grid import HAS_EDGES, LOW_BITS, RING_BITS, RINGS, Arrays, Floats, Integers, Numbers, spread
from coverage_check.coverage.orientation import Edges

Rows = NDArray[np.void]

_ITEMS_AT_ONCE = 1 << 18


def some(grid: Rows, which: Integers | slice) -> Rows:
    """Pick the grids of some places."""
    return grid[which] if grid.ndim else grid


def cell_of(grid: Rows, x: Floats, y: Floats) -> tuple[Integers, Integers]:
    """Give the column and row of the cell of each place; beyond the grid, ones that don't exist."""
    # Rounding may name the next cell; that does no harm, for a cell lists the edges a little beyond it too.
    column = np.clip(np.floor((x - grid["west"]) * grid["cells_a_metre"]), -1, grid["columns"])
    row = np.clip(np.floor((y - grid["south"]) * grid["cells_a_metre"]), -1, grid["rows"])
    return column.astype(np.int64), row.astype(np.int64)


def read(arrays: Arrays, grid: Rows, column: Integers, row: Integers) -> Numbers:
    """Read cells. Beyond the grid all is outside and far away: the grid reaches farther than any stated distance."""
    there = (column >= 0) & (row >= 0) & (column < grid["columns"]) & (row < grid["rows"])
    cell = grid["first_cell"] + row * grid["columns"] + column
    cells: Numbers
    if there.all():
        cells = arrays.cells.take(cell)  # four times as quick as indexing, here and below
    else:
        cells = np.full(len(column), LOW_BITS, np.uint32)
        cells[there] = arrays.cells.take(cell[there])
    return cells


def way_to_edges(cell: Numbers) -> tuple[Integers, Integers]:
    """Tell how many rings, and how many columns, away the nearest cell with edges is; 0 if this one has some."""
    way = np.where(cell & HAS_EDGES, 0, cell & LOW_BITS).astype(np.int64)
    return way & RINGS, way >> RING_BITS


def edges_of(arrays: Arrays, grid: Rows, cell: Numbers) -> Iterator[tuple[slice, Integers, Edges]]:
    """Yield the edges of cells that have some, as many cells at a time as fit: (cells, owner among these cells, edges)."""
    first = grid["first_edge"] + (cell & LOW_BITS)
    count = arrays.edges.take(first).astype(np.int64)
    if (first + count >= len(arrays.edges)).any():
        raise IndexError("a list of edges leads out of the index")
    for cells in slices(count):
        owner, place = spread(count[cells])
        number = arrays.edges.take((first[cells] + 1)[owner] + place) + some(some(grid, cells), owner)["first_vertex"]
        start, end = arrays.vertices.take(number, axis=0), arrays.vertices.take(number + 1, axis=0)
        yield cells, owner, Edges(start[:, 0], start[:, 1], end[:, 0], end[:, 1])


def slices(counts: Integers) -> Iterator[slice]:
    """Cut a row of counts wherever their sum passes what is worked on at once."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        spent = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, spent + _ITEMS_AT_ONCE, side="right")))
        yield slice(start, stop)
        start = stop

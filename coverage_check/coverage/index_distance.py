"""How far is the boundary? In NumPy: the definition.

A first guess comes from the point's own cell, or, where that has no edges, from the nearest cells that have: each row of
cells says at the point's column how many columns away its nearest are. Then all cells are looked at that reach into the
circle around the point which the guess leaves. The answer is the least of all distances to single edges, so it doesn't
depend on the order in which they are looked at.
"""

from typing import NamedTuple

import numpy as np

from coverage_check.coverage.grid import HAS_EDGES, Arrays, Floats, Integers, spread
from coverage_check.coverage.index_cells import Rows, cell_of, edges_of, read, slices, some, way_to_edges
from coverage_check.coverage.orientation import Edges

ROUNDING_M = 1e-6
"""A cell is taken to be this much nearer than it is: far above rounding, so the nearest edge is never left out."""


class _Search(NamedTuple):
    """Places, the cells they lie in, and the squared distance to the nearest edge found so far."""

    arrays: Arrays
    grid: Rows
    x: Floats
    y: Floats
    column: Integers
    row: Integers
    nearest2: Floats

    def grid_of(self, who: Integers) -> Rows:
        return some(self.grid, who)

    def read(self, who: Integers, column: Integers, row: Integers) -> tuple[Integers, Integers]:
        return way_to_edges(read(self.arrays, self.grid_of(who), column, row))


def nearest_edge(arrays: Arrays, grid: Rows, x: Floats, y: Floats, cap: Floats) -> Floats:
    """Measure from each place to the nearest edge, at most `cap` metres."""
    search = _Search(arrays, grid, x, y, *cell_of(grid, x, y), cap * cap)
    everyone = np.arange(len(x))
    rings, _ = search.read(everyone, search.column, search.row)
    away = np.maximum((rings - 1) * grid["cell_m"] - ROUNDING_M, 0.0)
    reachable = away < cap
    own = np.flatnonzero(rings == 0)
    _measure(search, own, search.column[own], search.row[own])
    _guess(search, np.flatnonzero((rings > 0) & reachable), rings)
    east = x - (grid["west"] + search.column * grid["cell_m"])
    north = y - (grid["south"] + search.row * grid["cell_m"])
    inset = np.minimum(np.minimum(east, grid["cell_m"] - east), np.minimum(north, grid["cell_m"] - north)) - ROUNDING_M
    next_cell = np.maximum(np.where(rings == 0, inset, away), 0.0)
    _finish(search, np.flatnonzero(reachable & (next_cell * next_cell < search.nearest2)))
    return np.sqrt(search.nearest2)


def _rows_around(search: _Search, who: Integers, reach: Integers) -> tuple[Integers, Integers, Integers]:
    """Name the rows within reach of each place, and the columns to the nearest edges in each: (owner, rows off, columns)."""
    owner, place = spread(2 * reach + 1)
    off, who = place - reach[owner], who[owner]
    _, columns = search.read(who, search.column[who], search.row[who] + off)
    return owner, off, columns


def _guess(search: _Search, who: Integers, rings: Integers) -> None:
    """Measure to the cells with edges that are nearest, counted from cell to cell, for places whose own cell has none."""
    # The ring holds a cell with edges: at worst in its corner, √2 times as far as it might be.
    reach = (1.4143 * (rings[who] + 1)).astype(np.int64) + 1
    for part in slices(2 * reach + 1):
        owner, off, columns = _rows_around(search, who[part], reach[part])
        far2 = off * off + columns * columns
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        chosen = np.flatnonzero(far2 == np.minimum.reduceat(far2, first)[owner])
        place, row = who[part][owner[chosen]], search.row[who[part][owner[chosen]]] + off[chosen]
        _measure(search, *_beside(search, place, columns[chosen], row))


def _finish(search: _Search, who: Integers) -> None:
    """Measure to all other cells that reach into the circle around each place."""
    reach = (np.sqrt(search.nearest2[who]) * search.grid_of(who)["cells_a_metre"]).astype(np.int64) + 1
    for part in slices(2 * reach + 1):
        owner, off, columns = _rows_around(search, who[part], reach[part])
        place = who[part][owner]
        row = search.row[place] + off
        gap = _gap(search.y[place], search.grid_of(place), "south", row)
        room2 = search.nearest2[place] - gap * gap
        reach_east = (np.sqrt(np.maximum(room2, 0.0)) * search.grid_of(place)["cells_a_metre"]).astype(np.int64) + 1
        within = np.flatnonzero((room2 > 0) & (columns <= reach_east))
        place, row, columns, off = place[within], row[within], columns[within], off[within]
        first = np.where(off == 0, np.maximum(columns, 1), columns)  # the place's own cell has been measured
        count = np.maximum(reach_east[within] - first + 1, 0)
        for cells in slices(2 * count):
            pair, step = spread(count[cells])
            _measure(search, *_beside(search, place[cells][pair], first[cells][pair] + step, row[cells][pair]))


def _beside(search: _Search, place: Integers, columns: Integers, row: Integers) -> tuple[Integers, Integers, Integers]:
    """Name the cells so many columns to the west and to the east of each place: (place, column, row)."""
    east = np.flatnonzero(columns)  # where it is the same cell, it is named once
    column = np.concatenate([search.column[place] - columns, search.column[place[east]] + columns[east]])
    return np.concatenate([place, place[east]]), column, np.concatenate([row, row[east]])


def _gap(position: Floats, grid: Rows, origin: str, number: Integers) -> Floats:
    """Measure from positions to the columns or rows of these numbers, a little less than it is; 0 within."""
    low = grid[origin] + number * grid["cell_m"]
    gap: Floats = np.maximum(np.maximum(low - position, position - low - grid["cell_m"]) - ROUNDING_M, 0.0)
    return gap


def _measure(search: _Search, who: Integers, column: Integers, row: Integers) -> None:
    """Lower the nearest squared distances of places by the edges of a cell for each, if it may be nearer."""
    if not who.size:
        return
    grid = search.grid_of(who)
    cell = read(search.arrays, grid, column, row)
    dx, dy = _gap(search.x[who], grid, "west", column), _gap(search.y[who], grid, "south", row)
    hopeful = np.flatnonzero((cell & HAS_EDGES > 0) & (dx * dx + dy * dy < search.nearest2[who]))
    who = who[hopeful]
    for part, owner, edges in edges_of(search.arrays, some(grid, hopeful), cell[hopeful]):
        here = who[part]
        squared = _squared_distance(edges, search.x[here][owner], search.y[here][owner])
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        np.minimum.at(search.nearest2, here, np.minimum.reduceat(squared, first))


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

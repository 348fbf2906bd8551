"""Build the cells of one layer, in NumPy: the definition. The C module makes the same bytes, only sooner.

An edge is listed in every cell that it touches, and in those that it misses by less than `MARGIN_M`: the look-up is exact
for whatever edges it is given, so one too many does no harm, and rounding can't lose one.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from coverage_check.coverage.grid import (
    COVERED,
    HAS_EDGES,
    RING_BITS,
    STATED_DISTANCE_M,
    Floats,
    Grid,
    Integers,
    Numbers,
    Polygons,
    check_total,
    spread,
)
from coverage_check.coverage.orientation import Edges, orientation

MARGIN_M = 1e-5
"""Far above what rounding moves a coordinate (1e-8 m at 1e8 m), far below any cell."""

_EDGES_AT_ONCE = 1 << 18


def build_cells(polygons: Polygons, grid: Grid) -> tuple[Numbers, Numbers]:
    """Make the `cells` and `edges` of one layer; grid.py says what the numbers mean.

    Raises
    ------
    InvalidInput
        A layer whose lists of edges would exceed 2^30 numbers.
    """
    cells = np.zeros(grid.columns * grid.rows, np.uint32)
    for _, cell in _touches(polygons, grid):
        np.add.at(cells, cell, np.uint32(1))
    with_edges = np.flatnonzero(cells)
    lengths = cells[with_edges].astype(np.int64)
    starts = np.cumsum(lengths + 1) - lengths - 1
    edges = np.zeros(check_total(int((lengths + 1).sum())), np.uint32)
    edges[starts] = lengths
    cells[with_edges] = starts + 1  # for now: where the next edge goes
    for edge, cell in _touches(polygons, grid):
        order = np.argsort(cell, kind="stable")
        cell, edge = cell[order], edge[order]  # noqa: PLW2901 - the same pairs, by cell
        new = np.flatnonzero(np.diff(cell, prepend=-1))
        counts = np.diff(new, append=len(cell))
        _, place = spread(counts)
        edges[cells[cell] + place] = edge
        cells[cell[new]] += counts.astype(np.uint32)
    cells[:] = _way_to_edges(cells.reshape(grid.rows, grid.columns) > 0, grid).ravel()
    cells[with_edges] = starts | HAS_EDGES
    cells |= _covered_corners(polygons, grid).ravel().astype(np.uint32) * np.uint32(COVERED)
    return cells, edges


def _pieces(polygons: Polygons) -> Iterator[tuple[Integers, Edges]]:
    """Yield the layer's edges in order, some at a time: their numbers and themselves."""
    vertices = polygons.vertices
    last = polygons.ring_offsets[1:] - 1  # from the last vertex of a ring no edge begins
    for start in range(0, len(vertices) - 1, _EDGES_AT_ONCE):
        stop = min(start + _EDGES_AT_ONCE, len(vertices) - 1)
        real = np.ones(stop - start, bool)
        real[last[np.searchsorted(last, start) : np.searchsorted(last, stop)] - start] = False
        number = np.flatnonzero(real) + start
        (x1, y1), (x2, y2) = vertices[number].T, vertices[number + 1].T
        yield number, Edges(x1, y1, x2, y2)


def _touches(polygons: Polygons, grid: Grid) -> Iterator[tuple[Integers, Integers]]:
    """Yield pairs of an edge and a cell that it touches, the edges ascending: (edge numbers, cell numbers)."""
    for number, edges in _pieces(polygons):
        x1, y1, x2, y2 = edges
        west, east = np.minimum(x1, x2), np.maximum(x1, x2)
        south, north = np.minimum(y1, y2), np.maximum(y1, y2)
        row, last_row = _line(south - MARGIN_M, grid.south, grid), _line(north + MARGIN_M, grid.south, grid)
        owner, place = spread(last_row - row + 1)
        row = row[owner] + place
        # The part of the edge that lies within the row; a level edge lies there with its whole width.
        height = y2 - y1
        level = np.abs(height) <= MARGIN_M
        slope = ((x2 - x1) / np.where(level, 1.0, height))[owner]
        bottom = grid.south + row * grid.cell_m
        enters = x1[owner] + (np.maximum(bottom - MARGIN_M, south[owner]) - y1[owner]) * slope
        leaves = x1[owner] + (np.minimum(bottom + grid.cell_m + MARGIN_M, north[owner]) - y1[owner]) * slope
        level, west, east = level[owner], west[owner], east[owner]
        left = np.where(level, west, np.maximum(np.minimum(enters, leaves), west))
        right = np.where(level, east, np.minimum(np.maximum(enters, leaves), east))
        column, last_column = _line(left - MARGIN_M, grid.west, grid), _line(right + MARGIN_M, grid.west, grid)
        pair, place = spread(last_column - column + 1)
        yield number[owner[pair]], row[pair] * grid.columns + column[pair] + place


def _line(position_m: Floats, origin_m: float, grid: Grid) -> Integers:
    """Give the number of the grid line at or below each position, which lies east or north of the origin."""
    return ((position_m - origin_m) * (1 / grid.cell_m)).astype(np.int64)


def _covered_corners(polygons: Polygons, grid: Grid) -> NDArray[np.bool_]:
    """Tell whether each cell's lower-left corner is covered: an odd number of edges lies west of it in its row line.

    Vertices and edges on a grid line need a rule that never counts one twice. So every corner is taken to lie a hair west of
    its column line, and a far smaller hair north of its row line. The look-up uses the same rule.
    """
    crossings = np.zeros((grid.rows, grid.columns + 1), np.uint8)  # the last column: east of every corner
    for _, edges in _pieces(polygons):
        low, high = (_line(side(edges.y1, edges.y2), grid.south, grid) for side in (np.minimum, np.maximum))
        owner, place = spread(high - low + 2)
        row = low[owner] + place
        line = grid.south + row * grid.cell_m
        across = (edges.y1[owner] <= line) != (edges.y2[owner] <= line)
        owner, row, line = owner[across], row[across], line[across]
        x1, y1, x2, y2 = crossing = edges.at(owner)
        x = x1 + (line - y1) * ((x2 - x1) / (y2 - y1))
        # The first column line east of the crossing. Where rounding could matter, the exact predicate decides.
        near = np.rint((x - grid.west) / grid.cell_m)
        at = grid.west + near * grid.cell_m
        column = np.where(x < at, near, near + 1).astype(np.int64)
        close = np.flatnonzero(np.abs(x - at) < MARGIN_M)
        side = orientation(crossing.at(close), at[close], line[close])
        passed = np.where(y2[close] > y1[close], side < 0, side > 0)
        column[close] = near[close].astype(np.int64) + ~passed
        np.add.at(crossings.reshape(-1), row * (grid.columns + 1) + column, np.uint8(1))
    return np.logical_xor.accumulate(crossings[:, :-1] & 1, axis=1)


def _way_to_edges(has_edges: NDArray[np.bool_], grid: Grid) -> Numbers:
    """Count from each cell the columns, and the rings of cells, to the nearest one with edges, as `cells` holds them.

    First along each row; then north and south, where a step costs one ring and may go aslant.
    """
    far = int(np.ceil(STATED_DISTANCE_M / grid.cell_m)) + 1
    column = np.arange(grid.columns)
    columns = np.full(has_edges.shape, far, np.uint32)
    for row, has in enumerate(has_edges):
        found = np.flatnonzero(has)
        if found.size:
            east = np.searchsorted(found, column)
            to_east = np.abs(found[np.minimum(east, found.size - 1)] - column)
            to_west = np.abs(column - found[np.maximum(east - 1, 0)])
            columns[row] = np.minimum(np.minimum(to_east, to_west), far)
    rings = columns.copy()
    for rows in (range(1, grid.rows), range(grid.rows - 2, -1, -1)):
        for row in rows:
            beside = rings[row - rows.step] + np.uint32(1)
            np.minimum(rings[row], beside, out=rings[row])
            np.minimum(rings[row, 1:], beside[:-1], out=rings[row, 1:])
            np.minimum(rings[row, :-1], beside[1:], out=rings[row, :-1])
    return rings | columns << np.uint32(RING_BITS)

"""Cells of a grid as the polygons they make up, by raster logic: a union of a million squares would take minutes.

A cell is the cell, not its centre: outlines run along the sides of cells, in whole numbers until the very end. Only corners
become points. Cells that share a side make one polygon; cells that only meet at a corner don't.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage.sources.features import Geometries
from coverage_check.coverage.union import groups

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Runs:
    """Cells as runs along the rows of a grid, sorted by row and start; runs of a row never touch.

    Attributes
    ----------
    row, start, stop
        int64[n]: each run is the cells ``start`` to ``stop - 1`` of its row.
    """

    row: Ints
    start: Ints
    stop: Ints

    @classmethod
    def of_cells(cls, column: Ints, row: Ints) -> "Runs":
        """Join cells, each given at most once."""
        order = np.lexsort((column, row))
        column, row = column[order], row[order]
        begins = np.ones(len(row), dtype=bool)
        begins[1:] = (np.diff(row) != 0) | (np.diff(column) != 1)
        ends = np.append(begins[1:], np.ones(min(1, len(row)), dtype=bool))
        return cls(row=row[begins], start=column[begins], stop=column[ends] + 1)

    @classmethod
    def of_mask(cls, mask: npt.NDArray[np.bool_], first_row: int = 0) -> "Runs":
        """Take the cells that are true in bool[rows, columns]."""
        padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
        padded[:, 1:-1] = mask
        change = np.diff(padded, axis=1)
        row, start = np.nonzero(change == 1)
        _, stop = np.nonzero(change == -1)
        return cls(row=row.astype(np.int64) + first_row, start=start.astype(np.int64), stop=stop.astype(np.int64))

    @classmethod
    def joined(cls, blocks: "list[Runs]") -> "Runs":
        """Put together the runs of blocks of rows, from the lowest row to the highest."""
        return cls(
            row=np.concatenate([block.row for block in blocks]),
            start=np.concatenate([block.start for block in blocks]),
            stop=np.concatenate([block.stop for block in blocks]),
        )

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int((self.stop - self.start).sum())


def outline(runs: Runs) -> Geometries:
    """Draw the polygons, in units of cells: cell (column, row) is the square from there to (column + 1, row + 1)."""
    if not len(runs.row):
        return np.zeros(0, dtype=object)
    islands = _Islands(runs)
    corners = _corners(runs, islands)
    ring, order = _cycles(_successor(corners))
    begins = np.append(True, np.diff(ring[order]) != 0)
    first = np.flatnonzero(begins)
    x, y = corners.x[order], corners.y[order]
    after = np.arange(1, len(order) + 1)
    last = np.append(first[1:], len(order)) - 1
    after[last] = first
    area = np.add.reduceat(x * y[after] - x[after] * y, first)
    # A polygon is an island's only ring that runs counter-clockwise, then those around its holes.
    island = islands.of(corners.inner_x[order[first]], corners.inner_y[order[first]])
    rings = np.lexsort((order[first], area < 0, island))
    points = last[rings] - first[rings] + 2
    offsets = np.append(0, np.cumsum(points))
    at = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - first[rings], points)
    at[offsets[1:] - 1] = first[rings]
    shells = np.append(np.flatnonzero(area[rings] > 0), len(rings))
    coords = np.column_stack([x[at], y[at]]).astype(np.float64)
    polygons: Geometries = shapely.from_ragged_array(shapely.GeometryType.POLYGON, coords, (offsets, shells))
    return polygons


class _Islands:
    """Which runs hang together by common sides."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._low = min(int(runs.start.min()) - 1, 0)
        self._width = int(runs.stop.max()) - self._low + 2
        self._starts = self._key(runs.start, runs.row)
        stops = self._key(runs.stop, runs.row)
        first = np.searchsorted(stops, self._key(runs.start, runs.row + 1), side="right")
        behind = np.searchsorted(self._starts, self._key(runs.stop, runs.row + 1), side="left")
        count = np.maximum(behind - first, 0)
        below = np.repeat(np.arange(len(runs.row)), count)
        above = np.arange(len(below)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
        self._group = groups(len(runs.row), below, above)

    def of(self, x: Ints, y: Ints) -> Ints:
        """Name the island of each cell, all of which belong to one."""
        group: Ints = self._group[np.searchsorted(self._starts, self._key(x, y), side="right") - 1]
        return group

    def _key(self, x: Ints, y: Ints) -> Ints:
        return y * self._width + (x - self._low)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Corners:
    """Where outlines turn. Each corner has one side that runs along a row and one that runs along a column.

    Attributes
    ----------
    right, up
        bool[n]: whether these sides leave to the right (else to the left), and upward (else downward).
    leaves_along_row
        bool[n]: whether the outline, with its cells on the left, leaves along the row.
    inner_x, inner_y
        A cell inside, at the corner.
    """

    x: Ints
    y: Ints
    right: npt.NDArray[np.bool_]
    up: npt.NDArray[np.bool_]
    leaves_along_row: npt.NDArray[np.bool_]
    inner_x: Ints
    inner_y: Ints


def _corners(runs: Runs, islands: _Islands) -> _Corners:
    x, y, (sw, se, nw, ne) = _nodes(runs)
    left, right, down, up = sw != nw, se != ne, sw != se, nw != ne
    crossing = left & right & down & up
    turning = (left != right) & (down != up)
    # Where four sides meet, two cells lie across. Each keeps to itself if they are of different islands; if they are of
    # one, the outline runs between its inside and a hole that touches it there.
    cx, cy, rising = x[crossing], y[crossing], ne[crossing]
    same = islands.of(np.where(rising, cx, cx - 1), cy) == islands.of(np.where(rising, cx - 1, cx), cy - 1)
    to_north_east = rising != same
    one = _Quadrants(x=cx, y=cy, right=np.ones(len(cx), dtype=bool), up=to_north_east)
    other = _Quadrants(x=cx, y=cy, right=np.zeros(len(cx), dtype=bool), up=~to_north_east)
    plain = _Quadrants(x=x[turning], y=y[turning], right=right[turning], up=up[turning])
    corner = _Quadrants.joined([plain, one, other])
    cover = [np.concatenate([state[turning], state[crossing], state[crossing]]) for state in (sw, se, nw, ne)]
    above = np.where(corner.right, cover[3], cover[2])  # the cell over the side along the row
    # With the cells on the left, a side with its cell above runs to the right, one with its cell below to the left.
    own = np.choose(2 * corner.up + corner.right, cover)
    quadrant = np.where(own, 2 * corner.up + corner.right, np.argmax(np.stack(cover), axis=0))
    return _Corners(
        x=corner.x,
        y=corner.y,
        right=corner.right,
        up=corner.up,
        leaves_along_row=above == corner.right,
        inner_x=corner.x - 1 + quadrant % 2,
        inner_y=corner.y - 1 + quadrant // 2,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Quadrants:
    """Pairs of sides that meet at a place, by the quadrant between them."""

    x: Ints
    y: Ints
    right: npt.NDArray[np.bool_]
    up: npt.NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: "list[_Quadrants]") -> "_Quadrants":
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in ("x", "y", "right", "up")})


def _nodes(runs: Runs) -> tuple[Ints, Ints, tuple[npt.NDArray[np.bool_], ...]]:
    """Find every end of a run, from below and from above, and which of the four cells around it are there."""
    x = np.tile(np.concatenate([runs.start, runs.stop]), 2)
    y = np.concatenate([runs.row, runs.row, runs.row + 1, runs.row + 1])
    from_below = np.arange(len(x)) >= len(x) // 2
    order = np.lexsort((x, y))
    x, y, from_below = x[order], y[order], from_below[order]
    first = np.flatnonzero(np.append(True, (np.diff(x) != 0) | (np.diff(y) != 0)))
    below = np.add.reduceat(from_below.astype(np.int64), first)
    above = np.add.reduceat((~from_below).astype(np.int64), first)
    # Each row has an even number of ends, so one count over all rows tells whether a cell is in a run.
    se, ne = np.cumsum(below) % 2 == 1, np.cumsum(above) % 2 == 1
    return x[first], y[first], (se != (below == 1), se, ne != (above == 1), ne)


def _successor(corners: _Corners) -> Ints:
    """Give each corner the next one of its outline."""
    along_row, along_column = np.empty(len(corners.x), dtype=np.int64), np.empty(len(corners.x), dtype=np.int64)
    # On each line of the grid the sides lie one after the other: the corner where one begins, the corner where it ends.
    for partner, order in (
        (along_row, np.lexsort((corners.right, corners.x, corners.y))),
        (along_column, np.lexsort((corners.up, corners.y, corners.x))),
    ):
        partner[order[0::2]], partner[order[1::2]] = order[1::2], order[0::2]
    return np.where(corners.leaves_along_row, along_row, along_column)


def _cycles(successor: Ints) -> tuple[Ints, Ints]:
    """Name each corner's ring by its least corner, and sort the corners by ring and place in it.

    By doubling: after n rounds each corner knows what lies 2^n further, so rings of a million corners take twenty.
    """
    ring, jump = np.arange(len(successor)), successor
    while (ring != ring[successor]).any():
        ring, jump = np.minimum(ring, ring[jump]), jump[jump]
    last = successor == ring
    ahead = np.where(last, np.arange(len(successor)), successor)
    left = (~last).astype(np.int64)
    while left[ahead].any():
        left, ahead = left + left[ahead], ahead[ahead]
    return ring, np.lexsort((-left, ring))

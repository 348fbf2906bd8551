"""Regular grids as CSV: square cells named by a corner, by their centre, or by a code such as 100mN58735E4942."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources.cell_outline import Runs, outline
from coverage_check.coverage.sources.cell_table import CellRows, one_verdict_each, read_rows, whole
from coverage_check.coverage.sources.cells import Cells, numbers, refuse_rows
from coverage_check.coverage.sources.features import Features, Request
from coverage_check.coverage.sources.formats import Format

Ints = npt.NDArray[np.int64]

_CODE = re.compile(r"(\d{1,4})(k?)mN(-?\d{1,9})E(-?\d{1,9})")
_OFF_GRID = 1e-3
"""How far a coordinate may lie off the grid, as a share of a cell: decimals cut by a spreadsheet, not another grid."""


def read(path: Path, request: Request, kind: Format) -> Features:  # noqa: ARG001 - as every reader
    """Read the cells of one claim, as polygons.

    Raises
    ------
    Fault
        NO_CELLS, INVALID_CELL, MIXED_RESOLUTION, OFF_GRID, and all of `cell_table`.
    """
    cells = request.cells
    if cells is None:
        raise Fault("NO_CELLS", "it is a table; say what its columns mean with 'profile' or 'columns'.")
    rows = read_rows(path, request, cells)
    if not len(rows.rows):
        raise Fault("EMPTY_LAYER", "it holds no row, which is not the same as no coverage; ask its publisher.")
    column, row, size, origin = _by_code(rows, cells) if cells.naming == "code" else _by_position(rows, cells)
    width = int(column.max() - column.min()) + 1
    chosen = one_verdict_each((row - row.min()) * width + column - column.min(), rows, cells)
    polygons = shapely.transform(
        outline(Runs.of_cells(column[chosen], row[chosen])), lambda corners: origin + corners * size
    )
    return Features(geometries=polygons, numbers=np.arange(len(polygons)) + 1, crs=None, cells=len(chosen))


def _by_code(rows: CellRows, cells: Cells) -> tuple[Ints, Ints, float, npt.NDArray[np.float64]]:
    """Read names of the form that INSPIRE and the BNetzA use: size, then the lower left corner counted in that size."""
    texts = rows.names[cells.columns[0]]
    found = [_CODE.fullmatch(text.strip()) for text in texts]
    wrong = [int(row) for row, match in zip(rows.rows, found, strict=True) if match is None]
    refuse_rows("INVALID_CELL", wrong, "without a cell's name such as 100mN58735E4942", "ask for a sound table")
    parsed = [(int(size) * (1_000 if kilo else 1), int(e), int(n)) for size, kilo, n, e in _groups(found)]
    sizes = {size for size, _, _ in parsed}
    if len(sizes) > 1 or sizes == {0}:
        raise Fault("MIXED_RESOLUTION", f"it has cells of {sorted(sizes)} m; deliver each size in a file of its own.")
    _, column, row = np.array(parsed, dtype=np.int64).T
    return column, row, float(sizes.pop()), np.zeros(2)


def _groups(found: Sequence[re.Match[str] | None]) -> list[tuple[str, str, str, str]]:
    return [(match[1], match[2], match[3], match[4]) for match in found if match]


def _by_position(rows: CellRows, cells: Cells) -> tuple[Ints, Ints, float, npt.NDArray[np.float64]]:
    """Read x and y of the lower left corner or the centre. The grid is the one that the first cell lies on."""
    if cells.size_m is None:
        raise Fault("NO_CELLS", "its cells have no size; declare it as columns = {size_m = …}.")
    places = np.column_stack([numbers(rows.names[name], name) for name in cells.columns])
    missing = ~np.isfinite(places).all(axis=1)
    refuse_rows("INVALID_CELL", rows.rows[missing].tolist(), "without a position", "ask for a sound table")
    if cells.naming == "centre":
        places -= cells.size_m / 2
    steps = (places - places[0]) / cells.size_m
    off = ~whole(steps, _OFF_GRID).all(axis=1)
    refuse_rows("OFF_GRID", rows.rows[off].tolist(), f"off the grid of {cells.size_m:g} m", "check size_m and anchor")
    column, row = np.round(steps).astype(np.int64).T
    return column, row, cells.size_m, places[0]

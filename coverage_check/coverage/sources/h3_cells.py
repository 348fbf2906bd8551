"""H3 cells as CSV: hexagons named by their index, in hexadecimal or as a decimal number. Needs the extra `h3`."""

import re
from pathlib import Path

import numpy as np
import shapely

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources.cell_table import CellRows, one_verdict_each, read_rows
from coverage_check.coverage.sources.cells import refuse_rows
from coverage_check.coverage.sources.features import Features, Geometries, Request
from coverage_check.coverage.sources.formats import Format

MIN_RESOLUTION = 7
"""Sides of cells are arcs. Drawn straight in degrees, those of resolution 7 (1.4 km) lie up to 0.1 m off at 60° north."""

_HEX = re.compile(r"(0x)?[0-9a-f]{15,16}", re.IGNORECASE)
_DECIMAL = re.compile(r"\d{18,19}")
_SPREADSHEET = re.compile(r"\d([.,]\d*)?e\+?\d+", re.IGNORECASE)


def read(path: Path, request: Request, kind: Format) -> Features:
    """Read the cells of one claim, as polygons in degrees.

    Raises
    ------
    Fault
        NO_CELLS, LOSSY_NUMBER, INVALID_CELL, MIXED_RESOLUTION, TOO_COARSE, and all of `cell_table`.
    """
    import h3  # noqa: PLC0415 - an extra

    if request.cells is None:
        raise Fault("NO_CELLS", f"it is {kind.name}; say what its columns mean with 'profile' or 'columns'.")
    rows = read_rows(path, request, request.cells)
    if not len(rows.rows):
        raise Fault("EMPTY_LAYER", "it holds no row, which is not the same as no coverage; ask its publisher.")
    names = _cells(rows, request.cells.columns[0])
    _check_resolution({h3.get_resolution(name) for name in set(names)})
    keys = np.array([int(name, 16) for name in names], dtype=np.uint64)
    chosen = one_verdict_each(keys, rows, request.cells)
    polygons = _outline([names[at] for at in chosen])
    return Features(geometries=polygons, numbers=np.arange(len(polygons)) + 1, crs="OGC:CRS84", cells=len(chosen))


def _cells(rows: CellRows, column: str) -> list[str]:
    """Read the names, and refuse those that are no cell's, above all what a spreadsheet has rounded."""
    import h3  # noqa: PLC0415

    texts = [text.strip() for text in rows.names[column]]
    numbers = rows.rows.tolist()
    rounded = [row for row, text in zip(numbers, texts, strict=True) if _SPREADSHEET.fullmatch(text)]
    refuse_rows("LOSSY_NUMBER", rounded, "with a cell that a spreadsheet has rounded", "export the table again as text")
    names = [_name(text) for text in texts]
    wrong = [row for row, name in zip(numbers, names, strict=True) if not (name and h3.is_valid_cell(name))]
    refuse_rows("INVALID_CELL", wrong, "without a valid H3 cell", "ask its publisher for a sound table")
    return names


def _name(text: str) -> str:
    """Write an index as H3 does; empty if it can't be one. Cells have 15 hexadecimal or 18 decimal digits."""
    if _DECIMAL.fullmatch(text):
        return f"{int(text):x}"
    return f"{int(text, 16):x}" if _HEX.fullmatch(text) else ""


def _check_resolution(resolutions: set[int]) -> None:
    if len(resolutions) > 1:
        raise Fault(
            "MIXED_RESOLUTION",
            f"it has cells of resolutions {sorted(resolutions)}, and small ones don't fill large ones; "
            "deliver each resolution in a file of its own.",
        )
    if (resolution := min(resolutions)) < MIN_RESOLUTION:
        raise Fault("TOO_COARSE", f"its cells have resolution {resolution}; ask for {MIN_RESOLUTION} or finer.")


def _outline(names: list[str]) -> Geometries:
    """Draw the cells' outline: sides between two cells of the layer are none."""
    import h3  # noqa: PLC0415

    shape = h3.cells_to_h3shape(names, tight=False)
    polygons: Geometries = np.array(
        [shapely.Polygon(_ring(area.outer), [_ring(hole) for hole in area.holes]) for area in shape], dtype=object
    )
    return polygons


def _ring(places: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    return [(lon, lat) for lat, lon in places]

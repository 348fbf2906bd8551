"""Tables of cells: CSV whose rows name a cell and say something about it."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources.cells import SILENT, Cells, Verdicts, numbers, refuse_rows
from coverage_check.coverage.sources.features import Request, check_columns, select
from coverage_check.declaration import nearest

_DELIMITERS = ",;\t"
_CURE = "ask its publisher for a sound table"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellRows:
    """The rows of a table that are about one claim.

    Attributes
    ----------
    names
        For each naming column its fields.
    rows
        int64[n]: the row of each in the file, from 0 after the header.
    verdicts
        What each says.
    """

    names: Mapping[str, list[str]]
    rows: npt.NDArray[np.int64]
    verdicts: Verdicts


def read_rows(path: Path, request: Request, cells: Cells) -> CellRows:
    """Read the rows that `where` and `at_least` ask for.

    Raises
    ------
    Fault
        UNREADABLE, NO_LAYER, NO_COLUMN, RAGGED_ROWS, NOT_A_NUMBER or EMPTY_LAYER.
    """
    if request.table not in (None, request.stem):
        raise Fault("NO_LAYER", "a CSV file holds one table without a name; remove 'layer'.")
    columns = _read_columns(path, request, cells)
    count = len(columns[cells.columns[0]])
    chosen = select({name: np.array(columns[name]) for name in request.where}, request, count)
    for column, least in cells.at_least.items():
        chosen &= numbers(columns[column], column) >= least
    rows = np.flatnonzero(chosen)
    if count and not len(rows):
        raise Fault("EMPTY_LAYER", f"no row fits {', '.join(cells.at_least) or 'where'}; check the declaration.")
    values = [columns[cells.value][row] for row in rows] if cells.value else [""] * len(rows)
    return CellRows(
        names={name: [columns[name][row] for row in rows] for name in cells.columns},
        rows=rows,
        verdicts=cells.judge_texts(values),
    )


def one_verdict_each(
    keys: npt.NDArray[np.int64] | npt.NDArray[np.uint64], rows: CellRows, cells: Cells
) -> npt.NDArray[np.intp]:
    """Give the positions of the wanted cells, each once.

    Raises
    ------
    Fault
        CELLS_DISAGREE where two rows say different things of one cell; UNDECIDED_CELLS; EMPTY_LAYER.
    """
    order = np.argsort(keys, kind="stable")
    same = keys[order][1:] == keys[order][:-1]
    differ = same & (rows.verdicts[order][1:] != rows.verdicts[order][:-1])
    refuse_rows(
        "CELLS_DISAGREE",
        np.sort(rows.rows[order[1:][differ]]).tolist(),
        "name a cell of which an earlier row says something else",
        "ask its publisher which is right, or choose rows with 'where'",
    )
    first = order[np.append(np.ones(min(1, len(order)), dtype=bool), ~same)]
    chosen: npt.NDArray[np.intp] = np.sort(first[cells.wanted(rows.verdicts[first])])
    if not len(chosen):
        silent = int((rows.verdicts[first] == SILENT).sum())
        raise Fault(
            "EMPTY_LAYER", f"none of its {len(first)} cells claims coverage, and {silent} say nothing; check 'classes'."
        )
    return chosen


def _read_columns(path: Path, request: Request, cells: Cells) -> dict[str, list[str]]:
    value = () if cells.value is None else (cells.value,)
    wanted = list(dict.fromkeys([*cells.columns, *value, *request.where, *cells.at_least]))
    try:
        with path.open(encoding=_encoding(path), newline="") as file:
            header = file.readline()
            delimiter = max(_DELIMITERS, key=header.count)
            names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter, strict=True), [])]
            check_columns(names, request)
            _check_names(names, wanted)
            at = [names.index(name) for name in wanted]
            records = list(_records(csv.reader(file, delimiter=delimiter, strict=True), at, len(names)))
    except (csv.Error, UnicodeDecodeError) as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise Fault("UNREADABLE", f"it can't be read as CSV ({why}); {_CURE}.") from None
    if not records:
        return {name: [] for name in wanted}
    return dict(zip(wanted, map(list, zip(*records, strict=True)), strict=True))


def _encoding(path: Path) -> str:
    """UTF-8, as codes and numbers are; or UTF-16 with its mark, as spreadsheets write it."""
    with path.open("rb") as file:
        mark = file.read(2)
    return "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _check_names(names: Sequence[str], wanted: Sequence[str]) -> None:
    for column in wanted:
        if column not in names:
            hint = nearest(column, names) or f"; it has {', '.join(repr(name) for name in names[:6]) or 'none'}."
            raise Fault("NO_COLUMN", f"it has no column {column!r} for 'columns'{hint}")
        if names.count(column) > 1:
            raise Fault("NO_COLUMN", f"it has the column {column!r} twice; remove the wrong one.")


def _records(reader: Iterator[list[str]], at: Sequence[int], width: int) -> Iterator[list[str]]:
    for row, fields in enumerate(reader):
        if not fields:
            continue
        if len(fields) != width:
            refuse_rows("RAGGED_ROWS", [row], f"with {len(fields)} fields under {width} names", _CURE)
        yield [fields[position] for position in at]


def whole(values: npt.NDArray[np.float64], slack: float) -> npt.NDArray[np.bool_]:
    """Mark the numbers that are whole, but for rounding."""
    near: npt.NDArray[np.bool_] = np.abs(values - np.round(values)) <= slack
    return near & (np.abs(values) < math.ldexp(1, 40))

"""Rows and their answers to a file: CSV, JSON lines, Parquet or XLSX. Every input column first, untouched and in order."""

import errno
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from coverage_check.errors import InvalidInput, MissingExtra, OutputRefused
from coverage_check.order_rows import NUMBERS, OUT, cell_text
from coverage_check.orders.csv_writing import csv_writer
from coverage_check.orders.formulas import neutral
from coverage_check.orders.tables import Chunk, Table, Write

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
}
"""The format that a file's name asks for."""

FORMATS = ("csv", "jsonl", "parquet", "xlsx")
_ROW_GROUP = 100_000
_MOST_ROWS = 1_048_576
_MOST_COLUMNS = 16_384
_MOST_CHARACTERS = 32_767
_LARGEST_EXACT = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What an output looks like, but for its rows.

    Attributes
    ----------
    form
        One of `FORMATS`.
    day
        Stands in an XLSX file as the day of its making, so that the same run gives the same bytes.
    answers, numbers
        The columns that the answers fill, and those of them that hold numbers.
    """

    form: str
    delimiter: str
    header: tuple[str, ...]
    schema: Any
    day: date
    answers: tuple[str, ...] = OUT
    numbers: tuple[str, ...] = NUMBERS


def format_of(target: Path | None, form: str | None) -> str:
    """Choose the output's format: the one asked for, else the one that the file's name says, else CSV.

    Raises
    ------
    InvalidInput
        The two disagree, the name says a format that there isn't, or a format that needs a file has none.
    """
    suffix = target.suffix.lower() if target else ""
    named = SUFFIXES.get(suffix)
    if suffix and not form and not named:
        raise InvalidInput(
            f"No format is known by {suffix}: end the output's name in {', '.join(SUFFIXES)}, or give --format."
        )
    if form and named and form != named:
        raise InvalidInput(
            f"The output's name ends in {target.suffix if target else ''}, which is not {form}: change one of them."
        )
    chosen = form or named or "csv"
    if target is None and chosen in {"parquet", "xlsx"}:
        raise InvalidInput(f"The format {chosen} needs a file: name one with -o.")
    return chosen


def layout(table: Table, target: Path | None, form: str | None, day: date) -> Layout:
    """Say what the output of a table looks like; a CSV file has the delimiter of its source, `.tsv` tabs.

    Raises
    ------
    InvalidInput
        As `format_of`.
    """
    tabs = target is not None and target.suffix.lower() == ".tsv"
    return Layout(
        form=format_of(target, form),
        delimiter="\t" if tabs else table.delimiter or ",",
        header=table.header,
        schema=table.schema,
        day=day,
    )


@contextmanager
def writing(target: Path, plan: Layout) -> Iterator[Write]:
    """Write rows to a file, which is complete when this ends.

    Raises
    ------
    MissingExtra
        XLSX needs the extra ``excel``, Parquet the extra ``parquet``.
    OutputRefused
        The rows are more, or a cell is longer, than an XLSX file can hold.
    """
    if plan.form == "parquet":
        with _parquet(target, plan) as write:
            yield write
    elif plan.form == "xlsx":
        with _xlsx(target, plan) as write:
            yield write
    else:
        with target.open("w", encoding="utf-8", newline="") as out:
            yield text_writer(out, plan)


def text_writer(out: TextIO, plan: Layout) -> Write:
    """Write rows as CSV or JSON lines to an open stream."""
    return csv_writer(out, plan.delimiter, plan.header, plan.answers) if plan.form == "csv" else _jsonl(out, plan)


def _jsonl(out: TextIO, plan: Layout) -> Write:
    """Write cells that the header has no name for as a list, under an empty name."""
    names, width = _unique(plan.header), len(plan.header)

    def write(chunk: Chunk, answers: Sequence[Sequence[object]]) -> None:
        value = _json_value if chunk.batch is not None else _sheet_value
        for cells, answer in zip(chunk.rows, answers, strict=True):
            record: dict[str, object] = dict(zip(names, map(value, cells), strict=False))
            if cells[width:]:
                record[""] = list(map(value, cells[width:]))
            record |= zip(plan.answers, answer, strict=True)
            out.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")

    return write


def _sheet_value(cell: object) -> object:
    """Give a cell of a sheet, all of whose numbers are floats, as it shows: 1001, not 1001.0."""
    whole = isinstance(cell, float) and cell.is_integer() and abs(cell) < _LARGEST_EXACT
    return int(cell) if whole and isinstance(cell, float) else _json_value(cell)


def _json_value(cell: object) -> object:
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    if cell is None or isinstance(cell, str | bool | int | float):
        return cell
    return cell_text(cell)


@contextmanager
def _parquet(target: Path, plan: Layout) -> Iterator[Write]:
    """Keep the types of a Parquet source; write any other as text. Cells without a column have no place here."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("Parquet needs pyarrow: pip install 'mobile-coverage-check[parquet]'.") from None
    own = plan.schema or pa.schema([(name, pa.string()) for name in _unique(plan.header)])
    answered = pa.schema([(name, pa.float64() if name in plan.numbers else pa.string()) for name in plan.answers])
    schema = pa.schema([*own, *answered], metadata=own.metadata)
    waiting: list[pa.RecordBatch] = []

    with pq.ParquetWriter(target, schema) as file:

        def empty() -> None:
            if waiting:
                file.write_table(pa.Table.from_batches(waiting, schema))
                waiting.clear()

        def write(chunk: Chunk, answers: Sequence[Sequence[object]]) -> None:
            columns = chunk.batch.columns if chunk.batch is not None else _text_columns(chunk.rows, own)
            values = zip(*answers, strict=True)
            said = [pa.array(list(column), field.type) for column, field in zip(values, answered, strict=True)]
            waiting.append(pa.RecordBatch.from_arrays([*columns, *said], schema=schema))
            if sum(batch.num_rows for batch in waiting) >= _ROW_GROUP:
                empty()

        yield write
        empty()


def _text_columns(rows: Sequence[Sequence[object]], schema: "pa.Schema") -> "list[pa.Array]":
    import pyarrow as pa  # noqa: PLC0415 - loaded already

    width = len(schema)
    padded = ([*cells[:width], *[None] * (width - len(cells))] for cells in rows)
    texts = ([cell if isinstance(cell, str | None) else cell_text(cell) for cell in cells] for cells in padded)
    return [pa.array(list(column), pa.string()) for column in zip(*texts, strict=True)]


@contextmanager
def _xlsx(target: Path, plan: Layout) -> Iterator[Write]:
    """Keep text as text and numbers as numbers. Rows are written as they come; only the ZIP file is made at the end."""
    try:
        import xlsxwriter  # noqa: PLC0415 - an extra
        import xlsxwriter.exceptions  # noqa: PLC0415
    except ImportError:
        raise MissingExtra("XLSX needs XlsxWriter: pip install 'mobile-coverage-check[excel]'.") from None
    if len(plan.header) + len(plan.answers) > _MOST_COLUMNS:
        raise OutputRefused(f"An XLSX sheet holds no more than {_MOST_COLUMNS:,} columns: choose CSV or Parquet.")
    book = xlsxwriter.Workbook(target, {"constant_memory": True, "tmpdir": str(target.parent)})
    book.use_zip64()
    book.set_properties({"created": datetime.combine(plan.day, time.min)})
    sheet = book.add_worksheet("orders")
    styles = {
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }
    width, names = len(plan.header), (*plan.header, *plan.answers)
    for n, name in enumerate(names):
        sheet.write_string(0, n, neutral(name)[:_MOST_CHARACTERS])
    sheet.freeze_panes(1, 0)

    def write(chunk: Chunk, answers: Sequence[Sequence[object]]) -> None:
        for row, (cells, answer) in enumerate(zip(chunk.rows, answers, strict=True), start=chunk.first):
            if row >= _MOST_ROWS:
                raise OutputRefused(f"An XLSX sheet holds no more than {_MOST_ROWS - 1:,} rows: choose CSV or Parquet.")
            for column, cell in enumerate([*cells[:width], *[""] * (width - len(cells)), *answer, *cells[width:]]):
                if not _write_cell(sheet, row, column, cell, styles):
                    where = repr(names[column]) if column < len(names) else column + 1
                    message = f"Row {row}, column {where}: the cell is longer than XLSX can hold: choose CSV or Parquet."
                    raise OutputRefused(message)

    try:
        yield write
        book.close()
    except xlsxwriter.exceptions.XlsxFileError:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None  # it tells no more of what was wrong
    finally:
        sheet.row_data_fh.close()  # it would stay open where the rows ended early


def _write_cell(sheet: Any, row: int, column: int, cell: object, styles: Mapping[type[date], Any]) -> bool:
    """Write a cell as what it is, a text never as a formula or a link, an inexact number as text; False if too long."""
    if cell is None or cell == "" or (isinstance(cell, float) and not math.isfinite(cell)):
        return True
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, float) or (isinstance(cell, int) and abs(cell) <= _LARGEST_EXACT):
        sheet.write_number(row, column, cell)
    elif isinstance(cell, date) and cell.year >= 1900 and getattr(cell, "tzinfo", None) is None:
        sheet.write_datetime(row, column, cell, styles[datetime if isinstance(cell, datetime) else date])
    else:
        text = neutral(cell if isinstance(cell, str) else cell_text(cell))
        if len(text) > _MOST_CHARACTERS or column >= _MOST_COLUMNS:
            return False
        sheet.write_string(row, column, text)
    return True


def _unique(header: Sequence[str]) -> list[str]:
    """Give each column a name of its own, as JSON and Parquet need it: a second `town` is `town_2`."""
    names: list[str] = []
    for n, name in enumerate(header, start=1):
        base = name or f"column_{n}"
        choices = (base if k == 1 else f"{base}_{k}" for k in range(1, len(header) + 2))
        names.append(next(choice for choice in choices if choice not in names and (choice == name or choice not in header)))
    return names

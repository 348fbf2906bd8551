"""A table of orders as a stream of rows, whatever file it lies in: CSV, XLSX or Parquet.

    with open_table(Path("orders.xlsx")) as table:
        table.header
        for row in table.rows(): ...

What a file is, its first bytes say, not its name. Cells come as they are: text from
CSV; numbers, dates and text from the others.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from coverage_check.errors import MissingFile, TableInvalid

CHUNK_ROWS = 500
"""Rows that are read, decided and written together, at least."""

_HEAVY = 4_000_000
"""Characters in a chunk from which on it doesn't grow further, so that long cells don't fill the memory."""

_FOREIGN = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls), or one with a password: save it as .xlsx or CSV",
    b"\x1f\x8b": "compressed with gzip: unpack it first",
    b"BZh": "compressed with bzip2: unpack it first",
    b"%PDF": "a PDF: export the table as CSV",
    b"SQLite format 3\0": "a database: export the table as CSV",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows that follow each other.

    Attributes
    ----------
    first
        Number of the first row; the row below the header is 1.
    rows
        Their cells. Only a row of a CSV or XLSX file can be longer or shorter than the header.
    batch
        The same as an Arrow RecordBatch where the file is Parquet; else None.
    """

    first: int
    rows: Sequence[Sequence[object]]
    batch: Any = None

    def split(self, count: int) -> tuple["Chunk", "Chunk"]:
        """Give its first rows, and the others."""
        one, other = (None, None) if self.batch is None else (self.batch.slice(0, count), self.batch.slice(count))
        return (
            Chunk(first=self.first, rows=self.rows[:count], batch=one),
            Chunk(first=self.first + count, rows=self.rows[count:], batch=other),
        )


Write = Callable[[Chunk, Sequence[Sequence[object]]], None]
"""Takes a chunk of rows and the values of their cc_… columns."""


class Table(ABC):
    """An open table. Its rows can be read once.

    Attributes
    ----------
    name
        Of the file, for messages.
    header
        The columns' names, in order and as they are written.
    delimiter
        Of a CSV file; else None.
    schema
        The Arrow schema of a Parquet file; else None.
    """

    def __init__(self, name: str, header: Sequence[str], *, delimiter: str | None = None, schema: Any = None) -> None:
        self.name = name
        self.header = tuple(header)
        self.delimiter = delimiter
        self.schema = schema

    @abstractmethod
    def chunks(self, *, limit: int | None = None, most: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Give all rows in order, or the first `limit` of them: the same chunks of the same file each time.

        Parameters
        ----------
        most
            Rows of a chunk. The first has `CHUNK_ROWS`, so that something is to be seen soon, and each further one up to
            twice as many as the one before.

        Raises
        ------
        TableInvalid
            From some row on the file can't be read; the message names it.
        """

    @abstractmethod
    def share_read(self) -> float:
        """Tell how much of the file has been read, 0 to 1, for the time left."""

    def rows(self, *, limit: int | None = None) -> Iterator[Sequence[object]]:
        """Give all rows in order; as `chunks`."""
        for chunk in self.chunks(limit=limit):
            yield from chunk.rows


@contextmanager
def open_table(source: Path, *, sheet: str | None = None, name: str | None = None) -> Iterator[Table]:
    """Open a table of orders.

    Parameters
    ----------
    source
        CSV (comma, semicolon or tab; UTF-8, UTF-16 with BOM, or cp1252), XLSX or Parquet.
    sheet
        Which sheet of a workbook; needed where more than one has content.
    name
        What messages call it; the file's name if it isn't given.

    Raises
    ------
    MissingFile
        It is not there, or its permissions forbid to read it.
    TableInvalid
        It is no table.
    MissingExtra
        XLSX needs the extra ``excel``, Parquet the extra ``parquet``.
    """
    name = name or source.name
    start = _first_bytes(source)
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise TableInvalid(f"{name} is {what}.")
    if sheet is not None and not start.startswith(b"PK\3\4"):
        raise TableInvalid(f"{name} is no workbook, so it has no sheets: leave --sheet out.")
    if start.startswith(b"PK\3\4"):
        from coverage_check.orders.xlsx_table import open_xlsx as opened  # noqa: PLC0415 - each format loads its own library

        with opened(source, name, sheet) as table:
            yield table
    elif start.startswith(b"PAR1"):
        from coverage_check.orders.parquet_table import open_parquet  # noqa: PLC0415

        with open_parquet(source, name) as table:
            yield table
    else:
        from coverage_check.orders.csv_table import open_csv  # noqa: PLC0415

        with open_csv(source, name) as table:
            yield table


def chunked(rows: Iterator[Sequence[object]], limit: int | None, most: int) -> Iterator[Chunk]:
    """Put rows together to chunks."""
    first, size = 1, CHUNK_ROWS
    rows = islice(rows, limit)
    while some := _some(rows, size):
        yield Chunk(first=first, rows=some)
        first += len(some)
        size = min(2 * size, most)


def _some(rows: Iterator[Sequence[object]], size: int) -> list[Sequence[object]]:
    some: list[Sequence[object]] = []
    weight = 0
    while len(some) < size and weight < _HEAVY and (more := list(islice(rows, min(CHUNK_ROWS, size - len(some))))):
        some += more
        weight += sum(len(cell) for row in more for cell in row if isinstance(cell, str))
    return some


def _first_bytes(source: Path) -> bytes:
    try:
        with source.open("rb") as stream:
            return stream.read(16)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise MissingFile(f"There is no table at {source}: check the path.") from None
    except PermissionError:
        raise MissingFile(f"{source} can't be read: its permissions forbid it.") from None
    except OSError as error:
        raise MissingFile(f"{source} can't be read ({error.strerror}): check the path and the disk.") from None

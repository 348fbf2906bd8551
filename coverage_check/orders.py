"""Many orders in, as many rows out, in order: a CSV file in, the same rows with cc_… columns out.

The file streams through in batches. A row that can't be read is a row that says why. An output appears whole or not at all.
"""

import codecs
import csv
import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, TextIO

from coverage_check.decision import ReasonCode, Verdict
from coverage_check.errors import InvalidInput, MissingFile, OutputRefused, TableInvalid
from coverage_check.location import ErrorModel
from coverage_check.order_rows import OUT, Defaults, OrderRow, find_columns, read_row, refuse_answered

if TYPE_CHECKING:
    from coverage_check.checker import Checker

BATCH_ROWS = 500
FORMATS = ("csv", "jsonl")
_FIELD_LIMIT = 1_000_000
_DELIMITERS = (",", ";", "\t")
_FORMULA = re.compile("^[=+\\-@\t\r\n\0＝＋－＠]")
_NUMBER = re.compile(r"^[+\-]?\d[\d\s.,]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a table of orders came out."""

    rows: int
    verdicts: Mapping[Verdict, int]
    faulty_rows: int
    geocoder_down: int

    @property
    def text(self) -> str:
        """One line for a person."""
        counts = ", ".join(f"{count} {verdict.value.replace('_', ' ')}" for verdict, count in self.verdicts.items())
        faulty = f"; {self.faulty_rows} rows could not be read" if self.faulty_rows else ""
        return f"{self.rows} rows: {counts or 'none'}{faulty}."


def check_orders(
    checker: "Checker",
    source: Path,
    target: Path | TextIO,
    *,
    columns: Mapping[str, str] | None = None,
    defaults: Defaults | None = None,
    form: str = "csv",
) -> Summary:
    """Decide every row of a CSV file.

    Parameters
    ----------
    source
        Comma, semicolon or tab; UTF-8 with or without BOM, UTF-16 with BOM, or cp1252.
    target
        A file, which appears whole or not at all; or an open stream.
    columns
        Canonical name → the file's column, where the names don't say it.
    form
        ``csv``, with the delimiter of the source; or ``jsonl``.

    Raises
    ------
    MissingFile, TableInvalid
        The file is not there, is not a table, or lacks a column.
    OutputRefused
        The target can't be written, or is the source.
    """
    defaults = defaults or Defaults()
    checker = checker.for_batches()
    if isinstance(target, Path) and target.exists() and target.samefile(source):
        raise OutputRefused(f"{target.name} is the input: name another file with -o.")
    with _opened(source) as text:
        sheet = _Sheet(text, source.name)
        places = find_columns(sheet.header, columns, defaults)
        with whole(target) if isinstance(target, Path) else nullcontext(target) as out:
            writer = _Writer(out, sheet, form)
            count = Counter[str]()
            rows = iter(sheet)
            while batch := list(islice(rows, BATCH_ROWS)):
                read = [_read(sheet, cells, places, defaults, checker.errors) for cells in batch]
                for cells, answer in zip(batch, checker.check_rows(read, language=defaults.language), strict=True):
                    writer.write(cells, answer)
                    _tally(count, answer)
    return Summary(
        rows=count["rows"],
        verdicts={verdict: count[verdict] for verdict in Verdict if count[verdict]},
        faulty_rows=count["faulty"],
        geocoder_down=count["down"],
    )


class _Sheet:
    """A CSV file's header and rows. Lines with nothing on them are no rows."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._name = name
        first = text.readline()
        if not first.strip():
            raise TableInvalid(f"{name} has no header in its first line: the first row must name the columns.")
        self.delimiter = max(_DELIMITERS, key=first.count)
        text.seek(0)
        csv.field_size_limit(_FIELD_LIMIT)
        self._reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        self.header = next(iter(self), [])
        refuse_answered(self.header, name)

    def __iter__(self) -> Iterator[list[str]]:
        while True:
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                message = f"{self._name} can't be read as CSV in line {self._reader.line_num} ({error}): mend that line."
                raise TableInvalid(message) from None
            if cells:
                yield cells


def _read(
    sheet: _Sheet, cells: Sequence[str], places: Mapping[str, int], defaults: Defaults, errors: ErrorModel
) -> OrderRow | InvalidInput:
    if len(cells) != len(sheet.header):
        return InvalidInput(
            f"The row has {len(cells)} cells and the header {len(sheet.header)}: a delimiter or a quote is missing."
        )
    return read_row(cells, places, defaults, errors=errors)


class _Writer:
    """Writes each row as it came, and its answer after it."""

    def __init__(self, out: TextIO, sheet: _Sheet, form: str) -> None:
        self._out = out
        self._header = sheet.header
        self._csv = csv.writer(out, delimiter=sheet.delimiter, lineterminator="\n") if form == "csv" else None
        if self._csv:
            self._csv.writerow([neutral(name) for name in (*sheet.header, *OUT)])

    def write(self, cells: Sequence[str], answer: Mapping[str, object]) -> None:
        width = len(self._header)
        if self._csv:
            known, extra = [*cells[:width], *[""] * (width - len(cells))], cells[width:]
            said = ["" if answer[name] is None else str(answer[name]) for name in OUT]
            self._csv.writerow([neutral(cell) for cell in (*known, *said, *extra)])
        else:
            named = dict(zip(self._header, cells, strict=False))
            record: dict[str, object] = named | ({"": list(cells[width:])} if cells[width:] else {}) | dict(answer)
            self._out.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


def neutral(cell: str) -> str:
    """Keep a spreadsheet from running a text as a formula: an apostrophe before it. Numbers stay as they are."""
    return f"'{cell}" if len(cell) > 1 and _FORMULA.match(cell) and not _NUMBER.match(cell) else cell


def _tally(count: Counter[str], answer: Mapping[str, object]) -> None:
    count["rows"] += 1
    count[str(answer["cc_verdict"])] += 1
    count["faulty"] += answer["cc_error"] is not None
    count["down"] += ReasonCode.GEOCODER_UNAVAILABLE in str(answer["cc_reasons"]).split()


@contextmanager
def _opened(source: Path) -> Iterator[TextIO]:
    """Open a table as text, in the encoding that it is in."""
    try:
        with source.open("rb") as stream:
            encoding = _encoding(stream, source.name)
    except (FileNotFoundError, IsADirectoryError):
        raise MissingFile(f"There is no table at {source}: check the path.") from None
    except PermissionError:
        raise MissingFile(f"{source} can't be read: its permissions forbid it.") from None
    with source.open(encoding=encoding, newline="") as text:
        yield text


def _encoding(stream: "IO[bytes]", name: str) -> str:
    """Find the encoding: a BOM, then strict UTF-8, then cp1252; detectors misread Åkersberga."""
    start = stream.read(4)
    for bom, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if start.startswith(bom):
            return encoding
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := stream.read(1 << 20):
            if b"\0" in chunk:
                raise TableInvalid(f"{name} holds NUL bytes, so it is not a CSV file: export it as CSV in UTF-8.")
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


@contextmanager
def whole(target: Path) -> Iterator[TextIO]:
    """Write beside the target and move into place when all is written; leave nothing otherwise."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise OutputRefused(f"{target} can't be written ({error.strerror}): choose another folder.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise OutputRefused(f"{target} can't be written ({error.strerror}): nothing was left behind.") from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def from_stdin(table: Path) -> Iterator[Path]:
    """Give the table's path; for ``-`` that of a copy of stdin, which is read twice as any file is."""
    if str(table) != "-":
        yield table
        return
    with tempfile.TemporaryDirectory(prefix="coverage-check-") as folder:
        copy = Path(folder) / "stdin.csv"
        with copy.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield copy

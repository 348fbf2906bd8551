"""CSV as it comes: comma, semicolon or tab; UTF-8 with or without BOM, UTF-16 with BOM, or cp1252."""

import codecs
import csv
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from coverage_check.errors import TableInvalid
from coverage_check.orders.tables import CHUNK_ROWS, Chunk, Table, chunked

_LONGEST_FIELD = 1_000_000
_DELIMITERS = (",", ";", "\t")
_BOMS = ((codecs.BOM_UTF8, ("utf-8-sig",)), (codecs.BOM_UTF16_LE, ("utf-16",)), (codecs.BOM_UTF16_BE, ("utf-16",)))
_SEP_LINE = re.compile(r'"?sep=([,;\t])"?\s*')


class CsvTable(Table):
    """A CSV file's header and rows. Lines with nothing on them are no rows."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text = text
        self._bytes = max(1, os.fstat(text.fileno()).st_size)
        self._line = ""
        self.name = name  # for a fault in the header
        first = text.readline(_LONGEST_FIELD)
        if stated := _SEP_LINE.fullmatch(first):  # Excel writes the delimiter so, for itself
            delimiter = stated[1]
            before = text.readline()
        else:
            delimiter = max(_DELIMITERS, key=lambda sign: len(next(csv.reader([first], delimiter=sign), [])))
            before = first
        if not before.strip():
            raise TableInvalid(f"{name} has no header in its first line: the first row must name the columns.")
        csv.field_size_limit(_LONGEST_FIELD)
        self.delimiter = delimiter
        self._line = before
        self._reader = csv.reader(self._lines(before), delimiter=delimiter, strict=True)
        super().__init__(name, next(self._cells(), []), delimiter=delimiter)

    def chunks(self, *, limit: int | None = None, most: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Give the rows as they are read."""
        return chunked(self._cells(), limit, most)

    def share_read(self) -> float:
        """Tell how many of the file's bytes have been read."""
        return min(1.0, self._text.buffer.tell() / self._bytes)

    def _lines(self, first: str) -> Iterator[str]:
        """Give the lines, but none without an end: a file without line breaks would fill the memory."""
        yield first
        while line := self._text.readline(_LONGEST_FIELD):
            if len(line) == _LONGEST_FIELD and line[-1] not in "\r\n":
                raise csv.Error("it is longer than any row of a table")
            self._line = line
            yield line

    def _cells(self) -> Iterator[list[str]]:
        while True:
            before = self._reader.line_num
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                line = self._reader.line_num
                column = _column_of_quote(self._line, self.delimiter or ",") if line == before + 1 else None
                where = f"line {line}, column {column}" if column else f"line {line}"
                raise TableInvalid(f"{self.name} can't be read as CSV in {where} ({error}): mend that line.") from None
            if cells:
                yield cells


def _column_of_quote(line: str, delimiter: str) -> int | None:
    """Find the cell of a line that goes on behind its closing quote, counted from 1."""
    quoted = re.compile(f'"(?:[^"]|"")*"(?P<after>[^{delimiter}\r\n])?|[^{delimiter}]*')
    place = 0
    for number in range(1, len(line) + 1):
        cell = quoted.match(line, place)
        if cell is None or cell["after"]:
            return number if cell else None
        place = cell.end() + 1
        if place > len(line):
            return None
    return None


@contextmanager
def open_csv(source: Path, name: str) -> Iterator[Table]:
    """Open a CSV file in the encoding that it is in."""
    with source.open("rb") as stream:
        encoding = _encoding(stream, name)
    with source.open(encoding=encoding, newline="") as text:
        yield CsvTable(text, name)


def _encoding(stream: BinaryIO, name: str) -> str:
    """Find the encoding: a BOM, then strict UTF-8, then cp1252; detectors misread Åkersberga."""
    start = stream.read(4)
    if start in {codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE}:
        raise TableInvalid(f"{name} is in UTF-32: export it as CSV in UTF-8.")
    choices = next((each for bom, each in _BOMS if start.startswith(bom)), ("utf-8", "cp1252"))
    line = None
    for encoding in choices:
        line = _undecodable_line(stream, encoding, name)
        if line is None:
            return encoding
    raise TableInvalid(f"{name} has bytes in line {line} that are no {choices[-1]}: export it as CSV in UTF-8.")


def _undecodable_line(stream: BinaryIO, encoding: str, name: str) -> int | None:
    """Read all, and tell in which line the encoding ends, if it does."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    chunk = b"first"
    while chunk:
        chunk = stream.read(1 << 20)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return line + error.object[: error.start].decode(encoding, "ignore").count("\n")
        if "\0" in text:
            raise TableInvalid(f"{name} holds NUL bytes, so it is not a CSV file: export it as CSV in UTF-8.")
        line += text.count("\n")
    return None

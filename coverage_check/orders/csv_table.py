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
from coverage_check.orders.tables import Chunk, Table, chunked

_LONGEST_FIELD = 1_000_000
_DELIMITERS = (",", ";", "\t")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SEP_LINE = re.compile(r'"?sep=([,;\t])"?\s*')


class CsvTable(Table):
    """A CSV file's header and rows. Lines with nothing on them are no rows."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text = text
        self._bytes = max(1, os.fstat(text.fileno()).st_size)
        self._file_name = name
        first = self._first_line()
        if stated := _SEP_LINE.fullmatch(first):  # Excel writes the delimiter so, for itself
            delimiter = stated[1]
            before = text.readline()
        else:
            delimiter = max(_DELIMITERS, key=lambda sign: len(next(csv.reader([first], delimiter=sign), [])))
            before = first
        if not before.strip():
            raise TableInvalid(f"{name} has no header in its first line: the first row must name the columns.")
        csv.field_size_limit(_LONGEST_FIELD)
        self._reader = csv.reader(self._lines(before), delimiter=delimiter, strict=True)
        super().__init__(name, next(self._cells(), []), delimiter=delimiter)

    def chunks(self, *, limit: int | None = None) -> Iterator[Chunk]:
        """Give the rows as they are read."""
        return chunked(self._cells(), limit)

    def share_read(self) -> float:
        """Tell how many of the file's bytes have been read."""
        return min(1.0, self._text.buffer.tell() / self._bytes)

    def _first_line(self) -> str:
        try:
            return self._text.readline(_LONGEST_FIELD)
        except UnicodeError:
            raise TableInvalid(f"{self._file_name} has no text in its first line: export it as CSV in UTF-8.") from None

    def _lines(self, first: str) -> Iterator[str]:
        """Give the lines, but none without an end: a file without line breaks would fill the memory."""
        yield first
        while line := self._text.readline(_LONGEST_FIELD):
            if len(line) == _LONGEST_FIELD and line[-1] not in "\r\n":
                raise csv.Error("it is longer than any row of a table")
            yield line

    def _cells(self) -> Iterator[list[str]]:
        while True:
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except (csv.Error, UnicodeError) as error:
                why = error if isinstance(error, csv.Error) else f"its bytes are no {self._text.encoding}"
                line = self._reader.line_num + isinstance(error, UnicodeError)
                raise TableInvalid(
                    f"{self._file_name} can't be read as CSV in line {line} ({why}): mend that line."
                ) from None
            if cells:
                yield cells


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
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return encoding
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding = "utf-8"
    while chunk := stream.read(1 << 20):
        if b"\0" in chunk:
            raise TableInvalid(f"{name} holds NUL bytes, so it is not a CSV file: export it as CSV in UTF-8.")
        encoding = encoding if encoding == "cp1252" or _decodes(decoder, chunk) else "cp1252"
    return encoding if encoding == "cp1252" or _decodes(decoder, b"", final=True) else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True

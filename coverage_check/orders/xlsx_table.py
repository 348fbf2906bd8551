"""XLSX: one sheet of a workbook, read once its size is known to be one that a person could have made."""

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from coverage_check.errors import MissingExtra, TableInvalid
from coverage_check.order_rows import cell_text
from coverage_check.orders.tables import CHUNK_ROWS, Chunk, Table, chunked
from coverage_check.orders.xlsx_values import SUSPECT, Faulty, cells_without_value

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_MOST_BYTES = 2 << 30
_LOOKED_AT_BYTES = 64 << 20
_MOST_TIMES = 200
"""Sheets that people made unpack to some ten times their size; only made ones to a thousand."""

_MOST_ROWS = 1_048_576
_MOST_CELLS = 25_000_000
"""The reader holds every cell between the first and the last one; a lone cell XFD1048576 would take all memory."""

_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]{0,200}?\br="(\d{1,9})"')
_CELL = re.compile(rb'\br="([A-Z]{1,3})\d{1,9}"')
_OVERLAP = 300


class XlsxTable(Table):
    """A sheet's header and rows. Rows with nothing in them are no rows; neither are empty columns behind the last name."""

    def __init__(self, sheet: "CalamineSheet", name: str, faulty: Faulty) -> None:
        self._height = max(1, sheet.total_height)
        self._read = 0
        self._faulty = faulty
        self.header: tuple[str, ...] = ()  # while it is read
        self._rows = self._filled(sheet)
        super().__init__(name, [cell_text(cell) for cell in next(self._rows, [])])
        if any(row < self._read for row in faulty):
            message = f"{name} has spreadsheet errors or formulas without their values among the names of its columns"
            raise TableInvalid(f"{message}: mend them, and save it in Excel.")

    def chunks(self, *, limit: int | None = None, most: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Give the rows, each as wide as the header unless something stands behind it."""
        return chunked(self._padded(), limit, most)

    def share_read(self) -> float:
        """Tell how many of its rows have been read."""
        return min(1.0, self._read / self._height)

    def _filled(self, sheet: "CalamineSheet") -> Iterator[list[object]]:
        """Give the rows with something in them. The reader leaves out the empty columns before the first, but no row."""
        left = sheet.start[1] if sheet.start else 0
        for row in sheet.iter_rows():
            self._read += 1
            if cells := self._with_faulty(_without_tail(row), self._read - 1, left):
                yield cells
        for number in sorted(row for row in self._faulty if row >= self._read):  # rows of nothing else end sooner to it
            if cells := self._with_faulty([], number, left):
                yield cells

    def _with_faulty(self, cells: list[object], row: int, left: int) -> list[object]:
        """Put the cells without a value in their places, those under a name."""
        for column, cell in self._faulty.get(row, {}).items():
            place = column - left
            if 0 <= place < len(self.header):
                cells += [""] * (place + 1 - len(cells))
                cells[place] = cell
        return cells

    def _padded(self) -> Iterator[Sequence[object]]:
        width = len(self.header)
        for cells in self._rows:
            yield cells + [""] * (width - len(cells))


def _without_tail(row: Sequence[object]) -> list[object]:
    end = len(row)
    while end and row[end - 1] in {"", None}:
        end -= 1
    return list(row[:end])


@contextmanager
def open_xlsx(source: Path, name: str, sheet: str | None) -> Iterator[Table]:
    """Open a sheet of a workbook."""
    try:
        from python_calamine import CalamineWorkbook  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("XLSX needs python-calamine: pip install 'mobile-coverage-check[excel]'.") from None
    suspect = _refuse_bombs(source, name)
    try:
        with CalamineWorkbook.from_path(source) as workbook:
            chosen = _sheet(workbook, name, sheet)
            yield XlsxTable(chosen, name, cells_without_value(source, name, chosen.name) if suspect else {})
    except TableInvalid:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"python_calamine", "_python_calamine"}:
            raise
        raise TableInvalid(
            f"{name} can't be read as XLSX ({type(error).__name__}): open it in Excel and save it anew."
        ) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the reader's own way to give up
            raise
        raise TableInvalid(f"{name} can't be read as XLSX: open it in Excel and save it anew.") from None


def _sheet(workbook: "CalamineWorkbook", name: str, chosen: str | None) -> "CalamineSheet":
    if chosen is not None:
        if chosen not in workbook.sheet_names:
            shown = ", ".join(map(repr, workbook.sheet_names[:12]))
            raise TableInvalid(f"{name} has no sheet {chosen!r} (sheets: {shown}): name one of them with --sheet.")
        return workbook.get_sheet_by_name(chosen)
    sheets = [workbook.get_sheet_by_name(each) for each in workbook.sheet_names]
    filled = [each for each in sheets if each.total_height]
    if not filled:
        raise TableInvalid(f"{name} has no sheet with a header in its first row: the first row must name the columns.")
    if len(filled) > 1:
        shown = ", ".join(repr(each.name) for each in filled[:12])
        raise TableInvalid(f"{name} has {len(filled)} sheets with content ({shown}): name one with --sheet.")
    return filled[0]


def _refuse_bombs(source: Path, name: str) -> bool:
    """Look at what is packed before the reader unpacks it: all of it, for a file's own list of sizes may lie.

    Gives whether a cell may be an error or a formula.
    """
    suspect = False
    try:
        with _opened(source) as packed:
            members = packed.infolist()
            if "xl/workbook.xml" not in packed.namelist():
                raise TableInvalid(f"{name} is packed, and no XLSX workbook: unpack it, or export it as CSV or XLSX.")
            if sum(member.file_size for member in members) > _MOST_BYTES or any(map(_swollen, members)):
                raise TableInvalid(f"{name} unpacks to far more than it seems to hold: export it as CSV.")
            for member in members:
                with packed.open(member) as part:
                    rows, columns, formulas = _extent(part)
                suspect |= formulas
                sheet = member.filename.startswith("xl/worksheets/")
                if sheet and (rows > _MOST_ROWS or rows * columns > _MOST_CELLS):
                    text = f"{name} has a sheet of {rows:,} rows and {columns:,} columns, most of them empty perhaps"
                    raise TableInvalid(f"{text}: delete what stands far off, or export it as CSV.")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, UnicodeDecodeError):
        raise TableInvalid(f"{name} is damaged, or locked with a password: open it in Excel and save it anew.") from None
    return suspect


def _opened(source: Path) -> zipfile.ZipFile:
    """Open the package; what Python 3.13 warns of, an empty name in another spelling, is nothing to the reader."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Empty unicode path", UserWarning)
        return zipfile.ZipFile(source)


def _swollen(member: zipfile.ZipInfo) -> bool:
    return member.file_size > _LOOKED_AT_BYTES and member.file_size > _MOST_TIMES * member.compress_size


def _extent(sheet: IO[bytes]) -> tuple[int, int, bool]:
    """Find the last row and column that a sheet's XML names or counts, and whether a cell may be an error or a formula."""
    last = counted = columns = 0
    suspect = False
    tail = b""
    while part := sheet.read(1 << 20):
        text = tail + part
        last = max(last, *(int(row) for row in _ROW.findall(text)), 0)
        columns = max(columns, *(_column(letters) for letters in set(_CELL.findall(text))), 0)
        suspect = suspect or SUSPECT.search(text) is not None
        counted += part.count(b"row>")
        tail = text[-_OVERLAP:]
    return max(last, counted), max(columns, 1), suspect


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number

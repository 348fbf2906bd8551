"""XLSX: the cells without a value: errors such as #REF!, and formulas that were saved without their result.

The reader of sheets gives both as empty cells, and an empty day is another answer than a broken one. So the sheet's own XML
is looked at, of workbooks that have such cells.
"""

import posixpath
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.parsers import expat

from coverage_check.errors import TableInvalid
from coverage_check.order_cells import NoValue

Faulty = Mapping[int, Mapping[int, NoValue]]
"""Row → column → its cell, both from 0, of the whole sheet."""

SUSPECT = re.compile(rb"""\bt\s*=\s*["']e["']|<(?:\w+:)?f[\s/>]""")
"""What a sheet's XML has if any of its cells is an error or a formula."""

_MOST = 1_000_000
_LONGEST = 32
_BOOK = "xl/workbook.xml"
_CELL = re.compile(r"([A-Za-z]{1,3})(\d{1,7})")


def cells_without_value(source: Path, name: str, sheet: str) -> Faulty:
    """Find the cells of a sheet that show an error, or whose formula has no stored result.

    Raises
    ------
    TableInvalid
        They are more than can be told one by one, or the sheet can't be found or read.
    """
    scan = _Scan()
    try:
        with zipfile.ZipFile(source) as packed, packed.open(_member(packed, sheet)) as part:
            scan.parser.ParseFile(part)
    except (expat.ExpatError, KeyError, ValueError, zipfile.BadZipFile):
        raise TableInvalid(f"{name} can't be read as XLSX: open it in Excel and save it anew.") from None
    if scan.count > _MOST:
        message = f"{name} has more than {_MOST:,} formulas without their values"
        raise TableInvalid(f"{message}: open it in Excel and save it anew.")
    return scan.found


class _Scan:
    """Goes through a sheet's XML as a stream, and notes each cell without a value."""

    def __init__(self) -> None:
        self.found: defaultdict[int, dict[int, NoValue]] = defaultdict(dict)
        self.count = 0
        self._row = self._column = -1
        self._kind = ""
        self._formula = self._stored = self._in_value = False
        self._value = ""
        self.parser = _parser(self._begin, self._end, self._text)

    def _begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
        elif tag == "c":
            at = _CELL.fullmatch(attributes.get("r", ""))
            self._column = _number(at[1]) if at else self._column + 1
            self._row = int(at[2]) - 1 if at else self._row
            self._kind = attributes.get("t", "")
            self._formula = self._stored = False
            self._value = ""
        elif tag == "f":
            self._formula = True
        elif tag == "v":
            self._stored = self._in_value = True

    def _text(self, text: str) -> None:
        if self._in_value and len(self._value) < _LONGEST:
            self._value += text

    def _end(self, tag: str) -> None:
        if tag == "v":
            self._in_value = False
        elif tag == "c" and self._lacking():
            self.count += 1
            if self.count <= _MOST:
                self.found[self._row][self._column] = NoValue(self._value.strip())

    def _lacking(self) -> bool:
        """Tell whether a cell has no value; a formula whose result is an empty text has one."""
        empty_text = self._kind == "str" and self._stored
        return self._kind == "e" or (self._formula and not self._value.strip() and not empty_text)


def _member(packed: zipfile.ZipFile, sheet: str) -> str:
    """Find the part of a workbook that holds a sheet; KeyError if there is none."""
    relations: dict[str, str] = {}
    targets: dict[str, str] = {}

    def sheets(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "sheet":
            relations[attributes["name"]] = attributes["id"]

    def relationships(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "Relationship":
            targets[attributes["Id"]] = attributes["Target"]

    for member, begin in ((_BOOK, sheets), ("xl/_rels/workbook.xml.rels", relationships)):
        with packed.open(member) as part:
            _parser(begin).ParseFile(part)
    path = posixpath.normpath(posixpath.join("/xl", targets[relations[sheet]])).lstrip("/")
    return next((known for known in packed.namelist() if known.lower() == path.lower()), path)


def _parser(
    begin: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> expat.XMLParserType:
    """Make a parser that calls tags and attributes by their local names, and takes no entities of the file's own."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: begin(
        _local(tag), {_local(name): value for name, value in attributes.items()}
    )
    if end is not None:
        parser.EndElementHandler = lambda tag: end(_local(tag))
    if text is not None:
        parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(*_: object) -> None:
    raise ValueError


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _number(letters: str) -> int:
    """Give a column's number from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1

"""A table of addresses with what must come of each, and how a geocoder does on it.

The columns are those of geocoder-tester: `query`, and what is expected of it. Empty cells expect nothing.

========================  ==============================================================================================
`expected_coordinate`     ``59.8134,18.9570,50``: latitude, longitude, and how many metres off the place may be
`expected_street` …       also `expected_housenumber`, `expected_postcode`, `expected_city`: parts of the place found
`expected_level`          ``address_point``, ``street`` …; with ``|`` between several
`expected_match`          ``exact``, ``fuzzy``, ``partial``, ``ambiguous``; or ``doubt``: anything but a sure house
`expected_error`          ``ADDRESS_NOT_FOUND``, ``NO_STREET_POSITION`` …; or a match as expected
========================  ==============================================================================================
"""

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from coverage_check.address import Address, parse
from coverage_check.errors import (
    BatchRefused,
    CoverageCheckError,
    GeocoderUnavailable,
    InvalidInput,
    LocateError,
    MissingFile,
    TableInvalid,
)
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.geocoders.spelling import spelled
from coverage_check.location import Location, LocationLevel, Match

Locate = Callable[[str], Location]

_DOUBT = "doubt"
_PARTS = ("street", "housenumber", "postcode", "city")
_WORDS = {
    "level": {level.value for level in LocationLevel},
    "match": {*(match.value for match in Match), _DOUBT},
    "error": {error.reason for error in LocateError.__subclasses__()} | {InvalidInput.code},
}
_EXPECTED = ("coordinate", *_PARTS, *_WORDS)


class Outcome(StrEnum):
    """How one row came out. Only `WRONG` can sell what isn't there."""

    AS_EXPECTED = "as expected"
    OTHER = "other"
    """Not as expected, but no wrong house either: found with more doubt, less doubt, or not at all."""

    WRONG = "wrong"
    """A sure house that is another one, or where doubt was expected."""

    UNANSWERED = "unanswered"
    """The geocoder is down or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One row: a query, and what must come of it.

    Attributes
    ----------
    lat, lon, tolerance_m
        Where it must be found; None if no place is expected.
    parts
        Of the place found: street, housenumber, postcode, city.
    words
        What may come out, by level, match and error.
    """

    line: int
    query: str
    lat: float | None = None
    lon: float | None = None
    tolerance_m: float = 0.0
    parts: Mapping[str, str]
    words: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An expectation and what came of it; `text` says it in words."""

    expected: Expectation
    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How a geocoder did on a table."""

    rows: tuple[Row, ...]

    def count(self, outcome: Outcome) -> int:
        """Count the rows that came out so."""
        return sum(row.outcome is outcome for row in self.rows)

    @property
    def text(self) -> str:
        """The rows that are not as expected, and the counts."""
        lines = [
            f"line {row.expected.line}  {row.outcome.value:10s}  {row.expected.query}: {row.text}"
            for row in self.rows
            if row.outcome is not Outcome.AS_EXPECTED
        ]
        counts = ", ".join(f"{self.count(outcome)} {outcome.value}" for outcome in Outcome)
        rows = "row" if len(self.rows) == 1 else "rows"
        return "\n".join([*lines, f"{len(self.rows)} {rows}: {counts}"])


def score(locate: Locate, path: str | Path) -> Score:
    """Ask for every row of a table.

    Parameters
    ----------
    locate
        Finds a place for the customer's words, as `Checker.locate` does.

    Raises
    ------
    MissingFile, TableInvalid
        The table is not there, or has faults.
    """
    return Score(rows=tuple(judge(locate, expected) for expected in read_table(path)))


def judge(locate: Locate, expected: Expectation) -> Row:
    """Ask for one row, and compare."""
    try:
        location = locate(expected.query)
    except (GeocoderUnavailable, BatchRefused) as error:
        return Row(expected=expected, outcome=Outcome.UNANSWERED, text=error.code)
    except (LocateError, InvalidInput) as error:
        code = _reason(error)
        hoped = expected.words["error"]
        right = code in hoped if hoped else _DOUBT in expected.words["match"]
        return Row(expected=expected, outcome=Outcome.AS_EXPECTED if right else Outcome.OTHER, text=code)
    there, fitting = _is_there(expected, location), _fits(expected, location)
    if there and fitting:
        outcome = Outcome.AS_EXPECTED
    else:
        house_expected = expected.lat is not None or bool(expected.parts)
        misled = not (there and house_expected)
        outcome = Outcome.WRONG if _is_sure(location) and misled else Outcome.OTHER
    label = location.candidates[0].label if location.candidates else location.source
    text = f"{location.level.value}, {location.match.value} match: {label}"
    return Row(expected=expected, outcome=outcome, text=text + _off(expected, location))


def _reason(error: CoverageCheckError) -> str:
    return error.reason if isinstance(error, LocateError) else error.code


def _is_sure(location: Location) -> bool:
    return location.match in {Match.EXACT, Match.FUZZY} and not location.level.coarse


def _is_there(expected: Expectation, location: Location) -> bool:
    """Tell whether it is the place expected; of several that fit, whether one of them is."""
    off_m = _off_m(expected, location)
    return (off_m is None or off_m <= expected.tolerance_m) and _same_parts(expected.parts, location)


def _fits(expected: Expectation, location: Location) -> bool:
    levels, matches, errors = (expected.words[name] for name in ("level", "match", "error"))
    if not matches and errors:
        return False
    fine = not matches or location.match.value in matches or (_DOUBT in matches and not _is_sure(location))
    return fine and (not levels or location.level.value in levels)


def _off_m(expected: Expectation, location: Location) -> float | None:
    """Measure how far off the place is, in metres; None if none is expected."""
    if expected.lat is None or expected.lon is None:
        return None
    spots = [(location.lat, location.lon)]
    if location.match is Match.AMBIGUOUS:
        spots += [(candidate.lat, candidate.lon) for candidate in location.candidates]
    return min(distance_m(lat=expected.lat, lon=expected.lon, to_lat=lat, to_lon=lon) for lat, lon in spots)


def _off(expected: Expectation, location: Location) -> str:
    off_m = _off_m(expected, location)
    return "" if off_m is None else f", {off_m:,.0f} m off"


def _same_parts(parts: Mapping[str, str], location: Location) -> bool:
    if not parts:
        return True
    try:
        found = parse(location.candidates[0].label) if location.candidates else None
    except InvalidInput:  # a server may name a place as it likes
        found = None
    if not isinstance(found, Address):
        return False
    number = "" if found.number is None else f"{found.number}{found.letter}"
    held = {"street": [found.street], "housenumber": [number], "postcode": [found.postcode], "city": found.places}
    return all(spelled(asked) in {spelled(name) for name in held[part]} for part, asked in parts.items())


def read_table(path: str | Path) -> list[Expectation]:
    """Read a table of expectations; UTF-8, with commas.

    Raises
    ------
    MissingFile
        It is not there.
    TableInvalid
        It is no such table, or a cell says what can't be expected.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_header(path.name, reader.fieldnames or ())
            return [_read_row(path.name, reader.line_num, row) for row in reader]
    except OSError:
        raise MissingFile(f"{path} is not there or can't be read: check the path.") from None
    except (UnicodeDecodeError, csv.Error):
        raise TableInvalid(f"{path.name} is no CSV file in UTF-8 with commas: save it as one.") from None


def _check_header(name: str, header: Sequence[str]) -> None:
    known = {f"expected_{column}" for column in _EXPECTED}
    unknown = [column for column in header if column.startswith("expected_") and column not in known]
    if "query" not in header or not known & set(header):
        raise TableInvalid(f"{name} needs a column query and one of {', '.join(sorted(known))}.")
    if unknown:
        raise TableInvalid(
            f"{name} has a column {unknown[0]}, which nothing is compared with: use {', '.join(sorted(known))}."
        )


def _read_row(name: str, line: int, row: Mapping[str, str | None]) -> Expectation:
    cells = {column: (row.get(f"expected_{column}") or "").strip() for column in _EXPECTED}
    if None in row or not any(cells.values()):
        raise TableInvalid(f"{name}, line {line}: expects nothing, or has more cells than the header: mend that line.")
    lat, lon, tolerance_m = _coordinate(name, line, cells["coordinate"])
    return Expectation(
        line=line,
        query=row.get("query") or "",
        lat=lat,
        lon=lon,
        tolerance_m=tolerance_m,
        parts={part: cells[part] for part in _PARTS if cells[part]},
        words={column: _words(name, line, column, cells[column]) for column in _WORDS},
    )


def _coordinate(name: str, line: int, cell: str) -> tuple[float | None, float | None, float]:
    if not cell:
        return None, None, 0.0
    try:
        lat, lon, tolerance_m = map(float, cell.split(","))
    except ValueError:
        lat = lon = tolerance_m = math.nan
    if not (abs(lat) <= 90 and abs(lon) <= 180 and 0 <= tolerance_m < math.inf):
        raise TableInvalid(f"{name}, line {line}: expected_coordinate is latitude,longitude,metres such as 59.81,18.95,50.")
    return lat, lon, tolerance_m


def _words(name: str, line: int, column: str, cell: str) -> frozenset[str]:
    words: Iterable[str] = filter(None, (word.strip() for word in cell.split("|")))
    found = frozenset(words)
    if unknown := found - _WORDS[column]:
        raise TableInvalid(
            f"{name}, line {line}: expected_{column} can't be {min(unknown)!r}: use {', '.join(sorted(_WORDS[column]))}."
        )
    return found

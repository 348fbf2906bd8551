"""The pieces of a pasted position: numbers with decimal points, sides, degree signs and gaps.

A text with any other word or sign is no position. Every pattern is a plain sequence of character classes: linear time.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from coverage_check.errors import InvalidInput

MAX_GROUPED = 13  # digits of a northing and an easting in groups of three, with nothing between them


class Kind(Enum):
    """What a piece is."""

    NUMBER = auto()
    SIDE = auto()
    DEGREE = auto()
    MARK = auto()
    GAP = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a position; a number has a decimal point, a side is one of n, s, e, w, lat, lon, x, y."""

    kind: Kind
    text: str


_SIDES = {
    side: side_of
    for side_of, sides in {
        "n": "n nord norr north nordlig northing",
        "s": "s syd söder south",
        "e": "e ö o ost öst öster east ostlig östlig easting",
        "w": "w v väst väster west",
        "lat": "lat latitud latitude breddgrad",
        "lon": "lon long lng longitud longitude längdgrad",
        "x": "x",
        "y": "y",
    }.items()
    for side in sides.split()
}
"""V is west and Ö is east; O is the older Ost, as in German."""

_SILENT = frozenset(["position", "pos", "koordinat", "koordinater", "gps", "coordinates", "och", "and", "m"])
_DEGREES = frozenset(["°", "º", "˚", "grad", "grader", "deg", "degrees"])

_PIECE = re.compile(
    r"(?P<number>(?:(?<!\w)[+-])?(?:\d+(?:[.,]\d+)*|(?:nan|inf|infinity)(?![^\W_])))"
    r"|(?P<word>[^\W\d_]+)|(?P<degree>[°º˚])|(?P<mark>['′’´`\"″”“:=])|(?P<gap>[,;/|()\[\]{}&\n])|(?P<other>\S)"
)
_LABEL = re.compile(
    r"(?P<local>sweref ?-?99 ?-?(?P<zone>\d\d[ .:]?\d\d)(?!\d))|(?P<tm>sweref ?-?99 ?-?tm)|(?P<geodetic>sweref ?-?99)"
    r"|rt ?-?90(?: (?P<gon>[0257](?:[.,]5)?) ?gon(?: ?(?P<side>[vöo])(?!\w))?(?: 0 ?: ?-15(?!\d))?)?"
    r"|(?<!\w)(?P<utm>utm(?: ?zone?)? ?(?P<strip>\d\d)(?: ?[n-x](?![^\W\d_]))?)"
    r"|(?P<wgs>wgs ?-?84)|epsg ?:? ?(?P<epsg>\d{4,5})"
)
_LOCAL_ZONES = dict(
    zip(
        "1200 1330 1500 1630 1800 1415 1545 1715 1845 2015 2145 2315".split(),  # noqa: SIM905 - a table in the order of EPSG
        range(3007, 3019),
        strict=True,
    )
)
"""Central meridians in degrees and minutes → EPSG codes of SWEREF 99's local zones."""

_RT90_ZONES = {"7.5v": 3019, "5v": 3020, "2.5v": 3021, "0": 3022, "2.5ö": 3023, "5ö": 3024}
_KNOWN_CODES = {3006, *_LOCAL_ZONES.values(), *_RT90_ZONES.values()}


def system_label(folded: str) -> tuple[str, str]:
    """Take the name of a coordinate system out of a casefolded text: (``EPSG:3006`` or nothing, the rest).

    Raises
    ------
    InvalidInput
        The system named isn't one of Sweden's, nor WGS 84.
    """
    match = _LABEL.search(folded)
    if match is None:
        return "", folded
    rest = f"{folded[: match.start()]} {folded[match.end() :]}"
    code = _code(match)
    if code == 4326:
        return "EPSG:4326", rest
    if code in _KNOWN_CODES:
        return f"EPSG:{code}", rest
    raise InvalidInput("The named coordinate system isn't known here: give WGS 84, SWEREF 99 or RT 90.")


def _code(match: re.Match[str]) -> int | None:
    """Give the EPSG code of a label."""
    if match["epsg"]:
        return int(match["epsg"])
    if match["wgs"]:
        return 4326
    if match["local"]:
        return _LOCAL_ZONES.get("".join(char for char in match["zone"] if char.isdecimal()))
    if match["utm"]:
        return 3006 if match["strip"] == "33" else None  # SWEREF 99 TM is UTM zone 33 within a metre
    if match["tm"] or match["geodetic"]:
        return 3006
    gon = (match["gon"] or "2.5").replace(",", ".")
    side = "" if gon == "0" else (match["side"] or "v").replace("o", "ö")
    return _RT90_ZONES.get(gon + side)


def pieces(folded: str) -> list[Piece] | None:
    """Take a casefolded text apart; None if anything in it is no piece of a position."""
    matches = list(_PIECE.finditer(folded))
    lone = sum(match["number"] is not None for match in matches) == 1
    found: list[Piece] = []
    for match in matches:
        if match["number"]:
            numbers = _decimals(match["number"], lone=lone)
            if numbers is None:
                return None
            found += [piece for number in numbers for piece in (Piece(Kind.GAP, ","), Piece(Kind.NUMBER, number))][1:]
        elif match["degree"] or match["word"] in _DEGREES:
            found.append(Piece(Kind.DEGREE, "°"))
        elif match["mark"]:
            found += [Piece(Kind.MARK, "'")] if match["mark"] not in ":=" else []
        elif match["gap"]:
            found.append(Piece(Kind.GAP, ","))
        elif match["word"] in _SIDES:
            found.append(Piece(Kind.SIDE, _SIDES[match["word"]]))
        elif match["other"] or match["word"] not in _SILENT:
            return None
    return found


def _decimals(chunk: str, *, lone: bool) -> list[str] | None:
    """Tell decimal commas from separating ones: ``59,82`` is one number unless it is the whole text."""
    parts = chunk.split(",")
    if "." in chunk or (len(parts) == 2 and lone):
        numbers = parts
    elif len(parts) in {1, 2, 4}:
        numbers = [".".join(parts[at : at + 2]) for at in range(0, len(parts), 2)]
    else:
        return None
    return numbers if all(number.count(".") <= 1 for number in numbers) else None


def grouped(found: Sequence[Piece]) -> list[str]:
    """Give the numbers with groups of three digits joined: ``6 637 967``."""
    numbers: list[str] = []
    last = Piece(Kind.GAP, "")
    for piece in found:
        if piece.kind is Kind.NUMBER:
            group = len(piece.text.partition(".")[0]) == 3 and piece.text[0].isdecimal()
            if group and last.kind is Kind.NUMBER and last.text.lstrip("-+").isdecimal() and len(last.text) <= 3:
                numbers[-1] += piece.text
            else:
                numbers.append(piece.text)
        last = piece
    if len(numbers) == 1 and len(numbers[0].partition(".")[0]) == MAX_GROUPED:
        return [numbers[0][:7], numbers[0][7:]]
    return numbers

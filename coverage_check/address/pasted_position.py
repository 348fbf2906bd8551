"""Positions as people paste them: decimal degrees, degrees and minutes, SWEREF 99 and RT 90.

Any other word in the text makes it an address, unless a pair of decimal degrees stands among the words. Two whole numbers
alone are degrees only where they lie in one of the countries asked about: 60, 19 is somewhere within 56 km.
The digits given are an uncertainty: half a unit of the last one. A minute of latitude is a nautical mile, so a degree is
111,120 m. What was typed is kept; a latitude and longitude that look swapped are remarked on, never mended.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from coverage_check.address.position_pieces import Kind, Piece, grouped, pieces, system_label
from coverage_check.address.query import Coordinates
from coverage_check.errors import InvalidInput
from coverage_check.location import METRES_A_DEGREE, require_position

WGS84 = "EPSG:4326"
SWEREF99TM = "EPSG:3006"
RT90 = "EPSG:3021"

_NORTHING = (6_100_000, 7_700_000)
_EASTING = {SWEREF99TM: (250_000, 950_000), RT90: (1_200_000, 1_900_000)}
_EASTING |= {f"EPSG:{code}": (0, 350_000) for code in range(3007, 3019)}  # SWEREF 99's local zones: 150,000 ± half of Sweden
_EASTING |= {f"EPSG:{code}": (1_100_000, 1_900_000) for code in range(3019, 3025)}  # RT 90's six zones
_PAIR_AMONG_WORDS = re.compile(r"(?<![\w.,+°'′-])-?\d{1,3}[.,]\d{2,17}°?(?:[,;] ?| )-?\d{1,3}[.,]\d{2,17}(?!\w|[.,]\d)")
_WHOLE = re.compile(r"[(\[ ]*([1-9]\d)(?:[,;/]? |[;/])([1-9]\d)[)\] ]*")
_HEIGHT = re.compile(r"(?<=\d)[,;] \d{1,4} ?m$")  # 59.82, 18.95, 12 m as telephones write it
SWAPPED = "Latitude and longitude look swapped: ask for the position again."


class Box(NamedTuple):
    """The sides of a country, degrees."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, *, lat: float, lon: float) -> bool:
        """Whether a position lies inside."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


SWEDEN = Box(south=54.9, west=10.5, north=69.2, east=24.3)


@dataclass(slots=True)
class _Axis:
    """One of the two numbers, as degrees with minutes and seconds."""

    side: str = ""
    numbers: list[str] = field(default_factory=list)
    marked: bool = False
    closed: bool = False

    @property
    def precise(self) -> bool:
        """Whether it can't be a mere number: it has decimals or degree signs, or isn't finite."""
        return self.marked or not self.numbers[-1].lstrip("+-").isdecimal()


def read_position(text: str, *, given: str, boxes: Sequence[Box] = (SWEDEN,)) -> Coordinates | None:
    """Understand a cleaned text as a position; None if it isn't one.

    Raises
    ------
    InvalidInput
        It is one, but no such place exists: not finite, a latitude of 95, a northing outside its system.
    """
    system, rest = system_label(text.casefold())
    rest = _HEIGHT.sub("", rest.rstrip())
    found = pieces(rest)
    if found is None:
        found = _among_words(rest)
    if found is None or not any(piece.kind is Kind.NUMBER for piece in found):
        return None
    if system != WGS84 and (metric := _metric(found, system, given)):
        return metric
    axes = _axes(found)
    if len(axes) != 2 or not all(1 <= len(axis.numbers) <= 3 for axis in axes):
        return None
    if not (any(axis.precise for axis in axes) or all(axis.side for axis in axes) or _whole_degrees(rest, boxes)):
        return None
    (lat, half_lat), (lon, half_lon) = (_degrees(axis) for axis in _latitude_first(axes))
    return at_degrees(given=given, lat=lat, lon=lon, half_degrees=(half_lat, half_lon), boxes=boxes)


def _whole_degrees(text: str, boxes: Sequence[Box]) -> bool:
    """Whether two whole numbers are degrees of a country's own, in either order; 59,18 may be one number, so it is none."""
    pair = _WHOLE.fullmatch(text)
    if pair is None:
        return False
    one, other = float(pair[1]), float(pair[2])
    return any(box.holds(lat=one, lon=other) or box.holds(lat=other, lon=one) for box in boxes)


def _among_words(text: str) -> list[Piece] | None:
    """Find a pair of decimal degrees in a text with other words, unless one of them may be a side: ``18.42 V``."""
    pair = _PAIR_AMONG_WORDS.search(text)
    if pair is None:
        return None
    others = re.findall(r"[^\W\d_]+", f"{text[: pair.start()]} {text[pair.end() :]}")
    return None if any(len(word) == 1 and word != "m" for word in others) else pieces(pair[0])


def at_degrees(
    *, given: str, lat: float, lon: float, half_degrees: tuple[float, float], boxes: Sequence[Box] = (SWEDEN,)
) -> Coordinates:
    """Make WGS 84 coordinates whose last digits leave `half_degrees` open, in latitude and in longitude."""
    require_position(lat=lat, lon=lon)
    half_lat, half_lon = half_degrees
    halfwidth_m = METRES_A_DEGREE * max(half_lat, half_lon * math.cos(math.radians(lat)))
    swapped = any(box.holds(lat=lon, lon=lat) for box in boxes) and not any(box.holds(lat=lat, lon=lon) for box in boxes)
    remark = SWAPPED if swapped else ""
    return Coordinates(given=given, crs=WGS84, x=lon, y=lat, halfwidth_m=halfwidth_m, remark=remark)


def half_unit(number: str) -> float:
    """Give half a unit of the last digit of a number with a decimal point."""
    return 0.5 * 10.0 ** -len(number.partition(".")[2])


# Metres ---------------------------------------------------------------------------------------------------------------


def _metric(found: Sequence[Piece], system: str, given: str) -> Coordinates | None:
    """Read a northing and an easting; which is which shows in their size."""
    numbers = grouped(found)
    if len(numbers) != 2 or not all(abs(float(number)) >= 10_000 for number in numbers):
        return None
    first, second = numbers
    northing, easting = (first, second) if float(first) > float(second) else (second, first)
    known = [system] if system else [SWEREF99TM, RT90]
    crs = next((crs for crs in known if _holds(crs, float(northing), float(easting))), None)
    if crs is None:
        if system:
            raise InvalidInput("This northing and easting don't lie in the named system: check its name and the digits.")
        return None
    letters = [piece.text for piece in found if piece.kind is Kind.SIDE and piece.text in {"n", "e"}]
    if len(letters) == 2 and (letters[0] == "n") != (northing is first):
        raise InvalidInput("The northing and the easting look swapped: check which is which.")
    halfwidth_m = max(half_unit(northing), half_unit(easting))
    return Coordinates(given=given, crs=crs, x=float(easting), y=float(northing), halfwidth_m=halfwidth_m)


def _holds(crs: str, northing: float, easting: float) -> bool:
    low, high = _EASTING[crs]
    return _NORTHING[0] <= northing <= _NORTHING[1] and low <= easting <= high


# Degrees --------------------------------------------------------------------------------------------------------------


def _axes(found: Sequence[Piece]) -> list[_Axis]:
    """Divide the pieces between latitude and longitude, in the order given."""
    first = next((at for at, piece in enumerate(found) if piece.kind is Kind.NUMBER), len(found))
    header = [piece.text for piece in found[:first] if piece.kind is Kind.SIDE]
    if len(header) != 2:
        return _divided(found)
    axes = _divided(found[first:])  # "lat, lon: 59.82, 18.95"
    for axis, side in zip(axes, header, strict=False):
        axis.side = axis.side or side
    return axes


def _divided(found: Sequence[Piece]) -> list[_Axis]:
    """Begin an axis at a letter, after a gap and before a number with a degree sign; failing that halve the numbers."""
    axes: list[_Axis] = []
    for at, piece in enumerate(found):
        last = axes[-1] if axes else _Axis(closed=True)
        if piece.kind is Kind.NUMBER:
            degrees_follow = at + 1 < len(found) and found[at + 1].kind is Kind.DEGREE
            if last.closed or (last.numbers and degrees_follow):
                axes.append(_Axis())
            axes[-1].numbers.append(piece.text)
        elif piece.kind is Kind.SIDE:
            _add_side(axes, last, piece.text)
        elif piece.kind is Kind.GAP:
            last.closed = bool(last.numbers)
        else:
            last.marked = True
    if len(axes) == 1 and len(axes[0].numbers) % 2 == 0 and not axes[0].side:
        half = len(axes[0].numbers) // 2
        return [
            _Axis(numbers=numbers, marked=axes[0].marked) for numbers in (axes[0].numbers[:half], axes[0].numbers[half:])
        ]
    return axes


def _add_side(axes: list[_Axis], last: _Axis, side: str) -> None:
    """Put a letter where it belongs: after the numbers of an open axis, else before the next one's."""
    unlabelled = last.side in {"", "lat", "lon"}
    if last.closed or (last.numbers and not unlabelled) or (last.numbers and last.side and side in {"lat", "lon"}):
        axes.append(_Axis(side=side))
    elif unlabelled:
        last.side, last.closed = side, bool(last.numbers)


def _latitude_first(axes: Sequence[_Axis]) -> Sequence[_Axis]:
    """Order the two axes by their sides; latitude comes first if neither has one."""
    first, second = (axis.side in _LONGITUDES if axis.side else None for axis in axes)
    if first is not None and first == second:
        raise InvalidInput("The position names the same direction twice: give one latitude and one longitude.")
    return axes[::-1] if first or second is False else axes


_LONGITUDES = {"e", "w", "lon", "x"}


def _degrees(axis: _Axis) -> tuple[float, float]:
    """Give the value of an axis in degrees, and half a unit of its last digit."""
    values = [float(number) for number in axis.numbers]
    if any(not 0 <= value < 60 for value in values[1:]) or any("." in number for number in axis.numbers[:-1]):
        raise InvalidInput(
            "Minutes and seconds lie between 0 and 60, and only the last number has decimals: check the position."
        )
    value = sum(abs(part) / 60**power for power, part in enumerate(values))
    negative = axis.numbers[0].startswith("-")
    if negative and axis.side in {"s", "w"}:
        raise InvalidInput("The position has a minus sign and a letter for south or west: give one of them.")
    half = half_unit(axis.numbers[-1]) / 60 ** (len(values) - 1)
    return (-value if negative or axis.side in {"s", "w"} else value), half

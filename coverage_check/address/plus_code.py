"""Plus codes (Open Location Code): a place as a small rectangle of degrees.

After the published specification: pairs of base-20 digits for latitude and longitude, then a grid of 4 by 5 a digit. A short
code lacks its first digits and means the nearest place with that ending to one that must be known.
"""

from dataclasses import dataclass

from coverage_check.errors import InvalidInput

DIGITS = "23456789CFGHJMPQRVWX"
_PAIRS = 5
_COLUMNS, _ROWS = 4, 5
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The rectangle that a code names: its centre and half its sides, degrees."""

    lat: float
    lon: float
    half_lat: float
    half_lon: float


def is_full(code: str) -> bool:
    """Whether an upper-case text is a whole code: ``9FFWRXC2+22``, or padded ``9FFW0000+``."""
    before, plus, after = code.partition("+")
    digits = before.rstrip("0")
    padded = len(digits) < 8
    return (
        bool(plus)
        and len(before) == 8
        and len(digits) in {2, 4, 6, 8}
        and not (padded and after)
        and _are_digits(digits + after)
        and len(after) != 1  # pairs come whole
        and DIGITS.index(digits[0]) < 9
        and DIGITS.index(digits[1]) < 18
    )


def is_short(code: str) -> bool:
    """Whether an upper-case text is a code without its first digits: ``RXC2+22``."""
    before, plus, after = code.partition("+")
    return bool(plus) and len(before) in {2, 4, 6} and len(after) >= 2 and _are_digits(before + after)


def _are_digits(text: str) -> bool:
    return all(char in DIGITS for char in text)


def decode(code: str) -> Area:
    """Give the area of a whole code.

    Raises
    ------
    InvalidInput
        The code is not whole.
    """
    if not is_full(code):
        raise InvalidInput("This is not a whole Plus code: give all its digits, such as 9FFWRXC2+22.")
    return _area(code.replace("+", "").rstrip("0"))


def nearest(code: str, *, lat: float, lon: float) -> Area:
    """Give the area of a short code that lies nearest to a position in WGS 84 degrees.

    Raises
    ------
    InvalidInput
        The code is not short.
    """
    if not is_short(code):
        raise InvalidInput("This is not a short Plus code: give it as it stands on the map, such as RXC2+22.")
    missing = (8 - code.index("+")) // 2
    step = 20.0 ** (2 - missing)
    area = _area(_leading_digits(lat=lat, lon=lon, pairs=missing) + code.replace("+", ""))
    up = _shift(area.lat, lat, step) if abs(area.lat + _shift(area.lat, lat, step)) <= 90 else 0.0
    east = _shift(area.lon, lon, step)
    return Area(lat=area.lat + up, lon=(area.lon + east + 180) % 360 - 180, half_lat=area.half_lat, half_lon=area.half_lon)


def _area(digits: str) -> Area:
    """Add the digits up, south-west corner first."""
    south, west, height, width = -90.0, -180.0, 400.0, 400.0
    for at in range(0, min(len(digits), 2 * _PAIRS), 2):
        height, width = height / 20, width / 20
        south += DIGITS.index(digits[at]) * height
        west += DIGITS.index(digits[at + 1]) * width
    for digit in digits[2 * _PAIRS : _MAX_DIGITS]:
        row, column = divmod(DIGITS.index(digit), _COLUMNS)
        height, width = height / _ROWS, width / _COLUMNS
        south += row * height
        west += column * width
    return Area(lat=south + height / 2, lon=west + width / 2, half_lat=height / 2, half_lon=width / 2)


def _leading_digits(*, lat: float, lon: float, pairs: int) -> str:
    """Give the first digits of the codes around a position."""
    north, east, size, digits = min(lat, 89.999999) + 90, (lon + 180) % 360, 20.0, ""
    for _ in range(pairs):
        digits += DIGITS[int(north // size)] + DIGITS[int(east // size)]
        north, east, size = north % size, east % size, size / 20
    return digits


def _shift(found: float, wanted: float, step: float) -> float:
    """Move by one step if the neighbour is nearer."""
    if found - wanted > step / 2:
        return -step
    return step if wanted - found > step / 2 else 0.0

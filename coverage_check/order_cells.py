"""What a cell of an order says: a day, a word, a position, an address. A fault names the column, never what stands in it."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from coverage_check.errors import InvalidInput
from coverage_check.location import ErrorModel, Location
from coverage_check.technology import PlaceOfUse, Receiver

Names = Mapping[str, str]
"""Canonical name → what the table calls the column."""

POSITION = ("lat", "lon")
PLACE = ("address", "postcode", "town")

_PLACES = {"inomhus": "indoors", "utomhus": "outdoors", "bil": "vehicle", "i bil": "vehicle", "fordon": "vehicle"}
_RECEIVERS = {
    "telefon": "handset",
    "mobil": "handset",
    "router": "indoor_router",
    "inomhusrouter": "indoor_router",
    "antenn": "outdoor_antenna",
    "utomhusantenn": "outdoor_antenna",
}
_WORDS: Mapping[str, tuple[type[PlaceOfUse | Receiver], Mapping[str, str]]] = {
    "place_of_use": (PlaceOfUse, _PLACES),
    "receiver": (Receiver, _RECEIVERS),
}


class NoValue(str):
    """A spreadsheet's cell that shows an error, such as #REF!, or a formula that was saved without its result.

    Its text is the error's, or empty. To whoever copies it, it is that text; to whoever reads it, a fault.
    """

    __slots__ = ()


def no_value(columns: Sequence[str], names: Names) -> InvalidInput:
    """Give the fault of cells without a value."""
    message = "the cell holds a spreadsheet error or a formula without its value: mend it, and save the table in Excel."
    return InvalidInput(f"{where(columns, names)}{message}")


_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_DAY_NUMBER = re.compile(r"[0-9]{5}([.,][0-9]+)?")


def where(columns: Sequence[str], names: Names) -> str:
    """Begin a fault with the columns that it lies in, by the table's own names; never with what stands in them."""
    known = [repr(names[name]) for name in columns if name in names]
    return f"column{'s' if len(known) > 1 else ''} {' and '.join(known)}: " if known else ""


def date_of(text: str | None, names: Names) -> date | None:
    """Read a day as `read_day` does."""
    try:
        return read_day(text)
    except InvalidInput as error:
        raise InvalidInput(f"{where(['date'], names)}{error}") from None


def no_day(names: Names) -> InvalidInput:
    """Give the fault of a sale that says no day."""
    message = "The row has no day of sale: fill it in, or give --on for all that lack it."
    return InvalidInput(f"{where(['date'], names)}{message}")


def read_day(value: object) -> date | None:
    """Read 2025-11-01, with or without a time of day; None for nothing.

    Raises
    ------
    InvalidInput
        Any other text: 01/11/2025 could be two days, so it is none.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise InvalidInput(_no_date(text)) from None


def _no_date(text: str) -> str:
    """Say what is wrong with a text that is no day."""
    if _DAY_NUMBER.fullmatch(text):
        return "This is a spreadsheet's number of a day: format the column as a date, so that it shows 2025-11-01."
    if (day := _ISO_DAY.match(text)) and not _exists(day[0]):
        return "There is no such day: check its year, month and day."
    return "A date must be written as 2025-11-01: other orders of day and month can't be told apart."


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def word_of(name: str, cells: Mapping[str, str], names: Names) -> str | None:
    """Read the word of a canonical column, Swedish or English."""
    kind, swedish = _WORDS[name]
    text = cells.get(name)
    if not text:
        return None
    said = swedish.get(text.casefold(), text)
    if said not in list(kind):
        raise InvalidInput(f"{where([name], names)}this is no {name}: use one of {', '.join((*kind, *swedish))}.")
    return said


def position_of(lat: str, lon: str, names: Names, errors: ErrorModel | None) -> Location | None:
    """Read a position; decimal commas are Swedish. Half a position is a fault, not an address."""
    if not lat and not lon:
        return None
    if not (lat and lon):
        message = "The row's lat and lon must both be numbers in degrees, or both empty."
        raise InvalidInput(f"{where(POSITION, names)}{message}")
    try:
        return Location.written(lat=lat, lon=lon, errors=errors)
    except InvalidInput as error:
        raise InvalidInput(f"{where(POSITION, names)}{error}") from None


def product_of(code: str | None, names: Names) -> str:
    """Require a product's code."""
    if not code:
        message = "The row names no product: fill it in, or give --product."
        raise InvalidInput(f"{where(['product'], names)}{message}")
    return code


def address_of(cells: Mapping[str, str], names: Names) -> str:
    """Put the parts of an address together: street, postcode and town."""
    last = " ".join(part for part in (cells.get("postcode", ""), cells.get("town", "")) if part)
    address = ", ".join(part for part in (cells.get("address", ""), last) if part)
    if not address:
        message = "The row has no address and no position: fill one in."
        raise InvalidInput(f"{where((*PLACE, *POSITION), names)}{message}")
    return address

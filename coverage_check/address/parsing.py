"""The one door for text: clean it, then ask each reader in turn whether it understands."""

import unicodedata
from collections.abc import Sequence

from coverage_check.address import plus_code
from coverage_check.address.map_link import read_link
from coverage_check.address.pasted_position import SWEDEN, Box, read_position
from coverage_check.address.postal_address import read_postal
from coverage_check.address.query import Address, PlusCode, Query
from coverage_check.errors import InvalidInput

MAX_CHARACTERS = 512
"""Longer texts are refused: no address is longer, and the worst case stays small."""

_LINES = "\n\r\x0b\x0c\x85\u2028\u2029"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


def parse(text: str, *, boxes: Sequence[Box] = (SWEDEN,)) -> Query:
    """Understand what a customer said about a place.

    Case, NFC or NFD, runs of spaces and commas never change what is understood. A lone name (``Vätö``) is the `street`,
    and a register tries it as a place too; with a postcode (``760 21 Vätö``) it is a place.

    Parameters
    ----------
    boxes
        The countries where the place may be. A position outside them all that lies inside one when latitude and longitude
        change places gets a remark; it is never mended.

    Raises
    ------
    InvalidInput
        The text is empty, has no letter or digit, has more than 512 characters, or bytes that are no UTF-8; or it is a
        position that doesn't exist.
    """
    if not isinstance(text, str):
        raise InvalidInput("An address must be a text, such as 'Harg 12, 760 21 Vätö'.")
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"The address has {len(text)} characters: give at most {MAX_CHARACTERS}.")
    if any(unicodedata.category(char) == "Cs" for char in text):  # half a character: bytes of another encoding
        raise InvalidInput("The address holds bytes that are no UTF-8: give it in UTF-8.")
    cleaned = _cleaned(text)
    if not any(char.isalnum() for char in cleaned):
        raise InvalidInput("The address is empty: give a street or village with its number, or a position.")
    return (
        read_link(cleaned, given=text, boxes=boxes)
        or _plus_code(cleaned, given=text)
        or read_position(cleaned, given=text, boxes=boxes)
        or read_postal(cleaned, given=text)
    )


def _plus_code(cleaned: str, *, given: str) -> PlusCode | None:
    """Find a Plus code among the words; the other words are the place that a short one refers to."""
    for word in cleaned.upper().split():
        code = word.strip(",;.()")
        if "+" in code and plus_code.is_full(code):
            return PlusCode(given=given, code=code)
        if "+" in code and plus_code.is_short(code) and not code.replace("+", "").isdecimal():  # 22+24 are two houses
            rest = read_postal(cleaned.upper().replace(word, ",", 1), given=given)
            names = (rest.street, *rest.places) if isinstance(rest, Address) else ()
            return PlusCode(given=given, code=code, place=", ".join(name for name in names if name))
    return None


def _cleaned(text: str) -> str:
    """Give the text in NFC with plain spaces, dashes, digits and line ends; what can't be seen is gone."""
    seen = "".join(_plain(char) for char in unicodedata.normalize("NFC", text))
    lines = unicodedata.normalize("NFC", seen).split("\n")  # an unseen sign may have kept a letter from its dots
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


def _plain(char: str) -> str:
    """Give what one character stands for."""
    if char in _LINES:
        return "\n"
    if char in _DASHES:
        return "-"
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    category = unicodedata.category(char)
    if category in {"Cf", "Cs", "Co", "Cn"}:
        return ""
    return " " if category in {"Cc", "Zs"} else char

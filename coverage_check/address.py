"""What the customer said: text → Address | Coordinates | PropertyDesignation | PlusCode.

`parse` understands the words; where the place lies is the geocoders' business.
"""

import unicodedata

from coverage_check.errors import InvalidInput
from coverage_check.postal_address import read_postal
from coverage_check.query import Address, Coordinates, PlusCode, PropertyDesignation, Query

__all__ = ["MAX_CHARACTERS", "Address", "Coordinates", "PlusCode", "PropertyDesignation", "Query", "parse"]

MAX_CHARACTERS = 512
"""Longer texts are refused: no address is longer, and the worst case stays small."""

_LINES = "\n\r\x0b\x0c\x85\u2028\u2029"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


def parse(text: str) -> Query:
    """Understand what a customer said about a place.

    Case, NFC or NFD, runs of spaces and commas never change what is understood. A lone name (``Vätö``) is the `street`,
    and a register tries it as a place too; with a postcode (``760 21 Vätö``) it is a place.

    Raises
    ------
    InvalidInput
        The text is empty, has no letter or digit, or more than 512 characters; or it is a position that doesn't exist.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"The address has {len(text)} characters: give at most {MAX_CHARACTERS}.")
    cleaned = _cleaned(text)
    if not any(char.isalnum() for char in cleaned):
        raise InvalidInput("The address is empty: give a street or village with its number, or a position.")
    return read_postal(cleaned, given=text)


def _cleaned(text: str) -> str:
    """Give the text in NFC with plain spaces, dashes, digits and line ends; what can't be seen is gone."""
    lines = "".join(_plain(char) for char in unicodedata.normalize("NFC", text)).split("\n")
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

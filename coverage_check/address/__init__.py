"""What the customer said: text → Address | Coordinates | PropertyDesignation | PlusCode.

`parse` understands the words; where the place lies is the geocoders' business.
"""

from coverage_check.address.parsing import MAX_CHARACTERS, parse
from coverage_check.address.pasted_position import SWEDEN, Box
from coverage_check.address.query import Address, Coordinates, PlusCode, PropertyDesignation, Query

__all__ = [
    "MAX_CHARACTERS",
    "SWEDEN",
    "Address",
    "Box",
    "Coordinates",
    "PlusCode",
    "PropertyDesignation",
    "Query",
    "parse",
]

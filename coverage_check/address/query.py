"""What a customer's words can mean: an address, a pasted position, a property designation or a Plus code.

`coverage_check.address.parse` makes them from text; where the place lies is the geocoders' business.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address, taken apart. Everything but the text as given may be empty.

    Names are in title case with abbreviations spelled out, so ``ÖSTRA STRANDV. 4`` and ``Östra Strandvägen 4`` are equal.

    Attributes
    ----------
    given
        The text as typed.
    street
        Street, village or farm: ``Vätövägen``, ``Harg``. Also a lone name, which may be a place as well.
    number
        House number without its letter; None if none was given.
    letter
        Suffix of the number, upper case: ``A``.
    postcode
        Digits only, as its country writes them: ``76021``.
    places
        Names that may be town, village or municipality, in the order given.
    box
        The number of a post-office box: it has no position.
    """

    kind: ClassVar[str] = "address"

    given: str
    street: str = ""
    number: int | None = None
    letter: str = ""
    postcode: str = ""
    places: tuple[str, ...] = ()
    box: str = ""

    @property
    def normalised(self) -> str:
        """The address in its usual form: ``Harg 12, 760 21 Vätö``."""
        number = "" if self.number is None else f"{self.number}{self.letter}"
        first = f"Box {self.box}" if self.box else f"{self.street} {number}".strip()
        swedish = len(self.postcode) == 5 and self.postcode.isdigit()
        postcode = f"{self.postcode[:3]} {self.postcode[3:]}" if swedish else self.postcode
        last = f"{postcode} {', '.join(self.places)}".strip()
        return ", ".join(part for part in (first, last) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinates:
    """A pasted position, in the system it was given in.

    Attributes
    ----------
    crs
        ``EPSG:4326`` (WGS 84), ``EPSG:3006`` (SWEREF 99 TM), ``EPSG:3021`` (RT 90 2.5 gon V) …
    x, y
        Longitude and latitude in degrees, or easting and northing in metres.
    halfwidth_m
        Half a unit of the last digit given, or the stated uncertainty, in metres: 59.82, 18.95 is ±555 m.
    remark
        What was noticed and must be said, such as a swapped latitude and longitude. Never silently mended.
    """

    kind: ClassVar[str] = "coordinates"

    given: str
    crs: str
    x: float
    y: float
    halfwidth_m: float
    remark: str = ""

    @property
    def normalised(self) -> str:
        """The position in one spelling."""
        if self.crs == "EPSG:4326":
            return f"{self.y:.6f}, {self.x:.6f}"
        return f"{self.crs} N {self.y:.0f} E {self.x:.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyDesignation:
    """A Swedish property designation (fastighetsbeteckning): ``Norrtälje Vätö-Harg 1:23``. Never a street.

    A town quarter (``Kv. Björnen 5``) has no block. The municipality is empty where none was named.
    """

    kind: ClassVar[str] = "property_designation"

    given: str
    municipality: str
    tract: str
    block: str
    unit: str

    @property
    def normalised(self) -> str:
        """The designation in its usual form."""
        number = f"{self.block}:{self.unit}" if self.block else self.unit
        return f"{self.municipality} {self.tract} {number}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlusCode:
    """An Open Location Code; a short one needs the place it refers to."""

    kind: ClassVar[str] = "plus_code"

    given: str
    code: str
    place: str = ""

    @property
    def normalised(self) -> str:
        """The code, and the place of a short one."""
        return f"{self.code} {self.place}".strip()


Query = Address | Coordinates | PropertyDesignation | PlusCode
"""What `coverage_check.address.parse` gives."""

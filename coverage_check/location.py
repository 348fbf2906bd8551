"""Where the customer probably is: never just a point.

A `Location` carries how it was found (level), how well it fits what was asked (match), how far off it may be (a spread with
median `cep50_m` and 95th percentile `cep95_m`), and every other place that it could have been (candidates).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from coverage_check.errors import InvalidInput


class LocationLevel(StrEnum):
    """What kind of thing was found, finest first."""

    COORDINATES = "coordinates"
    ENTRANCE = "entrance"
    BUILDING = "building"
    ADDRESS_POINT = "address_point"
    PARCEL = "parcel"
    ACCESS_POINT = "access_point"
    APPROXIMATE = "approximate"
    INTERPOLATED = "interpolated"
    STREET = "street"
    POSTCODE = "postcode"
    LOCALITY = "locality"
    MUNICIPALITY = "municipality"

    @property
    def coarse(self) -> bool:
        """Whether the whole 95 % region must agree before this level may say yes or no."""
        return self in _COARSE


_COARSE = {LocationLevel.STREET, LocationLevel.POSTCODE, LocationLevel.LOCALITY, LocationLevel.MUNICIPALITY}


class Match(StrEnum):
    """How well the found place is the one asked for."""

    EXACT = "exact"
    FUZZY = "fuzzy"
    PARTIAL = "partial"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Spread:
    """Radius of error: log-normal with this median and 95th percentile, metres."""

    cep50_m: float
    cep95_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One place that the address could mean.

    Attributes
    ----------
    label
        The register's own spelling.
    why
        All that disagrees with what was asked, in words; empty if nothing does. Two finds of one place are one candidate.
    """

    label: str
    lat: float
    lon: float
    level: LocationLevel
    match: Match
    cep50_m: float = 8.0
    cep95_m: float = 40.0
    why: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        require_position(lat=self.lat, lon=self.lon)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A found place with its doubt.

    Attributes
    ----------
    lat, lon
        WGS 84 degrees. For an ambiguous location those of the first candidate, which alone decides nothing.
    gross_error
        Probability that this is the wrong place altogether.
    source
        Who found it, and from which data: ``register:1a2b3c``.
    attribution
        What the source's licence asks to be shown.
    candidates
        All places that fit, best first; disagreement between them is ambiguity.
    remark
        What the customer should be asked about, such as a swapped latitude and longitude.
    """

    lat: float
    lon: float
    level: LocationLevel
    match: Match = Match.EXACT
    cep50_m: float
    cep95_m: float
    gross_error: float = 0.005
    source: str = ""
    attribution: str = ""
    candidates: tuple[Candidate, ...] = field(default=())
    remark: str = ""

    def __post_init__(self) -> None:
        require_position(lat=self.lat, lon=self.lon)
        if not 0 <= self.cep50_m <= self.cep95_m or not math.isfinite(self.cep95_m):
            message = f"cep50_m {self.cep50_m} and cep95_m {self.cep95_m} must be finite, not negative, and in that order."
            raise InvalidInput(message)
        if not 0 <= self.gross_error <= 1:
            raise InvalidInput(f"gross_error {self.gross_error} must lie between 0 and 1.")

    @property
    def kind(self) -> tuple[object, ...]:
        """All but where it is; locations of one kind differ in that alone."""
        return (
            *(self.level, self.match, self.cep50_m, self.cep95_m, self.gross_error),
            *(self.source, self.attribution, self.candidates, self.remark),
        )

    def as_recorded(self) -> "Location":
        """Round to what a decision records, a centimetre and a decimetre, so that it can be repeated from its record."""
        return replace(
            self,
            lat=round(self.lat, 7),
            lon=round(self.lon, 7),
            cep50_m=round(self.cep50_m, 1),
            cep95_m=round(self.cep95_m, 1),
        )

    @classmethod
    def at(cls, *, lat: float, lon: float, cep95_m: float = 15.0, source: str = "caller") -> "Location":
        """Make the location of a known position, 95 % surely within `cep95_m` metres.

        Raises
        ------
        InvalidInput
            A number is not finite, or no such latitude or longitude exists.
        """
        return cls(
            lat=lat,
            lon=lon,
            level=LocationLevel.COORDINATES,
            cep50_m=cep95_m / 3,
            cep95_m=cep95_m,
            source=source,
        )

    @classmethod
    def written(cls, *, lat: str, lon: str, source: str = "caller", errors: "ErrorModel | None" = None) -> "Location":
        """Make the location of a position as it was written: what its digits leave open is its error.

        59.82, 18.95 is somewhere within some 555 m. The finer of the two numbers counts, for spreadsheets drop the zeros at
        the end of one now and then. `errors` has the least error and the share of gross ones; None for the usual.

        Raises
        ------
        InvalidInput
            It is no number of degrees.
        """
        (lat_degrees, lat_decimals), (lon_degrees, lon_decimals) = _written(lat), _written(lon)
        require_position(lat=lat_degrees, lon=lon_degrees)
        errors = errors or _USUAL_ERRORS
        half_degree = float(f"5e{-max(lat_decimals, lon_decimals) - 1}")
        spread = errors.coordinates(half_degree * METRES_A_DEGREE)
        return cls(
            lat=lat_degrees,
            lon=lon_degrees,
            level=LocationLevel.COORDINATES,
            cep50_m=spread.cep50_m,
            cep95_m=spread.cep95_m,
            gross_error=errors.gross[Match.EXACT],
            source=source,
        )


METRES_A_DEGREE = 111_120.0
"""Of latitude: 60 nautical miles."""

PLAIN_DEGREES = re.compile(r"[+-]?[0-9]{1,3}\.[0-9]{1,15}")
"""Degrees as nearly everybody writes them, but for a decimal comma."""


def _written(text: str) -> tuple[float, int]:
    """Read a number of degrees in any form, NaN and infinity too, and how many decimals it has."""
    text = text.replace(",", ".")
    if PLAIN_DEGREES.fullmatch(text):
        return float(text), len(text) - text.index(".") - 1
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise InvalidInput("Latitude and longitude must be numbers in degrees, such as 59.81248.") from None
    exponent = number.as_tuple().exponent
    return float(number), -exponent if isinstance(exponent, int) else 0


def require_position(*, lat: float, lon: float) -> None:
    """Raise InvalidInput unless this is a position on Earth in degrees."""
    if not (math.isfinite(lat) and math.isfinite(lon)):
        raise InvalidInput("Latitude and longitude must be finite numbers: leave the position out if it is not known.")
    if abs(lat) > 90 or abs(lon) > 180:
        message = "Latitude lies within ±90 and longitude within ±180 degrees: check their order and their unit."
        raise InvalidInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorModel:
    """How far off a found place is, by level (urban and rural), and how often it is the wrong place, by match.

    Defaults, metres CEP50/CEP95 urban and rural: entrance, building and parcel from Cayo & Talbot 2003; access point from
    Zimmerman 2007 and Jones 2014; interpolated from Cayo & Talbot 2003 and Zimmerman 2007; address point measured on
    Liechtenstein's addresses (p50 2 m, p95 11 m, plus a margin); postcode from Bow 2004 (urban), an assumption (rural);
    approximate an assumption, and so is the least error of a pasted position, `coordinates_least_m`; street from its own
    addresses where the register has them. Rural when unknown. Gross errors: 0.5 % exact and 1.8 % fuzzy were measured;
    10 % partial or ambiguous is an assumption.
    """

    urban: Mapping[LocationLevel, Spread] = field(
        default_factory=lambda: {
            LocationLevel.ENTRANCE: Spread(5, 20),
            LocationLevel.BUILDING: Spread(5, 20),
            LocationLevel.ADDRESS_POINT: Spread(8, 40),
            LocationLevel.PARCEL: Spread(10, 40),
            LocationLevel.ACCESS_POINT: Spread(15, 60),
            LocationLevel.APPROXIMATE: Spread(100, 500),
            LocationLevel.INTERPOLATED: Spread(40, 155),
            LocationLevel.STREET: Spread(500, 3_000),
            LocationLevel.POSTCODE: Spread(200, 500),
        }
    )
    rural: Mapping[LocationLevel, Spread] = field(
        default_factory=lambda: {
            LocationLevel.ENTRANCE: Spread(8, 30),
            LocationLevel.BUILDING: Spread(8, 30),
            LocationLevel.ADDRESS_POINT: Spread(15, 100),
            LocationLevel.PARCEL: Spread(40, 195),
            LocationLevel.ACCESS_POINT: Spread(42, 200),
            LocationLevel.APPROXIMATE: Spread(250, 1_000),
            LocationLevel.INTERPOLATED: Spread(168, 2_900),
            LocationLevel.STREET: Spread(500, 3_000),
            LocationLevel.POSTCODE: Spread(3_000, 10_000),
        }
    )
    coordinates_least_m: float = 5.0
    gross: Mapping[Match, float] = field(
        default_factory=lambda: {
            Match.EXACT: 0.005,
            Match.FUZZY: 0.02,
            Match.PARTIAL: 0.10,
            Match.AMBIGUOUS: 0.10,
        }
    )

    def spread(self, level: LocationLevel, *, urban: bool = False) -> Spread:
        """Give the spread of a level that has one; places and coordinates bring their own."""
        return (self.urban if urban else self.rural)[level]

    def coordinates(self, halfwidth_m: float) -> Spread:
        """Give the spread of a pasted position: half its last digit or the least, and three times that."""
        half = max(halfwidth_m, self.coordinates_least_m)
        return Spread(half, 3 * half)


_USUAL_ERRORS = ErrorModel()

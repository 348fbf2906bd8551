"""What geocoding servers return, in one form whatever the server."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from coverage_check.address import Address
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.geocoders.spelling import key
from coverage_check.location import LocationLevel

_SAME_STREET_M = 500
"""Pieces of a street of one name that are nearer than this are one street [A]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """A bounding box, WGS 84 degrees."""

    south: float
    west: float
    north: float
    east: float

    def joined(self, other: "Extent") -> "Extent":
        """Give the box around both."""
        return Extent(
            south=min(self.south, other.south),
            west=min(self.west, other.west),
            north=max(self.north, other.north),
            east=max(self.east, other.east),
        )

    def reach_m(self, *, lat: float, lon: float) -> float:
        """Give the distance from a position to the farthest corner, metres."""
        corners = ((y, x) for y in (self.south, self.north) for x in (self.west, self.east))
        return max(distance_m(lat=lat, lon=lon, to_lat=y, to_lon=x) for y, x in corners)

    def gap_m(self, other: "Extent") -> float:
        """Give the distance between two boxes, metres; 0 if they touch."""
        north = max(0.0, self.south - other.north, other.south - self.north)
        east = max(0.0, self.west - other.east, other.west - self.east)
        return distance_m(lat=self.south, lon=self.west, to_lat=self.south + north, to_lon=self.west + east)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One place that a server returned.

    Attributes
    ----------
    level
        What the server says that it found.
    street
        The street; empty for a house in a village, whose name stands in `places`.
    number
        House number as written: ``12``, ``8 B``, ``12-14``.
    places
        Names of village, town, district, municipality that it lies in, smallest first.
    town
        The one of them that a letter would name; empty for the first.
    name
        Its own name, for a street or place.
    country
        ISO 3166 code; empty if not told.
    extent
        How far a street or place reaches, if told.
    """

    lat: float
    lon: float
    level: LocationLevel
    street: str = ""
    number: str = ""
    postcode: str = ""
    places: tuple[str, ...] = ()
    town: str = ""
    name: str = ""
    country: str = ""
    extent: Extent | None = None

    @property
    def is_place(self) -> bool:
        """Whether it is a postcode, village, town or municipality: coarser than a street."""
        return self.level.coarse and self.level is not LocationLevel.STREET

    @property
    def label(self) -> str:
        """The place in the usual form of an address."""
        if self.is_place:
            names = () if self.level is LocationLevel.POSTCODE else (self.name,)
            return Address(given="", postcode=self.postcode, places=names).normalised
        otherwise = self.name if self.level is LocationLevel.STREET else next(iter(self.places), "")
        street = self.street or otherwise
        towns = [place for place in (self.town, *self.places) if place not in {street, ""}]
        return Address(
            given="", street=f"{street} {self.number}".strip(), postcode=self.postcode, places=tuple(towns[:1])
        ).normalised


def join_streets(answers: Iterable[Returned]) -> list[Returned]:
    """Join the pieces of each street into one: maps cut them at every crossing.

    Pieces are of one street if they have the same name and lie near each other; the first gives its words.
    """
    joined: list[Returned] = []
    for answer in answers:
        at = next((i for i, street in enumerate(joined) if _one_street(street, answer)), None)
        if at is None:
            joined.append(answer)
        else:
            joined[at] = _join(joined[at], answer)
    return joined


def _one_street(street: Returned, piece: Returned) -> bool:
    if not (street.level is piece.level is LocationLevel.STREET and street.extent and piece.extent):
        return False
    same = key(street.street or street.name) == key(piece.street or piece.name)
    return same and street.extent.gap_m(piece.extent) <= _SAME_STREET_M


def _join(street: Returned, piece: Returned) -> Returned:
    if street.extent is None or piece.extent is None:
        return street
    extent = street.extent.joined(piece.extent)
    return replace(
        street,
        lat=(extent.south + extent.north) / 2,
        lon=(extent.west + extent.east) / 2,
        extent=extent,
        postcode=street.postcode if street.postcode == piece.postcode else "",
    )

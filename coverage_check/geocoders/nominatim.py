"""Nominatim: a geocoder over OpenStreetMap, one's own or the public one.

The public server's policy is built in: one question a second for the whole machine, a contact in the User-Agent, no batches,
and the attribution in every result (https://operations.osmfoundation.org/policies/nominatim/). A server of one's own has no
such limits.
"""

from collections.abc import Iterator
from pathlib import Path

from coverage_check.errors import InvalidInput
from coverage_check.geocoders._http import host_of
from coverage_check.geocoders.client import Client
from coverage_check.geocoders.limits import Limits
from coverage_check.geocoders.pace import Pace
from coverage_check.geocoders.returned import Extent, Returned
from coverage_check.geocoders.shape import Shape
from coverage_check.location import ErrorModel, LocationLevel

PUBLIC_HOST = "nominatim.openstreetmap.org"
ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0 (https://www.openstreetmap.org/copyright)"

_LIMIT = 40
"""The most that a server gives by default: one more place that fits is one more doubt."""

_STREETS = ("road", "square", "pedestrian", "footway", "path")
_PLACES = (
    "place",
    "isolated_dwelling",
    "croft",
    "farm",
    "hamlet",
    "locality",
    "neighbourhood",
    "quarter",
    "suburb",
    "islet",
    "island",
    "village",
    "borough",
    "city_district",
    "town",
    "city",
    "municipality",
)
"""Parts of an address, smallest first."""

_NO_PLACES = ("house_number", *_STREETS, "postcode", "county", "state", "region", "country")
"""Parts that no town is called by: nobody tells two streets apart by their county."""

_TOWNS = ("village", "town", "city")
_POINT = 28
_AREAS = ((26, LocationLevel.STREET), (16, LocationLevel.LOCALITY), (13, LocationLevel.MUNICIPALITY))
"""Nominatim's address ranks: 28 and more are houses and points, below 13 lie counties and countries."""


class Nominatim(Client):
    """Asks a Nominatim server: ``http://localhost:8080``, without ``/search``.

    Parameters
    ----------
    contact
        E-mail or web address of who asks; the public server requires it.
    pace_folder
        Where processes that ask the public server queue; None for the machine's temporary folder.

    Raises
    ------
    InvalidInput
        No server's url, or the public server without a contact.
    """

    kind = "nominatim"
    attribution = ATTRIBUTION

    def __init__(
        self,
        url: str,
        *,
        country: str = "se",
        contact: str = "",
        limits: Limits | None = None,
        errors: ErrorModel | None = None,
        pace_folder: Path | None = None,
    ) -> None:
        self._public = host_of(url).partition(":")[0] == PUBLIC_HOST
        if self._public and not contact:
            raise InvalidInput("The public Nominatim requires a contact: put an e-mail or web address into the config.")
        self._pace_folder = pace_folder
        super().__init__(url, country=country, contact=contact, limits=limits, errors=errors)

    @property
    def batches(self) -> bool:
        """Whether many addresses may be asked in a row: not of the public server."""
        return not self._public

    def status(self) -> str:
        """Tell the server's version and the age of its data.

        Raises
        ------
        GeocoderUnavailable
            One of its kinds.
        """
        told = self._server.get("status", {"format": "json"}, ends=self._server.ends()).table()
        return f"Nominatim {told.text('software_version')}, data of {told.text('data_updated') or 'an unknown day'}"

    def _pace(self) -> Pace | None:
        return Pace("nominatim-public", interval_s=1.0, folder=self._pace_folder) if self._public else None

    def _search(self, text: str, ends: float) -> Iterator[Returned]:
        params: dict[str, str | int] = {"q": text, "format": "jsonv2", "addressdetails": 1, "limit": _LIMIT}
        params["countrycodes"] = self._country
        for row in self._server.get("search", params, ends=ends).tables():
            if (answer := _read(row)) is not None:
                yield answer


def _read(row: Shape) -> Returned | None:
    """Read one result; None for a place that no address leads to."""
    level = _level(row)
    if level is None:
        return None
    address = row.table("address")
    south, north, west, east = row.numbers("boundingbox", 4)
    return Returned(
        lat=row.number("lat"),
        lon=row.number("lon"),
        level=level,
        street=next(filter(None, map(address.text, _STREETS)), ""),
        number=address.text("house_number") if not level.coarse else "",
        postcode=address.text("postcode"),
        places=_places(row, address),
        town=next(filter(None, map(address.text, _TOWNS)), ""),
        name=row.text("name"),
        country=address.text("country_code"),
        extent=Extent(south=south, north=north, west=west, east=east) if level.coarse else None,
    )


def _places(row: Shape, address: Shape) -> tuple[str, ...]:
    """Give the names of the places around, smallest first.

    Of two villages, one in the other, `address` has the smaller alone; `display_name` has both.
    """
    others = {row.text("name"), *map(address.text, _NO_PLACES)}
    shown = (part.strip() for part in row.text("display_name").split(","))
    named = (*map(address.text, _PLACES), *(part for part in shown if part not in others))
    return tuple(dict.fromkeys(filter(None, named)))


def _level(row: Shape) -> LocationLevel | None:
    """Tell what was found, by Nominatim's rank."""
    rank = row.number("place_rank")
    if row.text("type") == "postcode":
        return LocationLevel.POSTCODE
    if rank >= _POINT:
        return _house_level(row) if row.table("address").text("house_number") else None
    return next((level for least, level in _AREAS if rank >= least), None)


def _house_level(row: Shape) -> LocationLevel:
    category = row.text("category")
    # A house without a node or building of its own lies somewhere on a line from one number to another.
    if row.text("osm_type") == "way" and category == "place":
        return LocationLevel.INTERPOLATED
    return LocationLevel.BUILDING if category == "building" else LocationLevel.ADDRESS_POINT

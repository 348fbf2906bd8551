"""Photon: a forgiving geocoder over OpenStreetMap, one's own.

Photon answers a misspelt name with the most prominent that looks alike; comparing tells which of them was asked for.
"""

from collections.abc import Iterator

from coverage_check.address import Query
from coverage_check.geocoders.answers import Judge
from coverage_check.geocoders.limits import Limits
from coverage_check.geocoders.nominatim import ATTRIBUTION
from coverage_check.geocoders.returned import Extent, Returned
from coverage_check.geocoders.server import Server
from coverage_check.geocoders.shape import Shape
from coverage_check.location import ErrorModel, Location, LocationLevel

_LIMIT = 40
_LEVELS = {
    "street": LocationLevel.STREET,
    "locality": LocationLevel.LOCALITY,
    "district": LocationLevel.LOCALITY,
    "city": LocationLevel.LOCALITY,
    "county": LocationLevel.MUNICIPALITY,
}
"""`type` of a result; state and country are too coarse to be an answer."""

_PLACES = ("locality", "district", "city", "county")


class Photon:
    """Asks a Photon server. A `Geocoder`.

    Parameters
    ----------
    url
        The server, without ``/api``: ``http://localhost:2322``.
    country
        ISO 3166 code of the country to search.
    contact
        E-mail or web address of who asks, for servers that others run.
    limits
        Deadline and cap of an answer; the deadline holds for all that one address needs.
    errors
        How far off a found place is, by its level.

    Raises
    ------
    InvalidInput
        No server's url.
    """

    attribution = ATTRIBUTION
    batches = True

    def __init__(
        self,
        url: str,
        *,
        country: str = "se",
        contact: str = "",
        limits: Limits | None = None,
        errors: ErrorModel | None = None,
    ) -> None:
        self._country = country.lower()
        self._server = Server(url, limits=limits, contact=contact)
        self._judge = Judge(country=self._country, host=self._server.host, errors=errors or ErrorModel())

    @property
    def id(self) -> str:
        """Provenance: the server."""
        return f"photon:{self._server.host}"

    def status(self) -> str:
        """Tell the age of the server's data; raises as `locate` does."""
        told = self._server.get("status", {}, ends=self._server.ends()).table()
        return f"Photon, data of {told.text('import_date') or 'an unknown day'}"

    def locate(self, query: Query) -> Location:
        """Find the places that an address may mean; the errors are those of `Nominatim.locate`."""
        ends = self._server.ends()
        return self._judge.locate(query, lambda text: self._search(text, ends), source=self.id, attribution=self.attribution)

    def _search(self, text: str, ends: float) -> Iterator[Returned]:
        params: dict[str, str | int] = {"q": text, "limit": _LIMIT, "dedupe": 0, "countrycode": self._country.upper()}
        for feature in self._server.get("api", params, ends=ends).table().tables("features"):
            if (answer := _read(feature)) is not None:
                yield answer


def _read(feature: Shape) -> Returned | None:
    """Read one result; None for a place that no address leads to."""
    told = feature.table("properties")
    number = told.text("housenumber")
    level = _house_level(told) if number else _LEVELS.get(told.text("type"))
    if told.text("osm_value") == "postcode":
        level = LocationLevel.POSTCODE
    if level is None:
        return None
    lon, lat = feature.table("geometry").numbers("coordinates", 2)
    return Returned(
        lat=lat,
        lon=lon,
        level=level,
        street=told.text("street"),
        number=number,
        postcode=told.text("postcode"),
        places=tuple(dict.fromkeys(filter(None, map(told.text, _PLACES)))),
        town=told.text("city"),
        name=told.text("name"),
        country=told.text("countrycode").lower(),
        extent=_extent(told) if level.coarse else None,
    )


def _house_level(told: Shape) -> LocationLevel:
    # As in Nominatim, which fills Photon: a house without a node or building of its own lies on a line of numbers.
    if told.text("osm_type") == "W" and told.text("osm_key") == "place":
        return LocationLevel.INTERPOLATED
    return LocationLevel.BUILDING if told.text("osm_key") == "building" else LocationLevel.ADDRESS_POINT


def _extent(told: Shape) -> Extent | None:
    """Read west, north, east, south."""
    if not told.has("extent"):
        return None
    west, north, east, south = told.numbers("extent", 4)
    return Extent(south=min(south, north), west=west, north=max(south, north), east=east)

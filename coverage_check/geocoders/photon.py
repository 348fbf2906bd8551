"""Photon: a forgiving geocoder over OpenStreetMap, one's own.

Photon answers a misspelt name with the most prominent that looks alike; comparing tells which of them was asked for.
"""

from collections.abc import Iterator

from coverage_check.geocoders.client import Client
from coverage_check.geocoders.nominatim import ATTRIBUTION
from coverage_check.geocoders.returned import Extent, Returned
from coverage_check.geocoders.shape import Shape
from coverage_check.location import LocationLevel

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


class Photon(Client):
    """Asks a Photon server: ``http://localhost:2322``, without ``/api``; the parameters are those of `Client`."""

    kind = "photon"
    attribution = ATTRIBUTION

    def status(self) -> str:
        """Tell the age of the server's data; raises as `locate` does."""
        told = self._server.get("status", {}, ends=self._server.ends()).table()
        return f"Photon, data of {told.text('import_date') or 'an unknown day'}"

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

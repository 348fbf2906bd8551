"""Pelias: a geocoder over open data, one's own or hosted."""

from collections.abc import Iterator

from coverage_check.geocoders.client import Client
from coverage_check.geocoders.limits import Limits
from coverage_check.geocoders.returned import Extent, Returned
from coverage_check.geocoders.server import secret
from coverage_check.geocoders.shape import Shape
from coverage_check.location import ErrorModel, LocationLevel

KEY_VARIABLE = "COVERAGE_CHECK_PELIAS_KEY"

_LIMIT = 40
_LEVELS = {
    "address": LocationLevel.ADDRESS_POINT,
    "venue": LocationLevel.ADDRESS_POINT,
    "street": LocationLevel.STREET,
    "postalcode": LocationLevel.POSTCODE,
    "neighbourhood": LocationLevel.LOCALITY,
    "borough": LocationLevel.LOCALITY,
    "locality": LocationLevel.LOCALITY,
    "localadmin": LocationLevel.MUNICIPALITY,
    "county": LocationLevel.MUNICIPALITY,
}
"""`layer` of a result; regions and countries are too coarse to be an answer. A Swedish municipality is a county there."""

_PLACES = ("neighbourhood", "borough", "locality", "localadmin", "county")
_ALPHA3 = {
    "AUT": "at",
    "CHE": "ch",
    "DEU": "de",
    "DNK": "dk",
    "EST": "ee",
    "FIN": "fi",
    "FRO": "fo",
    "ISL": "is",
    "LIE": "li",
    "LTU": "lt",
    "LVA": "lv",
    "NLD": "nl",
    "NOR": "no",
    "POL": "pl",
    "SWE": "se",
}


class Pelias(Client):
    """Asks a Pelias server: ``http://localhost:4000``, without ``/v1``. Its key, if it needs one, is in the environment.

    Parameters
    ----------
    attribution
        What the server's data ask to be shown; Pelias mixes OpenStreetMap, OpenAddresses, Who's On First and others.
    key_variable
        Name of the environment variable with the key.
    """

    kind = "pelias"

    def __init__(  # noqa: PLR0913 - a server has as many settings as it has
        self,
        url: str,
        *,
        country: str = "se",
        contact: str = "",
        attribution: str = "© OpenStreetMap contributors, OpenAddresses, Who's On First, GeoNames (via Pelias)",
        key_variable: str = KEY_VARIABLE,
        limits: Limits | None = None,
        errors: ErrorModel | None = None,
    ) -> None:
        super().__init__(url, country=country, contact=contact, limits=limits, errors=errors)
        self.attribution = attribution
        self._key = secret(key_variable)

    def _search(self, text: str, ends: float) -> Iterator[Returned]:
        params: dict[str, str | int] = {"text": text, "size": _LIMIT, "boundary.country": self._country}
        if self._key:
            params["api_key"] = self._key
        for feature in self._server.get("v1/search", params, ends=ends).table().tables("features"):
            if (answer := _read(feature)) is not None:
                yield answer


def _read(feature: Shape) -> Returned | None:
    """Read one result; None for a place that no address leads to."""
    told = feature.table("properties")
    layer, number = told.text("layer"), told.text("housenumber")
    level = _LEVELS.get(layer)
    if level is LocationLevel.ADDRESS_POINT:
        if not number:
            return None
        if told.text("match_type") == "interpolated":
            level = LocationLevel.INTERPOLATED
        elif told.text("accuracy") == "centroid":
            level = LocationLevel.APPROXIMATE
    if level is None:
        return None
    lon, lat = feature.table("geometry").numbers("coordinates", 2)
    alpha3 = told.text("country_a")
    return Returned(
        lat=lat,
        lon=lon,
        level=level,
        street=told.text("street"),
        number=number if not level.coarse else "",
        postcode=told.text("postalcode"),
        places=tuple(dict.fromkeys(filter(None, map(told.text, _PLACES)))),
        town=told.text("locality"),
        name=told.text("name"),
        country=told.text("country_code").lower() or _ALPHA3.get(alpha3, alpha3.lower()),
        extent=_extent(feature) if level.coarse else None,
    )


def _extent(feature: Shape) -> Extent | None:
    """Read west, south, east, north."""
    if not feature.has("bbox"):
        return None
    west, south, east, north = feature.numbers("bbox", 4)
    return Extent(south=south, west=west, north=north, east=east)

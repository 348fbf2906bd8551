"""Lantmäteriet Belägenhetsadress Direkt: the register of Sweden's addresses, asked over the network.

A free text gives references, and the references give the addresses with their positions in SWEREF 99 TM. An agreement with
Lantmäteriet comes with a user and a password (Basic), or a key and a secret (OAuth 2 client credentials).
"""

import base64
import threading
import time
from collections.abc import Iterator, Mapping

from coverage_check.errors import InvalidInput
from coverage_check.geocoders.client import Client
from coverage_check.geocoders.limits import Limits
from coverage_check.geocoders.returned import Returned
from coverage_check.geocoders.server import Server, secret
from coverage_check.geocoders.shape import Shape
from coverage_check.location import ErrorModel, LocationLevel

URL = "https://api.lantmateriet.se/distribution/produkter/belagenhetsadress/v4.2"
TOKEN_URL = "https://apimanager.lantmateriet.se/oauth2/token"  # noqa: S105 - an address, no token
USER_VARIABLE, PASSWORD_VARIABLE = "COVERAGE_CHECK_LANTMATERIET_USER", "COVERAGE_CHECK_LANTMATERIET_PASSWORD"
KEY_VARIABLE, SECRET_VARIABLE = "COVERAGE_CHECK_LANTMATERIET_KEY", "COVERAGE_CHECK_LANTMATERIET_SECRET"

_LIMIT = 30
_EARLY_S = 30.0
"""A token is renewed this long before it expires."""

_LEVELS = {
    "byggnad": LocationLevel.BUILDING,
    "ingång": LocationLevel.ENTRANCE,
    "infart": LocationLevel.ACCESS_POINT,
    "tomtplats": LocationLevel.PARCEL,
    "ungefärligt lägesbestämd": LocationLevel.APPROXIMATE,
    "övrigt läge": LocationLevel.APPROXIMATE,
}
"""`insamlingslage`: where the surveyor stood."""


class Lantmateriet(Client):
    """Asks Lantmäteriet's address service. User and password, or key and secret, come from the environment.

    Parameters
    ----------
    municipality_codes
        Four-digit codes to search in, such as ``0188``; empty for the whole country.
    url, token_url
        The service, and where OAuth 2 tokens are given out.

    Raises
    ------
    InvalidInput
        No server's url, a municipality's code that is none, or no credentials in the environment.
    """

    kind = "lantmateriet"
    attribution = "© Lantmäteriet, Belägenhetsadress Direkt"

    def __init__(
        self,
        *,
        municipality_codes: tuple[str, ...] = (),
        url: str = URL,
        token_url: str = TOKEN_URL,
        limits: Limits | None = None,
        errors: ErrorModel | None = None,
    ) -> None:
        if any(len(code) != 4 or not code.isdecimal() for code in municipality_codes):
            raise InvalidInput("A municipality's code has four digits, such as 0188.")
        super().__init__(url, country="se", limits=limits, errors=errors)
        self._codes = municipality_codes or ("",)
        self._access = _Access(token_url, limits)

    @property
    def scope(self) -> str:
        """Where is searched: the municipalities' codes."""
        return " ".join(self._codes)

    def _search(self, text: str, ends: float) -> Iterator[Returned]:
        headers = self._access.headers(ends)
        ids: dict[str, None] = {}
        for code in self._codes:
            params: dict[str, str | int] = {"adress": text.replace(",", ""), "status": "Gällande", "maxHits": _LIMIT}
            if code:
                params["kommunkod"] = code
            found = self._server.get("referens/fritext", params, ends=ends, headers=headers)
            ids.update(dict.fromkeys(row.text("objektidentitet") for row in found.tables()))
        if ids:
            told = self._server.post(
                "", list(ids), {"includeData": "basinformation", "srid": "3006"}, ends=ends, headers=headers
            )
            yield from map(_read, told.table().tables("features"))


class _Access:
    """What proves to the service who asks."""

    def __init__(self, token_url: str, limits: Limits | None) -> None:
        user, password = secret(USER_VARIABLE), secret(PASSWORD_VARIABLE)
        key, key_secret = secret(KEY_VARIABLE), secret(SECRET_VARIABLE)
        if not ((user and password) or (key and key_secret)):
            raise InvalidInput(
                f"Lantmäteriet's service needs credentials: set {USER_VARIABLE} and {PASSWORD_VARIABLE}, or {KEY_VARIABLE} "
                f"and {SECRET_VARIABLE}, in the environment."
            )
        self._direct = bool(user and password)
        self._basic = _basic(user, password) if self._direct else _basic(key, key_secret)
        self._tokens = Server(token_url, limits=limits)
        self._lock = threading.Lock()
        self._token = ""
        self._expires = 0.0

    def headers(self, ends: float) -> Mapping[str, str]:
        """Give the header of the next question; fetches a token where one is needed."""
        if self._direct:
            return {"Authorization": self._basic}
        with self._lock:
            if not self._token or time.monotonic() > self._expires:
                form = {"grant_type": "client_credentials"}
                told = self._tokens.post_form(form, ends=ends, headers={"Authorization": self._basic}).table()
                self._token = told.text("access_token")
                self._expires = time.monotonic() + told.number("expires_in") - _EARLY_S
            return {"Authorization": f"Bearer {self._token}"}


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _read(feature: Shape) -> Returned:
    """Read one address; a farm (gårdsadressområde) stands for the street, and its village for a place."""
    told = feature.table("properties")
    farm = told.table("gardsadressomrade")
    area = farm.table("adressomrade") if farm.has("adressomrade") else told.table("adressomrade")
    place = told.table("adressplatsattribut")
    sign = place.table("adressplatsbeteckning")
    district = area.table("kommundel")
    east, north = feature.table("geometry").numbers("coordinates", 2)
    lat, lon = _degrees(east, north)
    survey = place.text("insamlingslage").lower()
    village = area.text("faststalltNamn")
    names = [village] if farm.text("faststalltNamn") else []
    names += [place.text("postort"), district.text("faststalltNamn"), district.text("kommun")]
    return Returned(
        lat=lat,
        lon=lon,
        level=_LEVELS.get(survey, LocationLevel.APPROXIMATE) if survey else LocationLevel.ADDRESS_POINT,
        street=farm.text("faststalltNamn") or village,
        number=f"{sign.text('adressplatsnummer')}{sign.text('bokstavstillagg')}",
        postcode=place.text("postnummer"),
        places=tuple(dict.fromkeys(name for name in names if name)),
        town=place.text("postort"),
        country="se",
    )


def _degrees(east: float, north: float) -> tuple[float, float]:
    """Give latitude and longitude of a SWEREF 99 TM position."""
    from pyproj import Transformer  # noqa: PLC0415 - slow to import, and only this service needs it

    lon, lat = Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True).transform(east, north)
    return lat, lon

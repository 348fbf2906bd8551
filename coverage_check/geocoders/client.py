"""What the clients of geocoding servers share: a country, one deadline for all that an address needs, and the judging."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from coverage_check.address import Query
from coverage_check.geocoders.answers import Judge
from coverage_check.geocoders.limits import Limits
from coverage_check.geocoders.pace import Pace
from coverage_check.geocoders.returned import Returned
from coverage_check.geocoders.server import Server
from coverage_check.location import ErrorModel, Location


class Client(ABC):
    """Asks one server. A `Geocoder`; each service is a small class that puts the question and reads the answer.

    Parameters
    ----------
    url
        The server, without the path of its search.
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

    kind: ClassVar[str]
    attribution: str = ""

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
        self._server = Server(url, limits=limits, contact=contact, pace=self._pace())
        self._judge = Judge(country=self._country, host=self._server.host, errors=errors or ErrorModel())

    @property
    def id(self) -> str:
        """Provenance: the server."""
        return f"{self.kind}:{self._server.host}"

    @property
    def scope(self) -> str:
        """Where is searched: a cache keeps the answers apart."""
        return self._country

    @property
    def batches(self) -> bool:
        """Whether many addresses may be asked in a row."""
        return True

    def locate(self, query: Query) -> Location:
        """Find the places that an address may mean.

        Raises
        ------
        AddressNotFound
            The server knows nothing that fits.
        NoStreetPosition, PropertyDesignationUnsupported
            A box, a property designation.
        GeocoderUnavailable
            One of its kinds.
        InvalidInput
            A pasted position or Plus code: `geocoders.position` is for these.
        """
        ends = self._server.ends()
        return self._judge.locate(query, lambda text: self._search(text, ends), source=self.id, attribution=self.attribution)

    def _pace(self) -> Pace | None:
        """Give the queue to wait in, if the server asks for one."""
        return None

    @abstractmethod
    def _search(self, text: str, ends: float) -> Iterator[Returned]:
        """Ask the server with a text, and read what it returns."""

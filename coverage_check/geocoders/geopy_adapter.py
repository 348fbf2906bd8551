"""Any geocoder of geopy, with its answers compared like all others.

geopy knows dozens of services, and tells of an answer only its text and position. So nothing here is finer than
`approximate`, and whatever its text doesn't say counts as not found. geopy asks the network by itself: its
timeouts bound a read, not a call.
"""

from collections.abc import Iterator
from typing import Any

from coverage_check.address import Address, Query, parse
from coverage_check.errors import (
    GeocoderAnswerInvalid,
    GeocoderRateLimited,
    GeocoderRefused,
    GeocoderUnavailable,
    InvalidInput,
    MissingExtra,
)
from coverage_check.geocoders.answers import Judge
from coverage_check.geocoders.returned import Returned
from coverage_check.location import ErrorModel, Location, LocationLevel


class GeopyAdapter:
    """Makes a `Geocoder` of a geopy geocoder.

    Parameters
    ----------
    geopy_geocoder
        An instance of one of `geopy.geocoders`, with its own key and user agent.
    name
        What to call it in provenance: the service.
    country
        ISO 3166 code; a position outside of it is a bad answer.
    attribution
        What the service asks to be shown.
    timeout_s
        Seconds that geopy waits for each read.
    batches
        Whether the service allows many addresses in a row.

    Raises
    ------
    MissingExtra
        geopy is not installed.
    """

    def __init__(  # noqa: PLR0913 - what geopy doesn't know must be said
        self,
        geopy_geocoder: Any,
        *,
        name: str,
        country: str = "se",
        attribution: str = "",
        timeout_s: float = 10.0,
        batches: bool = False,
        errors: ErrorModel | None = None,
    ) -> None:
        try:
            import geopy.exc  # noqa: PLC0415 - an extra
        except ImportError:
            raise MissingExtra("geopy is not installed: pip install 'mobile-coverage-check[geopy]'.") from None
        self._faults = geopy.exc
        self._geocoder = geopy_geocoder
        self._timeout_s = timeout_s
        self._judge = Judge(country=country.lower(), host=name, errors=errors or ErrorModel())
        self.id = f"geopy:{name}"
        self.attribution = attribution
        self.batches = batches

    def locate(self, query: Query) -> Location:
        """Find the places that an address may mean; the errors are those of `Client.locate`."""
        return self._judge.locate(query, self._search, source=self.id, attribution=self.attribution)

    def _search(self, text: str) -> Iterator[Returned]:
        faults, name = self._faults, self._judge.host
        try:
            found = self._geocoder.geocode(text, exactly_one=False, timeout=self._timeout_s) or []
        except (faults.GeocoderRateLimited, faults.GeocoderQuotaExceeded):
            raise GeocoderRateLimited(f"The geocoder {name} asks for fewer questions: wait, or renew the quota.") from None
        except (faults.GeocoderAuthenticationFailure, faults.GeocoderInsufficientPrivileges, faults.ConfigurationError):
            raise GeocoderRefused(f"The geocoder {name} refuses this client or its key: check both.") from None
        except (faults.GeocoderParseError, faults.GeocoderQueryError):
            raise GeocoderAnswerInvalid(
                f"The geocoder {name} and geopy don't understand each other: update geopy."
            ) from None
        except faults.GeopyError:
            raise GeocoderUnavailable(f"The geocoder {name} did not answer: try later.") from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # geopy takes any answer for granted
            raise GeocoderAnswerInvalid(
                f"The geocoder {name} answered something that geopy can't read: check its url and version."
            ) from None
        for place in found:
            if (answer := _read(place)) is not None:
                yield answer


def _read(place: Any) -> Returned | None:
    """Understand the text of an answer as if a customer had said it; None if it has no street."""
    try:
        said = parse(str(place.address))
    except InvalidInput:
        return None
    if not isinstance(said, Address) or not said.street:
        return None
    return Returned(
        lat=float(place.latitude),
        lon=float(place.longitude),
        level=LocationLevel.STREET if said.number is None else LocationLevel.APPROXIMATE,
        street=said.street,
        number="" if said.number is None else f"{said.number}{said.letter}",
        postcode=said.postcode,
        places=said.places,
    )

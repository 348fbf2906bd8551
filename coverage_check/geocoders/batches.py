"""Which geocoder a batch of orders may use: no cache unless asked for, and never a public server."""

from coverage_check.address import Query
from coverage_check.errors import BatchRefused
from coverage_check.geocoders.answers import require_address
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.cached import Cached
from coverage_check.geocoders.chain import Chain
from coverage_check.location import Location


def for_batch(geocoder: Geocoder) -> Geocoder:
    """Give the geocoder to use for many addresses in a row.

    What asks a public server whose policy forbids batches becomes one that refuses each address with BatchRefused.
    """
    if isinstance(geocoder, Cached):
        inner = for_batch(geocoder.geocoder)
        return geocoder.over(inner) if geocoder.for_batches else inner
    if isinstance(geocoder, Chain):
        return geocoder.over([for_batch(part) for part in geocoder.geocoders])
    if not getattr(geocoder, "batches", True):
        return Refusing(geocoder)
    return geocoder


class Refusing:
    """Stands for a server that may not be asked for many addresses in a row. A `Geocoder`."""

    def __init__(self, geocoder: Geocoder) -> None:
        self._geocoder = geocoder

    @property
    def id(self) -> str:
        """Provenance: the server's."""
        return self._geocoder.id

    @property
    def attribution(self) -> str:
        """What the server asks to be shown."""
        return self._geocoder.attribution

    def locate(self, query: Query) -> Location:
        """Refuse what may have a position.

        Raises
        ------
        NoStreetPosition, PropertyDesignationUnsupported
            A box, a property designation: the server wouldn't have been asked.
        BatchRefused
            Anything else.
        """
        require_address(query)
        raise BatchRefused(
            f"The geocoder {self.id} answers no batches: use an address register or a server of your own, or give positions."
        )

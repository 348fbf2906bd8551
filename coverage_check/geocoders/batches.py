"""Which geocoder a batch of orders may use: no cache unless asked for, and never a public server."""

from coverage_check.errors import InvalidInput
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.cached import Cached
from coverage_check.geocoders.chain import Chain


def for_batch(geocoder: Geocoder) -> Geocoder:
    """Give the geocoder to use for many addresses in a row.

    Raises
    ------
    InvalidInput
        It asks a public server, whose policy forbids batches.
    """
    if isinstance(geocoder, Cached):
        inner = for_batch(geocoder.geocoder)
        return geocoder if geocoder.for_batches else inner
    if isinstance(geocoder, Chain):
        return geocoder.over([for_batch(part) for part in geocoder.geocoders])
    if not getattr(geocoder, "batches", True):
        raise InvalidInput(
            "The public Nominatim answers no batches: use an address register or a server of your own (docs/geocoding.md)."
        )
    return geocoder

"""How an address was found: what was understood, what each source said, and what came of it."""

from dataclasses import dataclass, replace

from coverage_check.address import Query
from coverage_check.errors import LocateError
from coverage_check.geocoders.base import Geocoder, Said
from coverage_check.geocoders.cached import Cached
from coverage_check.geocoders.chain import Chain
from coverage_check.geocoders.register import Register
from coverage_check.location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One look for a place, in the open.

    Attributes
    ----------
    query
        What was understood of the customer's words.
    said
        What each source said, in the order in which they were asked; empty for a pasted position.
    location
        The answer, or None with the `error` that says why.
    """

    query: Query
    said: tuple[Said, ...] = ()
    location: Location | None = None
    error: LocateError | None = None


def explain(geocoder: Geocoder, query: Query) -> Explanation:
    """Look for an address as `geocoder.locate` does, keeping what each source says. A cache is passed by."""
    if isinstance(geocoder, Cached):
        return explain(geocoder.geocoder, query)
    if not isinstance(geocoder, Chain):
        said = _ask(geocoder, query)
        return Explanation(query=query, said=(said,), location=said.location, error=said.error)
    heard: list[Said] = []
    try:
        abouts = {source.id: _about(source) for source in geocoder.geocoders}
        heard = [replace(said, about=abouts[said.source]) for said in geocoder.ask(query)]
        return Explanation(query=query, said=tuple(heard), location=geocoder.conclude(heard))
    except LocateError as error:
        return Explanation(query=query, said=tuple(heard), error=error)


def _ask(geocoder: Geocoder, query: Query) -> Said:
    try:
        return Said(source=geocoder.id, about=_about(geocoder), location=geocoder.locate(query))
    except LocateError as error:
        return Said(source=geocoder.id, about=_about(geocoder), error=error)


def _about(geocoder: Geocoder) -> str:
    return geocoder.info.text if isinstance(geocoder, Register) else ""

"""What every geocoder is: a named source that turns what the customer said into a location with its doubt."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from coverage_check.address import Query
from coverage_check.errors import LocateError
from coverage_check.location import Location


@runtime_checkable
class Geocoder(Protocol):
    """One source of locations. Register, servers and chains of them all look like this.

    Attributes
    ----------
    id
        Provenance, stable for the same data: ``register:`` and the first 12 digits of the content's hash.
    attribution
        What the source's licence asks to be shown; empty if nothing.
    """

    @property
    def id(self) -> str:
        """Where the answers come from."""

    @property
    def attribution(self) -> str:
        """What must be shown beside them."""

    def locate(self, query: Query) -> Location:
        """Find the places that fit, all of them in `Location.candidates`, best first.

        Raises
        ------
        LocateError
            One of its kinds: not found, a box, a property designation, or the source is down.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one source said of an address: a location, or the error that says why there is none.

    `about` tells where a register comes from: source, day, licence, hash.
    """

    source: str
    about: str = ""
    location: Location | None = None
    error: LocateError | None = None

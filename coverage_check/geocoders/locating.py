"""From what a customer said to where it is: positions by themselves, addresses by the geocoder."""

from pathlib import Path
from typing import Self

from coverage_check.address import Coordinates, PlusCode, Query, parse
from coverage_check.config import LocatingConfig, read_locating
from coverage_check.errors import GeocoderMissing, LocateError
from coverage_check.geocoders import position
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.batches import for_batch
from coverage_check.geocoders.configured import open_geocoder
from coverage_check.geocoders.explanation import Explanation, explain
from coverage_check.location import ErrorModel, Location


class Locator:
    """Finds places, with the doubt about them.

    It needs neither coverage nor products::

        Locator.from_config("coverage-check.toml").locate("Harg 12, 760 21 Vätö").level

    Parameters
    ----------
    geocoder
        Turns addresses into locations; without one only positions are found.
    errors
        How far off a position may be.
    """

    def __init__(self, geocoder: Geocoder | None = None, errors: ErrorModel | None = None) -> None:
        self.geocoder = geocoder
        self.errors = errors or ErrorModel()

    @classmethod
    def from_config(cls, config: str | Path | LocatingConfig = "coverage-check.toml") -> Self:
        """Make the locator that the [geocoder] and [errors] of a coverage-check.toml describe; the rest isn't looked at.

        Raises
        ------
        MissingFile, DeclarationError, RegisterInvalid, FileRefused
            Something that these name is missing or can't be trusted.
        """
        config = config if isinstance(config, LocatingConfig) else read_locating(config)
        return cls(open_geocoder(config), config.errors)

    def for_batches(self) -> "Locator":
        """Give the locator for many addresses in a row: without a cache, unless that is meant for batches.

        A public server whose policy forbids batches is asked nothing: each address that needs it raises BatchRefused.
        """
        return Locator(None if self.geocoder is None else for_batch(self.geocoder), self.errors)

    def locate(self, text: str) -> Location:
        """Find where an address may be, with every candidate and the doubt.

        Raises
        ------
        InvalidInput
            The text is empty, or longer than any address.
        LocateError
            It could not be found; the class says why.
        """
        return self.find(parse(text))

    def explain(self, text: str) -> Explanation:
        """Find where an address may be as `locate` does, and tell what was understood and what each source said.

        Raises
        ------
        InvalidInput
            The text is empty, or longer than any address.
        """
        query = parse(text)
        try:
            if self.geocoder is not None and not isinstance(query, Coordinates | PlusCode):
                return explain(self.geocoder, query)
            return Explanation(query=query, location=self.find(query))
        except LocateError as error:
            return Explanation(query=query, error=error)

    def find(self, query: Query) -> Location:
        """Find what was understood; raises LocateError as `locate` does."""
        if isinstance(query, Coordinates):
            return position.locate(query, self.errors)
        if isinstance(query, PlusCode):
            near = self.find(parse(query.place)) if query.place else None
            return position.locate(query, self.errors, near=near)
        if self.geocoder is None:
            raise GeocoderMissing("No geocoder is configured: add [geocoder] to the config, or give a position.")
        return self.geocoder.locate(query)

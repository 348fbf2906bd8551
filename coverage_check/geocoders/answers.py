"""From what a server returned to one location: everything that fits, and the doubt."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from coverage_check.address import Address, PropertyDesignation, Query
from coverage_check.errors import (
    AddressNotFound,
    GeocoderAnswerInvalid,
    InvalidInput,
    NoStreetPosition,
    PropertyDesignationUnsupported,
)
from coverage_check.geocoders.comparison import Flaws, compare, compare_elsewhere
from coverage_check.geocoders.countries import lies_in
from coverage_check.geocoders.found import CONTRADICTED, MORE_EDITS, STREET_MISSING, Hit
from coverage_check.geocoders.matching import settle
from coverage_check.geocoders.returned import Returned, join_streets
from coverage_check.geocoders.spelling import place_key
from coverage_check.location import Candidate, ErrorModel, Location, LocationLevel, Match, Spread

_MATCHES = (Match.EXACT, Match.FUZZY, Match.PARTIAL)
_MOST_ELSEWHERE = 5
"""A house of a name that is rarer than this may be meant though postcode or town is another, as in the register [A]."""


def require_address(query: Query) -> Address:
    """Give the query if it is an address that may have a position.

    Raises
    ------
    NoStreetPosition, PropertyDesignationUnsupported
        A box, a property designation.
    InvalidInput
        A pasted position or Plus code: `geocoders.position` is for these.
    """
    if isinstance(query, PropertyDesignation):
        message = "Property designations need a parcel source: ask for the street address or the position instead."
        raise PropertyDesignationUnsupported(message)
    if not isinstance(query, Address):
        raise InvalidInput("A geocoder finds addresses only: locate a pasted position as a position.")
    if query.box and query.number is None:
        raise NoStreetPosition("A box has no position: ask for the address where the product will be used.")
    return query


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Turns a server's answers into a location.

    Attributes
    ----------
    country
        ISO 3166 code, lower case: what lies elsewhere is no answer.
    host
        Who answered, for messages.
    errors
        How far off a found place is, by its level.
    """

    country: str
    host: str
    errors: ErrorModel

    def locate(
        self, query: Query, search: Callable[[str], Iterable[Returned]], *, source: str, attribution: str
    ) -> Location:
        """Search in ever fewer words until the house is found, and make one location of all that came back.

        Parameters
        ----------
        search
            Asks the server with a text.

        Raises
        ------
        LocateError
            One of its kinds.
        """
        asked = require_address(query)
        answers: dict[Returned, None] = {}
        hits: list[Hit] = []
        for text in questions(asked):
            answers.update(dict.fromkeys(search(text)))
            hits = self.hits(asked, list(answers))
            if any(_settles(asked, hit) for hit in hits):
                break
        # A name two letters off is worth asking about, beside the place: it never is the answer.
        answered = any(MORE_EDITS not in hit.flaws for hit in hits)
        return self.settle(hits if answered else [], source=source, attribution=attribution)

    def hits(self, asked: Address, answers: Sequence[Returned]) -> list[Hit]:
        """Give what fits, each with its flaws.

        Raises
        ------
        GeocoderAnswerInvalid
            A position that can't be in the country.
        """
        home = [answer for answer in answers if answer.country.lower() in {"", self.country}]
        for answer in home:
            if not lies_in(self.country, lat=answer.lat, lon=answer.lon) or answer.lat == answer.lon == 0:
                raise GeocoderAnswerInvalid(
                    f"The geocoder {self.host} gives a position outside of {self.country.upper()}: latitude and longitude "
                    "may be exchanged, or the configured country is another."
                )
        home = join_streets(home)
        found = [(answer, flaws) for answer in home if (flaws := compare(asked, answer)) is not None]
        near = [self._hit(answer, flaws) for answer, flaws in found if not answer.is_place]
        places = _smallest([(answer, flaws) for answer, flaws in found if answer.is_place])
        return [*near, *(self._hit(answer, flaws) for answer, flaws in places), *self._elsewhere(asked, home, found)]

    def settle(self, hits: Sequence[Hit], *, source: str, attribution: str) -> Location:
        """Make one location of all that fits.

        Raises
        ------
        AddressNotFound
            Nothing fits.
        """
        if not hits:
            raise AddressNotFound(
                f"The geocoder {self.host} knows no such address: check its spelling, its postcode and its town."
            )
        return settle(hits, self.errors, source=source, attribution=attribution)

    def _elsewhere(self, asked: Address, home: Sequence[Returned], found: Sequence[tuple[Returned, Flaws]]) -> list[Hit]:
        """Give houses of that name somewhere else, unless two parts of the address confirm each other."""
        firm = asked.postcode and asked.places and any(CONTRADICTED not in flaws for _, flaws in found)
        if firm or not found or any(not answer.level.coarse for answer, _ in found):
            return []
        hits = [self._hit(answer, flaws) for answer in home if (flaws := compare_elsewhere(asked, answer)) is not None]
        return hits if len(hits) <= _MOST_ELSEWHERE else []

    def _hit(self, answer: Returned, flaws: Flaws) -> Hit:
        spread = self._spread(answer)
        candidate = Candidate(
            label=answer.label,
            lat=answer.lat,
            lon=answer.lon,
            level=answer.level,
            match=max((flaw.at_best for flaw in flaws), key=_MATCHES.index, default=Match.EXACT),
            cep50_m=spread.cep50_m,
            cep95_m=spread.cep95_m,
            why=tuple(flaw.why for flaw in flaws),
        )
        return Hit(candidate, flaws)

    def _spread(self, answer: Returned) -> Spread:
        """Give a street or place the reach of its own box; half of its houses lie within half the reach [A]."""
        if not answer.level.coarse:
            return self.errors.spread(answer.level)
        if answer.extent is None:
            level = answer.level if answer.level is LocationLevel.STREET else LocationLevel.POSTCODE
            return self.errors.spread(level)
        least = self.errors.spread(LocationLevel.ADDRESS_POINT)
        reach_m = answer.extent.reach_m(lat=answer.lat, lon=answer.lon)
        return Spread(max(reach_m / 2, least.cep50_m), max(reach_m, least.cep95_m))


def questions(asked: Address) -> Iterator[str]:
    """Put an address in words: whole first, then without the town, the letter, the house.

    Many a server gives nothing at all where one word is unknown to it.
    """
    street, number, letter = asked.street, "" if asked.number is None else asked.number, asked.letter
    house = f"{street} {number}{letter}".strip()
    places = ", ".join(asked.places)
    where = f"{asked.postcode} {places}".strip()
    texts = [
        ", ".join(part for part in (house, where) if part),
        f"{house}, {asked.postcode}" if house and asked.postcode else "",
        f"{street} {number}, {where}" if letter and where else "",
        house if number else "",
        f"{street}, {places}" if street and places else "",
        places,
        asked.postcode,
    ]
    yield from dict.fromkeys(text for text in texts if text)


def _settles(asked: Address, hit: Hit) -> bool:
    """Whether the house is found, or none was asked for: further questions could only find what fits less."""
    unsure = {STREET_MISSING, MORE_EDITS} & set(hit.flaws)
    return not unsure and (asked.number is None or not hit.candidate.level.coarse)


def _smallest(places: Sequence[tuple[Returned, Flaws]]) -> list[tuple[Returned, Flaws]]:
    """Of a postcode, its town and its municipality keep the smallest; places of one name are kept together."""
    groups: dict[tuple[str, int], list[tuple[Returned, Flaws]]] = {}
    for answer, flaws in places:
        name = answer.postcode if answer.level is LocationLevel.POSTCODE else place_key(answer.name)
        groups.setdefault((name, sum(flaw.doubt for flaw in flaws)), []).append((answer, flaws))
    if not groups:
        return []
    least = min(doubt for _, doubt in groups)
    candidates = [group for (_, doubt), group in groups.items() if doubt == least]
    return min(candidates, key=lambda group: max(_reach_m(answer) for answer, _ in group))


def _reach_m(answer: Returned) -> float:
    return answer.extent.reach_m(lat=answer.lat, lon=answer.lon) if answer.extent else float("inf")

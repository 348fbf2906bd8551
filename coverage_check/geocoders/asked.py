"""What was asked, in the register's terms: which known places the words of an address name."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from coverage_check.address import Address
from coverage_check.geocoders.house_rows import postcode_key
from coverage_check.geocoders.register_tables import Place, Tables
from coverage_check.geocoders.spelling import expansions, key, place_key, spelled

_LONGEST_NAME_WORDS = 5
_MOST_WORDS = 24
_MOST_STREET_WORDS = 8
_LARGEST_NUMBER = 999_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing the customer said about where the street is: a postcode, or the name of a place.

    Attributes
    ----------
    places
        What it may mean; empty if the register knows no such place.
    name
        As typed, unless it is spelled as a place is.
    is_postcode
        A house has one postcode, and lies in several named places.
    edited
        Whether the name fits only with one letter changed.
    village_of
        Names no place, but a village of these towns: ``Vätövägen 12, Harg, 760 21 Vätö``.
    """

    places: tuple[Place, ...]
    name: str = ""
    is_postcode: bool = False
    edited: bool = False
    village_of: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[int]:
        """The places' numbers in the register."""
        return frozenset(place.id for place in self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An address as asked: the street as typed and the parts that say where it is."""

    street: str
    number: int | None
    letter: str
    parts: tuple[Part, ...]

    @property
    def key(self) -> str:
        """What the street is looked up by."""
        return key(self.street)

    @property
    def keys(self) -> tuple[str, ...]:
        """The same and, where it is abbreviated, what it may stand for."""
        return (self.key, *expansions(self.street))

    @property
    def spelled(self) -> str:
        """The street as spelling is compared."""
        return spelled(self.street)

    @property
    def known(self) -> tuple[Part, ...]:
        """Parts that the register knows."""
        return tuple(part for part in self.parts if part.places)

    @property
    def sure(self) -> tuple[Part, ...]:
        """Parts that the register knows by their own spelling."""
        return tuple(part for part in self.known if not part.edited)


def ask(tables: Tables, address: Address) -> Asked:
    """Put an address into the register's terms."""
    words = " ".join(address.places).split()
    code = postcode_key(address.postcode)
    place = tables.postcode(code) if code else None
    first = [Part(places=(place,) if place else (), is_postcode=True)] if code else []
    parts = [*first, *name_parts(tables, words[:_MOST_WORDS])]
    sure = [place for part in parts if not part.edited for place in part.ids]
    parts = [_village(tables, part, sure) if part.name else part for part in parts]
    letter = "".join(sign for sign in address.letter.upper() if sign.isalnum())
    number = None if address.number is None else min(address.number, _LARGEST_NUMBER)
    return Asked(street=address.street, number=number, letter=letter, parts=tuple(parts))


def name_parts(tables: Tables, words: list[str]) -> Iterator[Part]:
    """Find the places that these words name, the longest names first, wherever the commas stood."""
    unknown: list[str] = []
    at = 0
    while at < len(words):
        length, places = _longest_name(tables, words[at : at + _LONGEST_NAME_WORDS])
        if places:
            yield from _near_part(tables, unknown)
            unknown = []
            yield Part(places=places)
        else:
            unknown.append(words[at])
        at += length
    yield from _near_part(tables, unknown)


def _longest_name(tables: Tables, words: list[str]) -> tuple[int, tuple[Place, ...]]:
    for length in range(len(words), 0, -1):
        name = place_key(" ".join(words[:length]))
        if name and (places := tables.places(name)):
            return length, places
    return 1, ()


def _near_part(tables: Tables, words: list[str]) -> Iterator[Part]:
    """Take words that name no place: perhaps with one letter changed; else they remain an unknown part."""
    if name := place_key(" ".join(words)):
        near = tables.places_near(name)
        yield Part(name=" ".join(words), places=near, edited=bool(near))


def _village(tables: Tables, part: Part, places: list[int]) -> Part:
    """Look among the streets, where villages are, for a name that is none of a place."""
    towns = {area.place for area in tables.areas([key(part.name)], places) if area.place}
    return Part(places=(), name=part.name, village_of=frozenset(towns)) if towns else part


def longer_names(asked: Asked) -> Iterator[Asked]:
    """Try a word that names no place as part of the street: ``Syðri Kambhóll``, or the farm ``Norðtunga 3 Vegsvæði``."""
    unknown = next((part for part in asked.parts if part.name and not (part.places or part.village_of)), None)
    if unknown is None or not asked.key:
        return
    shorter = replace(asked, parts=tuple(part for part in asked.parts if part is not unknown))
    yield replace(shorter, street=f"{unknown.name} {asked.street}")
    yield replace(shorter, street=f"{asked.street} {unknown.name}")
    if asked.number is not None:
        name = f"{asked.street} {asked.number}{asked.letter} {unknown.name}"
        yield replace(shorter, street=name, number=None, letter="")


def splits(tables: Tables, asked: Asked) -> Iterator[Asked]:
    """Try the street's words as a street and a place, either first: ``Harg Vätö`` without its comma, or ``Vätö-Harg``."""
    words = asked.street.replace("-", " ").split()[:_MOST_STREET_WORDS]
    for cut in range(len(words) - 1, 0, -1):
        for street, place in ((words[:cut], words[cut:]), (words[-cut:], words[:-cut])):
            parts = tuple(name_parts(tables, place))
            if parts and all(part.places and not part.edited for part in parts):
                yield replace(asked, street=" ".join(street), parts=(*asked.parts, *parts))

"""What the register holds, compared part by part with what was asked: hits and their flaws."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coverage_check.address import Address
from coverage_check.geocoders.asked import Asked, Part
from coverage_check.geocoders.house_spread import distance_m, middle
from coverage_check.geocoders.register_file import DISTRICT, MUNICIPALITY, NO_NUMBER, POSTCODE, TOWN
from coverage_check.geocoders.register_tables import Area, HouseRow, Place
from coverage_check.location import Candidate, ErrorModel, LocationLevel, Match, Spread

_LEVELS = {
    POSTCODE: LocationLevel.POSTCODE,
    TOWN: LocationLevel.LOCALITY,
    DISTRICT: LocationLevel.LOCALITY,
    MUNICIPALITY: LocationLevel.MUNICIPALITY,
}
_MATCHES = (Match.EXACT, Match.FUZZY, Match.PARTIAL)
_FEW_HOUSES = 3
"""Fewer houses don't say how far a street or place reaches: the error model's own figures bound it [A]."""

_WIDEST_GAP = 8
"""Nothing is interpolated between neighbours whose numbers are further apart [A]."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One disagreement: what it weighs against other hits [A], and the match that it still allows."""

    doubt: int
    at_best: Match
    why: str


UNHELD = Flaw(1, Match.FUZZY, "the register has no such part for this house, and it could not be compared")
NO_PLACE_ASKED = Flaw(0, Match.FUZZY, "no postcode or town was given, and a register may end at a border")
VILLAGE = Flaw(1, Match.FUZZY, "the place is a village of the same town")
FOLDED = Flaw(1, Match.FUZZY, "the name differs in accents or is abbreviated")
ONE_EDIT = Flaw(2, Match.FUZZY, "the street's name differs in one letter")
OTHER_LETTERS = Flaw(1, Match.FUZZY, "the house has letters, and none was given")
LETTER_MISSING = Flaw(1, Match.PARTIAL, "the letter of the house is not in the register")
NEAR_PLACE = Flaw(1, Match.FUZZY, "the town's name differs in one letter")
NEAR_PLACE_ALONE = Flaw(1, Match.PARTIAL, "the town's name differs in one letter, and nothing else says where it is")
CONTRADICTED = Flaw(2, Match.PARTIAL, "the postcode or a place is another one")
INTERPOLATED = Flaw(2, Match.PARTIAL, "the number is not in the register; its neighbours are")
NUMBER_MISSING = Flaw(3, Match.PARTIAL, "the number is not in the register")
STREET_MISSING = Flaw(5, Match.PARTIAL, "the street is not in the register")
MORE_EDITS = Flaw(6, Match.PARTIAL, "the street's name differs in two letters, and may be another's")


@dataclass(frozen=True, slots=True)
class Hit:
    """One place that fits, and all that disagrees."""

    candidate: Candidate
    flaws: tuple[Flaw, ...]

    @property
    def doubt(self) -> int:
        """The weight of all disagreements."""
        return sum(flaw.doubt for flaw in self.flaws)


def _hit(label: str, lat: float, lon: float, found: tuple[LocationLevel, Spread], flaws: Sequence[Flaw]) -> Hit:
    level, spread = found
    match = max((flaw.at_best for flaw in flaws), key=_MATCHES.index, default=Match.EXACT)
    candidate = Candidate(
        label=label,
        lat=lat,
        lon=lon,
        level=level,
        match=match,
        cep50_m=spread.cep50_m,
        cep95_m=spread.cep95_m,
        why=tuple(flaw.why for flaw in flaws),
    )
    return Hit(candidate, tuple(flaws))


def own_spread(count: int, q50_m: float, q95_m: float, model: ErrorModel, level: LocationLevel) -> Spread:
    """Give the spread of a street or place from its own houses, or the model's where these are too few."""
    few = count < _FEW_HOUSES
    least = model.spread(LocationLevel.STREET if level is LocationLevel.STREET else LocationLevel.POSTCODE) if few else None
    least = least or model.spread(LocationLevel.ADDRESS_POINT)
    return Spread(max(q50_m, least.cep50_m), max(q95_m, least.cep95_m))


def place_hit(place: Place, model: ErrorModel, flaws: Sequence[Flaw]) -> Hit:
    """Make a hit of a whole place."""
    level = _LEVELS[place.kind]
    postcode, names = (place.text, ()) if place.kind == POSTCODE else ("", (place.text,))
    label = Address(given="", postcode=postcode, places=names).normalised
    spread = own_spread(place.houses, place.q50_m, place.q95_m, model, level)
    return _hit(label, place.lat, place.lon, (level, spread), flaws)


class AreaHits:
    """The hits in one street of one town.

    Parameters
    ----------
    places
        Those of the places asked for that the street is in.
    flaws
        How its name differs from the one asked for.
    """

    def __init__(self, area: Area, asked: Asked, places: set[int], model: ErrorModel, flaws: tuple[Flaw, ...]) -> None:
        self._area = area
        self._asked = asked
        self._places = places
        self._model = model
        self._flaws = flaws

    def of(self, rows: Sequence[HouseRow]) -> Iterator[Hit]:
        """Give the houses asked for among all of the street's, or else what comes nearest to them."""
        number = NO_NUMBER if self._asked.number is None else self._asked.number
        same = [row for row in rows if row.number == number]
        if same and (self._asked.number is not None or len(same) == len(rows)):
            yield from self._houses(same)
        elif rows:
            yield from self._street(rows)

    def _houses(self, rows: Sequence[HouseRow]) -> Iterator[Hit]:
        letters: tuple[Flaw, ...] = ()
        chosen = [row for row in rows if row.letter == self._asked.letter]
        if not chosen:
            chosen = list(rows)
            letters = (LETTER_MISSING if self._asked.letter else OTHER_LETTERS,)
        for row in chosen:
            flaws = self._compare({row.postcode_id})
            if flaws is not None:
                spread = self._model.spread(row.level, urban=self._area.urban)
                yield _hit(self._label(row), row.lat, row.lon, (row.level, spread), (*letters, *flaws))

    def _street(self, rows: Sequence[HouseRow]) -> Iterator[Hit]:
        """Give a place between the neighbours, or the whole street; in the postcode asked for if it is there."""
        codes = frozenset[int]().union(*(part.ids for part in self._asked.parts if part.is_postcode))
        here = [row for row in rows if row.postcode_id in codes] or rows
        flaws = self._compare({row.postcode_id for row in here})
        if flaws is None:
            return
        number = self._asked.number
        if number is not None and (neighbours := _neighbours(here, number)):
            yield self._interpolated(number, *neighbours, flaws)
            return
        lat, lon, q50_m, q95_m = middle([(row.lat, row.lon) for row in here])
        spread = own_spread(len(here), q50_m, q95_m, self._model, LocationLevel.STREET)
        missing = () if number is None else (NUMBER_MISSING,)
        yield _hit(self._label(), lat, lon, (LocationLevel.STREET, spread), (*missing, *flaws))

    def _interpolated(self, number: int, lower: HouseRow, upper: HouseRow, flaws: Sequence[Flaw]) -> Hit:
        share = (number - lower.number) / (upper.number - lower.number)
        lat = lower.lat + share * (upper.lat - lower.lat)
        lon = lower.lon + share * (upper.lon - lower.lon)
        apart_m = distance_m(lat=lower.lat, lon=lower.lon, to_lat=upper.lat, to_lon=upper.lon)
        usual = self._model.spread(LocationLevel.INTERPOLATED, urban=self._area.urban)
        spread = Spread(max(usual.cep50_m, apart_m / 2), max(usual.cep95_m, apart_m))
        return _hit(self._label(), lat, lon, (LocationLevel.INTERPOLATED, spread), (INTERPOLATED, *flaws))

    def _compare(self, postcodes: set[int]) -> tuple[Flaw, ...] | None:
        """Compare all parts asked with those found; None if not one of them agrees."""
        if not self._asked.parts:
            return (*self._flaws, NO_PLACE_ASKED)
        parts = [(part, self._compare_part(part, postcodes)) for part in self._asked.parts]
        agreeing = [part for part, flaw in parts if flaw is None]
        if not agreeing:
            return None
        near = NEAR_PLACE if any(not part.edited for part in agreeing) else NEAR_PLACE_ALONE
        edited = tuple(near for part in agreeing if part.edited)
        return (*self._flaws, *(flaw for _, flaw in parts if flaw), *edited)

    def _compare_part(self, part: Part, postcodes: set[int]) -> Flaw | None:
        if part.is_postcode:
            return None if part.ids & postcodes else CONTRADICTED if any(postcodes) else UNHELD
        if self._area.place in part.village_of:
            return VILLAGE
        if any(word[:1].isdecimal() for word in part.name.split()):  # a second house number, which no place is called by
            return CONTRADICTED
        return None if part.ids & self._places else CONTRADICTED if self._area.place else UNHELD

    def _label(self, row: HouseRow | None = None) -> str:
        """Write the place in the register's own spelling."""
        found = Address(
            given="",
            street=self._area.street,
            number=row.number if row and row.number != NO_NUMBER else None,
            letter=row.letter if row else "",
            postcode=row.postcode if row else "",
            places=(self._area.place,) if self._area.place else (),
        )
        return found.normalised


def _neighbours(rows: Sequence[HouseRow], number: int) -> tuple[HouseRow, HouseRow] | None:
    """Find the houses on both sides of a number, on its own side of the street if possible."""
    numbered = [row for row in rows if row.number != NO_NUMBER]
    for side in ([row for row in numbered if (row.number - number) % 2 == 0], numbered):
        lower = max((row for row in side if row.number < number), key=lambda row: row.number, default=None)
        upper = min((row for row in side if row.number > number), key=lambda row: row.number, default=None)
        if lower and upper and upper.number - lower.number <= _WIDEST_GAP:
            return lower, upper
    return None

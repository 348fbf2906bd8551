"""Asked against returned, part by part: the flaws of a server's answer, or that it is no answer at all.

A server ranks by prominence and calls everything a hit. Here a house is a hit only if street and number are those asked for.
The flaws and their weights are the register's (`found`), so that a register and a server can be compared.
"""

import re
from collections.abc import Iterable, Iterator

from coverage_check.address import Address
from coverage_check.geocoders.found import (
    CONTRADICTED,
    FOLDED,
    INTERPOLATED,
    LETTER_MISSING,
    MORE_EDITS,
    NEAR_PLACE,
    NEAR_PLACE_ALONE,
    NO_PLACE_ASKED,
    NUMBER_MISSING,
    ONE_EDIT,
    OTHER_LETTERS,
    STREET_MISSING,
    UNHELD,
    Flaw,
)
from coverage_check.geocoders.house_rows import postcode_key
from coverage_check.geocoders.returned import Returned
from coverage_check.geocoders.spelling import expansions, key, place_key, slips, spelled
from coverage_check.location import LocationLevel

Flaws = tuple[Flaw, ...]

_NUMBER = re.compile(r"\s*(\d{1,5})\s*(.*?)\s*")
_RANGE = re.compile(r"\s*(\d{1,5})\s*[-–]\s*(\d{1,5})\s*")


def compare(asked: Address, answer: Returned) -> Flaws | None:
    """Give all that disagrees; None if the answer is about something else."""
    if answer.is_place:
        return _compare_place(asked, answer)
    for street, said in _readings(asked, answer):
        named = name_flaws(street, _names(answer))
        numbered = _number_flaws(asked, answer)
        if named is None or numbered is None:
            continue
        where = where_flaws(asked, answer, also=said)
        if where is not None and (_sure(asked, where) or not {ONE_EDIT, MORE_EDITS} & set(named)):
            return (*named, *numbered, *where)
    return None


def compare_elsewhere(asked: Address, answer: Returned) -> Flaws | None:
    """Compare a house whose street and number are those asked for, and nothing that says where it is.

    Postcode or town may be the customer's mistake: such a house is no answer, but it casts doubt on a coarse one.
    """
    if answer.level.coarse or asked.number is None:
        return None
    named = name_flaws(asked.street, _names(answer))
    numbered = _number_flaws(asked, answer)
    if named is None or numbered is None or {ONE_EDIT, MORE_EDITS} & set(named):
        return None
    return (*named, *numbered, STREET_MISSING)


def _names(answer: Returned) -> tuple[str, ...]:
    """Give the name of a street, or of the street or village that a house belongs to.

    A house without a street belongs to the smallest place around it: Harg 12 is not Vätö 12, though Harg lies on Vätö.
    """
    if answer.level is LocationLevel.STREET:
        return (answer.street or answer.name,)
    return (answer.street,) if answer.street else answer.places[:1]


def name_flaws(asked: str, names: Iterable[str]) -> Flaws | None:
    """Tell how the name asked for differs from the nearest of these; None if it is another.

    >>> name_flaws("VÄTÖ VÄGEN", ["Vätövägen"]), name_flaws("Vätö", ["Vätövägen"])
    ((), None)
    """
    found = [flaws for name in names if (flaws := _one_name(asked, name)) is not None]
    return min(found, key=lambda flaws: sum(flaw.doubt for flaw in flaws), default=None)


def _one_name(asked: str, name: str) -> Flaws | None:
    if not key(asked) or not key(name):
        return None
    if spelled(asked) == spelled(name):
        return ()
    if key(asked) == key(name) or key(name) in expansions(asked) or key(asked) in expansions(name):
        return (FOLDED,)
    apart = slips(key(asked), key(name))
    return None if apart is None else (ONE_EDIT if apart == 1 else MORE_EDITS,)


def _readings(asked: Address, answer: Returned) -> Iterator[tuple[str, str]]:
    """Read the street as it stands, and then with a leading or trailing place that the answer lies in: ``Vätö Harg``."""
    yield asked.street, ""
    words = asked.street.split()
    names = {place_key(place) for place in answer.places}
    for cut in range(1, len(words)):
        first, last = " ".join(words[:cut]), " ".join(words[cut:])
        if place_key(first) in names:
            yield last, first
        if place_key(last) in names:
            yield first, last


def _number_flaws(asked: Address, answer: Returned) -> Flaws | None:
    """Compare house numbers; a street has none."""
    if answer.level is LocationLevel.STREET:
        return () if asked.number is None else (NUMBER_MISSING,)
    if asked.number is None:
        return None
    surveyed = (INTERPOLATED,) if answer.level is LocationLevel.INTERPOLATED else ()
    found = [
        flaws for piece in re.split("[;,]", answer.number) if (flaws := _one_number(asked, asked.number, piece)) is not None
    ]
    best = min(found, key=len, default=None)
    return None if best is None else (*surveyed, *best)


def _one_number(asked: Address, number: int, written: str) -> Flaws | None:
    if span := _RANGE.fullmatch(written):
        first, last = int(span[1]), int(span[2])
        return (FOLDED,) if first <= number <= last and (number - first) % 2 == 0 else None
    if not (found := _NUMBER.fullmatch(written)) or int(found[1]) != number:
        return None
    if found[2].upper() == asked.letter.upper():
        return ()
    return (LETTER_MISSING if asked.letter else OTHER_LETTERS,)


def where_flaws(asked: Address, answer: Returned, *, also: str = "") -> Flaws | None:
    """Compare postcode and places; None if not one of them agrees. `also` is a place found among the street's words."""
    parts = list(_parts(asked, answer))
    if also:
        parts.append(None)
    if not parts:
        return (NO_PLACE_ASKED,)
    agreeing = [flaw for flaw in parts if flaw is None or flaw is NEAR_PLACE]
    if not agreeing:
        return None
    near = NEAR_PLACE if None in agreeing else NEAR_PLACE_ALONE
    return tuple(near if flaw is NEAR_PLACE else flaw for flaw in parts if flaw)


def _parts(asked: Address, answer: Returned) -> Iterator[Flaw | None]:
    """Compare each part that was asked."""
    if code := postcode_key(asked.postcode):
        held = postcode_key(answer.postcode)
        yield None if held == code else CONTRADICTED if held else UNHELD
    names = {place_key(place) for place in (*answer.places, answer.name if answer.is_place else "") if place}
    for place in asked.places:
        yield _place_flaw(place_key(place), names) if names or place[:1].isdecimal() else UNHELD


def _place_flaw(asked: str, names: set[str]) -> Flaw | None:
    if asked in names or any(asked == one + other for one in names for other in names):
        return None
    near = any(slips(asked, name) == 1 for name in names)
    return NEAR_PLACE if near else CONTRADICTED


def _sure(asked: Address, where: Flaws) -> bool:
    """Whether a part agrees letter by letter, which a misspelt street needs."""
    parts = bool(asked.postcode) + len(asked.places)
    return sum(flaw in {CONTRADICTED, UNHELD, NEAR_PLACE, NEAR_PLACE_ALONE} for flaw in where) < parts


def _compare_place(asked: Address, answer: Returned) -> Flaws | None:
    """Compare a village, town or postcode with what was asked: it may be the village itself, or only where to look."""
    where = where_flaws(asked, answer)
    if (
        asked.street
        and answer.level is LocationLevel.LOCALITY
        and (named := name_flaws(asked.street, [answer.name])) is not None
    ):
        missing = () if asked.number is None else (NUMBER_MISSING,)
        if where is not None:
            return (*named, *missing, *where)
    if where is None or where == (NO_PLACE_ASKED,):
        return None
    if answer.level is LocationLevel.POSTCODE and postcode_key(answer.postcode) != postcode_key(asked.postcode):
        return None
    asked_names = {place_key(place) for place in asked.places}
    if answer.level is not LocationLevel.POSTCODE and place_key(answer.name) not in asked_names:
        return None
    return (*((STREET_MISSING,) if asked.street or asked.number is not None else ()), *where)

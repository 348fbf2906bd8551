"""The pieces of a postal address: names, numbers, the postcode and the commas between them, without what is no position.

Every pattern is a plain sequence of character classes, so the time is linear in the length of the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from coverage_check.address import postal_words as words


class Kind(Enum):
    """What a piece is."""

    NAME = auto()
    NUMBER = auto()
    POSTCODE = auto()
    DESIGNATION = auto()
    COMMA = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an address, casefolded: `text` as given, `letter` the suffix of a house number (``12a``)."""

    kind: Kind
    text: str
    letter: str = ""


_NUMBERED = words.BOX_WORDS | words.UNITS | words.NUMBER_WORDS
COMMA = Token(Kind.COMMA, ",")
MAX_DIGITS = 5
"""Longer numbers are telephone or customer numbers, never houses."""

_CHUNK = re.compile(r"c ?/ ?o(?!\w)|[^\W_]+(?:[.:'’>-][^\W_]+)*[.-]?|[,;|/()\[\]\n-]")
_FORMS = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        # Nine digits or so, the first a zero: no house's number begins with one, and no postcode is as long.
        (r"(?:(?<!\w)(?:tel|telefon|tfn|mobil|mob|ring)[.:]{0,2} )?(?<![\w+-])(?:\+|0)\d(?:[ /-]?\d){6,13}(?!\w)", ","),
        (r"(?<!\w)(?:(?:gatu|leverans|installations)?adress|adr|gata|postn(?:umme)?r|post(?:ort)?|ort)\.? ?:", ","),
        (r"(\d[a-zåäö]?) ?- ?(?=\d)", r"\1-"),  # 12 - 14
        (r"(\d[a-zåäö]?) ?/ ?(?=\d{1,3}[a-zåäö]?(?![^\W_]| \d))", r"\1-"),  # 12/14
        (r"(\d[a-zåäö]?) ?[/-] ?(?=[a-zåäö](?![^\W_]))", r"\1-"),  # 12/B
        (r"(?<!\w)([a-z]{1,3}) ?- ?(?=\d\d\d)", r"\1-"),  # SE - 760 21
        (r"(?<![\w.-])([1-9]\d\d)[.-](\d\d)(?![\w.:-])", r"\1 \2"),  # 760-21
        (r"(?<!\w)(\d{5}|\d{3} \d\d)(?=[^\W\d_]{3})", r"\1 "),  # 760 21Vätö
    )
)
"""Other ways to write a thing, and the one that is understood."""

_HOUSE = re.compile(r"(\d+)(?:\.(?!\d))?(?:-(?=[^\W\d_](?:-|$)))?([^\W\d_]{0,2})\d{0,2}(?:[:-][\w.:-]*)?")
_RUN_TOGETHER = re.compile(r"([^\W\d_]{3,})(\d{1,4}[a-zåäö]?)")
_FLOOR = re.compile(r"\d{1,2}(?:tr|trp|vån)")
_ORDINAL = re.compile(r"\d{1,2}:?[ae]")
_DESIGNATION = re.compile(r"(?:\d{1,4}|s|ga|fs|samf):\d{1,4}(?:>\w{1,4})?")
_CODED = re.compile(r"([a-z]{1,3})-?(\d{3,5})")
FLAT = re.compile(r"1\d(?:0[1-9]|1\d)")
"""The four digits of a Swedish apartment number: floor, then door."""


def tokens(text: str) -> list[Token]:
    """Take a cleaned text (NFC, single spaces, lines as newlines) apart, without doors, floors and care-of names."""
    folded = text.casefold()
    for pattern, form in _FORMS:
        folded = pattern.sub(form, folded)
    found: list[Token] = []
    for match in _CHUNK.finditer(folded.rstrip(" .")):
        found.extend(_classified(match[0], found))
    return _without_care_of(_without_units(_with_postcode(found)))


def _classified(chunk: str, before: Sequence[Token]) -> list[Token]:
    """Say what one chunk is; a street and its number run together are two pieces."""
    if len(chunk) == 1 and not chunk.isalnum():
        return [COMMA]
    bare = chunk.rstrip(".-")
    if _DESIGNATION.fullmatch(bare) and not (before and words.is_street(before[-1].text)):
        return [Token(Kind.DESIGNATION, bare)]
    if _ORDINAL.fullmatch(bare) and ":" in bare:
        return [Token(Kind.NAME, bare)]
    if house := _HOUSE.fullmatch(bare):
        floor = _FLOOR.fullmatch(bare)
        return [Token(Kind.NAME, bare) if floor else Token(Kind.NUMBER, house[1], house[2])]
    if together := _RUN_TOGETHER.fullmatch(bare):
        return [Token(Kind.NAME, together[1]), *_classified(together[2], ())]
    return [Token(Kind.NAME, bare if chunk.endswith(".") and not words.is_abbreviation(bare) else chunk)]


# The postcode ---------------------------------------------------------------------------------------------------------


def _with_postcode(pieces: list[Token]) -> list[Token]:
    """Replace the pieces of the postcode by one: the last Swedish one, else one that another country would write."""
    if len(pieces) > 4 and all(token.kind is Kind.NUMBER for token in pieces):
        return pieces  # a telephone number
    for at in range(len(pieces) - 1, -1, -1):
        if found := _swedish(pieces, at) or _coded(pieces, at):
            return _replaced(pieces, at, *found)
    for at in range(len(pieces) - 1, -1, -1):
        code = _digits(pieces, at, 4) or _digits(pieces, at, 3)
        if code and (len(code) == 4 or code[0] != "0") and not FLAT.fullmatch(code) and _stands_as_postcode(pieces, at):
            return _replaced(pieces, at, code, 1)
    return pieces


def _replaced(pieces: list[Token], at: int, code: str, length: int) -> list[Token]:
    """Put a postcode in the place of its pieces and of the country code before it (``SE 760 21``)."""
    start = at - _country_before(pieces, at)
    return [*pieces[:start], Token(Kind.POSTCODE, code), *pieces[at + length :]]


def _country_before(pieces: Sequence[Token], at: int) -> bool:
    """Whether a country's code stands before a postcode. A single letter is a house's, but for Sweden's old S."""
    word = pieces[at - 1].text if at else ""
    return word in words.COUNTRY_CODES and (len(word) > 1 or word == "s")


def _digits(pieces: Sequence[Token], at: int, length: int) -> str:
    """Give the number at that place if it has that many digits and no letter, else nothing."""
    token = pieces[at] if 0 <= at < len(pieces) else COMMA
    return token.text if token.kind is Kind.NUMBER and not token.letter and len(token.text) == length else ""


def _swedish(pieces: Sequence[Token], at: int) -> tuple[str, int] | None:
    """Read ``760 21`` or ``76021`` (any five digits: Åland, Finland and Germany too) unless it numbers a box or a door."""
    named = at and pieces[at - 1].text.rstrip(".") in _NUMBERED
    first, second = _digits(pieces, at, 3), _digits(pieces, at + 1, 2)
    if first and second and first[0] != "0":
        return None if named and _is_number(pieces, at + 2) else (first + second, 2)
    five = _digits(pieces, at, 5)
    return (five, 1) if five and not named else None


def _coded(pieces: Sequence[Token], at: int) -> tuple[str, int] | None:
    """Read ``SE-760 21``, ``S-76021``, ``FL-9495``."""
    coded = _CODED.fullmatch(pieces[at].text) if pieces[at].kind is Kind.NAME else None
    if not coded or coded[1] not in words.COUNTRY_CODES:
        return None
    second = _digits(pieces, at + 1, 2) if len(coded[2]) == 3 else ""
    return coded[2] + second, 2 if second else 1


def _is_number(pieces: Sequence[Token], at: int) -> bool:
    return 0 <= at < len(pieces) and pieces[at].kind is Kind.NUMBER


def _stands_as_postcode(pieces: Sequence[Token], at: int) -> bool:
    """Whether three or four digits stand where no house number does."""
    if _country_before(pieces, at):
        return True
    earlier = [token for token in pieces[:at] if token.kind is not Kind.COMMA]
    after_comma = at > 0 and pieces[at - 1] is COMMA
    before_name = at + 1 < len(pieces) and pieces[at + 1].kind is Kind.NAME
    if not earlier:  # 9495 Triesen, Dorfstrasse 24
        return before_name or at + 1 == len(pieces) or pieces[at + 1] is COMMA
    if any(token.text.rstrip(".") in _NUMBERED for token in earlier[-1:]):
        return False
    if any(token.kind is Kind.NUMBER for token in earlier[1:]):  # Dorfstrasse 24, 9495 Triesen; Borgarbraut 52a, 310
        last = all(token is COMMA for token in pieces[at + 1 :])
        return before_name or earlier[-1].kind is Kind.NAME or len(pieces[at].text) == 4 or last
    return after_comma and before_name  # Dorfstrasse, 9495 Triesen


# What is no position --------------------------------------------------------------------------------------------------


def _without_units(pieces: Sequence[Token]) -> list[Token]:
    """Drop doors and floors: ``lgh 1001``, ``1 tr``, ``vån 2``, ``port B``."""
    kept: list[Token] = []
    numbers = 0
    skip = 0
    for at, token in enumerate(pieces):
        if skip:
            skip -= 1
            continue
        word = token.text.rstrip(".")
        follows = _door_follows(pieces, at + 1)
        if token.kind is not Kind.NAME:
            numbers += token.kind is Kind.NUMBER
            kept.append(token)
        elif _is_unit(word, numbers, follows, pieces[at + follows] if follows else COMMA):
            skip = follows
        elif numbers and word in words.FLOORS:
            numbers -= _drop_floor_number(kept, numbers)
        elif not _is_noise(word, numbers, pieces, at):
            kept.append(token)
    return kept


def _door_follows(pieces: Sequence[Token], at: int) -> int:
    """Count the pieces of a door's number or letter: ``1001``, ``B``, ``nr 1001``; zero if there is none."""
    named = at < len(pieces) and pieces[at].text.rstrip(".") in words.NUMBER_WORDS
    door = pieces[at + named] if at + named < len(pieces) else COMMA
    is_door = door.kind is Kind.NUMBER or _is_letter(door) or _is_door(door)
    return named + is_door if is_door else 0


def _is_letter(token: Token) -> bool:
    return token.kind is Kind.NAME and len(token.text) == 1


def _is_door(token: Token) -> bool:
    """Tell a letter with a number, ``B2``."""
    return token.kind is Kind.NAME and len(token.text) <= 5 and token.text[0].isalpha() and token.text[1:].isdecimal()


def _is_unit(word: str, numbers: int, follows: int, door: Token) -> bool:
    late = word in words.LATE_UNITS and (numbers > 0 or door.kind is Kind.NAME)
    return follows > 0 and (word in words.UNITS or late)


def _drop_floor_number(kept: list[Token], numbers: int) -> int:
    """Take back the number of ``1 tr``, unless it is the only one: then it is the house's. Count what was taken."""
    last = kept[-1]
    if last.kind is Kind.NAME and _ORDINAL.fullmatch(last.text):
        kept.pop()
    elif numbers > 1 and last.kind is Kind.NUMBER:
        kept.pop()
        return 1
    return 0


def _is_noise(word: str, numbers: int, pieces: Sequence[Token], at: int) -> bool:
    if word in words.NUMBER_WORDS:
        return _is_number(pieces, at + 1)
    if word in words.PREPOSITIONS:  # Harg 12 på Vätö
        return numbers > 0 and at + 1 < len(pieces) and pieces[at + 1].kind is Kind.NAME
    return _is_country(word, pieces, at) or bool(numbers and (word in words.FLOOR_WORDS or _FLOOR.fullmatch(word)))


def _is_country(word: str, pieces: Sequence[Token], at: int) -> bool:
    """Tell a country at either end of an address; its code only where commas set it apart."""
    apart = at > 0 and pieces[at - 1] is COMMA
    if word not in words.COUNTRIES and not (len(word) > 1 and word in words.COUNTRY_CODES and (apart or at == 0)):
        return False
    last = not any(token.kind is Kind.NAME for token in pieces[at + 1 :])
    first = at == 0 and at + 1 < len(pieces) and pieces[1] is COMMA
    return first or (last and any(token.kind is not Kind.COMMA for token in pieces[:at]))


def _without_care_of(pieces: list[Token]) -> list[Token]:
    """Drop ``c/o`` and the name after it: up to a comma or a number, but not the street that the number belongs to."""
    start = next((at for at, token in enumerate(pieces) if token.text.rstrip(".").replace(" ", "") in words.CARE_OF), None)
    if start is None:
        return pieces
    end = start + 1
    while end < len(pieces) and pieces[end].kind is Kind.NAME:
        end += 1
    if _is_number(pieces, end):
        end -= len(words.names([token.text for token in pieces[start + 1 : end]])[-1]) if end > start + 1 else 0
    return _without_care_of([*pieces[:start], COMMA, *pieces[end:]])

"""From the pieces of a postal address to its parts: street, number, postcode, places.

The house number decides. The name before it is the street, all other names are places:

    760 21 Vätö, Harg 12        →  Harg · 12 · 76021 · Vätö
    Harg 12 760 21 Vätö         →  the same; commas are a help, never needed
    Dorfstrasse 24, 9495 Triesen

Without a number, a name that ends like a street is the street; failing that the first name, unless it belongs to a postcode
(`Harg, 760 21 Vätö`, but `760 21 Vätö` is a place). Without commas and with the postcode first, the town is the first name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from coverage_check.address import postal_words as words
from coverage_check.address.postal_tokens import COMMA, FLAT, MAX_DIGITS, Kind, Token, tokens
from coverage_check.address.query import Address, PropertyDesignation

Name = list[str]


@dataclass(slots=True)
class _Run:
    """Words with no comma, number or postcode between them."""

    words: list[str] = field(default_factory=list)
    after_postcode: bool = False
    before_number: bool = False


def read_postal(text: str, *, given: str) -> Address | PropertyDesignation:
    """Understand a cleaned text as a postal address or a property designation; what isn't understood is left empty."""
    pieces = tokens(text)
    if found := _designation(pieces, given):
        return found
    pieces, box = _without_box(pieces)
    pieces = [token for token in pieces if token.text not in words.OFFICE_WORDS]
    postcode = next((token.text for token in pieces if token.kind is Kind.POSTCODE), "")
    at = _house_number(pieces)
    number, letter, pieces = _numbered(pieces, at)
    street, places = _names(_runs(pieces), postcode=postcode, boxed=bool(box))
    return Address(
        given=given,
        street=words.spelled(street, street=True),
        number=number,
        letter=letter.upper(),
        postcode=postcode,
        places=tuple(words.spelled(name) for name in places),
        box=box,
    )


# Box and house number -------------------------------------------------------------------------------------------------


def _without_box(pieces: list[Token]) -> tuple[list[Token], str]:
    """Take ``Box 12`` out: the pieces without it, and its number."""
    for at, token in enumerate(pieces[:-1]):
        number = pieces[at + 1]
        if token.kind is Kind.NAME and token.text in words.BOX_WORDS and number.kind is Kind.NUMBER:
            start = at
            while start and pieces[start - 1].text.rstrip(".") in {"p.o", "p", "o", "po"}:
                start -= 1
            end = at + 2
            while end < len(pieces) and pieces[end].kind is Kind.NUMBER:
                end += 1  # Postfach 12 34 56
            digits = "".join(piece.text + piece.letter.upper() for piece in pieces[at + 1 : end])
            return [*pieces[:start], COMMA, *pieces[end:]], digits
    return pieces, ""


def _house_number(pieces: Sequence[Token]) -> int | None:
    """Find the first number after a name; one before all names counts if no other does (``12 Harg``)."""
    leading = None
    named = False
    for at, token in enumerate(pieces):
        named = named or token.kind is Kind.NAME
        if token.kind is Kind.NUMBER and len(token.text) <= MAX_DIGITS:
            if named:
                return at
            leading = at if leading is None else leading
    return leading


def _numbered(pieces: list[Token], at: int | None) -> tuple[int | None, str, list[Token]]:
    """Read the house number and its letter; one before the street is part of it (``3 Sektorsgatan 5``).

    A second number stays as a word, which no register has for a place: whoever says two gets a doubt, not the first.
    """
    if at is None:
        return None, "", [token for token in pieces if token.kind is not Kind.NUMBER]
    letter, end = pieces[at].letter, at + 1
    if not letter and end < len(pieces) and _is_suffix(pieces[end]):
        letter, end = pieces[end].text[0], end + 1
    before = [Token(Kind.NAME, token.text + token.letter) if token.kind is Kind.NUMBER else token for token in pieces[:at]]
    named = any(token.kind is Kind.NAME for token in pieces)
    after = [piece for token in pieces[end:] for piece in _after(token, named=named)]
    return int(pieces[at].text), letter, [*before, pieces[at], *after]


def _after(token: Token, *, named: bool) -> list[Token]:
    """Give a piece after the house number: flats and what is longer than any house's number are left out."""
    if token.kind is not Kind.NUMBER:
        return [token]
    if not named or FLAT.fullmatch(token.text) or len(token.text) > MAX_DIGITS:
        return []
    return [COMMA, Token(Kind.NAME, token.text + token.letter), COMMA]


def _is_suffix(token: Token) -> bool:
    """Tell the letter of ``12 A`` or ``12 B2``; ``12 S. Harg`` has none."""
    text = token.text
    return token.kind is Kind.NAME and text[0].isalpha() and (len(text) == 1 or (len(text) <= 3 and text[1:].isdecimal()))


# Street and places ----------------------------------------------------------------------------------------------------


def _runs(pieces: Sequence[Token]) -> list[_Run]:
    """Group the names into runs; a run knows whether the postcode stands before it and the number after it."""
    runs = [_Run()]
    for token in pieces:
        if token.kind is Kind.NAME:
            runs[-1].words.append(token.text)
            continue
        if token.kind is Kind.NUMBER:
            last = next((run for run in reversed(runs) if run.words), runs[-1])
            last.before_number = True
        elif token.kind is Kind.COMMA and not runs[-1].words:
            continue  # a comma between postcode and town says nothing
        runs.append(_Run(after_postcode=token.kind is Kind.POSTCODE))
    return [run for run in runs if run.words]


def _names(runs: list[_Run], *, postcode: str, boxed: bool) -> tuple[Name, list[Name]]:
    """Tell the street from the places, both in the order given."""
    swedish = len(postcode) in {0, 5}
    at, length = _street(runs, postcode=bool(postcode), boxed=boxed)
    street: Name = []
    places: list[Name] = []
    for here, run in enumerate(runs):
        rest = run.words
        if here == at:
            start = _town_words(run) if run.after_postcode else 0
            length = length or len(rest) - start
            street = rest[start : start + length]
            places += _places(rest[:start], swedish=swedish)
            rest = rest[start + length :]
        places += _places(rest, swedish=swedish)
    return street, places


def _places(run: list[str], *, swedish: bool) -> list[Name]:
    """Split a run into names. Towns of other countries have several words more often than not being separated by commas."""
    if not swedish and run:
        return [run]
    return [name for name in words.names(run) if name[-1] != "län"]  # no register has counties


def _town_words(run: _Run) -> int:
    """Count the words of the town that leads a run after the postcode; zero if nothing would be left for the street."""
    first, *rest = words.names(run.words)
    return len(first) if rest else 0


def _street(runs: list[_Run], *, postcode: bool, boxed: bool) -> tuple[int | None, int]:
    """Find the run that holds the street, and how many of its words (0: all)."""
    for at, run in enumerate(runs):
        if run.before_number:
            return at, 0
    for at, run in enumerate(runs):
        for position, word in enumerate(run.words):
            if words.is_street(word) or word.endswith(("v.", "g.", "gr.", "str.")):
                start = _town_words(run) if run.after_postcode else 0
                return at, max(position + 1 - start, 0)
    count = sum(len(words.names(run.words)) for run in runs)
    if not runs or boxed or (postcode and count == 1):
        return None, 0
    at = next((at for at, run in enumerate(runs) if not run.after_postcode), 0)
    return at, len(words.names(runs[at].words)[0])


# Property designations ------------------------------------------------------------------------------------------------


def _designation(pieces: Sequence[Token], given: str) -> PropertyDesignation | None:
    """Read ``Norrtälje Vätö-Harg 1:23`` or ``Kv. Björnen 5``."""
    quarter = next((at for at, token in enumerate(pieces) if token.text.rstrip(".") in words.QUARTER_WORDS), None)
    numbers = (
        at
        for at, token in enumerate(pieces)
        if token.kind is Kind.DESIGNATION or (token.kind is Kind.NUMBER and quarter is not None and quarter < at - 1)
    )
    at = next(numbers, None)
    before = _before(pieces[:at])
    if at is None or not before:
        return None
    block, _, unit = pieces[at].text.rpartition(":")
    after = [name for run in _runs(pieces[at + 1 :]) for name in words.names(run.words)]
    if not any(token.kind is Kind.POSTCODE for token in pieces) and len(before) == 1 and after:
        before = [after[0], *before]
    municipality, tract = ([], before) if len(before) == 1 else (before[:1], before[1:])
    return PropertyDesignation(
        given=given,
        municipality=" ".join(words.spelled(name) for name in municipality),
        tract=" ".join(words.spelled(name) for name in tract),
        block=block.upper(),
        unit=unit.upper(),
    )


def _before(pieces: Sequence[Token]) -> list[Name]:
    """Give the names before a designation."""
    dropped = words.OFFICE_WORDS | words.QUARTER_WORDS
    kept = [token for token in pieces if token.text.rstrip(".") not in dropped]
    return [name for run in _runs(kept) for name in words.names(run.words)]

"""The words that postal addresses are made of: Swedish first, and enough of its neighbours' for their registers.

All tables hold casefolded words. They are facts of the languages, not of any register.
"""

import unicodedata
from collections.abc import Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STREET_ENDINGS = _words("""
    vägen väg gatan gata gränden gränd stigen stig torget torg platsen plats allén allé leden stråket stråk esplanaden
    promenaden kajen backen trappan strasse weg gasse platz vegur stígur braut veien vej gade street road
""")
"""A word that ends so names a street, even where no house number follows."""

FIRST_WORDS = _words("""
    norra södra östra västra norr söder öster väster stora lilla gamla nya övre nedre yttre inre sankt s:t sankta bräkne
""")
"""A word that needs the next one: ``Västra Frölunda``, ``Lilla Edet``."""

SECOND_WORDS = _words("""
    bruk glasbruk styckebruk kyrka kyrkby kapell kloster slott gård strand havsbad station hamn brygga slussar ö kvarn
    udde brunn villastad län väg gata gränd stig torg plats allé
""")
"""A word that needs the one before: ``Enskede Gård``, ``Storsjö Kapell``."""

SMALL_WORDS = _words("i och und vid av og am an auf bei im in ob der dem den de la von")
"""Words that tie their neighbours together: ``Frankfurt am Main``."""

NOT_GENITIVE = _words("ås äs us is ums ss ös os kas fors")
"""Endings of whole names in -s (``Västerås``, ``Höganäs``, ``Degerfors``); other words in -s need the next one."""

LEADING_ABBREVIATIONS = {
    short: word
    for word, shorts in {
        "norra": "n n:a",
        "södra": "s s:a",
        "östra": "ö ö:a",
        "västra": "v v:a",
        "stora": "st st:a",
        "lilla": "l l:a",
        "gamla": "g g:a",
        "sankt": "s:t",
        "sankta": "s:ta",
    }.items()
    for short in shorts.split()
}
SAINTS = _words("""
    ansgar anna annæ botvid clemens drotten erik eskil gertrud göran hans henrik ibb jakob johanne knut lars mikael
    mickel nicolai nikolai olof olai paul per petri sigfrid staffan torfinn
""")
"""After ``St``, these begin the name of a saint: Sankt Eriksgatan, but Stora Brogatan."""

TRAILING_ABBREVIATIONS = {
    "str": ("strasse", "strasse"),
    "gr": ("gränd", "gränden"),
    "g": ("gata", "gatan"),
    "v": ("väg", "vägen"),
}
"""The kind of street, after a genitive (``Hallströms väg``) and after any other word (``Allmänna vägen``)."""

_SHORT_ROADS = _words("bv dv fv gv kv nv pv sv tv")
"""No Swedish word ends so: ``Strandv 4`` is Strandvägen 4 even without its full stop."""

UNITS = _words("""
    lgh lght lägenhet lägenhetsnummer lägenhetsnr apt vån våning våningen uppgång uppg trapphus
    kod portkod kundnr kundnummer ordernr ordernummer
""")
"""Which door inside the house, or whose order, followed by its number or letter: no part of the position."""

LATE_UNITS = _words("port hus plan ingång ing dörr rum tr trappa trappor")
"""The same, but only after the house number, or with a letter: elsewhere they may be names."""

FLOORS = _words("tr trp trappa trappor vån våning våningen th t.h tv t.v")
"""A floor whose number may stand before it: ``1 tr``."""

FLOOR_WORDS = _words("bv b.v nb n.b ög ö.g upp")
NUMBER_WORDS = _words("nr no nummer num")
PREPOSITIONS = _words("på i")
CARE_OF = _words("c/o att att: attn")
BOX_WORDS = _words("box postbox postlåda fack postboks postfach pósthólf")
QUARTER_WORDS = _words("kv kvarteret")
OFFICE_WORDS = _words("kommun kn k:n socken sn fastighet fastigheten fastighetsbeteckning")

COUNTRIES = _words("""
    sverige sweden schweden norge norway danmark denmark finland suomi åland ísland island iceland deutschland germany
    tyskland liechtenstein schweiz switzerland österreich austria
""")
COUNTRY_CODES = _words("se s no n dk fi fin ax is de d fl li ch at a ee lv lt pl nl")
"""Codes that stand before a postcode: ``SE-760 21``, ``FL-9495``."""

_NEEDS_NEXT = FIRST_WORDS | SMALL_WORDS | LEADING_ABBREVIATIONS.keys()
_NEEDS_LAST = SECOND_WORDS | SMALL_WORDS


def is_genitive(word: str) -> bool:
    """Whether a word looks like a genitive, which can't end a name: ``Upplands`` Väsby."""
    return len(word) > 3 and word.endswith("s") and not word.endswith(tuple(NOT_GENITIVE))


def is_abbreviation(word: str) -> bool:
    """Whether a full stop after the word means something: ``St.``, ``Storg.``."""
    return word in LEADING_ABBREVIATIONS or word.endswith(tuple(TRAILING_ABBREVIATIONS))


def is_street(word: str) -> bool:
    """Whether a word names a street by its ending."""
    return word.endswith(tuple(STREET_ENDINGS))


def names(words: Sequence[str]) -> list[list[str]]:
    """Split a run of words without commas into names, so that a missing comma changes nothing.

    >>> names(["vätö", "norrtälje", "upplands", "väsby"])
    [['vätö'], ['norrtälje'], ['upplands', 'väsby']]
    """
    found: list[list[str]] = []
    for word in words:
        last = found[-1][-1] if found else ""
        ties = last.rstrip(".") in _NEEDS_NEXT or is_genitive(last) or last.endswith("-")
        if found and (ties or word in _NEEDS_LAST):
            found[-1].append(word)
        else:
            found.append([word])
    return found


def spelled(words: Sequence[str], *, street: bool = False) -> str:
    """Give a name in its usual spelling: abbreviations in full, title case.

    >>> spelled(["ö.", "strandv."], street=True), spelled(["s:t", "olof"]), spelled(["frankfurt", "am", "main"])
    ('Östra Strandvägen', 'Sankt Olof', 'Frankfurt am Main')
    """
    full = list(words)
    if len(full) > 1:
        full[0] = _leading(full[0], full[1], street=street)
    if street and full:
        full[-1] = _trailing(full[-1], full[-2] if len(full) > 1 else "")
    return " ".join(_capitalised(word, first=at == 0) for at, word in enumerate(full))


def _leading(word: str, following: str, *, street: bool) -> str:
    bare = word.rstrip(".")
    if len(bare) == len(following.rstrip(".")) == 1:
        return word  # initials: L J Brandts väg
    if bare == "st" and following.startswith(tuple(SAINTS)):
        return "sankt"
    if bare == "st" and not street:
        return word  # St. Gallen
    return LEADING_ABBREVIATIONS.get(bare, word)


def _trailing(word: str, before: str) -> str:
    bare = word.rstrip(".")
    if before and bare in TRAILING_ABBREVIATIONS:
        return TRAILING_ABBREVIATIONS[bare][not is_genitive(before)]
    if word.endswith("."):
        for short in TRAILING_ABBREVIATIONS:
            if bare.endswith(short) and len(bare) > len(short) + 1:
                return bare.removesuffix(short) + TRAILING_ABBREVIATIONS[short][1]
    return f"{bare}ägen" if bare.endswith(tuple(_SHORT_ROADS)) else word


def _capitalised(word: str, *, first: bool) -> str:
    if word in SMALL_WORDS and not first:
        return word
    parts = (part[:1].upper() + part[1:] for part in word.rstrip(".").split("-"))
    return unicodedata.normalize("NFC", "-".join(parts))

"""How names are compared: the same name in another spelling, and names a slip of the finger apart.

Three strengths, strongest first:

- `spelled`: equal but for case, spaces, punctuation and Unicode form. ``VÄTÖ VÄGEN`` is ``Vätövägen``.
- `key`: equal but for accents, too. ``Vatovagen`` is ``Vätövägen``, but so is ``Åsvägen`` ``Asvägen``: a doubt.
- `slips`: so few letters added, lost, changed or swapped that it may be the same name. Only names of one place are
  compared so.
"""

import re
import unicodedata

_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})
_WORD = re.compile(r"[^\W_]+(?::[^\W_]+)?\.?")
_MUNICIPALITY = re.compile(r"\s+(?:kommun|municipality)\s*$", re.IGNORECASE)
_FIRST_WORDS = {
    "g:a": ("gamla",),
    "l": ("lilla",),
    "l:a": ("lilla",),
    "n": ("norra",),
    "n:a": ("norra",),
    "s": ("södra",),
    "s:a": ("södra",),
    "s:t": ("sankt",),
    "s:ta": ("sankta",),
    "st": ("stora", "sankt"),
    "st:a": ("stora",),
    "v": ("västra",),
    "v:a": ("västra",),
    "ö": ("östra",),
    "ö:a": ("östra",),
}
_OPPOSITES = {
    head: heads[0]
    for heads in (
        ("norra", "norr"),
        ("sodra", "soder"),
        ("ostra", "oster"),
        ("vastra", "vaster"),
        ("stora", "stor"),
        ("lilla", "lill"),
        ("ovre", "over"),
        ("nedre", "neder"),
        ("yttre", "ytter"),
        ("inre", "inner"),
        ("gamla", "gammel"),
        ("nya", "ny"),
    )
    for head in heads
}
"""Beginnings that tell two streets apart however alike the rest is, and the word that each stands for."""

_SHORT_NAME = 4
_LONG_NAME = 12
"""Names at least this long may differ in two letters [A]: in shorter ones that makes Torggatan of Storgatan."""

_ENDINGS = {"v": "vägen", "g": "gatan", "gr": "gränd", "st": "stigen", "str": "strasse"}


def spelled(text: str) -> str:
    """Write a name without case, spaces, punctuation or Unicode form.

    >>> spelled("VÄTÖ vägen") == spelled("Vätövägen")
    True
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in plain if letter.isalnum() or unicodedata.combining(letter))


def key(text: str) -> str:
    """Write a name without accents, too: what it is looked up by.

    >>> key("S:t Görans väg"), key("Ægisíða"), key("Landstraße")
    ('stgoransvag', 'aegisida', 'landstrasse')
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS))
    return "".join(letter for letter in plain if letter.isalnum())


def place_key(text: str) -> str:
    """Write the name of a town, district or municipality as it is looked up.

    >>> place_key("Norrtälje kommun")
    'norrtalje'
    """
    return key(_MUNICIPALITY.sub("", text)) or key(text)


def expansions(text: str) -> tuple[str, ...]:
    """Give the keys of what an abbreviated street name may stand for; none if nothing is abbreviated.

    >>> expansions("St. Nygatan"), expansions("Kyrkv."), expansions("Harg")
    (('storanygatan', 'sanktnygatan'), ('kyrkvagen',), ())
    """
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    if not words:
        return ()
    first = _FIRST_WORDS.get(words[0].rstrip("."), ()) if len(words) > 1 else ()
    heads = [[full] for full in first] or [words[:1]]
    ends = [words[-1], *_endings(words)]
    found = dict.fromkeys(
        key("".join([*head, *words[1:-1], end]) if len(words) > 1 else end) for head in heads for end in reversed(ends)
    )
    found.pop(key(text), None)
    return tuple(found)


def _endings(words: list[str]) -> list[str]:
    """Complete an abbreviated last word: ``kyrkv.`` or a ``v`` that stands alone."""
    last = words[-1].rstrip(".")
    alone = len(words) > 1 and last in _ENDINGS
    if not (alone or words[-1].endswith(".")):
        return []
    return [last.removesuffix(short) + full for short, full in _ENDINGS.items() if last.endswith(short)]


def slips(one: str, other: str) -> int | None:
    """Count the edits between two keys; None if they are the keys of different names.

    >>> slips("vatovagen", "vatovagne"), slips("storgatan", "torggatan"), slips("norravagen", "sodravagen")
    (1, None, None)
    """
    limit = tolerance(min(one, other, key=len))
    apart = edits(one, other, limit)
    if apart > limit:
        return None
    heads = {_opposite(one), _opposite(other)}
    # One letter makes no opposite of a word, but may have spoilt it: Nora vägen.
    different = len(heads) > 1 and (apart > 1 or "" not in heads)
    return None if different else apart


def tolerance(name: str) -> int:
    """Tell how many edits of a key of this length may still be the same name [A].

    One edit of a name of three letters is another name; two edits of ``storgatan`` are ``torggatan``.
    """
    return 0 if len(name) < _SHORT_NAME else 1 if len(name) < _LONG_NAME else 2


def _opposite(name: str) -> str:
    """Give the word that a key begins with and that has an opposite; empty if none."""
    return next((word for head, word in _OPPOSITES.items() if name.startswith(head)), "")


def halves(key: str) -> tuple[str, str]:
    """Give the beginning and the end of a key, one of which any single edit leaves as it was."""
    half = (len(key) - 1) // 2
    return key[:half], key[len(key) - half :]


def edits(one: str, other: str, limit: int) -> int:
    """Count letters added, lost, changed, or swapped with their neighbour; more than `limit` is ``limit + 1``.

    The optimal string alignment distance. What both names begin and end with is skipped first: most Swedish street
    names end alike.

    >>> edits("vatovagen", "vatovagne", 2), edits("harg", "kyrkvagen", 2)
    (1, 3)
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    one, other = _differing(one, other)
    if not one or not other:
        return max(len(one), len(other))
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        new = [i]
        for j, facing in enumerate(other, 1):
            cost = min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (letter != facing))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == facing:
                cost = min(cost, before[j - 2] + 1)
            new.append(cost)
        if min(new) > limit:
            return limit + 1
        before, row = row, new
    return min(row[-1], limit + 1)


def _differing(one: str, other: str) -> tuple[str, str]:
    """Cut off the common beginning and end."""
    start = 0
    for letter, facing in zip(one, other, strict=False):
        if letter != facing:
            break
        start += 1
    one, other = one[start:], other[start:]
    end = 0
    for letter, facing in zip(reversed(one), reversed(other), strict=False):
        if letter != facing:
            break
        end += 1
    return one[: len(one) - end], other[: len(other) - end]

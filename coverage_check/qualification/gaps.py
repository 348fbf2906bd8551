"""Texts with gaps, and what fills them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring

Columns = Mapping[str, Sequence[str]]
"""Gap → the text of each row."""

_NAME = "(?:given|normalised|label|location|probability|flips|as_of|(?:offer|edge|share|distance) [^\ue000-\ue003]+)"
_GAP = re.compile(f'"\ue002({_NAME})\ue003"|\ue000({_NAME})\ue001')


def words_gap(name: str) -> str:
    """Give what stands in a text where words of each row's own belong."""
    return f"\ue000{name}\ue001"


def json_gap(name: str) -> str:
    """Give what stands in place of a JSON value of each row's own."""
    return f"\ue002{name}\ue003"


@dataclass(frozen=True, slots=True)
class Gapped:
    """A text with gaps, and their names in order."""

    text: str
    gaps: tuple[str, ...]
    _bytes: bytes

    @classmethod
    def of(cls, text: str) -> "Gapped":
        """Find the gaps of a text."""
        gaps = tuple(match[1] or match[2] for match in _GAP.finditer(text))
        pieces = _GAP.split(text)[::3]  # the two groups of each gap lie between
        text = "%s".join(piece.replace("%", "%%") for piece in pieces)
        return cls(text, gaps, text.encode())

    def filled(self, columns: Columns) -> Iterator[str]:
        """Fill in one text for each row."""
        return map(self.text.__mod__, zip(*(columns[gap] for gap in self.gaps), strict=True))

    def encoded(self, columns: Columns) -> Iterator[bytes]:
        """Do the same in UTF-8, in half the time of filling and encoding: most of a text is the same in all rows."""
        utf8 = {gap: [text.encode() for text in columns[gap]] for gap in set(self.gaps)}
        return map(self._bytes.__mod__, zip(*(utf8[gap] for gap in self.gaps), strict=True))


def inner(text: str) -> str:
    """Escape a text for the inside of a JSON string."""
    return encode_basestring(text)[1:-1]

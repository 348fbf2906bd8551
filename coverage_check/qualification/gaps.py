"""Texts with gaps, and what fills them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring

from coverage_check.availability import Rows
from coverage_check.qualification.fill import Column, fill

Columns = Mapping[str, Column]
"""Gap → what fills it in each row."""

_NAME = "(?:given|normalised|label|location|probability|flips|as_of|(?:offer|edge|share|distance) [^\ue000-\ue003]+)"
_GAP = re.compile(f'"\ue002({_NAME})\ue003"|\ue000({_NAME})\ue001')
_AT_ONCE = 128
"""Texts that are written together: so few that they are still in the processor's cache when they are hashed."""


def words_gap(name: str) -> str:
    """Give what stands in a text where words of each row's own belong."""
    return f"\ue000{name}\ue001"


def json_gap(name: str) -> str:
    """Give what stands in place of a JSON value of each row's own."""
    return f"\ue002{name}\ue003"


@dataclass(frozen=True, slots=True)
class Gapped:
    """A text with gaps: what stands around them, in UTF-8, and their names in order."""

    pieces: tuple[bytes, ...]
    gaps: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Gapped":
        """Find the gaps of a text."""
        gaps = tuple(match[1] or match[2] for match in _GAP.finditer(text))
        pieces = _GAP.split(text)[::3]  # the two groups of each gap lie between
        return cls(tuple(piece.encode() for piece in pieces), gaps)

    def filled(self, columns: Columns, rows: Rows) -> Iterator[bytes]:
        """Fill in one text for each of some rows."""
        needed = tuple(columns[gap] for gap in self.gaps)
        for start in range(0, len(rows), _AT_ONCE):
            yield from fill(self.pieces, needed, rows[start : start + _AT_ONCE])


def inner(text: str) -> str:
    """Escape a text for the inside of a JSON string."""
    return encode_basestring(text)[1:-1]

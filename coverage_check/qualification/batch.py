"""Many orders at once: rows that are alike are decided once, and their own numbers filled in.

`Outlines` finds rows alike, `sharing` says what that means; an outline is kept for later batches, as a day's orders are much
like the day before's.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from coverage_check.availability import Rows, Surroundings
from coverage_check.decision import Verdict
from coverage_check.layer import Layer
from coverage_check.location import Match
from coverage_check.products import Product
from coverage_check.qualification.filling import Filling
from coverage_check.qualification.order import Alike
from coverage_check.qualification.outline import Outline
from coverage_check.qualification.part import Part, parts
from coverage_check.qualification.season import Season, season
from coverage_check.qualification.sharing import Comparison, Example, Groups, rows_by
from coverage_check.qualification.stances import Question
from coverage_check.qualification.terms import KnownTerms
from coverage_check.qualification.weighing import VERDICTS, Doubt, Weigher
from coverage_check.qualification.writing import write

_DELIVERABLE = VERDICTS.index(Verdict.DELIVERABLE)
_KEPT = 4096
_OPEN = -1


class Outlines:
    """Decides rows, and keeps the outlines of what it decided. Threads may share it: at worst one is made twice."""

    def __init__(self, catalogue: Mapping[str, Product]) -> None:
        self._catalogue = catalogue
        self._kept: dict[object, _Kept] = {}
        self._count = 0
        self._seasons: dict[date, Season] = {}
        self._terms = KnownTerms()

    def season(self, on: date, layers: Sequence[Layer]) -> Season:
        """Tell what a day is; an `Outlines` knows one snapshot's layers only."""
        if on not in self._seasons:
            self._seasons[on] = season(on, layers, self._catalogue.values())
        return self._seasons[on]

    def decide(self, alike: Alike, around: Surroundings) -> Iterator[Part]:
        """Decide rows that ask the same about locations of the same kind."""
        own = Question(alike.order.product, alike.order.use, alike.order.on)
        location = alike.location
        doubt = Doubt(gross_error=location.gross_error, coarse=location.level.coarse, several=len(location.candidates) > 1)
        cep95_m = np.array([cep95_m for _, cep95_m in alike.errors_m])
        everyone = Weigher(around, alike.rows, doubt, cep95_m, self._terms)
        sold = everyone.weigh(own).verdict == _DELIVERABLE
        # Where it is deliverable nothing else is asked; other layers and products are looked at for the rest only.
        for some in (sold, ~sold):
            if some.any():
                weigher = everyone if some.all() else everyone.part(np.flatnonzero(some))
                yield from self._decide(alike, own, weigher)

    def _decide(self, alike: Alike, own: Question, weigher: Weigher) -> Iterator[Part]:
        groups = self._outlined(alike, own, weigher)
        filling = Filling(weigher, alike, own, groups)
        for outline, rows in groups:
            yield from parts(outline, alike, weigher, filling, rows)

    def _outlined(self, alike: Alike, own: Question, weigher: Weigher) -> list[tuple[Outline, Rows]]:
        """Give each outline's rows: one that is kept, or one made for the first such row."""
        if self._count > _KEPT:
            self._kept, self._count = {}, 0
        kept = self._kept.setdefault(alike.key, _Kept())
        compared = Comparison(weigher, own, ambiguous=alike.location.match is Match.AMBIGUOUS)
        found = _Found(len(weigher.rows))
        for asked in kept.asked_of(compared.own.prints):
            found.match(compared.alike(asked), kept.outlines[asked])
        while (row := found.first_open()) is not None:
            example = Example(weigher, row, own)
            outline = write(alike, example, self._catalogue)
            if example.alone:
                found.give(row, outline)
                continue
            asked = tuple(example.asked)
            groups = compared.alike(asked)
            kept.keep(outline, asked, compared.own.print_of(row), groups.print_of(row))
            self._count += 1
            found.match(groups, kept.outlines[asked])
        return found.groups()


@dataclass(frozen=True, slots=True)
class _Kept:
    """Outlines by the questions asked for them and what these came to, and which were asked of rows of a kind."""

    outlines: dict[tuple[Question, ...], dict[bytes, Outline]] = field(default_factory=dict)
    asked: dict[bytes, list[tuple[Question, ...]]] = field(default_factory=dict)
    told: dict[Hashable, Outline] = field(default_factory=dict)

    def asked_of(self, own: Sequence[bytes]) -> list[tuple[Question, ...]]:
        """Give what was asked of rows in which the same comes of their own question as in one of these."""
        return list(dict.fromkeys(asked for print_ in own for asked in self.asked.get(print_, ())))

    def keep(self, outline: Outline, asked: tuple[Question, ...], own: bytes, print_: bytes) -> None:
        """Keep an outline; one that tells the same as an older one is that, so that their rows are filled in together."""
        self.outlines.setdefault(asked, {})[print_] = self.told.setdefault(outline.told, outline)
        known = self.asked.setdefault(own, [])
        if asked not in known:
            known.append(asked)


class _Found:
    """The outlines that rows were given; at first none has one."""

    def __init__(self, count: int) -> None:
        self._outlines: dict[Outline, int] = {}
        self._of = np.full(count, _OPEN)

    def first_open(self) -> int | None:
        """Give the first row without an outline; None if all have one."""
        row = int(np.argmax(self._of == _OPEN))
        return row if self._of[row] == _OPEN else None

    def give(self, row: int, outline: Outline) -> None:
        """Give one row its outline."""
        self._of[row] = self._number(outline)

    def match(self, groups: Groups, kept: Mapping[bytes, Outline]) -> None:
        """Give the rows of each group that have no outline the one that is kept for them, if there is one."""
        outlines = map(kept.get, groups.prints)
        numbers = np.array([_OPEN if outline is None else self._number(outline) for outline in outlines])
        self._of = np.where(self._of == _OPEN, numbers[groups.of], self._of)

    def groups(self) -> list[tuple[Outline, Rows]]:
        """Give each outline with its rows, ascending, when all rows have one."""
        rows = rows_by(self._of, len(self._outlines))
        return [(outline, some) for outline, some in zip(self._outlines, rows, strict=True) if some.size]

    def _number(self, outline: Outline) -> int:
        return self._outlines.setdefault(outline, len(self._outlines))

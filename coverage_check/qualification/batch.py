"""Many orders at once: rows that are alike are decided once, and their own numbers filled in.

`Outlines` finds rows alike, `sharing` says what that means; an outline is kept for later batches, as a day's orders are much
like the day before's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from coverage_check.availability import Surroundings
from coverage_check.decision import Verdict
from coverage_check.layer import Layer
from coverage_check.products import Product
from coverage_check.qualification.filling import Filling
from coverage_check.qualification.order import Alike
from coverage_check.qualification.outline import Outline
from coverage_check.qualification.part import Part, parts
from coverage_check.qualification.season import Season, season
from coverage_check.qualification.sharing import Comparison, Example
from coverage_check.qualification.stances import Question
from coverage_check.qualification.weighing import VERDICTS, Doubt, Weigher
from coverage_check.qualification.writing import write

_DELIVERABLE = VERDICTS.index(Verdict.DELIVERABLE)
_KEPT = 4096


class Outlines:
    """Decides rows, and keeps the outlines of what it decided. Threads may share it: at worst one is made twice."""

    def __init__(self, catalogue: Mapping[str, Product]) -> None:
        self._catalogue = catalogue
        self._kept: dict[object, _Kept] = {}
        self._count = 0
        self._seasons: dict[date, Season] = {}

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
        everyone = Weigher(around, alike.rows, doubt, cep95_m)
        sold = everyone.weigh(own).verdict == _DELIVERABLE
        # Where it is deliverable nothing else is asked; other layers and products are looked at for the rest only.
        for some in (sold, ~sold):
            if some.any():
                weigher = everyone if some.all() else everyone.part(np.flatnonzero(some))
                yield from self._decide(alike, own, weigher)

    def _decide(self, alike: Alike, own: Question, weigher: Weigher) -> Iterator[Part]:
        outlines: dict[int, Outline] = {}
        rows_of: dict[int, list[int]] = {}
        for row, outline in enumerate(self._outlined(alike, own, weigher)):
            outlines[id(outline)] = outline
            rows_of.setdefault(id(outline), []).append(row)
        groups = [(outline, np.array(rows_of[name])) for name, outline in outlines.items()]
        filling = Filling(weigher, alike, own, groups)
        for outline, rows in groups:
            yield from parts(outline, alike, weigher, filling, rows)

    def _outlined(self, alike: Alike, own: Question, weigher: Weigher) -> list[Outline]:
        """Give each row its outline: one that is kept, or one made for the first such row."""
        if self._count > _KEPT:
            self._kept, self._count = {}, 0
        kept = self._kept.setdefault(alike.key, _Kept({}, {}))
        compared = Comparison(weigher, own)
        found: list[Outline | None] = [None] * len(weigher.rows)
        open_rows = list(range(len(found)))
        for asked in kept.asked_of(compared.own):
            open_rows = _match(open_rows, compared.prints(asked), kept.outlines[asked], found)
        while open_rows:
            row = open_rows[0]
            example = Example(weigher, row, own)
            outline = write(alike, example, self._catalogue)
            if example.alone:
                found[row] = outline
                open_rows.remove(row)
                continue
            asked = tuple(example.asked)
            printed = compared.prints(asked)
            kept.keep(outline, asked, compared.own[row], printed[row])
            self._count += 1
            open_rows = _match(open_rows, printed, kept.outlines[asked], found)
        return [outline for outline in found if outline is not None]


@dataclass(frozen=True, slots=True)
class _Kept:
    """Outlines by the questions asked for them and what these came to, and which were asked of rows of a kind."""

    outlines: dict[tuple[Question, ...], dict[bytes, Outline]]
    asked: dict[bytes, list[tuple[Question, ...]]]

    def asked_of(self, own: Sequence[bytes]) -> list[tuple[Question, ...]]:
        """Give what was asked of rows in which the same comes of their own question as in one of these."""
        return list(dict.fromkeys(asked for print_ in dict.fromkeys(own) for asked in self.asked.get(print_, ())))

    def keep(self, outline: Outline, asked: tuple[Question, ...], own: bytes, print_: bytes) -> None:
        """Keep an outline."""
        self.outlines.setdefault(asked, {})[print_] = outline
        known = self.asked.setdefault(own, [])
        if asked not in known:
            known.append(asked)


def _match(
    rows: Sequence[int], printed: Sequence[bytes], kept: Mapping[bytes, Outline], found: list[Outline | None]
) -> list[int]:
    """Give the rows their outlines where there is one; return the others."""
    others = []
    for row in rows:
        outline = kept.get(printed[row])
        if outline is None:
            others.append(row)
        else:
            found[row] = outline
    return others

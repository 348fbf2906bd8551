"""Rows of a batch that share an outline and the order of its evidence: what is written of them, and what tables need."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from coverage_check.availability import Floats, Rows
from coverage_check.qualification.filling import Filling
from coverage_check.qualification.gaps import Columns
from coverage_check.qualification.order import Alike
from coverage_check.qualification.outline import Outline
from coverage_check.qualification.weighing import Weigher

_APART_M = 20_000.0
"""More than lies between any two distances to an edge, so that rank and depth can be compared as one number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Rows with one outline and one order of the evidence.

    Attributes
    ----------
    rows
        int[n]: their numbers in the batch.
    filled, in_alike
        int[n]: their numbers in the columns, and in `alike`.
    order
        The outline's evidence in theirs.
    columns, said
        Gap → what fills it, in the canonical JSON and in the sentence.
    probability, edge_distance_m
        float64[n]: P_yes, and metres to the edge of the layer that decided, as recorded; None where there is none.
    """

    outline: Outline
    alike: Alike
    rows: Rows
    filled: Rows
    in_alike: Rows
    order: tuple[int, ...]
    columns: Columns
    said: Columns
    probability: Floats
    edge_distance_m: Floats | None

    def contents(self) -> Iterator[bytes]:
        """Write the canonical JSON of each row's decision, without id and made_at."""
        return self.outline.text(self.order).filled(self.columns, self.filled)

    def content(self, number: int) -> bytes:
        """Write that of one row."""
        return next(self.outline.text(self.order).filled(self.columns, self.filled[number : number + 1]))

    def sentences(self, language: str) -> list[str]:
        """Write each row's sentence, in Swedish or English."""
        return [text.decode() for text in self.outline.sentence(language).filled(self.said, self.filled)]


def parts(outline: Outline, alike: Alike, weigher: Weigher, filling: Filling, rows: Rows) -> Iterator[Part]:
    """Put rows of an outline together that have the evidence in one order; `rows` are their numbers in the weigher."""
    columns = filling.columns(outline)
    said = {**columns, **filling.said}
    for order, some in _ordered(outline, filling, rows):
        deciding = outline.evidence[order[0]] if order else None
        yield Part(
            outline=outline,
            alike=alike,
            rows=weigher.rows[some],
            filled=some,
            in_alike=filling.in_alike[some],
            order=order,
            columns=columns,
            said=said,
            probability=filling.probability(outline.probability)[some],
            edge_distance_m=filling.edge_m([deciding.layer], some)[0] if deciding and deciding.measured else None,
        )


def _ordered(outline: Outline, filling: Filling, rows: Rows) -> Iterator[tuple[tuple[int, ...], Rows]]:
    """Order the evidence of each row, and give the rows of each order: by rank, of one rank the deepest inside first."""
    if not outline.tied:
        yield tuple(range(len(outline.evidence))), rows
        return
    depth_m = filling.edge_m([witness.layer for witness in outline.evidence], rows)
    ranks = np.array([witness.rank for witness in outline.evidence])
    orders = np.argsort((ranks[:, None] * _APART_M - depth_m).T, axis=1, kind="stable")  # as deep: in the order of their ids
    for some in _alike(orders):
        yield tuple(orders[some[0]].tolist()), rows[some]


def _alike(table: Rows) -> list[Rows]:
    """Give the numbers of the rows of a table that are the same; mostly all are."""
    if (table == table[0]).all():
        return [np.arange(len(table))]
    by_row = np.lexsort(table.T)
    ends = np.flatnonzero((np.diff(table[by_row], axis=0) != 0).any(axis=1)) + 1
    return np.split(by_row, ends)

"""What fills the gaps of a batch: each number is worked out and written once, for all the rows that need it."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from coverage_check import wording
from coverage_check.availability import Floats, Rows
from coverage_check.qualification.flips import Flips, flips, nearer, no_flips
from coverage_check.qualification.numbers import rounded_texts, tenths, tenths_texts
from coverage_check.qualification.outline import Distance, DistanceWords, Outline, Probability, Share, Value
from coverage_check.qualification.stances import Question, Reach
from coverage_check.qualification.weighing import VERDICTS, Weigher

Texts = npt.NDArray[np.object_]
K = TypeVar("K", bound=Hashable)
T = TypeVar("T", bound=np.generic)


class Filling:
    """The texts that fill the gaps of some outlines, in all rows of a weigher.

    Parameters
    ----------
    own
        The question that all rows ask.
    groups
        The outlines, each with its rows, by their number in the weigher.
    errors_m
        cep50_m and cep95_m of each row.
    """

    def __init__(
        self,
        weigher: Weigher,
        own: Question,
        groups: Sequence[tuple[Outline, Rows]],
        errors_m: Sequence[tuple[float, float]],
    ) -> None:
        self._weigher = weigher
        self._errors_m = np.array(errors_m).reshape(-1, 2)
        self._reach = Reach.of(weigher.weigh(own).stances)
        self._texts = {
            value: _scattered(np.empty(len(weigher.rows), dtype=object), rows, self._write(value, rows))
            for value, rows in _needed((value, rows) for outline, rows in groups for value in outline.values.values())
        }
        self._flips = self._flip_texts([(outline, rows) for outline, rows in groups if outline.edges])

    def columns(self, outline: Outline, rows: Rows) -> Mapping[str, list[str]]:
        """Give, for some rows of an outline, the text of each gap that a number fills."""
        columns = {gap: self._texts[value][rows].tolist() for gap, value in outline.values.items()}
        if outline.edges:
            columns["flips"] = self._flips[rows].tolist()
        return columns

    def edge_m(self, layers: Sequence[int], rows: Rows) -> Floats:
        """Give float64[rows, layers]: signed metres to the edge, as recorded."""
        return tenths(self._weigher.surroundings.edge_distance_m(self._weigher.rows[rows], layers))

    def probability(self, question: Question, rows: Rows) -> Floats:
        """Give float64[rows]: P_yes of a question, as recorded."""
        return np.round(self._weigher.weigh(question).yes[rows], 6)

    def _write(self, value: Value, rows: Rows) -> list[str]:
        match value:
            case Probability(question):
                return rounded_texts(self.probability(question, rows))
            case Share(layer):
                return rounded_texts(np.round(self._share(layer, rows), 6))
            case Distance(layer):
                return tenths_texts(self.edge_m([layer], rows)[:, 0])
            case DistanceWords(layer, language):
                said = map(wording.distance_words, self.edge_m([layer], rows)[:, 0].tolist())
                return [words.sv if language == "sv" else words.en for words in said]

    def _share(self, layer: int, rows: Rows) -> Floats:
        """Give how likely a layer serves; one that their own question doesn't concern is looked at in these rows only."""
        if layer in self._reach.claims:
            return self._weigher.seen(layer, self._reach)[0][rows]
        share, ascending = np.empty(len(self._weigher.rows)), np.sort(rows)
        share[ascending] = self._weigher.some(ascending).seen(layer, Reach((layer,)))[0]
        return share[rows]

    def _flip_texts(self, groups: Sequence[tuple[Outline, Rows]]) -> Texts:
        around, everyone = self._weigher.surroundings, self._weigher.rows
        numbers = {claim.id: number for number, claim in enumerate(around.layers)}
        edges = [(numbers[edge.layer.id], rows) for outline, rows in groups for edge in outline.edges]
        bearing_deg = {
            layer: _scattered(np.empty(len(everyone)), rows, around.edge_bearing_deg(everyone[rows], layer))
            for layer, rows in _needed(edges)
        }
        alike = {outline.crossing: outline for outline, _ in groups}
        texts: Texts = np.empty(len(everyone), dtype=object)
        for crossing, rows in _needed((outline.crossing, rows) for outline, rows in groups):
            found = no_flips(len(rows))
            for edge in alike[crossing].edges:
                layer = numbers[edge.layer.id]
                edge_m = around.edge_distance_m(everyone[rows], [layer])[:, 0]
                case, errors_m = alike[crossing].case, self._errors_m[rows]
                found = nearer(found, flips(edge, case, errors_m, edge_m, bearing_deg[layer][rows]))
            texts[rows] = _written(found)
        return texts


def _needed(pairs: Iterable[tuple[K, Rows]]) -> Iterator[tuple[K, Rows]]:
    """Put together all rows that need the same; each comes once, or the same is written twice."""
    needed: dict[K, list[Rows]] = defaultdict(list)
    for key, rows in pairs:
        needed[key].append(rows)
    for key, parts in needed.items():
        yield key, np.concatenate(parts)


def _scattered(column: npt.NDArray[T], rows: Rows, values: npt.ArrayLike) -> npt.NDArray[T]:
    column[rows] = values
    return column


def _written(found: Flips) -> list[str]:
    moved, bearing = tenths_texts(tenths(found.if_moved_m)), tenths_texts(tenths(found.bearing_deg) % 360)
    return [
        f'{{"bearing_deg":{towards},"if_moved_m":{metres},"to":"{VERDICTS[to].value}"}}' if possible else "null"
        for towards, metres, to, possible in zip(
            bearing, moved, found.to.tolist(), np.isfinite(found.if_moved_m).tolist(), strict=True
        )
    ]

"""Which rows of a batch are alike: those in which everything that a decision is chosen by is the same.

One row is decided in full, and it is noted which questions were weighed on the way. Every other row in which the layers
cover the same, and these questions come to the same, is decided alike; only its numbers differ.
"""

from collections.abc import Sequence
from datetime import date
from itertools import combinations

import numpy as np
import numpy.typing as npt

from coverage_check.availability import Availability
from coverage_check.decision import Use, Verdict
from coverage_check.products import Product
from coverage_check.qualification.assessment import Assessment, assessed
from coverage_check.qualification.stances import Question, Stance, numbers
from coverage_check.qualification.weighing import NEARLY_ALL, VERDICTS, Weighed, Weigher

Prints = npt.NDArray[np.uint8]
_DELIVERABLE = VERDICTS.index(Verdict.DELIVERABLE)


class Example:
    """One row that is decided in full; `asked` are the questions that were weighed for it, its own first."""

    def __init__(self, weigher: Weigher, row: int, own: Question) -> None:
        self._weigher = weigher
        self._row = row
        self.asked: dict[Question, Assessment] = {}
        around, batch = weigher.surroundings, weigher.rows[row : row + 1]
        layers = numbers(weigher.weigh(own).stances)
        edge_m = np.full(len(around.layers), np.nan)
        edge_m[list(layers)] = around.edge_distance_m(batch, layers)[0]
        self._split = [False] * len(around.layers)
        for layer in layers:
            self._split[layer] = bool(weigher.seen(layer, layers)[1][row])
        self.availabilities = tuple(
            Availability(
                layer=layer,
                covered=around.covered[batch, number],
                surveyed=around.surveyed[batch, number],
                edge_distance_m=edge_m[number : number + 1],
            )
            for number, layer in enumerate(around.layers)
        )
        self.own = self._weigh(own)

    def weigh(self, product: Product, use: Use, on: date) -> Assessment:
        """Weigh a question at this row, and note it."""
        return self._weigh(Question(product, use, on))

    def _weigh(self, question: Question) -> Assessment:
        if question not in self.asked:
            weighed = self._weigher.weigh(question)
            layers = numbers(weighed.stances)
            for layer in layers:
                measured = self._weigher.surroundings.edge_distance_m(self._weigher.rows[self._row : self._row + 1], [layer])
                self.availabilities[layer].edge_distance_m[0] = measured[0, 0]
            self.asked[question] = assessed(weighed, self._row, self.availabilities, self._split)
        return self.asked[question]


def prints(weigher: Weigher, questions: Sequence[Question]) -> list[bytes]:
    """Give for each row what has to be the same, so that the same is chosen wherever these questions are asked."""
    around, rows = weigher.surroundings, weigher.rows
    weighed = [weigher.weigh(question) for question in questions]
    columns: list[Prints] = [np.packbits(around.covered[rows], axis=1), np.packbits(around.surveyed[rows], axis=1)]
    own_layers = numbers(weighed[0].stances)
    columns += [weigher.seen(layer, own_layers)[1][:, None].astype(np.uint8) for layer in own_layers]
    for each in weighed:
        columns.append(_outcome(each, weigher))
        columns += _nearest(each, weigher)
    columns += [_rank(one, other)[:, None] for one, other in combinations(weighed[1:], 2)]
    whole = np.ascontiguousarray(np.concatenate(columns, axis=1))
    width = whole.shape[1]
    data = whole.tobytes()
    return [data[start : start + width] for start in range(0, len(data), width)]


def _outcome(weighed: Weighed, weigher: Weigher) -> Prints:
    partly = weighed.unknown - weigher.gross_error > 1 - NEARLY_ALL
    flags = (weighed.agree, weighed.partly_unknown, weighed.unknown >= NEARLY_ALL, partly)
    return np.column_stack((weighed.verdict, weighed.weakest, *flags)).astype(np.uint8)


def _nearest(weighed: Weighed, weigher: Weigher) -> list[Prints]:
    """Tell which of the claims of one fit and time has its edge deepest: `Assessment.best`."""
    every = bool(weighed.question.product.all_of)
    focuses = weighed.stances if every else [tuple(stance for each in weighed.stances for stance in each)]
    columns = []
    for focus in focuses:
        kinds: dict[object, list[Stance]] = {}
        for stance in focus:
            kinds.setdefault((stance.fit, stance.time), []).append(stance)
        for alike in kinds.values():
            if len(alike) > 1:
                layers = [stance.number for stance in alike]
                edge_m = weigher.surroundings.edge_distance_m(weigher.rows, layers)
                speak = weigher.surroundings.surveyed[weigher.rows][:, layers]
                columns.append(np.argmax(np.where(speak, edge_m, -np.inf), axis=1).astype(np.uint8)[:, None])
    return columns


def _rank(one: Weighed, other: Weighed) -> Prints:
    """Tell which of two questions is the more probable, where both are deliverable: offers go by that."""
    both = (one.verdict == _DELIVERABLE) & (other.verdict == _DELIVERABLE)
    sign = np.sign(np.round(one.yes, 6) - np.round(other.yes, 6)) + 1
    return np.where(both, sign, 3).astype(np.uint8)

"""Which rows of a batch are alike: those in which everything that a decision is chosen by is the same.

One row is decided in full, and it is noted which questions were weighed on the way. Every other row in which the layers
cover the same, and these questions come to the same, is decided alike; only its numbers differ.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from coverage_check import wording
from coverage_check.availability import Availability, Bools, Floats
from coverage_check.decision import Verdict
from coverage_check.layer import Layer
from coverage_check.qualification.assessment import Assessment, Prospect, assessed
from coverage_check.qualification.questions import HOPE, LEAST
from coverage_check.qualification.stances import NEARLY_ALL, Question, Reach, Stance, elsewhere, numbers
from coverage_check.qualification.weighing import VERDICTS, Prospects, Weighed, Weigher

Prints = npt.NDArray[np.uint8]
_DELIVERABLE, _UNDETERMINED = VERDICTS.index(Verdict.DELIVERABLE), VERDICTS.index(Verdict.UNDETERMINED)


class Example:
    """One row that is decided in full.

    Attributes
    ----------
    asked
        The questions that were weighed for it, its own first.
    alone
        Whether it was looked at so closely that it stands for no other row.
    """

    def __init__(self, weigher: Weigher, row: int, own: Question) -> None:
        self._weigher, self._row, self._own = weigher, row, own
        self.asked: dict[Question, Assessment] = {}
        self.alone = False
        around, self._at = weigher.surroundings, weigher.rows[row : row + 1]
        self._split, self._near = [False] * len(around.layers), [False] * len(around.layers)
        reach = Reach.of(weigher.weigh(own).stances)
        for layer, near in zip(reach.claims, _near(weigher, reach.claims)[row].tolist(), strict=True):
            self._split[layer], self._near[layer] = bool(weigher.seen(layer, reach)[1][row]), near
        self.availabilities = tuple(
            Availability(
                layer=layer,
                covered=around.covered[self._at, number],
                surveyed=around.surveyed[self._at, number],
                edge_distance_m=np.full(1, np.nan),
            )
            for number, layer in enumerate(around.layers)
        )
        self.own = self.weigh(own)
        self.prospect = Prospect.of(weigher.prospects(own), row)

    def weigh(self, question: Question) -> Assessment:
        """Weigh a question at this row, and note it."""
        if question not in self.asked:
            weighed = self._weigher.weigh(question)
            layers = numbers(weighed.stances)
            measured = self._weigher.surroundings.edge_distance_m(self._at, layers)[0]
            for layer, metres in zip(layers, measured.tolist(), strict=True):
                self.availabilities[layer].edge_distance_m[0] = metres
            self.asked[question] = assessed(weighed, self._row, self.availabilities, self._split, self._near)
        return self.asked[question]

    def around(self) -> Mapping[str, Availability]:
        """Look at every place of the customer, as far as the row's own question is concerned."""
        self.alone = True
        layers = numbers(self._weigher.weigh(self._own).stances)
        found = self._weigher.surroundings.around(int(self._at[0]), layers)
        return {each.layer.id: each for each in found.values()}


class Comparison:
    """What has to be the same in two rows, so that the same is chosen.

    Attributes
    ----------
    own
        Each row's, as far as its own question goes: rows in which that differs are never alike.
    """

    def __init__(self, weigher: Weigher, own: Question) -> None:
        self._weigher = weigher
        self._ahead = weigher.prospects(own)
        self._own = self._of_own(weigher.weigh(own))
        self.own = cut(self._own)
        self._prints: dict[tuple[Question, ...], list[bytes]] = {}

    def prints(self, questions: tuple[Question, ...]) -> list[bytes]:
        """Give each row's, wherever these questions are asked, its own first."""
        if questions not in self._prints:
            weighed = [self._weigher.weigh(question) for question in questions]
            columns = [self._own, *(column for each in weighed[1:] for column in _chosen_by(each, self._weigher))]
            self._prints[questions] = cut(np.concatenate([*columns, _ranks(weighed, self._ahead)], axis=1))
        return self._prints[questions]

    def _of_own(self, weighed: Weighed) -> Prints:
        weigher, around, rows = self._weigher, self._weigher.surroundings, self._weigher.rows
        own, reach = list(numbers(weighed.stances)), Reach.of(weighed.stances)
        covered, surveyed = around.covered[rows], around.surveyed[rows]
        columns: list[Prints] = [np.packbits(covered[:, own], axis=1), np.packbits(surveyed[:, own], axis=1)]
        columns += _elsewhere(weighed, around.layers, covered & surveyed)
        columns += [weigher.seen(layer, reach)[1][:, None].astype(np.uint8) for layer in reach.claims]
        columns.append(_near(weigher, reach.claims).astype(np.uint8))
        columns.append(self._ahead.spot_possible[:, None].astype(np.uint8))
        return np.concatenate([*columns, *_chosen_by(weighed, weigher)], axis=1)


def cut(rows: npt.NDArray[np.generic]) -> list[bytes]:
    """Give each row of a table as bytes, which can be compared at once."""
    data, width = rows.tobytes(), rows.itemsize * rows.shape[1]
    return [data[start : start + width] for start in range(0, len(data), width)]


def _elsewhere(own: Weighed, layers: Sequence[Layer], claimed: Bools) -> list[Prints]:
    """Tell which other layers are named: the first that covers the place, of each kind. A yes names none."""
    question = own.question
    open_ = (own.verdict != _DELIVERABLE)[:, None] | (not question.product.on_sale(question.on))
    columns = []
    for focus in _focuses(own):
        named = elsewhere(question, [stance.layer for stance in focus], layers)
        for code in dict(named):
            candidates = [number for kind, number in named if kind is code]
            there = claimed[:, candidates] & open_
            columns.append(np.where(there.any(axis=1), np.argmax(there, axis=1), len(candidates)).astype(np.uint8)[:, None])
    return columns


def _focuses(weighed: Weighed) -> Sequence[Sequence[Stance]]:
    """Give what each row's verdict may be explained by: `Assessment.focus`."""
    every = bool(weighed.question.product.all_of)
    return weighed.stances if every else [tuple(stance for each in weighed.stances for stance in each)]


def _chosen_by(weighed: Weighed, weigher: Weigher) -> list[Prints]:
    return [_outcome(weighed, weigher), *_nearest(weighed, weigher)]


def _outcome(weighed: Weighed, weigher: Weigher) -> Prints:
    partly = weighed.unknown - weigher.gross_error > 1 - NEARLY_ALL
    flags = (weighed.agree, weighed.partly_unknown, weighed.unknown >= NEARLY_ALL, partly)
    sure = weighed.yes >= wording.SURELY_FROM
    return np.column_stack((weighed.verdict, weighed.weakest, *flags, sure)).astype(np.uint8)


def _nearest(weighed: Weighed, weigher: Weigher) -> list[Prints]:
    """Tell which of the claims of one fit and time has its edge deepest: `Assessment.best`."""
    columns = []
    for focus in _focuses(weighed):
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


def _near(weigher: Weigher, layers: Sequence[int]) -> Bools:
    near: Bools = np.abs(weigher.surroundings.edge_distance_m(weigher.rows, layers)) <= weigher.cep95_m[:, None]
    return near


def _ranks(weighed: Sequence[Weighed], ahead: Prospects) -> Prints:
    """Rank what is chosen by size: offers by their probability, and questions by what their answers are expected to spare.

    An undetermined order's questions spare losses; the others' serve an offer (`questions`).
    """
    own = weighed[0]
    risk, open_ = own.question.product.risk, (own.verdict == _UNDETERMINED)[:, None]
    exact, each = risk.ask - ahead.loss_at_place, risk.ask - ahead.loss_of_each
    shares = sorted({1.0, LEAST, *HOPE.values()})
    asking = [np.full_like(exact, risk.ask * share) for share in shares]
    spared = (exact, exact * HOPE["POSITION"], each, ahead.unclear * risk.ask * HOPE["MAP_OF_OPERATOR"], *asking)
    offered = [np.where(one.verdict == _DELIVERABLE, np.round(one.yes, 6), 0.0) for one in weighed]
    offered += [one * share for one in offered for share in sorted(set(HOPE.values()))]
    offered += [np.full_like(exact, share) for share in shares]
    return np.hstack((_ranked(spared, open_), _ranked(offered, ~open_), _ranked(offered[: len(weighed)], open_)))


def _ranked(columns: Sequence[Floats], where: Bools) -> Prints:
    """Rank each row's values; equal ones have the same rank, and all have where it doesn't matter."""
    values = np.where(where, np.round(np.column_stack(columns), 6), 0.0)
    order = np.argsort(values, axis=1, kind="stable")
    steps = np.diff(np.take_along_axis(values, order, axis=1), axis=1, prepend=0.0) > 0
    ranks = np.empty(values.shape, dtype=np.uint8)
    np.put_along_axis(ranks, order, np.cumsum(steps, axis=1).astype(np.uint8), axis=1)
    return ranks

"""Which rows of a batch are alike: those in which everything that a decision is chosen by is the same.

One row is decided in full, and it is noted which questions were weighed on the way. Every other row in which the layers
cover the same, and these questions come to the same, is decided alike; only its numbers differ. `tests/unit/test_sharing.py`
holds such rows to each row alone.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from coverage_check import wording
from coverage_check.availability import Availability, Bools, Floats, Rows
from coverage_check.decision import Verdict
from coverage_check.qualification.alternatives import PLOT_M
from coverage_check.qualification.assessment import Assessment, Prospect, assessed
from coverage_check.qualification.questions import HOPE, LEAST, SAME_DIGITS
from coverage_check.qualification.stances import NEARLY_ALL, Question
from coverage_check.qualification.weighing import VERDICTS, Weighed, Weigher

Prints = npt.NDArray[np.uint8]
_RANKED_AT_ONCE = 512
"""Rows whose values are compared with each other together: few enough for the processor's cache."""
_DELIVERABLE, _UNDETERMINED = VERDICTS.index(Verdict.DELIVERABLE), VERDICTS.index(Verdict.UNDETERMINED)


class Example:
    """One row that is decided in full.

    Attributes
    ----------
    at
        Its number in the batch.
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
        self.at = int(self._at[0])
        self._split, self._near = [False] * len(around.layers), [False] * len(around.layers)
        reach = weigher.weigh(own).terms.reach
        edge_m = around.edge_distance_m(self._at, reach.claims)[0]
        for layer, near in zip(reach.claims, (np.abs(edge_m) <= weigher.cep95_m[row]).tolist(), strict=True):
            self._split[layer], self._near[layer] = weigher.splits_at(row, layer, reach), near
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
        self.prospect = Prospect.of(weigher.prospects(own), row, spot_possible=bool(weigher.spot_possible(own)[row]))

    def weigh(self, question: Question) -> Assessment:
        """Weigh a question at this row, and note it."""
        if question not in self.asked:
            weighed = self._weigher.weigh(question)
            layers = weighed.terms.numbers
            measured = self._weigher.surroundings.edge_distance_m(self._at, layers)[0]
            for layer, metres in zip(layers, measured.tolist(), strict=True):
                self.availabilities[layer].edge_distance_m[0] = metres
            self.asked[question] = assessed(weighed, self._row, self.availabilities, self._split, self._near)
        return self.asked[question]

    def around(self) -> Mapping[str, Availability]:
        """Look at every place of the customer, as far as the row's own question is concerned."""
        self.alone = True
        layers = self._weigher.weigh(self._own).terms.numbers
        found = self._weigher.surroundings.around(int(self._at[0]), layers)
        return {each.layer.id: each for each in found.values()}


class Groups:
    """Rows of a table that are the same in it.

    Attributes
    ----------
    prints
        What is the same in each group, as bytes.
    of
        int[n]: the group of each row.
    """

    def __init__(self, table: npt.NDArray[np.generic]) -> None:
        data, width = table.tobytes(), table.itemsize * table.shape[1]
        groups: dict[bytes, int] = {}
        of = [groups.setdefault(data[at : at + width], len(groups)) for at in range(0, len(data), width)]
        self.prints, self.of = list(groups), np.array(of, dtype=np.intp)

    def print_of(self, row: int) -> bytes:
        """Give what is the same in the group of a row."""
        return self.prints[int(self.of[row])]

    def rows(self) -> list[Rows]:
        """Give the rows of each group, ascending."""
        return rows_by(self.of, len(self.prints))


def rows_by(numbers: Rows, count: int) -> list[Rows]:
    """Give, for each number below a count, the rows that have it, ascending."""
    if count == 1:
        return [np.arange(len(numbers))]
    ends = np.cumsum(np.bincount(numbers, minlength=count))
    return np.split(np.argsort(numbers, kind="stable"), ends[:-1])


class Comparison:
    """What has to be the same in two rows, so that the same is chosen.

    Only that, and only where something is chosen by it: what stands in a print without being seen in a decision parts rows
    that could have been decided together.

    Attributes
    ----------
    own
        The rows as far as their own question goes: those in which that differs are never alike.
    """

    def __init__(self, weigher: Weigher, own: Question, *, ambiguous: bool) -> None:
        self._weigher, self._ambiguous = weigher, ambiguous
        self._weighed = weigher.weigh(own)
        self._surveyed = weigher.surroundings.surveyed[weigher.rows]
        self._claimed = weigher.surroundings.covered[weigher.rows] & self._surveyed
        self._open = self._weighed.verdict == _UNDETERMINED
        self._too_coarse = ~self._weighed.agree | (weigher.gross_error > 1 - own.product.risk.yes)
        self._own = np.hstack((self._of_own(), self._spared()))
        self.own = Groups(self._own)
        self._alike: dict[tuple[Question, ...], Groups] = {}

    def alike(self, questions: tuple[Question, ...]) -> Groups:
        """Tell which rows are alike wherever these questions are asked, their own first."""
        if questions not in self._alike:
            weighed = [self._weigher.weigh(question) for question in questions]
            columns = [column for each in weighed[1:] for column in self._of_other(each)]
            self._alike[questions] = Groups(np.hstack((self._own, *columns, _offered(weighed))))
        return self._alike[questions]

    def _of_own(self) -> Prints:
        weighed, terms, claimed, surveyed = self._weighed, self._weighed.terms, self._claimed, self._surveyed
        own = list(terms.numbers)
        columns: list[Prints] = [np.packbits(claimed[:, own], axis=1), np.packbits(surveyed[:, own], axis=1)]
        lacking = ~_covered_here(weighed, claimed)
        columns += _elsewhere(weighed, claimed, lacking)
        columns += [self._hopeful(lacking), self._outcome(), *self._splits()]
        columns += [self._nearest(alike) for alike in terms.kinds.values() if len(alike) > 1]
        return np.hstack(columns)

    def _hopeful(self, lacking: Bools) -> Prints:
        """Tell where a spot nearby is looked for."""
        hopeful = lacking & (self._weighed.verdict != _DELIVERABLE) & (self._weigher.cep95_m <= PLOT_M)
        if hopeful.any():
            hopeful &= self._weigher.spot_possible(self._weighed.question)
        found: Prints = hopeful[:, None].astype(np.uint8)
        return found

    def _outcome(self) -> Prints:
        """Tell which verdict it is; of an undetermined one, how much is unknown, and of a yes, how sure it is."""
        weighed, open_ = self._weighed, self._open
        nowhere, because = open_ & (weighed.unknown >= NEARLY_ALL), open_ & weighed.partly_unknown
        partly = because & (weighed.unknown - self._weigher.gross_error > 1 - NEARLY_ALL)
        flags = (weighed.agree, nowhere, because & nowhere, partly, _surely(weighed))
        return np.array((weighed.verdict, weighed.weakest, *flags), dtype=np.uint8).T

    def _splits(self) -> list[Prints]:
        """Tell where an edge runs between the places: a measured claim counts there, and so does a second doubt."""
        weigher, reach = self._weigher, self._weighed.terms.reach
        named = self._open & (self._too_coarse | self._ambiguous)
        any_named, columns = bool(named.any()), []
        for layer in reach.claims:
            counts = np.zeros(len(weigher.rows), dtype=np.uint8)
            if weigher.surroundings.layers[layer].curve is not None:
                counts += weigher.splits(layer, reach)
            if any_named:
                near = np.abs(weigher.surroundings.edge_distance_m(weigher.rows, [layer])[:, 0]) <= weigher.cep95_m
                counts += np.uint8(2) * (named & near & weigher.splits(layer, reach))
            columns.append(counts[:, None])
        return columns

    def _spared(self) -> Prints:
        """Rank what the answers to an undetermined order's questions are expected to spare (`questions`)."""
        risk, marks = self._weighed.question.product.risk, sorted(set(HOPE.values()))
        if not self._open.any():
            return np.zeros((len(self._open), 4 + self._ambiguous + len(marks)), dtype=np.uint8)
        ahead = self._weigher.prospects(self._weighed.question)
        exact, each = risk.ask - ahead.loss_at_place, risk.ask - ahead.loss_of_each
        position, operator = exact * HOPE["POSITION"], ahead.unclear * risk.ask * HOPE["MAP_OF_OPERATOR"]
        finer = np.where(self._too_coarse, exact, 0.0)
        values = [position, operator, finer, *([each] if self._ambiguous else [])]
        little = (position < LEAST * risk.ask)[:, None]
        ranks = _ranked(values, [risk.ask * share for share in marks])
        spared: Prints = np.hstack((ranks, little)).astype(np.uint8) * self._open[:, None]
        return spared

    def _of_other(self, weighed: Weighed) -> Iterator[Prints]:
        """Tell of another question whether it is a yes, and which claims that rests on."""
        terms = weighed.terms
        sold = weighed.verdict == _DELIVERABLE
        yield np.array((sold, _surely(weighed), weighed.weakest), dtype=np.uint8).T
        for alike in terms.best:
            yield self._nearest(alike)
        if terms.counting:  # one may follow, or was measured
            yield np.packbits(self._claimed[:, terms.counting], axis=1)

    def _nearest(self, layers: Sequence[int]) -> Prints:
        """Tell whose edge is deepest, of the claims that speak there."""
        if len(layers) == 1:
            return self._surveyed[:, layers].view(np.uint8)
        speak = self._surveyed[:, layers]
        edge_m = np.where(speak, self._weigher.surroundings.edge_distance_m(self._weigher.rows, layers), -np.inf)
        return _first(speak & (edge_m == edge_m.max(axis=1, keepdims=True)))


def _elsewhere(own: Weighed, claimed: Bools, lacking: Bools) -> list[Prints]:
    """Tell which other layers are named: the first that covers the place, of each kind. A yes names none."""
    open_ = (lacking if not own.terms.on_sale else lacking & (own.verdict != _DELIVERABLE))[:, None]
    return [_first(claimed[:, candidates] & open_) for candidates in own.terms.elsewhere]


def _covered_here(weighed: Weighed, claimed: Bools) -> Bools:
    """Tell where `Assessment.covered_here` holds."""
    live = [claimed[:, layers].any(axis=1) for layers in weighed.terms.live]
    here: Bools = np.array(live)[weighed.weakest, np.arange(len(claimed))]
    return here


def _first(held: Bools) -> Prints:
    """Tell the first column that holds in each row; their count for none."""
    first: Prints = np.where(held.any(axis=1), np.argmax(held, axis=1), held.shape[1]).astype(np.uint8)[:, None]
    return first


def _surely(weighed: Weighed) -> Bools:
    surely: Bools = (weighed.verdict == _DELIVERABLE) & (weighed.yes >= wording.SURELY_FROM)
    return surely


def _offered(weighed: Sequence[Weighed]) -> Prints:
    """Rank offers by their probability, and the questions that serve them by what may be hoped of them (`questions`)."""
    likely = [np.where(one.verdict == _DELIVERABLE, np.round(one.yes, 6), 0.0) for one in weighed]
    shares = sorted({1.0, HOPE["ANTENNA_POSSIBLE"], HOPE["PLACE_OF_USE"]})
    return _ranked([one * share for one in likely for share in shares], [1.0, HOPE["BY_A_WINDOW"]])


def _ranked(values: Sequence[Floats], marks: Sequence[float]) -> Prints:
    """Rank each row's values among each other and some marks: count those below; equal ones have the same rank."""
    columns = np.empty((len(values) + len(marks), len(values[0])))
    columns[: len(values)], columns[len(values) :] = values, np.array(marks)[:, None]
    columns = np.round(columns, SAME_DIGITS)
    ranks = np.empty(columns.shape, dtype=np.uint8)
    for start in range(0, columns.shape[1], _RANKED_AT_ONCE):
        some = columns[:, start : start + _RANKED_AT_ONCE]
        ranks[:, start : start + _RANKED_AT_ONCE] = (some[:, None] < some).sum(axis=0, dtype=np.uint8)
    return ranks.T

"""How probable it is that products work at all the places of a batch, and which verdict costs least: columns, row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverage_check.availability import Bools, Floats, Masks, Places, Rows, Surroundings
from coverage_check.decision import Verdict
from coverage_check.products import Risk
from coverage_check.qualification.needs import Met, combined, mean_reliable, need_met, reliable
from coverage_check.qualification.stances import Question, Reach, Stance
from coverage_check.qualification.terms import KnownTerms, Terms
from coverage_check.reliability import Reliability

Codes = npt.NDArray[np.int8]
VERDICTS = tuple(Verdict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """What a question comes to in each row: probabilities that sum to one, and the verdict that costs least.

    Attributes
    ----------
    terms
        The question, and where the layers stand on it.
    verdict
        int8[n]: numbers in `VERDICTS`.
    weakest
        int8[n]: the need that is served least, of two alike the one that the map denies for sure.
    agree
        bool[n]: whether the whole 95 % region says the same, where the location is so coarse that it must.
    partly_unknown
        bool[n]: whether any of the places is unknown.
    """

    terms: Terms
    yes: Floats
    no: Floats
    unknown: Floats
    verdict: Codes
    weakest: Codes
    agree: Bools
    partly_unknown: Bools

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.terms.question

    @property
    def stances(self) -> tuple[tuple[Stance, ...], ...]:
        """Those of each need."""
        return self.terms.stances

    def of(self, rows: Rows) -> "Weighed":
        """Give that of some of the rows."""
        return Weighed(
            terms=self.terms,
            yes=self.yes[rows],
            no=self.no[rows],
            unknown=self.unknown[rows],
            verdict=self.verdict[rows],
            weakest=self.weakest[rows],
            agree=self.agree[rows],
            partly_unknown=self.partly_unknown[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prospects:
    """What could come of knowing more about a question, in each row.

    Attributes
    ----------
    unclear
        float64[n]: the share of the places that is unknown.
    loss_at_place, loss_of_each
        float64[n]: the loss to be expected if the exact place were known, and if it were known which of the spots it is.
    """

    unclear: Floats
    loss_at_place: Floats
    loss_of_each: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What the doubt about a location means for every row of a batch that shares it."""

    gross_error: float
    coarse: bool
    several: bool


class Weigher:
    """Weighs questions at some rows, all of the same kind of doubt; nothing is looked up or weighed twice.

    Parameters
    ----------
    rows
        int[n], ascending: numbers of the batch's rows; what is weighed has one element for each of them.
    cep95_m
        float64[n]: the radius that holds the true place 95 % of the time.
    known
        Where the snapshot's layers stand on what was asked before.
    """

    def __init__(
        self, surroundings: Surroundings, rows: Rows, doubt: Doubt, cep95_m: Floats, known: KnownTerms | None = None
    ) -> None:
        self.surroundings = surroundings
        self._known = known or KnownTerms()
        self.rows = rows
        self.cep95_m = cep95_m
        self.gross_error = doubt.gross_error
        self._doubt = doubt
        self._weighed: dict[Question, Weighed] = {}
        self._prospects: dict[Question, Prospects] = {}
        self._spot_possible: dict[Question, Bools] = {}
        self._places: dict[Reach, list[tuple[Rows, Places]]] = {}

    def part(self, rows: Rows) -> "Weigher":
        """Give a weigher of some of the rows, as `some` does, that knows of them what this one knows."""
        part = self.some(rows)
        part._weighed = {question: weighed.of(rows) for question, weighed in self._weighed.items()}  # noqa: SLF001
        part._places = {reach: list(_places_of(looked, rows, self.rows.size)) for reach, looked in self._places.items()}  # noqa: SLF001
        return part

    def some(self, rows: Rows) -> "Weigher":
        """Give a weigher of some of the rows; `rows` are their numbers here, ascending."""
        return Weigher(self.surroundings, self.rows[rows], self._doubt, self.cep95_m[rows], self._known)

    def weigh(self, question: Question) -> Weighed:
        """Weigh a question in every row."""
        if question not in self._weighed:
            self._weighed[question] = self._weigh(question)
        return self._weighed[question]

    def prospects(self, question: Question) -> Prospects:
        """Tell what could come of knowing more, in every row."""
        if question not in self._prospects:
            self._prospects[question] = self._look_ahead(self.weigh(question))
        return self._prospects[question]

    def spot_possible(self, question: Question) -> Bools:
        """Tell where some spot within the 95 % region could be deep enough inside for a yes."""
        if question not in self._spot_possible:
            self._spot_possible[question] = self._deep_enough(self.weigh(question))
        return self._spot_possible[question]

    def share(self, layer: int, among: Reach) -> Floats:
        """Give how likely a layer serves.

        Parameters
        ----------
        among
            The layers looked at together with it, whose claims are asked about.
        """
        share, claim = np.empty(len(self.rows)), Reliability.of(self.surroundings.layers[layer])
        for at, places in self._look(among):
            rel = reliable(places, claim, layer)
            share[at] = mean_reliable(places, places.claimed[layer], rel, claim.at_edge)
        return share

    def splits(self, layer: int, among: Reach) -> Bools:
        """Tell where a layer's edge runs between the customer's places; `among` as for `share`."""
        split = np.empty(len(self.rows), dtype=bool)
        for at, places in self._look(among):
            split[at] = _split(places, places.covered[layer], self.surroundings.covered[self.rows[at], layer])
        return split

    def splits_at(self, row: int, layer: int, among: Reach) -> bool:
        """Tell the same of one row, sooner."""
        for at, places in self._look(among):
            number = int(np.searchsorted(at, row))
            if number < len(at) and at[number] == row:
                covered, here = places.covered[layer][[number]], self.surroundings.covered[self.rows[[row]], layer]
                return bool(_split(places, covered, here)[0])
        raise LookupError("The row was not looked around.")

    def _look(self, reach: Reach) -> list[tuple[Rows, Places]]:
        """Look around all rows, as far as some layers are concerned: (which of our rows, their places)."""
        if reach not in self._places:
            parts = self.surroundings.places(self.rows, reach.claims, reach.surveys)
            self._places[reach] = [(self._numbers_of(part.rows), part) for part in parts]
        return self._places[reach]

    def _numbers_of(self, rows: Rows) -> Rows:
        return np.searchsorted(self.rows, rows) if len(rows) < len(self.rows) else np.arange(len(rows))

    def _weigh(self, question: Question) -> Weighed:
        n, risk = len(self.rows), question.product.risk
        terms = self._known.of(question, self.surroundings.layers)
        looked = self._look(terms.reach)
        if len(looked) == 1:  # all rows, in their order
            served, unknown, weakest, agree, partly_unknown = self._weigh_at(looked[0][1], terms)
        else:
            served, unknown = np.empty((2, n))
            weakest = np.empty(n, dtype=np.int8)
            agree, partly_unknown = np.empty((2, n), dtype=bool)
            for at, places in looked:
                found = self._weigh_at(places, terms)
                served[at], unknown[at], weakest[at], agree[at], partly_unknown[at] = found
        sure = 1 - self._doubt.gross_error
        yes, doubt = sure * served, self._doubt.gross_error + sure * unknown
        no = np.maximum(0.0, 1 - yes - doubt)
        verdict = np.where(1 - no <= risk.no, _NO, _ASK)
        verdict = np.where(agree, np.where(yes >= risk.yes, _YES, verdict), _ASK).astype(np.int8)
        return Weighed(
            terms=terms,
            yes=yes,
            no=no,
            unknown=doubt,
            verdict=verdict,
            weakest=weakest,
            agree=agree,
            partly_unknown=partly_unknown,
        )

    def _weigh_at(self, places: Places, terms: Terms) -> tuple[Floats, Floats, Codes, Bools, Bools]:
        """Give the shares served and unknown, the weakest need, whether all agree, and whether any place is unknown."""
        needs = [need_met(places, need) for need in terms.needs]
        met = combined(needs, every=terms.every)
        weakest = np.zeros(len(places.rows), dtype=np.int8)
        if terms.every:
            weakest = _least([(need.mean(places), places.share(need.unknown)) for need in needs], len(places.rows))
        unknown = places.share(met.unknown)
        return met.mean(places), unknown, weakest, self._agree(places, met), unknown > 0

    def _look_ahead(self, weighed: Weighed) -> Prospects:
        terms, risk = weighed.terms, weighed.question.product.risk
        unclear, exact, each = np.empty((3, len(self.rows)))
        for at, places in self._look(terms.reach):
            met = combined([need_met(places, need) for need in terms.needs], every=terms.every)
            unclear[at] = places.share(met.unknown)
            exact[at], each[at] = _losses(risk, places, met)
        return Prospects(unclear=unclear, loss_at_place=exact, loss_of_each=each)

    def _deep_enough(self, weighed: Weighed) -> Bools:
        """Take the deepest that the 95 % region can reach into a claim from outside."""
        terms, risk = weighed.terms, weighed.question.product.risk
        possible = np.zeros(len(self.rows), dtype=bool)
        for need in terms.needs:
            edge_m = self.surroundings.edge_distance_m(self.rows, need.serving)
            for column, claim in enumerate(need.reliability):
                depth_m = self.cep95_m + edge_m[:, column]
                possible |= (depth_m >= 0) & (claim.at(depth_m) >= risk.yes)
        return possible

    def _agree(self, places: Places, met: Met) -> Bools:
        """Tell whether the whole 95 % region says the same, which a coarse location needs."""
        if not self._doubt.coarse:
            return np.ones(len(places.rows), dtype=bool)
        whole = self._doubt.several or not places.in_order
        count = places.size if whole else max(1, int(0.95 * places.size))
        return places.everywhere(met.served, count) | ~places.anywhere(met.served | met.unknown, count)


def _split(places: Places, covered: Masks, here: Bools) -> Bools:
    """Tell where some of the places are covered, the found one among them, and some are not."""
    split: Bools = (places.anywhere(covered) | here) & ~(places.everywhere(covered) & here)
    return split


def _places_of(looked: Sequence[tuple[Rows, Places]], rows: Rows, size: int) -> Iterator[tuple[Rows, Places]]:
    """Keep of the places those of some rows, which get new numbers."""
    number = np.full(size, -1)
    number[rows] = np.arange(len(rows))
    for at, places in looked:
        kept = np.flatnonzero(number[at] >= 0)
        if kept.size:
            yield number[at[kept]], places if kept.size == at.size else places.of(kept)


_YES, _NO, _ASK = (
    VERDICTS.index(verdict) for verdict in (Verdict.DELIVERABLE, Verdict.NOT_DELIVERABLE, Verdict.UNDETERMINED)
)


def _losses(risk: Risk, places: Places, met: Met) -> tuple[Floats, Floats]:
    """Expect the loss if the exact place were known, and if it were known which of the spots it is."""
    unclear = places.at_measured(met.unknown).astype(np.float64)
    served, unclear = np.broadcast_arrays(met.rel, unclear)
    at_place = _loss(risk, served, unclear).mean(axis=1)
    if served.shape[1] < places.spots:
        return at_place, at_place
    spots = [np.array_split(part, places.spots, axis=1) for part in (served, unclear)]
    each = np.column_stack([_loss(risk, s.mean(axis=1), u.mean(axis=1)) for s, u in zip(*spots, strict=True)])
    return at_place, each.mean(axis=1)


def _loss(risk: Risk, served: Floats, unclear: Floats) -> Floats:
    """Give the least expected loss of yes, no and asking again, at places of which so much is known."""
    yes, no = (1 - served) * risk.mis_sale, (served + unclear) * risk.lost_sale
    least: Floats = np.minimum(np.minimum(yes, no), risk.ask)
    return least


def _least(needs: Sequence[tuple[Floats, Floats]], n: int) -> Codes:
    """Find the need with the least share served, then the least unknown, in each row."""
    order = np.array([np.lexsort((unknown, served)) for served, unknown in _by_row(needs, n)])
    least: Codes = order[:, 0].astype(np.int8)
    return least


def _by_row(needs: Sequence[tuple[Floats, Floats]], n: int) -> list[tuple[Floats, Floats]]:
    served, unknown = (np.array(columns).reshape(len(needs), n).T for columns in zip(*needs, strict=True))
    return list(zip(served, unknown, strict=True))

"""How probable it is that products work at all the places of a batch, and which verdict costs least: columns, row by row.

At each equally likely place of the customer the most reliable qualifying claim counts; a place where none covers is a no
where the map speaks, and unknown where it does not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverage_check.availability import Bools, Floats, Places, Rows, Surroundings
from coverage_check.decision import Verdict
from coverage_check.layer import Layer
from coverage_check.products import Risk
from coverage_check.qualification.stances import Fit, Question, Reach, Stance, Time, stances
from coverage_check.reliability import Reliability

Codes = npt.NDArray[np.int8]
VERDICTS = tuple(Verdict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """What a question comes to in each row: probabilities that sum to one, and the verdict that costs least.

    Attributes
    ----------
    stances
        Those of each need.
    verdict
        int8[n]: numbers in `VERDICTS`.
    weakest
        int8[n]: the need that is served least, of two alike the one that the map denies for sure.
    agree
        bool[n]: whether the whole 95 % region says the same, where the location is so coarse that it must.
    partly_unknown
        bool[n]: whether any of the places is unknown.
    """

    question: Question
    stances: tuple[tuple[Stance, ...], ...]
    yes: Floats
    no: Floats
    unknown: Floats
    verdict: Codes
    weakest: Codes
    agree: Bools
    partly_unknown: Bools

    def of(self, rows: Rows) -> "Weighed":
        """Give that of some of the rows."""
        return Weighed(
            question=self.question,
            stances=self.stances,
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
    spot_possible
        bool[n]: whether some spot within the 95 % region could be deep enough inside for a yes.
    """

    unclear: Floats
    loss_at_place: Floats
    loss_of_each: Floats
    spot_possible: Bools


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
    """

    def __init__(self, surroundings: Surroundings, rows: Rows, doubt: Doubt, cep95_m: Floats) -> None:
        self.surroundings = surroundings
        self.rows = rows
        self.cep95_m = cep95_m
        self.gross_error = doubt.gross_error
        self._doubt = doubt
        self._weighed: dict[Question, Weighed] = {}
        self._prospects: dict[Question, Prospects] = {}
        self._seen: dict[tuple[int, Reach], tuple[Floats, Bools]] = {}
        self._places: dict[Reach, list[tuple[Rows, Places]]] = {}

    def part(self, rows: Rows) -> "Weigher":
        """Give a weigher of some of the rows, as `some` does, that knows of them what this one knows."""
        part = self.some(rows)
        part._weighed = {question: weighed.of(rows) for question, weighed in self._weighed.items()}  # noqa: SLF001
        part._places = {reach: list(_places_of(looked, rows, self.rows.size)) for reach, looked in self._places.items()}  # noqa: SLF001
        return part

    def some(self, rows: Rows) -> "Weigher":
        """Give a weigher of some of the rows; `rows` are their numbers here, ascending."""
        return Weigher(self.surroundings, self.rows[rows], self._doubt, self.cep95_m[rows])

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

    def seen(self, layer: int, among: Reach) -> tuple[Floats, Bools]:
        """Give how likely a layer serves, and whether its edge runs between the customer's places.

        Parameters
        ----------
        among
            The layers looked at together with it, whose claims are asked about.
        """
        if (layer, among) not in self._seen:
            self._seen[layer, among] = self._see(layer, among)
        return self._seen[layer, among]

    def _see(self, layer: int, among: Reach) -> tuple[Floats, Bools]:
        share, split = np.empty(len(self.rows)), np.empty(len(self.rows), dtype=bool)
        claim = self.surroundings.layers[layer]
        for at, places in self._look(among):
            inside = _inside(places, layer)
            rel = _at_measured(places, inside) * _reliability(places, claim, layer)
            share[at] = _mean(places, inside, rel, Reliability.of(claim).at_edge)
            here = self.surroundings.covered[self.rows[at], layer]
            covered = places.covered[layer]
            split[at] = (covered.any(axis=1) | here) & ~(covered.all(axis=1) & here)
        return share, split

    def _look(self, reach: Reach) -> list[tuple[Rows, Places]]:
        """Look around all rows, as far as some layers are concerned: (which of our rows, their places)."""
        if reach not in self._places:
            parts = self.surroundings.places(self.rows, reach.claims, reach.surveys)
            self._places[reach] = [(np.searchsorted(self.rows, part.rows), part) for part in parts]
        return self._places[reach]

    def _weigh(self, question: Question) -> Weighed:
        n, risk = len(self.rows), question.product.risk
        by_need = stances(question, self.surroundings.layers)
        served, unknown = np.empty((2, n))
        weakest = np.zeros(n, dtype=np.int8)
        agree, partly_unknown = np.empty((2, n), dtype=bool)
        for at, places in self._look(Reach.of(by_need)):
            needs = [_need_met(places, stances_) for stances_ in by_need]
            met = _combined(needs, every=bool(question.product.all_of))
            served[at], unknown[at] = met.mean(places), _share(met.unknown)
            agree[at], partly_unknown[at] = self._agree(places, met), met.unknown.any(axis=1)
            if question.product.all_of:
                least = [(need.mean(places), _share(need.unknown)) for need in needs]
                weakest[at] = _least(least, len(at))
        sure = 1 - self._doubt.gross_error
        yes, doubt = sure * served, self._doubt.gross_error + sure * unknown
        no = np.maximum(0.0, 1 - yes - doubt)
        verdict = np.where(1 - no <= risk.no, _NO, _ASK)
        verdict = np.where(agree, np.where(yes >= risk.yes, _YES, verdict), _ASK).astype(np.int8)
        return Weighed(
            question=question,
            stances=by_need,
            yes=yes,
            no=no,
            unknown=doubt,
            verdict=verdict,
            weakest=weakest,
            agree=agree,
            partly_unknown=partly_unknown,
        )

    def _look_ahead(self, weighed: Weighed) -> Prospects:
        product, by_need = weighed.question.product, weighed.stances
        unclear, exact, each = np.empty((3, len(self.rows)))
        for at, places in self._look(Reach.of(by_need)):
            met = _combined([_need_met(places, stances_) for stances_ in by_need], every=bool(product.all_of))
            unclear[at] = _share(met.unknown)
            exact[at], each[at] = _losses(product.risk, places, met)
        possible = self._spot_possible(by_need, product.risk)
        return Prospects(unclear=unclear, loss_at_place=exact, loss_of_each=each, spot_possible=possible)

    def _spot_possible(self, by_need: Sequence[Sequence[Stance]], risk: Risk) -> Bools:
        """Take the deepest that the 95 % region can reach into a claim from outside."""
        possible = np.zeros(len(self.rows), dtype=bool)
        for stance in (stance for each in by_need for stance in each if stance.is_((Fit.QUALIFIES,), (Time.LIVE,))):
            depth_m = self.cep95_m + self.surroundings.edge_distance_m(self.rows, [stance.number])[:, 0]
            possible |= (depth_m >= 0) & (Reliability.of(stance.layer).at(depth_m) >= risk.yes)
        return possible

    def _agree(self, places: Places, met: "_Met") -> Bools:
        """Tell whether the whole 95 % region says the same, which a coarse location needs."""
        if not self._doubt.coarse:
            return np.ones(len(places.rows), dtype=bool)
        served, unclear = np.broadcast_arrays(met.served, met.served | met.unknown)
        whole = self._doubt.several or not places.in_order
        count = served.shape[1] if whole else max(1, int(0.95 * served.shape[1]))
        everywhere, anywhere = served[:, :count].all(axis=1), unclear[:, :count].any(axis=1)
        return np.logical_or(everywhere, ~anywhere)


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


@dataclass(frozen=True, slots=True)
class _Met:
    """Where a need is met: bool[m, places] served and unknown; how reliably at the measured places; and at an edge."""

    served: Bools
    unknown: Bools
    rel: Floats
    at_edge: float

    def mean(self, places: Places) -> Floats:
        """Give the share of the places that is served, weighed by how reliably."""
        return _mean(places, self.served, self.rel, self.at_edge)


def _mean(places: Places, served: Bools, rel: Floats, at_edge: float) -> Floats:
    """Multiply the share that is served by its reliability; where none of it was measured, it is a sliver at an edge."""
    hits = np.broadcast_to(_at_measured(places, served), rel.shape).sum(axis=1)
    reliability = np.where(hits, np.ascontiguousarray(rel).sum(axis=1) / np.maximum(hits, 1), at_edge)
    mean: Floats = _share(served) * reliability
    return mean


def _share(mask: Bools) -> Floats:
    share: Floats = np.count_nonzero(mask, axis=1) / mask.shape[1]
    return share


def _at_measured(places: Places, mask: Bools) -> Bools:
    return mask if mask.shape[1] == 1 else mask[:, places.measured]


def _inside(places: Places, layer: int) -> Bools:
    return places.covered[layer] & places.surveyed[layer]


def _reliability(places: Places, claim: Layer, layer: int) -> Floats:
    return Reliability.of(claim).at(places.edge_distance_m[layer])


_ANY_FIT = tuple(Fit)


def _need_met(places: Places, by: Sequence[Stance]) -> _Met:
    """Find where one need is met, and where that is unknown."""
    nowhere = np.zeros((len(places.rows), 1), dtype=bool)
    if not by:
        return _Met(nowhere, ~nowhere, np.zeros(nowhere.shape), 0.0)

    def covered(fits: Sequence[Fit], times: Sequence[Time]) -> Bools:
        return _union(nowhere, [_inside(places, stance.number) for stance in by if stance.is_(fits, times)])

    def surveyed(fits: Sequence[Fit], times: Sequence[Time]) -> Bools:
        return _union(nowhere, [places.surveyed[stance.number] for stance in by if stance.is_(fits, times)])

    qualifying, live, stale = (Fit.QUALIFIES,), (Time.LIVE,), (Time.STALE,)
    served = covered(qualifying, live)
    pending = covered((Fit.SPEED_UNKNOWN,), live) | _pending(places, by, nowhere)
    # A live map says no, be it of the needed level or of a lower one that isn't there either ...
    denied = surveyed(_ANY_FIT, live) & ~covered(_ANY_FIT, live)
    denied = denied | surveyed((Fit.QUALIFIES, Fit.SPEED_UNKNOWN), live)
    # ... a network that doesn't serve that day covers nothing, unless a newer map of it is only too old ...
    denied = denied | (surveyed(_ANY_FIT, (Time.OFF,)) & ~surveyed(_ANY_FIT, stale))
    # ... and where an operator maps only lower levels, there is no claim of the needed one.
    if not any(stance.is_((Fit.QUALIFIES, Fit.SPEED_UNKNOWN), (Time.LIVE, Time.STALE)) for stance in by):
        denied = denied | surveyed((Fit.LOWER,), live)
    serving = [stance for stance in by if stance.is_(qualifying, live)]
    return _Met(
        served=served,
        unknown=~served & (pending | ~denied),
        rel=_most_reliable(places, serving),
        at_edge=max((Reliability.of(stance.layer).at_edge for stance in serving), default=0.0),
    )


def _pending(places: Places, by: Sequence[Stance], nowhere: Bools) -> Bools:
    """Find where a stale map covers, and no newer map of the same claim is in use, for which the old one is history."""
    pending = nowhere
    for old in by:
        if old.time is Time.STALE and old.fit is not Fit.LOWER:
            newer = [places.surveyed[new.number] for new in by if new.time is Time.LIVE and new.supersedes(old)]
            pending = pending | (_inside(places, old.number) & ~_union(nowhere, newer))
    return pending


def _losses(risk: Risk, places: Places, met: _Met) -> tuple[Floats, Floats]:
    """Expect the loss if the exact place were known, and if it were known which of the spots it is."""
    unclear = _at_measured(places, met.unknown).astype(np.float64)
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


def _most_reliable(places: Places, serving: Sequence[Stance]) -> Floats:
    """Give, at each measured place, the largest reliability among the claims that cover it: never a sum or product."""
    rel = np.zeros((len(places.rows), 1))
    for stance in serving:
        inside = _at_measured(places, _inside(places, stance.number))
        rel = np.maximum(rel, inside * _reliability(places, stance.layer, stance.number))
    return rel


def _union(nowhere: Bools, masks: Sequence[Bools]) -> Bools:
    union = nowhere
    for mask in masks:
        union = union | mask
    return union


def _combined(needs: Sequence[_Met], *, every: bool) -> _Met:
    """Take the best need of any_of, the worst of all_of."""
    if len(needs) == 1:
        return needs[0]
    served, rel = needs[0].served, needs[0].rel
    unclear, denied = needs[0].unknown, ~needs[0].served & ~needs[0].unknown
    for need in needs[1:]:
        served = served & need.served if every else served | need.served
        rel = np.minimum(rel, need.rel) if every else np.maximum(rel, need.rel)
        unclear, denied = unclear | need.unknown, denied | (~need.served & ~need.unknown)
    at_edge = (min if every else max)(need.at_edge for need in needs)
    return _Met(served, ~served & (~denied if every else unclear), rel, at_edge)


def _least(needs: Sequence[tuple[Floats, Floats]], n: int) -> Codes:
    """Find the need with the least share served, then the least unknown, in each row."""
    order = np.array([np.lexsort((unknown, served)) for served, unknown in _by_row(needs, n)])
    least: Codes = order[:, 0].astype(np.int8)
    return least


def _by_row(needs: Sequence[tuple[Floats, Floats]], n: int) -> list[tuple[Floats, Floats]]:
    served, unknown = (np.array(columns).reshape(len(needs), n).T for columns in zip(*needs, strict=True))
    return list(zip(served, unknown, strict=True))

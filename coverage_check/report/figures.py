"""From judged rows to figures: counts, shares with their intervals, money at risk. Pure, and in one pass.

A share says how common something is among sales of this kind; its interval is Wilson's (`intervals`).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Any

from coverage_check.decision import ReasonCode, Verdict
from coverage_check.intervals import wilson_interval
from coverage_check.report.noted import Noted

SCHEMA = "coverage-check/figures/1"
CONFIDENCE = 0.95
MONTH = "month"
"""The column whose groups stay in their own order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`count` out of `of`, and the interval that holds the true share with the confidence asked for."""

    count: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing is 0."""
        return self.count / self.of if self.of else 0.0


def wilson(count: int, of: int, *, confidence: float = CONFIDENCE) -> Share:
    """Give a share with Wilson's score interval.

    >>> share = wilson(3, 10)
    >>> round(share.low, 3), round(share.high, 3)
    (0.108, 0.603)
    """
    if of == 0:
        return Share(count=0, of=0, low=0.0, high=1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    low, high = wilson_interval(count, of, z=z)
    return Share(count=count, of=of, low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a group of rows came out on one day.

    Attributes
    ----------
    rows
        How many there are.
    counts
        By verdict; every verdict is there.
    at_risk
        By verdict: the sum of what each mis-sale costs times the probability that it is one. For conditional and
        undetermined rows this is the most that it can be: nobody knows whether the condition was part of the sale, or what
        wasn't known.
    """

    rows: int
    counts: Mapping[Verdict, int]
    at_risk: Mapping[Verdict, float]

    def share(self, verdict: Verdict, *, confidence: float = CONFIDENCE) -> Share:
        """Give the share of one verdict among all rows of the group."""
        return wilson(self.counts[verdict], self.rows, confidence=confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The rows by what they have in one column; the group with the most that can't be delivered first, but months in order.

    Attributes
    ----------
    groups
        Value → outcome as of each row's own day.
    standing_out
        Values with more rows not deliverable than chance would give them at the share of all other rows: an exact binomial
        test, its 5 % divided among the groups (Bonferroni), so that among fifty sellers none stands out by accident.
    """

    name: str
    groups: Mapping[str, Outcome]
    standing_out: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All figures of a report.

    Attributes
    ----------
    own_day, today
        How the rows came out as of their own day, and as of today; the latter only in an audit.
    moves
        How many rows went from one verdict to another between their own day and today.
    reasons
        How often each reason decided, as of the rows' own day, among those that are not simply deliverable.
    faulty
        How many rows could not be read; they are among the undetermined.
    first_day, last_day
        The days that the rows are of.
    """

    rows: int
    faulty: int
    own_day: Outcome
    today: Outcome | None
    moves: Mapping[tuple[Verdict, Verdict], int]
    reasons: Mapping[ReasonCode, int]
    splits: tuple[Split, ...]
    first_day: date | None
    last_day: date | None

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON-ready values (schema coverage-check/figures/1)."""
        return {
            "schema": SCHEMA,
            "rows": self.rows,
            "faulty": self.faulty,
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "confidence": CONFIDENCE,
            "own_day": _outcome_dict(self.own_day),
            "today": _outcome_dict(self.today) if self.today else None,
            "moves": [{"own_day": a, "today": b, "rows": n} for (a, b), n in self.moves.items()],
            "reasons": {code.value: count for code, count in self.reasons.items()},
            "splits": [
                {
                    "column": split.name,
                    "groups": [
                        {"value": value, "stands_out": value in split.standing_out, **_outcome_dict(outcome)}
                        for value, outcome in split.groups.items()
                    ],
                }
                for split in self.splits
            ],
        }

    def table(self) -> Iterator[Sequence[str | int | float]]:
        """Give the same figures as a table, the header first: a row for each group, day and verdict."""
        yield ("column", "value", "as_of", "verdict", "rows", "of", "share", "low", "high", "at_risk")
        yield from _outcome_rows("", "", "own day", self.own_day)
        if self.today:
            yield from _outcome_rows("", "", "today", self.today)
        for split in self.splits:
            for value, outcome in split.groups.items():
                yield from _outcome_rows(split.name, value, "own day", outcome)


class Tally:
    """Counts rows one by one; its memory grows with the groups, not with the rows.

    Parameters
    ----------
    columns
        Names of the columns to split by, in the order of `Noted.values`.
    """

    def __init__(self, columns: Sequence[str] = ()) -> None:
        self._columns = tuple(columns)
        self._own_day, self._today = _Count(), _Count()
        self._groups: list[dict[str, _Count]] = [defaultdict(_Count) for _ in self._columns]
        self._moves = Counter[tuple[Verdict, Verdict]]()
        self._reasons = Counter[ReasonCode]()
        self._faulty = 0
        self._days: tuple[str, str] | None = None  # written as 2025-11-01, so their order is that of texts

    def add(self, noted: Noted) -> None:
        """Count one row."""
        self._own_day.add(noted.verdict, noted.at_risk)
        for groups, value in zip(self._groups, noted.values, strict=True):
            groups[value].add(noted.verdict, noted.at_risk)
        if noted.today is not None:
            self._today.add(noted.today, noted.at_risk_today)
            self._moves[noted.verdict, noted.today] += 1
        if noted.verdict is not Verdict.DELIVERABLE:
            self._reasons[noted.reason] += 1
        self._faulty += noted.faulty
        if day := noted.day:
            first, last = self._days or (day, day)
            self._days = (min(first, day), max(last, day))

    @property
    def figures(self) -> Figures:
        """The figures of all rows so far."""
        own_day = self._own_day.outcome
        first, last = map(date.fromisoformat, self._days) if self._days else (None, None)
        return Figures(
            rows=own_day.rows,
            faulty=self._faulty,
            own_day=own_day,
            today=self._today.outcome if self._today.rows else None,
            moves={pair: self._moves[pair] for pair in sorted(self._moves, key=_order)},
            reasons=dict(sorted(self._reasons.items(), key=lambda item: (-item[1], item[0]))),
            splits=tuple(
                _split(name, {value: count.outcome for value, count in groups.items()}, own_day)
                for name, groups in zip(self._columns, self._groups, strict=True)
            ),
            first_day=first,
            last_day=last,
        )


class _Count:
    """An outcome being counted."""

    __slots__ = ("at_risk", "counts", "rows")

    def __init__(self) -> None:
        self.rows = 0
        self.counts = Counter[Verdict]()
        self.at_risk: defaultdict[Verdict, float] = defaultdict(float)

    def add(self, verdict: Verdict, at_risk: float) -> None:
        self.rows += 1
        self.counts[verdict] += 1
        self.at_risk[verdict] += at_risk

    @property
    def outcome(self) -> Outcome:
        return Outcome(
            rows=self.rows,
            counts={verdict: self.counts[verdict] for verdict in Verdict},
            at_risk={verdict: round(self.at_risk[verdict], 2) for verdict in Verdict},
        )


def _split(name: str, groups: Mapping[str, Outcome], everything: Outcome) -> Split:
    no = Verdict.NOT_DELIVERABLE
    ordered = sorted(groups)
    if name != MONTH:
        ordered.sort(key=lambda value: (-groups[value].counts[no], -groups[value].rows))
    return Split(
        name=name,
        groups={value: groups[value] for value in ordered},
        standing_out=frozenset(value for value in groups if _stands_out(groups[value], everything, of=len(groups))),
    )


def _stands_out(group: Outcome, everything: Outcome, *, of: int) -> bool:
    """Whether so many would be rare even if the share of all other rows were at the high end of its interval."""
    no = Verdict.NOT_DELIVERABLE
    others = wilson(everything.counts[no] - group.counts[no], everything.rows - group.rows)
    return others.of > 0 and _at_least(group.counts[no], group.rows, others.high) < (1 - CONFIDENCE) / of


def _at_least(count: int, of: int, probability: float) -> float:
    """Give the binomial probability of so many or more; 1 where that is what is expected."""
    if count <= of * probability:
        return 1.0
    odds = probability / (1 - probability)
    ways = math.lgamma(of + 1) - math.lgamma(count + 1) - math.lgamma(of - count + 1)
    term = math.exp(ways + count * math.log(probability) + (of - count) * math.log1p(-probability))
    total = 0.0
    for more in range(count, of + 1):
        total += term
        term *= (of - more) / (more + 1) * odds
        if term < total * 1e-12:  # each is smaller than the one before
            break
    return total


def _order(pair: tuple[Verdict, Verdict]) -> tuple[int, int]:
    verdicts = list(Verdict)
    return verdicts.index(pair[0]), verdicts.index(pair[1])


def _outcome_dict(outcome: Outcome) -> dict[str, Any]:
    verdicts = {}
    for verdict in Verdict:
        share = outcome.share(verdict)
        verdicts[verdict.value] = {
            "rows": share.count,
            "share": round(share.value, 6),
            "low": round(share.low, 6),
            "high": round(share.high, 6),
            "at_risk": outcome.at_risk[verdict],
        }
    return {"rows": outcome.rows, "verdicts": verdicts}


def _outcome_rows(column: str, value: str, as_of: str, outcome: Outcome) -> Iterator[Sequence[str | int | float]]:
    for verdict, said in _outcome_dict(outcome)["verdicts"].items():
        figures = (said["rows"], outcome.rows, said["share"], said["low"], said["high"], said["at_risk"])
        yield (column, value, as_of, verdict, *figures)

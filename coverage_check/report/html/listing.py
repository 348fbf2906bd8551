"""The rows that a report lists, kept small: at most so many, the most important ones, with only what the page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coverage_check.decision import Decision, Verdict
from coverage_check.errors import InvalidInput
from coverage_check.report.judged import Answer, Judged, doubt_of, reason_of, verdict_of

LISTED = 20_000
"""More rows than these nobody reads, and a page with more is slow to open."""

ADDRESS, POSITION, REFERENCE = "address", "position", "order"
PERSONAL = frozenset({ADDRESS, POSITION, REFERENCE})
"""What can be left out: the address and every sentence that names it, the map, and the order number."""

_POSITIONS = ("coordinates", "plus_code")
"""Kinds of address that are a position."""

_GRAVITY = (Verdict.NOT_DELIVERABLE, Verdict.CONDITIONAL, Verdict.UNDETERMINED, Verdict.DELIVERABLE)
_CODES = {verdict: n for n, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the page shows of one row. Texts that differ by language are pairs, Swedish first."""

    rank: tuple[int, int, float, int]
    row: int
    reference: str
    verdict: Verdict
    today: Verdict | None
    probability: float | None
    day: str
    product: str
    address: str
    lat: float | None
    lon: float | None
    edge_distance_m: float | None
    at_risk: float
    layer: str
    reasons: tuple[str, ...]
    messages: tuple[str, ...]
    told: tuple[str, str]
    told_today: tuple[str, str]
    ask: tuple[str, str]
    values: tuple[str, ...]

    @property
    def doubtful(self) -> bool:
        """Whether anybody has to look at it."""
        return self.verdict is not Verdict.DELIVERABLE or self.today not in (None, Verdict.DELIVERABLE)


class Listing:
    """Collects the rows to list; beyond `LISTED` the least important ones are let go.

    Parameters
    ----------
    hide
        What is left out: of `PERSONAL`.
    """

    def __init__(self, hide: frozenset[str] = frozenset(), *, at_most: int = LISTED) -> None:
        self._hide = hide
        self._at_most = at_most
        self._rows: list[Listed] = []

    def add(self, judged: Judged) -> None:
        """Take one row."""
        self._rows.append(_listed(judged, self._hide))
        if len(self._rows) > 2 * self._at_most:
            self._rows = self._best()

    @property
    def rows(self) -> Sequence[Listed]:
        """The rows, those to call first at the top."""
        return self._best()

    def _best(self) -> list[Listed]:
        return sorted(self._rows, key=lambda row: row.rank)[: self._at_most]


def _listed(judged: Judged, hide: frozenset[str]) -> Listed:
    answer, today = judged.answer, judged.today
    said = _decided(answer, hide) if isinstance(answer, Decision) else _UNREAD
    told, told_today = _sentences(answer, today, hide)
    unsaid = told == told_today == ("", "")
    return Listed(
        **said,
        rank=_rank(judged),
        row=judged.row,
        reference="" if REFERENCE in hide else judged.reference,
        verdict=verdict_of(answer),
        today=None if today is None else verdict_of(today),
        at_risk=judged.mis_sale * doubt_of(answer),
        reasons=_reasons(answer),
        messages=_messages(answer) if unsaid else (),
        told=told,
        told_today=told_today,
        ask=_asked(answer if today is None else today, hide),
        values=judged.values,
    )


_UNREAD: dict[str, Any] = {
    "probability": None,
    "day": "",
    "product": "",
    "address": "",
    "lat": None,
    "lon": None,
    "edge_distance_m": None,
    "layer": "",
}


def _decided(decision: Decision, hide: frozenset[str]) -> dict[str, Any]:
    """Give what only a decision has."""
    place = None if POSITION in hide else decision.location
    evidence = next(iter(decision.evidence), None)
    return {
        "probability": decision.probability,
        "day": decision.as_of.isoformat(),
        "product": decision.product.name,
        "address": "" if _secret(decision, hide) else decision.address.normalised or decision.address.given,
        "lat": place.lat if place else None,
        "lon": place.lon if place else None,
        "edge_distance_m": evidence.edge_distance_m if evidence else None,
        "layer": evidence.layer if evidence else "",
    }


def _rank(judged: Judged) -> tuple[int, int, float, int]:
    """Order rows by today's verdict, then by that of their own day, then by money; the smallest is called first."""
    own = _GRAVITY.index(verdict_of(judged.answer))
    now = own if judged.today is None else _GRAVITY.index(verdict_of(judged.today))
    money = judged.mis_sale * doubt_of(judged.answer if judged.today is None else judged.today)
    return now, own, -money, judged.row


def _reasons(answer: Answer) -> tuple[str, ...]:
    if isinstance(answer, InvalidInput):
        return (reason_of(answer).value,)
    return tuple(reason.code.value for reason in answer.reasons) if _doubtful(answer) else ()


def _messages(answer: Answer) -> tuple[str, ...]:
    if isinstance(answer, InvalidInput):
        return (str(answer),)
    return tuple(reason.message for reason in answer.reasons) if _doubtful(answer) else ()


def _sentences(answer: Answer, today: Answer | None, hide: frozenset[str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """Give what is said of a doubtful row, for its own day and for today; the same verdict twice is said once, as of today.

    A sentence names the address.
    """
    nothing = ("", "")
    if isinstance(answer, InvalidInput) or _secret(answer, hide):
        return nothing, nothing
    if today is None or isinstance(today, InvalidInput):
        return (answer.sentence.sv, answer.sentence.en) if _doubtful(answer) else nothing, nothing
    if not (_doubtful(answer) or _doubtful(today)):
        return nothing, nothing
    own, now = (answer.sentence.sv, answer.sentence.en), (today.sentence.sv, today.sentence.en)
    return nothing if answer.verdict is today.verdict else own, now


def _asked(answer: Answer, hide: frozenset[str]) -> tuple[str, str]:
    """Give the question, unless it names what is left out: some list the addresses to choose from."""
    question = None if isinstance(answer, InvalidInput) else next(iter(answer.ask_next), None)
    if question is None or isinstance(answer, InvalidInput):
        return "", ""
    places = answer.location.candidates if answer.location else ()
    named = (answer.address.given, answer.address.normalised, *(place.label for place in places))
    if _secret(answer, hide) and any(name and name in text for name in named for text in (question.sv, question.en)):
        return "", ""
    return question.sv, question.en


def _secret(decision: Decision, hide: frozenset[str]) -> bool:
    """Whether the address is left out: asked for as such, or because it is a position."""
    return ADDRESS in hide or (POSITION in hide and decision.address.kind in _POSITIONS)


def _doubtful(decision: Decision) -> bool:
    return decision.verdict is not Verdict.DELIVERABLE


def columns_of(rows: Sequence[Listed], spots: Sequence[tuple[float, float] | None]) -> dict[str, Any]:
    """Lay rows out as columns for the page; texts that recur are held once and named by their number.

    Parameters
    ----------
    spots
        Where each row lies on the map, in its pixels; None for nowhere.
    """
    texts: dict[str, int] = {}

    def number_of(text: str) -> int:
        return texts.setdefault(text, len(texts))

    table = {
        "row": [row.row for row in rows],
        "reference": [row.reference for row in rows],
        "verdict": [_CODES[row.verdict] for row in rows],
        "today": [None if row.today is None else _CODES[row.today] for row in rows],
        "probability": [row.probability for row in rows],
        "day": [number_of(row.day) for row in rows],
        "product": [number_of(row.product) for row in rows],
        "address": [number_of(row.address) for row in rows],
        "edge": [None if row.edge_distance_m is None else round(row.edge_distance_m) for row in rows],
        "at_risk": [round(row.at_risk) for row in rows],
        "reasons": [list(row.reasons) for row in rows],
        "messages": [[number_of(text) for text in row.messages] for row in rows],
        "told": [[number_of(text) for text in row.told] for row in rows],
        "told_today": [[number_of(text) for text in row.told_today] for row in rows],
        "ask": [[number_of(text) for text in row.ask] for row in rows],
        "values": [[number_of(text) for text in row.values] for row in rows],
        "x": [None if spot is None else round(spot[0], 2) for spot in spots],
        "y": [None if spot is None else round(spot[1], 2) for spot in spots],
    }
    return {"rows": table, "texts": list(texts)}

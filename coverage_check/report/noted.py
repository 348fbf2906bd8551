"""What a report keeps of a judged row: its figures, and the few texts that are shown. Small, and plain enough for JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from coverage_check.decision import Decision, ReasonCode, Verdict
from coverage_check.errors import InvalidInput
from coverage_check.report.judged import Answer, Judged, doubt_of, reason_of, verdict_of

ADDRESS, POSITION, REFERENCE = "address", "position", "order"
PERSONAL = frozenset({ADDRESS, POSITION, REFERENCE})
"""What can be left out: the address and every sentence that names it, the map, and the order number."""

_POSITIONS = ("coordinates", "plus_code")
"""Kinds of address that are a position."""

_GRAVITY = (Verdict.NOT_DELIVERABLE, Verdict.CONDITIONAL, Verdict.UNDETERMINED, Verdict.DELIVERABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What figures count and the page shows of one row. Texts that differ by language are pairs, Swedish first.

    Attributes
    ----------
    verdict, today
        As of the row's own day, and in an audit as of today.
    reason, faulty
        What decided the former; whether the row could not be read.
    at_risk, at_risk_today
        What a mis-sale costs times the probability that it is one.
    edge_distance_m, layer
        Metres inside the edge of the layer that decided, and which layer that is; as of the row's own day.
    told, told_today
        The sentence of a doubtful row as of its own day, and in an audit as of today.
    """

    row: int
    reference: str
    values: tuple[str, ...]
    verdict: Verdict
    today: Verdict | None
    reason: ReasonCode
    faulty: bool
    probability: float | None
    day: str
    product: str
    address: str
    lat: float | None
    lon: float | None
    edge_distance_m: float | None
    at_risk: float
    at_risk_today: float
    layer: str
    reasons: tuple[str, ...]
    messages: tuple[str, ...]
    told: tuple[str, str]
    told_today: tuple[str, str]
    ask: tuple[str, str]

    @property
    def doubtful(self) -> bool:
        """Whether anybody has to look at it."""
        return self.verdict is not Verdict.DELIVERABLE or self.today not in (None, Verdict.DELIVERABLE)

    @property
    def rank(self) -> tuple[int, int, float, int]:
        """Order rows by today's verdict, then by that of their own day, then by money; the smallest is called first."""
        own = _GRAVITY.index(self.verdict)
        now = own if self.today is None else _GRAVITY.index(self.today)
        return now, own, -(self.at_risk if self.today is None else self.at_risk_today), self.row

    def to_values(self) -> tuple[object, ...]:
        """Give all fields in order, as JSON can hold them."""
        return tuple(getattr(self, name) for name in _FIELDS)

    @classmethod
    def from_values(cls, values: Sequence[Any]) -> "Noted":
        """Make it of what `to_values` gave, before or after JSON."""
        known = dict(zip(_FIELDS, values, strict=True))
        known |= {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        known["verdict"], known["reason"] = Verdict(known["verdict"]), ReasonCode(known["reason"])
        known["today"] = None if known["today"] is None else Verdict(known["today"])
        return cls(**known)


_FIELDS = tuple(field.name for field in fields(Noted))


def note(judged: Judged, hide: frozenset[str] = frozenset()) -> Noted:
    """Note what a report needs of a row.

    Parameters
    ----------
    hide
        What is left out: of `PERSONAL`.
    """
    answer, today = judged.answer, judged.today
    said = _decided(answer, hide) if isinstance(answer, Decision) else _UNREAD
    told, told_today = _sentences(answer, today, hide)
    unsaid = told == told_today == ("", "")
    return Noted(
        **said,
        row=judged.row,
        reference="" if REFERENCE in hide else judged.reference,
        values=judged.values,
        verdict=verdict_of(answer),
        today=None if today is None else verdict_of(today),
        reason=reason_of(answer),
        faulty=isinstance(answer, InvalidInput),
        at_risk=judged.mis_sale * doubt_of(answer),
        at_risk_today=0.0 if today is None else judged.mis_sale * doubt_of(today),
        reasons=_reasons(answer),
        messages=_messages(answer) if unsaid else (),
        told=told,
        told_today=told_today,
        ask=_asked(answer if today is None else today, hide),
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


def _reasons(answer: Answer) -> tuple[str, ...]:
    if isinstance(answer, InvalidInput):
        return (reason_of(answer).value,)
    return tuple(reason.code.value for reason in answer.reasons) if _doubtful(answer) else ()


def _messages(answer: Answer) -> tuple[str, ...]:
    if isinstance(answer, InvalidInput):
        return (str(answer),)
    return tuple(reason.message for reason in answer.reasons) if _doubtful(answer) else ()


def _sentences(answer: Answer, today: Answer | None, hide: frozenset[str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """Give what is said of a doubtful row, for its own day and for today. A sentence names the address."""
    nothing = ("", "")
    if isinstance(answer, InvalidInput) or _secret(answer, hide):
        return nothing, nothing
    if today is None or isinstance(today, InvalidInput):
        return (answer.sentence.sv, answer.sentence.en) if _doubtful(answer) else nothing, nothing
    if not (_doubtful(answer) or _doubtful(today)):
        return nothing, nothing
    return (answer.sentence.sv, answer.sentence.en), (today.sentence.sv, today.sentence.en)


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

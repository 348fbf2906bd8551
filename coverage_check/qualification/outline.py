"""A decision with gaps: what rows that are alike share, once, and each row's own numbers and words filled in.

The text is the canonical JSON whose hash is the decision's id, so what is filled in is the decision itself, to the byte.
"""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from coverage_check.availability import Status
from coverage_check.decision import Decision, Sentence
from coverage_check.qualification.explanation import Case
from coverage_check.qualification.flips import Edge
from coverage_check.qualification.gaps import Gapped, json_gap
from coverage_check.qualification.stances import Question


@dataclass(frozen=True, slots=True)
class Witness:
    """One layer of the evidence: how it ranks among them, which layer it is, and which numbers it has of its own."""

    rank: int
    layer: int
    id: str
    measured: bool
    serving: bool


@dataclass(frozen=True, slots=True)
class Probability:
    """P_yes of a question."""

    question: Question


@dataclass(frozen=True, slots=True)
class Share:
    """How likely a layer serves."""

    layer: int


@dataclass(frozen=True, slots=True)
class Distance:
    """Signed metres to the edge of a layer."""

    layer: int


@dataclass(frozen=True, slots=True)
class DistanceWords:
    """The same in the words of a language."""

    layer: int
    language: str


Value = Probability | Share | Distance | DistanceWords
"""What fills a gap, in each row its own."""


@dataclass(slots=True, kw_only=True, eq=False)
class Outline:
    """What alike rows share.

    Attributes
    ----------
    decision
        Of the row that stands for all, with gaps for the words that differ, and without the numbers that do.
    evidence
        In the order of `decision.evidence`.
    own, probability
        The question asked, and the one whose P_yes is the decision's.
    offers
        The question whose P_yes is that of each alternative, if that isn't known already.
    edges
        Those that could change the verdict.
    values
        Gap → what fills it, where that is a number or made of one.
    tied
        Whether some of the evidence have one rank, so that the rows differ in its order.
    measured, shares
        The layers whose edge must be measured, to write it and to order the evidence, and those whose share is written.
    """

    decision: Decision
    case: Case
    own: Question
    evidence: tuple[Witness, ...]
    probability: Question
    offers: tuple[Question | None, ...]
    edges: tuple[Edge, ...]
    values: Mapping[str, Value] = field(init=False)
    tied: bool = field(init=False)
    measured: frozenset[int] = field(init=False)
    shares: frozenset[int] = field(init=False)
    _texts: dict[tuple[int, ...], Gapped] = field(default_factory=dict)
    _sentences: tuple[Gapped, Gapped] = field(init=False)

    def __post_init__(self) -> None:
        sentence: Sentence = self.decision.sentence
        self._sentences = Gapped.of(sentence.sv), Gapped.of(sentence.en)
        gaps = self.text(tuple(range(len(self.evidence)))).gaps
        values: dict[str, Value] = {"probability": Probability(self.probability)}
        values |= {f"offer {n}": Probability(question) for n, question in enumerate(self.offers) if question is not None}
        for witness in self.evidence:
            values[f"edge {witness.id}"] = Distance(witness.layer)
            values[f"share {witness.id}"] = Share(witness.layer)
            values |= {
                f"distance {witness.id} {language}": DistanceWords(witness.layer, language) for language in ("sv", "en")
            }
        self.values = {gap: value for gap, value in values.items() if gap in gaps}
        self.tied = len({witness.rank for witness in self.evidence}) < len(self.evidence)
        ordering = [witness.layer for witness in self.evidence] if self.tied else []
        said = [value.layer for value in self.values.values() if isinstance(value, Distance | DistanceWords)]
        self.measured = frozenset((*ordering, *said))
        self.shares = frozenset(value.layer for value in self.values.values() if isinstance(value, Share))

    @property
    def crossing(self) -> Hashable:
        """What tells whose verdicts change alike where an edge is crossed."""
        return self.case.verdict, *((edge.layer.id, *edge.become.items()) for edge in self.edges)

    @property
    def told(self) -> Hashable:
        """All that is seen of it: of two outlines that tell the same, one is enough."""
        whole = self.text(tuple(range(len(self.evidence))))
        return whole, self._sentences, self.evidence, tuple(self.values.items()), self.crossing

    def text(self, order: tuple[int, ...]) -> Gapped:
        """Give the canonical JSON with gaps, the evidence in an order."""
        if order not in self._texts:
            self._texts[order] = Gapped.of(canonical(self._content(order)))
        return self._texts[order]

    def sentence(self, language: str) -> Gapped:
        """Give the sentence with gaps, in Swedish or English."""
        return self._sentences[language != "sv"]

    def _content(self, order: tuple[int, ...]) -> dict[str, Any]:
        content = self.decision.to_dict()
        del content["id"], content["made_at"]
        content["as_of"], content["location"] = json_gap("as_of"), json_gap("location")
        content["probability"] = json_gap("probability")
        content["flips"] = json_gap("flips") if self.edges else None
        for number, (offer, question) in enumerate(zip(content["alternatives"], self.offers, strict=True)):
            if question is not None:
                offer["probability"] = json_gap(f"offer {number}")
        for witness, item in zip(self.evidence, content["evidence"], strict=True):
            if witness.measured:
                item["edge_distance_m"] = json_gap(f"edge {witness.id}")
            if witness.serving:
                item["probability"] = json_gap(f"share {witness.id}")
        content["evidence"] = [content["evidence"][number] for number in order]
        return content


def canonical(content: Mapping[str, Any]) -> str:
    """Write canonical JSON: sorted keys, no spaces."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def witness(rank: int, layer: int, case: Case, status: Status) -> Witness:
    """Say which numbers a layer of the evidence has."""
    claim = case.availabilities[layer].layer
    serving = claim.speaks(case.on) and claim.in_force(case.on)
    return Witness(rank, layer, claim.id, measured=status is not Status.NO_DATA, serving=serving)

"""A decision with gaps: what rows that are alike share, once, and each row's own numbers and words filled in.

The text is the canonical JSON whose hash is the decision's id, so what is filled in is the decision itself, to the byte.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coverage_check.availability import Status
from coverage_check.decision import Decision, Sentence
from coverage_check.qualification.explanation import Case
from coverage_check.qualification.flips import Edge
from coverage_check.qualification.stances import Question

Columns = Mapping[str, Sequence[str]]
"""Gap → the text of each row."""

_NAME = r"[a-z]+(?: [0-9]+)?(?: sv| en)?"
_GAP = re.compile(f'"\ue002({_NAME})\ue003"|\ue000({_NAME})\ue001')


def words_gap(name: str) -> str:
    """Give what stands in a text where words of each row's own belong."""
    return f"\ue000{name}\ue001"


def _json_gap(name: str) -> str:
    """Give what stands in place of a JSON value of each row's own."""
    return f"\ue002{name}\ue003"


@dataclass(frozen=True, slots=True)
class Gapped:
    """A text with gaps, and their names in order."""

    text: str
    gaps: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Gapped":
        """Find the gaps of a text."""
        gaps = tuple(match[1] or match[2] for match in _GAP.finditer(text))
        pieces = _GAP.split(text)[::3]  # the two groups of each gap lie between
        return cls("%s".join(piece.replace("%", "%%") for piece in pieces), gaps)

    def filled(self, columns: Columns) -> Iterator[str]:
        """Fill in one text for each row."""
        return map(self.text.__mod__, zip(*(columns[gap] for gap in self.gaps), strict=True))


@dataclass(frozen=True, slots=True)
class Witness:
    """One layer of the evidence: how it ranks among them, which layer it is, and which numbers it has of its own."""

    rank: int
    layer: int
    id: str
    measured: bool
    serving: bool


@dataclass(slots=True, kw_only=True)
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
        The question whose P_yes is that of each alternative.
    edges
        Those that could change the verdict.
    """

    decision: Decision
    case: Case
    own: Question
    evidence: tuple[Witness, ...]
    probability: Question
    offers: tuple[Question, ...]
    edges: tuple[Edge, ...]
    _texts: dict[tuple[int, ...], Gapped] = field(default_factory=dict)

    def text(self, order: tuple[int, ...]) -> Gapped:
        """Give the canonical JSON with gaps, the evidence in an order."""
        if order not in self._texts:
            self._texts[order] = Gapped.of(canonical(self._content(order)))
        return self._texts[order]

    def sentence(self) -> tuple[Gapped, Gapped]:
        """Give the sentence with gaps, Swedish and English."""
        said: Sentence = self.decision.sentence
        return Gapped.of(said.sv), Gapped.of(said.en)

    def _content(self, order: tuple[int, ...]) -> dict[str, Any]:
        content = self.decision.to_dict()
        del content["id"], content["made_at"]
        content["location"] = _json_gap("location")
        content["probability"] = _json_gap("probability")
        content["flips"] = _json_gap("flips") if self.edges else None
        for number, offer in enumerate(content["alternatives"]):
            offer["probability"] = _json_gap(f"offer {number}")
        for witness, item in zip(self.evidence, content["evidence"], strict=True):
            if witness.measured:
                item["edge_distance_m"] = _json_gap(f"edge {witness.layer}")
            if witness.serving:
                item["probability"] = _json_gap(f"share {witness.layer}")
        content["evidence"] = [content["evidence"][number] for number in order]
        return content


def canonical(content: Mapping[str, Any]) -> str:
    """Write canonical JSON: sorted keys, no spaces."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def inner(text: str) -> str:
    """Escape a text for the inside of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def witness(rank: int, layer: int, case: Case, status: Status) -> Witness:
    """Say which numbers a layer of the evidence has."""
    claim = case.availabilities[layer].layer
    serving = claim.speaks(case.on) and claim.in_force(case.on)
    return Witness(rank, layer, claim.id, measured=status is not Status.NO_DATA, serving=serving)

"""The decisions of a batch: columns at once, each whole decision when it is asked for."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import repeat
from typing import overload

from coverage_check.basis import Basis
from coverage_check.decision import Decision, DecisionColumns, Verdict
from coverage_check.qualification.batch import Part

_Value = object
_Row = tuple[_Value, ...]


class Decisions(Sequence[Decision]):
    """Decisions in the order asked; one is made when it is taken out, and is the same as if it had been asked for alone.

    Parameters
    ----------
    single
        Row → what was decided by itself, for lack of a place.
    basis
        Gives what a row was decided from beyond what its JSON says.
    """

    def __init__(
        self, parts: Sequence[Part], single: dict[int, Decision], made_at: datetime, basis: Callable[[int], Basis | None]
    ) -> None:
        self._parts, self._single, self._made_at, self._basis = parts, single, made_at, basis
        self._where = {
            row: (part, number) for part in range(len(parts)) for number, row in enumerate(parts[part].rows.tolist())
        }

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._where) + len(self._single)

    @overload
    def __getitem__(self, row: int) -> Decision: ...

    @overload
    def __getitem__(self, row: slice) -> Sequence[Decision]: ...

    def __getitem__(self, row: int | slice) -> Decision | Sequence[Decision]:
        """Make one decision, or some."""
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        row = range(len(self))[row]
        if row in self._single:
            return self._single[row]
        part, number = self._where[row]
        return Decision.of_content(self._parts[part].content(number), self._made_at, self._basis(row))

    def __iter__(self) -> Iterator[Decision]:
        texts: dict[int, str] = {}
        for part in self._parts:
            texts.update(zip(part.rows.tolist(), part.contents(), strict=True))
        for row in range(len(self)):
            if row in self._single:
                yield self._single[row]
            else:
                yield Decision.of_content(texts.pop(row), self._made_at, self._basis(row))

    def texts(self) -> Iterator[tuple[Verdict, str]]:
        """Give each decision's verdict and JSON text, the canonical one with id and time, without making the decision."""
        made_at = self._made_at.isoformat(timespec="seconds")
        found: dict[int, tuple[Verdict, str]] = {}
        for part in self._parts:
            for row, content in zip(part.rows.tolist(), part.contents(), strict=True):
                id_ = hashlib.sha256(content.encode()).hexdigest()
                text = f'{{"id":"{id_}","made_at":"{made_at}",{content[1:]}'
                found[row] = part.outline.decision.verdict, text
        for row in range(len(self)):
            if row in self._single:
                yield self._single[row].verdict, self._single[row].to_json()
            else:
                yield found.pop(row)

    def columns(self, language: str = "sv") -> DecisionColumns:
        """Give what tables need, with the sentence in one language; no decision is made for it.

        Parameters
        ----------
        language
            ``sv`` or ``en``.
        """
        rows: list[_Row] = [()] * len(self)
        for part in self._parts:
            for row, values in zip(part.rows.tolist(), _values(part, language), strict=True):
                rows[row] = values
        for row, decision in self._single.items():
            rows[row] = _single(decision, language)
        names = DecisionColumns.__dataclass_fields__
        return DecisionColumns(**dict(zip(names, zip(*rows, strict=True) if rows else repeat((), len(names)), strict=True)))


def _values(part: Part, language: str) -> Iterator[_Row]:
    decision, location = part.outline.decision, part.alike.location
    reasons = " ".join(reason.code for reason in decision.reasons)
    offer = next(iter(decision.alternatives), None)
    edge_m: Iterator[float | None] = repeat(None) if part.edge_distance_m is None else iter(part.edge_distance_m.tolist())
    sentence = part.outline.sentence()[language != "sv"]
    return zip(
        repeat(decision.verdict, len(part.rows)),
        part.probability.tolist(),
        repeat(reasons),
        edge_m,
        part.lat,
        part.lon,
        repeat(location.match),
        repeat(location.level),
        repeat(offer),
        sentence.filled(part.raw),
        (hashlib.sha256(content.encode()).hexdigest() for content in part.contents()),
        strict=False,
    )


def _single(decision: Decision, language: str) -> _Row:
    location = decision.location
    return (
        decision.verdict,
        decision.probability,
        " ".join(reason.code for reason in decision.reasons),
        None,
        location.lat if location else None,
        location.lon if location else None,
        location.match if location else None,
        location.level if location else None,
        None,
        decision.sentence.sv if language == "sv" else decision.sentence.en,
        decision.id,
    )

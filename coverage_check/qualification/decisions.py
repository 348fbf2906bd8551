"""The decisions of a batch: columns at once, each whole decision when it is asked for."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, overload

import numpy as np

from coverage_check.availability import Rows
from coverage_check.basis import Basis
from coverage_check.decision import Decision, DecisionColumns, Verdict
from coverage_check.qualification.part import Part


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
        self._count = len(single) + sum(len(part.rows) for part in parts)

    @cached_property
    def _where(self) -> dict[int, tuple[Part, int]]:
        return {row: (part, number) for part in self._parts for number, row in enumerate(part.rows.tolist())}

    def __len__(self) -> int:
        """Count the rows."""
        return self._count

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
        return Decision.of_content(part.content(number), self._made_at, self._basis(row))

    def __iter__(self) -> Iterator[Decision]:
        texts: dict[int, bytes] = {}
        for part in self._parts:
            texts.update(zip(part.rows.tolist(), part.contents(), strict=True))
        for row in range(len(self)):
            if row in self._single:
                yield self._single[row]
            else:
                yield Decision.of_content(texts.pop(row), self._made_at, self._basis(row))

    def texts(self) -> Iterator[tuple[Verdict, bytes]]:
        """Give each decision's verdict and JSON text in UTF-8, the canonical one with id and time; no decision is made."""
        made_at = self._made_at.isoformat(timespec="seconds")
        found: dict[int, tuple[Verdict, bytes]] = {}
        for part in self._parts:
            for row, content in zip(part.rows.tolist(), part.contents(), strict=True):
                named = f'{{"id":"{hashlib.sha256(content).hexdigest()}","made_at":"{made_at}",'
                found[row] = part.outline.decision.verdict, named.encode() + content[1:]
        for row in range(len(self)):
            if row in self._single:
                yield self._single[row].verdict, self._single[row].to_json().encode()
            else:
                yield found.pop(row)

    def columns(self, language: str = "sv") -> DecisionColumns:
        """Give what tables need, with the sentence in one language; no decision is made for it.

        Parameters
        ----------
        language
            ``sv`` or ``en``.
        """
        names = DecisionColumns.__dataclass_fields__
        columns = [np.empty(len(self), dtype=object) for _ in names]

        def put(rows: Rows | int, values: tuple[Any, ...]) -> None:
            for column, value in zip(columns, values, strict=True):
                column[rows] = value

        for part in self._parts:
            put(part.rows, _columns(part, language))
        for row, decision in self._single.items():
            put(row, _single(decision, language))
        return DecisionColumns(**{name: column.tolist() for name, column in zip(names, columns, strict=True)})


def _columns(part: Part, language: str) -> tuple[Any, ...]:
    """Give what a part's rows have in each column, or what all of them have."""
    decision, location = part.outline.decision, part.alike.location
    return (
        decision.verdict,
        part.probability,
        " ".join(reason.code for reason in decision.reasons),
        part.edge_distance_m,
        part.alike.lat[part.in_alike],
        part.alike.lon[part.in_alike],
        location.match,
        location.level,
        next((offer.text for offer in decision.alternatives), None),
        part.sentences(language),
        [hashlib.sha256(content).hexdigest() for content in part.contents()],
    )


def _single(decision: Decision, language: str) -> tuple[Any, ...]:
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

"""The chain: how a row is sealed and linked, and what holds of rows that nobody has touched.

    seal = SHA-256(salt, personal)                      the salt makes guessing an address from its seal hopeless
    hash = SHA-256(previous hash, seq, kind, recorded_at, kept, seal)

`erase` removes personal fields, references and salt. The seal stays, so every hash can still be computed.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from coverage_check.errors import InvalidInput, LedgerInvalid
from coverage_check.ledger.entries import Entry, EntryKind, Fault, Head, Verification

GENESIS = Head(seq=0, hash="0" * 64)
"""The head of an empty ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it is stored. `kept` and `personal` are canonical JSON; the hashes are over that text, not its meaning.

    Attributes
    ----------
    order_ref, subject, content
        What rows are found by. They repeat what `personal` holds, and go with it; `content` is the same for the same
        content, whenever it was made.
    """

    seq: int
    kind: str
    recorded_at: str
    kept: str
    seal: str
    previous: str
    hash: str
    order_ref: str | None = None
    subject: str | None = None
    content: str | None = None
    personal: str | None = None
    salt: str | None = None

    @property
    def blank(self) -> bool:
        """Whether the row holds no personal data."""
        return (self.order_ref, self.subject, self.content, self.personal, self.salt) == (None,) * 5

    def values(self) -> dict[str, Any]:
        """Give the columns by name."""
        return {name: getattr(self, name) for name in COLUMNS}

    def entry(self) -> Entry:
        """Read the row."""
        return Entry(
            seq=self.seq,
            kind=EntryKind(self.kind),
            recorded_at=datetime.fromisoformat(self.recorded_at),
            kept=json.loads(self.kept),
            personal=None if self.personal is None else json.loads(self.personal),
            hash=self.hash,
        )


COLUMNS = tuple(field.name for field in fields(Row))


def canonical(content: Mapping[str, Any]) -> str:
    """Write JSON in the one way that is hashed: sorted keys, no spaces, no NaN.

    Raises
    ------
    InvalidInput
        A text that is not Unicode, such as half a surrogate pair, or a number that is not finite.
    """
    try:
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError as error:
        raise InvalidInput(f"A field can't be recorded ({type(error).__name__}): mend its text or number.") from None
    return text


def digest(*parts: str | int) -> str:
    """Hash texts so that no two lists of them give the same input."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


def link(previous: Head, *, kind: str, recorded_at: str, kept: str, seal: str) -> Head:
    """Give the head after one more row."""
    seq = previous.seq + 1
    return Head(seq=seq, hash=digest(previous.hash, seq, kind, recorded_at, kept, seal))


def content_key(kind: str, kept: Mapping[str, Any], personal: Mapping[str, Any]) -> str:
    """Give the same key for the same content: a retried write finds what it wrote before.

    A decision's own id leaves out when it was made, and so does this.
    """
    if kind == EntryKind.DECISION:
        return digest(kind, personal["decision"]["id"], canonical(personal["context"]))
    return digest(kind, canonical(kept), canonical(personal))


class Examination:
    """Reads the rows of a chain in their order, and keeps the first fault.

    Parameters
    ----------
    published
        A head that was kept elsewhere; the chain must pass through it.
    """

    def __init__(self, published: Head | None = None) -> None:
        self.head = GENESIS
        self.blank: set[int] = set()
        self.erased: dict[int, int] = {}
        self._published = published

    def read(self, row: Row) -> str | None:
        """Take the next row; give what is wrong with it, if anything."""
        try:
            fault = self._link_fault(row) or _content_fault(row) or self._erasure_fault(row)
        except (KeyError, TypeError, ValueError):
            fault = f"entry {row.seq} is no entry of this format, though its hash fits."
        if fault is None:
            self.head = Head(seq=row.seq, hash=row.hash)
            if row.blank and row.kind != EntryKind.ERASURE:
                self.blank.add(row.seq)
        return fault

    def _link_fault(self, row: Row) -> str | None:
        expected = self.head.seq + 1
        if row.seq != expected:
            return f"entry {expected} is missing: the next one there is {row.seq}."
        if not all(isinstance(value, str | None) for value in list(row.values().values())[1:]):
            return f"entry {row.seq} holds something that is not text."
        if row.previous != self.head.hash:
            return f"entry {row.seq} does not follow entry {self.head.seq}: entries were swapped, removed or put in."
        head = link(self.head, kind=row.kind, recorded_at=row.recorded_at, kept=row.kept, seal=row.seal)
        if row.hash != head.hash:
            return f"entry {row.seq} was changed: its hash is not that of its content."
        if self._published is not None and self._published.seq == row.seq and self._published.hash != row.hash:
            return f"entry {row.seq} is not the one whose head was published: the ledger was rewritten or restored."
        return None

    def _erasure_fault(self, row: Row) -> str | None:
        if row.kind != EntryKind.ERASURE:
            return None
        for seq in json.loads(row.kept)["rows"]:
            if seq >= row.seq:
                return f"entry {row.seq} erases entry {seq}, which comes after it."
            self.erased.setdefault(seq, row.seq)
        return None


def verify_rows(
    rows: Iterable[Row],
    *,
    published: Head | None = None,
    now: Callable[[int], Row | None] | None = None,
    redacted: bool = False,
) -> Verification:
    """Read a whole chain and say whether it is as it was written.

    Parameters
    ----------
    published
        A head that was kept elsewhere. Without it a cut tail can't be seen.
    now
        Gives a row as it is now: one may be erased by another process while the chain is read.
    redacted
        The rows are an export that left personal data out on purpose.
    """
    examination = Examination(published)
    fault = _first_fault(examination, rows) or _tail_fault(examination.head, published)
    if fault is None and not redacted:
        fault = _blank_fault(examination, now)
    head = examination.head
    return Verification(entries=head.seq, erased=len(examination.blank), head=head, fault=fault)


def _first_fault(examination: Examination, rows: Iterable[Row]) -> Fault | None:
    try:
        for row in rows:
            if what := examination.read(row):
                return Fault(seq=examination.head.seq + 1, what=what)
    except LedgerInvalid:
        seq = examination.head.seq + 1
        return Fault(seq=seq, what=f"entry {seq} can't be read: the file is damaged.")
    return None


def _tail_fault(head: Head, published: Head | None) -> Fault | None:
    if published is None or published.seq <= head.seq:
        return None
    what = f"entries {head.seq + 1} to {published.seq} are missing: the head that was published stands at {published.seq}."
    return Fault(seq=head.seq + 1, what=what)


def _blank_fault(examination: Examination, now: Callable[[int], Row | None] | None) -> Fault | None:
    """Hold the blank rows against the erasures: each must have the other."""
    unexplained = examination.blank - examination.erased.keys()
    if unexplained:
        seq = min(unexplained)
        return Fault(seq=seq, what=f"entry {seq} lacks its personal data, and no erasure says why.")
    for seq in sorted(examination.erased.keys() - examination.blank):
        row = now(seq) if now else None
        if row is None or not row.blank:
            what = f"entry {seq} holds personal data that entry {examination.erased[seq]} erased."
            return Fault(seq=seq, what=what)
    return None


def _content_fault(row: Row) -> str | None:
    """Say what is wrong inside a row whose link is sound."""
    if EntryKind(row.kind) is EntryKind.ERASURE:
        return None if row.blank else f"entry {row.seq} holds more than an erasure does."
    if row.blank:
        return None
    if row.personal is None or row.salt is None:
        return f"entry {row.seq} lacks a part of its personal data."
    if digest(row.salt, row.personal) != row.seal:
        return f"entry {row.seq} was changed: its seal is not that of its personal data."
    personal = json.loads(row.personal)
    found_by = (personal["order_ref"], personal["subject"], content_key(row.kind, json.loads(row.kept), personal))
    if (row.order_ref, row.subject, row.content) != found_by:
        return f"entry {row.seq} is filed under another reference than the one it was written with."
    return None

"""Ledger: what was decided and said, in the order it was recorded, so that it can be shown later."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from coverage_check.decision import Decision, Verdict
from coverage_check.errors import InvalidInput, LedgerInvalid
from coverage_check.ledger.chain import Row, verify_rows
from coverage_check.ledger.drafts import Draft, Record, drafted, require_text
from coverage_check.ledger.entries import Entry, EntryKind, Fault, Head, SaleContext, Verification
from coverage_check.ledger.exchange import export_lines
from coverage_check.ledger.replay import Outcome, Recompute, replay_entry
from coverage_check.ledger.store import Store

_SCHEME = re.compile(r"postgres(ql)?(\+psycopg)?:")


class Ledger:
    """An append-only record of decisions. One ledger serves many threads and processes.

    Use `Ledger.open`. What `append` has returned is on the disk.

    Parameters
    ----------
    clock
        Tells the time that entries are stamped with. Their order never depends on it.
    """

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC)) -> None:
        self._store = store
        self._clock = clock

    @classmethod
    def open(cls, place: str | Path, *, create: bool = True) -> Self:
        """Open a ledger: a SQLite file, or a ``postgresql://`` URL (extra `postgres`).

        Parameters
        ----------
        create
            Make it if it is absent, and make sure that it can be written.

        Raises
        ------
        MissingFile, MissingExtra, LedgerInvalid, OutputRefused, InvalidInput
            It is absent, needs the extra, is no ledger or a newer one, can't be written, or is a URL of something else.
        """
        if _SCHEME.match(str(place)):
            from coverage_check.ledger.postgres import PostgresStore  # noqa: PLC0415 - an extra

            return cls(PostgresStore(str(place), create=create))
        if "://" in str(place):
            raise InvalidInput("A ledger's URL begins with postgresql://: other databases can't hold one.")
        from coverage_check.ledger.sqlite import SqliteStore  # noqa: PLC0415 - not needed beside PostgreSQL

        return cls(SqliteStore(place, create=create))

    def append(self, decision: Decision, *, order_ref: str, context: SaleContext) -> Entry:
        """Record a decision; on return it is on the disk.

        The same content for the same order is recorded once: a retry gives the entry that is there. Another content for
        the same order is a new entry whose `earlier` names the one before it.

        Raises
        ------
        InvalidInput
            The reference is empty or endless, a text can't be stored, or the decision was changed after it was made.
        OutputRefused
            It is not known to be stored. Repeat the call when the cause is gone: what was stored is not stored twice.
        """
        return self.append_many([Record(decision=decision, order_ref=order_ref, context=context)])[0]

    def append_many(self, records: Iterable[Record]) -> list[Entry]:
        """Record many decisions, all or none, with one wait for the disk; else as `append`."""
        drafts = [drafted(record) for record in records]
        with self._store.writing():
            head = self._store.head()
            rows = []
            for draft in drafts:
                row = self._store.same(order_ref=draft.order_ref, content=draft.content)
                if row is None:
                    row = self._add(head, draft, earlier=self._earlier(draft.order_ref))
                    head = Head(seq=row.seq, hash=row.hash)
                rows.append(row)
        return [row.entry() for row in rows]

    def override(self, entry: Entry | int, *, by: str, why: str, verdict: Verdict | str) -> Entry:
        """Record that a person set another verdict for a decision, who, and why. The decision stays as it is.

        Raises
        ------
        InvalidInput
            There is no such decision, its data were erased, or who or why is empty.
        """
        seq = entry if isinstance(entry, int) else entry.seq
        require_text("The person", by)
        require_text("The reason", why)
        with self._store.writing():
            row = self._store.row(seq)
            if row is None or row.kind != EntryKind.DECISION or row.order_ref is None:
                raise InvalidInput(f"Entry {seq} is no decision that can be overridden: look its number up in the ledger.")
            kept = {"by": by, "of": seq, "verdict": Verdict(verdict).value}
            personal = {"order_ref": row.order_ref, "subject": row.subject, "why": why}
            draft = Draft(kind=EntryKind.OVERRIDE, kept=kept, personal=personal)
            there = self._store.same(order_ref=row.order_ref, content=draft.content)
            return (there or self._add(self._store.head(), draft)).entry()

    def erase(self, *, by: str, why: str, order_ref: str | None = None, subject: str | None = None) -> Entry:
        """Erase the personal data of an order or of a customer; what was decided stays, without whom it was about.

        Parameters
        ----------
        by, why
            Who erased, and why: they stay, so write "request 2026-17" and never a name.

        Returns
        -------
        Entry
            The erasure; its `kept["rows"]` are the entries that were erased.

        Raises
        ------
        InvalidInput
            Nothing is recorded under that reference, or it was erased before.
        """
        require_text("The person", by)
        require_text("The reason", why)
        if (order_ref is None) == (subject is None):
            raise InvalidInput("Erase by order_ref or by subject: give one of the two.")
        with self._store.writing():
            found = self._store.of_subject(subject) if order_ref is None else self._store.of_order(order_ref)  # type: ignore[arg-type]
            if not found:
                raise InvalidInput("Nothing is recorded under that reference: check it, or it was erased before.")
            seqs = [row.seq for row in found]
            self._store.blank(seqs)
            kept = {"by": by, "rows": seqs, "why": why}
            erasure = self._add(self._store.head(), Draft(kind=EntryKind.ERASURE, kept=kept)).entry()
        self._store.scrub()
        return erasure

    def entries(self, *, order_ref: str | None = None) -> Iterator[Entry]:
        """Give the entries in their order, of one order or all."""
        rows = self._store.rows() if order_ref is None else self._store.of_order(order_ref)
        return (row.entry() for row in rows)

    def entry(self, seq: int) -> Entry:
        """Give one entry; raise InvalidInput if there is none of that number."""
        row = self._store.row(seq)
        if row is None:
            raise InvalidInput(f"There is no entry {seq}: look its number up in the ledger.")
        return row.entry()

    def head(self) -> Head:
        """Give the last link of the chain. Keep it elsewhere: only it shows a cut tail or a restored backup."""
        return self._store.head()

    def verify(self, head: Head | str | None = None) -> Verification:
        """Read everything and say whether it is as it was written, naming the first entry that is not.

        Parameters
        ----------
        head
            A head that was published earlier. Without it, missing last entries can't be noticed.
        """
        published = Head.parse(head) if isinstance(head, str) else head
        found = verify_rows(self._store.rows(), published=published, now=self._store.row)
        try:
            damage = self._store.damage()
        except LedgerInvalid as error:
            damage = str(error)
        return replace(found, fault=Fault(seq=0, what=damage)) if damage and found.intact else found

    def replay(self, recompute: Recompute) -> Iterator[Outcome]:
        """Make every recorded decision again and compare it to the byte, but for when and by which versions it was made."""
        return (replay_entry(entry, recompute) for entry in self.entries() if entry.kind is EntryKind.DECISION)

    def export(self, *, personal: bool = True) -> Iterator[str]:
        """Give the ledger as lines of JSON that `verify_export` can check on their own.

        Parameters
        ----------
        personal
            Whether to hand out personal data. The chain can be checked without them.
        """
        return export_lines(self._store.rows(), personal=personal)

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _earlier(self, order_ref: str) -> int | None:
        decisions = [row.seq for row in self._store.of_order(order_ref) if row.kind == EntryKind.DECISION]
        return decisions[-1] if decisions else None

    def _add(self, head: Head, draft: Draft, *, earlier: int | None = None) -> Row:
        row = draft.sealed(head, recorded_at=self._clock(), earlier=earlier)
        self._store.add(row)
        return row

"""Where rows are kept: what a store must do, and the SQL that both databases understand."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from coverage_check.errors import LedgerInvalid
from coverage_check.ledger.chain import COLUMNS, GENESIS, Row
from coverage_check.ledger.entries import Head

LAYOUT = 1
"""Version of the tables. A newer one is refused, never guessed at."""

WAIT_S = 30
"""How long a writer waits for the others: 16 processes writing at once kept one waiting for 9.9 s (measured)."""

CREATE_ENTRY = """
create table if not exists {table} (
    seq {integer} primary key,
    kind text not null,
    recorded_at text not null,
    kept text not null,
    seal text not null,
    previous text not null,
    hash text not null,
    order_ref text,
    subject text,
    content text,
    personal text,
    salt text
)
"""

_PAGE = 500


class Store(ABC):
    """A table of rows to which one writer at a time can add.

    A store serves many threads. Every fault of the database reaches the caller as LedgerInvalid (what is stored can't be
    trusted) or OutputRefused (it can't be written now), without what the database says: that may quote a row.
    """

    table = "entry"

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]:
        """Be the only writer; what was done is durable on leaving, and undone if leaving by an error."""

    @abstractmethod
    def run(self, statement: str, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Run one statement with named values, and give its rows."""

    @abstractmethod
    def damage(self) -> str | None:
        """Say what the database itself finds wrong with its files, if anything."""

    @abstractmethod
    def scrub(self) -> None:
        """Overwrite what an erasure left in the files, as far as the database can."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""

    def add(self, row: Row) -> None:
        """Add a row; only while `writing`."""
        names = ", ".join(COLUMNS)
        marks = ", ".join(f":{name}" for name in COLUMNS)
        self.run(f"insert into {self.table} ({names}) values ({marks})", row.values())  # noqa: S608 - fixed names

    def blank(self, seqs: Sequence[int]) -> None:
        """Remove the personal data of rows; only while `writing`."""
        gone = "order_ref = null, subject = null, content = null, personal = null, salt = null"
        for seq in seqs:
            self.run(f"update {self.table} set {gone} where seq = :seq", {"seq": seq})  # noqa: S608

    def head(self) -> Head:
        """Give the last link of the chain."""
        last = self._rows("order by seq desc limit 1")
        return Head(seq=last[0].seq, hash=last[0].hash) if last else GENESIS

    def row(self, seq: int) -> Row | None:
        """Give one row."""
        return next(iter(self._rows("where seq = :seq", seq=seq)), None)

    def same(self, *, order_ref: str, content: str) -> Row | None:
        """Give the row that already holds this content for this order."""
        condition = "where order_ref = :order_ref and content = :content"
        return next(iter(self._rows(condition, order_ref=order_ref, content=content)), None)

    def of_order(self, order_ref: str) -> list[Row]:
        """Give the rows about an order, in their order."""
        return self._rows("where order_ref = :order_ref order by seq", order_ref=order_ref)

    def of_subject(self, subject: str) -> list[Row]:
        """Give the rows about a customer, in their order."""
        return self._rows("where subject = :subject order by seq", subject=subject)

    def rows(self) -> Iterator[Row]:
        """Give all rows in their order, a page at a time: no reader ever holds a writer up."""
        after = 0
        while page := self._page(after):
            yield from page
            after = page[-1].seq

    def _page(self, after: int) -> list[Row]:
        """Give the next rows; only one of them where a page can't be read, so that the unreadable row shows itself."""
        following = "where seq > :after order by seq limit"
        try:
            return self._rows(f"{following} {_PAGE}", after=after)
        except LedgerInvalid:
            return self._rows(f"{following} 1", after=after)

    def _rows(self, condition: str, **values: Any) -> list[Row]:
        statement = f"select {', '.join(COLUMNS)} from {self.table} {condition}"  # noqa: S608 - fixed names
        return [Row(**dict(zip(COLUMNS, found, strict=True))) for found in self.run(statement, values)]

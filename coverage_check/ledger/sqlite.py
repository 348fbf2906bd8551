"""The ledger in one SQLite file: WAL, synchronous FULL, no extension.

A write is acknowledged when the operating system has it on the disk. A process that is killed loses nothing that was
acknowledged and leaves nothing half.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

from coverage_check.errors import CoverageCheckError, LedgerInvalid, MissingFile, OutputRefused
from coverage_check.ledger.store import CREATE_ENTRY, LAYOUT, WAIT_S, Store

_APPLICATION = 0x63636C31  # "ccl1": SQLite's own place for saying whose file it is

_SCHEMA = (
    CREATE_ENTRY.format(table="entry", integer="integer"),
    "create unique index if not exists entry_content on entry (order_ref, content)",
    "create index if not exists entry_subject on entry (subject)",
    """create trigger if not exists entry_stays before delete on entry
       begin select raise(abort, 'the ledger is append-only'); end""",
    """create trigger if not exists entry_is_fixed before update on entry
       when new.personal is not null or new.salt is not null or new.order_ref is not null or new.subject is not null
         or new.content is not null or (new.seq, new.kind, new.recorded_at, new.kept, new.seal, new.previous, new.hash)
         is not (old.seq, old.kind, old.recorded_at, old.kept, old.seal, old.previous, old.hash)
       begin select raise(abort, 'the ledger is append-only'); end""",
)

_LIST_SCHEMA = "select type, name, sql from sqlite_master order by name"

_REFUSED = {
    sqlite3.SQLITE_FULL: "there is no space left: free some and run again",
    sqlite3.SQLITE_IOERR: "the disk reports an error: look into the system's log before going on",
    sqlite3.SQLITE_READONLY: "it is read-only: give this user the right to write it and its folder",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened: check its folder and the rights to it",
    sqlite3.SQLITE_PERM: "its permissions forbid it: give this user the right to write it",
    sqlite3.SQLITE_BUSY: f"other writers held it for {WAIT_S} s: look for one that hangs",
    sqlite3.SQLITE_LOCKED: f"other writers held it for {WAIT_S} s: look for one that hangs",
}

_OPEN: WeakSet["SqliteStore"] = WeakSet()
_HELD: list["SqliteStore"] = []
_FORKING = threading.RLock()


class SqliteStore(Store):
    """Rows in one SQLite file, which only its owner may read: it holds personal data.

    Parameters
    ----------
    create
        Make the file if it is absent, and make sure that it can be written.

    Raises
    ------
    MissingFile, LedgerInvalid, OutputRefused
        It is absent, no ledger or a newer one, or can't be written.
    """

    def __init__(self, path: str | Path, *, create: bool) -> None:
        self.path = Path(path)
        self.lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        with self._translated():
            self._open(create=create)
        _OPEN.add(self)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer; what was done is on the disk on leaving."""
        with self.lock, self._translated():
            connection = self._live()
            connection.execute("begin immediate")
            try:
                yield
                connection.execute("commit")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("rollback")
                raise

    def run(self, statement: str, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Run one statement."""
        with self.lock, self._translated():
            return self._live().execute(statement, values or {}).fetchall()

    def damage(self) -> str | None:
        """Let SQLite check its pages and indexes, and compare tables and guards with those of a new ledger."""
        fresh = sqlite3.connect(":memory:")
        for statement in _SCHEMA:
            fresh.execute(statement)
        expected = fresh.execute(_LIST_SCHEMA).fetchall()
        fresh.close()
        if self.run(_LIST_SCHEMA) != expected:
            return f"{self.path.name} has not the tables and guards of a ledger: restore it and compare it with a head."
        if self.run("pragma integrity_check(1)")[0][0] != "ok":
            return f"{self.path.name} is damaged: restore it from a backup and compare it with a head."
        return None

    def scrub(self) -> None:
        """Overwrite the log, whose pages may still hold what was erased; the table's own were zeroed by secure_delete."""
        deadline = time.monotonic() + WAIT_S
        while self.run("pragma wal_checkpoint(truncate)")[0][0]:
            if time.monotonic() > deadline:
                raise OutputRefused(f"{self.path.name} is being read: erased data stay in its -wal file until it is free.")
            time.sleep(0.05)

    def close(self) -> None:
        """Close the file; it is opened again by the next use."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _live(self) -> sqlite3.Connection:
        if self._connection is None:
            self._open(create=False)
        return self._connection  # type: ignore[return-value]

    def _open(self, *, create: bool) -> None:
        if not self.path.exists():
            if not create:
                raise MissingFile(f"{self.path} is not there: check the path of the ledger.")
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self.path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, self.path, create=create)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the database's errors into ours, without the texts of rows that they may quote."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:  # a damaged file can make even the message undecodable
            raise _named(self.path.name, error) from None
        except OSError as error:
            if isinstance(error, CoverageCheckError):
                raise
            raise OutputRefused(f"{self.path.name} can't be opened: {error.strerror or 'check its folder'}.") from None


def _named(name: str, error: Exception) -> CoverageCheckError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _REFUSED:
        return OutputRefused(f"{name} can't be written: {_REFUSED[code]}.")
    if code == sqlite3.SQLITE_CONSTRAINT:
        return LedgerInvalid(f"{name} refuses the change: a ledger is only added to.")
    return LedgerInvalid(f"{name} is not a ledger or is damaged ({type(error).__name__}): restore it from a backup.")


def _prepare(connection: sqlite3.Connection, path: Path, *, create: bool) -> None:
    """Set a connection up, and make the tables of a new file."""
    connection.execute("pragma secure_delete = on")
    application, layout, tables = _identity(connection)
    if application == _APPLICATION:
        if layout > LAYOUT:
            raise LedgerInvalid(f"{path.name} was written by a newer version (layout {layout}): use that version.")
    elif tables or not create:
        raise LedgerInvalid(f"{path.name} is a database, but no ledger: give another path.")
    connection.execute("pragma synchronous = full")
    if create and application == _APPLICATION:
        connection.execute("begin immediate")  # a file that can't be written shows here, before any work
        connection.execute("rollback")
    elif create:
        _make(connection, path)


def _identity(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Read whose file it is, its layout, and how many tables and guards it has, all of one moment: it may be being made."""
    connection.execute("begin")
    questions = ("pragma application_id", "pragma user_version", "select count(*) from sqlite_master")
    application, layout, tables = (connection.execute(question).fetchone()[0] for question in questions)
    connection.execute("commit")
    return application, layout, tables


def _make(connection: sqlite3.Connection, path: Path) -> None:
    """Turn the log on and make the tables; another process may be doing the same."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            mode = connection.execute("pragma journal_mode = wal").fetchone()[0]
            break
        except sqlite3.OperationalError as error:
            # Two processes that both turn the log on can't wait for each other, so SQLite doesn't let them.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    if mode != "wal":
        raise OutputRefused(f"{path.name} lies where SQLite can't keep a log: put it on a local disk.")
    connection.execute("begin immediate")
    try:
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute(f"pragma application_id = {_APPLICATION}")
        connection.execute(f"pragma user_version = {LAYOUT}")
        connection.execute("commit")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("rollback")
        raise


def _before_fork() -> None:
    """Close every connection: SQLite's locks don't survive a fork, and both sides open anew."""
    _FORKING.acquire()
    _HELD.extend(_OPEN)
    for store in _HELD:
        store.lock.acquire()
        store.close()


def _after_fork() -> None:
    for store in _HELD:
        store.lock.release()
    _HELD.clear()
    _FORKING.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)

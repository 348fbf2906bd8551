"""The ledger in PostgreSQL, for many sellers on many machines: the same rows, through SQLAlchemy (extra `postgres`)."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from coverage_check.errors import LedgerInvalid, MissingExtra, MissingFile, OutputRefused
from coverage_check.ledger.store import CREATE_ENTRY, LAYOUT, WAIT_S, Store

try:
    import psycopg  # noqa: F401 - SQLAlchemy loads it by name
    import sqlalchemy as sa
    from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
except ImportError:
    raise MissingExtra("A ledger in PostgreSQL needs its driver: install mobile-coverage-check[postgres].") from None

_TABLE = "coverage_check_ledger"
_LAYOUT_TABLE = "coverage_check_ledger_layout"
_ONE_WRITER = 0x63636C31
"""Key of the advisory lock that makes one writer at a time; SQLite's file carries the same number."""

_SCHEMA = (
    f"create table if not exists {_LAYOUT_TABLE} (layout integer primary key)",
    f"insert into {_LAYOUT_TABLE} values ({LAYOUT}) on conflict do nothing",  # noqa: S608 - fixed names
    CREATE_ENTRY.format(table=_TABLE, integer="bigint"),
    f"create unique index if not exists {_TABLE}_content on {_TABLE} (order_ref, content)",
    f"create index if not exists {_TABLE}_subject on {_TABLE} (subject)",
)

_OPEN: WeakSet["PostgresStore"] = WeakSet()


class PostgresStore(Store):
    """Rows in a table of a PostgreSQL database. One connection, shared by the threads of a process.

    Parameters
    ----------
    url
        ``postgresql://user@host/database``. It may hold a password, so no message repeats it.
    create
        Make the tables if they are absent.

    Raises
    ------
    MissingFile, LedgerInvalid, OutputRefused
        The tables are absent or of a newer version, or the server can't be reached or written to.
    """

    table = _TABLE

    def __init__(self, url: str, *, create: bool) -> None:
        self._lock = threading.RLock()
        self._transaction: sa.Connection | None = None
        with self._translated():
            self._engine = sa.create_engine(_address(url), pool_size=1, max_overflow=0, pool_pre_ping=True)
        try:
            self._prepare(create=create)
        except BaseException:
            self._engine.dispose()
            raise
        _OPEN.add(self)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer; what was done is on the server's disk on leaving."""
        with self._lock, self._translated(), self._engine.begin() as connection:
            # The server's own setting may acknowledge before the disk has it.
            connection.execute(sa.text("set local synchronous_commit = on"))
            connection.execute(sa.text(f"set local lock_timeout = '{WAIT_S}s'"))
            connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _ONE_WRITER})
            self._transaction = connection
            try:
                yield
            finally:
                self._transaction = None

    def run(self, statement: str, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Run one statement, within the transaction if there is one."""
        with self._lock, self._translated():
            if self._transaction is not None:
                return _rows(self._transaction, statement, values)
            with self._engine.begin() as connection:
                return _rows(connection, statement, values)

    def damage(self) -> str | None:
        """Give nothing: the server looks after its own files."""
        return None

    def scrub(self) -> None:
        """Free the space of rows that were changed. Old bytes stay on the server's disk until it is used again."""
        with self._lock, self._translated(), self._engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text(f"vacuum {_TABLE}"))

    def close(self) -> None:
        """Close the connection; it is opened again by the next use."""
        self._engine.dispose()

    def forget(self) -> None:
        """Leave the connection to the process that opened it: a fork must not talk on it too."""
        self._lock = threading.RLock()
        self._transaction = None
        self._engine.dispose(close=False)

    def _prepare(self, *, create: bool) -> None:
        if create:
            with self.writing():
                for statement in _SCHEMA if not self._there() else ():
                    self.run(statement)
        elif not self._there():
            raise MissingFile("The database has no ledger: check the URL, or create it.")
        layout = self.run(f"select max(layout) from {_LAYOUT_TABLE}")[0][0]  # noqa: S608 - a fixed name
        if layout != LAYOUT:
            raise LedgerInvalid(f"The ledger was written by another version (layout {layout}): use that version.")

    def _there(self) -> bool:
        return self.run("select to_regclass(:name)", {"name": _LAYOUT_TABLE})[0][0] is not None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the database's errors into ours, without their texts: they quote rows, and the server's address."""
        try:
            yield
        except IntegrityError:
            raise LedgerInvalid("The ledger refuses the change: it is only added to, by one writer at a time.") from None
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or "no connection"
            raise OutputRefused(f"PostgreSQL can't serve the ledger (SQLSTATE {state}): see its log, then retry.") from None
        except SQLAlchemyError as error:
            raise OutputRefused(f"The ledger's URL can't be used ({type(error).__name__}): check it.") from None


def _address(url: str) -> sa.URL:
    try:
        return sa.make_url(url).set(drivername="postgresql+psycopg")
    except ValueError:
        raise OutputRefused("The ledger's URL can't be read: write postgresql://user@host:port/database.") from None


def _rows(connection: sa.Connection, statement: str, values: Mapping[str, Any] | None) -> list[Any]:
    result = connection.execute(sa.text(statement), dict(values or {}))
    return [tuple(row) for row in result] if result.returns_rows else []


def _after_fork() -> None:
    for store in list(_OPEN):
        store.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

"""The embedded geocoder: an address register in one SQLite file, read with the standard library alone."""

import os
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from coverage_check.address import Address, PropertyDesignation, Query
from coverage_check.errors import (
    AddressNotFound,
    InvalidInput,
    NoStreetPosition,
    PropertyDesignationUnsupported,
    RegisterInvalid,
)
from coverage_check.geocoders.asked import ask
from coverage_check.geocoders.matching import Matching, settle
from coverage_check.geocoders.register_file import RegisterInfo, check_seal, read_info
from coverage_check.geocoders.register_tables import Tables
from coverage_check.geocoders.suggestions import suggested
from coverage_check.location import ErrorModel, Location


class _Connection(sqlite3.Connection):
    """Closes itself with the thread that used it."""

    def __del__(self) -> None:
        self.close()


class Register:
    """An opened address register; make one with `build_register`. A `Geocoder`.

    Any number of threads may use it, each with a connection of its own, and so may a process forked from this one::

        register = Register.open("addresses.sqlite")
        register.locate(parse("Harg 12, 760 21 Vätö")).match        # Match.EXACT

    Attributes
    ----------
    path
        The file.
    info
        Where it comes from and what it holds.
    """

    def __init__(self, path: Path, info: RegisterInfo, errors: ErrorModel) -> None:
        self.path = path
        self.info = info
        self._errors = errors
        self._state = _state(path)
        self._own = threading.local()

    @classmethod
    def open(cls, path: str | Path, *, errors: ErrorModel | None = None) -> Self:
        """Open a register, read-only, after checking that it is whole and unchanged.

        Parameters
        ----------
        errors
            How far off a found place is, by its level.

        Raises
        ------
        MissingFile
            There is no such file.
        RegisterInvalid
            It is no register, one of another format, incomplete or changed.
        """
        path = Path(path).resolve()
        digest = check_seal(path)
        connection = _connect(path)
        try:
            info = read_info(connection, digest)
        finally:
            connection.close()
        return cls(path, info, errors or ErrorModel())

    def __reduce__(self) -> tuple[Callable[[Path], "Register"], tuple[Path]]:
        return partial(Register.open, errors=self._errors), (self.path,)

    @property
    def id(self) -> str:
        """Provenance: ``register:`` and the first 12 digits of the content's hash."""
        return self.info.id

    @property
    def attribution(self) -> str:
        """What the licence of the addresses asks to be shown."""
        return self.info.attribution

    def locate(self, query: Query) -> Location:
        """Find the places that an address may mean.

        Returns
        -------
        Location
            WGS 84 degrees and metres of error, with every place that fits in `candidates`. A house of that very name and
            number is ``exact``; a missing number or street leads to what is known of the street or place.

        Raises
        ------
        AddressNotFound
            Nothing fits.
        NoStreetPosition
            A box address.
        PropertyDesignationUnsupported
            A property designation: registers hold addresses.
        InvalidInput
            A pasted position or Plus code: `geocoders.position` is for these.
        """
        if isinstance(query, PropertyDesignation):
            message = "Property designations need a parcel source: ask for the street address or the position instead."
            raise PropertyDesignationUnsupported(message)
        if not isinstance(query, Address):
            raise InvalidInput("An address register finds addresses only: locate a pasted position as a position.")
        if query.box and query.number is None:
            raise NoStreetPosition("A box has no position: ask for the address where the product will be used.")
        tables = Tables(self._connection())
        hits = Matching(tables, self._errors).hits(ask(tables, query))
        if not hits:
            raise AddressNotFound("The register has no such address: check its spelling, its postcode and its town.")
        return settle(hits, self._errors, source=self.id, attribution=self.attribution)

    def suggest(self, text: str, *, limit: int = 8) -> tuple[str, ...]:
        """Complete an address that is still being typed: labels that `locate` finds, at most `limit` of them.

        A beginning of a name gives names with their towns; a name with a number gives the houses whose number begins so.
        Nothing is corrected here: a suggestion is what was typed, and more.
        """
        return suggested(self._connection(), text, limit)

    def close(self) -> None:
        """Close this thread's connection; those of other threads close with their threads."""
        self._own = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Register {self.path.name}: {self.info.addresses:,} addresses, {self.id}>"

    def _connection(self) -> sqlite3.Connection:
        """Give this thread's connection, a new one in a new thread and after a fork."""
        own = self._own
        if getattr(own, "process", None) != os.getpid():
            if _state(self.path) != self._state:
                raise RegisterInvalid(f"{self.path} was replaced while it was open: open it anew.")
            own.connection = _connect(self.path)
            own.process = os.getpid()
        connection: sqlite3.Connection = own.connection
        return connection


def _connect(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            path.as_uri() + "?mode=ro&immutable=1", uri=True, check_same_thread=False, factory=_Connection
        )
    except sqlite3.Error as error:
        raise RegisterInvalid(f"{path} can't be opened ({error}): check the path.") from None


def _state(path: Path) -> tuple[int, int, int]:
    """Tell one version of a file from another."""
    try:
        found = path.stat()
    except OSError:
        raise RegisterInvalid(f"{path} was removed while it was open: put it back and open it anew.") from None
    return found.st_ino, found.st_size, found.st_mtime_ns

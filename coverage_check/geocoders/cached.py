"""Answers kept for a while: a geocoder behind a cache in one SQLite file, which many processes may share.

Only what is conclusive is kept: a location, or that there is no such address. An outage is never kept, nor what one source
of a chain found while another was down. The key is an HMAC of the geocoder, its settings and the normalised query, so the
file doesn't tell which addresses were asked for; the places found stand in it, as any register has them. Batches of orders
don't use it unless asked to (`batches`).
"""

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

from coverage_check.address import Query
from coverage_check.errors import AddressNotFound, FileRefused, GeocoderUnavailable, InvalidInput
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.chain import Chain
from coverage_check.location import Candidate, ErrorModel, Location, LocationLevel, Match
from coverage_check.version import __version__

_APPLICATION_ID = 0x43434743
"""``CCGC`` in the header of the file: a coverage_check geocoding cache."""

_FORMAT = 1
_DAY_S = 86_400
_WAIT_S = 30
_SCHEMA = """
create table if not exists answer (key blob primary key, asked_at real not null, location text) without rowid;
create index if not exists answer_asked_at on answer (asked_at);
"""
_NOT_FOUND = "The geocoder knew no such address when it was last asked: check its spelling, its postcode and its town."


class Cached:
    """A geocoder that remembers. A `Geocoder`.

    Parameters
    ----------
    geocoder
        Who is asked.
    path
        The file; it is made, readable by its owner alone. The key of its HMAC lies beside it, ending in ``.key``.
    max_age_days
        How long a found place is kept.
    max_age_not_found_days
        How long it is remembered that there is none.
    for_batches
        Whether batches use it, too.
    errors
        The error model that the geocoder works with: answers of another one are not this one's.

    Raises
    ------
    InvalidInput
        An age that is not positive.
    FileRefused
        The file is no cache, or can't be written.
    """

    def __init__(
        self,
        geocoder: Geocoder,
        path: str | Path,
        *,
        max_age_days: float = 30.0,
        max_age_not_found_days: float = 1.0,
        for_batches: bool = False,
        errors: ErrorModel | None = None,
    ) -> None:
        if not (max_age_days > 0 and max_age_not_found_days > 0):
            raise InvalidInput("The ages of a cache are positive numbers of days.")
        self.geocoder = geocoder
        self.path = Path(path)
        self.for_batches = for_batches
        self._errors = errors or ErrorModel()
        self._ages_s = {True: max_age_days * _DAY_S, False: max_age_not_found_days * _DAY_S}
        try:
            self._key = _read_key(self.path.with_name(self.path.name + ".key"))
            _make(self.path)
        except (OSError, sqlite3.Error) as error:
            message = (
                f"{self.path} can't be used as a geocoding cache ({type(error).__name__}): name another file, or remove it."
            )
            raise FileRefused(message) from None

    @property
    def id(self) -> str:
        """Provenance: the geocoder's own."""
        return self.geocoder.id

    @property
    def attribution(self) -> str:
        """What the geocoder's source asks to be shown."""
        return self.geocoder.attribution

    def over(self, geocoder: Geocoder) -> "Cached":
        """Give the same cache over another form of its geocoder."""
        if geocoder is self.geocoder:
            return self
        cached = copy(self)
        cached.geocoder = geocoder
        return cached

    def locate(self, query: Query) -> Location:
        """Give what is remembered, or ask and remember; raises what the geocoder raises.

        A cache that can't be read or written at the moment is passed by: it never makes an answer fail.
        """
        key = self._key_of(query)
        known, location = self._recall(key)
        if known:
            if location is None:
                raise AddressNotFound(_NOT_FOUND)
            return location
        try:
            location, conclusive = self._ask(query)
        except AddressNotFound:
            self._keep(key, None)
            raise
        if conclusive:
            self._keep(key, location)
        return location

    def purge(self, *, everything: bool = False) -> int:
        """Remove what is too old, or all; give the number of answers removed.

        Raises
        ------
        FileRefused
            The file can't be written.
        """
        try:
            with self._open() as database:
                if everything:
                    count = database.execute("delete from answer").rowcount
                else:
                    now = time.time()
                    count = database.execute(
                        "delete from answer where asked_at > ? or asked_at <= ? - iif(location is null, ?, ?)",
                        (now, now, self._ages_s[False], self._ages_s[True]),
                    ).rowcount
                database.commit()
                database.execute("vacuum")
        except sqlite3.Error as error:
            raise FileRefused(f"{self.path} can't be purged ({error}): try again, or remove the file.") from None
        return int(count)

    def _ask(self, query: Query) -> tuple[Location, bool]:
        """Give the answer, and whether it is conclusive: not where a source of a chain was down, and another filled in."""
        if not isinstance(self.geocoder, Chain):
            return self.geocoder.locate(query), True
        said = self.geocoder.ask(query)
        return self.geocoder.conclude(said), not any(isinstance(one.error, GeocoderUnavailable) for one in said)

    def _key_of(self, query: Query) -> bytes:
        words = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", query.normalised).casefold())
        # Another version may compare otherwise: its answers are its own.
        settings = [self.geocoder.id, _scope(self.geocoder), repr(self._errors)]
        text = json.dumps([__version__, *settings, query.kind, words], ensure_ascii=False)
        return hmac.digest(self._key, text.encode(), "sha256")

    def _recall(self, key: bytes) -> tuple[bool, Location | None]:
        """Tell whether an answer is known, and give it."""
        try:
            with self._open() as database:
                row = database.execute("select asked_at, location from answer where key = ?", (key,)).fetchone()
        except sqlite3.Error:
            return False, None
        # A clock that was set back makes answers from the future: they are of unknown age.
        if row is None or not 0 <= time.time() - row[0] < self._ages_s[row[1] is not None]:
            return False, None
        try:
            return True, None if row[1] is None else _to_location(json.loads(row[1]))
        except (ValueError, TypeError, KeyError):
            return False, None

    def _keep(self, key: bytes, location: Location | None) -> None:
        text = None if location is None else json.dumps(asdict(location), ensure_ascii=False)
        try:
            with self._open() as database:
                database.execute("insert or replace into answer values (?, ?, ?)", (key, time.time(), text))
                database.commit()
        except sqlite3.Error:
            return

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open a connection for one use: threads, forks and other processes share nothing but the file."""
        with closing(_connect(self.path)) as database:
            yield database


def _scope(geocoder: Geocoder) -> str:
    """Tell where a geocoder searches: one server may be asked for two countries."""
    if isinstance(geocoder, Chain):
        return "+".join(map(_scope, geocoder.geocoders))
    return getattr(geocoder, "scope", "")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_WAIT_S)


def _make(path: Path) -> None:
    """Make the file if it is not there, and refuse one that is something else."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with closing(_connect(path)) as database:
        database.execute("begin immediate")
        (kind,) = database.execute("pragma application_id").fetchone()
        (version,) = database.execute("pragma user_version").fetchone()
        (tables,) = database.execute("select count(*) from sqlite_master").fetchone()
        if tables and (kind, version) != (_APPLICATION_ID, _FORMAT):
            raise FileRefused(f"{path} is no geocoding cache of this version: name another file, or remove it.")
        if not tables:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                database.execute(statement)
            database.execute(f"pragma application_id = {_APPLICATION_ID}")
            database.execute(f"pragma user_version = {_FORMAT}")
        database.commit()


def _read_key(path: Path) -> bytes:
    """Read the key of the HMAC; the first process makes it, whole or not at all."""
    if not path.exists():
        made = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    key = path.read_bytes()
    if len(key) != hashlib.sha256().digest_size:
        raise FileRefused(f"{path} is no key of a geocoding cache: remove it and the cache.")
    return key


def _to_location(content: dict[str, Any]) -> Location:
    candidates = tuple(
        Candidate(
            **{
                **item,
                "level": LocationLevel(item["level"]),
                "match": Match(item["match"]),
                "why": tuple(map(str, item["why"])),
            }
        )
        for item in content["candidates"]
    )
    level, match = LocationLevel(content["level"]), Match(content["match"])
    return Location(**{**content, "level": level, "match": match, "candidates": candidates})

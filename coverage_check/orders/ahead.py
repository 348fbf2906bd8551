"""Geocoding that runs ahead of the look-up: addresses are asked for while earlier rows are decided, each address once.

A server is asked by few threads at a time. When it refuses us, or fails many times in a row, it is asked no more: the
other rows say GEOCODER_UNAVAILABLE at once instead of after a deadline each.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from threading import Lock
from typing import Self

from coverage_check.address import Coordinates, PlusCode, Query, parse
from coverage_check.errors import GeocoderRefused, GeocoderUnavailable, InvalidInput, LocateError
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.cached import Cached
from coverage_check.geocoders.chain import Chain
from coverage_check.geocoders.register import Register
from coverage_check.location import Location

AT_ONCE = 4
"""Questions at a time that a server of one's own takes without its other users noticing [A]."""

_GIVE_UP_AFTER = 20
_KEPT = 50_000

Key = tuple[str, str]
"""Kind and normalised text of a question."""

Said = Location | LocateError | InvalidInput
Answers = Mapping[Key, Said]
"""What a geocoder said."""

Questions = Mapping[Key, Future[Location]]
"""What it was asked, and will say."""


def asks_a_server(geocoder: Geocoder | None) -> bool:
    """Tell whether a geocoder waits for others: a register is as fast as this machine."""
    if isinstance(geocoder, Cached):
        return asks_a_server(geocoder.geocoder)
    if isinstance(geocoder, Chain):
        return any(map(asks_a_server, geocoder.geocoders))
    return geocoder is not None and not isinstance(geocoder, Register)


class Ahead:
    """A geocoder that remembers what it was asked, and can be asked ahead. A `Geocoder`.

    Parameters
    ----------
    at_once
        How many questions may wait for an answer; 0 asks in the caller's own thread, when the answer is needed.
    """

    def __init__(self, geocoder: Geocoder, *, at_once: int) -> None:
        self.id = geocoder.id
        self.attribution = geocoder.attribution
        self._geocoder = geocoder
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="geocoding") if at_once else None
        self._asked: dict[Key, Future[Location]] = {}
        self._lock = Lock()
        self._failed = 0
        self._given_up: LocateError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def locate(self, query: Query) -> Location:
        """Give what the geocoder says, from memory if it has said it; raises what it raises."""
        return _told(self._wait(key_of(query), self._ask(query)))

    def begin(self, addresses: Iterable[str]) -> Questions:
        """Ask for addresses without waiting."""
        asked: dict[Key, Future[Location]] = {}
        for address in addresses:
            try:
                query = parse(address)
                if isinstance(query, PlusCode) and query.place:
                    query = parse(query.place)
            except InvalidInput:
                continue  # whoever decides the row says so
            if not isinstance(query, Coordinates | PlusCode):  # those need no geocoder
                asked[key_of(query)] = self._ask(query)
        return asked

    def said(self, asked: Questions) -> Answers:
        """Wait for the answers to what `begin` asked."""
        return {key: self._wait(key, future) for key, future in asked.items()}

    def _ask(self, query: Query) -> Future[Location]:
        key = key_of(query)
        with self._lock:
            if key not in self._asked:
                for old in list(islice(self._asked, max(0, len(self._asked) - _KEPT))):
                    del self._asked[old]
                self._asked[key] = self._pool.submit(self._locate, query) if self._pool else _done(self._locate, query)
            return self._asked[key]

    def _wait(self, key: Key, future: Future[Location]) -> Said:
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, GeocoderUnavailable):
            self._asked.pop(key, None)  # an outage is no answer to remember
        if not isinstance(error, LocateError | InvalidInput):
            raise error
        return type(error)(*error.args)

    def _locate(self, query: Query) -> Location:
        if self._given_up:
            raise type(self._given_up)(*self._given_up.args)
        try:
            location = self._geocoder.locate(query)
        except GeocoderUnavailable as error:
            self._failed += 1
            if isinstance(error, GeocoderRefused) or self._failed >= _GIVE_UP_AFTER:
                self._given_up = error
            raise
        except LocateError:
            self._failed = 0
            raise
        self._failed = 0
        return location


class Told:
    """A geocoder that knows only what another process found out. A `Geocoder`.

    Attributes
    ----------
    answers
        To the questions of the rows at hand.
    """

    def __init__(self, geocoder: Geocoder) -> None:
        self.id = geocoder.id
        self.attribution = geocoder.attribution
        self.answers: Answers = {}

    def locate(self, query: Query) -> Location:
        """Give the answer."""
        return _told(self.answers[key_of(query)])


def _told(said: Said) -> Location:
    if isinstance(said, Exception):
        raise said
    return said


def key_of(query: Query) -> Key:
    """Give what two questions have in common if they ask the same."""
    return query.kind, query.normalised


def _done(locate: Callable[[Query], Location], query: Query) -> Future[Location]:
    future: Future[Location] = Future()
    try:
        future.set_result(locate(query))
    except (LocateError, InvalidInput) as error:
        future.set_exception(error)
    return future

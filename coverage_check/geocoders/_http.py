"""The only door to the network: one question, one answer in JSON, or one error that says what went wrong.

- One deadline for everything: looking the host up, connecting, waiting, reading, retrying. A server that sends a byte a
  second can't stretch it, as it can the timeouts of `requests`: when time is up, the socket is shut down.
- One cap on the decoded bytes. A gzip bomb is not unpacked beyond it.
- Few retries, and only where one may help; `Retry-After` is obeyed if it ends before the deadline.
- Redirects within the same origin only: a key never travels to another host.
- Certificates are always verified. The environment (proxies, .netrc, bundles) is not read.
- Strict JSON: UTF-8, no NaN or Infinity, no key twice, bounded depth.
- No error names an address, a key, or any part of the question.

Each question has a connection of its own: an answer can't belong to another question, threads and forks share nothing.
"""

import random
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urljoin, urlsplit

from coverage_check.errors import GeocoderAnswerInvalid, GeocoderUnavailable, InvalidInput
from coverage_check.geocoders._reading import PerhapsLaterError, check_status, parse_json, read_body
from coverage_check.geocoders.limits import Limits
from coverage_check.version import __version__

if TYPE_CHECKING:
    from requests import Response, Session

USER_AGENT = f"mobile-coverage-check/{__version__}"
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}
_ATTEMPTS = 3
_MAX_REDIRECTS = 3
_BACKOFF_S = 0.25

Fields = Mapping[str, str | int | Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said, and when (UTC)."""

    content: Any
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One HTTP request. `repr` shows neither its fields nor its headers: they hold addresses and keys."""

    url: str
    params: Fields = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "GET"
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: Any = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """Whom it asks, for messages."""
        return host_of(self.url)


def host_of(url: str) -> str:
    """Give host and port of a server's address, without user, path or query.

    Raises
    ------
    InvalidInput
        It is not the http or https address of a server.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidInput("A geocoding server's url begins with https:// or http:// and names a host.")
    return f"{parts.hostname}{port}"


def ask(question: Question, limits: Limits, *, turn: Callable[[float], None] | None = None) -> Answer:
    """Ask a server, and again where that may help, until the deadline.

    Parameters
    ----------
    turn
        Waits for this process's turn before each attempt, if the server asks for a pace; it is given the deadline.

    Raises
    ------
    GeocoderRefused
        The server refuses this client or its key.
    GeocoderRateLimited
        It asks to come back after the deadline, or a quota is used up.
    GeocoderAnswerInvalid
        It sent something that is no answer.
    GeocoderUnavailable
        It could not be reached, or not in time.
    """
    ends = time.monotonic() + limits.deadline_s
    for attempt in range(_ATTEMPTS):
        if turn:
            turn(ends)
        try:
            return _answer(question, limits, ends)
        except PerhapsLaterError as failed:
            error, wait_s = failed.error, failed.wait_s
        if wait_s is None:
            wait_s = _BACKOFF_S * 2**attempt * (0.5 + random.random())  # noqa: S311 - jitter, no secret
        if attempt + 1 == _ATTEMPTS or time.monotonic() + wait_s >= ends:
            raise error
        time.sleep(wait_s)
    raise AssertionError("the last attempt returns or raises")


def _answer(question: Question, limits: Limits, ends: float) -> Answer:
    """Make one attempt in a thread of its own: not even looking a host up can hold the caller beyond the deadline."""
    exchange = _Exchange(question, limits)
    thread = threading.Thread(target=exchange.run, args=(ends,), name="coverage-check-http", daemon=True)
    thread.start()
    thread.join(max(0.0, ends - time.monotonic()))
    if thread.is_alive() or exchange.outcome is None:
        exchange.cut()
        raise _too_late(question, limits)
    return exchange.outcome()


def _too_late(question: Question, limits: Limits) -> GeocoderUnavailable:
    return GeocoderUnavailable(
        f"The geocoder {question.host} did not answer within {limits.deadline_s:.3g} s: try later, or raise deadline_s."
    )


class _Exchange:
    """One attempt: runs in a thread, and can be cut from another."""

    def __init__(self, question: Question, limits: Limits) -> None:
        self.outcome: Callable[[], Answer] | None = None
        self._question = question
        self._limits = limits
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._over = False

    def run(self, ends: float) -> None:
        """Ask, and keep either the answer or the error."""
        try:
            answer = self._ask(ends)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self.outcome = _raiser(error)
        else:
            self.outcome = lambda: answer
        finally:
            self.cut()

    def cut(self) -> None:
        """Shut every connection down, so that a thread that waits for one more byte ends."""
        with self._lock:
            self._over = True
            for connection in self._sockets:
                _shut(connection)
            self._sockets.clear()

    def opened(self, connection: socket.socket) -> None:
        """Keep a second handle on a new connection: TLS takes the first away."""
        with self._lock:
            handle = connection.dup()
            if self._over:
                _shut(handle)
            else:
                self._sockets.append(handle)

    def _ask(self, ends: float) -> Answer:
        """Follow redirects, each on a connection of its own."""
        url = self._question.url
        for _ in range(_MAX_REDIRECTS + 1):
            found = self._hop(url, ends)
            if isinstance(found, Answer):
                return found
            url = found
        raise GeocoderAnswerInvalid(f"The geocoder {self._question.host} redirects in a circle: check its url.")

    def _hop(self, url: str, ends: float) -> "Answer | str":
        """Ask at one url; give the answer, or where it sends its callers."""
        import requests  # noqa: PLC0415 - slow to import, and the register needs no network

        from coverage_check.geocoders._connection import session  # noqa: PLC0415 - the same

        host = self._question.host
        try:
            with (
                session(self.opened, ca_file=self._limits.ca_file, proxy=self._limits.proxy) as web,
                self._send(web, url, ends) as response,
            ):
                if response.is_redirect:
                    return self._target(url, response)
                check_status(response, host)
                data = read_body(response, self._limits.max_bytes, host)
        except requests.exceptions.SSLError:
            raise GeocoderUnavailable(
                f"The certificate of the geocoder {host} can't be verified: mend the server's certificate, or name the "
                "authority that signed it with ca_file."
            ) from None
        except (requests.exceptions.Timeout, requests.exceptions.ConnectionError):
            message = f"The geocoder {host} can't be reached: check its url and that it runs."
            raise PerhapsLaterError(GeocoderUnavailable(message)) from None
        except requests.exceptions.RequestException:
            raise GeocoderUnavailable(f"The geocoder {host} can't be asked: check its url and the proxy.") from None
        except ValueError:  # a redirect to what is not even a url: http://[
            raise _elsewhere(self._question) from None
        return Answer(content=parse_json(data, host), at=datetime.now(tz=UTC))

    def _send(self, web: "Session", url: str, ends: float) -> "Response":
        question = self._question
        return web.request(
            question.method,
            url,
            params=question.params,
            headers={**_HEADERS, **question.headers},
            data=question.form,
            json=question.body,
            timeout=max(0.001, ends - time.monotonic()),
            allow_redirects=False,
            stream=True,
        )

    def _target(self, url: str, response: "Response") -> str:
        target = urljoin(url, response.headers["Location"])
        if _origin(target) != _origin(url):
            raise _elsewhere(self._question)
        return target.split("?")[0]


def _elsewhere(question: Question) -> GeocoderAnswerInvalid:
    return GeocoderAnswerInvalid(
        f"The geocoder {question.host} sends its callers to another server, and none is followed there: "
        "put the final url into the config."
    )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", None, None
    return parts.scheme, parts.hostname, port


def _raiser(error: BaseException) -> Callable[[], Answer]:
    def again() -> NoReturn:
        raise error

    return again


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side was faster
    finally:
        connection.close()

"""Who may ask, how much and for how long: around everything that the service answers, and the log of it.

A log line has method, route, status, time and client; never a body, never a query, never a path that isn't ours.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from coverage_check.service.keys import client_of
from coverage_check.service.metrics import Metrics
from coverage_check.service.problems import Refused, answer, answer_error, answer_unknown
from coverage_check.service.settings import Settings

_log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = ("/healthz", "/readyz", "/openapi.json", "/page/")
"""Paths that need no key, and the page itself: it asks its user for one."""

_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]", "testserver")
_MOST_AT_ONCE = 128
_HUNG_UP = 499
"""What is counted where nobody waits for an answer any more."""
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cache-control", b"no-store"),
]


class Guard:
    """An ASGI application around another one."""

    def __init__(self, app: App, *, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._buckets: dict[str, tuple[float, float]] = {}
        self._at_once = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def secured(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in _HEADERS if pair[0] not in given)]
            await send(message)

        self._at_once += 1
        try:
            await self._answer(scope, receive, secured)
        except Exception as error:  # noqa: BLE001 - its text may hold what was asked
            _log.error("could not answer", extra={"facts": {"exception": type(error).__name__}})
            if not status:
                await answer_unknown(scope["path"])(scope, receive, secured)
        finally:
            self._at_once -= 1
            self._note(scope, status or _HUNG_UP, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        try:
            self._admit(scope, path)
            async with asyncio.timeout(self._settings.body_timeout_s):
                body = await self._body(scope, receive)
        except TimeoutError:
            refusal = answer(path, 408, "BODY_TIMEOUT", "The body took too long: send it at once.", headers=_CLOSE)
            await refusal(scope, receive, send)
            return
        except _Gone:
            return
        except Refused as error:
            response = answer_error(path, error)
            response.headers["connection"] = "close"  # what is left of the body is not read
            if error.status == 401:
                response.headers["www-authenticate"] = "Bearer"
            await response(scope, receive, send)
            return
        whole: Message = {"type": "http.request", "body": body, "more_body": False}
        await self._app(scope, again(whole, receive), send)

    def _admit(self, scope: Scope, path: str) -> None:
        headers = dict(scope["headers"])
        self._require_host(headers.get(b"host", b"").decode("latin-1"))
        open_ = path == "/" or path.startswith(OPEN)
        client = client_of(headers.get(b"authorization", b""), self._settings.keys) if self._settings.keys else "anyone"
        if client is None and not open_:
            raise Refused(401, "KEY_REFUSED", "An API key is needed: send it as 'Authorization: Bearer KEY'.")
        scope["client_name"] = client or ""
        if open_:
            return
        if self._at_once > _MOST_AT_ONCE:
            raise Refused(503, "OVERLOADED", "", retry_after_s=1)
        self._spend(client or "")

    def _require_host(self, host: str) -> None:
        """Refuse a name that isn't ours: a page elsewhere could point its own name at the loopback."""
        hosts = self._settings.hosts
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if "*" not in hosts and name.lower() not in _LOOPBACK_HOSTS and name not in hosts:
            raise Refused(421, "HOST_REFUSED", "The service isn't asked by this name: add it to hosts in [service].")

    def _spend(self, client: str) -> None:
        """Take one from the client's bucket, which holds ten seconds' worth and fills evenly."""
        rate = self._settings.requests_per_minute / 60
        if rate <= 0:
            return
        now = time.monotonic()
        most = max(1.0, rate * 10)
        left, since = self._buckets.get(client, (most, now))
        left = min(most, left + (now - since) * rate)
        if left < 1:
            wait = max(1, round((1 - left) / rate + 0.5))
            raise Refused(429, "RATE_LIMITED", "Too many requests: wait as Retry-After says.", retry_after_s=wait)
        self._buckets[client] = (left - 1, now)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """Take a body whole, unless it is too large or its sender goes."""
        most = self._settings.max_body_bytes
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        parts, size, more = [], int(declared) if declared.isdigit() and len(declared) < 16 else most + 1, True
        if size > most:
            raise Refused(413, "BODY_TOO_LARGE", f"The body is larger than {most} bytes: send less at once.")
        size = 0
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > most:
                raise Refused(413, "BODY_TOO_LARGE", f"The body is larger than {most} bytes: send less at once.")
        return b"".join(parts)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.served(method, route, status, seconds)
        facts = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        _log.info("answered", extra={"facts": facts | {"client": scope.get("client_name", "")}})


def again(first: Message, receive: Receive) -> Receive:
    """Give a message that was taken once more, and then what comes after it."""
    rest = iter([first])

    async def replayed() -> Message:
        return next(rest, None) or await receive()

    return replayed


_CLOSE = {"Connection": "close"}
_METHODS = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}


class _Gone(Exception):
    """The sender of a body hung up."""

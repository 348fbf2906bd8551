"""How the service is run: uvicorn, with workers, and connections that can't be held open for nothing."""

import asyncio
import json
import os
import socket
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from coverage_check.errors import InvalidInput
from coverage_check.service.app import make_app
from coverage_check.service.guard import Guard
from coverage_check.service.metrics import Metrics
from coverage_check.service.settings import Settings
from coverage_check.service.takeover import Current

_LOOP = "coverage_check.service.server:OwnDoor"
_SETTINGS = "COVERAGE_CHECK_SERVICE_SETTINGS"
_HEADERS_S = 10.0
_HEADER_BYTES = 32_768
_MOST_CONNECTIONS = 2_000


class OwnDoor(asyncio.SelectorEventLoop):
    """A worker's loop. Its server listens on a socket of its own, so the kernel spreads connections over the workers evenly.

    Of workers that share one socket, the one that wakes first takes every connection that waits: all of a client's, often.
    """

    async def create_server(self, *arguments: Any, sock: socket.socket | None = None, **options: Any) -> asyncio.Server:
        """Listen where a socket is bound that the parent only holds, so that nobody else takes its port."""
        if sock is not None:
            own = socket.socket(sock.family, sock.type, socket.IPPROTO_TCP)  # named, for else asyncio sets no TCP_NODELAY
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the parent's has it too, and doesn't listen
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            own.bind(sock.getsockname())
            sock = own
        return await super().create_server(*arguments, sock=sock, **options)


class BoundedProtocol(HttpToolsProtocol):
    """A connection whose request must begin and have its headers within seconds, and within 32 kB: a slow one is closed.

    uvicorn itself waits for headers for ever.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._taken = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take some bytes; headers that never end are cut off."""
        cycle: RequestResponseCycle | None = self.cycle
        idle = cycle is None or cycle.response_complete
        if idle and self._deadline is None:
            self._await_headers()
        if self._deadline is not None:
            self._taken += len(data)
        super().data_received(data)
        if self._deadline is not None and self._taken > _HEADER_BYTES:
            self._close()

    def on_headers_complete(self) -> None:
        """Stop waiting: the guard bounds the body."""
        self._stop_waiting()
        super().on_headers_complete()

    def _await_headers(self) -> None:
        self._taken = 0
        self._deadline = self.loop.call_later(_HEADERS_S, self._close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.close()


def run(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Serve until told to end; a worker that dies is replaced.

    Notes
    -----
    Requests that have begun are answered before a worker ends. The tasks' file lies in a folder of its own, readable by
    this user alone, and goes with the service.

    Raises
    ------
    InvalidInput
        It can't listen there.
    MissingFile, DeclarationError, SnapshotInvalid, RegisterInvalid, FileRefused
        Something that the config names is missing or can't be trusted: told once here, not by workers that die one after
        the other.
    """
    _require_free(host, port)
    Current(settings.config, Metrics())
    with tempfile.TemporaryDirectory(prefix="coverage-check-") as folder:
        whole = asdict(settings) | {"tasks": settings.tasks or str(Path(folder, "tasks.sqlite"))}
        os.environ[_SETTINGS] = json.dumps(whole)
        uvicorn.run(
            "coverage_check.service.server:app_of_worker",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            loop=_LOOP if workers > 1 and sys.platform == "linux" else "auto",
            http=BoundedProtocol,
            ws="none",
            access_log=False,  # the guard writes one that has no paths but ours
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=30,
            limit_concurrency=_MOST_CONNECTIONS,
            backlog=1024,
        )


def _require_free(host: str, port: int) -> None:
    """Refuse a host and port that can't be had: uvicorn would end with an exit code that means something else here."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind((host, port))
    except OSError as error:
        why = error.strerror or "it is no name of this machine"
        raise InvalidInput(f"The service can't listen there ({why}): choose another --host or --port.") from None


def app_of_worker() -> Guard:
    """Make the application in a new worker, from what its parent was told."""
    told = json.loads(os.environ[_SETTINGS])
    return make_app(Settings(**{**told, "hosts": tuple(told["hosts"])}))

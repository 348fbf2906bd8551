"""A real HTTP server on loopback that misbehaves, one way a path: what a geocoder may meet on the way to an answer."""

import contextlib
import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

GOOD = json.dumps([{"lat": "59.8", "lon": "18.9"}]).encode()
_BLOCK = b" " * (1 << 16)


@dataclass(slots=True)
class Seen:
    """One request that came in."""

    path: str
    params: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class FaultyServer:
    """A running server.

    Attributes
    ----------
    url
        Where it listens; a path chooses the fault.
    seen
        The requests so far.
    left
        Set when a client went away while it was being fed.
    answers
        Bodies to give, by path: how a test scripts an answer of its own.
    """

    url: str
    seen: list[Seen] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    answers: dict[str, bytes] = field(default_factory=dict)


class _Handler(BaseHTTPRequestHandler):
    """Answers as the path says. `/times/3/503` fails three times with 503, and then answers."""

    protocol_version = "HTTP/1.1"
    server: "_Server"
    faults: ClassVar[dict[str, Callable[["_Handler"], None]]] = {}

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        self._handle(b"")

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _handle(self, body: bytes) -> None:
        state = self.server.state
        parts = urlsplit(self.path)
        state.seen.append(Seen(parts.path, parse_qs(parts.query), dict(self.headers.items()), body))
        self.close_connection = True
        try:
            if parts.path in state.answers:
                self.give(state.answers[parts.path])
            else:
                self.faults[parts.path.split("/")[1]](self)
        except (BrokenPipeError, ConnectionResetError):
            state.left.set()

    def give(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        """Send one whole answer."""
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, piece: bytes) -> None:
        """Feed the client piece by piece for as long as it stays."""
        while not self.server.closing.wait(0.02):
            self.wfile.write(piece)
            self.wfile.flush()


def _status(handler: _Handler) -> None:
    """`/status/429/Retry-After-value`: that status, always."""
    _, _, status, *after = handler.path.split("?")[0].split("/")
    handler.give(b"{}", status=int(status), **({"Retry_After": after[0].replace("_", " ")} if after else {}))


def _times(handler: _Handler) -> None:
    _, _, count, status = handler.path.split("?")[0].split("/")
    earlier = sum(seen.path.startswith("/times/") for seen in handler.server.state.seen) - 1
    if earlier < int(count):
        handler.give(b"{}", status=int(status))
    else:
        handler.give(GOOD)


def _slow_body(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000000")
    handler.end_headers()
    handler.drip(b" ")


def _slow_headers(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    handler.drip(b"a")


def _silent(handler: _Handler) -> None:
    handler.server.closing.wait(30)


def _endless(handler: _Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.closing.is_set():
        handler.wfile.write(_BLOCK)


def _gzip_bomb(handler: _Handler) -> None:
    handler.give(gzip.compress(b"[" + b" " * (64 << 20) + b"]", 9), Content_Encoding="gzip")


def _cut(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "500")
    handler.end_headers()
    handler.wfile.write(GOOD)


def _chunk_cut(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"ff\r\n[1, 2")


def _noise(handler: _Handler) -> None:
    handler.wfile.write(b"\x00\xff\x00 no HTTP at all\r\n\r\n")


def _redirect(handler: _Handler) -> None:
    """`/redirect/same`, `/redirect/loop`, `/redirect/junk`, or `/redirect/?to=…`."""
    targets = {"same": "/good", "loop": "/redirect/loop", "junk": "http://[::"}
    last = handler.path.split("?")[0].rsplit("/", 1)[1]
    to = targets.get(last) or handler.server.state.answers["redirect"].decode()
    handler.give(b"", status=302, Location=to)


_Handler.faults = {
    "good": lambda handler: handler.give(GOOD),
    "packed": lambda handler: handler.give(gzip.compress(GOOD), Content_Encoding="gzip"),
    "brotli": lambda handler: handler.give(GOOD, Content_Encoding="br"),
    "badly-packed": lambda handler: handler.give(GOOD, Content_Encoding="gzip"),
    "cut-gzip": lambda handler: handler.give(gzip.compress(GOOD)[:-9], Content_Encoding="gzip"),
    "html": lambda handler: handler.give(b"<html>Log in to the wireless network</html>", Content_Type="text/html"),
    "empty": lambda handler: handler.give(b""),
    "hang-up": lambda handler: handler.wfile.flush(),
    "noise": _noise,
    "status": _status,
    "times": _times,
    "slow-body": _slow_body,
    "slow-headers": _slow_headers,
    "silent": _silent,
    "endless": _endless,
    "gzip-bomb": _gzip_bomb,
    "cut": _cut,
    "chunk-cut": _chunk_cut,
    "redirect": _redirect,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    state: FaultyServer
    closing: threading.Event

    def handle_error(self, *_: object) -> None:
        """Stay quiet: clients that break off are what this server is for."""


@contextlib.contextmanager
def faulty_server(context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[FaultyServer]:
    """Run the server, with TLS if a context is given."""
    server = _Server((host, 0), _Handler)
    server.closing = threading.Event()
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    scheme = "https" if context else "http"
    server.state = FaultyServer(f"{scheme}://{host}:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.state
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()

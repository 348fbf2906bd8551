"""The service without sockets: the short way to /v1/check answers as the framework's way does, whatever is asked."""

import asyncio
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytest.importorskip("fastapi", reason="the extra web is not installed")
from coverage_check.service.app import make_app
from coverage_check.service.direct import Direct
from coverage_check.service.guard import App, Guard, Message, Receive, Scope, Send
from coverage_check.service.metrics import Metrics
from coverage_check.service.server import OwnDoor
from coverage_check.service.settings import Settings

JSON = b"application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an application sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    def without_time(self) -> object:
        """Give all of it but the time at which it was made."""
        content = json.loads(self.body)
        return self.status, self.headers | {"content-length": ""}, {**content, "made_at": ""}


def ask(app: App, body: bytes, *, kind: bytes | None = JSON, key: bytes | None = None) -> Answer:
    """Post a body to an ASGI application's /v1/check."""
    return asyncio.run(asked(app, body, kind=kind, key=key))


async def asked(app: App, body: bytes, *, kind: bytes | None = JSON, key: bytes | None = None) -> Answer:
    """Post a body while others may be on their way."""
    told = {b"host": b"localhost", b"content-type": kind, b"idempotency-key": key}
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/check",
        "raw_path": b"/v1/check",
        "query_string": b"",
        "headers": [(name, value) for name, value in told.items() if value is not None],
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 2),
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(status=sent[0]["status"], headers=headers, body=b"".join(part["body"] for part in sent[1:]))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    place = tmp_path_factory.mktemp("ledger") / "ledger.db"
    guard = make_app(Settings(config="demo", ledger=str(place)))
    yield guard
    direct_of(guard)._app.state.worker.close()


def direct_of(guard: Guard) -> Direct:
    direct = guard._app
    assert isinstance(direct, Direct)
    return direct


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-200, 200),
    st.floats(),
    st.text(max_size=8),
    st.just("2025-11-01"),
    st.just("mbb-4g"),
)
NAMES = ["address", "product", "lat", "lon", "cep95_m", "on", "at", "receiver", "sale"]
GOOD: list[dict[str, Any]] = [
    {"address": "Harg 12, 760 21 Vätö", "product": "mbb-4g", "on": "2025-11-01"},
    {"lat": 59.81248, "lon": 18.95771, "cep95_m": 20, "product": "mbb-4g"},
    {"address": "Kyrkvägen 3", "product": "mbb-3g", "at": "outdoors", "receiver": "handset"},
]
BODIES = st.builds(
    lambda good, changes: json.dumps({**good, **changes}).encode(),
    st.sampled_from(GOOD),
    st.one_of(st.just({}), st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=4)), VALUES, max_size=3)),
)


@given(
    body=st.one_of(BODIES, st.binary(max_size=20)),
    kind=st.sampled_from([JSON, b"application/json; charset=utf-8", b"application/problem+json", b"text/plain", None]),
    key=st.one_of(st.none(), st.just(b""), st.just(b"A 1"), st.just(b"\xc3\x85"), st.just(b"x" * 201)),
)
@example(body=b'{"address": "\\ud800", "product": "mbb-4g"}', kind=JSON, key=None)
@example(body=b'{"lat": 1e999, "lon": 0, "product": "mbb-4g"}', kind=JSON, key=None)
@example(body=b'{"lat": NaN, "lon": 0, "product": "mbb-4g"}', kind=JSON, key=None)
@example(body=b'{"address": "Harg 12", "product": "nothing"}', kind=JSON, key=None)
@example(body=b'{"address": "Harg 12", "product": "mbb-4g", "sale": {}}', kind=JSON, key=None)
@example(body=b"[" * 100_000, kind=JSON, key=None)
def test_the_short_way_answers_as_the_framework_does(
    guarded: Guard, body: bytes, kind: bytes | None, key: bytes | None
) -> None:
    short = direct_of(guarded)
    found, expected = (ask(app, body, kind=kind, key=key) for app in (short, short._app))
    assert found.without_time() == expected.without_time()
    assert found.status in {200, 400, 409}


PLACES = st.one_of(
    st.builds(lambda lat, lon: {"lat": lat, "lon": lon, "cep95_m": 20}, st.floats(59.76, 59.84), st.floats(18.9, 18.99)),
    st.builds(lambda number: {"address": f"Harg {number}, 760 21 Vätö"}, st.integers(0, 40)),
    st.sampled_from([{"address": "Kyrkvägen 3"}, {"address": "Box 12"}, {"address": "59.8 N 18.9 N"}, {"address": "-"}, {}]),
)


@settings(max_examples=20)
@given(st.lists(st.tuples(PLACES, st.sampled_from(["mbb-4g", "mbb-3g", "nothing"])), min_size=2, max_size=40))
def test_questions_that_come_together_are_answered_as_each_alone(
    guarded: Guard, questions: list[tuple[dict[str, Any], str]]
) -> None:
    bodies = [json.dumps({**place, "product": product}).encode() for place, product in questions]

    async def together() -> list[Answer]:
        return await asyncio.gather(*(asked(guarded, body) for body in bodies))

    found, alone = asyncio.run(together()), [ask(guarded, body) for body in bodies]
    assert [answer.without_time() for answer in found] == [answer.without_time() for answer in alone]


def test_a_key_records_on_the_short_way_too(guarded: Guard) -> None:
    body = json.dumps(GOOD[0]).encode()
    first, again = (ask(guarded, body, key=b"C-1") for _ in range(2))
    assert (first.status, first.body) == (200, again.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert ask(guarded, json.dumps(GOOD[1]).encode(), key=b"C-1").status == 409


@pytest.mark.network
def test_a_worker_holds_no_answer_back_and_leaves_the_port_to_others() -> None:
    """Without TCP_NODELAY the second packet of an answer waits for some 40 ms."""

    class Held(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            line = transport.get_extra_info("socket")
            transport.write(bytes([line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)]))  # type: ignore[attr-defined]
            transport.close()

    async def told_at(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        told = await reader.read()
        writer.close()
        return told

    with socket.socket() as parents, asyncio.Runner(loop_factory=OwnDoor) as runner:
        parents.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        parents.bind(("127.0.0.1", 0))
        doors = [runner.run(runner.get_loop().create_server(Held, sock=parents)) for _ in range(2)]
        told = [runner.run(told_at(parents.getsockname()[1])) for _ in range(8)]
        for door in doors:
            door.close()
    assert told == [b"\x01"] * 8


def test_what_nobody_foresaw_is_500_in_our_form_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("Harg 12")

    metrics = Metrics()
    answer = ask(Guard(broken, settings=Settings(), metrics=metrics), b"{}")
    assert (answer.status, json.loads(answer.body)["code"]) == (500, "INTERNAL")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "Harg" not in answer.body.decode() + caplog.text
    assert 'status="500"} 1' in metrics.text(snapshot="")

"""The service over real HTTP: the same decision as the library, refusals with the right status, nothing told to the log."""

import json
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from coverage_check.checker import Checker
from coverage_check.config import BUNDLED
from coverage_check.coverage.snapshot import import_layers
from coverage_check.decision import Decision
from coverage_check.ledger import Ledger
from tests.served import Served, make_key, serving

pytest.importorskip("fastapi", reason="the extra web is not installed")
pytestmark = pytest.mark.network

HARG = {"address": "Harg 12, 760 21 Vätö", "product": "mbb-4g", "on": "2025-11-01"}
TMF = "/tmf-api/serviceQualificationManagement/v4"
ITEM = {
    "service": {
        "serviceSpecification": {"id": "mbb-4g"},
        "place": [{"role": "place of use", "streetName": "Harg", "streetNr": "12", "postcode": "76021", "city": "Vätö"}],
    }
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, "--ledger", str(folder / "ledger.db")) as running:
        yield running


def same_but_for_time(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {**one, "made_at": ""} == {**other, "made_at": ""}


def test_the_answer_is_the_librarys(served: Served) -> None:
    answer = served.post("/v1/check", HARG)
    decision = Checker.from_config("demo").check("Harg 12, 760 21 Vätö", product="mbb-4g", on=date(2025, 11, 1))
    assert answer.status_code == 200
    assert same_but_for_time(answer.json(), decision.to_dict())
    assert answer.headers["coverage-snapshot"] == decision.provenance.snapshot
    assert Decision.from_json(answer.text).verdict.value == "not_deliverable"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "INVALID_INPUT"),
        ({"address": "", "product": "mbb-4g"}, "INVALID_INPUT"),
        ({"address": "Harg 12", "product": "mbb-9g"}, "UNKNOWN_PRODUCT"),
        ({"address": "Harg 12", "lat": 59.8, "lon": 18.9, "product": "mbb-4g"}, "INVALID_INPUT"),
        ({"lat": 95, "lon": 18.9, "product": "mbb-4g"}, "INVALID_INPUT"),
        ({"lat": 59.8, "product": "mbb-4g"}, "INVALID_INPUT"),
        ({"lat": 59.8, "lon": False, "product": "mbb-4g"}, "INVALID_INPUT"),
        ({"lat": "59.8", "lon": "18.9", "product": "mbb-4g"}, "INVALID_INPUT"),
        ({**HARG, "at": "on the moon"}, "INVALID_INPUT"),
        ({**HARG, "on": "01/11/2025"}, "INVALID_INPUT"),
        ({**HARG, "Storgatan 1": "a key that is an address"}, "INVALID_INPUT"),
        ({**HARG, "address": "\ud800"}, "INVALID_INPUT"),
    ],
)
def test_a_fault_of_the_caller_is_400_and_repeats_nothing(served: Served, body: dict[str, Any], code: str) -> None:
    answer = served.post("/v1/check", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Harg" not in answer.text
    assert "Storgatan" not in answer.text


def test_a_batch_has_an_answer_for_every_row_in_order(served: Served) -> None:
    rows: list[Any] = [HARG, 7, {"address": "Harg 12"}, {"lat": 59.8, "lon": 18.95, "product": "mbb-4g"}, HARG] * 30
    answer = served.post("/v1/check-batch", {"rows": rows})
    kinds = [next(iter(one)) for one in answer.json()["answers"]]
    assert kinds == ["decision", "error", "error", "decision", "decision"] * 30
    assert "Harg" not in json.dumps([one["error"] for one in answer.json()["answers"] if "error" in one])
    assert served.post("/v1/check-batch", {"rows": [HARG] * 1001}).status_code == 400


def test_suggestions_are_found_again_by_the_geocoder(served: Served) -> None:
    checker = Checker.from_config("demo")
    for typed in ("Harg 1", "vatovagen 2", "Kyrkvägen 3"):
        found = served.post("/v1/suggest", {"text": typed}).json()["suggestions"]
        assert found
        assert all(checker.locate(label).match.value == "exact" for label in found)
    assert served.post("/v1/suggest", {"text": "%"}).json()["suggestions"] == []


def test_an_order_is_recorded_once_and_a_retry_gives_the_same_decision(served: Served) -> None:
    key = {"Idempotency-Key": "A-1001"}
    sold = {**HARG, "sale": {"customer": "K-1", "channel": "telephone", "begun_by": "seller"}}
    first, again = (served.post("/v1/check", sold, headers=key) for _ in range(2))
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert served.post("/v1/check", {**sold, "product": "mbb-3g"}, headers=key).status_code == 409
    assert served.post("/v1/check", {**HARG, "sale": {"customer": "K-2"}}, headers=key).status_code == 409
    assert served.post("/v1/check", sold).json()["code"] == "IDEMPOTENCY_KEY_MISSING"
    with Ledger.open(served.log.parent / "ledger.db", create=False) as ledger:
        (entry,) = ledger.entries(order_ref="A-1001")
    assert entry.decision is not None
    assert entry.decision.id == first.json()["id"]


def test_a_position_is_recorded_once_too(served: Served) -> None:
    key, body = {"Idempotency-Key": "A-1002"}, {"lat": 59.81248, "lon": 18.95771, "product": "mbb-4g", "at": "outdoors"}
    first, again = (served.post("/v1/check", body, headers=key) for _ in range(2))
    assert (first.status_code, first.content) == (200, again.content)


def test_twenty_retries_at_once_are_one_entry(served: Served) -> None:
    answers: list[bytes] = []

    def once() -> None:
        answers.append(served.post("/v1/check", HARG, headers={"Idempotency-Key": "A-1003"}).content)

    threads = [threading.Thread(target=once) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 20
    assert len(set(answers)) == 1


def test_tmf645_at_once(served: Served) -> None:
    asked = {"instantSyncQualification": True, "serviceQualificationItem": [ITEM]}
    answer = served.post(f"{TMF}/checkServiceQualification", asked)
    assert answer.status_code == 200
    assert answer.json()["qualificationResult"] == "qualified"
    assert served.get(answer.json()["href"]).json() == answer.json()
    some = served.get(answer.json()["href"], params={"fields": "state"}).json()
    assert set(some) == {"id", "href", "state"}


def test_tmf645_later(served: Served) -> None:
    asked = {"searchCriteria": {"service": {"place": ITEM["service"]["place"]}}}
    answer = served.post(f"{TMF}/queryServiceQualification", asked)
    assert (answer.status_code, answer.json()["state"]) == (201, "inProgress")
    done = served.get(answer.headers["Location"]).json()
    assert done["state"] in {"done", "terminatedWithError"}
    assert done["id"] == answer.json()["id"]


def test_tmf645_pages_filters_and_refuses_as_tmf630_says(served: Served) -> None:
    path = f"{TMF}/checkServiceQualification"
    for n in range(3):
        asked = {"externalId": f"page-{n}", "instantSyncQualification": True, "serviceQualificationItem": [ITEM]}
        assert served.post(path, asked).status_code == 200
    page = served.get(path, params={"limit": 2, "state": "done"})
    assert (page.status_code, page.headers["X-Result-Count"], len(page.json())) == (206, "2", 2)
    one = served.get(path, params={"externalId": "page-1"})
    assert [item["externalId"] for item in one.json()] == ["page-1"]
    conflict = served.post(path, {"externalId": "page-1", "serviceQualificationItem": [ITEM, ITEM]})
    refusals = [
        (conflict, 409),
        (served.post(path, {}), 400),
        (served.post(path, []), 400),
        (served.get(path, params={"place": "Harg 12"}), 400),
        (served.get(f"{path}/nobody"), 404),
    ]
    for answer, status in refusals:
        assert (answer.status_code, answer.json()["@type"], answer.json()["status"]) == (status, "Error", str(status))


def test_every_answer_has_the_security_headers(served: Served) -> None:
    for path in ("/", "/healthz", "/v1/products", "/nowhere", "/page/page.js"):
        headers = served.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


def test_a_foreign_name_is_refused(served: Served) -> None:
    assert served.get("/v1/products", headers={"Host": "evil.example"}).status_code == 421


def test_counters_name_routes_and_verdicts(served: Served) -> None:
    served.post("/v1/check", HARG)
    served.get("/Harg%2012")
    text = served.get("/metrics").text
    assert 'coverage_check_requests_total{method="POST",route="/v1/check",status="200"}' in text
    assert 'coverage_check_decisions_total{verdict="not_deliverable"}' in text
    assert "Harg" not in text


def test_no_address_and_no_position_is_in_the_log(served: Served) -> None:
    served.post("/v1/check", HARG)
    served.post("/v1/check", {"lat": 59.81248, "lon": 18.95771, "product": "nothing"})
    served.get("/v1/check", params={"address": "Harg 12"})
    served.post("/v1/suggest", {"text": "Kyrkvägen 3"})
    log = served.log.read_text()
    assert '"route": "/v1/check"' in log
    assert not [word for word in ("Harg", "harg", "Kyrk", "59.81", "18.95") if word in log]


def test_keys_limits_and_their_statuses(tmp_path: Path) -> None:
    key, line = make_key("crm")
    config = own_config(
        tmp_path, f"[service]\nmax_body_bytes = 5000\nbody_timeout_s = 0.5\nrequests_per_minute = 30\n{line}\n"
    )
    with serving(tmp_path, config=config) as service:
        told = {"Authorization": f"Bearer {key}"}
        assert service.get("/healthz").status_code == 200
        assert service.get("/").status_code == 200
        for wrong in ({}, {"Authorization": "Bearer no"}, {"Authorization": f"Basic {key}"}):
            refused = service.post("/v1/check", HARG, headers=wrong)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert service.post("/v1/check", HARG, headers=told).status_code == 200
        assert service.post("/v1/check", {"address": "x" * 6000}, headers=told).status_code == 413
        assert chunked(service, key, [b"x" * 4000] * 2) == 413
        assert chunked(service, key, [b"{"], end=False) == 408
        many = [service.get("/v1/products", headers=told) for _ in range(6)]
        assert many[-1].status_code == 429
        assert int(many[-1].headers["retry-after"]) >= 1
        assert key not in service.log.read_text()


def chunked(service: Served, key: str, chunks: list[bytes], *, end: bool = True) -> int:
    """Send a body in chunks, perhaps without its end, and give the status of the answer."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as line:
        told = ("Host: localhost", f"Authorization: Bearer {key}", "Transfer-Encoding: chunked")
        head = "\r\n".join(("POST /v1/check HTTP/1.1", *told, "", ""))
        line.sendall(head.encode())
        for chunk in chunks:
            line.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        if end:
            line.sendall(b"0\r\n\r\n")
        return int(line.makefile("rb").readline().split()[1])


def test_broken_chunks_and_headers_without_end_cost_only_their_own_connection(served: Served) -> None:
    head = b"POST /v1/check HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    for sent in (head + b"zz\r\nnot hexadecimal\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 10_000):
        with socket.create_connection(("127.0.0.1", served.port), timeout=20) as line:
            try:
                line.sendall(sent)
                answer = line.makefile("rb").readline()
            except ConnectionError:
                answer = b""
            assert answer == b"" or b" 400 " in answer
    assert served.get("/healthz").ok


def test_five_hundred_idle_and_slow_connections_keep_nobody_waiting(served: Served) -> None:
    lines = [socket.create_connection(("127.0.0.1", served.port), timeout=30) for _ in range(500)]
    for line in lines[:250]:
        line.sendall(b"POST /v1/check HTTP/1.1\r\nHo")
    assert served.post("/v1/check", HARG).status_code == 200
    assert lines[0].recv(1) == b""  # its headers never came
    assert lines[-1].recv(1) == b""
    for line in lines:
        line.close()


def test_a_new_snapshot_is_taken_over_without_a_dropped_request(tmp_path: Path) -> None:
    config = own_config(tmp_path, "[service]\nlook_every_s = 0.2\n")
    answers: list[tuple[int, str]] = []
    stop = threading.Event()
    with serving(tmp_path, config=config) as service:

        def ask() -> None:
            while not stop.is_set():
                answer = service.post("/v1/check", HARG)
                answers.append((answer.status_code, answer.json()["provenance"]["snapshot"]))

        asking = [threading.Thread(target=ask) for _ in range(3)]
        for thread in asking:
            thread.start()
        old = service.get("/readyz").json()["snapshot"]
        layers = tmp_path / "layers.toml"
        text = layers.read_text(encoding="utf-8")
        layers.write_text(text.replace("resolution_m = 100", "resolution_m = 120"), encoding="utf-8")
        new = import_layers(layers, tmp_path / "snapshot", overwrite=True).id
        ends = time.monotonic() + 60
        while service.get("/readyz").json()["snapshot"] != new:
            assert time.monotonic() < ends
            time.sleep(0.05)
        (tmp_path / "products.toml").write_text("[[product]]\n", encoding="utf-8")  # refused: the old ones go on
        time.sleep(1)
        stop.set()
        for thread in asking:
            thread.join()
        assert service.get("/readyz").json()["snapshot"] == new
        assert 'takeovers_total{outcome="refused"} 1' in service.get("/metrics").text
    assert old != new
    assert {status for status, _ in answers} == {200}
    assert {snapshot for _, snapshot in answers} == {old, new}


def test_without_keys_it_listens_on_loopback_only() -> None:
    from coverage_check.cli import run

    assert run(["serve", "--config", "demo", "--host", "0.0.0.0"]) == 2  # noqa: S104 - that it refuses to


def test_a_ledger_that_takes_nothing_gives_no_decision_and_recovers(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    with serving(tmp_path, "--ledger", str(place)) as service:
        key = {"Idempotency-Key": "B-1"}
        Ledger.open(place).close()
        with sqlite3.connect(place) as lock:
            lock.execute("begin immediate")
            waiting: list[Any] = []
            thread = threading.Thread(target=lambda: waiting.append(service.post("/v1/check", HARG, headers=key)))
            thread.start()
            assert service.get("/healthz").ok
            thread.join()
            lock.rollback()
        lock.close()
        assert waiting[0].status_code in {503, 504}
        assert waiting[0].headers.get("retry-after") or waiting[0].status_code == 504
        assert service.post("/v1/check", HARG, headers=key).status_code == 200


def own_config(folder: Path, service: str) -> Path:
    """Copy the demonstration's config and data, and add a [service] table."""
    for name in ("layers.toml", "products.toml", "register.sqlite", "survey.geojson", "island.geojson"):
        if (BUNDLED / name).exists():
            shutil.copy(BUNDLED / name, folder / name)
    for name in ("layers", "snapshot"):
        shutil.copytree(BUNDLED / name, folder / name)
    config = folder / "coverage-check.toml"
    config.write_text((BUNDLED / config.name).read_text(encoding="utf-8") + "\n" + service, encoding="utf-8")
    return config

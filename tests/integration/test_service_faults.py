"""What befalls a running service: a worker is killed, the disk under its ledger fills up. Nothing acknowledged is lost."""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from coverage_check.ledger import EntryKind, Ledger
from tests.served import Served, free_port, serving

pytest.importorskip("fastapi", reason="the extra web is not installed")
pytestmark = pytest.mark.network

HARG = {"address": "Harg 12, 760 21 Vätö", "product": "mbb-4g", "on": "2025-11-01"}
PATIENCE_S = 60.0


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    ends = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < ends, "it never became true"
        time.sleep(0.1)


def worker_of(answer: requests.Response) -> int:
    """Read which process wrote its counters."""
    found = re.search(r'worker="(\d+)"', answer.text)
    assert found
    return int(found[1])


def workers(service: Served) -> set[int]:
    """Ask until it is clear which processes answer; each connection is taken by any of them, and one may just be dying."""
    found = set()
    for _ in range(30):
        with contextlib.suppress(requests.ConnectionError):
            found.add(worker_of(service.get("/metrics")))
    return found


def recorded(place: Path) -> dict[str, str]:
    """Give the id of each order's decision; each order stands there once, and the chain is whole."""
    with Ledger.open(place, create=False) as ledger:
        assert ledger.verify().intact
        entries = [entry for entry in ledger.entries() if entry.kind is EntryKind.DECISION]
    found = {entry.order_ref or "": entry.decision.id for entry in entries if entry.decision is not None}
    assert len(found) == len(entries)
    return found


def test_connections_are_spread_over_the_workers(tmp_path: Path) -> None:
    """Of 64, evenly thrown, one of two workers has fewer than 12 once in a million times."""
    with serving(tmp_path, "--workers", "2") as service:
        until(lambda: len(workers(service)) == 2)
        sessions = [requests.Session() for _ in range(64)]
        held = [worker_of(session.get(f"{service.url}/metrics", timeout=PATIENCE_S)) for session in sessions]
        for session in sessions:
            session.close()
    assert min(held.count(worker) for worker in set(held)) >= 12
    assert len(set(held)) == 2


@pytest.mark.parametrize("several", [[], ["--workers", "2"]], ids=["one worker", "two"])
def test_a_port_that_is_taken_is_the_callers_fault(
    tmp_path: Path, several: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from coverage_check.cli import run

    with serving(tmp_path) as service:
        assert run(["serve", "--config", "demo", "--port", str(service.port), *several]) == 2
    assert "--port" in capsys.readouterr().err


@pytest.mark.parametrize("several", [[], ["--workers", "2"]], ids=["one worker", "two"])
def test_what_is_missing_is_said_once_before_it_starts(
    tmp_path: Path, several: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from coverage_check.cli import run

    config = tmp_path / "coverage-check.toml"
    config.write_text('snapshot = "nothing/"\nproducts = "nothing.toml"\n', encoding="utf-8")
    assert run(["serve", "--config", str(config), "--port", str(free_port()), *several]) == 4
    assert "SNAPSHOT_INVALID: " in capsys.readouterr().err


@dataclass(slots=True)
class Seller:
    """Orders one thing after the other; what isn't answered is tried again with the same key."""

    service: Served
    name: str
    told: dict[str, str]
    failed: int = 0

    def sell(self, stop: threading.Event) -> None:
        """Go on until told to stop, or something is answered that must not be."""
        number = 0
        while not stop.is_set():
            key = f"{self.name}-{number}"
            try:
                answer = self.service.post("/v1/check", HARG, headers={"Idempotency-Key": key})
            except requests.ConnectionError:
                self.failed += 1
                continue
            assert answer.status_code == 200, answer.text
            self.told[key] = answer.json()["id"]
            number += 1


def test_a_killed_worker_is_replaced_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    place, told, stop = tmp_path / "ledger.db", dict[str, str](), threading.Event()
    with serving(tmp_path, "--workers", "2", "--ledger", str(place)) as service:
        sellers = [Seller(service, f"S{n}", told) for n in range(4)]
        threads = [threading.Thread(target=seller.sell, args=(stop,)) for seller in sellers]
        for thread in threads:
            thread.start()
        killed: set[int] = set()
        for _ in range(2):
            until(lambda: len(workers(service) - killed) == 2)
            victim = min(workers(service) - killed)
            os.kill(victim, signal.SIGKILL)
            killed.add(victim)
        until(lambda: len(workers(service) - killed) == 2)
        before = len(told)
        until(lambda: len(told) > before + 10)
        stop.set()
        for thread in threads:
            thread.join()
    assert told
    assert told.items() <= recorded(place).items()
    assert sum(seller.failed for seller in sellers) < 200  # those in flight, and those at the door of a dying process


@dataclass(frozen=True, slots=True)
class Disk:
    """A place for a ledger, whose room can be taken and given back while a process writes there."""

    folder: Path
    fill: Callable[[int], None]
    free: Callable[[int], None]


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mount a file system of 2 MB."""
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() or not mount or not umount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")

    def fill(_: int) -> None:
        with (folder / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(b"x" * 4096) == 4096:
                    pass
            except OSError:
                return

    try:
        yield Disk(folder, fill, lambda _: (folder / "filler").unlink())
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=True)


@contextmanager
def file_limit(folder: Path) -> Iterator[Disk]:
    """Limit how long files of the service may be: no file system is needed for it, and the error is another one."""
    folder.mkdir()
    most = resource.RLIM_INFINITY

    def fill(pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, most))

    def free(pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))

    yield Disk(folder, fill, free)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
@pytest.mark.parametrize("kind", [small_disk, file_limit])
def test_a_full_disk_gives_no_decision_loses_none_and_is_over_when_there_is_room(
    tmp_path: Path, kind: Callable[[Path], AbstractContextManager[Disk]]
) -> None:
    told: dict[str, str] = {}

    def order(service: Served, key: str) -> requests.Response:
        answer = service.post("/v1/check", HARG, headers={"Idempotency-Key": key})
        if answer.ok:
            told[key] = answer.json()["id"]
        return answer

    with kind(tmp_path / "disk") as disk:
        place = disk.folder / "ledger.db"
        with serving(tmp_path, "--ledger", str(place)) as service:
            assert order(service, "first").status_code == 200
            for turn in range(2):
                disk.fill(service.pid)
                full = [order(service, f"{turn}-{n}") for n in range(40)]
                refused = [answer for answer in full if not answer.ok]
                assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(503, "OUTPUT_REFUSED")}
                assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
                assert not full[-1].ok  # whatever room the log still had is used up
                assert service.post("/v1/check", HARG).status_code == 200  # what nobody records is answered all the while
                assert service.get("/readyz").ok
                disk.free(service.pid)
                assert order(service, f"{turn}-39").status_code == 200
            assert order(service, "first").headers["idempotent-replayed"] == "true"
            assert "Harg" not in service.log.read_text()
        assert told.items() == recorded(place).items()

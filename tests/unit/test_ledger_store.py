"""The file survives kills, crowds, forks, full disks and other people's files."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from coverage_check.errors import InvalidInput, LedgerInvalid, MissingExtra, MissingFile, OutputRefused
from coverage_check.ledger import Ledger, SaleContext
from tests.endurance.kill_loop import crowd, kill_loop, stored_in
from tests.made_decisions import made_decision, readdressed

DECISION = made_decision()
CONTEXT = SaleContext.of_order(DECISION)


def test_killed_writers_lose_nothing_acknowledged_and_double_nothing(tmp_path: Path) -> None:
    """The short form of the endurance run."""
    path = tmp_path / "l.db"
    tally = kill_loop(str(path), stored_in(path), cycles=15)
    assert tally.acknowledged > 0
    assert (tally.lost, tally.doubled, tally.faults) == (0, 0, ())


def test_sixteen_writers_at_once_lose_nothing_and_hear_no_complaint(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    tally = crowd(str(path), stored_in(path), processes=16, writes=20)
    assert (tally.lost, tally.doubled, tally.faults) == (0, 0, ())
    # Of 20 orders each, 2 are the same for all sixteen.
    assert tally.stored == tally.acknowledged == 16 * 18 + 2


def test_threads_share_a_ledger(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.db") as ledger:
        work = [
            threading.Thread(
                target=lambda n=n: [ledger.append(DECISION, order_ref=f"{n}-{i}", context=CONTEXT) for i in range(20)]
            )
            for n in range(6)
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        assert ledger.verify().entries == 120


FORK = """
import os, sys
from coverage_check.ledger import Ledger, SaleContext
from tests.made_decisions import made_decision
decision = made_decision()
ledger = Ledger.open(sys.argv[1])
context = SaleContext.of_order(decision)
ledger.append(decision, order_ref="before", context=context)
children = []
for n in range(4):
    child = os.fork()
    if child == 0:
        for i in range(10):
            ledger.append(decision, order_ref=f"{n}-{i}", context=context)
        os._exit(0)
    children.append(child)
for i in range(10):
    ledger.append(decision, order_ref=f"parent-{i}", context=context)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
found = ledger.verify()
assert found.intact and found.entries == 51, found
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_an_open_ledger_goes_on_working_on_both_sides_of_a_fork(tmp_path: Path) -> None:
    _run(FORK, str(tmp_path / "l.db"))


FULL = """
import resource, sys
from coverage_check.errors import OutputRefused
from coverage_check.ledger import Ledger, SaleContext
from tests.made_decisions import made_decision, readdressed
template = made_decision()
ledger = Ledger.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
stored = 0
try:
    while True:
        decision = readdressed(template, f"Hemliga vägen {stored}")
        ledger.append(decision, order_ref=f"order {stored}", context=SaleContext.of_order(decision))
        stored += 1
except OutputRefused as error:
    assert "Hemliga" not in str(error) and "order" not in str(error), error
print(stored)
"""


def test_a_full_disk_stops_the_run_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="this system can't limit a file's size")
    acknowledged = int(_run(FULL, str(tmp_path / "l.db")))
    assert acknowledged > 0
    with Ledger.open(tmp_path / "l.db") as ledger:
        refs = [entry.order_ref for entry in ledger.entries()]
        assert refs == [f"order {n}" for n in range(acknowledged)]
        assert ledger.verify().intact
        ledger.append(DECISION, order_ref="after", context=CONTEXT)


def _run(program: str, *arguments: str) -> str:
    """Run a program of its own, so that its limits and forks are its own."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.db") as ledger:
        ledger.append(DECISION, order_ref="A-1", context=CONTEXT)
        assert {stat.S_IMODE(file.stat().st_mode) & 0o077 for file in tmp_path.iterdir()} == {0}


def test_a_missing_ledger_is_not_made_where_it_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        Ledger.open(tmp_path / "l.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(OutputRefused):
        Ledger.open(tmp_path / "no" / "l.db")


@pytest.mark.parametrize("content", [b"order,address\n", b"SQLite format 3\0 and then nothing sensible" * 9])
@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes, *, create: bool) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(LedgerInvalid):
        Ledger.open(path, create=create)
    assert path.read_bytes() == content


@pytest.mark.parametrize("create", [True, False])
def test_a_database_of_something_else_is_left_as_it_is(tmp_path: Path, *, create: bool) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("create table entry (a)")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(LedgerInvalid):
        Ledger.open(path, create=create)
    assert path.read_bytes() == content


def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Ledger.open(tmp_path / "l.db").close()
    connection = sqlite3.connect(tmp_path / "l.db")
    connection.execute("pragma user_version = 2")
    connection.close()
    with pytest.raises(LedgerInvalid, match="newer"):
        Ledger.open(tmp_path / "l.db")


def test_a_ledger_half_made_when_its_maker_was_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "l.db").touch()
    with Ledger.open(tmp_path / "l.db") as ledger:
        assert ledger.append(DECISION, order_ref="A-1", context=CONTEXT).seq == 1


def test_no_error_repeats_an_address_or_a_reference(tmp_path: Path) -> None:
    """What the database says may quote a row; what we say does not."""
    secret = readdressed(DECISION, "Hemliga vägen 1")
    with Ledger.open(tmp_path / "l.db") as ledger:
        ledger.append(secret, order_ref="ORDER-1", context=SaleContext.of_order(secret))
        connection = sqlite3.connect(tmp_path / "l.db")
        connection.execute("drop index entry_content")
        connection.execute("create unique index taken on entry (kind)")
        connection.close()
        with pytest.raises(LedgerInvalid) as caught:
            ledger.append(secret, order_ref="ORDER-2", context=SaleContext.of_order(secret))
    assert "Hemliga" not in str(caught.value)
    assert "ORDER" not in str(caught.value)


def test_an_unknown_entry_is_refused(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.db") as ledger, pytest.raises(InvalidInput):
        ledger.entry(1)


def test_postgresql_without_its_extra_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "coverage_check.ledger.postgres", raising=False)
    with pytest.raises(MissingExtra, match="postgres"):
        Ledger.open("postgresql://user:password@host/database")

"""The ledger on a real PostgreSQL server, started here on a socket of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from coverage_check.cli import run
from coverage_check.config import BUNDLED
from coverage_check.decision import Verdict
from coverage_check.errors import InvalidInput, LedgerInvalid, MissingFile, OutputRefused
from coverage_check.ledger import Ledger, SaleContext, verify_export
from tests.endurance.kill_loop import crowd, kill_loop
from tests.made_decisions import made_decision, readdressed

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

DECISION = made_decision()
CONTEXT = SaleContext.of_order(DECISION, subject="customer 1")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server in a folder of its own, reached by a socket in that folder."""

    programs: Path
    folder: Path

    @property
    def url(self) -> str:
        """Give its URL, with the password, which must never be shown."""
        return f"postgresql://ledger:sesam@/postgres?host={self.folder}"

    @property
    def place(self) -> str:
        """Give its URL as the command line takes it."""
        return self.url.replace(":sesam", "")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs, not as root: it refuses to serve root."""
        user = {"user": "nobody", "extra_groups": []} if os.getuid() == 0 else {}
        command = [str(self.programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, timeout=60, **user)  # type: ignore[call-overload]

    def start(self) -> None:
        """Start it, without any port."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c max_connections=40"
        self.run("pg_ctl", "-w", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-o", options, "start")

    def stop(self, how: str) -> None:
        """Stop it: `fast`, or `immediate` as if the power went."""
        self.run("pg_ctl", "-w", "-D", f"{self.folder}/data", "-m", how, "stop")

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Run SQL of our own, without the ledger's code."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            result = connection.execute(statement)
            return result.fetchall() if result.description else []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)  # where Debian keeps it
    found = shutil.which("initdb") or next(iter(installed), None)
    if found is None:
        assert os.environ.get("COVERAGE_CHECK_REQUIRE_ALL") != "1", "PostgreSQL's server programs are not installed"
        pytest.skip("PostgreSQL's server programs are not installed")
    folder = Path(tempfile.mkdtemp(prefix="ledger-"))
    if os.getuid() == 0:
        shutil.chown(folder, "nobody")
    made = Server(programs=Path(found).parent, folder=folder)
    (folder / "password").write_text("sesam", encoding="utf-8")
    access = ["-U", "ledger", "-A", "scram-sha-256", f"--pwfile={folder}/password"]
    made.run("initdb", "-D", f"{folder}/data", *access, "-E", "UTF8", "--locale=C")
    made.start()
    yield made
    made.stop("immediate")
    shutil.rmtree(folder)


@pytest.fixture
def url(server: Server) -> str:
    """Give the URL of a database without a ledger."""
    server.sql("drop table if exists coverage_check_ledger, coverage_check_ledger_layout")
    return server.url


def test_it_records_once_finds_conflicts_overrides_and_verifies(url: str) -> None:
    with Ledger.open(url) as ledger:
        first = ledger.append(DECISION, order_ref="A-1", context=CONTEXT)
        assert ledger.append(DECISION, order_ref="A-1", context=CONTEXT) == first
        conflict = ledger.append(DECISION, order_ref="A-1", context=replace(CONTEXT, sentence_told="Ja."))
        assert conflict.earlier == first.seq
        ledger.override(first, by="seller 7", why="measured", verdict=Verdict.CONDITIONAL)
    with Ledger.open(url, create=False) as again:
        assert [entry.seq for entry in again.entries()] == [1, 2, 3]
        assert again.entry(1).decision == DECISION
        assert again.verify(again.head()).intact
        assert verify_export(again.export(), again.head()).intact


def test_an_erasure_leaves_nothing_to_be_read_and_an_intact_chain(url: str) -> None:
    with Ledger.open(url) as ledger:
        secret = readdressed(DECISION, "Oförglömliga gården 77")
        ledger.append(secret, order_ref="A-1", context=SaleContext.of_order(secret, subject="customer 77"))
        head = ledger.head()
        ledger.erase(subject="customer 77", by="clerk", why="request 1")
        assert "Oförglömliga" not in "".join(ledger.export())
        assert ledger.verify(head).intact
        with pytest.raises(InvalidInput):
            ledger.erase(subject="customer 77", by="clerk", why="request 1")


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("update coverage_check_ledger set kept = kept || ' ' where seq = 2", 2),
        ("update coverage_check_ledger set order_ref = 'B' where seq = 3", 3),
        ("delete from coverage_check_ledger where seq = 1", 1),
        ("update coverage_check_ledger set personal = null, salt = null where seq = 2", 2),
    ],
)
def test_a_change_by_the_administrator_is_named(server: Server, url: str, change: str, seq: int) -> None:
    with Ledger.open(url) as ledger:
        for n in range(4):
            ledger.append(DECISION, order_ref=f"A-{n}", context=CONTEXT)
        server.sql(change)
        fault = ledger.verify().fault
    assert fault is not None
    assert fault.seq == seq


def counted(server: Server) -> Mapping[str, int]:
    found = server.sql("select order_ref, count(*) from coverage_check_ledger group by order_ref")
    return {str(ref): int(str(count)) for ref, count in found}


def test_sixteen_writers_at_once_lose_nothing_and_hear_no_complaint(server: Server, url: str) -> None:
    tally = crowd(url, lambda: counted(server), processes=16, writes=20)
    assert (tally.lost, tally.doubled, tally.faults) == (0, 0, ())
    assert tally.stored == tally.acknowledged == 16 * 18 + 2


def test_killed_writers_lose_nothing_acknowledged_and_double_nothing(server: Server, url: str) -> None:
    Ledger.open(url).close()
    tally = kill_loop(url, lambda: counted(server), cycles=20)
    assert (tally.lost, tally.doubled, tally.faults) == (0, 0, ())


def test_a_server_that_loses_its_power_keeps_what_was_acknowledged_and_is_found_again(server: Server, url: str) -> None:
    with Ledger.open(url) as ledger:
        for n in range(30):
            ledger.append(DECISION, order_ref=f"A-{n}", context=CONTEXT)
        server.stop("immediate")
        with pytest.raises(OutputRefused) as caught:
            ledger.append(DECISION, order_ref="down", context=CONTEXT)
        assert "sesam" not in str(caught.value)
        server.start()
        assert ledger.append(DECISION, order_ref="up", context=CONTEXT).seq == 31
        assert ledger.verify().intact


def test_the_command_line_takes_the_password_from_the_environment_and_shows_it_nowhere(
    server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = ["--order", "A-1", "--customer", "customer 1", "--ledger", server.place]
    check = ["check", "Harg 12, 760 21 Vätö", "--product", "mbb-4g", "--config", "demo", *record]
    assert run(check) == 4
    refused = capsys.readouterr()
    assert (refused.out, "OUTPUT_REFUSED" in refused.err) == ("", True)
    monkeypatch.setenv("PGPASSWORD", "sesam")
    assert run(["ledger", "verify", server.place]) == 4
    assert "FILE_MISSING" in capsys.readouterr().err
    orders = ["orders", str(BUNDLED / "orders.csv"), "-o", str(tmp_path / "out.csv"), "--config", "demo", "--exit-zero"]
    export = ["ledger", "export", server.place, "-o", str(tmp_path / "e.jsonl")]
    erase = ["ledger", "erase", server.place, "--customer", "customer 1", "--by", "clerk", "--why", "case 1"]
    replay = ["ledger", "replay", server.place, "--config", "demo"]
    for command in (check, [*orders, "--ledger", server.place], replay, erase, export, ["ledger", "verify", server.place]):
        assert run(command) == 0
    assert run(["ledger", "verify", str(tmp_path / "e.jsonl")]) == 0
    out, err = capsys.readouterr()
    assert "25 decisions replayed: 25 same" in out
    assert "sesam" not in out + err
    server.sql("update coverage_check_ledger set kept = replace(kept, 'not_', '') where seq = 2")
    assert run(["ledger", "verify", server.place]) == 4
    assert capsys.readouterr().out.startswith("FAULT entry 2: ")
    assert url != server.place


def test_a_database_without_a_ledger_or_with_a_newer_one_is_refused(server: Server, url: str) -> None:
    with pytest.raises(MissingFile):
        Ledger.open(url, create=False)
    Ledger.open(url).close()
    server.sql("insert into coverage_check_ledger_layout values (2)")
    with pytest.raises(LedgerInvalid):
        Ledger.open(url)


@pytest.mark.parametrize("url", ["postgresql://ledger:sesam@/x?host=/nowhere", "postgresql://ledger:sesam@host:port/x"])
def test_a_url_that_leads_nowhere_does_not_show_its_password(url: str) -> None:
    with pytest.raises(OutputRefused) as caught:
        Ledger.open(url)
    assert "sesam" not in str(caught.value)

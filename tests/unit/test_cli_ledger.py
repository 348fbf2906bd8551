"""The record on the command line: for whoever sells, releases orders, or audits."""

# ruff: noqa: S608 - the tests play the intruder, who writes his own SQL

import csv
import io
import json
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from coverage_check.checker import Checker
from coverage_check.cli import run
from coverage_check.config import BUNDLED
from coverage_check.coverage.snapshot import Snapshot, import_layers
from coverage_check.decision import Decision
from coverage_check.ledger import Channel, EntryKind, Initiator, Ledger, SaleContext
from coverage_check.orders import Run, check_orders, recorded_in
from tests.intruder import tamper
from tests.vato_deliveries import FIRST, SECOND, archive_config, import_deliveries

HARG = "Harg 12, 760 21 Vätö"
SALE = ["--product", "mbb-4g", "--on", "2025-11-01", "--config", "demo"]
TELEPHONE = ["--order", "A-1", "--customer", "K-7", "--seller", "s 7", "--channel", "telephone", "--begun-by", "seller"]
TABLE = BUNDLED / "orders.csv"
ORDERS = ["orders", str(TABLE), "--config", "demo", "--exit-zero"]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a ledger of a day's orders, and what they came out as."""
    folder = tmp_path_factory.mktemp("day")
    ledger = ["--ledger", str(folder / "l.db"), "--column", "customer=Kundref"]
    assert run([*ORDERS, "-o", str(folder / "checked.csv"), *ledger]) == 0
    return folder


@pytest.fixture
def ledger(day: Path, tmp_path: Path) -> Path:
    """Give a copy of that ledger, to do things to."""
    return Path(shutil.copy(day / "l.db", tmp_path / "l.db"))


def entries(path: Path) -> list[tuple[str | None, Decision | None]]:
    with Ledger.open(path, create=False) as opened:
        return [(entry.order_ref, entry.decision) for entry in opened.entries()]


def checked(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text, delimiter=";")


def test_every_decision_of_a_table_is_recorded_under_its_order(day: Path) -> None:
    released = [(row["Ordernr"], row["cc_decision_id"]) for row in checked(day / "checked.csv") if not row["cc_error"]]
    assert released
    recorded = [(order, decision.id) for order, decision in entries(day / "l.db") if decision is not None]
    assert recorded == released


def test_a_table_that_is_run_again_is_recorded_once(ledger: Path, tmp_path: Path) -> None:
    before = entries(ledger)
    again = ["-o", str(tmp_path / "again.csv"), "--ledger", str(ledger), "--column", "customer=Kundref"]
    assert run([*ORDERS, *again]) == 0
    assert entries(ledger) == before


@pytest.mark.parametrize("order", ["", "   ", "x" * 513])
def test_a_row_that_could_not_be_found_again_is_a_row_that_says_why(tmp_path: Path, order: str) -> None:
    """It gets no yes, for a yes that is not recorded can't be shown."""
    source, target, path = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "l.db"
    source.write_text(f"order_id;address\n{order};Vätövägen 20, 760 21 Vätö\nA-2;{HARG}\n", encoding="utf-8")
    assert run(["orders", str(source), "-o", str(target), "--ledger", str(path), *SALE]) == 1
    unnamed, named = checked(target)
    assert (unnamed["cc_verdict"], named["cc_verdict"]) == ("undetermined", "not_deliverable")
    assert "order_id" in unnamed["cc_error"]
    assert [order_ref for order_ref, _ in entries(path)] == ["A-2"]


def test_a_table_without_order_numbers_can_not_be_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"address\n{HARG.replace(',', '')}\n", encoding="utf-8")
    assert run(["orders", str(source), "--ledger", str(tmp_path / "l.db"), *SALE]) == 4
    assert "--column order_id=NAME" in capsys.readouterr().err


def test_a_run_can_not_be_gone_on_with_in_another_ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else what the first half said would stand nowhere."""
    target = tmp_path / "out.csv"
    half = f"""
import os, sys
from pathlib import Path
from coverage_check.checker import Checker
from coverage_check.orders import Run, check_orders
check_orders(Checker.from_config("demo"), Path({str(TABLE)!r}), Path({str(target)!r}), Run(), progress=lambda _: os._exit(9))
"""
    assert subprocess.run([sys.executable, "-c", half], check=False).returncode == 9
    assert run([*ORDERS, "-o", str(target), "--resume", "--ledger", str(tmp_path / "l.db")]) == 4
    assert "ledger" in capsys.readouterr().err
    assert run([*ORDERS, "-o", str(target), "--resume"]) == 0


def test_a_sale_by_telephone_is_recorded_with_who_said_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--confirmed", HARG, "--told", "en", "--format", "json"]
    for _ in range(2):  # a retry is no second sale
        assert run(["check", "harg 12 vätö", *SALE, "--ledger", str(tmp_path / "l.db"), *TELEPHONE, *told]) == 1
    printed = json.loads(capsys.readouterr().out.split("}\n{")[0] + "}")
    with Ledger.open(tmp_path / "l.db") as opened:
        (entry,) = opened.entries(order_ref="A-1")
    assert entry.decision is not None
    assert entry.context is not None
    assert entry.decision.to_dict() == printed
    assert (entry.context.channel, entry.context.initiated_by) == (Channel.TELEPHONE, Initiator.SELLER)
    assert (entry.context.address_typed, entry.context.address_confirmed) == ("harg 12 vätö", HARG)
    assert (entry.context.seller, entry.context.subject) == ("s 7", "K-7")
    assert entry.context.sentence_told == entry.decision.sentence.en


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_what_can_not_be_printed_was_recorded_before(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        command = ["check", HARG, *SALE, "--order", "A-1", "--ledger", str(tmp_path / "l.db")]
        done = subprocess.run(
            [sys.executable, "-m", "coverage_check", *command], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 4
    assert len(entries(tmp_path / "l.db")) == 1


class Watched(io.StringIO):
    """An output that looks into the ledger, as another process sees it, whenever something is written."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.unrecorded: list[str] = []

    def write(self, text: str) -> int:
        """Note the decisions in the text that the ledger has not got."""
        recorded = {decision.id for _, decision in entries(self._path) if decision is not None}
        self.unrecorded += [found for found in re.findall(r"[0-9a-f]{64}", text) if found not in recorded]
        return super().write(text)


def test_no_row_is_written_before_it_is_recorded(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.db") as opened:
        out = Watched(tmp_path / "l.db")
        check_orders(Checker.from_config("demo"), TABLE, out, Run(ledger="l"), record=recorded_in(opened))
        assert len(re.findall("[0-9a-f]{64}", out.getvalue())) == opened.head().seq > 0
    assert out.unrecorded == []


def test_what_can_not_be_recorded_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "l.db").write_text("no ledger", encoding="utf-8")
    for command in (["check", HARG, *SALE, "--order", "A-1"], ORDERS):
        assert run([*command, "--ledger", str(tmp_path / "l.db")]) == 4
        out, err = capsys.readouterr()
        assert out == ""
        assert "LEDGER_INVALID" in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", HARG, *SALE, "--ledger", "L"], 2),
        (["check", HARG, *SALE, "--seller", "s 7"], 2),
        (["ledger", "verify", "L"], 0),
        (["ledger", "verify", "no.db"], 4),
        (["ledger", "verify", "L", "--head", "banana"], 2),
        (["ledger", "head", "L"], 0),
        (["ledger", "show", "L", "--order", "O-2511-001"], 0),
        (["ledger", "replay", "L", "--config", "demo"], 0),
        (["ledger", "replay", "L", "--config", "none.toml"], 4),
        (["ledger", "replay", "L", "--config", "demo", "--snapshot", "nowhere"], 4),
        (["ledger", "erase", "L", "--order", "O-2511-001", "--by", "clerk"], 2),
        (["ledger", "erase", "L", "--by", "clerk", "--why", "case 1"], 2),
        (["ledger", "erase", "L", "--order", "nobody", "--by", "clerk", "--why", "case 1"], 2),
        (["ledger", "erase", "L", "--customer", "K-3107", "--by", "clerk", "--why", "case 1"], 0),
        (["ledger", "override", "L", "99", "--verdict", "conditional", "--by", "a", "--why", "b"], 2),
        (["ledger", "override", "L", "1", "--verdict", "banana", "--by", "a", "--why", "b"], 2),
        (["ledger", "override", "L", "1", "--verdict", "conditional", "--by", "a", "--why", "b"], 0),
        (["ledger", "export", "L"], 0),
        (["ledger", "export", "L", "-o", "L"], 4),
        (["ledger", "verify", "mysql://host/db"], 2),
    ],
)
def test_exit_codes(ledger: Path, arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(ledger) if word == "L" else word for word in arguments]) == code
    out, err = capsys.readouterr()
    assert bool(out) is (code == 0)
    assert bool(err) is (code != 0)
    assert "Traceback" not in err


def renumber(seq: int, to: int) -> str:
    return f"update entry set seq = {to} where seq = {seq}"


REST = "kind, recorded_at, kept, seal, previous, hash, order_ref || 'x', subject, content, personal"


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    run(arguments)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("what", "statements", "entry"),
    [
        ("a verdict edited", ["update entry set kept = replace(kept, 'not_', '') where seq = 1"], 1),
        ("an address edited", ["update entry set personal = replace(personal, 'Harg', 'Nor') where seq = 1"], 1),
        ("two swapped", [renumber(3, 99), renumber(4, 3), renumber(99, 4)], 3),
        ("one moved to the end", [renumber(5, 99)], 5),
        ("one taken out", ["delete from entry where seq = 6"], 6),
        ("one taken out and put in again, edited", ["update entry set recorded_at = '2020-01-01' where seq = 7"], 7),
        ("one repeated at the end", [f"insert into entry select 25, {REST} || 'x', salt from entry where seq = 7"], 25),
    ],
)
def test_an_auditor_is_told_the_first_entry_that_is_not_as_it_was_written(
    ledger: Path, what: str, statements: list[str], entry: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(ledger, *statements)
    text = said(["ledger", "verify", str(ledger)], capsys)
    assert text.startswith(f"FAULT entry {entry}: "), what
    assert run(["ledger", "verify", str(ledger), "--format", "json"]) == 4
    assert json.loads(capsys.readouterr().out)["fault"]["entry"] == entry


def test_a_cut_tail_is_seen_with_the_head_of_yesterday(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = tmp_path / "heads.txt"
    heads.write_text(f"an older one\n{said(['ledger', 'head', str(ledger)], capsys)}", encoding="utf-8")
    last = int(heads.read_text(encoding="utf-8").split()[-1].partition(":")[0])
    assert run(["ledger", "verify", str(ledger), "--head", str(heads)]) == 0
    tamper(ledger, f"delete from entry where seq > {last - 3}")
    assert run(["ledger", "verify", str(ledger)]) == 0
    capsys.readouterr()
    assert run(["ledger", "verify", str(ledger), "--head", str(heads)]) == 4
    assert capsys.readouterr().out.startswith(f"FAULT entry {last - 2}: ")


@pytest.mark.parametrize("personal", [True, False])
def test_an_export_is_for_its_owner_only_and_can_be_verified_alone(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, personal: bool
) -> None:
    target = tmp_path / "e.jsonl"
    assert run(["ledger", "export", str(ledger), "-o", str(target), *([] if personal else ["--no-personal"])]) == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert ("Harg" in target.read_text(encoding="utf-8")) is personal
    assert said(["ledger", "export", str(ledger), *([] if personal else ["--no-personal"])], capsys) == target.read_text(
        encoding="utf-8"
    )
    head = said(["ledger", "head", str(ledger)], capsys).strip()
    assert run(["ledger", "verify", str(target), "--head", head]) == 0
    lines = target.read_text(encoding="utf-8").split("\n")
    target.write_text("\n".join(lines[:5] + lines[6:]), encoding="utf-8")
    capsys.readouterr()
    assert run(["ledger", "verify", str(target), "--head", head]) == 4
    assert capsys.readouterr().out.startswith("FAULT entry 5: ")


def test_an_erased_customer_is_nowhere_and_the_chain_holds(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (customer,) = {row["Kundref"] for row in checked(TABLE) if row["Ordernr"] == "O-2511-001"}
    erased = said(["ledger", "erase", str(ledger), "--customer", customer, "--by", "clerk 3", "--why", "case 17"], capsys)
    assert re.match(r"erased: 1\b", erased)
    assert customer not in said(["ledger", "export", str(ledger)], capsys)
    shown = said(["ledger", "show", str(ledger)], capsys)
    assert customer not in shown
    assert "case 17" in shown
    assert run(["ledger", "verify", str(ledger)]) == 0


def test_an_override_says_who_and_why(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    why = "measured on site"
    said(["ledger", "override", str(ledger), "1", "--verdict", "deliverable", "--by", "s 7", "--why", why], capsys)
    with Ledger.open(ledger) as opened:
        last = list(opened.entries())[-1]
    assert last.kind is EntryKind.OVERRIDE
    shown = said(["ledger", "show", str(ledger)], capsys)
    assert why in shown.split(f"entry {last.seq}")[1]


@pytest.fixture
def operator(tmp_path: Path) -> Path:
    """Give an operator's folder that has moved on: another snapshot, and the sale's own in an archive."""
    folder = tmp_path / "vato"
    shutil.copytree(BUNDLED, folder)
    (folder / "archive").mkdir()
    shutil.copytree(BUNDLED / "snapshot", folder / "archive" / "2025")
    shutil.copy(BUNDLED / "products.toml", folder / "archive" / "products-2025.toml")
    layers = (folder / "layers.toml").read_text(encoding="utf-8").split("[[layer]]")
    (folder / "layers.toml").write_text("[[layer]]".join(layers[:2]), encoding="utf-8")
    import_layers(folder / "layers.toml", folder / "snapshot", overwrite=True)
    return folder


def test_a_replay_finds_older_inputs_where_they_are_kept(
    ledger: Path, operator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay = ["ledger", "replay", str(ledger), "--config", str(operator / "coverage-check.toml")]
    assert run([*replay, "--format", "json"]) == 4
    out, err = capsys.readouterr()
    outcomes = [json.loads(line) for line in out.splitlines()]
    assert {outcome["agreement"] for outcome in outcomes} == {"input_gone"}
    assert all(outcome["what"].startswith("The snapshot ") for outcome in outcomes)
    assert f"{len(outcomes)} decisions replayed" in err
    for kept in (operator / "archive", operator / "archive" / "2025"):
        assert run([*replay, "--snapshot", str(kept)]) == 0
        assert f"{len(outcomes)} same" in capsys.readouterr().out
    with (operator / "products.toml").open("a", encoding="utf-8") as out_file:
        out_file.write("# moved on\n")
    archive = ["--snapshot", str(operator / "archive")]
    assert run([*replay, *archive]) == 4
    assert "The product catalogue " in capsys.readouterr().out
    assert run([*replay, *archive, "--products", str(operator / "archive" / "products-2025.toml")]) == 0


def test_a_replay_looks_into_the_configs_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each decision is made again from the very snapshot that it names; one that was taken away is named."""
    import_deliveries(tmp_path / "archive")
    config = archive_config(tmp_path)
    for day in (FIRST, SECOND):  # as the sales of each day were recorded, with the map that was there
        checker = Checker.from_config(config).over(Snapshot.open(tmp_path / "archive" / day))
        with Ledger.open(tmp_path / "l.db") as opened:
            for n, product in enumerate(("mbb-4g", "mbb-3g")):
                decision = checker.check(HARG, product=product, on=date.fromisoformat(day))
                opened.append(decision, order_ref=f"{day}-{n}", context=SaleContext.of_order(decision))
    replay = ["ledger", "replay", str(tmp_path / "l.db"), "--config", str(config), "--format", "json"]
    assert run(replay) == 0
    assert [json.loads(line)["agreement"] for line in capsys.readouterr().out.splitlines()] == ["same"] * 4

    gone = Snapshot.open(tmp_path / "archive" / FIRST).id
    shutil.rmtree(tmp_path / "archive" / FIRST)
    assert run(replay) == 4
    outcomes = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [outcome["agreement"] for outcome in outcomes] == ["input_gone", "input_gone", "same", "same"]
    assert all(gone[:24] in outcome["what"] and "--snapshot" in outcome["what"] for outcome in outcomes[:2])


@pytest.mark.parametrize(
    "place",
    [
        "postgresql://seller:sesam@host/db",
        "postgresql://seller@host/db?password=sesam",
        "postgresql://seller:sesam@[host/db",
        "mysql://seller:sesam@host/db",
    ],
)
@pytest.mark.parametrize("command", [["ledger", "verify"], ["check", HARG, *SALE, "--order", "A", "--ledger"]])
def test_a_password_on_the_command_line_is_refused_and_not_repeated(
    command: list[str], place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, place]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "sesam" not in err
    assert "host" not in err.replace("user@host:port", "")

"""Nothing can be changed, removed, put in, swapped, cut off or restored without being noticed."""

# ruff: noqa: S608 - the tests play the intruder, who writes his own SQL

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check.errors import CoverageCheckError, InvalidInput, LedgerInvalid
from coverage_check.ledger import Head, Ledger, SaleContext, verify_export
from coverage_check.ledger.chain import COLUMNS
from tests.intruder import tamper
from tests.made_decisions import made_decision, readdressed

TEMPLATE = made_decision()
QUOTE = "'"
# A line separator that is no line feed: `str.splitlines` would cut the row in two there.
ADDRESSES = ("Harg 12", "Nor\u2028by 3", "Vätövägen 12", "Kyrkvägen 3", "Harg 7")


def written(path: Path, *, erase: bool = True) -> Ledger:
    """Write five decisions, an override and, if wanted, an erasure of the second."""
    ledger = Ledger.open(path)
    for n, address in enumerate(ADDRESSES, 1):
        decision = readdressed(TEMPLATE, address)
        ledger.append(decision, order_ref=f"A-{n}", context=SaleContext.of_order(decision, subject=f"customer {n}"))
    ledger.override(3, by="seller 7", why="measured", verdict="conditional")
    if erase:
        ledger.erase(order_ref="A-2", by="clerk 3", why="request 1")
    return ledger


def test_the_chain_is_the_one_that_the_format_describes(tmp_path: Path) -> None:
    """Computed from docs/formats-record.md with plain SQL and hashlib: an auditor needs none of our code."""
    written(tmp_path / "l.db").close()
    connection = sqlite3.connect(tmp_path / "l.db")
    rows = connection.execute("select seq, kind, recorded_at, kept, salt, personal, seal, hash from entry order by seq")
    previous, seals = "0" * 64, 0
    for seq, kind, recorded_at, kept, salt, personal, seal, link in rows.fetchall():
        parts = [previous, seq, kind, recorded_at, kept, seal]
        assert link == hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()
        if personal is not None:
            assert seal == hashlib.sha256(json.dumps([salt, personal]).encode("ascii")).hexdigest()
            seals += 1
        previous = link
    connection.close()
    assert seals == 5


@pytest.mark.parametrize("column", [name for name in COLUMNS if name != "seq"])
@pytest.mark.parametrize("seq", [1, 3, 6])
def test_a_change_of_any_field_names_the_row(tmp_path: Path, column: str, seq: int) -> None:
    with written(tmp_path / "l.db") as ledger:
        tamper(tmp_path / "l.db", f"update entry set {column} = {column} || ' ' where seq = {seq}")
        fault = ledger.verify().fault
    assert fault is not None
    assert fault.seq == seq


@pytest.mark.parametrize(
    ("what", "statements", "seq"),
    [
        ("deleted", ["delete from entry where seq = 4"], 4),
        ("deleted and closed up", ["delete from entry where seq = 4", "update entry set seq = seq - 1 where seq > 4"], 4),
        ("first deleted", ["delete from entry where seq = 1"], 1),
        (
            "swapped",
            [f"update entry set seq = {was} where seq = {now}" for was, now in ((99, 4), (4, 5), (5, 99))],
            4,
        ),
        (
            "repeated at the end",
            [
                "update entry set seq = 99 where seq = 7",
                f"insert into entry select 7, {', '.join(COLUMNS[1:])} from entry where seq = 99",
            ],
            8,
        ),
        ("blanked without an erasure", ["update entry set " + ", ".join(f"{c} = null" for c in COLUMNS[7:])], 1),
        ("half blanked", ["update entry set salt = null where seq = 5"], 5),
        ("reference removed", ["update entry set order_ref = null where seq = 5"], 5),
        ("not text", ["update entry set kept = x'00ff' where seq = 5"], 5),
        ("the erasure holds more", ["update entry set order_ref = 'A-1' where seq = 7"], 7),
        ("erased data put back", ["update entry set personal = 'x', salt = 'y' where seq = 2"], 2),
    ],
)
def test_what_an_intruder_does_is_named_at_its_row(tmp_path: Path, what: str, statements: list[str], seq: int) -> None:
    with written(tmp_path / "l.db") as ledger:
        tamper(tmp_path / "l.db", *statements)
        fault = ledger.verify().fault
    assert fault is not None, what
    assert fault.seq == seq


def test_a_cut_tail_is_seen_with_a_published_head_only(tmp_path: Path) -> None:
    with written(tmp_path / "l.db", erase=False) as ledger:
        published = str(ledger.head())
        tamper(tmp_path / "l.db", "delete from entry where seq > 4")
        assert ledger.verify().intact
        fault = ledger.verify(published).fault
    assert fault is not None
    assert fault.seq == 5


def test_a_backup_that_was_restored_and_written_on_is_seen_with_a_published_head(tmp_path: Path) -> None:
    with written(tmp_path / "l.db", erase=False):
        pass
    copy(tmp_path / "l.db", tmp_path / "backup.db")
    with Ledger.open(tmp_path / "l.db") as ledger:
        ledger.append(TEMPLATE, order_ref="B-1", context=SaleContext.of_order(TEMPLATE))
        published = ledger.head()
    with Ledger.open(tmp_path / "backup.db") as restored:
        for n in (2, 3):
            restored.append(TEMPLATE, order_ref=f"B-{n}", context=SaleContext.of_order(TEMPLATE))
        assert restored.verify().intact
        fault = restored.verify(published).fault
    assert fault is not None
    assert fault.seq == published.seq


def test_a_backup_from_before_an_erasure_may_not_bring_the_data_back(tmp_path: Path) -> None:
    """Whoever puts the erased columns back from a backup is found out, though every hash fits."""
    with written(tmp_path / "l.db", erase=False) as ledger:
        copy_of = sqlite3.connect(tmp_path / "l.db")
        (saved,) = copy_of.execute(f"select {', '.join(COLUMNS[7:])} from entry where seq = 2").fetchall()
        copy_of.close()
        ledger.erase(order_ref="A-2", by="clerk", why="asked")
    values = ", ".join(
        f"{name} = '{value.replace(QUOTE, 2 * QUOTE)}'" for name, value in zip(COLUMNS[7:], saved, strict=True)
    )
    tamper(tmp_path / "l.db", f"update entry set {values} where seq = 2")
    with Ledger.open(tmp_path / "l.db") as ledger:
        fault = ledger.verify().fault
    assert fault is not None
    assert fault.seq == 2


def test_a_guard_that_was_taken_away_is_noticed(tmp_path: Path) -> None:
    with written(tmp_path / "l.db") as ledger:
        connection = sqlite3.connect(tmp_path / "l.db")
        connection.execute("drop trigger entry_stays")
        connection.close()
        fault = ledger.verify().fault
    assert fault is not None
    assert fault.seq == 0


def test_the_database_itself_refuses_deletions_and_changes(tmp_path: Path) -> None:
    with written(tmp_path / "l.db"):
        connection = sqlite3.connect(tmp_path / "l.db")
        for statement in ("delete from entry where seq = 7", "update entry set kept = '{}' where seq = 1"):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)
        connection.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a small ledger."""
    path = tmp_path_factory.mktemp("whole") / "l.db"
    written(path).close()
    return path


@settings(deadline=None, max_examples=200)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_of_the_file_is_noticed_or_changes_nothing_that_is_read(whole: Path, place: int, bit: int) -> None:
    """Bits of unused space mean nothing; every other one stops the ledger from being called intact."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "l.db")
        path.write_bytes(flipped(whole.read_bytes(), place, bit))
        seen = _seen(path)
    if seen != "noticed":
        assert seen == _seen(whole)


def flipped(content: bytes, place: int, bit: int) -> bytes:
    """Flip one bit, of the byte at that place or as far round."""
    place %= len(content)
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


def _seen(path: Path) -> object:
    try:
        with Ledger.open(path, create=False) as ledger:
            return list(ledger.entries()) if ledger.verify().intact else "noticed"
    except CoverageCheckError:
        return "noticed"


@pytest.mark.parametrize("personal", [True, False])
def test_an_export_can_be_checked_on_its_own(tmp_path: Path, *, personal: bool) -> None:
    with written(tmp_path / "l.db") as ledger:
        text = "".join(f"{line}\n" for line in ledger.export(personal=personal))
        head = ledger.head()
    found = verify_export(text.split("\n")[:-1], head)
    assert (found.fault, found.entries, found.head) == (None, 7, head)
    assert ("Vätövägen" in text) is personal
    assert ("customer 1" in text) is personal
    cut = verify_export(text.split("\n")[:-2], head)
    assert cut.fault is not None
    assert cut.fault.seq == 7


@settings(deadline=None, max_examples=200)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_every_flipped_bit_of_an_export_is_noticed(exported: tuple[bytes, Head], place: int, bit: int) -> None:
    content, head = exported
    try:
        lines = flipped(content, place, bit).decode().split("\n")
    except UnicodeDecodeError:
        return
    lines = lines[:-1] if lines[-1] == "" else lines
    with pytest.raises((LedgerInvalid, AssertionError)):
        assert verify_export(lines, head).intact


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Head]:
    """Give the bytes of an export, and the head that was published with it."""
    with written(tmp_path_factory.mktemp("export") / "l.db") as ledger:
        return "".join(f"{line}\n" for line in ledger.export()).encode(), ledger.head()


def change_first_line(lines: list[str]) -> list[str]:
    return ["{}", *lines[1:]]


@pytest.mark.parametrize("change", [change_first_line, lambda lines: lines[1:], lambda _: []])
def test_what_is_no_export_is_refused(exported: tuple[bytes, Head], change: Callable[[list[str]], list[str]]) -> None:
    with pytest.raises(LedgerInvalid):
        verify_export(change(exported[0].decode().split("\n")))


@pytest.mark.parametrize("text", ["", "7", "7:", "x:" + "0" * 64, "7:" + "g" * 64, "-1:" + "0" * 64, "٣:" + "0" * 64])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Head.parse(text)


def test_a_head_is_read_back_from_its_text() -> None:
    head = Head(seq=12, hash="a1" * 32)
    assert Head.parse(f" {head}\n") == head

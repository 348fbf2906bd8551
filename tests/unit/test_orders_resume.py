"""A run that was ended and gone on with gives the bytes of an undisturbed one; an output appears whole or not at all."""

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_check.checker import Checker
from coverage_check.errors import OutputRefused, TableInvalid
from coverage_check.order_rows import Defaults
from coverage_check.orders import DecidedRow, Progress, Run, check_orders, part
from coverage_check.orders.tables import CHUNK_ROWS

ROWS = 3 * CHUNK_ROWS + 17
DEFAULTS = Defaults(product="mbb-4g", on=date(2025, 11, 1))


class Ended(Exception):
    """Stands for whatever ends a run between two chunks."""


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def made_table(path: Path, places: int) -> Path:
    """Write orders at so many places around the island; one of them can't be read."""
    chance = random.Random(6)  # noqa: S311 - a seed for a test
    spots = [f"{59.2 + chance.random() * 0.3:.6f},{19.5 + chance.random() * 0.5:.6f}" for _ in range(places)]
    lines = [f"{n},{spots[n % places]}" for n in range(ROWS)]
    lines[700] = "700,north,"
    path.write_text("order_id,lat,lon\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a table that is decided quickly: few places, each of which is decided once."""
    return made_table(tmp_path_factory.mktemp("orders") / "orders.csv", 20)


@pytest.fixture(scope="module")
def undisturbed(checker: Checker, source: Path) -> dict[str, bytes]:
    found = {}
    for form in ("csv", "jsonl", "parquet", "xlsx"):
        target = source.with_name(f"undisturbed.{form}")
        check_orders(checker, source, target, Run(defaults=DEFAULTS))
        found[form] = target.read_bytes()
    return found


def ended_after(chunks: int, checker: Checker, source: Path, target: Path, run: Run) -> None:
    """Run until some chunks were decided."""
    seen: list[Sequence[DecidedRow]] = []

    def record(rows: Sequence[DecidedRow]) -> None:
        if len(seen) == chunks:
            raise Ended
        seen.append(rows)

    with pytest.raises(Ended):
        check_orders(checker, source, target, run, record=record)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "xlsx"])
@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_what_is_gone_on_with_ends_the_same(
    checker: Checker, source: Path, undisturbed: dict[str, bytes], tmp_path: Path, form: str, chunks: int
) -> None:
    target = tmp_path / f"out.{form}"
    ended_after(chunks, checker, source, target, Run(defaults=DEFAULTS))
    assert not target.exists()
    recorded: list[int] = []
    run = Run(defaults=DEFAULTS, resume=True)
    summary = check_orders(checker, source, target, run, record=lambda rows: recorded.extend(row.number for row in rows))
    assert target.read_bytes() == undisturbed[form]
    assert left_in(tmp_path) == [target.name]
    assert (summary.rows, summary.resumed_rows, summary.faulty_rows) == (ROWS, chunks * CHUNK_ROWS, 1)
    assert recorded == list(range(chunks * CHUNK_ROWS + 1, ROWS + 1))


def test_a_part_is_gone_on_with_in_another_format(
    checker: Checker, source: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """What was begun as XLSX, which may turn out to hold too few rows, ends as CSV."""
    target = tmp_path / "orders.out"
    ended_after(2, checker, source, target, Run(defaults=DEFAULTS, form="xlsx"))
    check_orders(checker, source, target, Run(defaults=DEFAULTS, form="csv", resume=True))
    assert target.read_bytes() == undisturbed["csv"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_wherever_the_part_was_cut_or_spoilt(
    checker: Checker, source: Path, undisturbed: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    """A machine that loses power leaves half an entry, or zeros: what isn't whole is decided again."""
    target = tmp_path / "out.csv"
    ended_after(2, checker, source, target, Run(defaults=DEFAULTS))
    kept = tmp_path / "out.csv.part" / "answers"
    content = kept.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    kept.write_bytes(content[:cut] + data.draw(st.sampled_from([b"", b"\0" * 64, b"\xff" * 9])))
    check_orders(checker, source, target, Run(defaults=DEFAULTS, resume=True))
    assert target.read_bytes() == undisturbed["csv"]
    target.unlink()


def test_the_day_on_which_the_run_began_is_kept(source: Path, tmp_path: Path) -> None:
    products, snapshot = Checker.from_config("demo").products, Checker.from_config("demo").snapshot
    before = Checker(snapshot=snapshot, products=products, as_of=date(2025, 11, 1))
    after = Checker(snapshot=snapshot, products=products, as_of=date(2025, 12, 24))
    run = Run(defaults=Defaults(product="mbb-4g"), limit=2 * CHUNK_ROWS)
    check_orders(before, source, tmp_path / "whole.csv", run)
    ended_after(1, before, source, tmp_path / "out.csv", run)
    check_orders(after, source, tmp_path / "out.csv", Run(defaults=run.defaults, limit=run.limit, resume=True))
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_another_input_config_day_or_choice_is_refused(checker: Checker, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    ended_after(1, checker, source, target, Run(defaults=DEFAULTS))
    part = (tmp_path / "out.csv.part" / "answers").read_bytes()
    changed = tmp_path / "changed.csv"
    changed.write_text(source.read_text(encoding="utf-8") + "x,59.5,19.5\n", encoding="utf-8")
    alone = Checker(snapshot=checker.snapshot, products=checker.products)
    resumed = Run(defaults=DEFAULTS, resume=True)
    for who, what, run, says in [
        (checker, changed, resumed, "another input"),
        (alone, source, resumed, "another config"),
        (checker, source, Run(defaults=Defaults(product="mbb-4g", on=date(2025, 11, 2)), resume=True), "another as_of"),
        (
            checker,
            source,
            Run(defaults=Defaults(product="mbb-3g", on=DEFAULTS.on), resume=True),
            "another choice of .*product",
        ),
        (checker, source, Run(defaults=replace(DEFAULTS, language="en"), resume=True), "another choice of .*language"),
    ]:
        with pytest.raises(OutputRefused, match=says):
            check_orders(who, what, target, run)
        assert (tmp_path / "out.csv.part" / "answers").read_bytes() == part
    assert not target.exists()
    check_orders(checker, changed, target, Run(defaults=DEFAULTS))  # anew, as nothing was asked to be resumed
    assert len(target.read_text(encoding="utf-8").splitlines()) == ROWS + 2


def test_a_part_of_another_form_is_refused(
    checker: Checker, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade may come between a run that was ended and the one that goes on."""
    with monkeypatch.context() as before:
        before.setattr(part, "_FORMAT", "coverage-check/part/1")
        ended_after(1, checker, source, tmp_path / "out.csv", Run(defaults=DEFAULTS))
    with pytest.raises(OutputRefused, match="another format"):
        check_orders(checker, source, tmp_path / "out.csv", Run(defaults=DEFAULTS, resume=True))


def test_rows_count_as_soon_as_they_are_kept(checker: Checker, source: Path, tmp_path: Path) -> None:
    """Whoever interrupts a run while its rows are written is told how many there are to go on with."""
    kept = tmp_path / "out.csv.part" / "answers"
    seen: list[tuple[int, int]] = []

    def end(progress: Progress) -> None:
        seen.append((progress.rows, (tmp_path / "out.csv.part" / "output.csv").stat().st_size))
        raise Ended

    with pytest.raises(Ended):
        check_orders(checker, source, tmp_path / "out.csv", Run(defaults=DEFAULTS), progress=end)
    resumed: list[int] = []
    run = Run(defaults=DEFAULTS, resume=True)
    check_orders(checker, source, tmp_path / "out.csv", run, progress=lambda progress: resumed.append(progress.resumed_rows))
    assert kept.exists() is False
    assert [rows for rows, _ in seen] == [resumed[-1]]
    assert seen[0][1] < 2_000  # nothing below the header is written by then


def test_two_runs_never_write_one_output(checker: Checker, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"

    def record(_: Sequence[DecidedRow]) -> None:
        with pytest.raises(OutputRefused, match="Another run"):
            check_orders(checker, source, target, Run(defaults=DEFAULTS))

    check_orders(checker, source, target, Run(defaults=DEFAULTS, limit=3), record=record)
    assert len(target.read_text(encoding="utf-8").splitlines()) == 4


def test_a_table_that_breaks_in_the_middle_leaves_the_old_output_and_no_part(
    checker: Checker, source: Path, tmp_path: Path
) -> None:
    broken, target = tmp_path / "broken.csv", tmp_path / "out.csv"
    broken.write_text(source.read_text(encoding="utf-8") + '"never closed', encoding="utf-8")
    target.write_text("yesterday's", encoding="utf-8")
    with pytest.raises(TableInvalid):
        check_orders(checker, broken, target, Run(defaults=DEFAULTS))
    assert target.read_text(encoding="utf-8") == "yesterday's"
    assert left_in(tmp_path) == ["broken.csv", "out.csv"]


def test_a_link_is_followed_and_a_device_is_not_replaced(checker: Checker, source: Path, tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.touch()
    link.symlink_to(real)
    check_orders(checker, source, link, Run(defaults=DEFAULTS, limit=2))
    assert link.is_symlink()
    assert len(real.read_text(encoding="utf-8").splitlines()) == 3
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(OutputRefused, match="no ordinary file"):
        check_orders(checker, source, fifo, Run(defaults=DEFAULTS))


def test_what_is_done_is_for_its_owner_alone(checker: Checker, source: Path, tmp_path: Path) -> None:
    ended_after(1, checker, source, tmp_path / "out.csv", Run(defaults=DEFAULTS))
    assert (tmp_path / "out.csv.part").stat().st_mode & 0o777 == 0o700


# Real processes, really ended ----------------------------------------------------------------------------------------


def started(source: Path, target: Path, *options: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "coverage_check", "orders", str(source), "-o", str(target), "--config", "demo"]
    asked = ["--product", "mbb-4g", "--on", "2025-11-01", *options]
    return subprocess.Popen([*command, *asked], stderr=stderr, text=True, start_new_session=True)


def wait_for_more(process: subprocess.Popen[str], kept: Path, than: int) -> bool:
    """Wait until the part has grown; False if the run ended before."""
    while process.poll() is None:
        if kept.exists() and kept.stat().st_size > than:
            return True
        time.sleep(0.005)
    return False


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a table that takes a while: each row is at a place of its own."""
    return made_table(tmp_path_factory.mktemp("slow") / "orders.csv", ROWS)


@pytest.fixture(scope="module")
def slow_undisturbed(checker: Checker, slow: Path) -> bytes:
    target = slow.with_name("undisturbed.csv")
    check_orders(checker, slow, target, Run(defaults=DEFAULTS))
    return target.read_bytes()


@pytest.mark.parametrize(
    ("how", "options"), [(signal.SIGKILL, []), (signal.SIGKILL, ["--workers", "2"]), (signal.SIGINT, ["--workers", "2"])]
)
def test_a_run_that_is_ended_again_and_again(
    slow: Path, slow_undisturbed: bytes, tmp_path: Path, how: signal.Signals, options: list[str]
) -> None:
    """Each run is ended as soon as it has decided something more; what they come to is what one run would have written."""
    target, kept = tmp_path / "out.csv", tmp_path / "out.csv.part" / "answers"
    ended, size, code = 0, 0, None
    while code not in {0, 1, 3}:
        process = started(slow, target, *options, "--resume")
        if wait_for_more(process, kept, size):
            process.send_signal(how)
            ended += 1
        said = process.communicate()[1]
        code = process.returncode
        if code == 130:
            assert "--resume goes on" in said
            assert "Traceback" not in said
        assert code in {0, 1, 3, 130, -signal.SIGKILL}
        size = kept.stat().st_size if kept.exists() else 0
    assert ended >= 1
    assert target.read_bytes() == slow_undisturbed
    assert left_in(tmp_path) == ["out.csv"]


def test_progress_is_shown_on_a_terminal_and_nowhere_else(slow: Path, tmp_path: Path) -> None:
    """One line with the rows, the rate and the time left, drawn again and cleared at the end."""
    ours, theirs = os.openpty()
    process = started(slow, tmp_path / "out.csv", stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while part := os.read(ours, 1 << 16):
            shown += part
    os.close(ours)
    process.wait()
    assert re.search(rb"\r\x1b\[K[\d,]+ rows, [\d,]+ a second, \d+:\d\d left", shown)
    assert re.search(rb"\r\x1b\[K\d+ rows: .*\n$", shown)
    said = started(slow, tmp_path / "out.csv", "--limit", "600").communicate()[1]
    assert "left" not in said
    assert len(said.splitlines()) == 1

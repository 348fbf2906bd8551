"""An audit that was ended and gone on with gives the bytes of an undisturbed one, whoever decides in it."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from coverage_check.audit import Outputs, audit_sales
from coverage_check.checker import Checker
from coverage_check.cli import run as run_command
from coverage_check.config import BUNDLED
from coverage_check.coverage.archive import Archive
from coverage_check.errors import OutputRefused, TableInvalid
from coverage_check.order_rows import Defaults
from coverage_check.orders import Progress, Run, open_table
from coverage_check.orders.tables import CHUNK_ROWS
from coverage_check.report.html import Options
from tests.unit.test_orders_resume import left_in, wait_for_more
from tests.vato_deliveries import archive_config, import_deliveries

ROWS = 2 * CHUNK_ROWS + 17
NAMES = ("table.csv", "report.html", "figures.json")


class Ended(Exception):
    """Stands for whatever ends a run between two chunks."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archived")
    import_deliveries(folder / "archive")
    archive_config(folder)
    return folder


@pytest.fixture(scope="module")
def config(folder: Path) -> Path:
    return folder / "coverage-check.toml"


def made_sales(path: Path, houses: int) -> Path:
    """Write sales on days before, between and after two deliveries, at so many addresses; one in a hundred can't be read."""
    with open_table(BUNDLED / "sales.csv") as table:
        header, known = table.header, [list(map(str, row)) for row in table.rows()]
    chance = random.Random(8)  # noqa: S311 - a seed for a test
    known = chance.sample(known, min(houses, len(known)))
    number, sold = header.index("Ordernr"), header.index("Säljdatum")
    lines = [";".join(header)]
    for n in range(ROWS):
        row = list(known[n % len(known)])
        row[number] = f"S-{n}"
        row[sold] = (
            "yesterday" if n % 100 == 99 else f"{date(2025, 4, 1) + timedelta(days=chance.randrange(300) // 30 * 30)}"
        )
        lines.append(";".join(row))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_sales(tmp_path_factory.mktemp("sales") / "sales.csv", 12)


def outputs_in(folder: Path, table: str = NAMES[0], *, hide: frozenset[str] = frozenset()) -> Outputs:
    return Outputs(table=folder / table, report=folder / NAMES[1], figures=folder / NAMES[2], options=Options(hide=hide))


def audit(config: Path, source: Path, outputs: Outputs, run: Run, *, ended_after: int | None = None) -> None:
    """Audit as the command does, or until so many chunks were judged."""
    checker = Checker.from_config(config)
    archive = Archive.open(config.parent / "archive")
    if ended_after is None:
        audit_sales(checker, source, outputs, archive=archive, run=run)
        return
    with pytest.raises(Ended):
        audit_sales(checker, source, outputs, archive=archive, run=run, progress=ending_after(ended_after))
    assert not any(path.exists() for path in outputs.paths)


def ending_after(chunks: int) -> Callable[[Progress], None]:
    def progress(reached: Progress) -> None:
        if reached.rows >= chunks * CHUNK_ROWS:
            raise Ended

    return progress


@pytest.fixture(scope="module")
def undisturbed(config: Path, source: Path) -> dict[str, bytes]:
    folder = source.parent
    for table in ("table.csv", "table.xlsx", "table.parquet"):
        audit(config, source, outputs_in(folder, table), Run())
    return {path.name: path.read_bytes() for path in folder.iterdir() if path != source}


@pytest.mark.parametrize(
    ("table", "chunks", "workers"),
    [("table.csv", 1, 1), ("table.csv", 2, 2), ("table.xlsx", 2, 1), ("table.xlsx", 1, 2), ("table.parquet", 1, 1)],
)
def test_what_is_gone_on_with_ends_the_same(
    config: Path, source: Path, undisturbed: dict[str, bytes], tmp_path: Path, *, table: str, chunks: int, workers: int
) -> None:
    """Table, report and figures; the rows of the earlier run are in all three, and none is decided again."""
    outputs = outputs_in(tmp_path, table)
    audit(config, source, outputs, Run(), ended_after=chunks)
    seen: list[Progress] = []
    audit_sales(
        Checker.from_config(config),
        source,
        outputs,
        archive=Archive.open(config.parent / "archive"),
        run=Run(resume=True, workers=workers),
        progress=seen.append,
    )
    assert {path.name: path.read_bytes() for path in outputs.paths} == {
        path.name: undisturbed[path.name] for path in outputs.paths
    }
    assert left_in(tmp_path) == sorted(path.name for path in outputs.paths)
    assert seen[-1].resumed_rows == chunks * CHUNK_ROWS


def test_workers_write_the_same(config: Path, source: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    outputs = outputs_in(tmp_path)
    audit(config, source, outputs, Run(workers=2))
    assert all(path.read_bytes() == undisturbed[path.name] for path in outputs.paths)


def test_a_report_alone_has_its_part_beside_it(
    config: Path, source: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    outputs = Outputs(report=tmp_path / NAMES[1])
    audit(config, source, outputs, Run(), ended_after=1)
    assert left_in(tmp_path) == [f"{NAMES[1]}.part"]
    assert (tmp_path / f"{NAMES[1]}.part").stat().st_mode & 0o777 == 0o700
    audit(config, source, outputs, Run(resume=True))
    assert (tmp_path / NAMES[1]).read_bytes() == undisturbed[NAMES[1]]
    assert left_in(tmp_path) == [NAMES[1]]


def test_the_day_that_counted_as_today_is_kept(source: Path, tmp_path: Path) -> None:
    demo = Checker.from_config("demo")

    def on(day: date) -> Checker:
        return Checker(snapshot=demo.snapshot, products=demo.products, geocoder=demo.geocoder, as_of=day)

    whole, resumed = outputs_in(tmp_path, "whole.csv"), outputs_in(tmp_path, "resumed.csv")
    audit_sales(on(date(2025, 12, 24)), source, whole)
    report = (tmp_path / NAMES[1]).read_bytes()
    with pytest.raises(Ended):
        audit_sales(on(date(2025, 12, 24)), source, resumed, progress=ending_after(1))
    audit_sales(on(date(2026, 2, 1)), source, resumed, run=Run(resume=True))
    assert (tmp_path / "resumed.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert (tmp_path / NAMES[1]).read_bytes() == report


def test_another_input_archive_day_of_sale_or_choice_is_refused(config: Path, source: Path, tmp_path: Path) -> None:
    outputs = outputs_in(tmp_path)
    audit(config, source, outputs, Run(), ended_after=1)
    changed = tmp_path / "changed.csv"
    changed.write_text(source.read_text(encoding="utf-8") + "x;2025-11-01\n", encoding="utf-8")
    without_archive = Checker.from_config(config)
    with pytest.raises(OutputRefused, match="another config"):
        audit_sales(without_archive, source, outputs, run=Run(resume=True))
    for table, run, wanted, says in [
        (changed, Run(resume=True), outputs, "another input"),
        (source, Run(resume=True, defaults=Defaults(on=date(2025, 1, 1))), outputs, "another choice"),
        (source, Run(resume=True), outputs_in(tmp_path, hide=frozenset({"address"})), "another choice"),
    ]:
        with pytest.raises(OutputRefused, match=says):
            audit(config, table, wanted, run)
    assert left_in(tmp_path) == ["changed.csv", f"{NAMES[0]}.part"]


def test_an_audit_that_could_only_end_the_same_leaves_no_part(config: Path, source: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text(source.read_text(encoding="utf-8") + '"never closed', encoding="utf-8")
    with pytest.raises(TableInvalid):
        audit(config, broken, outputs_in(tmp_path), Run())
    assert left_in(tmp_path) == ["broken.csv"]


def test_no_two_outputs_are_one_file(config: Path, source: Path, tmp_path: Path) -> None:
    one = tmp_path / "out.json"
    with pytest.raises(OutputRefused, match="named twice"):
        audit(config, source, Outputs(table=one, figures=one), Run(form="jsonl"))
    assert left_in(tmp_path) == []


def test_resume_needs_an_output(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["audit", str(source), "--resume", "--config", "demo"]) == 2
    assert "--resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("how", "options"), [(signal.SIGKILL, []), (signal.SIGKILL, ["--workers", "2"]), (signal.SIGINT, ["--workers", "2"])]
)
def test_an_audit_that_is_ended_again_and_again(
    config: Path, tmp_path_factory: pytest.TempPathFactory, how: signal.Signals, options: list[str]
) -> None:
    """Real processes, each ended as soon as it has judged something more."""
    source = made_sales(tmp_path_factory.mktemp("slow") / "sales.csv", 400)
    whole, ended_often = outputs_in(source.parent), outputs_in(tmp_path_factory.mktemp("ended"))
    audit(config, source, whole, Run())
    assert ended_often.table
    kept = Path(f"{ended_often.table}.part") / "answers"
    named = zip(("-o", "--report", "--figures"), map(str, ended_often.paths), strict=True)
    arguments = [*(word for pair in named for word in pair), "--config", str(config), "--resume", *options]
    ended, size, code = 0, 0, None
    while code != 0:
        process = subprocess.Popen(
            [sys.executable, "-m", "coverage_check", "audit", str(source), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        if wait_for_more(process, kept, size):
            process.send_signal(how)
            ended += 1
        said = process.communicate()[1]
        code = process.returncode
        assert code in {0, 130, -signal.SIGKILL}
        if code == 130:
            assert "--resume goes on" in said
            assert "Traceback" not in said
        size = kept.stat().st_size if kept.exists() else 0
    assert ended >= 1
    for path, expected in zip(ended_often.paths, whole.paths, strict=True):
        assert path.read_bytes() == expected.read_bytes()
    assert left_in(ended_often.table.parent) == sorted(NAMES)

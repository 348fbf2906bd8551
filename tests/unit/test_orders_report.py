"""The report of a day's orders: the rows of the output, whether the run was ended in between or not."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from coverage_check.checker import Checker
from coverage_check.cli import run as run_command
from coverage_check.config import BUNDLED
from coverage_check.decision import Verdict
from coverage_check.errors import OutputRefused, TableInvalid
from coverage_check.orders import DecidedRow, Progress, ReportFile, Run, check_orders
from coverage_check.report.html import PERSONAL, Options, listing

ORDERS = BUNDLED / "orders.csv"
VERDICTS = [verdict.value for verdict in Verdict]


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def rows_of(report: Path) -> dict[str, list[Any]]:
    page = report.read_text(encoding="utf-8")
    found = re.search(r'id="data">(.*?)</script>', page, flags=re.DOTALL)
    assert found
    rows: dict[str, list[Any]] = json.loads(found.group(1))["rows"]
    return rows


def test_the_report_has_the_rows_of_the_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, report = tmp_path / "o.jsonl", tmp_path / "r.html"
    code = run_command(["orders", str(ORDERS), "-o", str(output), "--report", str(report), "--config", "demo"])
    assert (code, capsys.readouterr().out) == (1, "")
    written = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    rows = rows_of(report)
    shown = dict(zip(rows["row"], zip(rows["reference"], rows["verdict"], strict=True), strict=True))
    assert {n: (reference, VERDICTS[verdict]) for n, (reference, verdict) in shown.items()} == {
        n: (row["Ordernr"], row["cc_verdict"]) for n, row in enumerate(written, 1)
    }
    assert set(rows["today"]) == {None}


def test_the_output_is_the_same_with_and_without_a_report(tmp_path: Path) -> None:
    for name, more in (("plain.csv", []), ("reported.csv", ["--report", str(tmp_path / "r.html"), "--hide-personal"])):
        run_command(["orders", str(ORDERS), "-o", str(tmp_path / name), "--config", "demo", *more])
    assert (tmp_path / "plain.csv").read_bytes() == (tmp_path / "reported.csv").read_bytes()
    assert "Harg" not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_run_that_was_ended_has_the_whole_report_when_it_is_gone_on_with(checker: Checker, tmp_path: Path) -> None:
    source, output = tmp_path / "many.csv", tmp_path / "out.csv"
    houses = ("Harg 12, 760 21 Vätö", "Vätövägen 1, 760 21 Vätö", "Kyrkvägen 3", "Box 12")
    lines = [f'{n},"{houses[n % 4]}",mbb-4g,2025-11-01' for n in range(1, 1201)]
    source.write_text("\n".join(["id,address,product,date", *lines]), encoding="utf-8")

    def give_out(rows: Sequence[DecidedRow]) -> None:
        if rows[0].number > 600:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_orders(checker, source, output, record=give_out)
    run = Run(resume=True, report=ReportFile(target=tmp_path / "r.html"))
    summary = check_orders(checker, source, output, run)
    assert 0 < summary.resumed_rows < 1200
    rows = rows_of(tmp_path / "r.html")
    assert sorted(rows["row"]) == list(range(1, 1201))
    found = Counter(VERDICTS[verdict] for verdict in rows["verdict"])
    assert found == {verdict.value: count for verdict, count in summary.verdicts.items()}


def made_orders(path: Path, rows: int = 1200) -> Path:
    houses = ("Harg 12, 760 21 Vätö", "Vätövägen 1, 760 21 Vätö", "Kyrkvägen 3", "Box 12")
    lines = [f'{n},"{houses[n % 4]}",mbb-4g,2025-11-{1 + n % 30:02}' for n in range(1, rows + 1)]
    path.write_text("\n".join(["id,address,product,date", *lines]), encoding="utf-8")
    return path


def begun(checker: Checker, source: Path, output: Path, run: Run) -> None:
    """Run until the second chunk is written."""

    def progress(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_orders(checker, source, output, run, progress=progress)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_report_of_a_run_that_was_gone_on_with_is_the_same(checker: Checker, tmp_path: Path, workers: int) -> None:
    source = made_orders(tmp_path / "many.csv")
    for name, resume in (("whole", False), ("resumed", True)):
        run = Run(report=ReportFile(target=tmp_path / f"{name}.html"), resume=resume, workers=workers if resume else 1)
        if resume:
            begun(checker, source, tmp_path / f"{name}.csv", run)
            assert not (tmp_path / f"{name}.html").exists()
        check_orders(checker, source, tmp_path / f"{name}.csv", run)
    for suffix in ("csv", "html"):
        assert (tmp_path / f"whole.{suffix}").read_bytes() == (tmp_path / f"resumed.{suffix}").read_bytes()


def test_what_an_earlier_run_noted_is_not_shown_where_it_is_left_out_now(checker: Checker, tmp_path: Path) -> None:
    source, output, page = made_orders(tmp_path / "many.csv"), tmp_path / "o.csv", tmp_path / "r.html"
    begun(checker, source, output, Run(report=ReportFile(target=page)))
    hidden = ReportFile(target=page, options=Options(hide=PERSONAL))
    check_orders(checker, source, output, Run(report=hidden, resume=True))
    assert len(rows_of(page)["row"]) == 1200
    assert not any(part in page.read_text(encoding="utf-8") for part in ("Harg", "Kyrkvägen", "Vätövägen"))


def test_a_part_with_notes_is_gone_on_with_without_a_report(checker: Checker, tmp_path: Path) -> None:
    source = made_orders(tmp_path / "many.csv")
    check_orders(checker, source, tmp_path / "whole.csv")
    begun(checker, source, tmp_path / "o.csv", Run(report=ReportFile(target=tmp_path / "r.html")))
    check_orders(checker, source, tmp_path / "o.csv", Run(resume=True))
    assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize(("output", "page"), [("o.csv", "many.csv"), ("o.html", "o.html"), ("o.csv", "none/r.html")])
def test_a_report_never_takes_another_files_place(checker: Checker, tmp_path: Path, output: str, page: str) -> None:
    """It is said before anything is decided."""
    source = made_orders(tmp_path / "many.csv", rows=2)
    before = source.read_bytes()
    with pytest.raises(OutputRefused):
        check_orders(checker, source, tmp_path / output, Run(form="csv", report=ReportFile(target=tmp_path / page)))
    assert source.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["many.csv"]


def test_a_report_that_is_cut_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the page and on stderr; the figures count all."""
    monkeypatch.setattr(listing, "LISTED", 100)
    source, page = made_orders(tmp_path / "many.csv"), tmp_path / "r.html"
    arguments = ["orders", str(source), "-o", str(tmp_path / "o.csv"), "--report", str(page), "--config", "demo"]
    run_command(arguments)
    assert "r.html lists 100 of 1,200 rows" in capsys.readouterr().err
    text = page.read_text(encoding="utf-8")
    assert "The 100 most important of 1,200 rows" in text
    assert "De 100 viktigaste av 1\u00a0200 rader" in text
    assert len(rows_of(page)["row"]) == 100
    run_command([*arguments[:-4], "--report", str(page), "--limit", "100", "--config", "demo"])
    assert "lists" not in capsys.readouterr().err


def test_a_column_that_is_not_there_is_said_before_anything_is_decided(tmp_path: Path) -> None:
    arguments = ["orders", str(ORDERS), "-o", str(tmp_path / "o.csv"), "--report", str(tmp_path / "r.html")]
    assert run_command([*arguments, "--by", "Kommunn", "--config", "demo"]) == 4
    assert not list(tmp_path.iterdir())


def test_the_ledger_and_the_report_go_together(tmp_path: Path) -> None:
    arguments = ["orders", str(ORDERS), "-o", str(tmp_path / "o.csv"), "--ledger", str(tmp_path / "l.db")]
    assert run_command([*arguments, "--report", str(tmp_path / "r.html"), "--config", "demo"]) == 1
    assert run_command(["ledger", "verify", str(tmp_path / "l.db")]) == 0
    assert len(rows_of(tmp_path / "r.html")["row"]) == 26


def test_answered_tables_are_refused(checker: Checker, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("address,product,cc_verdict\nHarg 12,mbb-4g,x\n", encoding="utf-8")
    with pytest.raises(TableInvalid, match="cc_verdict"):
        check_orders(checker, source, tmp_path / "o.csv", Run(report=ReportFile(target=tmp_path / "r.html")))

"""A table of sales from end to end: read, judge, write the table, the figures and the report."""

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_check.audit.judging import Auditor
from coverage_check.coverage.archive import Archive
from coverage_check.decision import ReasonCode
from coverage_check.errors import CoverageCheckError, InvalidInput, OutputRefused, TableInvalid
from coverage_check.order_rows import NUMBERS, OUT, OrderRow, cell_text, refuse_answered
from coverage_check.orders import Chunk, Run, Table, neutral, open_table, whole
from coverage_check.orders.deciding import Outcome, Reading, answer_of
from coverage_check.orders.whole import ordinary
from coverage_check.orders.writing import Write, layout, writing
from coverage_check.report.figures import Figures
from coverage_check.report.html import Options
from coverage_check.report.judged import Judged, doubt_of, reason_of
from coverage_check.report.splitting import Splitting

if TYPE_CHECKING:
    from coverage_check.checker import Checker

_SAME = ("verdict", "probability", "reasons", "alternative", "sentence", "decision_id")
TODAY = (*(f"cc_today_{name}" for name in _SAME), "cc_at_risk")
"""What an audit adds after an order's columns: the verdict as of today, and the money at risk as of the day of sale."""

_TODAY_PLACES = tuple(OUT.index(f"cc_{name}") for name in _SAME)
_ANSWER_NUMBERS = (*NUMBERS, "cc_today_probability", "cc_at_risk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What an audit writes, each whole or not at all.

    Attributes
    ----------
    table
        The sales with both verdicts: CSV, JSON lines, Parquet or XLSX.
    report
        The HTML report.
    figures
        Its figures, as ``.csv`` or ``.json``.
    by
        Columns to split by, beside product and month; without any the usual ones.
    options
        How the report looks, and what it leaves out.
    """

    table: Path | None = None
    report: Path | None = None
    figures: Path | None = None
    by: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        if self.figures and self.figures.suffix.lower() not in {".csv", ".json"}:
            raise InvalidInput(f"Figures are CSV or JSON: name {self.figures.name} .csv or .json.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """How an audit came out.

    Attributes
    ----------
    geocoder_down
        Sales whose address nobody could be asked about.
    """

    figures: Figures
    geocoder_down: int


def audit_sales(
    checker: "Checker",
    source: Path,
    outputs: Outputs,
    *,
    archive: Archive | None = None,
    run: Run | None = None,
    progress: Callable[[int], None] | None = None,
) -> Audited:
    """Judge every sale of a table, and write what is asked for.

    Parameters
    ----------
    source
        CSV, XLSX or Parquet with a column of the days of sale.
    archive
        The deliveries by day of publication; see `Auditor`.
    run
        Columns, defaults, sheet, limit and the table's format; the rest is for orders.
    progress
        Told the number of rows done.

    Raises
    ------
    MissingFile, TableInvalid, MissingExtra
        The file is not there, is not a table, lacks a column, or its format needs an extra.
    OutputRefused
        An output can't be written, or is the source.
    InvalidInput
        The geocoder answers no batches, or what shall be left out is asked for.
    """
    run = run or Run()
    for path in (outputs.table, outputs.report, outputs.figures):
        if path and ordinary(path).exists() and source.exists() and path.samefile(source):
            raise OutputRefused(f"{path.name} is the input: name another file.")
    auditor = Auditor(checker, archive=archive)
    with open_table(source, sheet=run.sheet) as table, _written(table, outputs.table, run, auditor.today) as write:
        sales = _Sales(auditor, table, run, outputs)
        for chunk in table.chunks(limit=run.limit):
            write(chunk, sales.take(chunk))
            if progress:
                progress(chunk.first + len(chunk.rows) - 1)
    _write_text(outputs.report, lambda: auditor.page(sales.report))
    figures = sales.report.figures
    _write_text(outputs.figures, lambda: figures_text(figures, outputs.figures))
    return Audited(figures=figures, geocoder_down=sales.geocoder_down)


class _Sales:
    """The rows of one table on their way into the report."""

    def __init__(self, auditor: Auditor, table: Table, run: Run, outputs: Outputs) -> None:
        refuse_answered(table.header, table.name)
        self._auditor = auditor
        self._reading = Reading.of(table, run.columns, run.defaults, errors=auditor.errors)
        if "date" not in self._reading.places and run.defaults.on is None:
            raise TableInvalid(
                f"{table.name} has no column that is the day of sale: name one with --column date=NAME, or give --on."
            )
        places = self._reading.places
        self._splitting = Splitting.of(table.header, places, by=outputs.by, months=True, hide=outputs.options.hide)
        self.report = auditor.report(self._splitting, outputs.options)
        self.geocoder_down = 0

    def take(self, chunk: Chunk) -> list[Sequence[object]]:
        """Judge some rows, and give the values of their cc_… columns."""
        rows = [self._reading(cells) for cells in chunk.rows]
        answers: list[Sequence[object]] = []
        for n, (row, outcomes) in enumerate(zip(rows, self._auditor.judge(rows), strict=True)):
            judged = self._judged(chunk.first + n, chunk.rows[n], row, outcomes)
            self.report.add(judged)
            self.geocoder_down += reason_of(outcomes[0]) is ReasonCode.GEOCODER_UNAVAILABLE
            answers.append(answer_row(judged, self._reading.defaults.language))
        return answers

    def _judged(
        self, number: int, cells: Sequence[object], row: OrderRow | InvalidInput, outcomes: tuple[Outcome, Outcome]
    ) -> Judged:
        place = self._reading.places.get("order_id")
        reference = cell_text(cells[place]) if place is not None and place < len(cells) else ""
        values = self._splitting.values(cells, row)
        return self._auditor.judged(number, row, outcomes, reference=reference, values=values)


def answer_row(judged: Judged, language: str) -> Sequence[object]:
    """Give the values of a sale's cc_… columns, in the order of `OUT` and `TODAY`."""
    today = answer_of(judged.today, language) if judged.today is not None else (None,) * len(OUT)
    at_risk = round(judged.mis_sale * doubt_of(judged.answer), 2)
    return (*answer_of(judged.answer, language), *(today[place] for place in _TODAY_PLACES), at_risk)


def figures_text(figures: Figures, target: Path | None) -> str:
    """Write figures as the target's name asks: JSON, or CSV whose texts no spreadsheet runs as formulas."""
    if target is None or target.suffix.lower() == ".json":
        return json.dumps(figures.to_dict(), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in figures.table():
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def _write_text(target: Path | None, text: Callable[[], str]) -> None:
    if target is not None:
        with whole(target) as out:
            out.write(text())


@contextmanager
def _written(table: Table, target: Path | None, run: Run, today: date) -> Iterator[Write]:
    """Write a table of sales beside its target, and put it there when all of it is written."""
    if target is None:
        yield _nowhere
        return
    target = ordinary(target)
    plan = replace(layout(table, target, run.form, today), answers=(*OUT, *TODAY), numbers=_ANSWER_NUMBERS)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
            beside = Path(folder) / target.name
            with writing(beside, plan) as write:
                yield write
            beside.chmod(0o644)
            os.replace(beside, target)  # noqa: PTH105 - as everywhere where a file appears whole
    except CoverageCheckError:
        raise
    except OSError as error:
        raise OutputRefused(f"{target} can't be written ({error.strerror}): nothing was left behind.") from None


def _nowhere(chunk: Chunk, answers: Sequence[Sequence[object]]) -> None:
    """Write no table."""

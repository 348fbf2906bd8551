"""A table of sales from end to end: read, judge, write the table, the figures and the report."""

import csv
import io
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from coverage_check.audit.judging import Auditor
from coverage_check.audit.noting import ANSWER, ANSWER_NUMBERS, Noting, cells_and_note
from coverage_check.coverage.archive import Archive
from coverage_check.decision import ReasonCode
from coverage_check.errors import InvalidInput, TableInvalid
from coverage_check.order_rows import Answer, refuse_answered
from coverage_check.orders import Chunk, Progress, Run, Table, neutral, open_table
from coverage_check.orders.course import Course, day_of, identity_of, kept_beside, refuse_targets
from coverage_check.orders.deciding import Line, Outcome, Reading
from coverage_check.orders.part import Part, begun
from coverage_check.orders.reporting import RowNotes
from coverage_check.orders.tables import Write
from coverage_check.orders.whole import ordinary
from coverage_check.orders.writing import layout, writing
from coverage_check.report.figures import Figures
from coverage_check.report.html import Options

if TYPE_CHECKING:
    from coverage_check.checker import Checker

_log = logging.getLogger(__name__)


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

    @property
    def paths(self) -> tuple[Path, ...]:
        """What is written; beside the first of them lies what is done, until all is."""
        return tuple(path for path in (self.table, self.report, self.figures) if path is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """How an audit came out.

    Attributes
    ----------
    geocoder_down
        Sales whose address nobody could be asked about.
    resumed_rows
        Sales that an earlier run had judged.
    first_faulty_row
        The first sale that could not be read; the row below the header is 1.
    listed
        How many the report lists; fewer than there are where it was cut.
    """

    figures: Figures
    geocoder_down: int
    resumed_rows: int = 0
    first_faulty_row: int | None = None
    listed: int = 0


def audit_sales(
    checker: "Checker",
    source: Path,
    outputs: Outputs,
    *,
    archive: Archive | None = None,
    run: Run | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Audited:
    """Judge every sale of a table, and write what is asked for.

    Parameters
    ----------
    source
        CSV, XLSX or Parquet with a column of the days of sale.
    archive
        The deliveries by day of publication; see `Auditor`.
    run
        As for orders; nothing is recorded in a ledger. What is done lies in a folder ``.part`` beside the first of the
        outputs until all of them are written.
    progress
        Called after each chunk.

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
    refuse_targets(source, outputs.paths)
    beside = ordinary(outputs.paths[0]) if outputs.paths else None
    earlier = begun(beside) if beside and run.resume else {}
    auditor = Auditor(checker, archive=archive, today=day_of(earlier))
    with open_table(source, sheet=run.sheet) as table:
        sales = _Sales(auditor, table, run, outputs, progress)
        if beside is None:
            sales.take(_nowhere, None)
        else:
            choice = _choice(run, outputs)
            identity = identity_of(source, config=auditor.fingerprint, as_of=auditor.today, choice=choice)
            with kept_beside(beside, identity, resume=run.resume) as part:
                sales.write(part)
    return sales.audited()


def _choice(run: Run, outputs: Outputs) -> Mapping[str, object]:
    """Name what else the answers of a run depend on."""
    defaults = run.defaults
    return {
        "columns": sorted(run.columns.items()),
        "product": defaults.product,
        "on": defaults.on and str(defaults.on),
        "at": defaults.at,
        "receiver": defaults.receiver,
        "language": defaults.language,
        "sheet": run.sheet,
        "limit": run.limit,
        "what the report leaves out": sorted(outputs.options.hide),
    }


class _Sales:
    """The rows of one table on their way into the outputs."""

    def __init__(
        self,
        auditor: Auditor,
        table: Table,
        run: Run,
        outputs: Outputs,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        refuse_answered(table.header, table.name)
        auditor.require_product(run.defaults.product)
        self._reading = Reading.of(table, run.columns, run.defaults, errors=auditor.errors)
        if "date" not in self._reading.places and run.defaults.on is None:
            raise TableInvalid(
                f"{table.name} has no column that is the day of sale: name one with --column date=NAME, or give --on."
            )
        hide = outputs.options.hide
        self._outputs = outputs
        self._auditor = auditor
        self._notes = RowNotes(table, self._reading, by=outputs.by, hide=hide, months=True)
        self._report = auditor.report(self._notes.splitting, outputs.options)
        self._geocoder_down = 0
        self._first_faulty_row: int | None = None
        self._plan = layout(table, outputs.table, run.form, auditor.today) if outputs.table else None
        # A line asks no more of a checker than Noting has.
        noting = cast("Checker", Noting(auditor, hide=hide, language=run.defaults.language))
        line = Line(noting, self._reading, decisions=True, workers=run.workers, at_once=run.at_once)
        self._course = Course(table, line, limit=run.limit, progress=progress)

    def write(self, part: Part) -> None:
        """Write the table, then the report and the figures; the table comes last into its place."""
        if self._plan is None:
            self.take(_nowhere, part)
        else:
            with writing(part.output, replace(self._plan, answers=ANSWER, numbers=ANSWER_NUMBERS)) as write:
                self.take(write, part)
        if self._outputs.report:
            part.write(self._auditor.page(self._report), self._outputs.report)
        if self._outputs.figures:
            part.write(figures_text(self._report.figures, self._outputs.figures), self._outputs.figures)
        if self._plan is None:
            part.remove()
        else:
            part.finish()

    def take(self, write: Write, part: Part | None) -> None:
        """Judge all rows, those that an earlier run judged excepted, and report them."""
        for chunk, answers in self._course.answers(part, _as_they_are):
            both = [cells_and_note(answer) for answer in answers]
            write(chunk, [cells for cells, _ in both])
            for number, (cells, (_, noted)) in enumerate(zip(chunk.rows, both, strict=True), start=chunk.first):
                self._report.take(self._notes.of(number, cells, noted))
                self._geocoder_down += noted.reason is ReasonCode.GEOCODER_UNAVAILABLE
                if noted.faulty and self._first_faulty_row is None:
                    self._first_faulty_row = number

    def audited(self) -> Audited:
        """Tell how it came out."""
        figures = self._report.figures
        counts = {str(verdict): count for verdict, count in figures.own_day.counts.items() if count}
        facts = {"rows": figures.rows, **counts, "faulty_rows": figures.faulty, "geocoder_down": self._geocoder_down}
        _log.info("sales audited", extra={"facts": facts | {"seconds": round(self._course.seconds, 3)}})
        return Audited(
            figures=figures,
            geocoder_down=self._geocoder_down,
            resumed_rows=self._course.resumed_rows,
            first_faulty_row=self._first_faulty_row,
            listed=self._report.listed,
        )


def _as_they_are(_: Chunk, answers: list[Answer] | list[Outcome]) -> list[Answer]:
    return cast("list[Answer]", answers)  # of Noting


def figures_text(figures: Figures, target: Path | None) -> str:
    """Write figures as the target's name asks: JSON, or CSV whose texts no spreadsheet runs as formulas."""
    if target is None or target.suffix.lower() == ".json":
        return json.dumps(figures.to_dict(), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in figures.table():
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def _nowhere(chunk: Chunk, answers: Sequence[Sequence[object]]) -> None:
    """Write no table."""

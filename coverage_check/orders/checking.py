"""A table of orders from end to end: read, decide, record, keep, write."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from coverage_check.decision import Decision, ReasonCode, Verdict
from coverage_check.errors import InvalidInput
from coverage_check.order_rows import OUT, Answer, Defaults, refuse_answered
from coverage_check.orders.ahead import AT_ONCE
from coverage_check.orders.course import Course, day_of, identity_of, kept_beside, refuse_targets
from coverage_check.orders.deciding import Line, Outcome, Outcomes, Reading, answer_of
from coverage_check.orders.part import Part, begun
from coverage_check.orders.reporting import OrdersReport, ReportFile
from coverage_check.orders.summary import Progress, Summary
from coverage_check.orders.tables import Chunk, Table, Write, open_table
from coverage_check.orders.whole import ordinary, whole
from coverage_check.orders.writing import layout, text_writer, writing

if TYPE_CHECKING:
    from coverage_check.checker import Checker

_log = logging.getLogger(__name__)
_VERDICT, _REASONS, _ERROR = (OUT.index(name) for name in ("cc_verdict", "cc_reasons", "cc_error"))
_TOLD_FAULTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a table is worked through.

    Attributes
    ----------
    columns
        Canonical name → the table's column, where the names don't say it.
    defaults
        What holds for rows whose own cell is empty or absent.
    form
        ``csv``, ``jsonl``, ``parquet`` or ``xlsx``; None for what the output's name says.
    sheet
        Of a workbook.
    limit
        Only the first rows; None for all.
    workers
        Processes that decide.
    at_once
        Questions that a geocoding server is asked at a time.
    resume
        Whether to go on from the part that an ended run left beside the output.
    ledger
        Names the ledger that rows are recorded in, if they are: each row must have an order_id then, and a run that is gone
        on with must record in the same one.
    report
        The report to write beside the output, if one is wanted.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Defaults = field(default_factory=Defaults)
    form: str | None = None
    sheet: str | None = None
    limit: int | None = None
    workers: int = 1
    at_once: int = AT_ONCE
    resume: bool = False
    ledger: str = ""
    report: ReportFile | None = None

    def __post_init__(self) -> None:
        for name, value in (("limit", self.limit), ("workers", self.workers), ("at_once", self.at_once)):
            if value is not None and value < 1:
                raise InvalidInput(f"{name} must be 1 or more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedRow:
    """One row and what it came to.

    Attributes
    ----------
    number
        The row below the header is 1.
    order_id, customer
        As the table has them; empty if it has none.
    cells
        The row as it was read.
    outcome
        The decision, or the fault that kept the row from one.
    """

    number: int
    order_id: str
    customer: str
    cells: Sequence[object]
    outcome: Outcome

    @property
    def decision(self) -> Decision | None:
        """The decision, if the row could be read."""
        return self.outcome if isinstance(self.outcome, Decision) else None


Record = Callable[[Sequence[DecidedRow]], None]
"""Is given each chunk of rows as soon as it is decided, before anything of it is kept or written."""


def check_orders(
    checker: "Checker",
    source: Path,
    target: Path | TextIO,
    run: Run | None = None,
    *,
    record: Record | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Decide every row of a table: as many rows out as in, in order, whatever is in them.

    Parameters
    ----------
    source
        CSV, XLSX or Parquet; see `open_table`.
    target
        A file, which appears whole or not at all; what is done lies in a folder ``.part`` beside it until then. Or an open
        stream, for CSV and JSON lines.
    record
        Called with each chunk of newly decided rows before they are written; rows that an earlier run decided are not
        given again. What it raises ends the run.
    progress
        Called after each chunk.

    Raises
    ------
    MissingFile, TableInvalid, MissingExtra
        The file is not there, is not a table, lacks a column, or its format needs an extra.
    OutputRefused
        The target can't be written, is the source, or the part beside it is another run's.
    InvalidInput
        The output's name and the format disagree.
    """
    run = run or Run()
    checker = checker.for_batches()
    path = ordinary(target) if isinstance(target, Path) else None
    also = [run.report.target] if run.report else []
    refuse_targets(source, [path, *also] if path else also)
    earlier = begun(path) if path and run.resume else {}
    as_of = run.defaults.on or day_of(earlier) or checker.as_of
    with open_table(source, sheet=run.sheet) as table:
        judged_as_of = _day_of_all(checker, table, run, as_of)
        run = replace(run, defaults=replace(run.defaults, on=as_of))
        work = _Work(checker, table, run, record, progress)
        plan = layout(table, path, run.form, as_of)
        if path is None:
            work.write(text_writer(target, plan), None)  # type: ignore[arg-type] # a stream, since no path
            work.write_report(None)
        else:
            identity = identity_of(source, config=checker.fingerprint, as_of=as_of, choice=_choice(run))
            with kept_beside(path, identity, resume=run.resume) as part:
                with writing(part.output, plan) as write:
                    work.write(write, part)
                work.write_report(part)
                part.finish()
    return replace(work.summary(), judged_as_of=judged_as_of)


def decided_rows(checker: "Checker", table: Table, run: Run | None = None) -> Iterator[DecidedRow]:
    """Decide an open table's rows, one after the other, as a stream.

        with open_table(path) as table:
            for row in decided_rows(checker, table, Run(defaults=Defaults(product="mbb-4g"))):
                row.cells, row.decision

    Raises
    ------
    TableInvalid
        A column is missing, or the table can't be read from some row on.
    """
    run = run or Run()
    _ = _day_of_all(checker, table, run, checker.as_of)
    run = replace(run, defaults=replace(run.defaults, on=run.defaults.on or checker.as_of), report=None)
    work = _Work(checker.for_batches(), table, run, _nothing, None)
    for chunk, outcomes in work.outcomes(table.chunks(limit=run.limit)):
        yield from work.decided(chunk, outcomes)


def read_through(checker: "Checker", source: Path, run: Run | None = None) -> Summary:
    """Read a table as `check_orders` would, and tell what could not be read; nothing is decided, asked or written."""
    run = run or Run()
    count = Counter[str]()
    faults: list[str] = []
    with open_table(source, sheet=run.sheet) as table:
        judged_as_of = _day_of_all(checker, table, run, checker.as_of)
        reading = _reading(checker, table, run)
        for number, cells in enumerate(table.rows(limit=run.limit), start=1):
            count["rows"] += 1
            fault = checker.fault_of(reading(cells))
            if fault is not None:
                count["faulty"] += 1
                if len(faults) < _TOLD_FAULTS:
                    faults.append(f"row {number}: {fault}")
    return Summary(
        rows=count["rows"], verdicts={}, faulty_rows=count["faulty"], faults=tuple(faults), judged_as_of=judged_as_of
    )


def _reading(checker: "Checker", table: Table, run: Run) -> Reading:
    """Find the columns, and refuse what would make every row faulty."""
    refuse_answered(table.header, table.name)
    if run.defaults.product is not None:
        _ = checker.products[run.defaults.product]
    return Reading.of(table, run.columns, run.defaults, errors=checker.errors, order_ids=bool(run.ledger))


def _day_of_all(checker: "Checker", table: Table, run: Run, today: date) -> date | None:
    """Give the day that all rows are judged by because none is given and no column is one; else None.

    Raises
    ------
    TableInvalid
        As `find_columns`: a column may be the day, and isn't understood.
    """
    if run.defaults.on is not None or "date" in _reading(checker, table, run).places:
        return None
    _log.info(f"judged as of {today}, for no column is the day")
    return today


def _nothing(rows: Sequence[DecidedRow]) -> None:
    """Record nothing, and ask for decisions all the same."""


class _Work:
    """The rows of one table on their way, and their count."""

    def __init__(
        self,
        checker: "Checker",
        table: Table,
        run: Run,
        record: Record | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.reading = _reading(checker, table, run)
        self._language = run.defaults.language
        self._no_geocoder = checker.geocoder is None
        self._record = record
        self._wanted = run.report
        self._report = OrdersReport(run.report, checker, table, self.reading) if run.report else None
        self._count = Counter[str]()
        self._first_faulty_row: int | None = None
        noting = self._report.noting if self._report and record is None else None
        self._line = Line(
            cast("Checker", noting or checker),  # a line asks no more of a checker than Noting has
            self.reading,
            decisions=bool(record or noting),
            workers=run.workers,
            at_once=run.at_once,
        )
        self._course = Course(table, self._line, limit=run.limit, progress=progress)

    def write(self, write: Write, part: Part | None) -> None:
        """Write all rows with their answers, those of an earlier run first."""
        for chunk, answers in self._course.answers(part, self._recorded):
            cells = [answer[: len(OUT)] for answer in answers]
            write(chunk, cells)
            self._tally(chunk.first, cells)
            if self._report:
                self._report.take(chunk, answers)

    def write_report(self, part: Part | None) -> None:
        """Write the report, if one is wanted, before the output comes into its place."""
        if self._report is None or self._wanted is None:
            return
        if part:
            part.write(self._report.page(), self._wanted.target)
        else:
            with whole(self._wanted.target) as out:
                out.write(self._report.page())

    def outcomes(self, chunks: Iterable[Chunk]) -> Outcomes:
        """Decide chunks."""
        return self._line.outcomes(chunks)

    def decided(self, chunk: Chunk, outcomes: Sequence[object]) -> list[DecidedRow]:
        """Put rows and their outcomes together."""
        return [
            DecidedRow(
                number=number,
                order_id=self.reading.cell("order_id", cells),
                customer=self.reading.cell("customer", cells),
                cells=cells,
                outcome=outcome,  # type: ignore[arg-type] # decisions were asked for
            )
            for number, (cells, outcome) in enumerate(zip(chunk.rows, outcomes, strict=True), start=chunk.first)
        ]

    def summary(self) -> Summary:
        """Tell how it came out."""
        count = self._count
        found = Summary(
            rows=self._course.rows,
            verdicts={verdict: count[verdict] for verdict in Verdict if count[verdict]},
            faulty_rows=count["faulty"],
            first_faulty_row=self._first_faulty_row,
            geocoder_down=count["down"],
            no_geocoder=self._no_geocoder,
            resumed_rows=self._course.resumed_rows,
            listed=self._report.listed if self._report else 0,
        )
        verdicts = {str(verdict): number for verdict, number in found.verdicts.items()}
        facts = {"rows": found.rows, **verdicts, "faulty_rows": found.faulty_rows, "geocoder_down": found.geocoder_down}
        _log.info("orders checked", extra={"facts": facts | {"seconds": round(self._course.seconds, 3)}})
        return found

    def _tally(self, first: int, answers: Sequence[Answer]) -> None:
        """Count a chunk of answers, of which the first is that of row `first`."""
        self._count.update(str(answer[_VERDICT]) for answer in answers)
        for reasons, number in Counter(str(answer[_REASONS]) for answer in answers).items():
            self._count["down"] += number * (ReasonCode.GEOCODER_UNAVAILABLE in reasons.split())
        faulty = [number for number, answer in enumerate(answers, start=first) if answer[_ERROR] is not None]
        if faulty:
            self._count["faulty"] += len(faulty)
            self._first_faulty_row = self._first_faulty_row or faulty[0]

    def _recorded(self, chunk: Chunk, outcomes: list[Answer] | list[Outcome]) -> list[Answer]:
        if self._record is None:
            return outcomes  # type: ignore[return-value] # answers were asked for
        rows = self.decided(chunk, outcomes)
        self._record(rows)
        if self._report:
            return [self._report.noting.answer(self.reading(row.cells), row.outcome) for row in rows]
        return [answer_of(row.outcome, self._language) for row in rows]


def _choice(run: Run) -> Mapping[str, object]:
    """Name what else the answers of a run depend on; the day stands for itself."""
    defaults = run.defaults
    return {
        "columns": sorted(run.columns.items()),
        "product": defaults.product,
        "at": defaults.at,
        "receiver": defaults.receiver,
        "language": defaults.language,
        "sheet": run.sheet,
        "limit": run.limit,
        "ledger": run.ledger,
    }

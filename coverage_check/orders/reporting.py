"""The report of a table: what is noted of each row when it is decided, put together with the row when it is written."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_check.errors import InvalidInput
from coverage_check.geocoders.base import Geocoder
from coverage_check.order_rows import OUT, Answer, OrderRow
from coverage_check.orders.deciding import Deciding, Outcome, Reading, answer_of
from coverage_check.orders.tables import Chunk, Table
from coverage_check.report.html import Options, Report
from coverage_check.report.judged import Judged, cost_of
from coverage_check.report.noted import ADDRESS, REFERENCE, Noted, note
from coverage_check.report.splitting import Splitting

if TYPE_CHECKING:
    from coverage_check.checker import Checker


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """A report that is wanted.

    Attributes
    ----------
    target
        The HTML file to write.
    by
        Columns to split by, beside the product; without any the usual ones.
    options
        How it looks, and what it leaves out.
    """

    target: Path
    by: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)


class RowNotes:
    """Puts what was noted of a question together with the row that asked it.

    Raises
    ------
    TableInvalid
        There is no such column to split by.
    InvalidInput
        What shall be left out is asked for.
    """

    def __init__(
        self, table: Table, reading: Reading, *, by: Sequence[str], hide: frozenset[str], months: bool = False
    ) -> None:
        self._reading = reading
        self._hide = hide
        self.splitting = Splitting.of(table.header, reading.places, by=by, months=months, hide=hide)

    def of(self, number: int, cells: Sequence[object], noted: Noted) -> Noted:
        """Add to a note which row it is of."""
        reference = "" if REFERENCE in self._hide else self._reading.cell("order_id", cells)
        values = self.splitting.values(cells, self._reading(cells))
        if noted.faulty and ADDRESS in self._hide:  # its cells may stand in the wrong columns, and be an address
            values = ("",) * len(values)
        return replace(noted, row=number, reference=reference, values=values)


class Noting:
    """Decides rows as its checker does, and keeps of each its cells and what the report needs.

    To a `Line` it is what a checker is: it has a geocoder and a fingerprint, and it decides rows.
    """

    def __init__(self, checker: "Checker", *, hide: frozenset[str], language: str) -> None:
        self._checker = checker
        self._hide = hide
        self._language = language

    @property
    def geocoder(self) -> Geocoder | None:
        """What addresses are found with."""
        return self._checker.geocoder

    @geocoder.setter
    def geocoder(self, geocoder: Geocoder | None) -> None:
        self._checker = copy(self._checker)
        self._checker.geocoder = geocoder

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that an answer depends on but the question and its day."""
        return self._checker.fingerprint

    @property
    def left_out(self) -> str:
        """What its notes leave out; it stands with them, for they can be used only where the same is left out."""
        return " ".join(sorted(self._hide))

    def decide_rows(self, rows: Sequence[OrderRow | InvalidInput]) -> list[Answer]:
        """Give each row's cells, then the values of a `Noted`, then what was left out."""
        return [self.answer(row, outcome) for row, outcome in zip(rows, self._checker.decide_rows(rows), strict=True)]

    def answer(self, row: OrderRow | InvalidInput, outcome: Outcome) -> Answer:
        """Note what came of a row."""
        judged = Judged(row=0, answer=outcome, mis_sale=cost_of(row, self._checker.products))
        return (*answer_of(outcome, self._language), *note(judged, self._hide).to_values(), self.left_out)


class OrdersReport:
    """Takes rows as they are written, and becomes a page.

    Parameters
    ----------
    checker
        For batches.

    Raises
    ------
    TableInvalid, InvalidInput
        As `RowNotes`.
    """

    def __init__(self, wanted: ReportFile, checker: "Checker", table: Table, reading: Reading) -> None:
        hide = wanted.options.hide
        self._checker = checker
        self._reading = reading
        self._notes = RowNotes(table, reading, by=wanted.by, hide=hide)
        self._report = Report(columns=self._notes.splitting.names, options=wanted.options)
        self.noting = Noting(checker, hide=hide, language=reading.defaults.language)
        self._again: Deciding | None = None

    @property
    def listed(self) -> int:
        """How many rows it lists."""
        return self._report.listed

    def take(self, chunk: Chunk, answers: Sequence[Answer]) -> None:
        """Take some rows; those that an earlier run kept without notes, or with others, are decided once more."""
        if any(len(answer) == len(OUT) or answer[-1] != self.noting.left_out for answer in answers):
            # A line asks no more of a checker than Noting has.
            self._again = self._again or Deciding(self.noting, self._reading, decisions=True)  # type: ignore[arg-type]
            answers = self._again(chunk.rows)  # type: ignore[assignment]
        for number, (cells, answer) in enumerate(zip(chunk.rows, answers, strict=True), start=chunk.first):
            self._report.take(self._notes.of(number, cells, Noted.from_values(answer[len(OUT) : -1])))

    def page(self) -> str:
        """Write the page."""
        checker = self._checker
        return self._report.html([checker.snapshot], made_on=checker.as_of, products_sha256=checker.products.sha256)

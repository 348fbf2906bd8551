"""The report of a table of orders, collected while they are decided."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_check.order_rows import refuse_answered
from coverage_check.orders.checking import DecidedRow, Run, decided_rows
from coverage_check.orders.deciding import Reading
from coverage_check.orders.tables import open_table
from coverage_check.orders.whole import whole
from coverage_check.report.html import Options, Report
from coverage_check.report.judged import Judged, cost_of
from coverage_check.report.splitting import Splitting

if TYPE_CHECKING:
    from coverage_check.checker import Checker


class OrdersReport:
    """Takes decided rows as a `Record` does, and writes them as one HTML page.

    Parameters
    ----------
    source
        The table of the orders.
    by
        Columns to split by, beside the product; without any the usual ones.

    Raises
    ------
    MissingFile, TableInvalid, MissingExtra
        As `open_table`; or there is no such column.
    InvalidInput
        What shall be left out is asked for.
    """

    def __init__(
        self, checker: "Checker", source: Path, run: Run, *, by: Sequence[str] = (), options: Options | None = None
    ) -> None:
        options = options or Options()
        self._checker = checker
        self._source = source
        self._run = run
        with open_table(source, sheet=run.sheet) as table:
            refuse_answered(table.header, table.name)
            self._reading = Reading.of(table, run.columns, run.defaults, errors=checker.errors)
            self._splitting = Splitting.of(table.header, self._reading.places, by=by, hide=options.hide)
        self._report = Report(columns=self._splitting.names, options=options)

    def __call__(self, rows: Sequence[DecidedRow]) -> None:
        """Take some decided rows."""
        for row in rows:
            order = self._reading(row.cells)
            self._report.add(
                Judged(
                    row=row.number,
                    reference=row.order_id,
                    answer=row.outcome,
                    values=self._splitting.values(row.cells, order),
                    mis_sale=cost_of(order, self._checker.products),
                )
            )

    def write(self, target: Path, *, resumed_rows: int = 0) -> None:
        """Write the page, whole or not at all; decide the rows that an earlier run had decided once more for it.

        Raises
        ------
        OutputRefused
            It can't be written.
        """
        if resumed_rows:
            with open_table(self._source, sheet=self._run.sheet) as table:
                for row in decided_rows(self._checker, table, replace(self._run, limit=resumed_rows, resume=False)):
                    self([row])
        text = self._report.html(
            [self._checker.snapshot], made_on=self._checker.as_of, products_sha256=self._checker.products.sha256
        )
        with whole(target) as out:
            out.write(text)

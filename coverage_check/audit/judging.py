"""Two verdicts for each sale: one by the map of its own day, one by today's."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from coverage_check.coverage.archive import Archive
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.decision import Decision, ReasonCode, content_id
from coverage_check.errors import InvalidInput
from coverage_check.geocoders.base import Geocoder
from coverage_check.order_cells import no_day
from coverage_check.order_rows import OrderRow
from coverage_check.orders.ahead import AT_ONCE, Ahead, asks_a_server
from coverage_check.orders.deciding import Outcome
from coverage_check.orders.tables import CHUNK_ROWS
from coverage_check.products import Product
from coverage_check.qualification import Order, undetermined
from coverage_check.report.html import Options, Report
from coverage_check.report.judged import Judged, cost_of
from coverage_check.report.splitting import Splitting

if TYPE_CHECKING:
    from coverage_check.checker import Checker


class Auditor:
    """Judges sales, each twice.

    Parameters
    ----------
    checker
        Answers for today, from today's snapshot.
    archive
        Answers for a day of sale: the last snapshot published by then. A day before the first is undetermined, never guessed
        from a map that nobody had yet. Without an archive today's snapshot answers for every day, whose layers say
        themselves when they were in force.
    today
        The day that counts as today; the checker's, if it isn't given.

    Raises
    ------
    InvalidInput
        The geocoder answers no batches.
    """

    def __init__(self, checker: "Checker", *, archive: Archive | None = None, today: date | None = None) -> None:
        self.today = today or checker.as_of
        self.errors = checker.errors
        self._archive = archive
        self._checker = checker.for_batches()
        self._checkers = {self._checker.snapshot.id: self._checker}

    @property
    def geocoder(self) -> Geocoder | None:
        """What addresses are found with."""
        return self._checker.geocoder

    @geocoder.setter
    def geocoder(self, geocoder: Geocoder | None) -> None:
        self._checker = copy(self._checker)
        self._checker.geocoder = geocoder
        self._checkers = {self._checker.snapshot.id: self._checker}

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that the answers depend on but the sales and the days."""
        parts = (self._checker.fingerprint, *(snapshot.id for snapshot in self.snapshots))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def require_product(self, code: str | None) -> None:
        """Raise UnknownProduct for a code that every row would have in vain."""
        if code is not None:
            _ = self._checker.products[code]

    @property
    def snapshots(self) -> Sequence[Snapshot]:
        """What the answers rest on, that of today last."""
        today = self._checker.snapshot
        earlier = self._archive.snapshots if self._archive else ()
        return [*(snapshot for snapshot in earlier if snapshot.id != today.id), today]

    def judge(self, rows: Sequence[OrderRow | InvalidInput]) -> list[tuple[Outcome, Outcome]]:
        """Decide each row as of its own day and as of today; a row that can't be read is its fault, twice."""
        dated = [no_day(row.names) if isinstance(row, OrderRow) and row.on is None else row for row in rows]
        today = [replace(row, on=self.today) if isinstance(row, OrderRow) else row for row in dated]
        return list(zip(self._own_day(dated), self._checker.decide_rows(today), strict=True))

    def judge_many(self, rows: Sequence[OrderRow | InvalidInput]) -> Iterator[tuple[Outcome, Outcome]]:
        """Decide rows some at a time, as `judge` does; each address is asked for once, and a server ahead."""
        geocoder = self.geocoder
        if geocoder is None:
            yield from self._judge_chunks(rows)
            return
        with Ahead(geocoder, at_once=AT_ONCE if asks_a_server(geocoder) else 0) as ahead:
            self.geocoder = ahead
            try:
                if asks_a_server(geocoder):
                    ahead.begin(row.address for row in rows if isinstance(row, OrderRow) and row.address is not None)
                yield from self._judge_chunks(rows)
            finally:
                self.geocoder = geocoder

    def judged(
        self,
        number: int,
        row: OrderRow | InvalidInput,
        outcomes: tuple[Outcome, Outcome],
        *,
        reference: str,
        values: tuple[str, ...],
    ) -> Judged:
        """Put together what a report wants to know of a row."""
        return Judged(
            row=number,
            reference=reference,
            answer=outcomes[0],
            today=outcomes[1],
            values=values,
            mis_sale=cost_of(row, self._checker.products),
        )

    def report(self, splitting: Splitting, options: Options) -> Report:
        """Begin a report."""
        return Report(columns=splitting.names, audit=True, options=options)

    def page(self, report: Report) -> str:
        """Write a report's page."""
        return report.html(self.snapshots, made_on=self.today, products_sha256=self._checker.products.sha256)

    def _judge_chunks(self, rows: Sequence[OrderRow | InvalidInput]) -> Iterator[tuple[Outcome, Outcome]]:
        for start in range(0, len(rows), CHUNK_ROWS):
            yield from self.judge(rows[start : start + CHUNK_ROWS])

    def _own_day(self, rows: Sequence[OrderRow | InvalidInput]) -> list[Outcome]:
        """Ask each row of the map of its day."""
        places: defaultdict[Snapshot | None, list[int]] = defaultdict(list)
        for n, row in enumerate(rows):
            places[self._map_of(row)].append(n)
        found: dict[int, Outcome] = {}
        for snapshot, numbers in places.items():
            checker = self._checker_over(snapshot or self._checker.snapshot)
            outcomes = checker.decide_rows([rows[n] for n in numbers])
            found.update(zip(numbers, outcomes if snapshot else map(self._without_map, outcomes), strict=True))
        return [found[n] for n in range(len(rows))]

    def _checker_over(self, snapshot: Snapshot) -> "Checker":
        """Give the checker of a snapshot, the same one each time: it keeps what alike rows share."""
        if snapshot.id not in self._checkers:
            self._checkers[snapshot.id] = self._checker.over(snapshot)
        return self._checkers[snapshot.id]

    def _map_of(self, row: OrderRow | InvalidInput) -> Snapshot | None:
        if self._archive is None or isinstance(row, InvalidInput) or row.on is None:
            return self._checker.snapshot
        return self._archive.on(row.on)

    def _without_map(self, outcome: Outcome) -> Outcome:
        """Decide again, where a place was found, that nothing can be said: no map was there on that day."""
        if isinstance(outcome, InvalidInput) or outcome.location is None:
            return outcome
        product = self._checker.products[outcome.product.code]
        return _undecided(outcome, product)


def _undecided(decision: Decision, product: Product) -> Decision:
    order = Order(
        product=product,
        on=decision.as_of,
        address=decision.address,
        place=decision.use.place,
        receiver=decision.use.receiver,
    )
    bare = undetermined(
        order, ReasonCode.NO_DATA, provenance=replace(decision.provenance, snapshot=""), made_at=decision.made_at
    )
    placed = replace(bare, location=decision.location)
    return replace(placed, id=content_id(placed.to_dict()))

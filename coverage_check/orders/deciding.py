"""Chunks of rows to answers: in this process or in several, in order, each question decided once."""

import gc
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from multiprocessing import connection, get_context, parent_process
from typing import TYPE_CHECKING, TypeVar

from coverage_check.decision import Decision
from coverage_check.errors import InvalidInput, SnapshotInvalid, TableInvalid, WorkerDied
from coverage_check.ledger import require_reference
from coverage_check.location import ErrorModel
from coverage_check.order_batches import SPOT, Batch, Spot, spots
from coverage_check.order_rows import (
    OUT,
    Answer,
    Defaults,
    OrderRow,
    answer_columns,
    cell_text,
    column_names,
    error_columns,
    find_columns,
    read_order,
    read_row,
)
from coverage_check.orders.ahead import Ahead, Answers, Questions, Told, asks_a_server
from coverage_check.orders.tables import CHUNK_ROWS, Chunk, Table

if TYPE_CHECKING:
    from coverage_check.checker import Checker

Outcome = Decision | InvalidInput
"""What a row came to: a decision, or the fault that kept it from one."""

Outcomes = Generator[tuple[Chunk, list[Answer] | list[Outcome]], None, None]

T = TypeVar("T")
S = TypeVar("S")

_CHUNKS_ASKED_AHEAD = 4
_MANY_ROWS = 8_000
"""Rows of a chunk: the more, the more of them are alike."""
_OBJECTS_A_CHUNK = 200_000
"""New ones between two searches for cycles: what workers send makes no cycles, and every row's answer was searched."""

_DIED = "A worker process was ended from outside, perhaps for want of memory: go on with --resume and fewer --workers."

_KEPT, _DECISIONS_KEPT = 20_000, 2_000
"""Answers and decisions that are kept for rows that ask the same again; about a kilobyte each, and 25."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the cells of a table's rows are read.

    Attributes
    ----------
    width
        The number of its columns.
    places
        Canonical name → column, from 0.
    errors
        Bounds how far off a position may be.
    order_ids
        Whether a row without an order_id that the ledger takes is a fault.
    names
        Canonical name → what the table calls the column, for faults.
    """

    width: int
    places: Mapping[str, int]
    defaults: Defaults
    errors: ErrorModel | None = None
    order_ids: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        table: Table,
        columns: Mapping[str, str] | None,
        defaults: Defaults,
        *,
        errors: ErrorModel | None = None,
        order_ids: bool = False,
    ) -> "Reading":
        """Find a table's columns by their names.

        Raises
        ------
        TableInvalid
            A column is missing, or two mean the same.
        """
        places = find_columns(table.header, columns, defaults)
        if order_ids and "order_id" not in places:
            raise TableInvalid(f"{table.name} has no column order_id, which the ledger files by: --column order_id=NAME.")
        names = column_names(table.header, places)
        return cls(
            width=len(table.header), places=places, defaults=defaults, errors=errors, order_ids=order_ids, names=names
        )

    def __call__(self, cells: Sequence[object]) -> OrderRow | InvalidInput:
        """Read one row."""
        read = read_order(cells, self.width, self.places, self.defaults, names=self.names, errors=self.errors)
        if self.order_ids and isinstance(read, OrderRow):
            try:
                require_reference(f"column {self.names['order_id']!r}: The row's order_id", self.cell("order_id", cells))
                require_reference(
                    f"column {self.names.get('customer', '')!r}: The row's customer", self.cell("customer", cells) or "-"
                )
            except InvalidInput as error:
                return error
        return read

    def asked(self, rows: Sequence[Sequence[object]]) -> list[Spot | OrderRow | InvalidInput]:
        """Read many rows, those at plainly written positions only as far as it takes to tell them apart."""
        if self.order_ids:
            return list(map(self, rows))
        found = spots(rows, self.width, self.places)
        return [self(cells) if spot is None else spot for spot, cells in zip(found, rows, strict=True)]

    def batch(self, asked: Sequence[Spot | OrderRow | InvalidInput]) -> Batch:
        """Put together what was asked."""
        names = {name: n for n, name in enumerate(name for name in SPOT if name in self.places)}
        return Batch.read(asked, lambda spot: read_row(spot, names, self.defaults, names=self.names, errors=self.errors))

    def cell(self, name: str, cells: Sequence[object]) -> str:
        """Give the text of a row's cell in a canonical column; empty if there is none."""
        place = self.places.get(name)
        return cell_text(cells[place]) if place is not None and place < len(cells) else ""


class Deciding:
    """Decides chunk after chunk, and each question once: rows that ask the same share one answer.

    Parameters
    ----------
    decisions
        Whether outcomes are asked for, or only answers, which cost less.
    """

    def __init__(self, checker: "Checker", reading: Reading, *, decisions: bool) -> None:
        self._checker = checker
        self._reading = reading
        self._decisions = decisions
        self._known: dict[Spot | OrderRow | InvalidInput, Answer | Outcome] = {}  # a fault is like no other

    def __call__(self, rows: Sequence[Sequence[object]]) -> list[Answer] | list[Outcome]:
        """Decide some rows."""
        asked = list(map(self._reading, rows)) if self._decisions else self._reading.asked(rows)
        new = [row for row in dict.fromkeys(asked) if row not in self._known]
        self._known.update(zip(new, self._decide(new), strict=True))
        found = [self._known[row] for row in asked]
        most = _DECISIONS_KEPT if self._decisions else _KEPT
        for old in list(islice(self._known, max(0, len(self._known) - most))):
            del self._known[old]
        return found  # type: ignore[return-value] # all of one kind

    def told(self, answers: Answers) -> None:
        """Take what the geocoder said of the next rows' addresses from elsewhere."""
        if isinstance(self._checker.geocoder, Told):
            self._checker.geocoder.answers = answers

    def _decide(self, asked: Sequence[Spot | OrderRow | InvalidInput]) -> Sequence[Answer | Outcome]:
        if not asked:
            return []
        if self._decisions:
            return self._checker.decide_rows(asked)  # type: ignore[arg-type] # each was read
        return self._checker.check_batch(self._reading.batch(asked), language=self._reading.defaults.language)


def answer_of(outcome: Outcome, language: str) -> Answer:
    """Give the values of the cc_… columns that say an outcome."""
    answer = error_columns(outcome) if isinstance(outcome, InvalidInput) else answer_columns(outcome, language)
    return tuple(answer[name] for name in OUT)


class Line:
    """Where chunks go through: questions to a server first, then the decision, here or in worker processes.

    Both run ahead of what the caller takes, by a few chunks and no more, so memory stays bounded.
    """

    def __init__(self, checker: "Checker", reading: Reading, *, decisions: bool, workers: int, at_once: int) -> None:
        server = asks_a_server(checker.geocoder)
        self._reading = reading
        self._workers = workers
        self._ahead = Ahead(checker.geocoder, at_once=at_once if server else 0) if checker.geocoder else None
        self._asks_ahead = server
        self._checker = copy(checker)
        self._decisions = decisions
        if workers == 1:
            self._checker.geocoder = self._ahead
        elif server and checker.geocoder:
            self._checker.geocoder = Told(checker.geocoder)

    @property
    def chunk_rows(self) -> int:
        """How many rows are best decided together: few where each is waited for, or is kept as a whole decision."""
        return CHUNK_ROWS if self._decisions or self._asks_ahead else _MANY_ROWS

    def outcomes(self, chunks: Iterable[Chunk]) -> Outcomes:
        """Give each chunk with what its rows came to, in order.

        Raises
        ------
        WorkerDied
            The machine ended a worker process, most likely for want of memory.
        """
        with self._ahead or nullcontext():
            asked = _staged(chunks, self._begin, _CHUNKS_ASKED_AHEAD if self._asks_ahead else 0)
            if self._workers == 1:
                decide = Deciding(self._checker, self._reading, decisions=self._decisions)
                for chunk, _ in asked:
                    yield chunk, decide(chunk.rows)
            else:
                made = (self._checker, self._checker.fingerprint, self._reading, self._decisions)
                with _pool(self._workers, made) as pool:
                    jobs = ((chunk, self._said(questions)) for chunk, questions in asked)
                    for (chunk, _), job in _staged(jobs, partial(_submit, pool), 2 * self._workers):
                        yield chunk, _result(job)

    def _begin(self, chunk: Chunk) -> Questions:
        if not (self._ahead and self._asks_ahead):
            return {}
        read = map(self._reading, chunk.rows)
        return self._ahead.begin(row.address for row in read if isinstance(row, OrderRow) and row.address is not None)

    def _said(self, asked: Questions) -> Answers:
        return self._ahead.said(asked) if self._ahead else {}


def _staged(items: Iterable[T], begin: Callable[[T], S], depth: int) -> Iterator[tuple[T, S]]:
    """Begin work on each item, and give it back when `depth` further items have been begun."""
    waiting = deque[tuple[T, S]]()
    for item in items:
        waiting.append((item, begin(item)))
        if len(waiting) > depth:
            yield waiting.popleft()
    yield from waiting


# Worker processes ----------------------------------------------------------------------------------------------------

_worker: Deciding
_replaced: bool


@contextmanager
def _pool(workers: int, made: tuple["Checker", str, Reading, bool]) -> Iterator[ProcessPoolExecutor]:
    """Start processes that open snapshot and register once each; they end with the caller, however it ends."""
    # Not forked: threads of this process (Arrow's, the geocoding's) might hold locks that nobody would release.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin_worker, initargs=made)
    thresholds = gc.get_threshold()
    gc.set_threshold(_OBJECTS_A_CHUNK, *thresholds[1:])
    try:
        with _uninterrupted():
            for _ in range(workers):
                pool.submit(_ready)  # starts one more process
        yield pool
    finally:
        gc.set_threshold(*thresholds)
        with _uninterrupted():
            pool.shutdown(cancel_futures=True)  # a process whose parent goes while it starts ends with a traceback


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the end of this, and from the processes that are started in it: it is the parent's business."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield  # another thread is never interrupted; and Windows has no mask
        return
    caught: list[int] = []
    # The handler takes what came already and is only seen now; the mask is what the processes inherit.
    handler = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, signal.SIG_DFL if handler is None else handler)
    if caught:
        raise KeyboardInterrupt


def _ready() -> None:
    """Do nothing, in a worker."""


def _begin_worker(checker: "Checker", fingerprint: str, reading: Reading, decisions: bool) -> None:  # noqa: FBT001 - as it is called
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    gc.set_threshold(_OBJECTS_A_CHUNK, *gc.get_threshold()[1:])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if checker.geocoder and not isinstance(checker.geocoder, Told):
        checker.geocoder = Ahead(checker.geocoder, at_once=0)
    global _worker, _replaced  # noqa: PLW0603 - what a process opens once
    _worker = Deciding(checker, reading, decisions=decisions)
    _replaced = checker.fingerprint != fingerprint


def _end_with_parent() -> None:
    """Wait for the parent's end: one that was killed tells nobody."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _decide_in_worker(rows: Sequence[Sequence[object]], answers: Answers) -> list[Answer] | list[Outcome]:
    if _replaced:
        raise SnapshotInvalid(
            "The snapshot or the register was replaced while the orders were begun: start the command anew."
        )
    _worker.told(answers)
    return _worker(rows)


def _submit(pool: ProcessPoolExecutor, job: tuple[Chunk, Answers]) -> "Future[list[Answer] | list[Outcome]]":
    chunk, answers = job
    try:
        return pool.submit(_decide_in_worker, chunk.rows, answers)
    except BrokenProcessPool:
        raise WorkerDied(_DIED) from None


def _result(job: "Future[list[Answer] | list[Outcome]]") -> list[Answer] | list[Outcome]:
    try:
        return job.result()
    except BrokenProcessPool:
        raise WorkerDied(_DIED) from None

"""The course of one table: rows that an earlier run answered come from its part, the others are decided and kept in it.

Whoever works through a table so (orders, an audit) can be ended at any moment and gone on with.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from itertools import chain, islice
from pathlib import Path

from coverage_check.errors import CoverageCheckError, InvalidInput, MissingExtra, OutputRefused, TableInvalid
from coverage_check.order_rows import Answer
from coverage_check.orders.deciding import Line, Outcome
from coverage_check.orders.part import Part, part_of
from coverage_check.orders.summary import Progress
from coverage_check.orders.tables import Chunk, Table
from coverage_check.orders.whole import ordinary

Answered = Callable[[Chunk, list[Answer] | list[Outcome]], list[Answer]]
"""Makes of a chunk and what its rows came to the answers that are kept, which JSON can hold."""


class Course:
    """The rows of one table on their way through a line, and how far they are.

    Parameters
    ----------
    limit
        Only the first rows; None for all.
    progress
        Called after each chunk.

    Attributes
    ----------
    rows, resumed_rows
        How many are done, and how many of them an earlier run had done.
    """

    def __init__(
        self, table: Table, line: Line, *, limit: int | None, progress: Callable[[Progress], None] | None = None
    ) -> None:
        self.rows = 0
        self.resumed_rows = 0
        self._table = table
        self._line = line
        self._limit = limit
        self._progress = progress
        self._began = time.monotonic()

    def answers(self, part: Part | None, answered: Answered) -> Iterator[tuple[Chunk, list[Answer]]]:
        """Give each chunk with its answers, in order: those of an earlier run, then those that are decided and kept now."""
        for chunk, answers in self._answers(part, answered):
            self.rows += len(answers)  # they are kept, whatever ends this run while they are written
            if self._progress:
                self._progress(self._reached())
            yield chunk, answers

    @property
    def seconds(self) -> float:
        """Since this run began to decide."""
        return time.monotonic() - self._began

    def _answers(self, part: Part | None, answered: Answered) -> Iterator[tuple[Chunk, list[Answer]]]:
        chunks = self._table.chunks(limit=self._limit, most=self._line.chunk_rows)
        if part:
            kept = chain.from_iterable(part.answers())
            for chunk in chunks:  # which may be longer or shorter than those of the earlier run
                answers = list(islice(kept, len(chunk.rows)))
                known, others = chunk.split(len(answers))
                self.resumed_rows += len(answers)
                if answers:
                    yield known, answers
                if others.rows:
                    chunks = chain([others], chunks)
                    break
        self._began = time.monotonic()
        with closing(self._line.outcomes(chunks)) as decided:
            for chunk, outcomes in decided:
                answers = answered(chunk, outcomes)
                if part:
                    part.keep(answers)
                yield chunk, answers

    def _reached(self) -> Progress:
        return Progress(rows=self.rows, share=self._table.share_read(), resumed_rows=self.resumed_rows, seconds=self.seconds)


@contextmanager
def kept_beside(target: Path, identity: Mapping[str, str], *, resume: bool) -> Iterator[Part]:
    """Open the part beside a target; a run that ends early leaves it there if it can be gone on with.

    Raises
    ------
    OutputRefused
        As `part_of`; or the disk is full.
    """
    with part_of(target, identity, resume=resume) as part:
        try:
            yield part
        except (TableInvalid, InvalidInput, MissingExtra):
            part.remove()  # the same again would end the same
            raise
        except CoverageCheckError:
            raise
        except OSError as error:
            message = f"{target} can't be written ({error.strerror}): make room for it, then go on with --resume."
            raise OutputRefused(message) from None


def identity_of(source: Path, *, config: str, as_of: date, choice: Mapping[str, object]) -> Mapping[str, str]:
    """Name all that the answers of a run depend on.

    Parameters
    ----------
    config
        Hash of all that decides, but the question and its day.
    choice
        What else was chosen, by the name that a person knows it by.
    """
    with source.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    *most, last = choice
    chosen = repr(list(choice.values()))
    return {
        "input": content,
        "config": config,
        "as_of": str(as_of),
        f"choice of {', '.join(most)} or {last}": hashlib.sha256(chosen.encode()).hexdigest(),
    }


def day_of(begun: Mapping[str, str]) -> date | None:
    """Take the day on which the run began that is gone on with; None if there is none."""
    return date.fromisoformat(begun["as_of"]) if "as_of" in begun else None


def refuse_targets(source: Path, targets: Sequence[Path]) -> None:
    """Raise OutputRefused if an output is the input, two outputs are one file, or one has no folder to lie in."""
    known: set[Path] = set()
    for path in map(ordinary, targets):
        if path.exists() and source.exists() and path.samefile(source):
            raise OutputRefused(f"{path.name} is the input: name another file to write.")
        if path in known:
            raise OutputRefused(f"{path.name} is named twice: give each output a file of its own.")
        if not path.parent.is_dir():
            raise OutputRefused(f"{path} can't be written (there is no such folder): make it, or choose another.")
        known.add(path)

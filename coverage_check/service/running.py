"""What a worker holds, and how its work is done beside the event loop, within its time."""

import contextlib
from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from coverage_check.checker import Checker
from coverage_check.decision import Verdict
from coverage_check.errors import RegisterInvalid, SnapshotInvalid
from coverage_check.geocoders.register import Register
from coverage_check.service.asked import Question
from coverage_check.service.metrics import Metrics
from coverage_check.service.problems import Refused
from coverage_check.service.recording import Recorder
from coverage_check.service.settings import Settings
from coverage_check.service.takeover import Current
from coverage_check.service.tasks import Tasks
from coverage_check.service.together import Answer, Together, answers

Result = TypeVar("Result")

_THREADS_COMPUTING = 2
_THREADS_WAITING = 32
"""A register is read and reckoned with: more threads only take turns. A geocoder on the network is waited for."""


class Worker:
    """One process of the service.

    Attributes
    ----------
    current
        The checker in use.
    recorder
        None where no ledger is configured.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.current = Current(settings.config, self.metrics)
        self.recorder = Recorder(settings.ledger) if settings.ledger else None
        self.tasks = Tasks(settings.tasks, keep_s=settings.keep_tasks_s)
        self._together = Together(lambda: self.current.checker)
        self._limiters: dict[bool, CapacityLimiter] = {}

    async def run(self, work: Callable[[Checker], Result]) -> Result:
        """Do some work with the checker in use, in a thread.

        A snapshot or register that was replaced under the old checker is taken over at once, and the work done again.

        Raises
        ------
        Refused
            504: it took too long.
        """
        waits = self._waits()
        if waits not in self._limiters:
            self._limiters[waits] = CapacityLimiter(_THREADS_WAITING if waits else _THREADS_COMPUTING)

        def once_more() -> Result:
            try:
                return work(self.current.checker)
            except (RegisterInvalid, SnapshotInvalid):
                if not self.current.look():
                    raise
                return work(self.current.checker)

        try:
            with anyio.fail_after(self.settings.answer_timeout_s):
                return await to_thread.run_sync(once_more, abandon_on_cancel=True, limiter=self._limiters[waits])
        except TimeoutError:
            raise Refused(504, "ANSWER_TIMEOUT", "") from None

    async def answer(self, question: Question) -> Answer:
        """Answer a question: at once, with the others that came together, unless it waits for the network.

        Handing it to a thread would cost half a millisecond, and threads that reckon only take turns.
        """
        if not self._waits():
            with contextlib.suppress(RegisterInvalid, SnapshotInvalid):
                return await self._together.ask(question)
        return await self.run(lambda checker: answers(checker, [question])[0])

    def _waits(self) -> bool:
        return not isinstance(self.current.checker.geocoder, Register | None)

    def count(self, *verdicts: Verdict) -> None:
        """Count decisions by their verdict."""
        for verdict in verdicts:
            self.metrics.decided(verdict.value)

    def close(self) -> None:
        """Let go of files."""
        self.tasks.close()
        if self.recorder is not None:
            self.recorder.close()

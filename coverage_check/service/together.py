"""Questions that come together are decided together, with one look at the coverage; each answer is what it would be alone.

While some are decided, others come in: the more there are, the less each costs, so nothing piles up.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coverage_check.checker import Checker
from coverage_check.decision import Verdict
from coverage_check.service.asked import Question

_MOST = 32
"""Decided at a stretch: some 10 to 20 ms, during which nobody else is answered."""


_PAUSE_S = 0.001
"""Waited for more where several came together just now: who was answered then, asks again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision as it is sent: its JSON in UTF-8, and the snapshot that it was made with."""

    snapshot: str
    verdict: Verdict
    text: bytes


class Together:
    """Gathers the questions of one turn of the event loop.

    Parameters
    ----------
    checker
        Gives the checker in use.
    """

    def __init__(self, checker: Callable[[], Checker]) -> None:
        self._checker = checker
        self._busy = False
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []

    async def ask(self, question: Question) -> Answer:
        """Answer one question; raise what its decision raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, answer))
        if len(self._waiting) == 1:  # the others find it on its way
            loop.call_later(_PAUSE_S if self._busy else 0, self._decide)
        return await answer

    def _decide(self) -> None:
        some, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        self._busy = len(some) > 1
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._decide)
        found = _answers_or_faults(self._checker(), [question for question, _ in some])
        for (_, answer), each in zip(some, found, strict=True):
            if answer.cancelled():
                continue
            if isinstance(each, Answer):
                answer.set_result(each)
            else:
                answer.set_exception(each)


def answers(checker: Checker, questions: Sequence[Question]) -> list[Answer]:
    """Answer some questions; raise what the first that has a fault raises."""
    decisions = checker.decide_many([question.request(checker) for question in questions])
    return [Answer(checker.snapshot.id, verdict, text) for verdict, text in decisions.texts()]


def _answers_or_faults(checker: Checker, questions: Sequence[Question]) -> list[Answer | Exception]:
    """Answer each question, or say what is wrong with it; one that has a fault costs the others nothing but time."""
    try:
        return [*answers(checker, questions)]
    except Exception as error:  # noqa: BLE001 - it is raised where the question was asked
        if len(questions) == 1:
            return [error]
        return [_answers_or_faults(checker, [question])[0] for question in questions]

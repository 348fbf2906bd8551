"""What a question comes to for the layers of a snapshot, wherever the customer is: found once, for all who ask it."""

from collections.abc import Sequence
from functools import cached_property

from coverage_check.decision import ReasonCode
from coverage_check.layer import Layer
from coverage_check.qualification.needs import Sides
from coverage_check.qualification.stances import Fit, Question, Reach, Stance, Time, elsewhere, numbers, stances

_KEPT = 4096


class Terms:
    """The stances that layers take on a question, and what follows of them alone.

    Attributes
    ----------
    stances
        Those of each need.
    needs
        The same by what they count for.
    reach, numbers
        The layers to look around for, and all that take a stance.
    """

    def __init__(self, question: Question, layers: Sequence[Layer]) -> None:
        self.question = question
        self.stances = stances(question, layers)
        self.needs = tuple(map(Sides.of, self.stances))
        self.every = bool(question.product.all_of)
        self.reach = Reach.of(self.stances)
        self.numbers = numbers(self.stances)
        self._layers = layers

    @cached_property
    def focuses(self) -> tuple[tuple[Stance, ...], ...]:
        """What each row's verdict may be explained by: `Assessment.focus`."""
        return self.stances if self.every else (tuple(stance for each in self.stances for stance in each),)

    @cached_property
    def live(self) -> list[list[int]]:
        """The layers of each focus that qualify and are live."""
        return [[s.number for s in focus if s.is_((Fit.QUALIFIES,), (Time.LIVE,))] for focus in self.focuses]

    @cached_property
    def kinds(self) -> dict[tuple[int, Fit, Time], list[int]]:
        """The layers of a focus, fit and time together, of which `Assessment.best` takes one."""
        kinds: dict[tuple[int, Fit, Time], list[int]] = {}
        for number, focus in enumerate(self.focuses):
            for stance in focus:
                kinds.setdefault((number, stance.fit, stance.time), []).append(stance.number)
        return kinds

    @cached_property
    def best(self) -> list[list[int]]:
        """The kinds that qualify and are live."""
        return [alike for (_, fit, time), alike in self.kinds.items() if (fit, time) == (Fit.QUALIFIES, Time.LIVE)]

    @cached_property
    def counting(self) -> list[int]:
        """The layers that qualify on whatever day, if one may follow another or was measured."""
        enough = [stance.number for each in self.stances for stance in each if stance.fit is Fit.QUALIFIES]
        return enough if len(enough) > 1 or any(self._layers[number].curve for number in enough) else []

    @cached_property
    def elsewhere(self) -> list[list[int]]:
        """The layers that could be named instead, in order, for each focus and reason."""
        found: list[list[int]] = []
        for focus in self.focuses:
            kinds: dict[ReasonCode, list[int]] = {}
            for code, number in elsewhere(self.question, [stance.layer for stance in focus], self._layers):
                kinds.setdefault(code, []).append(number)
            found += kinds.values()
        return found

    @cached_property
    def on_sale(self) -> bool:
        """Whether the product is sold on the day."""
        return self.question.product.on_sale(self.question.on)


class KnownTerms:
    """The terms of the questions that were asked of one snapshot. Threads may share it: at worst they are found twice."""

    def __init__(self) -> None:
        self._found: dict[Question, Terms] = {}

    def of(self, question: Question, layers: Sequence[Layer]) -> Terms:
        """Give the terms of a question; the layers are always the same."""
        terms = self._found.get(question)
        if terms is None:
            if len(self._found) >= _KEPT:
                self._found = {}
            terms = self._found[question] = Terms(question, layers)
        return terms

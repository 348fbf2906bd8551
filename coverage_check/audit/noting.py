"""What an audit says of each sale: the cells of its row, and what the report and the figures need."""

from collections.abc import Sequence

from coverage_check.audit.judging import Auditor
from coverage_check.errors import InvalidInput
from coverage_check.geocoders.base import Geocoder
from coverage_check.order_rows import NUMBERS, OUT, Answer, OrderRow
from coverage_check.orders.deciding import answer_of
from coverage_check.report.judged import Judged, doubt_of
from coverage_check.report.noted import Noted, note

_SAME = ("verdict", "probability", "reasons", "alternative", "sentence", "decision_id")
TODAY = (*(f"cc_today_{name}" for name in _SAME), "cc_at_risk")
"""What an audit adds after an order's columns: the verdict as of today, and the money at risk as of the day of sale."""

ANSWER = (*OUT, *TODAY)
"""The columns that an audit adds, in order."""

ANSWER_NUMBERS = (*NUMBERS, "cc_today_probability", "cc_at_risk")
"""Those of them that hold numbers."""

_TODAY_PLACES = tuple(OUT.index(f"cc_{name}") for name in _SAME)


class Noting:
    """Judges rows and keeps of each only what is written: small enough to be kept, or sent from a worker process.

    To a `Line` it is what a checker is: it has a geocoder and a fingerprint, and it decides rows.

    Parameters
    ----------
    hide
        What the report leaves out.
    language
        Of the sentences in the cells.
    """

    def __init__(self, auditor: Auditor, *, hide: frozenset[str], language: str) -> None:
        self._auditor = auditor
        self._hide = hide
        self._language = language

    @property
    def geocoder(self) -> Geocoder | None:
        """What addresses are found with."""
        return self._auditor.geocoder

    @geocoder.setter
    def geocoder(self, geocoder: Geocoder | None) -> None:
        self._auditor.geocoder = geocoder

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that an answer depends on but the sale and the days."""
        return self._auditor.fingerprint

    def decide_rows(self, rows: Sequence[OrderRow | InvalidInput]) -> list[Answer]:
        """Give of each row what it says whichever row it is: the values of `ANSWER`, then those of a `Noted`."""
        judged = (
            self._auditor.judged(0, row, outcomes, reference="", values=())
            for row, outcomes in zip(rows, self._auditor.judge(rows), strict=True)
        )
        return [(*answer_row(row, self._language), *note(row, self._hide).to_values()) for row in judged]


def cells_and_note(answer: Answer) -> tuple[Answer, Noted]:
    """Take apart what `Noting` put together."""
    return answer[: len(ANSWER)], Noted.from_values(answer[len(ANSWER) :])


def answer_row(judged: Judged, language: str) -> Answer:
    """Give the values of a sale's cc_… columns, in the order of `ANSWER`."""
    today = answer_of(judged.today, language) if judged.today is not None else (None,) * len(OUT)
    at_risk = round(judged.mis_sale * doubt_of(judged.answer), 2)
    return (*answer_of(judged.answer, language), *(today[place] for place in _TODAY_PLACES), at_risk)

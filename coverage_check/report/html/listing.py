"""The rows that a report lists: at most so many, the most important ones, as columns for the page."""

from collections.abc import Sequence
from typing import Any

from coverage_check.decision import Verdict
from coverage_check.report.noted import Noted

LISTED = 20_000
"""More rows than these nobody reads, and a page with more is slow to open."""

_CODES = {verdict: n for n, verdict in enumerate(Verdict)}


class Listing:
    """Collects the rows to list; beyond `LISTED` the least important ones are let go."""

    def __init__(self, *, at_most: int | None = None) -> None:
        self._at_most = at_most or LISTED
        self._rows: list[Noted] = []

    def add(self, noted: Noted) -> None:
        """Take one row."""
        self._rows.append(noted)
        if len(self._rows) > 2 * self._at_most:
            self._rows = self._best()

    @property
    def rows(self) -> Sequence[Noted]:
        """The rows, those to call first at the top."""
        return self._best()

    def _best(self) -> list[Noted]:
        return sorted(self._rows, key=lambda noted: noted.rank)[: self._at_most]


def columns_of(rows: Sequence[Noted], spots: Sequence[tuple[float, float] | None]) -> dict[str, Any]:
    """Lay rows out as columns for the page; texts that recur are held once and named by their number.

    Parameters
    ----------
    spots
        Where each row lies on the map, in its pixels; None for nowhere.
    """
    texts: dict[str, int] = {}

    def number_of(text: str) -> int:
        return texts.setdefault(text, len(texts))

    table = {
        "row": [row.row for row in rows],
        "reference": [row.reference for row in rows],
        "verdict": [_CODES[row.verdict] for row in rows],
        "today": [None if row.today is None else _CODES[row.today] for row in rows],
        "probability": [row.probability for row in rows],
        "day": [number_of(row.day) for row in rows],
        "product": [number_of(row.product) for row in rows],
        "address": [number_of(row.address) for row in rows],
        "edge": [None if row.edge_distance_m is None else round(row.edge_distance_m) for row in rows],
        "layer": [number_of(row.layer) for row in rows],
        "at_risk": [round(row.at_risk) for row in rows],
        "reasons": [list(row.reasons) for row in rows],
        "messages": [[number_of(text) for text in row.messages] for row in rows],
        "told": [[number_of(text) for text in row.told] for row in rows],
        "told_today": [[number_of(text) for text in row.told_today] for row in rows],
        "ask": [[number_of(text) for text in row.ask] for row in rows],
        "values": [[number_of(text) for text in row.values] for row in rows],
        "x": [None if spot is None else round(spot[0], 2) for spot in spots],
        "y": [None if spot is None else round(spot[1], 2) for spot in spots],
    }
    return {"rows": table, "texts": list(texts)}

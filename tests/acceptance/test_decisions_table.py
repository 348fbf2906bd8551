"""decisions.csv: what is answered at a place, for a product, on a day. Anyone who sells may add a row.

The places lie on the bundled map of Vätö, whose network is fictitious. `product`, `day`, `use` and `receiver` are what was
asked (empty: as the product is sold); `verdict`, `reason` and `alternative` (the first one) are an honest answer, `ask` is
the question that would change most, and `because` says why that is so.
"""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from coverage_check.checker import Checker
from coverage_check.decision import Alternative, Verdict

TABLE = Path(__file__).with_name("decisions.csv")
with TABLE.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def said(offer: Alternative) -> str:
    """Write an alternative as the table does."""
    condition = f" with {offer.condition}" if offer.condition else ""
    start = f" from {offer.from_}" if offer.from_ else ""
    spot = " at a spot nearby" if offer.lat is not None else ""
    return f"{offer.product}{condition}{start}{spot}"


@pytest.mark.parametrize("row", ROWS, ids=[f"line {line}" for line in range(2, len(ROWS) + 2)])
def test_the_answer_is_honest(checker: Checker, row: dict[str, str]) -> None:
    decision = checker.check(
        row["place"],
        product=row["product"],
        on=date.fromisoformat(row["day"]),
        at=row["use"] or None,
        receiver=row["receiver"] or None,
    )
    first = next(map(said, decision.alternatives), "")
    question = next((question.code for question in decision.ask_next), "")
    expected = (row["verdict"], row["reason"], row["alternative"], row["ask"])
    assert (decision.verdict, decision.reasons[0].code, first, question) == expected, row["because"]


def test_the_table_asks_enough() -> None:
    assert len(ROWS) >= 120
    assert all(row["because"] for row in ROWS)
    assert len({tuple(row.values())[:5] for row in ROWS}) == len(ROWS)
    assert {row["verdict"] for row in ROWS} == set(Verdict)
    assert min(Counter(row["verdict"] for row in ROWS).values()) >= 5
    kinds = {"WHICH_ADDRESS", "BY_A_WINDOW", "ANTENNA_POSSIBLE", "PLACE_OF_USE", "POSITION", "LONG_ENOUGH", "HOUSE_NUMBER"}
    assert {row["ask"] for row in ROWS} >= kinds

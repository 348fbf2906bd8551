"""One row of a table with what was decided about it: what every report is made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from coverage_check.decision import Decision, ReasonCode, Verdict
from coverage_check.errors import InvalidInput
from coverage_check.order_rows import OrderRow
from coverage_check.products import Product

Answer = Decision | InvalidInput
"""A decision, or why the row could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A sale or an order, and the answer to it.

    Attributes
    ----------
    row
        Its number below the header, from 1.
    reference
        Its order number, or nothing.
    answer
        As of its own day.
    today
        As of today, in an audit; None for orders, whose own day is today's.
    values
        What it has in each column that the report is split by, in the order of the columns.
    mis_sale
        What it costs to have sold it wrongly, by [risk]; 0 where the product is unknown.
    """

    row: int
    reference: str = ""
    answer: Answer
    today: Answer | None = None
    values: tuple[str, ...] = ()
    mis_sale: float = 0.0


def verdict_of(answer: Answer) -> Verdict:
    """Give the verdict; a row that can't be read is undetermined."""
    return Verdict.UNDETERMINED if isinstance(answer, InvalidInput) else answer.verdict


def reason_of(answer: Answer) -> ReasonCode:
    """Give the reason that decided."""
    return ReasonCode.INVALID_INPUT if isinstance(answer, InvalidInput) else answer.reasons[0].code


def doubt_of(answer: Answer) -> float:
    """Give the probability that the product, as it was sold, does not work there; what isn't known counts as not working.

    The probability of a conditional decision is that under its condition. As sold it fails, so all of it is in doubt.
    """
    if isinstance(answer, InvalidInput) or answer.verdict is Verdict.CONDITIONAL:
        return 1.0
    return 1.0 - answer.probability


def cost_of(row: OrderRow | InvalidInput, products: Mapping[str, Product]) -> float:
    """Tell what it costs to have sold a row wrongly; 0 where nobody knows what was sold."""
    return products[row.product].risk.mis_sale if isinstance(row, OrderRow) and row.product in products else 0.0

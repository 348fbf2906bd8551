"""Orders into the ledger: each chunk of decided rows in one transaction, on the disk before any of it is written."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from coverage_check.ledger import Record, SaleContext

if TYPE_CHECKING:
    from coverage_check.ledger import Ledger
    from coverage_check.orders.checking import DecidedRow
    from coverage_check.orders.checking import Record as RecordRows


def recorded_in(ledger: "Ledger", *, language: str = "sv") -> "RecordRows":
    """Give what `check_orders` calls to record its rows.

    A row is filed under its order_id, so a table that is run again is recorded once. Rows that came to no decision are not
    recorded.

    Parameters
    ----------
    language
        Of the sentence that the customer will hear: ``sv`` or ``en``.
    """

    def record(rows: Sequence["DecidedRow"]) -> None:
        ledger.append_many(
            Record(
                decision=row.decision,
                order_ref=row.order_id,
                context=SaleContext.of_order(row.decision, subject=row.customer, language=language),
            )
            for row in rows
            if row.decision is not None
        )

    return record

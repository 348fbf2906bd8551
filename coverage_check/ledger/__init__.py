"""The record: what was decided and said, append-only, so that it can be shown, checked, replayed, and erased.

entries ◀─ chain ◀─ drafts ─┐
             ▲              ├─ book: Ledger
store: sqlite | postgres ───┘  exchange: lines of JSON · replay: made again
"""

from coverage_check.ledger.book import Ledger
from coverage_check.ledger.drafts import Record, require_reference
from coverage_check.ledger.entries import (
    Channel,
    Entry,
    EntryKind,
    Fault,
    Head,
    Initiator,
    SaleContext,
    Verification,
)
from coverage_check.ledger.exchange import verify_export
from coverage_check.ledger.replay import Agreement, Outcome, recompute_with

__all__ = [
    "Agreement",
    "Channel",
    "Entry",
    "EntryKind",
    "Fault",
    "Head",
    "Initiator",
    "Ledger",
    "Outcome",
    "Record",
    "SaleContext",
    "Verification",
    "recompute_with",
    "require_reference",
    "verify_export",
]

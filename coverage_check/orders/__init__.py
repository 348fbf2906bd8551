"""Many orders in, as many rows out, in order: a table in, the same rows with cc_… columns out.

A file streams through in chunks: read, decided, kept in the part beside the output, written. A row that can't be read is a
row that says why. An output appears whole or not at all, and a run that was ended can be gone on with.
"""

from coverage_check.orders.checking import (
    DecidedRow,
    Record,
    Run,
    check_orders,
    decided_rows,
    read_through,
)
from coverage_check.orders.formulas import neutral
from coverage_check.orders.recording import recorded_in
from coverage_check.orders.reporting import ReportFile
from coverage_check.orders.stdin import from_stdin
from coverage_check.orders.summary import Progress, Summary, not_asked
from coverage_check.orders.tables import Chunk, Table, open_table
from coverage_check.orders.whole import whole

__all__ = [
    "Chunk",
    "DecidedRow",
    "Progress",
    "Record",
    "ReportFile",
    "Run",
    "Summary",
    "Table",
    "check_orders",
    "decided_rows",
    "from_stdin",
    "neutral",
    "not_asked",
    "open_table",
    "read_through",
    "recorded_in",
    "whole",
]

"""The ledger as lines of JSON: whole, or without personal data; both can be checked without the database."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from coverage_check.errors import InvalidInput, LedgerInvalid
from coverage_check.ledger.chain import COLUMNS, Row, canonical, verify_rows
from coverage_check.ledger.entries import Head, Verification

FORMAT = "coverage-check/ledger/1"


def export_lines(rows: Iterable[Row], *, personal: bool) -> Iterator[str]:
    """Give one line that says what follows, then one line a row; each in the one canonical way to write it."""
    yield canonical({"format": FORMAT, "personal": personal})
    for row in rows:
        shown = row if personal else replace(row, order_ref=None, subject=None, content=None, personal=None, salt=None)
        yield canonical(shown.values())


def verify_export(lines: Iterable[str], head: Head | str | None = None) -> Verification:
    """Check exported lines as `Ledger.verify` checks the database.

    Parameters
    ----------
    lines
        With or without their line feeds. Split a file at line feeds only: other separators occur inside texts.
    head
        A head that was published; without it missing last lines can't be noticed.

    Raises
    ------
    LedgerInvalid
        The first line is not that of an export of this version.
    """
    published = Head.parse(head) if isinstance(head, str) else head
    numbered = iter(lines)
    first = next(numbered, "").removesuffix("\n")
    redacted = first == canonical({"format": FORMAT, "personal": False})
    if not redacted and first != canonical({"format": FORMAT, "personal": True}):
        raise LedgerInvalid(f"The first line is not that of {FORMAT}: give a whole export of this version.")
    return verify_rows((_row(line.removesuffix("\n")) for line in numbered), published=published, redacted=redacted)


def _row(line: str) -> Row:
    """Read one line, which must be written exactly as `export_lines` writes it."""
    try:
        content = json.loads(line)
        if set(content) != set(COLUMNS) or type(content["seq"]) is not int or canonical(content) != line:
            raise LedgerInvalid("A line is not written as the export writes it.")
        return Row(**content)
    except (TypeError, ValueError, RecursionError, InvalidInput):
        raise LedgerInvalid("A line is not JSON.") from None

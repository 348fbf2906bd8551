"""parsing.csv: what customers say, and what is understood. Anyone who sells may add a row."""

import csv
from pathlib import Path

import pytest

from coverage_check.address import parse
from coverage_check.errors import InvalidInput

TABLE = Path(__file__).with_name("parsing.csv")
with TABLE.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))


@pytest.mark.parametrize("row", ROWS, ids=[f"line {line}" for line in range(2, len(ROWS) + 2)])
def test_what_customers_say_is_understood(row: dict[str, str]) -> None:
    if row["kind"] == "refused":
        with pytest.raises(InvalidInput):
            parse(row["said"])
        return
    query = parse(row["said"])
    assert (query.kind, query.normalised) == (row["kind"], row["understood"]), row["said"]

"""Files that broke other readers: opened, or refused with an error that has a name."""

from collections import Counter
from pathlib import Path

import pytest

from tests.integration.corpus_outcomes import IMPORTED, NEVER, Row, listing, outcomes, read_table
from tests.shared import shared


@pytest.fixture(scope="module")
def found() -> Counter[Row]:
    corpus = shared("corpus")
    before = list(listing(corpus))
    counted = outcomes(corpus)
    assert list(listing(corpus)) == before, "nothing is written beside the files, and none is touched"
    return counted


def test_every_file_is_imported_or_refused_by_name(found: Counter[Row]) -> None:
    """No error without a name, no hang, no layer that silently holds nothing."""
    assert not [row for row in found if row[2] in NEVER]


def test_outcomes_are_those_that_were_looked_at(found: Counter[Row]) -> None:
    assert found == read_table()


def test_table_counts_every_file() -> None:
    """And both ways out are met."""
    files = [path for path in shared("corpus").rglob("*") if path.is_file()]
    table = read_table()
    assert table.total() == len(files)
    assert {row[2] == IMPORTED for row in table} == {True, False}
    assert {row[0] for row in table} == {path.relative_to(_corpus()).parts[0] for path in files}


def _corpus() -> Path:
    return shared("corpus")

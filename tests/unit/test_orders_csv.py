"""CSV comes out as the standard library writes it, whatever stands in the cells."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coverage_check.order_cells import NoValue
from coverage_check.order_rows import cell_text
from coverage_check.orders.csv_writing import csv_writer
from coverage_check.orders.formulas import neutral
from coverage_check.orders.tables import Chunk

ANSWERS = ("cc_verdict", "cc_probability", "cc_sentence")
texts = st.text(st.sampled_from("aÖ,;\t\"'\r\n =-|(") | st.characters(codec="utf-8"), max_size=8)
cells = texts | st.none() | st.integers() | st.floats() | st.booleans() | st.dates() | st.datetimes() | texts.map(NoValue)
told = st.tuples(st.sampled_from(["deliverable", "undetermined"]), st.floats(0, 1) | st.none(), texts | st.none())
rows = st.lists(st.tuples(st.lists(cells, max_size=4), told), min_size=1, max_size=5)


def written(delimiter: str, header: Sequence[str], table: Sequence[tuple[Sequence[object], Sequence[object]]]) -> str:
    out = io.StringIO()
    write = csv_writer(out, delimiter, header, ANSWERS)
    write(Chunk(first=1, rows=[row for row, _ in table]), [answer for _, answer in table])
    return out.getvalue()


def as_the_standard_library_writes(rows: Sequence[Sequence[object]], delimiter: str) -> str:
    """Write rows that end in CR LF, as only then a cell with either is quoted, and take the CR of each end away."""
    lines = []
    for row in rows:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerow(row)
        lines.append(out.getvalue().removesuffix("\r\n") + "\n")
    return "".join(lines)


@given(delimiter=st.sampled_from([",", ";", "\t"]), table=rows)
@example(delimiter=",", table=[(["a", None], ("deliverable", 0.5, None)), (["b\r"], ("deliverable", None, "x"))])
@example(delimiter=";", table=[([date(2025, 11, 1), datetime(2025, 11, 1, 12)], ("deliverable", 1e-05, "-"))])  # noqa: DTZ001 - as a sheet has it
def test_rows_are_written_as_the_standard_library_writes_them(
    delimiter: str, table: list[tuple[list[object], tuple[object, ...]]]
) -> None:
    header = ["order_id", "=1+1"]
    shown = [[neutral(cell) if isinstance(cell, str) else cell_text(cell) for cell in row] for row, _ in table]
    said = [[neutral(value) if isinstance(value, str) else value for value in answer] for _, answer in table]
    expected: list[list[object]] = [
        ["order_id", "'=1+1", *ANSWERS],
        *([*row[:2], *[""] * (2 - len(row)), *answer, *row[2:]] for row, answer in zip(shown, said, strict=True)),
    ]
    assert written(delimiter, header, table) == as_the_standard_library_writes(expected, delimiter)


@pytest.mark.parametrize("cell", ["Harg 12, Vätö", 'say "no"', "two\nlines", "old\rMac", "tab\tbed", " spaced ", ""])
def test_a_cell_reads_back_as_it_was(cell: str) -> None:
    text = written(",", ["note"], [([cell], ("deliverable", 1.0, cell))])
    [_, row] = list(csv.reader(io.StringIO(text, newline="")))
    assert row == [cell, "deliverable", "1.0", cell]

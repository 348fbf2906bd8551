"""No text of an order can run in a spreadsheet; numbers stay numbers, and what is harmless stays as it is."""

import csv
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.checker import Checker
from coverage_check.order_rows import Defaults
from coverage_check.orders import Run, check_orders, neutral
from coverage_check.orders.formulas import neutral_column
from tests.shared import shared

HOSTILE = [
    ("=1+1", "'=1+1"),
    ("@SUM(1)", "'@SUM(1)"),
    ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
    ("-2+3", "'-2+3"),
    ("\t=1", "'\t'=1"),
    ("\r=1", "'\r'=1"),
    ("\n=1", "'\n'=1"),
    ("\0=1", "'\0=1"),
    ("＝1+1", "'＝1+1"),
    ("＋1+1", "'＋1+1"),
    ("－1+1", "'－1+1"),
    ("＠x", "'＠x"),
    ('=HYPERLINK("http://example.org";"x")', '\'=HYPERLINK("http://example.org";"x")'),
    ("Harg 12;=cmd|' /C calc'!A0", "Harg 12;'=cmd|' /C calc'!A0"),
    ("Harg 12,@SUM(1)", "Harg 12,'@SUM(1)"),
    ('Harg 12;"=1+1', "Harg 12;\"'=1+1"),
    ("Harg 12\t-2+cmd|'x'!A0", "Harg 12\t'-2+cmd|'x'!A0"),
]
HARMLESS = [
    "",
    "-",
    "=",
    "-5",
    "+46 70 123",
    "-59,82",
    "1e-05",
    "-1e-05",
    "-.5",
    "a=b",
    "Harg 12, -5",
    "Box 3; +46 70 123 45",
    "Kvarnen, - nedre",
    "x@example.org",
]


@pytest.mark.parametrize(("cell", "safe"), [*HOSTILE, *((cell, cell) for cell in HARMLESS)])
def test_a_text_can_not_become_a_formula(cell: str, safe: str) -> None:
    assert neutral(cell) == safe


@given(st.text())
def test_nothing_is_lost_and_nothing_begins_a_formula(cell: str) -> None:
    safe = neutral(cell)
    assert safe.replace("'", "") == cell.replace("'", "")
    assert len(safe) < 2 or safe[0] not in "=@\t\r\n\0＝＋－＠"
    assert neutral(safe).lstrip("'") == safe.lstrip("'")


SIGNS = st.text(st.sampled_from("aZ 0,;'\"=+-@\t\r\n\0＝＋－＠|!(\x1f"), max_size=8)


@given(st.lists(SIGNS | st.sampled_from([cell for cell, _ in HOSTILE]) | st.sampled_from(HARMLESS) | st.text(), max_size=6))
def test_a_column_is_as_safe_as_each_of_its_texts(texts: list[str]) -> None:
    assert list(neutral_column(texts)) == list(map(neutral, texts))


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def check(checker: Checker, folder: Path, cells: list[str], form: str) -> Path:
    """Check a table that has these texts in a column, in the address and in a column's name."""
    source, target = folder / "in.csv", folder / f"out.{form}"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["address", "note", "=cmd|x"], *([cell, cell, "1"] for cell in cells)])
    check_orders(checker, source, target, Run(defaults=Defaults(product="mbb-4g", on=date(2025, 11, 1))))
    return target


def hostile_cells() -> list[str]:
    lines = shared("corpus/csv-injection/Intruder/csv-payload.txt").read_text(encoding="utf-8").splitlines()
    lines += shared("corpus/blns/blns.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#") and "\0" not in line]


def test_csv_cells_of_the_corpus(checker: Checker, tmp_path: Path) -> None:
    cells = hostile_cells()
    with check(checker, tmp_path, cells, "csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header[2] == "'=cmd|x"
    assert [row[1] for row in rows] == [neutral(cell) for cell in cells]
    texts = [cell for row in rows for cell in row if cell and not _is_number(cell)]
    assert not [cell for cell in texts if cell[0] in "=+-@\t\r\n" and len(cell) > 1]


def test_xlsx_cells_of_the_corpus(checker: Checker, tmp_path: Path) -> None:
    """An independent reader finds strings and numbers, and neither a formula nor a link."""
    cells = [cell for cell in hostile_cells() if cell.isprintable()]
    sheet = openpyxl.load_workbook(check(checker, tmp_path, cells, "xlsx")).active
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == [neutral(cell) for cell in cells]
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert kinds == {"s", "n"}
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

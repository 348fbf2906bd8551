"""Orders: rows out = rows in, in order, whatever is in them."""

import csv
import gc
import io
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_check.basis import Request
from coverage_check.checker import Checker
from coverage_check.errors import MissingFile, OutputRefused, TableInvalid
from coverage_check.location import Location
from coverage_check.order_rows import OUT, Defaults
from coverage_check.orders import Run, check_orders, neutral
from coverage_check.qualification.weighing import Weigher

HARG = "Harg 12, 760 21 Vätö"
DEFAULTS = Defaults(product="mbb-4g", on=date(2025, 11, 1))


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def written(folder: Path, data: bytes) -> Path:
    path = folder / "orders.csv"
    path.write_bytes(data)
    return path


def answers(checker: Checker, source: Path, delimiter: str = ",") -> list[dict[str, str]]:
    out = io.StringIO()
    check_orders(checker, source, out, Run(defaults=DEFAULTS))
    return list(csv.DictReader(io.StringIO(out.getvalue()), delimiter=delimiter))


def test_the_row_says_what_check_says(checker: Checker, tmp_path: Path) -> None:
    [row] = answers(checker, written(tmp_path, f'order_id,address\n0007,"{HARG}"\n'.encode()))
    decision = checker.check(HARG, product="mbb-4g", on=date(2025, 11, 1))
    assert row["order_id"] == "0007"
    assert (row["cc_verdict"], row["cc_decision_id"]) == (decision.verdict.value, decision.id)
    assert row["cc_sentence"] == decision.sentence.sv
    assert list(row)[2:] == list(OUT)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(checker: Checker, tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = delimiter.join(["Ordernr", "Adress", "Postnr", "Ort"]) + "\n"
    text += delimiter.join(["1", "Harg 12", "760 21", "Vätö"]) + "\n"
    [row] = answers(checker, written(tmp_path, text.encode(encoding)), delimiter)
    assert (row["Ort"], row["cc_verdict"]) == ("Vätö", "not_deliverable")


cell = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=20)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(cell, cell, cell), max_size=8))
def test_as_many_rows_out_as_in_whatever_is_in_them(
    checker: Checker, tmp_path: Path, rows: list[tuple[str, str, str]]
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["order_id", "address", "product"])
    writer.writerows(rows)
    found = answers(checker, written(tmp_path, stream.getvalue().encode()))
    assert [(row["order_id"], row["address"], row["product"]) for row in found] == [
        tuple(neutral(value) for value in row) for row in rows
    ]
    assert all(row["cc_verdict"] in {"undetermined", "not_deliverable", "deliverable", "conditional"} for row in found)


def test_ragged_rows_lose_nothing(checker: Checker, tmp_path: Path) -> None:
    out = io.StringIO()
    source = written(tmp_path, f'order_id,address\n1\n2,"{HARG}",extra,cells\n'.encode())
    summary = check_orders(checker, source, out, Run(defaults=DEFAULTS))
    rows = list(csv.reader(io.StringIO(out.getvalue())))
    assert (len(rows), summary.rows, summary.faulty_rows) == (3, 2, 2)
    assert rows[2][:2] == ["2", HARG]
    assert rows[2][-2:] == ["extra", "cells"]
    assert "cells" in rows[2][1 + len(OUT)]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-5", "-5"),
        ("+46 70 123", "+46 70 123"),
        ("-", "-"),
        ("＝x", "'＝x"),
        ("a=b", "a=b"),
    ],
)
def test_a_cell_can_not_become_a_formula(cell: str, safe: str) -> None:
    assert neutral(cell) == safe


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "header"),
        (b"\n\n", "header"),
        (b'address,product\n"never closed,1\n', "line"),
        (b"address\0,product\n", "NUL"),
        (b"x,y\n1,2\n", "--column address="),
        (b"address,cc_verdict\n1,2\n", "cc_verdict"),
    ],
)
def test_what_is_no_table_is_refused_and_nothing_is_left(checker: Checker, tmp_path: Path, data: bytes, says: str) -> None:
    target = tmp_path / "out" / "checked.csv"
    target.parent.mkdir()
    with pytest.raises(TableInvalid, match=says):
        check_orders(checker, written(tmp_path, data), target, Run(defaults=DEFAULTS))
    assert list(target.parent.iterdir()) == []


def test_the_input_is_never_overwritten(checker: Checker, tmp_path: Path) -> None:
    source = written(tmp_path, b"address\nHarg 12\n")
    with pytest.raises(OutputRefused):
        check_orders(checker, source, source, Run(defaults=DEFAULTS))
    assert source.read_bytes() == b"address\nHarg 12\n"


def test_a_missing_table(checker: Checker, tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        check_orders(checker, tmp_path / "none.csv", tmp_path / "out.csv")


def test_json_lines(checker: Checker, tmp_path: Path) -> None:
    out = io.StringIO()
    check_orders(checker, written(tmp_path, b"address,order_id\nHarg 12,1\n,2\n"), out, Run(defaults=DEFAULTS, form="jsonl"))
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["order_id"] for row in rows] == ["1", "2"]
    assert rows[1]["cc_error"].startswith("INVALID_INPUT")


def test_what_was_looked_up_for_a_chunk_is_let_go_with_it(checker: Checker) -> None:
    """Else memory would grow with the table: each customer may be at two thousand places, ten layers deep."""
    rows = [Request(location=Location.at(lat=59.80 + n / 1000, lon=18.94), product="mbb-4g") for n in range(40)]
    assert len(checker.check_many(rows)) == 40
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, Weigher)]

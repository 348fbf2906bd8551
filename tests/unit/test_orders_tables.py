"""Tables as they really come: read to the last cell, or refused with a sentence that says where and what to do."""

import codecs
import csv
import io
import json
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_check.checker import Checker
from coverage_check.errors import CoverageCheckError, MissingFile, TableInvalid
from coverage_check.order_cells import NoValue
from coverage_check.order_rows import OUT, Defaults
from coverage_check.orders import Run, check_orders, open_table
from tests.shared import shared

HARG = "Harg 12, 760 21 Vätö"
PRODUCT = Defaults(product="mbb-4g", on=date(2025, 11, 1))


def read(path: Path, sheet: str | None = None) -> tuple[tuple[str, ...], list[list[object]]]:
    with open_table(path, sheet=sheet) as table:
        return table.header, [list(row) for row in table.rows()]


def written(folder: Path, data: bytes, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


# CSV -----------------------------------------------------------------------------------------------------------------

ENCODINGS = [
    ("utf-8", b""),
    ("utf-8", codecs.BOM_UTF8),
    ("cp1252", b""),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
]


@pytest.mark.parametrize(("encoding", "bom"), ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_delimiter_and_line_end(tmp_path: Path, encoding: str, bom: bytes, delimiter: str, end: str) -> None:
    lines = [["Ordernr", "Adress", "Ort"], ["0007", f"Åkersberga{delimiter} väg 1", "Vätö"], ["1E5", 'Villa "Ö"', "NA"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(lines)
    header, rows = read(written(tmp_path, bom + text.getvalue().encode(encoding)))
    assert [list(header), *rows] == lines


def test_the_delimiter_is_the_one_that_parts_the_header_or_that_the_file_states(tmp_path: Path) -> None:
    header, _ = read(written(tmp_path, b'"a, b, c";d\n'))
    assert header == ("a, b, c", "d")
    header, rows = read(written(tmp_path, b"sep=;\r\nadress;a,b,c\r\n1;2\r\n"))
    assert (header, rows) == (("adress", "a,b,c"), [["1", "2"]])


text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=15)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(text, text), max_size=10), delimiter=st.sampled_from(",;\t"))
def test_what_a_csv_writer_writes_is_read(tmp_path: Path, rows: list[tuple[str, str]], delimiter: str) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows([("address", "order_id"), *rows])
    _, found = read(written(tmp_path, stream.getvalue().encode()))
    assert found == [list(row) for row in rows]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no header"),
        (b"\n\nx\n", "no header"),
        (b'a,b\n1,2\n3,"x"y\n', "line 3, column 2"),
        (b'a,b\n"x" y,1\n', "line 2, column 1"),
        (b'a,b\n1,"never closed\n2,3\n', "line 3"),
        (b"a,b\n1,\0\n", "NUL"),
        (b"a,b\n" + b"x" * 1_100_000 + b",1\n", "line 1"),
        (b'a,b\n"' + b"x\n" * 600_000 + b'",1\n', "line"),
        (codecs.BOM_UTF16_LE + "a,b\n1,2\n".encode("utf-16-le") + b"\0\xd8\n\0", "line 3"),
        (codecs.BOM_UTF8 + b"a,b\n1,\xe5\n", "line"),
        (b"a,b\n1,\x81\n", "line"),
        (codecs.BOM_UTF32_LE + "a,b\n".encode("utf-32-le"), "UTF-32"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (b"PAR1 and no more", "Parquet"),
        (b"PK\3\4 and no more", "damaged"),
    ],
)
def test_what_is_no_table_is_refused_where_it_stops_being_one(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(TableInvalid, match=says) as refused:
        read(written(tmp_path, data))
    assert str(refused.value).startswith("orders.csv ")


def test_a_folder_or_nothing_is_no_table(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv", tmp_path / "none.csv" / "x"):
        with pytest.raises(MissingFile):
            read(path)


# XLSX ----------------------------------------------------------------------------------------------------------------


NOON = datetime.fromisoformat("2025-11-01T12:30")


def workbook(folder: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "orders.xlsx"
    book.save(path)
    return path


def test_a_sheet_s_cells_come_as_they_are(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Adress", "Postnr", "kr", "Datum", "när"],
        ["0007", 76021, 1.5, date(2025, 11, 1), NOON],
        [],
        ["=1+1x", None, True, None, "text"],
    ]
    header, found = read(workbook(tmp_path, {"orders": rows, "empty": []}))
    assert header == ("Adress", "Postnr", "kr", "Datum", "när")
    assert found[0] == ["0007", 76021, 1.5, date(2025, 11, 1), NOON]
    assert len(found) == 2  # a row with nothing in it is none


def test_whole_numbers_of_a_sheet_are_whole_in_json(checker: Checker, tmp_path: Path) -> None:
    source = workbook(tmp_path, {"a": [["order_id", "address", "kr"], [1001, HARG, 1.5]]})
    out = io.StringIO()
    check_orders(checker, source, out, Run(form="jsonl", defaults=PRODUCT))
    assert out.getvalue().startswith('{"order_id": 1001, "address": "Harg 12, 760 21 Vätö", "kr": 1.5, ')


def test_a_sheet_must_be_named_where_several_have_content(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"a": [["address"], ["x"]], "b": [["address"], ["y"]]})
    with pytest.raises(TableInvalid, match="--sheet"):
        read(path)
    assert read(path, "b")[1] == [["y"]]
    with pytest.raises(TableInvalid, match="no sheet 'c'"):
        read(path, "c")
    with pytest.raises(TableInvalid, match="no workbook"):
        read(written(tmp_path, b"a,b\n"), "b")


def test_cells_behind_the_last_name_make_the_row_ragged(tmp_path: Path) -> None:
    _, rows = read(workbook(tmp_path, {"a": [["address", "kr"], ["x", None, None, "note"], ["y"]]}))
    assert rows == [["x", "", "", "note"], ["y", ""]]


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
    + SHEET.format('<row r="1"><c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row>')
)


def with_sheet(path: Path, xml: bytes, where: str = "xl/worksheets/") -> Path:
    """Give a workbook whose one sheet, or another part, is this XML."""
    changed = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            new.writestr(item, xml if item.startswith(where) else old.read(item))
    return changed


@pytest.mark.parametrize(
    "xml",
    [
        SHEET.format(FAR).encode(),
        BOMB.encode(),
        SHEET.format("<row></row>" * 1_100_000).encode(),
        b"<worksheet><sheetData><row r='1'><c",
        b"\0" * 1000,
        b"",
    ],
    ids=["far cell", "entities", "rows", "cut", "zeros", "empty"],
)
def test_a_hostile_sheet_is_refused_and_takes_no_memory(tmp_path: Path, xml: bytes) -> None:
    with pytest.raises(TableInvalid, match=r"changed\.xlsx"):
        read(with_sheet(workbook(tmp_path, {"a": [["address"]]}), xml))


def cell(at: str, inside: str, kind: str = "") -> str:
    """Write a cell of a sheet as XML; a text if it has no kind and no tags."""
    if not inside.startswith("<"):
        inside, kind = f"<is><t>{inside}</t></is>", "inlineStr"
    stated = f' t="{kind}"' if kind else ""
    return f'<c r="{at}"{stated}>{inside}</c>'


def sheet_of(folder: Path, *rows: str, prefix: str = "") -> Path:
    xml = SHEET.format("".join(f"<row>{row}</row>" for row in rows))
    if prefix:
        xml = re.sub(r"<(/?)(\w)", rf"<\1{prefix}:\2", xml).replace("xmlns=", f"xmlns:{prefix}=")
    return with_sheet(workbook(folder, {"a & b": [["x"]]}), xml.encode())


VALUELESS = {
    "an error": ("<v>#REF!</v>", "e"),
    "an error of a formula": ("<f>B1/0</f><v>#DIV/0!</v>", "e"),
    "a formula that nobody reckoned": ("<f>TODAY()</f>", ""),
    "as openpyxl writes it": ("<f>TODAY()</f><v></v>", ""),
    "as openpyxl writes it with lxml": ("<f>TODAY()</f><v/>", ""),
    "a text's formula that nobody reckoned": ('<f t="shared" si="0"/>', "str"),
}
WITH_A_VALUE = {
    "a reckoned day": ("<f>DATE(2025,11,1)</f><v>45962</v>", ""),
    "a reckoned text": ("<f>A1</f><v>2025-11-01</v>", "str"),
    "a reckoned nothing": ("<f>IF(1,&quot;&quot;)</f><v></v>", "str"),
    "a text that reads like an error": ("#REF!", ""),
}
SOLD = "2025-11-01"
ORDER_NAMES = cell("C3", "Adress") + cell("D3", "Produkt") + cell("E3", "Orderdatum")


@pytest.mark.parametrize("prefix", ["", "x"])
@pytest.mark.parametrize("what", [*VALUELESS, *WITH_A_VALUE])
def test_a_cell_without_its_value_is_never_an_empty_one(checker: Checker, tmp_path: Path, what: str, prefix: str) -> None:
    """An order whose day is #REF! must not be judged by today."""
    broken = cell("E6", *(VALUELESS | WITH_A_VALUE)[what])
    good = cell("C4", HARG) + cell("D4", "mbb-4g") + cell("E4", SOLD)
    bad = cell("C6", HARG) + cell("D6", "mbb-4g") + broken
    source = sheet_of(tmp_path, "", "", ORDER_NAMES, good, "", bad, cell("C7", HARG), prefix=prefix)
    out = io.StringIO()
    check_orders(checker, source, out, Run(form="jsonl", defaults=Defaults(product="mbb-4g")))
    errors = [json.loads(line)["cc_error"] or "" for line in out.getvalue().splitlines()]
    said = "column 'Orderdatum': the cell holds a spreadsheet error or a formula without its value"
    assert [said in error for error in errors] == [False, what in VALUELESS, False]


def test_a_row_of_nothing_but_errors_is_a_row(tmp_path: Path) -> None:
    error = cell("E9", *VALUELESS["a formula that nobody reckoned"])
    _, rows = read(sheet_of(tmp_path, "", "", ORDER_NAMES, cell("C4", HARG), cell("D5", *VALUELESS["an error"]), error))
    assert [[str(value) for value in row] for row in rows] == [[HARG, "", ""], ["", "#REF!", ""], ["", "", ""]]
    assert [[isinstance(value, NoValue) for value in row].index(True) for row in rows[1:]] == [1, 2]


def test_a_column_whose_name_is_an_error_is_refused(tmp_path: Path) -> None:
    broken = cell("E3", *VALUELESS["an error"])
    with pytest.raises(TableInvalid, match="among the names of its columns"):
        read(sheet_of(tmp_path, "", "", cell("C3", "Adress") + cell("D3", "Produkt") + broken, cell("C4", HARG)))


def test_errors_behind_the_last_name_or_in_columns_that_are_not_read_harm_nothing(checker: Checker, tmp_path: Path) -> None:
    errors = cell("D2", *VALUELESS["an error"]) + cell("F2", *VALUELESS["an error of a formula"])
    names = cell("A1", "Adress") + cell("B1", "Produkt") + cell("C1", "Datum") + cell("D1", "kr")
    row = cell("A2", HARG) + cell("B2", "mbb-4g") + cell("C2", SOLD) + errors
    out = tmp_path / "out.xlsx"
    assert not check_orders(checker, sheet_of(tmp_path, names, row), out).faulty_rows
    assert read(out)[1][0][3] == "#REF!"


def test_parts_that_swell_are_refused(tmp_path: Path) -> None:
    path = with_sheet(workbook(tmp_path, {"a": [["address"]]}), b" " * (70 << 20), "xl/styles")
    assert path.stat().st_size < 1 << 20
    with pytest.raises(TableInvalid, match="unpacks to far more"):
        read(path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_workbook_or_parquet_file_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """Never a crash or another exception, wherever a byte is changed or the file is cut."""
    if data.draw(st.booleans()):
        path = workbook(tmp_path, {"a": [["address", "n"], *(["x", n] for n in range(50))]})
    else:
        path = tmp_path / "orders.parquet"
        pq.write_table(pa.table({"address": ["x"] * 50, "n": range(50)}), path)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, 9999)) * len(content) // 10_000
    if data.draw(st.booleans()):
        content[place] ^= data.draw(st.integers(1, 255))
    else:
        del content[place:]
    path.write_bytes(content)
    try:
        read(path)
    except CoverageCheckError as refused:
        assert path.name in str(refused)  # noqa: PT017 - reading is as good


def test_a_parquet_file_whose_column_names_are_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    pq.write_table(pa.table({"address": ["x"]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"address", b"\xe1ddress"))
    with pytest.raises(TableInvalid, match=r"orders\.parquet"):
        read(path)


# Parquet -------------------------------------------------------------------------------------------------------------


def test_parquet_keeps_its_types_through_to_parquet(tmp_path: Path, checker: Checker) -> None:
    table = pa.table(
        {
            "address": pa.array(["Harg 12, 760 21 Vätö", None], pa.large_string()),
            "sek": pa.array([2**62 + 1, None], pa.int64()),
            "when": pa.array([NOON, None], pa.timestamp("us", "Europe/Stockholm")),
            "lines": pa.array([[{"sku": "a"}], []], pa.list_(pa.struct({"sku": pa.string()}))),
            "raw": pa.array([b"\0\xff", b""], pa.binary()),
        }
    ).replace_schema_metadata({"geo": "kept"})
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table, source)
    check_orders(checker, source, target, Run(defaults=PRODUCT))
    found = pq.read_table(target)
    assert found.schema.names == [*table.schema.names, *OUT]
    assert found.select(table.schema.names).equals(table)
    assert found.schema.metadata[b"geo"] == b"kept"
    assert found.column("cc_verdict").to_pylist() == ["not_deliverable", "undetermined"]
    check_orders(checker, source, tmp_path / "out.csv", Run(defaults=PRODUCT))
    check_orders(checker, source, tmp_path / "out.xlsx", Run(defaults=PRODUCT))
    with (tmp_path / "out.csv").open(encoding="utf-8") as out:
        first = next(csv.DictReader(out))
    assert first["sek"] == str(2**62 + 1)


# All formats alike ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def answers_of(path: Path) -> list[tuple[object, ...]]:
    """Read the cc_… columns of an output with a library that is not ours."""
    if path.suffix == ".xlsx":
        head, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return [tuple(row[list(head).index(name)] for name in OUT) for row in rows]
    if path.suffix == ".parquet":
        return [tuple(row[name] for name in OUT) for row in pq.read_table(path).to_pylist()]
    if path.suffix == ".jsonl":
        return [tuple(json.loads(line)[name] for name in OUT) for line in path.read_text(encoding="utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = ("cc_probability", "cc_edge_distance_m", "cc_lat", "cc_lon")
    return [
        tuple((float(row[name]) if name in numbers else row[name]) if row[name] else None for name in OUT) for row in rows
    ]


def test_the_same_orders_have_the_same_answers_from_and_to_every_format(checker: Checker, tmp_path: Path) -> None:
    cells = [
        ["order_id", "address", "lat", "lon", "product", "date"],
        ["0007", "Harg 12, 760 21 Vätö", "", "", "mbb-4g", "2025-11-01"],
        ["8", "", "59.812482", "18.954801", "mbb-4g", "2025-11-01"],
        ["9", "", "", "", "mbb-4g", "2025-11-01"],
        ["10", "Kyrkvägen 3", "", "", "mbb-6g", "2025-11-01"],
    ]
    sources = [tmp_path / "in.csv", workbook(tmp_path, {"a": [list(row) for row in cells]}), tmp_path / "in.parquet"]
    sources[0].write_text("\n".join('"' + '","'.join(row) + '"' for row in cells), encoding="utf-8")
    pq.write_table(pa.table({name: [row[n] for row in cells[1:]] for n, name in enumerate(cells[0])}), sources[2])
    found = {}
    for source in sources:
        for form in ("csv", "jsonl", "parquet", "xlsx"):
            target = tmp_path / f"out.{form}"
            check_orders(checker, source, target)
            found[source.suffix, form] = answers_of(target)
    expected = found[".csv", "jsonl"]
    assert [row[0] for row in expected] == ["not_deliverable", "not_deliverable", "undetermined", "undetermined"]
    assert all(rows == expected for rows in found.values()), [key for key, rows in found.items() if rows != expected]


def test_two_columns_of_one_name_are_two_in_every_format(checker: Checker, tmp_path: Path) -> None:
    source = written(tmp_path, b"address,note,note,note_2,\nHarg 12,a,b,c,d\n")
    run = Run(defaults=PRODUCT)
    for form in ("csv", "jsonl", "parquet", "xlsx"):
        check_orders(checker, source, tmp_path / f"out.{form}", run)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file))[:5] == ["address", "note", "note", "note_2", ""]
    record = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert list(record)[:5] == pq.read_schema(tmp_path / "out.parquet").names[:5]
    assert list(record.values())[:5] == ["Harg 12", "a", "b", "c", "d"]


# Files that nobody here wrote ----------------------------------------------------------------------------------------


def test_the_corpus_s_own_reading_of_csv_is_ours() -> None:
    folder = shared("corpus/csv-spectrum")
    seen = 0
    for path in sorted((folder / "csvs").glob("*.csv")):
        if path.stem == "location_coordinates":  # its JSON has another telephone number than its CSV
            continue
        expected = json.loads((folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        header, rows = read(path)
        ends = "\r\n" if "crlf" in path.stem else "\n"  # their JSON has them as they were before Git turned them
        found = [dict(zip(header, [str(cell).replace("\n", ends) for cell in row], strict=True)) for row in rows]
        assert found == (expected if isinstance(expected, list) else [expected]), path.name
        seen += 1
    assert seen >= 11


def test_every_table_of_the_corpus_is_read_or_refused(checker: Checker, tmp_path: Path) -> None:
    """A typed error, or as many rows out as in; never another exception, and nothing left beside the output."""
    folders = ("blns", "csv-injection", "csv-spectrum", "csvkit-examples", "yauzl-zip")
    files = [path for name in folders for path in sorted(shared(f"corpus/{name}").rglob("*")) if path.is_file()]
    files += [path for suffix in ("csv", "txt") for path in sorted(shared("corpus").glob(f"gdal-*/**/*.{suffix}"))]
    read_through = refused = 0
    for path in files:
        target = tmp_path / "out.csv"
        try:
            with open_table(path) as table:
                header = table.header
                count = sum(1 for _ in table.rows(limit=30))
                delimiter = table.delimiter or ","
            unique = next(name for name in (*header, "") if header.count(name) == 1 or not name)
            run = Run(columns={"address": unique}, defaults=PRODUCT, limit=30)
            summary = check_orders(checker, path, target, run)
        except CoverageCheckError as error:
            refused += 1
            assert "\n" not in str(error)  # noqa: PT017 - reading is as good
        else:
            read_through += 1
            with target.open(encoding="utf-8", newline="") as out:
                assert summary.rows == count == sum(1 for _ in csv.reader(out, delimiter=delimiter)) - 1
            target.unlink()
        assert list(tmp_path.iterdir()) == []
    assert read_through > 60
    assert refused > 60

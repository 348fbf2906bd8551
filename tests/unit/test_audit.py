"""An audit: each sale as of its own day by that day's map, and as of today; nothing lost, nothing guessed, nothing run."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from coverage_check.address import Query
from coverage_check.audit import TODAY, Auditor, Outputs, audit_frame, audit_sales
from coverage_check.checker import Checker
from coverage_check.cli import run
from coverage_check.config import BUNDLED
from coverage_check.coverage.archive import Archive
from coverage_check.decision import Decision, ReasonCode, Verdict
from coverage_check.errors import InvalidInput, OutputRefused, TableInvalid
from coverage_check.location import Location
from coverage_check.order_rows import OUT, Defaults, OrderRow
from coverage_check.orders import Run
from coverage_check.report.html import PERSONAL, Options
from tests.vato_deliveries import FIRST, SECOND, archive_config, import_deliveries

SALES = BUNDLED / "sales.csv"
HARG = "Harg 12, 760 21 Vätö"
HEADER = "Ordernr;Säljdatum;Kanal;Adress;Produkt"


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vato")
    import_deliveries(folder / "archive")
    archive_config(folder)
    return folder


def table(folder: Path, *rows: str, header: str = HEADER) -> Path:
    source = folder / "sales.csv"
    source.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return source


def read(path: Path, delimiter: str = ";") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_each_sale_is_what_check_says_of_its_day_and_of_today(checker: Checker, tmp_path: Path) -> None:
    target = tmp_path / "audited.csv"
    audit_sales(checker, SALES, Outputs(table=target), run=Run(limit=60))
    before = read(SALES)[:60]
    after = read(target)
    assert [{name: row[name] for name in before[0]} for row in after] == before
    assert list(after[0])[len(before[0]) :] == [*OUT, *TODAY]
    for row in after:
        address = f"{row['Adress']}, {row['Postnr']} {row['Ort']}"
        sold = checker.check(address, product=row["Produkt"], on=date.fromisoformat(row["Säljdatum"]))
        today = checker.check(address, product=row["Produkt"])
        assert (row["cc_decision_id"], row["cc_today_decision_id"]) == (sold.id, today.id)
        assert (row["cc_verdict"], row["cc_today_verdict"]) == (sold.verdict, today.verdict)


def test_the_story_of_harg(checker: Checker) -> None:
    row = OrderRow(product="mbb-4g", address=HARG, location=None, on=date(2025, 11, 1), at=None, receiver=None)
    (then, now) = Auditor(checker).judge([row])[0]
    assert isinstance(then, Decision)
    assert isinstance(now, Decision)
    assert (then.verdict, now.verdict) == (Verdict.NOT_DELIVERABLE, Verdict.DELIVERABLE)
    assert (then.as_of, now.as_of) == (date(2025, 11, 1), date(2026, 2, 1))


@pytest.mark.parametrize(
    ("sold", "delivery", "verdict"),
    [
        ("2025-05-31", None, "undetermined"),
        ("2025-06-01", FIRST, "not_deliverable"),
        ("2026-01-14", FIRST, "not_deliverable"),
        ("2026-01-15", SECOND, "deliverable"),
    ],
)
def test_a_sale_is_judged_by_the_map_that_was_there(folder: Path, sold: str, delivery: str | None, verdict: str) -> None:
    archive = Archive.open(folder / "archive")
    auditor = Auditor(Checker.from_config(folder / "coverage-check.toml"), archive=archive)
    row = OrderRow(product="mbb-4g", address=HARG, location=None, on=date.fromisoformat(sold), at=None, receiver=None)
    (then, now) = auditor.judge([row])[0]
    assert isinstance(then, Decision)
    assert isinstance(now, Decision)
    used = next((one.id for one in archive.snapshots if one.path.name == delivery), "")
    assert (then.verdict, then.provenance.snapshot) == (verdict, used)
    assert now.provenance.snapshot == archive.snapshots[-1].id
    if delivery is None:
        assert then.reasons[0].code is ReasonCode.NO_DATA
        assert then.location is not None
        assert Decision.from_dict(then.to_dict()) == then


def test_many_sales_by_several_maps_are_each_what_its_own_map_says(folder: Path) -> None:
    """Rows share work in a batch; what they share never comes from another day's map."""
    archive = Archive.open(folder / "archive")
    today = Checker.from_config(folder / "coverage-check.toml")
    houses = [f"{street} {n}, 760 21 Vätö" for street in ("Harg", "Vätövägen", "Norrviken") for n in (1, 6, 12)]
    days = [date(2025, 6, 1), date(2026, 1, 14), date(2026, 1, 15), date(2026, 1, 31)]
    rows = [
        OrderRow(product="mbb-4g", address=house, location=None, on=day, at=None, receiver=None)
        for house in houses
        for day in days
    ]
    auditor = Auditor(today, archive=archive)
    for _ in range(2):
        for row, (then, _now) in zip(rows, auditor.judge(rows), strict=True):
            assert isinstance(then, Decision)
            assert row.on is not None
            map_of_day = archive.on(row.on)
            assert map_of_day is not None
            alone = Checker(snapshot=map_of_day, products=today.products, geocoder=today.geocoder)
            assert row.address is not None
            assert then.id == alone.check(row.address, product="mbb-4g", on=row.on).id


def test_what_was_to_come_is_not_told_by_a_map_that_nobody_had(folder: Path) -> None:
    """With one snapshot of all, a sale in November is told that 4G comes in January; with the archive it can't be."""
    row = OrderRow(product="mbb-4g", address=HARG, location=None, on=date(2025, 11, 1), at=None, receiver=None)
    config = Checker.from_config(folder / "coverage-check.toml")
    archived = Auditor(config, archive=Archive.open(folder / "archive")).judge([row])[0][0]
    single = Auditor(config).judge([row])[0][0]
    assert isinstance(archived, Decision)
    assert isinstance(single, Decision)
    assert ReasonCode.NOT_YET_LIVE in [reason.code for reason in single.reasons]
    assert ReasonCode.NOT_YET_LIVE not in [reason.code for reason in archived.reasons]


def test_a_row_that_cant_be_read_is_a_row_that_says_why(checker: Checker, tmp_path: Path) -> None:
    rows = (
        f"1;2025-11-01;x;{HARG};mbb-4g",
        f"2;;x;{HARG};mbb-4g",
        f"3;01/11/2025;x;{HARG};mbb-4g",
        f"4;2025-11-01;x;{HARG};mbb-9g",
        "5;2025-11-01;x;;mbb-4g",
        "6;2025-11-01",
        f"7;2025-11-01;x;{HARG};mbb-4g;8;9",
    )
    target = tmp_path / "out.csv"
    audited = audit_sales(checker, table(tmp_path, *rows), Outputs(table=target))
    lines = target.read_text(encoding="utf-8").splitlines()
    assert [line.partition(";")[0] for line in lines[1:]] == list("1234567")
    after = read(target)
    assert [row["cc_verdict"] for row in after] == ["not_deliverable", *["undetermined"] * 6]
    assert [row["cc_today_verdict"] for row in after[1:]] == ["undetermined"] * 6
    assert "day of sale" in after[1]["cc_error"]
    assert all(row["cc_error"].startswith(("INVALID_INPUT: ", "UNKNOWN_PRODUCT: ")) for row in after[1:])
    assert not any("Harg" in row["cc_error"] for row in after[1:])
    assert (audited.figures.rows, audited.figures.faulty, audited.first_faulty_row) == (7, 6, 2)


def test_a_table_without_a_day_of_sale_is_refused_unless_one_is_given(checker: Checker, tmp_path: Path) -> None:
    source = table(tmp_path, f"1;{HARG};mbb-4g", header="id;adress;produkt")
    with pytest.raises(TableInvalid, match="day of sale"):
        audit_sales(checker, source, Outputs())
    run = Run(defaults=Defaults(on=date(2025, 11, 1)))
    assert audit_sales(checker, source, Outputs(), run=run).figures.own_day.counts[Verdict.NOT_DELIVERABLE] == 1


class Counting:
    """The demonstration's register, and how often it was asked each question."""

    def __init__(self, checker: Checker) -> None:
        assert checker.geocoder
        self._register = checker.geocoder
        self.id, self.attribution = self._register.id, self._register.attribution
        self.asked = Counter[str]()

    def locate(self, query: Query) -> Location:
        """Count, and ask."""
        self.asked[query.normalised] += 1
        return self._register.locate(query)


def test_an_address_is_located_once_and_decided_twice(tmp_path: Path) -> None:
    checker = Checker.from_config("demo")
    counting = Counting(checker)
    checker.geocoder = counting
    rows = [f"{n};2025-{n + 6:02}-01;x;{HARG if n % 2 else 'Vätövägen 1, 760 21 Vätö'};mbb-4g" for n in range(1, 5)]
    audit_sales(checker, table(tmp_path, *rows), Outputs())
    assert set(counting.asked.values()) == {1}
    assert len(counting.asked) == 2


def test_a_server_is_asked_once_for_each_address_however_many_processes_decide(folder: Path, tmp_path: Path) -> None:
    """The parent asks, ahead; the workers over each day's map are told."""
    archive = Archive.open(folder / "archive")
    houses = [HARG, "Vätövägen 1, 760 21 Vätö", "Norrviken 6, 760 21 Vätö"]
    rows = [f"{n};2025-{6 + n % 7:02}-01;x;{houses[n % 3]};mbb-4g" for n in range(1100)]
    source = table(tmp_path, *rows)
    written = []
    for workers in (1, 2):
        checker = Checker.from_config(folder / "coverage-check.toml")
        counting = checker.geocoder = Counting(checker)
        target = tmp_path / f"{workers}.csv"
        audit_sales(checker, source, Outputs(table=target), archive=archive, run=Run(workers=workers))
        assert sorted(counting.asked.values()) == [1, 1, 1]
        written.append(target.read_bytes())
    assert written[0] == written[1]


def test_the_frame_says_what_the_file_says(checker: Checker, tmp_path: Path) -> None:
    import pandas as pd

    sales = pd.read_csv(SALES, sep=";", dtype=str, keep_default_na=False).head(40)
    sales.index = pd.Index(range(100, 140))
    target = tmp_path / "a.jsonl"
    audited = audit_sales(checker, SALES, Outputs(table=target), run=Run(limit=40))
    framed = audit_frame(checker, sales)
    assert framed.frame.index.equals(sales.index)
    assert framed.figures == audited.figures
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    for name in ("cc_decision_id", "cc_today_verdict", "cc_at_risk"):
        assert framed.frame[name].tolist() == [line[name] for line in lines]
    with pytest.raises(TableInvalid, match="day of sale"):
        audit_frame(checker, sales.drop(columns="Säljdatum"))


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.xlsx"])
def test_every_format_has_as_many_rows(checker: Checker, tmp_path: Path, name: str) -> None:
    from coverage_check.orders import open_table

    target = tmp_path / name
    audit_sales(checker, SALES, Outputs(table=target), run=Run(limit=7))
    if name.endswith("jsonl"):
        assert len(target.read_text(encoding="utf-8").splitlines()) == 7
        return
    with open_table(target) as opened:
        rows = list(opened.rows())
        assert len(rows) == 7
        assert tuple(opened.header[-len(TODAY) :]) == TODAY


def test_the_same_audit_gives_the_same_bytes(checker: Checker, tmp_path: Path) -> None:
    def write(folder: Path) -> Iterator[bytes]:
        folder.mkdir()
        outputs = Outputs(table=folder / "t.csv", report=folder / "r.html", figures=folder / "f.json")
        audit_sales(checker, SALES, outputs, run=Run(limit=30))
        for path in sorted(folder.iterdir()):
            yield path.read_bytes()

    assert list(write(tmp_path / "one")) == list(write(tmp_path / "two"))


def test_formulas_in_a_split_and_in_a_cell_stay_text(checker: Checker, tmp_path: Path) -> None:
    source = table(tmp_path, f'=1+2;2025-11-01;"=HYPERLINK(""http://x.example"")";{HARG};mbb-4g')
    outputs = Outputs(table=tmp_path / "t.csv", figures=tmp_path / "f.csv", by=("Kanal",))
    audit_sales(checker, source, outputs)
    for path, delimiter in ((tmp_path / "t.csv", ";"), (tmp_path / "f.csv", ",")):
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file, delimiter=delimiter) for cell in row]
        assert any("HYPERLINK" in cell for cell in cells)
        assert not any(cell.startswith(("=", "@")) for cell in cells)


def test_the_input_is_never_an_output(checker: Checker, tmp_path: Path) -> None:
    source = table(tmp_path, f"1;2025-11-01;x;{HARG};mbb-4g")
    before = source.read_bytes()
    for outputs in (Outputs(table=source), Outputs(report=source)):
        with pytest.raises(OutputRefused, match="is the input"):
            audit_sales(checker, source, outputs)
    assert source.read_bytes() == before


def test_an_audit_that_fails_leaves_nothing(checker: Checker, tmp_path: Path) -> None:
    source = table(tmp_path, f"1;2025-11-01;x;{HARG};mbb-4g", '2;2025-11-01;"x')
    outputs = Outputs(table=tmp_path / "t.csv", report=tmp_path / "r.html", figures=tmp_path / "f.json")
    with pytest.raises(TableInvalid):
        audit_sales(checker, source, outputs)
    assert [path.name for path in tmp_path.iterdir()] == ["sales.csv"]


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ((), ("product", "month", "Kanal", "Säljarkod", "Kommun")),
        (("Ort",), ("product", "month", "Ort")),
        (("ort", "channel"), ("product", "month", "Ort", "Kanal")),
        (("produkt",), ("product", "month")),
    ],
)
def test_what_it_is_split_by(checker: Checker, by: tuple[str, ...], names: tuple[str, ...]) -> None:
    figures = audit_sales(checker, SALES, Outputs(by=by), run=Run(limit=3)).figures
    assert tuple(split.name for split in figures.splits) == names


def test_what_cant_be_split_by(checker: Checker) -> None:
    with pytest.raises(TableInvalid, match="did you mean 'Ort'"):
        audit_sales(checker, SALES, Outputs(by=("Orrt",)))
    with pytest.raises(InvalidInput, match="address"):
        audit_sales(checker, SALES, Outputs(by=("Adress",), options=Options(hide=PERSONAL)))
    with pytest.raises(InvalidInput, match="CSV or JSON"):
        Outputs(figures=Path("f.txt"))


def test_figures_of_the_made_year(checker: Checker, tmp_path: Path) -> None:
    """The seller who didn't look at the map stands out, and nobody else does."""
    target = tmp_path / "f.json"
    figures = audit_sales(checker, SALES, Outputs(figures=target)).figures
    written: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    assert written == figures.to_dict()
    sellers = next(split for split in figures.splits if split.name == "Säljarkod")
    assert sellers.standing_out == {"T-07"}
    assert figures.rows == len(read(SALES))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 0),
        (["--fail-on", "not_deliverable"], 1),
        (["--fail-on", "undetermined"], 3),
        (["--fail-on", "not_deliverable,undetermined"], 1),
        (["--fail-on", "banana"], 2),
        (["--by", "no such column"], 4),
        (["--by", "Adress", "--hide", "address"], 2),
        (["--figures", "f.txt"], 2),
        (["--hide", "banana"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", str(SALES), "--limit", "20", "--config", "demo", *arguments]) == code
    out, err = capsys.readouterr()
    assert bool(out) == (code in {0, 1, 3})
    assert "Traceback" not in err
    assert "Vätö" not in out + err


def test_the_command_takes_the_archive_of_the_config(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(folder / "coverage-check.toml")
    source = table(folder, *(f"{n};{day};x;{HARG};mbb-4g" for n, day in enumerate(("2025-03-01", "2025-11-01"))))
    target = folder / "out.csv"
    assert run(["audit", str(source), "-o", str(target), "--config", config]) == 0
    assert [row["cc_reasons"].split()[0] for row in read(target)] == ["NO_DATA", "NO_COVERAGE"]
    assert "2 sales from 2025-03-01 to 2025-11-01" in capsys.readouterr().out

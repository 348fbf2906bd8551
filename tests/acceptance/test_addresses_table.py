"""addresses.csv: what customers say, and where it must be found or what must be doubted. Anyone who sells may add a row."""

from pathlib import Path

import pytest

from coverage_check.checker import Checker
from coverage_check.cli import run
from coverage_check.errors import GeocoderUnavailable, MissingFile, TableInvalid
from coverage_check.geocoders.acceptance import Expectation, Outcome, judge, read_table, score
from coverage_check.location import Location

TABLE = Path(__file__).with_name("addresses.csv")
ROWS = read_table(TABLE)


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


@pytest.mark.parametrize("expected", ROWS, ids=[f"line {row.line}" for row in ROWS])
def test_the_bundled_register_answers_as_expected(checker: Checker, expected: Expectation) -> None:
    row = judge(checker.locate, expected)
    assert row.outcome is Outcome.AS_EXPECTED, f"{expected.query}: {row.text}"


def test_the_table_is_worth_its_name() -> None:
    assert len(ROWS) >= 150
    assert len({row.query for row in ROWS}) == len(ROWS)
    placed = [row for row in ROWS if row.lat is not None]
    assert 80 <= len(placed) < len(ROWS) - 40


def test_a_geocoder_that_always_finds_the_same_house_is_wrong(checker: Checker) -> None:
    """A geocoder that is sure of everything is right by chance alone, and each other answer counts as wrong."""
    always = checker.locate("Harg 12, 760 21 Vätö")
    result = score(lambda _: always, TABLE)
    harg = [row for row in ROWS if row.parts.get("street") == "Harg" and row.parts.get("housenumber") == "12"]
    assert result.count(Outcome.WRONG) >= len(ROWS) - len(harg) - 5
    assert result.count(Outcome.AS_EXPECTED) <= len(harg)
    assert f"{result.count(Outcome.WRONG)} wrong" in result.text


def test_a_geocoder_that_is_down_is_not_wrong() -> None:
    def down(_: str) -> Location:
        raise GeocoderUnavailable("The geocoder is down: try later.")

    assert score(down, TABLE).count(Outcome.UNANSWERED) == len(ROWS)


def test_a_house_where_doubt_is_expected_is_wrong_and_doubt_where_a_house_is_expected_is_not(
    checker: Checker, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(
        "query,expected_coordinate,expected_match,expected_error\n"
        '"Harg 12, Vätö",,ambiguous,\n'
        '"Harg 12, Vätö",,,ADDRESS_NOT_FOUND\n'
        '"Harg 12, Vätö","59.9,18.9,50",,\n'
        '"Harg 999, Vätö","59.8,18.9,50",exact,\n'
        '"Ingenstans 1, 999 99 Ingen","59.8,18.9,50",exact,\n',
        encoding="utf-8",
    )
    outcomes = [row.outcome for row in score(checker.locate, table).rows]
    assert outcomes == [Outcome.WRONG, Outcome.WRONG, Outcome.WRONG, Outcome.OTHER, Outcome.OTHER]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("address,expected_match\nHarg 12,exact\n", "column query"),
        ("query,comment\nHarg 12,x\n", "column query and one of"),
        ("query,expected_mach\nHarg 12,exact\n", "column query and one of"),
        ("query,expected_match,expected_name\nHarg 12,exact,x\n", "expected_name"),
        ("query,expected_match\nHarg 12,exct\n", "line 2.*'exct'"),
        ("query,expected_match\nHarg 12,\n", "line 2.*expects nothing"),
        ('query,expected_coordinate\nHarg 12,"59,8,18,9,50"\n', "line 2.*expected_coordinate"),
        ('query,expected_coordinate\nHarg 12,"59.8,18.9,nan"\n', "line 2.*expected_coordinate"),
        ("query,expected_match\nHarg 12,exact,exact,exact\n", "line 2.*more cells"),
    ],
)
def test_faults_of_a_table_are_named(text: str, says: str, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(TableInvalid, match=says):
        read_table(table)


def test_a_table_in_another_encoding_or_place(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes("query,expected_match\nVätö,exact\n".encode("cp1252"))
    with pytest.raises(TableInvalid, match="UTF-8"):
        read_table(table)
    with pytest.raises(MissingFile):
        read_table(tmp_path / "none.csv")


def test_the_command_scores_the_configured_geocoder(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["geocode", "--table", str(TABLE), "--config", "demo"]) == 0
    assert capsys.readouterr().out == f"{len(ROWS)} rows: {len(ROWS)} as expected, 0 other, 0 wrong, 0 unanswered\n"

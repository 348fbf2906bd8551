"""How an address was found is told in full: understood, said, why, how sure."""

import json
from pathlib import Path

import pytest

from coverage_check.checker import Checker
from coverage_check.cli import run
from coverage_check.config import BUNDLED
from coverage_check.geocoders.chain import Chain
from coverage_check.geocoders.explanation import explain
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register
from coverage_check.report.place import explanation_json, explanation_text


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


ADDRESSES = ["Harg 12, 760 21 Vätö", "Kyrkvägen 3", "Vätövägne 12, Vätö", "59,82 18,95", "18.95, 59.82", "RXC2+22 Vätö"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_explained_place_is_the_one_that_is_checked(checker: Checker, address: str) -> None:
    assert checker.explain(address).location == checker.locate(address)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (
            "Harg 12, 760 21 Vätö",
            ["street Harg, number 12, postcode 76021, places Vätö", "nothing disagrees", "95 % within"],
        ),
        ("Vätövägne 12, 760 21 Vätö", ["fuzzy match", "differs in one letter", "2.0%"]),
        ("Kyrkvägen 3", ["2 places fit", "or          Kyrkvägen 3, 761 30 Norrtälje", "no postcode or town was given"]),
        ("Harg 999, 760 21 Vätö", ["the number is not in the register"]),
        ("18.95, 59.82", ["note        ", "ambiguous match"]),
        ("Box 12, 760 21 Vätö", ["box 12", "answer      NO_STREET_POSITION"]),
        ("Norrtälje Vätö-Harg 1:23", ["property designation: municipality Norrtälje", "PROPERTY_DESIGNATION_UNSUPPORTED"]),
        ("Drottninggatan 5, 111 51 Stockholm", ["answer      ADDRESS_NOT_FOUND"]),
    ],
)
def test_what_was_understood_said_and_doubted(checker: Checker, address: str, says: list[str]) -> None:
    text = explanation_text(checker.explain(address))
    for words in says:
        assert words in text


def test_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["geocode", "Vätövägne 12, Vätö", "--config", "demo", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["understood"] == {"kind": "address", "street": "Vätövägne", "number": 12, "places": ["Vätö"]}
    assert told["said"][0]["match"] == told["location"]["match"] == "fuzzy"
    assert told["location"]["candidates"][0]["why"] == ["the street's name differs in one letter"]
    assert told["reason"] is None


def test_every_source_of_a_chain_is_heard(checker: Checker, tmp_path: Path) -> None:
    """Two registers place one house 3 km apart: both are shown, and the answer is ambiguous."""
    rows = (BUNDLED / "addresses.csv").read_text(encoding="utf-8").replace(",59.8", ",59.83")
    (tmp_path / "moved.csv").write_text(rows, encoding="utf-8")
    build_register(tmp_path / "moved.csv", tmp_path / "moved.sqlite")
    other = Register.open(tmp_path / "moved.sqlite")
    assert checker.geocoder is not None
    chain = Chain([checker.geocoder, other], agreement=True)
    explanation = explain(chain, checker.explain("Harg 12, 760 21 Vätö").query)
    text = explanation_text(explanation)
    assert [said.source for said in explanation.said] == [checker.geocoder.id, other.id]
    assert text.count("said        register:") == 2
    assert "ambiguous match" in text
    assert json.loads(explanation_json(explanation))["location"]["match"] == "ambiguous"


@pytest.mark.parametrize("arguments", [[], ["Harg 12", "--table", "x.csv"]])
def test_an_address_or_a_table(arguments: list[str]) -> None:
    assert run(["geocode", *arguments, "--config", "demo"]) == 2

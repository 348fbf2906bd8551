"""From the customer's words to the house: however they are typed, one answer; and no slip makes another house certain."""

import csv
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coverage_check.config import BUNDLED
from coverage_check.errors import CoverageCheckError, LocateError
from coverage_check.geocoders.acceptance import read_table
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.geocoders.locating import Locator
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register
from coverage_check.geocoders.spelling import spelled
from coverage_check.location import Location, Match

TABLE = Path(__file__).parents[1] / "acceptance" / "addresses.csv"
WORDS = [
    row.query for row in read_table(TABLE) if row.query and "coordinates" not in row.words["level"] and ":/" not in row.query
]
with (BUNDLED / "addresses.csv").open(encoding="utf-8", newline="") as file:
    HOUSES = list(csv.DictReader(file))
REGISTERED = {spelled(house["street"]) for house in HOUSES}

TYPINGS: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "NFKD": lambda text: unicodedata.normalize("NFKD", text),
    "spaces": lambda text: f"  {text.replace(' ', '   ')} ",
    "tabs": lambda text: text.replace(" ", "\t"),
    "hard spaces": lambda text: text.replace(" ", "\u00a0"),
    "lines": lambda text: text.replace(", ", "\n"),
    "no commas": lambda text: text.replace(",", ""),
    "commas aside": lambda text: text.replace(",", " ,"),
    "commas at the end": lambda text: f", {text.replace(',', ',,')},",
    "semicolons": lambda text: text.replace(",", ";"),
}


@pytest.fixture(scope="module")
def locator() -> Locator:
    return Locator.from_config("demo")


def said(locator: Locator, text: str) -> Location | str:
    try:
        return locator.locate(text)
    except CoverageCheckError as error:
        return error.code


@given(st.sampled_from(WORDS), st.lists(st.sampled_from(sorted(TYPINGS)), min_size=1, max_size=3), st.data())
@settings(max_examples=300)
def test_however_it_is_typed_there_is_one_answer(
    locator: Locator, words: str, typed: list[str], data: st.DataObject
) -> None:
    text = words
    for how in typed:
        text = TYPINGS[how](text)
    at = data.draw(st.integers(0, len(text)))
    text = f"{text[:at]}\u200b{text[at:]}"  # a space that can't be seen
    assert said(locator, text) == said(locator, words), (typed, text)


FORMS = [
    "{street} {number}, {postcode} {town}",
    "{street} {number} {postcode} {town}",
    "{postcode} {town}, {street} {number}",
    "{street} {number}, {town}",
    "{town}, {street} {number}",
    "{street} {number}, {postcode}",
    "{street} {number}",
]
SIGNS = st.sampled_from("abcdefghijklmnopqrstuvwxyzåäöé .,-':/0123456789")


@given(st.sampled_from(HOUSES), st.sampled_from(FORMS), st.sampled_from(["add", "lose", "change", "swap"]), SIGNS, st.data())
@settings(max_examples=1500)
def test_a_slip_in_the_words_never_makes_another_house_certain(
    locator: Locator, house: dict[str, str], form: str, kind: str, sign: str, data: st.DataObject
) -> None:
    name = house["street"]
    at = data.draw(st.integers(0, len(name) - 1))
    slips = {
        "add": name[:at] + sign + name[at:],
        "lose": name[:at] + name[at + 1 :],
        "change": name[:at] + sign + name[at + 1 :],
        "swap": name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
    }
    typed = slips[kind]
    assume(spelled(typed) not in REGISTERED)
    text = form.format(**{**house, "street": typed, "number": house["number"] + house["letter"]})
    try:
        found = locator.locate(text)
    except LocateError:
        return
    off_m = distance_m(lat=found.lat, lon=found.lon, to_lat=float(house["lat"]), to_lon=float(house["lon"]))
    sure = found.match in {Match.EXACT, Match.FUZZY} and not found.level.coarse
    assert not sure or off_m < 50, text
    assert not sure or found.match is Match.FUZZY, text


FARMS = {"Ás": "301", "Vegsvæði": "301", "Ás Vegsvæði": "301", "Norðtunga 3 Vegsvæði": "311", "Syðri Kambhóll": "604"}


@pytest.fixture(scope="module")
def without_towns(tmp_path_factory: pytest.TempPathFactory) -> Locator:
    """Give a register as Iceland's: farms without numbers, streets with them, postcodes and no towns."""
    folder = tmp_path_factory.mktemp("farms")
    rows = [f"{name};;{code};64.{at}1;-21.5" for at, (name, code) in enumerate(FARMS.items(), 1)]
    rows += ["Norðtunga;3;311;64.7;-21.5", "Kambhóll;;604;64.8;-21.5", "Hlíð;7;311;64.9;-21.5"]
    (folder / "farms.csv").write_text("\n".join(["street;number;postcode;lat;lon", *rows]), encoding="utf-8")
    build_register(folder / "farms.csv", folder / "farms.sqlite", country="is")
    return Locator(Register.open(folder / "farms.sqlite"))


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (form, name)
        for form in ("{name}, {code}", "{code}, {name}", "{code} {name}")
        for name in FARMS
        if " " in name or form.startswith("{name}")  # a lone word after a postcode is its town
    ],
)
def test_words_beside_a_street_may_be_of_its_name(without_towns: Locator, form: str, name: str) -> None:
    found = without_towns.locate(form.format(name=name, code=FARMS[name]))
    assert found.candidates[0].label.startswith(name), found.candidates
    assert not (found.match is Match.EXACT and len(found.candidates) > 1)


@pytest.mark.parametrize("text", ["Hlí7 22, 311", "Hlíð 7 22, 311", "Hlíð 7, 22B, 311", "311, Hlíð 7 eða 9"])
def test_a_second_number_is_no_town_that_could_not_be_compared(without_towns: Locator, text: str) -> None:
    try:
        found = without_towns.locate(text)
    except LocateError:
        return
    assert found.match in {Match.PARTIAL, Match.AMBIGUOUS} or found.level.coarse

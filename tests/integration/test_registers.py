"""Real address files as registers. They lie outside the project; without them these tests are skipped."""

import csv
import gzip
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from coverage_check.address import Address, parse
from coverage_check.errors import AddressNotFound
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register
from coverage_check.location import Location, Match
from tests.shared import shared

WITHIN_M = 50


@pytest.fixture(scope="module")
def liechtenstein(tmp_path_factory: pytest.TempPathFactory) -> Register:
    path = tmp_path_factory.mktemp("li") / "li.sqlite"
    build_register(shared("data/addresses/li_osm_addresses.csv"), path, country="li", attribution="© OpenStreetMap")
    return Register.open(path)


@pytest.fixture(scope="module")
def iceland(tmp_path_factory: pytest.TempPathFactory) -> Register:
    path = tmp_path_factory.mktemp("is") / "is.sqlite"
    build_register(shared("data/addresses/is_stadfong_addresses.csv.gz"), path, country="is")
    return Register.open(path)


def _liechtenstein_rows() -> list[dict[str, str]]:
    with shared("data/addresses/li_osm_addresses.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _iceland_rows() -> list[dict[str, str]]:
    with gzip.open(shared("data/addresses/is_stadfong_addresses.csv.gz"), "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _off_m(location: Location, row: dict[str, str], lat: str = "lat", lon: str = "lon") -> float:
    return distance_m(lat=location.lat, lon=location.lon, to_lat=float(row[lat]), to_lon=float(row[lon]))


def test_every_address_of_liechtenstein_is_found_or_honestly_doubted(liechtenstein: Register) -> None:
    outcomes: Counter[str] = Counter()
    for row in _liechtenstein_rows():
        text = f"{row['street']} {row['housenumber']}, {row['postcode']} {row['city']}"
        try:
            location = liechtenstein.locate(parse(text))
        except AddressNotFound:
            outcomes["doubted"] += 1
            continue
        near = _off_m(location, row) <= WITHIN_M
        if location.match in {Match.PARTIAL, Match.AMBIGUOUS}:
            outcomes["doubted"] += 1
        else:
            outcomes["found" if near else "wrong and certain"] += 1
    assert outcomes["wrong and certain"] == 0
    assert outcomes["found"] >= 0.99 * outcomes.total()
    assert outcomes.total() == 12_497


def test_an_extract_of_openstreetmap_gives_the_houses_of_its_table(tmp_path: Path) -> None:
    source = shared("data/osm/liechtenstein-latest_2024.osm.pbf")
    info = build_register(source, tmp_path / "osm.sqlite", country="li")
    assert (info.preset, info.licence, info.attribution) == ("osm", "ODbL-1.0", "© OpenStreetMap contributors")
    assert info.rejects["no position, or one outside its coordinate system"] == 16  # relations
    found = 0
    with Register.open(tmp_path / "osm.sqlite") as register:
        for row in random.Random(6).sample(_liechtenstein_rows(), 500):  # noqa: S311
            location = register.locate(parse(f"{row['street']} {row['housenumber']}, {row['postcode']} {row['city']}"))
            near = _off_m(location, row) < WITHIN_M
            assert near or location.match in {Match.PARTIAL, Match.AMBIGUOUS}
            found += near
    assert found >= 490


@pytest.mark.parametrize("what", ["postcode", "city"])
def test_one_of_postcode_and_town_is_enough(liechtenstein: Register, what: str) -> None:
    rows = random.Random(5).sample([row for row in _liechtenstein_rows() if row["postcode"] and row["city"]], 1_500)  # noqa: S311
    found = 0
    for row in rows:
        location = liechtenstein.locate(parse(f"{row['street']} {row['housenumber']}, {row[what]}"))
        near = _off_m(location, row) <= WITHIN_M
        assert near or location.match is not Match.EXACT
        found += near
    assert found >= 0.97 * len(rows)


def test_a_town_that_is_not_the_houses_is_never_certain(liechtenstein: Register) -> None:
    rows = random.Random(6).sample([row for row in _liechtenstein_rows() if row["postcode"] and row["city"]], 1_500)  # noqa: S311
    for row, other in pairwise(rows):
        if row["city"] != other["city"]:
            query = parse(f"{row['street']} {row['housenumber']}, {row['postcode']} {other['city']}")
            assert liechtenstein.locate(query).match in {Match.PARTIAL, Match.AMBIGUOUS}


def test_all_of_iceland_is_taken(iceland: Register) -> None:
    assert iceland.info.preset == "stadfong"
    assert iceland.info.rows == 139_409 == iceland.info.addresses + iceland.info.duplicates


@pytest.mark.parametrize("name", ["heiti_nf", "heiti_tgf"])
def test_icelands_houses_are_found_by_both_names(iceland: Register, name: str) -> None:
    """Most have a number; those without are farms, several of which may share a name."""
    rows = [row for row in _iceland_rows() if row["husnr"] and row[name] and not row["vidsk"] and row["bokst"].isalpha()]
    outcomes: Counter[str] = Counter()
    for row in random.Random(7).sample(rows, 1_500):  # noqa: S311
        query = Address(
            given="",
            street=row[name],
            number=int(row["husnr"]),
            letter=row["bokst"].upper(),
            postcode=row["postnr"],
        )
        location = iceland.locate(query)
        near = _off_m(location, row, "lat_wgs84", "long_wgs84") <= WITHIN_M
        certain = location.match in {Match.EXACT, Match.FUZZY}
        outcomes["found" if near else "wrong and certain" if certain else "doubted"] += 1
    assert outcomes["wrong and certain"] == 0
    assert outcomes["found"] >= 0.97 * outcomes.total()


@pytest.mark.parametrize("form", ["{name} {number}, {code}", "{name} {number} {code}", "{code}, {name} {number}"])
def test_icelands_houses_are_found_as_they_are_said(iceland: Register, form: str) -> None:
    """The register has no towns: three digits alone tell where the street is, and names have digits and several words."""
    rows = [row for row in _iceland_rows() if row["husnr"] and row["heiti_nf"] and not row["vidsk"]]
    outcomes: Counter[str] = Counter()
    for row in random.Random(8).sample(rows, 1_500):  # noqa: S311
        number = row["husnr"] + row["bokst"].strip()
        location = iceland.locate(parse(form.format(name=row["heiti_nf"], number=number, code=row["postnr"])))
        near = _off_m(location, row, "lat_wgs84", "long_wgs84") <= WITHIN_M
        certain = location.match in {Match.EXACT, Match.FUZZY} and not location.level.coarse
        outcomes["found" if near and certain else "wrong and certain" if certain else "doubted"] += 1
    assert outcomes["wrong and certain"] == 0
    assert outcomes["found"] >= 0.97 * outcomes.total()


def test_building_leaves_the_source_alone(tmp_path: Path) -> None:
    source = shared("data/addresses/li_osm_addresses.csv")
    before = source.read_bytes()
    build_register(source, tmp_path / "li.sqlite", country="li")
    assert source.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["li.sqlite"]

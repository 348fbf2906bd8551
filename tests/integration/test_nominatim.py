"""A real Nominatim over Vätö and Liechtenstein: each address is found or honestly doubted, no wrong house is certain."""

import csv
import os
import random
import re
import socket
import string
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from coverage_check.address import Address
from coverage_check.errors import AddressNotFound
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.geocoders.limits import Limits
from coverage_check.geocoders.nominatim import Nominatim
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register
from coverage_check.location import Candidate, Location, LocationLevel, Match
from tests.integration.nominatim.make_vato_osm import make
from tests.shared import shared

pytestmark = pytest.mark.network

HERE = Path(__file__).parent / "nominatim"
ROOT = Path(__file__).parents[2]
VATO = ROOT / "data" / "vato" / "addresses.csv"
LIECHTENSTEIN_MAP = "data/osm/liechtenstein-latest_2024.osm.pbf"
NOT_INSTALLED = 3
"""What up.sh returns where PostgreSQL or osm2pgsql is missing."""

LIMITS = Limits(deadline_s=60)
"""The machine of the tests may be busy with more than this."""

NEAR_M = 50.0
"""Two maps of one house differ by less: by where on it they put the point."""


@dataclass(frozen=True, slots=True)
class Known:
    """An address and where it is."""

    asked: Address
    lat: float
    lon: float

    def off_m(self, place: Location) -> float:
        """Tell how far from the truth a location is."""
        return distance_m(lat=self.lat, lon=self.lon, to_lat=place.lat, to_lon=place.lon)


def known(row: dict[str, str], street: str, number: str, place: str) -> Known | None:
    """Read a row of a table of addresses; None where the number is none that a customer would say."""
    digits = re.fullmatch(r"(\d+)\s*([A-Za-z]?)", number)
    if not (digits and street):
        return None
    asked = Address(
        given="",
        street=street,
        number=int(digits[1]),
        letter=digits[2].upper(),
        postcode=row["postcode"].replace(" ", ""),
        places=(place,) if place else (),
    )
    return Known(asked, float(row["lat"]), float(row["lon"]))


def _free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Bring the server up, or use the one that COVERAGE_CHECK_NOMINATIM_URL names."""
    if url := os.environ.get("COVERAGE_CHECK_NOMINATIM_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="nominatim-") as folder:
        vato = Path(folder, "vato.osm")
        make(VATO, vato)
        files = [vato, *find_shared(LIECHTENSTEIN_MAP)]
        ports = {"HTTP_PORT": _free_port(), "POSTGRES_PORT": _free_port(), "PYTHON": sys.executable}
        command = [str(HERE / "up.sh"), folder, *map(str, files)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **ports})
            if done.returncode:
                reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                required = os.environ.get("COVERAGE_CHECK_REQUIRE_ALL") == "1"
                (pytest.fail if required or done.returncode != NOT_INSTALLED else pytest.skip)(f"no Nominatim: {reason}")
            yield done.stdout.strip().splitlines()[-1]
        finally:
            subprocess.run([str(HERE / "up.sh"), "--stop", folder], check=False)


def find_shared(path: str) -> list[Path]:
    """Give a file of the shared material, if it is there."""
    try:
        return [shared(path)]
    except pytest.skip.Exception:
        return []


@pytest.fixture(scope="module")
def vato() -> list[Known]:
    with VATO.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [found for row in rows if (found := known(row, row["street"], row["number"] + row["letter"], row["town"]))]


@pytest.fixture
def geocoder(server: str) -> Nominatim:
    return Nominatim(server, country="se", limits=LIMITS)


def sure(place: Location) -> bool:
    """Tell whether a location may decide an order."""
    return place.match in {Match.EXACT, Match.FUZZY} and not place.level.coarse


def test_every_full_address_of_vato_is_found(geocoder: Nominatim, vato: list[Known]) -> None:
    assert len(vato) > 300
    for house in vato:
        place = geocoder.locate(house.asked)
        assert (place.match, place.level) == (Match.EXACT, LocationLevel.ADDRESS_POINT), house.asked.normalised
        assert house.off_m(place) < 1


def test_without_its_postcode_an_address_is_found_or_ambiguous(geocoder: Nominatim, vato: list[Known]) -> None:
    for house in vato[::3]:
        place = geocoder.locate(replace(house.asked, postcode=""))
        if place.match is Match.AMBIGUOUS:
            assert any(near(house, candidate) for candidate in place.candidates)
        else:
            assert sure(place)
            assert house.off_m(place) < 1


def near(house: Known, candidate: Candidate) -> bool:
    return distance_m(lat=house.lat, lon=house.lon, to_lat=candidate.lat, to_lon=candidate.lon) <= candidate.cep95_m


def ask(street: str, number: int | None, postcode: str, *places: str) -> Address:
    return Address(given="", street=street, number=number, postcode=postcode, places=places)


DOUBTS = [  # what a real Nominatim's first hit gets wrong, and what comes out here: level, match
    (ask("Harg", 12, "", "Vätö"), "address_point", "exact"),
    (ask("Kyrkvägen", 3, "", "Norrtälje"), "address_point", "ambiguous"),
    (ask("Kyrkvägen", 3, ""), "address_point", "ambiguous"),
    (ask("Hargsvägen", None, "", "Vätö"), "street", "exact"),
    (ask("Vätövägen", 999, "", "Vätö"), "street", "partial"),
    (ask("Harg", 999, "76021", "Vätö"), "locality", "partial"),
    (ask("Harg", 8, "76021", "Vätö"), "address_point", "fuzzy"),
    (ask("Norrnäsvägen", 8, "76021", "Vätö"), "interpolated", "partial"),
    (ask("Hittepåvägen", 3, "76021", "Vätö"), "locality", "partial"),
    (ask("Hittepåvägen", 3, "76021"), "postcode", "partial"),
    (ask("Vatovagen", 12, "76021", "Vätö"), "address_point", "fuzzy"),
    (ask("Vätö vägen", 12, "76021", "VÄTÖ"), "address_point", "exact"),
    (ask("Harg", 12, "76130", "Vätö"), "address_point", "partial"),
    (ask("Harg", 12, "76130"), "postcode", "ambiguous"),
]


@pytest.mark.parametrize(("asked", "level", "match"), DOUBTS, ids=lambda value: getattr(value, "normalised", None))
def test_the_wrong_first_hits_come_out_right_or_doubted(geocoder: Nominatim, asked: Address, level: str, match: str) -> None:
    place = geocoder.locate(asked)
    assert (place.level, place.match) == (level, match)


@pytest.mark.parametrize("asked", [ask("Storgatan", 1, "11122", "Stockholm"), ask("Hittepåvägen", 3, "", "Ingenstans")])
def test_what_the_map_does_not_have_is_not_found(geocoder: Nominatim, asked: Address) -> None:
    with pytest.raises(AddressNotFound):
        geocoder.locate(asked)


def edited(name: str, chance: random.Random) -> str:
    """Change, drop, add or swap one letter."""
    at = chance.randrange(len(name))
    letter = chance.choice(string.ascii_lowercase + "åäö")
    swapped = name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :]
    return chance.choice(
        [name[:at] + letter + name[at + 1 :], name[:at] + name[at + 1 :], name[:at] + letter + name[at:], swapped]
    )


def test_a_slip_of_the_finger_never_leads_to_another_house(geocoder: Nominatim, vato: list[Known]) -> None:
    chance = random.Random(76021)  # noqa: S311 - a sample, no secret
    registered = {house.asked.street for house in vato}
    for house in chance.sample(vato, 60):
        slip = edited(house.asked.street, chance)
        if slip in registered:
            continue
        place = geocoder.locate(replace(house.asked, street=slip))
        assert not sure(place) or house.off_m(place) < 1, slip


def test_the_register_and_nominatim_agree_or_say_why(geocoder: Nominatim, vato: list[Known], tmp_path: Path) -> None:
    build_register(VATO, tmp_path / "register.sqlite", attribution="Made up")
    with Register.open(tmp_path / "register.sqlite") as register:
        for house in vato[::4]:
            for asked in (house.asked, replace(house.asked, postcode=""), replace(house.asked, places=())):
                theirs, ours = geocoder.locate(asked), register.locate(asked)
                apart = distance_m(lat=theirs.lat, lon=theirs.lon, to_lat=ours.lat, to_lon=ours.lon)
                assert theirs.match is ours.match, asked.normalised
                assert apart < 1 or theirs.match is Match.AMBIGUOUS


@pytest.fixture(scope="module")
def liechtenstein() -> list[Known]:
    shared(LIECHTENSTEIN_MAP)
    with shared("data/addresses/li_osm_addresses.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["postcode"] and row["city"]]
    found = [house for row in rows if (house := known(row, row["street"], row["housenumber"], row["city"]))]
    return random.Random(9490).sample(found, 500)  # noqa: S311 - the same


def test_each_of_500_addresses_of_liechtenstein_is_found_or_honestly_doubted(
    server: str, liechtenstein: list[Known]
) -> None:
    geocoder = Nominatim(server, country="li", limits=LIMITS)
    right, doubted = 0, []
    for house in liechtenstein:
        try:
            place = geocoder.locate(house.asked)
        except AddressNotFound:
            doubted.append("not found")
            continue
        if sure(place):
            assert house.off_m(place) < NEAR_M, house.asked.normalised
            right += 1
        else:
            doubted.append(f"{place.level} {place.match}")
            assert any(near(house, candidate) for candidate in place.candidates), house.asked.normalised
    assert right + len(doubted) == 500
    assert right >= 475, doubted


def test_the_server_tells_of_itself(geocoder: Nominatim) -> None:
    assert geocoder.status().startswith("Nominatim 5.")

"""What a register answers: the right house, or an honest doubt. All places here are made up."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coverage_check.address import Address, Coordinates, PropertyDesignation
from coverage_check.errors import AddressNotFound, InvalidInput, NoStreetPosition, PropertyDesignationUnsupported
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register
from coverage_check.geocoders.spelling import spelled
from coverage_check.location import Location, LocationLevel, Match

HEADINGS = "gata;nummer;bokstav;postnummer;postort;kommun;lat;lon"
STREETS = [  # name, numbers, postcode, town, municipality, first house, step in degrees
    ("Harg", "1-13", "760 21", "Vätö", "Norrtälje", (59.8250, 18.9310), 0.0020),
    ("Vätövägen", "1-16 18-40 60", "760 21", "Vätö", "Norrtälje", (59.8010, 18.9250), 0.0008),
    ("Hargsvägen", "1 2 3 5 7 8 8A 8B 10 12", "760 21", "Vätö", "Norrtälje", (59.8240, 18.9250), 0.0004),
    ("Kyrkvägen", "1-8", "760 21", "Vätö", "Norrtälje", (59.8140, 18.9420), 0.0004),
    ("Kyrkvägen", "1-8", "761 30", "Norrtälje", "Norrtälje", (59.7590, 18.7040), 0.0004),
    ("Stora Brogatan", "1-20", "761 30", "Norrtälje", "Norrtälje", (59.7575, 18.7000), 0.0004),
    ("Åsvägen", "1-5", "761 30", "Norrtälje", "Norrtälje", (59.7700, 18.7200), 0.0004),
    ("Asvägen", "1-5", "761 30", "Norrtälje", "Norrtälje", (59.7400, 18.6800), 0.0004),
    ("Ekvägen", "1-9", "761 30", "Norrtälje", "Norrtälje", (59.7650, 18.7400), 0.0004),
    ("Elvägen", "1-9", "761 31", "Norrtälje", "Norrtälje", (59.7450, 18.6600), 0.0004),
    ("Sjövägen", "1-9", "193 30", "Sigtuna", "Sigtuna", (59.6200, 17.7200), 0.0004),
]


def _numbers(text: str) -> list[tuple[str, str]]:
    found = []
    for part in text.split():
        first, _, last = part.partition("-")
        letter = first.lstrip("0123456789")
        first = first.removesuffix(letter)
        found += [(str(number), letter) for number in range(int(first), int(last or first) + 1)]
    return found


def _rows() -> list[str]:
    return [
        f"{name};{number};{letter};{postcode};{town};{municipality};{lat + int(number) * step:.6f};{lon:.6f}"
        for name, numbers, postcode, town, municipality, (lat, lon), step in STREETS
        for number, letter in _numbers(numbers)
    ]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    folder = tmp_path_factory.mktemp("register")
    (folder / "addresses.csv").write_text("\n".join([HEADINGS, *_rows()]), encoding="utf-8")
    build_register(folder / "addresses.csv", folder / "register.sqlite", attribution="Made up")
    return Register.open(folder / "register.sqlite")


def ask(street: str = "", house: str = "", postcode: str = "", *places: str) -> Address:
    """Take an address apart as `parse` does."""
    digits = house.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return Address(
        given="as typed",
        street=street,
        number=int(digits) if digits else None,
        letter=house.removeprefix(digits),
        postcode=postcode,
        places=places,
    )


def labels(location: Location) -> list[str]:
    return [candidate.label for candidate in location.candidates]


Row = tuple[str, str, str, tuple[str, ...], str, str, str]
# street, house, postcode, places → label of the first candidate, level, match
ANSWERS: list[Row] = [
    # found as asked
    ("Harg", "12", "76021", ("Vätö",), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("Harg", "12", "", ("Vätö",), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("Harg", "12", "76021", (), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("Harg", "12", "", ("Norrtälje",), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("Harg", "12", "", ("Vätö", "Norrtälje kommun"), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("HARG", "12", "76021", ("VÄTÖ",), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("Hargsvägen", "8B", "76021", ("Vätö",), "Hargsvägen 8B, 760 21 Vätö", "address_point", "exact"),
    ("Hargsvägen", "8", "76021", ("Vätö",), "Hargsvägen 8, 760 21 Vätö", "address_point", "exact"),
    ("Åsvägen", "3", "76130", ("Norrtälje",), "Åsvägen 3, 761 30 Norrtälje", "address_point", "exact"),
    ("Kyrkvägen", "3", "76130", ("Norrtälje",), "Kyrkvägen 3, 761 30 Norrtälje", "address_point", "exact"),
    # nothing says where it is, and only one is known
    ("Harg", "12", "", (), "Harg 12, 760 21 Vätö", "address_point", "fuzzy"),
    # other spellings
    ("Vatovagen", "12", "76021", ("Vato",), "Vätövägen 12, 760 21 Vätö", "address_point", "fuzzy"),
    ("Vätöv.", "12", "76021", ("Vätö",), "Vätövägen 12, 760 21 Vätö", "address_point", "fuzzy"),
    ("St. Brog.", "12", "76130", ("Norrtälje",), "Stora Brogatan 12, 761 30 Norrtälje", "address_point", "fuzzy"),
    ("Vätöväegn", "12", "76021", ("Vätö",), "Vätövägen 12, 760 21 Vätö", "address_point", "fuzzy"),
    ("Hrag", "12", "76021", ("Vätö",), "Harg 12, 760 21 Vätö", "address_point", "fuzzy"),
    ("Harg", "12", "76021", ("Väddö",), "Harg 12, 760 21 Vätö", "address_point", "partial"),
    ("Harg", "12", "", ("Vätå",), "Harg 12, 760 21 Vätö", "address_point", "partial"),
    ("Harg", "12", "76021", ("Norrtälke",), "Harg 12, 760 21 Vätö", "address_point", "fuzzy"),
    ("Harg", "12", "", ("Norrtälke",), "Harg 12, 760 21 Vätö", "address_point", "partial"),
    # a village beside a street of its town
    ("Vätövägen", "12", "76021", ("Harg", "Vätö"), "Vätövägen 12, 760 21 Vätö", "address_point", "fuzzy"),
    ("Ekvägen", "3", "76130", ("Harg", "Norrtälje"), "Ekvägen 3, 761 30 Norrtälje", "address_point", "partial"),
    # what is asked and what is found disagree
    ("Harg", "12", "76130", ("Vätö",), "Harg 12, 760 21 Vätö", "address_point", "partial"),
    ("Harg", "12", "76021", ("Sigtuna",), "Harg 12, 760 21 Vätö", "address_point", "partial"),
    ("Hargsvägen", "8C", "76021", ("Vätö",), "Hargsvägen 8, 760 21 Vätö", "address_point", "partial"),
    ("Hargsvägen", "7C", "76021", ("Vätö",), "Hargsvägen 7, 760 21 Vätö", "address_point", "partial"),
    # the number is missing
    ("Vätövägen", "17", "76021", ("Vätö",), "Vätövägen, Vätö", "interpolated", "partial"),
    ("Vätövägen", "50", "76021", ("Vätö",), "Vätövägen, Vätö", "street", "partial"),
    ("Vätövägen", "9" * 40, "76021", ("Vätö",), "Vätövägen, Vätö", "street", "partial"),
    ("Vätövägen", "99", "76021", ("Vätö",), "Vätövägen, Vätö", "street", "partial"),
    ("Vätövägen", "", "76021", ("Vätö",), "Vätövägen, Vätö", "street", "exact"),
    # the street is missing
    ("Nyvägen", "4", "76021", ("Vätö",), "760 21", "postcode", "partial"),
    ("Nyvägen", "4", "", ("Sigtuna",), "Sigtuna", "locality", "partial"),
    ("", "", "76021", ("Vätö",), "760 21", "postcode", "exact"),
    ("", "4", "76021", ("Vätö",), "760 21", "postcode", "partial"),
    # a lone name is a street or a place
    ("Vätö", "", "", (), "Vätö", "locality", "exact"),
    ("Harg", "", "", (), "Harg, Vätö", "street", "fuzzy"),
    ("Harg Vätö", "", "", (), "Harg, Vätö", "street", "exact"),
    ("Vätö Harg", "12", "", (), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    # two fit
    ("Kyrkvägen", "3", "", (), "Kyrkvägen 3, 760 21 Vätö", "address_point", "ambiguous"),
    ("Kyrkvägen", "3", "", ("Norrtälje",), "Kyrkvägen 3, 760 21 Vätö", "address_point", "ambiguous"),
    ("Kyrkvägen", "3", "76021", ("Sigtuna",), "Kyrkvägen 3, 760 21 Vätö", "address_point", "partial"),
    ("Asvagen", "3", "76130", ("Norrtälje",), "Asvägen 3, 761 30 Norrtälje", "address_point", "ambiguous"),
    ("Evägen", "3", "", ("Norrtälje",), "Ekvägen 3, 761 30 Norrtälje", "address_point", "ambiguous"),
    # in another postcode of the town stands the very name
    ("Sjövägen", "3", "76021", (), "760 21", "postcode", "ambiguous"),
]


@pytest.mark.parametrize("row", ANSWERS)
def test_answers(register: Register, row: Row) -> None:
    street, house, postcode, places, label, level, match = row
    location = register.locate(ask(street, house, postcode, *places))
    assert (labels(location)[0], location.level, location.match) == (label, level, match)
    assert location.source == register.id
    assert location.attribution == "Made up"
    assert (location.lat, location.lon) == (location.candidates[0].lat, location.candidates[0].lon)


def test_the_house_asked_for_is_where_it_stands(register: Register) -> None:
    location = register.locate(ask("Harg", "12", "76021", "Vätö"))
    assert distance_m(lat=location.lat, lon=location.lon, to_lat=59.8250 + 12 * 0.002, to_lon=18.9310) < 1


def test_all_that_fits_is_kept(register: Register) -> None:
    assert labels(register.locate(ask("Kyrkvägen", "3"))) == ["Kyrkvägen 3, 760 21 Vätö", "Kyrkvägen 3, 761 30 Norrtälje"]
    assert labels(register.locate(ask("Sjövägen", "3", "76021"))) == ["760 21", "Sjövägen 3, 193 30 Sigtuna"]


def test_a_missing_number_lies_between_its_neighbours(register: Register) -> None:
    location = register.locate(ask("Vätövägen", "17", "76021", "Vätö"))
    assert location.lat == pytest.approx(59.8010 + 17 * 0.0008, abs=1e-6)
    assert location.cep95_m == 2_900  # rural, FACTS


def test_a_street_is_as_wide_as_its_houses_stand(register: Register) -> None:
    location = register.locate(ask("Vätövägen", "", "76021", "Vätö"))
    houses = [59.8010 + int(number) * 0.0008 for number, _ in _numbers("1-16 18-40 60")]
    away = sorted(abs(lat - sum(houses) / len(houses)) * 111_195 for lat in houses)
    assert location.cep50_m == pytest.approx(away[len(away) // 2], rel=0.1)
    assert sum(distance <= location.cep95_m for distance in away) >= 0.95 * len(away)


@pytest.mark.parametrize(
    "query",
    [
        ask("Nyvägen", "4", "99999", "Nyort"),  # neither postcode nor town is known: another region
        ask("Harg", "12", "99999"),
        ask("Harg", "12", "", "Nyort"),
        ask("Nyvägen", "4"),
        ask("Nyvägen"),
        ask(),
        ask("...", "4"),
    ],
)
def test_what_the_register_does_not_cover_is_not_found(register: Register, query: Address) -> None:
    with pytest.raises(AddressNotFound):
        register.locate(query)


def test_boxes_designations_and_positions_are_told_apart(register: Register) -> None:
    with pytest.raises(NoStreetPosition):
        register.locate(Address(given="Box 12, 760 21 Vätö", box="12", postcode="76021", places=("Vätö",)))
    designation = PropertyDesignation(given="", municipality="Norrtälje", tract="Vätö-Harg", block="1", unit="23")
    with pytest.raises(PropertyDesignationUnsupported):
        register.locate(designation)
    with pytest.raises(InvalidInput):
        register.locate(Coordinates(given="59.82, 18.95", crs="EPSG:4326", x=18.95, y=59.82, halfwidth_m=555))


# What must hold for any address ---------------------------------------------------------------------------------------

HOUSES = [
    (ask(name, number + letter, postcode.replace(" ", ""), town), (lat + int(number) * step, lon))
    for name, numbers, postcode, town, _, (lat, lon), step in STREETS
    for number, letter in _numbers(numbers)
]
REGISTERED = {spelled(name) for name, *_ in STREETS}
LETTERS = st.sampled_from("abdefgijklmnorstuvyåäö -.")


@st.composite
def slips(draw: st.DrawFn) -> tuple[Address, tuple[float, float]]:
    """Draw an address with one letter of its street added, lost, changed or swapped, and its true position."""
    address, position = draw(st.sampled_from(HOUSES))
    street = address.street
    at = draw(st.integers(0, len(street) - 1))
    kind = draw(st.sampled_from(["add", "lose", "change", "swap"]))
    if kind == "add":
        street = street[:at] + draw(LETTERS) + street[at:]
    elif kind == "lose":
        street = street[:at] + street[at + 1 :]
    elif kind == "change":
        street = street[:at] + draw(LETTERS) + street[at + 1 :]
    else:
        street = street[:at] + street[at : at + 2][::-1] + street[at + 2 :]
    town = draw(st.sampled_from([address.places, ()]))
    return replace(address, street=street, places=town), position


@given(slips())
@settings(max_examples=400)
def test_a_slip_in_the_street_finds_the_house_or_says_its_doubt(
    register: Register, slip: tuple[Address, tuple[float, float]]
) -> None:
    address, (lat, lon) = slip
    assume(spelled(address.street) not in REGISTERED or address.street == "")
    location = register.locate(address)
    assert location.match is not Match.EXACT
    found = any(distance_m(lat=c.lat, lon=c.lon, to_lat=lat, to_lon=lon) < 50 for c in location.candidates)
    assert found or location.level.coarse or location.match in {Match.PARTIAL, Match.AMBIGUOUS}


NAMES = sorted(
    first + last
    for first in (
        *(
            "Stor",
            "Torg",
            "Norra ",
            "Södra ",
            "Östra ",
            "Västra ",
            "Gamla ",
            "Nya ",
            "Norr",
            "Söder",
            "Lill",
            "Kyrk",
            "Skol",
        ),
        *("Björk", "Berg", "Tall", "Hall", "Ek", "Öst", "Väst", "Västerängs", "Österängs", "Björkbacks", "Bergbacks"),
    )
    for last in ("gatan", "vägen", "väg", "gränd", "stigen")
)


@pytest.fixture(scope="module")
def one_street_a_postcode(tmp_path_factory: pytest.TempPathFactory) -> Register:
    folder = tmp_path_factory.mktemp("streets")
    rows = [
        f"{name};{house};;{10000 + at};Byn;Byn;59.{at:03d}{house};18.0"
        for at, name in enumerate(NAMES)
        for house in "123456"
    ]
    (folder / "addresses.csv").write_text("\n".join([HEADINGS, *rows]), encoding="utf-8")
    build_register(folder / "addresses.csv", folder / "register.sqlite")
    return Register.open(folder / "register.sqlite")


def one_letter_apart(one: str, other: str) -> bool:
    """Tell whether one slip of a finger makes the one of the other."""
    short, long = sorted((one, other), key=len)
    if len(long) > len(short):
        return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
    differing = [at for at in range(len(short)) if short[at] != long[at]]
    swapped = len(differing) == 2 and differing[0] + 1 == differing[1] and sorted(one) == sorted(other)
    return len(differing) == 1 or swapped


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
@settings(max_examples=1000)
def test_a_house_of_another_street_is_never_the_answer(one_street_a_postcode: Register, asked: str, held: str) -> None:
    """A postcode has one street, and another is asked for: Norra vägen 5 is not Södra vägen 5, however alike they are."""
    assume(not one_letter_apart(spelled(asked), spelled(held)) and spelled(asked) != spelled(held))
    location = one_street_a_postcode.locate(ask(asked, "5", str(10000 + NAMES.index(held))))
    assert location.level.coarse, (asked, location.candidates)
    assert location.match is not Match.EXACT


@given(st.text(max_size=12), st.integers(0, 99), st.sampled_from(["76021", "76130", ""]))
def test_a_name_that_is_not_registered_is_never_an_exact_house(
    register: Register, street: str, number: int, postcode: str
) -> None:
    assume(spelled(street) not in REGISTERED)
    try:
        location = register.locate(ask(street, str(number), postcode))
    except AddressNotFound:
        return
    assert location.match is not Match.EXACT


TYPED = st.sampled_from(["plain", "upper", "lower", "NFD", "NFKD", "spaces"])


def _typed(text: str, how: str) -> str:
    if how in {"NFD", "NFKD"}:
        return unicodedata.normalize(how, text)  # type: ignore[arg-type]
    return {"upper": text.upper(), "lower": text.lower(), "spaces": f"  {text.replace(' ', '   ')} "}.get(how, text)


@given(st.sampled_from(ANSWERS), TYPED, TYPED, st.sampled_from(["with commas", "without"]))
def test_case_unicode_form_spaces_and_commas_change_nothing(
    register: Register, row: Row, street: str, town: str, commas: str
) -> None:
    plain = ask(row[0], row[1], row[2], *row[3])
    places = tuple(_typed(place, town) for place in plain.places)
    typed = replace(
        plain, street=_typed(plain.street, street), places=places if commas == "with commas" else (" ".join(places),)
    )
    assert register.locate(typed) == register.locate(plain)


@given(st.sampled_from(HOUSES), st.sampled_from([house[0] for house in HOUSES]))
def test_postcode_and_town_that_disagree_are_never_exact(
    register: Register, house: tuple[Address, tuple[float, float]], other: Address
) -> None:
    address, _ = house
    assume(address.postcode != other.postcode)
    assume(not any(name == address.street and code.replace(" ", "") == other.postcode for name, _, code, *_ in STREETS))
    location = register.locate(replace(address, postcode=other.postcode))
    assert location.match in {Match.PARTIAL, Match.AMBIGUOUS}


@given(slips())
def test_candidates_are_in_order_and_within_their_limit(
    register: Register, slip: tuple[Address, tuple[float, float]]
) -> None:
    location = register.locate(slip[0])
    assert 1 <= len(location.candidates) <= 20
    assert len(set(location.candidates)) == len(location.candidates)
    assert location == register.locate(slip[0])
    assert all(candidate.level is not LocationLevel.COORDINATES for candidate in location.candidates)

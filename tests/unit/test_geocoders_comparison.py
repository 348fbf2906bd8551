"""What a server returns is an answer only as far as its parts are those asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.address import Address
from coverage_check.errors import AddressNotFound, GeocoderAnswerInvalid
from coverage_check.geocoders.answers import Judge
from coverage_check.geocoders.comparison import name_flaws
from coverage_check.geocoders.countries import BOXES, lies_in
from coverage_check.geocoders.returned import Extent, Returned
from coverage_check.location import ErrorModel, Location, LocationLevel

JUDGE = Judge(country="se", host="made.example", errors=ErrorModel())


def house(street: str, number: str, postcode: str, *places: str, lat: float = 59.80, lon: float = 18.95) -> Returned:
    return Returned(
        lat=lat,
        lon=lon,
        level=LocationLevel.ADDRESS_POINT,
        street=street,
        number=number,
        postcode=postcode,
        places=places,
        country="se",
    )


def area(level: LocationLevel, name: str, lat: float, lon: float, half: float, postcode: str = "", *places: str) -> Returned:
    return Returned(
        lat=lat,
        lon=lon,
        level=level,
        name=name,
        postcode=postcode,
        places=places,
        country="se",
        extent=Extent(south=lat - half, north=lat + half, west=lon - 2 * half, east=lon + 2 * half),
    )


VATO = ("Vätö", "Norrtälje kommun")
SERVER = [  # all that this server knows; it returns everything, in this order, whatever is asked
    house("Vätövägen", "12", "760 21", "Harg", *VATO, lat=59.798, lon=18.927),
    house("", "12", "760 21", "Harg", *VATO, lat=59.812, lon=18.955),
    house("", "8A", "760 21", "Harg", *VATO, lat=59.8136, lon=18.9606),
    house("", "8B", "760 21", "Harg", *VATO, lat=59.8137, lon=18.9608),
    house("Kyrkvägen", "3", "760 21", *VATO, lat=59.798, lon=18.916),
    house("Kyrkvägen", "3", "761 30", "Norrtälje", "Norrtälje kommun", lat=59.760, lon=18.706),
    house("Torggatan", "1", "761 30", "Norrtälje", "Norrtälje kommun", lat=59.758, lon=18.705),
    house("Södra vägen", "5", "761 30", "Norrtälje", "Norrtälje kommun", lat=59.750, lon=18.705),
    house("Åkervägen", "7-11", "760 21", *VATO, lat=59.790, lon=18.96),
    house("Ekvägen", "2", "", lat=59.791, lon=18.96),
    area(LocationLevel.STREET, "Vätövägen", 59.80, 18.94, 0.01, "760 21", *VATO),
    area(LocationLevel.STREET, "Vätövägen", 59.824, 18.94, 0.01, "760 21", *VATO),
    area(LocationLevel.STREET, "Kyrkvägen", 59.798, 18.916, 0.003, "760 21", *VATO),
    area(LocationLevel.STREET, "Kyrkvägen", 59.760, 18.706, 0.003, "761 30", "Norrtälje", "Norrtälje kommun"),
    area(LocationLevel.LOCALITY, "Harg", 59.813, 18.958, 0.01, "760 21", *VATO),
    area(LocationLevel.LOCALITY, "Vätö", 59.80, 18.95, 0.03, "760 21", "Norrtälje kommun"),
    area(LocationLevel.POSTCODE, "760 21", 59.80, 18.95, 0.05, "760 21", "Norrtälje kommun"),
    area(LocationLevel.POSTCODE, "761 30", 59.76, 18.70, 0.03, "761 30", "Norrtälje kommun"),
    area(LocationLevel.MUNICIPALITY, "Norrtälje kommun", 59.9, 18.9, 0.4),
]


def ask(street: str, written: str, postcode: str, *places: str) -> Address:
    digits = written.rstrip("ABCDEFGH")
    number = int(digits) if digits else None
    return Address(given="", street=street, number=number, letter=written[len(digits) :], postcode=postcode, places=places)


def locate(asked: Address, answers: list[Returned] = SERVER) -> Location:
    return JUDGE.settle(JUDGE.hits(asked, answers), source="made", attribution="")


Row = tuple[str, str, str, tuple[str, ...], str, str, str]
# street, number, postcode, places → first candidate, level, match
ANSWERS: list[Row] = [
    # as asked
    ("Harg", "12", "76021", ("Vätö",), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("Harg", "12", "", ("Vätö",), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("Harg", "12", "", ("Norrtälje",), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("HARG", "12", "760 21", ("VÄTÖ", "Norrtälje kommun"), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("Vätö Harg", "12", "", (), "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("Kyrkvägen", "3", "76130", ("Norrtälje",), "Kyrkvägen 3, 761 30 Norrtälje", "address_point", "exact"),
    ("Vätö vägen", "12", "76021", (), "Vätövägen 12, 760 21 Harg", "address_point", "exact"),
    # two fit
    ("Kyrkvägen", "3", "", ("Norrtälje",), "Kyrkvägen 3, 760 21 Vätö", "address_point", "ambiguous"),
    ("Kyrkvägen", "3", "", (), "Kyrkvägen 3, 760 21 Vätö", "address_point", "ambiguous"),
    # other spellings
    ("Vatovagen", "12", "76021", ("Vato",), "Vätövägen 12, 760 21 Harg", "address_point", "fuzzy"),
    ("Vätöv.", "12", "76021", ("Vätö",), "Vätövägen 12, 760 21 Harg", "address_point", "fuzzy"),
    ("Vätövägne", "12", "76021", ("Vätö",), "Vätövägen 12, 760 21 Harg", "address_point", "fuzzy"),
    ("Harg", "8", "76021", ("Vätö",), "Harg 8A, 760 21 Vätö", "address_point", "fuzzy"),
    ("Harg", "12", "76021", ("Norrtälke",), "Harg 12, 760 21 Vätö", "address_point", "fuzzy"),
    ("Harg", "12", "", (), "Harg 12, 760 21 Vätö", "address_point", "fuzzy"),
    ("Åkervägen", "9", "76021", ("Vätö",), "Åkervägen 7-11, 760 21 Vätö", "address_point", "fuzzy"),
    # some part is another
    ("Harg", "12", "76021", ("Sigtuna",), "Harg 12, 760 21 Vätö", "address_point", "partial"),
    ("Harg", "12", "76130", ("Vätö",), "Harg 12, 760 21 Vätö", "address_point", "partial"),
    ("Harg", "12C", "76021", ("Vätö",), "Harg 12, 760 21 Vätö", "address_point", "partial"),
    ("Harg", "12", "76130", (), "761 30", "postcode", "ambiguous"),
    # coarse
    ("Vätövägen", "999", "76021", ("Vätö",), "Vätövägen, 760 21 Vätö", "street", "partial"),
    ("Vätövägen", "", "", ("Vätö",), "Vätövägen, 760 21 Vätö", "street", "exact"),
    ("Kyrkvägen", "", "", ("Norrtälje",), "Kyrkvägen, 761 30 Norrtälje", "street", "ambiguous"),
    ("Harg", "99", "76021", ("Vätö",), "760 21 Harg", "locality", "partial"),
    ("Åkervägen", "10", "76021", ("Vätö",), "760 21 Vätö", "locality", "partial"),
    ("Hittepåvägen", "3", "76021", ("Vätö",), "760 21 Vätö", "locality", "partial"),
    ("Hittepåvägen", "3", "76021", ("Norrtälje",), "760 21", "postcode", "partial"),
    ("Hittepåvägen", "3", "", ("Norrtälje",), "Norrtälje kommun", "municipality", "partial"),
    ("", "", "76021", (), "760 21", "postcode", "exact"),
    # alike is not the same
    ("Storgatan", "1", "76130", ("Norrtälje",), "761 30", "postcode", "partial"),
    ("Norra vägen", "5", "76130", ("Norrtälje",), "761 30", "postcode", "partial"),
    ("Vätö", "12", "76021", (), "760 21 Vätö", "locality", "partial"),
]


@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: " ".join([*row[:3], *row[3]]))
def test_answers_are_compared_part_by_part(row: Row) -> None:
    street, number, postcode, places, *expected = row
    found = locate(ask(street, number, postcode, *places))
    assert [found.candidates[0].label, found.level, found.match] == expected


@pytest.mark.parametrize(
    "asked",
    [
        ask("Storgatan", "1", "11122", "Stockholm"),
        ask("Ekvägen", "2", "93131", "Skellefteå"),
        ask("", "", "", "Skellefteå"),
        ask("", "", "93131"),
    ],
)
def test_what_no_part_confirms_is_not_found(asked: Address) -> None:
    with pytest.raises(AddressNotFound):
        locate(asked)


def test_a_wrong_first_hit_is_never_taken_for_the_house() -> None:
    # A real Nominatim without Harg 12 answers Vätövägen 12, 1.6 km away, which lies in Harg: a house of that number there.
    only = [answer for answer in SERVER if answer.number != "12" or answer.street]
    found = locate(ask("Harg", "12", "", "Vätö"), only)
    assert found.level is LocationLevel.LOCALITY


def test_a_street_reaches_as_far_as_all_its_pieces() -> None:
    found = locate(ask("Vätövägen", "", "76021", "Vätö"))
    assert len(found.candidates) == 1
    assert found.lat == pytest.approx(59.812)
    assert found.cep95_m > 2_500  # from the middle to the corner of 4 km of road


def test_what_lies_abroad_is_no_answer() -> None:
    abroad = Returned(
        lat=47.1, lon=9.5, level=LocationLevel.ADDRESS_POINT, street="Harg", number="12", postcode="760 21", country="li"
    )
    with pytest.raises(AddressNotFound):
        locate(ask("Harg", "12", "76021"), [abroad])


@pytest.mark.parametrize(("lat", "lon"), [(18.95, 59.8), (0.0, 0.0), (47.1, 9.5)])
def test_a_position_that_can_not_be_is_a_bad_answer(lat: float, lon: float) -> None:
    with pytest.raises(GeocoderAnswerInvalid, match="exchanged"):
        locate(ask("Harg", "12", "76021"), [house("Harg", "12", "760 21", "Vätö", lat=lat, lon=lon)])


@given(st.text(max_size=20))
def test_a_name_is_itself_and_order_does_not_matter(name: str) -> None:
    assert name_flaws(name, [name]) in ((), None)
    assert name_flaws(name, ["Vätövägen", name]) == name_flaws(name, [name, "Vätövägen"])


@given(st.permutations(SERVER))
def test_the_order_of_a_servers_answers_does_not_matter(answers: list[Returned]) -> None:
    for asked in (ask("Kyrkvägen", "3", "", "Norrtälje"), ask("Harg", "12", "", "Vätö"), ask("Vätövägen", "", "", "Vätö")):
        assert locate(asked, answers) == locate(asked)


CAPITALS = [  # an atlas's positions
    ("se", 59.33, 18.07),
    ("no", 59.91, 10.75),
    ("no", 78.22, 15.65),
    ("dk", 55.68, 12.57),
    ("fi", 60.17, 24.94),
    ("is", 64.15, -21.94),
    ("de", 52.52, 13.41),
    ("li", 47.14, 9.52),
    ("ch", 46.95, 7.45),
    ("at", 48.21, 16.37),
    ("nl", 52.37, 4.90),
    ("pl", 52.23, 21.01),
    ("ee", 59.44, 24.75),
    ("lv", 56.95, 24.11),
    ("lt", 54.69, 25.28),
    ("fo", 62.01, -6.77),
]


@pytest.mark.parametrize(("country", "lat", "lon"), CAPITALS)
def test_capitals_lie_in_their_countries_and_exchanged_they_don_t(country: str, lat: float, lon: float) -> None:
    assert lies_in(country, lat=lat, lon=lon)
    assert not lies_in(country, lat=lon, lon=lat)


def test_every_country_has_its_capital_in_the_table() -> None:
    assert {country for country, _, _ in CAPITALS} == set(BOXES)

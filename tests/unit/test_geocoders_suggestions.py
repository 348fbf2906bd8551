"""What is offered while an address is being typed: only what the register finds, and all of it that begins so."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.address import parse
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register
from coverage_check.location import Location, LocationLevel, Match

HOUSES = """\
street,number,letter,postcode,town
Harg,1,,760 21,Vätö
Harg,12,,760 21,Vätö
Harg,12,B,760 21,Vätö
Harg,120,,760 21,Vätö
Hargsvägen,2,,761 40,Norrtälje
Hargsängen,2,,761 40,Norrtälje
Kyrkvägen,3,,760 21,Vätö
Kyrkvägen,3,,761 40,Norrtälje
Kyrkvägen,31,,761 40,Norrtälje
Åsvägen,7,,760 21,Vätö
Asvägen,7,,761 40,Norrtälje
Östra Strandvägen,18,A,760 21,Vätö
Östra Strandvägen,18,B,760 21,Vätö
S:t Görans väg,5,,761 40,Norrtälje
Élodies gränd,9,,761 40,Norrtälje
"""
EVERY = 1000


def rows() -> Iterator[dict[str, str]]:
    header, *lines = HOUSES.splitlines()
    for line in lines:
        yield dict(zip(header.split(","), line.split(","), strict=True))


ROWS = list(rows())


def label_of(row: dict[str, str]) -> str:
    return f"{row['street']} {row['number']}{row['letter']}, {row['postcode']} {row['town']}"


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    folder = tmp_path_factory.mktemp("register")
    header, *lines = HOUSES.splitlines()
    placed = [f"{line},{59.70 + n / 100:.4f},{18.70 + n / 100:.4f}" for n, line in enumerate(lines)]
    (folder / "a.csv").write_text("\n".join((f"{header},lat,lon", *placed)), encoding="utf-8")
    build_register(folder / "a.csv", folder / "r.sqlite", source_name="Made", licence="CC0", attribution="Made up")
    return Register.open(folder / "r.sqlite")


def found(register: Register, label: str) -> Location:
    """Ask for a suggestion as the page does when it is chosen."""
    return register.locate(parse(label))


@st.composite
def typed(draw: st.DrawFn, *, number: bool) -> tuple[dict[str, str], str]:
    """Type a house's address as far as some letter of its street, or some digit of its number, as people do."""
    row = draw(st.sampled_from(ROWS))
    street = row["street"]
    text = street
    if number:
        text += draw(st.sampled_from([" ", "  ", ""])) + row["number"][: draw(st.integers(1, len(row["number"])))]
    else:
        text = street[: draw(st.integers(1, len(street)))]
    return row, draw(st.sampled_from([text, text.upper(), text.lower(), f"  {text} "]))


@given(typing=typed(number=False))
def test_the_beginning_of_a_street_offers_it_and_each_offer_is_found(
    register: Register, typing: tuple[dict[str, str], str]
) -> None:
    row, text = typing
    offers = register.suggest(text, limit=EVERY)
    assert f"{row['street']}, {row['town']}" in offers
    for offer in offers:
        location = found(register, offer)
        assert location.level is LocationLevel.STREET or location.candidates
        assert all(offer.split(",")[0] in each.label for each in location.candidates)


@given(typing=typed(number=True))
def test_the_beginning_of_a_number_offers_the_house_and_each_offer_is_that_house(
    register: Register, typing: tuple[dict[str, str], str]
) -> None:
    row, text = typing
    offers = register.suggest(text, limit=EVERY)
    assert label_of(row) in offers
    for offer in offers:
        location = found(register, offer)
        abbreviated = offer.startswith("S:t ")  # it could be Sankt or another word, so it is no exact match
        assert (location.level, location.match) == (LocationLevel.ADDRESS_POINT, Match.FUZZY if abbreviated else Match.EXACT)
        place = next(n for n, each in enumerate(ROWS) if label_of(each) == offer)
        assert (location.lat, location.lon) == pytest.approx((59.70 + place / 100, 18.70 + place / 100))


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("Kyrkv", ["Kyrkvägen, Norrtälje", "Kyrkvägen, Vätö"]),
        ("kyrkvag", ["Kyrkvägen, Norrtälje", "Kyrkvägen, Vätö"]),
        ("Kyrkvägen 3", ["Kyrkvägen 3, 761 40 Norrtälje", "Kyrkvägen 3, 760 21 Vätö", "Kyrkvägen 31, 761 40 Norrtälje"]),
        ("Kyrkvägen 3, 760", ["Kyrkvägen 3, 760 21 Vätö"]),
        ("Kyrkvägen 3 76021", ["Kyrkvägen 3, 760 21 Vätö"]),
        ("Kyrkvägen 3, vätö", ["Kyrkvägen 3, 760 21 Vätö"]),
        ("Kyrkvägen, norr", ["Kyrkvägen, Norrtälje"]),
        ("Östra strand", ["Östra Strandvägen, Vätö"]),
        ("O\u0308stra strand", ["Östra Strandvägen, Vätö"]),  # as macOS writes Ö
        ("Östra Strandvägen 18b", ["Östra Strandvägen 18B, 760 21 Vätö"]),
        ("Harg 12", ["Harg 12, 760 21 Vätö", "Harg 12B, 760 21 Vätö", "Harg 120, 760 21 Vätö"]),
        ("Åsv", ["Asvägen, Norrtälje", "Åsvägen, Vätö"]),  # spelt alike but for the ring: both are shown, none is chosen
        ("S:t Gör", ["S:t Görans väg, Norrtälje"]),
        ("st gorans", ["S:t Görans väg, Norrtälje"]),
        ("elodie", ["Élodies gränd, Norrtälje"]),
        ("Harg 99", []),
        ("Ingenstans", []),
        ("12", []),
        ("760 21", []),
        ("", []),
        ("%", []),
        ("_arg", []),
        ("' or 1=1 --", []),
    ],
)
def test_what_is_offered(register: Register, text: str, offers: list[str]) -> None:
    assert sorted(register.suggest(text)) == sorted(offers)


def test_the_shortest_name_and_the_smallest_number_come_first(register: Register) -> None:
    assert register.suggest("Harg")[0] == "Harg, Vätö"
    assert [offer.split(",")[0] for offer in register.suggest("Harg 1")] == ["Harg 1", "Harg 12", "Harg 12B", "Harg 120"]
    assert register.suggest("Harg 1", limit=2) == register.suggest("Harg 1")[:2]


@given(text=st.text(max_size=200), limit=st.integers(-1, 5))
def test_whatever_is_typed_at_most_so_many_are_offered_and_each_is_found(register: Register, text: str, limit: int) -> None:
    offers = register.suggest(text, limit=limit)
    assert len(offers) <= max(0, limit)
    assert len(set(offers)) == len(offers)
    for offer in offers:
        assert found(register, offer).candidates

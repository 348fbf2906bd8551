"""What a customer says is understood however it is written."""

import csv
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coverage_check.address import MAX_CHARACTERS, Address, parse
from coverage_check.errors import InvalidInput
from tests.shared import shared

# Addresses made of known parts, written in every way ---------------------------------------------------------------------

STEMS = st.text("abdefghiklmnoprtuvyåäöéü", min_size=4, max_size=9)
"""Without s: a word in -s would be read as a genitive that needs another word."""

STREETS = st.one_of(
    st.builds(lambda stem, kind: (stem + kind).capitalize(), STEMS, st.sampled_from(["vägen", "gatan", "stigen", "torp"])),
    st.builds(lambda stem: f"Östra {(stem + 'vägen').capitalize()}", STEMS),
    st.builds(lambda stem: f"{(stem + 's').capitalize()} Väg", STEMS.filter(lambda stem: stem[-1] in "bdgmnrt")),
    st.sampled_from(["Harg", "Vätövägen", "Norra Kyrkvägen", "4:e Tvärgatan", "Gamla Landsvägen", "Vätö-Hargs Byväg"]),
)
TOWNS = st.one_of(
    STEMS.map(lambda stem: (stem + "by").capitalize()),
    st.sampled_from(["Vätö", "Norrtälje", "Upplands Väsby", "Västra Frölunda", "Lilla Edet", "Enskede Gård", "Åkersberga"]),
)
POSTCODES = st.integers(10_000, 98_499).map(str)
COMMAS = st.sampled_from([", ", " ", ",", " ,  ", ",, ", "\n"])


@dataclass(frozen=True)
class Parts:
    """What was meant."""

    street: str
    number: int
    letter: str
    postcode: str
    town: str


PARTS = st.builds(
    Parts,
    street=STREETS,
    number=st.integers(1, 9_999),
    letter=st.sampled_from(["", "A", "B", "H"]),
    postcode=POSTCODES,
    town=TOWNS,
)


def meant(address: object) -> Parts:
    """Give the understood parts, and insist that there is nothing else."""
    assert isinstance(address, Address)
    assert not address.box
    assert len(address.places) == 1
    return Parts(address.street, address.number or 0, address.letter, address.postcode, address.places[0])


@st.composite
def written(draw: st.DrawFn, parts: Parts) -> str:
    """Write an address down in one of the ways that people do."""
    gap = draw(st.sampled_from(["", " "])) if parts.letter else ""
    nr = draw(st.sampled_from(["", "", "nr "]))
    door = draw(st.sampled_from(["", "", "lgh 1001", "1 tr", "vån 2", "port B", "2 trappor"]))
    house = f"{parts.street}{draw(COMMAS) if not nr else ' '}{nr}{parts.number}{gap}{parts.letter} {door}".strip()
    code = draw(
        st.sampled_from(["{0} {1}", "{0}{1}", "SE-{0} {1}", "S-{0} {1}", "SE-{0}{1}", "SE {0} {1}", "{0}\u00a0{1}"])
    ).format(parts.postcode[:3], parts.postcode[3:])
    town = draw(st.sampled_from([f"{code} {parts.town}", f"{code}, {parts.town}"]))
    pieces = [house, town] if draw(st.booleans()) else [town, house]
    text = (
        draw(st.sampled_from(["", " ", "\t"]))
        + draw(COMMAS).join(pieces)
        + draw(st.sampled_from(["", ",", ".", " Sverige"]))
    )
    return draw(cased(text))


@st.composite
def cased(draw: st.DrawFn, text: str) -> str:
    """Change what must not matter: case, composition, runs of spaces."""
    ways: list[Callable[[str], str]] = [str, str.upper, str.lower, str.title, str.swapcase]
    text = draw(st.sampled_from(ways))(text)
    text = text.replace(" ", draw(st.sampled_from([" ", "  ", " \u2009 "])))
    return unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), text)


@settings(max_examples=1_000)
@given(st.data(), PARTS)
def test_the_writing_of_an_address_never_changes_what_is_understood(data: st.DataObject, parts: Parts) -> None:
    text = data.draw(written(parts))
    assert meant(parse(text)) == parts


@given(st.data(), PARTS)
def test_without_a_postcode_the_street_comes_first(data: st.DataObject, parts: Parts) -> None:
    parts = replace(parts, postcode="")
    text = f"{parts.street} {parts.number}{parts.letter}{data.draw(COMMAS)}{parts.town}"
    assert meant(parse(data.draw(cased(text)))) == parts


@given(PARTS)
def test_the_normalised_form_is_understood_as_the_same(parts: Parts) -> None:
    first = parse(f"{parts.street} {parts.number}{parts.letter}, {parts.postcode} {parts.town}")
    assert replace(parse(first.normalised), given="") == replace(first, given="")


@given(st.text(max_size=MAX_CHARACTERS))
@example("c/o")
@example("Box")
@example("S:2")
@example(">" * 512)
@example("1:2 " * 128)
@example("kv 1")
def test_any_text_is_understood_or_refused_and_never_crashes(text: str) -> None:
    try:
        query = parse(text)
    except InvalidInput:
        return
    assert query.given == text


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00\x01\x02", "\u200b\u200b", ",,,", "-", "x" * 513])
def test_what_cannot_be_an_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert "\n" not in str(refused.value)
    assert "x" * 10 not in str(refused.value)


def steps(text: str) -> int:
    """Count the calls that understanding a text takes: a clock that never flickers."""
    count = 0

    def tick(_frame: object, _event: str, _argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(tick)
    try:
        parse(text)
    except InvalidInput:
        pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "1",
            "a",
            "1 ",
            "a ",
            "12 ",
            "123 ",
            "1,",
            "760 21 ",
            "1:2 ",
            "c/o ",
            "nr ",
            "lgh 1 ",
            "1 tr ",
            "box 1 ",
            "a.",
            "a-",
        ),
        *(
            "st. ",
            "kv ",
            "se-760 ",
            "1.",
            "°",
            "N ",
            "59.82 18.95 a ",
            "C2+22 ",
            "@1,1,",
            "!3d1",
            "\n",
            "(",
            "ö\u0308",
            "sverige ",
        ),
    ],
)
def test_twice_the_text_takes_about_twice_the_steps(piece: str) -> None:
    parse("Harg 12")  # what is made once is made now
    short, long = (steps((piece * MAX_CHARACTERS)[:length]) for length in (MAX_CHARACTERS // 2, MAX_CHARACTERS))
    assert long <= 2.6 * short + 200


# Real addresses ----------------------------------------------------------------------------------------------------------


def test_every_numbered_address_of_liechtenstein_is_understood() -> None:
    with shared("data/addresses/li_osm_addresses.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["street"] and row["postcode"] and row["city"] and row["housenumber"].isalnum()
        ]
    assert len(rows) > 10_000
    for row in rows:
        for text in (
            "{street} {housenumber}, {postcode} {city}",
            "{street} {housenumber} {postcode} {city}",
            "{postcode} {city}, {street} {housenumber}",
        ):
            found = parse(text.format(**row))
            assert isinstance(found, Address)
            house = f"{found.number}{found.letter}"
            assert (house, found.postcode) == (row["housenumber"].upper(), row["postcode"]), text.format(**row)
            assert same(found.street, row["street"]), text.format(**row)
            assert same(" ".join(found.places), row["city"]), text.format(**row)


def same(understood: str, written: str) -> bool:
    """Compare two spellings of a name; `St.` may be spelled out."""
    return [word[:1] for word in understood.casefold().split()] == [word[:1] for word in written.casefold().split()] and (
        understood.casefold().split()[-1] == written.casefold().split()[-1]
    )

"""Plus codes are read as their specification says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.address import Address, PlusCode, parse, plus_code
from coverage_check.errors import InvalidInput

LATS = st.floats(-90, 89.999)
LONS = st.floats(-180, 179.999)


def encoded(lat: float, lon: float, digits: int) -> str:
    """Write a code from the specification's words: whole steps of 1/8000 degree, base 20, latitude and longitude in turn."""
    north, east = int((lat + 90) * 8_000), int((lon + 180) * 8_000)
    pairs = []
    for _ in range(5):
        north, row = divmod(north, 20)
        east, column = divmod(east, 20)
        pairs.append(plus_code.DIGITS[row] + plus_code.DIGITS[column])
    code = "".join(reversed(pairs))[:digits]
    return f"{code:0<8}+" if digits <= 8 else f"{code[:8]}+{code[8:]}"


@given(LATS, LONS, st.sampled_from([2, 4, 6, 8, 10]))
def test_a_code_contains_the_place_it_was_made_of(lat: float, lon: float, digits: int) -> None:
    area = plus_code.decode(encoded(lat, lon, digits))
    assert abs(area.lat - lat) <= area.half_lat * 1.000001 + 1e-9
    assert abs(area.lon - lon) <= area.half_lon * 1.000001 + 1e-9
    assert area.half_lat == area.half_lon == pytest.approx(200 / 20 ** (digits / 2))


@given(LATS, LONS, st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.sampled_from([2, 4]))
def test_a_short_code_near_its_place_means_the_whole_one(lat: float, lon: float, up: float, east: float, cut: int) -> None:
    whole = encoded(lat, lon, 10)
    scale = 1.0 if cut == 4 else 8.0  # degrees between places with the same ending: 1, or 20
    near_lat = min(max(lat + up * scale, -90), 90)
    near_lon = (lon + east * scale + 180) % 360 - 180
    area = plus_code.nearest(whole[cut:], lat=near_lat, lon=near_lon)
    assert (area.lat, area.lon) == pytest.approx((plus_code.decode(whole).lat, plus_code.decode(whole).lon), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("9FFWRXC2+22", "9FFWRXC2+22", ""),
        ("9ffwrxc2+22 Vätö", "9FFWRXC2+22", ""),
        ("9FFWRXC2+", "9FFWRXC2+", ""),
        ("9FFWRXC2+22G", "9FFWRXC2+22G", ""),
        ("9FFW0000+", "9FFW0000+", ""),
        ("RXC2+22 Norrtälje", "RXC2+22", "Norrtälje"),
        ("rxc2+22, vätö, sverige", "RXC2+22", "Vätö"),
        ("Vätö, Norrtälje RXC2+22", "RXC2+22", "Vätö, Norrtälje"),
        ("RXC2+22", "RXC2+22", ""),
    ],
)
def test_codes_are_found_among_the_words(text: str, code: str, place: str) -> None:
    assert parse(text) == PlusCode(given=text, code=code, place=place)


@pytest.mark.parametrize(
    "text", ["Harg 12+14", "Harg 22+24, Vätö", "9FFWRXC2+2", "9FFW00C2+22", "ZFFWRXC2+22", "RXA2+22 Vätö", "+", "C+C"]
)
def test_what_only_looks_like_a_code_is_an_address(text: str) -> None:
    try:
        assert isinstance(parse(text), Address)
    except InvalidInput:
        assert text == "+"


@pytest.mark.parametrize("code", ["RXC2+22", "", "+", "9FFWRXC2", "XXXXRXC2+22"])
def test_only_whole_codes_can_be_decoded(code: str) -> None:
    with pytest.raises(InvalidInput):
        plus_code.decode(code)


def test_only_short_codes_have_a_nearest_place() -> None:
    with pytest.raises(InvalidInput):
        plus_code.nearest("9FFWRXC2+22", lat=59.8, lon=18.9)

"""A pasted position is understood in every usual form, with the uncertainty of its digits, and never mended."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coverage_check.address import Box, Coordinates, parse
from coverage_check.errors import InvalidInput

VATO = {"EPSG:4326": (59.82, 18.95), "EPSG:3006": (6637967, 721431), "EPSG:3021": (6637572, 1676393)}
"""Latitude and longitude, or northing and easting, of one place on Vätö."""


def position(text: str) -> Coordinates:
    found = parse(text)
    assert isinstance(found, Coordinates), text
    assert found.given == text
    return found


@pytest.mark.parametrize(
    ("text", "halfwidth_m"),
    [
        ("59.82, 18.95", 555),
        ("59.82,18.95", 555),
        ("59,82 18,95", 555),
        ("59,82,18,95", 555),
        ("59,82; 18,95", 555),
        ("(59.82 18.95)", 555),
        ("59.8200 18.9500", 5.6),
        ("59.82 N 18.95 E", 555),
        ("N59,82 Ö18,95", 555),
        ("18.95 E 59.82 N", 555),
        ("lon 18.95 lat 59.82", 555),
        ("Lat/Lon: 59.82, 18.95", 555),
        ('{"lat": 59.82, "lng": 18.95}', 555),
        ("WGS 84: 59.82 18.95", 555),
        ("N 59°49.20' E 18°57.00'", 9.3),
        ("N 59°49,20' Ö 18°57,00'", 9.3),
        ("59° 49′ 12″ N, 18° 57′ 0″ E", 15.4),
        ("59°49'12.0\"N 18°57'00.0\"E", 1.5),
        ("N59 49.200 E18 57.000", 0.9),
        ("59:49:12 N 18:57:00 E", 15.4),
        ("59.82 18.95 vid bryggan på Vätö", 555),
        ("geo:59.82,18.95", 555),
        ("geo:59.82,18.95,12;u=35", 35),
        ("geo:0,0?q=59.82,18.95(Torpet)", 555),
        ("https://www.google.com/maps/place/Torp/@59.70,18.10,13z/data=!3m1!4b1!4m6!3m5!8m2!3d59.8200!4d18.9500", 5.6),
        ("https://maps.google.com/?q=59.82,18.95", 555),
        ("https://www.google.com/maps/search/?api=1&query=59.82%2C18.95", 555),
        ("https://www.google.com/maps/search/59.82,+18.95?entry=tts", 555),
        ("https://www.openstreetmap.org/?mlat=59.82&mlon=18.95#map=15/59.70/18.10", 555),
        ("https://maps.apple.com/?ll=59.82,18.95&q=Pin", 555),
    ],
)
def test_degrees_are_understood_with_the_uncertainty_of_their_digits(text: str, halfwidth_m: float) -> None:
    found = position(text)
    assert (found.crs, found.remark) == ("EPSG:4326", "")
    assert (found.y, found.x) == pytest.approx(VATO["EPSG:4326"], abs=1e-9)
    assert found.halfwidth_m == pytest.approx(halfwidth_m, rel=0.05)


@pytest.mark.parametrize(
    ("text", "crs", "halfwidth_m"),
    [
        ("SWEREF 99 TM N 6637967 E 721431", "EPSG:3006", 0.5),
        ("sweref99tm 6637967, 721431", "EPSG:3006", 0.5),
        ("6637967 721431", "EPSG:3006", 0.5),
        ("6637967,721431", "EPSG:3006", 0.5),
        ("721431 6637967", "EPSG:3006", 0.5),
        ("6 637 967 721 431", "EPSG:3006", 0.5),
        ("N: 6 637 967, Ö: 721 431", "EPSG:3006", 0.5),
        ("6637967,0 721431,0", "EPSG:3006", 0.05),
        ("EPSG:3006 6637967 721431", "EPSG:3006", 0.5),
        ("RT 90 X 6637572 Y 1676393", "EPSG:3021", 0.5),
        ("RT90 2.5 gon V X: 6 637 572 Y: 1 676 393", "EPSG:3021", 0.5),
        ("6637572 1676393", "EPSG:3021", 0.5),
    ],
)
def test_metres_are_understood_in_swedens_systems(text: str, crs: str, halfwidth_m: float) -> None:
    found = position(text)
    assert (found.crs, (found.y, found.x)) == (crs, VATO[crs])
    assert found.halfwidth_m == pytest.approx(halfwidth_m)


def test_a_local_zone_needs_its_label() -> None:
    assert position("SWEREF 99 18 00 N 6634000 E 203000").crs == "EPSG:3011"
    assert position("SWEREF 99 1845 6634000 161000").crs == "EPSG:3015"
    assert not isinstance(parse("6634000 203000"), Coordinates)


@given(
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    decimals=st.integers(1, 7),
    form=st.sampled_from(["{0}, {1}", "{0} {1}", "{0};{1}", "lat {0} lon {1}", "{0},{1}", "geo:{0},{1}"]),
)
def test_the_typed_numbers_come_back_and_the_true_place_is_within_their_uncertainty(
    lat: float, lon: float, decimals: int, form: str
) -> None:
    text = form.format(f"{lat:.{decimals}f}", f"{lon:.{decimals}f}")
    found = position(text)
    assert (found.y, found.x) == (float(f"{lat:.{decimals}f}"), float(f"{lon:.{decimals}f}"))
    assert abs(found.y - lat) * 111_120 <= found.halfwidth_m * 1.0001 + 1e-6


@given(lat=st.floats(-89, 89), lon=st.floats(-179, 179))
def test_degrees_minutes_and_seconds_are_the_decimal_degrees(lat: float, lon: float) -> None:
    def dms(value: float, sides: str) -> str:
        tenths = round(abs(value) * 36_000)
        degrees, rest = divmod(tenths, 36_000)
        minutes, seconds = divmod(rest, 600)
        return f"{degrees}°{minutes:02}'{seconds / 10:04.1f}\"{sides[value < 0]}"

    for text in (f"{dms(lat, 'NS')} {dms(lon, 'EW')}", f"{dms(lon, 'ÖV')}, {dms(lat, 'NS')}"):
        found = position(text)
        assert (found.y, found.x) == pytest.approx((lat, lon), abs=0.051 / 3600)


@given(lat=st.floats(55.1, 69.1), lon=st.floats(10.6, 24.2))
def test_swapped_latitude_and_longitude_are_said_and_not_mended(lat: float, lon: float) -> None:
    assert not position(f"{lat:.4f} {lon:.4f}").remark
    swapped = position(f"{lon:.4f} {lat:.4f}")
    assert "swapped" in swapped.remark
    assert (swapped.x, swapped.y) == (round(lat, 4), round(lon, 4))


def test_what_looks_swapped_depends_on_the_country() -> None:
    liechtenstein = Box(south=47.0, west=9.4, north=47.3, east=9.7)
    assert not position("9.52, 47.14").remark
    swapped = parse("9.52, 47.14", boxes=[liechtenstein])
    assert isinstance(swapped, Coordinates)
    assert "swapped" in swapped.remark


@pytest.mark.parametrize(
    "link",
    [
        "https://www.google.com/maps/@59.82,18.95,15z",
        "https://www.google.com/maps/@59.82,18.95,2400m/data=!3m1!1e3",
        "https://www.openstreetmap.org/#map=15/59.82/18.95",
        "https://maps.google.com/?ll=59.82,18.95",
    ],
)
def test_a_maps_view_is_not_a_place(link: str) -> None:
    found = position(link)
    assert "view" in found.remark
    assert 500 <= found.halfwidth_m <= 2_000


@pytest.mark.parametrize(
    "text",
    [
        *("95.0, 18.95", "59.82, 181.0", "nan, 18.95", "59.82 inf", "-91.00 N 18.00 E", "9" * 400 + ".5 18.95"),
        *("59°72' 18°57'", "59°49'61\" 18°57'", "59.5°30' 18°57'", "-18.95 W 59.82 N", "N 59.82 N 18.95"),
        *(
            "EPSG:2154 6637967 721431",
            "RT 90 6637967 721431",
            "SWEREF 99 TM N 721431 E 6637967",
            "SWEREF 99 TM 7900000 500000",
        ),
        *("geo:18.95", "geo:59.82,18.95;crs=nad83", "geo:0,0?q=Torpet", "geo:59.82,18.95;u=near"),
        *("https://maps.app.goo.gl/abcDEF", "https://example.org/", "http://[", "www.example.org"),
    ],
)
def test_a_position_that_does_not_exist_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert text not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["760 21", "76021", "59,18", "12 14", "Harg 12,76021 Vätö", "070-123 45 67", "12:30 14:45", "Norr 4"]
)
def test_other_numbers_are_no_position(text: str) -> None:
    assert not isinstance(parse(text), Coordinates)


@given(st.text("0123456789.,-+°'\" NSEWVÖ:;/xylatongeo", max_size=60))
def test_anything_like_a_position_is_understood_or_refused(text: str) -> None:
    assume(text.strip())
    try:
        found = parse(text)
    except InvalidInput:
        return
    if isinstance(found, Coordinates) and found.crs == "EPSG:4326":
        assert abs(found.y) <= 90
        assert abs(found.x) <= 180
        assert found.halfwidth_m >= 0

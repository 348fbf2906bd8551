"""A pasted position is located where it says, with the error of its digits."""

import csv
import math
from functools import cache
from typing import Any

import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.address import Coordinates, PlusCode, parse
from coverage_check.errors import AddressNotFound
from coverage_check.geocoders.position import locate
from coverage_check.location import ErrorModel, Location, LocationLevel, Match
from tests.shared import shared

ERRORS = ErrorModel()
ZONES = {
    "SWEREF 99 TM": 3006,
    **{f"SWEREF 99 {zone}": 3007 + at for at, zone in enumerate(["12 00", "13 30", "15 00", "16 30", "18 00"])},
    **{
        f"SWEREF 99 {zone}": 3012 + at
        for at, zone in enumerate(["14 15", "15 45", "17 15", "18 45", "20 15", "21 45", "23 15"])
    },
    "RT 90": 3021,
    "RT 90 7,5 gon V": 3019,
    "RT 90 5 gon V": 3020,
    "RT 90 2.5 gon V": 3021,
    "RT 90 0 gon": 3022,
    "RT 90 2,5 gon O": 3023,
    "RT 90 5 gon Ö": 3024,
}
GEOD = pyproj.Geod(ellps="WGS84")


def located(text: str) -> Location:
    query = parse(text)
    assert isinstance(query, Coordinates | PlusCode)
    return locate(query, ERRORS)


def metres(found: Location, *, lat: float, lon: float) -> float:
    return float(GEOD.inv(found.lon, found.lat, lon, lat)[2])


@cache
def transformer(code: int) -> Any:
    return pyproj.Transformer.from_crs(4326, code, always_xy=True)


@pytest.mark.parametrize(
    "text",
    ["59.82 18.95", "N 59°49.2' E 18°57.0'", "SWEREF 99 TM N 6637967 E 721431", "RT 90 X 6637572 Y 1676393", "9FFWRXC2+22"],
)
def test_all_ways_to_write_one_place_give_one_place(text: str) -> None:
    found = located(text)
    assert metres(found, lat=59.82, lon=18.95) < 10
    assert metres(found, lat=59.82, lon=18.95) <= found.cep95_m
    assert (found.level, found.match, found.source) == (LocationLevel.COORDINATES, Match.EXACT, "position")


@given(zone=st.sampled_from(sorted(ZONES)), lat=st.floats(56, 68), offset=st.floats(-0.7, 0.7))
def test_every_zone_by_its_name_gives_the_place_back(zone: str, lat: float, offset: float) -> None:
    false_easting = 500_000 if ZONES[zone] == 3006 else 150_000 if ZONES[zone] < 3019 else 1_500_000
    meridian = transformer(ZONES[zone]).transform(false_easting, 6_600_000, direction="INVERSE")[0]
    x, y = transformer(ZONES[zone]).transform(meridian + offset, lat)
    assert metres(located(f"{zone} N {y:.0f} E {x:.0f}"), lat=lat, lon=meridian + offset) < 2


@given(digits=st.integers(1, 7), lat=st.floats(55, 69), lon=st.floats(11, 24))
def test_the_spread_follows_the_digits_and_is_never_below_five_metres(digits: int, lat: float, lon: float) -> None:
    found = located(f"{lat:.{digits}f} {lon:.{digits}f}")
    half_m = 0.5 * 10.0**-digits * 60 * 1852
    assert found.cep50_m == pytest.approx(max(half_m, 5))
    assert found.cep95_m == pytest.approx(3 * found.cep50_m)
    assert metres(found, lat=lat, lon=lon) <= found.cep95_m


def test_a_swapped_position_is_ambiguous_between_both_readings() -> None:
    found = located("18.95, 59.82")
    assert (found.lat, found.lon, found.match) == (18.95, 59.82, Match.AMBIGUOUS)
    assert [(one.lat, one.lon) for one in found.candidates] == [(18.95, 59.82), (59.82, 18.95)]
    assert "swapped" in found.remark
    assert found.gross_error == ERRORS.gross[Match.AMBIGUOUS]


def test_a_maps_view_is_a_partial_match_as_wide_as_its_window() -> None:
    found = located("https://www.google.com/maps/@59.82,18.95,15z")
    assert found.match is Match.PARTIAL
    assert found.cep50_m > 1_000
    assert found.remark


def test_a_short_plus_code_needs_the_place_it_refers_to() -> None:
    query = parse("RXC2+22 Vätö")
    assert isinstance(query, PlusCode)
    with pytest.raises(AddressNotFound) as refused:
        locate(query, ERRORS)
    assert "RXC2" not in str(refused.value)
    found = locate(query, ERRORS, near=Location.at(lat=59.75, lon=18.7))
    assert metres(found, lat=59.82, lon=18.95) < 15


def test_swedens_localities_have_one_place_in_both_systems() -> None:
    with shared("data/geography/svenska-orter_scb2020.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 2_000
    for row in rows:
        northing, easting = sorted((row["X-Sweref99TM"], row["Y-Sweref99TM"]), key=float, reverse=True)
        degrees = located(f"{row['Latitude']} {row['Longitude']}")
        grid = located(f"SWEREF 99 TM {northing} {easting}")
        assert math.isclose(grid.cep50_m, 5)
        assert metres(grid, lat=degrees.lat, lon=degrees.lon) < 15, row["Locality"]

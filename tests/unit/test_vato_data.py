"""The bundled demonstration holds what data/README.md promises, as plain shapely and the standard library see it."""

import csv
import functools
import hashlib
import runpy
import sqlite3
import statistics
import subprocess
import sys
import tomllib
from datetime import date, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

DATA = Path(__file__).parents[2] / "data"
VATO = DATA / "vato"
TO_METRES = Transformer.from_crs("EPSG:4326", "EPSG:3006", always_xy=True)
SALE, TODAY = date(2025, 11, 1), date(2026, 2, 1)
BOTH = (SALE, TODAY)

radio: dict[str, Any] = runpy.run_path(str(DATA / "radio_model.py"))


@functools.cache
def declared() -> dict[str, dict[str, Any]]:
    layers = tomllib.loads((VATO / "layers.toml").read_text(encoding="utf-8"))["layer"]
    return {layer["id"]: layer for layer in layers}


@functools.cache
def polygons(layer: str) -> tuple[shapely.Polygon, ...]:
    table = declared()[layer]
    return tuple(pyogrio.read_dataframe(VATO / table["file"], layer=table["layer"]).geometry)


@functools.cache
def claim(layer: str) -> shapely.MultiPolygon:
    return shapely.MultiPolygon(polygons(layer))


@functools.cache
def area(file: str) -> shapely.Polygon:
    (degrees,) = pyogrio.read_dataframe(VATO / file).geometry
    lon, lat = shapely.get_coordinates(degrees).T
    return shapely.Polygon(np.column_stack(TO_METRES.transform(lon, lat)))


@functools.cache
def places() -> dict[str, shapely.Point]:
    with (VATO / "addresses.csv").open(encoding="utf-8", newline="") as file:
        return {
            f"{row['street']} {row['number']}{row['letter']}, {row['postcode']} {row['town']}": shapely.Point(
                TO_METRES.transform(float(row["lon"]), float(row["lat"]))
            )
            for row in csv.DictReader(file)
        }


def in_force(technology: str, level: str, day: date) -> list[str]:
    return [
        name
        for name, layer in declared().items()
        if (layer["technology"], layer["level"]) == (technology, level)
        and layer["valid_from"] <= day <= layer.get("valid_until", date.max)
    ]


def metres_inside(address: str, technology: str, level: str, day: date) -> float:
    (layer,) = in_force(technology, level, day)
    here, covered = places()[address], claim(layer)
    return float(here.distance(covered.boundary)) * (1 if covered.covers(here) else -1)


# The story -----------------------------------------------------------------------------------------------------------

DEEP_INSIDE = (250.0, 5_000.0)
FAR_OUTSIDE = (-5_000.0, -250.0)
OUTSIDE = (-5_000.0, -0.1)
ON_THE_EDGE = (-50.0, 50.0)

STORY = [
    ("Harg 12, 760 21 Vätö", "4G", "basic", [SALE], OUTSIDE),
    ("Harg 12, 760 21 Vätö", "4G", "good", [SALE], (-2_500.0, -600.0)),
    ("Harg 12, 760 21 Vätö", "3G", "good", [SALE], DEEP_INSIDE),
    ("Harg 12, 760 21 Vätö", "4G", "good", [date(2026, 1, 15), TODAY], DEEP_INSIDE),
    ("Harg 12, 760 21 Vätö", "5G", "good", BOTH, FAR_OUTSIDE),
    ("Vätövägen 1, 760 21 Vätö", "4G", "good", BOTH, DEEP_INSIDE),
    ("Vätövägen 1, 760 21 Vätö", "4G", "very_good", BOTH, DEEP_INSIDE),
    ("Vätövägen 1, 760 21 Vätö", "5G", "good", BOTH, DEEP_INSIDE),
    ("Norrviken 23, 760 21 Vätö", "4G", "basic", BOTH, DEEP_INSIDE),
    ("Norrviken 23, 760 21 Vätö", "4G", "good", BOTH, FAR_OUTSIDE),
    ("Skolvägen 10, 760 21 Vätö", "4G", "good", BOTH, ON_THE_EDGE),
    ("Strandvägen 10, 760 21 Vätö", "4G", "basic", BOTH, ON_THE_EDGE),
    ("Strandvägen 10, 760 21 Vätö", "3G", "good", [SALE], OUTSIDE),
    ("Kyrkvägen 3, 760 21 Vätö", "4G", "good", BOTH, DEEP_INSIDE),
]


@pytest.mark.parametrize(("address", "technology", "level", "days", "between"), STORY)
def test_each_address_of_the_story_lies_where_it_is_said_to(
    address: str, technology: str, level: str, days: list[date], between: tuple[float, float]
) -> None:
    assert address in places()
    assert f"`{address.partition(',')[0]}" in (DATA / "README.md").read_text(encoding="utf-8")
    for day in days:
        assert between[0] <= metres_inside(address, technology, level, day) <= between[1]


def test_the_survey_area_holds_vato_and_not_norrtalje() -> None:
    survey = area("survey.geojson")
    assert {address.rpartition(" ")[2] for address in places()} == {"Vätö", "Norrtälje"}
    for address, here in places().items():
        assert survey.contains(here) == address.endswith("Vätö"), address
    assert min(survey.distance(here) for address, here in places().items() if address.endswith("Norrtälje")) > 5_000


def test_kyrkvagen_3_is_two_places_far_apart() -> None:
    one, other = (here for address, here in places().items() if address.startswith("Kyrkvägen 3,"))
    assert one.distance(other) > 10_000


# The layers ----------------------------------------------------------------------------------------------------------

LEVELS = {"3G": ["basic", "good"], "4G": ["basic", "good", "very_good"], "5G": ["basic", "good"]}


def test_there_is_at_most_one_layer_for_a_level_on_a_day_and_4g_never_pauses() -> None:
    assert in_force("3G", "good", date(2025, 12, 9))
    assert not in_force("3G", "good", date(2025, 12, 10))
    for technology, levels in LEVELS.items():
        for level in levels:
            for days in range(400):
                found = in_force(technology, level, date(2025, 6, 1) + timedelta(days=days))
                assert len(found) == 1 or (technology == "3G" and not found)


@pytest.mark.parametrize("day", BOTH)
@pytest.mark.parametrize("technology", LEVELS)
def test_a_higher_level_lies_within_the_lower_ones(technology: str, day: date) -> None:
    for lower, higher in pairwise(LEVELS[technology]):
        for outer, inner in zip(in_force(technology, lower, day), in_force(technology, higher, day), strict=True):
            assert claim(outer).covers(claim(inner))
            assert claim(outer).area > claim(inner).area


def test_the_new_mast_takes_nothing_away() -> None:
    for level in LEVELS["4G"]:
        (before,), (after,) = in_force("4G", level, SALE), in_force("4G", level, TODAY)
        assert claim(after).covers(claim(before))


@pytest.mark.parametrize("layer", declared())
def test_a_layer_is_made_of_whole_cells_within_the_survey_area(layer: str) -> None:
    corners = shapely.get_coordinates(claim(layer))
    steps = np.diff(shapely.get_coordinates(polygons(layer)[0].exterior), axis=0)
    assert claim(layer).is_valid
    assert not (corners % declared()[layer]["resolution_m"]).any()
    assert ((steps == 0).sum(axis=1) == 1).all()
    assert area("survey.geojson").buffer(0.1).covers(claim(layer))


def test_the_maps_have_holes_and_detached_parts_as_real_ones_do() -> None:
    for layer in ("3g-basic", "3g-good", "4g-2025-basic", "4g-2025-good", "4g-2026-basic", "4g-2026-good"):
        assert len(polygons(layer)) > 3
        assert any(part.interiors for part in polygons(layer))


def test_5g_is_small_and_by_the_bridge() -> None:
    assert claim("5g-basic").area < claim("4g-2025-basic").area / 3
    assert claim("5g-basic").centroid.x < area("island.geojson").centroid.x


def test_every_mast_on_the_air_has_good_coverage_at_its_foot() -> None:
    masts = radio["read_masts"](VATO / "masts.csv")
    for mast in masts:
        foot = shapely.Point(TO_METRES.transform(mast.lon, mast.lat))
        for day in BOTH:
            if mast.on_air(day):
                assert claim(*in_force(mast.technology, "good", day)).contains(foot), mast
    assert not claim("4g-2025-basic").contains(places()["Harg 1, 760 21 Vätö"])


@pytest.mark.parametrize("layer", declared())
def test_the_declared_facts_are_those_of_the_file(layer: str) -> None:
    table = declared()[layer]
    path = VATO / table["file"]
    found = pyogrio.read_info(path, layer=table["layer"])
    assert (found["crs"], found["features"]) == (table["crs"], table["features"])
    assert hashlib.sha256(path.read_bytes()).hexdigest() == table["sha256"]
    assert table["published"] <= TODAY


@pytest.mark.parametrize("layer", declared())
def test_every_layer_says_that_it_is_fictitious(layer: str) -> None:
    table = declared()[layer]
    assert "fictitious" in table["publisher"]
    assert "fictitious" in table["licence"]
    with sqlite3.connect(f"file:{VATO / table['file']}?mode=ro", uri=True) as file:
        descriptions = file.execute("SELECT description FROM gpkg_contents").fetchall()
    file.close()
    assert len(descriptions) == len(LEVELS[table["technology"]])
    assert all("fictitious" in description for (description,) in descriptions)


# Houses, products, orders --------------------------------------------------------------------------------------------


def test_some_300_houses_stand_apart_on_dry_land() -> None:
    assert 280 <= len(places()) <= 320
    assert sum(address.endswith("Norrtälje") for address in places()) >= 24
    assert min(one.distance(other) for one, other in combinations(places().values(), 2)) > 10
    shore = area("island.geojson")
    assert shore.area == pytest.approx(37e6, rel=0.001)
    assert all(shore.contains(here) for address, here in places().items() if address.endswith("Vätö"))


def test_addresses_have_gaps_and_letters() -> None:
    names = {address.partition(",")[0] for address in places() if address.endswith("Vätö")}
    assert {"Harg 8A", "Harg 8B", "Harg 12", "Harg 14", "Vätövägen 12", "Hargsvägen 12"} <= names
    assert not {"Harg 8", "Harg 13", "Vätövägen 7"} & names


def products() -> dict[str, dict[str, Any]]:
    return {p["code"]: p for p in tomllib.loads((VATO / "products.toml").read_text(encoding="utf-8"))["product"]}


def test_every_product_can_be_delivered_somewhere_and_names_known_alternatives() -> None:
    assert set(products()) == {"mbb-4g", "mbb-4g-antenna", "mbb-4g-flex", "mbb-3g", "mbb-5g", "phone-4g"}
    for product in products().values():
        assert set(product.get("alternatives", [])) <= set(products()) - {product["code"]}
        for need in product["any_of"]:
            (layer,) = in_force(need["technology"], need["min_level"], SALE)
            assert declared()[layer]["network"] == product["network"]
            assert declared()[layer]["min_download_mbps"] >= product["min_download_mbps"]


def test_an_antenna_is_slower_but_enough_where_only_basic_is() -> None:
    (basic,) = in_force("4G", "basic", TODAY)
    for code in ("mbb-4g-antenna", "mbb-4g-flex"):
        assert products()[code]["min_download_mbps"] <= declared()[basic]["min_download_mbps"]


def test_the_month_of_3g_sold_on_the_day_of_the_sale_ends_before_the_network_does() -> None:
    assert products()["mbb-3g"]["contract_months"] == 1
    (layer,) = in_force("3G", "good", SALE)
    assert declared()[layer]["valid_until"] >= date(2025, 12, 1)


def test_the_orders_hold_the_sale_and_exactly_two_bad_rows() -> None:
    with (VATO / "orders.csv").open(encoding="utf-8", newline="") as file:
        orders = list(csv.DictReader(file, delimiter=";", strict=True))
    assert 20 <= len(orders) <= 30
    assert len({order["Ordernr"] for order in orders}) == len(orders)
    assert {order["Datum"] for order in orders} == {SALE.isoformat()}
    assert ("Harg 12", "mbb-4g") in {(order["Adress"], order["Produkt"]) for order in orders}
    assert [order["Ordernr"] for order in orders if not order["Adress"]] == ["O-2511-017"]
    assert [order["Ordernr"] for order in orders if order["Produkt"] not in products()] == ["O-2511-018"]


# The recipe ----------------------------------------------------------------------------------------------------------


def make(folder: Path) -> dict[str, bytes]:
    subprocess.run([sys.executable, DATA / "make_vato.py", folder], check=True)
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_script_makes_the_same_bytes_twice_and_the_committed_data(tmp_path: Path) -> None:
    once, again = make(tmp_path / "once"), make(tmp_path / "again")
    assert once == again
    for name in ("addresses.csv", "island.geojson", "survey.geojson"):
        assert once[name].decode() == (VATO / name).read_text(encoding="utf-8")
    # Another GDAL or SQLite may write other bytes, and so another hash; never another map.
    made = tomllib.loads(once["layers.toml"].decode())["layer"]
    assert [{**layer, "sha256": ""} for layer in made] == [{**layer, "sha256": ""} for layer in declared().values()]
    for layer in made:
        frame = pyogrio.read_dataframe(tmp_path / "once" / layer["file"], layer=layer["layer"])
        assert tuple(frame.geometry) == polygons(layer["id"])


def test_the_readme_names_every_file_and_says_fictitious_first() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert "FICTITIOUS" in readme[:120]
    assert "invented" in readme[:250]
    files = [path.relative_to(DATA) for path in DATA.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert Path("vato/masts.csv") in files
    for file in files:
        named = [file.as_posix(), *(f"{parent.as_posix()}/" for parent in file.parents)]
        assert any(f"`{name}`" in readme for name in named), file


# The radio model -----------------------------------------------------------------------------------------------------


def test_the_path_loss_is_that_of_hata_as_ns3_computes_it() -> None:
    """Reference value 128.03 dB: okumura-hata-test-suite.cc of the ns-3 simulator, from its own Octave script."""
    loss_db = radio["hata_suburban_loss_db"](np.array([2_000.0]), band_mhz=869.0, mast_height_m=30.0, receiver_height_m=1.0)
    assert loss_db[0] == pytest.approx(128.03, abs=0.01)


@settings(deadline=None)
@given(
    near_m=st.floats(100, 20_000),
    further_m=st.floats(1, 20_000),
    band_mhz=st.floats(150, 1_500),
    mast_height_m=st.floats(30, 200),
)
def test_the_signal_fades_with_distance(near_m: float, further_m: float, band_mhz: float, mast_height_m: float) -> None:
    distance_m = np.array([near_m, near_m + further_m])
    near, far = radio["hata_suburban_loss_db"](distance_m, band_mhz=band_mhz, mast_height_m=mast_height_m)
    assert near < far


def test_the_fade_margin_turns_a_median_into_the_declared_probability() -> None:
    unknown = statistics.NormalDist(0, radio["RESIDUAL_SD_DB"])
    assert unknown.cdf(radio["FADE_MARGIN_DB"]) == pytest.approx(radio["EDGE_PROBABILITY"], abs=1e-4)
    assert {layer["probability"] for layer in declared().values()} == {radio["EDGE_PROBABILITY"]}


@settings(deadline=None)
@given(x=st.floats(0, 1e6), y=st.floats(0, 1e7), wavelength_m=st.sampled_from([200.0, 1_600.0]), seed=st.integers(0, 2**32))
def test_the_noise_is_a_smooth_surface_between_minus_one_and_one(x: float, y: float, wavelength_m: float, seed: int) -> None:
    here, beside = radio["value_noise"](
        np.array([x, x + wavelength_m / 100]), np.array([y, y]), wavelength_m=wavelength_m, seed=seed
    )
    assert -1 <= here <= 1
    # The steepest slope of 3t² - 2t³ is 1.5, and two corners differ by 2 at most.
    assert abs(here - beside) <= 1.5 * 2 / 100 + 1e-9


def test_the_noise_is_not_flat_and_not_lopsided() -> None:
    side = np.arange(60) * 1_000.0
    x, y = (axis.ravel() for axis in np.meshgrid(side, side))
    noise = radio["value_noise"](x, y, wavelength_m=1_000.0, seed=1)
    assert abs(noise.mean()) < 0.05
    assert noise.std() == pytest.approx(1 / np.sqrt(3), rel=0.05)

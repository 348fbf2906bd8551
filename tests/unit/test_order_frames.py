"""Orders in memory: the frame or table comes back as it was, with the cc_… columns after its own."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from coverage_check.checker import Checker
from coverage_check.errors import InvalidInput, TableInvalid
from coverage_check.order_rows import NUMBERS, OUT

HARG = "Harg 12, 760 21 Vätö"
PLACES = [(59.812482, 18.954801), (59.795367, 18.91291), (59.8, 18.95), (59.9, 19.2)]


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def asked(checker: Checker, orders: Any) -> Any:
    return checker.check_frame(orders, product="mbb-4g", on="2025-11-01")


def test_a_frame_keeps_rows_index_and_columns(checker: Checker) -> None:
    orders = pd.DataFrame(
        {"adress": [HARG, None, "Box 12, 760 21 Vätö"], "kr": [1, 2, 3]}, index=pd.Index(["a", "b", "a"], name="key")
    )
    checked = asked(checker, orders)
    pd.testing.assert_frame_equal(checked[["adress", "kr"]], orders)
    assert list(checked["cc_verdict"]) == ["not_deliverable", "undetermined", "undetermined"]
    assert checked["cc_reasons"].iloc[2] == "NO_STREET_POSITION"


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(5, 9),
        pd.MultiIndex.from_tuples([("x", 1), ("x", 1), ("y", 2), ("y", 3)], names=["region", "n"]),
        pd.date_range("2025-01-01", periods=4, freq="D"),
    ],
)
def test_whatever_the_index_is(checker: Checker, index: pd.Index) -> None:
    orders = pd.DataFrame(
        {
            "lat": pd.array([59.812482, None, 59.8, 59.9], dtype="Float64"),
            "lon": [18.954801, np.nan, 18.95, 19.2],
            "when": pd.to_datetime(["2025-11-01", "NaT", "2025-11-02 12:30", "2025-11-03"], format="ISO8601"),
            "kind": pd.Categorical(["a", "b", "a", None]),
        },
        index=index,
    )
    before = orders.copy(deep=True)
    checked = checker.check_frame(orders, columns={"date": "when"}, product="mbb-4g")
    pd.testing.assert_frame_equal(checked[list(orders.columns)], before)
    pd.testing.assert_frame_equal(orders, before)
    assert list(checked.columns) == [*orders.columns, *OUT]
    assert checked["cc_error"].iloc[1].startswith("INVALID_INPUT")


def test_a_geo_frame_keeps_its_geometry_and_its_points_are_the_positions(checker: Checker) -> None:
    """The answers are those of the same degrees written in columns, wherever the points' CRS is."""
    points = [Point(lon, lat) for lat, lon in PLACES]
    orders = gpd.GeoDataFrame({"n": range(4)}, geometry=points, crs=4326).to_crs(3006).set_index("n", drop=False)
    checked = asked(checker, orders)
    assert isinstance(checked, gpd.GeoDataFrame)
    assert checked.crs == orders.crs
    assert checked.geometry.geom_equals(orders.geometry).all()
    written = pd.DataFrame([(f"{lat:.7f}", f"{lon:.7f}") for lat, lon in PLACES], columns=["lat", "lon"])
    pd.testing.assert_frame_equal(checked[list(OUT)].reset_index(drop=True), asked(checker, written)[list(OUT)])


def test_an_own_position_wins_over_the_geometry_and_an_empty_point_is_none(checker: Checker) -> None:
    shapes = [Point(18.954801, 59.812482), Point(), None]
    addressed = gpd.GeoDataFrame({"address": ["Nowhere 1", HARG, ""]}, geometry=shapes, crs=4326)
    checked = asked(checker, addressed)
    assert list(checked["cc_level"])[:2] == ["coordinates", "address_point"]
    assert checked["cc_error"].iloc[2].startswith("INVALID_INPUT")
    placed = gpd.GeoDataFrame({"lat": [59.8], "lon": [18.95]}, geometry=[box(0, 0, 1, 1)], crs=4326)
    assert asked(checker, placed)["cc_lat"].iloc[0] == 59.8


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (gpd.GeoDataFrame({"n": [1]}, geometry=[box(18, 59, 19, 60)], crs=4326), "representative_point"),
        (gpd.GeoDataFrame({"n": [1]}, geometry=[Point(18.95, 59.8)]), "set_crs"),
        (pd.DataFrame({"n": [1]}), "address"),
        (pd.DataFrame({"address": [HARG], "cc_match": [1]}), "cc_match"),
        (pd.DataFrame([[HARG, HARG]], columns=["address", "adress"]), "could both be address"),
    ],
)
def test_what_a_frame_lacks_is_said(checker: Checker, frame: pd.DataFrame, says: str) -> None:
    with pytest.raises(TableInvalid, match=says):
        asked(checker, frame)


@pytest.mark.parametrize("kind", ["table", "batch"])
def test_an_arrow_table_keeps_its_columns_and_schema(checker: Checker, kind: str) -> None:
    columns = {"address": pa.array([HARG, None]).dictionary_encode(), "sek": pa.array([1, None], pa.int16())}
    orders = pa.table(columns).replace_schema_metadata({"made": "for this test"})
    checked = asked(checker, orders if kind == "table" else orders.to_batches()[0])
    assert checked.schema.names == [*orders.schema.names, *OUT]
    assert checked.select(orders.schema.names).schema.equals(orders.schema)
    assert checked.column("sek").to_pylist() == [1, None]
    assert checked.column("cc_verdict").to_pylist() == ["not_deliverable", "undetermined"]
    assert all(pa.types.is_floating(checked.schema.field(name).type) for name in NUMBERS)


def test_no_rows_give_no_rows(checker: Checker) -> None:
    frame = pd.DataFrame({"address": pd.Series([], dtype=str)})
    assert list(checker.check_frame(frame, product="mbb-4g").columns) == ["address", *OUT]
    assert checker.check_frame(pa.table({"address": pa.array([], pa.string())}), product="mbb-4g").num_rows == 0


cell = st.none() | st.text(max_size=12) | st.floats() | st.integers() | st.dates() | st.booleans()


@given(rows=st.lists(st.tuples(cell, cell, cell), max_size=6))
def test_as_many_rows_out_as_in_whatever_is_in_them(checker: Checker, rows: list[tuple[object, ...]]) -> None:
    orders = pd.DataFrame(rows, columns=["address", "lat", "lon"], dtype=object)
    checked = asked(checker, orders)
    assert len(checked) == len(rows)
    assert set(checked["cc_verdict"]) <= {"deliverable", "conditional", "not_deliverable", "undetermined"}


def test_an_unknown_default_is_the_callers_fault(checker: Checker) -> None:
    with pytest.raises(InvalidInput, match="no default 'produkt'"):
        checker.check_frame(pd.DataFrame({"address": [HARG]}), produkt="mbb-4g")

"""What a look-up answers, with shapely on the operator's own polygons as the oracle."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check.coverage.snapshot import Snapshot
from coverage_check.errors import InvalidInput
from tests.delivery_folder import DeliveryFolder, X, Y, square

LAKE = square(0, 0, 3_000).difference(square(1_000, 1_000, 1_000))
ISLAND = square(1_200, 1_200, 300)
OVERLAPPING = square(2_500, 2_500, 1_500)
FAR = square(30_000, 0, 100)
SURVEY = square(-500, -500, 10_000)
TRUTH = shapely.union_all([LAKE, ISLAND, OVERLAPPING, FAR])


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = DeliveryFolder(tmp_path_factory.mktemp("delivery"))
    folder.write("cov.gpkg", [LAKE, ISLAND, OVERLAPPING, FAR])
    folder.write("survey.gpkg", [SURVEY])
    for survey in ("survey.gpkg", "bounds", "everywhere"):
        folder.layer(survey.partition(".")[0], "cov.gpkg", survey_area=survey)
    return folder.take()


def check(snapshot: Snapshot, x: Any, y: Any) -> None:
    found = snapshot.lookup(x=x, y=y)
    points = shapely.points(x, y)
    distance = shapely.distance(points, TRUTH.boundary)
    for column in range(3):
        assert found.covered[:, column].tolist() == shapely.covers(TRUTH, points).tolist()
        signed = np.where(found.covered[:, column], 1, -1) * np.minimum(distance, 5_000)
        assert np.allclose(found.edge_distance_m[:, column], signed, rtol=0, atol=1e-6)
    assert found.surveyed[:, 0].tolist() == shapely.covers(SURVEY, points).tolist()
    assert found.surveyed[:, 1].tolist() == shapely.covers(shapely.box(*TRUTH.bounds), points).tolist()
    assert found.surveyed[:, 2].all()


def test_a_hundred_thousand_random_points(snapshot: Snapshot) -> None:
    x, y = np.random.default_rng(5).uniform((X - 3_000, Y - 3_000), (X + 8_000, Y + 8_000), (100_000, 2)).T
    check(snapshot, x, y)


def test_points_on_vertices_edges_and_shared_lines(snapshot: Snapshot) -> None:
    """The boundary is covered; an edge inside the union is none."""
    corners = shapely.get_coordinates([LAKE, ISLAND, OVERLAPPING, FAR, SURVEY])
    along = shapely.get_coordinates(shapely.segmentize(np.array([LAKE, ISLAND, OVERLAPPING, SURVEY]), 50))
    beside = np.array([1e-7, 0.0])
    x, y = np.vstack([corners, along, corners + beside, corners - beside[::-1]]).T
    check(snapshot, x, y)


@settings(deadline=None, max_examples=200)
@given(x=st.floats(X - 60_000, X + 60_000), y=st.floats(Y - 60_000, Y + 60_000))
def test_any_point(snapshot: Snapshot, x: float, y: float) -> None:
    check(snapshot, np.array([x]), np.array([y]))


def test_beyond_the_cap_only_farther_is_said(snapshot: Snapshot) -> None:
    assert (snapshot.lookup(x=X - 300_000, y=Y).edge_distance_m == -5_000).all()


def test_degrees_and_metres_are_the_same_point(snapshot: Snapshot) -> None:
    x, y = snapshot.to_metric(lon=18.95, lat=59.82)
    by_degrees, by_metres = snapshot.lookup(lon=18.95, lat=59.82), snapshot.lookup(x=x, y=y)
    assert by_degrees.edge_distance_m.tolist() == by_metres.edge_distance_m.tolist()
    assert (x[0], y[0]) == pytest.approx((721_430.77, 6_637_967.37), abs=0.01)  # Lantmäteriet's grid, by PROJ


def test_numbers_give_one_row(snapshot: Snapshot) -> None:
    found = snapshot.lookup(lon=18.95, lat=59.82)
    assert found.covered.shape == found.surveyed.shape == found.edge_distance_m.shape == (1, 3)
    assert (found.covered.dtype.name, found.edge_distance_m.dtype.name) == ("bool", "float64")


def test_no_points_give_no_rows(snapshot: Snapshot) -> None:
    found = snapshot.lookup(x=[], y=[])
    assert found.covered.shape == found.edge_distance_m.shape == (0, 3)


def test_place_that_the_metric_crs_lacks_is_no_data(snapshot: Snapshot) -> None:
    """The row before it is not lost."""
    found = snapshot.lookup(lon=[18.95, 105.0], lat=[59.82, 0.0])
    assert found.surveyed.tolist() == [[True, True, True], [False, False, False]]
    assert not found.covered[1].any()
    assert (found.edge_distance_m[1] == -5_000).all()


@pytest.mark.parametrize(
    "points",
    [
        {},
        {"lon": 18.95},
        {"x": X},
        {"lon": 18.95, "y": Y},
        {"lon": 18.95, "lat": 59.8, "x": X, "y": Y},
        {"lon": float("nan"), "lat": 59.8},
        {"lon": 18.95, "lat": float("inf")},
        {"x": [X, float("nan")], "y": [Y, Y]},
        {"x": [X, X], "y": [Y]},
        {"x": [X, X], "y": Y},
        {"x": [[X]], "y": [[Y]]},
        {"lon": "18.95 E", "lat": 59.8},
        {"lon": None, "lat": 59.8},
        {"lon": 59.8, "lat": 118.95},
        {"lon": 721_430, "lat": 6_637_967},
    ],
)
def test_what_is_no_point_is_refused(snapshot: Snapshot, points: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        snapshot.lookup(**points)


def test_unknown_layer_is_named_with_the_nearest(snapshot: Snapshot) -> None:
    with pytest.raises(InvalidInput, match="did you mean 'survey'"):
        snapshot.polygons("surwey")


def test_giant_with_many_holes(tmp_path: Path) -> None:
    """Far more points than one short line, holes and islands in holes."""
    folder = DeliveryFolder(tmp_path)
    holes = [square(100 * i + 30, 100 * j + 30, 40) for i in range(30) for j in range(30)]
    islands = [square(100 * i + 45, 100 * j + 45, 10) for i in range(30) for j in range(30)]
    truth = shapely.union_all([square(0, 0, 3_000).difference(shapely.union_all(holes)), *islands])
    folder.write("cov.gpkg", [truth])
    folder.layer("4g", "cov.gpkg")
    x, y = np.random.default_rng(5).uniform((X - 100, Y - 100), (X + 3_100, Y + 3_100), (20_000, 2)).T
    found = folder.take().lookup(x=x, y=y)
    shapely.prepare(truth)
    assert found.covered[:, 0].tolist() == shapely.covers(truth, shapely.points(x, y)).tolist()
    assert np.allclose(
        np.abs(found.edge_distance_m[:, 0]), shapely.distance(shapely.points(x, y), truth.boundary), atol=1e-6
    )

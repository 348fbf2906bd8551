"""What the page's map calls unknown is what lies outside the survey areas, and nothing else."""

import numpy as np
import pytest
import shapely
from pyproj import Transformer

pytest.importorskip("fastapi", reason="the extra web is not installed")
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.service.claims import claims_around
from tests.delivery_folder import METRIC, DeliveryFolder, X, Y, square

REACH_M = 6_000.0
FINENESS_M = 2 * REACH_M / 800
"""The map is drawn for 800 pixels: nearer to an edge it may be wrong."""

NEAR, WIDE, CLAIM = square(-2_000, -2_000, 3_000), square(-1_000, -1_500, 6_500), square(0, 0, 900)
TO_METRES, TO_DEGREES = (
    Transformer.from_crs(*pair, always_xy=True) for pair in (("EPSG:4326", METRIC), (METRIC, "EPSG:4326"))
)
POINTS = shapely.points(np.random.default_rng(7).uniform(-REACH_M, REACH_M, (2_000, 2)) + np.array([X, Y]))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = DeliveryFolder(tmp_path_factory.mktemp("delivery"))
    folder.write("cov.gpkg", [CLAIM])
    folder.write("near.gpkg", [NEAR])
    folder.write("wide.gpkg", [WIDE])
    for name, survey in {"near": "near.gpkg", "wide": "wide.gpkg", "bounds": "bounds", "everywhere": "everywhere"}.items():
        folder.layer(name, "cov.gpkg", survey_area=survey)
    return folder.take()


def unknown(snapshot: Snapshot, layers: list[str]) -> shapely.Geometry:
    """Ask for the map, and give the area of which it says that nothing is known, in metres."""
    lon, lat = TO_DEGREES.transform(X, Y)
    told = claims_around(snapshot, layers, lat=lat, lon=lon, radius_m=REACH_M)["no_data"]
    return shapely.transform(
        shapely.from_geojson(str(told).replace("'", '"')), lambda xy: np.column_stack(TO_METRES.transform(*xy.T))
    )


@pytest.mark.parametrize(
    ("layers", "spoken"),
    [
        (["near"], NEAR),
        (["wide"], WIDE),
        (["near", "wide"], NEAR | WIDE),
        (["bounds"], CLAIM),
        (["near", "everywhere"], square(-9_000, -9_000, 18_000)),
    ],
)
def test_unknown_is_what_no_layer_speaks_about(snapshot: Snapshot, layers: list[str], spoken: shapely.Geometry) -> None:
    clear = POINTS[shapely.distance(POINTS, shapely.boundary(spoken)) > FINENESS_M]
    told = shapely.contains(unknown(snapshot, layers), clear)
    assert (told == ~shapely.contains(spoken, clear)).all()


def test_far_from_every_survey_all_is_unknown(snapshot: Snapshot) -> None:
    """A place that no layer reaches is not shown as one without coverage."""
    told = claims_around(snapshot, ["near", "wide"], lat=55.0, lon=13.0, radius_m=100.0)
    assert len(told["no_data"]["coordinates"]) == 1
    assert all(layer["geometry"]["coordinates"] == [] for layer in told["layers"])


def test_where_no_layer_is_asked_nothing_is_called_unknown(snapshot: Snapshot) -> None:
    assert shapely.is_empty(unknown(snapshot, []))


def test_within_the_survey_nothing_is_called_unknown(snapshot: Snapshot) -> None:
    lon, lat = TO_DEGREES.transform(X - 1_000, Y - 1_000)
    assert claims_around(snapshot, ["near"], lat=lat, lon=lon, radius_m=900.0)["no_data"]["coordinates"] == []

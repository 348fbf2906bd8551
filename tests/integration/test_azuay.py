"""Real operators' polygons: UMTS of two parishes of Cuenca, Ecuador, as Shapefile and KMZ."""

from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from coverage_check.coverage.snapshot import Snapshot, import_layers
from tests.shared import shared

FILES = {
    "batan": "interseccion_unificada_batan.shp",
    "yanuncay": "interseccion_unificada_yanuncay.shp",
    "batan-kmz": "geometria_unificada_batan.kmz",
}
METRIC = "EPSG:32717"

LAYER = """
[[layer]]
id = "{id}"
file = "{file}"
network = "fictitious"
country = "EC"
technology = "3G"
service = "data"
survey_area = "everywhere"
published = 2025-09-04
"""


@pytest.fixture(scope="module")
def folder() -> Path:
    return shared("data/coverage/ec_azuay_umts")


@pytest.fixture(scope="module")
def snapshot(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    work = tmp_path_factory.mktemp("azuay")
    text = f'format = 1\nmetric_crs = "{METRIC}"\n'
    text += "".join(LAYER.format(id=name, file=folder / file) for name, file in FILES.items())
    (work / "layers.toml").write_text(text, encoding="utf-8")
    return import_layers(work / "layers.toml", work / "snapshot")


def polygons_of(path: Path) -> shapely.MultiPolygon | shapely.Polygon:
    """Read a file without any code of ours."""
    meta, _, wkb, _ = pyogrio.raw.read(str(path))
    geometry = shapely.force_2d(shapely.from_wkb(wkb[0]))
    if meta["crs"] != METRIC:
        to_metric = pyproj.Transformer.from_crs(meta["crs"], METRIC, always_xy=True)
        geometry = shapely.transform(geometry, lambda xy: np.column_stack(to_metric.transform(*xy.T)))
    assert isinstance(geometry, shapely.MultiPolygon | shapely.Polygon)
    return geometry


@pytest.mark.parametrize("name", FILES)
def test_positions_are_answered_as_shapely_does(snapshot: Snapshot, folder: Path, name: str) -> None:
    truth = polygons_of(folder / FILES[name])
    column = [layer.id for layer in snapshot.layers].index(name)
    minx, miny, maxx, maxy = truth.bounds
    spread = np.random.default_rng(8).uniform((minx - 2_000, miny - 2_000), (maxx + 2_000, maxy + 2_000), (20_000, 2))
    near = shapely.get_coordinates(shapely.segmentize(truth.boundary, 25))
    near = near + np.random.default_rng(9).normal(0, 5, near.shape)
    x, y = np.vstack([spread, near]).T
    found = snapshot.lookup(x=x, y=y)
    points = shapely.points(x, y)
    distance = np.minimum(shapely.distance(points, truth.boundary), 5_000)
    certain = distance > (0.1 if name.endswith("kmz") else 0)
    assert certain.mean() > 0.97
    assert found.covered[certain, column].tolist() == shapely.covers(truth, points)[certain].tolist()
    tolerance_m = 0.1 if name.endswith("kmz") else 1e-6
    assert np.allclose(np.abs(found.edge_distance_m[:, column]), distance, rtol=0, atol=tolerance_m)


def test_pasted_positions(snapshot: Snapshot, folder: Path) -> None:
    """Inside, outside and near the edge, as longitude and latitude."""
    truth = polygons_of(folder / FILES["yanuncay"])
    deep = shapely.maximum_inscribed_circle(truth)
    places = np.array([deep.coords[0], (truth.bounds[0] - 1_000, truth.bounds[1] - 1_000), deep.coords[1]])
    lon, lat = pyproj.Transformer.from_crs(METRIC, 4326, always_xy=True).transform(*places.T)
    found = snapshot.lookup(lon=lon, lat=lat)
    column = [layer.id for layer in snapshot.layers].index("yanuncay")
    inside, outside, edge = found.edge_distance_m[:, column].tolist()
    assert inside == pytest.approx(deep.length, abs=0.01)
    assert outside < -1_000
    assert edge == pytest.approx(0, abs=0.01)


def test_areas_are_those_of_the_files(snapshot: Snapshot, folder: Path) -> None:
    for layer in snapshot.layers:
        assert layer.area_km2 == pytest.approx(polygons_of(folder / FILES[layer.id]).area / 1e6, abs=1e-5)
        assert layer.country == "EC"

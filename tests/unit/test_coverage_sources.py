"""The same polygons in every format are the same layer."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from coverage_check.coverage.snapshot import Snapshot
from coverage_check.coverage.sources.formats import FORMATS
from coverage_check.errors import ImportFailed, MissingExtra
from tests.delivery_folder import METRIC, DeliveryFolder, square

LAKE = square(0, 0, 3_000).difference(square(1_000, 1_000, 1_000))
ISLAND = square(1_200, 1_200, 300)
OTHER = square(8_000, 0, 500)
LEVELS = ["good", "good", "basic"]


def degrees(polygon: shapely.Geometry) -> shapely.Geometry:
    """Carry a polygon over as its publisher would: with points on its edges, for they are curves in degrees."""
    to_degrees = pyproj.Transformer.from_crs(METRIC, 4326, always_xy=True)
    return shapely.transform(shapely.segmentize(polygon, 500), lambda xy: np.column_stack(to_degrees.transform(*xy.T)))


def write_geoparquet(path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    geometry = shapely.to_wkb(np.array([LAKE, ISLAND, OTHER], dtype=object)).tolist()
    about = {"encoding": "WKB", "geometry_types": ["Polygon"], "crs": pyproj.CRS(METRIC).to_json_dict()}
    geo = {"version": "1.1.0", "primary_column": "area", "columns": {"area": about}}
    table = pa.table({"level": LEVELS, "area": pa.array(geometry, pa.binary())})
    parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """One delivery with the same three polygons in every format; only the good ones count."""
    folder = DeliveryFolder(tmp_path_factory.mktemp("formats"))
    metres, lonlat = [LAKE, ISLAND, OTHER], [degrees(polygon) for polygon in (LAKE, ISLAND, OTHER)]
    columns = {"level": LEVELS}
    for name in ("gpkg.gpkg", "shp.shp", "fgb.fgb", "tab.tab"):
        folder.write(name, metres, columns=columns)
    folder.write("geojson.geojson", lonlat, crs="EPSG:4326", columns=columns, COORDINATE_PRECISION=12)
    folder.write("kml.kml", lonlat, crs="EPSG:4326", columns=columns)
    with zipfile.ZipFile(folder.path / "kmz.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder.path / "kml.kml", "doc.kml")
    write_geoparquet(folder.path / "parquet.parquet")
    for name in ("gpkg.gpkg", "shp.shp", "fgb.fgb", "geojson.geojson", "kml.kml", "kmz.kmz", "parquet.parquet"):
        folder.layer(name.partition(".")[0], name, where={"level": "good"}, features=2)
    # MapInfo knows no EPSG code, but its coordinates are right: so the declared code is believed.
    folder.layer("tab", "tab.tab", where={"level": "good"}, crs=METRIC)
    before = set(folder.path.iterdir())
    made = folder.take()
    assert set(folder.path.iterdir()) - before == {folder.path / "layers.toml", folder.path / "snapshot"}
    return made


@pytest.mark.parametrize("kind", [kind.name for kind in FORMATS if not kind.cells and kind.reader != "archive"])
def test_every_format_gives_the_same_truth(snapshot: Snapshot, kind: str) -> None:
    name = next(kind_.suffixes[0][1:] for kind_ in FORMATS if kind_.name == kind)
    polygons = snapshot.polygons(name)
    found, truth = shapely.union_all(polygons), shapely.union_all([LAKE, ISLAND])
    assert len(polygons) == 2
    assert shapely.hausdorff_distance(shapely.segmentize(found, 10), shapely.segmentize(truth, 10)) < 0.1
    assert shapely.area(found) == pytest.approx(shapely.area(truth), abs=100)


def test_formats_in_the_metric_crs_keep_every_bit(snapshot: Snapshot) -> None:
    truth = snapshot.polygons("gpkg")
    for name in ("shp", "fgb", "parquet"):
        assert all(shapely.equals_identical(snapshot.polygons(name), truth)), name


def test_hash_of_one_file_is_sha256sum(snapshot: Snapshot) -> None:
    layer = next(layer for layer in snapshot.layers if layer.id == "gpkg")
    assert layer.sha256 == hashlib.sha256((snapshot.path.parent / "gpkg.gpkg").read_bytes()).hexdigest()


def test_hash_of_several_files_is_the_one_that_docs_describe(snapshot: Snapshot) -> None:
    listing = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.suffix}\n"
        for path in sorted(snapshot.path.parent.glob("shp.*"))
    )
    layer = next(layer for layer in snapshot.layers if layer.id == "shp")
    assert layer.sha256 == hashlib.sha256(listing.encode()).hexdigest()


def test_prj_may_have_a_bom_and_upper_case(tmp_path: Path) -> None:
    """A02."""
    folder = DeliveryFolder(tmp_path)
    projection = folder.write("cov.shp", [square(0, 0, 100)]).with_suffix(".prj")
    projection.with_suffix(".PRJ").write_bytes(b"\xef\xbb\xbf" + projection.read_bytes())
    projection.unlink()
    folder.layer("4g", "cov.shp", crs=METRIC)
    assert folder.take().layers[0].area_km2 == 0.01


def test_prj_may_be_absent_where_the_crs_is_declared(tmp_path: Path) -> None:
    """A01."""
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.shp", [square(0, 0, 100)]).with_suffix(".prj").unlink()
    folder.layer("4g", "cov.shp", crs=METRIC)
    assert folder.take().quality.layers["4g"].crs == METRIC


def test_heights_are_ignored(tmp_path: Path) -> None:
    """B11."""
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [shapely.force_3d(square(0, 0, 100), 17.0)])
    folder.layer("4g", "cov.gpkg")
    assert shapely.equals_identical(folder.take().polygons("4g")[0], shapely.normalize(square(0, 0, 100)))


def test_open_ring_is_closed_and_told(tmp_path: Path) -> None:
    """B04."""
    folder = DeliveryFolder(tmp_path)
    open_ring = [[18.9, 59.8], [18.91, 59.8], [18.91, 59.81], [18.9, 59.81]]
    geometry = {"type": "Polygon", "coordinates": [open_ring]}
    folder.text("cov.geojson", json.dumps({"type": "Feature", "properties": {}, "geometry": geometry}))
    folder.layer("4g", "cov.geojson")
    quality = folder.take().quality.layers["4g"]
    assert (quality.rings_closed, quality.vertices) == (1, 5)


@pytest.mark.parametrize("where", [{"level": 3}, {"level": 3.0}, {"level": "3"}, {"level": [3, 4]}])
def test_numbers_fit_however_they_are_written(tmp_path: Path, where: dict[str, object]) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(0, 0, 100), square(200, 0, 100)], columns={"level": [3, 2]})
    folder.layer("4g", "cov.gpkg", where=where)
    assert folder.take().layers[0].features == 1


def test_crs_member_of_geojson_is_found_wherever_it_stands(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    feature = {
        "type": "Feature",
        "properties": {"crs": "is only a word here"},
        "geometry": json.loads(shapely.to_geojson(square(0, 0, 100))),
    }
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3006"}}
    folder.text("cov.geojson", json.dumps({"type": "FeatureCollection", "features": [feature], "crs": crs}))
    folder.layer("4g", "cov.geojson")
    assert folder.take().layers[0].area_km2 == 0.01


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coverage_check.coverage.reading.find_spec", lambda name: None if name == "pyarrow" else name)
    folder = DeliveryFolder(tmp_path)
    folder.text("cov.parquet", b"PAR1")
    folder.layer("4g", "cov.parquet")
    with pytest.raises(MissingExtra, match=r"mobile-coverage-check\[parquet\]"):
        folder.take()


def test_only_the_wanted_drivers_are_known_to_the_worker() -> None:
    from coverage_check.coverage.isolation import environment
    from coverage_check.coverage.sources.formats import DRIVERS

    program = "import pyogrio; print(*pyogrio.list_drivers(), sep='\\n')"
    answer = subprocess.run([sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True)
    assert set(answer.stdout.split("\n")) - {""} == set(DRIVERS)


def test_worker_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer of a million overlapping parts against a second of time."""
    from coverage_check.coverage import isolation

    monkeypatch.setattr(
        isolation.Limits,
        "for_size",
        classmethod(lambda cls, _size: cls(time_s=1, memory_bytes=4 << 30, file_bytes=1 << 30)),
    )
    folder = DeliveryFolder(tmp_path)
    turn = np.linspace(0, 2 * np.pi, 4_000, endpoint=False)
    star = np.column_stack([np.cos(turn), np.sin(turn)]) * np.where(np.arange(4_000) % 2, 1, 100)[:, None]
    folder.write(
        "cov.gpkg",
        shapely.polygons(star * 100 + np.array([[721_000 + 7 * n, 6_636_000 + 3 * n] for n in range(300)])[:, None]),
    )
    folder.layer("4g", "cov.gpkg")
    with pytest.raises(ImportFailed, match=r"took more than 1 s.*\[READER_CRASHED\]"):
        folder.take()

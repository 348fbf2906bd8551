"""Every way in which a delivered file is known to go wrong is found, named, and stops the import.

One delivery holds all the faulty files at once: so it is also the test that all faults of all layers are reported at once.
"""

import gzip
import json
import os
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from coverage_check.errors import FileRefused, ImportFailed
from tests.delivery_folder import METRIC, DeliveryFolder, X, Y, square

CASES: dict[str, tuple[Callable[[DeliveryFolder, str], None], str]] = {}
"""By the name of the case: what makes its file and declares its layer, and the fault that must be found."""


def case(fault: str) -> Callable[[Callable[[DeliveryFolder, str], None]], Callable[[DeliveryFolder, str], None]]:
    """Add a case; the fault catalogue's number stands in the docstring."""

    def add(make: Callable[[DeliveryFolder, str], None]) -> Callable[[DeliveryFolder, str], None]:
        CASES[make.__name__] = (make, fault)
        return make

    return add


def degrees(*polygons: shapely.Polygon) -> list[shapely.Polygon]:
    to_degrees = pyproj.Transformer.from_crs(METRIC, 4326, always_xy=True)
    return [shapely.transform(polygon, lambda xy: np.column_stack(to_degrees.transform(*xy.T))) for polygon in polygons]


def geojson(*polygons: shapely.Polygon, **members: object) -> str:
    features = [
        {"type": "Feature", "properties": {"level": "good"}, "geometry": json.loads(shapely.to_geojson(polygon))}
        for polygon in polygons
    ]
    return json.dumps({"type": "FeatureCollection", **members, "features": features})


# CRS -----------------------------------------------------------------------------------------------------------------


@case("CRS_MISSING")
def prj_absent(folder: DeliveryFolder, name: str) -> None:
    """A01."""
    folder.write(f"{name}.shp", [square(0, 0, 100)]).with_suffix(".prj").unlink()
    folder.layer(name, f"{name}.shp")


@case("CRS_UNREADABLE")
def prj_unparseable(folder: DeliveryFolder, name: str) -> None:
    """A02."""
    folder.write(f"{name}.shp", [square(0, 0, 100)]).with_suffix(".prj").write_text("PROJCS[garbage")
    folder.layer(name, f"{name}.shp")


@case("CRS_UNREADABLE")
def geojson_crs_unknown(folder: DeliveryFolder, name: str) -> None:
    """A03: GDAL takes it for WGS 84 in silence."""
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::999999"}}
    folder.text(f"{name}.geojson", geojson(*degrees(square(0, 0, 100)), crs=crs))
    folder.layer(name, f"{name}.geojson")


@case("CRS_UNREADABLE")
def geojson_crs_link(folder: DeliveryFolder, name: str) -> None:
    """A04: refused before anything could ask the network."""
    crs = {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs.prj", "type": "esriwkt"}}
    folder.text(f"{name}.geojson", geojson(*degrees(square(0, 0, 100)), crs=crs))
    folder.layer(name, f"{name}.geojson")


@case("CRS_IMPLAUSIBLE")
def geojson_in_metres(folder: DeliveryFolder, name: str) -> None:
    """A05."""
    folder.text(f"{name}.geojson", geojson(square(0, 0, 100)))
    folder.layer(name, f"{name}.geojson")


@case("CRS_MISMATCH")
def declared_crs_differs(folder: DeliveryFolder, name: str) -> None:
    """A06."""
    folder.write(f"{name}.gpkg", degrees(square(0, 0, 100)), crs="EPSG:4326")
    folder.layer(name, f"{name}.gpkg", crs="EPSG:3006")


@case("CRS_MISMATCH")
def neighbouring_zone(folder: DeliveryFolder, name: str) -> None:
    """A09: UTM 34 coordinates that are declared as UTM 33."""
    folder.write(f"{name}.gpkg", [shapely.box(270_000, 6_640_000, 271_000, 6_641_000)], crs="EPSG:32634")
    folder.layer(name, f"{name}.gpkg", crs="EPSG:32633")


@case("CRS_UNCERTAIN")
def datum_missing(folder: DeliveryFolder, name: str) -> None:
    """A10: an ellipsoid without a datum, which lies some 100 m off."""
    crs = "+proj=utm +zone=34 +ellps=bessel +units=m +no_defs"
    folder.write(f"{name}.gpkg", [shapely.box(270_000, 6_640_000, 271_000, 6_641_000)], crs=crs)
    folder.layer(name, f"{name}.gpkg")


@case("CRS_UNCERTAIN")
def datum_lost_by_mapinfo(folder: DeliveryFolder, name: str) -> None:
    """Trap: MapInfo keeps of SWEREF 99 TM only its ellipsoid; PROJ then knows a single way, and it is a guess."""
    folder.write(f"{name}.tab", [square(0, 0, 1000)])
    folder.layer(name, f"{name}.tab")


@case("AXIS_SUSPECT")
def axes_exchanged(folder: DeliveryFolder, name: str) -> None:
    """A07."""
    turned = [shapely.transform(polygon, lambda xy: xy[:, ::-1]) for polygon in degrees(square(0, 0, 100))]
    folder.text(f"{name}.geojson", geojson(*turned))
    folder.layer(name, f"{name}.geojson")


@case("AXIS_SUSPECT")
def axes_exchanged_once(folder: DeliveryFolder, name: str) -> None:
    """A08: one feature of fifty."""
    polygons = degrees(*(square(200 * n, 0, 100) for n in range(50)))
    polygons[30] = shapely.transform(polygons[30], lambda xy: xy[:, ::-1])
    folder.text(f"{name}.geojson", geojson(*polygons))
    folder.layer(name, f"{name}.geojson")


@case("OUTSIDE_COUNTRY")
def another_country(folder: DeliveryFolder, name: str) -> None:
    folder.write(f"{name}.gpkg", [square(0, 0, 100)])
    folder.layer(name, f"{name}.gpkg", country="PT")


@case("ANTIMERIDIAN")
def round_the_world(folder: DeliveryFolder, name: str) -> None:
    """B09: from 179 to -179 the short way, which a plane takes for the long one."""
    folder.text(f"{name}.geojson", geojson(shapely.box(-179, -18, 179, -17)))
    folder.layer(name, f"{name}.geojson", country="FJ")


@case("NOT_TRANSFORMABLE")
def no_place_in_the_metric_crs(folder: DeliveryFolder, name: str) -> None:
    """A14: pyproj gives infinity without an error."""
    folder.text(f"{name}.geojson", geojson(shapely.box(104.9, 0, 105, 0.1)))
    folder.layer(name, f"{name}.geojson", country="ID")


@case("METRIC_CRS_UNFIT")
def metric_crs_of_another_country(folder: DeliveryFolder, name: str) -> None:
    """Metres of the Swedish grid are no metres in Portugal."""
    folder.text(f"{name}.geojson", geojson(shapely.box(-8.1, 40, -8, 40.1)))
    folder.layer(name, f"{name}.geojson", country="PT")


# Completeness --------------------------------------------------------------------------------------------------------


@case("FILE_MISSING")
def file_missing(folder: DeliveryFolder, name: str) -> None:
    folder.layer(name, f"{name}.gpkg")


@case("EMPTY_FILE")
def no_bytes(folder: DeliveryFolder, name: str) -> None:
    folder.text(f"{name}.gpkg", b"")
    folder.layer(name, f"{name}.gpkg")


@case("EMPTY_LAYER")
def no_features(folder: DeliveryFolder, name: str) -> None:
    """A15."""
    folder.write(f"{name}.gpkg", [])
    folder.layer(name, f"{name}.gpkg")


@case("EMPTY_LAYER")
def no_feature_fits(folder: DeliveryFolder, name: str) -> None:
    """A28: a column whose values are not what was declared."""
    folder.write(f"{name}.gpkg", [square(0, 0, 100)], columns={"level": ["mycket god"]})
    folder.layer(name, f"{name}.gpkg", where={"level": "good"})


@case("NO_COLUMN")
def no_such_column(folder: DeliveryFolder, name: str) -> None:
    folder.write(f"{name}.gpkg", [square(0, 0, 100)], columns={"level": ["good"]})
    folder.layer(name, f"{name}.gpkg", where={"Level": "good"})


@case("AMBIGUOUS_LAYER")
def several_layers(folder: DeliveryFolder, name: str) -> None:
    """A17."""
    for table in ("basic", "good"):
        folder.write(f"{name}.gpkg", [square(0, 0, 100)], layer=table, append=table == "good")
    folder.layer(name, f"{name}.gpkg")


@case("NO_LAYER")
def another_layer(folder: DeliveryFolder, name: str) -> None:
    folder.write(f"{name}.gpkg", [square(0, 0, 100)], layer="good")
    folder.layer(name, f"{name}.gpkg", table="very_good")


@case("NO_LAYER")
def kml_without_layer(folder: DeliveryFolder, name: str) -> None:
    """A16."""
    folder.text(f"{name}.kml", '<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>')
    folder.layer(name, f"{name}.kml")


@case("FEATURES_DIFFER")
def fewer_features_than_declared(folder: DeliveryFolder, name: str) -> None:
    folder.write(f"{name}.gpkg", [square(0, 0, 100)])
    folder.layer(name, f"{name}.gpkg", features=2)


@case("HASH_DIFFERS")
def hash_differs(folder: DeliveryFolder, name: str) -> None:
    folder.write(f"{name}.gpkg", [square(0, 0, 100)])
    folder.layer(name, f"{name}.gpkg", sha256="0" * 64)


@case("TRUNCATED")
def shp_truncated(folder: DeliveryFolder, name: str) -> None:
    """A21: GDAL opens it and says nothing."""
    path = folder.write(f"{name}.shp", [square(200 * n, 0, 100) for n in range(50)])
    os.truncate(path, path.stat().st_size // 2)
    folder.layer(name, f"{name}.shp")


@case("TRUNCATED")
def dbf_truncated(folder: DeliveryFolder, name: str) -> None:
    """A25."""
    path = folder.write(f"{name}.shp", [square(200 * n, 0, 100) for n in range(50)]).with_suffix(".dbf")
    os.truncate(path, path.stat().st_size // 2)
    folder.layer(name, f"{name}.shp")


@case("MEMBER_MISSING")
def dbf_missing(folder: DeliveryFolder, name: str) -> None:
    """A25."""
    folder.write(f"{name}.shp", [square(0, 0, 100)]).with_suffix(".dbf").unlink()
    folder.layer(name, f"{name}.shp")


@case("MEMBER_MISSING")
def shx_missing(folder: DeliveryFolder, name: str) -> None:
    """A26."""
    folder.write(f"{name}.shp", [square(0, 0, 100)]).with_suffix(".shx").unlink()
    folder.layer(name, f"{name}.shp")


@case("MEMBERS_DIFFER")
def members_of_two_deliveries(folder: DeliveryFolder, name: str) -> None:
    """A27."""
    folder.write(f"{name}.shp", [square(0, 0, 100)])
    other = folder.write(f"{name}_other.shp", [square(200 * n, 0, 100) for n in range(3)])
    shutil.copy(other.with_suffix(".dbf"), folder.path / f"{name}.dbf")
    folder.layer(name, f"{name}.shp")


@case("UNREADABLE")
def database_truncated(folder: DeliveryFolder, name: str) -> None:
    """A24."""
    path = folder.write(f"{name}.gpkg", [square(200 * n, 0, 100) for n in range(500)])
    os.truncate(path, path.stat().st_size // 3)
    folder.layer(name, f"{name}.gpkg")


# Geometry ------------------------------------------------------------------------------------------------------------


@case("WRONG_GEOMETRY_TYPE")
def points(folder: DeliveryFolder, name: str) -> None:
    """A18."""
    folder.write(f"{name}.gpkg", [shapely.Point(X, Y)])
    folder.layer(name, f"{name}.gpkg")


@case("WRONG_GEOMETRY_TYPE")
def a_line_among_polygons(folder: DeliveryFolder, name: str) -> None:
    folder.write(f"{name}.gpkg", [square(0, 0, 100), shapely.LineString([(X, Y), (X + 1, Y)])])
    folder.layer(name, f"{name}.gpkg")


@case("NO_GEOMETRY")
def geometry_missing(folder: DeliveryFolder, name: str) -> None:
    """A19."""
    folder.write(f"{name}.gpkg", [square(0, 0, 100), None])
    folder.layer(name, f"{name}.gpkg")


@case("NOT_FINITE")
def not_a_number(folder: DeliveryFolder, name: str) -> None:
    """A13."""
    with np.errstate(invalid="ignore"):
        broken = shapely.Polygon([(X, Y), (X + 100, Y), (np.nan, Y + 100), (X, Y)])
    folder.write(f"{name}.gpkg", [square(0, 0, 100), broken])
    folder.layer(name, f"{name}.gpkg")


@case("EMPTY_LAYER")
def no_area(folder: DeliveryFolder, name: str) -> None:
    """Draw a ring that goes out and back on the same line."""
    folder.write(f"{name}.gpkg", [shapely.Polygon([(X, Y), (X + 100, Y), (X, Y)])])
    folder.layer(name, f"{name}.gpkg")


@case("EMPTY_LAYER")
def no_size(folder: DeliveryFolder, name: str) -> None:
    """Half a square metre in all: an area that isn't zero, and no coverage either."""
    folder.write(f"{name}.gpkg", [square(0, 0, 0.5), square(10, 0, 0.5)])
    folder.layer(name, f"{name}.gpkg")


# Files that are not what they say ------------------------------------------------------------------------------------


@case("CONTENT_MISMATCH")
def vrt_called_geojson(folder: DeliveryFolder, name: str) -> None:
    """A33: GDAL would follow it to another file."""
    other = folder.write(f"{name}_other.gpkg", [square(0, 0, 100)])
    folder.text(
        f"{name}.geojson",
        f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{other}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
    )
    folder.layer(name, f"{name}.geojson")


@case("CONTENT_MISMATCH")
def geojson_called_gpkg(folder: DeliveryFolder, name: str) -> None:
    folder.text(f"{name}.gpkg", geojson(*degrees(square(0, 0, 100))))
    folder.layer(name, f"{name}.gpkg")


@case("CONTENT_MISMATCH")
def plain_database(folder: DeliveryFolder, name: str) -> None:
    with sqlite3.connect(folder.path / f"{name}.gpkg") as database:
        database.execute("create table t (a)")
    database.close()
    folder.layer(name, f"{name}.gpkg")


@case("UNREADABLE")
def topojson(folder: DeliveryFolder, name: str) -> None:
    """Another of GDAL's drivers would read it."""
    content = {
        "type": "Topology",
        "objects": {"a": {"type": "Polygon", "arcs": [[0]]}},
        "arcs": [[[18, 59], [19, 59], [18, 60]]],
    }
    folder.text(f"{name}.json", json.dumps(content))
    folder.layer(name, f"{name}.json")


@case("UNKNOWN_FORMAT")
def unknown_suffix(folder: DeliveryFolder, name: str) -> None:
    folder.text(f"{name}.vrt", "<OGRVRTDataSource/>")
    folder.layer(name, f"{name}.vrt")


@case("FILE_MISSING")
def path_of_gdal(folder: DeliveryFolder, name: str) -> None:
    """A32: what GDAL would fetch is only a file that isn't there."""
    folder.layer(name, "/vsicurl/http://127.0.0.1:9/a.geojson")


@case("NOT_A_FILE")
def link(folder: DeliveryFolder, name: str) -> None:
    """A31."""
    other = folder.write(f"{name}_other.gpkg", [square(0, 0, 100)])
    (folder.path / f"{name}.gpkg").symlink_to(other)
    folder.layer(name, f"{name}.gpkg")


@case("NOT_A_FILE")
def pipe(folder: DeliveryFolder, name: str) -> None:
    """A31: opening one would wait for ever."""
    os.mkfifo(folder.path / f"{name}.geojson")
    folder.layer(name, f"{name}.geojson")


@case("NOT_A_FILE")
def folder_for_a_file(folder: DeliveryFolder, name: str) -> None:
    (folder.path / f"{name}.gpkg").mkdir()
    folder.layer(name, f"{name}.gpkg")


@case("FILE_OPEN")
def database_in_use(folder: DeliveryFolder, name: str) -> None:
    """Its last changes are still in the log beside it."""
    path = folder.write(f"{name}.gpkg", [square(0, 0, 100)])
    path.with_name(path.name + "-wal").write_bytes(b"log")
    folder.layer(name, f"{name}.gpkg")


# Files that mean harm ------------------------------------------------------------------------------------------------


@case("READER_CRASHED")
def kml_that_kills(folder: DeliveryFolder, name: str) -> None:
    """A48: valid KML, and the driver dies."""
    folder.text(
        f"{name}.kml",
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><MultiGeometry><Model/></MultiGeometry></Placemark></kml>',
    )
    folder.layer(name, f"{name}.kml")


@case("UNSAFE_FILE")
def kml_with_entities(folder: DeliveryFolder, name: str) -> None:
    folder.text(f"{name}.kml", '<?xml version="1.0"?><!DOCTYPE k [<!ENTITY e SYSTEM "file:///etc/passwd">]><kml>&e;</kml>')
    folder.layer(name, f"{name}.kml")


@case("UNSAFE_FILE")
def view_for_a_layer(folder: DeliveryFolder, name: str) -> None:
    """Make a layer whose reading would run SQL of the file's own."""
    path = folder.write(f"{name}.gpkg", [square(0, 0, 100)], layer="cov")
    with sqlite3.connect(path) as database:
        database.execute("create view evil as select fid, geom from cov")
        database.execute(
            "insert into gpkg_contents (table_name, data_type, identifier, srs_id) values ('evil', 'features', 'e', 3006)"
        )
        database.execute("insert into gpkg_geometry_columns values ('evil', 'geom', 'POLYGON', 3006, 0, 0)")
    database.close()
    folder.layer(name, f"{name}.gpkg", table="evil")


@case("UNSAFE_FILE")
def bomb(folder: DeliveryFolder, name: str) -> None:
    """A35."""
    with zipfile.ZipFile(folder.path / f"{name}.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", b"<kml>" + b" " * 20_000_000 + b"</kml>")
    folder.layer(name, f"{name}.kmz")


@case("NO_LAYER")
def kmz_without_kml(folder: DeliveryFolder, name: str) -> None:
    with zipfile.ZipFile(folder.path / f"{name}.kmz", "w") as archive:
        archive.writestr("files/doc.kml", "<kml/>")
    folder.layer(name, f"{name}.kmz")


@case("UNREADABLE")
def zip_cut(folder: DeliveryFolder, name: str) -> None:
    folder.text(f"{name}.kmz", b"PK\x03\x04" + gzip.compress(b"nothing"))
    folder.layer(name, f"{name}.kmz")


# The test ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImportFailed, Path]:
    folder = DeliveryFolder(tmp_path_factory.mktemp("faulty"))
    for name, (make, _) in CASES.items():
        make(folder, name)
    folder.write("sound.gpkg", [square(0, 0, 100)])
    folder.layer("sound", "sound.gpkg")
    before = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")}
    with pytest.raises(ImportFailed) as caught:
        folder.take()
    after = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")}
    (folder.path / "layers.toml").unlink()
    after.pop(folder.path / "layers.toml")
    assert after == before, "nothing is written beside the files, and no part of a snapshot stays"
    return caught.value, folder.path


@pytest.mark.parametrize("name", CASES)
def test_fault_is_found(name: str, refused: tuple[ImportFailed, Path]) -> None:
    about = [fault for fault in refused[0].faults if f"'{name}'" in fault]
    kinds = [match.group(1) for fault in about if (match := re.search(r"\[([A-Z_]+)\]$", fault))]
    assert kinds == [CASES[name][1]], about


def test_each_fault_names_file_layer_and_cure(refused: tuple[ImportFailed, Path]) -> None:
    for fault in refused[0].faults:
        assert re.match(r"layers\.toml: layer '(\w+)': (\1|a)\.\w+: .+[;,] .+[.?] \[[A-Z_]+\]$", fault), fault


def test_sound_layer_has_no_fault(refused: tuple[ImportFailed, Path]) -> None:
    assert not [fault for fault in refused[0].faults if "'sound'" in fault]


def test_error_of_the_file_is_kept_as_cause(refused: tuple[ImportFailed, Path]) -> None:
    assert isinstance(refused[0].__cause__, FileRefused)


def test_messages_hold_no_folder_of_ours(refused: tuple[ImportFailed, Path]) -> None:
    assert str(refused[1]) not in str(refused[0])

"""Files that mean harm: what they try doesn't happen, and the import says so by name.

Fault catalogue A03, A04, A32, A33, A44 and A48; the reader's process is the real one.
"""

import json
import re
import sqlite3
import struct
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from coverage_check.coverage import isolation
from coverage_check.errors import ImportFailed, ReaderCrashed
from tests.delivery_folder import METRIC, DeliveryFolder, square

TABLE = """insert into gpkg_contents (table_name, data_type, identifier, srs_id) values ('{0}', '{1}', '{0}', 3006)"""
COLUMN = """insert into gpkg_geometry_columns values ('{0}', 'geom', 'POLYGON', 3006, 0, 0)"""
NEVER_ENDS = "with recursive c(n) as (select 1 union all select n + 1 from c) select count(*) from c"


def faults(folder: DeliveryFolder) -> dict[str, str]:
    """Import what must be refused, and give the kind of fault of each layer."""
    with pytest.raises(ImportFailed) as caught:
        folder.take()
    found = [re.search(r"layer '([^']+)'.*\[([A-Z_]+)\]$", fault) for fault in caught.value.faults]
    assert all(found), caught.value.faults
    return {match.group(1): match.group(2) for match in found if match}


# The network ---------------------------------------------------------------------------------------------------------


class Listener:
    """An HTTP server on loopback that answers anything and keeps what it was asked."""

    def __init__(self) -> None:
        asked: list[str] = []

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"type":"FeatureCollection","features":[]}')

            do_HEAD = do_POST = do_GET  # noqa: N815 - as http.server calls them

            def log_message(self, *_: object) -> None:
                pass

        self.asked = asked
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def vrt(source: str) -> str:
    inner = f'<OGRVRTLayer name="x"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>'
    return f"<OGRVRTDataSource>{inner}</OGRVRTDataSource>"


def reaching_out(url: str) -> dict[str, str]:
    """Give files that ask for something at a URL, by name."""
    polygon = {"type": "Polygon", "coordinates": [[[18, 59], [19, 59], [18, 60], [18, 59]]]}
    link = {"type": "link", "properties": {"href": f"{url}/link.prj", "type": "esriwkt"}}
    name = {"type": "name", "properties": {"name": f"{url}/name.prj"}}
    kml = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
    placemark = "<Placemark><name>a</name><styleUrl>{}</styleUrl><Point><coordinates>18,59</coordinates></Point></Placemark>"
    gml = f'<x xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a {url}/s.xsd"/>'
    return {
        "vrt.geojson": vrt(f"/vsicurl/{url}/a.geojson"),
        "vrt.kml": vrt(f"/vsicurl/{url}/b.geojson"),
        "wfs.geojson": f"<OGRWFSDataSource><URL>{url}/wfs</URL></OGRWFSDataSource>",
        "wfs.kml": f"<!-- <kml --><OGRWFSDataSource><URL>{url}/wfs</URL></OGRWFSDataSource>",
        "gml.geojson": gml,
        "gml.kml": f"<!-- <kml -->{gml}",
        "crs-link.geojson": json.dumps({**polygon, "crs": link}),
        "crs-name.geojson": json.dumps({**polygon, "crs": name}),
        "esri.json": json.dumps({"geometryType": "esriGeometryPolygon", "features": [], "url": f"{url}/query?f=json"}),
        "link.kml": kml.format(f"<NetworkLink><Link><href>{url}/net.kml</href></Link></NetworkLink>"),
        "style.kml": kml.format(placemark.format(f"{url}/style.kml#s")),
        "entity.kml": f'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY e SYSTEM "{url}/e">]>' + kml.format("&e;"),
    }


@pytest.mark.network
def test_no_file_makes_its_reader_ask_the_network(tmp_path: Path, listener: Listener) -> None:
    folder = DeliveryFolder(tmp_path)
    for number, (name, content) in enumerate(reaching_out(listener.url).items()):
        folder.text(name, content)
        folder.layer(f"n{number}", name)
    with zipfile.ZipFile(tmp_path / "zipped.zip", "w") as archive:
        archive.writestr("cov.vrt", vrt(f"/vsicurl/{listener.url}/zipped.geojson"))
    for number, name in enumerate(["zipped.zip", f"/vsicurl/{listener.url}/c.geojson", f"{listener.url}/d.geojson"]):
        folder.layer(f"m{number}", name)
    assert len(faults(folder)) == len(folder.tables), "each is refused"
    assert not listener.asked
    with urllib.request.urlopen(f"{listener.url}/control") as answer:
        assert answer.status == 200
    assert listener.asked == ["/control"], "or the listener hears nothing at all"


@pytest.mark.parametrize(
    "path",
    [
        "/vsizip//vsicurl/http://127.0.0.1:9/a.zip",
        "/vsis3/bucket/a.geojson",
        "/vsimem/a.geojson",
        "/vsistdin/a.geojson",
        "CSV:/etc/passwd.geojson",
        "GPKG:a.gpkg",
        "MEM:::DATAPOINTER=4096.geojson",
        "ES:http://127.0.0.1:9/a.geojson",
        '{"type":"Polygon"}.geojson',
        "<OGRVRTDataSource/>.kml",
        "a\0b.geojson",
        "~/a.geojson",
    ],
)
def test_path_is_only_a_path(tmp_path: Path, path: str) -> None:
    """What GDAL takes for a connection is the name of a file, which isn't there."""
    folder = DeliveryFolder(tmp_path)
    folder.layer("a", path)
    text = folder.toml().read_text(encoding="utf-8").replace("\0", "\\u0000")
    (tmp_path / "layers.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ImportFailed, match=r"FILE_MISSING|'file'"):
        from_toml(tmp_path)


def from_toml(folder: Path) -> None:
    from coverage_check.coverage.snapshot import import_layers

    import_layers(folder / "layers.toml", folder / "snapshot")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin"])
def test_device_is_not_read(tmp_path: Path, device: str) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.layer("a", device)
    assert faults(folder) == {"a": "UNKNOWN_FORMAT"}
    (tmp_path / "cov.shp").symlink_to(device)
    folder.tables[0]["file"] = "cov.shp"
    for member in (".shx", ".dbf"):
        (tmp_path / f"cov{member}").write_bytes(b"")
    assert faults(folder) == {"a": "NOT_A_FILE"}


# GeoPackage ----------------------------------------------------------------------------------------------------------


def geopackage(folder: DeliveryFolder, name: str, *statements: str) -> None:
    """Write a sound GeoPackage and then work on its database."""
    folder.write(f"{name}.gpkg", [square(0, 0, 1_000)], layer="cov")
    database = sqlite3.connect(folder.path / f"{name}.gpkg")
    database.execute("pragma writable_schema=on")
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    folder.layer(name, f"{name}.gpkg", table="cov")


EVIL_VALUES = {
    "recursive": NEVER_ENDS,
    "swelling": "select length(randomblob(900000000))",
    "pixel": "select gdal_get_pixel_value('/vsicurl/http://127.0.0.1:9/p.tif', 1, 'georef', 1, 2)",
    "loading": "select load_extension('/tmp/x.so')",
    "reading": "select ogr_datasource_load_layers('/etc/passwd')",
}


@pytest.mark.parametrize("registered", ["features", "attributes", "FEATURES"])
def test_view_for_a_layer_is_refused_whatever_it_would_run(tmp_path: Path, registered: str) -> None:
    folder = DeliveryFolder(tmp_path)
    for name, value in EVIL_VALUES.items():
        view = f"create view evil as select fid, geom, ({value}) as x from cov"
        geopackage(folder, name, view, TABLE.format("evil", registered), COLUMN.format("evil"))
        folder.tables[-1]["layer"] = "evil"
    assert set(faults(folder).values()) == {"UNSAFE_FILE"}


def test_view_in_place_of_a_table_of_the_standard_is_refused(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    for name in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"):
        hidden = f"alter table {name} rename to plain"
        geopackage(folder, name, "pragma legacy_alter_table=on", hidden, f"create view {name} as select * from plain")
    assert set(faults(folder).values()) == {"UNSAFE_FILE"}


def test_computed_column_is_refused(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    geopackage(folder, "a", "alter table cov add column x generated always as (zeroblob(900000000)) virtual")
    assert faults(folder) == {"a": "UNSAFE_FILE"}


def test_what_is_not_the_layer_is_never_run(tmp_path: Path) -> None:
    """Views beside the layer and triggers on it do nothing: the file is only read, and only the layer's table."""
    folder = DeliveryFolder(tmp_path)
    geopackage(folder, "plain")
    values = [EVIL_VALUES[name] for name in ("recursive", "swelling")]
    views = [f"create view v{n} as select fid, geom, ({value}) as x from cov" for n, value in enumerate(values)]
    triggers = [
        f"create trigger t_{event} {when} on cov begin delete from cov; end"
        for event, when in {"i": "after insert", "u": "before update", "d": "after delete"}.items()
    ]
    geopackage(folder, "loaded", *views, *triggers)
    quality = folder.take().quality.layers
    assert quality["loaded"] == quality["plain"]


# Time, memory, size --------------------------------------------------------------------------------------------------


def work(folder: DeliveryFolder) -> dict[str, object]:
    """Lay ready what takes a reader more than a second: rings that all overlap."""
    rings = [square(n, 0, 1).centroid.buffer(3_000, quad_segs=64) for n in range(3_000)]
    folder.write("cov.gpkg", rings)
    named = {"main": "cov.gpkg", "format": "GeoPackage", "stem": "cov"}
    return {**named, "table": None, "where": {}, "metric_crs": METRIC}


@pytest.mark.parametrize(
    ("limit", "least", "what"),
    [
        ("time_s", 1, "took more than 1 s"),
        ("memory_bytes", 100 << 20, "TOO_LARGE|ended|killed"),  # where it ends depends on the libraries
        ("file_bytes", 1_000, "TOO_LARGE"),
    ],
)
def test_reader_that_exceeds_a_limit_is_ended_and_named(tmp_path: Path, limit: str, least: int, what: str) -> None:
    """The same task within the usual limits is done: so it was the limit."""
    usual = isolation.Limits.for_size(1_000_000)
    first, second = DeliveryFolder(tmp_path / "first"), DeliveryFolder(tmp_path / "second")
    assert re.search(what, ending(work(first), first.path, replace(usual, **{limit: least})))
    assert "quality" in isolation.run(work(second), second.path, usual)


def ending(task: dict[str, object], folder: Path, limits: isolation.Limits) -> str:
    """Say how a reader ended that was given too little."""
    try:
        return "".join(kind for kind, _ in isolation.run(task, folder, limits)["faults"])
    except ReaderCrashed as crash:
        return str(crash)


def test_small_files_that_promise_much_are_refused(tmp_path: Path) -> None:
    """Depths, counts and lengths that no file of that size can have."""
    folder = DeliveryFolder(tmp_path)
    deep = '{"type":"Polygon","coordinates":' + "[" * 200_000 + "]" * 200_000 + "}"
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    texts: dict[str, str | bytes] = {
        "deep.geojson": deep,
        "deeper.geojson": '{"type":"FeatureCollection","features":' + "[" * 1_000_000,
        "deep.kml": "<kml>" + "<Folder>" * 200_000,
        "laughs.kml": f'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY l0 "lol">{laughs}]><kml>&l9;</kml>',
        "header.fgb": b"fgb\x03fgb\x00" + struct.pack("<I", 0xFFFFFFF0),
        "numbers.geojson": '{"type":"Polygon","coordinates":[[[1e999,1],[2,1e400],[3,3],[1e999,1]]]}',
    }
    for number, (name, content) in enumerate(texts.items()):
        folder.text(name, content)
        folder.layer(f"n{number}", name)
    counts = folder.write("counts.gpkg", [square(0, 0, 100)])
    rings = b"GP\0\1" + struct.pack("<i", 3006) + struct.pack("<BII", 1, 3, 0x7FFFFFFF)
    database = sqlite3.connect(counts)
    for (trigger,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        database.execute(f'drop trigger "{trigger}"')
    database.execute("update coverage set geom = ?", [rings])
    database.commit()
    database.close()
    folder.layer("counts", "counts.gpkg")
    shape = folder.write("points.shp", [square(0, 0, 100)])
    raw = bytearray(shape.read_bytes())
    raw[100 + 8 + 40 : 100 + 8 + 44] = struct.pack("<i", 0x3FFFFFFF)
    shape.write_bytes(raw)
    folder.layer("points", "points.shp")
    found = faults(folder)
    assert len(found) == len(folder.tables)
    assert "READER_CRASHED" not in found.values(), found

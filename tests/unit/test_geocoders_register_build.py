"""Address files of all kinds become the same register; what can't be an address is counted, not lost. All made up."""

import gzip
import json
import sqlite3
import struct
from pathlib import Path

import pytest
from pyproj import Transformer

from coverage_check.address import Address
from coverage_check.errors import FileRefused, InvalidInput, MissingFile, OutputRefused
from coverage_check.geocoders.house_spread import distance_m
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register
from coverage_check.geocoders.register_file import RegisterInfo
from coverage_check.location import LocationLevel, Match

LAT, LON = 59.8251, 18.9312
EAST, NORTH = Transformer.from_crs("EPSG:4326", "EPSG:3006", always_xy=True).transform(LON, LAT)
HARG = Address(given="", street="Harg", number=12, letter="A", postcode="76021", places=("Vätö",))


def build(folder: Path, content: str | bytes, name: str = "in.csv", **options: object) -> RegisterInfo:
    raw = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(raw)
    return build_register(folder / name, folder / "r.sqlite", **options)  # type: ignore[arg-type]


def opened(folder: Path) -> Register:
    return Register.open(folder / "r.sqlite")


def assert_harg(folder: Path, within_m: float = 0.2) -> None:
    location = opened(folder).locate(HARG)
    assert location.match is Match.EXACT
    assert distance_m(lat=location.lat, lon=location.lon, to_lat=LAT, to_lon=LON) < within_m


FEATURE = {
    "type": "Feature",
    "properties": {"street": "Harg", "number": "12 A", "postcode": 76021, "city": "Vätö"},
    "geometry": {"type": "Point", "coordinates": [LON, LAT]},
}
PROJECTED = {**FEATURE, "geometry": {"type": "Point", "coordinates": [EAST, NORTH]}}
CRS_3006 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3006"}}
ENGLISH = f"street,number,letter,postcode,town,lat,lon\nHarg,12,A,760 21,Vätö,{LAT},{LON}\n"
SWEDISH = f"Gatunamn;Husnr;Bokstav;Postnummer;Postort;N;E\nHarg;12;a;SE-760 21;Vätö;{NORTH:.2f};{EAST:.2f}\n".replace(
    ".", ","
)

FILES: dict[str, tuple[str | bytes, str, dict[str, object]]] = {
    "plain, English": (ENGLISH, "in.csv", {}),
    "byte-order mark": ("\ufeff" + ENGLISH, "in.csv", {}),
    "UTF-16": (ENGLISH.encode("utf-16"), "in.csv", {}),
    "Windows-1252": (ENGLISH.encode("cp1252"), "in.csv", {}),
    "gzip": (gzip.compress(ENGLISH.encode()), "in.csv.gz", {}),
    "CR LF, tabs": (ENGLISH.replace(",", "\t").replace("\n", "\r\n"), "in.tsv", {}),
    "Swedish, decimal commas, SWEREF 99 TM": (SWEDISH, "in.csv", {"crs": "EPSG:3006"}),
    "one address column": (f"adress;postnr;ort;lat;lon\nHarg 12 A;76021;Vätö;{LAT};{LON}\n", "in.csv", {}),
    "columns named by the caller": (
        f"a,b,c,d,y,x\nHarg,12A,76021,Vätö,{LAT},{LON}\n",
        "in.csv",
        {"columns": {"street": "a", "number": "b", "postcode": "c", "town": "d", "lat": "y", "lon": "x"}},
    ),
    "GeoJSON": (json.dumps({"type": "FeatureCollection", "features": [FEATURE]}), "in.geojson", {}),
    "GeoJSON, spread out": (json.dumps({"type": "FeatureCollection", "features": [FEATURE]}, indent=2), "in.json", {}),
    "GeoJSON with an old crs": (
        json.dumps({"type": "FeatureCollection", "crs": CRS_3006, "features": [PROJECTED]}),
        "in.geojson",
        {},
    ),
    "GeoJSON in metres, told": (
        json.dumps({"type": "FeatureCollection", "features": [PROJECTED]}),
        "in.geojson",
        {"crs": "EPSG:3006"},
    ),
    "GeoJSON, a feature a line": (f"{json.dumps(FEATURE)}\n\x1e{json.dumps(FEATURE)}\n", "in.geojsonl", {}),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_gives_the_same_house(tmp_path: Path, kind: str) -> None:
    content, name, options = FILES[kind]
    build(tmp_path, content, name, **options)
    assert_harg(tmp_path)


def test_a_large_geojson_is_read_to_its_end(tmp_path: Path) -> None:
    features = [{**FEATURE, "properties": {**FEATURE["properties"], "number": n}} for n in range(1, 9_000)]  # type: ignore[dict-item]
    info = build(tmp_path, json.dumps({"type": "FeatureCollection", "features": features}), "in.geojson")
    assert (info.rows, info.addresses) == (8_999, 8_999)


# Lantmäteriet's GeoPackage -----------------------------------------------------------------------------------------------

COLUMNS = """
adressplatstyp adressomrade_faststalltnamn gardsadressomrade_faststalltnamn adressplatsnummer bokstavstillagg postnummer
postort kommunnamn kommundel_faststalltnamn statusforbelagenhetsadress insamlingslage
"""
ROWS = [
    ("Byadressplats", "Harg", None, 12, "A", 76021, "VÄTÖ", "Norrtälje", "Vätö", "Gällande", "Byggnad"),
    ("Byadressplats", "Harg", None, "13", None, 76021, "VÄTÖ", "Norrtälje", "Vätö", "Gällande", "Infart"),
    ("Byadressplats", "Harg", None, 14, None, 76021, "VÄTÖ", "Norrtälje", "Vätö", "Reserverad", "Byggnad"),
    ("Gårdsadressplats", "Harg", "Norrgården", 2, None, 0, None, "Norrtälje", None, "Gällande", "Övrigt läge"),
]


def geopackage(path: Path, *, upper: bool = False, envelope: bool = False, srs: int = 3006) -> None:
    """Write the layer that Lantmäteriet delivers: the columns of its product description, SWEREF 99 TM."""
    columns = ", ".join((COLUMNS.upper() if upper else COLUMNS).split())
    database = sqlite3.connect(path)
    database.executescript(
        "create table gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition);"
        "create table gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id, z, m);"
        f"create table belagenhetsadress (objektid integer primary key, {columns}, adressplatspunkt blob)"
    )
    layer = ("belagenhetsadress", "adressplatspunkt", "POINT", srs, 0, 0)
    database.execute("insert into gpkg_geometry_columns values (?, ?, ?, ?, ?, ?)", layer)
    system = ("", srs, "EPSG" if srs > 0 else "NONE", srs, "")
    database.execute("insert into gpkg_spatial_ref_sys values (?, ?, ?, ?, ?)", system)
    box = struct.pack("<4d", EAST, EAST, NORTH, NORTH) if envelope else b""
    for number, row in enumerate(ROWS):
        point = struct.pack("<4d", 0, 0, EAST, NORTH + number * 100)[16:]
        blob = b"GP\x00" + bytes([3 if envelope else 1]) + struct.pack("<i", srs) + box + struct.pack("<BI", 1, 1) + point
        values = (*row, blob)
        database.execute(f"insert into belagenhetsadress values (null, {', '.join('?' * len(values))})", values)  # noqa: S608
    database.commit()
    database.close()


@pytest.mark.parametrize("options", [{}, {"upper": True}, {"envelope": True}])
def test_lantmateriets_geopackage_is_known_by_its_columns(tmp_path: Path, options: dict[str, bool]) -> None:
    geopackage(tmp_path / "in.gpkg", **options)
    info = build_register(tmp_path / "in.gpkg", tmp_path / "r.sqlite")
    assert (info.preset, info.crs, info.rows, info.addresses) == ("lantmateriet", "EPSG:3006", 4, 3)
    assert info.rejects == {"reserved: no house there yet": 1}
    assert_harg(tmp_path)
    register = opened(tmp_path)
    assert register.locate(HARG).level is LocationLevel.BUILDING
    assert register.locate(Address(given="", street="Harg", number=13)).level is LocationLevel.ACCESS_POINT


@pytest.mark.parametrize(
    ("street", "places"),
    [("Harg Norrgården", ("Norrtälje",)), ("Norrgården", ("Harg",)), ("Norrgården", ("Harg", "Norrtälje"))],
)
def test_a_farm_is_found_with_and_without_its_village(tmp_path: Path, street: str, places: tuple[str, ...]) -> None:
    geopackage(tmp_path / "in.gpkg")
    build_register(tmp_path / "in.gpkg", tmp_path / "r.sqlite")
    location = opened(tmp_path).locate(Address(given="", street=street, number=2, places=places))
    assert (location.level, location.match) == (LocationLevel.APPROXIMATE, Match.EXACT)


def test_a_geopackage_without_a_known_system_needs_one(tmp_path: Path) -> None:
    geopackage(tmp_path / "in.gpkg", srs=-1)
    build_register(tmp_path / "in.gpkg", tmp_path / "r.sqlite")  # the preset knows it
    assert_harg(tmp_path)
    geopackage(tmp_path / "other.gpkg")
    with pytest.raises(InvalidInput, match="EPSG:3006, and EPSG:3021"):
        build_register(tmp_path / "other.gpkg", tmp_path / "r.sqlite", crs="EPSG:3021")


def test_our_reader_agrees_with_gdal(tmp_path: Path) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    from shapely.geometry import Point

    geopandas = pytest.importorskip("geopandas")
    frame = geopandas.GeoDataFrame(
        {"gata": ["Harg"], "nummer": [12], "bokstav": ["A"], "postnummer": [76021], "postort": ["Vätö"]},
        geometry=[Point(EAST, NORTH)],
        crs="EPSG:3006",
    )
    for name, driver in (("in.gpkg", "GPKG"), ("in.geojson", "GeoJSON"), ("in.geojsonl", "GeoJSONSeq")):
        there = frame if driver == "GPKG" else frame.to_crs("EPSG:4326")
        pyogrio.write_dataframe(there, tmp_path / name, driver=driver)
        build_register(tmp_path / name, tmp_path / "r.sqlite")
        assert_harg(tmp_path)


# What is left out and what is refused -------------------------------------------------------------------------------------

HEAD = "street,number,letter,postcode,town,lat,lon\n"


def test_rows_that_are_no_address_are_counted_with_their_reason(tmp_path: Path) -> None:
    rows = [
        f"Harg,12,A,760 21,Vätö,{LAT},{LON}",
        f"HARG,12,a,76021,VÄTÖ,{LAT},{LON}",
        f"Harg,lgh,,760 21,Vätö,{LAT},{LON}",
        f",12,,760 21,Vätö,{LAT},{LON}",
        "Harg,1,,760 21,Vätö,,",
        "Harg,1,,760 21,Vätö,nan,inf",
        f"Harg,1,,760 21,Vätö,{LON + 90},{LAT}",
        "Harg,1,,760 21,Vätö,0,0",
        "Harg,1,,760 21,Vätö",
    ]
    info = build(tmp_path, HEAD + "\n".join(rows))
    assert info.rejects == {
        "a house number that is none": 1,
        "another number of columns than the headings": 1,
        "no position, or one outside its coordinate system": 3,
        "no street, village or farm": 1,
        "position 0, 0": 1,
    }
    assert info.rows == len(rows) == info.addresses + info.duplicates + sum(info.rejects.values())
    assert_harg(tmp_path)


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("12-14", [12, 14]),
        ("12;14", [12, 14]),
        ("12, 14", [12, 14]),
        ("12/14", [12, 14]),
        ("12 lgh 3", [12]),
        ("0012", [12]),
    ],
)
def test_several_numbers_of_one_house(tmp_path: Path, number: str, found: list[int]) -> None:
    build(tmp_path, f'{HEAD}Harg,"{number}",,760 21,Vätö,{LAT},{LON}\n')
    for one in found:
        location = opened(tmp_path).locate(Address(given="", street="Harg", number=one, places=("Vätö",)))
        assert location.match is Match.EXACT


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("building", LocationLevel.BUILDING),
        ("Ingång", LocationLevel.ENTRANCE),
        ("", LocationLevel.ADDRESS_POINT),
        ("street", LocationLevel.APPROXIMATE),
        ("interpolated", LocationLevel.APPROXIMATE),
        ("gps", LocationLevel.APPROXIMATE),
    ],
)
def test_what_was_measured_is_kept_and_unknown_words_are_the_coarsest(
    tmp_path: Path, word: str, level: LocationLevel
) -> None:
    build(tmp_path, f"street,number,letter,postcode,town,lat,lon,level\nHarg,12,A,76021,Vätö,{LAT},{LON},{word}\n")
    assert opened(tmp_path).locate(HARG).level is level


REFUSED: list[tuple[str, str | bytes, str]] = [
    ("empty", b"", "neither CSV"),
    ("HTML", "<html></html>", "neither CSV"),
    ("VRT under another name", "<OGRVRTDataSource/>", "neither CSV"),
    ("binary", bytes(range(256)), "neither CSV"),
    ("no headings", "Harg\n", "headings"),
    ("a heading twice", f"street,lat,lat,lon\nHarg,{LAT},{LAT},{LON}\n", "'lat' twice"),
    ("no street", f"postcode,lat,lon\n76021,{LAT},{LON}\n", "no column of streets"),
    ("no position", "street,number\nHarg,12\n", "latitude and longitude"),
    ("no usable row", HEAD + "Harg,12,,,,,\n", "no usable address"),
    ("headings only", HEAD, "no rows"),
    ("swapped", f"{HEAD}Harg,12,,76021,Vätö,{LON},{LAT}\n", "exchanged"),
    ("damaged gzip", gzip.compress(ENGLISH.encode() * 99)[:-20], "damaged"),
    ("not JSON", '{"type": "FeatureCollection", "features": [{]}', "not valid JSON"),
    ("cut GeoJSON", json.dumps({"type": "FeatureCollection", "features": [FEATURE]})[:-2], "features"),
    ("other JSON", '{"a": 1}', "no GeoJSON features"),
    ("unnamed crs", '{"crs": {"properties": {"name": "local"}}, "features": []}', "EPSG"),
    ("late crs", json.dumps({"features": [PROJECTED], "crs": CRS_3006}), "after its features"),
    ("deep JSON", '{"features": [' + "[" * 200_000, "nested|not valid"),
    ("metres as degrees", json.dumps({"features": [PROJECTED]}), "no usable address"),
    ("a database that is no GeoPackage", b"SQLite format 3\x00" + bytes(4096), "not a readable GeoPackage"),
]


@pytest.mark.parametrize(("kind", "content", "sentence"), REFUSED)
def test_what_can_not_be_read_is_refused_and_leaves_nothing(
    tmp_path: Path, kind: str, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(FileRefused, match=sentence) as caught:
        build(tmp_path, content)
    assert kind
    assert "Harg" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"preset": "plane"}, "plain"),
        ({"columns": {"stret": "street"}}, "street"),
        ({"columns": {"street": "stret"}}, "street"),
        ({"crs": "EPSG:3006"}, "leave it out"),
    ],
)
def test_wrong_options_are_named_with_the_nearest_right_one(
    tmp_path: Path, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        build(tmp_path, ENGLISH, "in.csv", **options)


def test_easting_and_northing_need_their_system(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="coordinate system"):
        build(tmp_path, SWEDISH)
    with pytest.raises(InvalidInput, match="no coordinate system"):
        build(tmp_path, SWEDISH, crs="EPSG:1")
    swapped = SWEDISH.replace(";N;E", ";E;N")
    with pytest.raises(FileRefused, match="outside its coordinate system"):
        build(tmp_path, swapped, crs="EPSG:3006")


def test_an_older_register_stays_when_the_new_one_fails(tmp_path: Path) -> None:
    build(tmp_path, ENGLISH)
    before = (tmp_path / "r.sqlite").read_bytes()
    with pytest.raises(FileRefused):
        build(tmp_path, HEAD)
    assert (tmp_path / "r.sqlite").read_bytes() == before


def test_places_that_can_not_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(ENGLISH)
    with pytest.raises(MissingFile):
        build_register(tmp_path / "none.csv", tmp_path / "r.sqlite")
    with pytest.raises(OutputRefused):
        build_register(tmp_path / "in.csv", tmp_path / "none" / "r.sqlite")
    with pytest.raises(OutputRefused):
        build_register(tmp_path / "in.csv", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]

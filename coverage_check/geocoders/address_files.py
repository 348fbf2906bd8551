"""Address files, row by row: CSV, GeoJSON (whole or a feature a line), GeoPackage, OpenStreetMap extracts.

The first three are read with the standard library, as streams: what a file contains decides how it is read, not its name,
and no geometry library opens a file that came from outside. Extracts of OpenStreetMap need osmium.
"""

import csv
import gzip
import sqlite3
import struct
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from coverage_check.errors import FileRefused, MissingFile
from coverage_check.geocoders.geojson_stream import WGS84, FeatureStream
from coverage_check.geocoders.osm_file import HEADINGS, osm_format, osm_rows

_GZIP = b"\x1f\x8b"
_SQLITE = b"SQLite format 3\x00"
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_POINT_TYPES = {1, 1001, 2001, 3001, 0x80000001, 0x40000001, 0xC0000001}
_LANTMATERIET = "belagenhetsadress"

Position = tuple[float, float]
"""x and y, in the system of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFile:
    """An opened address file.

    Attributes
    ----------
    headings
        Names of its columns; of a GeoJSON those of the first 1,000 features.
    crs
        System of its geometries as it declares it (``EPSG:3006``); empty for a table and where it doesn't say.
    assumed_crs
        What its format says where the file doesn't: WGS 84 for GeoJSON.
    has_geometry
        Whether rows bring a position of their own.
    rows
        Each row once: its values as text by heading, and its position. A row that can't be read has None for values.
    """

    headings: tuple[str, ...]
    crs: str = ""
    assumed_crs: str = ""
    has_geometry: bool = False
    rows: Iterator[tuple[Mapping[str, str] | None, Position | None]] = field(repr=False)


def open_address_file(path: Path) -> AddressFile:
    """Open an address file by what it contains.

    Raises
    ------
    MissingFile
        It is not there or can't be read.
    FileRefused
        It is none of these formats, or broken.
    """
    try:
        with path.open("rb") as raw:
            start = raw.read(64)
            packed = start.startswith(_GZIP)
        with _binary(path, packed=packed) as file:
            start = file.read(1 << 16)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise MissingFile(f"{path} is not there: check the path.") from None
    except PermissionError:
        raise MissingFile(f"{path} can't be read: its permissions forbid it.") from None
    except (OSError, EOFError):
        raise FileRefused(f"{path} is compressed and damaged: fetch it again.") from None
    if start.startswith(_SQLITE):
        if packed:
            raise FileRefused(f"{path} is a compressed GeoPackage: unpack it first.")
        return _geopackage(path)
    if not packed and (form := osm_format(start)):
        return AddressFile(headings=HEADINGS, rows=osm_rows(path, form))
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n\x1e")
    if text.startswith(b"{"):
        stream = FeatureStream(path, lambda: _text(path, packed=packed))
        return AddressFile(
            headings=stream.headings, crs=stream.crs, assumed_crs=WGS84, has_geometry=True, rows=stream.rows()
        )
    if not text or text.startswith(b"<") or (b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff"))):
        raise FileRefused(
            f"{path} is neither CSV, GeoJSON, GeoPackage nor an OpenStreetMap extract: save the addresses as one of these."
        )
    return _table(path, packed=packed)


def _binary(path: Path, *, packed: bool) -> IO[bytes]:
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


def _text(path: Path, *, packed: bool) -> IO[str]:
    """Open as text: byte-order mark, then strict UTF-8, then Windows-1252. A guess would read Å as Ĺ."""
    encoding = _encoding(path, packed=packed)
    if packed:
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _encoding(path: Path, *, packed: bool) -> str:
    try:
        with _binary(path, packed=packed) as file:
            start = file.read(3)
        for bom, encoding in _BOMS.items():
            if start.startswith(bom):
                return encoding
        with gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    except (OSError, EOFError):
        raise FileRefused(f"{path} is compressed and damaged: fetch it again.") from None
    return "utf-8"


def _table(path: Path, *, packed: bool) -> AddressFile:
    with _text(path, packed=packed) as file:
        first = file.readline(1 << 16)
    delimiter = max(",;\t|", key=first.count)
    headings = tuple(name.strip() for name in next(csv.reader([first], delimiter=delimiter), []))
    doubles = sorted({name for name in headings if name and headings.count(name) > 1})
    if len(headings) < 2 or doubles:
        what = f"has the heading {doubles[0]!r} twice" if doubles else "has no row of column headings"
        raise FileRefused(f"{path} {what}: name each column once in its first row.")
    return AddressFile(headings=headings, rows=_table_rows(path, headings, delimiter, packed=packed))


def _table_rows(
    path: Path, headings: tuple[str, ...], delimiter: str, *, packed: bool
) -> Iterator[tuple[Mapping[str, str] | None, None]]:
    with _text(path, packed=packed) as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            next(reader)
            for row in reader:
                if row:
                    yield (dict(zip(headings, row, strict=True)) if len(row) == len(headings) else None), None
        except (csv.Error, UnicodeDecodeError, EOFError, OSError) as error:
            raise FileRefused(f"{path} line {reader.line_num + 1} can't be read ({error}): mend or remove it.") from None


def _geopackage(path: Path) -> AddressFile:
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise FileRefused(f"{path} is open elsewhere with unsaved changes: close it there first.")
    try:
        with closing(_connect(path)) as database:
            table, geometry, crs = _address_layer(path, database)
            described = database.execute(f"select * from {_quoted(table)} limit 0").description  # noqa: S608 - quoted
    except sqlite3.Error as error:
        raise FileRefused(f"{path} is not a readable GeoPackage ({error}): fetch it again.") from None
    headings = tuple(name for name, *_ in described)
    names = tuple(name for name in headings if name.casefold() != geometry.casefold())
    return AddressFile(headings=names, crs=crs, has_geometry=True, rows=_layer_rows(path, table, names, geometry))


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path.resolve().as_uri() + "?mode=ro&immutable=1", uri=True)
    database.execute("pragma trusted_schema = off")
    return database


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _address_layer(path: Path, database: sqlite3.Connection) -> tuple[str, str, str]:
    """Find the layer of addresses, its geometry column and its system."""
    layers = database.execute(
        "select table_name, column_name, organization, organization_coordsys_id from gpkg_geometry_columns g "
        "left join gpkg_spatial_ref_sys s on s.srs_id = g.srs_id order by table_name"
    ).fetchall()
    chosen = layers if len(layers) == 1 else [row for row in layers if row[0].casefold() == _LANTMATERIET]
    if len(chosen) != 1:
        names = ", ".join(row[0] for row in layers) or "none"
        raise FileRefused(f"{path} must hold one layer of addresses, and its layers are {names}: save that layer alone.")
    table, geometry, organisation, code = chosen[0]
    known = organisation and organisation.upper() not in {"NONE", "UNDEFINED"} and code and code > 0
    return table, geometry, f"{organisation.upper()}:{code}" if known else ""


def _layer_rows(
    path: Path, table: str, names: tuple[str, ...], geometry: str
) -> Iterator[tuple[Mapping[str, str] | None, Position | None]]:
    columns = ", ".join(_quoted(name) for name in (geometry, *names))
    try:
        with closing(_connect(path)) as database:
            for blob, *values in database.execute(f"select {columns} from {_quoted(table)}"):  # noqa: S608 - quoted
                yield dict(zip(names, map(as_text, values), strict=True)), _point(blob)
    except sqlite3.Error as error:
        raise FileRefused(f"{path} is not a readable GeoPackage ({error}): fetch it again.") from None


def _point(blob: object) -> Position | None:
    """Read the point of a GeoPackage geometry (OGC 12-128, clause 2.1.3); None for anything else."""
    if not isinstance(blob, bytes) or len(blob) < 29 or not blob.startswith(b"GP"):
        return None
    start = 8 + _ENVELOPE_BYTES.get(blob[3] >> 1 & 7, len(blob))
    if len(blob) < start + 21:
        return None
    order = "<" if blob[start] == 1 else ">"
    (kind,) = struct.unpack_from(order + "I", blob, start + 1)
    if kind not in _POINT_TYPES:
        return None
    x, y = struct.unpack_from(order + "2d", blob, start + 5)
    return x, y


def as_text(value: object) -> str:
    """Write a value as a table would: nothing for none, no decimals for a whole number.

    >>> as_text(None), as_text(12.0), as_text(76021), as_text("A")
    ('', '12', '76021', 'A')
    """
    if value is None or isinstance(value, bytes):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

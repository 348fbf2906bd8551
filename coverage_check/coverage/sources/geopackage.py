"""GeoPackage: a database, so its schema is looked at first. A layer that is a view runs the file's own SQL on reading."""

import contextlib
import sqlite3
import time
from pathlib import Path

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources import vector
from coverage_check.coverage.sources.features import Features, Request
from coverage_check.coverage.sources.formats import Format

_PATIENCE_S = 5.0
_RESERVED = ("gpkg_", "rtree_", "ogr_", "sqlite_")
_LAYERS = "select table_name from gpkg_contents where lower(data_type) = 'features'"
_DRAWN = "select table_name from gpkg_geometry_columns"
_LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, 50_000_000),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100),
    (sqlite3.SQLITE_LIMIT_VDBE_OP, 250_000),
)


def read(path: Path, request: Request, kind: Format) -> Features:
    """Read a GeoPackage whose layers are plain tables.

    Raises
    ------
    Fault
        UNSAFE_FILE or UNREADABLE, and all of `vector.read`.
    """
    try:
        check_schema(path)
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise Fault("UNREADABLE", f"it is no sound database ({error}); ask its publisher for a complete file.") from None
    return vector.read(path, request, kind)


def check_schema(path: Path) -> None:
    """Refuse views, virtual tables and computed columns where GDAL would read them."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
        for limit, value in _LIMITS:
            database.setlimit(limit, value)
        end = time.monotonic() + _PATIENCE_S
        database.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)
        for pragma in ("trusted_schema=off", "cell_size_check=on", "mmap_size=0", "query_only=on"):
            database.execute(f"pragma {pragma}")
        objects = {
            str(name).lower(): (kind, (sql or "").lstrip().upper())
            for name, kind, sql in database.execute(
                "select name, type, sql from sqlite_master where type in ('table', 'view')"
            )
        }
        if "gpkg_contents" not in objects:
            raise Fault(
                "CONTENT_MISMATCH", "it is an SQLite database but no GeoPackage; ask its publisher for the right file."
            )
        for name, (kind, _) in objects.items():
            if kind == "view" and name.startswith(_RESERVED):
                raise Fault("UNSAFE_FILE", f"its table {name} is a view; ask its publisher for a plain GeoPackage.")
        layers = database.execute(_LAYERS).fetchall()
        drawn = database.execute(_DRAWN).fetchall() if "gpkg_geometry_columns" in objects else []
        for (layer,) in dict.fromkeys([*layers, *drawn]):
            _check_layer(database, str(layer), objects)


def _check_layer(database: sqlite3.Connection, layer: str, objects: dict[str, tuple[str, str]]) -> None:
    kind, sql = objects.get(layer.lower(), ("missing", ""))
    if kind == "missing":
        raise Fault("UNREADABLE", f"it lists a layer {layer!r} that it doesn't hold; ask its publisher for a complete file.")
    if kind != "table" or sql.startswith("CREATE VIRTUAL"):
        raise Fault("UNSAFE_FILE", f"its layer {layer!r} is a query, not a table; export it to a plain GeoPackage.")
    quoted = layer.replace('"', '""')
    if any(column[6] > 1 for column in database.execute(f'pragma table_xinfo("{quoted}")')):
        raise Fault("UNSAFE_FILE", f"its layer {layer!r} has computed columns; export it to a plain GeoPackage.")

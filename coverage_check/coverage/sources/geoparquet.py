"""GeoParquet 1.0 and 1.1, through pyarrow: pyogrio's wheels carry no driver for it. Needs the extra `parquet`."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources.features import Features, Request, check_columns
from coverage_check.coverage.sources.formats import Format
from coverage_check.coverage.sources.vector import gather


def read(path: Path, request: Request, kind: Format) -> Features:
    """Read the primary geometry column of a GeoParquet file.

    Raises
    ------
    Fault
        UNREADABLE, NO_LAYER, NO_GEOMETRY, NO_COLUMN or EMPTY_LAYER.
    """
    import pyarrow as pa  # noqa: PLC0415 - an extra
    from pyarrow import parquet  # noqa: PLC0415

    if request.table not in (None, request.stem):
        raise Fault("NO_LAYER", "a GeoParquet file holds one layer without a name; remove 'layer'.")
    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            column, crs = _geometry_column(file.schema_arrow.metadata or {}, names)
            check_columns(names, request)
            table = file.read([column, *request.where])
    except (pa.ArrowException, OSError) as error:
        why = " ".join(str(error).split())[:160]
        raise Fault("UNREADABLE", f"it can't be read as {kind.name} ({why}); ask its publisher for a sound file.") from None
    if not (
        pa.types.is_binary(table.schema.field(column).type) or pa.types.is_large_binary(table.schema.field(column).type)
    ):
        raise Fault("UNREADABLE", f"its geometry column {column!r} is not WKB; ask its publisher for WKB encoding.")
    wkb = np.array(table[column].to_pylist(), dtype=object)
    columns = {name: np.array(table[name].to_pylist(), dtype=object) for name in request.where}
    return gather(wkb, columns, crs, request)


def _geometry_column(metadata: dict[bytes, bytes], names: list[str]) -> tuple[str, str | None]:
    """Read the file's "geo" metadata: which column, and its CRS; an absent one means OGC:CRS84, null means unknown."""
    try:
        geo: dict[str, Any] = json.loads(metadata[b"geo"])
        column = geo["primary_column"]
        about = geo["columns"][column]
        encoding, crs = about["encoding"], about.get("crs", "OGC:CRS84")
    except KeyError:
        raise Fault("NO_GEOMETRY", "it is Parquet without GeoParquet metadata; ask its publisher for GeoParquet.") from None
    except (ValueError, TypeError, AttributeError):
        raise Fault("UNREADABLE", "its GeoParquet metadata are unsound; ask its publisher for a sound file.") from None
    if encoding != "WKB" or column not in names:
        raise Fault("UNREADABLE", f"its geometry column {column!r} is not WKB; ask its publisher for WKB encoding.")
    return column, crs if crs is None or isinstance(crs, str) else json.dumps(crs)

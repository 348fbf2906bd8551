"""Shapefile: three files that must fit each other. GDAL opens a truncated one without a word, so the lengths are checked."""

import struct
from pathlib import Path

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources import vector
from coverage_check.coverage.sources.features import Features, Request
from coverage_check.coverage.sources.formats import Format

_HEADER_BYTES = 100
_INDEX_ENTRY_BYTES = 8


def read(path: Path, request: Request, kind: Format) -> Features:
    """Read a Shapefile whose members are complete and belong together.

    Raises
    ------
    Fault
        TRUNCATED, MEMBERS_DIFFER or CRS_UNREADABLE, and all of `vector.read`.
    """
    check_members(path)
    features = vector.read(path, request, kind)
    projection = path.with_suffix(".prj")
    if features.crs is None and projection.exists() and projection.read_bytes().strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise Fault(
            "CRS_UNREADABLE", 'its .prj can\'t be read; ask its publisher for it, or remove it and declare crs = "EPSG:…".'
        )
    return features


def check_members(path: Path) -> None:
    """Check the lengths that the members' headers promise (ESRI Shapefile Technical Description, 1998)."""
    for suffix in (".shp", ".shx"):
        with path.with_suffix(suffix).open("rb") as file:
            header = file.read(_HEADER_BYTES)
        if len(header) < _HEADER_BYTES:
            raise Fault("TRUNCATED", f"its {suffix} has no complete header; ask its publisher for a complete set.")
        (words,) = struct.unpack_from(">i", header, 24)
        size = path.with_suffix(suffix).stat().st_size
        if size < 2 * words:
            raise Fault("TRUNCATED", f"its {suffix} has {size} of {2 * words} bytes; ask its publisher for a complete set.")
    shapes = (path.with_suffix(".shx").stat().st_size - _HEADER_BYTES) // _INDEX_ENTRY_BYTES
    records = _records(path.with_suffix(".dbf"))
    if shapes != records:
        raise Fault(
            "MEMBERS_DIFFER",
            f"its .shx lists {shapes} shapes and its .dbf {records} records; ask its publisher for files of one delivery.",
        )


def _records(path: Path) -> int:
    with path.open("rb") as file:
        header = file.read(32)
    if len(header) < 32:
        raise Fault("TRUNCATED", "its .dbf has no complete header; ask its publisher for a complete set.")
    records, header_bytes, record_bytes = struct.unpack_from("<IHH", header, 4)
    size = path.stat().st_size
    if size < header_bytes + records * record_bytes:
        raise Fault("TRUNCATED", f"its .dbf is too short for its {records} records; ask its publisher for a complete set.")
    return int(records)

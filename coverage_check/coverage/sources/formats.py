"""The table of formats that can be read. Adding one is a row here and, if no reader fits, a module beside this one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coverage_check.coverage.fault import Fault
from coverage_check.declaration import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format of coverage files.

    Attributes
    ----------
    suffixes
        How such a file's name ends, lower case; none where the declaration tells it from another format.
    recognise
        Whether a file that begins with these bytes can be one. GDAL opens what a file says, not what it is called, so
        the two must agree before GDAL sees it.
    reader
        The module in `coverage.sources` with ``read(path, request, format) -> Features``.
    drivers
        The only GDAL drivers that may open it.
    required, optional
        Suffixes of the other files that belong to it.
    cells
        Whether it speaks cell by cell, so that a declaration must say what its columns or values mean.
    package, extra
        The optional dependency that it needs, and the extra of this package that brings it.
    """

    name: str
    suffixes: tuple[str, ...]
    recognise: Callable[[bytes], bool]
    reader: str = "vector"
    drivers: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    cells: bool = False
    package: str | None = None
    extra: str | None = None


HEAD_BYTES = 4096
"""How much of a file `recognise` is shown."""


def _begins(magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magic)


def _text(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _is_json_object(head: bytes) -> bool:
    return _text(head).startswith(b"{")


def _is_kml(head: bytes) -> bool:
    text = _text(head)
    return text.startswith(b"<") and (b"<kml" in text or b":kml" in text)


def _is_table(head: bytes) -> bool:
    """Take any text that is no markup; UTF-16 where its mark says so."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return b"\0" not in head and not _text(head).startswith((b"<", b"{", b"[", b"!"))


def _is_tiff(head: bytes) -> bool:
    """Classic or BigTIFF, of either byte order."""
    return head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"))


def _is_tab(head: bytes) -> bool:
    return _text(head).lower().startswith(b"!table")


FORMATS = (
    Format(
        name="GeoPackage",
        suffixes=(".gpkg",),
        recognise=_begins(b"SQLite format 3\0"),
        reader="geopackage",
        drivers=("GPKG",),
    ),
    Format(
        name="Shapefile",
        suffixes=(".shp",),
        recognise=_begins(b"\0\0\x27\x0a"),
        reader="shapefile",
        drivers=("ESRI Shapefile",),
        required=(".shx", ".dbf"),
        optional=(".prj", ".cpg"),
    ),
    Format(
        name="GeoJSON",
        suffixes=(".geojson", ".json"),
        recognise=_is_json_object,
        reader="geojson",
        drivers=("GeoJSON",),
    ),
    Format(name="FlatGeobuf", suffixes=(".fgb",), recognise=_begins(b"fgb\x03fgb"), drivers=("FlatGeobuf",)),
    Format(name="KML", suffixes=(".kml",), recognise=_is_kml, reader="kml", drivers=("LIBKML",)),
    Format(name="KMZ", suffixes=(".kmz",), recognise=_begins(b"PK\x03\x04"), reader="kml", drivers=("LIBKML",)),
    Format(
        name="MapInfo TAB",
        suffixes=(".tab",),
        recognise=_is_tab,
        drivers=("MapInfo File",),
        required=(".dat", ".map", ".id"),
        optional=(".ind",),
    ),
    Format(
        name="GeoParquet",
        suffixes=(".parquet", ".geoparquet"),
        recognise=_begins(b"PAR1"),
        reader="geoparquet",
        package="pyarrow",
        extra="parquet",
    ),
    Format(
        name="GeoTIFF",
        suffixes=(".tif", ".tiff"),
        recognise=_is_tiff,
        reader="raster",
        optional=(".tfw",),
        cells=True,
        package="rasterio",
        extra="raster",
    ),
    Format(name="CSV of cells", suffixes=(".csv",), recognise=_is_table, reader="grid_csv", cells=True),
    Format(
        name="CSV of H3 cells", suffixes=(), recognise=_is_table, reader="h3_cells", cells=True, package="h3", extra="h3"
    ),
    Format(name="zip", suffixes=(".zip",), recognise=_begins(b"PK\x03\x04"), reader="archive"),
)

DRIVERS = tuple(sorted({driver for kind in FORMATS for driver in kind.drivers}))
"""All GDAL drivers that any file may be opened with."""

_BY_SUFFIX = {suffix: kind for kind in FORMATS for suffix in kind.suffixes}


def format_of(path: Path) -> Format:
    """Find a file's format by its name.

    Raises
    ------
    Fault
        UNKNOWN_FORMAT.
    """
    kind = _BY_SUFFIX.get(path.suffix.lower())
    if kind is None:
        hint = nearest(path.suffix.lower(), _BY_SUFFIX) or f"; use one of {', '.join(_BY_SUFFIX)}."
        raise Fault("UNKNOWN_FORMAT", f"{path.suffix or 'a name without suffix'} is no format that can be read{hint}")
    return kind


def declared_format(kind: Format, naming: str | None) -> Format:
    """Tell formats apart that are called alike: what a table's cells are is only declared."""
    return next(other for other in FORMATS if other.reader == "h3_cells") if naming == "h3" else kind


def check_content(kind: Format, head: bytes) -> None:
    """Refuse a file whose content is not what its name says.

    Raises
    ------
    Fault
        CONTENT_MISMATCH, EMPTY_FILE.
    """
    if not head:
        raise Fault("EMPTY_FILE", "it is empty; ask its publisher for a complete file.")
    if not kind.recognise(head):
        known = [other.name for other in FORMATS if other.recognise is not _is_table and other.recognise(head)]
        real = next(iter(known), "something else")
        raise Fault(
            "CONTENT_MISMATCH", f"it is called {kind.name} but its content is {real}; rename it or ask for the right file."
        )

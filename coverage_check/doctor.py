"""Look at everything that a checker needs: is it there, whole, and young enough."""

import math
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from coverage_check.config import Config, read_config
from coverage_check.coverage.archive import Archive, open_snapshot, published
from coverage_check.coverage.implementation import implementation
from coverage_check.coverage.manifest import NAME as MANIFEST
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.errors import CoverageCheckError, GeocoderUnavailable
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.cached import Cached
from coverage_check.geocoders.chain import Chain
from coverage_check.geocoders.configured import open_geocoder
from coverage_check.geocoders.register import Register
from coverage_check.products import read_products

_CORE = ("shapely", "geopandas", "pyogrio", "pyproj", "numpy", "requests", "click")
_EXTRAS = ("pyarrow", "python-calamine", "XlsxWriter", "h3", "rasterio", "psycopg", "osmium")
_DRIVERS = ("GPKG", "ESRI Shapefile", "GeoJSON", "FlatGeobuf", "MapInfo File")
"""GDAL's drivers that every import needs; formats.py has the others."""

_VATO_DEG, _VATO_M = (18.95, 59.82), (721_431, 6_637_967)
"""One place, longitude first, in WGS 84 and in EPSG:3006, to the metre."""

_SOON_DAYS = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `fault` means that answers can't be trusted."""

    subject: str
    text: str
    fault: bool = False


def examine(config: str | Path) -> Iterator[Finding]:
    """Look at everything, and give each finding as it is made; a fault doesn't end the examination."""
    yield Finding("python", f"{platform.python_version()} on {sys.platform}")
    yield from _libraries()
    yield from _geometry()
    try:
        settings = read_config(config)
    except CoverageCheckError as error:
        yield Finding("config", f"{error.code}: {error}", fault=True)
        return
    yield Finding("config", str(settings.path))
    on = settings.as_of or datetime.now(tz=UTC).astimezone().date()
    for look in (_snapshot, _archive, _products, _geocoder):
        try:
            yield from look(settings, on)
        except CoverageCheckError as error:
            yield Finding(look.__name__.strip("_"), f"{error.code}: {error}", fault=True)


def _libraries() -> Iterator[Finding]:
    for name in (*_CORE, *_EXTRAS):
        try:
            yield Finding("library", f"{name} {version(name)}")
        except PackageNotFoundError:
            needed = name in _CORE
            yield Finding("library", f"{name} is not installed{'' if needed else ' (an extra)'}", fault=needed)


def _geometry() -> Iterator[Finding]:
    """Look at the three C libraries by having each do something whose result is known."""
    for subject, look in (("GEOS", _geos), ("PROJ", _proj), ("GDAL", _gdal)):
        try:
            yield Finding(subject, *look())
        except Exception as error:  # noqa: BLE001 - whatever a broken installation raises
            yield Finding(subject, f"can't be used ({type(error).__name__}): install the package anew", fault=True)


def _geos() -> tuple[str, bool]:
    import shapely  # noqa: PLC0415 - the doctor looks, even where they don't load

    right = shapely.box(0, 0, 2, 2).intersection(shapely.box(1, 1, 3, 3)).area == 1
    return f"{shapely.geos_version_string}{'' if right else ': wrong area of two squares'}", not right


def _proj() -> tuple[str, bool]:
    import pyproj  # noqa: PLC0415

    x, y = pyproj.Transformer.from_crs(4326, 3006, always_xy=True).transform(*_VATO_DEG)
    right = math.dist((x, y), _VATO_M) < 1
    return f"{pyproj.proj_version_str}{'' if right else ': Vätö comes out in the wrong place'}", not right


def _gdal() -> tuple[str, bool]:
    import pyogrio  # noqa: PLC0415

    missing = [name for name in _DRIVERS if name not in pyogrio.list_drivers()]
    return f"{pyogrio.__gdal_version_string__}{': lacks ' + ', '.join(missing) if missing else ''}", bool(missing)


def _snapshot(config: Config, on: date) -> Iterator[Finding]:
    snapshot = open_snapshot(config, on)
    snapshot.verify()
    yield Finding("snapshot", f"{snapshot.id[:12]} is whole: {len(snapshot.layers)} layers in {snapshot.metric_crs}")
    made = ", ".join(f"{name} {value}" for name, value in sorted(snapshot.versions.items()))
    yield Finding("snapshot", f"imported with {made}")
    yield Finding("snapshot", f"look-ups by {implementation()}")
    newest = max(layer.published for layer in snapshot.layers)
    yield Finding("snapshot", f"newest layer published on {newest}, {(on - newest).days} days before {on}")
    for layer in snapshot.layers:
        ends = layer.stale_after
        if layer.in_force(on) and on <= ends <= on + timedelta(days=_SOON_DAYS):
            yield Finding("snapshot", f"layer {layer.id} grows too old after {ends}: import a newer delivery by then")
        if layer.in_force(on) and layer.stale(on):
            text = f"layer {layer.id} is too old since {layer.stale_after}: every answer from it is undetermined"
            yield Finding("snapshot", text, fault=True)
    if not any(layer.in_force(on) for layer in snapshot.layers):
        yield Finding("snapshot", f"no layer is in force on {on}: import a newer delivery", fault=True)


def _archive(config: Config, on: date) -> Iterator[Finding]:  # noqa: ARG001 - same shape as the other looks
    """Read every delivery that an audit or a replay may need, not only the one that answers today."""
    if config.snapshots is None:
        return
    whole = True
    for manifest in sorted(config.snapshots.glob(f"*/{MANIFEST}")):
        try:
            snapshot = Snapshot.open(manifest.parent)
            snapshot.verify()
        except CoverageCheckError as error:
            whole = False
            yield Finding("archive", f"{error.code}: {error}", fault=True)
        else:
            text = f"{manifest.parent.name}, published on {published(snapshot)}: {snapshot.id[:12]} is whole"
            yield Finding("archive", text)
    if whole:
        first = published(Archive.open(config.snapshots).snapshots[0])
        yield Finding("archive", f"answers for sales from {first} on: an audit finds earlier ones undetermined")


def _products(config: Config, on: date) -> Iterator[Finding]:
    catalogue = read_products(config.products, risk=config.risk)
    sold = [product for product in catalogue.values() if product.on_sale(on)]
    yield Finding("products", f"{len(catalogue)} in the catalogue, {len(sold)} on sale on {on}")
    try:
        networks = {layer.network for layer in open_snapshot(config, on).layers}
    except CoverageCheckError:  # a fault of the snapshot, where it is told
        yield Finding("products", "whether the snapshot has their networks can't be seen")
        return
    for product in sold:
        needs = {need.network or product.network for need in (*product.any_of, *product.all_of)}
        for network in sorted(needs - networks):
            text = f"{product.code} needs the network {network!r}, of which the snapshot has no layer"
            yield Finding("products", text, fault=True)


def _geocoder(config: Config, on: date) -> Iterator[Finding]:  # noqa: ARG001 - same shape as the other looks
    geocoder = open_geocoder(config)
    if geocoder is None:
        yield Finding("geocoder", "none is configured: only positions can be checked")
    else:
        yield from _health(geocoder)


def _health(geocoder: Geocoder) -> Iterator[Finding]:
    """Look at each source by itself: a chain works on with one of them down, and says so less often than it should."""
    if isinstance(geocoder, Cached):
        batches = "batches too" if geocoder.for_batches else "not for batches"
        yield Finding("geocoder", f"answers are kept in {geocoder.path}, {batches}")
        yield from _health(geocoder.geocoder)
    elif isinstance(geocoder, Chain):
        yield Finding("geocoder", f"{len(geocoder.geocoders)} sources{', two must agree' if geocoder.agreement else ''}")
        for source in geocoder.geocoders:
            yield from _health(source)
    elif isinstance(geocoder, Register):
        info = geocoder.info
        yield Finding("geocoder", f"{geocoder.id}: {info.text}")
        if info.rejects:
            reasons = "; ".join(f"{count:,} {reason}" for reason, count in info.rejects.items())
            yield Finding("geocoder", f"{geocoder.id}: rows of its file that were left out: {reasons}")
    else:
        yield _server_health(geocoder)


def _server_health(geocoder: Geocoder) -> Finding:
    status = getattr(geocoder, "status", None)
    if status is None:
        return Finding("geocoder", f"{geocoder.id}: not asked, since it answers nothing but addresses")
    try:
        return Finding("geocoder", f"{geocoder.id}: {status()}")
    except GeocoderUnavailable as error:
        return Finding("geocoder", f"{error.code}: {error}", fault=True)

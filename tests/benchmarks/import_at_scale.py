"""Import made national layers from files to a snapshot, and use it through the public API: time, memory, same content.

    python -m tests.benchmarks.import_at_scale --size national --layers 2 --folder made/

Each layer is written as a GeoPackage of parts and, with --multipolygon, as one of a single multipolygon: both must give the
same index to the byte.
"""

import argparse
import hashlib
import itertools
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyogrio
import shapely

import coverage_check as cc
from coverage_check.coverage.index import implementation
from tests.benchmarks.compare import prepare
from tests.benchmarks.made_coverage import LAYERS, cached

HEAD = 'format = 1\nmetric_crs = "EPSG:3006"\n'
LAYER = """
[[layer]]
id = "{name}"
file = "{file}"
network = "made"
country = "SE"
technology = "{technology}"
service = "data"
level = "{level}"
threshold_dbm = -108
survey_area = "everywhere"
published = 2025-10-01
"""


def file_of(folder: Path, size: str, name: str, *, whole: bool) -> Path:
    """Name the file of one layer."""
    return folder / f"{size}-{name}-{'multipolygon' if whole else 'parts'}.gpkg"


def write(folder: Path, size: str, name: str, *, whole: bool) -> None:
    """Write one layer as a file, if it is not there yet."""
    file = file_of(folder, size, name, whole=whole)
    if not file.exists():
        (polygons,) = cached(folder, size, [name])
        offsets = (polygons.ring_offsets, polygons.polygon_offsets)
        parts = shapely.from_ragged_array(shapely.GeometryType.POLYGON, polygons.vertices, offsets)
        features = np.array([shapely.multipolygons(parts)]) if whole else parts
        pyogrio.raw.write(
            str(file),
            geometry=shapely.to_wkb(features),
            field_data=[np.arange(len(features))],
            fields=["id"],
            crs="EPSG:3006",
            geometry_type="MultiPolygon" if whole else "Polygon",
            layer="coverage",
        )


def snapshot_of(folder: Path, size: str, names: list[str], *, whole: bool) -> Path:
    """Name the folder of a snapshot."""
    return folder / f"snapshot-{size}-{len(names)}-{'multipolygon' if whole else 'parts'}"


def take(folder: Path, size: str, names: list[str], *, whole: bool) -> cc.Snapshot:
    """Import layers and print what it took."""
    tables = []
    for name in names:
        technology, level = name.split("-")
        file = file_of(folder, size, name, whole=whole).name
        tables.append(LAYER.format(name=name, file=file, technology=technology.upper(), level=level))
    toml = folder / "layers.toml"
    toml.write_text(HEAD + "".join(tables), encoding="utf-8")
    steps: list[str] = []
    start = time.perf_counter()
    output = snapshot_of(folder, size, names, whole=whole)
    snapshot = cc.import_layers(toml, output, overwrite=True, progress=lambda *step: steps.append(step[2]))
    seconds = time.perf_counter() - start
    own, workers = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    vertices = sum(layer.vertices for layer in snapshot.quality.layers.values())
    shape = "one multipolygon each" if whole else "in parts"
    print(f"{len(names)} layers, {vertices:,} vertices, {shape}: {seconds:.0f} s by the clock")
    print(f"  {steps[-1]}\n  largest worker {workers:,.0f} MiB, this process {own:,.0f} MiB")
    return snapshot


def microseconds(ask: Callable[[float, float], object], points: list[list[float]]) -> float:
    """Measure one point, warm, that is, with its pages in memory: the median."""
    for x, y in points:
        ask(x, y)
    spent = []
    for x, y in points:
        start = time.perf_counter()
        ask(x, y)
        spent.append(time.perf_counter() - start)
    return statistics.median(spent[10:]) * 1e6


def content(snapshot: cc.Snapshot) -> str:
    """Hash what is looked up in."""
    digest = hashlib.sha256()
    for file in sorted(snapshot.path.glob("*.npy")):
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def main() -> None:
    """Print what an import took, and what the snapshot then costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["county", "region", "national"], default="national")
    parser.add_argument("--folder", type=Path, default=Path("build/made-coverage"))
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--multipolygon", action="store_true")
    parser.add_argument("--again", action="store_true", help="ask the snapshot of the last run, without an import")
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    names = list(LAYERS)[: asked.layers]
    if asked.write:
        prepare(asked.folder, asked.size)
        for name, whole in itertools.product(names, {False, asked.multipolygon}):
            write(asked.folder, asked.size, name, whole=whole)
        return
    if not asked.again:
        # In a process of its own: what is started by a large process is counted as large as that.
        subprocess.run([sys.executable, "-m", "tests.benchmarks.import_at_scale", *sys.argv[1:], "--write"], check=True)
        snapshot = take(asked.folder, asked.size, names, whole=False)
        if asked.multipolygon:
            print("the same content:", content(take(asked.folder, asked.size, names, whole=True)) == content(snapshot))
    path = snapshot_of(asked.folder, asked.size, names, whole=False)
    cc.Snapshot.open(path)
    start = time.perf_counter()
    snapshot = cc.Snapshot.open(path)
    print(f"Snapshot.open: {(time.perf_counter() - start) * 1e3:.2f} ms")
    points = np.load(asked.folder / f"{asked.size}-points.npy")[:2000].tolist()
    covered = microseconds(lambda x, y: snapshot.lookup(x=x, y=y).covered, points)
    distance = microseconds(lambda x, y: snapshot.lookup(x=x, y=y).edge_distance_m, points)
    print(f"Snapshot.lookup of one point, look-up by {implementation()}: {covered:.1f} µs, with distance {distance:.1f} µs")


if __name__ == "__main__":
    main()

"""Measure the look-up and its peers on the same points in one run, and print the table of docs/performance.md.

    python -m tests.benchmarks.compare --size national --folder made/

The first run makes the coverage and keeps it in the folder (some minutes). Contenders run one after the other, each in a
process of its own, on one core. Those that are not installed, or have no server, are left out by name.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import shapely

from tests.benchmarks.contenders import CONTENDERS, Bench
from tests.benchmarks.made_coverage import LAYERS, Country, cached

Measured = Mapping[str, Mapping[str, float]]

COLUMNS = {
    "build": "build, s",
    "peak, MiB": "peak, MiB",
    "bytes a vertex": "bytes a vertex",
    "open, ms": "open, ms",
    "covered": "covered, points/s",
    "nearest edge": "nearest edge, points/s",
    "distance": "covered + distance, points/s",
    "classify": "classify, points/s",
    "far": "far points/s",
    "one point": "one point, µs",
    "one distance": "its distance, µs",
}


def prepare(folder: Path, size: str) -> None:
    """Make whatever is not there yet: layers, customers, and a file to read."""
    folder.mkdir(parents=True, exist_ok=True)
    points = folder / f"{size}-points.npy"
    missing = [name for name in LAYERS if not (folder / f"{size}-{name}.npz").exists()]
    if missing or not points.exists():
        country = Country()
        np.save(points, country.customers(size, 1_000_000))
        cached(folder, size, missing, country)
    if not (folder / f"{size}.gpkg").exists():
        import geopandas as gpd

        (polygons,) = cached(folder, size, list(LAYERS)[:1])
        offsets = (polygons.ring_offsets, polygons.polygon_offsets)
        parts = shapely.from_ragged_array(shapely.GeometryType.POLYGON, polygons.vertices, offsets)
        gpd.GeoDataFrame(geometry=parts, crs=3006).to_file(folder / f"{size}.gpkg", engine="pyogrio")


def run(name: str, asked: argparse.Namespace) -> dict[str, float] | None:
    """Run one contender in its own process; None if it can't run here."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.compare",
        "--one",
        name,
        "--size",
        asked.size,
        "--folder",
        str(asked.folder),
    ]
    one_core = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "--repeats", str(asked.repeats)], capture_output=True, text=True, env=one_core, check=False
    )
    if done.returncode:
        print(f"left out: {name}: {(done.stderr.strip() or 'killed').splitlines()[-1]}", file=sys.stderr)
        return None
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def peak_mib() -> float:
    """Read the most memory this process had; getrusage counts in the parent's, if that had more."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def show(results: Measured) -> None:
    """Print the table in Markdown, and the bars."""
    print(f"| | {' | '.join(COLUMNS.values())} |\n|{'---|' * (len(COLUMNS) + 1)}")
    for name, measured in results.items():
        print(f"| {name} | {' | '.join(shown(measured.get(key)) for key in COLUMNS)} |")
    print("\n| bar | asked | measured | |\n|---|---|---|---|")
    for what, asked, found in bars(results):
        met = found >= asked if "at most" not in what else found <= asked
        print(f"| {what} | {asked:g} | {found:.3g} | {'met' if met else 'NOT MET'} |")


def shown(value: float | None) -> str:
    """Write a figure with three digits that count."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def bars(results: Measured) -> list[tuple[str, float, float]]:
    """List what was asked for, and what was measured: ratios to the best exact peer."""
    c, numpy = results.get("coverage_check, C", {}), results.get("coverage_check, NumPy", {})
    eight, eight_numpy = (results.get(f"eight layers: coverage_check, {kind}", {}) for kind in ("C", "NumPy"))
    peers = {name: got for name, got in results.items() if "coverage_check" not in name and "eight" not in name}
    covered = max(got.get("covered", 0) for got in peers.values())
    nearest = max(got.get("nearest edge", 0) for got in peers.values())
    both = 1 / (1 / covered + 1 / nearest)
    ours = results["build: coverage_check, C"]
    file = results["build: read_file + STRtree"]
    sjoins = results["eight layers: geopandas.sjoin"]["covered"]
    prepared = results["prepared multipolygon"]["classify"]
    return [
        ("covered, C, times the best peer", 100, c["covered"] / covered),
        ("covered, NumPy, times the best peer", 30, numpy["covered"] / covered),
        ("covered + distance, C, times the best peers", 80, c["distance"] / both),
        ("covered + distance, NumPy, times the best peers", 8, numpy["distance"] / both),
        ("eight layers, NumPy, times eight sjoins", 20, eight_numpy["covered"] / sjoins),
        ("eight layers, C, times eight sjoins", 20, eight["covered"] / sjoins),
        ("classify, C, times prepared dwithin", 25, c["classify"] / prepared),
        ("one point in eight layers, C, at most µs", 20, eight["one point"]),
        ("its distance to eight layers, C, at most µs", 20, eight["one distance"]),
        ("one point in eight layers, NumPy, at most µs", 200, eight_numpy["one point"]),
        ("open eight layers, at most ms", 5, eight["open, ms"]),
        ("build, C, at most the seconds of read_file + STRtree", file["build"], ours["build"]),
        ("build, C, at most the MiB of read_file + STRtree", file["peak, MiB"], ours["peak, MiB"]),
        ("build, NumPy, at most s", 60, results["build: coverage_check, NumPy"]["build"]),
        ("at most bytes a vertex", 32, c["bytes a vertex"]),
        ("far points, C, a second", 1e6, c["far"]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["county", "region", "national"], default="national")
    parser.add_argument("--folder", type=Path, default=Path("build/made-coverage"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--one", choices=CONTENDERS)
    asked = parser.parse_args()
    if asked.one:
        bench = Bench(folder=asked.folder, size=asked.size, layers=list(LAYERS), repeats=asked.repeats)
        CONTENDERS[asked.one](bench)
        bench.measured["peak, MiB"] = peak_mib()
        print(json.dumps(bench.measured))
        return
    prepare(asked.folder, asked.size)
    results = {name: measured for name in CONTENDERS if (measured := run(name, asked))}
    show(results)


if __name__ == "__main__":
    main()

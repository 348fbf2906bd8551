"""A million orders with positions against ten made layers: full decisions of ours, and "covered or not" of a script.

    python -m tests.benchmarks.orders_at_scale --size national --folder made/

The peers are what an analyst writes: read each layer, geopandas.sjoin the orders to it, keep a column of yes and no; and the
same in DuckDB's SQL, if that is installed (extra `bench`), for the first orders only: it looks through all corners of a
polygon for each order in its box. Ours gives every cc_ column, the id of each whole decision among
them. CPU time of one core, all in one run; the first run makes the layers and imports them, which takes minutes. At last the
same orders go from CSV to CSV through the command, with one worker and with two, by the clock.
"""

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from coverage_check.basis import Request
from coverage_check.checker import Checker
from coverage_check.coverage.index import implementation
from coverage_check.coverage.snapshot import import_layers
from tests.benchmarks.compare import prepare
from tests.benchmarks.duckdb_spatial import connect as duckdb_connection
from tests.benchmarks.import_at_scale import file_of, write
from tests.benchmarks.made_coverage import LAYERS

Floats = NDArray[np.float64]

BATCH = 65_536
LAST_YEAR = ("4g-basic", "4g-good")
"""Drawn twice, as the last delivery and as this one, so that there are ten layers."""
ASKED = Request(product="mbb-4g", on=date(2025, 11, 1))
LAYER = """
[[layer]]
id = "{id}"
file = "{file}"
network = "made"
country = "SE"
technology = "{technology}"
service = "data"
level = "{level}"
min_download_mbps = 10
threshold_dbm = -108
survey_area = "bounds"
published = {year}-06-01
valid_from = {year}-01-01
valid_until = {year}-12-31
"""
PRODUCTS = """
[[product]]
code = "mbb-4g"
name = "4G mobile broadband"
network = "made"
receiver = "indoor_router"
min_download_mbps = 10
any_of = [{technology = "4G", min_level = "good"}]
alternatives = ["mbb-4g-antenna", "mbb-3g"]

[[product]]
code = "mbb-4g-antenna"
name = "4G mobile broadband with an antenna"
network = "made"
receiver = "outdoor_antenna"
min_download_mbps = 5
any_of = [{technology = "4G", min_level = "basic"}]

[[product]]
code = "mbb-3g"
name = "3G mobile broadband"
network = "made"
receiver = "indoor_router"
min_download_mbps = 2
any_of = [{technology = "3G", min_level = "good"}]
"""


def make(folder: Path, size: str) -> tuple[Path, Path]:
    """Make layers, orders, snapshot and products, unless they are there; give the last two."""
    prepare(folder, size)
    tables = []
    for name in LAYERS:
        write(folder, size, name, whole=False)
        technology, level = name.split("-")
        fields = {"file": file_of(folder, size, name, whole=False).name, "technology": technology.upper(), "level": level}
        tables.append(LAYER.format(id=name, year=2025, **fields))
        if name in LAST_YEAR:
            tables.append(LAYER.format(id=f"{name}-2024", year=2024, **fields))
    snapshot, products = folder / f"snapshot-{size}-ten", folder / "products-ten.toml"
    products.write_text(PRODUCTS, encoding="utf-8")
    if not snapshot.exists():
        toml = folder / f"layers-{size}-ten.toml"
        toml.write_text('format = 1\nmetric_crs = "EPSG:3006"\n' + "".join(tables), encoding="utf-8")
        import_layers(toml, snapshot)
    return snapshot, products


def by_geopandas(folder: Path, size: str, lon: Floats, lat: Floats) -> Mapping[str, float]:
    """Say for each order which layers cover it, as a script does; give the seconds."""
    began = time.process_time()
    orders = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326).to_crs(3006)
    seconds = {"orders": time.process_time() - began, "read layers": 0.0, "sjoin": 0.0}
    covered = {}
    for name in (*LAYERS, *LAST_YEAR):
        began = time.process_time()
        layer = gpd.read_file(file_of(folder, size, name, whole=False))
        read = time.process_time()
        found = gpd.sjoin(orders, layer, predicate="within")
        covered[name] = orders.index.isin(found.index)
        seconds["read layers"] += read - began
        seconds["sjoin"] += time.process_time() - read
    return seconds


def by_duckdb(folder: Path, size: str, lon: Floats, lat: Floats) -> Mapping[str, float]:
    """Do the same in SQL."""
    import pandas as pd

    began = time.process_time()
    database = duckdb_connection()
    database.register("given", pd.DataFrame({"i": np.arange(len(lon)), "lon": lon, "lat": lat}))
    point = "ST_Transform(ST_Point(lon, lat), 'EPSG:4326', 'EPSG:3006', always_xy := true)"
    database.execute(f"CREATE TABLE orders AS SELECT i, {point} AS place FROM given")  # noqa: S608 - our own words
    seconds = {"orders": time.process_time() - began, "read layers": 0.0, "joins": 0.0}
    covered = {}
    for name in (*LAYERS, *LAST_YEAR):
        began = time.process_time()
        file = str(file_of(folder, size, name, whole=False))
        database.execute("CREATE OR REPLACE TABLE layer AS SELECT geom FROM ST_Read(?)", [file])
        read = time.process_time()
        found = database.execute("SELECT DISTINCT i FROM orders JOIN layer ON ST_Within(place, geom)").fetchnumpy()["i"]
        covered[name] = np.isin(np.arange(len(lon)), found)
        seconds["read layers"] += read - began
        seconds["joins"] += time.process_time() - read
    return seconds


def by_us(snapshot: Path, products: Path, lon: Floats, lat: Floats) -> tuple[Mapping[str, float], Counter[str]]:
    """Decide every order in full, batch by batch; give the seconds and the verdicts."""
    began = time.process_time()
    checker = Checker(snapshot=snapshot, products=products)
    seconds = {"open": time.process_time() - began, "decide": 0.0, "columns and ids": 0.0}
    verdicts: Counter[str] = Counter()
    for start in range(0, len(lon), BATCH):
        some = slice(start, start + BATCH)
        began = time.process_time()
        decisions = checker.check_positions(ASKED, lat=lat[some], lon=lon[some])
        decided = time.process_time()
        columns = decisions.columns("en")
        seconds["decide"] += decided - began
        seconds["columns and ids"] += time.process_time() - decided
        verdicts.update(verdict.value for verdict in columns.verdict)
    return seconds, verdicts


def by_command(folder: Path, snapshot: Path, products: Path, lon: Floats, lat: Floats) -> Mapping[int, float]:
    """Check the orders with `coverage-check orders`, CSV to CSV: workers → seconds by the clock."""
    config, source, target = folder / "orders-ten.toml", folder / "orders-ten.csv", folder / "orders-ten-checked.csv"
    config.write_text(f'snapshot = "{snapshot.resolve()}"\nproducts = "{products.resolve()}"\n', encoding="utf-8")
    with source.open("w", encoding="utf-8") as out:
        out.write("order,lat,lon\n")
        out.writelines(f"{n},{y:.6f},{x:.6f}\n" for n, (y, x) in enumerate(zip(lat.tolist(), lon.tolist(), strict=True)))
    seconds, command = {}, [sys.executable, "-m", "coverage_check", "orders", str(source), "--config", str(config)]
    for workers in (1, 2):
        options = ["--product", "mbb-4g", "--on", "2025-11-01", "--workers", str(workers), "-o", str(target)]
        began = time.perf_counter()
        subprocess.run([*command, *options], check=False, capture_output=True)
        seconds[workers] = time.perf_counter() - began
        target.unlink()  # fails if there is none
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["county", "region", "national"], default="national")
    parser.add_argument("--folder", type=Path, default=Path("build/made-coverage"))
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--orders-in-sql", type=int, default=1_000)
    asked = parser.parse_args()
    snapshot, products = make(asked.folder, asked.size)
    x, y = np.load(asked.folder / f"{asked.size}-points.npy")[: asked.orders].T
    lon, lat = Transformer.from_crs(3006, 4326, always_xy=True).transform(x, y)
    ours, verdicts = by_us(snapshot, products, lon, lat)
    theirs = by_geopandas(asked.folder, asked.size, lon, lat)
    few = min(asked.orders_in_sql, len(lon))
    in_sql = by_duckdb(asked.folder, asked.size, lon[:few], lat[:few]) if find_spec("duckdb_extension_spatial") else None
    print(f"{len(lon):,} orders, ten {asked.size} layers, look-up by {implementation()}; seconds of CPU")
    _show("full decisions", ours)
    print("   ", ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.most_common()))
    _show("geopandas, covered or not", theirs)
    total, joins = sum(ours.values()), theirs["sjoin"]
    print(f"{sum(theirs.values()) / total:.2f} times as fast as the script; as its joins alone {joins / total:.2f} times")
    if in_sql:
        _show(f"DuckDB, covered or not, the first {few:,}", in_sql)
        joins_us, ours_us = in_sql["joins"] / few * 1e6, total / len(lon) * 1e6
        print(f"{joins_us:,.0f} µs an order in its joins: {joins_us / ours_us:,.0f} times as long as a full decision")
    else:
        print("DuckDB's spatial extension is not installed: left out")
    print(f"{total / len(lon) * 1e6:.1f} µs a decision")
    one, two = by_command(asked.folder, snapshot, products, lon, lat).values()
    print(f"the command, CSV to CSV, by the clock: {one:.1f} s, and {two:.1f} s with --workers 2 ({one / two:.2f} times)")


def _show(what: str, seconds: Mapping[str, float]) -> None:
    parts = ", ".join(f"{name} {spent:.1f}" for name, spent in seconds.items())
    print(f"{what}: {sum(seconds.values()):.1f} s ({parts})")


if __name__ == "__main__":
    main()

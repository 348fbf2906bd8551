"""Orders on one machine and on Apache Spark: the same answers, what each costs, and from how many rows on Spark is sooner.

    python -m tests.benchmarks.spark_orders --rows 20000 1000000 --cores 1 2
    python -m tests.benchmarks.spark_orders --rows 20000 --layers 10 30     # and the estimate for 100 million addresses

A third of the positions lie far inside the coverage, a third all over the island, a third outside the map, each at a place
of its own; product mbb-4g of the demonstration. More than its ten layers are the same ones again under other names. Each
run has a process of its own and goes from Parquet to Parquet. Needs the extra `spark` and Java 17. The figures in
docs/scaling.md are printed here.
"""

import argparse
import os
import re
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from coverage_check.config import BUNDLED
from coverage_check.order_rows import OUT
from tests.benchmarks.decisions import PLACES, SALE

PRODUCT = "mbb-4g"
DEMONSTRATION_LAYERS = 10
ADDRESSES = 100_000_000
ASSUMED_CORES = (2, 32, 256)
_PARTS_A_CORE = 4
_ALIKE = 0.05
"""Of the time a row takes: a smaller difference is the machine's other work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was run, and what it took."""

    where: str
    cores: int
    layers: int
    rows: int
    start_s: float
    work_s: float

    @property
    def row_us(self) -> float:
        """Microseconds of one core a row, without the start."""
        return self.work_s * self.cores / self.rows * 1e6


def made_orders(path: Path, rows: int) -> None:
    """Write positions of seven digits, each its own."""
    rng = np.random.default_rng(1)
    lat, lon, half = np.array([*PLACES.values()])[rng.integers(len(PLACES), size=rows)].T
    table = {
        "n": np.arange(rows),
        "lat": np.round(lat + half * rng.uniform(-1, 1, rows), 7),
        "lon": np.round(lon + 2 * half * rng.uniform(-1, 1, rows), 7),
    }
    pq.write_table(pa.table(table), path)


def made_config(folder: Path, layers: int) -> Path:
    """Write the demonstration's config with so many layers: its own, and again under other names."""
    if layers == DEMONSTRATION_LAYERS:
        return BUNDLED / "coverage-check.toml"
    from coverage_check.coverage.snapshot import import_layers

    copy = folder / f"layers-{layers}"
    if not copy.exists():
        shutil.copytree(BUNDLED, copy)
        declared = copy / "layers.toml"
        head, *tables = re.split(r"^(?=\[\[layer\]\])", declared.read_text(encoding="utf-8"), flags=re.MULTILINE)
        again = [
            re.sub(r'^id = "', f'id = "again-{n // len(tables)}-', tables[n % len(tables)], flags=re.MULTILINE)
            for n in range(len(tables), layers)
        ]
        declared.write_text(head + "".join([*tables[:layers], *again]), encoding="utf-8")
        import_layers(declared, copy / "snapshot", overwrite=True)
    return copy / "coverage-check.toml"


def on_one_machine(config: Path, source: Path, target: Path, cores: int) -> tuple[float, float, float]:
    """Check orders as `orders --workers` does; give seconds to start and of work, and MiB of the largest process."""
    from coverage_check import orders
    from coverage_check.checker import Checker
    from coverage_check.order_rows import Defaults

    began = time.monotonic()
    checker = Checker.from_config(config)
    ready = time.monotonic()
    run = orders.Run(defaults=Defaults(product=PRODUCT, on=SALE), workers=cores)
    orders.check_orders(checker, source, target, run)
    work_s = time.monotonic() - ready
    peak_kib = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return ready - began, work_s, peak_kib / 1024


def on_spark(config: Path, source: Path, target: Path, cores: int) -> tuple[float, float, float]:
    """Check orders on a Spark of this machine; give seconds to its first task and of work, and MiB of a Python worker."""
    from pyspark.sql import SparkSession

    from coverage_check.spark import check_orders, typed_errors

    def untouched(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return batches

    def peak(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:
            yield pa.RecordBatch.from_pylist([{"kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}])

    os.environ["PYSPARK_PYTHON"] = sys.executable
    began = time.monotonic()
    spark = (
        SparkSession.builder.master(f"local[{cores}]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.log.level", "ERROR")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    spark.range(cores).repartition(cores).mapInArrow(untouched, "id long").count()
    ready = time.monotonic()
    dataframe = spark.read.parquet(str(source)).repartition(_PARTS_A_CORE * cores)
    with typed_errors():
        checked = check_orders(dataframe, config, product=PRODUCT, on=SALE.isoformat())
        checked.write.parquet(str(target))
    work_s = time.monotonic() - ready
    peaks = spark.range(_PARTS_A_CORE * cores).repartition(_PARTS_A_CORE * cores).mapInArrow(peak, "kib long").collect()
    spark.stop()
    return ready - began, work_s, max(row.kib for row in peaks) / 1024


def same_answers(one: Path, other: Path) -> bool:
    """Compare every cc_… column of every row."""
    first, second = (pq.read_table(path, columns=["n", *OUT]).sort_by("n").combine_chunks() for path in (one, other))
    return bool(first.equals(second))


def measure(given: argparse.Namespace, folder: Path) -> list[Run]:
    """Run everything that was asked for, and stop where an answer differs."""
    runs: list[Run] = []
    ways: dict[str, Callable[..., tuple[float, float, float]]] = {"orders --workers": on_one_machine, "Spark": on_spark}
    for rows in given.rows:
        source = folder / f"{rows}.parquet"
        made_orders(source, rows)
        for layers in given.layers:
            config, first = made_config(folder, layers), None
            for where, way in ways.items():
                for cores in given.cores:
                    target = folder / f"out-{len(runs)}.parquet"
                    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                        start_s, work_s, peak_mib = pool.submit(way, config, source, target, cores).result()
                    run = Run(where=where, cores=cores, layers=layers, rows=rows, start_s=start_s, work_s=work_s)
                    runs.append(run)
                    print(
                        f"| {where} | {cores} | {layers} | {rows:,} | {start_s:.1f} | {work_s:.1f} | {rows / work_s:,.0f} |"
                        f" {run.row_us:,.0f} | {peak_mib:,.0f} |",
                        flush=True,
                    )
                    if first is None:
                        first = target
                    elif not same_answers(first, target):
                        sys.exit("The answers differ.")
    return runs


def crossover(runs: list[Run]) -> str:
    """Tell from how many rows on Spark is sooner done than `orders` on the same cores, by the largest runs."""
    largest = {(run.where, run.cores): run for run in sorted(runs, key=lambda run: (-run.layers, run.rows))}
    cores = max(run.cores for run in runs)
    orders, spark = largest["orders --workers", cores], largest["Spark", cores]
    gain_s = orders.work_s / orders.rows - spark.work_s / spark.rows
    if gain_s <= _ALIKE * orders.work_s / orders.rows:
        return f"With {cores} cores Spark is never sooner done than orders: its rows are no faster, and it starts later."
    rows = (spark.start_s - orders.start_s) / gain_s
    return f"With {cores} cores Spark is sooner done than orders from {rows:,.0f} rows on."


def estimate(runs: list[Run]) -> str:
    """Reckon what 100 million addresses take, from the largest run with most layers."""
    best = max((run for run in runs if run.where == "Spark"), key=lambda run: (run.layers, run.cores, run.rows))
    core_h = ADDRESSES * best.row_us / 3.6e9
    spread = ", ".join(f"{core_h / cores:,.1f} h on {cores} cores" for cores in ASSUMED_CORES)
    return f"100 million positions x {best.layers} layers at {best.row_us:,.0f} µs: {core_h:,.0f} core hours; {spread}."


def main() -> None:
    """Print the tables, the crossover and the estimate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000])
    parser.add_argument("--cores", type=int, nargs="+", default=[2])
    parser.add_argument("--layers", type=int, nargs="+", default=[DEMONSTRATION_LAYERS])
    given = parser.parse_args()
    print(
        "| where | cores | layers | rows | start, s | work, s | rows/s | µs of a core a row | largest Python process, MiB |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        runs = measure(given, Path(folder))
    print("\nEvery cc_… column of every row is the same in all runs.")
    print(crossover(runs))
    print(estimate(runs))


if __name__ == "__main__":
    main()

"""Memory and rate of a long table: positions in, all columns out, through the command itself.

PYTHONPATH=. python tests/benchmarks/orders_streamed.py [--rows 1000000] [--places 0] [--format csv] [--workers 1] [--folder]

`--places` is how many different positions the rows have; 0 gives each row its own, so that every row is decided. Memory
is the resident set of the command and its workers together, read from /proc ten times a second.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPOT = (59.80, 18.94, 0.04)
"""Latitude, longitude and half the side in degrees of latitude: the demonstration's island and the sea around it."""


def write_orders(path: Path, rows: int, places: int) -> None:
    """Write a table of positions with seven digits."""
    chance = random.Random(1)  # noqa: S311 - a seed for a benchmark
    lat, lon, half = SPOT

    def spot() -> str:
        return f"{lat + chance.uniform(-half, half):.7f},{lon + 2 * chance.uniform(-half, half):.7f}"

    known = [spot() for _ in range(places)]
    with path.open("w", encoding="utf-8") as out:
        out.write("order_id,lat,lon\n")
        for n in range(rows):
            out.write(f"A-{n},{known[n % places] if places else spot()}\n")


def resident_bytes(process: int) -> int:
    """Add up what a process and its children hold in memory."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text(encoding="utf-8").splitlines() if ":\t" in line)
        except OSError:  # it has just ended
            continue
        if process in {int(fields["Pid"]), int(fields["PPid"])}:
            total += int(fields.get("VmRSS", "0 kB").split()[0]) * 1024
    return total


def main() -> None:
    """Print one line: rows, rate, peak of memory."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--places", type=int, default=0)
    parser.add_argument("--format", default="csv")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        source, target = Path(name) / "orders.csv", Path(name) / f"out.{given.format}"
        write_orders(source, given.rows, given.places)
        command = [sys.executable, "-m", "coverage_check", "orders", str(source), "-o", str(target), "--config", "demo"]
        options = ["--product", "mbb-4g", "--on", "2025-11-01", "--workers", str(given.workers), "--exit-zero"]
        began, peak = time.monotonic(), 0
        running = subprocess.Popen([*command, *options])
        while running.poll() is None:
            peak = max(peak, resident_bytes(running.pid))
            time.sleep(0.1)
        seconds = time.monotonic() - began
        if running.returncode:
            sys.exit(running.returncode)
        places = f"{given.places:,} places" if given.places else "each at a place of its own"
        size = target.stat().st_size
        print(f"{given.rows:,} rows, {places}, {given.format}, {given.workers} workers: {seconds:,.0f} s,")
        print(f"{given.rows / seconds:,.0f} rows/s, peak {peak / 2**20:,.0f} MiB, output {size / 2**20:,.0f} MiB")


if __name__ == "__main__":
    main()

"""Kill runs of `orders` or `audit` at random moments, go on with each, and compare what comes out with an undisturbed run.

    python -m tests.endurance.orders_kill_loop --kills 200 --rows 5000 [--command audit] [--format csv] [--workers 1]

Each writes a table and a report. The tests run the same shortly (tests/unit/test_orders_resume.py, test_audit_resume.py).
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

DONE = {0, 1, 3}
"""Exit codes of a run that came to its end."""


def begin(command: str, source: Path, targets: Sequence[Path], options: list[str]) -> subprocess.Popen[bytes]:
    """Start the command on the demonstration's network; the first target is the table, the second the report."""
    files = [str(source), "-o", str(targets[0]), "--report", str(targets[1])]
    asked = ["--config", "demo", "--product", "mbb-4g", "--on", "2025-11-01", "--resume", *options]
    whole = [sys.executable, "-m", "coverage_check", command, *files, *asked]
    return subprocess.Popen(whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def write_table(path: Path, rows: int, chance: random.Random) -> None:
    """Write orders at places on and around the island, each of its own; every hundredth can't be read."""
    with path.open("w", encoding="utf-8") as out:
        out.write("order_id,lat,lon\n")
        for n in range(rows):
            lat = f"{chance.uniform(59.76, 59.84):.6f}" if n % 100 else "north"
            out.write(f"A-{n},{lat},{chance.uniform(18.86, 19.02):.6f}\n")


def taken(targets: Sequence[Path]) -> list[bytes]:
    """Read the outputs, and take them away."""
    contents = [target.read_bytes() for target in targets]
    for target in targets:
        target.unlink()
    return contents


def main() -> int:
    """Print how many runs were killed, how many outputs came of them, and how many of those differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--command", default="orders", choices=["orders", "audit"])
    parser.add_argument("--format", default="csv")
    parser.add_argument("--workers", default="1")
    parser.add_argument("--signal", default="KILL")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)  # noqa: S311 - a seed for a test
    ending = signal.Signals[f"SIG{given.signal}"]
    began, kills, outputs, faults = time.monotonic(), 0, 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, targets = folder / "orders.csv", (folder / f"out.{given.format}", folder / "out.html")
        write_table(source, given.rows, chance)
        alone = time.monotonic()
        begin(given.command, source, targets, []).wait()
        longest_s = time.monotonic() - alone
        expected = taken(targets)
        while kills < given.kills or not outputs:
            process = begin(given.command, source, targets, ["--workers", given.workers])
            try:
                code = process.wait(timeout=chance.uniform(0, longest_s))
            except subprocess.TimeoutExpired:
                process.send_signal(ending)
                kills += 1
                code = process.wait()
            if code in DONE:
                outputs += 1
                left = sorted(path.name for path in folder.iterdir())
                faults += left != sorted(path.name for path in (source, *targets))
                faults += taken(targets) != expected
            elif code not in {130, -ending}:
                faults += 1
    print(f"{kills} runs ended by {ending.name}, {outputs} outputs, {faults} faults, {time.monotonic() - began:.0f} s")  # noqa: T201
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Kill runs of `orders` at random moments, go on with each, and compare what comes out with an undisturbed run.

    python -m tests.endurance.orders_kill_loop --kills 200 --rows 5000 [--format csv] [--workers 1] [--signal KILL]

The tests run the same shortly (tests/unit/test_orders_resume.py).
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DONE = {0, 1, 3}
"""Exit codes of a run that came to its end."""


def begin(source: Path, target: Path, options: list[str]) -> subprocess.Popen[bytes]:
    """Start the command on the demonstration's network."""
    command = [sys.executable, "-m", "coverage_check", "orders", str(source), "-o", str(target), "--config", "demo"]
    asked = ["--product", "mbb-4g", "--on", "2025-11-01", "--resume", *options]
    return subprocess.Popen([*command, *asked], stderr=subprocess.DEVNULL, start_new_session=True)


def write_table(path: Path, rows: int, chance: random.Random) -> None:
    """Write orders at places on and around the island, each of its own; every hundredth can't be read."""
    with path.open("w", encoding="utf-8") as out:
        out.write("order_id,lat,lon\n")
        for n in range(rows):
            lat = f"{chance.uniform(59.76, 59.84):.6f}" if n % 100 else "north"
            out.write(f"A-{n},{lat},{chance.uniform(18.86, 19.02):.6f}\n")


def main() -> int:
    """Print how many runs were killed, how many outputs came of them, and how many of those differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rows", type=int, default=5000)
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
        source, target = folder / "orders.csv", folder / f"out.{given.format}"
        write_table(source, given.rows, chance)
        alone = time.monotonic()
        begin(source, target, []).wait()
        longest_s = time.monotonic() - alone
        expected = target.read_bytes()
        target.unlink()
        while kills < given.kills or not target.exists():
            process = begin(source, target, ["--workers", given.workers])
            try:
                code = process.wait(timeout=chance.uniform(0, longest_s))
            except subprocess.TimeoutExpired:
                process.send_signal(ending)
                kills += 1
                code = process.wait()
            if code in DONE:
                outputs += 1
                left = sorted(path.name for path in folder.iterdir())
                faults += target.read_bytes() != expected or left != sorted([source.name, target.name])
                if kills < given.kills:
                    target.unlink()
            elif code not in {130, -ending}:
                faults += 1
    print(f"{kills} runs ended by {ending.name}, {outputs} outputs, {faults} faults, {time.monotonic() - began:.0f} s")  # noqa: T201
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())

"""How much the service bears: two workers on the demonstration, asked by wrk on the same machine; prints a table.

python -m tests.benchmarks.service_load [seconds]     needs wrk, and 12 times so many seconds
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.served import serving

SCRIPT = Path(__file__).with_suffix(".lua")
ASKED = [(kind, connections, 0) for kind in ("address", "position") for connections in (1, 16, 64)]
AIMS = [("address", 256, 500), ("position", 256, 2_000)]


def asked(url: str, kind: str, connections: int, rate: int, seconds: int) -> str:
    """Let wrk ask, all it can or at a rate, and give its report."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", str(SCRIPT), url, "--", kind]
    command += [str(rate)] if rate else []
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in report, report
    return report


def milliseconds(report: str, share: str) -> str:
    """Read a share's latency, which wrk writes in the unit that it likes."""
    found = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)\n", report)
    assert found, report
    value = float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def main(seconds: int) -> None:
    """Warm the workers up, then ask every way."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), "--workers", "2") as service:
        for kind in ("address", "position"):
            asked(service.url, kind, 16, 0, 2 * seconds)
        print("| question | connections | asked for | a second | p50 ms | p99 ms |\n|---|---|---|---|---|---|")
        for kind, connections, rate in ASKED + AIMS:
            report = asked(service.url, kind, connections, rate, seconds)
            found = re.search(r"Requests/sec:\s+([\d.]+)", report)
            assert found, report
            told = f"{rate} a second" if rate else "all it bears"
            latencies = f"{milliseconds(report, '50')} | {milliseconds(report, '99')}"
            print(f"| {kind} | {connections} | {told} | {float(found[1]):.0f} | {latencies} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)

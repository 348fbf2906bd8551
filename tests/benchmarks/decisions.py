"""What a decision costs in a batch: far from every edge, spread over the island, and outside the map.

PYTHONPATH=. python tests/benchmarks/decisions.py [count]
"""

import sys
import time
from collections import Counter
from datetime import date

import numpy as np

from coverage_check.basis import Request
from coverage_check.checker import Checker
from coverage_check.coverage.index import implementation
from coverage_check.location import Location

SALE = date(2025, 11, 1)
PLACES = {  # name: latitude, longitude, half the side in degrees of latitude
    "far inside": (59.7935, 18.9140, 0.002),
    "over the island": (59.8000, 18.9400, 0.04),
    "outside the map": (59.3000, 18.0000, 0.1),
}


def requests(name: str, count: int) -> list[Request]:
    """Make questions about positions that are good to 15 m."""
    lat, lon, half = PLACES[name]
    rng = np.random.default_rng(1)
    offsets = rng.uniform(-half, half, (count, 2)) * (1, 2)
    return [
        Request(location=Location.at(lat=lat + north, lon=lon + east), product="mbb-4g", on=SALE)
        for north, east in offsets.tolist()
    ]


def main(count: int) -> None:
    """Print CPU microseconds a decision, the best of three."""
    checker = Checker.from_config("demo")
    print(f"{len(checker.snapshot.layers)} layers, look-up by {implementation()}, {count} decisions a batch")
    for name in PLACES:
        asked = requests(name, count)
        checker.check_many(asked[:50])
        seconds = []
        for _ in range(3):
            began = time.process_time()
            decisions = checker.check_many(asked)
            seconds.append(time.process_time() - began)
        verdicts = ", ".join(
            f"{number} {verdict}" for verdict, number in Counter(d.verdict for d in decisions).most_common()
        )
        print(f"{name:16} {min(seconds) / count * 1e6:6.0f} µs    {verdicts}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)

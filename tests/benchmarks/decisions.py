"""What a decision costs in a batch: far from every edge, spread over the island, outside the map, and by address.

python -m tests.benchmarks.decisions [count]
"""

import csv
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import cycle, islice

import numpy as np

from coverage_check.basis import Request
from coverage_check.checker import Checker
from coverage_check.config import BUNDLED
from coverage_check.coverage.index import implementation
from coverage_check.location import Location

SALE = date(2025, 11, 1)
ASKED = Request(product="mbb-4g", on=SALE)
BATCH = 500
"""Rows that orders decides at once."""

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


def addresses(count: int) -> list[Request]:
    """Make questions about the demonstration's addresses, one after the other and again from the first."""
    with (BUNDLED / "addresses.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [f"{row['street']} {row['number']}{row['letter']}, {row['postcode']} {row['town']}" for row in rows]
    return [Request(address=text, product="mbb-4g", on=SALE) for text in islice(cycle(texts), count)]


def main(count: int) -> None:
    """Print CPU microseconds a decision, the best of three: as columns with ids, as Decision objects, and from positions."""
    checker = Checker.from_config("demo")
    print(f"{len(checker.snapshot.layers)} layers, look-up by {implementation()}, {count} decisions a batch; µs a decision")
    totals = Counter[str]()
    for name in PLACES:
        asked = requests(name, count)
        lat, lon = np.array([(at.lat, at.lon) for request in asked if (at := request.location)]).T
        ways: dict[str, Callable[[], object]] = {
            "columns": partial(lambda many: checker.decide_many(many).columns(), asked),
            "objects": partial(checker.check_many, asked),
            "positions": partial(lambda y, x: checker.check_positions(ASKED, lat=y, lon=x).columns(), lat, lon),
        }
        checker.check_many(asked[:50])
        spent = {way: microseconds(run) / count for way, run in ways.items()}
        totals.update(spent)
        verdicts = Counter(decision.verdict for decision in checker.check_many(asked)).most_common()
        print(f"{name:16}", *(f"{way} {each:4.0f}" for way, each in spent.items()), end="    ")
        print(", ".join(f"{number} {verdict}" for verdict, number in verdicts))
    print(f"{'mean':16}", *(f"{way} {total / len(PLACES):4.0f}" for way, total in totals.items()))
    asked = addresses(count)
    batches = [asked[start : start + BATCH] for start in range(0, count, BATCH)]
    each = microseconds(lambda: [checker.decide_many(batch).columns() for batch in batches]) / count
    print(f"{'by address':16} columns {each:4.0f}    {1e6 / each:,.0f} a second, in batches of {BATCH}")


def microseconds(run: Callable[[], object]) -> float:
    """Measure the CPU time of a batch, the best of three."""
    spent = []
    for _ in range(3):
        began = time.process_time()
        run()
        spent.append(time.process_time() - began)
    return min(spent) * 1e6


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)

"""How often the intervals of `calibrate` hold a truth that is known: they say 95 times of 100.

    PYTHONPATH=. python -m tests.benchmarks.calibration_coverage [SEEDS]

First drives whose truth depends on the distance from the edge alone, then a landscape: shadows that stand on the ground,
cars that turn, stop at lights and pass the same places again.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check import Snapshot
from coverage_check.calibration import Measurements, calibrate
from coverage_check.calibration.segments import Segments, interval, segments_of
from tests.unit.test_calibration import SOUTH, WEST, drives, imported, truth

Floats = npt.NDArray[np.float64]
SERVED = 0.9
SHADOW_M = 200.0
WAVES = 300


def distance_alone(snapshot: Snapshot, seeds: int) -> None:
    """Print how often each band's interval holds the truth at its mean distance."""
    held: dict[float, list[bool]] = {}
    for seed in range(seeds):
        for band in calibrate(snapshot, drives(seed)).layers[0].bands:
            if band.segments >= 20:
                held.setdefault(band.from_m, []).append(band.low <= truth(band.distance_m) <= band.high)
    for from_m, found in sorted(held.items()):
        print(f"  from {from_m:6g} m: {np.mean(found):6.1%} of {len(found)} intervals")
    everything = [each for found in held.values() for each in found]
    print(f"  all:          {np.mean(everything):6.1%} of {len(everything)} intervals")


def landscape(rng: np.random.Generator) -> Callable[[Floats, Floats], npt.NDArray[np.bool_]]:
    """Make shadows whose correlation falls exponentially with distance (Gudmundson 1991); `SERVED` is outside them."""
    wave = np.minimum(np.sqrt(rng.uniform(size=WAVES) ** -2 - 1) / SHADOW_M, 0.2)
    angle, phase = rng.uniform(0, 2 * np.pi, (2, WAVES))
    level = NormalDist().inv_cdf(1 - SERVED)

    def served(x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
        along = np.outer(x, wave * np.cos(angle)) + np.outer(y, wave * np.sin(angle))
        return np.asarray(np.sqrt(2 / WAVES) * np.cos(along + phase).sum(axis=1) > level)

    return served


def drive(rng: np.random.Generator, district_m: float, minutes: int = 30) -> tuple[Floats, Floats]:
    """Drive along streets that cross at right angles, a reading every two seconds, standing still at some lights."""
    place, speed = rng.uniform(0, district_m, 2), rng.uniform(8, 14)
    way, waits = np.array([1.0, 0.0]), 0.0
    places = []
    for _ in range(minutes * 30):
        waits -= 2
        if waits < 0:
            place = np.clip(place + 2 * speed * way, 0, district_m)
            if rng.uniform() < 0.02 or (place == 0).any() or (place == district_m).any():
                way = rng.choice([-1.0, 1.0]) * way[::-1]
            if rng.uniform() < 0.008:
                waits = rng.exponential(90)
        places.append(place)
    x, y = np.array(places).T
    return x, y


def shadows(seeds: int, *, district_m: float, count: int) -> None:
    """Print how often the interval of one share holds what is true of the district, bundled in three ways."""
    held: dict[str, list[bool]] = {"by segments of drives alone": [], "by squares alone": [], "the wider": []}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        served = landscape(rng)
        x, y = (np.concatenate(axis) for axis in zip(*[drive(rng, district_m) for _ in range(count)], strict=True))
        share = served(*rng.uniform(0, district_m, (2, 3000))).mean()
        each = len(x) // count
        readings = made(np.repeat(np.arange(count), each), np.tile(np.arange(each) * 2.0, count))
        bundles = segments_of(readings, x, y)
        ways = (bundles.along, bundles.along), (bundles.square, bundles.square), (bundles.along, bundles.square)
        for name, way in zip(held, ways, strict=True):
            low, high = interval(served(x, y), Segments(*way), seed=1)
            held[name].append(bool(low <= share <= high))
    for name, found in held.items():
        print(f"  {name:28s} {np.mean(found):6.1%} of {len(found)} intervals")


def made(number: npt.NDArray[np.int64], time_s: Floats) -> Measurements:
    """Give readings that have a drive and a time, and nothing else that matters here."""
    none = np.full(len(number), None, np.object_)
    zero = np.zeros(len(number))
    return replace(
        Measurements(
            lat=zero, lon=zero, signal_dbm=zero, time_s=time_s, technology=none, network=none, drive=none, refused={}
        ),
        drive=number.astype(np.object_),
    )


def main(seeds: int) -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as folder:
        snapshot = imported(Path(folder), shapely.box(WEST, SOUTH, WEST + 4000, SOUTH + 40_000))
        print(f"drives whose truth depends on the distance alone, {seeds} seeds")
        distance_alone(snapshot, seeds)
    for district_m, count in ((8000.0, 25), (3000.0, 40)):
        print(f"{count} drives of half an hour in a district of {district_m / 1000:g} km, shadows of {SHADOW_M:g} m")
        shadows(max(1, seeds // 4), district_m=district_m, count=count)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)

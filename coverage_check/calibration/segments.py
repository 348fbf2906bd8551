"""Which readings belong together, and how sure a share is that rests on them.

Readings along a drive are no independent draws: a car in a dead spot notes it a hundred times, and again when it passes the
next day. So readings are bundled in two ways, by time along a drive and by the square of ground, and the interval comes from
drawing whole bundles again and again (block bootstrap, seeded): the wider of the two, for either alone is too narrow where
the other matters. Where all bundles agree, the interval would have no width, so it is never narrower than Wilson's with the
segments of the drives as the sample.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverage_check.calibration.measurements import Measurements
from coverage_check.intervals import wilson_interval

SEGMENT_S = 120.0
"""A drive is cut every two minutes, an assumption: 1 to 2 km of road by car, beyond which shadowing is uncorrelated."""
SQUARE_M = 500.0
"""Side of the squares of ground, an assumption: the same hills and woods stand between a place there and the mast."""
DRAWS = 2000
_Z = 1.96
_NUMBERS_AT_ONCE = 4_000_000

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """For each reading the number of its segment of a drive, and that of its square of ground."""

    along: Integers
    square: Integers

    def some(self, chosen: Mask) -> "Segments":
        """Give those of some readings."""
        return Segments(self.along[chosen], self.square[chosen])

    @property
    def count(self) -> int:
        """How many segments of drives."""
        return len(np.unique(self.along))

    @property
    def squares(self) -> int:
        """How many squares of ground."""
        return len(np.unique(self.square))


def segments_of(measurements: Measurements, x: Floats, y: Floats) -> Segments:
    """Bundle readings; without a time, those of one drive in one square are a segment.

    Parameters
    ----------
    x, y
        Of the readings, in a metric CRS; infinite where that has no such place.
    """
    across, up = (np.floor(np.nan_to_num(axis, posinf=0, neginf=0) / SQUARE_M).astype(np.int64) for axis in (x, y))
    squares = list(zip(across.tolist(), up.tolist(), strict=True))
    along = [
        (drive, math.floor(time / SEGMENT_S), 0) if math.isfinite(time) else (drive, *square)
        for drive, time, square in zip(measurements.drive.tolist(), measurements.time_s.tolist(), squares, strict=True)
    ]
    timed = np.isfinite(measurements.time_s).tolist()
    return Segments(_numbered(list(zip(along, timed, strict=True))), _numbered(squares))


def interval(served: Mask, segments: Segments, seed: int) -> tuple[float, float]:
    """Give the 95 % interval of the share that was served."""
    ends = [_bootstrap(served, bundle, seed) for bundle in (segments.along, segments.square)]
    ends.append(wilson_interval(float(served.mean()) * segments.count, segments.count, z=_Z))
    return min(low for low, _ in ends), max(high for _, high in ends)


def _numbered(keys: Sequence[object]) -> Integers:
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], np.int64)


def _bootstrap(served: Mask, bundle: Integers, seed: int) -> tuple[float, float]:
    numbers = np.unique(bundle, return_inverse=True)[1]
    total = np.bincount(numbers)
    good = np.bincount(numbers, weights=served)
    count = len(total)
    random, even, shares = np.random.default_rng(seed), np.full(count, 1 / count), []
    for size in _sizes(count):
        draws = random.multinomial(count, even, size=size)
        shares.append((draws @ good) / (draws @ total))
    low, high = np.quantile(np.concatenate(shares), (0.025, 0.975))
    return float(low), float(high)


def _sizes(count: int) -> Iterator[int]:
    """Cut the draws into parts that need little memory, however many bundles there are."""
    size = max(1, _NUMBERS_AT_ONCE // count)
    for done in range(0, DRAWS, size):
        yield min(size, DRAWS - done)

"""The curve of a claim: the share that was served, by how deep inside the claim, never falling inwards."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from coverage_check.curve import FEWEST_SEGMENTS

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Points = tuple[tuple[float, float], ...]


def fit(distance_m: Floats, served: Mask, segment: npt.NDArray[np.int64], edges_m: Sequence[float]) -> Points:
    """Give metres inside the edge → share served, from the readings inside.

    Bands are joined inwards until each rests on `FEWEST_SEGMENTS` segments. A share counts as if one segment more had been
    half served: 20 of 20 is a good sign and no certainty. Neighbours are then pooled until no share falls inwards (isotonic
    regression, weighted by segments), for whoever is farther inside a claim is not worse served.

    Parameters
    ----------
    edges_m
        Where bands may begin and end, growing; the first is the edge itself, 0.
    """
    inside = distance_m >= 0
    distance_m, served, segment = distance_m[inside], served[inside], segment[inside]
    places, shares, weights = [], [], []
    for chosen in _bands(distance_m, segment, edges_m):
        count = len(np.unique(segment[chosen]))
        places.append(round(float(distance_m[chosen].mean()), 3))
        shares.append((float(served[chosen].mean()) * count + 0.5) / (count + 1))
        weights.append(float(count))
    return tuple(dict(zip(places, (round(share, 4) for share in rising(shares, weights)), strict=True)).items())


def rising(shares: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Pool neighbours, by their weights, until no share is smaller than the one before it."""
    pools: list[tuple[float, float, int]] = []
    for share, weight in zip(shares, weights, strict=True):
        pool = (share, weight, 1)
        while pools and pools[-1][0] >= pool[0]:
            before, more, size = pools.pop()
            total = more + pool[1]
            pool = ((before * more + pool[0] * pool[1]) / total, total, size + pool[2])
        pools.append(pool)
    return [share for share, _, size in pools for _ in range(size)]


def _bands(distance_m: Floats, segment: npt.NDArray[np.int64], edges_m: Sequence[float]) -> Iterator[Mask]:
    """Choose the readings of each band, as narrow as `FEWEST_SEGMENTS` allows; what is left inmost belongs to the last."""
    begins_m = [edges_m[0]]
    for end_m in edges_m[1:]:
        inner = (distance_m >= begins_m[-1]) & (distance_m < end_m)
        if min(len(np.unique(segment[part])) for part in (inner, distance_m >= end_m)) >= FEWEST_SEGMENTS:
            begins_m.append(end_m)
    for start_m, end_m in pairwise((*begins_m, np.inf)):
        yield (distance_m >= start_m) & (distance_m < end_m)

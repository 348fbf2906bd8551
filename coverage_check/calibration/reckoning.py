"""How much of a claim is true: the share of readings at or above its threshold, by signed distance to its edge.

Readings along a drive are no independent draws: a car in a dead spot notes it a hundred times. So a drive is cut into
segments, and the intervals come from drawing whole segments again and again (block bootstrap, seeded). Where all segments
agree, that interval would have no width, so it is never narrower than Wilson's with the segments as the sample.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt

from coverage_check.calibration.measurements import Measurements
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.errors import InvalidInput
from coverage_check.layer import Layer
from coverage_check.reliability import Reliability
from coverage_check.technology import Technology

BAND_EDGES_M = (-2000, -1000, -500, -200, -100, -50, 0, 25, 50, 100, 200, 400, 800, 1600, 5000)
SEGMENT_S = 120.0
"""A drive is cut every two minutes, an assumption: 1 to 2 km of road by car, beyond which shadowing is uncorrelated."""
SEGMENT_M = 500.0
"""Without times, readings of one square of this side are one segment."""
DRAWS = 2000
FEWEST_SEGMENTS, FEWEST_READINGS = 20, 200
"""Fewer inside a claim say too little to correct it, an assumption: 20 segments tell 90 % from 98 % at best."""
_Z = 1.96

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The readings at one range of signed distance from the edge, metres, positive inside.

    Attributes
    ----------
    share, low, high
        Share at or above the threshold and its 95 % interval.
    declared
        What the claim itself says: its mean reliability at these readings, 0 outside.
    distance_m
        Mean signed distance of the readings.
    """

    from_m: float
    to_m: float
    distance_m: float
    readings: int
    segments: int
    share: float
    low: float
    high: float
    declared: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCalibration:
    """One layer against the measurements.

    Attributes
    ----------
    inside, outside
        All readings inside the claim, and all of the surveyed area outside it; None where there are none.
    curve
        Signed distance in metres → share, never falling inwards; empty where the readings are too few.
    too_few
        Why there is no curve; "" where there is one.
    """

    layer: str
    sha256: str
    threshold_dbm: float
    bands: tuple[Band, ...]
    inside: Band | None
    outside: Band | None
    curve: tuple[tuple[float, float], ...]
    too_few: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What measurements say about a snapshot. `left_out` names layers that were not compared, and why."""

    snapshot: str
    readings: int
    refused: Mapping[str, int]
    layers: tuple[LayerCalibration, ...]
    left_out: Mapping[str, str]


def calibrate(
    snapshot: Snapshot,
    measurements: Measurements,
    *,
    thresholds: Mapping[Technology, float] | None = None,
    network: str = "",
    technology: Technology | None = None,
    seed: int = 1,
) -> Calibration:
    """Compare the claims of a snapshot with what was measured. Nothing is changed.

    Parameters
    ----------
    thresholds
        dBm that count as served, by technology; else each layer's own `threshold_dbm`.
    network, technology
        What readings that don't say so are of.
    seed
        Of the bootstrap; the same gives the same intervals.

    Raises
    ------
    InvalidInput
        Readings name no network or technology, and none was given, where the snapshot has several.
    """
    network = network or _only({layer.network for layer in snapshot.layers}, measurements.network, "network")
    default = technology or _only({layer.technology for layer in snapshot.layers}, measurements.technology, "technology")
    networks = np.array([said or network for said in measurements.network], np.object_)
    technologies = np.array([said or default for said in measurements.technology], np.object_)
    x, y = snapshot.to_metric(lon=measurements.lon, lat=measurements.lat)
    segments = _segments(measurements, x, y)
    placed = np.isfinite(x) & np.isfinite(y)
    found = snapshot.lookup(x=np.where(placed, x, 0.0), y=np.where(placed, y, 0.0))
    days = _days(measurements.time_s)
    compared, left_out = [], {}
    for column, layer in enumerate(snapshot.layers):
        usable = placed & (networks == layer.network) & (technologies == layer.technology) & found.surveyed[:, column]
        usable &= _serving(layer, days)
        threshold_dbm = (thresholds or {}).get(layer.technology, layer.threshold_dbm)
        if threshold_dbm is None:
            left_out[layer.id] = "it declares no threshold_dbm: name one for its technology"
        elif not usable.any():
            left_out[layer.id] = "no reading of its network and technology lies in its survey area while it served"
        else:
            readings = _Readings(
                found.edge_distance_m[usable, column],
                measurements.signal_dbm[usable] >= threshold_dbm,
                segments[usable],
                layer,
            )
            compared.append(_compare(readings, threshold_dbm, seed))
    return Calibration(
        snapshot=snapshot.id,
        readings=len(measurements),
        refused=dict(measurements.refused),
        layers=tuple(compared),
        left_out=left_out,
    )


def _only(known: set[str] | set[Technology], said: npt.NDArray[np.object_], what: str) -> str:
    """Give the one thing that readings which don't say can be of."""
    if all(said):
        return ""
    if len(known) > 1:
        raise InvalidInput(f"Some readings name no {what} and the snapshot has several: name theirs with --{what}.")
    return next(iter(known), "")


def _days(time_s: Floats) -> list[date | None]:
    return [datetime.fromtimestamp(t, tz=UTC).date() if math.isfinite(t) else None for t in time_s.tolist()]


def _serving(layer: Layer, days: list[date | None]) -> npt.NDArray[np.bool_]:
    """Tell for each reading whether the layer served as drawn on its day; a reading without a day counts."""
    serving = {day: day is None or layer.in_force(day) for day in set(days)}
    return np.array([serving[day] for day in days], dtype=bool)


def _segments(measurements: Measurements, x: Floats, y: Floats) -> Integers:
    """Give each reading the number of its segment: two minutes of one drive, or a square where there is no time."""
    timed = np.isfinite(measurements.time_s)
    keys = [
        (drive, True, math.floor(t / SEGMENT_S), 0) if known else (drive, False, across, up)
        for drive, known, t, across, up in zip(
            measurements.drive.tolist(),
            timed.tolist(),
            np.where(timed, measurements.time_s, 0.0).tolist(),
            np.floor(np.nan_to_num(x, posinf=0, neginf=0) / SEGMENT_M).tolist(),
            np.floor(np.nan_to_num(y, posinf=0, neginf=0) / SEGMENT_M).tolist(),
            strict=True,
        )
    ]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], np.int64)


@dataclass(frozen=True, slots=True)
class _Readings:
    distance_m: Floats
    served: npt.NDArray[np.bool_]
    segment: Integers
    layer: Layer

    def some(self, chosen: npt.NDArray[np.bool_]) -> "_Readings":
        return _Readings(self.distance_m[chosen], self.served[chosen], self.segment[chosen], self.layer)

    def band(self, from_m: float, to_m: float, seed: int) -> Band | None:
        part = self.some((self.distance_m >= from_m) & (self.distance_m < to_m))
        if not part.served.size:
            return None
        low, high, segments = _interval(part.served, part.segment, seed)
        declared = Reliability.of(self.layer).at(part.distance_m)
        return Band(
            from_m=from_m,
            to_m=to_m,
            distance_m=float(part.distance_m.mean()),
            readings=int(part.served.size),
            segments=segments,
            share=float(part.served.mean()),
            low=low,
            high=high,
            declared=float((declared * (part.distance_m >= 0)).mean()),
        )


def _compare(readings: _Readings, threshold_dbm: float, seed: int) -> LayerCalibration:
    bands = tuple(_bands(readings, seed))
    inside, outside = readings.band(0, math.inf, seed), readings.band(-math.inf, 0, seed)
    too_few = ""
    if inside is None or inside.segments < FEWEST_SEGMENTS or inside.readings < FEWEST_READINGS:
        got = (inside.readings, inside.segments) if inside else (0, 0)
        too_few = (
            f"{got[0]} readings in {got[1]} segments inside the claim are too few to correct it: "
            f"measure at least {FEWEST_READINGS} in {FEWEST_SEGMENTS}; nothing changes"
        )
    return LayerCalibration(
        layer=readings.layer.id,
        sha256=readings.layer.sha256,
        threshold_dbm=threshold_dbm,
        bands=bands,
        inside=inside,
        outside=outside,
        curve=() if too_few else _curve(bands),
        too_few=too_few,
    )


def _bands(readings: _Readings, seed: int) -> Iterator[Band]:
    for from_m, to_m in zip(BAND_EDGES_M, (*BAND_EDGES_M[1:], math.inf), strict=True):
        if (band := readings.band(from_m, to_m, seed)) is not None:
            yield band


def _interval(served: npt.NDArray[np.bool_], segment: Integers, seed: int) -> tuple[float, float, int]:
    """Give the 95 % interval of the share, and how many segments it rests on."""
    numbers = np.unique(segment, return_inverse=True)[1]
    total = np.bincount(numbers)
    good = np.bincount(numbers, weights=served)
    count = len(total)
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=DRAWS)
    shares = (draws @ good) / (draws @ total)
    low, high = np.quantile(shares, (0.025, 0.975))
    share = float(served.mean())
    middle, half = _wilson(share, count)
    return max(0.0, min(float(low), middle - half)), min(1.0, max(float(high), middle + half)), count


def _wilson(share: float, count: int) -> tuple[float, float]:
    shrink = 1 + _Z**2 / count
    half = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / shrink
    return (share + _Z**2 / (2 * count)) / shrink, half


def _curve(bands: tuple[Band, ...]) -> tuple[tuple[float, float], ...]:
    """Pool neighbours until the share never falls inwards (isotonic regression, weighted by segments)."""
    pools: list[tuple[float, float, list[float]]] = []
    for band in bands:
        share, weight, distances = band.share, float(band.segments), [band.distance_m]
        while pools and pools[-1][0] >= share:
            before, more, nearer = pools.pop()
            share = (before * more + share * weight) / (more + weight)
            weight, distances = more + weight, nearer + distances
        pools.append((share, weight, distances))
    return tuple((round(distance, 1), round(share, 4)) for share, _, distances in pools for distance in distances)

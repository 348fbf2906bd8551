"""How much of a claim is true: the share of readings at or above its threshold, by signed distance to its edge."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from coverage_check.calibration.fitting import fit
from coverage_check.calibration.measurements import Measurements
from coverage_check.calibration.segments import SQUARE_M, Segments, interval, segments_of
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.curve import FEWEST_READINGS, FEWEST_SEGMENTS, Curve
from coverage_check.errors import InvalidInput
from coverage_check.layer import Layer
from coverage_check.reliability import Reliability
from coverage_check.technology import Service, SignalLevel, Technology

BAND_EDGES_M = (-2000, -1000, -500, -200, -100, -50, 0, 25, 50, 100, 200, 400, 800, 1600, 5000)
EDGES_INSIDE_M = tuple(edge_m for edge_m in BAND_EDGES_M if edge_m >= 0)
FEWEST = FEWEST_READINGS, FEWEST_SEGMENTS, 10
"""Readings, segments and squares inside a claim that a curve needs."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The readings at one range of signed distance from the edge, metres, positive inside.

    Attributes
    ----------
    share, low, high
        Share at or above the threshold and its 95 % interval.
    declared
        What decisions took so far: the claim's mean reliability at these readings, 0 outside.
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
        What an import can take in place of the declared reliability; None where the readings are too few.
    too_few
        Why there is no curve; "" where there is one.
    sha256, network, technology, service, level, area_km2
        The claim that was measured, so that its curve is given to no other.
    """

    layer: str
    sha256: str
    network: str
    technology: Technology
    service: Service
    level: SignalLevel | None
    area_km2: float
    threshold_dbm: float
    bands: tuple[Band, ...]
    inside: Band | None
    outside: Band | None
    curve: Curve | None
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
    segments = segments_of(measurements, x, y)
    placed = np.isfinite(x) & np.isfinite(y)
    found = snapshot.lookup(x=np.where(placed, x, 0.0), y=np.where(placed, y, 0.0))
    days = _days(measurements)
    compared, left_out = [], {}
    for column, layer in enumerate(snapshot.layers):
        usable = placed & (networks == layer.network) & (technologies == layer.technology) & found.surveyed[:, column]
        usable &= _serving(layer, days)
        threshold_dbm = (thresholds or {}).get(layer.technology, layer.threshold_dbm)
        if threshold_dbm is None:
            left_out[layer.id] = "it declares no threshold_dbm: name one for its technology"
        elif why := _why_not(layer, measurements, usable):
            left_out[layer.id] = why
        else:
            served = measurements.signal_dbm[usable] >= threshold_dbm
            readings = _Readings(found.edge_distance_m[usable, column], served, segments.some(usable), days[usable], layer)
            compared.append(_compare(readings, measurements, threshold_dbm, snapshot.id, seed))
    return Calibration(
        snapshot=snapshot.id,
        readings=len(measurements),
        refused=dict(measurements.refused),
        layers=tuple(compared),
        left_out=left_out,
    )


def _why_not(layer: Layer, measurements: Measurements, usable: Mask) -> str:
    """Say why a layer can't be compared with these readings; empty if it can."""
    if not layer.measured_by(measurements.environment, measurements.receiver):
        return (
            f"it claims reception {layer.environment} with {layer.receiver}, and the readings, taken "
            f"{measurements.environment} with {measurements.receiver}, hear more: measure it as it is claimed"
        )
    return "" if usable.any() else "no reading of its network and technology lies in its survey area while it served"


def _only(known: set[str] | set[Technology], said: npt.NDArray[np.object_], what: str) -> str:
    """Give the one thing that readings which don't say can be of."""
    if all(said):
        return ""
    if len(known) > 1:
        raise InvalidInput(f"Some readings name no {what} and the snapshot has several: name theirs with --{what}.")
    return next(iter(known), "")


def _days(measurements: Measurements) -> npt.NDArray[np.object_]:
    """Give the day of each reading, UTC; None where nobody knows."""
    days = [
        datetime.fromtimestamp(time, tz=UTC).date() if math.isfinite(time) else measurements.day
        for time in measurements.time_s.tolist()
    ]
    return np.array(days, np.object_)


def _serving(layer: Layer, days: npt.NDArray[np.object_]) -> Mask:
    """Tell for each reading whether the layer served as drawn on its day; a reading without a day counts."""
    serving = {day: day is None or layer.in_force(day) for day in set(days.tolist())}
    return np.array([serving[day] for day in days.tolist()], dtype=bool)


@dataclass(frozen=True, slots=True)
class _Readings:
    distance_m: Floats
    served: Mask
    segments: Segments
    days: npt.NDArray[np.object_]
    layer: Layer

    def some(self, chosen: Mask) -> "_Readings":
        parts = self.distance_m[chosen], self.served[chosen], self.segments.some(chosen), self.days[chosen]
        return _Readings(*parts, self.layer)

    def band(self, from_m: float, to_m: float, seed: int) -> Band | None:
        part = self.some((self.distance_m >= from_m) & (self.distance_m < to_m))
        if not part.served.size:
            return None
        low, high = interval(part.served, part.segments, seed)
        declared = Reliability.of(self.layer).at(part.distance_m)
        return Band(
            from_m=from_m,
            to_m=to_m,
            distance_m=float(part.distance_m.mean()),
            readings=int(part.served.size),
            segments=part.segments.count,
            share=float(part.served.mean()),
            low=low,
            high=high,
            declared=float((declared * (part.distance_m >= 0)).mean()),
        )


def _compare(
    readings: _Readings, measurements: Measurements, threshold_dbm: float, snapshot: str, seed: int
) -> LayerCalibration:
    layer, inside = readings.layer, readings.band(0, math.inf, seed)
    within = readings.some(readings.distance_m >= 0)
    too_few = _too_few(within)
    curve = None
    if inside and not too_few:
        known = [day for day in within.days.tolist() if day is not None]
        curve = Curve(
            points=fit(within.distance_m, within.served, within.segments.along, EDGES_INSIDE_M),
            readings=inside.readings,
            segments=inside.segments,
            share=round(inside.share, 6),
            low=round(inside.low, 6),
            high=round(inside.high, 6),
            threshold_dbm=threshold_dbm,
            environment=measurements.environment,
            receiver=measurements.receiver,
            first_day=min(known, default=None),
            last_day=max(known, default=None),
            measured_by=measurements.measured_by,
            snapshot=snapshot,
        )
    return LayerCalibration(
        layer=layer.id,
        sha256=layer.sha256,
        network=layer.network,
        technology=layer.technology,
        service=layer.service,
        level=layer.level,
        area_km2=layer.area_km2,
        threshold_dbm=threshold_dbm,
        bands=tuple(_bands(readings, seed)),
        inside=inside,
        outside=readings.band(-math.inf, 0, seed),
        curve=curve,
        too_few=too_few,
    )


def _too_few(within: _Readings) -> str:
    """Say why the readings inside a claim can't correct it; "" where they can."""
    got = within.served.size, within.segments.count, within.segments.squares
    if all(count >= fewest for count, fewest in zip(got, FEWEST, strict=True)):
        return ""
    return (
        f"{got[0]} readings in {got[1]} segments and {got[2]} squares of {SQUARE_M:.0f} m inside the claim are too few to "
        f"correct it: measure at least {FEWEST[0]} in {FEWEST[1]} segments and {FEWEST[2]} squares; nothing changes"
    )


def _bands(readings: _Readings, seed: int) -> Iterator[Band]:
    for from_m, to_m in zip(BAND_EDGES_M, (*BAND_EDGES_M[1:], math.inf), strict=True):
        if (band := readings.band(from_m, to_m, seed)) is not None:
            yield band

"""CURVES.toml: what a calibration measured, taken into a snapshot only where it still is about the same claim.

Each `[[curve]]` names its claim (layer, network, technology, service, level, hash of the file, area) and what it rests on
(readings, segments, days, who measured, how). What can't be is a fault; a curve of another delivery waits for a person.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage_check.coverage.quality import CURVE_OF_ANOTHER_DELIVERY, Finding
from coverage_check.curve import FEWEST_READINGS, FEWEST_SEGMENTS, LEAST_RELIABLE, MOST_RELIABLE, Curve
from coverage_check.declaration import Document, Table, nearest
from coverage_check.layer import Layer
from coverage_check.technology import Environment, Receiver

CURVES = "coverage-check/curves/1"
CLAIM = ("network", "technology", "service", "level")
"""Keys that say which claim was measured, beside the layer's id, hash and area."""
MADE = (
    *("threshold_dbm", "readings", "segments", "share", "low", "high"),
    *("first_day", "last_day", "measured_by", "snapshot"),
)
"""Keys that stand in the file as the curve has them; the readings' environment and receiver are in `taken`."""

_POINTS_AT_MOST = 1000
_FARTHEST_M = 5000.0
_AREA_ROUNDED_KM2 = 2e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredClaim:
    """A curve, and what of its claim the delivery must still have."""

    curve: Curve
    sha256: str
    area_km2: float | None


def read_curves(path: Path) -> Document:
    """Read a CURVES.toml.

    Raises
    ------
    MissingFile
        It is not there.
    DeclarationError
        It is not TOML.
    """
    return Document.read(path)


def take_curves(document: Document, layers: Sequence[Layer]) -> dict[str, MeasuredClaim]:
    """Take the curve of each layer that has one, and note in the document every fault."""
    schema = document.root.text("schema")
    if schema and schema != CURVES:
        document.root.fault(f"'schema' must be \"{CURVES}\": this version reads no other; calibrate again.", "schema")
    tables = document.tables("curve")
    if not tables:
        document.root.fault("has no [[curve]]: leave the calibration out, or measure enough for one.")
    claims = {layer.id: layer for layer in layers}
    taken: dict[str, MeasuredClaim] = {}
    for table in tables:
        id_ = table.text("layer")
        measured = MeasuredClaim(
            curve=_curve(table), sha256=table.text("sha256", ""), area_km2=table.number("area_km2", low=0)
        )
        asked = {key: table.text(key, "") for key in CLAIM}
        if id_ in taken:
            table.fault("is for a layer that has a curve already: leave one of them out. [CURVE_TWICE]", "layer")
        if id_ in claims:
            _check_claim(table, asked, measured.curve, claims[id_])
            taken[id_] = measured
        elif id_:
            hint = nearest(id_, claims) or "; leave the curve out."
            table.fault(f"is for a layer '{id_}' that is not declared{hint} [CURVE_UNKNOWN_LAYER]", "layer")
    return taken


def findings_of_curves(layers: Sequence[Layer], curves: Mapping[str, MeasuredClaim]) -> Iterator[Finding]:
    """Look at what was measured beside what is claimed: was it this delivery, and is as much true as it says."""
    for layer in layers:
        if layer.id in curves:
            yield from _of_another_delivery(layer, curves[layer.id])
            yield from _overclaimed(layer, curves[layer.id].curve)


def _of_another_delivery(layer: Layer, measured: MeasuredClaim) -> Iterator[Finding]:
    """Compare the file and the area that were measured with the layer's."""
    area_km2 = layer.area_km2 if measured.area_km2 is None else measured.area_km2
    if measured.sha256 != layer.sha256 or abs(area_km2 - layer.area_km2) > _AREA_ROUNDED_KM2:
        yield Finding(
            code=CURVE_OF_ANOTHER_DELIVERY,
            layers=(layer.id,),
            sentence="its measured curve is of another delivery of this layer; measure this one.",
        )


def _overclaimed(layer: Layer, curve: Curve) -> Iterator[Finding]:
    """Look whether surely less was served inside the claim than it declares for its very edge."""
    if curve.high < layer.probability:
        yield Finding(
            code="OVERCLAIMED",
            layers=(layer.id,),
            sentence=f"it claims service with a probability of {layer.probability:.0%} at its edge and more inside, and "
            f"{curve.share:.1%} of {curve.readings:,} readings inside were served ({curve.low:.1%} to {curve.high:.1%}); "
            "what was measured counts. Ask the publisher.",
        )


def _curve(table: Table) -> Curve:
    how = table.inline("taken")
    first_day, last_day = table.day("first_day"), table.day("last_day")
    if (first_day is None) != (last_day is None) or (first_day and last_day and last_day < first_day):
        table.fault("must have both 'first_day' and 'last_day', in this order, or neither.", "last_day")
    share, low, high = (_needed(table, key, low=0, high=1) for key in ("share", "low", "high"))
    if not low <= share <= high:
        table.fault("has a 'share' outside 'low' to 'high': calibrate again. [CURVE_OUT_OF_RANGE]", "share")
    readings, segments = table.count("readings") or 0, table.count("segments") or 0
    if readings < FEWEST_READINGS or segments < FEWEST_SEGMENTS:
        table.fault(
            f"rests on {readings} 'readings' in {segments} 'segments', and {FEWEST_READINGS} in {FEWEST_SEGMENTS} are the "
            "fewest that say something: measure more. [CURVE_TOO_FEW]",
            "readings",
        )
    return Curve(
        points=_points(table),
        readings=readings,
        segments=segments,
        share=share,
        low=low,
        high=high,
        threshold_dbm=_needed(table, "threshold_dbm", low=-160, high=0),
        environment=how.choice("environment", Environment) if how else Environment.OUTDOOR,
        receiver=how.choice("receiver", Receiver) if how else Receiver.HANDSET,
        first_day=first_day,
        last_day=last_day,
        measured_by=table.text("measured_by", ""),
        snapshot=table.text("snapshot", ""),
    )


def _needed(table: Table, key: str, *, low: float, high: float) -> float:
    """Take a number that must be there."""
    table.raw(key, required=True)
    return table.number(key, 0.0, low=low, high=high) or 0.0


def _points(table: Table) -> tuple[tuple[float, float], ...]:
    """Take pairs of metres and share: finite, in range, growing; a fault and no points where they aren't."""
    found = table.raw("points", required=True)
    if not isinstance(found, list) or not 0 < len(found) <= _POINTS_AT_MOST or not all(map(_is_pair, found)):
        table.fault(f"'points' must be a list of 1 to {_POINTS_AT_MOST} pairs [metres, share] of numbers.", "points")
        return ()
    points = tuple((float(distance_m), float(share)) for distance_m, share in found)
    if any(not 0 <= distance_m <= _FARTHEST_M for distance_m, _ in points):
        table.fault(
            f"'points' must lie 0 to {_FARTHEST_M:g} metres inside the edge: outside, a claim claims nothing. "
            "[CURVE_OUT_OF_RANGE]",
            "points",
        )
    if any(not LEAST_RELIABLE <= share <= MOST_RELIABLE for _, share in points):
        table.fault(
            f"'points' must have shares from {LEAST_RELIABLE:g} to {MOST_RELIABLE:g}: correct them. [CURVE_OUT_OF_RANGE]",
            "points",
        )
    steps = list(itertools.pairwise(points))
    if any(farther[0] <= nearer[0] or farther[1] < nearer[1] for nearer, farther in steps):
        table.fault(
            "'points' must go inwards, and no share may be smaller than one nearer to the edge: calibrate again. "
            "[CURVE_NOT_RISING]",
            "points",
        )
    return points


def _is_pair(item: object) -> bool:
    return (
        isinstance(item, list)
        and len(item) == 2
        and all(isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in item)
    )


def _check_claim(table: Table, asked: Mapping[str, str], curve: Curve, layer: Layer) -> None:
    """Note where the curve is not about what the layer claims."""
    for key, value in asked.items():
        if value != (claimed := getattr(layer, key) or ""):
            table.fault(
                f"has {key} {value!r} and the layer '{layer.id}' has {claimed!r}: leave the curve out, or measure this "
                "claim. [CURVE_OF_ANOTHER_CLAIM]",
                key,
            )
    if layer.threshold_dbm is not None and curve.threshold_dbm < layer.threshold_dbm:
        table.fault(
            f"counted {curve.threshold_dbm:g} dBm as served and the layer '{layer.id}' claims {layer.threshold_dbm:g}: "
            "calibrate with the layer's own. [CURVE_WEAKER_THRESHOLD]",
            "threshold_dbm",
        )
    if not layer.measured_by(curve.environment, curve.receiver):
        table.fault(
            f"was measured {curve.environment} with {curve.receiver}, which hears more than the {layer.environment} "
            f"{layer.receiver} reception that the layer '{layer.id}' claims: measure it as it is claimed. "
            "[CURVE_EASIER_READINGS]",
            "taken",
        )

"""A calibration shown: as a table, as a reliability plot (SVG, nothing fetched), and as curves in TOML."""

import dataclasses
import json
import math
from collections.abc import Iterator
from datetime import date
from html import escape
from typing import Any

from coverage_check.calibration.reckoning import Band, Calibration, LayerCalibration
from coverage_check.coverage.curves import CLAIM, CURVES, MADE
from coverage_check.curve import Curve

SCHEMA = "coverage-check/calibration/1"
_SIDE_PX, _PAD_PX = 340, 46


def to_dict(calibration: Calibration) -> dict[str, Any]:
    """Give the calibration as JSON-ready values; an endless range has a null end."""
    plain: dict[str, Any] = _as_json(dataclasses.asdict(calibration))
    return {"schema": SCHEMA} | plain


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and math.isinf(value) else value


def table_text(calibration: Calibration) -> str:
    """Write the reliability table of each layer for a person."""
    lines = [f"{calibration.readings:,} readings against snapshot {calibration.snapshot[:12]}"]
    lines += [f"  {count:,} rows left out: {cause}" for cause, count in calibration.refused.items()]
    for layer in calibration.layers:
        lines += ["", f"{layer.layer}: served is {layer.threshold_dbm:g} dBm or more"]
        lines.append("  metres from the edge   readings segments  measured  95 % interval    declared")
        lines += [_line(f"{_metres(band.from_m)} to {_metres(band.to_m)}", band) for band in layer.bands]
        lines += [_line(name, band) for name, band in (("inside", layer.inside), ("outside", layer.outside)) if band]
        lines.append(f"  {layer.too_few}." if layer.too_few else "  Enough for a curve.")
    lines += [f"\n{layer}: not compared: {why}." for layer, why in calibration.left_out.items()]
    return "\n".join(lines) + "\n"


def _metres(value: float) -> str:
    return "…" if math.isinf(value) else f"{value:g}"


def _line(name: str, band: Band) -> str:
    return (
        f"  {name:20} {band.readings:10,} {band.segments:8,} {band.share:9.1%}"
        f"  {band.low:6.1%} to {band.high:6.1%} {band.declared:9.1%}"
    )


def curves_toml(calibration: Calibration) -> str:
    """Write the curves of the layers that have one, each with its claim and what it rests on, for an import to take."""
    lines = [f'schema = "{CURVES}"']
    for layer in calibration.layers:
        if layer.curve:
            lines += ["", "[[curve]]", *_keys(layer, layer.curve)]
    return "\n".join(lines) + "\n"


def _keys(layer: LayerCalibration, curve: Curve) -> Iterator[str]:
    claim = {name: getattr(layer, name) for name in ("layer", "sha256", "area_km2", *CLAIM)}
    made = {name: getattr(curve, name) for name in MADE}
    for name, value in (claim | made).items():
        if value is not None:
            yield f"{name} = {_toml(value)}"
    yield "# how the readings were taken"
    yield f'taken = {{environment = "{curve.environment}", receiver = "{curve.receiver}"}}'
    yield "# metres inside the edge, and the share that was served there"
    yield f"points = [{', '.join(f'[{distance}, {share}]' for distance, share in curve.points)}]"


def _toml(value: str | float | date) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return value.isoformat() if isinstance(value, date) else repr(value)


def plot_svg(layer: LayerCalibration) -> str:
    """Draw what was measured over what was declared: on the diagonal the claim means what it says."""
    side = _SIDE_PX + 2 * _PAD_PX
    diagonal = f'<line {_from_to(0, 0, 1, 1)} stroke="#8c959f" stroke-dasharray="4 4"/>'
    ticks = "".join(_ticks(value / 5) for value in range(6))
    points = "".join(_point(band) for band in layer.bands if band.from_m >= 0)
    title = escape(f"{layer.layer}: measured over declared")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side}" role="img" '
        f'aria-label="{title}" font-family="sans-serif" font-size="12">'
        f'<rect x="{_PAD_PX}" y="{_PAD_PX}" width="{_SIDE_PX}" height="{_SIDE_PX}" fill="#f6f8fa" stroke="#d0d7de"/>'
        f'<text x="{_PAD_PX}" y="24" font-weight="bold">{title}</text>'
        f'<text x="{side / 2}" y="{side - 6}" text-anchor="middle">declared: probability of service at the reading</text>'
        f"{ticks}{diagonal}{points}</svg>"
    )


def plots_svg(calibration: Calibration) -> str:
    """Draw the plots of all layers that were compared, one below the other."""
    side = _SIDE_PX + 2 * _PAD_PX
    plots = (
        f'<g transform="translate(0 {number * side})">{plot_svg(layer)}</g>'
        for number, layer in enumerate(calibration.layers)
    )
    high = side * max(1, len(calibration.layers))
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{high}">{"".join(plots)}</svg>\n'


def _x(share: float) -> float:
    return round(_PAD_PX + share * _SIDE_PX, 1)


def _y(share: float) -> float:
    return round(_PAD_PX + (1 - share) * _SIDE_PX, 1)


def _from_to(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'x1="{_x(x1)}" y1="{_y(y1)}" x2="{_x(x2)}" y2="{_y(y2)}"'


def _ticks(share: float) -> str:
    return (
        f'<text x="{_x(share)}" y="{_y(0) + 16}" text-anchor="middle">{share:.0%}</text>'
        f'<text x="{_x(0) - 6}" y="{_y(share) + 4}" text-anchor="end">{share:.0%}</text>'
    )


def _point(band: Band) -> str:
    at = band.declared
    said = f"{_metres(band.from_m)} to {_metres(band.to_m)} m inside: {band.share:.1%} of {band.readings:,} readings"
    return (
        f'<line {_from_to(at, band.low, at, band.high)} stroke="#0b6e99" stroke-width="2"/>'
        f'<circle cx="{_x(at)}" cy="{_y(band.share)}" r="4" fill="#0b6e99"><title>{escape(said)}</title></circle>'
    )

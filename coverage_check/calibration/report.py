"""A calibration shown: as a table, as a reliability plot (SVG, nothing fetched), and as curves in TOML."""

import dataclasses
import math
from html import escape
from typing import Any

from coverage_check.calibration.reckoning import Band, Calibration, LayerCalibration

SCHEMA = "coverage-check/calibration/1"
_SIDE_PX, _PAD_PX = 340, 46


def to_dict(calibration: Calibration) -> dict[str, Any]:
    """Give the calibration as JSON-ready values; an endless range has a null end."""
    plain: dict[str, Any] = _endless_to_none(dataclasses.asdict(calibration))
    return {"schema": SCHEMA} | plain


def _endless_to_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _endless_to_none(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_endless_to_none(item) for item in value]
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
    """Write the curves of the layers that have one, named by what they were measured against."""
    parts = [f'schema = "{SCHEMA}"\nsnapshot = "{calibration.snapshot}"\n']
    for layer in calibration.layers:
        if layer.curve:
            points = ", ".join(f"[{distance}, {share}]" for distance, share in layer.curve)
            parts.append(
                f'[[curve]]\nlayer = "{layer.layer}"\nsha256 = "{layer.sha256}"\n'
                f"threshold_dbm = {layer.threshold_dbm}\n"
                f"readings = {sum(band.readings for band in layer.bands)}\n"
                f"# metres from the edge, positive inside, and the share that was served there\n"
                f"points = [{points}]\n"
            )
    return "\n".join(parts)


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

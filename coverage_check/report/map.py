"""Decisions on a map that needs no network: one SVG, drawn from the snapshot's own polygons.

Shapes are simplified for the eye only; no answer is ever read from a map.
"""

from collections.abc import Sequence
from html import escape

import numpy as np

from coverage_check.coverage.picture import FILLS, Coordinates, Frame, Picture, corners, path_data
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.decision import Decision, Verdict

__all__ = ["Picture", "draw"]

_MARGIN_M = 1500.0
_MARKS = {
    Verdict.DELIVERABLE: ("#1a7f37", "✔"),
    Verdict.CONDITIONAL: ("#9a6700", "◐"),
    Verdict.NOT_DELIVERABLE: ("#b42318", "✘"),
    Verdict.UNDETERMINED: ("#57606a", "?"),
}


def draw(snapshot: Snapshot, decisions: Sequence[Decision], *, layers: Sequence[str]) -> Picture:
    """Draw some layers, and each decision's place with its 95 % circle, its verdict as colour and sign, and its reason.

    Parameters
    ----------
    layers
        Ids of the layers to show, the first at the bottom.

    Raises
    ------
    InvalidInput
        A layer that the snapshot doesn't have, or nothing to draw.
    """
    polygons = {name: snapshot.polygons(name) for name in layers}
    bounds = [layer.bounds for layer in snapshot.layers if layer.id in polygons]
    placed = [decision for decision in decisions if decision.location is not None]
    points = _points(snapshot, placed)
    frame = Frame.around(corners(bounds)) if bounds else Frame.around(points, margin_m=_MARGIN_M)
    shapes = [_shape(path_data(polygons[name], frame), n, name) for n, name in enumerate(layers)]
    marks = [_mark(decision, at, frame) for decision, at in zip(placed, frame.pixels(points).tolist(), strict=True)]
    legend = [_legend(n, name) for n, name in enumerate(layers)]
    return Picture(frame.svg("".join((*shapes, *marks, *legend)), label=f"map of {len(placed)} places"))


def _points(snapshot: Snapshot, decisions: Sequence[Decision]) -> Coordinates:
    places = [decision.location for decision in decisions if decision.location is not None]
    lon = np.array([place.lon for place in places], dtype=np.float64)
    lat = np.array([place.lat for place in places], dtype=np.float64)
    return np.column_stack(snapshot.to_metric(lon=lon, lat=lat))


def _shape(data: str, n: int, name: str) -> str:
    """Draw one layer as one path, its holes left open."""
    fill = FILLS[n % len(FILLS)]
    return f'<path d="{data}" fill="{fill}" fill-opacity="0.25" fill-rule="evenodd"><title>{escape(name)}</title></path>'


def _mark(decision: Decision, at: Sequence[float], frame: Frame) -> str:
    colour, sign = _MARKS[decision.verdict]
    x, y = at
    place = decision.location
    radius = min(place.cep95_m, 5000.0) * frame.scale if place else 0.0
    said = f"{decision.address.normalised}: {decision.verdict.value.replace('_', ' ')}. {decision.reasons[0].message}"
    return (
        f'<g><title>{escape(said)}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}"'
        f' fill-opacity="0.15"/><circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{colour}"/>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="10" fill="#fff" text-anchor="middle">{sign}</text></g>'
    )


def _legend(n: int, name: str) -> str:
    y = 8 + 18 * n
    return (
        f'<rect x="8" y="{y}" width="14" height="12" fill="{FILLS[n % len(FILLS)]}" fill-opacity="0.4"/>'
        f'<text x="28" y="{y + 10}" font-size="12" fill="#222">{escape(name)}</text>'
    )

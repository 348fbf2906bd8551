"""Decisions on a map that needs no network: one SVG, drawn from the snapshot's own polygons.

Shapes are simplified for the eye only; no answer is ever read from a map.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt

from coverage_check.coverage.snapshot import Snapshot
from coverage_check.decision import Decision, Verdict
from coverage_check.errors import InvalidInput
from coverage_check.report.window import Coordinates, Window, ring_path

_WIDTH_PX = 720
_MARGIN_M = 1500.0
_FILLS = ("#0b6e99", "#5b3f8c", "#8a5a00", "#3c6e3c", "#8c3f5b")
_MARKS = {
    Verdict.DELIVERABLE: ("#1a7f37", "✔"),
    Verdict.CONDITIONAL: ("#9a6700", "◐"),
    Verdict.NOT_DELIVERABLE: ("#b42318", "✘"),
    Verdict.UNDETERMINED: ("#57606a", "?"),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG that notebooks show by themselves."""

    svg: str

    def _repr_html_(self) -> str:
        return self.svg


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
    frame = _frame(bounds, points)
    shapes = [_shape(polygons[name], name, frame, _FILLS[n % len(_FILLS)]) for n, name in enumerate(layers)]
    marks = [_mark(decision, at, frame) for decision, at in zip(placed, frame.pixels(points).tolist(), strict=True)]
    legend = [_legend(n, name) for n, name in enumerate(layers)]
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH_PX} {frame.height_px:.0f}" width="{_WIDTH_PX}"'
        f' role="img" aria-label="map of {len(placed)} places" style="background:#eef3f6;font-family:sans-serif">'
        f"{''.join(shapes)}{''.join(marks)}{''.join(legend)}{_scale_bar(frame)}</svg>"
    )


def _points(snapshot: Snapshot, decisions: Sequence[Decision]) -> Coordinates:
    places = [decision.location for decision in decisions if decision.location is not None]
    lon = np.array([place.lon for place in places], dtype=np.float64)
    lat = np.array([place.lat for place in places], dtype=np.float64)
    return np.column_stack(snapshot.to_metric(lon=lon, lat=lat))


def _frame(boxes: Sequence[tuple[float, float, float, float]], points: Coordinates) -> Window:
    """Show the layers whole, or the places with some margin where no layer is drawn."""
    corners = [np.array(boxes, dtype=np.float64).reshape(-1, 2)] if boxes else [points - _MARGIN_M, points + _MARGIN_M]
    xy = np.vstack(corners)
    if xy.size == 0:
        raise InvalidInput("There is nothing to draw: name a layer, or give a decision with a place.")
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    return Window(west=float(west), south=float(south), east=float(east), north=float(north), width_px=_WIDTH_PX)


def _shape(polygons: npt.NDArray[np.object_], name: str, frame: Window, fill: str) -> str:
    """Draw one layer as one path, its holes left open, simplified to a pixel."""
    import shapely  # noqa: PLC0415 - only a map simplifies

    simple = shapely.simplify(polygons, 1 / frame.scale, preserve_topology=True)
    rings = shapely.get_rings(simple)
    path = "".join(ring_path(frame.pixels(shapely.get_coordinates(ring))) for ring in rings)
    return f'<path d="{path}" fill="{fill}" fill-opacity="0.25" fill-rule="evenodd"><title>{escape(name)}</title></path>'


def _mark(decision: Decision, at: Sequence[float], frame: Window) -> str:
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
        f'<rect x="8" y="{y}" width="14" height="12" fill="{_FILLS[n % len(_FILLS)]}" fill-opacity="0.4"/>'
        f'<text x="28" y="{y + 10}" font-size="12" fill="#222">{escape(name)}</text>'
    )


def _scale_bar(frame: Window) -> str:
    length_m = 10 ** int(np.log10((frame.east - frame.west) / 3))
    x, y, width = 8.0, frame.height_px - 10, length_m * frame.scale
    label = f"{length_m:,} m" if length_m < 1000 else f"{length_m // 1000:,} km"
    return (
        f'<line x1="{x}" y1="{y:.0f}" x2="{x + width:.0f}" y2="{y:.0f}" stroke="#222" stroke-width="2"/>'
        f'<text x="{x}" y="{y - 4:.0f}" font-size="11" fill="#222">{label}</text>'
    )

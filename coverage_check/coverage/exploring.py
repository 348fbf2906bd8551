"""A snapshot's layers to look at in a notebook: a map with a tick for each layer, and places on top."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from coverage_check.coverage.lookup import Floats
from coverage_check.coverage.picture import FILLS, Box, Coordinates, Frame, Picture, corners, path_data
from coverage_check.errors import InvalidInput

if TYPE_CHECKING:
    from coverage_check.coverage.snapshot import Snapshot
    from coverage_check.layer import Layer

_MARGIN_M = 500.0
_TOLD = 5
"""Labels of places in one pixel that are told by name."""


def explore(
    snapshot: "Snapshot",
    *,
    layers: Sequence[str] | None,
    bounds: Box | None,
    places: tuple[Floats, Floats],
    labels: Sequence[str],
) -> Picture:
    """Draw layers, and places by their x and y in the metric CRS, as `Snapshot.explore` says."""
    points = np.column_stack(places)
    known = {layer.id: layer for layer in snapshot.layers}
    chosen = list(known) if layers is None else [layers] if isinstance(layers, str) else list(dict.fromkeys(layers))
    polygons = {name: snapshot.polygons(name) for name in chosen}  # refuses what it doesn't know
    if len(labels) not in {0, len(points)}:
        raise InvalidInput(f"There are {len(labels)} labels and {len(points)} places: give one each, or none.")
    frame = _frame(snapshot, [known[name] for name in chosen], bounds, points)
    groups = [
        f'<g class="cc-l{n}">{_survey(snapshot, name, frame, fill)}'
        f'<path d="{path_data(polygons[name], frame)}" fill="{fill}" stroke="{fill}" stroke-width="0.6"'
        f' fill-opacity="0.3" fill-rule="evenodd"><title>{escape(name)}</title></path></g>'
        for n, (name, fill) in enumerate(zip(chosen, _fills(len(chosen)), strict=True))
    ]
    marks, shown = _marks(points, labels, frame)
    label = f"map of {len(chosen)} layers and {shown:,} places"
    ticked = len(chosen) if layers is not None else 1
    return Picture(
        f'<figure class="cc-map" style="margin:0;font-family:sans-serif;font-size:13px">{_ticks(chosen, ticked)}'
        f"{frame.svg(''.join(groups) + marks, label=label)}<figcaption>{_caption(len(points), shown)}</figcaption></figure>"
    )


def _frame(snapshot: "Snapshot", layers: Sequence["Layer"], bounds: Box | None, places: Coordinates) -> Frame:
    if bounds is not None:
        west, south, east, north = bounds
        if not (west < east and south < north):
            raise InvalidInput("bounds must be west, south, east and north in degrees, the lesser first.")
        # Lines of latitude are bent in the metric CRS: the corners alone would cut their middle off.
        lon, lat = np.linspace(west, east, 9), np.linspace(south, north, 9)
        edge_lon = np.concatenate((lon, lon, np.full(9, west), np.full(9, east)))
        edge_lat = np.concatenate((np.full(9, south), np.full(9, north), lat, lat))
        xy = np.column_stack(snapshot.to_metric(lon=edge_lon, lat=edge_lat))
        if not np.isfinite(xy).all():
            raise InvalidInput(f"The bounds go beyond what {snapshot.metric_crs} can show: choose smaller ones.")
        return Frame.around(xy)
    drawn = [layer.bounds for layer in layers if layer.bounds[0] < layer.bounds[2]]
    known = places[np.isfinite(places).all(axis=1)]
    return Frame.around(corners(drawn) if drawn else known, margin_m=_MARGIN_M)


def _fills(count: int) -> list[str]:
    return [FILLS[n % len(FILLS)] for n in range(count)]


def _survey(snapshot: "Snapshot", layer: str, frame: Frame, stroke: str) -> str:
    area = snapshot.survey_polygons(layer)
    if area is None:
        return ""
    return (
        f'<path class="cc-survey" d="{path_data(area, frame)}" fill="none" stroke="{stroke}" stroke-dasharray="6 4">'
        f"<title>{escape(layer)}: survey area</title></path>"
    )


def _ticks(layers: Sequence[str], ticked: int) -> str:
    """Give a box to tick for each layer. The rules hold for the map that the box stands in, so maps don't meddle."""
    rules = "".join(f".cc-map:has(.cc-t{n}:not(:checked)) .cc-l{n}{{display:none}}" for n in range(len(layers)))
    boxes = "".join(
        f'<label style="margin-right:1em;white-space:nowrap"><input type="checkbox" class="cc-t{n}"'
        f'{" checked" if n < ticked else ""}> <span style="color:{fill}" aria-hidden="true">■</span> {escape(name)}</label>'
        for n, (name, fill) in enumerate(zip(layers, _fills(len(layers)), strict=True))
    )
    return f"<style>{rules}</style><div>{boxes}</div>"


def _marks(places: Coordinates, labels: Sequence[str], frame: Frame) -> tuple[str, int]:
    """Draw the places that lie in the window, those of one pixel as one, and tell how many places that are."""
    pixels = frame.pixels(places)
    inside = ((pixels >= 0) & (pixels <= (frame.width_px, frame.height_px))).all(axis=1)  # the infinite never are
    spots: dict[tuple[int, int], list[int]] = {}
    for n in np.flatnonzero(inside).tolist():
        spots.setdefault((int(pixels[n, 0]), int(pixels[n, 1])), []).append(n)
    marks = "".join(
        f'<circle class="cc-place" cx="{x + 0.5}" cy="{y + 0.5}" r="4" fill="#111" fill-opacity="0.75" stroke="#fff">'
        f"<title>{escape(_said(members, labels))}</title></circle>"
        for (x, y), members in spots.items()
    )
    return marks, int(inside.sum())


def _said(members: Sequence[int], labels: Sequence[str]) -> str:
    if not len(labels):
        return f"{len(members):,} places" if len(members) > 1 else "1 place"
    more = f" and {len(members) - _TOLD:,} more" if len(members) > _TOLD else ""
    return "; ".join(str(labels[n]) for n in members[:_TOLD]) + more


def _caption(given: int, shown: int) -> str:
    places = f"{shown:,} of {given:,} places lie in this window. " if given else ""
    return f"{places}Dashed: a survey area, beyond which its layer has no data. Simplified for display."

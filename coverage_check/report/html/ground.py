"""The map of a report: where the rows lie, and the layers that decided, drawn as SVG for display only.

Nothing is fetched, and no answer is read from it: shapes are clipped to the window and simplified until they are few enough.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

import numpy as np
import numpy.typing as npt

from coverage_check.coverage.picture import Coordinates, Frame, ring_data
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.layer import Layer
from coverage_check.report.noted import Noted

WIDTH_PX = 1000.0
_LAYERS = 4
_VERTICES = 12_000
"""Of one layer, at most: about 150 kB."""

_HATCH_PX = 12.0
_MARGIN_M = 1_000.0
_LARGEST_HEIGHT = 1.1
"""Of the window, as a share of its width: a whole country is higher than a screen."""

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A drawn map.

    Attributes
    ----------
    height_px
        Of a window that is `WIDTH_PX` wide.
    metres_per_px
        Its scale, before any zooming.
    layers
        Layer id → path data: for each technology that decided, the one in force today before those of other days.
    in_force
        Which of them serve as drawn today.
    unknown
        Path data of the hatching where none of them says anything; empty where there is no such place.
    spots
        Where each row lies, in pixels.
    """

    height_px: float
    metres_per_px: float
    layers: Mapping[str, str]
    in_force: frozenset[str]
    unknown: str
    spots: Sequence[Spot | None]

    @property
    def svg(self) -> str:
        """The layers as paths, all but the first hidden, over the hatching; the page draws the rows over them."""
        hatching = f'<path class="unknown" d="{self.unknown}"/>' if self.unknown else ""
        return hatching + "".join(
            f'<path class="layer layer-{n}" data-layer="{n}" d="{path}"{" hidden" if n else ""}>'
            f"<title>{escape(name)}</title></path>"
            for n, (name, path) in enumerate(self.layers.items())
        )


def draw_ground(rows: Sequence[Noted], snapshots: Sequence[Snapshot], *, on: date) -> Ground | None:
    """Draw the map of some rows, or nothing where none has a place.

    Parameters
    ----------
    snapshots
        Where the layers lie, the latest last; the places are carried into its metric CRS.
    on
        The day that counts as today.
    """
    placed = [n for n, row in enumerate(rows) if row.lat is not None and row.lon is not None]
    if not placed or not snapshots:
        return None
    lon = np.array([rows[n].lon for n in placed], dtype=np.float64)
    lat = np.array([rows[n].lat for n in placed], dtype=np.float64)
    points = np.column_stack(snapshots[-1].to_metric(lon=lon, lat=lat))
    known = np.isfinite(points).all(axis=1)
    if not known.any():
        return None
    window = _window(points[known])
    spots: list[Spot | None] = [None] * len(rows)
    for n, (x, y) in zip(np.array(placed)[known].tolist(), window.pixels(points[known]).tolist(), strict=True):
        spots[n] = (x, y)
    homes = {layer.id: (layer, snapshot) for snapshot in snapshots for layer in snapshot.layers}
    in_force = frozenset(name for name, (layer, home) in homes.items() if home is snapshots[-1] and layer.in_force(on))
    names = _chosen(Counter(row.layer for row in rows), {name: layer for name, (layer, _) in homes.items()}, in_force)
    return Ground(
        height_px=window.height_px,
        metres_per_px=1 / window.scale,
        layers={name: _path(homes[name][1].polygons(name), window) for name in names},
        in_force=in_force,
        unknown=_hatching([homes[name][1].survey_polygons(name) for name in names], window),
        spots=spots,
    )


def _window(points: Coordinates) -> Frame:
    """Show all places with a margin, in a shape that fits a screen."""
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    margin = max(_MARGIN_M, 0.06 * max(east - west, north - south))
    west, south, east, north = west - margin, south - margin, east + margin, north + margin
    width, height = east - west, north - south
    wider = max(height / _LARGEST_HEIGHT - width, 0.0) / 2
    higher = max(width * 0.5 - height, 0.0) / 2
    return Frame(
        west=float(west - wider),
        south=float(south - higher),
        east=float(east + wider),
        north=float(north + higher),
        full_width_px=WIDTH_PX,
    )


def _chosen(decided: Counter[str], layers: Mapping[str, Layer], in_force: frozenset[str]) -> list[str]:
    """Choose layers: one of each technology, in force today if there is one, and then those that decided most."""
    often = [name for name, _ in decided.most_common() if name in layers]
    chosen: dict[str, None] = {}
    for first in {layers[name].technology: layers[name] for name in reversed(often)}.values():
        alike = [each for each in layers.values() if (each.technology, each.network) == (first.technology, first.network)]
        best = max(alike, key=lambda each: (each.id in in_force, decided[each.id], each.level is first.level))
        chosen[best.id] = None
    ordered = sorted(chosen, key=lambda name: (name not in in_force, -decided[name]))
    return list(dict.fromkeys((*ordered, *often)))[: max(_LAYERS, len(chosen))]


def _hatching(surveys: Sequence[npt.NDArray[np.object_] | None], window: Frame) -> str:
    """Hatch what lies outside every survey area: not without coverage, but unknown."""
    import shapely  # noqa: PLC0415 - only a map needs it

    if not surveys or any(survey is None for survey in surveys):
        return ""
    box = (window.west, window.south, window.east, window.north)
    near = shapely.clip_by_rect(np.concatenate([survey for survey in surveys if survey is not None]), *box)
    known = shapely.union_all(shapely.make_valid(shapely.simplify(near, 0.25 / window.scale)))
    unknown = shapely.transform(shapely.difference(shapely.box(*box), known), window.pixels)
    width, height = window.width_px, window.height_px
    starts = np.arange(_HATCH_PX, width + height, _HATCH_PX)
    ends = np.stack((starts, np.zeros_like(starts), starts - height, np.full_like(starts, height)), axis=1)
    lines = shapely.intersection(shapely.linestrings(ends.reshape(-1, 2, 2)), unknown)
    parts = [shapely.get_coordinates(part).tolist() for part in shapely.get_parts(lines) if part.length > 0]
    return "".join("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in part) for part in parts)


def _path(polygons: npt.NDArray[np.object_], window: Frame) -> str:
    """Write a layer as path data, in tenths of a pixel, holes left open by the even-odd rule."""
    import shapely  # noqa: PLC0415 - only a map needs it

    box = (window.west, window.south, window.east, window.north)
    near = polygons[shapely.intersects(shapely.box(*box), shapely.box(*shapely.bounds(polygons).T))]
    clipped = shapely.clip_by_rect(near, *box)
    tolerance_m = 0.25 / window.scale
    simple = shapely.simplify(clipped, tolerance_m, preserve_topology=False)
    while (count := int(shapely.get_num_coordinates(simple).sum())) > _VERTICES:
        tolerance_m *= max(1.5, math.sqrt(count / _VERTICES))
        simple = shapely.simplify(clipped, tolerance_m, preserve_topology=False)
    parts = shapely.get_parts(simple)
    rings = shapely.get_rings(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
    return "".join(ring_data(window.pixels(shapely.get_coordinates(ring))) for ring in rings)

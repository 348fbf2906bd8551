"""What the map of the page shows: the claims around a place, and where none speaks. No answer is ever read from it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer

from coverage_check.coverage.snapshot import Snapshot
from coverage_check.errors import InvalidInput

if TYPE_CHECKING:
    from coverage_check.coverage.sources.features import Geometries

_PIXELS = 800.0
"""A shape is drawn as finely as a map of so many pixels shows it."""

_VERTICES = 20_000

_NOTHING = np.empty(0, dtype=object)

_Box = tuple[float, float, float, float]


def claims_around(snapshot: Snapshot, layers: Sequence[str], *, lat: float, lon: float, radius_m: float) -> dict[str, Any]:
    """Give some layers in a square around a place, as GeoJSON geometries in WGS 84 degrees.

    `no_data` is the part of the square that none of the layers speaks about: it is not known whether there is coverage.

    Raises
    ------
    InvalidInput
        A layer that the snapshot doesn't have.
    """
    known = {layer.id: layer for layer in snapshot.layers}
    if any(name not in known for name in layers):
        raise InvalidInput("The snapshot has no such layer: take the names from the decision's evidence.")
    x, y = (float(value[0]) for value in snapshot.to_metric(lon=[lon], lat=[lat]))
    if not np.isfinite([x, y]).all():
        return {"snapshot": snapshot.id, "layers": [], "no_data": _geojson(snapshot, _NOTHING)}
    box = (x - radius_m, y - radius_m, x + radius_m, y + radius_m)
    shapes = [
        {
            "id": name,
            "technology": known[name].technology.value,
            "level": level.value if (level := known[name].level) else None,
            "geometry": _geojson(snapshot, _drawn(snapshot.polygons(name), box)),
        }
        for name in layers
    ]
    return {"snapshot": snapshot.id, "layers": shapes, "no_data": _geojson(snapshot, _unsurveyed(snapshot, layers, box))}


def _unsurveyed(snapshot: Snapshot, layers: Sequence[str], box: _Box) -> "Geometries":
    surveys = [snapshot.survey_polygons(name) for name in layers]
    spoken = [_drawn(survey, box) for survey in surveys if survey is not None]
    if not spoken or len(spoken) < len(surveys):  # nothing was asked for, or a layer speaks everywhere
        return _NOTHING
    left = shapely.difference(shapely.box(*box), shapely.union_all(np.concatenate(spoken)))
    parts: Geometries = shapely.get_parts(left)
    unsurveyed: Geometries = parts[~shapely.is_empty(parts)]
    return unsurveyed


def _drawn(polygons: "Geometries", box: _Box) -> "Geometries":
    """Give the parts of some polygons that lie in a box, as finely as the map shows them."""
    near = polygons[shapely.intersects(shapely.box(*box), shapely.box(*shapely.bounds(polygons).T))]
    clipped = shapely.clip_by_rect(near, *box)
    tolerance_m = (box[2] - box[0]) / _PIXELS
    simple = shapely.simplify(clipped, tolerance_m, preserve_topology=False)
    while int(shapely.get_num_coordinates(simple).sum()) > _VERTICES:
        tolerance_m *= 2
        simple = shapely.simplify(clipped, tolerance_m, preserve_topology=False)
    parts: Geometries = shapely.get_parts(simple)
    whole: Geometries = parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)]
    return whole


def _geojson(snapshot: Snapshot, parts: "Geometries") -> dict[str, Any]:
    to_degrees = _to_degrees(str(snapshot.metric_crs))
    degrees = shapely.transform(parts, lambda xy: np.round(np.column_stack(to_degrees.transform(*xy.T)), 6))
    rings = [[ring.tolist() for ring in map(shapely.get_coordinates, shapely.get_rings(part))] for part in degrees]
    return {"type": "MultiPolygon", "coordinates": rings}


@lru_cache(maxsize=8)
def _to_degrees(crs: str) -> Transformer:
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

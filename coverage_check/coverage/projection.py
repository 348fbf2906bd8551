"""Polygons carried into the metric CRS, with edges that stay where they were.

A straight edge of the file is a curve in the metric CRS. It gets so many points between its ends that no place on it lies
more than `MAX_DEVIATION_M` off. Neighbours share an edge in opposite directions; both get the very same points, so that no
sliver opens between them.
"""

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from coverage_check.coverage.sources.features import Geometries

MAX_DEVIATION_M = 0.1
"""How far an edge may lie off; DESIGN: a tenth of a metre, a thousandth of a map's cell."""

_AIM_M = MAX_DEVIATION_M / 2
_SHORT_M = 250.0
"""Edges shorter than this can't deviate: the sagitta of a curve with the radius of a parallel at 80° is 7 mm."""

_QUARTERS = (0.25, 0.5, 0.75)
_MAX_ROUNDS = 12
_MAX_POINTS = 50_000_000

Coords = npt.NDArray[np.float64]


class NotTransformable(ValueError):
    """Coordinates that have no place in the metric CRS. `polygons` are the positions of the polygons concerned."""

    def __init__(self, polygons: npt.NDArray[np.intp]) -> None:
        self.polygons = polygons
        super().__init__(f"{len(polygons)} polygons can't be transformed")


def project(polygons: Geometries, transformer: Transformer) -> Geometries:
    """Transform polygons, with points added to long edges.

    Raises
    ------
    NotTransformable
        Some have infinite coordinates afterwards.
    """
    _, coords, (ring_offsets, polygon_offsets) = shapely.to_ragged_array(polygons, include_z=False)
    coords, offsets = densify(coords, ring_offsets.astype(np.int64), transformer)
    projected = transform(coords, transformer)
    if not (finite := np.isfinite(projected).all(axis=1)).all():
        ring = np.searchsorted(offsets, np.flatnonzero(~finite), side="right") - 1
        raise NotTransformable(np.unique(np.searchsorted(polygon_offsets, ring, side="right") - 1))
    result: Geometries = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, projected, (offsets, polygon_offsets.astype(np.int64))
    )
    return result


def transform(coords: Coords, transformer: Transformer) -> Coords:
    """Transform points; those that can't be are infinite."""
    return np.column_stack(transformer.transform(coords[:, 0], coords[:, 1]))


def densify(
    coords: Coords, ring_offsets: npt.NDArray[np.int64], transformer: Transformer
) -> tuple[Coords, npt.NDArray[np.int64]]:
    """Add points to edges until the transformed edges lie within `MAX_DEVIATION_M` of the true ones."""
    for _ in range(_MAX_ROUNDS):
        pieces = _pieces(coords, ring_offsets, transformer)
        if (pieces == 1).all() or pieces.sum() > _MAX_POINTS:
            break
        coords, ring_offsets = _cut(coords, ring_offsets, pieces)
    return coords, ring_offsets


def _pieces(coords: Coords, ring_offsets: npt.NDArray[np.int64], transformer: Transformer) -> npt.NDArray[np.int64]:
    """Into how many pieces the edge that begins at each point must be cut. The last point of a ring begins none."""
    pieces = np.ones(len(coords), dtype=np.int64)
    placed = transform(coords, transformer)
    begins = np.ones(len(coords), dtype=bool)
    begins[ring_offsets[1:] - 1] = False
    edge = np.flatnonzero(begins)
    with np.errstate(invalid="ignore"):
        edge = edge[np.hypot(*(placed[edge + 1] - placed[edge]).T) > _SHORT_M]
        low, high = _from_lesser_end(coords[edge], coords[edge + 1])
        start, end = transform(low, transformer), transform(high, transformer)
        deviation = np.zeros(len(edge))
        for share in _QUARTERS:
            true, drawn = transform(low + share * (high - low), transformer), start + share * (end - start)
            deviation = np.maximum(deviation, _off_line(true, drawn, end - start))
    bent = np.isfinite(deviation) & (deviation > MAX_DEVIATION_M)
    pieces[edge[bent]] = np.ceil(np.sqrt(deviation[bent] / _AIM_M)).astype(np.int64)
    return pieces


def _off_line(true: Coords, drawn: Coords, along: Coords) -> npt.NDArray[np.float64]:
    """How far the true points lie off the drawn line: across it, for a shift along it changes nothing."""
    across = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
    distance: npt.NDArray[np.float64] = np.abs(((true - drawn) * across).sum(axis=1))
    return distance


def _from_lesser_end(a: Coords, b: Coords) -> tuple[Coords, Coords]:
    """Give the ends of edges in an order that doesn't depend on which way they run."""
    backward = ((a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1])))[:, None]
    return np.where(backward, b, a), np.where(backward, a, b)


def _cut(
    coords: Coords, ring_offsets: npt.NDArray[np.int64], pieces: npt.NDArray[np.int64]
) -> tuple[Coords, npt.NDArray[np.int64]]:
    """Cut each edge into equal pieces, reckoned from its lesser end."""
    first = np.cumsum(pieces) - pieces
    owner = np.repeat(np.arange(len(coords)), pieces)
    step, count = np.arange(len(owner)) - first[owner], pieces[owner]
    a, b = coords[owner], coords[np.minimum(owner + 1, len(coords) - 1)]
    low, high = _from_lesser_end(a, b)
    forward = (low == a).all(axis=1)
    share = np.where(forward, step, count - step) / count
    cut = low + share[:, None] * (high - low)
    cut[first] = coords
    return cut, np.append(first, len(owner))[ring_offsets]

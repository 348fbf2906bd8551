"""What of one area lies outside another, for areas as large as countries."""

import numpy as np
import shapely

from coverage_check.coverage.neighbours import entered, holds_inner_point
from coverage_check.coverage.sources.features import Geometries


def outside(inner: Geometries, outer: Geometries) -> Geometries:
    """Give the pieces of one union's polygons that another union doesn't cover.

    An overlay takes time that grows with the square of the holes. So it only sees the polygons that the other's boundary
    runs through, and of the others only the holes that reach into those.
    """
    part, holder = shapely.STRtree(outer).query(inner)
    both, other = np.append(inner, outer), holder + len(inner)
    crossed = entered(both, other, part, along=False)
    held = ~crossed
    held[held] = holds_inner_point(both, other[held], part[held])
    loose = np.setdiff1d(np.arange(len(inner)), part[held])
    cut = np.isin(loose, part[crossed])
    crossing = inner[loose[cut]]
    around = outer[np.unique(holder[crossed & np.isin(part, loose)])]
    overlay = shapely.difference(shapely.MultiPolygon(crossing.tolist()), shapely.MultiPolygon(_reduced(around, crossing)))
    pieces: Geometries = np.append(inner[loose[~cut]], shapely.get_parts(overlay))
    return pieces[~shapely.is_empty(pieces)]


def _reduced(polygons: Geometries, places: Geometries) -> list[shapely.Polygon]:
    """Leave out the holes that reach into none of the places."""
    rings, owner = shapely.get_rings(polygons, return_index=True)
    shell = np.diff(owner, prepend=-1) > 0
    _, met = shapely.STRtree(rings).query(places, predicate="intersects")
    holes = np.setdiff1d(met, np.flatnonzero(shell))
    first, last = (np.searchsorted(owner[holes], np.arange(len(polygons)), side=side) for side in ("left", "right"))
    return [
        shapely.Polygon(around, rings[holes[start:end]].tolist())
        for around, start, end in zip(rings[shell], first, last, strict=True)
    ]

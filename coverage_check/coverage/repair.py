"""Polygons made valid without losing what they cover.

`buffer(0)` loses half a bow-tie, and `make_valid` as GEOS does it by default turns overlapping parts into holes, that is,
into false "not covered". So: method "structure", which unites shells and then takes out the holes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage.sources.features import Geometries


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Single polygons, and the feature that each came from.

    Attributes
    ----------
    owner
        int64[n]: number of the feature.
    """

    polygons: Geometries
    owner: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repaired:
    """Valid parts, and what it took.

    Attributes
    ----------
    before, after
        For each feature that needed repair its broken parts, and what became of them.
    beyond_repair
        Numbers of the features that GEOS could not repair.
    """

    parts: Parts
    before: dict[int, list[shapely.Polygon]]
    after: dict[int, list[shapely.Polygon]]
    beyond_repair: tuple[int, ...]


def take_apart(geometries: Geometries, numbers: npt.NDArray[np.int64]) -> tuple[Parts, npt.NDArray[np.int64]]:
    """Take polygons out of multipolygons and collections; also give the numbers of features with anything else."""
    parts, index = shapely.get_parts(geometries, return_index=True)
    while (nested := shapely.get_type_id(parts) > shapely.GeometryType.MULTILINESTRING).any():
        inner, at = shapely.get_parts(parts[nested], return_index=True)
        parts, index = np.append(parts[~nested], inner), np.append(index[~nested], index[nested][at])
    empty = shapely.is_empty(parts)
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    kept = polygon & ~empty
    foreign = np.unique(numbers[index[~polygon & ~empty]])
    return Parts(polygons=parts[kept], owner=numbers[index[kept]]), foreign


def repair(parts: Parts) -> Repaired:
    """Make every part valid; parts without area vanish."""
    invalid = np.flatnonzero(~shapely.is_valid(parts.polygons))
    before: dict[int, list[shapely.Polygon]] = {}
    after: dict[int, list[shapely.Polygon]] = {}
    beyond: list[int] = []
    for at in invalid:
        number = int(parts.owner[at])
        before.setdefault(number, []).append(parts.polygons[at])
        try:
            after.setdefault(number, []).extend(_make_valid(parts.polygons[at]))
        except shapely.GEOSException:
            beyond.append(number)
    sound = np.ones(len(parts.polygons), dtype=bool)
    sound[invalid] = False
    mended = [(polygon, number) for number, polygons in after.items() for polygon in polygons]
    polygons = np.array([*parts.polygons[sound], *(polygon for polygon, _ in mended)], dtype=object)
    owner = np.append(parts.owner[sound], np.array([number for _, number in mended], dtype=np.int64))
    return Repaired(
        parts=Parts(polygons=polygons, owner=owner), before=before, after=after, beyond_repair=tuple(sorted(set(beyond)))
    )


def _make_valid(polygon: shapely.Polygon) -> list[shapely.Polygon]:
    valid = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    return [part for part in shapely.get_parts(valid) if isinstance(part, shapely.Polygon) and not part.is_empty]

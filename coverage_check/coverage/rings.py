"""Polygons as plain arrays: what a snapshot stores, and what the look-up reads without a geometry library."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from coverage_check.coverage.index import Index
    from coverage_check.coverage.sources.features import Geometries

NAMES = ("coords", "ring_offsets", "polygon_offsets")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rings:
    """Valid polygons without common interior, in the metric CRS, boundary included.

    Attributes
    ----------
    coords
        float64[n, 2]: x, y in metres; each ring ends with its first point.
    ring_offsets
        int64[r + 1]: ring i is ``coords[ring_offsets[i]:ring_offsets[i + 1]]``.
    polygon_offsets
        int64[p + 1]: polygon j has the rings ``polygon_offsets[j]`` to ``polygon_offsets[j + 1]``, the shell first.
    """

    coords: npt.NDArray[np.float64]
    ring_offsets: npt.NDArray[np.int64]
    polygon_offsets: npt.NDArray[np.int64]

    @classmethod
    def of(cls, polygons: "Geometries") -> "Rings":
        """Take polygons apart."""
        import shapely  # noqa: PLC0415 - an opened snapshot that is only described needs none

        _, coords, (ring_offsets, polygon_offsets) = shapely.to_ragged_array(polygons, include_z=False)
        return cls(
            coords=np.ascontiguousarray(coords, dtype=np.float64),
            ring_offsets=ring_offsets.astype(np.int64),
            polygon_offsets=polygon_offsets.astype(np.int64),
        )

    @classmethod
    def load(cls, folder: Path) -> "Rings":
        """Map a stored area into memory, read-only."""
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in NAMES}
        return cls(**arrays)

    @classmethod
    def indexed(cls, index: "Index", area: int) -> "Rings":
        """Take an area out of a snapshot's index, without a copy."""
        polygons = index.polygons(area)
        return cls(coords=polygons.vertices, ring_offsets=polygons.ring_offsets, polygon_offsets=polygons.polygon_offsets)

    def save(self, folder: Path) -> None:
        """Store as three .npy files in an existing folder."""
        for name in NAMES:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)

    def polygons(self) -> "Geometries":
        """Put the polygons together."""
        import shapely  # noqa: PLC0415

        offsets = (np.asarray(self.ring_offsets), np.asarray(self.polygon_offsets))
        polygons: Geometries = shapely.from_ragged_array(shapely.GeometryType.POLYGON, np.asarray(self.coords), offsets)
        return polygons

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Extent: minx, miny, maxx, maxy, metres."""
        (minx, miny), (maxx, maxy) = self.coords.min(axis=0), self.coords.max(axis=0)
        return float(minx), float(miny), float(maxx), float(maxy)

    @property
    def holes(self) -> int:
        """Number of rings that are no shell."""
        return len(self.ring_offsets) - len(self.polygon_offsets)

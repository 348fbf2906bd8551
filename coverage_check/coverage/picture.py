"""Layers on a map that needs no network: SVG, drawn from the snapshot's own polygons.

Shapes are clipped and simplified for the eye only; no answer is ever read from a map.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coverage_check.errors import InvalidInput

if TYPE_CHECKING:
    from coverage_check.coverage.sources.features import Geometries

WIDTH_PX = 720
FILLS = ("#0b6e99", "#b35900", "#5b3f8c", "#3c6e3c", "#a3294f", "#6b6b00", "#1f4fbf", "#7a4a21", "#00756b", "#8f2bb3")
_LARGEST_HEIGHT = 1.6
"""Of a map, as a share of its width."""

Coordinates = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """SVG, or HTML around it, that notebooks show by themselves."""

    svg: str

    def _repr_html_(self) -> str:
        return self.svg


@dataclass(frozen=True, slots=True)
class Frame:
    """The window of a map, metres, and how it becomes pixels, at most `full_width_px` wide: north is up."""

    west: float
    south: float
    east: float
    north: float
    full_width_px: float = WIDTH_PX

    @classmethod
    def around(cls, xy: Coordinates, *, margin_m: float = 0.0) -> "Frame":
        """Make the window that shows all points, and so much around them.

        Raises
        ------
        InvalidInput
            There is none.
        """
        if xy.size == 0:
            raise InvalidInput("There is nothing to draw: name a layer, or give a place.")
        (west, south), (east, north) = xy.min(axis=0) - margin_m, xy.max(axis=0) + margin_m
        return cls(float(west), float(south), float(east), float(north))

    @property
    def scale(self) -> float:
        """Pixels a metre."""
        full = self.full_width_px
        return min(full / (self.east - self.west), _LARGEST_HEIGHT * full / (self.north - self.south))

    @property
    def width_px(self) -> float:
        """Its width; less than `full_width_px` where it is much higher than wide."""
        return (self.east - self.west) * self.scale

    @property
    def height_px(self) -> float:
        """Its height."""
        return (self.north - self.south) * self.scale

    def pixels(self, xy: Coordinates) -> Coordinates:
        """Carry metres, float64[n, 2], into pixels from the upper left corner."""
        return np.column_stack(((xy[:, 0] - self.west) * self.scale, (self.north - xy[:, 1]) * self.scale))

    def svg(self, content: str, *, label: str) -> str:
        """Put what was drawn into an SVG element of this window."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width_px:.0f} {self.height_px:.0f}"'
            f' width="{self.width_px:.0f}" role="img" aria-label="{escape(label)}"'
            f' style="background:#eef3f6;font-family:sans-serif;max-width:100%">{content}{self._scale_bar()}</svg>'
        )

    def _scale_bar(self) -> str:
        length_m = 10 ** int(np.log10((self.east - self.west) / 3))
        x, y, width = 8.0, self.height_px - 10, length_m * self.scale
        label = f"{length_m:,} m" if length_m < 1000 else f"{length_m // 1000:,} km"
        return (
            f'<line x1="{x}" y1="{y:.0f}" x2="{x + width:.0f}" y2="{y:.0f}" stroke="#222" stroke-width="2"/>'
            f'<text x="{x}" y="{y - 4:.0f}" font-size="11" fill="#222">{label}</text>'
        )


def path_data(polygons: "Geometries", frame: Frame) -> str:
    """Write polygons as the data of one path, to be filled by the even-odd rule.

    A polygon smaller than a pixel becomes one pixel, and those in the same pixel become one: a million specks take no more
    than the map has pixels.
    """
    import shapely  # noqa: PLC0415 - only a map simplifies

    window = (frame.west, frame.south, frame.east, frame.north)
    west, south, east, north = shapely.bounds(polygons).T
    near = (west <= frame.east) & (east >= frame.west) & (south <= frame.north) & (north >= frame.south)
    speck = np.maximum(east - west, north - south) * frame.scale < 1
    centres = np.column_stack(((west + east) / 2, (south + north) / 2))[near & speck]
    dots = np.unique(np.floor(frame.pixels(centres)).astype(np.int64), axis=0)
    clipped = shapely.clip_by_rect(polygons[near & ~speck], *window)
    simple = shapely.simplify(clipped, 0.5 / frame.scale, preserve_topology=False)
    parts = shapely.get_parts(simple)
    rings = shapely.get_rings(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
    return "".join(f"M{x},{y}h1v1h-1z" for x, y in dots.tolist()) + "".join(
        ring_data(frame.pixels(shapely.get_coordinates(ring))) for ring in rings[_extent(rings) * frame.scale >= 1]
    )


def _extent(shapes: "Geometries") -> Coordinates:
    """Give the longer side of each shape's bounds, metres."""
    import shapely  # noqa: PLC0415

    west, south, east, north = shapely.bounds(shapes).T
    longer: Coordinates = np.maximum(east - west, north - south)
    return longer


def ring_data(pixels: Coordinates) -> str:
    """Write a closed ring as path data, in tenths of a pixel."""
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in pixels[:-1].tolist()) + "Z"


def corners(boxes: Sequence[Box]) -> Coordinates:
    """Give the lower left and upper right corners of boxes, float64[2n, 2]."""
    return np.array(boxes, dtype=np.float64).reshape(-1, 2)

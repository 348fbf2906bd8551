"""The window of a drawn map: metres of a metric CRS to pixels, north up."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Coordinates = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What a map shows, metres, and how wide it is drawn."""

    west: float
    south: float
    east: float
    north: float
    width_px: float

    @property
    def scale(self) -> float:
        """Pixels a metre."""
        return self.width_px / (self.east - self.west)

    @property
    def height_px(self) -> float:
        """How high it is drawn."""
        return (self.north - self.south) * self.scale

    def pixels(self, xy: Coordinates) -> Coordinates:
        """Turn float64[n, 2] of metres into pixels from the upper left corner."""
        return np.column_stack(((xy[:, 0] - self.west) * self.scale, (self.north - xy[:, 1]) * self.scale))


def ring_path(pixels: Coordinates) -> str:
    """Write a closed ring as SVG path data, in tenths of a pixel."""
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in pixels[:-1].tolist()) + "Z"

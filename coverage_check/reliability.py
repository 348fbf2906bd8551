"""How probable service is inside a claim, by the distance from its edge: as declared, or as measured."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverage_check.layer import Layer

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Probability of service at places that a claim covers.

    Attributes
    ----------
    probability
        At the edge, as declared.
    resolution_m
        Pixel of the prediction: inside, the doubt falls by a factor e every two pixels.
    points
        A measured curve, metres inside the edge → share, which then holds instead; empty where there is none.
    """

    probability: float
    resolution_m: float
    points: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, layer: Layer) -> "Reliability":
        """Give that of a layer: measured where it carries a curve, else declared."""
        points = layer.curve.points if layer.curve else ()
        return cls(probability=layer.probability, resolution_m=layer.resolution_m, points=points)

    @property
    def at_edge(self) -> float:
        """Probability at the very edge, the least of all inside."""
        return self.points[0][1] if self.points else self.probability

    def at(self, edge_distance_m: Values) -> Values:
        """Give it d metres inside the edge. Outside, no claim covers a place.

        Declared it is 1 - (1 - p) exp(-d / (2 resolution)); measured, straight lines between the curve's points.
        """
        inside_m = np.maximum(edge_distance_m, 0.0)
        if self.points:
            at_m, share = zip(*self.points, strict=True)
            measured: Values = np.interp(inside_m, at_m, share)
            return measured
        value: Values = 1 - (1 - self.probability) * np.exp(inside_m / (-2 * self.resolution_m))
        return value

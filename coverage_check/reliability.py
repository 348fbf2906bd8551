"""How probable service is inside a claim, by the distance from its edge."""

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
    """

    probability: float
    resolution_m: float

    @classmethod
    def of(cls, layer: Layer) -> "Reliability":
        """Give that of a layer."""
        return cls(probability=layer.probability, resolution_m=layer.resolution_m)

    def at(self, edge_distance_m: Values) -> Values:
        """Give it d metres inside the edge: 1 - (1 - p) exp(-d / (2 resolution)). Outside, no claim covers a place."""
        inside_m = np.maximum(edge_distance_m, 0.0)
        value: Values = 1 - (1 - self.probability) * np.exp(inside_m / (-2 * self.resolution_m))
        return value

"""What one layer says at a location."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from coverage_check.layer import Layer


class Status(StrEnum):
    """What a layer says about a place on a day."""

    COVERED = "covered"
    NOT_COVERED = "not_covered"
    NO_DATA = "no_data"
    NOT_IN_FORCE = "not_in_force"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Availability:
    """One layer's claim at a location and over the spread of where the customer may be.

    The first element of each array is the location itself; the rest, if any, are equally likely places of the customer. A
    location far from the layer's edge, compared with its own error, has no rest: one look settles it.

    Attributes
    ----------
    covered, surveyed
        bool[n]: inside the claim; inside the area that the layer speaks about.
    edge_distance_m
        float64[n]: metres to the edge of the claim, positive inside, capped at ±5000.
    edge_bearing_deg
        Direction to the nearest edge from the location, degrees clockwise from north; None beyond the cap.
    """

    layer: Layer
    covered: npt.NDArray[np.bool_]
    surveyed: npt.NDArray[np.bool_]
    edge_distance_m: npt.NDArray[np.float64]
    edge_bearing_deg: float | None = None

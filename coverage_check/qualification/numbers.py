"""Numbers as a decision records them: rounded, and there is no minus zero."""

import numpy as np

from coverage_check.availability import Floats


def tenths(values: Floats) -> Floats:
    """Round to tenths."""
    rounded: Floats = np.round(values, 1) + 0.0
    return rounded


def millionths(values: Floats) -> Floats:
    """Round to millionths."""
    rounded: Floats = np.round(values, 6) + 0.0
    return rounded

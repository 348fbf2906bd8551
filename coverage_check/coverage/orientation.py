"""On which side of an edge a point lies, without error: the one predicate behind "is it covered?".

The sign of a 2 x 2 determinant in floating point is wrong for points very near the edge. So: compute it plainly, keep the
answers that rounding can't have changed, and compute the few others again as an exact sum of exact products (Shewchuk,
"Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997). Exact for coordinates up to
1e8 m that are 0 or at least 1e-100 m: nothing overflows or underflows.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Edges(NamedTuple):
    """Straight edges (x1, y1) → (x2, y2), metres: four arrays of one length."""

    x1: Floats
    y1: Floats
    x2: Floats
    y2: Floats

    def at(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "Edges":
        """Pick some of the edges."""
        return Edges(*(values[which] for values in self))


ERROR_BOUND = 3.3306690738754716e-16
"""(3 + 16 eps) eps with eps = 2^-53: how far rounding moves the determinant, relative to its two products (Shewchuk)."""

_SPLITTER = 134217729.0  # 2^27 + 1: splits a double into two halves whose products are exact (Dekker, 1971)


def orientation(edges: Edges, x: Floats, y: Floats) -> Floats:
    """Tell on which side of its edge each point lies.

    Parameters
    ----------
    edges
        n edges.
    x, y
        float64[n], metres: a point for each edge.

    Returns
    -------
    float64[n]
        Only the sign means something, and it is exact: + left of the edge, - right, 0 on the line through it.
    """
    x1, y1, x2, y2 = edges
    left = (x1 - x) * (y2 - y)
    right = (y1 - y) * (x2 - x)
    sign = left - right
    doubtful = np.flatnonzero(np.abs(sign) <= ERROR_BOUND * (np.abs(left) + np.abs(right)))
    # A product that is exactly 0 leaves the other one's sign, which is right as it stands.
    doubtful = doubtful[left[doubtful] * right[doubtful] != 0]
    if doubtful.size:
        sign[doubtful] = _exact_sign(edges.at(doubtful), x[doubtful], y[doubtful])
    return sign


def _exact_sign(edges: Edges, x: Floats, y: Floats) -> Floats:
    """Give the sign of the determinant multiplied out: six products, each an exact sum of two doubles."""
    x1, y1, x2, y2 = edges
    terms: list[Floats] = []
    for a, b in ((x1, y2), (-x1, y), (-x, y2), (-y1, x2), (y1, x), (y, x2)):
        terms += _two_product(a, b)
    expansion: list[Floats] = []  # components that don't overlap, smallest first: their sum is the exact sum so far
    for term in terms:
        rest = term
        for k, component in enumerate(expansion):
            rest, expansion[k] = _two_sum(rest, component)
        expansion.append(rest)
    sign = np.zeros_like(x1)
    for component in expansion:  # the largest component that isn't 0 has the last word
        sign = np.where(component == 0, sign, np.sign(component))
    return sign


def _two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Give a + b rounded, and what the rounding lost (Knuth)."""
    total = a + b
    b_part = total - a
    return total, (a - (total - b_part)) + (b - b_part)


def _two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Give a x b rounded, and what the rounding lost (Dekker and Veltkamp), the smaller first."""
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    lost = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return lost, product


def _split(a: Floats) -> tuple[Floats, Floats]:
    c = _SPLITTER * a
    high = c - (c - a)
    return high, a - high

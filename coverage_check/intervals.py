"""The interval of a share, as Wilson has it (E. B. Wilson, Journal of the American Statistical Association 22, 1927).

It holds for few cases and for shares near 0 and 1, where the usual one does not.
"""

import math


def wilson_interval(count: float, of: float, *, z: float) -> tuple[float, float]:
    """Give Wilson's score interval of `count` in `of`, which isn't 0.

    Parameters
    ----------
    z
        How many standard deviations the interval reaches to each side: 1.96 for 95 %.

    Examples
    --------
    >>> low, high = wilson_interval(3, 10, z=1.96)
    >>> round(low, 3), round(high, 3)
    (0.108, 0.603)
    """
    middle = (count + z * z / 2) / (of + z * z)
    half = z / (of + z * z) * math.sqrt(count * (of - count) / of + z * z / 4)
    return max(middle - half, 0.0), min(middle + half, 1.0)

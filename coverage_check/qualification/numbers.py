"""Numbers as a decision records them: rounded, and as the text that JSON has for them."""

from functools import cache

import numpy as np

from coverage_check.availability import Floats

_KEPT_TENTHS = 100_000


def tenths(values: Floats) -> Floats:
    """Round to tenths; there is no minus zero."""
    rounded: Floats = np.round(values, 1) + 0.0
    return rounded


def tenths_texts(values: Floats) -> list[str]:
    """Write numbers rounded to tenths, the usual ones as they were written before."""
    if not values.size:
        return []
    finite = np.where(np.isfinite(values), values, 0.0)
    if np.abs(finite).max() * 10 > _KEPT_TENTHS:
        return list(map(repr, values.tolist()))
    return list(map(_tenth_text, np.rint(finite * 10).astype(np.int64).tolist()))


def rounded_texts(values: Floats) -> list[str]:
    """Write numbers as they are."""
    return list(map(repr, (values + 0.0).tolist()))


@cache
def _tenth_text(number: int) -> str:
    """Write a number of tenths; distances come again and again, and there are no more than `_KEPT_TENTHS` of each sign."""
    return repr(number / 10)

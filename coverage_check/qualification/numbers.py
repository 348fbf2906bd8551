"""Numbers as a decision records them: rounded, and as the text that JSON has for them."""

from functools import cache

import numpy as np

from coverage_check.availability import Floats

_TABLE_TENTHS = 100_000


def tenths(values: Floats) -> Floats:
    """Round to tenths; there is no minus zero."""
    rounded: Floats = np.round(values, 1) + 0.0
    return rounded


def tenths_texts(values: Floats) -> list[str]:
    """Write numbers rounded to tenths, the usual ones by looking them up."""
    if not values.size:
        return []
    finite = np.where(np.isfinite(values), values, 0.0)
    if np.abs(finite).max() * 10 > _TABLE_TENTHS:
        return list(map(repr, values.tolist()))
    table = _table()
    return [table[number] for number in np.rint(finite * 10).astype(np.int64).tolist()]


def rounded_texts(values: Floats) -> list[str]:
    """Write numbers as they are."""
    return list(map(repr, (values + 0.0).tolist()))


@cache
def _table() -> list[str]:
    """Give the texts of 0.0, 0.1 … 10000.0, and from the end backwards those of -0.1, -0.2 and so on."""
    positive = [repr(number / 10) for number in range(_TABLE_TENTHS + 1)]
    return positive + ["-" + text for text in reversed(positive[1:])]

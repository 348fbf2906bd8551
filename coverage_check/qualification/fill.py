"""One template filled in for many rows: by the C module, where it was built, or in Python, which defines the texts.

Chosen once, at import. The environment variable COVERAGE_CHECK_TEXTS=python chooses Python, to compare the two or to rule
the compiled module out as the cause of a fault.
"""

import os
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple, TypeAlias

import numpy as np

from coverage_check.availability import Floats, Rows


class Texts(NamedTuple):
    """A column of texts, of which each row names one.

    Attributes
    ----------
    codes
        int[n]: each row's number in `texts`.
    texts
        In UTF-8.
    """

    codes: Rows
    texts: list[bytes]


Column: TypeAlias = Floats | Texts
"""What fills a gap in each row: a number, whose text is Python's repr of it, or a text."""
Filler: TypeAlias = Callable[[tuple[bytes, ...], tuple[Column, ...], Rows, int], list[bytes]]
REPR = -1
"""So many decimals as tell the number from all others."""


def in_python(pieces: tuple[bytes, ...], columns: tuple[Column, ...], rows: Rows, decimals: int) -> list[bytes]:
    """Fill in one text for each of some rows.

    Parameters
    ----------
    pieces
        What stands before, between and after the gaps.
    columns
        What fills each gap, in any number of rows.
    rows
        int[n]: which of them.
    decimals
        Of the numbers; `REPR` as many as `repr` writes.

    Raises
    ------
    ValueError
        A number is not finite.
    """
    number = b"%a" if decimals == REPR else b"%%.%df" % decimals
    values = []
    template = pieces[0].replace(b"%", b"%%")
    for column, piece in zip(columns, pieces[1:], strict=True):
        texts = isinstance(column, Texts)
        template += (b"%b" if texts else number) + piece.replace(b"%", b"%%")
        values.append(_named(column, rows) if isinstance(column, Texts) else _finite(column[rows]))
    return list(map(template.__mod__, zip(*values, strict=True))) if values else [pieces[0]] * len(rows)


def _named(column: Texts, rows: Rows) -> list[bytes]:
    return [column.texts[code] for code in column.codes[rows].tolist()]


def _finite(numbers: Floats) -> list[float]:
    if not np.isfinite(numbers).all():
        raise ValueError("a number that is not finite has no text")
    found: list[float] = numbers.tolist()
    return found


def _compiled() -> Filler | None:
    if np.dtype(np.intp).itemsize != 8:  # as which it reads rows and codes
        return None
    try:
        found: Filler = import_module("coverage_check.qualification._fill").fill
    except ImportError:  # installed where there was no compiler
        return None
    return found


COMPILED = _compiled()
CHOSEN: Filler = in_python if COMPILED is None or os.environ.get("COVERAGE_CHECK_TEXTS") == "python" else COMPILED


def fill(pieces: tuple[bytes, ...], columns: tuple[Column, ...], rows: Rows, *, decimals: int = REPR) -> list[bytes]:
    """Do what `in_python` says, in the way that was chosen."""
    return CHOSEN(pieces, columns, rows, decimals)

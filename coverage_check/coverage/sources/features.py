"""What a reader gives: the features of one layer as the file has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources.cells import Cells
from coverage_check.declaration import nearest

Geometries = npt.NDArray[np.object_]
"""Shapely geometries, None where there is none."""

_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """The features of one layer, in the file's order.

    Attributes
    ----------
    geometries
        As read, not repaired.
    numbers
        int64[n]: the number of each feature in the file, from 1, for messages.
    crs
        What the file says: authority code, WKT or PROJJSON; None if it says nothing.
    rings_closed
        How many features had a ring whose last point was not its first; it was closed.
    unreadable
        Numbers of features whose geometry is of a kind that coverage can't have (a solid, a mesh).
    cells
        How many cells the geometries were drawn from; None where the file has features.
    """

    geometries: Geometries
    numbers: npt.NDArray[np.int64]
    crs: str | None
    rings_closed: int = 0
    unreadable: tuple[int, ...] = ()
    cells: int | None = None

    @property
    def count(self) -> int:
        """How many features, or cells, the layer has in the file."""
        return len(self.geometries) if self.cells is None else self.cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is wanted of a file: which of its layers, and which features of it.

    Attributes
    ----------
    table
        Name of the layer inside the file; None if it must be the only one.
    where
        For each column the values that count; all columns must fit.
    stem
        The file's name before the copy was taken, without its suffix: formats of one layer call the layer so.
    cells
        How to read a file of cells; None for features.
    """

    table: str | None
    where: Mapping[str, Sequence[Any]]
    stem: str
    cells: Cells | None = None


def choose_table(names: Sequence[str], request: Request) -> str:
    """Choose the layer inside a file.

    Raises
    ------
    Fault
        NO_LAYER or AMBIGUOUS_LAYER.
    """
    if not names:
        raise Fault("NO_LAYER", "it holds no layer; ask its publisher for a complete file.")
    if request.table is None:
        if len(names) > 1:
            raise Fault("AMBIGUOUS_LAYER", f'it holds the layers {_some(names)}; choose one with layer = "…".')
        return names[0]
    if request.table in names:
        return request.table
    if len(names) == 1 and request.table == request.stem:
        return names[0]
    raise Fault(
        "NO_LAYER", f"it holds no layer {request.table!r}{nearest(request.table, names) or f'; it holds {_some(names)}.'}"
    )


def check_columns(names: Sequence[str], request: Request) -> None:
    """Check that `where` names columns that the layer has.

    Raises
    ------
    Fault
        NO_COLUMN.
    """
    for column in request.where:
        if column not in names:
            hint = nearest(column, names) or f"; it has {_some(names) or 'none'}."
            raise Fault("NO_COLUMN", f"it has no column {column!r} for 'where'{hint}")


def select(columns: Mapping[str, npt.NDArray[Any]], request: Request, count: int) -> npt.NDArray[np.bool_]:
    """Mark the features that `where` asks for.

    Raises
    ------
    Fault
        EMPTY_LAYER where no feature fits.
    """
    chosen = np.ones(count, dtype=bool)
    for column, wanted in request.where.items():
        chosen &= np.isin(_comparable(columns[column]), [_as_text(value) for value in wanted])
    if request.where and count and not chosen.any():
        column = next(iter(request.where))
        has = _some(sorted(set(_comparable(columns[column]).tolist())))
        raise Fault("EMPTY_LAYER", f"no feature fits 'where'; column {column!r} has {has}.")
    return chosen


def _comparable(values: npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    return np.array([_as_text(value) for value in values.tolist()], dtype=np.str_)


def _as_text(value: object) -> str:
    """Write 3, 3.0 and "3" alike: the same column is text in one format and a number in another."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _some(words: Sequence[str]) -> str:
    shown = ", ".join(repr(word) for word in words[:_SHOWN])
    return shown + (f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else "")

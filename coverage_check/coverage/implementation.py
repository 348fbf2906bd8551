"""What does the look-up: NumPy, which is always there and defines the answers, or the C module, where it was built.

Chosen once, at import. The environment variable COVERAGE_CHECK_INDEX=numpy chooses NumPy, to compare the two or to rule the
compiled module out as the cause of a fault.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coverage_check.coverage import index_build, index_lookup
from coverage_check.coverage.grid import (
    GRID,
    Around,
    Arrays,
    Floats,
    Grid,
    Integers,
    Numbers,
    Picked,
    Polygons,
    check_total,
)
from coverage_check.coverage.index_lookup import Bytes


class Implementation(NamedTuple):
    """Six questions to the index and the building of it; index_lookup.py and index_build.py say what they mean."""

    name: str
    locate: Callable[[Arrays, Integers, Floats, Floats, Bytes], None]
    locate_around: Callable[[Arrays, Integers, Floats, Floats, Around, Bytes], None]
    distance_around: Callable[[Arrays, Integers, Floats, Floats, Picked, Floats], None]
    edge_distance: Callable[[Arrays, Integers, Floats, Floats, Floats], None]
    distance_beside: Callable[[Arrays, Integers, Floats, Floats, Floats, Floats], None]
    classify: Callable[[Arrays, Integers, Floats, Floats, Floats, NDArray[np.int8]], None]
    build_cells: Callable[[Polygons, Grid], tuple[Numbers, Numbers]]


NUMPY = Implementation(
    "numpy",
    index_lookup.locate,
    index_lookup.locate_around,
    index_lookup.distance_around,
    index_lookup.edge_distance,
    index_lookup.distance_beside,
    index_lookup.classify,
    index_build.build_cells,
)


def _compiled() -> Implementation | None:
    try:
        from coverage_check.coverage import _lookup  # noqa: PLC0415 - where it was built
    except ImportError:  # installed where there was no compiler
        return None

    def build_cells(polygons: Polygons, grid: Grid) -> tuple[Numbers, Numbers]:
        row = np.zeros(1, GRID)
        for name, value in (*grid._asdict().items(), ("cells_a_metre", 1 / grid.cell_m)):
            row[name] = value
        vertices = np.ascontiguousarray(polygons.vertices, np.float64)
        rings = np.ascontiguousarray(polygons.ring_offsets, np.int64)
        cells = np.zeros(grid.columns * grid.rows, np.uint32)
        _lookup.count_edges(row, vertices, rings, cells)
        edges = np.empty(check_total(int(cells.sum(dtype=np.int64)) + int(np.count_nonzero(cells))), np.uint32)
        _lookup.fill(row, vertices, rings, cells, edges)
        return cells, edges

    return Implementation(
        "c",
        lambda arrays, *rest: _lookup.locate(*arrays[:4], *rest),
        lambda arrays, layers, x, y, around, out: _lookup.locate_around(
            *arrays[:4], layers, x, y, *around, out, around.offsets_m.shape[1]
        ),
        lambda arrays, layers, x, y, picked, out: _lookup.distance_around(*arrays[:4], layers, x, y, *picked, out),
        lambda arrays, *rest: _lookup.edge_distance(*arrays[:4], *rest),
        lambda arrays, *rest: _lookup.distance_beside(*arrays[:4], *rest),
        lambda arrays, *rest: _lookup.classify(*arrays[:4], *rest),
        build_cells,
    )


COMPILED = _compiled()
CHOSEN = NUMPY if COMPILED is None or os.environ.get("COVERAGE_CHECK_INDEX") == "numpy" else COMPILED


def implementation() -> str:
    """Name what does the look-up: "c" or "numpy". The answers are the same to the bit."""
    return CHOSEN.name

"""The compiled index of a snapshot's layers: points in, for every layer "covered?" and metres to the edge out.

>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> import numpy as np
>>> square = Polygons(
...     vertices=np.array([[0.0, 0.0], [0.0, 900.0], [900.0, 900.0], [900.0, 0.0], [0.0, 0.0]]),
...     ring_offsets=np.array([0, 5]),
...     polygon_offsets=np.array([0, 1]),
... )
>>> with TemporaryDirectory() as folder:
...     build([square], Path(folder))
...     index = Index.open(Path(folder))
>>> x, y = np.array([450.0, 1200.0]), np.array([450.0, 450.0])
>>> index.covered(x, y)
array([[ True],
       [False]])
>>> index.edge_distance_m(x, y)
array([[ 450.],
       [-300.]])
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coverage_check.coverage.grid import GRID, STATED_DISTANCE_M, Around, Arrays, Floats, Grid, Integers, Picked, Polygons
from coverage_check.coverage.implementation import CHOSEN, Implementation, implementation
from coverage_check.coverage.index_files import ArrayWriter, open_arrays
from coverage_check.coverage.index_lookup import OUTSIDE
from coverage_check.errors import InvalidInput, SnapshotInvalid

__all__ = ["STATED_DISTANCE_M", "Index", "Polygons", "build", "implementation"]

T = TypeVar("T", bound=np.generic)

_SORTED_FROM = 1 << 14
"""So many points are looked up in order of place, neighbours together; fewer in the order they came."""


def build(layers: Iterable[Polygons], folder: Path, *, by: Implementation = CHOSEN) -> None:
    """Write the index of some layers into a folder that exists, one layer after the other.

    The same layers give the same bytes, whichever implementation builds and on whatever machine.

    Parameters
    ----------
    layers
        The truth of each layer in one metric CRS: valid polygons with disjoint interiors. They may come from a generator,
        so that one is in memory at a time.
    folder
        Gets one .npy file for each array of the index.
    by
        What builds; there is no need to say.

    Raises
    ------
    InvalidInput
        A layer that can't be indexed; the message names it by its number, from 0.
    OSError
        A file that can't be written.
    """
    rows = []
    with ArrayWriter(folder) as writer:
        for number, polygons in enumerate(layers):
            try:
                polygons.check()
                grid = Grid.around(polygons)
                cells, edges = by.build_cells(polygons, grid)
            except InvalidInput as fault:
                raise InvalidInput(f"Layer {number}: {fault}") from fault
            first = dict(writer.lengths)
            writer.append("cells", cells)
            writer.append("edges", edges)
            writer.append("vertices", polygons.vertices)
            writer.append("rings", polygons.ring_offsets)
            writer.append("polygons", polygons.polygon_offsets)
            ranges = (
                at[name] for name in ("cells", "edges", "vertices", "rings", "polygons") for at in (first, writer.lengths)
            )
            rows.append((*grid[:3], 1 / grid.cell_m, *grid[3:], *ranges))
        writer.append("grids", np.array(rows, GRID))


class Index:
    """An index on disk, mapped into memory read-only: threads and forked processes share it.

    Attributes
    ----------
    folder
        Where the files lie.
    arrays
        The files' content; grid.py describes it.
    """

    def __init__(self, folder: Path, arrays: Arrays, by: Implementation = CHOSEN) -> None:
        self.folder = folder
        self.by = by
        self.arrays = arrays
        self._all = np.arange(len(arrays.grids))

    @classmethod
    def open(cls, folder: Path, *, by: Implementation = CHOSEN) -> Self:
        """Map the files; nothing but their headers is read.

        Raises
        ------
        SnapshotInvalid
            A file is missing, cut short, or not of this format.
        """
        return cls(folder, open_arrays(folder), by)

    def __len__(self) -> int:
        """Count the layers."""
        return len(self._all)

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return type(self).open, (self.folder,)

    def polygons(self, layer: int) -> Polygons:
        """Give back what the layer was built from, without a copy."""
        grid = self.arrays.grids[layer]
        return Polygons(
            vertices=self.arrays.vertices[grid["first_vertex"] : grid["end_vertex"]],
            ring_offsets=self.arrays.rings[grid["first_ring"] : grid["end_ring"]],
            polygon_offsets=self.arrays.polygons[grid["first_polygon"] : grid["end_polygon"]],
        )

    def locate(self, x: ArrayLike, y: ArrayLike, *, layers: Sequence[int] | Integers | None = None) -> NDArray[np.uint8]:
        """Tell more than `covered`: 0 outside, 1 inside, 2 exactly on the boundary, as uint8[n, layers]."""
        chosen = self._chosen(layers)
        points = _Points(x, y, by_place=len(chosen) > 1)  # in one layer, to put them in order costs what it saves
        out = np.empty((len(points), len(chosen)), np.uint8)
        self._ask(self.by.locate, chosen, points.x, points.y, out)
        return points.as_given(out)

    def covered(self, x: ArrayLike, y: ArrayLike, *, layers: Sequence[int] | Integers | None = None) -> NDArray[np.bool_]:
        """Tell whether each layer covers each point; its boundary is covered.

        Parameters
        ----------
        x, y
            n points, metres in the metric CRS of the layers; a number is one point.
        layers
            Which layers to ask, all by default.

        Returns
        -------
        bool[n, layers]
            Exactly what `shapely.covers` says of the layer's polygons.

        Raises
        ------
        InvalidInput
            A coordinate that is not finite, or x and y of different shapes.
        """
        covered: NDArray[np.bool_] = self.locate(x, y, layers=layers) != OUTSIDE
        return covered

    def covered_around(self, x: Floats, y: Floats, around: Around, *, layer: int) -> NDArray[np.uint64]:
        """Tell for places around some points whether a layer covers them: as `covered`, much sooner.

        Parameters
        ----------
        x, y
            float64[n], finite.

        Returns
        -------
        uint64[n, words]
            A bit for each place, the first in the lowest bit of the first byte.
        """
        words = -(-around.offsets_m.shape[1] // 64)
        out = np.zeros((len(x), words * 8), np.uint8)
        x, y, offsets_m = (np.ascontiguousarray(array, np.float64) for array in (x, y, around.offsets_m))
        kind, first = (np.ascontiguousarray(array, np.int64) for array in (around.kind, around.first))
        here = np.ascontiguousarray(around.here, np.uint8)
        self._ask(self.by.locate_around, self._all[layer : layer + 1], x, y, Around(offsets_m, kind, here, first), out)
        return out.view(np.uint64)

    def distance_around_m(self, x: Floats, y: Floats, picked: Picked, out: Floats, *, layer: int) -> None:
        """Measure from some places around points to the boundary of a layer, much sooner than one by one.

        Parameters
        ----------
        x, y
            float64[n], finite.
        out
            float64[n, places]: at the picked places it gets the metres without sign, else as `edge_distance_m`.
        """
        x, y, offsets_m, reach_m = (np.ascontiguousarray(a, np.float64) for a in (x, y, picked.offsets_m, picked.reach_m))
        kind, which = np.ascontiguousarray(picked.kind, np.int64), np.ascontiguousarray(picked.picked)
        question = Picked(offsets_m, kind, which, reach_m)
        self._ask(self.by.distance_around, self._all[layer : layer + 1], x, y, question, out)

    def distance_beside_m(self, x: Floats, y: Floats, distance_m: Floats, *, layer: int) -> Floats:
        """Measure from a metre beside each point to the boundary of a layer, much sooner than place by place.

        Parameters
        ----------
        x, y
            float64[n], finite.
        distance_m
            float64[n]: from the points themselves, as `edge_distance_m` gives it.

        Returns
        -------
        float64[n, 4]
            From the east, west, north and south of each point, as `edge_distance_m`.
        """
        points = _Points(x, y, by_place=True)
        out = np.empty((len(points), 4))
        known = points.arrange(distance_m)
        self._ask(self.by.distance_beside, self._all[layer : layer + 1], points.x, points.y, known, out)
        return points.as_given(out)

    def edge_distance_m(self, x: ArrayLike, y: ArrayLike, *, layers: Sequence[int] | Integers | None = None) -> Floats:
        """Measure from each point to the boundary of each layer.

        Parameters
        ----------
        x, y, layers
            As for `covered`.

        Returns
        -------
        float64[n, layers]
            Metres: + covered, - not covered, 0 exactly on the boundary, ±5000 for "that or more".

        Raises
        ------
        InvalidInput
            As for `covered`.
        """
        points, chosen = _Points(x, y, by_place=True), self._chosen(layers)
        out = np.empty((len(points), len(chosen)))
        self._ask(self.by.edge_distance, chosen, points.x, points.y, out)
        return points.as_given(out)

    def classify(
        self, x: ArrayLike, y: ArrayLike, radius_m: ArrayLike, *, layers: Sequence[int] | Integers | None = None
    ) -> NDArray[np.int8]:
        """Tell what still holds if each point may be off by its radius: what `edge_distance_m` says, found sooner.

        Parameters
        ----------
        x, y, layers
            As for `covered`.
        radius_m
            One radius, or one for each point. Beyond 5000 m nothing is decided.

        Returns
        -------
        int8[n, layers]
            1 covered and more than the radius from the edge, -1 not covered and more than the radius from it, 0 undecided.

        Raises
        ------
        InvalidInput
            As for `covered`; or a radius that is negative or not a number.
        """
        points, chosen = _Points(x, y, by_place=True), self._chosen(layers)
        radius = np.asarray(radius_m, np.float64)
        if not (radius >= 0).all():
            raise InvalidInput("An error radius is negative or not a number: give metres, 0 or more.")
        if radius.shape not in {(), (1,), (len(points),)}:
            raise InvalidInput("There must be one radius, or one for each point.")
        out = np.empty((len(points), len(chosen)), np.int8)
        self._ask(self.by.classify, chosen, points.x, points.y, points.arrange(radius), out)
        return points.as_given(out)

    def _ask(self, question: Callable[..., None], *arrays: NDArray[Any] | Around | Picked) -> None:
        try:
            question(self.arrays, *arrays)
        except IndexError as fault:
            raise SnapshotInvalid(f"The index in {self.folder} is damaged: import the layers again.") from fault

    def _chosen(self, layers: Sequence[int] | Integers | None) -> NDArray[np.int64]:
        return self._all if layers is None else self._all[np.asarray(layers, np.intp)]


class _Points:
    """Points as the look-up wants them: checked, and if many and if it pays, neighbours together."""

    def __init__(self, x: ArrayLike, y: ArrayLike, *, by_place: bool) -> None:
        self.x, self.y = np.array(x, np.float64, ndmin=1, copy=None), np.array(y, np.float64, ndmin=1, copy=None)
        if self.x.ndim > 1 or self.x.shape != self.y.shape:
            raise InvalidInput("x and y must be two numbers or two rows of equal length.")
        if not (np.isfinite(self.x) & np.isfinite(self.y)).all():
            raise InvalidInput("A coordinate is not a finite number: leave such points out, they are nowhere.")
        self._order: NDArray[np.intp] | None = None
        if by_place and len(self.x) >= _SORTED_FROM:
            self._order = _order_of_place(self.x, self.y)
            self.x, self.y = self.x[self._order], self.y[self._order]
        else:
            self.x, self.y = np.ascontiguousarray(self.x), np.ascontiguousarray(self.y)

    def __len__(self) -> int:
        return len(self.x)

    def arrange(self, values: Floats) -> Floats:
        """Arrange one value, or one for each point, as the points are."""
        values = np.broadcast_to(values, self.x.shape)
        return np.ascontiguousarray(values if self._order is None else values[self._order])

    def as_given(self, rows: NDArray[T]) -> NDArray[T]:
        """Bring the answers, a row for each point, into the order in which the points came."""
        if self._order is None:
            return rows
        given = np.empty_like(rows)
        given[self._order] = rows
        return given


def _order_of_place(x: Floats, y: Floats) -> NDArray[np.intp]:
    """Sort points by the square of a 256 x 256 grid in which they lie: what neighbours need is then still in the cache."""
    squares = []
    for values in (y, x):
        low, high = values.min(), values.max()
        squares.append(((values - low) * (255 / max(high - low, 1.0))).astype(np.uint16))
    return np.argsort(squares[0] * np.uint16(256) + squares[1], kind="stable")  # radix sort, as there are 16 bits

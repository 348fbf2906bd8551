"""Cells drawn as polygons, with shapely's union of the squares as the oracle."""

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coverage_check.coverage.sources.cell_outline import Runs, outline

Mask = npt.NDArray[np.bool_]
MASKS = arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9)))


def squares(mask: Mask) -> npt.NDArray[np.object_]:
    row, column = np.nonzero(mask)
    made: npt.NDArray[np.object_] = shapely.box(column, row, column + 1, row + 1)
    return made


def mask_of(*rows: str) -> Mask:
    """Draw a mask; the first text is the lowest row."""
    return np.array([[letter == "#" for letter in row] for row in rows])


@given(MASKS)
@settings(max_examples=300, deadline=None)
def test_polygons_are_the_union_of_the_cells(mask: Mask) -> None:
    polygons = outline(Runs.of_mask(mask))
    assert shapely.is_valid(polygons).all()
    assert shapely.equals(shapely.union_all(polygons), shapely.union_all(squares(mask)))
    assert shapely.area(polygons).sum() == mask.sum(), "no cell is drawn twice"


@given(MASKS, st.integers(-50, 50))
@settings(max_examples=50, deadline=None)
def test_listed_cells_and_masks_are_drawn_alike(mask: Mask, shift: int) -> None:
    row, column = np.nonzero(mask)
    shuffled = np.random.default_rng(3).permutation(len(row))
    listed = outline(Runs.of_cells(column[shuffled] + shift, row[shuffled] + shift))
    moved = shapely.transform(listed, lambda coords: coords - shift)
    assert shapely.equals(shapely.union_all(moved), shapely.union_all(outline(Runs.of_mask(mask))))


@pytest.mark.parametrize(
    ("rows", "polygons", "holes", "points"),
    [
        (("#",), 1, 0, 5),
        (("##", "##"), 1, 0, 5),
        (("#.", ".#"), 2, 0, 10),  # they only meet at a corner
        (("###", "#.#", "###"), 1, 1, 10),
        (("###", "#.#", "##."), 1, 1, 12),  # the hole touches the outside at a corner
        (("####", "#.##", "##.#", "####"), 1, 2, 15),  # two holes touch each other
        (("#####", "#...#", "#.#.#", "#...#", "#####"), 2, 1, 15),  # an island in a lake
    ],
)
def test_shapes(rows: tuple[str, ...], polygons: int, holes: int, points: int) -> None:
    made = outline(Runs.of_mask(mask_of(*rows)))
    assert (len(made), shapely.get_num_interior_rings(made).sum(), shapely.get_num_coordinates(made).sum()) == (
        polygons,
        holes,
        points,
    )


def test_no_cell_no_polygon() -> None:
    assert len(outline(Runs.of_mask(np.zeros((3, 3), dtype=bool)))) == 0

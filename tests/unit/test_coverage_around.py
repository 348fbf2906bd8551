"""Places around a point are answered as if each had been asked about alone: to the bit, by either implementation."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from coverage_check.availability import unmasked
from coverage_check.coverage.grid import Around, Picked
from coverage_check.coverage.implementation import COMPILED, Implementation
from coverage_check.coverage.index import Index
from tests.unit.test_coverage_index import awkward_points, coverages, every_implementation, index_of


def assert_as_one_by_one(index: Index, geometry: BaseGeometry, rng: np.random.Generator) -> None:
    """Ask about places around awkward points, near and far, many of them awkward themselves."""
    awkward = awkward_points(geometry, rng, float(index.arrays.grids[0]["cell_m"]))
    points = awkward[rng.integers(len(awkward), size=25)]
    x, y = np.ascontiguousarray(points.T)
    radius_m = rng.choice([1.0, 45.0, 900.0, 20_000.0], 3)
    places = int(rng.choice([1, 8, 40, 64, 300]))
    offsets_m = rng.normal(size=(3, places, 2)) * radius_m[:, None, None]
    offsets_m[0] = np.round(offsets_m[0])  # a step from vertex to vertex, where those are round
    offsets_m[1, ::3] = awkward[rng.integers(len(awkward), size=len(offsets_m[1, ::3]))] - points[0]
    kind, first = rng.integers(3, size=len(x)), rng.integers(places + 1, size=len(x))
    here = index.covered(x, y)[:, 0]
    located = index.locate(x, y)[:, 0]

    found = unmasked(index.covered_around(x, y, Around(offsets_m, kind, located, first), layer=0), places)
    there = points[:, None] + offsets_m[kind]
    alone = index.covered(*there.reshape(-1, 2).T)[:, 0].reshape(len(x), places)
    asked = np.arange(places) >= first[:, None]
    assert (found == np.where(asked, alone, here[:, None])).all()

    distance_m = np.abs(index.edge_distance_m(*there.reshape(-1, 2).T)[:, 0]).reshape(len(x), places)
    reach_m = distance_m.max(axis=1) * rng.choice([0.5, 1.0, 3.0], len(x))  # a reach may be untrue
    picked, measured = rng.random((len(x), places)) < rng.choice([0.0, 0.1, 0.9]), np.full((len(x), places), 7.0)
    index.distance_around_m(x, y, Picked(offsets_m, kind, picked, reach_m), measured, layer=0)
    assert (measured == np.where(picked, distance_m, 7.0)).all()

    known = index.edge_distance_m(x, y)[:, 0] * rng.choice([0.0, 0.5, 1.0, 1.0, 3.0], len(x))  # this may be untrue, too
    steps = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    aside = index.edge_distance_m(*(points[:, None] + steps).reshape(-1, 2).T)[:, 0].reshape(-1, 4)
    assert (index.distance_beside_m(x, y, known, layer=0) == aside).all()


@every_implementation
@settings(max_examples=60)
@given(shape=coverages(), seed=st.integers(0, 2**32 - 1))
def test_places_around_points_are_answered_as_one_by_one(by: Implementation, shape: BaseGeometry, seed: int) -> None:
    with TemporaryDirectory() as folder:
        assert_as_one_by_one(index_of(Path(folder), shape, by=by), shape, np.random.default_rng(seed))


@every_implementation
def test_more_edges_than_can_be_looked_at_together_change_nothing(tmp_path: Path, by: Implementation) -> None:
    angles = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    radii = np.where(np.arange(3000) % 2, 40.0, 55.0)
    star = shapely.Polygon(np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None] + (674_000, 6_580_000))
    assert_as_one_by_one(index_of(tmp_path, star, by=by), star, np.random.default_rng(1))


@every_implementation
def test_points_on_an_edge_and_beyond_the_grid(tmp_path: Path, by: Implementation) -> None:
    index = index_of(tmp_path, shapely.box(0, 0, 1000, 1000), by=by)
    offsets_m = np.array([[[0.0, 0.0], [0.0, 7.0], [-7.0, 0.0], [1e6, 1e6]]])
    x, y = np.array([0.0, 500.0, -9e6]), np.array([500.0, 500.0, 9e6])
    around = Around(offsets_m, np.zeros(3, np.int64), index.locate(x, y)[:, 0], np.zeros(3, np.int64))
    covered = unmasked(index.covered_around(x, y, around, layer=0), 4)
    assert covered.tolist() == [[True, True, False, False], [True, True, True, False], [False] * 4]


@pytest.mark.skipif(not COMPILED, reason="the C module was not built here")
@pytest.mark.parametrize(
    ("kind", "first", "width"),
    [([1], [0], 1), ([-1], [0], 1), ([0], [-1], 1), ([0], [0], 0), ([0, 0], [0], 1), ([0], [0, 0], 1)],
)
def test_what_leads_out_of_the_arrays_is_refused(tmp_path: Path, kind: list[int], first: list[int], width: int) -> None:
    assert COMPILED
    index = index_of(tmp_path, shapely.box(0, 0, 1000, 1000), by=COMPILED)
    around = Around(np.zeros((1, 4, 2)), np.array(kind), np.zeros(1, np.uint8), np.array(first))
    with pytest.raises(ValueError, match="do not fit together"):
        COMPILED.locate_around(
            index.arrays, np.zeros(1, np.int64), np.ones(1), np.ones(1), around, np.zeros((1, width), np.uint8)
        )


@pytest.mark.skipif(not COMPILED, reason="the C module was not built here")
@pytest.mark.parametrize(
    ("kind", "picked", "reaches"), [([1], 4, 1), ([-1], 4, 1), ([0], 3, 1), ([0], 4, 2), ([0, 0], 4, 1)]
)
def test_picked_places_that_do_not_fit_are_refused(tmp_path: Path, kind: list[int], picked: int, reaches: int) -> None:
    assert COMPILED
    index = index_of(tmp_path, shapely.box(0, 0, 1000, 1000), by=COMPILED)
    asked = Picked(np.zeros((1, 4, 2)), np.array(kind), np.ones((1, picked), bool), np.ones(reaches))
    with pytest.raises(ValueError, match="do not fit together"):
        COMPILED.distance_around(index.arrays, np.zeros(1, np.int64), np.ones(1), np.ones(1), asked, np.zeros((1, 4)))

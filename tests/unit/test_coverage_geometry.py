"""Repair, densify, transform, unite: what must hold for any polygons, with shapely and PROJ as the oracles."""

import math

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check.coverage import union
from coverage_check.coverage.boundary import LINE_POINTS, short_lines
from coverage_check.coverage.projection import MAX_DEVIATION_M, NotTransformable, project
from coverage_check.coverage.repair import Parts, repair, take_apart
from coverage_check.coverage.rings import Rings
from coverage_check.coverage.sources.features import Geometries
from coverage_check.coverage.union import unite

TO_3006 = pyproj.Transformer.from_crs(4326, 3006, always_xy=True)


def array(*geometries: shapely.Geometry | None) -> Geometries:
    return np.array(geometries, dtype=object)


# Repair --------------------------------------------------------------------------------------------------------------

BROKEN = {
    "bow-tie: both lobes stay (B01)": ("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))", 2.0),
    "ring outside its shell: taken for a shell (B02)": (
        "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (5 5, 6 5, 6 6, 5 6, 5 5))",
        17.0,
    ),
    "the same hole twice: one hole (B02)": (
        "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1), (1 1, 2 1, 2 2, 1 2, 1 1))",
        15.0,
    ),
    "spike: it vanishes (B02)": ("POLYGON ((0 0, 4 0, 9 0, 4 0, 4 4, 0 4, 0 0))", 16.0),
    "ring that touches itself: the hole stays (B05)": (
        "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0, 1 1, 1 2, 2 2, 2 1, 1 1, 0 0))",
        15.0,
    ),
    "out and back on one line: nothing": ("POLYGON ((0 0, 4 0, 0 0, 0 0))", 0.0),
}


@pytest.mark.parametrize("name", BROKEN)
def test_repair_keeps_what_is_covered(name: str) -> None:
    text, area = BROKEN[name]
    broken = shapely.from_wkt(text)
    repaired = repair(Parts(polygons=array(broken), owner=np.array([7])))
    assert shapely.is_valid(repaired.parts.polygons).all()
    assert shapely.area(repaired.parts.polygons).sum() == area
    assert list(repaired.before) == [7]


def test_winding_makes_no_difference() -> None:
    """B03."""
    box = shapely.box(0, 0, 4, 4)
    turned = repair(Parts(polygons=array(box.reverse()), owner=np.array([1])))
    assert not turned.before
    assert shapely.equals_identical(unite(turned.parts.polygons)[0], unite(array(box))[0])


def test_overlapping_parts_make_no_hole() -> None:
    """GEOS's default way to make a multipolygon valid would leave a hole where its parts overlap."""
    overlapping = shapely.MultiPolygon([shapely.box(0, 0, 3, 3), shapely.box(1, 1, 4, 4)])
    parts, _ = take_apart(array(overlapping), np.array([1]))
    whole = unite(repair(parts).parts.polygons)
    assert shapely.covers(whole[0], shapely.Point(2, 2))
    assert whole[0].area == 14


def test_polygons_are_found_in_nested_collections_and_the_rest_is_named() -> None:
    nested = shapely.GeometryCollection(
        [shapely.GeometryCollection([shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])]), shapely.box(2, 2, 3, 3)]
    )
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.MultiPoint([(0, 0)])])
    parts, foreign = take_apart(array(nested, mixed, None, shapely.Polygon()), np.array([1, 2, 3, 4]))
    assert parts.owner.tolist().count(1) == 2
    assert foreign.tolist() == [2]


# Transform -----------------------------------------------------------------------------------------------------------

corner = st.tuples(st.floats(11, 24), st.floats(55, 69))
reach = st.floats(0.0001, 8)


@settings(deadline=None, max_examples=60)
@given(start=corner, width=reach, height=reach)
def test_no_place_on_an_edge_lies_off(start: tuple[float, float], width: float, height: float) -> None:
    """A thousand places on each edge of the file, carried over by PROJ, lie within 0.1 m of the polygon's edge."""
    polygon = shapely.box(start[0], start[1], start[0] + width, min(start[1] + height, 80))
    projected = project(array(polygon), TO_3006)[0]
    places = shapely.segmentize(polygon.exterior, max(width, height) / 1000)
    true = shapely.points(np.column_stack(TO_3006.transform(*shapely.get_coordinates(places).T)))
    assert shapely.distance(true, projected.exterior).max() <= MAX_DEVIATION_M


@settings(deadline=None, max_examples=60)
@given(start=corner, width=reach, height=reach)
def test_no_sliver_between_neighbours(start: tuple[float, float], width: float, height: float) -> None:
    """Two polygons that share a long edge share every point of it afterwards."""
    x, y = start
    left = shapely.Polygon([(x, y), (x + width, y + height), (x, y + height)])
    right = shapely.Polygon([(x, y), (x + width, y), (x + width, y + height)])
    one, other = project(array(left, right), TO_3006)
    if one.is_valid and other.is_valid:
        assert len(unite(array(one, other))) == 1
        assert not unite(array(one, other))[0].interiors


def test_points_of_the_file_stay_points() -> None:
    polygon = shapely.box(11, 55, 19, 69)
    projected = {tuple(xy) for xy in shapely.get_coordinates(project(array(polygon), TO_3006)).tolist()}
    assert {TO_3006.transform(*xy) for xy in shapely.get_coordinates(polygon).tolist()} <= projected


def test_what_has_no_place_is_named() -> None:
    sound, lost = shapely.box(18, 59, 19, 60), shapely.box(104.9, 0, 105, 0.1)
    with pytest.raises(NotTransformable) as caught:
        project(array(sound, lost, sound), TO_3006)
    assert caught.value.polygons.tolist() == [1]


# Union ---------------------------------------------------------------------------------------------------------------

cells = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=25
)


def boxes(made: list[tuple[int, int, int, int]]) -> Geometries:
    return array(*(shapely.box(x, y, x + w, y + h) for x, y, w, h in made))


@settings(deadline=None, max_examples=150)
@given(made=cells, large=st.booleans())
def test_union_is_shapelys(made: list[tuple[int, int, int, int]], *, large: bool) -> None:
    """By both ways of finding what belongs together, for boxes that overlap, share edges or parts of edges, or corners."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(union, "_LARGE", 0 if large else 10**9)
        whole = unite(boxes(made))
    assert shapely.equals(shapely.multipolygons(whole), shapely.union_all(boxes(made)))
    assert shapely.is_valid(shapely.multipolygons(whole)), "no common interior and no common edge"


@settings(deadline=None, max_examples=50)
@given(made=cells, seed=st.randoms(use_true_random=False))
def test_order_of_parts_makes_no_difference(made: list[tuple[int, int, int, int]], seed: "np.random.Generator") -> None:
    shuffled = list(made)
    seed.shuffle(shuffled)
    one, other = Rings.of(unite(boxes(made))), Rings.of(unite(boxes(shuffled)))
    assert np.array_equal(one.coords, other.coords)
    assert np.array_equal(one.ring_offsets, other.ring_offsets)


@settings(deadline=None, max_examples=50)
@given(made=cells)
def test_many_parts_and_one_multipolygon_are_the_same(made: list[tuple[int, int, int, int]]) -> None:
    parts = unite(boxes(made))
    giant, _ = take_apart(array(shapely.MultiPolygon(parts.tolist())), np.array([1]))
    assert all(shapely.equals_identical(unite(giant.polygons), parts))


def test_islands_that_touch_their_lake_at_corners_stay_apart() -> None:
    lake = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 8))
    islands = [shapely.Polygon([(2, 2), (4, 3), (3, 4)]), shapely.Polygon([(8, 8), (6, 7), (7, 6)])]
    assert len(unite(array(lake, *islands))) == 3


def test_stable_under_jitter() -> None:
    """B13: a nanometre makes no error."""
    noise = np.random.default_rng(7)
    corners = np.array([[(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)] for x in range(12) for y in range(12)])
    shaken = array(*(shapely.Polygon(700_000 + cell * 100 + noise.uniform(-1e-9, 1e-9, cell.shape)) for cell in corners))
    assert math.isclose(shapely.area(unite(shaken)).sum(), 1_440_000, rel_tol=1e-9)


def test_a_million_points_in_one_ring() -> None:
    """B12."""
    turn = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    circle = shapely.Polygon(np.column_stack([np.cos(turn), np.sin(turn)]) * 10_000)
    assert shapely.get_num_coordinates(unite(array(circle))[0]) == 1_000_001


# Arrays --------------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(made=cells)
def test_rings_are_the_polygons(made: list[tuple[int, int, int, int]]) -> None:
    polygons = unite(boxes(made))
    rings = Rings.of(polygons)
    assert all(shapely.equals_identical(rings.polygons(), polygons))
    assert rings.bounds == tuple(shapely.total_bounds(polygons))
    assert rings.holes == sum(len(polygon.interiors) for polygon in polygons)


@settings(deadline=None, max_examples=50)
@given(made=cells, points=st.integers(3, 200))
def test_short_lines_are_the_boundary(made: list[tuple[int, int, int, int]], points: int) -> None:
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    circle = shapely.Polygon(np.column_stack([30 + np.cos(turn), np.sin(turn)]))
    polygons = array(*unite(boxes(made)), circle)
    lines, owner = short_lines(Rings.of(polygons))
    assert shapely.get_num_coordinates(lines).max() <= LINE_POINTS + 1
    assert math.isclose(shapely.length(lines).sum(), shapely.length(polygons).sum())
    assert shapely.covers(shapely.boundary(polygons)[owner], lines).all()

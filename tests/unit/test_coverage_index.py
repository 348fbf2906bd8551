"""The index answers what shapely answers: covered on the union, and metres to its boundary."""

import itertools
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from coverage_check.coverage.implementation import CHOSEN, COMPILED, NUMPY, Implementation, implementation
from coverage_check.coverage.index import STATED_DISTANCE_M, Index, Polygons, build
from coverage_check.errors import InvalidInput, SnapshotInvalid

Points = NDArray[np.float64]

every_implementation = pytest.mark.parametrize(
    "by",
    [
        pytest.param(NUMPY, id="numpy"),
        pytest.param(COMPILED, id="c", marks=pytest.mark.skipif(not COMPILED, reason="the C module was not built here")),
    ],
)


def polygons_of(geometry: BaseGeometry) -> Polygons:
    parts = [part for part in shapely.get_parts(geometry) if isinstance(part, shapely.Polygon) and not part.is_empty]
    if not parts:
        return Polygons(vertices=np.empty((0, 2)), ring_offsets=np.zeros(1, np.int64), polygon_offsets=np.zeros(1, np.int64))
    _, vertices, (rings, polygons) = shapely.to_ragged_array(parts)
    return Polygons(vertices=vertices, ring_offsets=rings.astype(np.int64), polygon_offsets=polygons.astype(np.int64))


def index_of(folder: Path, *geometries: BaseGeometry, by: Implementation = CHOSEN) -> Index:
    build((polygons_of(geometry) for geometry in geometries), folder, by=by)
    return Index.open(folder, by=by)


def covers(geometry: BaseGeometry, points: Points, doubted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give shapely's answers; the doubted ones are reckoned again in fractions, for GEOS rounds near an edge."""
    answers = np.array(shapely.covers(geometry, shapely.points(points)), dtype=np.bool_)
    for at in np.flatnonzero(doubted != answers):
        answers[at] = covers_exactly(geometry, points[at].tolist())
    return answers


def covers_exactly(geometry: BaseGeometry, point: Sequence[float]) -> bool:
    """Count the edges west of a point, without any rounding; on an edge it is covered."""
    x, y = map(Fraction, point)
    inside = False
    for ring in shapely.get_rings(shapely.get_parts(geometry)):
        corners = [(Fraction(a), Fraction(b)) for a, b in ring.coords]
        for (x1, y1), (x2, y2) in itertools.pairwise(corners):
            side = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
            if side == 0 and min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2):
                return True
            inside ^= (y1 <= y) != (y2 <= y) and (side < 0) == (y2 > y1)
    return inside


def assert_agrees(index: Index, layer: int, geometry: BaseGeometry, points: Points) -> None:
    """Compare every answer about a layer with shapely's."""
    x, y = np.ascontiguousarray(points.T)
    spots = shapely.points(x, y)
    covered = index.covered(x, y, layers=[layer])[:, 0]
    expected = covers(geometry, points, covered)
    assert (covered == expected).all(), points[covered != expected]
    distance = np.minimum(shapely.distance(geometry.boundary, spots), STATED_DISTANCE_M)
    found = index.edge_distance_m(x, y, layers=[layer])[:, 0]
    np.testing.assert_allclose(np.abs(found), distance, atol=1e-6, rtol=0)
    assert (np.signbit(found) == ~expected)[found != 0].all()
    for radius in (0.0, 30.0, 1000.0):
        decided = index.classify(x, y, radius, layers=[layer])[:, 0]
        assert (decided == np.where(np.abs(found) > radius, np.sign(found), 0)).all()


# Places where a look-up may go wrong ---------------------------------------------------------------------------------


def awkward_points(geometry: BaseGeometry, rng: np.random.Generator, cell_m: float) -> Points:
    """Points on vertices, edges and grid lines, a rounding error beside them, and level with vertices."""
    corners = shapely.get_coordinates(geometry)
    start, end = corners[:-1], corners[1:]
    on_edges = start + (end - start) * rng.random((len(start), 1))
    low, high = corners.min(axis=0), corners.max(axis=0)
    somewhere = rng.uniform(low - 300, high + 300, (200, 2))
    lines = np.round(somewhere / cell_m) * cell_m
    return np.concatenate(
        [
            somewhere,
            corners,
            on_edges,
            (start + end) / 2,
            corners + np.spacing(np.maximum(np.abs(corners), 1e-6)) * rng.choice([-1, 1], corners.shape),
            on_edges + rng.choice([-1e-9, 1e-9, 1e-6, 1.0], on_edges.shape),
            lines,
            np.column_stack([lines[:, 0], somewhere[:, 1]]),
            np.column_stack([somewhere[:, 0], lines[:, 1]]),
            np.column_stack([rng.choice(somewhere[:, 0], len(corners)), corners[:, 1]]),
            np.column_stack([corners[:, 0], rng.choice(somewhere[:, 1], len(corners))]),
            rng.uniform(low - 9000, high + 9000, (20, 2)),
        ]
    )


@st.composite
def coverages(draw: st.DrawFn) -> BaseGeometry:
    """Unions and differences of boxes and triangles: holes, islands in holes, slivers, parts that meet in a point.

    A coarse raster makes shared vertices, and edges on the lines of the index, common; a turn makes none of them round.
    """
    scale = draw(st.sampled_from([1.0, 32.0, 100.0, 128.0, 333.3]))
    number = st.integers(-12, 12)
    shape: BaseGeometry = shapely.Polygon()
    for _ in range(draw(st.integers(1, 7))):
        corners = np.array(draw(st.lists(st.tuples(number, number), min_size=3, max_size=6)), float) * scale
        part = draw(st.sampled_from([shapely.MultiPoint(corners).envelope, shapely.MultiPoint(corners).convex_hull]))
        shape = shape.union(part) if draw(st.booleans()) else shape.symmetric_difference(part)
    angle, east, north = draw(st.sampled_from([(0.0, 0.0, 0.0), (0.3, 674_000.0, 6_580_000.0), (1e-9, 1e5, 1.0 / 3)]))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = shapely.transform(shape, lambda xy: xy @ turn.T + (east, north))
    polygons = [part for part in shapely.get_parts(shape.buffer(0)) if isinstance(part, shapely.Polygon) and part.area > 0]
    return shapely.union_all(polygons) if polygons else shapely.box(0, 0, scale, scale)


@every_implementation
@settings(max_examples=150, deadline=None)
@given(shape=coverages(), seed=st.integers(0, 2**32 - 1))
def test_the_answers_are_those_of_shapely(by: Implementation, shape: BaseGeometry, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with TemporaryDirectory() as folder:
        index = index_of(Path(folder), shape, by=by)
        assert_agrees(index, 0, shape, awkward_points(shape, rng, index.arrays.grids["cell_m"][0]))


def test_a_place_on_an_edge_that_geos_rounds_off_it_is_covered() -> None:
    """By fractions it lies on the edge; GEOS 3.14 says that it doesn't."""
    crossing = (0.2631578947368421, 0.4210526315789474)
    shape = shapely.Polygon([(5, 8), (0, -4), (0, 0), (2, 1), crossing])
    place = 2.8382236437835817, 4.541157830053731
    assert covers_exactly(shape, place)
    for by in filter(None, (NUMPY, COMPILED)):
        with TemporaryDirectory() as folder:
            assert index_of(Path(folder), shape, by=by).covered(*place).all()


def raster_coverage(
    rng: np.random.Generator, *, pixels: int = 60, pixel_m: float = 100.0, share: float = 0.5
) -> BaseGeometry:
    """Speckled coverage as a prediction raster gives it: steps, holes, islands in holes, parts that meet at corners."""
    row, column = np.nonzero(rng.random((pixels, pixels)) < share)
    west, south = 674_000.0 + column * pixel_m, 6_580_000.0 + row * pixel_m
    return shapely.union_all(shapely.box(west, south, west + pixel_m, south + pixel_m))


@every_implementation
@pytest.mark.parametrize("pixel_m", [10.0, 50.0, 1000.0, 25_000.0])
def test_a_raster_s_outline_is_looked_up_exactly(tmp_path: Path, pixel_m: float, by: Implementation) -> None:
    rng = np.random.default_rng(7)
    shape = raster_coverage(rng, pixel_m=pixel_m)
    index = index_of(tmp_path, shape, by=by)
    assert_agrees(index, 0, shape, awkward_points(shape, rng, index.arrays.grids["cell_m"][0]))


@every_implementation
@pytest.mark.parametrize(
    ("name", "wkt"),
    [
        ("island in a hole", "POLYGON((0 0,900 0,900 900,0 900,0 0),(200 200,200 700,700 700,700 200,200 200))"),
        ("sliver of a micrometre", "POLYGON((0 0,5000 0.000001,10000 0,5000 -0.000001,0 0))"),
        ("steep sliver", "POLYGON((0 0,0.000001 5000,0 10000,-0.000001 5000,0 0))"),
        ("hole that meets its shell in a point", "POLYGON((0 0,1000 0,1000 1000,0 1000,0 0),(0 0,500 200,200 500,0 0))"),
        ("edge of 300 km", "POLYGON((0 0,300000 1,300000 100,0 0))"),
        ("repeated vertices", "POLYGON((0 0,0 0,512 0,512 0,512 512,0 512,0 512,0 0))"),
        (
            "edges on grid lines",
            "POLYGON((-1024 -1024,1024 -1024,1024 1024,512 1024,512 0,0 0,0 1024,-1024 1024,-1024 -1024))",
        ),
    ],
)
def test_awkward_shapes(tmp_path: Path, name: str, wkt: str, by: Implementation) -> None:
    rng = np.random.default_rng(5)
    shape = shapely.from_wkt(wkt)
    if "island" in name:
        shape = shapely.union_all([shape, shapely.box(400, 400, 500, 500)])
    assert shape.is_valid, name
    index = index_of(tmp_path, shape, by=by)
    assert_agrees(index, 0, shape, awkward_points(shape, rng, index.arrays.grids["cell_m"][0]))


@every_implementation
def test_points_exactly_on_slanting_edges_are_covered(tmp_path: Path, by: Implementation) -> None:
    """Midpoints of edges between even whole numbers are exact in floating point: they lie on the edge, not near it."""
    rng = np.random.default_rng(2)
    ring = rng.integers(-4000, 4000, (200, 2)) * 2.0
    hull = shapely.MultiPoint(ring).convex_hull
    star = shapely.Polygon(ring[np.argsort(np.arctan2(*ring.T))]).buffer(0)
    index = index_of(tmp_path, hull, star, by=by)
    for layer, shape in enumerate((hull, star)):
        corners = shapely.get_coordinates(max(shapely.get_parts(shape), key=lambda part: part.area).exterior)
        whole = corners[(corners % 2 == 0).all(axis=1)]
        assert index.covered(*whole.T, layers=[layer]).all()
        assert (index.edge_distance_m(*whole.T, layers=[layer]) == 0).all()
    corners = shapely.get_coordinates(hull)
    middles = (corners[1:] + corners[:-1]) / 2
    assert (index.locate(*middles.T, layers=[0]) == 2).all()


@pytest.mark.skipif(not COMPILED, reason="the C module was not built here")
@settings(max_examples=60, deadline=None)
@given(shapes=st.lists(coverages(), min_size=1, max_size=3), seed=st.integers(0, 2**32 - 1))
def test_both_implementations_give_the_same_bits(shapes: list[BaseGeometry], seed: int) -> None:
    rng = np.random.default_rng(seed)
    answers: list[list[bytes]] = []
    contents: list[list[bytes]] = []
    with TemporaryDirectory() as parent:
        for by in (NUMPY, COMPILED):
            assert by is not None
            folder = Path(parent, by.name)
            folder.mkdir()
            index = index_of(folder, *shapes, by=by)
            contents.append([file.read_bytes() for file in sorted(folder.iterdir())])
            if not answers:
                x, y = awkward_points(shapes[0], rng, index.arrays.grids["cell_m"][0]).T
                radius = rng.uniform(0, 6000, len(x))
            found = index.locate(x, y), index.edge_distance_m(x, y), index.classify(x, y, radius)
            answers.append([answer.tobytes() for answer in found])
    assert contents[0] == contents[1]
    assert answers[0] == answers[1]


def test_the_implementation_can_be_named_and_numpy_forced() -> None:
    assert implementation() == CHOSEN.name
    asked = subprocess.run(
        [sys.executable, "-c", "from coverage_check.coverage.index import implementation; print(implementation())"],
        env={**os.environ, "COVERAGE_CHECK_INDEX": "numpy"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert asked.stdout.strip() == "numpy"


# Many layers, few points, many points --------------------------------------------------------------------------------


@every_implementation
def test_one_look_up_answers_all_layers_as_each_alone(tmp_path: Path, by: Implementation) -> None:
    rng = np.random.default_rng(3)
    shapes = [raster_coverage(rng, pixels=12, pixel_m=pixel_m) for pixel_m in rng.uniform(20, 3000, 70)]
    index = index_of(tmp_path, *shapes, by=by)
    x, y = rng.uniform(670_000, 690_000, 50), rng.uniform(6_575_000, 6_600_000, 50)
    spots = shapely.points(x, y)
    expected = np.column_stack([shapely.covers(shape, spots) for shape in shapes])
    assert (index.covered(x, y) == expected).all()
    distance = index.edge_distance_m(x, y)
    for layer in (0, 33, 69):
        assert (index.edge_distance_m(x, y, layers=[layer])[:, 0] == distance[:, layer]).all()
    picked = [69, 0, 5]
    assert (index.covered(x, y, layers=picked) == expected[:, picked]).all()
    one = [index.edge_distance_m(float(a), float(b))[0] for a, b in zip(x, y, strict=True)]
    assert (np.array(one) == distance).all()


@every_implementation
def test_many_points_come_back_in_their_order(tmp_path: Path, by: Implementation) -> None:
    rng = np.random.default_rng(4)
    shapes = [raster_coverage(rng, pixels=40, pixel_m=pixel_m) for pixel_m in (50.0, 200.0)]
    index = index_of(tmp_path, *shapes, by=by)
    x, y = rng.uniform(673_000, 685_000, 100_000), rng.uniform(6_579_000, 6_590_000, 100_000)
    spots = shapely.points(x, y)
    for shape in shapes:
        shapely.prepare(shape)
    assert (index.covered(x, y) == np.column_stack([shapely.covers(shape, spots) for shape in shapes])).all()
    some = rng.integers(0, len(x), 500)
    distance, radius = index.edge_distance_m(x, y), rng.uniform(0, 300, len(x))
    assert (distance[some] == index.edge_distance_m(x[some], y[some])).all()
    decided = np.where(np.abs(distance) > radius[:, None], np.sign(distance), 0)
    assert (index.classify(x, y, radius) == decided).all()


@every_implementation
def test_beyond_five_kilometres_only_farther_is_said(tmp_path: Path, by: Implementation) -> None:
    index = index_of(tmp_path, shapely.box(0, 0, 40_000, 40_000), by=by)
    x = np.array([20_000, -5000.5, -4999.5, -1e6, 1e300, 5000.0, 4999.0])
    distance = index.edge_distance_m(x, np.full(7, 20_000.0))[:, 0]
    assert distance.tolist() == [5000, -5000, -4999.5, -5000, -5000, 5000, 4999]
    assert index.classify(x, np.full(7, 20_000.0), 5000.0)[:, 0].tolist() == [0] * 7  # a radius so large decides nothing


@every_implementation
def test_a_layer_of_nothing_covers_nothing(tmp_path: Path, by: Implementation) -> None:
    index = index_of(tmp_path, shapely.Polygon(), shapely.box(0, 0, 1, 1), by=by)
    assert index.covered(0.5, 0.5).tolist() == [[False, True]]
    assert index.edge_distance_m(0.5, 0.5).tolist() == [[-STATED_DISTANCE_M, 0.5]]
    assert index.covered([], []).shape == (0, 2)


# Files and faults ----------------------------------------------------------------------------------------------------


def test_the_same_layers_give_the_same_bytes(tmp_path: Path) -> None:
    shapes = [raster_coverage(np.random.default_rng(9), pixel_m=pixel_m) for pixel_m in (10.0, 400.0)]
    contents = []
    for name, by in (("one", NUMPY), ("two", NUMPY), ("three", COMPILED or NUMPY)):
        (tmp_path / name).mkdir()
        index_of(tmp_path / name, *shapes, by=by)
        contents.append({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()})
    assert contents[0] == contents[1] == contents[2]


def test_the_layer_comes_back_as_it_was_built(tmp_path: Path) -> None:
    shapes = [raster_coverage(np.random.default_rng(1)), shapely.box(0, 0, 5, 5)]
    index = index_of(tmp_path, *shapes)
    for layer, shape in enumerate(shapes):
        given, back = polygons_of(shape), index.polygons(layer)
        assert (given.vertices == back.vertices).all()
        assert (given.ring_offsets == back.ring_offsets).all()
        assert (given.polygon_offsets == back.polygon_offsets).all()


def test_an_index_travels_to_another_process_by_its_folder(tmp_path: Path) -> None:
    index = index_of(tmp_path, shapely.box(0, 0, 5, 5))
    assert pickle.loads(pickle.dumps(index)).covered(1, 1).tolist() == [[True]]  # noqa: S301 - made here


@pytest.mark.parametrize("damage", ["missing", "cut short", "of another kind"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    index_of(tmp_path, shapely.box(0, 0, 5, 5))
    file = next(tmp_path.glob("*cells*"))
    if damage == "missing":
        file.unlink()
    elif damage == "cut short":
        file.write_bytes(file.read_bytes()[:-100])
    else:
        np.save(file, np.zeros(10))
    with pytest.raises(SnapshotInvalid, match="cells"):
        Index.open(tmp_path)


@every_implementation
@pytest.mark.parametrize("name", ["cells", "edges", "grids"])
def test_numbers_that_lead_out_of_the_index_are_a_fault_not_an_answer(tmp_path: Path, by: Implementation, name: str) -> None:
    """What a flipped bit may do on disk must not read memory that isn't the index's."""
    index_of(tmp_path, raster_coverage(np.random.default_rng(8), pixels=20))
    file = next(tmp_path.glob(f"*{name}*"))
    content = bytearray(file.read_bytes())
    content[-len(content) // 2 :] = b"\x7f" * (len(content) - len(content) // 2)
    file.write_bytes(content)
    x, y = np.meshgrid(np.arange(674_000, 676_000, 10.0), np.arange(6_580_000, 6_582_000, 10.0))
    with pytest.raises(SnapshotInvalid):
        Index.open(tmp_path, by=by).edge_distance_m(x.ravel(), y.ravel())


@pytest.mark.parametrize(
    ("x", "y"),
    [(float("nan"), 1.0), (1.0, float("inf")), ([1.0, 2.0], [1.0]), ([[1.0]], [[1.0]])],
    ids=["not a number", "infinite", "of different lengths", "a table"],
)
def test_points_that_are_nowhere_are_refused(tmp_path: Path, x: object, y: object) -> None:
    index = index_of(tmp_path, shapely.box(0, 0, 5, 5))
    with pytest.raises(InvalidInput):
        index.covered(np.asarray(x), np.asarray(y))


@pytest.mark.parametrize("radius", [-1.0, float("nan"), [1.0, 2.0, 3.0]])
def test_a_radius_that_means_nothing_is_refused(tmp_path: Path, radius: object) -> None:
    index = index_of(tmp_path, shapely.box(0, 0, 5, 5))
    with pytest.raises(InvalidInput):
        index.classify([1.0, 2.0], [1.0, 2.0], np.asarray(radius))


SQUARE = np.array([[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]], float)


@pytest.mark.parametrize(
    ("polygons", "why"),
    [
        (Polygons(vertices=SQUARE[:4], ring_offsets=np.array([0, 4]), polygon_offsets=np.array([0, 1])), "ring"),
        (Polygons(vertices=SQUARE + np.inf, ring_offsets=np.array([0, 5]), polygon_offsets=np.array([0, 1])), "finite"),
        (Polygons(vertices=SQUARE + 2e8, ring_offsets=np.array([0, 5]), polygon_offsets=np.array([0, 1])), "1e8"),
        (Polygons(vertices=SQUARE, ring_offsets=np.array([0, 4]), polygon_offsets=np.array([0, 1])), "offsets"),
        (Polygons(vertices=SQUARE, ring_offsets=np.array([0, 5]), polygon_offsets=np.array([0, 2])), "offsets"),
    ],
    ids=["open ring", "not finite", "no metres", "ring offsets", "polygon offsets"],
)
def test_what_cannot_be_indexed_is_refused_by_its_number(tmp_path: Path, polygons: Polygons, why: str) -> None:
    with pytest.raises(InvalidInput, match=rf"Layer 1.*{why}"):
        build([polygons_of(shapely.box(0, 0, 1, 1)), polygons], tmp_path)

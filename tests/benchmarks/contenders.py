"""The look-ups that are compared: ours, and what else one would use. Each runs in a process of its own.

A contender gets a `Bench` and writes what it measured into it: CPU seconds of the process, on one core, the median of a few
repeats where one takes less than 20 s.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from coverage_check.coverage.implementation import COMPILED, NUMPY, Implementation
from coverage_check.coverage.index import STATED_DISTANCE_M, Index, Polygons, build
from tests.benchmarks.duckdb_spatial import connect as duckdb_connection
from tests.benchmarks.made_coverage import SIZES, cached

Points = NDArray[np.float64]
RADIUS_M = 100.0


@dataclass(slots=True, kw_only=True)
class Bench:
    """What is looked up in what, and what was measured so far."""

    folder: Path
    size: str
    layers: list[str]
    repeats: int
    measured: dict[str, float] = field(default_factory=dict)

    @property
    def polygons(self) -> Polygons:
        """The first layer."""
        return cached(self.folder, self.size, self.layers[:1])[0]

    @property
    def points(self) -> Points:
        """A million customers, float64[n, 2], metres."""
        points: Points = np.load(self.folder / f"{self.size}-points.npy")
        return points

    @property
    def parts(self) -> NDArray[Any]:
        """The first layer as shapely polygons."""
        polygons = self.polygons
        offsets = (polygons.ring_offsets, polygons.polygon_offsets)
        parts: NDArray[Any] = shapely.from_ragged_array(shapely.GeometryType.POLYGON, polygons.vertices, offsets)
        return parts

    @contextmanager
    def seconds(self, what: str) -> Iterator[None]:
        """Measure CPU seconds."""
        start = time.process_time()
        yield
        self.measured[what] = time.process_time() - start

    def rate(self, what: str, ask: Callable[[Points], Any], n: int) -> None:
        """Measure points a second."""
        points = np.asfortranarray(self.points[:n])  # as the columns of a table are: x together, y together
        spent = []
        for _ in range(self.repeats):
            start = time.process_time()
            ask(points)
            spent.append(time.process_time() - start)
            if sum(spent) > 20:
                break
        self.measured[what] = n / statistics.median(spent)

    def one_at_a_time(self, what: str, ask: Callable[[float, float], Any], n: int) -> None:
        """Measure the microseconds of one point, warm: the median of n."""
        points = self.points[: n + 10].tolist()
        spent = []
        for x, y in points:
            start = time.perf_counter()
            ask(x, y)
            spent.append(time.perf_counter() - start)
        self.measured[what] = statistics.median(spent[10:]) * 1e6


# Ours ----------------------------------------------------------------------------------------------------------------


def ours(bench: Bench, by: Implementation) -> None:
    folder = bench.folder / f"index-{bench.size}-{by.name}"
    folder.mkdir(exist_ok=True)
    polygons = bench.polygons
    build([polygons], folder, by=by)
    bench.measured["bytes a vertex"] = sum(file.stat().st_size for file in folder.iterdir()) / len(polygons.vertices)
    start = time.perf_counter()
    index = Index.open(folder, by=by)
    bench.measured["open, ms"] = (time.perf_counter() - start) * 1e3
    n = 1_000_000 if by.name == "c" else 300_000
    bench.rate("covered", lambda points: index.covered(*points.T), n)
    bench.rate("distance", lambda points: (index.covered(*points.T), index.edge_distance_m(*points.T)), n)
    bench.rate("classify", lambda points: index.classify(points[:, 0], points[:, 1], RADIUS_M), n)
    west, south, east, north = SIZES[bench.size]
    rng = np.random.default_rng(1)
    far = rng.uniform((west - 500_000, south - 500_000), (east + 500_000, north + 500_000), (n, 2))
    bench.rate("far", lambda _: index.edge_distance_m(*far.T), n)


def our_build(bench: Bench, by: Implementation) -> None:
    """Build alone, and what memory it takes with the layer it is given."""
    polygons = bench.polygons
    with TemporaryDirectory() as folder, bench.seconds("build"):
        build([polygons], Path(folder), by=by)


def ours_eight(bench: Bench, by: Implementation) -> None:
    folder = bench.folder / f"index-{bench.size}-eight"
    if not folder.exists():
        folder.mkdir()
        build((cached(bench.folder, bench.size, [name])[0] for name in bench.layers), folder)
    index = Index.open(folder, by=by)
    start = time.perf_counter()
    Index.open(folder, by=by)
    bench.measured["open, ms"] = (time.perf_counter() - start) * 1e3
    bench.rate("covered", lambda points: index.covered(*points.T), 300_000)
    bench.rate("distance", lambda points: (index.covered(*points.T), index.edge_distance_m(*points.T)), 100_000)
    bench.one_at_a_time("one point", index.covered, 2000)
    bench.one_at_a_time("one distance", index.edge_distance_m, 1000)


# Others --------------------------------------------------------------------------------------------------------------


def geopandas_sjoin(bench: Bench) -> None:
    import geopandas as gpd

    with bench.seconds("build"):
        layer = gpd.GeoDataFrame(geometry=bench.parts, crs=3006)

    def ask(points: Points) -> Any:
        return gpd.sjoin(gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points.T), crs=3006), layer, predicate="within")

    bench.rate("covered", ask, 1_000_000)


def geopandas_sjoin_eight(bench: Bench) -> None:
    rates = []
    for name in bench.layers:
        one = Bench(folder=bench.folder, size=bench.size, layers=[name], repeats=1)
        geopandas_sjoin(one)
        rates.append(one.measured["covered"])
    bench.measured["covered"] = 1 / sum(1 / rate for rate in rates)


def strtree_over_points(bench: Bench) -> None:
    parts = bench.parts
    shapely.prepare(parts)
    bench.rate(
        "covered",
        lambda points: shapely.STRtree(np.asarray(shapely.points(points))).query(parts, predicate="covers"),
        1_000_000,
    )


def strtree_over_parts(bench: Bench) -> None:
    parts = bench.parts
    with bench.seconds("build"):
        tree = shapely.STRtree(parts)
        tree.query(shapely.points(0, 0))
        shapely.prepare(parts)

    def ask(points: Points) -> Any:
        point, part = tree.query(shapely.points(points))
        order = np.argsort(part, kind="stable")
        return shapely.intersects_xy(parts[part[order]], points[point[order]])

    bench.rate("covered", ask, 200_000)
    bench.one_at_a_time("one point", lambda x, y: shapely.intersects_xy(parts[tree.query(shapely.Point(x, y))], x, y), 1000)


def prepared_multipolygon(bench: Bench) -> None:
    with bench.seconds("build"):
        layer = shapely.multipolygons(bench.parts)
        shapely.prepare(layer)
        shapely.intersects_xy(layer, 0, 0)
    bench.rate("covered", lambda points: shapely.intersects_xy(layer, points), 100_000)
    boundary = shapely.boundary(layer)
    shapely.prepare(boundary)
    shapely.dwithin(boundary, shapely.points(0, 0), RADIUS_M)
    bench.rate("classify", lambda points: shapely.dwithin(boundary, shapely.points(points), RADIUS_M), 20_000)


def strtree_over_edges(bench: Bench) -> None:
    polygons = bench.polygons
    is_edge = np.ones(len(polygons.vertices), bool)
    is_edge[polygons.ring_offsets[1:] - 1] = False
    edge = np.flatnonzero(is_edge)
    with bench.seconds("build"):
        lines = shapely.linestrings(np.stack([polygons.vertices[edge], polygons.vertices[edge + 1]], axis=1))
        tree = shapely.STRtree(np.asarray(lines))
        tree.query(shapely.points(0, 0))
    bench.rate(
        "nearest edge",
        lambda points: tree.query_nearest(shapely.points(points), max_distance=STATED_DISTANCE_M, all_matches=False),
        20_000,
    )
    bench.one_at_a_time("one distance", lambda x, y: tree.query_nearest(shapely.Point(x, y), all_matches=False), 300)


def read_file_and_strtree(bench: Bench) -> None:
    """Not a look-up: what our build must beat."""
    import geopandas as gpd

    with bench.seconds("build"):
        shapely.STRtree(gpd.read_file(bench.folder / f"{bench.size}.gpkg").geometry.values).query(shapely.points(0, 0))


def duckdb_spatial(bench: Bench) -> None:
    import pandas as pd

    connection = duckdb_connection()
    with bench.seconds("build"):
        connection.register("wkb", pd.DataFrame({"part": shapely.to_wkb(bench.parts)}))
        connection.execute("CREATE TABLE layer AS SELECT ST_GeomFromWKB(part) AS part FROM wkb")

    def ask(points: Points) -> Any:
        connection.register("points", pd.DataFrame({"i": np.arange(len(points)), "x": points[:, 0], "y": points[:, 1]}))
        question = "SELECT DISTINCT i FROM (SELECT i, ST_Point(x, y) AS p FROM points) JOIN layer ON ST_Intersects(part, p)"
        return connection.execute(question).fetchnumpy()

    bench.rate("covered", ask, 1000)


def sedonadb(bench: Bench) -> None:
    import geopandas as gpd
    import sedonadb as sedona

    engine = sedona.connect()
    for option, value in (("spatial_library", "geos"), ("execution_mode", "prepare_build")):
        engine.sql(f"SET sedona.spatial_join.{option} = '{value}'").execute()
    with bench.seconds("build"):
        engine.create_data_frame(gpd.GeoDataFrame(geometry=bench.parts, crs=3006)).to_memtable().to_view("layer")

    def ask(points: Points) -> Any:
        frame = gpd.GeoDataFrame({"i": np.arange(len(points))}, geometry=gpd.points_from_xy(*points.T), crs=3006)
        engine.create_data_frame(frame).to_view("points", overwrite=True)
        question = "SELECT DISTINCT p.i FROM points p JOIN layer l ON ST_Intersects(l.geometry, p.geometry)"
        return engine.sql(question).to_pandas()

    bench.rate("covered", ask, 300_000)


def postgis(bench: Bench) -> None:
    """ST_Subdivide and GiST, on the server of this machine that COVERAGE_CHECK_POSTGIS names: CPU time of its process."""
    import psycopg

    with psycopg.connect(os.environ["COVERAGE_CHECK_POSTGIS"], autocommit=True) as connection, connection.cursor() as cursor:
        server = Path(f"/proc/{connection.info.backend_pid}/stat")

        def cpu_s() -> float:
            user, system = server.read_text(encoding="ascii").rsplit(")", 1)[1].split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

        cursor.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("CREATE TEMP TABLE parts (part geometry); CREATE TEMP TABLE points (i int, p geometry)")
        start = cpu_s()
        with cursor.copy("COPY parts FROM STDIN") as copy:
            for part in shapely.to_wkb(bench.parts, hex=True):
                copy.write_row((part,))
        cursor.execute("CREATE TEMP TABLE layer AS SELECT ST_Subdivide(part, 64) AS part FROM parts")
        cursor.execute("CREATE INDEX ON layer USING gist (part); ANALYZE layer")
        bench.measured["build"] = cpu_s() - start
        with cursor.copy("COPY points FROM STDIN") as copy:
            for i, point in enumerate(shapely.to_wkb(shapely.points(bench.points[:50_000]), hex=True)):
                copy.write_row((i, point))
        start = cpu_s()
        cursor.execute("SELECT count(*) FROM points WHERE EXISTS (SELECT FROM layer WHERE ST_Intersects(part, p))")
        bench.measured["covered"] = 50_000 / (cpu_s() - start)
        one = "SELECT EXISTS (SELECT FROM layer WHERE ST_Intersects(part, ST_SetSRID(ST_Point(%s, %s), 0)))"
        bench.one_at_a_time("one point", lambda x, y: cursor.execute(one, (x, y), prepare=True), 1000)


CONTENDERS: dict[str, Callable[[Bench], None]] = {
    "coverage_check, C": lambda bench: ours(bench, COMPILED or NUMPY),
    "coverage_check, NumPy": lambda bench: ours(bench, NUMPY),
    "build: coverage_check, C": lambda bench: our_build(bench, COMPILED or NUMPY),
    "build: coverage_check, NumPy": lambda bench: our_build(bench, NUMPY),
    "geopandas.sjoin, within": geopandas_sjoin,
    "STRtree over points, prepared parts": strtree_over_points,
    "STRtree over prepared parts": strtree_over_parts,
    "prepared multipolygon": prepared_multipolygon,
    "STRtree over edges, nearest": strtree_over_edges,
    "build: read_file + STRtree": read_file_and_strtree,
    "DuckDB spatial": duckdb_spatial,
    "SedonaDB": sedonadb,
    "PostGIS, ST_Subdivide": postgis,
    "eight layers: coverage_check, C": lambda bench: ours_eight(bench, COMPILED or NUMPY),
    "eight layers: coverage_check, NumPy": lambda bench: ours_eight(bench, NUMPY),
    "eight layers: geopandas.sjoin": geopandas_sjoin_eight,
}

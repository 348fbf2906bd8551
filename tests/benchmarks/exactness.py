"""Compare every answer with GEOS, on national layers: at random places, and wherever a look-up could go wrong.

    python -m tests.benchmarks.exactness [county region national] --points 1000000 --folder made/

GEOS answers on the layer's parts one by one (they are disjoint, so a point is covered if one part covers it), and measures
to the nearest of all edges; both independent of the index. The exit code is 1 if any answer differs.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import shapely
from numpy.typing import NDArray

from coverage_check.coverage.implementation import COMPILED, NUMPY
from coverage_check.coverage.index import STATED_DISTANCE_M, Index, Polygons, build
from tests.benchmarks.made_coverage import PIXEL_M, Country, cached

Points = NDArray[np.float64]


def kinds_of_places(polygons: Polygons, grid: NDArray[np.void], n: int) -> Iterator[tuple[str, Points]]:
    """Yield n points of each kind that a look-up might get wrong."""
    rng = np.random.default_rng(3)
    vertices = polygons.vertices
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    is_edge = np.ones(len(vertices), bool)
    is_edge[polygons.ring_offsets[1:] - 1] = False
    edge = rng.choice(np.flatnonzero(is_edge), n)
    start, end = vertices[edge], vertices[edge + 1]
    on_edge = start + (end - start) * rng.random((n, 1))
    across = np.column_stack([start[:, 1] - end[:, 1], end[:, 0] - start[:, 0]])
    across /= np.hypot(*across.T)[:, None]
    somewhere = rng.uniform(low, high, (n, 2))
    lines = np.array([grid["west"], grid["south"]]) + np.round((somewhere - low) / grid["cell_m"]) * grid["cell_m"]
    yield "anywhere", somewhere
    yield "within 9 km around", rng.uniform(low - 9000, high + 9000, (n, 2))
    yield "vertices", start
    yield "vertices, one rounding step off", np.nextafter(start, rng.choice([-np.inf, np.inf], (n, 2)))
    yield "on edges, rounded", on_edge
    yield "middles of edges", (start + end) / 2
    for off_m in (1e-9, 1e-6, 1e-3, 1.0):
        yield f"{off_m:g} m off an edge", on_edge + across * rng.choice([-off_m, off_m], (n, 1))
    yield "level with a vertex", np.column_stack([somewhere[:, 0], start[:, 1]])
    yield "level with a vertex, near", np.column_stack([start[:, 0] + rng.uniform(-300, 300, n), start[:, 1]])
    yield "above or below a vertex", np.column_stack([start[:, 0], somewhere[:, 1]])
    yield "on column lines", np.column_stack([lines[:, 0], somewhere[:, 1]])
    yield "on row lines", np.column_stack([somewhere[:, 0], lines[:, 1]])
    yield "corners of cells", lines
    line = np.ceil(np.minimum(start[:, 0], end[:, 0]) / grid["cell_m"]) * grid["cell_m"]
    cut = line < np.maximum(start[:, 0], end[:, 0])
    height = start[cut, 1] + (line[cut] - start[cut, 0]) / (end - start)[cut, 0] * (end - start)[cut, 1]
    yield "where edges cut column lines", np.column_stack([line[cut], height])
    yield "level with such a cut", np.column_stack([line[cut] + rng.uniform(0, grid["cell_m"], cut.sum()), height])


class Geos:
    """What GEOS says of the same layer."""

    def __init__(self, polygons: Polygons) -> None:
        vertices, rings = polygons.vertices, polygons.ring_offsets
        self.parts = shapely.from_ragged_array(shapely.GeometryType.POLYGON, vertices, (rings, polygons.polygon_offsets))
        shapely.prepare(self.parts)
        is_edge = np.ones(len(vertices), bool)
        is_edge[rings[1:] - 1] = False
        edge = np.flatnonzero(is_edge)
        self.edges = shapely.STRtree(np.asarray(shapely.linestrings(np.stack([vertices[edge], vertices[edge + 1]], axis=1))))

    def covered(self, points: Points) -> NDArray[np.bool_]:
        """Tell which points one of the parts covers."""
        covered = np.zeros(len(points), bool)
        _, point = shapely.STRtree(np.asarray(shapely.points(points))).query(self.parts, predicate="covers")
        covered[point] = True
        return covered

    def distance_m(self, points: Points) -> Points:
        """Measure to the nearest edge, at most the stated distance."""
        distance = np.full(len(points), STATED_DISTANCE_M)
        (point, _), found = self.edges.query_nearest(
            shapely.points(points), max_distance=STATED_DISTANCE_M, return_distance=True, all_matches=False
        )
        distance[point] = found
        return distance


def compare(name: str, polygons: Polygons, n: int) -> int:
    """Print a line for each kind of place; give the number of differences."""
    with TemporaryDirectory() as folder:
        build([polygons], Path(folder))
        indexes = [Index.open(Path(folder), by=by) for by in (NUMPY, COMPILED) if by]
        geos = Geos(polygons)
        total = wrong = 0
        print(f"{name}: {len(polygons.vertices):,} vertices; {n:,} points of each kind, {n // 10:,} of them measured")
        for kind, points in kinds_of_places(polygons, indexes[0].arrays.grids[0], n):
            x, y = np.ascontiguousarray(points.T)
            expected = geos.covered(points)
            measured = slice(0, n // 10)
            distance = geos.distance_m(points[measured])
            answers = []
            for index in indexes:
                found, found_m = index.covered(x, y)[:, 0], index.edge_distance_m(x[measured], y[measured])[:, 0]
                unlike = int((found != expected).sum())
                error_m = float(np.abs(np.abs(found_m) - distance).max())
                signs = int((np.signbit(found_m) != ~found[measured])[found_m != 0].sum())
                total, wrong = total + len(x) + len(distance), wrong + unlike + signs + int(error_m > 1e-6)
                answers.append(found_m.tobytes())
                print(
                    f"  {index.by.name:6} {kind:32} covered {expected.mean():6.1%}  differ {unlike}  worst {error_m:.1e} m"
                )
            if len(set(answers)) != 1:
                print("  the implementations differ")
                wrong += 1
        print(f"{name}: {total:,} answers compared, {wrong} differ", flush=True)
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=["county", "region", "national"])
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("build/made-coverage"))
    asked = parser.parse_args()
    country = None if all((asked.folder / f"{size}-4g-basic.npz").exists() for size in asked.sizes) else Country()
    wrong = 0
    for size in asked.sizes:
        (polygons,) = cached(asked.folder, size, ["4g-basic"], country)
        wrong += compare(size, polygons, asked.points)
        # The raster's own corners, 100 m apart: many of them, and whole edges, lie on the lines of the index.
        steps = replace(polygons, vertices=np.rint(polygons.vertices / PIXEL_M) * PIXEL_M)
        wrong += compare(f"{size} in steps", steps, asked.points // 10)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

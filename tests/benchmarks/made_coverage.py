"""Made mobile coverage of a made country the size of Sweden: the same on every machine, and from no file.

A 100 m prediction raster: hills are fractal noise, towers stand in towns and on hills, the signal of the nearest one falls
with distance and scatters; where it passes a layer's threshold, there is coverage. The raster's outline is polygonised, and
every corner moved by up to 30 m, so that no edge is level and no coordinate round: what smoothed or transformed maps look
like. National layers have some 10 million vertices, a million parts and a million holes, as real ones may.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from coverage_check.coverage.index import Polygons

Floats = NDArray[np.float64]
Raster = NDArray[np.float32]

PIXEL_M = 100
WEST, SOUTH = 262_000, 6_128_000  # SWEREF 99 TM, metres
COLUMNS, ROWS = 6600, 15_540

SIZES = {  # west, south, east, north, metres
    "county": (480_000, 6_470_000, 570_000, 6_560_000),
    "region": (350_000, 6_380_000, 650_000, 6_670_000),
    "national": (WEST, SOUTH, WEST + COLUMNS * PIXEL_M, SOUTH + ROWS * PIXEL_M),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """What makes one technology's map: how many towers, and the signal, dBm, beside and ten times as far from one."""

    towers: int
    beside_dbm: float
    fall_db: float
    speckle_db: float


TECHNOLOGIES = {
    "2g": Technology(towers=3200, beside_dbm=-38, fall_db=36, speckle_db=3),
    "3g": Technology(towers=4200, beside_dbm=-44, fall_db=37, speckle_db=3),
    "4g": Technology(towers=5200, beside_dbm=-42, fall_db=38, speckle_db=3.5),
    "5g": Technology(towers=4200, beside_dbm=-44, fall_db=40, speckle_db=3),
}
LAYERS = {
    f"{name}-{level}": (name, loss_db)
    for name in ("4g", "5g", "3g", "2g")
    for level, loss_db in (("basic", 0), ("good", 12))
}
THRESHOLD_DBM = -108


class Country:
    """Land, hills and towns. Everything follows from the seed."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        rng = np.random.default_rng(seed)
        self.hills = _fractal(rng, (640, 320, 160, 80, 40, 20, 10))
        coast = _fractal(rng, (1280, 640, 320, 160, 80, 40))
        across = (np.arange(COLUMNS, dtype=np.float32) / COLUMNS - 0.5) / 0.42
        along = (np.arange(ROWS, dtype=np.float32) / ROWS - 0.5) / 0.49
        self.land = across[None, :] ** 2 + along[:, None] ** 4 + 0.18 * coast < 1
        towns = rng.random((20_000, 2)) * (COLUMNS, ROWS)
        towns[:, 1] *= towns[:, 1] / ROWS  # denser in the south
        self.towns = towns[self._on_land(towns)][:2600]
        self.people = rng.pareto(1.1, len(self.towns)) + 0.3
        self.people /= self.people.sum()
        self.radius = np.clip(4 + 260 * np.sqrt(self.people), 4, 90)  # pixels

    def signal_dbm(self, name: str) -> Raster:
        """Predict the signal of one technology outdoors, for every pixel."""
        technology = TECHNOLOGIES[name]
        rng = np.random.default_rng([self.seed, sorted(TECHNOLOGIES).index(name)])
        towers = self._towers(rng, technology.towers)
        coarse = 8
        columns, rows = np.meshgrid(np.arange(0, COLUMNS + coarse, coarse), np.arange(0, ROWS + coarse, coarse))
        tree = shapely.STRtree(np.asarray(shapely.points(towers)))
        nearest = tree.nearest(shapely.points(columns.ravel(), rows.ravel())).reshape(columns.shape)
        distance = np.hypot(towers[nearest, 0] - columns, towers[nearest, 1] - rows)
        signal = _enlarged(-technology.fall_db * np.log10(np.maximum(distance, 0.5) + 1).astype(np.float32), coarse)
        signal += technology.beside_dbm + 4.5 * np.clip(self.hills, -3, 3)
        signal += 5.5 * _fractal(rng, (60, 24, 10, 4))
        signal += rng.standard_normal(signal.shape, dtype=np.float32) * technology.speckle_db
        return signal

    def customers(self, size: str, n: int) -> Floats:
        """Draw customers within a window: seven of ten in towns, the others anywhere on land; float64[n, 2], metres."""
        rng = np.random.default_rng([self.seed, n])
        west, south, east, north = SIZES[size]
        found: list[Floats] = []
        while sum(map(len, found)) < n:
            town = rng.choice(len(self.towns), 70_000, p=self.people)
            in_towns = self.towns[town] + rng.standard_normal((len(town), 2)) * self.radius[town, None] * 0.8
            anywhere = rng.random((30_000, 2)) * (east - west, north - south) / PIXEL_M + (
                (west - WEST) / PIXEL_M,
                (south - SOUTH) / PIXEL_M,
            )
            drawn = rng.permutation(np.concatenate([in_towns, anywhere]))
            drawn = drawn[self._on_land(drawn)] * PIXEL_M + (WEST, SOUTH)
            found.append(drawn[((drawn > (west, south)) & (drawn < (east, north))).all(axis=1)])
        return np.concatenate(found)[:n]

    def _towers(self, rng: np.random.Generator, n: int) -> Floats:
        weight = self.people**0.7
        town = rng.choice(len(self.towns), int(n * 0.6), p=weight / weight.sum())
        urban = self.towns[town] + rng.standard_normal((len(town), 2)) * self.radius[town, None] * 0.9
        rural = rng.random((n * 12, 2)) * (COLUMNS, ROWS)
        rural = rural[self._on_land(rural)]
        column, row = rural.astype(int).T
        hilltop = rng.random(len(rural)) < 1 / (1 + np.exp(-2 * self.hills[row, column]))
        sparse_north = rng.random(len(rural)) < np.clip(1.25 - row / ROWS, 0, 1)
        return np.concatenate([urban, rural[hilltop & sparse_north][: n - len(urban)]])

    def _on_land(self, places: Floats) -> NDArray[np.bool_]:
        column, row = np.clip(places.astype(int), 0, (COLUMNS - 1, ROWS - 1)).T
        on_land: NDArray[np.bool_] = (
            self.land[row, column] & (places >= 0).all(axis=1) & (places < (COLUMNS, ROWS)).all(axis=1)
        )
        return on_land


def layer(country: Country, signal_dbm: Raster, name: str, size: str) -> Polygons:
    """Polygonise one layer within a window: disjoint, valid parts."""
    west, south, east, north = SIZES[size]
    rows = slice((south - SOUTH) // PIXEL_M, (north - SOUTH) // PIXEL_M)
    columns = slice((west - WEST) // PIXEL_M, (east - WEST) // PIXEL_M)
    covered = (signal_dbm[rows, columns] - LAYERS[name][1] >= THRESHOLD_DBM) & country.land[rows, columns]
    polygons = outline(covered, west, south)
    return Polygons(
        vertices=_moved(polygons.vertices), ring_offsets=polygons.ring_offsets, polygon_offsets=polygons.polygon_offsets
    )


def outline(covered: NDArray[np.bool_], west: float, south: float) -> Polygons:
    """Polygonise a raster whose first row is the southernmost; pixels that meet only at a corner are apart."""
    from rasterio.features import shapes
    from rasterio.transform import Affine

    place = Affine(PIXEL_M, 0, west, 0, PIXEL_M, south)
    vertices: list[tuple[float, float]] = []
    rings, polygons = [0], [0]
    for part, _ in shapes(covered.astype(np.uint8), mask=covered, connectivity=4, transform=place):
        for ring in part["coordinates"]:
            vertices.extend(ring)
            rings.append(len(vertices))
        polygons.append(len(rings) - 1)
    return Polygons(
        vertices=np.array(vertices, float),
        ring_offsets=np.array(rings, np.int64),
        polygon_offsets=np.array(polygons, np.int64),
    )


def cached(folder: Path, size: str, names: list[str], country: Country | None = None) -> list[Polygons]:
    """Read made layers from a folder, making those that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name in names if not (folder / f"{size}-{name}.npz").exists()]
    if missing:
        country = country or Country()
    for technology in dict.fromkeys(LAYERS[name][0] for name in missing):
        assert country is not None
        signal = country.signal_dbm(technology)
        for name in (name for name in missing if LAYERS[name][0] == technology):
            made = layer(country, signal, name, size)
            np.savez(folder / f"{size}-{name}.npz", v=made.vertices, r=made.ring_offsets, p=made.polygon_offsets)
    layers = []
    for name in names:
        with np.load(folder / f"{size}-{name}.npz") as file:
            layers.append(Polygons(vertices=file["v"], ring_offsets=file["r"], polygon_offsets=file["p"]))
    return layers


def _fractal(rng: np.random.Generator, pitches: tuple[int, ...]) -> Raster:
    """Sum smooth noise of ever finer pitch (pixels) and lesser height; mean 0, standard deviation 1."""
    total = np.zeros((ROWS, COLUMNS), np.float32)
    for octave, pitch in enumerate(pitches):
        lattice = rng.standard_normal((ROWS // pitch + 3, COLUMNS // pitch + 3)).astype(np.float32)
        total += _enlarged(lattice, pitch) * np.float32(0.62**octave)
    total -= total.mean()
    total /= total.std()
    return total


def _enlarged(lattice: Raster, factor: int) -> Raster:
    """Interpolate a lattice to all pixels, smoothly (3t² - 2t³)."""
    row, column = (np.arange(n, dtype=np.float32) / factor for n in (ROWS, COLUMNS))
    i, j = row.astype(int), column.astype(int)
    t, u = (row - i)[:, None], (column - j)[None, :]
    t, u = t * t * (3 - 2 * t), u * u * (3 - 2 * u)
    enlarged = np.empty((ROWS, COLUMNS), np.float32)
    for start in range(0, ROWS, 512):  # in strips, for the memory's sake
        some = slice(start, start + 512)
        strip = lattice[i[some]] * (1 - t[some]) + lattice[i[some] + 1] * t[some]
        enlarged[some] = strip[:, j] * (1 - u) + strip[:, j + 1] * u
    return enlarged


def _moved(vertices: Floats) -> Floats:
    """Move each corner of the raster by up to 30 m, all that meet there alike: parts stay disjoint, rings closed."""
    column, row = np.rint((vertices - (WEST, SOUTH)) / PIXEL_M).astype(np.uint64).T
    moved = vertices.copy()
    for axis in (0, 1):
        mixed = column * np.uint64(0x9E3779B97F4A7C15) + row * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(axis + 1)
        for shift, factor in ((31, 0xBF58476D1CE4E5B9), (29, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        moved[:, axis] += (mixed >> np.uint64(11)).astype(float) / 2**52 * 30 - 30
    return moved

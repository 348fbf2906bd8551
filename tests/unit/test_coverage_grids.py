"""Files that speak cell by cell: grids as CSV, rasters, H3 cells. A cell is the cell, not its centre."""

import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest

from coverage_check.coverage.snapshot import Snapshot
from coverage_check.errors import ImportFailed, MissingExtra
from tests.delivery_folder import METRIC, DeliveryFolder, X, Y, square

NORTH_UP = (100.0, 0.0, X, 0.0, -100.0, Y + 300.0)
"""Pixels of 100 m; the upper left corner lies 300 m north of X, Y."""

COVERED, NOT_COVERED, NO_DATA = "covered", "not covered", "no data"


def says(snapshot: Snapshot, layer: str, *places: tuple[float, float]) -> list[str]:
    """Give what a layer says at places, metres from X, Y."""
    x, y = np.array(places).T
    found = snapshot.lookup(x=X + x, y=Y + y)
    column = [claim.id for claim in snapshot.layers].index(layer)
    spoken = np.where(found.covered[:, column], COVERED, NOT_COVERED)
    return [str(word) for word in np.where(found.surveyed[:, column], spoken, NO_DATA)]


def refused(folder: DeliveryFolder, **options: Any) -> list[str]:
    """Give the faults that an import ends with."""
    with pytest.raises(ImportFailed) as caught:
        folder.take(**options)
    assert not (folder.path / "snapshot").exists()
    return list(caught.value.faults)


def grid(folder: DeliveryFolder, text: str, *, level: str | None = "good", id_: str = "4g", **keys: Any) -> None:
    """Declare cells of 100 m whose lower left corners are in metres from X, Y, with the classes of a regulator."""
    lines = [line.split(",") for line in text.split()]
    table = "".join(f"{X + float(x):.1f},{Y + float(y):.1f},{value}\n" for x, y, value in lines)
    folder.text("grid.csv", "east,north,class\n" + table)
    classes = {"none": [0], "variable": [1], "basic": [2], "good": [3], "very_good": [4]}
    columns = {"x": "east", "y": "north", "size_m": 100, "value": "class", "classes": classes, **keys.pop("columns", {})}
    usual = {"crs": METRIC, "survey_area": "cells", "columns": columns}
    folder.layer(id_, "grid.csv", level=level, **{**usual, **keys})


# Grids as CSV --------------------------------------------------------------------------------------------------------


def test_a_cell_is_the_cell(tmp_path: Path) -> None:
    """Its inside, its sides and its corners, and a millimetre beside them."""
    folder = DeliveryFolder(tmp_path)
    grid(folder, "0,0,3 100,0,0 0,100,0 100,100,0")
    snapshot = folder.take()
    assert says(snapshot, "4g", (50, 50), (1, 1), (99, 1), (0, 0), (100, 100), (100, 0), (50, 100)) == [COVERED] * 7
    assert says(snapshot, "4g", (100.001, 50), (50, 100.001), (150, 150)) == [NOT_COVERED] * 3
    assert says(snapshot, "4g", (-0.001, 50), (50, -0.001), (200.001, 50), (5_000, 0)) == [NO_DATA] * 4
    assert snapshot.layers[0].area_km2 == 0.01
    assert snapshot.layers[0].resolution_m == 100


def test_a_zipped_table_is_the_table(tmp_path: Path) -> None:
    """What else is in the zip is no table; a zip of polygons beside a table is still polygons."""
    folder = DeliveryFolder(tmp_path)
    grid(folder, "0,0,3 100,0,0 0,100,0 100,100,0", id_="bare")
    with zipfile.ZipFile(tmp_path / "grid.zip", "w") as made:
        made.write(tmp_path / "grid.csv", "2025/grid.csv")
        made.writestr("area.geojson", "{}")
    folder.tables.append({**folder.tables[0], "id": "zipped", "file": "grid.zip"})
    folder.write("cov.geojson", [square(0, 0, 100)], crs=METRIC)
    with zipfile.ZipFile(tmp_path / "cov.zip", "w") as made:
        made.write(tmp_path / "cov.geojson", "cov.geojson")
        made.writestr("legend.csv", "level,colour")
    folder.layer("polygons", "cov.zip")
    snapshot = folder.take()
    places = [(50, 50), (150, 50), (250, 50)]
    assert says(snapshot, "zipped", *places) == says(snapshot, "bare", *places) == [COVERED, NOT_COVERED, NO_DATA]
    assert says(snapshot, "polygons", *places) == [COVERED, NOT_COVERED, NOT_COVERED]


@pytest.mark.parametrize(("package", "file"), [("rasterio", "grid.tif"), ("h3", "cells.csv")])
def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, file: str) -> None:
    monkeypatch.setattr("coverage_check.coverage.reading.find_spec", lambda name: None if name == package else name)
    folder = DeliveryFolder(tmp_path)
    folder.text(file, b"II*\0")
    columns = {"classes": {"covered": [1]}} if package == "rasterio" else {"h3": "cell"}
    folder.layer("4g", file, columns=columns)
    with pytest.raises(MissingExtra, match=rf"mobile-coverage-check\[{'raster' if package == 'rasterio' else 'h3'}\]"):
        folder.take()


@pytest.mark.parametrize(
    ("level", "by_class"),
    [
        (None, [NOT_COVERED, NO_DATA, COVERED, COVERED, COVERED, NO_DATA, NO_DATA]),
        ("basic", [NOT_COVERED, NO_DATA, COVERED, COVERED, COVERED, NO_DATA, NO_DATA]),
        ("good", [NOT_COVERED, NOT_COVERED, NOT_COVERED, COVERED, COVERED, NO_DATA, NO_DATA]),
        ("very_good", [NOT_COVERED, NOT_COVERED, NOT_COVERED, NOT_COVERED, COVERED, NO_DATA, NO_DATA]),
    ],
)
def test_classes_mean_levels(tmp_path: Path, level: str | None, by_class: list[str]) -> None:
    """Classes 0 to 4; 7 is in no legend and "" is empty, and neither is "not covered" (A45)."""
    folder = DeliveryFolder(tmp_path)
    grid(folder, "0,0,0 100,0,1 200,0,2 300,0,3 400,0,4.0 500,0,7 600,0,", level=level)
    assert says(folder.take(), "4g", *((100.0 * n + 50, 50.0) for n in range(7))) == by_class


def test_undecided_cells_need_a_layer_that_says_where_it_speaks(tmp_path: Path) -> None:
    """Else a class that nobody explained would be "not covered"."""
    folder = DeliveryFolder(tmp_path)
    grid(folder, "0,0,3 100,0,7 200,0,7", survey_area="everywhere")
    (fault,) = refused(folder)
    assert "2 cells say neither yes nor no" in fault
    assert 'survey_area = "cells"' in fault


def test_decided_cells_may_lie_in_a_wider_survey(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    grid(folder, "0,0,3 100,0,0", survey_area="everywhere")
    assert says(folder.take(), "4g", (50, 50), (150, 50), (5_000, 5_000)) == [COVERED, NOT_COVERED, NOT_COVERED]


def test_a_signal_is_compared_with_the_threshold(tmp_path: Path) -> None:
    """The threshold itself is enough; -9999 and 255 are no signals but ways to say no data."""
    folder = DeliveryFolder(tmp_path)
    folder.text(
        "grid.csv",
        f"x;y;dbm\n{X};{Y};-105\n{X + 100};{Y};-105,1\n{X + 200};{Y};\n{X + 300};{Y};-9999\n{X + 400};{Y};255\n",
    )
    columns = {"x": "x", "y": "y", "size_m": 100, "value": "dbm"}
    folder.layer("4g", "grid.csv", columns=columns, crs=METRIC, survey_area="cells", threshold_dbm=-105)
    found = says(folder.take(), "4g", *((100.0 * n + 50, 50.0) for n in range(5)))
    assert found == [COVERED, NOT_COVERED, NO_DATA, NO_DATA, NO_DATA]


def test_cells_may_be_named_by_their_centre(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    grid(folder, "50,50,3", columns={"anchor": "centre"})
    assert says(folder.take(), "4g", (0, 0), (100, 100), (100.001, 100)) == [COVERED, COVERED, NO_DATA]


def test_a_grid_in_another_crs_keeps_its_cells(tmp_path: Path) -> None:
    """Cells of UTM zone 34, answered in SWEREF 99 TM."""
    to_metric = pyproj.Transformer.from_crs("EPSG:32634", METRIC, always_xy=True)
    to_zone = pyproj.Transformer.from_crs(METRIC, "EPSG:32634", always_xy=True)
    east, north = np.floor(np.array(to_zone.transform(X, Y)) / 100) * 100
    folder = DeliveryFolder(tmp_path)
    columns = {"cell": "id", "value": "n", "classes": {"covered": 1, "none": 0}}
    folder.text("grid.csv", f"id,n\n100mN{north / 100:.0f}E{east / 100:.0f},1\n")
    folder.layer("4g", "grid.csv", columns=columns, crs="EPSG:32634", survey_area="cells")
    snapshot = folder.take()
    inside = [(0.2, 0.2), (99.8, 0.2), (0.2, 99.8), (99.8, 99.8), (50, 50)]
    outside = [(-0.2, 50), (100.2, 50), (50, -0.2), (50, 100.2)]
    x, y = to_metric.transform(*(np.array([east, north]) + np.array(inside + outside)).T)
    assert snapshot.lookup(x=x, y=y).covered[:, 0].tolist() == [True] * 5 + [False] * 4


def test_counted_cells_are_the_declared_features(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    grid(folder, "0,0,3 100,0,3 0,0,3 200,0,0", features=2)
    assert folder.take().layers[0].features == 2
    other = DeliveryFolder(tmp_path / "other")
    grid(other, "0,0,3", features=2)
    assert any("has 1 cells and 2 are declared" in fault for fault in refused(other))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("0,0,3 100,0,3 0,0,2", "CELLS_DISAGREE"),
        ("0,0,3 150,0,3", "OFF_GRID"),
        ("0,0,0 100,0,2", "EMPTY_LAYER"),
        ("nan,0,3", "INVALID_CELL"),
    ],
)
def test_unsound_grids_are_refused(tmp_path: Path, rows: str, told: str) -> None:
    folder = DeliveryFolder(tmp_path)
    grid(folder, rows)
    assert [fault for fault in refused(folder) if f"[{told}]" in fault]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (b"id,n\n100mN66360E7210,1\n100mN66360E72x0,1\n", "number 2 after the header) without a cell's name"),
        (b"id,n\n100mN66360E7210,1\n1kmN6636E721,1\n", "MIXED_RESOLUTION"),
        (b"id,n\n100mN66360E7210\n", "RAGGED_ROWS"),
        (b"id,m\n100mN66360E7210,1\n", "no column 'n'"),
        (b"id,n,n\n100mN66360E7210,1,0\n", "column 'n' twice"),
        (b"id,n\n", "EMPTY_LAYER"),
        (b"", "EMPTY_FILE"),
        (b"id,n\n100mN66360E7210,\xff\n", "UNREADABLE"),
        (b'id,n\n"100mN66360E7210,1\n', "UNREADABLE"),
        (b"<OGRVRTDataSource>,</OGRVRTDataSource>", "CONTENT_MISMATCH"),
        (b"PK\x03\x04,\0\0", "CONTENT_MISMATCH"),
    ],
)
def test_unsound_tables_are_refused(tmp_path: Path, table: bytes, told: str) -> None:
    """What is wrong is told once, though the file is read for its claim and for where it speaks."""
    folder = DeliveryFolder(tmp_path)
    folder.text("grid.csv", table)
    columns = {"cell": "id", "value": "n", "classes": {"covered": 1, "none": 0}}
    folder.layer("4g", "grid.csv", columns=columns, crs=METRIC, survey_area="cells")
    (fault,) = refused(folder)
    assert told in fault


# Rasters --------------------------------------------------------------------------------------------------------------


def raster(
    folder: DeliveryFolder,
    values: Any,
    *,
    transform: tuple[float, ...] | None = NORTH_UP,
    crs: str | None = METRIC,
    **profile: Any,
) -> Path:
    """Write a GeoTIFF; the first row is the northernmost unless the transform says otherwise."""
    rasterio = pytest.importorskip("rasterio")
    made = np.atleast_3d(np.asarray(values)).transpose(2, 0, 1)
    count, height, width = made.shape
    place = {} if transform is None else {"transform": rasterio.Affine(*transform)}
    scale, mask = profile.pop("scale", None), profile.pop("mask", None)
    usual = {"count": count, "height": height, "width": width, "dtype": made.dtype, "crs": crs, **place}
    with warnings.catch_warnings(), rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(folder.path / "cov.tif", "w", driver="GTiff", **{**usual, **profile}) as dataset:
            if dataset.shape == made.shape[1:]:
                dataset.write(made)
            if scale:
                dataset.scales, dataset.offsets = [scale[0]], [scale[1]]
            if mask is not None:
                dataset.write_mask(np.asarray(mask))
    return folder.path / "cov.tif"


def of_raster(folder: DeliveryFolder, **keys: Any) -> Snapshot:
    folder.layer("4g", "cov.tif", **{"survey_area": "cells", **keys})
    return folder.take()


def test_a_pixel_is_covered_from_the_threshold_on(tmp_path: Path) -> None:
    """At its corners and sides too; and nodata is no data, where 0 or a weak signal is "not covered" (A42)."""
    folder = DeliveryFolder(tmp_path)
    raster(folder, np.array([[-105.0, -105.5], [-9999.0, np.nan], [-120.0, -60.0]]), nodata=-9999.0)
    snapshot = of_raster(folder, threshold_dbm=-105)
    assert says(snapshot, "4g", (50, 250), (0, 300), (100, 200), (0.001, 200.001), (100, 0), (200, 100)) == [COVERED] * 6
    assert says(snapshot, "4g", (100.001, 250), (200, 300), (50, 50), (99.999, 0)) == [NOT_COVERED] * 4
    assert says(snapshot, "4g", (50, 150), (0.001, 199.999), (150, 150), (-0.001, 250), (50, 300.001)) == [NO_DATA] * 5


@pytest.mark.parametrize(
    ("level", "by_class"),
    [
        ("basic", [NO_DATA, NOT_COVERED, COVERED, COVERED, NO_DATA]),
        ("very_good", [NO_DATA, NOT_COVERED, NOT_COVERED, COVERED, NO_DATA]),
    ],
)
def test_classes_of_a_raster_mean_levels(tmp_path: Path, level: str, by_class: list[str]) -> None:
    """255 is nodata, 7 in no legend."""
    folder = DeliveryFolder(tmp_path)
    raster(folder, np.array([[255, 0, 1, 3, 7]], dtype=np.uint8), nodata=255)
    columns = {"classes": {"none": 0, "basic": 1, "good": 2, "very_good": 3}}
    snapshot = of_raster(folder, columns=columns, level=level, threshold_dbm=None)
    assert says(snapshot, "4g", *((100.0 * n + 50, 250.0) for n in range(5))) == by_class


def test_a_declared_class_may_be_the_nodata_value(tmp_path: Path) -> None:
    """Some publishers write "nothing there" as nodata; who says so in layers.toml is believed."""
    folder = DeliveryFolder(tmp_path)
    raster(folder, np.array([[0, 1]], dtype=np.uint8), nodata=0)
    snapshot = of_raster(folder, columns={"classes": {"none": 0, "covered": 1}})
    assert says(snapshot, "4g", (50, 250), (150, 250)) == [NOT_COVERED, COVERED]


def test_masked_pixels_are_no_data(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    raster(folder, np.array([[-80.0, -80.0]]), mask=np.array([[255, 0]], dtype=np.uint8))
    assert says(of_raster(folder), "4g", (50, 250), (150, 250)) == [COVERED, NO_DATA]


def test_scaled_values_are_unscaled(tmp_path: Path) -> None:
    """Tenths of a decibel as whole numbers."""
    folder = DeliveryFolder(tmp_path)
    raster(folder, np.array([[-1050, -1051]], dtype=np.int16), scale=(0.1, 0.0))
    assert says(of_raster(folder, threshold_dbm=-105), "4g", (50, 250), (150, 250)) == [COVERED, NOT_COVERED]


@pytest.mark.parametrize(
    "transform",
    [
        (100.0, 0.0, X, 0.0, 100.0, Y),  # south-up
        (60.0, -80.0, X, 80.0, 60.0, Y),  # turned
        (60.0, 80.0, X, 80.0, -60.0, Y),  # turned and mirrored
    ],
)
def test_pixels_lie_where_the_transform_puts_them(tmp_path: Path, transform: tuple[float, ...]) -> None:
    """A43."""
    folder = DeliveryFolder(tmp_path)
    values = np.random.default_rng(1).choice([-80.0, -120.0, -9999.0], (7, 9))
    raster(folder, values, transform=transform, nodata=-9999.0)
    snapshot = of_raster(folder, threshold_dbm=-105)
    a, b, c, d, e, f = transform
    for row, column in np.ndindex(values.shape):
        within = [(column + dx, row + dy) for dx, dy in [(0.5, 0.5), (0.01, 0.01), (0.99, 0.99), (0.01, 0.99)]]
        places = [(a * x + b * y + c - X, d * x + e * y + f - Y) for x, y in within]
        truth = {-80.0: COVERED, -120.0: NOT_COVERED, -9999.0: NO_DATA}[float(values[row, column])]
        assert says(snapshot, "4g", *places) == [truth] * 4


def test_a_raster_of_many_strips_is_the_raster(tmp_path: Path) -> None:
    """Rows are read in strips; the outline doesn't know them."""
    folder = DeliveryFolder(tmp_path)
    values = np.repeat(np.repeat(np.random.default_rng(2).choice([-80.0, -120.0], (50, 30)), 64, axis=0), 100, axis=1)
    raster(folder, values.astype(np.float32), transform=(10.0, 0.0, X, 0.0, -10.0, Y + 32_000), compress="deflate")
    snapshot = of_raster(folder)
    row, column = np.random.default_rng(3).integers((0, 0), values.shape, (5_000, 2)).T
    found = snapshot.lookup(x=X + column * 10 + 5, y=Y + 32_000 - row * 10 - 5)
    assert (found.covered[:, 0] == (values[row, column] == -80)).all()
    assert snapshot.layers[0].features == (values == -80).sum()


@pytest.mark.parametrize(
    ("values", "profile", "keys", "told"),
    [
        ([[-80.0]], {"transform": None, "crs": None}, {}, "NOT_GEOREFERENCED"),
        ([[-80.0]], {"crs": None}, {}, "CRS_MISSING"),
        ([[-80.0]], {"crs": "EPSG:32634"}, {"crs": METRIC}, "CRS_MISMATCH"),
        ([[-80.0]], {"nodata": -80.0}, {}, "EMPTY_LAYER"),
        ([[-120.0]], {}, {}, "EMPTY_LAYER"),
        ([[-80.0, -999.0]], {}, {"survey_area": "everywhere"}, "UNDECIDED_CELLS"),
        ([[[-80.0, -90.0]]], {}, {}, "choose one with columns = {band = 1}"),
        ([[-80.0]], {}, {"columns": {"band": 2}}, "has no band 2"),
        ([[-80.0]], {}, {"table": "4g"}, "bands instead of layers"),
        ([[-80.0]], {}, {"features": 2}, "FEATURES_DIFFER"),
    ],
)
def test_unsound_rasters_are_refused(
    tmp_path: Path, values: Any, profile: dict[str, Any], keys: dict[str, Any], told: str
) -> None:
    folder = DeliveryFolder(tmp_path)
    raster(folder, np.array(values), **profile)
    folder.layer("4g", "cov.tif", **{"survey_area": "cells", **keys})
    assert any(told in fault for fault in refused(folder)), refused(folder)


def test_a_tiny_file_that_promises_a_huge_raster_is_refused(tmp_path: Path) -> None:
    """A44. Nothing is unpacked."""
    folder = DeliveryFolder(tmp_path)
    path = raster(folder, np.zeros((1, 1), dtype=np.uint8), width=200_000, height=200_000, SPARSE_OK=True, tiled=True)
    assert path.stat().st_size < 10_000_000
    folder.layer("4g", "cov.tif", survey_area="cells")
    assert any("[TOO_LARGE]" in fault for fault in refused(folder))


def test_a_cut_raster_is_refused(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    path = raster(folder, np.full((300, 300), -80.0))
    path.write_bytes(path.read_bytes()[:-50_000])
    folder.layer("4g", "cov.tif", survey_area="cells")
    assert any("[UNREADABLE]" in fault for fault in refused(folder))


def test_a_world_file_belongs_to_its_raster(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    raster(folder, np.array([[-80.0]]), transform=None, crs=None)
    folder.text("cov.tfw", f"100\n0\n0\n-100\n{X + 50}\n{Y + 250}\n")
    assert says(of_raster(folder, crs=METRIC), "4g", (0, 200), (100, 300), (50, 199)) == [COVERED, COVERED, NO_DATA]


# H3 cells -------------------------------------------------------------------------------------------------------------


def hexagons(folder: DeliveryFolder, rows: list[tuple[Any, ...]], *, names: str = "h3_res9_id", **keys: Any) -> None:
    """Declare a table of H3 cells by the profile of the FCC."""
    folder.text("h3.csv", names + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    folder.layer("4g", "h3.csv", **{"survey_area": "cells", "columns": {"h3": "h3_res9_id"}, **keys})


def places_in(cell: str) -> tuple[list[float], list[float]]:
    """Give a cell's middle and places just inside its corners, as lists of lat and lon."""
    h3 = pytest.importorskip("h3")
    middle, corners = np.array(h3.cell_to_latlng(cell)), np.array(h3.cell_to_boundary(cell))
    lat, lon = np.vstack([middle, middle + (corners - middle) * 0.9999]).T
    return lat.tolist(), lon.tolist()


def test_a_hexagon_is_the_hexagon(tmp_path: Path) -> None:
    """A disk with a hole and an island in it: every cell answers all over itself, and its neighbours don't."""
    h3 = pytest.importorskip("h3")
    middle = h3.latlng_to_cell(59.82, 18.95, 9)
    claimed = {*h3.grid_disk(middle, 6)} - {*h3.grid_disk(middle, 3)} | {middle}
    folder = DeliveryFolder(tmp_path)
    hexagons(folder, [(cell,) for cell in sorted(claimed)])
    snapshot = folder.take()
    for cell in h3.grid_disk(middle, 8):
        lat, lon = places_in(cell)
        found = snapshot.lookup(lat=lat, lon=lon)
        assert found.covered.all() == found.covered.any() == (cell in claimed)
    assert snapshot.layers[0].features == len(claimed)
    assert len(snapshot.polygons("4g")) == 2


def test_a_cell_may_be_written_in_decimal(tmp_path: Path) -> None:
    h3 = pytest.importorskip("h3")
    cell = h3.latlng_to_cell(59.82, 18.95, 9)
    for number, name in enumerate((cell, str(int(cell, 16)), cell.upper(), "0x" + cell)):
        folder = DeliveryFolder(tmp_path / str(number))
        hexagons(folder, [(name,)])
        assert folder.take().lookup(lat=59.82, lon=18.95).covered.all()


def test_a_pentagon_is_a_cell(tmp_path: Path) -> None:
    """A46. The one in the sea between Norway and the Faroes."""
    h3 = pytest.importorskip("h3")
    (pentagon,) = [
        cell for cell in h3.get_pentagons(9) if 60 < h3.cell_to_latlng(cell)[0] < 70 and h3.cell_to_latlng(cell)[1] > 0
    ]
    folder = DeliveryFolder(tmp_path)
    hexagons(folder, [(pentagon,)], country="NO")
    snapshot = folder.take(metric_crs="EPSG:25831")
    lat, lon = places_in(pentagon)
    assert snapshot.lookup(lat=lat, lon=lon).covered.all()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("6.17E+17",)], "LOSSY_NUMBER"),  # A47
        ([("617,000E+15",)], "RAGGED_ROWS"),
        ([("617000000000000000",)], "INVALID_CELL"),
        ([("nonsense",)], "INVALID_CELL"),
        ([("",)], "EMPTY_LAYER"),
    ],
)
def test_damaged_cells_are_refused(tmp_path: Path, rows: list[tuple[str, ...]], told: str) -> None:
    pytest.importorskip("h3")
    folder = DeliveryFolder(tmp_path)
    hexagons(folder, rows)
    assert any(told in fault for fault in refused(folder)), refused(folder)


def test_resolutions_are_not_mixed(tmp_path: Path) -> None:
    h3 = pytest.importorskip("h3")
    folder = DeliveryFolder(tmp_path)
    hexagons(folder, [(h3.latlng_to_cell(59.82, 18.95, resolution),) for resolution in (8, 9)])
    assert any("MIXED_RESOLUTION" in fault for fault in refused(folder))


def test_large_cells_are_refused(tmp_path: Path) -> None:
    h3 = pytest.importorskip("h3")
    folder = DeliveryFolder(tmp_path)
    hexagons(folder, [(h3.latlng_to_cell(59.82, 18.95, 5),)])
    assert any("TOO_COARSE" in fault for fault in refused(folder))


def test_fcc_rows_are_chosen_by_what_the_layer_claims(tmp_path: Path) -> None:
    """Technology, environment, speed and signal each choose; what another claim says of the same cell doesn't matter."""
    h3 = pytest.importorskip("h3")
    middle = h3.latlng_to_cell(59.82, 18.95, 9)
    cells = sorted(h3.grid_disk(middle, 2))
    names = "technology,environmnt,mindown,minsignal,h3_res9_id"
    rows = [
        (400, 0, 5, -100, cells[0]),
        (300, 0, 5, -100, cells[1]),
        (400, 1, 5, -100, cells[2]),
        (400, 0, 1, -100, cells[3]),
        (400, 0, 5, -110, cells[4]),
        (300, 0, 0.2, -120, cells[0]),
    ]
    folder = DeliveryFolder(tmp_path)
    hexagons(folder, rows, names=names, profile="fcc-bdc", min_download_mbps=5, columns=None)
    snapshot = folder.take()
    lat, lon = np.array([h3.cell_to_latlng(cell) for cell in cells[:5]]).T
    found = snapshot.lookup(lat=lat, lon=lon)
    assert found.covered[:, 0].tolist() == [True, False, False, False, False]
    assert found.surveyed[:, 0].tolist() == [True, False, False, False, True], "too weak a signal is said, not left out"


# Profiles ---------------------------------------------------------------------------------------------------------------


def test_ofcom_like_levels(tmp_path: Path) -> None:
    """Cells of 50 m in the British grid; "variable outdoor" is neither a claim of basic coverage nor a denial."""
    folder = DeliveryFolder(tmp_path)
    folder.text("grid.csv", "x,y,level\n" + "".join(f"{530_000 + 50 * n},180000,{n}\n" for n in range(5)))
    for level in ("basic", "good", "very_good"):
        folder.layer(level, "grid.csv", profile="ofcom-grid", level=level, country="GB", survey_area="cells")
    snapshot = folder.take(metric_crs="EPSG:27700")
    found = snapshot.lookup(x=530_025.0 + 50 * np.arange(5), y=np.full(5, 180_025.0))
    assert found.covered.T.tolist() == [[n >= least for n in range(5)] for least in (2, 3, 4)]
    assert found.surveyed.T.tolist() == [[n != 1 for n in range(5)], [True] * 5, [True] * 5]
    assert {layer.resolution_m for layer in snapshot.layers} == {50}


def test_arcep_levels_include_the_higher_ones(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(n * 100.0, 0, 100) for n in range(3)], columns={"niveau": ["CL", "BC", "TBC"]})
    for level in ("basic", "good", "very_good"):
        folder.layer(level, "cov.gpkg", profile="arcep", level=level)
    snapshot = folder.take()
    assert [layer.features for layer in snapshot.layers] == [3, 2, 1]
    assert says(snapshot, "good", (50, 50), (150, 50), (250, 50)) == [NOT_COVERED, COVERED, COVERED]


# What may be declared -------------------------------------------------------------------------------------------------

POSITION = {"x": "x", "y": "y", "size_m": 100}
CLASSES = {"covered": 1, "none": 0}


@pytest.mark.parametrize(
    ("file", "keys", "told"),
    [
        ("a.csv", {}, "must name the cells"),
        ("a.csv", {"columns": {"x": "x", "value": "n", "classes": CLASSES}}, "must name the cells"),
        ("a.csv", {"columns": {**POSITION, "h3": "h3"}}, "must name the cells"),
        ("a.csv", {"columns": {"x": "x", "y": "y", "value": "n", "classes": CLASSES}}, "needs 'size_m'"),
        ("a.csv", {"columns": {**POSITION, "value": "dbm"}, "threshold_dbm": None}, "needs 'threshold_dbm'"),
        ("a.csv", {"columns": {**POSITION, "valeu": "dbm"}}, "no key 'valeu'; did you mean 'value'?"),
        ("a.csv", {"columns": {**POSITION, "anchor": "middle"}}, "'anchor' must be one of corner, centre"),
        ("a.csv", {"columns": {**POSITION, "classes": {"fair": 1}}}, "'classes' must be a table"),
        ("a.csv", {"columns": {**POSITION, "classes": {"none": 0, "good": 0}}}, "two meanings"),
        ("a.csv", {"columns": {**POSITION, "classes": {"none": 0, "basic": 1}}}, "no value that means good or more"),
        ("a.csv", {"profile": "bnetza"}, "did you mean 'bnetza-grid'"),
        ("a.csv", {"profile": "bnetza-grid", "technology": "3G"}, "tells nothing of technology 3G; use one of 2G, 4G, 5G"),
        ("a.csv", {"profile": "fcc-bdc", "environment": "indoor"}, "tells nothing of environment indoor"),
        ("a.tif", {"threshold_dbm": None}, "needs 'threshold_dbm'"),
        ("a.tif", {"columns": {"h3": "h3"}}, "of a raster can only have"),
        ("a.gpkg", {}, "'survey_area' can't be \"cells\""),
        ("a.gpkg", {"columns": {"h3": "h3"}}, "is for tables and rasters"),
    ],
)
def test_faults_in_the_declaration(tmp_path: Path, file: str, keys: dict[str, Any], told: str) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.layer("4g", file, **{"survey_area": "cells", **keys})
    assert any(told in fault for fault in refused(folder)), refused(folder)

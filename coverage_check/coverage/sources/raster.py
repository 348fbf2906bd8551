"""GeoTIFF: a signal in dBm with the layer's threshold, or classes. A pixel is a cell; nodata is no data. Needs rasterio.

Pixels are read in strips and kept as runs, so that a raster needs memory for its outlines and not for its pixels.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources.cell_outline import Runs, outline
from coverage_check.coverage.sources.cells import NO, SILENT, YES, Cells, Verdicts
from coverage_check.coverage.sources.features import Features, Request
from coverage_check.coverage.sources.formats import Format

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

MAX_PIXELS = 2 << 30
"""Twice a country of the size of Sweden in pixels of 30 m; a tiny file can promise any number."""

MAX_BLOCK_BYTES = 256 << 20
"""What GDAL has to unpack at once."""

_STRIP_PIXELS = 8 << 20


def read(path: Path, request: Request, kind: Format) -> Features:
    """Read the pixels of one claim, as polygons.

    Raises
    ------
    Fault
        NO_CELLS, NO_LAYER, UNREADABLE, TOO_LARGE, NOT_GEOREFERENCED, AMBIGUOUS_LAYER, UNDECIDED_CELLS or EMPTY_LAYER.
    """
    import rasterio  # noqa: PLC0415 - an extra; its GDAL loads after the worker has set its environment
    from rasterio.errors import RasterioError  # noqa: PLC0415

    if request.cells is None:
        raise Fault("NO_CELLS", "it is a raster; say what its values mean with 'threshold_dbm' or 'columns'.")
    if request.where or request.table not in (None, request.stem):
        raise Fault("NO_LAYER", "a raster has bands instead of layers and columns; choose one with columns = {band = 1}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with rasterio.open(path, driver="GTiff") as dataset:
                return _read(dataset, request.cells)
    except (RasterioError, ValueError) as error:
        why = " ".join(str(error).replace(str(path), "it").split())[:160]
        raise Fault("UNREADABLE", f"it can't be read as {kind.name} ({why}); ask its publisher for a sound file.") from None


def _read(dataset: "DatasetReader", cells: Cells) -> Features:
    _check_size(dataset)
    _check_place(dataset)
    band = _choose_band(dataset, cells)
    strips: list[Runs] = []
    decided = silent = 0
    for first_row, verdicts in _strips(dataset, band, cells):
        strips.append(Runs.of_mask(cells.wanted(verdicts), first_row))
        silent += int((verdicts == SILENT).sum())
        decided += int(np.isin(verdicts, (YES, NO)).sum())
    runs = Runs.joined(strips)
    if not runs.cells:
        raise Fault(
            "EMPTY_LAYER",
            f"none of its {decided + silent} pixels claims coverage, and {silent} say nothing; check 'classes'.",
        )
    to_place = dataset.transform
    factors, origin = np.array([[to_place.a, to_place.d], [to_place.b, to_place.e]]), (to_place.c, to_place.f)
    polygons = shapely.transform(outline(runs), lambda corners: corners @ factors + origin)
    crs = dataset.crs.to_wkt() if dataset.crs else None
    return Features(geometries=polygons, numbers=np.arange(len(polygons)) + 1, crs=crs, cells=runs.cells)


def _check_size(dataset: "DatasetReader") -> None:
    """Refuse what a file promises beyond reason, before anything is unpacked."""
    pixels = dataset.width * dataset.height * dataset.count
    rows, columns = max(dataset.block_shapes)
    block = rows * columns * max(np.dtype(kind).itemsize for kind in dataset.dtypes) * dataset.count
    if pixels > MAX_PIXELS or block > MAX_BLOCK_BYTES:
        raise Fault(
            "TOO_LARGE",
            f"it has {dataset.width} x {dataset.height} pixels in {dataset.count} bands; deliver it in parts, and in tiles.",
        )


def _check_place(dataset: "DatasetReader") -> None:
    """Refuse a raster that doesn't say where it lies; a turned or south-up one does."""
    if dataset.transform.is_identity or dataset.transform.determinant == 0:
        raise Fault("NOT_GEOREFERENCED", "it doesn't say where its pixels lie; ask its publisher for a GeoTIFF that does.")


def _choose_band(dataset: "DatasetReader", cells: Cells) -> int:
    values = [
        number
        for number, meaning in enumerate(dataset.colorinterp, 1)
        if meaning.name != "alpha" and not dataset.dtypes[number - 1].startswith("complex")
    ]
    if cells.band is None and len(values) != 1:
        raise Fault("AMBIGUOUS_LAYER", f"it has {len(values)} bands of values; choose one with columns = {{band = 1}}.")
    band = values[0] if cells.band is None else cells.band
    if band not in values:
        raise Fault("NO_LAYER", f"it has no band {band} of values; it has {', '.join(map(str, values)) or 'none'}.")
    return band


def _strips(dataset: "DatasetReader", band: int, cells: Cells) -> Iterator[tuple[int, Verdicts]]:
    """Give some rows at a time what each pixel says, in whole blocks so that none is unpacked twice."""
    from rasterio.windows import Window  # noqa: PLC0415

    block_rows = dataset.block_shapes[band - 1][0]
    rows = max(1, _STRIP_PIXELS // dataset.width // block_rows) * block_rows
    for first in range(0, dataset.height, rows):
        window = Window(0, first, dataset.width, min(rows, dataset.height - first))
        yield first, _judge(dataset, band, window, cells)


def _judge(dataset: "DatasetReader", band: int, window: object, cells: Cells) -> Verdicts:
    raw = dataset.read(band, window=window)
    scale, offset = dataset.scales[band - 1], dataset.offsets[band - 1]
    values: npt.NDArray[np.float64] | npt.NDArray[np.float32] = raw
    if (scale, offset) != (1.0, 0.0):
        values = raw * scale + offset
    verdicts = cells.judge_numbers(values)
    masked = dataset.read_masks(band, window=window) == 0
    # A class that is named by the declaration means what it says there, even if the file calls it nodata.
    named = np.isin(values, [float(value) for value in (*(cells.yes or ()), *(cells.no or ()))])
    verdicts[masked & ~named] = SILENT
    return verdicts

"""Reading through GDAL: what GeoPackage, Shapefile, GeoJSON, FlatGeobuf, KML and MapInfo have in common."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources.features import Features, Geometries, Request, check_columns, choose_table, select
from coverage_check.coverage.sources.formats import Format


def read(path: Path, request: Request, kind: Format) -> Features:
    """Read the wanted features of one layer.

    Raises
    ------
    Fault
        UNREADABLE, CRS_UNREADABLE, NO_LAYER, AMBIGUOUS_LAYER, NO_GEOMETRY, NO_COLUMN, EMPTY_LAYER or TRUNCATED.
    """
    from pyogrio import errors  # noqa: PLC0415 - GDAL loads here, after the worker has set its environment

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(str(path), request, kind)
    except errors.CRSError:
        raise Fault("CRS_UNREADABLE", "its CRS can't be read; ask its publisher for a file with an EPSG code.") from None
    except (
        errors.DataLayerError,
        errors.DataSourceError,
        errors.FeatureError,
        errors.FieldError,
        errors.GeometryError,
        UnicodeDecodeError,
    ) as error:
        why = " ".join(str(error).replace(str(path), "it").split()).split(";")[0][:160]
        raise Fault("UNREADABLE", f"it can't be read as {kind.name} ({why}); ask its publisher for a sound file.") from None


def decode(wkb: Sequence[bytes | None] | npt.NDArray[np.object_]) -> tuple[Geometries, int, npt.NDArray[np.bool_]]:
    """Turn WKB into plane geometries; also give how many had their rings closed, and a mask of the unreadable."""
    raw = np.asarray(wkb, dtype=object)
    geometries = shapely.from_wkb(raw, on_invalid="ignore")
    broken = np.flatnonzero(shapely.is_missing(geometries) & np.array([item is not None for item in raw], dtype=bool))
    geometries[broken] = shapely.from_wkb(raw[broken], on_invalid="fix")
    unreadable = np.zeros(len(raw), dtype=bool)
    unreadable[broken] = shapely.is_missing(geometries[broken])
    high = shapely.get_coordinate_dimension(geometries) > 2
    geometries[high] = shapely.force_2d(geometries[high])  # which would copy the plane ones too
    return geometries, len(broken) - int(unreadable.sum()), unreadable


def gather(
    wkb: npt.NDArray[np.object_], columns: dict[str, npt.NDArray[Any]], crs: str | None, request: Request
) -> Features:
    """Keep the wanted of all features that were read."""
    chosen = np.flatnonzero(select(columns, request, len(wkb)))
    geometries, rings_closed, unreadable = decode(wkb[chosen])
    return Features(
        geometries=geometries,
        numbers=chosen + 1,
        crs=crs,
        rings_closed=rings_closed,
        unreadable=tuple((chosen[unreadable] + 1).tolist()),
    )


def _read(path: str, request: Request, kind: Format) -> Features:
    import pyogrio  # noqa: PLC0415

    layers = pyogrio.list_layers(path)
    spatial = [name for name, geometry_type in layers if geometry_type is not None]
    if len(layers) and not spatial:
        raise Fault("NO_GEOMETRY", "its layers are tables without geometry; ask its publisher for the polygons.")
    table = choose_table(spatial, request)
    info = pyogrio.read_info(path, layer=table)
    check_columns(list(info["fields"]), request)
    meta, _, wkb, values = pyogrio.raw.read(path, layer=table, columns=list(request.where), datetime_as_string=True)
    if 0 <= info["features"] != len(wkb):
        raise Fault(
            "TRUNCATED",
            f"it promises {info['features']} features and holds {len(wkb)}; ask its publisher for a complete {kind.name}.",
        )
    return gather(wkb, dict(zip(meta["fields"], values, strict=True)), meta["crs"], request)

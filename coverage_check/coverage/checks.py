"""What is checked of a file's features before any work is done on their geometry. Everything wrong is noted."""

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from coverage_check.coverage.country import BOXES
from coverage_check.coverage.crs import Points, settle_crs, to_degrees
from coverage_check.coverage.fault import Fault, Notes
from coverage_check.coverage.repair import Parts, take_apart
from coverage_check.coverage.sources.features import Features

_SAMPLE = 100
_SLACK_DEG = 1e-9


def check_features(features: Features, declared: int | None, notes: Notes) -> Parts:
    """Check what needs no CRS, and take the polygons out.

    Raises
    ------
    Unusable
        There is no polygon.
    """
    total = features.count
    if not total:
        notes.note("EMPTY_LAYER", "it holds no feature, which is not the same as no coverage; ask its publisher.")
    if declared not in (None, total):
        what = "features" if features.cells is None else "cells"
        notes.note("FEATURES_DIFFER", f"it has {total} {what} and {declared} are declared; ask for the complete file.")
    unreadable = np.isin(features.numbers, features.unreadable)
    missing = shapely.is_missing(features.geometries) & ~unreadable | shapely.is_empty(features.geometries)
    notes.features(
        "UNSUPPORTED_GEOMETRY", features.numbers[unreadable], "not readable as polygons", "ask for plain polygons"
    )
    notes.features("NO_GEOMETRY", features.numbers[missing], "without geometry", "ask for the complete file, or remove them")
    parts, foreign = take_apart(features.geometries, features.numbers)
    notes.features("WRONG_GEOMETRY_TYPE", foreign, "with points or lines where coverage is polygons", "ask for polygons")
    coords, part = shapely.get_coordinates(parts.polygons, return_index=True)
    sound = np.ones(len(parts.polygons), dtype=bool)
    sound[part[~np.isfinite(coords).all(axis=1)]] = False
    notes.features("NOT_FINITE", parts.owner[~sound], "with coordinates that are no numbers", "ask for a sound file")
    if not sound.any():
        notes.stop_if_any()
    return Parts(polygons=parts.polygons[sound], owner=parts.owner[sound])


def check_places(
    parts: Parts, found: str | None, declared: str | None, country: str | None, metric: CRS, notes: Notes
) -> CRS:
    """Settle the CRS and check that the coordinates make sense in it and lie in the country.

    Raises
    ------
    Unusable
        The CRS can't be settled, or the coordinates are none of it.
    """
    coords = shapely.get_coordinates(parts.polygons)
    try:
        crs = settle_crs(found, declared, coords[:: max(1, len(coords) // _SAMPLE)], metric)
    except Fault as fault:
        notes.note(fault.kind, fault.sentence)
        notes.stop_if_any()
        raise
    extents = shapely.bounds(parts.polygons)
    if crs.is_geographic:
        _check_degrees(extents, parts, notes)
        notes.stop_if_any()
    if country is not None:
        _check_country((extents[:, :2] + extents[:, 2:]) / 2, parts, crs, country, notes)
    return crs


def _check_degrees(extents: npt.NDArray[np.float64], parts: Parts, notes: Notes) -> None:
    beyond = (np.abs(extents) > np.array([180, 90, 180, 90]) + _SLACK_DEG).any(axis=1)
    wide = ~beyond & (extents[:, 2] - extents[:, 0] > 180)
    cure = 'declare the true CRS as crs = "EPSG:…"'
    notes.features("CRS_IMPLAUSIBLE", parts.owner[beyond], "with coordinates that are no degrees", cure)
    notes.features("ANTIMERIDIAN", parts.owner[wide], "reaching round the world", "cut at the antimeridian (RFC 7946)")


def _check_country(centres: Points, parts: Parts, crs: CRS, country: str, notes: Notes) -> None:
    """Find parts outside the country's box, and say so if exchanged axes would bring them in."""
    outside = ~_in_country(centres, crs, country)
    exchanged = outside & _in_country(centres[:, ::-1], crs, country)
    notes.features(
        "AXIS_SUSPECT",
        parts.owner[exchanged],
        f"outside {country}, and inside with x and y exchanged",
        "exchange them",
    )
    notes.features(
        "OUTSIDE_COUNTRY", parts.owner[outside & ~exchanged], f"outside {country}", "check 'country', and the file's CRS"
    )


def _in_country(centres: Points, crs: CRS, country: str) -> npt.NDArray[np.bool_]:
    lon, lat = to_degrees(crs, centres).T
    return BOXES[country].holds(lon=lon, lat=lat)

"""Which CRS a file is in, whether that can be believed, and how its coordinates become metres.

A code is not enough: MapInfo files lose it though their coordinates are right. So a declared CRS and a file's are compared
by where they put the layer's own points.
"""

import re

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import CRSError, ProjError

from coverage_check.coverage.fault import Fault

Points = npt.NDArray[np.float64]
"""float64[n, 2]: x, y, or longitude, latitude."""

_DECLARED = re.compile(r"[A-Za-z]+:\w+$|urn:|https?://www\.opengis\.net/def/crs/|\+proj=|\{|[A-Z]+\[")

AGREE_M = 1.0
"""Two descriptions of a CRS are the same if they put the layer's points within a metre: datum ensembles such as WGS 84
have no better meaning, and a missing datum shift is some 100 m."""

MAX_STRETCH = 0.02
"""How much the metric CRS may stretch distances at the layer. An assumption: national and UTM grids stay below 0.4 %, the
European equal-area grid below 2 %; Web Mercator in Sweden is 100 %."""


def read_crs(text: str) -> CRS:
    """Read a CRS as someone declares it: a code, WKT, PROJJSON or a PROJ string, but no mere name, which is guesswork.

    Raises
    ------
    CRSError
        It is none of these, or PROJ doesn't know it.
    """
    if not _DECLARED.match(text.strip()):
        raise CRSError("a name")
    return CRS.from_user_input(text)


def why_not_metric(text: str) -> str | None:
    """Say why distances can't be measured in a CRS, as the end of a sentence; None if they can."""
    try:
        crs = read_crs(text)
    except CRSError:
        return "is no CRS that PROJ knows: write it as EPSG:3006."
    if not crs.is_projected or any(axis.unit_conversion_factor != 1 for axis in crs.axis_info[:2]):
        return "must be a projected CRS in metres: use the national grid or the UTM zone, such as EPSG:3006."
    return None


def settle_crs(found: str | None, declared: str | None, sample: Points, metric: CRS) -> CRS:
    """Decide which CRS a file's coordinates are in.

    Parameters
    ----------
    found
        What the file says: an authority code, WKT or PROJJSON; None if nothing.
    declared
        What layers.toml says.
    sample
        Some of the file's points, to compare the two by.
    metric
        The metric CRS: what both are compared in.

    Returns
    -------
    CRS
        The declared one if there is one: where both agree it is the better described.

    Raises
    ------
    Fault
        CRS_MISSING, CRS_UNREADABLE or CRS_MISMATCH.
    """
    own = _readable(found)
    if declared is None:
        if own is None:
            raise Fault("CRS_MISSING", 'it names no CRS; ask its publisher which it is and declare it as crs = "EPSG:…".')
        return own
    said = CRS.from_user_input(declared)
    if own is None or own.equals(said, ignore_axis_order=True):
        return said
    apart = _distance_apart(own, said, sample, metric)
    if not apart <= AGREE_M:
        by = f", which lies {apart:,.0f} m away" if np.isfinite(apart) else ""
        raise Fault(
            "CRS_MISMATCH",
            f"it is in {name_of(own)}{by}, but is declared as {declared}; correct the declaration or the file.",
        )
    return said


def to_metric(crs: CRS, metric: CRS) -> Transformer | None:
    """Make the transformation into the metric CRS; None where nothing is to be done."""
    if crs.equals(metric, ignore_axis_order=True):
        return None
    return Transformer.from_crs(crs, metric, always_xy=True)


def to_degrees(crs: CRS, points: Points) -> Points:
    """Transform points to longitude and latitude, WGS 84; what can't be is infinite."""
    x, y = Transformer.from_crs(crs, 4326, always_xy=True).transform(points[:, 0], points[:, 1])
    return np.column_stack([x, y])


def check_transformation(transformer: Transformer, crs: CRS) -> float:
    """Refuse a transformation that guesses the datum, and give its accuracy in metres, -1 where PROJ doesn't know.

    Call it after the points were transformed: PROJ chooses by place.
    """
    try:
        used = transformer.get_last_used_operation()
    except ProjError:  # there was only one operation to choose from
        used = transformer
    if "ballpark" in (used.description or "").lower():
        raise Fault(
            "CRS_UNCERTAIN",
            f"how its CRS {name_of(crs)} lies to the metric CRS is not known to PROJ here (error 100 m or more); "
            'declare the exact one as crs = "EPSG:…".',
        )
    return float(used.accuracy)


def check_stretch(metric: CRS, bounds: tuple[float, float, float, float]) -> None:
    """Refuse a metric CRS that doesn't measure metres in the middle of a layer's bounds.

    Raises
    ------
    Fault
        METRIC_CRS_UNFIT.
    """
    minx, miny, maxx, maxy = bounds
    lon, lat = to_degrees(metric, np.array([[(minx + maxx) / 2, (miny + maxy) / 2]]))[0]
    try:
        factors = Proj(metric).get_factors(lon, lat, errcheck=True)
        stretch = max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1))
    except (ProjError, CRSError):
        stretch = np.inf
    if not stretch <= MAX_STRETCH:
        raise Fault(
            "METRIC_CRS_UNFIT",
            f"metric_crs {name_of(metric)} stretches distances by {stretch:.0%} where this layer lies; "
            "use the national grid or the UTM zone of the layers.",
        )


def name_of(crs: CRS) -> str:
    """Name a CRS in a message: its code, or its own name."""
    code = crs.to_authority()
    return ":".join(code) if code else f"'{crs.name}'"


def _readable(found: str | None) -> CRS | None:
    """Take a file's own CRS without its height; None if it has none or only a drawing's."""
    if not found:
        return None
    try:
        crs = CRS.from_user_input(found).to_2d()
    except CRSError:
        raise Fault("CRS_UNREADABLE", "its CRS can't be read; ask its publisher for a file with an EPSG code.") from None
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    return crs if crs.is_geographic or crs.is_projected else None


def _distance_apart(one: CRS, other: CRS, sample: Points, metric: CRS) -> float:
    places = []
    for crs in (one, other):
        x, y = Transformer.from_crs(crs, metric, always_xy=True).transform(sample[:, 0], sample[:, 1])
        places.append(np.column_stack([x, y]))
    with np.errstate(invalid="ignore"):
        apart = np.hypot(*(places[0] - places[1]).T).max()
    return float(apart)

"""From a pasted position or a Plus code to a location: no register and no network is asked."""

import math
from functools import cache
from typing import Any

from coverage_check.address import plus_code
from coverage_check.address.pasted_position import SWAPPED, WGS84
from coverage_check.address.query import Coordinates, PlusCode
from coverage_check.errors import AddressNotFound, InvalidInput
from coverage_check.location import METRES_A_DEGREE, Candidate, ErrorModel, Location, LocationLevel, Match, Spread

SOURCE = "position"


def locate(query: Coordinates | PlusCode, errors: ErrorModel, *, near: Location | None = None) -> Location:
    """Give the location of a position as it was typed, with the error that its digits leave.

    A position whose latitude and longitude look swapped comes back as typed, but ambiguous: the swapped place is the other
    candidate. The middle of a map's view is a partial match. Transforms are good to 1 m by PROJ's own account, which the
    error model's least radius covers.

    Parameters
    ----------
    near
        Where the place is that a short Plus code refers to; if it may be in two places, so may the code.

    Raises
    ------
    AddressNotFound
        A short Plus code without a place.
    InvalidInput
        The position lies outside its coordinate system.
    """
    if isinstance(query, PlusCode):
        return _located_code(query, errors, near)
    lat, lon = _degrees(query)
    spread = errors.coordinates(query.halfwidth_m)
    if SWAPPED in query.remark:
        spots = [(lat, lon, "as typed"), (lon, lat, "with latitude and longitude swapped")]
        return _location(spots, Match.AMBIGUOUS, spread, errors, remark=query.remark)
    match = Match.PARTIAL if query.remark else Match.EXACT
    return _location([(lat, lon, query.normalised)], match, spread, errors, remark=query.remark)


def _located_code(query: PlusCode, errors: ErrorModel, near: Location | None) -> Location:
    if plus_code.is_full(query.code):
        areas = [plus_code.decode(query.code)]
    elif near is None:
        raise AddressNotFound(
            "A short Plus code means nothing without a known place: ask for the whole code, or for a town."
        )
    else:
        places = near.candidates or (near,)
        areas = list(dict.fromkeys(plus_code.nearest(query.code, lat=place.lat, lon=place.lon) for place in places))
    half_degrees = max(areas[0].half_lat, areas[0].half_lon * math.cos(math.radians(areas[0].lat)))
    spread = errors.coordinates(half_degrees * METRES_A_DEGREE)
    match = Match.AMBIGUOUS if len(areas) > 1 else Match.EXACT
    return _location([(area.lat, area.lon, query.code) for area in areas], match, spread, errors)


def _location(
    spots: list[tuple[float, float, str]], match: Match, spread: Spread, errors: ErrorModel, *, remark: str = ""
) -> Location:
    """Make a location of one or more positions (latitude, longitude, label), the first of which leads."""
    level = LocationLevel.COORDINATES
    candidates = tuple(
        Candidate(label=label, lat=lat, lon=lon, level=level, match=match, cep50_m=spread.cep50_m, cep95_m=spread.cep95_m)
        for lat, lon, label in spots
    )
    return Location(
        lat=candidates[0].lat,
        lon=candidates[0].lon,
        level=level,
        match=match,
        cep50_m=spread.cep50_m,
        cep95_m=spread.cep95_m,
        gross_error=errors.gross[match],
        source=SOURCE,
        candidates=candidates,
        remark=remark,
    )


def _degrees(query: Coordinates) -> tuple[float, float]:
    """Give latitude and longitude in WGS 84."""
    if query.crs == WGS84:
        return query.y, query.x
    lon, lat = _transformer(query.crs).transform(query.x, query.y)
    if not (math.isfinite(lat) and math.isfinite(lon)):
        raise InvalidInput(f"This northing and easting lie outside {query.crs}: check the digits and the system.")
    return lat, lon


@cache
def _transformer(crs: str) -> Any:
    from pyproj import Transformer  # noqa: PLC0415 - degrees need no PROJ

    return Transformer.from_crs(crs, WGS84, always_xy=True)

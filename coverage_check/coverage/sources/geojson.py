"""GeoJSON: GDAL takes an unknown `crs` for WGS 84 without a word, and may fetch one from the network. So it is read here."""

import json
import mmap
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyproj.exceptions import CRSError

from coverage_check.coverage.crs import read_crs
from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources import vector
from coverage_check.coverage.sources.features import Features, Request
from coverage_check.coverage.sources.formats import Format

_CRS_MEMBER = re.compile(rb'"crs"\s*:\s*')
_CRS_BYTES = 20_000
_CURE = 'ask its publisher, or remove the member and declare crs = "EPSG:…".'


def read(path: Path, request: Request, kind: Format) -> Features:
    """Read a GeoJSON file; without a `crs` it is longitude and latitude (RFC 7946).

    Raises
    ------
    Fault
        CRS_UNREADABLE, and all of `vector.read`.
    """
    said, crs = crs_member(path)
    features = vector.read(path, request, kind)
    if said:
        return replace(features, crs=crs)
    if features.crs not in ("EPSG:4326", "OGC:CRS84", None):
        raise Fault("CRS_UNREADABLE", f"its 'crs' is written in an unusual way; {_CURE}")
    return replace(features, crs="OGC:CRS84")


def crs_member(path: Path) -> tuple[bool, str | None]:
    """Find what a GeoJSON file says about its CRS: whether anything, and what; None if it says there is none.

    Only the member itself is parsed, wherever it stands: the file may have gigabytes.
    """
    found: set[str | None] = set()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for member in _CRS_MEMBER.finditer(content):
            text = content[member.end() : member.end() + _CRS_BYTES].decode("utf-8", "replace")
            try:
                value, _ = json.JSONDecoder().raw_decode(text)
            except (json.JSONDecodeError, RecursionError):
                raise Fault("CRS_UNREADABLE", f"its 'crs' is no sound JSON; {_CURE}") from None
            if value is None:
                found.add(None)
            elif isinstance(value, dict):
                found.add(_named(value))
    if len(found) > 1:
        raise Fault("CRS_UNREADABLE", f"it says several different things about its CRS; {_CURE}")
    return bool(found), next(iter(found), None)


def _named(value: dict[str, Any]) -> str:
    properties = value.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    if value.get("type") != "name" or not isinstance(name, str):
        raise Fault("CRS_UNREADABLE", f"its 'crs' is no name that can be looked up here; {_CURE}")
    try:
        return read_crs(name).to_wkt()
    except CRSError:
        raise Fault("CRS_UNREADABLE", f"its 'crs' names a system that PROJ doesn't know; {_CURE}") from None

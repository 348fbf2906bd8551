"""OpenStreetMap extracts (PBF, XML) as address files, read with osmium: the extra `osm`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coverage_check.errors import FileRefused, MissingExtra

HEADINGS = (
    "osm_element",
    "addr:street",
    "addr:housenumber",
    "addr:postcode",
    "addr:city",
    "addr:suburb",
    "addr:municipality",
    "level",
    "lat",
    "lon",
)

_PBF = b"\x0a\x09OSMHeader"
"""What follows the length of a PBF file's first block."""


def osm_format(start: bytes) -> str:
    """Tell by the beginning of a file which kind of extract it is: ``pbf``, ``osm``, or empty for none."""
    if start[4 : 4 + len(_PBF)] == _PBF:
        return "pbf"
    return "osm" if start.lstrip().startswith(b"<") and b"<osm" in start[:2_000] else ""


def osm_rows(path: Path, form: str) -> Iterator[tuple[Mapping[str, str], None]]:
    """Give a row for each node, way and relation with a house number; relations have no position.

    Raises
    ------
    MissingExtra
        osmium is not installed.
    FileRefused
        The file is damaged.
    """
    try:
        import osmium  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("osmium is not installed: pip install 'mobile-coverage-check[osm]'.") from None
    with_number = osmium.filter.KeyFilter("addr:housenumber")
    try:
        elements = osmium.FileProcessor(osmium.io.File(str(path), form)).with_locations().with_filter(with_number)
        for element in elements:
            yield _row(element), None
    except RuntimeError as error:
        raise FileRefused(f"{path} is a damaged OpenStreetMap extract ({error}): fetch it again.") from None


def _row(element: Any) -> dict[str, str]:
    """Read one element's tags. A village house has `addr:place` and no street."""
    tags = element.tags
    place = tags.get("addr:place", "")
    street = tags.get("addr:street", "")
    lat, lon = _middle(element)
    return {
        "osm_element": element.type_str(),
        "addr:street": street or place,
        "addr:housenumber": tags.get("addr:housenumber", ""),
        "addr:postcode": tags.get("addr:postcode", ""),
        "addr:city": tags.get("addr:city", ""),
        "addr:suburb": tags.get("addr:suburb", "") or (place if street else ""),
        "addr:municipality": tags.get("addr:municipality", ""),
        "level": "building" if "building" in tags else "entrance" if "entrance" in tags else "",
        "lat": lat,
        "lon": lon,
    }


def _middle(element: Any) -> tuple[str, str]:
    """Give latitude and longitude: a node's own, or the middle of a way's box; empty if no node of it is in the file."""
    if element.is_node():
        locations = [element.location]
    elif element.is_way():
        locations = [node.location for node in element.nodes]
    else:
        locations = []
    known = [(location.lat, location.lon) for location in locations if location.valid()]
    if not known:
        return "", ""
    lats, lons = [lat for lat, _ in known], [lon for _, lon in known]
    return f"{(min(lats) + max(lats)) / 2:.7f}", f"{(min(lons) + max(lons)) / 2:.7f}"

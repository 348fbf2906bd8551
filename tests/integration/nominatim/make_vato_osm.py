"""Write the demonstration's addresses as an OpenStreetMap file, for a Nominatim of one's own.

    python tests/integration/nominatim/make_vato_osm.py data/vato/addresses.csv vato.osm

Houses stand where addresses.csv has them, tagged as mappers do it: `addr:street` on a street, `addr:place` in a village.
Everything around them is invented: roads drawn through the houses, villages, boxes for country, county and municipality, an
island, and a road whose houses are known only as an interpolation from 2 to 20. The same rows give the same bytes.
"""

import csv
import math
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import quoteattr

_FIRST_ID = 90_000_000_000
"""Beyond the ids of the real map, so that both can be imported together."""

Point = tuple[float, float]
Row = dict[str, str]

_STAMP = 'version="1" timestamp="2026-01-01T00:00:00Z" changeset="1" uid="1" user="made"'
_VILLAGES = {"Harg", "Norrviken"}
"""Their houses have no street: village and number are the whole address."""

_BOUNDARIES = (
    ("2", "Sverige", (55.2, 10.9, 69.1, 24.2), {"ISO3166-1": "SE", "ISO3166-1:alpha2": "SE"}),
    ("4", "Stockholms län", (58.6, 17.2, 60.35, 19.8), {"ISO3166-2": "SE-AB"}),
    ("7", "Norrtälje kommun", (59.55, 18.2, 60.35, 19.7), {"short_name": "Norrtälje"}),
)
"""Administrative level, name, and south, west, north, east."""


class OsmFile:
    """Collects nodes, ways and relations, and writes them as OSM XML."""

    def __init__(self) -> None:
        self._elements: dict[str, list[str]] = {"node": [], "way": [], "relation": []}

    def _add(self, kind: str, attributes: str, inside: str, tags: dict[str, str]) -> int:
        number = _FIRST_ID + len(self._elements[kind])
        inside += "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
        self._elements[kind].append(f'<{kind} id="{number}" {attributes}{_STAMP}>{inside}</{kind}>')
        return number

    def node(self, point: Point, tags: dict[str, str]) -> int:
        """Add a place or house at latitude and longitude."""
        return self._add("node", f'lat="{point[0]:.7f}" lon="{point[1]:.7f}" ', "", tags)

    def way(self, nodes: list[int], tags: dict[str, str]) -> int:
        """Add a line through nodes that are there."""
        return self._add("way", "", "".join(f'<nd ref="{node}"/>' for node in nodes), tags)

    def road(self, points: list[Point], tags: dict[str, str]) -> int:
        """Add a line and its nodes."""
        return self.way([self.node(point, {}) for point in points], tags)

    def area(self, ring: list[Point], tags: dict[str, str]) -> None:
        """Add a polygon as a relation with one outer way."""
        nodes = [self.node(point, {}) for point in ring]
        way = self.way([*nodes, nodes[0]], {})
        self._add("relation", "", f'<member type="way" ref="{way}" role="outer"/>', tags)

    def write(self, path: Path) -> None:
        """Write the file, nodes first."""
        body = "\n".join(element for elements in self._elements.values() for element in elements)
        head = '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="coverage_check">\n'
        path.write_text(f"{head}{body}\n</osm>\n", encoding="utf-8")


def make(addresses: Path, osm: Path) -> None:
    """Turn a table of addresses into an OSM file."""
    with addresses.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    made = OsmFile()
    for level, name, (south, west, north, east), more in _BOUNDARIES:
        ring = [(south, west), (south, east), (north, east), (north, west)]
        made.area(ring, {"type": "boundary", "boundary": "administrative", "admin_level": level, "name": name, **more})
    made.area(_ellipse((59.80, 18.95), 0.042, 0.045), {"type": "multipolygon", "place": "island", "name": "Vätö"})
    made.node((59.758, 18.705), {"place": "town", "name": "Norrtälje", "population": "21000"})
    made.node((59.801, 18.93), {"place": "village", "name": "Vätö", "population": "600"})
    streets: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        streets[row["street"], row["town"]].append(row)
    for (street, _), houses in streets.items():
        _street(made, street, houses)
    _interpolated(made)
    made.write(osm)


def _street(made: OsmFile, street: str, houses: list[Row]) -> None:
    """Add the houses of a street or village, and the street or village itself."""
    points = [(float(row["lat"]), float(row["lon"])) for row in houses]
    for row, point in zip(houses, points, strict=True):
        tags = {"addr:housenumber": row["number"] + row["letter"], "addr:postcode": row["postcode"]}
        part = "addr:place" if street in _VILLAGES else "addr:street"
        made.node(point, {**tags, part: street, "addr:city": row["town"], "addr:country": "SE"})
    if street in _VILLAGES:
        centre = (sum(lat for lat, _ in points) / len(points), sum(lon for _, lon in points) / len(points))
        made.node(centre, {"place": "hamlet", "name": street})
    else:
        # Even and odd numbers lie on two sides: the road goes between neighbours in the row.
        course = [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in pairwise(points)]
        made.road(course, {"highway": "residential", "name": street})


def _interpolated(made: OsmFile) -> None:
    """Add a road whose houses nobody surveyed: only the first and the last are known."""
    start, end = (59.824, 18.925), (59.829, 18.932)
    tags = {"addr:street": "Norrnäsvägen", "addr:postcode": "760 21", "addr:city": "Vätö"}
    ends = [made.node(start, tags | {"addr:housenumber": "2"}), made.node(end, tags | {"addr:housenumber": "20"})]
    made.way(ends, {"addr:interpolation": "even"})
    made.road([start, end], {"highway": "unclassified", "name": "Norrnäsvägen"})


def _ellipse(centre: Point, height: float, width: float) -> list[Point]:
    turns = [2 * math.pi * step / 24 for step in range(24)]
    return [(centre[0] + height * math.sin(turn), centre[1] + width * math.cos(turn)) for turn in turns]


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))

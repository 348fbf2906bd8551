"""A snapshot's map: it shows where the layers are, in as few bytes as can be seen, and nothing in it is fetched or run."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely

from coverage_check.checker import Checker
from coverage_check.coverage.picture import WIDTH_PX, Frame, path_data
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.errors import InvalidInput
from tests.delivery_folder import DeliveryFolder, X, Y, square

WINDOW = (18.88, 59.78, 18.97, 59.82)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Checker.from_config("demo").snapshot


def drawn(html: str) -> ET.Element:
    match = re.search(r"<svg.*</svg>", html, re.DOTALL)
    assert match
    return ET.fromstring(match[0])  # noqa: S314 - our own text


def filled(data: str) -> Any:
    """Read path data back into the area that the even-odd rule fills."""
    area: Any = shapely.Polygon()
    for ring in data.split("M")[1:]:
        if "h" in ring:
            x, y = map(float, ring.split("h")[0].split(","))
            polygon: Any = shapely.box(x, y, x + 1, y + 1)
        else:
            polygon = shapely.make_valid(shapely.Polygon([tuple(map(float, p.split(","))) for p in ring[:-1].split("L")]))
        area = area.symmetric_difference(polygon)
    return area


@pytest.mark.parametrize("layer", ["3g-basic", "4g-2025-good", "5g-good"])
def test_a_map_is_coloured_where_the_layer_covers(snapshot: Snapshot, layer: str) -> None:
    """Asked of `lookup` at places all over the map: only within two pixels of an edge may it differ."""
    svg = drawn(snapshot.explore(layers=[layer])._repr_html_())
    path = next(path for path in svg.iter(f"{SVG}path") if path.get("class") != "cc-survey")
    area = filled(path.attrib["d"])
    (minx, miny, maxx, maxy) = next(each.bounds for each in snapshot.layers if each.id == layer)
    rng = np.random.default_rng(3)
    x, y = rng.uniform(minx, maxx, 2000), rng.uniform(miny, maxy, 2000)
    found = snapshot.lookup(x=x, y=y)
    n = [each.id for each in snapshot.layers].index(layer)
    frame = Frame(minx - 500, miny - 500, maxx + 500, maxy + 500)
    clear = abs(found.edge_distance_m[:, n]) > 2 / frame.scale
    points = shapely.points(frame.pixels(np.column_stack((x, y))))
    assert clear.sum() > 1000
    np.testing.assert_array_equal(np.asarray(shapely.contains(area, points))[clear], found.covered[clear, n])


def test_each_layer_has_a_box_to_tick_and_an_outline_of_what_it_surveys(snapshot: Snapshot) -> None:
    every = snapshot.explore()._repr_html_()
    assert every.count('type="checkbox"') == len(snapshot.layers)
    assert every.count("checkbox") - every.count(" checked>") == len(snapshot.layers) - 1
    chosen = snapshot.explore(layers=["4g-2025-good", "3g-basic"])._repr_html_()
    assert chosen.count(" checked>") == chosen.count('type="checkbox"') == 2
    titles = [title.text for title in drawn(chosen).iter(f"{SVG}title")]
    assert titles == ["4g-2025-good: survey area", "4g-2025-good", "3g-basic: survey area", "3g-basic"]


def test_places_lie_where_they_are_and_those_outside_are_told(snapshot: Snapshot) -> None:
    west, south, east, north = WINDOW
    lon, lat = [(west + east) / 2, west + 0.001, 12.0, 12.0], [(south + north) / 2, north - 0.001, 57.0, 57.0]
    html = snapshot.explore(layers=["4g-2025-good"], bounds=WINDOW, lon=lon, lat=lat)._repr_html_()
    svg = drawn(html)
    width, height = map(float, svg.attrib["viewBox"].split()[2:])
    circles = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in svg.iter(f"{SVG}circle")]
    assert len(circles) == 2
    np.testing.assert_allclose(circles[0], (width / 2, height / 2), atol=0.03 * width)
    assert circles[1][0] < 0.1 * width
    assert circles[1][1] < 0.1 * height
    assert "2 of 4 places" in html


def test_a_million_specks_take_no_more_than_the_map_has_pixels() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0, 1e6, (2, 200_000))
    specks = shapely.box(x, y, x + 50, y + 50)
    frame = Frame(0, 0, 1e6, 50_000)
    data = path_data(specks, frame)
    assert data.count("M") <= WIDTH_PX * (int(frame.height_px) + 1)
    seen = {tuple(map(int, dot.split("h")[0].split(","))) for dot in data.split("M")[1:]}
    expected = frame.pixels(np.column_stack((x + 25, y + 25)))[y + 25 <= 50_000].astype(int)
    assert set(map(tuple, expected.tolist())) <= seen


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_nothing_is_fetched_and_no_label_is_more_than_text(snapshot: Snapshot) -> None:
    evil = "</title></svg><script>alert(1)</script><img src=x onerror=alert(1)>"
    html = snapshot.explore(layers=["3g-good"], lon=[18.95], lat=[59.8], labels=[evil])._repr_html_()
    page = _Elements()
    page.feed(html)
    assert {tag for tag, _ in page.found}.isdisjoint({"script", "img", "link", "iframe", "image", "use"})
    names = {name for _, attributes in page.found for name in attributes}
    assert not any(name.startswith("on") or name in {"src", "href", "xlink:href"} for name in names)
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
    assert any(title.text == evil for title in drawn(html).iter(f"{SVG}title"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"layers": ["4g-2025-god"]}, "4g-2025-good"),
        ({"bounds": (18.97, 59.78, 18.88, 59.82)}, "west, south"),
        ({"bounds": (18.0, 59.0, 19.0, 95.0)}, "within ±90"),
        ({"lon": [18.9, 18.8], "lat": [59.8]}, "same length"),
        ({"lon": [float("nan")], "lat": [59.8]}, "without a position"),
        ({"lon": [18.9], "lat": [59.8], "labels": ["a", "b"]}, "2 labels and 1 places"),
        ({"layers": []}, "nothing to draw"),
    ],
)
def test_what_cannot_be_drawn_is_said(snapshot: Snapshot, arguments: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        snapshot.explore(**arguments)  # type: ignore[arg-type]


def test_the_notebooks_map_draws_the_same_shapes(snapshot: Snapshot) -> None:
    from coverage_check.report.map import draw

    svg = ET.fromstring(draw(snapshot, [], layers=["5g-basic"]).svg)  # noqa: S314
    bounds = next(layer.bounds for layer in snapshot.layers if layer.id == "5g-basic")
    path = next(svg.iter(f"{SVG}path"))
    assert path.attrib["d"] == path_data(snapshot.polygons("5g-basic"), Frame(*bounds))


def test_the_survey_area_is_the_declared_one(tmp_path: Path) -> None:
    delivery = DeliveryFolder(tmp_path / "delivery")
    delivery.write("claim.gpkg", [square(0, 0, 1000), square(4000, 3000, 1000)])
    delivery.write("survey.geojson", [square(-500, -500, 6000)])
    for survey in ("everywhere", "bounds", "survey.geojson"):
        delivery.layer(survey.partition(".")[0], "claim.gpkg", survey_area=survey)
    snapshot = delivery.take()
    areas = {layer.id: snapshot.survey_polygons(layer.id) for layer in snapshot.layers}
    assert areas["everywhere"] is None
    assert shapely.union_all(areas["bounds"]).equals(shapely.box(X, Y, X + 5000, Y + 4000))
    assert shapely.union_all(areas["survey"]).equals(square(-500, -500, 6000))
    assert snapshot.explore().svg.count('class="cc-survey"') == 2

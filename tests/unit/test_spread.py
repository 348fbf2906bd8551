"""The probability against what isn't our sampling: integrals of simple shapes, and a million draws on a made map."""

import math
from datetime import date

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check.checker import Checker
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.coverage.surroundings import MapSurroundings
from coverage_check.decision import Use
from coverage_check.location import Location, LocationLevel
from coverage_check.products import Need, Product
from coverage_check.qualification.stances import Question
from coverage_check.qualification.weighing import Doubt, Weigher
from coverage_check.spread import SAMPLES, far_radius_m, offsets_m
from coverage_check.technology import PlaceOfUse, Receiver, SignalLevel, Technology

Floats = npt.NDArray[np.float64]
RADII = 4000

positions_m = st.floats(0, 3)
errors_m = st.tuples(st.floats(3, 500), st.floats(1.5, 17))


def radii(cep50_m: float, ratio: float) -> Floats:
    """Give the midpoints of equally likely strata of the radius, from the normal density summed up."""
    quantile = (np.arange(RADII) + 0.5) / RADII
    grid = np.linspace(-6, 6, 200_001)
    below = np.cumsum(np.exp(-grid * grid / 2))
    return np.asarray(cep50_m * np.exp(math.log(ratio) / 1.645 * np.interp(quantile, below / below[-1], grid)))


def share(inside: npt.NDArray[np.bool_]) -> float:
    return float(inside.mean())


def half_plane(radius: Floats, distance_m: float) -> float:
    """Give the share of rings, by the arc of each that lies beyond an edge so far off: closed in the direction."""
    return float(np.mean(np.arccos(np.clip(-distance_m / radius, -1, 1)) / math.pi))


def disc(radius: Floats, centre_m: float, size_m: float) -> float:
    """Give the share of rings inside a disc whose centre is so far off, by the law of cosines."""
    if centre_m < 1e-6 * size_m:
        return float(np.mean(radius <= size_m))
    cosine = (radius**2 + centre_m**2 - size_m**2) / (2 * radius * centre_m)
    return float(np.mean(np.arccos(np.clip(cosine, -1, 1)) / math.pi))


@given(errors_m, positions_m, st.floats(0, 2 * math.pi))
def test_a_straight_edge(error: tuple[float, float], far: float, direction: float) -> None:
    cep50_m, ratio = error
    x, y = offsets_m(cep50_m=cep50_m, cep95_m=cep50_m * ratio).T
    distance_m = (far - 1.5) * 2 * cep50_m
    ours = share(x * math.cos(direction) + y * math.sin(direction) + distance_m >= 0)
    assert ours == pytest.approx(half_plane(radii(*error), distance_m), abs=0.005)


@given(errors_m, positions_m, st.floats(0.1, 5), st.floats(0, 2 * math.pi))
def test_a_disc_and_a_hole(error: tuple[float, float], far: float, size: float, direction: float) -> None:
    cep50_m, ratio = error
    x, y = offsets_m(cep50_m=cep50_m, cep95_m=cep50_m * ratio).T
    centre_m, size_m = far * cep50_m, size * cep50_m
    within = np.hypot(x - centre_m * math.cos(direction), y - centre_m * math.sin(direction)) <= size_m
    expected = disc(radii(*error), centre_m, size_m)
    assert share(within) == pytest.approx(expected, abs=0.005)
    assert share(~within) == pytest.approx(1 - expected, abs=0.005)


@given(errors_m, positions_m, st.floats(0.1, 5), st.floats(0, 2 * math.pi))
def test_a_strip(error: tuple[float, float], far: float, width: float, direction: float) -> None:
    cep50_m, ratio = error
    x, y = offsets_m(cep50_m=cep50_m, cep95_m=cep50_m * ratio).T
    near_m, wide_m = far * cep50_m, width * cep50_m
    across = x * math.cos(direction) + y * math.sin(direction)
    radius = radii(*error)
    expected = half_plane(radius, wide_m - near_m) + half_plane(radius, near_m) - 1
    assert share((across <= near_m) & (across >= near_m - wide_m)) == pytest.approx(expected, abs=0.005)


def test_the_first_95_percent_fill_the_95_percent_region() -> None:
    places_m = np.hypot(*offsets_m(cep50_m=15, cep95_m=100).T)
    assert (np.diff(places_m) >= 0).all()
    assert np.quantile(places_m, 0.95) == pytest.approx(100, rel=0.01)
    assert np.median(places_m) == pytest.approx(15, rel=0.01)
    assert 1 - np.mean(places_m < far_radius_m(cep50_m=15, cep95_m=100)) <= 2 / SAMPLES


@pytest.fixture(scope="module")
def vato() -> Snapshot:
    return Checker.from_config("demo").snapshot


def weighed(snapshot: Snapshot, place: Location, question: Question) -> float:
    """Give our P_yes at a location."""
    metric = snapshot.to_metric(lon=np.array([place.lon]), lat=np.array([place.lat]))
    around = MapSurroundings.of(snapshot, [place], metric)
    weigher = Weigher(
        around, np.arange(1), Doubt(gross_error=place.gross_error, coarse=False, several=False), np.array([place.cep95_m])
    )
    return float(weigher.weigh(question).yes[0])


CASES = [
    (59.7956, 18.9320, 15.0, 100.0),
    (59.8000, 18.9500, 555.0, 1665.0),
    (59.7908, 18.9722, 40.0, 195.0),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{lat}, {lon} ± {cep95:.0f} m" for lat, lon, _, cep95 in CASES])
def test_a_million_draws_on_the_map_agree(vato: Snapshot, case: tuple[float, float, float, float]) -> None:
    """Draw where the customer may be, ask shapely, weigh by distance: the decision's P_yes within 1 percentage point."""
    lat, lon, cep50_m, cep95_m = case
    level = SignalLevel.GOOD
    product = Product(
        code="p",
        name="p",
        network="Exempelnät",
        place_of_use=PlaceOfUse.INDOORS,
        receiver=Receiver.INDOOR_ROUTER,
        any_of=(Need(technology=Technology.G4, min_level=level),),
    )
    place = Location(lat=lat, lon=lon, level=LocationLevel.INTERPOLATED, cep50_m=cep50_m, cep95_m=cep95_m, gross_error=0)
    use = Use(place=PlaceOfUse.INDOORS, receiver=Receiver.INDOOR_ROUTER)
    ours = weighed(vato, place, Question(product, use, date(2026, 2, 1)))

    rng = np.random.default_rng(20260201)
    radius = cep50_m * np.exp(math.log(cep95_m / cep50_m) / 1.645 * rng.standard_normal(1_000_000))
    angle = rng.uniform(0, 2 * math.pi, radius.size)
    x0, y0 = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326).to_crs(vato.metric_crs).iloc[0].coords[0]
    x, y = x0 + radius * np.cos(angle), y0 + radius * np.sin(angle)
    served = np.zeros(radius.size)
    for id_ in ("4g-2026-good", "4g-2026-very-good"):
        area = shapely.union_all(vato.polygons(id_))
        shapely.prepare(area)
        inside = shapely.contains_xy(area, x, y)
        deep_m = shapely.distance(shapely.points(x[inside], y[inside]), _prepared(shapely.boundary(area)))
        served[inside] = np.maximum(served[inside], 1 - 0.1 * np.exp(-deep_m / 200))
    assert ours == pytest.approx(served.mean(), abs=0.01)


def _prepared(line: shapely.Geometry) -> shapely.Geometry:
    shapely.prepare(line)
    return line


@settings(max_examples=30)
@given(st.floats(5, 60), st.floats(2, 7))
def test_the_same_question_has_the_same_places(cep50_m: float, ratio: float) -> None:
    first = offsets_m(cep50_m=cep50_m, cep95_m=cep50_m * ratio)
    assert first.tobytes() == offsets_m(cep50_m=cep50_m, cep95_m=cep50_m * ratio).tobytes()
    assert len(first) == SAMPLES

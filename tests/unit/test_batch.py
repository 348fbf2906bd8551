"""A batch answers each row as if it had been asked alone, to the byte; and the look around a place holds to closed forms."""

import gc
import math
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check.basis import Request
from coverage_check.checker import Checker
from coverage_check.config import BUNDLED
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.coverage.surroundings import MapSurroundings
from coverage_check.decision import Decision, ReasonCode, Use, content_id
from coverage_check.location import Location, LocationLevel, Match
from coverage_check.order_rows import OUT, answer_columns
from coverage_check.products import Product
from coverage_check.qualification.stances import Question
from coverage_check.qualification.weighing import Doubt, Weighed, Weigher
from coverage_check.technology import PlaceOfUse, Receiver
from coverage_check.wording import distance_words
from tests.delivery_folder import DeliveryFolder, X, Y
from tests.made_claims import product
from tests.unit.test_spread import disc, half_plane, radii

SALE = date(2025, 11, 1)
DAYS = (SALE, date(2025, 12, 10), date(2026, 2, 1), date(2027, 8, 1))
ADDRESSES = (
    *("Harg 12, 760 21 Vätö", "Vätövägen 1, 760 21 Vätö", "Norrviken 23, 760 21 Vätö", "Kyrkvägen 3"),
    *("Harg 12 Vato", "Skolvägen, Vätö", "Ingenstans 1, 760 21 Vätö", "18.95, 59.82", "59.82, 18.95"),
)
LEVELS = (LocationLevel.COORDINATES, LocationLevel.ADDRESS_POINT, LocationLevel.STREET)


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def anew(checker: Checker) -> Checker:
    """Give a checker that has decided nothing yet, so that nothing can be shared."""
    return Checker(snapshot=checker.snapshot, products=checker.products, geocoder=checker.geocoder, as_of=checker.as_of)


locations = st.builds(
    Location,
    lat=st.floats(59.74, 59.86),
    lon=st.floats(18.83, 19.06),
    level=st.sampled_from(LEVELS),
    match=st.sampled_from((Match.EXACT, Match.PARTIAL)),
    cep50_m=st.sampled_from((0.0, 5.0, 15.0, 168.0)),
    cep95_m=st.sampled_from((168.0, 195.0, 2900.0)),
    gross_error=st.sampled_from((0.0, 0.005, 0.1)),
)
near_locations = st.builds(
    Location.at, lat=st.floats(59.76, 59.84), lon=st.floats(18.87, 19.02), cep95_m=st.sampled_from((15.0, 60.0))
)
requests = st.builds(
    Request,
    product=st.sampled_from(("mbb-4g", "mbb-4g-flex", "mbb-4g-antenna", "mbb-3g", "mbb-5g", "phone-4g")),
    location=locations | near_locations,
    on=st.sampled_from(DAYS) | st.dates(date(2023, 1, 1), date(2028, 12, 31)),
    at=st.sampled_from((None, "outdoors", "vehicle")),
) | st.builds(
    Request,
    product=st.sampled_from(("mbb-4g", "phone-4g")),
    address=st.sampled_from(ADDRESSES),
    on=st.sampled_from(DAYS),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(requests, min_size=1, max_size=25))
def test_a_batch_gives_to_the_byte_what_each_gives_alone(checker: Checker, asked: list[Request]) -> None:
    together = anew(checker).check_many(asked)
    alone = [anew(checker).check_many([request])[0] for request in asked]
    assert [decision.id for decision in together] == [decision.id for decision in alone]
    assert [decision.id for decision in checker.check_many(asked)] == [decision.id for decision in alone]


def changing_days(checker: Checker) -> list[date]:
    """Days around every change: of a map, of what is sold, and the days from which a contract outlasts a network."""
    products, layers = checker.products.values(), checker.snapshot.layers
    named = {day for layer in layers for day in (layer.published, layer.valid_from, layer.valid_until, layer.stale_after)}
    named |= {day for product in products for day in (product.sold_from, product.sold_until)}
    lengths = {product.contract_months for product in products if product.contract_months}
    for last in {layer.valid_until for layer in layers if layer.valid_until}:
        for month in (last.year * 12 + last.month - 1 - months for months in lengths):
            named |= {date(month // 12, month % 12 + 1, 1) + timedelta(days=off) for off in (*range(-3, 3), last.day, 31)}
    return sorted({day + timedelta(days=off) for day in named if day for off in (-1, 0, 1)})


@pytest.fixture(scope="module")
def seasonal(checker: Checker, tmp_path_factory: pytest.TempPathFactory) -> Checker:
    """Give the demonstration, with 5G sold for a summer only."""
    products = tmp_path_factory.mktemp("seasonal") / "products.toml"
    text = (BUNDLED / "products.toml").read_text(encoding="utf-8")
    limits = 'code = "mbb-5g"\nsold_from = 2026-05-01\nsold_until = 2026-08-31'
    products.write_text(text.replace('code = "mbb-5g"', limits), encoding="utf-8")
    return Checker(snapshot=checker.snapshot, products=products)


@pytest.mark.parametrize("sold", ["mbb-4g", "mbb-4g-flex", "phone-4g", "mbb-3g", "mbb-5g"])
def test_days_on_which_nothing_changes_are_decided_together_and_the_others_are_not(seasonal: Checker, sold: str) -> None:
    checker, days = seasonal, changing_days(seasonal)
    assert len(days) > 30
    places = [Location.at(lat=59.8125, lon=18.9488), Location.at(lat=59.79, lon=18.92)]
    asked = [Request(product=sold, location=place, on=day) for place in places for day in days]
    together = anew(checker).check_many(asked)
    for request, decision in zip(asked, together, strict=True):
        assert decision.as_of == request.on
        assert decision.id == anew(checker).check_many([request])[0].id
    assert len({(decision.verdict, decision.valid_until) for decision in together}) >= 3


def test_alike_rows_of_a_large_batch_are_as_they_are_alone(checker: Checker) -> None:
    """Hundreds of positions around one edge after the other: many are alike, and each keeps its own numbers."""
    rng = np.random.default_rng(5)
    lat, lon = rng.uniform(59.77, 59.83, 400), rng.uniform(18.88, 19.0, 400)
    together = anew(checker).check_positions(Request(product="mbb-4g-flex", on=SALE), lat=lat, lon=lon)
    assert len({decision.verdict for decision in together}) == 4
    for row in range(0, 400, 8):
        place = Location.at(lat=float(lat[row]), lon=float(lon[row]))
        assert anew(checker).check_location(place, product="mbb-4g-flex", on=SALE).id == together[row].id


def test_a_spot_is_offered_on_the_plot_of_each_customer(checker: Checker) -> None:
    """Of many positions, some are good to metres and some to hundreds; alone, a checker is asked that has seen no other."""
    rng = np.random.default_rng(3)
    lat, lon = 59.80 + rng.uniform(-0.04, 0.04, 500), 18.94 + rng.uniform(-0.08, 0.08, 500)
    places = [
        Location.at(lat=y, lon=x, cep95_m=float(error_m))
        for y, x, error_m in zip(lat.tolist(), lon.tolist(), rng.choice([15, 40, 100, 300, 600], 500), strict=True)
    ]
    together = anew(checker).check_many([Request(location=at, product="mbb-3g", on=date(2025, 11, 1)) for at in places])
    with_spot = 0
    for at, decision in zip(places, together, strict=True):
        spot = next((offer for offer in decision.alternatives if offer.lat is not None), None)
        if spot is None and not 100 <= at.cep95_m <= 600:
            continue
        assert decision.id == anew(checker).check_location(at, product="mbb-3g", on=date(2025, 11, 1)).id
        if spot is not None and spot.lat is not None and spot.lon is not None:
            with_spot += 1
            assert math.hypot((spot.lat - at.lat) * 111_120, (spot.lon - at.lon) * 55_900) < 1.05 * at.cep95_m
    assert with_spot > 3


def test_each_row_says_its_own_distance(checker: Checker) -> None:
    """From some metres to more than 5 km outside: the words of `wording`, for the distance that the evidence records."""
    rng = np.random.default_rng(6)
    lat, lon = rng.uniform(59.72, 59.88, 600), rng.uniform(18.75, 19.15, 600)
    said = set()
    for decision in checker.check_positions(Request(product="mbb-4g", on=SALE), lat=lat, lon=lon):
        if decision.reasons[0].code is ReasonCode.NO_COVERAGE:
            words = distance_words(decision.evidence[0].edge_distance_m)
            assert f" {words.sv} bort." in decision.sentence.sv
            assert f" {words.en} away." in decision.sentence.en
            said.add(words.en)
    assert any(text.endswith(" km") for text in said)
    assert len(said) > 20


@settings(max_examples=15, deadline=None)
@given(st.lists(requests, min_size=1, max_size=10))
def test_the_columns_are_those_of_the_decisions(checker: Checker, asked: list[Request]) -> None:
    decisions = checker.decide_many(asked)
    columns = decisions.columns("en")
    for row, decision in enumerate(decisions):
        answer = answer_columns(decision, "en")
        said = (columns.verdict[row], columns.probability[row], columns.reasons[row], columns.edge_distance_m[row])
        assert said == tuple(answer[name] for name in OUT[:4])
        assert (columns.lat[row], columns.lon[row], columns.match[row], columns.level[row]) == tuple(
            answer[name] for name in OUT[4:8]
        )
        assert (columns.sentence[row], columns.id[row]) == (answer["cc_sentence"], answer["cc_decision_id"])
        assert columns.alternative[row] == answer["cc_alternative"]


@settings(max_examples=15, deadline=None)
@given(st.lists(requests, min_size=1, max_size=10))
def test_a_decision_of_a_batch_is_whole(checker: Checker, asked: list[Request]) -> None:
    for decision in checker.check_many(asked):
        assert decision.id == content_id(decision.to_dict())
        assert Decision.from_dict(decision.to_dict()) == decision
        assert not any(0xE000 <= ord(letter) <= 0xE003 for letter in decision.to_json())


def test_positions_out_of_the_world_are_refused(checker: Checker) -> None:
    from coverage_check.errors import InvalidInput

    for lat, lon in (([59.8, math.nan], [18.9, 18.9]), ([59.8], [18.9, 19.0]), ([95.0], [18.9])):
        with pytest.raises(InvalidInput):
            checker.check_positions(Request(product="mbb-4g"), lat=lat, lon=lon)


def test_swapped_positions_are_asked_about_in_a_batch_too(checker: Checker) -> None:
    found = checker.check_positions(Request(product="mbb-4g", on=SALE), lat=[59.82, 18.95], lon=[18.95, 59.82])
    assert [reason.code for reason in found[1].reasons] == ["INVALID_INPUT"]
    alone = checker.check_location(Location.at(lat=18.95, lon=59.82), product="mbb-4g", on=SALE)
    assert (found[1].id, len(found)) == (alone.id, 2)


# The whole way from a map to P_yes, against integrals that know nothing of it.

EDGE = shapely.box(X, Y - 60_000, X + 60_000, Y + 60_000)
DISC_M, STRIP_M = 120.0, 90.0
DISC = shapely.Point(X, Y).buffer(DISC_M, quad_segs=512)
STRIP = shapely.box(X - STRIP_M, Y - 60_000, X, Y + 60_000)
HOLE = shapely.box(X - 60_000, Y - 60_000, X + 60_000, Y + 60_000).difference(DISC)
SHAPES: dict[str, tuple[shapely.Geometry, Callable[[float, float, float], float]]] = {
    "edge": (EDGE, lambda cep, ratio, d: half_plane(radii(cep, ratio), d)),
    "disc": (DISC, lambda cep, ratio, d: disc(radii(cep, ratio), abs(d), DISC_M)),
    "strip": (
        STRIP,
        lambda cep, ratio, d: half_plane(radii(cep, ratio), d + STRIP_M) + half_plane(radii(cep, ratio), -d) - 1,
    ),
    "hole": (HOLE, lambda cep, ratio, d: 1 - disc(radii(cep, ratio), abs(d), DISC_M)),
}
"""A claim, and the share of the customer's places inside it from d metres east of X, Y; none of it is our sampling."""


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = DeliveryFolder(tmp_path_factory.mktemp("shapes"))
    folder.write("half.gpkg", [EDGE])
    for name, (shape, _) in SHAPES.items():
        folder.write(f"{name}.gpkg", [shape])
        network = {"network": name, "technology": "4G", "level": "good", "min_download_mbps": 10}
        folder.layer(name, f"{name}.gpkg", survey_area="everywhere", probability=1.0, **network)
    folder.layer("fading", "edge.gpkg", survey_area="everywhere", probability=0.9, **(network | {"network": "fading"}))
    folder.layer("silent", "edge.gpkg", survey_area="half.gpkg", probability=1.0, **(network | {"network": "silent"}))
    return folder.take()


def test_an_edge_is_as_far_from_few_places_as_from_many(shapes: Snapshot) -> None:
    rng, layers = np.random.default_rng(3), range(len(shapes.layers))
    x, y = X + rng.uniform(-6000, 6000, 60), Y + rng.uniform(-6000, 6000, 60)

    def around(some: slice) -> MapSurroundings:
        places = x[some], y[some]
        return MapSurroundings(shapes, metric=places, error_m=np.full((len(places[0]), 2), 15.0))

    many = around(slice(None)).edge_distance_m(np.arange(60), layers)
    for start in range(0, 60, 4):
        few = around(slice(start, start + 4))
        assert (few.edge_distance_m(np.arange(4), layers) == many[start : start + 4]).all()
        assert (few.edge_distance_m(np.array([3, 1]), [2, 0]) == many[[start + 3, start + 1]][:, [2, 0]]).all()


def test_what_was_looked_at_is_let_go_at_once(checker: Checker) -> None:
    """Else the places around each customer, megabytes, would stay till the collector of cycles comes by."""
    asked = [Request(product="mbb-4g", address=address, on=SALE) for address in ADDRESSES]
    for request in asked:
        checker.check_many([request])
    gc.collect()
    gc.disable()
    try:
        for request in asked:
            checker.check_many([request])
        assert gc.collect() == 0
    finally:
        gc.enable()


def weighed(snapshot: Snapshot, network: str, cep50_m: float, ratio: float, east_m: float) -> Weighed:
    error_m = np.array([[cep50_m, cep50_m * ratio]])
    around = MapSurroundings(snapshot, metric=(np.array([X + east_m]), np.array([Y])), error_m=error_m)
    doubt = Doubt(gross_error=0.0, coarse=False, several=False)
    sold: Product = product(network=network)
    use = Use(place=PlaceOfUse.INDOORS, receiver=Receiver.INDOOR_ROUTER)
    return Weigher(around, np.arange(1), doubt, error_m[:, 1]).weigh(Question(sold, use, SALE))


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=25, deadline=None)
@given(cep50_m=st.floats(3, 400), ratio=st.floats(1.5, 10), east_m=st.floats(-400, 400))
def test_p_yes_is_the_closed_form(shapes: Snapshot, name: str, cep50_m: float, ratio: float, east_m: float) -> None:
    found, expected = weighed(shapes, name, cep50_m, ratio, east_m), SHAPES[name][1](cep50_m, ratio, east_m)
    assert found.yes[0] == pytest.approx(expected, abs=0.005)
    assert (found.yes + found.no + found.unknown)[0] == pytest.approx(1, abs=1e-9)
    assert found.unknown[0] == 0


@settings(max_examples=40, deadline=None)
@given(cep50_m=st.floats(3, 400), ratio=st.floats(1.5, 10), east_m=st.floats(-400, 400))
def test_reliability_that_fades_towards_a_straight_edge(
    shapes: Snapshot, cep50_m: float, ratio: float, east_m: float
) -> None:
    """1 - 0.1 exp(-d / 200) over radius and direction, on a grid of both."""
    angle = (np.arange(720) + 0.5) / 720 * 2 * math.pi
    depth_m = east_m + radii(cep50_m, ratio)[::4, None] * np.cos(angle)
    expected = float(((depth_m >= 0) * (1 - 0.1 * np.exp(-np.maximum(depth_m, 0) / 200))).mean())
    assert weighed(shapes, "fading", cep50_m, ratio, east_m).yes[0] == pytest.approx(expected, abs=0.005)


@settings(max_examples=25, deadline=None)
@given(cep50_m=st.floats(3, 400), ratio=st.floats(1.5, 10), east_m=st.floats(-400, 400))
def test_places_outside_the_survey_area_are_unknown_and_no_no(
    shapes: Snapshot, cep50_m: float, ratio: float, east_m: float
) -> None:
    found, inside = weighed(shapes, "silent", cep50_m, ratio, east_m), half_plane(radii(cep50_m, ratio), east_m)
    assert found.unknown[0] == pytest.approx(1 - inside, abs=0.005)
    assert found.yes[0] == pytest.approx(inside, abs=0.005)
    assert found.no[0] == pytest.approx(0, abs=1e-9)

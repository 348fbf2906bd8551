"""One checker: the same answer alone, in a batch, in sixteen threads, and after a fork."""

import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check.address import Query
from coverage_check.basis import Request
from coverage_check.checker import Checker
from coverage_check.config import BUNDLED
from coverage_check.decision import Decision, ReasonCode, Verdict
from coverage_check.errors import GeocoderUnavailable, InvalidInput, LocateError, TableInvalid
from coverage_check.location import Candidate, Location, LocationLevel, Match
from coverage_check.report.text import decision_text

SALE = date(2025, 11, 1)
ADDRESSES = (
    "Harg 12, 760 21 Vätö",
    "Vätövägen 1, 760 21 Vätö",
    "Norrviken 23, 760 21 Vätö",
    "Skolvägen 10, 760 21 Vätö",
    "Kyrkvägen 3",
    "Stora Brogatan 5, 761 30 Norrtälje",
    "59.82, 18.95",
    "Box 12, 760 21 Vätö",
    "Norrtälje Vätö-Harg 1:23",
    "Ingenstans 1, 760 21 Vätö",
)


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker.from_config("demo")


def ids(checker: Checker) -> list[str]:
    """Give the ids of a day's decisions."""
    return [checker.check(address, product="mbb-4g", on=SALE).id for address in ADDRESSES]


def test_the_story(checker: Checker) -> None:
    sale = checker.check(ADDRESSES[0], product="mbb-4g", on=SALE)
    assert sale.verdict is Verdict.NOT_DELIVERABLE
    assert [reason.code for reason in sale.reasons][:2] == [ReasonCode.NO_COVERAGE, ReasonCode.NOT_YET_LIVE]
    assert ("mbb-3g", None) in [(offer.product, offer.from_) for offer in sale.alternatives]
    assert checker.check(ADDRESSES[0], product="mbb-4g").verdict is Verdict.DELIVERABLE
    assert checker.check(ADDRESSES[1], product="mbb-4g", on=SALE).verdict is Verdict.DELIVERABLE
    assert checker.check(ADDRESSES[4], product="mbb-4g").reasons[0].code is ReasonCode.ADDRESS_AMBIGUOUS
    assert checker.check(ADDRESSES[5], product="mbb-4g").reasons[0].code is ReasonCode.OUTSIDE_SURVEY_AREA


def test_a_batch_gives_what_each_gives_alone(checker: Checker) -> None:
    requests = [Request(address=address, product="mbb-4g", on=SALE) for address in ADDRESSES]
    assert [decision.id for decision in checker.check_many(requests)] == ids(checker)


def test_sixteen_threads_give_the_same(checker: Checker) -> None:
    expected = ids(checker)
    with ThreadPoolExecutor(16) as pool:
        assert all(found == expected for found in pool.map(lambda _: ids(checker), range(32)))


def _forked(checker: Checker, queue: "multiprocessing.Queue[list[str]]") -> None:
    queue.put(ids(checker))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_gives_the_same(checker: Checker) -> None:
    expected = ids(checker)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_forked, args=(checker, queue))
    process.start()
    assert queue.get(timeout=60) == expected
    process.join(60)
    assert process.exitcode == 0


def test_a_checker_opened_anew_gives_the_same(checker: Checker) -> None:
    assert ids(Checker.from_config(BUNDLED / "coverage-check.toml")) == ids(checker)


@settings(max_examples=40, deadline=None)
@given(lat=st.floats(59.75, 59.87), lon=st.floats(18.8, 19.05))
def test_positions_agree_with_plain_geometry(checker: Checker, lat: float, lon: float) -> None:
    """The evidence at any place is what shapely says of the layer's own file."""
    import geopandas as gpd

    decision = checker.check_location(Location.at(lat=lat, lon=lon), product="mbb-4g", on=SALE)
    good = gpd.read_file(BUNDLED / "layers" / "4g-2025.gpkg", layer=_table("4g-2025-good")).to_crs(3006).union_all()
    point = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326).to_crs(3006).iloc[0]
    distance = shapely.distance(shapely.boundary(good), point)
    expected = np.clip(distance if shapely.covers(good, point) else -distance, -5000, 5000)
    evidence = {item.layer: item for item in decision.evidence}
    if "4g-2025-good" in evidence and evidence["4g-2025-good"].edge_distance_m is not None:
        assert evidence["4g-2025-good"].edge_distance_m == pytest.approx(expected, abs=0.06)


def _table(layer_id: str) -> str:
    import tomllib

    declared = tomllib.loads((BUNDLED / "layers.toml").read_text(encoding="utf-8"))["layer"]
    return str(next(item["layer"] for item in declared if item["id"] == layer_id))


@pytest.mark.parametrize(
    ("keywords", "says"),
    [
        ({"product": "mbb4g"}, "mbb-4g"),
        ({"product": "mbb-4g", "at": "moon"}, "indoors"),
        ({"product": "mbb-4g", "receiver": "moon"}, "handset"),
    ],
)
def test_the_callers_faults_raise(checker: Checker, keywords: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        checker.check(ADDRESSES[0], **keywords)  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["", "   ", "\n\t", "x" * 10_000, "\0"])
def test_what_is_no_address_raises(checker: Checker, address: str) -> None:
    with pytest.raises(InvalidInput):
        checker.check(address, product="mbb-4g")


@pytest.mark.parametrize(("lat", "lon"), [(float("nan"), 18.0), (59.0, float("inf")), (95.0, 18.0), (59.0, 181.0)])
def test_what_is_no_position_raises(lat: float, lon: float) -> None:
    with pytest.raises(InvalidInput):
        Location.at(lat=lat, lon=lon)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("Box 12, 760 21 Vätö", ReasonCode.NO_STREET_POSITION),
        ("Norrtälje Vätö-Harg 1:23", ReasonCode.PROPERTY_DESIGNATION_UNSUPPORTED),
        ("Ingenstans 99, 999 99 Ingen", ReasonCode.ADDRESS_NOT_FOUND),
        ("18.95, 59.82", ReasonCode.INVALID_INPUT),
    ],
)
def test_the_worlds_faults_are_undetermined(checker: Checker, address: str, code: ReasonCode) -> None:
    decision = checker.check(address, product="mbb-4g")
    assert (decision.verdict, decision.reasons[0].code) == (Verdict.UNDETERMINED, code)
    assert decision.ask_next


class DeadGeocoder:
    """A geocoder whose server is down."""

    id = "dead"
    attribution = ""

    def locate(self, query: Query) -> Location:  # noqa: ARG002 - it never gets that far
        """Fail as a refused connection does."""
        raise GeocoderUnavailable("The geocoder refused the connection: try again later.")


def test_a_dead_geocoder_is_undetermined_and_never_a_no() -> None:
    checker = Checker(snapshot=BUNDLED / "snapshot", products=BUNDLED / "products.toml", geocoder=DeadGeocoder())
    decision = checker.check(ADDRESSES[0], product="mbb-4g", on=SALE)
    assert (decision.verdict, decision.reasons[0].code) == (Verdict.UNDETERMINED, ReasonCode.GEOCODER_UNAVAILABLE)
    with pytest.raises(LocateError):
        checker.locate(ADDRESSES[0])


def test_without_a_geocoder_positions_still_work() -> None:
    checker = Checker(snapshot=str(BUNDLED / "snapshot"), products=Path(BUNDLED / "products.toml"))
    assert checker.check("59.82, 18.95", product="mbb-4g", on=SALE).location is not None
    assert checker.check(ADDRESSES[0], product="mbb-4g", on=SALE).location is None


def test_asking_for_outdoors_is_asking_something_else(checker: Checker) -> None:
    indoors = checker.check("Norrviken 23, 760 21 Vätö", product="phone-4g", on=SALE)
    outdoors = checker.check("Norrviken 23, 760 21 Vätö", product="phone-4g", on=SALE, at="outdoors")
    assert (indoors.verdict, outdoors.verdict) == (Verdict.CONDITIONAL, Verdict.DELIVERABLE)
    assert outdoors.use.place == "outdoors"


def test_the_card_is_html_without_anything_fetched(checker: Checker) -> None:
    decision: Decision = checker.check("<script>alert(1)</script> 12, 760 21 Vätö", product="mbb-4g", on=SALE)
    html = decision._repr_html_()
    assert "<svg" in html or not decision.evidence
    assert "<script" not in html
    assert "http" not in html


def test_a_pickled_checker_answers_the_same(checker: Checker) -> None:
    again = pickle.loads(pickle.dumps(checker))  # noqa: S301 - our own bytes
    decision = checker.check(ADDRESSES[0], product="mbb-4g", on=SALE)
    assert again.check(ADDRESSES[0], product="mbb-4g", on=SALE).id == decision.id


@pytest.mark.parametrize("on", ["2025-11-01", datetime(2025, 11, 1, 14, tzinfo=UTC), pd.Timestamp("2025-11-01 14:00")])
def test_a_day_may_be_a_text_or_have_a_time(checker: Checker, on: Any) -> None:
    assert checker.check(ADDRESSES[0], product="mbb-4g", on=on).as_of == SALE


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": 5},
        {"address": "Harg \udce4 12"},
        {"product": None},
        {"product": 4},
        {"on": "1 nov"},
        {"on": 45962},
        {"at": "moon"},
        {"receiver": "ear"},
    ],
    ids=str,
)
def test_the_callers_faults_are_invalid_input(checker: Checker, wrong: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"address": ADDRESSES[0], "product": "mbb-4g", **wrong}
    with pytest.raises(InvalidInput):
        checker.check(arguments.pop("address"), **arguments)


def test_a_frame_that_is_answered_already_is_refused(checker: Checker) -> None:
    answered = checker.check_frame(pd.DataFrame({"address": [ADDRESSES[0]]}), product="mbb-4g")
    with pytest.raises(TableInvalid, match="cc_verdict"):
        checker.check_frame(answered, product="mbb-4g")


OFF_THE_MAP, ON_IT = (59.75, 18.8125), (59.75, 19.0)


@settings(max_examples=40)
@given(
    found=st.sampled_from([OFF_THE_MAP, ON_IT, (59.7943, 18.9142)]),
    others=st.lists(st.sampled_from([OFF_THE_MAP, ON_IT, (59.7943, 18.9142)]), min_size=2, max_size=3),
    product=st.sampled_from(["mbb-4g", "mbb-3g", "mbb-4g-flex"]),
)
def test_every_decision_about_several_places_has_a_reason(
    checker: Checker, found: tuple[float, float], others: list[tuple[float, float]], product: str
) -> None:
    """Also where no map speaks of the found place, and all that it may be besides are denied."""
    level, cep50_m, cep95_m = LocationLevel.COORDINATES, 5.0, 15.0
    candidates = tuple(
        Candidate(label="", lat=lat, lon=lon, level=level, match=Match.EXACT, cep50_m=cep50_m, cep95_m=cep95_m)
        for lat, lon in others
    )
    lat, lon = found
    place = Location(
        lat=lat, lon=lon, level=level, match=Match.AMBIGUOUS, cep50_m=cep50_m, cep95_m=cep95_m, candidates=candidates
    )
    decision = checker.check_location(place, product=product, on=date(2026, 2, 1))
    assert decision.reasons
    assert decision.sentence.sv


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Norrviken 23, 760 21 Vätö", "0."),
        ("Kyrkvägen 3", "at least 0."),  # one of the two lies where no map speaks
        ("fastighet Vätö 1:5", "not known"),
        ("59.5, 18.3", "not known"),
    ],
)
def test_what_is_not_known_is_not_called_improbable(checker: Checker, asked: str, said: str) -> None:
    decision = checker.check(asked, product="mbb-4g", on=date(2025, 11, 1))
    assert decision.probability_text(3).startswith(said)
    assert f"that it works {said}" in decision_text(decision)
    assert f"P {said}" in decision._repr_html_()

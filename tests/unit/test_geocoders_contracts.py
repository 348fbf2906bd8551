"""What the classes for Nominatim, Photon, Pelias and Lantmäteriet make of these services' documented answers."""

import base64
import json
import string
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import geopy.geocoders
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_check.address import Address, Coordinates, PropertyDesignation
from coverage_check.errors import (
    AddressNotFound,
    GeocoderAnswerInvalid,
    GeocoderRateLimited,
    GeocoderRefused,
    GeocoderUnavailable,
    InvalidInput,
    LocateError,
    NoStreetPosition,
    PropertyDesignationUnsupported,
)
from coverage_check.geocoders import lantmateriet, pelias
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.geopy_adapter import GeopyAdapter
from coverage_check.geocoders.lantmateriet import Lantmateriet
from coverage_check.geocoders.limits import Limits
from coverage_check.geocoders.nominatim import PUBLIC_HOST, Nominatim
from coverage_check.geocoders.pace import Pace
from coverage_check.geocoders.pelias import Pelias
from coverage_check.geocoders.photon import Photon
from coverage_check.location import LocationLevel, Match
from tests.faulty_server import FaultyServer, faulty_server

pytestmark = pytest.mark.network

RECORDED = Path(__file__).parents[1] / "recorded"


@pytest.fixture(scope="module")
def running() -> Iterator[FaultyServer]:
    with faulty_server() as server:
        yield server


@pytest.fixture
def server(running: FaultyServer) -> FaultyServer:
    running.answers.clear()
    running.seen.clear()
    return running


def ask(street: str, written: str = "", postcode: str = "", *places: str) -> Address:
    digits = written.rstrip(string.ascii_uppercase)
    number = int(digits) if digits else None
    return Address(given="", street=street, number=number, letter=written[len(digits) :], postcode=postcode, places=places)


HARG = ask("Harg", "12", "76021", "Vätö")
Row = tuple[str, str, Address, str, str, str]
# service, recorded answer, asked → first candidate, level, match
ANSWERS: list[Row] = [
    ("nominatim", "harg-12", HARG, "Harg 12, 760 21 Vätö", "address_point", "exact"),
    (
        "nominatim",
        "kyrkvagen-3",
        ask("Kyrkvägen", "3", "", "Norrtälje"),
        "Kyrkvägen 3, 760 21 Vätö",
        "address_point",
        "ambiguous",
    ),
    ("nominatim", "kyrkvagen-3", ask("Kyrkvägen", "3", "76130"), "Kyrkvägen 3, 761 30 Norrtälje", "address_point", "exact"),
    ("nominatim", "vatovagen-999", ask("Vätövägen", "999", "", "Vätö"), "Vätövägen, 760 21 Vätö", "street", "partial"),
    (
        "nominatim",
        "norrnasvagen-8",
        ask("Norrnäsvägen", "8", "76021"),
        "Norrnäsvägen 8, 760 21 Norrtälje kommun",
        "interpolated",
        "partial",
    ),
    ("nominatim", "postcode", ask("", "", "76021"), "760 21", "postcode", "exact"),
    ("nominatim", "postcode", ask("Hittepåvägen", "1", "76021"), "760 21", "postcode", "partial"),
    ("photon", "harg-12", HARG, "Harg 12, 760 21 Vätö", "building", "exact"),
    ("photon", "harg-12", ask("Hargvägen", "12", "76021"), "Hargsvägen 12, 760 21 Vätö", "address_point", "fuzzy"),
    ("photon", "harg-12", ask("Harg", "13", "76021"), "760 21 Harg", "locality", "partial"),
    ("photon", "kyrkvagen-3", ask("Kyrkvägen", "3"), "Kyrkvägen 3, 760 21 Vätö", "address_point", "ambiguous"),
    ("photon", "street-only", ask("Vätövägen", "999", "76021"), "Vätövägen, 760 21 Vätö", "street", "partial"),
    ("pelias", "harg-12", HARG, "Harg 12, 760 21 Vätö", "address_point", "exact"),
    ("pelias", "interpolated", ask("Norrnäsvägen", "8", "76021"), "Norrnäsvägen 8, 760 21 Vätö", "interpolated", "partial"),
    ("pelias", "fallback", HARG, "Vätö", "locality", "partial"),
    ("lantmateriet", "addresses", HARG, "Harg 12, 760 21 Vätö", "building", "exact"),
    ("lantmateriet", "addresses", ask("Harg", "12A", "76021"), "Harg 12A, 760 21 Vätö", "access_point", "exact"),
    ("lantmateriet", "addresses", ask("Harg Storgården", "1", "76021"), "Storgården 1, 760 21 Vätö", "parcel", "exact"),
    ("lantmateriet", "addresses", ask("Storgården", "1", "", "Harg"), "Storgården 1, 760 21 Vätö", "parcel", "exact"),
]


def geocoder(service: str, url: str, monkeypatch: pytest.MonkeyPatch) -> Geocoder:
    """Make the service's class over a server's url."""
    limits = Limits(deadline_s=5)
    if service == "lantmateriet":
        monkeypatch.setenv(lantmateriet.USER_VARIABLE, "made")
        monkeypatch.setenv(lantmateriet.PASSWORD_VARIABLE, "up")
        return Lantmateriet(url=url, limits=limits)
    classes: dict[str, Callable[..., Geocoder]] = {"nominatim": Nominatim, "photon": Photon, "pelias": Pelias}
    return classes[service](url, limits=limits)


def answering(service: str, server: FaultyServer, body: bytes, monkeypatch: pytest.MonkeyPatch) -> Geocoder:
    """Make the service's class, and let the server give that answer to every question."""
    server.answers.update(dict.fromkeys(("/search", "/api", "/v1/search", "/"), body))
    server.answers["/referens/fritext"] = recorded("lantmateriet", "references")
    return geocoder(service, server.url, monkeypatch)


def recorded(service: str, name: str) -> bytes:
    return (RECORDED / service / f"{name}.json").read_bytes()


@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: f"{row[0]} {row[1]} {row[2].normalised}")
def test_documented_answers_are_compared_with_what_was_asked(
    row: Row, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, name, asked, *expected = row
    found = answering(service, server, recorded(service, name), monkeypatch).locate(asked)
    assert [found.candidates[0].label, found.level, found.match] == expected
    assert found.source.startswith(f"{service}:127.0.0.1")
    assert found.attribution


@pytest.mark.parametrize("service", ["nominatim", "photon", "pelias", "lantmateriet"])
def test_positions_are_not_exchanged(service: str, server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "addresses" if service == "lantmateriet" else "harg-12"
    found = answering(service, server, recorded(service, name), monkeypatch).locate(HARG)
    assert found.lat == pytest.approx(59.812482, abs=1e-6)
    assert found.lon == pytest.approx(18.954801, abs=1e-6)


EMPTY = {
    "nominatim": b"[]",
    "photon": b'{"type": "FeatureCollection", "features": []}',
    "pelias": b'{"type": "FeatureCollection", "features": []}',
    "lantmateriet": b'{"type": "FeatureCollection", "features": []}',
}


@pytest.mark.parametrize("service", EMPTY)
def test_nothing_found_is_not_found(service: str, server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AddressNotFound):
        answering(service, server, EMPTY[service], monkeypatch).locate(HARG)


@pytest.mark.parametrize("service", EMPTY)
@pytest.mark.parametrize(
    "body",
    [b"null", b"1", b'"x"', b'{"error": "quota used up"}', b"[null]", b"[[]]", b'{"features": {}}', b'{"features": [1]}'],
)
def test_another_shape_is_a_bad_answer(
    service: str, body: bytes, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(GeocoderAnswerInvalid):
        answering(service, server, body, monkeypatch).locate(HARG)


junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path to every value inside."""
    yield at
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*at, key))


def spoiled(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = spoiled(value[path[0]], path[1:], by)
    return copy


@pytest.mark.parametrize("service", EMPTY)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_answer_with_anything_in_it_gives_a_location_or_an_error_of_ours(
    service: str, server: FaultyServer, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    content = json.loads(recorded(service, "addresses" if service == "lantmateriet" else "harg-12"))
    path = data.draw(st.sampled_from(list(paths(content))))
    body = json.dumps(spoiled(content, path, data.draw(junk))).encode()
    try:
        found = answering(service, server, body, monkeypatch).locate(HARG)
    except LocateError:
        return
    # Whatever one wrong value says, no other house is taken for this one.
    assert found.level.coarse or any(candidate.label.startswith("Harg 12") for candidate in found.candidates)


@pytest.mark.parametrize("service", EMPTY)
@pytest.mark.parametrize(
    ("path", "error"),
    [("status/401", GeocoderRefused), ("status/402", GeocoderRateLimited), ("status/503/9999", GeocoderUnavailable)],
)
def test_outages_are_not_answers(
    service: str, path: str, error: type[LocateError], server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(error) as caught:
        geocoder(service, f"{server.url}/{path}", monkeypatch).locate(HARG)
    assert type(caught.value) is error


@pytest.mark.parametrize("service", EMPTY)
def test_what_has_no_street_is_not_asked_for(service: str, server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    made = answering(service, server, EMPTY[service], monkeypatch)
    with pytest.raises(NoStreetPosition):
        made.locate(Address(given="", box="12", postcode="76021"))
    with pytest.raises(PropertyDesignationUnsupported):
        made.locate(PropertyDesignation(given="", municipality="Norrtälje", tract="Vätö-Harg", block="1", unit="23"))
    with pytest.raises(InvalidInput):
        made.locate(Coordinates(given="", crs="EPSG:4326", x=18.9, y=59.8, halfwidth_m=5))
    assert not server.seen


def test_nominatim_is_asked_in_its_own_words(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    answering("nominatim", server, recorded("nominatim", "harg-12"), monkeypatch).locate(HARG)
    (seen,) = server.seen
    assert seen.path == "/search"
    assert seen.params == {
        "q": ["Harg 12, 76021 Vätö"],
        "format": ["jsonv2"],
        "addressdetails": ["1"],
        "limit": ["40"],
        "countrycodes": ["se"],
    }
    assert seen.headers["User-Agent"].startswith("mobile-coverage-check/")


def test_keys_come_from_the_environment_alone(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pelias.KEY_VARIABLE, "made-up-key")
    answering("pelias", server, recorded("pelias", "harg-12"), monkeypatch).locate(HARG)
    assert server.seen[0].params["api_key"] == ["made-up-key"]
    monkeypatch.setenv(pelias.KEY_VARIABLE, "made\nup")
    with pytest.raises(InvalidInput, match=pelias.KEY_VARIABLE):
        Pelias(server.url)


def test_lantmateriet_needs_credentials(server: FaultyServer) -> None:
    with pytest.raises(InvalidInput, match=lantmateriet.PASSWORD_VARIABLE):
        Lantmateriet(url=server.url)


def test_lantmateriet_fetches_one_token_for_many_addresses(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(lantmateriet.KEY_VARIABLE, "key")
    monkeypatch.setenv(lantmateriet.SECRET_VARIABLE, "told to nobody")
    server.answers.update(
        {
            "/token": recorded("lantmateriet", "token"),
            "/referens/fritext": recorded("lantmateriet", "references"),
            "/": recorded("lantmateriet", "addresses"),
        }
    )
    service = Lantmateriet(url=server.url, token_url=f"{server.url}/token", municipality_codes=("0188",))
    for _ in range(2):
        assert service.locate(HARG).match is Match.EXACT
    token, *rest = server.seen
    assert token.path == "/token"
    assert base64.b64decode(token.headers["Authorization"].removeprefix("Basic ")) == b"key:told to nobody"
    assert parse_qs(token.body.decode()) == {"grant_type": ["client_credentials"]}
    assert [seen.path for seen in rest] == ["/referens/fritext", "/"] * 2
    assert {seen.headers["Authorization"] for seen in rest} == {"Bearer made-up"}
    assert rest[0].params["kommunkod"] == ["0188"]
    assert json.loads(rest[1].body) == [row["objektidentitet"] for row in json.loads(recorded("lantmateriet", "references"))]


def test_the_public_nominatim_wants_a_contact_and_no_batches(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="contact"):
        Nominatim(f"https://{PUBLIC_HOST}")
    with pytest.raises(InvalidInput, match="one line"):
        Nominatim(f"https://{PUBLIC_HOST}", contact="a@made.example\r\nX-Other: 1")
    public = Nominatim(f"https://{PUBLIC_HOST}/", contact="a@made.example", pace_folder=tmp_path)
    assert not public.batches
    assert "OpenStreetMap" in public.attribution


def test_one_question_a_second_for_the_whole_machine(tmp_path: Path) -> None:
    # Threads with queues of their own, as processes have: the file keeps their turns apart.
    began = time.monotonic()
    queues = [Pace("made", interval_s=0.05, folder=tmp_path) for _ in range(8)]
    threads = [threading.Thread(target=queue.wait, kwargs={"ends": began + 60}) for queue in queues]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (last_turn,) = struct.unpack("<d", queues[0].path.read_bytes())
    assert began + 7 * 0.05 <= last_turn <= time.monotonic()


def test_who_would_wait_beyond_the_deadline_is_told_and_takes_no_turn(tmp_path: Path) -> None:

    pace = Pace("made", interval_s=50.0, folder=tmp_path)
    pace.wait(ends=time.monotonic() + 1)
    before = pace.path.read_bytes()
    with pytest.raises(GeocoderRateLimited):
        pace.wait(ends=time.monotonic() + 1)
    assert pace.path.read_bytes() == before


def test_a_turn_from_before_the_machine_was_started_anew_holds_nobody_up(tmp_path: Path) -> None:

    pace = Pace("made", interval_s=1.0, folder=tmp_path)
    pace.path.write_bytes(struct.pack("<d", time.monotonic() + 1e6))
    pace.wait(ends=time.monotonic() + 0.5)


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"precious")
    pace = Pace("made", interval_s=1.0, folder=tmp_path)
    pace.path.symlink_to(tmp_path / "other")
    with pytest.raises(GeocoderUnavailable, match="remove it"):
        pace.wait(ends=1e12)
    assert (tmp_path / "other").read_bytes() == b"precious"


def test_every_service_is_a_geocoder(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for service in EMPTY:
        made = geocoder(service, server.url, monkeypatch)
        assert isinstance(made, Geocoder)
        assert made.id == f"{service}:{server.url.removeprefix('http://')}"


def test_a_geocoder_of_geopy_is_compared_like_any_other(server: FaultyServer) -> None:
    host = server.url.removeprefix("http://")
    theirs = geopy.geocoders.Nominatim(domain=host, scheme="http", user_agent="made-up")
    ours = GeopyAdapter(theirs, name="theirs", attribution="Made up")
    server.answers["/search"] = recorded("nominatim", "harg-12")
    found = ours.locate(HARG)
    assert (found.level, found.match) == (LocationLevel.APPROXIMATE, Match.EXACT)
    assert [candidate.label for candidate in found.candidates] == ["Harg 12, 760 21 Vätö"]
    assert isinstance(ours, Geocoder)
    with pytest.raises(AddressNotFound):
        ours.locate(ask("Norrviken", "12", "76021"))


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, GeocoderRefused), (429, GeocoderRateLimited), (503, GeocoderUnavailable), (400, GeocoderAnswerInvalid)],
)
def test_what_goes_wrong_in_geopy_is_told_as_elsewhere(server: FaultyServer, status: int, error: type[LocateError]) -> None:
    host = server.url.removeprefix("http://")
    theirs = geopy.geocoders.Nominatim(domain=f"{host}/status/{status}/1", scheme="http", user_agent="made-up")
    with pytest.raises(error) as caught:
        GeopyAdapter(theirs, name="theirs").locate(HARG)
    assert type(caught.value) is error


@pytest.mark.parametrize("body", [b"[1]", b'[{"lat": "x", "lon": "y", "display_name": "Harg 12"}]'])
def test_an_answer_that_geopy_stumbles_over_is_a_bad_answer(server: FaultyServer, body: bytes) -> None:
    host = server.url.removeprefix("http://")
    server.answers["/search"] = body
    theirs = geopy.geocoders.Nominatim(domain=host, scheme="http", user_agent="made-up")
    with pytest.raises(GeocoderAnswerInvalid):
        GeopyAdapter(theirs, name="theirs").locate(HARG)

"""The door to the network: whatever a server does, the answer is JSON or an error that says what went wrong, in time."""

import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.errors import (
    GeocoderAnswerInvalid,
    GeocoderRateLimited,
    GeocoderRefused,
    GeocoderUnavailable,
    InvalidInput,
)
from coverage_check.geocoders._http import Question, ask, host_of
from coverage_check.geocoders._reading import parse_json
from coverage_check.geocoders.limits import Limits
from coverage_check.geocoders.pace import Pace
from coverage_check.geocoders.server import Server
from tests.faulty_server import GOOD, FaultyServer, faulty_server
from tests.shared import shared

pytestmark = pytest.mark.network

SECRET = "not-to-be-told"  # noqa: S105 - nobody's
STREET = "Hemliga gatan 7"


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with faulty_server() as running:
        yield running


def _ask(server: FaultyServer, path: str, *, deadline_s: float = 5.0, max_bytes: int = 100_000) -> object:
    question = Question(
        url=f"{server.url}/{path}", params={"q": STREET, "key": SECRET}, headers={"Authorization": f"Bearer {SECRET}"}
    )
    return ask(question, Limits(deadline_s=deadline_s, max_bytes=max_bytes)).content


def test_a_good_answer_is_its_content(server: FaultyServer) -> None:
    assert _ask(server, "good") == json.loads(GOOD)
    assert _ask(server, "packed") == json.loads(GOOD)
    assert ask(Question(url=f"{server.url}/good", params={"q": "å"}), Limits()).content == json.loads(GOOD)
    assert server.seen[-1].params == {"q": ["å"]}


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("status/401", GeocoderRefused),
        ("status/403", GeocoderRefused),
        ("status/402", GeocoderRateLimited),
        ("status/429", GeocoderRateLimited),
        ("status/429/99999999", GeocoderRateLimited),
        ("status/429/-5", GeocoderRateLimited),
        ("status/429/soon", GeocoderRateLimited),
        ("status/500", GeocoderUnavailable),
        ("status/503/99999999", GeocoderUnavailable),
        ("status/400", GeocoderAnswerInvalid),
        ("status/404", GeocoderAnswerInvalid),
        ("status/204", GeocoderAnswerInvalid),
        ("html", GeocoderAnswerInvalid),
        ("empty", GeocoderAnswerInvalid),
        ("noise", GeocoderUnavailable),
        ("hang-up", GeocoderUnavailable),
        ("cut", GeocoderAnswerInvalid),
        ("chunk-cut", GeocoderAnswerInvalid),
        ("cut-gzip", GeocoderAnswerInvalid),
        ("badly-packed", GeocoderAnswerInvalid),
        ("brotli", GeocoderAnswerInvalid),
        ("gzip-bomb", GeocoderAnswerInvalid),
        ("endless", GeocoderAnswerInvalid),
        ("redirect/loop", GeocoderAnswerInvalid),
        ("redirect/junk", GeocoderAnswerInvalid),
    ],
)
def test_each_fault_is_its_own_error_and_tells_no_secret(
    server: FaultyServer, path: str, error: type[GeocoderUnavailable]
) -> None:
    with pytest.raises(GeocoderUnavailable) as caught:
        _ask(server, path)
    assert type(caught.value) is error
    assert caught.value.reason == "GEOCODER_UNAVAILABLE"
    assert host_of(server.url) in str(caught.value)
    told: BaseException | None = caught.value
    while told:
        assert SECRET not in repr(told)
        assert "Hemliga" not in repr(told)
        told = told.__context__ if not told.__suppress_context__ else told.__cause__


@pytest.mark.parametrize("path", ["slow-body", "slow-headers"])
def test_a_drip_of_bytes_ends_with_the_deadline_and_no_thread_stays(server: FaultyServer, path: str) -> None:
    # The server feeds the client for as long as it stays: that this test ends is the proof.
    with pytest.raises(GeocoderUnavailable, match=r"within 0\.3 s"):
        _ask(server, path, deadline_s=0.3, max_bytes=1 << 30)
    assert server.left.wait(10)
    for thread in threading.enumerate():
        if thread.name == "coverage-check-http":
            thread.join(10)
            assert not thread.is_alive()


def test_silence_ends_with_the_deadline(server: FaultyServer) -> None:
    with pytest.raises(GeocoderUnavailable, match="did not answer"):
        _ask(server, "silent", deadline_s=0.2)


def test_a_closed_port_is_unavailable() -> None:
    with faulty_server() as gone:
        pass
    with pytest.raises(GeocoderUnavailable, match="can't be reached"):
        _ask(gone, "good")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_fault_is_asked_again_and_gives_one_answer(server: FaultyServer, status: int) -> None:
    assert _ask(server, f"times/2/{status}") == json.loads(GOOD)
    assert len(server.seen) == 3


def test_retries_are_few(server: FaultyServer) -> None:
    with pytest.raises(GeocoderUnavailable):
        _ask(server, "status/503/0", deadline_s=60)
    assert len(server.seen) == 3


def test_every_attempt_waits_for_its_turn(server: FaultyServer) -> None:
    """A public server that is out of order is not asked three times in one second."""
    turns: list[float] = []
    with pytest.raises(GeocoderUnavailable):
        ask(Question(url=f"{server.url}/status/503/0"), Limits(deadline_s=60), turn=turns.append)
    assert len(turns) == len(server.seen) == 3


def test_no_turn_before_the_deadline_is_too_fast_for_the_server(server: FaultyServer, tmp_path: Path) -> None:
    paced = Server(server.url, limits=Limits(deadline_s=1), pace=Pace("made", interval_s=50, folder=tmp_path))
    assert len(list(paced.get("good", {}, ends=paced.ends()).tables())) == 1
    with pytest.raises(GeocoderRateLimited):
        paced.get("good", {}, ends=paced.ends())
    assert len(server.seen) == 1


@pytest.mark.parametrize("after", ["3600", formatdate(4e9, usegmt=True).replace(" ", "_")])
def test_no_second_question_is_put_if_the_server_asks_to_wait_beyond_the_deadline(server: FaultyServer, after: str) -> None:
    with pytest.raises(GeocoderRateLimited):
        _ask(server, f"status/429/{after}")
    assert len(server.seen) == 1


def test_a_refused_key_is_not_tried_again(server: FaultyServer) -> None:
    with pytest.raises(GeocoderRefused):
        _ask(server, "status/401")
    assert len(server.seen) == 1


def test_a_redirect_stays_at_its_own_origin(server: FaultyServer) -> None:
    assert _ask(server, "redirect/same") == json.loads(GOOD)
    with faulty_server() as other:
        for target in (f"{other.url}/good", f"//{host_of(other.url)}/good", "https://127.0.0.1/good", "file:///etc/passwd"):
            server.answers["redirect"] = target.encode()
            with pytest.raises(GeocoderAnswerInvalid, match="another server"):
                _ask(server, "redirect/")
    assert not other.seen


def test_the_environment_changes_nothing(server: FaultyServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with faulty_server() as spy:
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login spy password spy\n")
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, spy.url)
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        assert ask(Question(url=f"{server.url}/good"), Limits()).content == json.loads(GOOD)
    assert not spy.seen
    assert "Authorization" not in server.seen[0].headers


def test_a_named_proxy_is_used(server: FaultyServer) -> None:
    server.answers["http://geocoder.example/search"] = b"[1]"
    server.answers["/search"] = b"[1]"
    question = Question(url="http://geocoder.example/search")
    assert ask(question, Limits(proxy=server.url)).content == [1]


def _tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def test_certificates_are_verified(tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    bundle = str(tmp_path / "authority.pem")
    authority.cert_pem.write_to_path(bundle)
    question = "{}/good".format
    with faulty_server(_tls(authority, "127.0.0.1")) as good:
        assert ask(Question(url=question(good.url)), Limits(ca_file=bundle)).content == json.loads(GOOD)
        with pytest.raises(GeocoderUnavailable, match="certificate"):
            ask(Question(url=question(good.url)), Limits())
    for context in (_tls(stranger, "127.0.0.1"), _tls(authority, "other.example")):
        with faulty_server(context) as bad, pytest.raises(GeocoderUnavailable, match="certificate"):
            ask(Question(url=question(bad.url)), Limits(ca_file=bundle))


@pytest.mark.parametrize(
    "url", ["", "nominatim.example", "ftp://a.example", "file:///etc/passwd", "http://", "http://a:b", "https://[::"]
)
def test_a_url_that_names_no_server_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        host_of(url)


def test_a_host_is_told_without_its_user() -> None:
    assert host_of(f"https://user:{SECRET}@a.example:8080/search?key={SECRET}") == "a.example:8080"


def test_threads_get_their_own_answers(server: FaultyServer) -> None:
    names = [f"/{number}" for number in range(24)]
    server.answers.update({name: json.dumps(name).encode() for name in names})
    got: dict[str, object] = {}

    def one(name: str) -> None:
        got[name] = ask(Question(url=server.url + name), Limits()).content

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {name: name for name in names}


def test_no_network_library_is_loaded_before_a_question_is_asked() -> None:
    modules = "chain, batches, cached, lantmateriet, nominatim, pelias, photon, register"
    slow = {"requests", "pyproj", "geopy"}
    code = f"import sys; from coverage_check.geocoders import {modules}; print(*({slow} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "\n"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**38), 10**38)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_json_comes_back_as_it_was_sent(value: object) -> None:
    assert parse_json(json.dumps(value).encode(), "host") == value


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(data: bytes) -> None:
    try:
        parse_json(data, "host")
    except GeocoderAnswerInvalid:
        return
    json.loads(data)  # what passed is JSON to a reader that is not ours


@pytest.mark.parametrize(
    "text",
    [
        b"NaN",
        b'{"lat": Infinity}',
        b'{"lat": -Infinity}',
        b"1e999",
        b"9" * 41,
        b'{"lat": 1, "lat": 2}',
        b"[" * 100_000,
        b"[" * 33 + b"]" * 33,
        b'{"lat": "59.8"',
        "å".encode("latin-1"),
        b"",
        b"[1],",
    ],
)
def test_lax_json_is_refused(text: bytes) -> None:
    with pytest.raises(GeocoderAnswerInvalid):
        parse_json(text, "host")


def test_brackets_in_strings_are_not_depth() -> None:
    assert parse_json(b'["' + b"[" * 1000 + b'\\""]', "host") == ["[" * 1000 + '"']


def test_the_json_test_suite_is_judged_as_its_authors_judge() -> None:
    files = sorted((shared("corpus/jsontestsuite/test_parsing")).glob("[yn]_*.json"))
    assert len(files) > 250
    wrong = []
    for file in files:
        try:
            parse_json(file.read_bytes(), "host")
            accepted = True
        except GeocoderAnswerInvalid:
            accepted = False
        if accepted != file.name.startswith("y_"):
            wrong.append(file.name)
    # Valid JSON, and refused all the same: a key that stands twice leaves open which value is meant.
    assert wrong == ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"]

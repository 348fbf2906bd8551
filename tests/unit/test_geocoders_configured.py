"""The config's [geocoder] and [errors]: strict, without keys, and each kind becomes its geocoder."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from coverage_check.checker import Checker
from coverage_check.cli import run
from coverage_check.config import BUNDLED, read_config
from coverage_check.doctor import examine
from coverage_check.errors import DeclarationError, GeocoderUnavailable
from coverage_check.geocoders.cached import Cached
from coverage_check.geocoders.configured import open_geocoder
from coverage_check.location import ErrorModel, LocationLevel, Match, Spread
from tests.faulty_server import FaultyServer, faulty_server

HARG = "Harg 12, 760 21 Vätö"
HEAD = f'snapshot = "{BUNDLED}/snapshot"\nproducts = "{BUNDLED}/products.toml"\nas_of = 2026-02-01\n'
REGISTER = f'{{kind = "register", path = "{BUNDLED}/register.sqlite"}}'


@pytest.fixture(scope="module")
def running() -> Iterator[FaultyServer]:
    with faulty_server() as server:
        yield server


@pytest.fixture
def server(running: FaultyServer) -> FaultyServer:
    running.answers.clear()
    running.seen.clear()
    return running


@pytest.fixture
def dead_url() -> Iterator[str]:
    """Give the address of a port on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def config(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "coverage-check.toml"
    path.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (['kind = "nominatim"', 'url = "https://geo.example"'], "nominatim:geo.example"),
        (['kind = "photon"', 'url = "http://geo.example:2322"', 'country = "li"'], "photon:geo.example:2322"),
        (
            ['kind = "pelias"', 'url = "http://geo.example:4000"', "deadline_s = 3", 'attribution = "x"'],
            "pelias:geo.example:4000",
        ),
        (['kind = "lantmateriet"', 'municipality_codes = ["0188"]'], "lantmateriet:api.lantmateriet.se"),
        (['kind = "photon"', 'url = "http://a.example"', 'cache = "kept.sqlite"'], "photon:a.example"),
        (
            [
                'kind = "chain"',
                'sources = [{kind = "photon", url = "http://a.example"}, {kind = "pelias", url = "http://b.example"}]',
            ],
            "photon:a.example+pelias:b.example",
        ),
        (
            [
                'kind = "chain"',
                "agreement = true",
                "[[geocoder.sources]]",
                'kind = "photon"',
                'url = "http://a.example"',
                "[[geocoder.sources]]",
                'kind = "nominatim"',
                'url = "http://b.example"',
            ],
            "photon:a.example&nominatim:b.example",
        ),
    ],
)
def test_each_kind_becomes_its_geocoder(
    lines: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COVERAGE_CHECK_LANTMATERIET_USER", "someone")
    monkeypatch.setenv("COVERAGE_CHECK_LANTMATERIET_PASSWORD", "something")
    geocoder = open_geocoder(read_config(config(tmp_path, "[geocoder]", *lines)))
    assert geocoder is not None
    assert geocoder.id == name


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (['kind = "nominatm"', 'url = "http://a"'], "did you mean 'nominatim'"),
        (['url = "http://a"'], "lacks 'kind'"),
        (['kind = "nominatim"'], "lacks 'url'"),
        (['kind = "register"', 'path = "r.sqlite"', 'url = "http://a"'], "no key 'url'"),
        (['kind = "photon"', 'url = "http://a"', 'contct = "me"'], "did you mean 'contact'"),
        (['kind = "pelias"', 'url = "http://a"', 'key = "s3cret"'], "no key 'key'"),
        (['kind = "pelias"', 'url = "http://me:s3cret@a"'], "no plain url"),
        (['kind = "pelias"', 'url = "http://a"', 'proxy = "http://me:s3cret@b"'], "no plain url"),
        (['kind = "photon"', 'url = "http://a"', "deadline_s = 0"], "'deadline_s' is 0"),
        (['kind = "photon"', 'url = "http://a"', "cache_days = 3"], "without 'cache'"),
        (['kind = "chain"'], "needs 'sources'"),
        (['kind = "chain"', "agreement = true", f"sources = [{REGISTER}]"], "needs 'sources', two"),
        (['kind = "chain"', 'sources = [{kind = "chain", sources = []}]'], "chain in a chain"),
        (['kind = "chain"', 'sources = [{kind = "photon", uri = "http://a"}]'], "'uri'"),
        (['kind = "nominatim"', 'url = "https://nominatim.openstreetmap.org"'], "requires a contact"),
        (['kind = "photon"', 'url = "geo.example"'], "begins with https"),
        (['kind = "lantmateriet"'], "credentials"),
    ],
)
def test_faults_of_the_config_say_the_cure_and_never_a_key(lines: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(DeclarationError) as caught:
        open_geocoder(read_config(config(tmp_path, "[geocoder]", *lines)))
    assert says in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "coverage-check.toml" in str(caught.value)


def test_the_error_model_is_the_configs(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        f"[geocoder]\n{REGISTER[1:-1].replace(', ', chr(10))}",
        "[errors]\ncoordinates_least_m = 9\n[errors.rural]\naddress_point = {cep50_m = 1, cep95_m = 7}",
        "[errors.gross]\nexact = 0.25",
    )
    checker = Checker.from_config(path)
    harg, pasted = checker.locate(HARG), checker.locate("59.820000, 18.950000")
    assert (harg.cep50_m, harg.cep95_m, harg.gross_error) == (1, 7, 0.25)
    assert pasted.cep50_m == 9
    kept = read_config(path).errors
    assert kept.urban == ErrorModel().urban
    assert kept.gross[Match.FUZZY] == ErrorModel().gross[Match.FUZZY]
    assert kept.rural[LocationLevel.ADDRESS_POINT] == Spread(1, 7)


@pytest.mark.parametrize(
    "lines",
    [
        "[errors.rural]\nbuilding = {cep50_m = 40, cep95_m = 20}",
        "[errors.rural]\nbuildng = {cep50_m = 4, cep95_m = 20}",
        "[errors.gross]\nexact = 1.5",
        "[errors.gross]\nalmost = 0.5",
        "[errors.urban]\nparcel = {cep50 = 4}",
    ],
)
def test_faults_of_the_error_model(lines: str, tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"coverage-check\.toml"):
        read_config(config(tmp_path, lines))


@pytest.mark.network
@pytest.mark.parametrize("kind", ["nominatim", "photon", "pelias"])
def test_a_dead_server_is_exit_code_5_and_never_a_no(
    kind: str, dead_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(config(tmp_path, "[geocoder]", f'kind = "{kind}"', f'url = "{dead_url}"', "deadline_s = 1"))
    assert run(["check", HARG, "--product", "mbb-4g", "--config", path, "--format", "json"]) == 5
    decision = json.loads(capsys.readouterr().out)
    assert (decision["verdict"], decision["reasons"][0]["code"]) == ("undetermined", "GEOCODER_UNAVAILABLE")
    assert run(["geocode", HARG, "--config", path]) == 5
    orders = tmp_path / "orders.csv"
    orders.write_text(f'address\n"{HARG}"\n', encoding="utf-8")
    assert run(["orders", str(orders), "--product", "mbb-4g", "--config", path]) == 5


@pytest.mark.network
def test_a_register_answers_while_the_second_source_is_down(dead_url: str, tmp_path: Path) -> None:
    sources = f'sources = [{REGISTER}, {{kind = "photon", url = "{dead_url}", deadline_s = 1}}]'
    checker = Checker.from_config(config(tmp_path, "[geocoder]", 'kind = "chain"', sources))
    assert checker.locate(HARG).match is Match.EXACT
    with pytest.raises(GeocoderUnavailable):
        checker.locate("Ingenstans 1, 999 99 Ingen")


@pytest.mark.network
def test_doctor_looks_at_every_source(server: FaultyServer, dead_url: str, tmp_path: Path) -> None:
    server.answers["/status"] = json.dumps({"software_version": "5.1", "data_updated": "2026-01-01"}).encode()
    sources = [REGISTER, *(f'{{kind = "nominatim", url = "{url}", deadline_s = 1}}' for url in (server.url, dead_url))]
    path = config(tmp_path, "[geocoder]", 'kind = "chain"', f"sources = [{', '.join(sources)}]", 'cache = "kept.sqlite"')
    found = [finding for finding in examine(path) if finding.subject == "geocoder"]
    texts = " | ".join(finding.text for finding in found)
    assert "kept.sqlite" in texts
    assert "3 sources" in texts
    assert "Nominatim 5.1, data of 2026-01-01" in texts
    assert [finding.fault for finding in found] == [False, False, False, False, True]


def test_a_batch_uses_no_cache_unless_it_is_meant_for_batches(tmp_path: Path) -> None:
    lines = ["[geocoder]", *REGISTER[1:-1].split(", "), 'cache = "kept.sqlite"']
    frame = pd.DataFrame({"address": [HARG], "product": ["mbb-4g"]})
    for batches, kept in ((False, 0), (True, 1)):
        checker = Checker.from_config(config(tmp_path, *lines, f"cache_batches = {str(batches).lower()}"))
        assert checker.check_frame(frame)["cc_verdict"].tolist() == ["deliverable"]
        assert isinstance(checker.geocoder, Cached)
        assert checker.geocoder.purge(everything=True) == kept

"""Finding places needs [geocoder] alone; positions need not even that."""

import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from coverage_check.checker import Checker
from coverage_check.cli import run
from coverage_check.config import BUNDLED, read_locating
from coverage_check.decision import ReasonCode, Verdict
from coverage_check.errors import DeclarationError, GeocoderMissing, MissingFile
from coverage_check.geocoders.locating import Locator
from coverage_check.location import Candidate, Location, LocationLevel, Match

HARG = "Harg 12, 760 21 Vätö"
POSITION = "59.812482, 18.954801"
REGISTER = f'[geocoder]\nkind = "register"\npath = "{BUNDLED}/register.sqlite"\n'
COVERAGE = f'snapshot = "{BUNDLED}/snapshot"\nproducts = "{BUNDLED}/products.toml"\nas_of = 2026-02-01\n'
PUBLIC = '[geocoder]\nkind = "nominatim"\nurl = "https://nominatim.openstreetmap.org"\ncontact = "me@example.org"\n'


def config(tmp_path: Path, text: str) -> str:
    path = tmp_path / "coverage-check.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_geocode_needs_no_snapshot_and_no_products(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config(tmp_path, REGISTER)
    assert run(["geocode", HARG, "--config", path, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["location"]["match"] == "exact"
    table = tmp_path / "table.csv"
    table.write_text(f'query,expected_match\n"{HARG}",exact\n', encoding="utf-8")
    assert run(["geocode", "--table", str(table), "--config", path]) == 0
    assert capsys.readouterr().out.startswith("1 row: 1 as expected")


def test_geocode_looks_at_its_own_tables_with_the_same_rigour(tmp_path: Path) -> None:
    assert read_locating(config(tmp_path, "anything = 1\n[risk]\nmis_sale = 'x'\n" + REGISTER)).geocoder is not None
    with pytest.raises(DeclarationError, match="did you mean 'country'"):
        read_locating(config(tmp_path, REGISTER + 'contry = "se"\n'))
    with pytest.raises(MissingFile, match="--config demo"):
        read_locating(tmp_path / "none.toml")


def test_without_a_geocoder_an_address_says_so_and_a_position_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locator = Locator.from_config(config(tmp_path, ""))
    with pytest.raises(GeocoderMissing, match="No geocoder is configured"):
        locator.locate(HARG)
    assert locator.locate(POSITION).level is LocationLevel.COORDINATES
    assert run(["geocode", HARG, "--config", str(tmp_path / "coverage-check.toml")]) == 5
    assert "GEOCODER_MISSING: No geocoder is configured" in capsys.readouterr().out


def test_without_a_geocoder_an_address_is_undetermined_and_not_unknown(tmp_path: Path) -> None:
    checker = Checker.from_config(config(tmp_path, COVERAGE))
    decision = checker.check(HARG, product="mbb-4g")
    assert decision.verdict is Verdict.UNDETERMINED
    assert [reason.code for reason in decision.reasons] == [ReasonCode.GEOCODER_UNAVAILABLE]
    assert decision.reasons[0].message == "No address search is configured, so only positions can be checked."
    assert "bara positioner" in decision.sentence.sv
    assert [question.code for question in decision.ask_next] == ["POSITION"]
    assert checker.check(POSITION, product="mbb-4g", on=date(2026, 2, 1)).verdict is Verdict.DELIVERABLE


@pytest.mark.parametrize("wrapped", [PUBLIC, PUBLIC + 'cache = "kept.sqlite"\ncache_batches = true\n'])
def test_a_batch_with_the_public_nominatim_refuses_only_the_rows_that_need_an_address(
    wrapped: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, COVERAGE + wrapped)
    lat, lon = POSITION.split(", ")
    frame = pd.DataFrame(
        {
            "address": [HARG, "", POSITION, "Box 12, 760 21 Vätö"],
            "lat": [None, lat, None, None],
            "lon": [None, lon, None, None],
        }
    )
    checked = Checker.from_config(path).check_frame(frame, product="mbb-4g")
    assert checked["cc_verdict"].tolist() == ["undetermined", "deliverable", "deliverable", "undetermined"]
    assert "no batches" in checked["cc_error"][0]
    assert checked["cc_error"].isna().tolist() == [False, True, True, True]
    assert checked["cc_reasons"].tolist()[3] == "NO_STREET_POSITION"
    orders = tmp_path / "orders.csv"
    frame.to_csv(orders, index=False)
    assert run(["orders", str(orders), "--product", "mbb-4g", "--config", path]) == 3
    assert "1 row could not be read" in capsys.readouterr().err
    table = tmp_path / "table.csv"
    table.write_text(f'query,expected_match\n"{HARG}",exact\n"{POSITION}",exact\n', encoding="utf-8")
    assert run(["geocode", "--table", str(table), "--config", path]) == 5
    assert "1 as expected, 0 other, 0 wrong, 1 unanswered" in capsys.readouterr().out


def test_a_register_in_front_of_the_public_nominatim_answers_batches(tmp_path: Path) -> None:
    sources = f'{{kind = "register", path = "{BUNDLED}/register.sqlite"}}, {{{", ".join(PUBLIC.splitlines()[1:])}}}'
    path = config(tmp_path, f'{COVERAGE}[geocoder]\nkind = "chain"\nsources = [{sources}]\n')
    frame = pd.DataFrame({"address": [HARG, "Ingenstans 99, 999 99 Ingen"]})
    checked = Checker.from_config(path).check_frame(frame, product="mbb-4g")
    assert checked["cc_verdict"].tolist() == ["deliverable", "undetermined"]
    assert "no batches" in checked["cc_error"][1]


def test_the_configs_error_model_holds_for_positions_however_they_are_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, COVERAGE + "[errors]\ncoordinates_least_m = 40\n[errors.gross]\nexact = 0.3\n")
    lat, lon = POSITION.split(", ")
    asked = ["--product", "mbb-4g", "--on", "2026-02-01", "--config", path, "--format", "json"]
    given = []
    for words in ([POSITION], ["--lat", lat, "--lon", lon]):
        run(["check", *words, *asked])
        given.append(json.loads(capsys.readouterr().out))
    assert given[0]["location"]["cep50_m"] == given[1]["location"]["cep50_m"] == 40
    assert given[0]["probability"] == given[1]["probability"] < 0.7
    frame = pd.DataFrame({"lat": [lat], "lon": [lon]})
    checked = Checker.from_config(path).check_frame(frame, product="mbb-4g", on="2026-02-01")
    assert checked["cc_probability"][0] == given[0]["probability"]


def test_a_position_opens_no_register() -> None:
    """Neither its file nor its libraries: a command for one position is quick."""
    code = (
        "import sys; from coverage_check.cli import run; "
        "run(['check', '--lat', '59.8', '--lon', '18.9', '--product', 'mbb-4g', '--config', 'demo']); "
        "print([name for name in sys.modules if 'sqlite' in name or name.startswith('coverage_check.geocoders')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


class TwoTowns:
    """A geocoder that knows a name in two places."""

    id = "two"
    attribution = ""

    def __init__(self, *spots: tuple[float, float]) -> None:
        self._spots = spots

    def locate(self, query: object) -> Location:  # noqa: ARG002
        """Give both."""
        level, match = LocationLevel.LOCALITY, Match.AMBIGUOUS
        candidates = tuple(Candidate(label="Vik", lat=lat, lon=lon, level=level, match=match) for lat, lon in self._spots)
        lat, lon = self._spots[0]
        return Location(lat=lat, lon=lon, level=level, match=match, cep50_m=500, cep95_m=900, candidates=candidates)


def test_a_short_plus_code_beside_a_name_of_two_towns_is_ambiguous_unless_they_give_one_place() -> None:
    near, far = (59.8, 18.9), (63.2, 14.6)
    apart = Locator(TwoTowns(near, far)).locate("RXC2+22 Vik")
    assert apart.match is Match.AMBIGUOUS
    assert len(apart.candidates) == 2
    together = Locator(TwoTowns(near, (59.7, 18.8))).locate("RXC2+22 Vik")
    assert (together.match, len(together.candidates)) == (Match.EXACT, 1)


def test_where_a_register_comes_from_is_kept_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Source, licence, day, hash and what was left out: when it is built, by doctor, and beside each answer."""
    source = tmp_path / "addresses.csv"
    source.write_text(
        "street,number,postcode,town,lat,lon\nHarg,12,760 21,Vätö,59.812482,18.954801\nHarg,13,760 21,Vätö,,\n",
        encoding="utf-8",
    )
    built = ["--source-name", "Made register", "--licence", "CC0-1.0", "--published", "2026-01-15"]
    assert run(["register", "build", str(source), "-o", str(tmp_path / "r.sqlite"), *built]) == 0
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    told = f"1 addresses from Made register of 2026-01-15, CC0-1.0, file {digest}"
    assert told in capsys.readouterr().out
    path = config(tmp_path, COVERAGE + '[geocoder]\nkind = "register"\npath = "r.sqlite"\n')
    assert run(["doctor", "--config", path]) == 0
    shown = capsys.readouterr().out
    assert told in shown
    assert "left out: 1 no position" in shown
    for form in ("text", "json"):
        assert run(["geocode", HARG, "--config", path, "--format", form]) == 0
        assert told in capsys.readouterr().out

"""What was measured goes into a snapshot only if it is about its claims, and then decisions use it and say so."""

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check import Checker, Location, Snapshot, import_layers
from coverage_check.basis import Request
from coverage_check.calibration import Calibration, calibrate, curves_toml
from coverage_check.calibration.reckoning import LayerCalibration
from coverage_check.cli import commands
from coverage_check.coverage.curves import take_curves
from coverage_check.curve import Curve
from coverage_check.decision import Decision, ReasonCode, Verdict
from coverage_check.declaration import Document
from coverage_check.errors import ImportFailed, InvalidInput, MissingFile
from coverage_check.ledger.replay import differences, recompute_with
from coverage_check.technology import Environment, Receiver, Service, SignalLevel, Technology
from tests.made_claims import layer
from tests.unit.test_calibration import SOUTH, WEST, drives, imported, write

ON = date(2025, 11, 1)
POINTS = ((20.0, 0.62), (150.0, 0.7), (600.0, 0.88), (1200.0, 0.95))
PRODUCTS = """
[[product]]
code = "4g"
name = "4G"
network = "Exempelnät"
place_of_use = "outdoors"
receiver = "handset"
any_of = [{technology = "4G"}]
"""
CLAIM = shapely.box(WEST, SOUTH, WEST + 8000, SOUTH + 40_000)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Give a snapshot without a curve."""
    return imported(tmp_path_factory.mktemp("plain"), CLAIM)


@pytest.fixture(scope="module")
def file(plain: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a CURVES.toml as `calibrate` writes it."""
    path = tmp_path_factory.mktemp("curves") / "curves.toml"
    path.write_text(curves_toml(calibration_of(plain, curve())), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def measured(plain: Snapshot, file: Path) -> Snapshot:
    """Give the same delivery, imported with its curve."""
    return import_layers(plain.path.parent / "layers.toml", plain.path.parent / "measured", calibration=file)


def curve(**fields: Any) -> Curve:
    usual: dict[str, Any] = {
        "points": POINTS,
        "readings": 4812,
        "segments": 300,
        "share": 0.8729,
        "low": 0.84,
        "high": 0.9,
        "threshold_dbm": -100.0,
        "first_day": date(2025, 5, 1),
        "last_day": date(2025, 5, 5),
        "measured_by": "Mätarna",
        "snapshot": "0" * 64,
    }
    return Curve(**(usual | fields))


def calibration_of(snapshot: Snapshot, found: Curve) -> Calibration:
    """Say that this was found out about the only layer of a snapshot."""
    [claim] = snapshot.layers
    compared = LayerCalibration(
        layer=claim.id,
        sha256=claim.sha256,
        network=claim.network,
        technology=claim.technology,
        service=claim.service,
        level=claim.level,
        area_km2=claim.area_km2,
        threshold_dbm=-100,
        bands=(),
        inside=None,
        outside=None,
        curve=found,
        too_few="",
    )
    return Calibration(snapshot=snapshot.id, readings=4812, refused={}, layers=(compared,), left_out={})


def checker(snapshot: Snapshot) -> Checker:
    path = snapshot.path.parent / "products.toml"
    path.write_text(PRODUCTS, encoding="utf-8")
    return Checker(snapshot=snapshot, products=path, as_of=ON)


def inside(distance_m: float, cep50_m: float, cep95_m: float) -> Location:
    """Give a location so far inside the claim's western edge, and far from every other."""
    import geopandas as gpd

    place = gpd.GeoSeries([shapely.Point(WEST + distance_m, SOUTH + 20_000)], crs=3006).to_crs(4326).iloc[0]
    return replace(Location.at(lat=place.y, lon=place.x, cep95_m=cep95_m), cep50_m=cep50_m)


def on_the_curve(distance_m: float) -> float:
    """Read the curve as a person would, with a ruler between two points."""
    if distance_m <= POINTS[0][0]:
        return POINTS[0][1]
    for (near_m, low), (far_m, high) in itertools.pairwise(POINTS):
        if distance_m <= far_m:
            return low + (high - low) * (distance_m - near_m) / (far_m - near_m)
    return POINTS[-1][1]


@pytest.mark.parametrize("distance_m", [5, 20, 80, 375, 900, 3000])
def test_a_decision_takes_the_curve_and_not_the_declared_reliability(
    plain: Snapshot, measured: Snapshot, distance_m: float
) -> None:
    """At a place that is known to the metre, P is the curve's value there, but for the one wrong place in two hundred."""
    place = inside(distance_m, 0.5, 1.0)
    without = checker(plain).check_location(place, product="4g")
    within = checker(measured).check_location(place, product="4g")
    sure = 1 - place.gross_error
    assert within.probability == pytest.approx(sure * on_the_curve(distance_m), abs=0.001)
    assert without.probability == pytest.approx(sure * (1 - 0.1 * math.exp(-distance_m / 200)), abs=0.001)
    assert within.evidence[0].probability == pytest.approx(on_the_curve(distance_m), abs=0.001)


@settings(max_examples=20, deadline=None)
@given(st.floats(-300, 1500), st.floats(5, 200), st.floats(1.5, 6))
def test_the_curve_is_integrated_over_where_the_customer_may_be(
    measured: Snapshot, distance_m: float, cep50_m: float, ratio: float
) -> None:
    """Closed in the direction by a fine sum, and in the radius by strata of the normal distribution."""
    place = inside(distance_m, cep50_m, cep50_m * ratio)
    strata = (np.arange(300) + 0.5) / 300
    grid = np.linspace(-6, 6, 60_001)
    below = np.cumsum(np.exp(-grid * grid / 2))
    radius = cep50_m * np.exp(math.log(ratio) / 1.645 * np.interp(strata, below / below[-1], grid))
    angle = (np.arange(180) + 0.5) / 180 * math.pi
    deep_m = (distance_m + radius[:, None] * np.cos(angle)[None, :]).ravel()
    expected = np.mean([on_the_curve(d) if d >= 0 else 0.0 for d in deep_m.tolist()])
    decision = checker(measured).check_location(place, product="4g")
    assert decision.probability == pytest.approx((1 - place.gross_error) * expected, abs=0.015)


def test_an_answer_cites_what_was_measured(measured: Snapshot) -> None:
    decision = checker(measured).check_location(inside(2000, 5, 20), product="4g")
    [reason] = [reason for reason in decision.reasons if reason.code is ReasonCode.MEASURED]
    assert reason.layer == "4g"
    assert reason.message == (
        "Measured: service at 87.2 % of 4,812 places outdoors inside the edge of the coverage, up to 5 May 2025 by Mätarna."
    )
    assert decision.reasons[0].code is not ReasonCode.MEASURED
    assert decision.sentence.en.endswith(reason.message)
    assert decision.sentence.sv.endswith(
        "Uppmätt: signal på 87,2 % av 4\N{NO-BREAK SPACE}812 platser utomhus innanför täckningens kant, "
        "till och med 5 maj 2025 av Mätarna."
    )
    assert Decision.from_dict(json.loads(decision.to_json())) == decision


def test_nothing_is_cited_that_changed_nothing(plain: Snapshot, measured: Snapshot) -> None:
    """Outside a claim its curve says nothing, and a snapshot without one never speaks of it."""
    for snapshot, place in ((measured, inside(-2000, 5, 20)), (plain, inside(2000, 5, 20))):
        decision = checker(snapshot).check_location(place, product="4g")
        assert ReasonCode.MEASURED not in [reason.code for reason in decision.reasons]
        assert "Measured" not in decision.sentence.en


def test_a_curve_can_turn_a_yes_into_a_question(plain: Snapshot, measured: Snapshot) -> None:
    """Declared, 400 m inside is 98.6 %; measured, it is 80 %. How far to go for a yes is the curve's word too."""
    place = inside(400, 5, 15)
    assert checker(plain).check_location(place, product="4g").verdict is Verdict.DELIVERABLE
    asked = checker(measured).check_location(place, product="4g")
    assert asked.verdict is Verdict.UNDETERMINED
    deep = checker(measured).check_location(inside(1150, 5, 15), product="4g")
    assert deep.verdict is Verdict.UNDETERMINED  # 0.944 of 0.995
    assert deep.flips is None or deep.flips.to is not Verdict.DELIVERABLE  # 0.95 x 0.995 is never enough for a yes


def test_the_curve_is_part_of_the_snapshot(plain: Snapshot, measured: Snapshot, file: Path, tmp_path: Path) -> None:
    assert measured.id != plain.id
    assert measured.layers[0].curve == curve(points=POINTS)
    assert replace(measured.layers[0], curve=None) == plain.layers[0]
    again = import_layers(plain.path.parent / "layers.toml", tmp_path / "again", calibration=file)
    assert again.id == measured.id
    assert (again.path / "manifest.json").read_bytes() == (measured.path / "manifest.json").read_bytes()


def test_a_replay_gives_the_same_bytes(measured: Snapshot) -> None:
    decision = checker(measured).check_location(inside(700, 15, 100), product="4g")
    again = recompute_with([checker(Snapshot.open(measured.path))])(decision)
    assert differences(decision, again) == ()
    later = replace(decision, made_at=datetime(2030, 1, 1, tzinfo=UTC))
    assert differences(later, again) == ()


def test_a_batch_says_what_each_question_alone_says(measured: Snapshot) -> None:
    """Rows on both sides of the edge, sure and unsure: the same probability, citation and bytes."""
    asked = checker(measured)
    places = [inside(distance_m, cep50_m, 5 * cep50_m) for distance_m in range(-400, 1500, 60) for cep50_m in (2, 40)]
    together = asked.check_many([Request(location=place, product="4g") for place in places])
    alone = [asked.check_location(place, product="4g") for place in places]
    assert [decision.id for decision in together] == [decision.id for decision in alone]
    cited = [any(reason.code is ReasonCode.MEASURED for reason in decision.reasons) for decision in together]
    likely = [decision.evidence[0].probability > 0 for decision in together]
    assert cited == likely
    assert 0 < sum(cited) < len(cited)


FAULTS = [
    ('layer = "4g"', 'layer = "4g-x"', "CURVE_UNKNOWN_LAYER"),
    ('technology = "4G"', 'technology = "5G"', "CURVE_OF_ANOTHER_CLAIM"),
    ('network = "Exempelnät"', 'network = "Grannät"', "CURVE_OF_ANOTHER_CLAIM"),
    ('service = "data"', 'service = "data"\nlevel = "good"', "CURVE_OF_ANOTHER_CLAIM"),
    ("threshold_dbm = -100.0", "threshold_dbm = -110.0", "CURVE_WEAKER_THRESHOLD"),
    ("readings = 4812", "readings = 199", "CURVE_TOO_FEW"),
    ("segments = 300", "segments = 19", "CURVE_TOO_FEW"),
    ("[150.0, 0.7]", "[150.0, 0.6]", "CURVE_NOT_RISING"),
    ("[150.0, 0.7]", "[15.0, 0.7]", "CURVE_NOT_RISING"),
    ("[150.0, 0.7]", "[20.0, 0.7]", "CURVE_NOT_RISING"),
    ("[1200.0, 0.95]", "[1200.0, 1.01]", "CURVE_OUT_OF_RANGE"),
    ("[20.0, 0.62]", "[20.0, 0.0]", "CURVE_OUT_OF_RANGE"),
    ("[20.0, 0.62]", "[-20.0, 0.62]", "CURVE_OUT_OF_RANGE"),
    ("[1200.0, 0.95]", "[12000.0, 0.95]", "CURVE_OUT_OF_RANGE"),
    ("[20.0, 0.62]", "[20.0, nan]", "pairs"),
    ("[20.0, 0.62]", "[20.0]", "pairs"),
    ("share = 0.8729", "share = 0.95", "CURVE_OUT_OF_RANGE"),
    ("share = 0.8729", "share = 1.2", "between"),
    ("low = 0.84\n", "", "lacks 'low'"),
    ('receiver = "handset"', 'receiver = "outdoor_antenna"', "CURVE_EASIER_READINGS"),
    ('environment = "outdoor"', 'environment = "orbit"', "environment"),
    ("last_day = 2025-05-05", "last_day = 2025-04-05", "order"),
    ("first_day = 2025-05-01\n", "", "order"),
    ("readings = 4812", "readings = 4812\nreading = 1", "reading"),
    ("curves/1", "curves/9", "calibrate again"),
    ("points", "point", "points"),
]


def take(plain: Snapshot, path: Path, output: Path, **options: Any) -> Snapshot:
    return import_layers(plain.path.parent / "layers.toml", output, calibration=path, **options)


@pytest.mark.parametrize(("old", "new", "says"), FAULTS, ids=[f"{old.strip()} → {new.strip()}" for old, new, _ in FAULTS])
def test_what_cannot_be_is_refused(plain: Snapshot, file: Path, tmp_path: Path, old: str, new: str, says: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / "curves.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ImportFailed, match=r"curves\.toml") as refused:
        take(plain, path, tmp_path / "out")
    assert any(says in fault for fault in refused.value.faults), refused.value.faults
    assert not (tmp_path / "out").exists()


def test_all_faults_of_curves_and_layers_are_told_at_once(plain: Snapshot, file: Path, tmp_path: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("4812", "12").replace("-100.0", "-120.0").replace("0.95]", "1.5]")
    path = tmp_path / "curves.toml"
    path.write_text(text + text.replace('schema = "coverage-check/curves/1"', ""), encoding="utf-8")
    declared = (plain.path.parent / "layers.toml").read_text(encoding="utf-8")
    layers = plain.path.parent / "faulty.toml"
    layers.write_text(declared.replace('technology = "4G"', 'technology = "4g"'), encoding="utf-8")
    with pytest.raises(ImportFailed) as refused:
        import_layers(layers, tmp_path / "out", calibration=path)
    told = "\n".join(refused.value.faults)
    for word in ("faulty.toml", "CURVE_TOO_FEW", "CURVE_WEAKER_THRESHOLD", "CURVE_OUT_OF_RANGE", "CURVE_TWICE"):
        assert word in told


def test_no_curve_or_no_file_is_said(plain: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        take(plain, tmp_path / "absent.toml", tmp_path / "out")
    empty = tmp_path / "empty.toml"
    empty.write_text('schema = "coverage-check/curves/1"\n', encoding="utf-8")
    with pytest.raises(ImportFailed, match="curve"):
        take(plain, empty, tmp_path / "out")
    empty.write_text("points = [", encoding="utf-8")
    with pytest.raises(ImportFailed, match="TOML"):
        take(plain, empty, tmp_path / "out")


@pytest.mark.parametrize("changed", ['sha256 = "', "area_km2 = "])
def test_a_curve_of_another_delivery_waits_for_a_person(plain: Snapshot, file: Path, tmp_path: Path, changed: str) -> None:
    text = file.read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith(changed)]
    path = tmp_path / "curves.toml"
    path.write_text(text.replace(line, f'sha256 = "{"1" * 64}"' if "sha256" in changed else "area_km2 = 5.5"), "utf-8")
    with pytest.raises(ImportFailed, match="--accept CURVE_OF_ANOTHER_DELIVERY:4g"):
        take(plain, path, tmp_path / "out")
    taken = take(plain, path, tmp_path / "out", accept=["CURVE_OF_ANOTHER_DELIVERY:4g"])
    assert taken.layers[0].curve is not None
    assert "CURVE_OF_ANOTHER_DELIVERY" in [finding.code for finding in taken.quality.findings]
    with pytest.raises(InvalidInput):
        take(plain, path, tmp_path / "other", accept=["CURVE_OF_ANOTHER:4g"])


def test_a_claim_that_promises_too_much_is_a_finding(plain: Snapshot, measured: Snapshot, tmp_path: Path) -> None:
    assert [finding.code for finding in measured.quality.findings] == ["LEVEL_MISSING"]
    path = tmp_path / "curves.toml"
    path.write_text(curves_toml(calibration_of(plain, curve(share=0.7, low=0.6, high=0.8))), encoding="utf-8")
    found = take(plain, path, tmp_path / "out").quality.findings
    [finding] = [finding for finding in found if finding.code == "OVERCLAIMED"]
    assert "70.0% of 4,812 readings" in finding.sentence


def test_a_drive_is_never_taken_for_a_claim_indoors(plain: Snapshot, file: Path, tmp_path: Path) -> None:
    text = (plain.path.parent / "layers.toml").read_text(encoding="utf-8")
    indoors = plain.path.parent / "indoors.toml"
    indoors.write_text(text.replace('environment = "outdoor"', 'environment = "indoor"'), encoding="utf-8")
    with pytest.raises(ImportFailed, match="CURVE_EASIER_READINGS"):
        import_layers(indoors, tmp_path / "out", calibration=file)


@given(
    points=st.lists(st.tuples(st.integers(0, 5000), st.floats(0.01, 1)), min_size=1, max_size=14, unique_by=lambda p: p[0]),
    by=st.text(st.characters(exclude_categories=["Cs"])),
    level=st.sampled_from([None, *SignalLevel]),
    environment=st.sampled_from(Environment),
    receiver=st.sampled_from(Receiver),
    days=st.none() | st.tuples(st.dates(), st.dates()),
)
def test_what_is_written_is_read_back(
    points: Sequence[tuple[int, float]],
    by: str,
    level: SignalLevel | None,
    environment: Environment,
    receiver: Receiver,
    days: tuple[date, date] | None,
) -> None:
    distances, shares = sorted(float(d) for d, _ in points), sorted(share for _, share in points)
    first_day, last_day = sorted(days) if days else (None, None)
    found = curve(
        points=tuple(zip(distances, shares, strict=True)),
        measured_by=by,
        environment=environment,
        receiver=receiver,
        first_day=first_day,
        last_day=last_day,
    )
    claim = layer(
        "4g",
        level=level,
        environment=environment,
        receiver=receiver,
        technology=Technology.G4,
        service=Service.DATA,
        network='Nät "ett"\\',
    )
    compared = LayerCalibration(
        **{name: getattr(claim, name) for name in ("sha256", "network", "technology", "service", "level", "area_km2")},
        layer=claim.id,
        threshold_dbm=-100,
        bands=(),
        inside=None,
        outside=None,
        curve=found,
        too_few="",
    )
    text = curves_toml(Calibration(snapshot="", readings=1, refused={}, layers=(compared,), left_out={}))
    document = Document(Path("curves.toml"), text)
    taken = take_curves(document, [claim])
    document.finish()
    assert taken["4g"].curve == found


def test_from_measurements_to_answers_on_the_command_line(plain: Snapshot, tmp_path: Path) -> None:
    """Measure, calibrate, import, look, ask: no step in between."""
    made = drives(4)
    rows = zip(made.lat, made.lon, made.signal_dbm, made.time_s, made.drive, strict=True)
    table = write(tmp_path / "m.csv", ("lat", "lon", "dbm", "time", "drive"), *rows)
    curves, output = tmp_path / "curves.toml", tmp_path / "snapshot"

    def run(*arguments: object) -> str:
        result = CliRunner().invoke(commands, [str(item) for item in arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    run("calibrate", plain.path, table, "-o", curves, "--environment", "vehicle", "--by", "Mätarna")
    said = run("import", plain.path.parent / "layers.toml", "-o", output, "--calibration", curves)
    [expected] = calibrate(plain, replace(made, environment=Environment.VEHICLE)).layers
    assert expected.curve is not None
    assert "measured  4g" in said
    assert "OVERCLAIMED" in said
    assert f"{expected.curve.share:.1%} of {expected.curve.readings:,} readings" in run("layers", output)
    [shown] = json.loads(run("layers", output, "--format", "json"))["layers"]
    assert [tuple(point) for point in shown["curve"]["points"]] == list(expected.curve.points)
    assert (shown["curve"]["measured_by"], shown["curve"]["environment"]) == ("Mätarna", "vehicle")
    decision = checker(Snapshot.open(output)).check_location(inside(1000, 1, 2), product="4g")
    assert "in a vehicle" in decision.sentence.en

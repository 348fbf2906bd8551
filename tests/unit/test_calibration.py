"""Claims against measurements: a made drive whose truth is known, and what is too little to say anything."""

import csv
import itertools
import json
import math
import random
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from coverage_check import Snapshot, Technology, import_layers
from coverage_check.calibration import (
    Calibration,
    Measurements,
    calibrate,
    curves_toml,
    plot_svg,
    read_measurements,
    table_text,
    to_dict,
)
from coverage_check.calibration.fitting import fit, rising
from coverage_check.calibration.reckoning import EDGES_INSIDE_M
from coverage_check.calibration.segments import Segments, interval
from coverage_check.cli import commands
from coverage_check.errors import MissingFile, TableInvalid
from coverage_check.technology import Environment, Receiver
from tests.shared import shared

WEST, SOUTH = 500_000.0, 6_600_000.0  # SWEREF 99 TM: the claim lies east of WEST
THRESHOLD_DBM = -100.0

DECLARED = """
format = 1
metric_crs = "{crs}"
[[layer]]
id = "4g"
file = "claim.gpkg"
network = "Exempelnät"
country = "{country}"
technology = "4G"
service = "data"
threshold_dbm = -100
survey_area = "{survey}"
published = 2025-06-01
valid_from = 2020-01-01
environment = "{environment}"
publisher = "made for a test"
licence = "CC0-1.0"
"""


def imported(
    folder: Path,
    claim: shapely.Geometry,
    *,
    crs: str = "EPSG:3006",
    country: str = "SE",
    environment: str = "outdoor",
    **options: Any,
) -> Snapshot:
    """Import one layer whose claim is this geometry."""
    gpd.GeoDataFrame(geometry=[claim], crs=crs).to_file(folder / "claim.gpkg")
    text = DECLARED.format(crs=crs, country=country, survey="everywhere", environment=environment)
    (folder / "layers.toml").write_text(text, encoding="utf-8")
    return import_layers(folder / "layers.toml", folder / "snapshot", **options)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return imported(tmp_path_factory.mktemp("made"), shapely.box(WEST, SOUTH, WEST + 4000, SOUTH + 40_000))


def truth(distance_m: float) -> float:
    """Say how probable service truly is: far less sure at the edge than the claim's 0.90."""
    return 0.6 + 0.35 * (1 - math.exp(-distance_m / 400)) if distance_m >= 0 else 0.2


def drives(seed: int, *, count: int = 60, minutes: int = 20) -> Measurements:
    """Make drives north, each at its own distance from the edge, served or not for two minutes at a time."""
    rng = np.random.default_rng(seed)
    rows = []
    for drive in range(count):
        distance = float(rng.uniform(-400, 1600))
        for minute in range(0, minutes, 2):
            served = rng.uniform() < truth(distance)
            start = SOUTH + 5000 + minute * 1000
            rows += [
                (WEST + distance, start + 60 * n, served, 1.75e9 + drive * 86_400 + minute * 60 + 6 * n, f"drive {drive}")
                for n in range(20)
            ]
    x, y, served_, time, name = (np.array(column) for column in zip(*rows, strict=True))
    points = gpd.GeoSeries(gpd.points_from_xy(x.astype(float), y.astype(float)), crs=3006).to_crs(4326)
    none = np.full(len(rows), None, np.object_)
    return Measurements(
        lat=points.y.to_numpy(),
        lon=points.x.to_numpy(),
        signal_dbm=np.where(served_.astype(bool), THRESHOLD_DBM, THRESHOLD_DBM - 10),
        time_s=time.astype(float),
        technology=none,
        network=none,
        drive=name.astype(np.object_),
        refused={},
    )


@pytest.fixture(scope="module")
def calibrations(snapshot: Snapshot) -> list[Calibration]:
    return [calibrate(snapshot, drives(seed)) for seed in range(12)]


def test_the_known_truth_lies_in_the_intervals(calibrations: list[Calibration]) -> None:
    """95 % intervals hold the truth 95 times of 100."""
    bands = [band for c in calibrations for band in c.layers[0].bands if band.segments >= 20]
    held = [band.low <= _mean_truth(band.from_m, band.to_m, band.distance_m) <= band.high for band in bands]
    assert len(held) > 40
    assert np.mean(held) >= 0.88


def _mean_truth(from_m: float, to_m: float, distance_m: float) -> float:
    """Give the truth at the mean distance, which it is nearly straight around within a band."""
    assert from_m <= distance_m <= to_m
    return truth(distance_m)


def test_it_sees_that_the_claim_promises_too_much(calibrations: list[Calibration]) -> None:
    for calibration in calibrations:
        [layer] = calibration.layers
        assert layer.inside is not None
        assert layer.inside.high < layer.inside.declared
        assert layer.outside is not None
        assert layer.outside.declared == 0


def test_the_curve_never_falls_inwards(calibrations: list[Calibration]) -> None:
    for calibration in calibrations:
        curve = calibration.layers[0].curve
        assert curve is not None
        assert len(curve.points) > 3
        assert list(curve.points) == sorted(set(curve.points))
        assert [share for _, share in curve.points] == sorted(share for _, share in curve.points)
        assert all(distance_m >= 0 and 0 < share < 1 for distance_m, share in curve.points)


def test_the_curve_is_near_the_truth(calibrations: list[Calibration]) -> None:
    """Of twelve curves, the mean at each distance is the truth within what twelve times some 600 segments leave open."""
    for distance_m in (100, 300, 700, 1200):
        shares = []
        for calibration in calibrations:
            curve = calibration.layers[0].curve
            assert curve is not None
            at_m, share = np.array(curve.points).T
            shares.append(np.interp(distance_m, at_m, share))
        assert np.mean(shares) == pytest.approx(truth(distance_m), abs=0.03)


def test_the_same_seed_gives_the_same(snapshot: Snapshot) -> None:
    assert calibrate(snapshot, drives(3)) == calibrate(snapshot, drives(3))


def test_too_few_readings_say_so_and_change_nothing(snapshot: Snapshot) -> None:
    calibration = calibrate(snapshot, drives(1, count=2, minutes=4))
    [layer] = calibration.layers
    assert layer.curve is None
    assert "too few" in layer.too_few
    assert "nothing changes" in table_text(calibration)
    assert "curve" not in tomllib.loads(curves_toml(calibration))


def test_readings_of_another_network_technology_or_time_don_t_count(snapshot: Snapshot) -> None:
    made = drives(1, count=3)
    size = len(made)
    for field, value in (("network", "Grannät"), ("technology", Technology.G3)):
        other = Measurements(
            **{name: getattr(made, name) for name in Measurements.__slots__} | {field: np.full(size, value, np.object_)}
        )
        assert calibrate(snapshot, other).layers == ()
    early = Measurements(**{n: getattr(made, n) for n in Measurements.__slots__} | {"time_s": np.full(size, 1e9)})
    assert "while it served" in calibrate(snapshot, early).left_out["4g"]


def test_the_plot_and_the_curves_can_be_read(calibrations: list[Calibration]) -> None:
    calibration = calibrations[0]
    svg = plot_svg(calibration.layers[0])
    assert svg.count("<circle") == sum(band.from_m >= 0 for band in calibration.layers[0].bands)
    assert "href" not in svg
    curves = tomllib.loads(curves_toml(calibration))
    curve = calibration.layers[0].curve
    assert curve is not None
    assert tuple(tuple(point) for point in curves["curve"][0]["points"]) == curve.points
    assert json.loads(json.dumps(to_dict(calibration), allow_nan=False))["snapshot"] == calibration.snapshot


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 10))
def test_an_interval_holds_the_share_and_is_never_without_width(served: list[bool], size: int) -> None:
    found, bundle = np.array(served), np.arange(len(served)) // size
    segments = Segments(bundle, bundle // 2)
    low, high = interval(found, segments, seed=1)
    assert 0 <= low <= found.mean() <= high <= 1
    assert low < high
    assert segments.count == math.ceil(len(served) / size)


def test_repeating_every_reading_narrows_nothing() -> None:
    """A hundred readings in each segment say no more than one."""
    rng = np.random.default_rng(5)
    served, one = rng.uniform(size=40) < 0.8, np.arange(40)
    many = np.repeat(one, 100)
    assert interval(served, Segments(one, one), 1) == interval(np.repeat(served, 100), Segments(many, many), 1)


def block_bootstrap(served: list[bool], bundle: list[int], seed: int) -> tuple[float, float]:
    """Draw whole bundles with replacement, the plain way: the oracle."""
    bundles: dict[int, list[bool]] = {}
    for said, number in zip(served, bundle, strict=True):
        bundles.setdefault(number, []).append(said)
    drawing, shares = random.Random(seed), []  # noqa: S311 - no secret
    for _ in range(1500):
        drawn = [said for number in drawing.choices(sorted(bundles), k=len(bundles)) for said in bundles[number]]
        shares.append(sum(drawn) / len(drawn))
    low, high = np.quantile(shares, (0.025, 0.975)).tolist()
    return low, high


@pytest.mark.parametrize("by_square", [False, True], ids=["by the drive", "by the ground"])
def test_the_interval_is_that_of_whole_bundles(*, by_square: bool) -> None:
    """Readings that agree within a drive's segment, or within a square however often it is driven through."""
    rng = np.random.default_rng(8)
    along, square = np.repeat(np.arange(120), 15), np.tile(np.arange(40), 45)
    truth_of = rng.uniform(size=120) < 0.8
    served = truth_of[square if by_square else along]
    low, high = interval(served, Segments(along, square), seed=3)
    expected = block_bootstrap(served.tolist(), (square if by_square else along).tolist(), seed=4)
    assert (low, high) == pytest.approx(expected, abs=0.02)
    of_each_alone = 2 * 1.96 * math.sqrt(0.8 * 0.2 / served.size)
    assert high - low > 3 * of_each_alone


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 50)), min_size=1, max_size=12))
def test_shares_are_made_to_rise_by_least_squares(found: list[tuple[float, int]]) -> None:
    """Isotonic regression in closed form: the largest of the smallest means that reach over a place."""
    shares, weights = np.array([share for share, _ in found]), np.array([float(weight) for _, weight in found])

    def mean(begin: int, end: int) -> float:
        return float(np.average(shares[begin : end + 1], weights=weights[begin : end + 1]))

    places = range(len(found))
    expected = [max(min(mean(j, k) for k in places if k >= n) for j in places if j <= n) for n in places]
    assert rising(shares.tolist(), weights.tolist()) == pytest.approx(expected)


@given(st.lists(st.tuples(st.floats(-500, 5000), st.booleans()), min_size=400, max_size=400))
def test_every_point_of_a_curve_rests_on_enough(found: list[tuple[float, bool]]) -> None:
    distance_m, served = np.array([d for d, _ in found]), np.array([said for _, said in found])
    segment = np.arange(len(found)) // 4
    inside = distance_m >= 0
    if len(np.unique(segment[inside])) < 20:
        return
    points = fit(distance_m, served, segment, EDGES_INSIDE_M)
    assert 1 <= len(points) <= len(np.unique(segment[inside])) * 4 // 20
    assert all(0 < share < 1 for _, share in points)
    assert all(0 <= nearer[0] < farther[0] and nearer[1] <= farther[1] for nearer, farther in itertools.pairwise(points))


def test_readings_must_hear_no_more_than_what_is_claimed(tmp_path: Path) -> None:
    """A drive says nothing about reception indoors, and a roof antenna nothing about a telephone."""
    claim = shapely.box(WEST, SOUTH, WEST + 4000, SOUTH + 40_000)
    made = drives(1)
    indoors = imported(tmp_path, claim, environment="indoor")
    assert "hear more" in calibrate(indoors, made).left_out["4g"]
    assert "hear more" in calibrate(indoors, replace(made, environment=Environment.VEHICLE)).left_out["4g"]
    assert calibrate(indoors, replace(made, environment=Environment.INDOOR)).layers
    (tmp_path / "out").mkdir()
    outdoors = imported(tmp_path / "out", claim)
    assert "hear more" in calibrate(outdoors, replace(made, receiver=Receiver.OUTDOOR_ANTENNA)).left_out["4g"]
    [layer] = calibrate(outdoors, replace(made, environment=Environment.VEHICLE, measured_by="Mätarna")).layers
    assert layer.curve is not None
    assert (layer.curve.environment, layer.curve.measured_by) == (Environment.VEHICLE, "Mätarna")


def test_a_car_that_stands_still_is_no_drive(snapshot: Snapshot) -> None:
    """Hours of readings from one parking lot are one place."""
    made = drives(1)
    parked = replace(made, lat=np.full(len(made), made.lat[0]), lon=np.full(len(made), made.lon[0]))
    [layer] = calibrate(snapshot, parked).layers
    assert layer.curve is None
    assert "1 squares" in layer.too_few or "0 readings" in layer.too_few


def test_a_curve_knows_the_days_of_its_readings(snapshot: Snapshot) -> None:
    made = drives(1)
    [layer] = calibrate(snapshot, made).layers
    assert layer.curve is not None
    assert (layer.curve.first_day, layer.curve.last_day) == (date(2025, 6, 15), date(2025, 8, 13))
    timeless = replace(made, time_s=np.full(len(made), np.nan))
    [layer] = calibrate(snapshot, timeless).layers
    assert layer.curve is not None
    assert layer.curve.last_day is None
    [layer] = calibrate(snapshot, replace(timeless, day=date(2025, 9, 1))).layers
    assert layer.curve is not None
    assert (layer.curve.first_day, layer.curve.last_day) == (date(2025, 9, 1), date(2025, 9, 1))


def write(path: Path, *rows: tuple[object, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    return path


def test_columns_are_found_by_their_names(tmp_path: Path) -> None:
    header = ("Latitude", "lng", "RSRP", "act", "measured_at", "session")
    table = write(
        tmp_path / "drive.csv",
        header,
        ("59,8", "18,9", "-97", "LTE", "1679769208597", "a"),
        ("59.8", "18.9", "-97.5", "NR", "2023-03-25T18:33:28Z", "b"),
        ("", "", "-97", "LTE", "1679769208597", "a"),
        ("59.8", "18.9", "2147483647", "LTE", "1679769208597", "a"),
        ("59.8", "18.9", "-97", "LORA", "1679769208597", "a"),
        ("59.8", "18.9", "-97", "LTE", "yesterday", "a"),
        ("59.8",),
    )
    found = read_measurements(table)
    assert found.lat.tolist() == [59.8, 59.8]
    assert found.signal_dbm.tolist() == [-97.0, -97.5]
    assert found.technology.tolist() == [Technology.G4, Technology.G5]
    assert found.drive.tolist() == ["drive a", "drive b"]
    assert np.diff(found.time_s).tolist() == pytest.approx([-0.597])
    assert sum(found.refused.values()) == 5
    assert len(found.refused) == 5


@pytest.mark.parametrize(
    ("header", "says"),
    [(("lat", "lon"), "signal"), (("lat", "latitude", "lon", "signal"), "both"), ((), "empty")],
)
def test_a_table_that_lacks_a_column_is_refused(tmp_path: Path, header: tuple[str, ...], says: str) -> None:
    table = tmp_path / "t.csv"
    table.write_text(";".join(header), encoding="utf-8")
    with pytest.raises(TableInvalid, match=says):
        read_measurements(table)
    with pytest.raises(MissingFile):
        read_measurements(tmp_path / "absent.csv")


def test_parquet_gives_what_csv_gives(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    import pandas as pd

    frame = pd.DataFrame({"lat": [59.8, 59.9], "lon": [18.9, 18.8], "rsrp": [-97.0, -111.0]})
    frame.to_parquet(tmp_path / "drive.parquet")
    frame.to_csv(tmp_path / "drive.csv", index=False)
    one, other = read_measurements(tmp_path / "drive.parquet"), read_measurements(tmp_path / "drive.csv")
    assert one.signal_dbm.tolist() == other.signal_dbm.tolist() == [-97.0, -111.0]
    assert one.lat.tolist() == other.lat.tolist()


def test_the_command_prints_the_table_and_writes_curve_and_plot(snapshot: Snapshot, tmp_path: Path) -> None:
    made = drives(2)
    rows = zip(made.lat, made.lon, made.signal_dbm, made.time_s, made.drive, strict=True)
    table = write(tmp_path / "m.csv", ("lat", "lon", "dbm", "time", "drive"), *rows)
    curve, plot = tmp_path / "curve.toml", tmp_path / "plot.svg"
    arguments = ["calibrate", str(snapshot.path), str(table), "-o", str(curve), "--plot", str(plot)]
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 0, result.output
    assert "measured" in result.stdout
    assert tomllib.loads(curve.read_text(encoding="utf-8"))["curve"]
    assert plot.read_text(encoding="utf-8").startswith("<svg")
    raised = CliRunner().invoke(commands, [*arguments, "--threshold", "4G=-95", "--format", "json"])
    assert json.loads(raised.stdout)["layers"][0]["inside"]["share"] == 0
    assert CliRunner().invoke(commands, [*arguments, "--threshold", "4G"]).exit_code == 2


def test_real_drives_run(tmp_path: Path) -> None:
    """There is no claim for Ambato: 150 m around half of the readings stand in for one, so only its sanity is tested."""
    folder = shared("data/measurements/ec_ambato_lte")
    found = read_measurements(*sorted(folder.glob("*.csv")))
    assert len(found) > 6000
    points = gpd.GeoSeries(gpd.points_from_xy(found.lon, found.lat), crs=4326).to_crs("EPSG:32717")
    claim = points.iloc[: len(points) // 2].buffer(150).union_all()
    snapshot = imported(tmp_path, claim, crs="EPSG:32717", country="EC")
    [layer] = calibrate(snapshot, found, network="Exempelnät").layers
    assert layer.inside is not None
    assert 0.5 < layer.inside.share < 1
    assert layer.inside.low < layer.inside.share < layer.inside.high
    assert layer.curve

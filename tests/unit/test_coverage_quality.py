"""What the import tells about layers that can be used but should be looked at."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
import shapely.affinity

from coverage_check.cli import run
from coverage_check.coverage.quality import Finding
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.errors import ImportFailed, InvalidInput
from tests.delivery_folder import METRIC, DeliveryFolder, X, Y, square


def by_code(snapshot: Snapshot) -> dict[str, Finding]:
    return {finding.code: finding for finding in snapshot.quality.findings}


def test_sound_and_nested_layers_have_no_findings(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    for level, size in (("basic", 3_000), ("good", 2_000), ("very_good", 1_000)):
        folder.write(f"{level}.gpkg", [square(0, 0, size)])
        folder.layer(level, f"{level}.gpkg", level=level)
    assert not folder.take().quality.findings


def test_levels_that_are_not_nested_are_measured_and_shown(tmp_path: Path) -> None:
    """The good level reaches over the basic one by 500 m x 2,000 m."""
    folder = DeliveryFolder(tmp_path)
    folder.write("basic.gpkg", [square(0, 0, 3_000)])
    folder.write("good.gpkg", [square(100, 100, 50), square(1_500, 0, 2_000)])
    for level in ("basic", "good"):
        folder.layer(level, f"{level}.gpkg", level=level)
    found = by_code(folder.take())["NOT_NESTED"]
    assert found.layers == ("good", "basic")
    assert found.area_m2 == pytest.approx(500 * 2_000)
    assert shapely.covers(square(3_000, 0, 500).union(square(3_000, 500, 1_500)), shapely.Point(found.x or 0, found.y or 0))


def test_levels_of_other_dates_need_not_be_nested(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("basic.gpkg", [square(0, 0, 1_000)])
    folder.write("good.gpkg", [square(5_000, 0, 1_000)])
    folder.layer("basic", "basic.gpkg", level="basic")
    folder.layer("good", "good.gpkg", level="good", published=date(2026, 1, 15))
    assert "NOT_NESTED" not in by_code(folder.take())


def test_parts_that_touch_no_land_are_measured_and_shown(tmp_path: Path) -> None:
    """One part on the island, one that reaches over its shore, two out at sea, the larger of them at 5,000."""
    folder = DeliveryFolder(tmp_path)
    folder.write("coast.geojson", [square(0, 0, 1_000)], crs="EPSG:3006")
    folder.write("cov.gpkg", [square(100, 100, 50), square(900, 0, 300), square(5_000, 0, 200), square(7_000, 0, 100)])
    folder.layer("4g", "cov.gpkg")
    without = folder.take("without")
    found = by_code(folder.take(land="coast.geojson"))["IN_THE_SEA"]
    assert found.area_m2 == 200**2 + 100**2
    assert shapely.covers(square(5_000, 0, 200), shapely.Point(found.x or 0, found.y or 0))
    assert "2 of its 4 parts" in found.sentence
    assert "IN_THE_SEA" not in by_code(without)


def test_land_is_looked_at_and_never_a_claim(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("coast.geojson", [square(0, 0, 1_000)], crs="EPSG:3006")
    folder.write("cov.gpkg", [square(100, 100, 50)])
    folder.layer("4g", "cov.gpkg", survey_area="coast.geojson")
    snapshot = folder.take(land="coast.geojson")
    assert not snapshot.quality.findings
    assert [layer.id for layer in snapshot.layers] == ["4g"]
    assert snapshot.lookup(x=X + 500, y=Y + 500).covered.tolist() == [[False]]
    assert snapshot.lookup(x=X + 5_000, y=Y).surveyed.tolist() == [[False]]


def test_a_missing_coast_is_said(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(100, 100, 50)])
    folder.layer("4g", "cov.gpkg")
    with pytest.raises(ImportFailed, match=r"land: nowhere\.geojson"):
        folder.take(land="nowhere.geojson")


def test_repair_is_measured_for_each_feature(tmp_path: Path) -> None:
    """A bow-tie of two lobes of 5,000 m² each: by its points it has no area, and its lobes cancel out."""
    folder = DeliveryFolder(tmp_path)
    bow_tie = shapely.Polygon([(X, Y), (X + 100, Y + 200), (X + 100, Y), (X, Y + 200)])
    folder.write("cov.gpkg", [square(1_000, 0, 100), bow_tie])
    folder.layer("4g", "cov.gpkg")
    snapshot = folder.take()
    quality = snapshot.quality.layers["4g"]
    assert (quality.features, quality.repaired, quality.repairs) == (2, 1, ((2, 10_000.0),))
    assert quality.area_m2 == 20_000
    assert by_code(snapshot)["REPAIRED"].area_m2 == 10_000


def test_repair_is_measured_in_metres_whatever_the_file_has(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write(
        "cov.gpkg", [shapely.Polygon([(18.9, 59.8), (18.902, 59.802), (18.902, 59.8), (18.9, 59.802)])], crs="EPSG:4326"
    )
    folder.layer("4g", "cov.gpkg")
    ((_, change),) = folder.take().quality.layers["4g"].repairs
    assert change == pytest.approx(0.002**2 / 2 * 111_400 * 56_190, rel=0.01)


def test_overlap_is_measured(tmp_path: Path) -> None:
    """A40."""
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(0, 0, 1_000), square(500, 0, 1_000), square(500, 0, 1_000)])
    folder.layer("4g", "cov.gpkg")
    snapshot = folder.take()
    assert snapshot.quality.layers["4g"].overlap_m2 == 500_000 + 1_000_000
    assert snapshot.quality.layers["4g"].area_m2 == 1_500_000
    assert "OVERLAPPING" in by_code(snapshot)


def test_missing_level_and_threshold_are_told(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(0, 0, 1_000)])
    folder.layer("4g", "cov.gpkg", level=None, threshold_dbm=None)
    assert set(by_code(folder.take())) == {"LEVEL_MISSING", "THRESHOLD_MISSING"}


def test_claim_outside_its_survey_area_is_told(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(0, 0, 1_000)])
    folder.write("survey.gpkg", [square(0, 0, 900)])
    folder.layer("4g", "cov.gpkg", survey_area="survey.gpkg")
    assert by_code(folder.take())["OUTSIDE_SURVEY"].area_m2 == 190_000


def changed(tmp_path: Path, size: float) -> DeliveryFolder:
    """Take a delivery of 1,000 m x 1,000 m, and make the next one of another size."""
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(0, 0, 1_000)])
    folder.layer("4g", "cov.gpkg")
    folder.take("last")
    folder.write("cov.gpkg", [square(0, 0, size)])
    folder.tables[0]["published"] = date(2026, 1, 15)
    return folder


@pytest.mark.parametrize(("size", "share", "change_m2"), [(1_500, "+125%", 1_250_000), (500, "-75%", 750_000)])
def test_area_that_changed_much_stops_the_import_until_it_is_accepted(
    tmp_path: Path, size: float, share: str, change_m2: float
) -> None:
    folder = changed(tmp_path, size)
    with pytest.raises(ImportFailed, match=r"--accept AREA_CHANGED:4g \[AREA_CHANGED\]") as caught:
        folder.take(previous=tmp_path / "last")
    assert share in str(caught.value)
    assert not (tmp_path / "snapshot").exists()
    snapshot = folder.take(previous=tmp_path / "last", accept=["AREA_CHANGED:4g"])
    found = by_code(snapshot)["AREA_CHANGED"]
    assert found.area_m2 == change_m2
    larger, smaller = square(0, 0, max(size, 1_000)), square(0, 0, min(size, 1_000))
    assert shapely.covers(larger.difference(smaller), shapely.Point(found.x or 0, found.y or 0))
    assert not folder.take("same", previous=tmp_path / "snapshot").quality.findings


def test_change_within_the_limit_is_none(tmp_path: Path) -> None:
    """2.0 % and 9.9 % are a network that grows."""
    for number, size in enumerate((1_010, 1_048)):
        assert not changed(tmp_path / str(number), size).take(previous=tmp_path / str(number) / "last").quality.findings


def test_accepting_another_layer_accepts_nothing(tmp_path: Path) -> None:
    folder = changed(tmp_path, 1_500)
    with pytest.raises(ImportFailed):
        folder.take(previous=tmp_path / "last", accept=["AREA_CHANGED:5g", "LAYER_GONE:4g"])


@pytest.mark.parametrize("word", ["4g", "AREA_CHANGED", "AREA_CHANGED:", "OVERLAPPING:4g", ""])
def test_word_that_accepts_nothing_is_an_error(tmp_path: Path, word: str) -> None:
    with pytest.raises(InvalidInput, match="AREA_CHANGED:layer-id"):
        changed(tmp_path, 1_000).take(previous=tmp_path / "last", accept=[word])


def test_claim_that_is_gone_stops_the_import_until_it_is_accepted(tmp_path: Path) -> None:
    folder = changed(tmp_path, 1_000)
    folder.tables[0].update({"id": "5g", "technology": "5G"})
    with pytest.raises(ImportFailed, match=r"--accept LAYER_GONE:4g"):
        folder.take(previous=tmp_path / "last")
    found = by_code(folder.take(previous=tmp_path / "last", accept=["LAYER_GONE:4g"]))
    assert found["LAYER_GONE"].area_m2 == 1_000_000


def test_renamed_layer_is_the_same_claim(tmp_path: Path) -> None:
    folder = changed(tmp_path, 1_000)
    folder.tables[0]["id"] = "lte"
    assert not folder.take(previous=tmp_path / "last").quality.findings


def test_command_says_how_a_change_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = changed(tmp_path, 1_500)
    command = ["import", str(folder.toml()), "-o", str(tmp_path / "next"), "--previous", str(tmp_path / "last")]
    assert run(command) == 4
    said = capsys.readouterr()
    assert "--accept AREA_CHANGED:4g" in said.err
    assert not said.out
    assert run([*command, "--accept", "AREA_CHANGED:4g"]) == 0
    found = by_code(Snapshot.open(tmp_path / "next"))["AREA_CHANGED"]
    assert f"Look at {found.lat:.6f}, {found.lon:.6f}." in capsys.readouterr().out
    assert run(["layers", str(tmp_path / "next"), "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)["quality"]["findings"]
    assert [finding["lat"] for finding in shown if finding["code"] == "AREA_CHANGED"] == [found.lat]


def test_place_of_a_finding_is_told_in_degrees_too(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    bow_tie = shapely.Polygon([(X, Y), (X + 100, Y + 200), (X + 100, Y), (X, Y + 200)])
    folder.write("cov.gpkg", [bow_tie, square(500, 0, 1_000), square(1_000, 0, 1_000)])
    folder.layer("4g", "cov.gpkg")
    found = by_code(folder.take())
    to_metric = pyproj.Transformer.from_crs(4326, METRIC, always_xy=True)
    for code, place in {
        "REPAIRED": shapely.make_valid(bow_tie),
        "OVERLAPPING": shapely.box(X + 1_000, Y, X + 1_500, Y + 1_000),
    }.items():
        finding = found[code]
        assert shapely.covers(place, shapely.Point(finding.x or 0, finding.y or 0))
        assert to_metric.transform(finding.lon, finding.lat) == pytest.approx((finding.x, finding.y), abs=0.1)


def stairs(cell_m: float, turned_deg: float = 0) -> shapely.Geometry:
    """Draw what a random grid of cells makes."""
    chosen = np.argwhere(np.random.default_rng(4).random((30, 30)) < 0.5) * cell_m
    cells = shapely.union_all(shapely.box(*chosen.T, *(chosen + cell_m).T))
    return shapely.affinity.translate(shapely.affinity.rotate(cells, turned_deg), X, Y)


@pytest.mark.parametrize("cell_m", [25, 50, 100, 500])
@pytest.mark.parametrize("turned_deg", [0, 30])
def test_steps_of_the_grid_are_found_and_compared_with_the_declared(
    tmp_path: Path, cell_m: float, turned_deg: float
) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [stairs(cell_m, turned_deg)])
    folder.layer("true", "cov.gpkg", resolution_m=cell_m)
    folder.layer("false", "cov.gpkg", resolution_m=2 * cell_m)
    snapshot = folder.take()
    assert snapshot.quality.layers["true"].step_m == pytest.approx(cell_m, rel=0.01)
    assert [finding.layers for finding in snapshot.quality.findings if finding.code == "STEPS_DIFFER"] == [("false",)]


def test_smooth_edges_are_no_steps(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(0, 0, 1).centroid.buffer(3_000, quad_segs=100)])
    folder.layer("4g", "cov.gpkg")
    assert folder.take().quality.layers["4g"].step_m is None


def test_layer_out_of_date_beside_newer_ones_is_told(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(0, 0, 1_000)])
    folder.layer("old", "cov.gpkg", published=date(2023, 1, 1))
    folder.layer("new", "cov.gpkg", technology="5G")
    (found,) = folder.take().quality.findings
    assert (found.code, found.layers) == ("OUT_OF_DATE", ("old",))


def test_quality_is_kept_in_the_snapshot(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(0, 0, 1_000), square(500, 0, 1_000)])
    folder.layer("4g", "cov.gpkg", level=None)
    made = folder.take()
    assert Snapshot.open(made.path).quality == made.quality
    assert set(made.quality.to_dict()) == {"layers", "findings"}

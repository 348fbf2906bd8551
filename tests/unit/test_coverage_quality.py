"""What the import tells about layers that can be used but should be looked at."""

from datetime import date
from pathlib import Path

import pytest
import shapely

from coverage_check.coverage.quality import Finding
from coverage_check.coverage.snapshot import Snapshot
from tests.delivery_folder import DeliveryFolder, X, Y, square


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


def test_area_is_compared_with_the_last_delivery(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(0, 0, 1_000)])
    folder.layer("4g", "cov.gpkg")
    folder.take("last")
    folder.write("cov.gpkg", [square(0, 0, 1_500)])
    folder.tables[0]["published"] = date(2026, 1, 15)
    found = by_code(folder.take(previous=tmp_path / "last"))["AREA_CHANGED"]
    assert found.area_m2 == 1_250_000
    assert "+125%" in found.sentence
    assert "AREA_CHANGED" not in by_code(folder.take("same", previous=tmp_path / "snapshot"))


def test_quality_is_kept_in_the_snapshot(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.write("cov.gpkg", [square(0, 0, 1_000), square(500, 0, 1_000)])
    folder.layer("4g", "cov.gpkg", level=None)
    made = folder.take()
    assert Snapshot.open(made.path).quality == made.quality
    assert set(made.quality.to_dict()) == {"layers", "findings"}

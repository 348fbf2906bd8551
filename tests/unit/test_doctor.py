"""doctor: what answers rest on is looked at, and a fault is said with its cure."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from coverage_check.config import BUNDLED
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.doctor import Finding, examine
from tests.vato_deliveries import FIRST, SECOND, archive_config, import_deliveries


def findings(config: str | Path = "demo") -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in examine(config):
        found.setdefault(finding.subject, []).append(finding)
    return found


def test_a_sound_installation_has_no_fault_and_names_its_libraries() -> None:
    found = findings()
    assert not [finding for each in found.values() for finding in each if finding.fault]
    assert {"GEOS", "PROJ", "GDAL", "snapshot", "products", "geocoder"} <= set(found)
    assert all(found[name][0].text[0].isdigit() for name in ("GEOS", "PROJ", "GDAL"))


@pytest.mark.parametrize(
    ("library", "broken", "subject"),
    [
        ("pyproj.Transformer.from_crs", OSError, "PROJ"),
        ("shapely.box", RuntimeError, "GEOS"),
        ("pyogrio.list_drivers", RuntimeError, "GDAL"),
    ],
)
def test_a_library_that_fails_is_a_fault_and_the_rest_is_still_looked_at(
    monkeypatch: pytest.MonkeyPatch, library: str, broken: type[Exception], subject: str
) -> None:
    """Such as PROJ without its database after a half-done upgrade; there is no such installation to test on."""

    def fails(*_: object, **__: object) -> None:
        raise broken

    monkeypatch.setattr(library, fails)
    found = findings()
    assert found[subject][0].fault
    assert "install" in found[subject][0].text
    assert "geocoder" in found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(BUNDLED, tmp_path / "vato")
    return tmp_path / "vato"


def at(folder: Path, day: date) -> dict[str, list[Finding]]:
    config = folder / "coverage-check.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("as_of = 2026-02-01", f"as_of = {day}"), encoding="utf-8")
    return findings(config)


def test_the_age_of_the_snapshot_is_told_before_it_is_a_fault(folder: Path) -> None:
    layers = Snapshot.open(folder / "snapshot").layers
    first = min(layer.stale_after for layer in layers if layer.in_force(layer.stale_after))
    soon = at(folder, first - timedelta(days=1))["snapshot"]
    assert any(f"too old after {first}" in finding.text and not finding.fault for finding in soon)


def test_an_old_snapshot_is_a_fault(folder: Path) -> None:
    assert any(finding.fault for finding in at(folder, date(2035, 1, 1))["snapshot"])


def test_a_changed_snapshot_is_a_fault(folder: Path) -> None:
    largest = max((folder / "snapshot").iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    assert findings(folder / "coverage-check.toml")["snapshot"][0].fault


def test_a_snapshot_that_is_not_there_is_one_fault(folder: Path) -> None:
    shutil.rmtree(folder / "snapshot")
    found = findings(folder / "coverage-check.toml")
    assert [subject for subject, each in found.items() if any(finding.fault for finding in each)] == ["snapshot"]
    assert "in the catalogue" in found["products"][0].text


def test_every_delivery_of_an_archive_is_read(tmp_path: Path) -> None:
    """An audit and a replay need the old ones; a damaged one is named, and the others are looked at all the same."""
    import_deliveries(tmp_path / "archive")
    config = archive_config(tmp_path)
    sound = findings(config)["archive"]
    assert not any(finding.fault for finding in sound)
    assert [day in finding.text for day, finding in zip((FIRST, SECOND), sound, strict=False)] == [True, True]
    assert FIRST in sound[-1].text
    largest = max((tmp_path / "archive" / FIRST).iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    found = findings(config)
    assert [(finding.fault, FIRST in finding.text) for finding in found["archive"]] == [(True, True), (False, False)]

"""An archive of snapshots: which one was there on a day, and what a config makes of it."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_check.checker import Checker
from coverage_check.cli import run
from coverage_check.config import BUNDLED, read_config
from coverage_check.coverage.archive import Archive, open_snapshot, published
from coverage_check.errors import DeclarationError, SnapshotInvalid
from tests.vato_deliveries import FIRST, SECOND, archive_config, import_deliveries


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vato")
    import_deliveries(folder / "archive")
    archive_config(folder)
    return folder


@pytest.mark.parametrize(
    ("day", "delivery"),
    [
        ("2025-05-31", None),
        ("2025-06-01", FIRST),
        ("2026-01-14", FIRST),
        ("2026-01-15", SECOND),
        ("2031-01-01", SECOND),
    ],
)
def test_the_last_one_published_by_the_day(folder: Path, day: str, delivery: str | None) -> None:
    snapshot = Archive.open(folder / "archive").on(date.fromisoformat(day))
    assert (snapshot.path.name if snapshot else None) == delivery


@given(day=st.dates(date(2024, 1, 1), date(2028, 1, 1)))
def test_no_snapshot_from_the_future(folder: Path, day: date) -> None:
    archive = Archive.open(folder / "archive")
    snapshot = archive.on(day)
    days = [published(one) for one in archive.snapshots]
    assert (snapshot is None) == (day < min(days))
    assert snapshot is None or published(snapshot) == max(one for one in days if one <= day)


def test_a_config_with_an_archive_checks_with_what_was_published_by_its_day(folder: Path) -> None:
    checker = Checker.from_config(folder / "coverage-check.toml")
    assert checker.snapshot.path.name == SECOND
    bundled = Checker.from_config("demo").check("Harg 12, 760 21 Vätö", product="mbb-4g")
    assert checker.check("Harg 12, 760 21 Vätö", product="mbb-4g").verdict == bundled.verdict == "deliverable"


def test_a_snapshot_beside_an_archive_answers_todays_questions(folder: Path) -> None:
    config = folder / "both.toml"
    text = (folder / "coverage-check.toml").read_text(encoding="utf-8")
    config.write_text(f'snapshot = "archive/{FIRST}"\n{text}', encoding="utf-8")
    settings = read_config(config)
    assert settings.snapshots == folder / "archive"
    assert open_snapshot(settings, date(2030, 1, 1)).path.name == FIRST


def test_neither_is_a_fault(tmp_path: Path) -> None:
    config = tmp_path / "coverage-check.toml"
    config.write_text('products = "products.toml"\n', encoding="utf-8")
    with pytest.raises(DeclarationError, match="snapshot"):
        read_config(config)


def test_an_archive_that_begins_later_answers_nothing(folder: Path) -> None:
    config = folder / "early.toml"
    text = (folder / "coverage-check.toml").read_text(encoding="utf-8")
    config.write_text(text.replace("2026-02-01", "2025-01-01"), encoding="utf-8")
    with pytest.raises(SnapshotInvalid, match="no snapshot published by 2025-01-01"):
        Checker.from_config(config)


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    with pytest.raises(SnapshotInvalid, match="holds no snapshot"):
        Archive.open(tmp_path)


def test_two_of_one_day_are_refused_by_name(tmp_path: Path) -> None:
    for name in ("first", "second"):
        shutil.copytree(BUNDLED / "snapshot", tmp_path / name)
    with pytest.raises(SnapshotInvalid, match=r"first and second in .* both published on 2026-01-15"):
        Archive.open(tmp_path)


def test_a_damaged_one_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "archive", tmp_path / "archive")
    victim = next((tmp_path / "archive" / FIRST).glob("*.npy"))
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(SnapshotInvalid):
        Archive.open(tmp_path / "archive")


def test_doctor_looks_into_the_archive(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--config", str(folder / "coverage-check.toml")]) == 0
    assert "is whole" in capsys.readouterr().out

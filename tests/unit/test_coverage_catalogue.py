"""layers.toml: what it may say, and that everything wrong in it is said at once."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from coverage_check.coverage.catalogue import read_catalogue
from coverage_check.coverage.country import BOXES
from coverage_check.errors import DeclarationError, MissingFile
from coverage_check.technology import Environment, Receiver, Service, SignalLevel, Technology

LEAST = """
format = 1
metric_crs = "EPSG:3006"
[[layer]]
id = "4g"
file = "4g.gpkg"
network = "Exempelnät"
country = "SE"
technology = "4G"
service = "data"
survey_area = "bounds"
published = 2025-10-01
"""

MOST = (
    LEAST.replace('"bounds"', '"survey.geojson"')
    + """
layer = "coverage"
where = {level = "good", band = [700, 800]}
level = "good"
environment = "vehicle"
receiver = "outdoor_antenna"
metric = "RSRP"
threshold_dbm = -105
probability = 0.95
min_download_mbps = 10
resolution_m = 50
valid_from = 2014-05-01
valid_until = 2025-12-09
stale_after = 2026-01-31
publisher = "fictitious"
licence = "CC0-1.0"
crs = "EPSG:3006"
sha256 = "AB34567890123456789012345678901234567890123456789012345678901234"
features = 12
"""
)


def write(folder: Path, text: str) -> Path:
    path = folder / "layers.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_least_that_can_be_declared(tmp_path: Path) -> None:
    catalogue = read_catalogue(write(tmp_path, LEAST))
    (source,) = catalogue.sources
    claim = source.claim
    assert catalogue.metric_crs == "EPSG:3006"
    assert (source.file, source.table, source.survey_file) == (tmp_path / "4g.gpkg", None, None)
    assert (claim.level, claim.survey, claim.probability, claim.resolution_m) == (None, "bounds", 0.90, 100.0)
    assert (claim.environment, claim.receiver) == (Environment.OUTDOOR, Receiver.HANDSET)
    assert claim.stale_after == date(2025, 10, 1) + timedelta(days=400)
    assert (source.crs, source.sha256, source.features, dict(source.where)) == (None, None, None, {})


def test_all_that_can_be_declared(tmp_path: Path) -> None:
    (source,) = read_catalogue(write(tmp_path, MOST)).sources
    claim = source.claim
    assert (source.table, source.survey_file) == ("coverage", tmp_path / "survey.geojson")
    assert dict(source.where) == {"level": ("good",), "band": (700, 800)}
    assert (claim.technology, claim.service, claim.level) == (Technology.G4, Service.DATA, SignalLevel.GOOD)
    assert (claim.environment, claim.receiver) == (Environment.VEHICLE, Receiver.OUTDOOR_ANTENNA)
    assert (claim.metric, claim.threshold_dbm, claim.probability) == ("RSRP", -105.0, 0.95)
    assert (claim.min_download_mbps, claim.resolution_m, claim.survey) == (10.0, 50.0, "area")
    assert (claim.valid_from, claim.valid_until, claim.stale_after) == (
        date(2014, 5, 1),
        date(2025, 12, 9),
        date(2026, 1, 31),
    )
    assert (source.crs, source.features) == ("EPSG:3006", 12)
    assert source.sha256 is not None
    assert source.sha256.islower(), "a hash is compared without case"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('network = "Exempelnät"', 'netwrok = "Exempelnät"', "no key 'netwrok'; did you mean 'network'?"),
        ('file = "4g.gpkg"', "", "lacks 'file'"),
        ('survey_area = "bounds"', "", "lacks 'survey_area'"),
        ("published = 2025-10-01", "", "lacks 'published'"),
        ('technology = "4G"', 'technology = "LTE"', "'technology' can't be 'LTE'"),
        ('service = "data"', 'service = "dta"', "did you mean 'data'"),
        ('country = "SE"', 'country = "SWE"', "'country' can't be 'SWE'"),
        ('id = "4g"', 'id = "../4g"', "'id' must be"),
        ("format = 1", "format = 2", "'format' must be 1"),
        ('"EPSG:3006"', '"EPSG:4326"', "'metric_crs' must be a projected CRS in metres"),
        ('"EPSG:3006"', '"EPSG:2222"', "'metric_crs' must be a projected CRS in metres"),  # Arizona, in feet
        ('"EPSG:3006"', '"SWEREF"', "'metric_crs' is no CRS that PROJ knows"),
        ("[[layer]]", "[[layre]]", "no key 'layre'; did you mean 'layer'?"),
    ],
)
def test_fault_in_the_least(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        read_catalogue(write(tmp_path, LEAST.replace(old, new)))
    assert any(told in fault for fault in caught.value.faults), caught.value.faults


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("threshold_dbm = -105", "threshold_dbm = 105", "'threshold_dbm' is 105"),
        ("probability = 0.95", "probability = 95", "'probability' is 95"),
        ("resolution_m = 50", 'resolution_m = "50"', "'resolution_m' must be a number"),
        ("valid_until = 2025-12-09", "valid_until = 2010-01-01", "'valid_until' lies before 'valid_from'"),
        ("stale_after = 2026-01-31", "stale_after = 2020-01-31", "'stale_after' lies before 'published'"),
        ('crs = "EPSG:3006"\nsha', 'crs = "EPSG:999999"\nsha', "'crs' is no CRS"),
        ('sha256 = "AB', 'sha256 = "', "'sha256' must be 64"),
        ("features = 12", "features = -1", "'features' must be a whole number"),
        ("band = [700, 800]", "band = []", "'where' must give column 'band'"),
    ],
)
def test_fault_in_the_most(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in MOST
    with pytest.raises(DeclarationError) as caught:
        read_catalogue(write(tmp_path, MOST.replace(old, new)))
    assert any(told in fault for fault in caught.value.faults), caught.value.faults


def test_all_faults_at_once_with_their_lines(tmp_path: Path) -> None:
    text = LEAST.replace("4G", "6G").replace('"SE"', '"XX"') + LEAST[LEAST.index("[[layer]]") :]
    with pytest.raises(DeclarationError) as caught:
        read_catalogue(write(tmp_path, text))
    lines = sorted(int(fault.split(":")[1]) for fault in caught.value.faults)
    assert lines == [8, 9, 14], "country, technology, and the second layer with the first one's id"


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        read_catalogue(tmp_path / "layers.toml")


@pytest.mark.parametrize(
    ("country", "lon", "lat"),
    [
        ("SE", 18.95, 59.82),
        ("EC", -79.0, -2.9),
        ("LI", 9.52, 47.14),
        ("DE", 8.8, 53.1),
        ("FJ", 178.4, -18.1),
        ("FJ", -179.9, -18.0),
        ("US", -157.9, 21.3),
        ("NZ", 174.8, -41.3),
        ("NO", 15.6, 78.2),
    ],
)
def test_places_lie_in_their_country_and_not_with_exchanged_axes(country: str, lon: float, lat: float) -> None:
    import numpy as np

    box = BOXES[country]
    assert box.holds(lon=np.array([lon]), lat=np.array([lat])).all()
    assert not box.holds(lon=np.array([lat, np.inf]), lat=np.array([lon, lat])).any()

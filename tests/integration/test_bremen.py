"""Real regulators' cells: the BNetzA's monitoring of Land Bremen, and claims of the FCC's data collection."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
import shapely

from coverage_check.coverage.snapshot import Snapshot, import_layers
from tests.shared import shared

METRIC = "EPSG:25832"

LAYERS = {"2g": ("2G", "gsm_out"), "4g": ("4G", "lte"), "5g": ("5G", "nr_gesamt")}

LAYER = """
[[layer]]
id = "{id}"
file = "{file}"
profile = "bnetza-grid"
network = "fictitious"
country = "DE"
technology = "{technology}"
service = "data"
survey_area = "cells"
published = 2024-01-31
"""


@pytest.fixture(scope="module")
def file() -> Path:
    (found,) = shared("data/coverage/de_bremen_bnetza").glob("*.csv")
    return found


@pytest.fixture(scope="module")
def snapshot(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    work = tmp_path_factory.mktemp("bremen")
    text = f'format = 1\nmetric_crs = "{METRIC}"\n'
    text += "".join(LAYER.format(id=name, file=file, technology=technology) for name, (technology, _) in LAYERS.items())
    (work / "layers.toml").write_text(text, encoding="utf-8")
    return import_layers(work / "layers.toml", work / "snapshot")


def cells_of(file: Path, column: str) -> dict[tuple[int, int], int]:
    """Read the file without any code of ours: for each cell, in hundreds of metres, its count of operators."""
    with file.open(encoding="utf-8", newline="") as table:
        named = [(re.findall(r"\d+", row["id"]), int(row[column])) for row in csv.DictReader(table)]
    return {(int(east), int(north)): count for (_, north, east), count in named}


@pytest.mark.parametrize("layer", LAYERS)
def test_every_cell_answers_all_over_itself(snapshot: Snapshot, file: Path, layer: str) -> None:
    """3 covers, 1 and 2 say nothing, 0 denies: in the middle of each cell and a centimetre from its four corners."""
    cells = cells_of(file, LAYERS[layer][1])
    corner = np.array(list(cells)) * 100.0
    count = np.array(list(cells.values()))
    column = [claim.id for claim in snapshot.layers].index(layer)
    for within in [(50, 50), (0.01, 0.01), (99.99, 0.01), (0.01, 99.99), (99.99, 99.99)]:
        x, y = (corner + within).T
        found = snapshot.lookup(x=x, y=y)
        assert (found.covered[:, column] == (count == 3)).all()
        assert (found.surveyed[:, column] == ((count == 3) | (count == 0))).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_the_claim_is_the_union_of_its_cells(snapshot: Snapshot, file: Path, layer: str) -> None:
    corner = np.array([cell for cell, count in cells_of(file, LAYERS[layer][1]).items() if count == 3]) * 100.0
    truth = shapely.union_all(shapely.box(*corner.T, *(corner + 100).T))
    polygons = snapshot.polygons(layer)
    assert shapely.is_valid(polygons).all()
    assert shapely.equals(shapely.union_all(polygons), truth)
    claim = next(claim for claim in snapshot.layers if claim.id == layer)
    assert claim.features == len(corner)
    assert claim.area_km2 == pytest.approx(len(corner) / 100)


def test_outside_the_state_is_no_data(snapshot: Snapshot, file: Path) -> None:
    """Absence from the file is not absence of coverage."""
    cells = cells_of(file, "lte")
    spread = np.random.default_rng(4).uniform((4_600, 58_600), (5_100, 59_500), (20_000, 2))
    unknown = np.array([tuple(cell) not in cells for cell in np.floor(spread).astype(int).tolist()])
    assert unknown.sum() > 10_000
    x, y = spread[unknown].T * 100
    found = snapshot.lookup(x=x, y=y)
    assert not found.surveyed.any()
    assert not found.covered.any()


# H3 cells of the FCC's data collection ---------------------------------------------------------------------------------

FCC = """
[[layer]]
id = "{threshold_dbm}"
file = "{file}"
columns = {{h3 = "h3_res9_id", value = "claimed_minsignal_dbm"}}
threshold_dbm = {threshold_dbm}
network = "fictitious"
country = "US"
technology = "4G"
service = "data"
survey_area = "cells"
published = 2024-01-31
"""


def test_claimed_hexagons_by_threshold(tmp_path: Path) -> None:
    """Fourteen cells that claim -80 to -50 dBm: each answers all over itself, whatever the layer's threshold."""
    h3 = pytest.importorskip("h3")
    file = shared("data/coverage/us_fcc_bdc_h3/verizon_claim_violations_first14.csv")
    thresholds = [-80, -70, -55]
    text = 'format = 1\nmetric_crs = "EPSG:32617"\n'
    text += "".join(FCC.format(file=file, threshold_dbm=threshold) for threshold in thresholds)
    (tmp_path / "layers.toml").write_text(text.replace('id = "-', 'id = "t'), encoding="utf-8")
    with file.open(encoding="utf-8", newline="") as table:
        claims = [(row["h3_res9_id"], float(row["claimed_minsignal_dbm"])) for row in csv.DictReader(table)]
    snapshot = import_layers(tmp_path / "layers.toml", tmp_path / "snapshot")
    for cell, signal in claims:
        lat, lon = h3.cell_to_latlng(cell)
        corners = np.array(h3.cell_to_boundary(cell))
        within = (corners - (lat, lon)) * 0.999 + (lat, lon)
        found = snapshot.lookup(lat=[lat, *within[:, 0]], lon=[lon, *within[:, 1]])
        assert found.surveyed.all()
        assert (found.covered == [signal >= threshold for threshold in thresholds]).all()
    assert [layer.features for layer in snapshot.layers] == [
        sum(signal >= threshold for _, signal in claims) for threshold in thresholds
    ]

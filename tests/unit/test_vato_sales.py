"""The made year of sales: the script's own bytes, and the story in it."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
VATO = ROOT / "data" / "vato"


def test_the_committed_file_is_what_the_script_writes(tmp_path: Path) -> None:
    shutil.copy(VATO / "addresses.csv", tmp_path)
    shutil.copytree(VATO / "layers", tmp_path / "layers")
    subprocess.run([sys.executable, ROOT / "data" / "make_sales.py", tmp_path], check=True)
    assert (tmp_path / "sales.csv").read_bytes() == (VATO / "sales.csv").read_bytes()


def test_the_story_is_in_it() -> None:
    with (VATO / "sales.csv").open(encoding="utf-8", newline="") as file:
        sales = list(csv.DictReader(file, delimiter=";"))
    story = [sale for sale in sales if sale["Adress"] == "Harg 12" and sale["Säljdatum"] == "2025-11-01"]
    assert [(sale["Kanal"], sale["Produkt"]) for sale in story] == [("telefon", "mbb-4g")]
    assert len({sale["Ordernr"] for sale in sales}) == len(sales) > 400
    assert {sale["Kanal"] for sale in sales} == {"butik", "dörr", "telefon", "webb"}
    assert len({sale["Kommun"] for sale in sales}) > 1

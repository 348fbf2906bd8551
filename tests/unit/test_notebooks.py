"""The notebooks run from top to bottom, without the network, and their maps need none."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
_MISSING = "the extra 'notebook' is not installed"


@pytest.mark.network
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not os.environ.get("COVERAGE_CHECK_REQUIRE_ALL"):
        pytest.importorskip("nbclient", reason=_MISSING)
        pytest.importorskip("ipykernel", reason=_MISSING)
    from nbclient import NotebookClient

    nbformat: Any = import_module("nbformat")  # some of its versions are typed, some aren't

    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    figures = [data for data in outputs if "<Figure" in data.get("text/plain", "")]
    assert all("image/png" in data for data in figures), "a plot is shown as a line of text"
    shown = [text for data in outputs if (text := data.get("text/html"))]
    maps = [text for text in shown if 'aria-label="map' in "".join(text)]
    assert maps
    assert not any("src=" in text or "href=" in text for text in maps)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_without_output(path: Path) -> None:
    import json

    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert all(not cell["outputs"] for cell in cells if cell["cell_type"] == "code")


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 2

"""The whole OpenAPI under schemathesis, every check: what is described is accepted, what is not is refused."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.served import serving

pytest.importorskip("fastapi", reason="the extra web is not installed")
pytest.importorskip("schemathesis", reason="schemathesis is not installed")
pytestmark = pytest.mark.network

SEED = "20251101"
"""The same requests in every run: a rare finding would else stop somebody's work who touched nothing here."""


@pytest.mark.parametrize("ledger", [True, False], ids=["with a ledger", "without"])
def test_no_answer_breaks_the_description(tmp_path: Path, *, ledger: bool) -> None:
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or "schemathesis"
    arguments = ["--ledger", str(tmp_path / "ledger.db")] if ledger else []
    with serving(tmp_path, *arguments) as service:
        command = [program, "run", f"{service.url}/openapi.json", "--checks", "all", "--no-color"]
        command += ["--max-examples", "25", "--seed", SEED, "--continue-on-failure"]
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout[-5000:]
        assert '"level": "error"' not in service.log.read_text()


def test_products_that_are_not_sold_are_not_described(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        described = service.get("/openapi.json").json()
        sold = [product["code"] for product in service.get("/v1/products").json()["products"]]
    for question in described["components"]["schemas"]["CheckBody"]["oneOf"]:
        assert question["properties"]["product"]["enum"] == sold
        assert "sale" not in question["properties"]  # nothing is recorded here

"""The whole OpenAPI under schemathesis: no 5xx, and every answer as it is described."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.served import serving

pytest.importorskip("fastapi", reason="the extra web is not installed")
pytest.importorskip("schemathesis", reason="schemathesis is not installed")
pytestmark = pytest.mark.network

CHECKS = (
    "not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance,"
    "unsupported_method,allow_header_conformance"
)


def test_no_answer_breaks_the_description(tmp_path: Path) -> None:
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or "schemathesis"
    with serving(tmp_path, "--ledger", str(tmp_path / "ledger.db")) as service:
        command = [program, "run", f"{service.url}/openapi.json", "--max-examples", "30", "--no-color"]
        command += ["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout[-5000:]
        assert '"level": "error"' not in service.log.read_text()

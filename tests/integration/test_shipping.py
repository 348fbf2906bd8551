"""The files that the service is shipped with: read by the tools that read them in earnest, and true to the command."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coverage_check.cli.serve_command import serve

DEPLOY = Path(__file__).parents[2] / "deploy"
UNIT, IMAGE = DEPLOY / "coverage-check.service", DEPLOY / "Containerfile"
OPTIONS = {option for parameter in serve.params for option in parameter.opts}
VARIABLES = {str(parameter.envvar) for parameter in serve.params if getattr(parameter, "envvar", None)}


def program(name: str) -> str:
    """Find a program, or skip the test where there is none; where everything is required, it fails instead."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        assert not os.environ.get("COVERAGE_CHECK_REQUIRE_ALL"), f"{name} is not installed"
        pytest.skip(f"needs {name}")
    return found


def instructions() -> list[tuple[str, str]]:
    """Give the container file's instructions, each on one line."""
    text = re.sub(r"^#.*\n", "", IMAGE.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def test_the_container_file_has_no_fault_that_hadolint_knows() -> None:
    done = subprocess.run([program("hadolint"), "--no-color", str(IMAGE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_container_runs_without_root_and_says_how_it_is() -> None:
    last = [name for name, _ in instructions()][::-1].index("FROM")
    final = dict(instructions()[-last:])
    assert int(final["USER"]) > 0
    assert "/readyz" in final["HEALTHCHECK"]
    assert final["VOLUME"] == "/ledger"


@pytest.mark.parametrize("file", [UNIT, IMAGE], ids=lambda file: file.name)
def test_what_is_set_and_called_exists(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r"\bCOVERAGE_CHECK_[A-Z]+", text)) <= VARIABLES | {"COVERAGE_CHECK_LOG"}
    called = re.search(r"coverage-check\"?,? \"?serve.*", text)
    assert called
    assert set(re.findall(r"--[a-z-]+", called[0])) <= OPTIONS | {"--config"}


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    """The program itself lies elsewhere here, so the unit names another one that is there."""
    installed = "/opt/coverage-check/bin/coverage-check"
    text = UNIT.read_text(encoding="utf-8")
    assert text.count(installed) == 1
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(installed, sys.executable), encoding="utf-8")
    command = [program("systemd-analyze"), "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if UNIT.name in line]
    assert ours == []
    assert done.returncode == 0


@pytest.mark.parametrize("line", ["Environment", "ExecStart=", "ProtectSystem=perhaps"])
def test_systemd_would_say_if_it_were_not(tmp_path: Path, line: str) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("[Service]\n", f"[Service]\n{line}\n", 1), encoding="utf-8")
    done = subprocess.run([program("systemd-analyze"), "verify", str(unit)], capture_output=True, text=True, check=False)
    assert UNIT.name in done.stdout + done.stderr

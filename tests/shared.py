"""Real data and hostile files that are not part of the project."""

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent


def shared(path: str) -> Path:
    """Give the file at `path` below the shared folder, or skip the test where it is absent.

    The folder is the one that COVERAGE_CHECK_SHARED names, else `shared` beside the repository.
    """
    found = Path(os.environ.get("COVERAGE_CHECK_SHARED") or _ROOT.parent / "shared") / path
    if not found.exists():
        pytest.skip(f"needs shared/{path}: set COVERAGE_CHECK_SHARED to the folder that has it")
    return found

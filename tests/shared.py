"""Where the real test data are, which are never committed: COVERAGE_CHECK_SHARED, or `shared` beside the repository."""

import os
from pathlib import Path

import pytest


def shared(*parts: str) -> Path:
    """Give the path of a shared file, or skip the test and say why."""
    default = Path(__file__).parents[2] / "shared"
    path = Path(os.environ.get("COVERAGE_CHECK_SHARED", default)).joinpath(*parts)
    if not path.exists():
        assert os.environ.get("COVERAGE_CHECK_REQUIRE_ALL") != "1", f"the shared file {path.name} is absent"
        pytest.skip(f"the shared file {path.name} is absent: set COVERAGE_CHECK_SHARED")
    return path

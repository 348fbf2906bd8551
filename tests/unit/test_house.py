"""The shape of the project itself."""

import configparser
import tomllib
from pathlib import Path

import coverage_check

ROOT = Path(__file__).parents[2]


def test_setup_cfg_holds_only_the_import_contracts() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert config.sections()
    assert all(section.startswith("importlinter") for section in config.sections())


def test_every_public_name_is_there_and_documented() -> None:
    for name in coverage_check.__all__:
        if not name.startswith("__"):
            assert getattr(coverage_check, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(coverage_check, "no_such_name")


def test_no_room_without_a_name() -> None:
    names = {path.stem for path in (ROOT / "coverage_check").rglob("*.py")}
    assert not names & {"util", "utils", "helper", "helpers", "common", "misc", "models"}


def test_extras_that_the_code_names_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {"h3", "parquet", "raster", "notebook", "test"} <= set(extras)

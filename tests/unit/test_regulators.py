"""Levels per regulator: one table, read by products and profiles, and shown in docs/formats.md."""

import re
from pathlib import Path

import pytest

from coverage_check.coverage.sources.profiles import PROFILES
from coverage_check.errors import DeclarationError
from coverage_check.products import read_products
from coverage_check.regulators import SCHEMES, RegulatorLevel, classes, rows
from coverage_check.technology import SignalLevel

FORMATS = (Path(__file__).parents[2] / "docs/formats.md").read_text(encoding="utf-8")


def written(folder: Path, scheme: str, word: str) -> Path:
    path = folder / "products.toml"
    named = f'[[product]]\ncode = "a"\nname = "A"\nnetwork = "N"\nlevels = "{scheme}"\n'
    path.write_text(named + f'any_of = [{{technology = "4G", min_level = {word}}}]\n', encoding="utf-8")
    return path


# What each regulator says of a level, as a person reads it; the sources stand in the module.
@pytest.mark.parametrize(
    ("scheme", "word", "level"),
    [
        ("sweden", '"bastäckning"', "basic"),
        ("sweden", '"god täckning"', "good"),
        ("sweden", '"Mycket god täckning"', "very_good"),
        ("norway", '"basis"', "basic"),
        ("norway", '"god"', "good"),
        ("norway", '"meget god"', "very_good"),
        ("ofcom", "2", "basic"),
        ("ofcom", "3", "good"),
        ("ofcom", '"level 4"', "very_good"),
        ("arcep", '"CL"', "basic"),
        ("arcep", '"BC"', "good"),
        ("arcep", '"TBC"', "very_good"),
        ("fcc", '"outdoor stationary"', "basic"),
        ("fcc", '"in-vehicle"', "good"),
        ("bnetza", '"3 operators"', "basic"),
        ("arcep", '"good"', "good"),
    ],
)
def test_a_product_may_be_written_in_a_regulators_words(tmp_path: Path, scheme: str, word: str, level: str) -> None:
    assert read_products(written(tmp_path, scheme, word))["a"].any_of[0].min_level == SignalLevel(level)


@pytest.mark.parametrize(
    ("scheme", "word", "says"),
    [
        ("ofcom", "1", "promises nothing"),
        ("ofcom", "0", "promises nothing"),
        ("bnetza", "2", "it is not said which"),
        ("arcep", '"TBX"', "did you mean 'TBC'"),
        ("sweden", '"god tackning"', "did you mean 'god täckning'"),
        ("arcpe", '"TBC"', "did you mean 'arcep'"),
        ("zzz", '"TBC"', "use one of sweden"),
    ],
)
def test_a_level_that_promises_nothing_or_is_none_is_a_fault(tmp_path: Path, scheme: str, word: str, says: str) -> None:
    with pytest.raises(DeclarationError, match=says):
        read_products(written(tmp_path, scheme, word))


@pytest.mark.parametrize("row", [row for _, row in rows()], ids=[f"{scheme} {row.word}" for scheme, row in rows()])
def test_every_row_says_what_it_promises_and_means_one_thing(row: RegulatorLevel) -> None:
    assert row.promises
    assert row.means in {"", "none", "variable", "covered", *SignalLevel}
    assert (row.level is None) == (row.means in {"", "none", "variable"})


def test_levels_grow_with_the_table() -> None:
    for scheme in SCHEMES.values():
        ranks = [row.level.rank for row in scheme.levels if row.level]
        assert ranks == sorted(ranks)
        assert scheme.source


def test_the_documentation_shows_every_row() -> None:
    for scheme, row in rows():
        cells = [scheme, row.word, str(row.value), row.means or "–", row.promises]
        assert re.search(r"\| *" + r" *\| *".join(re.escape(cell) for cell in cells) + r" *\|", FORMATS), (scheme, row.word)


def test_profiles_take_the_meaning_of_values_from_the_table() -> None:
    assert PROFILES["ofcom-grid"].columns["classes"] == classes("ofcom")
    assert PROFILES["arcep"].columns["classes"] == {"basic": ["CL"], "good": ["BC"], "very_good": ["TBC"]}
    assert PROFILES["bnetza-grid"].columns["classes"] == {"none": [0], "covered": [3]}

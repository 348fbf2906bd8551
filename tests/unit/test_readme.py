"""The README's examples run, and print what it says they print."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from coverage_check.cli import run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLES = re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
PYTHONS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
_ID = re.compile(r"\b[0-9a-f]{12}\b")


def commands() -> list[tuple[str, str]]:
    """List each `$ coverage-check …` of the README with what it is said to print."""
    parts = [part for block in CONSOLES for part in re.split(r"^\$ ", block, flags=re.MULTILINE) if part.strip()]
    return [(line, said) for line, _, said in (part.partition("\n") for part in parts) if line.startswith("coverage-check")]


@pytest.mark.parametrize(("command", "said"), commands(), ids=[command for command, _ in commands()])
def test_a_command_prints_what_the_readme_says(
    command: str, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    command = command.replace("$OUT", str(tmp_path))
    words = shlex.split(command.partition(" > ")[0])
    run(words[1:])
    out, err = capsys.readouterr()
    expected = _ID.sub("…", said).split("…\n[and so on]")[0].strip()
    found = _ID.sub("…", out + err).replace(str(tmp_path), "$OUT")
    assert expected in found


@pytest.mark.parametrize("block", PYTHONS, ids=range(len(PYTHONS)))
def test_python_examples_run(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    examples = doctest.DocTestParser().get_doctest(block, {}, "README", "README.md", 0)
    assert examples.examples
    results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(examples)
    assert results.failed == 0


def test_there_are_examples() -> None:
    assert len(commands()) >= 2
    assert PYTHONS

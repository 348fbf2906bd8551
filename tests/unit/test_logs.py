"""No address in any message, log, error, file name or file, but where it is the answer; logs are JSON lines by choice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coverage_check.cli import run
from coverage_check.config import BUNDLED

CANARY = "Kanariegatan 7, 123 45 Kanarieby"
PIECES = ("kanarie", "123 45", "12345")
TABLES = {
    "found nowhere": f'order_id,address,product\n1,"{CANARY}",mbb-4g\n',
    "no header": f'"{CANARY}",mbb-4g\n"{CANARY}",mbb-4g\n',
    "no header, no digits": '"Kanarieby Kanariegatan",mbb-4g\n',
    "in the wrong column": f'address,product,date,place_of_use\nx,"{CANARY}","{CANARY}","{CANARY}"\n',
    "in the date": f'address,product,date\nx,mbb-4g,"{CANARY}"\n',
    "in the position": f'lat,lon,product\n"{CANARY}","{CANARY}",mbb-4g\n',
    "in a position's place": f'address,product\n"WRXC+22 {CANARY}",mbb-4g\n',
    "ragged": f'address,product\n"{CANARY}",mbb-4g,"{CANARY}"\n',
    "broken": f'address,product\n"{CANARY}"x,mbb-4g\n',
    "not closed": f'address,product\n"{CANARY},mbb-4g\n',
    "too long": f'address,product\n"{CANARY * 400}",mbb-4g\n',
    "undecodable": f'address,product\n"{CANARY}\x81",mbb-4g\n',
}
CONFIGS = {
    "register": 'kind = "register"\npath = "register.sqlite"\ncache = "cache/answers.sqlite"\ncache_batches = true\n',
    "server": 'kind = "nominatim"\nurl = "http://127.0.0.1:9"\ndeadline_s = 1\ncache = "cache/answers.sqlite"\n',
}


def leaks(text: str) -> list[str]:
    return [piece for piece in PIECES if piece in text.lower()]


@pytest.fixture(params=CONFIGS)
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a config with a cache, in a folder of its own."""
    folder = tmp_path / "config"
    (folder / "cache").mkdir(parents=True)
    for name in ("snapshot", "products.toml", "register.sqlite"):
        (folder / name).symlink_to(BUNDLED.resolve() / name)
    path = folder / "coverage-check.toml"
    path.write_text(
        f'snapshot = "snapshot/"\nproducts = "products.toml"\n[geocoder]\n{CONFIGS[request.param]}', encoding="utf-8"
    )
    return path


def run_in(folder: Path, arguments: list[str], log: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a process of its own, with a home and a temporary folder that can be searched."""
    (folder / "home").mkdir(exist_ok=True)
    own = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "home"), "COVERAGE_CHECK_LOG": log}
    command = [sys.executable, "-m", "coverage_check", *arguments]
    return subprocess.run(command, env=os.environ | own, cwd=folder, capture_output=True, check=False, timeout=120)


def assert_silent(folder: Path, done: subprocess.CompletedProcess[bytes], answers: set[str]) -> None:
    assert not leaks(done.stderr.decode())
    assert b"Traceback" not in done.stderr
    for path in folder.rglob("*"):
        assert not leaks(path.name)
        if path.is_file() and not path.is_symlink() and path.name not in answers:
            assert not leaks(path.read_bytes().decode("utf-8", "replace")), path


@pytest.mark.parametrize("log", ["text", "json"])
def test_no_order_s_address_is_written_anywhere_but_in_the_answer(config: Path, tmp_path: Path, log: str) -> None:
    for name, content in TABLES.items():
        source = tmp_path / "orders.csv"
        source.write_bytes(content.encode("latin-1"))
        for extra in ([], ["--dry-run"]) if log == "text" else ([],):
            arguments = ["orders", "orders.csv", "-o", "out.csv", "--config", str(config), *extra]
            done = run_in(tmp_path, arguments, log)
            assert done.returncode in {0, 1, 3, 4, 5}, name
            assert_silent(tmp_path, done, {"orders.csv", "out.csv"})


@pytest.mark.parametrize("command", ["orders", "audit"])
def test_a_report_without_personal_data_has_no_address_whatever_the_table_is(tmp_path: Path, command: str) -> None:
    """Not even one that stands where the product should, and would be the name of a group."""
    more = ["--figures", "f.json", "--on", "2025-11-01"] if command == "audit" else []
    made = 0
    for name, content in TABLES.items():
        (tmp_path / "orders.csv").write_bytes(content.encode("latin-1"))
        arguments = [command, "orders.csv", "-o", "out.csv", "--report", "r.html", "--hide-personal", *more]
        done = run_in(tmp_path, [*arguments, "--config", "demo"], "text")
        assert done.returncode in {0, 1, 3, 4}, name
        assert not leaks(done.stdout.decode())
        assert_silent(tmp_path, done, {"orders.csv", "out.csv"})
        made += (tmp_path / "r.html").exists()
    assert made


@pytest.mark.parametrize("log", ["text", "json"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", CANARY, "--product", "mbb-4g"],
        ["check", CANARY, "--product", "no-such"],
        ["check", *CANARY.split(), "--product", "mbb-4g"],
        ["check", CANARY * 400, "--product", "mbb-4g"],
        ["check", CANARY, "--product", "mbb-4g", "--lat", "59", "--lon", "18"],
        ["geocode", CANARY],
    ],
)
def test_no_asked_address_is_written_anywhere(config: Path, tmp_path: Path, arguments: list[str], log: str) -> None:
    assert_silent(tmp_path, run_in(tmp_path, [*arguments, "--config", str(config)], log), set())


def events(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_messages_are_json_lines_by_option_or_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "orders.csv"
    source.write_text("address\nIngenstans 99\n", encoding="utf-8")
    orders = ["orders", str(source), "--product", "mbb-4g", "--on", "2026-02-01", "--config", "demo"]
    for arguments in (["--log-format", "json", *orders], [*orders, "--log-format", "json"]):
        assert run(arguments) == 3
        [event] = events(capsys.readouterr().err)
        assert {"time", "level", "logger", "event"} <= set(event)
        assert (event["event"], event["rows"], event["undetermined"]) == ("orders checked", 1, 1)
    assert run(orders) == 3
    assert capsys.readouterr().err.startswith("1 row:")
    monkeypatch.setenv("COVERAGE_CHECK_LOG", "json")
    for arguments, code in ((["orders", "none.csv", "--config", "demo"], "FILE_MISSING"), (["orders"], "USAGE")):
        run(arguments)
        [event] = events(capsys.readouterr().err)
        assert (event["level"], event["code"]) == ("error", code)


@pytest.mark.parametrize("kind", [RuntimeError, MemoryError, KeyError])
def test_a_fault_of_ours_is_no_verdict_and_shows_no_address(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An uncaught exception would end with 1, which says that something can't be delivered."""

    def fails(*_: object, **__: object) -> None:
        raise kind(CANARY)

    monkeypatch.setattr("coverage_check.checker.Checker.check", fails)
    assert run(["check", CANARY, "--product", "mbb-4g", "--config", "demo"]) == 4
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("INTERNAL_ERROR: ")
    assert kind.__name__ in line
    assert not leaks(line)

"""The command line's contract: streams, exit codes, one sentence a fault."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from coverage_check.cli import commands, run
from coverage_check.config import BUNDLED
from coverage_check.decision import Decision

HARG = "Harg 12, 760 21 Vätö"
SALE = ["--product", "mbb-4g", "--on", "2025-11-01", "--config", "demo"]


def all_commands(group: click.Group = commands, prefix: str = "") -> list[tuple[str, click.Command]]:
    """List every command with its full name."""
    found = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += all_commands(command, f"{prefix}{name} ")
        else:
            found.append((prefix + name, command))
    return found


@pytest.mark.parametrize(("name", "command"), all_commands())
def test_every_command_has_help_and_stands_in_the_readme(name: str, command: click.Command) -> None:
    assert command.help
    readme = Path(__file__).parents[2] / "README.md"
    assert f"coverage-check {name}" in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", HARG, *SALE], 1),
        (["check", HARG, "--product", "mbb-4g", "--config", "demo"], 0),
        (["check", "Kyrkvägen 3", *SALE], 3),
        (["check", "Stora Brogatan 5, 761 30 Norrtälje", *SALE], 3),
        (["check", "--lat", "59.82", "--lon", "18.95", *SALE], 1),
        (["check", HARG, *SALE, "--exit-zero"], 0),
        (["check", HARG, *SALE, "--fail-on", "undetermined"], 0),
        (["check", HARG, *SALE, "--fail-on", "banana"], 2),
        (["check", "", *SALE], 2),
        (["check", "x" * 10_000, *SALE], 2),
        (["check", "--lat", "nan", "--lon", "18.95", *SALE], 2),
        (["check", "--lat", "18.95", "--lon", "59.82", *SALE], 3),
        (["check", "--lat", "59.82", *SALE], 2),
        (["check", HARG, "--lat", "59", "--lon", "18", *SALE], 2),
        (["check", HARG, "--product", "mbb4g", "--config", "demo"], 2),
        (["check", HARG, "--product", "mbb-4g", "--on", "1 nov", "--config", "demo"], 2),
        (["check", HARG, "--product", "mbb-4g", "--on", "1990-01-01", "--config", "demo"], 1),
        (["check", HARG, "--product", "mbb-4g", "--config", "none.toml"], 4),
        (["check", HARG], 2),
        (["check", "-2.9, -79.0", *SALE], 3),
        (["check", *HARG.split(), *SALE], 2),
        (["geocode", *HARG.split(), "--config", "demo"], 2),
        (["layers", "no-such-folder"], 4),
        (["geocode", HARG, "--config", "demo"], 0),
        (["geocode", "Ingenstans 99, 999 99 Ingen", "--config", "demo"], 0),
        (["doctor", "--config", "demo"], 0),
        (["doctor", "--config", "none.toml"], 4),
        (["demo"], 0),
        (["banana"], 2),
        (["import", "none.toml", "-o", "out"], 4),
        (["register", "build", "none.csv", "-o", "out.sqlite"], 4),
        (["orders", "none.csv", "--config", "demo"], 4),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == code
    out, err = capsys.readouterr()
    if code in {2, 4}:
        assert out == "" or arguments[0] == "doctor"
        assert "Traceback" not in err
    else:
        assert err == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", HARG, "--product", "mbb4g", "--config", "demo"], "UNKNOWN_PRODUCT: "),
        (["check", HARG, "--product", "mbb4g", "--config", "demo"], "'mbb-4g'"),
        (["check", HARG, "--product", "mbb-4g"], "--config demo"),
        (["check", HARG, "--product", "mbb-4g"], "--config FILE"),
        (["check", "--lat", "nan", "--lon", "1", *SALE], "INVALID_INPUT: "),
    ],
)
def test_a_fault_is_one_sentence_with_a_code_and_no_address(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(arguments)
    err = capsys.readouterr().err
    assert says in err
    assert "Harg" not in err
    assert len(err.splitlines()) == 1


def test_json_is_one_decision(capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", HARG, *SALE, "--format", "json"])
    decision = Decision.from_dict(json.loads(capsys.readouterr().out))
    assert (decision.as_of.isoformat(), decision.address.given) == ("2025-11-01", HARG)


def test_a_config_with_a_typo_names_the_nearest_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "coverage-check.toml"
    config.write_text('snapshoot = "s/"\nproducts = "p.toml"\n', encoding="utf-8")
    assert run(["check", HARG, "--product", "x", "--config", str(config)]) == 4
    assert "did you mean 'snapshot'" in capsys.readouterr().err


def test_a_snapshot_with_a_changed_byte_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "vato"
    shutil.copytree(BUNDLED, folder)
    files = sorted(path for path in (folder / "snapshot").rglob("*") if path.is_file() and path.stat().st_size)
    assert files
    for path in files:
        original = path.read_bytes()
        middle = len(original) // 2
        path.write_bytes(original[:middle] + bytes([original[middle] ^ 1]) + original[middle + 1 :])
        assert run(["check", HARG, "--product", "mbb-4g", "--config", str(folder / "coverage-check.toml")]) == 4, path.name
        path.write_bytes(original)
    assert "SNAPSHOT_INVALID" in capsys.readouterr().err
    assert run(["check", HARG, "--product", "mbb-4g", "--config", str(folder / "coverage-check.toml")]) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_write_permission(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("address\nHarg 12\n", encoding="utf-8")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert run(["orders", str(source), "-o", str(locked / "out.csv"), "--product", "mbb-4g", "--config", "demo"]) == 4


def test_orders_from_stdin_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "checked.csv"
    command = [sys.executable, "-m", "coverage_check", "orders", "-", "-o", str(target), *SALE]
    done = subprocess.run(command, input=f'order_id,address\n1,"{HARG}"\n', text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "1 row:" in done.stderr
    assert len(target.read_text(encoding="utf-8").splitlines()) == 2


def test_orders_from_a_pipe_in_the_shell() -> None:
    command = f"{sys.executable} -m coverage_check orders <(printf 'address\\nHarg 12\\nx\\n') {' '.join(SALE)}"
    done = subprocess.run(["bash", "-c", command], text=True, capture_output=True, check=False)
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 3)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["-o", "out.csv", "--format", "parquet"], 2),
        (["--format", "xlsx"], 2),
        (["--resume"], 2),
        (["--limit", "0"], 2),
        (["--workers", "0"], 2),
        (["--sheet", "a"], 4),
        (["-o", "none/out.csv"], 4),
        (["-o", "orders.csv"], 4),
        (["-o", "out.parquet", "--fail-on", "deliverable"], 0),
        (["-o", "out.any", "--format", "xlsx", "--exit-zero"], 0),
        (["--limit", "1"], 1),
        (["--limit", "1", "--fail-on", "undetermined"], 0),
        (["-o", "out.foo"], 2),
        (["-o", "out.csv.gz"], 2),
        (["-o", "out"], 1),
        (["--dry-run"], 3),
        (["--dry-run", "--limit", "1"], 0),
        (["--column", "address=none"], 4),
    ],
)
def test_exit_codes_of_orders(
    options: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text(f'address\n"{HARG}"\n\nBox 12\n""\n', encoding="utf-8")
    assert run(["orders", "orders.csv", *SALE, *options]) == code
    made = [path for path in tmp_path.iterdir() if path.name != "orders.csv"]
    assert bool(made) == ("-o" in options and code not in {2, 4})
    out, err = capsys.readouterr()
    assert bool(err) != ("--dry-run" in options)
    assert bool(out) == (not made and code not in {2, 4})


@pytest.mark.parametrize("extra", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("header", "on", "says"),
    [
        ("address,product", [], "judged as of 2026-02-01, for no column is the day"),
        ("address,product", ["--on", "2025-11-01"], None),
        ("address,product,date", [], None),
        ("address,product,leveransdatum", [], "--column date=NAME, or give --on"),
        ("address,product,leveransdatum", ["--on", "2025-11-01"], None),
    ],
)
def test_orders_are_never_judged_by_today_in_silence(
    header: str, on: list[str], says: str | None, extra: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "orders.csv"
    cells = [f'"{HARG}"', "mbb-4g", "2025-11-01"][: header.count(",") + 1]
    source.write_text(f"{header}\n{','.join(cells)}\n", encoding="utf-8")
    code = run(["orders", str(source), "--config", "demo", *on, *extra])
    err = capsys.readouterr().err
    assert (code == 4) == (says is not None and "--on" in says)
    assert says in err if says else "judged as of" not in err


@pytest.mark.parametrize("faulty", [1, 13, 113])
def test_a_dry_run_says_how_many_faults_it_does_not_list(
    faulty: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "orders.csv"
    source.write_text('address\n""\n' + '""\n' * (faulty - 1), encoding="utf-8")
    assert run(["orders", str(source), *SALE, "--dry-run"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("row ") for line in lines) == min(faulty, 100)
    assert ("and 13 more: no more than 100 are listed" in lines) == (faulty == 113)
    assert lines[-1].startswith("1 row below" if faulty == 1 else f"{faulty} rows below")


@pytest.mark.network
@pytest.mark.parametrize("command", ["orders", "audit"])
@pytest.mark.parametrize(
    ("geocoder", "says"),
    [
        (
            '[geocoder]\nkind = "nominatim"\nurl = "http://127.0.0.1:9"\n',
            "2 not asked, the geocoder did not answer: run again.",
        ),
        ("", "2 not asked, no geocoder is configured: "),
    ],
)
def test_a_geocoder_that_is_down_is_told_with_the_figures(
    command: str, geocoder: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "coverage-check.toml"
    coverage = f'snapshot = "{BUNDLED}/snapshot"\nproducts = "{BUNDLED}/products.toml"\nas_of = 2026-02-01\n'
    config.write_text(coverage + geocoder, encoding="utf-8")
    sales = tmp_path / "sales.csv"
    sales.write_text(f'address,lat,lon\n"{HARG}",,\n,59.82,18.95\n"Harg 14, 760 21 Vätö",,\n', encoding="utf-8")
    assert run([command, str(sales), *SALE[:-1], str(config)]) == 5
    assert says in capsys.readouterr().err


def test_a_closed_pipe_is_quiet() -> None:
    command = f"{sys.executable} -m coverage_check demo | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], text=True, capture_output=True, check=False)
    assert done.returncode in {0, 141}
    assert "Traceback" not in done.stderr
    assert "fictitious" in done.stdout


def test_help_loads_no_geometry_library() -> None:
    code = "import sys; from coverage_check.cli import run; run(['--help']); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    modules = done.stdout.splitlines()[-1]
    for heavy in ("numpy", "shapely", "pyproj", "pandas", "geopandas", "pyogrio", "requests"):
        assert f"'{heavy}'" not in modules


def test_check_loads_no_table_library() -> None:
    arguments = ["check", "--lat", "59.82", "--lon", "18.95", *SALE]
    code = f"import sys; from coverage_check.cli import run; run({arguments!r}); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    for heavy in ("pandas", "geopandas", "pyogrio", "requests"):
        assert f"'{heavy}'" not in done.stdout.splitlines()[-1]


def test_an_address_without_quotes_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", *HARG.split(), *SALE])
    err = capsys.readouterr().err
    assert "quotes" in err
    assert not any(word.strip(",") in err for word in HARG.split())


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_results_are_utf_8_whatever_the_locale(encoding: str) -> None:
    command = [sys.executable, "-m", "coverage_check", "check", HARG, *SALE]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": encoding}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert "✘ NOT DELIVERABLE" in done.stdout.decode("utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", [["check", HARG], ["orders", "-"]])
def test_a_full_disk_is_said(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "coverage_check", *command, *SALE],
            input="address\nHarg 12\n",
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 4
    assert done.stderr.splitlines()[-1].startswith("OUTPUT_REFUSED: ")

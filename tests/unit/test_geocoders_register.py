"""The register's file: whole, unchanged, the same for the same input; and many readers at once."""

import multiprocessing
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_check.address import Address
from coverage_check.errors import MissingFile, RegisterInvalid
from coverage_check.geocoders.base import Geocoder
from coverage_check.geocoders.register import Register
from coverage_check.geocoders.register_build import build_register
from coverage_check.location import ErrorModel, Location, LocationLevel, Spread

HARG = Address(given="", street="Harg", number=3, postcode="76021", places=("Vätö",))
TABLE = "street,number,postcode,town,lat,lon\n" + "".join(
    f"Harg,{number},760 21,Vätö,{59.82 + number / 1000:.3f},18.93\n" for number in range(1, 40)
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("register")
    (folder / "addresses.csv").write_text(TABLE, encoding="utf-8")
    build_register(folder / "addresses.csv", folder / "r.sqlite", source_name="Made", licence="CC0", attribution="Made up")
    return folder / "r.sqlite"


def test_a_register_is_a_geocoder_and_says_where_it_comes_from(built: Path) -> None:
    with Register.open(built) as register:
        assert isinstance(register, Geocoder)
        assert register.id == f"register:{register.info.sha256[:12]}"
        assert (register.info.source, register.info.licence, register.attribution) == ("Made", "CC0", "Made up")
        assert (register.info.addresses, register.info.streets, register.info.postcodes) == (39, 1, 1)
        assert "Harg" not in repr(register)


def test_the_error_model_is_the_callers(built: Path) -> None:
    errors = ErrorModel(rural={**ErrorModel().rural, LocationLevel.ADDRESS_POINT: Spread(1, 2)})
    assert Register.open(built, errors=errors).locate(HARG).cep95_m == 2
    assert Register.open(built).locate(HARG).cep95_m == 100


def test_the_same_input_makes_the_same_bytes(built: Path, tmp_path: Path) -> None:
    source = built.with_name("addresses.csv")
    again = build_register(source, tmp_path / "again.sqlite", source_name="Made", licence="CC0", attribution="Made up")
    assert (tmp_path / "again.sqlite").read_bytes() == built.read_bytes()
    assert again == Register.open(built).info


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_same_bytes_in_another_process(built: Path, tmp_path: Path, seed: str) -> None:
    program = (
        "import sys; from coverage_check.geocoders.register_build import build_register;"
        "build_register(*sys.argv[1:], source_name='Made', licence='CC0', attribution='Made up')"
    )
    arguments = [sys.executable, "-c", program, str(built.with_name("addresses.csv")), str(tmp_path / "again.sqlite")]
    subprocess.run(arguments, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
    assert (tmp_path / "again.sqlite").read_bytes() == built.read_bytes()


def test_asking_a_register_needs_the_standard_library_alone(built: Path) -> None:
    program = (
        "import sys; from coverage_check.address import Address; from coverage_check.geocoders.register import Register;"
        "Register.open(sys.argv[1]).locate(Address(given='', street='Harg', number=3));"
        "heavy = {'geopandas', 'numpy', 'pandas', 'pyogrio', 'pyproj', 'requests', 'shapely'} & sys.modules.keys();"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    subprocess.run([sys.executable, "-c", program, str(built)], check=True)


def test_another_input_makes_another_id(built: Path, tmp_path: Path) -> None:
    (tmp_path / "moved.csv").write_text(TABLE.replace("59.821", "59.822"), encoding="utf-8")
    build_register(tmp_path / "moved.csv", tmp_path / "moved.sqlite")
    assert Register.open(tmp_path / "moved.sqlite").id != Register.open(built).id


@given(at=st.integers(0, 1 << 30), flip=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_changed_byte_is_refused(built: Path, tmp_path: Path, at: int, flip: int) -> None:
    content = bytearray(built.read_bytes())
    content[at % len(content)] ^= flip
    (tmp_path / "changed.sqlite").write_bytes(content)
    with pytest.raises(RegisterInvalid):
        Register.open(tmp_path / "changed.sqlite")


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.999])
def test_a_cut_register_is_refused(built: Path, tmp_path: Path, part: float) -> None:
    content = built.read_bytes()
    (tmp_path / "cut.sqlite").write_bytes(content[: int(len(content) * part)])
    with pytest.raises(RegisterInvalid):
        Register.open(tmp_path / "cut.sqlite")


def test_other_files_are_refused_with_a_cure(built: Path, tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "other.sqlite")
    database.execute("create table meta (name, value)")
    database.commit()
    database.close()
    with pytest.raises(RegisterInvalid, match="register build"):
        Register.open(tmp_path / "other.sqlite")
    with pytest.raises(RegisterInvalid, match="register build"):
        Register.open(built.with_name("addresses.csv"))
    with pytest.raises(MissingFile):
        Register.open(tmp_path / "none.sqlite")
    with pytest.raises(MissingFile):
        Register.open(tmp_path)


def test_a_register_of_another_format_is_refused(built: Path, tmp_path: Path) -> None:
    content = bytearray(built.read_bytes())
    content[60:64] = (99).to_bytes(4)
    (tmp_path / "later.sqlite").write_bytes(content)
    with pytest.raises(RegisterInvalid, match="format 99"):
        Register.open(tmp_path / "later.sqlite")


def test_names_with_signs_of_a_uri_can_be_opened(built: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a?mode=rwc&b#c%20å.sqlite"
    odd.write_bytes(built.read_bytes())
    assert Register.open(odd).locate(HARG).level is LocationLevel.ADDRESS_POINT
    assert [path.name for path in tmp_path.iterdir()] == [odd.name]


def test_a_register_replaced_while_open_is_noticed_by_a_new_thread(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    path.write_bytes(built.read_bytes())
    register = Register.open(path)
    before = register.locate(HARG)
    (tmp_path / "other.csv").write_text(TABLE.replace("18.93", "18.99"), encoding="utf-8")
    build_register(tmp_path / "other.csv", path)
    assert register.locate(HARG) == before
    with ThreadPoolExecutor(1) as pool, pytest.raises(RegisterInvalid, match="open it anew"):
        pool.submit(register.locate, HARG).result()


def test_threads_give_the_same_answers(built: Path) -> None:
    register = Register.open(built)
    queries = [Address(given="", street="Harg", number=number, places=("Vätö",)) for number in range(1, 50)] * 8
    alone = list(map(register.locate, queries))
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(register.locate, queries)) == alone


def _locate_and_send(register: Register, pipe: "multiprocessing.connection.Connection[Location, Location]") -> None:
    pipe.send(register.locate(HARG))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_gives_the_same_answer(built: Path) -> None:
    register = Register.open(built)
    here = register.locate(HARG)
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_locate_and_send, args=(register, sender))
    child.start()
    assert receiver.recv() == here
    child.join()
    assert child.exitcode == 0
    assert register.locate(HARG) == here


def test_closing_is_harmless(built: Path) -> None:
    register = Register.open(built)
    register.locate(HARG)
    register.close()
    assert register.locate(HARG).candidates

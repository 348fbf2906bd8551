"""A snapshot is whole or not there, is what its id says, and answers alike wherever it is opened."""

import hashlib
import json
import multiprocessing
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely

import coverage_check as cc
from coverage_check.coverage import reading
from coverage_check.coverage.index import Index
from coverage_check.coverage.snapshot import Snapshot, import_layers
from coverage_check.errors import ImportFailed, MissingFile, OutputRefused, SnapshotInvalid
from tests.delivery_folder import DeliveryFolder, X, Y, square

POINTS = np.random.default_rng(3).uniform(-2_000, 8_000, (500, 2)) + np.array([X, Y])


def deliver(path: Path, *, reverse: bool = False, level: str = "good") -> DeliveryFolder:
    folder = DeliveryFolder(path)
    parts = [square(0, 0, 3_000), square(3_000, 1_000, 500), square(6_000, 0, 400)]
    folder.write("cov.gpkg", parts[::-1] if reverse else parts)
    folder.write("survey.gpkg", [square(-1_000, -1_000, 8_000)])
    folder.layer("4g", "cov.gpkg", level=level, survey_area="survey.gpkg")
    folder.layer("5g", "cov.gpkg", technology="5G", survey_area="bounds")
    return folder


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return deliver(tmp_path_factory.mktemp("delivery")).take()


def answers(snapshot: Snapshot) -> bytes:
    found = snapshot.lookup(x=POINTS[:, 0], y=POINTS[:, 1])
    return found.covered.tobytes() + found.surveyed.tobytes() + found.edge_distance_m.tobytes()


def answers_at(path: Path) -> bytes:
    return answers(Snapshot.open(path))


# Identity ------------------------------------------------------------------------------------------------------------


def again_from_the_same_files(snapshot: Snapshot, path: Path) -> Snapshot:
    folder = DeliveryFolder(path)
    for file in ("cov.gpkg", "survey.gpkg"):
        folder.text(file, (snapshot.path.parent / file).read_bytes())
    folder.layer("4g", "cov.gpkg", survey_area="survey.gpkg")
    folder.layer("5g", "cov.gpkg", technology="5G", survey_area="bounds")
    return folder.take("elsewhere")


def test_same_files_same_id_anywhere(snapshot: Snapshot, tmp_path: Path) -> None:
    again = again_from_the_same_files(snapshot, tmp_path)
    assert again.id == snapshot.id
    for path in (path for path in snapshot.path.rglob("*") if path.is_file()):
        assert (again.path / path.relative_to(snapshot.path)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("at_once", [1, 5])
def test_same_id_however_many_files_are_read_at_once(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(reading, "_AT_ONCE", at_once)
    monkeypatch.setenv("GDAL_NUM_THREADS", str(at_once))
    assert again_from_the_same_files(snapshot, tmp_path).id == snapshot.id


def test_order_of_features_changes_only_the_hash_of_the_file(snapshot: Snapshot, tmp_path: Path) -> None:
    turned = deliver(tmp_path, reverse=True).take()
    for layer in ("4g", "5g"):
        assert all(shapely.equals_identical(turned.polygons(layer), snapshot.polygons(layer)))
        assert turned.quality.layers[layer] == snapshot.quality.layers[layer]


def test_another_claim_is_another_id(snapshot: Snapshot, tmp_path: Path) -> None:
    assert deliver(tmp_path, level="basic").take().id != snapshot.id


def test_manifest_holds_no_path_and_no_time(snapshot: Snapshot) -> None:
    text = (snapshot.path / "manifest.json").read_text(encoding="utf-8")
    assert str(snapshot.path.parent) not in text
    assert "cov.gpkg" not in text


def test_layers_come_back_as_declared_with_what_the_file_tells(snapshot: Snapshot) -> None:
    opened = Snapshot.open(snapshot.path)
    assert opened.layers == snapshot.layers
    layer = opened.layers[0]
    assert (layer.id, layer.level, layer.survey) == ("4g", cc.SignalLevel.GOOD, "area")
    assert layer.features == 3
    assert layer.area_km2 == pytest.approx(9 + 0.25 + 0.16)
    assert layer.bounds == (X, Y, X + 6_400, Y + 3_000)
    assert set(opened.versions) == {"coverage_check", "geos", "proj", "gdal"}


def test_equal_polygons_are_stored_once(snapshot: Snapshot) -> None:
    assert len(Index.open(snapshot.path)) == 2, "the layers' common one and the survey area"


# Whole or not at all -------------------------------------------------------------------------------------------------


def test_nothing_is_written_where_a_layer_is_faulty(tmp_path: Path) -> None:
    folder = deliver(tmp_path / "delivery")
    folder.layer("missing", "missing.gpkg")
    with pytest.raises(ImportFailed):
        folder.take()
    assert sorted(path.name for path in folder.path.iterdir()) == ["cov.gpkg", "layers.toml", "survey.gpkg"]


def test_faults_of_the_declaration_and_of_files_come_together(tmp_path: Path) -> None:
    folder = DeliveryFolder(tmp_path)
    folder.layer("missing", "missing.gpkg", colour="red", technology="6G")
    with pytest.raises(ImportFailed) as caught:
        folder.take()
    told = " ".join(caught.value.faults)
    assert len(caught.value.faults) == 3
    assert all(word in told for word in ("'colour'", "'6G'", "FILE_MISSING"))


def test_folder_of_something_else_is_not_touched(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    kept = tmp_path / "snapshot" / "thesis.txt"
    kept.parent.mkdir()
    kept.write_text("three years of work")
    for overwrite in (False, True):
        with pytest.raises(OutputRefused, match="no snapshot"):
            folder.take(overwrite=overwrite)
    assert kept.read_text() == "three years of work"
    assert list(kept.parent.iterdir()) == [kept]


def test_same_snapshot_stays_as_it_is(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    before = folder.take().path.stat().st_ino
    assert folder.take().path.stat().st_ino == before


def test_another_snapshot_is_replaced_only_if_allowed(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    first = folder.take()
    folder.tables[0]["level"] = "basic"
    with pytest.raises(OutputRefused, match="overwritten"):
        folder.take()
    assert Snapshot.open(first.path).id == first.id
    second = folder.take(overwrite=True)
    assert second.id != first.id
    assert Snapshot.open(first.path).id == second.id
    assert not list(tmp_path.glob(".snapshot*")), "nothing of the work stays"


def test_first_snapshot_comes_back_if_the_last_step_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = deliver(tmp_path)
    first = folder.take()
    folder.tables[0]["level"] = "basic"
    rename = Path.rename

    def full(path: Path, target: Path) -> Path:
        if path.name == "snapshot" and path.parent.name.endswith(".importing"):
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OutputRefused, match="No space left"):
        folder.take(overwrite=True)
    assert Snapshot.open(first.path).id == first.id


@pytest.mark.parametrize("output", ["cov.gpkg", "cov.gpkg/snapshot", "no/such/folder"])
def test_output_that_cannot_be(tmp_path: Path, output: str) -> None:
    with pytest.raises(OutputRefused):
        deliver(tmp_path).take(output)


def test_layers_toml_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        import_layers(tmp_path / "layers.toml", tmp_path / "snapshot")
    assert not list(tmp_path.iterdir())


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    deliver(tmp_path).take(progress=lambda *step: steps.append(step))
    assert [step[0] for step in steps] == [1, 2, 3, 4, 5]
    assert {step[1] for step in steps} == {5}
    assert re.fullmatch(r"CPU time: read [\d.]+ s, repair [\d.]+ s, union .* s, quality .* s, index [\d.]+ s", steps[-1][2])


# A changed snapshot --------------------------------------------------------------------------------------------------


def test_every_changed_byte_is_refused(snapshot: Snapshot, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", snapshot.path, copy], check=True)
    random = np.random.default_rng(11)
    for path in (path for path in copy.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for at in {0, len(whole) - 1, *random.integers(0, len(whole), 12).tolist()}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(SnapshotInvalid, match=path.name):
                Snapshot.open(copy)
        path.write_bytes(whole[:-1])
        with pytest.raises(SnapshotInvalid, match=path.name):
            Snapshot.open(copy)
        path.unlink()
        with pytest.raises(SnapshotInvalid, match=path.name):
            Snapshot.open(copy)
        path.write_bytes(whole)
    assert Snapshot.open(copy).id == snapshot.id


def test_large_snapshot_is_read_only_by_verify(snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coverage_check.coverage.snapshot.HASHED_ON_OPEN_BYTES", 10)
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", snapshot.path, copy], check=True)
    path = next(copy.rglob("index-1-vertices.npy"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    opened = Snapshot.open(copy)
    with pytest.raises(SnapshotInvalid, match=r"vertices\.npy"):
        opened.verify()


def test_format_of_another_version_is_named(snapshot: Snapshot, tmp_path: Path) -> None:
    content = json.loads((snapshot.path / "manifest.json").read_text(encoding="utf-8"))
    content["format"] = "coverage-check/snapshot/99"
    (tmp_path / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SnapshotInvalid, match="snapshot/99"):
        Snapshot.open(tmp_path)


def test_snapshot_older_than_a_field_stays_readable(snapshot: Snapshot, tmp_path: Path) -> None:
    """Repeatable for years: a layer of a snapshot that was made before a field existed has its default."""
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", snapshot.path, copy], check=True)
    content = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    for layer in content["layers"]:
        del layer["claim"]["licence"]
    del content["id"]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    content = {"id": hashlib.sha256(canonical.encode()).hexdigest(), **content}
    (copy / "manifest.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert Snapshot.open(copy).layers == snapshot.layers


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "coverage-check/snapshot/1"}', "null", "\xff"])
def test_manifest_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(SnapshotInvalid, match=r"manifest\.json"):
        Snapshot.open(tmp_path)


def test_snapshot_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SnapshotInvalid):
        Snapshot.open(tmp_path / "nothing")


def test_manifest_cannot_name_files_elsewhere(snapshot: Snapshot, tmp_path: Path) -> None:
    text = (snapshot.path / "manifest.json").read_text(encoding="utf-8")
    (tmp_path / "manifest.json").write_text(text.replace('"index-', '"../../index-', 1), encoding="utf-8")
    with pytest.raises(SnapshotInvalid):
        Snapshot.open(tmp_path)


# Sharing -------------------------------------------------------------------------------------------------------------


def test_threads_answer_alike(snapshot: Snapshot) -> None:
    opened = Snapshot.open(snapshot.path)
    with ThreadPoolExecutor(16) as pool:
        given = set(pool.map(lambda _: answers(opened), range(64)))
    assert given == {answers(snapshot)}


@pytest.mark.parametrize("method", ["spawn", "fork"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_answer_alike(snapshot: Snapshot, method: str) -> None:
    answers(snapshot)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert set(pool.map(answers_at, [snapshot.path] * 2)) == {answers(snapshot)}
        assert set(pool.map(answers, [snapshot] * 2)) == {answers(snapshot)}


def test_pickle_reopens(snapshot: Snapshot) -> None:
    again = pickle.loads(pickle.dumps(snapshot))  # noqa: S301 - our own
    assert (again.id, again.layers) == (snapshot.id, snapshot.layers)
    assert answers(again) == answers(snapshot)


def test_opening_and_looking_up_need_no_data_frames(snapshot: Snapshot) -> None:
    program = (
        "import sys; from coverage_check.coverage.snapshot import Snapshot\n"
        f"s = Snapshot.open({str(snapshot.path)!r}); described = set(sys.modules)\n"
        "s.lookup(lon=18.95, lat=59.82).edge_distance_m\n"
        "print(sorted({'geopandas', 'pandas', 'pyogrio', 'pyarrow'} & set(sys.modules)))\n"
        "print(sorted({'shapely', 'pyproj'} & described))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["[]", "[]"]

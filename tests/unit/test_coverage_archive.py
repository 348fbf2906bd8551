"""A delivery in a zip is read as the file itself would be, and a zip that means harm is refused whole.

Fault catalogue A34 and A35.
"""

import random
import stat
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources import archive
from coverage_check.coverage.sources.features import Request
from coverage_check.coverage.sources.formats import FORMATS
from tests.delivery_folder import METRIC, DeliveryFolder, square
from tests.shared import shared

ZIP = next(kind for kind in FORMATS if kind.name == "zip")
GEOJSON = b'{"type":"Polygon","coordinates":[[[18,59],[19,59],[18,60],[18,59]]]}'


def zipped(folder: Path, *names: str, packing: int = zipfile.ZIP_DEFLATED, **changes: object) -> Path:
    """Write a zip whose members all hold one polygon; changes are made to the last member's entry."""
    path = folder / "delivery.zip"
    with zipfile.ZipFile(path, "w", packing) as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of a name that is there already
        for number, name in enumerate(names):
            member = zipfile.ZipInfo(name)
            member.compress_type = packing
            if number == len(names) - 1:
                for key, value in changes.items():
                    setattr(member, key, value)
            made.writestr(member, GEOJSON)
    return path


def read(path: Path) -> int:
    return len(archive.read(path, Request(table=None, where={}, stem="delivery"), ZIP).geometries)


def refusal(path: Path) -> str:
    with pytest.raises(Fault) as caught:
        read(path)
    assert not list(path.parent.glob("delivery.[!z]*")), "nothing is taken out of a zip that is refused"
    return caught.value.kind


@pytest.mark.parametrize("name", ["cov.gpkg", "cov.shp", "cov.fgb", "cov.tab", "COV.SHP"])
def test_zipped_delivery_gives_the_same_layer(tmp_path: Path, name: str) -> None:
    """Only what says that it is a zip differs: polygons, features and area are those of the bare file."""
    folder = DeliveryFolder(tmp_path)
    bare = folder.write(name.lower(), [square(0, 0, 1_000), square(2_000, 0, 500)])
    with zipfile.ZipFile(tmp_path / "cov.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("read me.txt", "Coverage as of October.")
        for path in bare.parent.glob("cov.*"):
            if path.suffix != ".zip":
                made.write(path, f"2025/{path.name.upper() if name.isupper() else path.name}")
    folder.layer("bare", name.lower(), crs=METRIC)
    folder.layer("zipped", "cov.zip", crs=METRIC)
    snapshot = folder.take()
    (one, other), quality = snapshot.layers, snapshot.quality.layers
    assert quality["bare"] == quality["zipped"]
    assert (one.features, one.area_km2, one.bounds) == (other.features, other.area_km2, other.bounds)
    assert one.sha256 != other.sha256


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("/etc/cov.geojson", "UNSAFE_FILE"),
        ("C:/cov.geojson", "UNSAFE_FILE"),
        ("C:\\cov.geojson", "UNSAFE_FILE"),
        ("\\\\server\\cov.geojson", "UNSAFE_FILE"),
        ("../cov.geojson", "UNSAFE_FILE"),
        ("a/../../cov.geojson", "UNSAFE_FILE"),
        ("a\\..\\cov.geojson", "UNSAFE_FILE"),
        ("a\ncov.geojson", "UNSAFE_FILE"),
        ("inner.zip", "UNSAFE_FILE"),
        ("inner.kmz", "UNSAFE_FILE"),
        ("cov.vrt", "NO_LAYER"),
        ("cov.txt", "NO_LAYER"),
        ("__MACOSX/._cov.geojson", "NO_LAYER"),
        ("cov.shp", "MEMBER_MISSING"),
        ("cov.gpkg", "CONTENT_MISMATCH"),
        ("a..b/cov.geojson", None),
        ("..cov.geojson", None),
        ("täckning 4G.geojson", None),
    ],
)
def test_name_of_the_only_member(tmp_path: Path, name: str, kind: str | None) -> None:
    path = zipped(tmp_path, name)
    if kind is None:
        assert read(path) == 1
    elif kind == "CONTENT_MISMATCH":
        with pytest.raises(Fault, match=kind):
            read(path)
    else:
        assert refusal(path) == kind


@pytest.mark.parametrize("name", ["../x.txt", "/x.txt", "inner.zip"])
def test_harm_beside_the_delivery_refuses_it_too(tmp_path: Path, name: str) -> None:
    assert refusal(zipped(tmp_path, "cov.geojson", name)) == "UNSAFE_FILE"


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_link_or_device_is_refused(tmp_path: Path, mode: int) -> None:
    assert refusal(zipped(tmp_path, "cov.geojson", "x.txt", external_attr=(mode | 0o644) << 16)) == "UNSAFE_FILE"


def test_same_name_twice_is_refused(tmp_path: Path) -> None:
    assert refusal(zipped(tmp_path, "cov.geojson", "cov.geojson")) == "UNSAFE_FILE"
    assert refusal(zipped(tmp_path, "cov.geojson", "COV.geojson")) == "UNSAFE_FILE"


def test_two_deliveries_are_ambiguous(tmp_path: Path) -> None:
    assert refusal(zipped(tmp_path, "4g.geojson", "5g.geojson")) == "AMBIGUOUS_MEMBER"


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    names = [f"{number}.txt" for number in range(archive.MAX_MEMBERS)]
    assert refusal(zipped(tmp_path, "cov.geojson", *names)) == "UNSAFE_FILE"


def test_encrypted_zip_is_named_so(tmp_path: Path) -> None:
    path = zipped(tmp_path, "cov.geojson")
    raw = bytearray(path.read_bytes())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(Fault, match="encrypted"):
        read(path)


@pytest.mark.parametrize("spaces", [20_000_000, 100_000_000])
def test_bomb_is_refused_by_what_it_declares(tmp_path: Path, spaces: int) -> None:
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("cov.geojson", GEOJSON + b" " * spaces)
    assert refusal(path) == "UNSAFE_FILE"


def test_bomb_that_lies_about_its_size_gives_no_byte_more(tmp_path: Path) -> None:
    """It declares a hundred bytes and unpacks to twenty million."""
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("cov.geojson", GEOJSON + b" " * 20_000_000)
    raw = bytearray(path.read_bytes())
    for header, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = raw.rindex(header) + at
        raw[start : start + 4] = (100).to_bytes(4, "little")
    path.write_bytes(raw)
    with pytest.raises(Fault, match="UNREADABLE"):
        read(path)
    assert (tmp_path / "delivery.geojson").stat().st_size <= 100


PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), packing=st.sampled_from(PACKINGS), count=st.integers(1, 4), cut=st.booleans())
def test_damaged_zip_gives_the_file_or_a_named_fault(
    tmp_path_factory: pytest.TempPathFactory, *, seed: int, packing: int, count: int, cut: bool
) -> None:
    """Whatever bytes are changed or cut: never another content, never an error without a name."""
    folder = tmp_path_factory.mktemp("damaged")
    path = zipped(folder, "cov.geojson", packing=packing)
    raw, chance = bytearray(path.read_bytes()), random.Random(seed)  # noqa: S311 - no secret
    for _ in range(count):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    path.write_bytes(raw[: chance.randrange(len(raw))] if cut else raw)
    try:
        with archive.opened(path) as (made, members):
            for number, member in enumerate(members.values()):
                archive.take_out(made, member, folder / f"{number}.out")
                assert (folder / f"{number}.out").read_bytes() == GEOJSON
    except Fault:
        pass


REFUSED = {"absolute path": "UNSAFE_FILE", "invalid relative path": "UNSAFE_FILE", "strong encryption": "UNREADABLE"}


def test_zips_that_broke_another_reader(tmp_path: Path) -> None:
    """What yauzl must refuse: these hold no coverage, and say so or why they can't be opened."""
    kinds = {}
    for number, path in enumerate(sorted(shared("corpus/yauzl-zip/failure").glob("*.zip"))):
        place = tmp_path / str(number)
        place.mkdir()
        (place / "delivery.zip").write_bytes(path.read_bytes())
        kinds[path.name] = refusal(place / "delivery.zip")
    assert set(kinds.values()) <= {"UNREADABLE", "UNSAFE_FILE", "NO_LAYER"}
    for start, expected in REFUSED.items():
        assert {kind for name, kind in kinds.items() if name.startswith(start)} == {expected}

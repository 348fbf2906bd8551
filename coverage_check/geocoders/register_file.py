"""The register's file: one SQLite database, sealed with the hash of its own content.

`name` leads to `street` (a street, village or farm; several names may mean one), `area` is one street in one town with
the place that its label names, `within` says which places an area touches, `address` holds the houses. A place is a
postcode, town, district or municipality with the spread of its own addresses.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from coverage_check.errors import MissingFile, RegisterInvalid
from coverage_check.location import LocationLevel

FORMAT = 1
"""Raised whenever an older reader would misread the file."""

APPLICATION_ID = 0x43435247
"""``CCRG`` in the header of the file: a coverage_check register."""

POSTCODE, TOWN, DISTRICT, MUNICIPALITY = range(4)
"""Kinds of place, as the file stores them."""

LEVELS = (
    LocationLevel.ENTRANCE,
    LocationLevel.BUILDING,
    LocationLevel.ADDRESS_POINT,
    LocationLevel.PARCEL,
    LocationLevel.ACCESS_POINT,
    LocationLevel.APPROXIMATE,
)
"""Levels of a house, finest first; the file stores their index."""

NO_NUMBER = -1
"""Stored for a house without a number: a farm, a church."""

SCHEMA = """
create table meta (name text primary key, value text) without rowid;
create table street (id integer primary key, text text not null);
create table name (key text not null, spelled text not null, street int not null);
create table place (
    id integer primary key, kind int not null, text text not null, key text not null, mirrored text not null,
    houses int, lat real, lon real, q50_m real, q95_m real
);
create table area (id integer primary key, street int not null, place int, urban int);
create table within (place int, area int, primary key (place, area)) without rowid;
create table address (
    area int, number int, letter text, postcode int, lat int, lon int, level int,
    primary key (area, number, letter, postcode, lat, lon)
) without rowid;
"""
"""Positions are whole millionths of a degree (11 cm). Postcode 0 is none."""

INDEXES = (
    "create index name_key on name (key)",
    "create index name_street on name (street)",
    "create index area_street on area (street)",
    "create index place_key on place (key)",
    "create index place_mirrored on place (mirrored)",
)

_SEAL = b"coverage-check-register-sha256:"
_OPEN_SEAL = b"0" * 64
_BLOCK = 1 << 20
_MAGIC = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterInfo:
    """Where a register comes from and what it holds.

    Attributes
    ----------
    sha256
        Hash of the register's content: the same source gives the same hash.
    source, source_sha256, published
        The address file it was built from, its hash, and the day its publisher gave it out (ISO; empty if not told).
    preset, crs
        How the file was read.
    addresses, streets, postcodes, places
        What it holds: houses, distinct street or village names, postcodes, and other places.
    duplicates
        Rows that said what an earlier row had said.
    rejects
        Rows left out, by reason.
    """

    sha256: str = ""
    source: str
    source_sha256: str
    published: str
    licence: str
    attribution: str
    country: str
    preset: str
    crs: str
    rows: int = 0
    addresses: int = 0
    streets: int = 0
    postcodes: int = 0
    places: int = 0
    duplicates: int = 0
    rejects: Mapping[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Provenance of what this register answers."""
        return f"register:{self.sha256[:12]}"

    @property
    def text(self) -> str:
        """Where it comes from, in one line: how many addresses, source, day, licence, hash of the file."""
        day = f" of {self.published}" if self.published else ""
        licence = self.licence or "licence not told"
        return f"{self.addresses:,} addresses from {self.source}{day}, {licence}, file {self.source_sha256[:12]}"


def write_info(database: sqlite3.Connection, info: RegisterInfo) -> None:
    """Store the metadata and the place for the seal."""
    text = json.dumps({**asdict(info), "sha256": ""}, ensure_ascii=False, sort_keys=True)
    rows = [("info", text), ("seal", (_SEAL + _OPEN_SEAL).decode())]
    database.executemany("insert into meta values (?, ?)", rows)
    database.execute(f"pragma application_id = {APPLICATION_ID}")
    database.execute(f"pragma user_version = {FORMAT}")


def read_info(database: sqlite3.Connection, sha256: str) -> RegisterInfo:
    """Read the metadata back."""
    ((text,),) = database.execute("select value from meta where name = 'info'").fetchall()
    return RegisterInfo(**{**json.loads(text), "sha256": sha256})


def seal(path: Path) -> str:
    """Write the content's hash into a finished register, and give it."""
    with path.open("r+b") as file:
        # The header names the version of SQLite that wrote the file; every machine shall make the same file.
        file.seek(96)
        file.write(bytes(4))
        file.seek(0)
        digest, _, place = _measure(file)
        file.seek(place)
        file.write(digest.encode())
    return digest


def check_seal(path: Path) -> str:
    """Give the content's hash of a register that is whole and unchanged.

    Raises
    ------
    MissingFile
        There is no such file, or it can't be read.
    RegisterInvalid
        It is no register, one of another format, incomplete or changed.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
            _check_header(path, header)
            file.seek(0)
            digest, sealed, _ = _measure(file)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise MissingFile(f"{path} is not there: check the path, or make it with 'coverage-check register build'.") from None
    except PermissionError:
        raise MissingFile(f"{path} can't be read: its permissions forbid it.") from None
    if digest != sealed:
        raise RegisterInvalid(f"{path} has changed since it was built: build it anew from its address file.")
    return digest


def _check_header(path: Path, header: bytes) -> None:
    if len(header) < 100 or not header.startswith(_MAGIC) or int.from_bytes(header[68:72]) != APPLICATION_ID:
        message = f"{path} is not an address register: make one from the file with 'coverage-check register build'."
        raise RegisterInvalid(message)
    version = int.from_bytes(header[60:64])
    if version != FORMAT:
        message = f"{path} has register format {version}, and this version reads format {FORMAT}: build it anew."
        raise RegisterInvalid(message)


def _measure(file: BinaryIO) -> tuple[str, str, int]:
    """Hash a register with its seal left open: the digest, the seal it carries, and where that stands."""
    digest = hashlib.sha256()
    sealed, place, offset, kept = b"", -1, 0, b""
    overlap = len(_SEAL) + len(_OPEN_SEAL)
    while block := file.read(_BLOCK):
        window = kept + block
        found = window.find(_SEAL) if place < 0 else -1
        if 0 <= found <= len(window) - overlap:
            start = found + len(_SEAL)
            place = offset - len(kept) + start
            sealed = window[start : start + 64]
            window = window[:start] + _OPEN_SEAL + window[start + 64 :]
        cut = max(len(window) - overlap, 0)
        digest.update(window[:cut])
        kept = window[cut:]
        offset += len(block)
    digest.update(kept)
    return digest.hexdigest(), sealed.decode("ascii", "replace"), place

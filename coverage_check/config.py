"""coverage-check.toml: which snapshot, products, geocoder and costs a checker works with."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from coverage_check.declaration import Document
from coverage_check.errors import MissingFile
from coverage_check.geocoder_config import GeocoderConfig, read_errors, read_geocoder
from coverage_check.location import ErrorModel
from coverage_check.products import Risk, read_risk

DEFAULT = "coverage-check.toml"
DEMO = "demo"
BUNDLED = Path(__file__).parent / "_vato"
"""The demonstration's folder, in the checkout and in the wheel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatingConfig:
    """What finding places needs.

    Attributes
    ----------
    geocoder
        None where only positions are found.
    errors
        How far off a found place may be.
    """

    path: Path
    geocoder: GeocoderConfig | None = None
    errors: ErrorModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(LocatingConfig):
    """What a checker is made of.

    Attributes
    ----------
    snapshot
        The folder of the snapshot that answers today's questions, or None where the archive's last one does.
    snapshots
        The archive: a folder of snapshots, of which an audit takes the last one published by the day of sale. One of
        `snapshot` and `snapshots` is there.
    as_of
        The day that is taken where none is given; None for today. The demonstration has one, because its story does.
    """

    snapshot: Path | None
    snapshots: Path | None = None
    products: Path
    risk: Risk
    as_of: date | None = None


def read_config(path: str | Path = DEFAULT) -> Config:
    """Read a coverage-check.toml; ``demo`` is the bundled one.

    Raises
    ------
    MissingFile, DeclarationError
        The file is not there, or has faults; all of them at once.
    """
    document = _document(path)
    root = document.root
    archive = root.path("snapshots") if "snapshots" in root else None
    config = Config(
        path=document.path,
        snapshot=root.path("snapshot") if archive is None or "snapshot" in root else None,
        snapshots=archive,
        products=root.path("products"),
        as_of=root.day("as_of"),
        geocoder=read_geocoder(document.table("geocoder")),
        errors=read_errors(document.table("errors")),
        risk=read_risk(document.table("risk"), Risk()),
    )
    document.root.known.add("service")  # who serves reads it
    document.finish()
    return config


def read_locating(path: str | Path = DEFAULT) -> LocatingConfig:
    """Read [geocoder] and [errors] of a coverage-check.toml, which may have nothing else; raises as `read_config`."""
    document = _document(path)
    config = LocatingConfig(
        path=document.path,
        geocoder=read_geocoder(document.table("geocoder")),
        errors=read_errors(document.table("errors")),
    )
    document.root.known.update(document.root.content)  # the rest is read by who needs it
    document.finish()
    return config


def _document(path: str | Path) -> Document:
    path = BUNDLED / DEFAULT if str(path) == DEMO else Path(path)
    if not path.exists():
        raise MissingFile(
            f"There is no config at {path}: name yours with --config FILE, or try the bundled fictitious data with "
            "--config demo."
        )
    return Document.read(path)

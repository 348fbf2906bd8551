"""Checkers for a replay: those of a config, and those that older snapshots, catalogues and registers make with it."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from coverage_check.checker import Checker
from coverage_check.config import Config, read_config
from coverage_check.coverage.manifest import NAME
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.errors import MissingFile
from coverage_check.geocoders.register import Register
from coverage_check.products import read_products


def kept_checkers(
    config: str | Path | Config,
    *,
    snapshots: Sequence[Path] = (),
    products: Sequence[Path] = (),
    registers: Sequence[Path] = (),
) -> list[Checker]:
    """Give a checker for each snapshot, catalogue and register that a record may name.

    Parameters
    ----------
    config
        Its own parts come first, with every snapshot of its archive; its [risk] and [errors] go with the others too.
    snapshots
        Snapshots, or folders that hold some.
    products, registers
        Files of each kind.

    Raises
    ------
    MissingFile, DeclarationError, SnapshotInvalid, RegisterInvalid, FileRefused
        One of them is missing or can't be trusted.
    """
    settings = config if isinstance(config, Config) else read_config(config)
    first = Checker.from_config(settings)
    archive = () if settings.snapshots is None else (settings.snapshots,)
    opened = [first.snapshot, *(Snapshot.open(path) for folder in (*archive, *snapshots) for path in _snapshots_in(folder))]
    catalogues = [first.products, *(read_products(path, risk=settings.risk) for path in products)]
    geocoders = [first.geocoder, *(Register.open(path, errors=settings.errors) for path in registers)]
    return [
        Checker(snapshot=snapshot, products=catalogue, geocoder=geocoder, errors=settings.errors)
        for snapshot, catalogue, geocoder in product(
            {one.id: one for one in opened}.values(), {one.sha256: one for one in catalogues}.values(), geocoders
        )
    ]


def _snapshots_in(folder: Path) -> Iterator[Path]:
    """Give the folder itself if it is a snapshot, else those in it."""
    if (folder / NAME).exists():
        yield folder
        return
    found = sorted(path.parent for path in folder.glob(f"*/{NAME}"))
    if not found:
        raise MissingFile(f"There is no snapshot at {folder} nor in it: name a snapshot, or a folder of snapshots.")
    yield from found

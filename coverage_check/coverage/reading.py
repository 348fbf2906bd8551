"""Goods in: every file is copied and hashed once, then read for each layer in a process of its own."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from coverage_check.coverage import isolation
from coverage_check.coverage.examination import AREA
from coverage_check.coverage.fault import Fault
from coverage_check.coverage.quality import LayerQuality
from coverage_check.coverage.rings import NAMES
from coverage_check.coverage.sources.delivery import Delivery, take_delivery
from coverage_check.coverage.sources.formats import declared_format, format_of
from coverage_check.errors import FileRefused, MissingExtra, ReaderCrashed

AREAS = "areas"
"""The folder of a snapshot that holds the polygons, in a folder each that is named by the hash of its content."""

_AT_ONCE = min(4, os.cpu_count() or 1)
_HASH_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One file to be read once, for one layer or as the survey area of some.

    Attributes
    ----------
    label
        Whose file it is, for messages.
    sha256
        As declared; None where nothing was.
    task
        What `examination.Task` wants beside the file itself.
    """

    label: str
    file: Path
    sha256: str | None
    task: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What one reading gave.

    Attributes
    ----------
    area
        Where in the snapshot its polygons lie.
    sha256
        Of the file.
    versions
        Of the libraries that the geometry depends on.
    seconds
        CPU time of each part of the work: read, repair, union, quality.
    """

    area: str
    sha256: str
    quality: LayerQuality
    versions: Mapping[str, str]
    seconds: Mapping[str, float]


Outcome = Examined | list[FileRefused]


def require_extras(readings: Sequence[Reading]) -> None:
    """Stop if a format needs an optional dependency that is not there.

    Raises
    ------
    MissingExtra
        With the command that installs it.
    """
    for reading in readings:
        try:
            cells = reading.task.get("cells")
            kind = declared_format(format_of(reading.file), cells["naming"] if cells else None)
        except Fault:
            continue
        if kind.package and find_spec(kind.package) is None:
            raise MissingExtra(
                f"{reading.file.name} is {kind.name}, which needs {kind.package}: "
                f"install it with `pip install 'mobile-coverage-check[{kind.extra}]'`."
            )


def examine_all(readings: Sequence[Reading], folder: Path, snapshot: Path) -> Iterator[Outcome]:
    """Read every file, some at a time, and give the outcomes in order.

    Parameters
    ----------
    folder
        To work in.
    snapshot
        The snapshot's folder, which gets the polygons.
    """
    (snapshot / AREAS).mkdir(parents=True)
    deliveries: dict[Path, Delivery | Fault] = {}
    for number, file in enumerate(dict.fromkeys(reading.file for reading in readings)):
        place = folder / f"delivery{number}"
        place.mkdir()
        try:
            deliveries[file] = take_delivery(file, place)
        except Fault as fault:
            deliveries[file] = fault

    def examine(number: int) -> Outcome:
        reading = readings[number]
        delivery = deliveries[reading.file]
        if isinstance(delivery, Fault):
            return [delivery]
        return _examine(reading, delivery, folder / f"work{number}", snapshot)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(examine, range(len(readings)))


def _examine(reading: Reading, delivery: Delivery, work: Path, snapshot: Path) -> Outcome:
    faults: list[FileRefused] = []
    if reading.sha256 not in (None, delivery.sha256):
        faults.append(
            Fault("HASH_DIFFERS", "its SHA-256 is not the declared one; ask for the right file or correct the declaration.")
        )
    work.mkdir()
    for member in delivery.main.parent.iterdir():
        _link(member, work / member.name)
    task = {**reading.task, "main": delivery.main.name, "format": delivery.format.name, "stem": delivery.stem}
    try:
        result = isolation.run(task, work, isolation.Limits.for_size(delivery.size))
    except ReaderCrashed as crash:
        return [*faults, crash]
    faults += [Fault(kind, sentence) for kind, sentence in result.get("faults", ())]
    if faults:
        return faults
    area = _store(work / AREA, snapshot)
    shutil.rmtree(work)
    return Examined(
        area=area,
        sha256=delivery.sha256,
        quality=LayerQuality.from_dict(result["quality"]),
        versions=result["versions"],
        seconds=result["seconds"],
    )


def _link(file: Path, name: Path) -> None:
    """Give a file a second name, or copy it where the disk has no such thing."""
    try:
        name.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, name)


def _store(polygons: Path, snapshot: Path) -> str:
    """Move polygons into the snapshot, named by their content: two layers with the same polygons share them."""
    digest = hashlib.sha256()
    for name in NAMES:
        with (polygons / f"{name}.npy").open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    area = f"{AREAS}/{digest.hexdigest()[:_HASH_DIGITS]}"
    try:
        polygons.rename(snapshot / area)
    except OSError:
        if not (snapshot / area).is_dir():
            raise
    return area

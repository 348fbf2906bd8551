"""Orders on Apache Spark: what `Checker.check_frame` does with an Arrow batch, done by many machines.

    checked = check_orders(dataframe, "coverage-check.toml", product="mbb-4g")
    with typed_errors():
        checked.write.parquet("checked/")

The files that a config names are read where each executor finds them: at the same path, or where `ship` has put them. Needs
the extra ``spark`` and Java 17; docs/scaling.md says when that is worth it.
"""

import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_check import errors
from coverage_check.checker import Checker
from coverage_check.config import DEFAULT, Config, read_config
from coverage_check.errors import (
    CoverageCheckError,
    DeclarationError,
    InvalidInput,
    MissingExtra,
    SnapshotInvalid,
    WorkerDied,
)
from coverage_check.geocoder_config import GeocoderConfig
from coverage_check.order_rows import NUMBERS, OUT, Defaults, find_columns, refuse_answered
from coverage_check.orders.ahead import asks_a_server

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

_KEPT = 4
"""Checkers that a Python worker keeps, for Spark uses it again for later jobs."""

_SAID = re.compile(r"\bcoverage_check\.errors\.(\w+): (.+(?:\n  \S.*)*)")
_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '(\w+)")
_ENDED = re.compile(r"Python worker exited unexpectedly|ExecutorLostFailure|OutOfMemoryError")


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where each machine finds what a config names.

    Attributes
    ----------
    config
        Its paths are absolute, or relative to the archive.
    archive
        What Spark has unpacked on each machine, by its name there; empty for the machine's own files.
    """

    config: Config
    archive: str = ""

    def open(self) -> Checker:
        """Open them on this machine; as `Checker.from_config`."""
        if not self.archive:
            return Checker.from_config(self.config).for_batches()
        from pyspark import SparkFiles  # noqa: PLC0415 - an extra

        root = Path(SparkFiles.get(self.archive))
        return Checker.from_config(_moved(self.config, lambda path: root / path)).for_batches()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What a Spark task does with its batches; pickled on its way to a Python worker."""

    files: Files
    fingerprint: str
    columns: dict[str, str]
    defaults: dict[str, str]

    def __call__(self, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        checker = _checker(self.files, self.fingerprint)
        for batch in batches:
            yield checker.check_frame(batch, columns=self.columns, **self.defaults)


def check_orders(
    dataframe: "DataFrame",
    config: str | Path | Config | Files = DEFAULT,
    *,
    columns: Mapping[str, str] | None = None,
    **defaults: str,
) -> "DataFrame":
    """Decide each row of a Spark data frame: as many rows out, every column untouched, and the cc_… columns.

    Like all of Spark it works when the result is asked for; a row without a date means the day of this call.

    Parameters
    ----------
    config
        Found at the same path by the driver and by each executor, with all files that it names; or what `ship` gave.
    columns
        Canonical name → the frame's column, where the names don't say it.
    **defaults
        product, on, at, receiver for rows that have none; language of the sentences.

    Raises
    ------
    TableInvalid
        A column is missing or named twice, or a cc_… column is there already.
    InvalidInput
        No such default, or there are addresses, and the config's geocoder is a server.
    MissingFile, DeclarationError, SnapshotInvalid, RegisterInvalid, FileRefused
        The driver can't use what the config names. What an executor can't use is told later: see `typed_errors`.
    """
    otherwise = Defaults.of(**defaults)
    refuse_answered([name.lower() for name in dataframe.columns], "The data frame")  # a name's case means nothing to Spark
    places = find_columns(dataframe.columns, columns, otherwise)
    files = config if isinstance(config, Files) else _shared(config)
    if "address" not in places:
        files = replace(files, config=replace(files.config, geocoder=None))
    checker = files.open()
    if asks_a_server(checker.geocoder):
        raise InvalidInput("Spark's workers are too many to ask a server: use an address register, or give positions.")
    task = _Task(
        files=files,
        fingerprint=checker.fingerprint,
        columns=dict(columns or {}),
        defaults=defaults | {"on": (otherwise.on or checker.as_of).isoformat()},
    )
    return dataframe.mapInArrow(task, _answered(dataframe.schema))


def ship(spark: "SparkSession", config: str | Path | Config = DEFAULT) -> Files:
    """Let Spark copy the files that a config names to each executor, which needs no shared folder then.

    They travel from the driver as one archive, once to each executor, and last as long as the session. A national snapshot
    of gigabytes is better put into a shared folder, or into the executors' image.

    Parameters
    ----------
    spark
        A session with a SparkContext; Spark Connect has none.

    Raises
    ------
    MissingFile, DeclarationError, SnapshotInvalid, RegisterInvalid, FileRefused
        The config names something that can't be trusted; nothing was shipped.
    """
    from pyspark import SparkFiles  # noqa: PLC0415 - an extra

    shared = _shared(config)
    packed: dict[Path, Path] = {}
    inside = _moved(shared.config, lambda path: packed.setdefault(path, Path(f"{len(packed)}") / path.name))
    name = f"coverage-check-{shared.open().fingerprint[:16]}"
    archive = Path(SparkFiles.getRootDirectory()) / "shipped" / f"{name}.tar"  # which Spark removes in the end
    if not archive.exists():
        archive.parent.mkdir(exist_ok=True)
        part = archive.with_suffix(".part")
        with tarfile.open(part, "w") as tar:
            for path, place in packed.items():
                tar.add(path, place)
        part.rename(archive)
        spark.sparkContext.addArchive(f"{archive}#{name}")
    return Files(config=inside, archive=name)


@contextmanager
def typed_errors() -> Iterator[None]:
    """Raise what befell the executors as this package's errors, where the result of `check_orders` is asked for.

    Spark tries a task again (``spark.task.maxFailures``) before it gives a job up; then its error has many lines, and the
    cause is one of them. Errors that have nothing to do with the orders stay as they are.

    Raises
    ------
    MissingFile, DeclarationError, SnapshotInvalid, RegisterInvalid, FileRefused
        An executor can't use what the config names, or has something else than the driver.
    MissingExtra
        An executor's Python lacks this package, or one that it needs.
    WorkerDied
        A worker was ended from outside, again and again.
    """
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (PySparkException, Py4JError) as error:
        told = _told(str(error))
        if told is None:
            raise
        raise told from error


def _told(text: str) -> CoverageCheckError | None:
    """Find our own error in Spark's text."""
    if said := _SAID.findall(text):
        name, message = said[-1][0], " ".join(said[-1][1].split())
        kind = getattr(errors, name)
        error: CoverageCheckError = kind([message]) if issubclass(kind, DeclarationError) else kind(message)
        return error
    if lacked := _NO_MODULE.search(text):
        return MissingExtra(
            f"The executors' Python has no {lacked[1]}: install mobile-coverage-check[spark] there, and name that Python in "
            "PYSPARK_PYTHON."
        )
    if _ENDED.search(text):
        return WorkerDied(
            "A Spark worker was ended from outside, perhaps for want of memory: raise spark.executor.memoryOverhead, or "
            "lower spark.executor.cores, and start the job anew."
        )
    return None


_checkers: dict[str, Checker] = {}


def _checker(files: Files, fingerprint: str) -> Checker:
    """Open the files once in each Python worker; Spark forks it from a process that has opened nothing."""
    if fingerprint not in _checkers:
        checker = files.open()
        if checker.fingerprint != fingerprint:
            raise SnapshotInvalid(
                "An executor has another snapshot, register, product catalogue or version of coverage_check than the "
                "driver: give all machines the same, and start the job anew."
            )
        while len(_checkers) >= _KEPT:
            del _checkers[next(iter(_checkers))]
        _checkers[fingerprint] = checker
    return _checkers[fingerprint]


def _shared(config: str | Path | Config) -> Files:
    config = config if isinstance(config, Config) else read_config(config)
    if config.snapshot is None:  # it names an archive: the driver chooses for all
        config = replace(config, snapshot=Checker.from_config(config).snapshot.path)
    return Files(config=_moved(config, Path.absolute))


def _moved(config: Config, move: Callable[[Path], Path]) -> Config:
    """Give a config with its paths moved, and without caches: Spark's workers can't write one together."""

    def moved(geocoder: GeocoderConfig) -> GeocoderConfig:
        path = geocoder.path and move(geocoder.path)
        return replace(geocoder, path=path, cache=None, sources=tuple(map(moved, geocoder.sources)))

    return replace(
        config,
        snapshot=config.snapshot and move(config.snapshot),
        products=move(config.products),
        geocoder=config.geocoder and moved(config.geocoder),
    )


def _answered(given: "StructType") -> "StructType":
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType  # noqa: PLC0415 - an extra

    answers = [StructField(name, DoubleType() if name in NUMBERS else StringType()) for name in OUT]
    return StructType([*given.fields, *answers])

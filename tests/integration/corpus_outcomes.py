"""What becomes of files that broke other readers when each is declared as a coverage layer and imported.

    python -m tests.integration.corpus_outcomes

writes corpus_outcomes.csv beside this file anew: how many files of which folder and suffix had which outcome. Look at the
difference before you keep it: another GDAL may find other faults first, and a file more that is IMPORTED is a file more
that decisions rest on.
"""

import csv
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from coverage_check.coverage.snapshot import import_layers
from coverage_check.errors import CoverageCheckError, ImportFailed
from tests.delivery_folder import DeliveryFolder
from tests.shared import shared

TABLE = Path(__file__).with_suffix(".csv")
COLUMNS = ("folder", "suffix", "outcome", "count")

IMPORTED, SILENT, UNTYPED, HANGS = "IMPORTED", "SILENT_ZERO", "UNTYPED", "OVER_10_S"
NEVER = (SILENT, UNTYPED, HANGS)
DECLARATION = "DECLARATION"
"""A file of cells needs more declared than the table's one-size layer has."""

AT_ONCE = 2
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What an operator might say of a file that says nothing itself."""

    country: str
    metric_crs: str
    crs: str | None = None


AS_IT_IS = Declared(country="US", metric_crs="EPSG:5070")
IN_DEGREES = Declared(country="US", metric_crs="EPSG:5070", crs="EPSG:4326")
IN_METRES = Declared(country="CA", metric_crs="EPSG:26917", crs="EPSG:26917")
ELSEWHERE = Declared(country="GD", metric_crs="EPSG:32620")

NEXT = {
    (AS_IT_IS, "CRS_MISSING"): IN_DEGREES,
    (AS_IT_IS, "OUTSIDE_COUNTRY"): ELSEWHERE,
    (AS_IT_IS, "METRIC_CRS_UNFIT"): ELSEWHERE,
    (IN_DEGREES, "CRS_IMPLAUSIBLE"): IN_METRES,
}
"""Which declaration might be the right one, after a fault of the first."""

Row = tuple[str, str, str]


def outcomes(corpus: Path) -> Counter[Row]:
    """Import every file below a folder by itself, and count the outcomes by folder and suffix."""
    files = sorted(path for path in corpus.rglob("*") if path.is_file())
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(AT_ONCE) as pool:
        places = [Path(work) / str(number) for number in range(len(files))]
        found = list(pool.map(outcome, files, places))
    return Counter(
        (file.relative_to(corpus).parts[0], file.suffix.lower(), result) for file, result in zip(files, found, strict=True)
    )


def outcome(file: Path, work: Path) -> str:
    """Import one file, declared as well as may be, and name what became of it."""
    declared: Declared | None = AS_IT_IS
    result = ""
    while declared:
        start = time.monotonic()
        result = _imported(file, work, declared)
        if time.monotonic() - start > PATIENCE_S:
            return HANGS
        declared = next((NEXT[declared, kind] for kind in result.split("+") if (declared, kind) in NEXT), None)
    return result


def _imported(file: Path, work: Path, declared: Declared) -> str:
    folder = DeliveryFolder(work)
    today = datetime.now(UTC).date()
    folder.layer("a", str(file), country=declared.country, crs=declared.crs, published=today)
    try:
        snapshot = import_layers(folder.toml(metric_crs=declared.metric_crs), work / "snapshot", overwrite=True)
    except ImportFailed as error:
        return "+".join(sorted({_kind(fault) for fault in error.faults}))
    except CoverageCheckError as error:
        return error.code
    except Exception as error:  # noqa: BLE001 - to be counted
        sys.stderr.write(f"{file}: {error!r}\n")
        return UNTYPED
    (layer,) = snapshot.layers
    return IMPORTED if layer.features and layer.area_km2 else SILENT


def _kind(fault: str) -> str:
    """Take the code from a fault's end, or say that the declaration lacks something.

    A reader that ended by an error of Python's has met one that has no name yet.
    """
    if re.match(r"layers\.toml:\d+: ", fault):
        return DECLARATION
    found = re.search(r"\[([A-Z_]+)\]$", fault)
    return found.group(1) if found and "ended with code" not in fault else UNTYPED


def read_table() -> Counter[Row]:
    """Read the table that is kept."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return Counter({(row["folder"], row["suffix"], row["outcome"]): int(row["count"]) for row in csv.DictReader(file)})


def write_table(rows: Iterable[tuple[Row, int]]) -> None:
    """Write the table to be kept."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows((*row, count) for row, count in rows)


def listing(folder: Path) -> Iterator[tuple[str, int, int]]:
    """List all that lies in a folder, with size and time."""
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        yield str(path), status.st_size, status.st_mtime_ns


if __name__ == "__main__":
    write_table(sorted(outcomes(shared("corpus")).items()))

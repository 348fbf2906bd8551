"""A table from standard input, which is read twice as any file is."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def from_stdin(table: Path) -> Iterator[Path]:
    """Give the table's path; for ``-`` that of a copy of stdin, which nobody else may read."""
    if str(table) != "-":
        yield table
        return
    with tempfile.TemporaryDirectory(prefix="coverage-check-") as folder:
        copy = Path(folder) / "stdin"
        with copy.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield copy

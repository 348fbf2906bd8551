"""A table from standard input or another pipe, which is read twice as any file is."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def from_stdin(table: Path) -> Iterator[Path]:
    """Give the table's path; for ``-`` or a named pipe that of a copy, which nobody else may read."""
    stdin = str(table) == "-"
    if not stdin and not (table.is_fifo() or table.is_char_device()):
        yield table
        return
    with tempfile.TemporaryDirectory(prefix="coverage-check-") as folder:
        copy = Path(folder) / ("stdin" if stdin else table.name)
        with copy.open("wb") as out:
            if stdin:
                shutil.copyfileobj(sys.stdin.buffer, out)
            else:
                with table.open("rb") as pipe:
                    shutil.copyfileobj(pipe, out)
        yield copy

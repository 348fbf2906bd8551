"""A file that appears whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from coverage_check.errors import OutputRefused


@contextmanager
def whole(target: Path, *, private: bool = False) -> Iterator[TextIO]:
    """Write beside the target and move into place when all is written; leave nothing otherwise.

    Parameters
    ----------
    private
        Whether only its owner may read it.

    Raises
    ------
    OutputRefused
        It can't be written, or is no ordinary file.
    """
    target = ordinary(target)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise OutputRefused(f"{target} can't be written ({error.strerror}): choose another folder.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(0o600 if private else 0o644)
        Path(name).replace(target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise OutputRefused(f"{target} can't be written ({error.strerror}): nothing was left behind.") from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def ordinary(target: Path) -> Path:
    """Follow links to where an output shall lie, so that replacing it replaces no link, folder or device.

    Raises
    ------
    OutputRefused
        Something else than a file lies there.
    """
    target = Path(os.path.realpath(target))
    if target.exists() and not target.is_file():
        raise OutputRefused(f"{target} is no ordinary file: name another with -o.")
    return target

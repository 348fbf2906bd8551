"""A snapshot's folder appears whole or not at all: it is written beside its place and then renamed into it."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from coverage_check.coverage.manifest import NAME, Manifest
from coverage_check.errors import OutputRefused, SnapshotInvalid


@contextlib.contextmanager
def staging(output: Path) -> Iterator[Path]:
    """Give a folder beside the output to work in; it is gone afterwards.

    Raises
    ------
    OutputRefused
        The output holds something that is no snapshot, or nothing can be written beside it.
    """
    refuse_foreign(output)
    parent = output.absolute().parent
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{output.name}.", suffix=".importing", dir=parent))
    except OSError as error:
        raise OutputRefused(
            f"{output} can't be written ({error.strerror}): choose a folder in a place you may write."
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refuse_foreign(output: Path) -> None:
    """Refuse an output that is there and neither a snapshot nor an empty folder."""
    if not os.path.lexists(output):
        return
    if output.is_symlink() or not output.is_dir():
        raise OutputRefused(f"{output} is there and no folder: choose another name.")
    if any(output.iterdir()) and not (output / NAME).is_file():
        raise OutputRefused(f"{output} is there and no snapshot: choose another folder, for nothing in it is touched.")


def publish(staged: Path, output: Path, manifest: Manifest, *, overwrite: bool) -> None:
    """Move a finished snapshot into its place. A sound one with the same id stays.

    Raises
    ------
    OutputRefused
        Another snapshot is there and `overwrite` is False, or the system refuses.
    """
    refuse_foreign(output)
    if (output / NAME).exists():
        if _same(output, manifest):
            return
        if not overwrite:
            raise OutputRefused(f"{output} holds another snapshot: allow it to be overwritten, or choose another folder.")
    try:
        _sync(staged)
        if not (output / NAME).exists():
            staged.rename(output)
            return
        # Folders can't be exchanged in one step everywhere; the old one comes back if the second step fails.
        old = staged.with_name("replaced")
        output.rename(old)
        try:
            staged.rename(output)
        except OSError:
            old.rename(output)
            raise
    except OSError as error:
        raise OutputRefused(f"{output} can't be written ({error.strerror}): choose another folder.") from None


def _same(output: Path, manifest: Manifest) -> bool:
    try:
        there = Manifest.read(output)
        there.check_files(output, contents=True)
    except SnapshotInvalid:
        return False
    return there.id == manifest.id


def _sync(folder: Path) -> None:
    """Have the disk hold every file before the folder gets its name."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())

"""What is done so far, beside an output that appears whole or not at all.

`checked.csv.part/` is a folder that only its owner may open. It holds the output as far as it is written, and `answers`:
what the rows were told, chunk by chunk, each with its length and CRC-32. A run that goes on (`--resume`) writes the output
anew from the answers, in whatever format, and decides only what follows; so its bytes are those of an undisturbed run. The
first entry names the input, all that the answers depend on, and the day, by hash; another run's part is refused.
"""

import json
import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from coverage_check.errors import OutputRefused
from coverage_check.order_rows import Answer
from coverage_check.orders.packing import packed, unpacked
from coverage_check.orders.whole import ordinary, whole

_ENTRY = struct.Struct("<II")
_FORMAT = "coverage-check/part/2"


class Part:
    """The folder beside one output, locked by the run that writes it.

    Attributes
    ----------
    output
        Where the output is written until it is whole.
    kept
        How many chunks were answered by the run that this one goes on from.
    """

    def __init__(self, target: Path, file: BinaryIO, folder: Path, kept: int) -> None:
        self.output = folder / f"output{target.suffix}"
        self.kept = kept
        self._target = target
        self._folder = folder
        self._file = file
        self._file.seek(0, os.SEEK_END)

    def answers(self) -> Iterator[list[Answer]]:
        """Give the answers of each chunk that was kept, in order."""
        with (self._folder / "answers").open("rb") as file:
            entries = _entries(file)
            next(entries)
            for _ in range(self.kept):
                yield unpacked(next(entries)[0])

    def keep(self, answers: Sequence[Answer]) -> None:
        """Add a chunk's answers; they outlive this process as soon as this returns."""
        self._file.write(_entry(packed(answers)))
        self._file.flush()

    def write(self, text: str, target: Path) -> None:
        """Write a further output, whole or not at all; not even a kill leaves half of it beside it.

        Raises
        ------
        OutputRefused
            It can't be written, or is no ordinary file.
        """
        target = ordinary(target)
        here = self._folder / "further"
        here.write_text(text, encoding="utf-8", newline="")
        if here.stat().st_dev == _folder_of(target).stat().st_dev:
            _move(here, target)
            return
        with whole(target) as out:  # a file moves within its own file system only
            out.write(text)

    def finish(self) -> None:
        """Put the output in its place, whole and on the disk, and remove the part."""
        _move(self.output, self._target)
        self.remove()

    def remove(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self._folder, ignore_errors=True)


def begun(target: Path) -> Mapping[str, str]:
    """Tell what the part beside a target was begun with; empty if there is none."""
    try:
        with (_folder(target) / "answers").open("rb") as file:
            first, _ = next(_entries(file))
    except (OSError, StopIteration):
        return {}
    known = json.loads(zlib.decompress(first))
    return known if isinstance(known, dict) else {}


@contextmanager
def part_of(target: Path, identity: Mapping[str, str], *, resume: bool) -> Iterator[Part]:
    """Open the part beside a target: the one that is there if it shall be resumed, else a new one.

    Parameters
    ----------
    identity
        What the answers depend on, by name.

    Raises
    ------
    OutputRefused
        The folder can't be written, another run is writing there, or the part was begun with something else.
    """
    folder = _folder(target)
    identity = {"format": _FORMAT, **identity}
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder / "answers", os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OutputRefused(f"{target} can't be written ({error.strerror}): choose another folder.") from None
    with os.fdopen(descriptor, "r+b") as file:
        _lock(file, target)
        kept = _matching(file, target, identity) if resume else None
        if kept is None:
            file.truncate(0)
            file.write(_entry(zlib.compress(json.dumps(identity).encode())))
            file.flush()
        for other in folder.iterdir():
            if other.name != "answers":
                other.unlink()  # what a killed run was writing
        yield Part(target, file, folder, kept or 0)


def _folder(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def _matching(file: BinaryIO, target: Path, identity: Mapping[str, str]) -> int | None:
    """Count the chunks that were kept for this very run, and cut off what was being written; None if there is no part."""
    entries = _entries(file)
    try:
        first, end = next(entries)
    except StopIteration:
        return None
    known = json.loads(zlib.decompress(first))
    other = [name for name, value in identity.items() if known.get(name) != value]
    if other:
        message = f"{target.name}.part was begun with another {other[0]}: start anew, without --resume."
        raise OutputRefused(message)
    kept = 0
    for _, entry_end in entries:
        kept, end = kept + 1, entry_end
    file.truncate(end)
    return kept


def _entries(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Give each whole entry with the place where it ends; the first that isn't whole ends the file."""
    file.seek(0)
    end = 0
    while len(head := file.read(_ENTRY.size)) == _ENTRY.size:
        length, checksum = _ENTRY.unpack(head)
        content = file.read(length)
        if not length or len(content) != length or zlib.crc32(content) != checksum:
            return
        end += _ENTRY.size + length
        yield content, end


def _entry(content: bytes) -> bytes:
    return _ENTRY.pack(len(content), zlib.crc32(content)) + content


def _lock(file: BinaryIO, target: Path) -> None:
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise OutputRefused(f"Another run is writing {target.name}: wait for it, or name another file with -o.") from None


def _folder_of(target: Path) -> Path:
    if not target.parent.is_dir():
        raise OutputRefused(f"{target} can't be written (there is no such folder): make it, then go on with --resume.")
    return target.parent


def _move(written: Path, target: Path) -> None:
    """Put a file in its place, whole and on the disk."""
    with written.open("rb") as file:
        os.fsync(file.fileno())
    written.replace(target)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # not on Windows
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

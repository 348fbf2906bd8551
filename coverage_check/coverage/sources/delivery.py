"""Taking delivery: a private, hashed copy of a file and the files that belong to it.

What is hashed is what is read: a file that is replaced during the import can't get in. GDAL works beside the copy, so it
writes nothing beside the original and sees no file that we didn't choose.
"""

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources.formats import HEAD_BYTES, Format, check_content, format_of

MAX_BYTES = 16 << 30
"""Larger files are refused; a national layer of 15 million vertices has 0.3 GB."""

_CHUNK = 1 << 20
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivered file, copied.

    Attributes
    ----------
    main
        The copy. Its members lie beside it with the same stem.
    stem
        The original's name without suffix.
    sha256
        Of the file; for a format of several files of the text ``<sha256>  <suffix>`` with a line for each member, in the
        order of the suffixes, as `sha256sum` writes it. The stem doesn't matter, so a renamed delivery keeps its hash.
    size
        Bytes of all members.
    """

    main: Path
    stem: str
    format: Format
    sha256: str
    size: int


def take_delivery(path: Path, folder: Path, *, max_bytes: int = MAX_BYTES) -> Delivery:
    """Copy a file and its members into an empty folder.

    Raises
    ------
    Fault
        FILE_MISSING, NOT_A_FILE, FILE_CHANGED, TOO_LARGE, UNKNOWN_FORMAT, CONTENT_MISMATCH, EMPTY_FILE, MEMBER_MISSING or
        AMBIGUOUS_MEMBER.
    """
    kind = format_of(path)
    members = _members(path, kind)
    if kind.name == "GeoPackage":
        _refuse_open_database(path)
    digests: dict[str, str] = {}
    size = 0
    for suffix, member in sorted(members.items()):
        copy = folder / f"delivery{suffix}"
        digests[suffix], length = _copy(member, copy, max_bytes - size)
        size += length
    main = folder / f"delivery{path.suffix.lower()}"
    with main.open("rb") as file:
        check_content(kind, file.read(HEAD_BYTES))
    return Delivery(main=main, stem=path.stem, format=kind, sha256=_digest(digests), size=size)


def _members(path: Path, kind: Format) -> dict[str, Path]:
    """Find the files that belong to one, whatever the case of their suffixes, by suffix."""
    if not os.path.lexists(path):
        raise Fault("FILE_MISSING", "it is not there; correct the path or ask for the file.")
    members = {path.suffix.lower(): path}
    wanted = kind.required + kind.optional
    if not wanted:
        return members
    for neighbour in sorted(path.parent.iterdir()):
        suffix = neighbour.suffix.lower()
        if neighbour.stem != path.stem or suffix not in wanted:
            continue
        if suffix in members:
            raise Fault("AMBIGUOUS_MEMBER", f"it has two files {suffix} in upper and lower case; remove the wrong one.")
        members[suffix] = neighbour
    if missing := [suffix for suffix in kind.required if suffix not in members]:
        raise Fault(
            "MEMBER_MISSING", f"its {' and '.join(missing)} is missing; a {kind.name} needs it, so ask for the complete set."
        )
    return members


def _copy(path: Path, copy: Path, max_bytes: int) -> tuple[str, int]:
    """Copy a regular file and hash what was copied."""
    with contextlib.ExitStack() as stack:
        try:
            source = os.open(path, _FLAGS)
        except FileNotFoundError:
            raise Fault("FILE_MISSING", "it is not there; correct the path or ask for the file.") from None
        except PermissionError:
            raise Fault("FILE_MISSING", "its permissions forbid reading; change them.") from None
        except OSError:
            raise Fault("NOT_A_FILE", f"{path.name} is a link or device; name the file itself.") from None
        stack.callback(os.close, source)
        before = os.fstat(source)
        if not stat.S_ISREG(before.st_mode):
            raise Fault("NOT_A_FILE", f"{path.name} is a folder, pipe or device; name a file.")
        if before.st_size > max_bytes:
            raise Fault("TOO_LARGE", f"it has more than {MAX_BYTES >> 30} GiB; deliver it in parts.")
        target = stack.enter_context(copy.open("xb"))
        digest = hashlib.sha256()
        length = 0
        while chunk := os.read(source, _CHUNK):
            digest.update(chunk)
            target.write(chunk)
            length += len(chunk)
            if length > before.st_size:
                break
        after = os.fstat(source)
    if (length, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise Fault("FILE_CHANGED", f"{path.name} changed while it was read; import again when its delivery is complete.")
    return digest.hexdigest(), length


def _digest(digests: dict[str, str]) -> str:
    if len(digests) == 1:
        return next(iter(digests.values()))
    listing = "".join(f"{digest}  {suffix}\n" for suffix, digest in sorted(digests.items()))
    return hashlib.sha256(listing.encode("ascii")).hexdigest()


def _refuse_open_database(path: Path) -> None:
    """Refuse a GeoPackage whose last changes still lie in its write-ahead log: the copy would lack them."""
    log = path.with_name(path.name + "-wal")
    with contextlib.suppress(OSError):
        if log.stat().st_size:
            raise Fault(
                "FILE_OPEN", f"{log.name} beside it holds changes not yet in it; close the program that has it open."
            )

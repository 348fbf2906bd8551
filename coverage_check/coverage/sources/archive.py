"""Zips, walked by us and within limits: GDAL would read any member as anything, and follow links out of the archive.

A zip is refused whole if any of its members means harm, wanted or not. What is taken out gets a name of ours.
"""

import errno
import lzma
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources.features import Features, Request
from coverage_check.coverage.sources.formats import FORMATS, HEAD_BYTES, Format, check_content, declared_format

MAX_MEMBERS = 1_000
MAX_UNPACKED_BYTES = 2 << 30
MAX_RATIO = 200
"""Coverage files pack 5 to 20 times; a thousand times is a bomb."""

HARMLESS_BYTES = 16 << 20
"""What any zip may unpack to, however well it packs."""

_ENCRYPTED = 0x1 | 0x40
_OUTWARD = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f]")
_NESTED = (".zip", ".kmz", ".7z", ".gz", ".tar", ".rar")
_PLAIN_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,  # an unknown compression
    EOFError,
    RuntimeError,
    ValueError,
)
Members = dict[PurePosixPath, zipfile.ZipInfo]


def read(path: Path, request: Request, kind: Format) -> Features:  # noqa: ARG001 - what every reader takes
    """Read the one delivery that a zip holds.

    Raises
    ------
    Fault
        UNSAFE_FILE, UNREADABLE, TOO_LARGE, NO_LAYER, AMBIGUOUS_MEMBER, MEMBER_MISSING, CONTENT_MISMATCH or EXTRA_MISSING,
        and all of the reader of what is inside.
    """
    with opened(path) as (archive, members):
        main, inner = _only_delivery(members, request)
        for name in _belonging(members, main, inner):
            take_out(archive, members[name], path.with_suffix(name.suffix.lower()))
    if inner.package and find_spec(inner.package) is None:
        raise Fault("EXTRA_MISSING", f"it holds {inner.name}; install mobile-coverage-check[{inner.extra}].")
    unpacked = path.with_suffix(main.suffix.lower())
    with unpacked.open("rb") as file:
        check_content(inner, file.read(HEAD_BYTES))
    reader = import_module(f"coverage_check.coverage.sources.{inner.reader}")
    features: Features = reader.read(unpacked, replace(request, stem=main.stem), inner)
    return features


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Members]]:
    """Open a zip whose members have all been looked at; give those that are files.

    Raises
    ------
    Fault
        UNREADABLE or UNSAFE_FILE; TOO_LARGE if taking something out exceeds what the process may write.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _checked(archive.infolist(), path.stat().st_size)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise Fault("TOO_LARGE", "it unpacks to more than a zip of its size may; deliver it unpacked.") from None
        raise _unreadable(error) from None
    except _BROKEN as error:
        raise _unreadable(error) from None


def take_out(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Unpack one member. It never gives more bytes than it declared, and its checksum must be right."""
    with archive.open(member) as packed, target.open("xb") as file:
        shutil.copyfileobj(packed, file)


def _checked(infos: list[zipfile.ZipInfo], packed_bytes: int) -> Members:
    if len(infos) > MAX_MEMBERS:
        raise Fault("UNSAFE_FILE", f"it is a zip of {len(infos)} files; ask its publisher for one with the coverage alone.")
    members: Members = {}
    seen: set[str] = set()
    for info in infos:
        _check_member(info)
        name = PurePosixPath(info.filename.replace("\\", "/"))
        if str(name).casefold() in seen:
            raise Fault("UNSAFE_FILE", "it holds two files of the same name; ask its publisher for a sound zip.")
        seen.add(str(name).casefold())
        if not info.is_dir():
            members[name] = info
    unpacked = sum(info.file_size for info in infos)
    if unpacked > MAX_UNPACKED_BYTES or unpacked > max(HARMLESS_BYTES, MAX_RATIO * packed_bytes):
        raise Fault("UNSAFE_FILE", f"it unpacks to {unpacked >> 20} MiB; ask its publisher for the file unpacked.")
    return members


def _check_member(info: zipfile.ZipInfo) -> None:
    # The name as the archive has it: zipfile ends it at a NUL.
    if _OUTWARD.search(info.orig_filename):
        raise Fault("UNSAFE_FILE", "it holds a file with a path that leads out of it; ask its publisher for a sound zip.")
    if stat.S_IFMT(info.external_attr >> 16) not in _PLAIN_KINDS:
        raise Fault("UNSAFE_FILE", "it holds a link or device; ask its publisher for plain files.")
    if info.flag_bits & _ENCRYPTED:
        raise Fault("UNREADABLE", "it is encrypted; ask its publisher for an open file.")


def _only_delivery(members: Members, request: Request) -> tuple[PurePosixPath, Format]:
    """Find the one file that can be read as the coverage that was declared: cells or polygons."""
    if any(name.suffix.lower() in _NESTED for name in members):
        raise Fault("UNSAFE_FILE", "it holds another archive; unpack it and name the file inside.")
    declared = [kind for kind in FORMATS if kind.cells == (request.cells is not None)]
    kinds = {suffix: kind for kind in declared for suffix in kind.suffixes}
    found = [(name, kinds[name.suffix.lower()]) for name in members if name.suffix.lower() in kinds and _meant(name)]
    if not found:
        what = "polygons" if request.cells is None else "cells"
        raise Fault("NO_LAYER", f"it is a zip without {what} that can be read; unpack it and look what is inside.")
    if len(found) > 1:
        raise Fault("AMBIGUOUS_MEMBER", f"it is a zip of {len(found)} coverage files; unpack it and name one.")
    name, kind = found[0]
    return name, declared_format(kind, request.cells.naming if request.cells else None)


def _meant(name: PurePosixPath) -> bool:
    """Leave out what macOS adds to a zip."""
    return name.parts[0] != "__MACOSX" and not name.name.startswith("._")


def _belonging(members: Members, main: PurePosixPath, kind: Format) -> list[PurePosixPath]:
    """Give a file and the files that belong to it: the same folder and stem, the suffix in any case."""
    suffixes = (main.suffix.lower(), *kind.required, *kind.optional)
    belonging = [
        name for name in members if name.with_suffix("") == main.with_suffix("") and name.suffix.lower() in suffixes
    ]
    have = [name.suffix.lower() for name in belonging]
    if missing := [suffix for suffix in kind.required if suffix not in have]:
        raise Fault(
            "MEMBER_MISSING", f"its {' and '.join(missing)} is missing; a {kind.name} needs it, so ask for the complete set."
        )
    if len(set(have)) < len(have):
        raise Fault("AMBIGUOUS_MEMBER", "it has the same file in upper and lower case; ask its publisher for a sound zip.")
    return belonging


def _unreadable(error: Exception) -> Fault:
    return Fault("UNREADABLE", f"it is no sound zip ({type(error).__name__}); ask its publisher for a complete file.")

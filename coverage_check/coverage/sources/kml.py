"""KML and KMZ, always longitude and latitude. A KMZ is a zip, which we walk: GDAL would read any member as anything."""

import mmap
import re
import shutil
import zipfile
from pathlib import Path

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources import vector
from coverage_check.coverage.sources.features import Features, Request
from coverage_check.coverage.sources.formats import HEAD_BYTES, Format, check_content, format_of

MAX_MEMBERS = 1_000
MAX_UNPACKED_BYTES = 2 << 30
MAX_RATIO = 200
"""A KML packs 5 to 20 times; a thousand times is a bomb."""

_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCRYPTED = 0x1


def read(path: Path, request: Request, kind: Format) -> Features:
    """Read a KML, or the main KML of a KMZ.

    Raises
    ------
    Fault
        UNSAFE_FILE, UNREADABLE or CONTENT_MISMATCH, and all of `vector.read`.
    """
    if kind.name == "KMZ":
        path = unpack(path)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if _DOCTYPE.search(content):
            raise Fault("UNSAFE_FILE", "it defines its own XML entities; ask its publisher for a plain KML.")
    return vector.read(path, request, kind)


def unpack(archive: Path) -> Path:
    """Unpack the main KML of a KMZ beside it, within limits."""
    main = archive.with_suffix(".kml")
    try:
        with zipfile.ZipFile(archive) as members:
            member = _main_member(members.infolist(), archive.stat().st_size)
            with members.open(member) as packed, main.open("xb") as file:
                shutil.copyfileobj(packed, file)  # never gives more than the member says it has
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise Fault(
            "UNREADABLE", f"it is no sound zip ({type(error).__name__}); ask its publisher for a complete file."
        ) from None
    with main.open("rb") as file:
        check_content(format_of(main), file.read(HEAD_BYTES))
    return main


def _main_member(members: list[zipfile.ZipInfo], packed_bytes: int) -> zipfile.ZipInfo:
    """Choose the KML that a viewer would show: the only one at the top, or doc.kml."""
    if len(members) > MAX_MEMBERS:
        raise Fault("UNSAFE_FILE", f"it is a zip of {len(members)} files; ask its publisher for a plain KMZ.")
    top = [member for member in members if member.filename.lower().endswith(".kml") and "/" not in member.filename]
    if len(top) > 1:
        top = [member for member in top if member.filename.lower() == "doc.kml"]
    if len(top) != 1:
        raise Fault("NO_LAYER", "it holds no KML, or several and no doc.kml; ask its publisher for a plain KMZ.")
    member = top[0]
    if member.flag_bits & _ENCRYPTED:
        raise Fault("UNREADABLE", "it is encrypted; ask its publisher for an open file.")
    if member.file_size > MAX_UNPACKED_BYTES or member.file_size > MAX_RATIO * packed_bytes:
        raise Fault("UNSAFE_FILE", f"it unpacks to {member.file_size >> 20} MiB; ask its publisher for a plain KML.")
    return member

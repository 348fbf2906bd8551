"""KML, always longitude and latitude, and KMZ, a zip around it."""

import mmap
import re
from pathlib import Path

from coverage_check.coverage.fault import Fault
from coverage_check.coverage.sources import archive, vector
from coverage_check.coverage.sources.features import Features, Request
from coverage_check.coverage.sources.formats import HEAD_BYTES, Format, check_content, format_of

_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


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


def unpack(path: Path) -> Path:
    """Unpack beside a KMZ the KML that a viewer would show: the only one at the top, or doc.kml."""
    main = path.with_suffix(".kml")
    with archive.opened(path) as (packed, members):
        top = [name for name in members if name.suffix.lower() == ".kml" and len(name.parts) == 1]
        if len(top) > 1:
            top = [name for name in top if name.name.lower() == "doc.kml"]
        if len(top) != 1:
            raise Fault("NO_LAYER", "it holds no KML, or several and no doc.kml; ask its publisher for a plain KMZ.")
        archive.take_out(packed, members[top[0]], main)
    with main.open("rb") as file:
        check_content(format_of(main), file.read(HEAD_BYTES))
    return main

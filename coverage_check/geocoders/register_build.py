"""Address file → register: one SQLite file, written whole or not at all, the same bytes for the same input."""

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

from coverage_check.errors import CoverageCheckError, FileRefused, OutputRefused
from coverage_check.geocoders.address_files import open_address_file
from coverage_check.geocoders.house_rows import HouseRows, position_system
from coverage_check.geocoders.presets import assign, choose
from coverage_check.geocoders.register_file import RegisterInfo, seal, write_info
from coverage_check.geocoders.register_filling import Filling

_COUNTRY_BOXES = {"se": (10.5, 55.0, 24.5, 69.5)}
"""West, south, east and north of a country, degrees: only to notice swapped positions."""


def build_register(  # noqa: PLR0913 - facts that only the caller can tell
    source: str | Path,
    output: str | Path,
    *,
    preset: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: str | None = None,
    country: str = "se",
    source_name: str = "",
    licence: str = "",
    attribution: str = "",
    published: date | None = None,
) -> RegisterInfo:
    """Compile an address file for look-up.

    Parameters
    ----------
    source
        CSV (also gzipped), GeoJSON (whole or a feature a line) or GeoPackage.
    output
        The register. It appears whole or not at all, and replaces an older one at once.
    preset
        A row of `presets.PRESETS`; without one it is chosen by the columns.
    columns
        The caller's own choice of columns, field → column: ``{"street": "gata"}``.
    crs
        System of easting and northing, or of a geometry whose file doesn't say.
    country
        Two letters, for the record and to notice swapped positions.
    source_name, licence, attribution, published
        Kept with the register and shown; without `source_name` the file's name.

    Returns
    -------
    RegisterInfo
        What the register holds, and how many rows were left out and why.

    Raises
    ------
    MissingFile
        The source is not there.
    FileRefused
        It can't be read, or has no usable address.
    InvalidInput
        A preset, field, column or coordinate system that does not exist.
    OutputRefused
        The register can't be written there.
    """
    source, output = Path(source), Path(output)
    file = open_address_file(source)
    kind = choose(preset, file.headings)
    assigned = assign(kind, file.headings, columns)
    if not {"street", "address"} & assigned.keys():
        cure = "name it with --column street=NAME (columns={'street': …} in Python)"
        raise FileRefused(f"{source} has no column of streets or addresses: {cure}.")
    system = position_system(file, kind, assigned, crs)
    houses = HouseRows(file, kind, assigned, system)
    info = RegisterInfo(
        source=source_name or source.name,
        source_sha256=_digest(source),
        published=published.isoformat() if published else "",
        licence=licence,
        attribution=attribution,
        country=country.lower(),
        preset=kind.id,
        crs=system,
    )
    with _whole_or_not(output) as temporary:
        with closing(sqlite3.connect(temporary, isolation_level=None)) as database:
            info = _fill(source, database, houses, info)
        return replace(info, sha256=seal(temporary))


def _fill(source: Path, database: sqlite3.Connection, houses: HouseRows, info: RegisterInfo) -> RegisterInfo:
    filling = Filling(database)
    filling.take(houses)
    if not filling.addresses:
        reasons = "; ".join(f"{reason}: {count}" for reason, count in houses.rejects.most_common()) or "no rows"
        raise FileRefused(f"{source} has no usable address ({reasons}): check its columns and its coordinate system.")
    _refuse_swapped(source, database, info.country)
    filling.finish()
    info = replace(
        info,
        rows=houses.rows,
        addresses=filling.addresses,
        streets=filling.streets,
        postcodes=filling.postcodes,
        places=filling.places,
        duplicates=filling.duplicates,
        rejects=dict(sorted(houses.rejects.items())),
    )
    write_info(database, info)
    database.execute("commit")
    return info


@contextmanager
def _whole_or_not(output: Path) -> Iterator[Path]:
    """Give a name beside the output; the file there takes the output's place only if all went well."""
    temporary = output.with_name(f".{output.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        temporary.touch()
        try:
            yield temporary
        except sqlite3.Error as error:
            raise OutputRefused(f"{output} can't be written ({error}): is the disk full?") from None
        temporary.replace(output)
    except CoverageCheckError:
        raise
    except OSError as error:
        raise OutputRefused(f"{output} can't be written ({error.strerror}): choose another place.") from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def _refuse_swapped(source: Path, database: sqlite3.Connection, country: str) -> None:
    """Refuse a file whose houses are all abroad, and at home with latitude and longitude exchanged."""
    if country not in _COUNTRY_BOXES:
        return
    west, south, east, north = _COUNTRY_BOXES[country]
    ((lat, lon),) = database.execute("select avg(lat) / 1e6, avg(lon) / 1e6 from address").fetchall()
    if not (west < lon < east and south < lat < north) and west < lat < east and south < lon < north:
        raise FileRefused(f"{source} has latitude and longitude exchanged: exchange the headings of the two columns.")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

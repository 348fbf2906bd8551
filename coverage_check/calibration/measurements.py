"""Measurements of the signal, read from a table: position, time, technology, network, dBm, and which drive they are of."""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from coverage_check.declaration import nearest
from coverage_check.errors import MissingExtra, MissingFile, TableInvalid
from coverage_check.technology import Environment, Receiver, Technology

ALIASES: Mapping[str, tuple[str, ...]] = {
    "lat": ("lat", "latitude", "latitud"),
    "lon": ("lon", "lng", "long", "longitude", "longitud"),
    "signal": ("signal", "signal_dbm", "dbm", "rsrp", "rsrp_dbm", "ss_rsrp", "rscp", "rxlev", "level_dbm"),
    "time": ("time", "timestamp", "measured_at", "datetime", "date_time", "tid", "tidpunkt"),
    "technology": ("technology", "act", "rat", "radio", "network_type", "teknik"),
    "network": ("network", "operator", "carrier", "nät", "operatör"),
    "drive": ("drive", "drive_id", "session", "session_id", "run", "trip", "körning"),
}
REQUIRED = ("lat", "lon", "signal")

_TECHNOLOGIES = {
    **dict.fromkeys(("2g", "gsm", "gprs", "edge"), Technology.G2),
    **dict.fromkeys(("3g", "umts", "wcdma", "hspa", "hspa+", "hsdpa"), Technology.G3),
    **dict.fromkeys(("4g", "lte", "lte+", "lte-a", "lte_ca"), Technology.G4),
    **dict.fromkeys(("5g", "nr", "nr_sa", "nr_nsa"), Technology.G5),
}
_WEAKEST_DBM, _STRONGEST_DBM = -160.0, 0.0
"""A dBm outside these is a mark for "none" or another unit, not a signal."""
_MILLISECONDS_FROM = 1e11

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurements:
    """Readings of the signal, one an element.

    Attributes
    ----------
    lat, lon
        float64[n]: WGS 84 degrees.
    signal_dbm
        float64[n].
    time_s
        float64[n]: seconds since 1970, UTC; NaN where the table has no time.
    technology, network, drive
        object[n]: None or "" where the table doesn't say.
    refused
        Rows that could not be read, by cause.
    environment, receiver
        How they were taken: on foot outdoors, in a vehicle or indoors, and with what.
    day
        When those without a time were taken; None where nobody knows.
    measured_by
        Who took them; "" where nobody says.
    """

    lat: Floats
    lon: Floats
    signal_dbm: Floats
    time_s: Floats
    technology: npt.NDArray[np.object_]
    network: npt.NDArray[np.object_]
    drive: npt.NDArray[np.object_]
    refused: Mapping[str, int]
    environment: Environment = Environment.OUTDOOR
    receiver: Receiver = Receiver.HANDSET
    day: date | None = None
    measured_by: str = ""

    def __len__(self) -> int:
        return len(self.lat)


def read_measurements(*paths: str | Path, columns: Mapping[str, str] | None = None) -> Measurements:
    """Read tables of measurements; each file is a drive of its own unless a column says otherwise.

    Parameters
    ----------
    paths
        CSV (comma, semicolon or tab; UTF-8) or Parquet.
    columns
        Canonical name → the file's column, where the names don't say it: lat, lon, signal, time, technology, network, drive.
        How the readings were taken, `dataclasses.replace` says.

    Raises
    ------
    MissingFile
        A file is not there.
    TableInvalid
        A file is no table, or lacks a column.
    MissingExtra
        Parquet without the extra `parquet`.
    """
    kept: list[tuple[Any, ...]] = []
    refused: dict[str, int] = {}
    for path in map(Path, paths):
        if not path.is_file():
            raise MissingFile(f"There is no file {path}: name a CSV or Parquet file of measurements.")
        header, rows = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
        places = _find_columns(header, columns or {}, path.name)
        for row in rows:
            reading = _reading(row, places, path.stem)
            if isinstance(reading, str):
                refused[reading] = refused.get(reading, 0) + 1
            else:
                kept.append(reading)
    lat, lon, signal, time, technology, network, drive = zip(*kept, strict=True) if kept else ((),) * 7
    return Measurements(
        lat=np.array(lat, np.float64),
        lon=np.array(lon, np.float64),
        signal_dbm=np.array(signal, np.float64),
        time_s=np.array(time, np.float64),
        technology=np.array(technology, np.object_),
        network=np.array(network, np.object_),
        drive=np.array(drive, np.object_),
        refused=refused,
    )


_Table = tuple[list[str], Iterable[list[Any]]]


def _csv(path: Path) -> _Table:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise TableInvalid(f"{path.name} is not UTF-8 text: save it as CSV in UTF-8.") from error
    if not lines:
        raise TableInvalid(f"{path.name} is empty: it needs a header and rows.")
    delimiter = max(",;\t", key=lines[0].count)
    rows = csv.reader(lines, delimiter=delimiter)
    return next(rows), (row for row in rows if row)


def _parquet(path: Path) -> _Table:
    try:
        from pyarrow import ArrowInvalid, parquet  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtra("Parquet needs pyarrow: install mobile-coverage-check[parquet].") from error
    try:
        table = parquet.read_table(path)
    except ArrowInvalid as error:
        raise TableInvalid(f"{path.name} is no Parquet file: export it anew.") from error
    columns = [column.to_pylist() for column in table.columns]
    return table.column_names, ([column[n] for column in columns] for n in range(table.num_rows))


def _find_columns(header: list[str], columns: Mapping[str, str], name: str) -> dict[str, int]:
    """Find each canonical column: as the caller named it, else by its aliases; never a guess between two."""
    folded = [str(title).strip().casefold() for title in header]
    places = {}
    for canonical, aliases in ALIASES.items():
        if canonical in columns:
            if columns[canonical] not in header:
                hint = nearest(columns[canonical], header) or "."
                raise TableInvalid(f"{name} has no column {columns[canonical]!r}{hint}")
            places[canonical] = header.index(columns[canonical])
            continue
        found = [n for n, title in enumerate(folded) if title in aliases]
        if len(found) > 1:
            both = " and ".join(repr(header[n]) for n in found)
            raise TableInvalid(f"{name}: {both} could both be the {canonical}: choose with --column {canonical}=NAME.")
        if found:
            places[canonical] = found[0]
        elif canonical in REQUIRED:
            raise TableInvalid(f"{name} has no column for {canonical}: name it with --column {canonical}=NAME.")
    return places


def _reading(row: list[Any], places: Mapping[str, int], drive: str) -> tuple[Any, ...] | str:
    """Read one row, or say why it can't be."""
    if len(row) <= max(places.values()):
        return "too few cells"
    lat, lon, signal = (_number(row[places[name]]) for name in REQUIRED)
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        return "no position"
    if not _WEAKEST_DBM <= signal < _STRONGEST_DBM:
        return "no signal in dBm"
    cells = {name: row[place] for name, place in places.items()}
    said = str(cells.get("technology") or "").strip()
    technology = _TECHNOLOGIES.get(said.casefold())
    if said and technology is None:
        return "unknown technology"
    time = _seconds(cells["time"]) if "time" in cells else math.nan
    if time is None:
        return "no time"
    network = str(cells.get("network") or "").strip()
    return lat, lon, signal, time, technology, network, f"{drive} {cells.get('drive', '')}".strip()


def _number(cell: Any) -> float:
    try:
        return float(str(cell).strip().replace(",", "."))
    except ValueError:
        return math.nan


def _seconds(cell: Any) -> float | None:
    """Read ISO 8601 (UTC if it names no zone) or seconds or milliseconds since 1970."""
    number = _number(cell)
    if math.isfinite(number):
        return number / 1000 if number > _MILLISECONDS_FROM else number
    try:
        moment = datetime.fromisoformat(str(cell).strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

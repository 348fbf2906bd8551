"""How far houses lie from their middle, and how densely they stand."""

import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

from coverage_check.geocoders.register_file import POSTCODE

METRES_PER_DEGREE = 111_195
"""Of latitude, on a sphere of 6,371 km: 0.3 % off at most, and only spreads rest on it."""

URBAN_HOUSES_PER_KM2 = 110
"""Eurostat calls a cell of 1 km² with 300 inhabitants urban; Sweden has 2.7 inhabitants an address [A]."""


def distance_m(*, lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Give the distance between two places of one region, metres."""
    northward = (to_lat - lat) * METRES_PER_DEGREE
    eastward = (to_lon - lon) * METRES_PER_DEGREE * math.cos(math.radians((lat + to_lat) / 2))
    return math.hypot(northward, eastward)


def middle(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Give the mean latitude and longitude of (lat, lon) degrees, and the distances that 50 and 95 % of them keep.

    >>> middle([(59.8, 18.9), (59.8, 18.9)])
    (59.8, 18.9, 0.0, 0.0)
    """
    count = len(points)
    lat = math.fsum(point[0] for point in points) / count
    lon = math.fsum(point[1] for point in points) / count
    east = METRES_PER_DEGREE * math.cos(math.radians(lat))
    away = sorted(math.hypot((y - lat) * METRES_PER_DEGREE, (x - lon) * east) for y, x in points)
    return lat, lon, away[math.ceil(0.50 * count) - 1], away[math.ceil(0.95 * count) - 1]


def measure_places(database: sqlite3.Connection) -> None:
    """Store the middle and the spread of every place, from its own houses."""
    by_postcode = "select postcode, lat, lon from address where postcode > 0 order by postcode"
    by_area = (
        "select w.place, a.lat, a.lon from within w join place p on p.id = w.place join address a on a.area = w.area "
        "where p.kind <> ? order by w.place"
    )
    measured = [*_measured(database.execute(by_postcode)), *_measured(database.execute(by_area, (POSTCODE,)))]
    sentence = "update place set houses = ?, lat = ?, lon = ?, q50_m = ?, q95_m = ? where id = ?"
    database.executemany(sentence, measured)


def _measured(rows: Iterable[tuple[int, int, int]]) -> Iterable[tuple[float, ...]]:
    for place, group in groupby(rows, itemgetter(0)):
        points = [(lat / 1e6, lon / 1e6) for _, lat, lon in group]
        yield (len(points), *middle(points), place)


def mark_urban(database: sqlite3.Connection) -> None:
    """Store for each area whether most of its houses stand in cells of 1 km² that are urban."""
    density = Counter(_cell(lat, lon) for lat, lon in database.execute("select lat, lon from address"))
    rows = database.execute("select area, lat, lon from address order by area")
    marks = []
    for area, group in groupby(rows, itemgetter(0)):
        urban = [density[_cell(lat, lon)] >= URBAN_HOUSES_PER_KM2 for _, lat, lon in group]
        marks.append((int(2 * sum(urban) > len(urban)), area))
    database.executemany("update area set urban = ? where id = ?", marks)


def _cell(lat: int, lon: int) -> tuple[int, int]:
    """Give the cell of 1 km that a place is in: cells stand in rows along the parallels."""
    row = int(lat * (METRES_PER_DEGREE / 1e9))
    return row, int(lon * (METRES_PER_DEGREE / 1e9) * math.cos(row * 1_000 / METRES_PER_DEGREE * math.pi / 180))

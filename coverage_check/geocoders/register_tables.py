"""What is asked of a register's tables, one small question a method."""

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from coverage_check.geocoders.register_file import LEVELS, POSTCODE
from coverage_check.geocoders.spelling import edits, halves, slips, tolerance
from coverage_check.location import LocationLevel

_AREAS = """
select a.id, s.text, coalesce(p.text, ''), a.urban, n.spelled
from name n join area a on a.street = n.street join street s on s.id = a.street left join place p on p.id = a.place
where n.key = ?
and (? is null or exists (select 1 from within w where w.area = a.id and w.place in (select value from json_each(?))))
"""
_HOUSES = """
select a.number, a.letter, a.postcode, coalesce(p.text, ''), a.lat, a.lon, a.level
from address a left join place p on p.id = a.postcode where a.area = ?
"""
_PLACE = "select id, kind, text, houses, lat, lon, q50_m, q95_m from place"
_PLACES_OF = """
select area, place from within
where place in (select value from json_each(?)) and area in (select value from json_each(?))
"""
_OVERLAP = """
select 1 from within v join within w on w.area = v.area
where v.place in (select value from json_each(?)) and w.place in (select value from json_each(?)) limit 1
"""
_NAMES = """
select distinct n.key from within w join area a on a.id = w.area join name n on n.street = a.street
where w.place = ? and length(n.key) between ? and ?
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A postcode, town, district or municipality, with the middle and spread of its own houses."""

    id: int
    kind: int
    text: str
    houses: int
    lat: float
    lon: float
    q50_m: float
    q95_m: float


@dataclass(frozen=True, slots=True)
class Area:
    """One street in one town. `spelled` is the name that was found, as it is compared."""

    id: int
    street: str
    place: str
    urban: bool
    spelled: str


@dataclass(frozen=True, slots=True)
class HouseRow:
    """One house of an area; `postcode_id` 0 is none."""

    number: int
    letter: str
    postcode_id: int
    postcode: str
    lat: float
    lon: float
    level: LocationLevel


class Tables:
    """The tables behind one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._run = connection.execute

    def postcode(self, code: str) -> Place | None:
        """Find a postcode."""
        found = self._run(f"{_PLACE} where key = ? and kind = ?", (code, POSTCODE)).fetchone()
        return Place(*found) if found else None

    def places(self, key: str) -> tuple[Place, ...]:
        """Find the towns, districts and municipalities of that name."""
        rows = self._run(f"{_PLACE} where key = ? and kind <> ? order by id", (key, POSTCODE))
        return tuple(Place(*row) for row in rows)

    def places_near(self, key: str) -> tuple[Place, ...]:
        """Find the places whose name is one edit from this one, by beginning or end: both are indexed."""
        if not tolerance(key):
            return ()
        head, tail = halves(key)
        near: dict[int, Place] = {}
        for column, start in (("key", head), ("mirrored", tail[::-1])):
            condition = f"where {column} between ? and ? and kind <> ? and length(key) between ? and ?"
            bounds = (start, start + "\U0010ffff", POSTCODE, len(key) - 1, len(key) + 1)
            for row in self._run(f"{_PLACE.replace('text', 'text, key', 1)} {condition}", bounds):
                if edits(key, row[3], 1) == 1:
                    near[row[0]] = Place(*row[:3], *row[4:])
        return tuple(near[place] for place in sorted(near))

    def areas(self, keys: Iterable[str], places: Collection[int] | None) -> list[Area]:
        """Find the streets of these names; those in any of the places, or all of them if places is None."""
        found: dict[int, Area] = {}
        within = None if places is None else _array(places)
        for key in keys:
            rows = self._run(_AREAS, (key, within, within))
            for area, street, place, urban, spelled in rows:
                if area not in found or spelled:
                    found[area] = Area(area, street, place, bool(urban), spelled)
        return [found[area] for area in sorted(found)]

    def places_of(self, areas: Collection[int], places: Collection[int]) -> dict[int, set[int]]:
        """Tell for each area which of the places it is in."""
        found: dict[int, set[int]] = {area: set() for area in areas}
        for area, place in self._run(_PLACES_OF, (_array(places), _array(areas))):
            found[area].add(place)
        return found

    def overlap(self, one: Collection[int], other: Collection[int]) -> bool:
        """Tell whether some street is in both."""
        return self._run(_OVERLAP, (_array(one), _array(other))).fetchone() is not None

    def houses(self, area: int, number: int | None = None) -> list[HouseRow]:
        """Find the houses of that number, or all of an area."""
        every = number is None
        rows = self._run(_HOUSES, (area,)) if every else self._run(_HOUSES + " and a.number = ?", (area, number))
        return [
            HouseRow(number, letter, code, text, lat / 1e6, lon / 1e6, LEVELS[level])
            for number, letter, code, text, lat, lon, level in rows
        ]

    def names_near(self, key: str, place: int, limit: int) -> dict[str, int]:
        """Find the street names of a place nearest to this one, with the number of edits: the fewest that there are.

        Names that differ in a digit are other names: ``Tomt 5`` is not a slip for ``Tomt 6``.
        """
        most = tolerance(key)
        rows = self._run(_NAMES, (place, len(key) - most, len(key) + most))
        digits = _digits(key)
        names = [name for (name,) in rows if name != key and _digits(name) == digits]
        head, tail = halves(key)
        halved = [name for name in names if name.startswith(head) or name.endswith(tail)]
        for allowed, some in ((1, halved), (2, names)):
            near = [name for name in some if slips(key, name) == allowed] if allowed <= most else []
            if near:
                return dict.fromkeys(sorted(near)[:limit], allowed)
        return {}


def _array(values: Iterable[int]) -> str:
    return json.dumps(list(values))


def _digits(text: str) -> str:
    return "" if text.isalpha() else "".join(filter(str.isdigit, text))

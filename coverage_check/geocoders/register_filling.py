"""Houses → the tables of a register."""

import sqlite3
from collections.abc import Iterable
from itertools import islice

from coverage_check.geocoders.house_rows import House
from coverage_check.geocoders.house_spread import mark_urban, measure_places
from coverage_check.geocoders.register_file import DISTRICT, INDEXES, LEVELS, POSTCODE, SCHEMA
from coverage_check.geocoders.spelling import expansions, key, place_key, spelled

_BATCH = 50_000
_SETTINGS = """
pragma page_size = 4096; pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -65536;
create temp table staged (area int, number int, letter text, postcode int, lat int, lon int, level int);
"""
_ADDRESSES = "insert or ignore into address select * from staged order by area, number, letter, postcode, lat, lon, level"
_POSTCODES = "insert into within select distinct postcode, area from address where postcode > 0"


class Filling:
    """A register being filled: `take` the houses, then `finish`.

    Attributes
    ----------
    addresses, duplicates, streets, postcodes, places
        What it holds; the first two are known when all houses are taken.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.executescript(_SETTINGS + SCHEMA)
        database.execute("begin")
        self._streets: dict[str, int] = {}
        self._names: set[tuple[str, str, int]] = set()
        self._street_texts: list[str] = []
        self._places: dict[tuple[int, str, str], int] = {}
        self._postcodes = {"": 0}
        self._place_texts: list[tuple[int, str]] = []
        self._areas: dict[tuple[object, ...], int] = {}
        self._area_rows: list[tuple[int, int]] = []
        self._within: set[tuple[int, int]] = set()
        self.addresses = self.duplicates = 0

    @property
    def streets(self) -> int:
        """How many streets, villages and farms."""
        return len(self._streets)

    @property
    def postcodes(self) -> int:
        """How many postcodes."""
        return sum(kind == POSTCODE for kind, _ in self._place_texts)

    @property
    def places(self) -> int:
        """How many towns, districts and municipalities."""
        return len(self._places) - self.postcodes

    def take(self, houses: Iterable[House]) -> None:
        """Take every house; each place of it is stored once."""
        rows = map(self._row, houses)
        count = 0
        while batch := list(islice(rows, _BATCH)):
            count += len(batch)
            self._database.executemany("insert into staged values (?, ?, ?, ?, ?, ?, ?)", batch)
        self.addresses = self._database.execute(_ADDRESSES).rowcount
        self._database.execute("delete from staged")
        self.duplicates = count - self.addresses

    def finish(self) -> None:
        """Store names, places and areas, and measure them."""
        store = self._database.executemany
        store("insert into street values (?, ?)", enumerate(self._street_texts, 1))
        store("insert into name values (?, ?, ?)", sorted(self._names))
        places = enumerate(self._place_texts, 1)
        store(
            "insert into place (id, kind, text, key, mirrored) values (?, ?, ?, ?, ?)",
            ((number, kind, text, *_place_keys(kind, text)) for number, (kind, text) in places),
        )
        store(
            "insert into area (id, street, place) values (?, ?, ?)",
            ((number, street, place) for number, (street, place) in enumerate(self._area_rows, 1)),
        )
        store("insert into within values (?, ?)", sorted(self._within))
        self._database.execute(_POSTCODES)
        measure_places(self._database)
        mark_urban(self._database)
        for sentence in INDEXES:
            self._database.execute(sentence)

    def _row(self, house: House) -> tuple[int, int, str, int, int, int, int]:
        identity = (house.names, house.places)
        area = self._areas.get(identity) or self._add_area(house)
        postcode = self._postcodes.get(house.postcode)
        if postcode is None:
            postcode = self._postcodes[house.postcode] = self._place(POSTCODE, house.postcode)
        lat, lon = round(house.lat * 1e6), round(house.lon * 1e6)
        return area, house.number, house.letter, postcode, lat, lon, LEVELS.index(house.level)

    def _add_area(self, house: House) -> int:
        """Give a number to a street in its places; streets whose names differ only in case or spaces are one."""
        street = self._street(house.names)
        parent = house.places[0][1] if house.places else ""
        places = tuple(self._place(kind, name, parent) for kind, name in house.places)
        area = self._areas.get((street, places))
        if area is None:
            self._area_rows.append((street, places[0] if places else 0))
            area = self._areas[street, places] = len(self._area_rows)
            self._within.update((place, area) for place in places)
        self._areas[house.names, house.places] = area
        return area

    def _street(self, names: tuple[str, ...]) -> int:
        official = spelled(names[0])
        street = self._streets.get(official)
        if street is None:
            self._street_texts.append(names[0])
            street = self._streets[official] = len(self._street_texts)
        for name in names:
            self._names.add((key(name), spelled(name), street))
            # What an abbreviation stands for is a reading, never the same spelling.
            self._names.update((expansion, "", street) for expansion in expansions(name))
        return street

    def _place(self, kind: int, name: str, parent: str = "") -> int:
        """Give the number of a place. Districts of one name in two towns are two."""
        identity = (kind, spelled(name), spelled(parent) if kind == DISTRICT else "")
        place = self._places.get(identity)
        if place is None:
            self._place_texts.append((kind, name))
            place = self._places[identity] = len(self._place_texts)
        return place


def _place_keys(kind: int, text: str) -> tuple[str, str]:
    """Give the key of a place, and the same backwards for names whose beginning is misspelt."""
    if kind == POSTCODE:
        return text, ""
    found = place_key(text)
    return found, found[::-1]

"""Rows of an address file → houses, one after the other; what can't be a house is counted with its reason."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from coverage_check.errors import FileRefused, InvalidInput
from coverage_check.geocoders.address_files import AddressFile, Position
from coverage_check.geocoders.geojson_stream import WGS84
from coverage_check.geocoders.presets import Preset
from coverage_check.geocoders.register_file import DISTRICT, MUNICIPALITY, NO_NUMBER, TOWN
from coverage_check.geocoders.spelling import key
from coverage_check.location import LocationLevel

_BATCH = 20_000
_REMEMBERED = 4_096
_MARGIN_DEG = 2.0
_NUMBER = re.compile(r"(\d{1,6})(?:\s*-?\s*([^\W\d_]{1,2}))?(?![^\W_])")
_ADDRESS = re.compile(r"(.*?\S)\s+(\d{1,6}\s*[^\W\d_]?)")
_NUMBER_LISTS = re.compile(r"[;,/&+]|\s*[-\u2013]\s*(?=\d)")
_COUNTRY_PREFIX = re.compile(r"[A-Z]{1,2}(?=\d+$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One house as the file has it.

    Attributes
    ----------
    names
        Those of its street, the official one first.
    places
        Kind (as the file of the register stores it) and name of each place it is in, the postal town first.
    """

    names: tuple[str, ...]
    number: int
    letter: str
    postcode: str
    places: tuple[tuple[int, str], ...]
    level: LocationLevel
    lat: float
    lon: float


class HouseRows:
    """The houses of an address file.

    Parameters
    ----------
    assigned
        Which column holds which field.
    crs
        System of positions that are not latitude and longitude columns.

    Attributes
    ----------
    rows
        How many rows were read so far.
    rejects
        How many were left out so far, by reason.
    """

    def __init__(self, file: AddressFile, preset: Preset, assigned: Mapping[str, str], crs: str) -> None:
        self._file = file
        self._preset = preset
        self._assigned = assigned
        self._projection = None if _plain_degrees(crs) else Projection(crs)
        self.rows = 0
        self.rejects: Counter[str] = Counter()

    def __iter__(self) -> Iterator[House]:
        rows = iter(self._file.rows)
        while batch := list(islice(rows, _BATCH)):
            self.rows += len(batch)
            positions = self._positions(batch)
            for (values, _), (lon, lat) in zip(batch, positions, strict=True):
                if values is None:
                    self.rejects["another number of columns than the headings"] += 1
                elif not (abs(lat) <= 90 and abs(lon) <= 180):  # NaN, too, fails this
                    self.rejects["no position, or one outside its coordinate system"] += 1
                elif abs(lat) < 1e-6 and abs(lon) < 1e-6:
                    self.rejects["position 0, 0"] += 1
                else:
                    yield from self._houses(values, lat, lon)

    def _positions(self, batch: list[tuple[Mapping[str, str] | None, Position | None]]) -> list[Position]:
        """Give longitude and latitude of each row, NaN where it has none."""
        x, y = ("lon", "lat") if "lon" in self._assigned else ("easting", "northing")
        if not self._file.has_geometry:
            x, y = self._assigned[x], self._assigned[y]
            found = [(_decimal((row or {}).get(x, "")), _decimal((row or {}).get(y, ""))) for row, _ in batch]
        else:
            found = [position or (math.nan, math.nan) for _, position in batch]
        return self._projection.degrees(found) if self._projection else found

    def _houses(self, values: Mapping[str, str], lat: float, lon: float) -> Iterator[House]:
        text = defaultdict(str, {name: values.get(column, "") for name, column in self._assigned.items()})
        if text["status"] and text["status"].strip().casefold() in self._preset.reserved:
            self.rejects["reserved: no house there yet"] += 1
            return
        street, digits = text["street"], text["number"]
        if not street.strip():
            street, digits = _split(text["address"], digits)
        names = _names(street, text["farm"], text["alias"])
        numbers = _numbers(digits, text["letter"])
        if not names:
            self.rejects["no street, village or farm"] += 1
            return
        if not numbers:
            self.rejects["a house number that is none"] += 1
            return
        level = self._preset.level
        if word := text["level"].strip().casefold():
            level = self._preset.levels.get(word, LocationLevel.APPROXIMATE)
        village = street if text["farm"].strip() else ""
        places = _places(text["town"], village, text["district"], text["municipality"])
        for number, letter in numbers:
            yield House(
                names=names,
                number=number,
                letter=letter,
                postcode=postcode_key(text["postcode"]),
                places=places,
                level=level,
                lat=lat,
                lon=lon,
            )


@lru_cache(_REMEMBERED)
def postcode_key(text: str) -> str:
    """Write a postcode without spaces and country: what it is compared by; empty for none.

    >>> postcode_key("SE-760 21"), postcode_key("76021.0"), postcode_key("0"), postcode_key("sw1a 1aa")
    ('76021', '76021', '', 'SW1A1AA')
    """
    bare = "".join(letter for letter in text.removesuffix(".0").upper() if letter.isalnum())
    bare = _COUNTRY_PREFIX.sub("", bare, count=1)
    return "" if bare.strip("0") == "" else bare


def _split(address: str, number: str) -> tuple[str, str]:
    """Take street and number from one text, unless the number stands elsewhere."""
    found = None if number.strip() else _ADDRESS.fullmatch(address.strip())
    return (found[1], found[2]) if found else (address, number)


@lru_cache(_REMEMBERED)
def _names(street: str, farm: str, alias: str) -> tuple[str, ...]:
    """Name the street, the official name first; a farm's name may stand without its village's."""
    names = (f"{street} {farm}", farm, "" if farm.strip() else alias)
    return tuple(dict.fromkeys(" ".join(name.split()) for name in names if key(name)))


@lru_cache(_REMEMBERED)
def _places(town: str, village: str, district: str, municipality: str) -> tuple[tuple[int, str], ...]:
    """Name the places; a farm lies in its village."""
    found = ((TOWN, town), (DISTRICT, village), (DISTRICT, district), (MUNICIPALITY, municipality))
    return tuple(dict.fromkeys((kind, " ".join(name.split())) for kind, name in found if key(name)))


@lru_cache(_REMEMBERED)
def _numbers(number: str, letter: str) -> tuple[tuple[int, str], ...]:
    """Read the house numbers of a row: usually one, both ends of ``12-14``, each of ``6a;6b``."""
    if not number.strip():
        return ((NO_NUMBER, _letter(letter)),)
    found = [_NUMBER.match(part.strip()) for part in _NUMBER_LISTS.split(number)]
    return tuple(dict.fromkeys((int(one[1]), _letter(one[2] or letter)) for one in found if one))


def _letter(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())


def _decimal(text: str) -> float:
    """Read a number with decimal point or comma; NaN if it is none."""
    try:
        return float(text.strip().replace(",", ".", 1))
    except ValueError:
        return math.nan


def _plain_degrees(crs: str) -> bool:
    return crs.upper() in {WGS84, "OGC:CRS84"}


class Projection:
    """From one projected system to longitude and latitude.

    Raises
    ------
    InvalidInput
        There is no such system.
    """

    def __init__(self, crs: str) -> None:
        from pyproj import CRS, Transformer  # noqa: PLC0415 - only projected files need it
        from pyproj.exceptions import CRSError, ProjError  # noqa: PLC0415

        try:
            self._transformer = Transformer.from_crs(crs, WGS84, always_xy=True)
            self._area = CRS(crs).area_of_use
        except (CRSError, ProjError):
            raise InvalidInput(f"{crs!r} is no coordinate system: name one such as EPSG:3006.") from None

    def degrees(self, positions: list[Position]) -> list[Position]:
        """Transform positions; those well outside the system's own area become NaN.

        Degrees read as metres and swapped axes end up there: both would otherwise be places on Earth.
        """
        lons, lats = self._transformer.transform([x for x, _ in positions], [y for _, y in positions])
        return [(lon, lat) if self._serves(lon, lat) else (math.nan, math.nan) for lon, lat in zip(lons, lats, strict=True)]

    def _serves(self, lon: float, lat: float) -> bool:
        area = self._area
        if area is None or area.west > area.east:
            return True
        return (
            area.west - _MARGIN_DEG <= lon <= area.east + _MARGIN_DEG
            and area.south - _MARGIN_DEG <= lat <= area.north + _MARGIN_DEG
        )


def position_system(file: AddressFile, preset: Preset, assigned: Mapping[str, str], crs: str | None) -> str:
    """Tell which system the positions are in, from the file, the caller and the preset, in this order.

    Raises
    ------
    FileRefused
        The rows have no position.
    InvalidInput
        The system isn't told anywhere, or told twice and differently.
    """
    told = crs.upper() if crs else ""
    if file.has_geometry:
        if file.crs and told and file.crs != told:
            raise InvalidInput(f"The file declares {file.crs}, and {told} was given: leave one out, or mend the file.")
        if not (system := file.crs or told or file.assumed_crs or preset.crs):
            raise InvalidInput("The file does not say which coordinate system it is in: give it, such as EPSG:3006.")
        return system
    if {"lat", "lon"} <= assigned.keys():
        if told and not _plain_degrees(told):
            raise InvalidInput(f"Latitude and longitude are WGS 84 degrees, and {told} was given: leave it out.")
        return WGS84
    if {"easting", "northing"} <= assigned.keys():
        if not (told or preset.crs):
            raise InvalidInput("Easting and northing need their coordinate system: give it, such as EPSG:3006.")
        return told or preset.crs
    raise FileRefused("The file has neither columns of latitude and longitude nor of easting and northing: name them.")

"""What the columns of address files are called: one row of a table for each kind of file.

A preset names, for each field, the columns that may hold it, in order of preference; names are compared without case,
spaces or underscores. Another publisher's file is another row of `PRESETS`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from coverage_check.declaration import nearest
from coverage_check.errors import InvalidInput
from coverage_check.geocoders.register_file import LEVELS
from coverage_check.location import LocationLevel

FIELDS = (
    "street",
    "alias",
    "farm",
    "address",
    "number",
    "letter",
    "postcode",
    "town",
    "district",
    "municipality",
    "lat",
    "lon",
    "easting",
    "northing",
    "level",
    "status",
)
"""What a register knows of a house. `alias` is another name of the street, `farm` one within the village `street`;
`address` holds street and number in one text; `status` tells houses to come from those that are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How one kind of address file is read.

    Attributes
    ----------
    signature
        Columns that only this kind of file has: it is chosen by itself where all of them are there.
    columns
        Column names for each field.
    crs
        System of `easting` and `northing`, and of geometries whose file doesn't say.
    levels
        What the publisher's words for the place of measurement mean.
    level
        What a house without such a word is.
    reserved
        Words of `status` for houses that are not there yet.
    licence, attribution
        Of this kind of file, where all of its kind have the same.
    """

    id: str
    signature: frozenset[str] = frozenset()
    columns: Mapping[str, tuple[str, ...]]
    crs: str = ""
    levels: Mapping[str, LocationLevel] = field(default_factory=dict)
    level: LocationLevel = LocationLevel.ADDRESS_POINT
    reserved: frozenset[str] = frozenset()
    licence: str = ""
    attribution: str = ""


PRESETS: tuple[Preset, ...] = (
    Preset(
        id="lantmateriet",
        signature=frozenset({"adressomradefaststalltnamn", "adressplatsnummer", "insamlingslage"}),
        columns={
            "street": ("adressomrade_faststalltnamn",),
            "farm": ("gardsadressomrade_faststalltnamn",),
            "number": ("adressplatsnummer",),
            "letter": ("bokstavstillagg",),
            "postcode": ("postnummer",),
            "town": ("postort",),
            "district": ("kommundel_faststalltnamn",),
            "municipality": ("kommunnamn",),
            "level": ("insamlingslage",),
            "status": ("statusforbelagenhetsadress",),
        },
        crs="EPSG:3006",
        levels={
            "byggnad": LocationLevel.BUILDING,
            "ingång": LocationLevel.ENTRANCE,
            "infart": LocationLevel.ACCESS_POINT,
            "tomtplats": LocationLevel.PARCEL,
            "ungefärligt lägesbestämd": LocationLevel.APPROXIMATE,
            "övrigt läge": LocationLevel.APPROXIMATE,
        },
        reserved=frozenset({"reserverad"}),
    ),
    Preset(
        id="stadfong",  # Iceland: nominative and dative name, as people write either
        signature=frozenset({"heitinf", "heititgf", "husnr", "postnr"}),
        columns={
            "street": ("heiti_nf",),
            "alias": ("heiti_tgf",),
            "number": ("husnr",),
            "letter": ("bokst",),
            "postcode": ("postnr",),
            "lat": ("lat_wgs84",),
            "lon": ("long_wgs84",),
        },
    ),
    Preset(
        id="osm",  # an extract of OpenStreetMap, PBF or XML
        signature=frozenset({"osmelement", "addrhousenumber"}),
        columns={
            "street": ("addr:street",),
            "number": ("addr:housenumber",),
            "postcode": ("addr:postcode",),
            "town": ("addr:city",),
            "district": ("addr:suburb",),
            "municipality": ("addr:municipality",),
            "level": ("level",),
            "lat": ("lat",),
            "lon": ("lon",),
        },
        levels={"building": LocationLevel.BUILDING, "entrance": LocationLevel.ENTRANCE},
        licence="ODbL-1.0",
        attribution="© OpenStreetMap contributors",
    ),
    Preset(
        id="osm-csv",  # OpenStreetMap's addr: tags as a table
        signature=frozenset({"osmtype", "osmid", "housenumber"}),
        columns={
            "street": ("street", "place"),
            "number": ("housenumber",),
            "postcode": ("postcode",),
            "town": ("city",),
            "lat": ("lat",),
            "lon": ("lon",),
        },
    ),
    Preset(
        id="openaddresses",
        signature=frozenset({"lon", "lat", "number", "street", "city", "postcode", "hash"}),
        columns={
            "street": ("street",),
            "number": ("number",),
            "postcode": ("postcode",),
            "town": ("city",),
            "district": ("district",),
            "municipality": ("region",),
            "lat": ("lat",),
            "lon": ("lon",),
        },
    ),
    Preset(
        id="plain",
        columns={
            "street": ("street", "streetname", "gata", "gatunamn", "väg", "vägnamn", "adressområde", "village", "by"),
            "alias": ("streetalias", "alias", "gatualias"),
            "farm": ("farm", "gård", "gårdsnamn", "gårdsadressområde"),
            "address": ("address", "streetaddress", "adress", "gatuadress", "belägenhetsadress", "fulladdress"),
            "number": ("number", "housenumber", "houseno", "husnummer", "husnr", "gatunummer", "nummer", "adressnummer"),
            "letter": ("letter", "suffix", "numbersuffix", "bokstav", "litt", "littera", "bokstavstillägg"),
            "postcode": ("postcode", "postalcode", "zip", "zipcode", "postnummer", "postnr"),
            "town": ("town", "city", "posttown", "postort", "ort", "stad"),
            "district": ("district", "locality", "suburb", "island", "ö", "kommundel", "stadsdel", "tätort", "byanamn"),
            "municipality": ("municipality", "kommun", "kommunnamn", "region"),
            "lat": ("lat", "latitude", "latitud", "wgs84lat", "latwgs84"),
            "lon": ("lon", "lng", "long", "longitude", "longitud", "wgs84lon", "lonwgs84"),
            "easting": ("easting", "east", "e", "öst", "ost", "sweref99e", "sweref99tme", "ekoordinat"),
            "northing": ("northing", "north", "n", "nord", "sweref99n", "sweref99tmn", "nkoordinat"),
            "level": ("level", "accuracy", "lägestyp", "insamlingsläge"),
            "status": ("status",),
        },
        levels={
            "ingång": LocationLevel.ENTRANCE,
            "byggnad": LocationLevel.BUILDING,
            "infart": LocationLevel.ACCESS_POINT,
            "tomtplats": LocationLevel.PARCEL,
            **{str(level): level for level in LEVELS},
        },
        reserved=frozenset({"reserverad", "reserved", "planned", "planerad"}),
    ),
)
"""Chosen by signature, in this order; ``plain`` fits every table with usual headings, Swedish or English."""


def plain_heading(name: str) -> str:
    """Write a column's name as it is compared: ``Post_nummer`` is ``postnummer``.

    >>> plain_heading("Adressomrade_FaststalltNamn")
    'adressomradefaststalltnamn'
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", name).casefold())


def choose(preset: str | None, headings: Iterable[str]) -> Preset:
    """Take the preset of that name, or without one the first whose signature the headings carry.

    Raises
    ------
    InvalidInput
        There is no preset of that name.
    """
    if preset is None:
        there = {plain_heading(heading) for heading in headings}
        return next(row for row in PRESETS if row.signature <= there)
    for row in PRESETS:
        if row.id == preset:
            return row
    names = [row.id for row in PRESETS]
    raise InvalidInput(f"There is no preset {preset!r}{nearest(preset, names) or f'; use one of {names}'}.")


def assign(preset: Preset, headings: Iterable[str], columns: Mapping[str, str] | None = None) -> dict[str, str]:
    """Tell which column holds which field.

    Parameters
    ----------
    columns
        The caller's own choice, field → column; it goes before the preset's.

    Raises
    ------
    InvalidInput
        A field or a column of that name does not exist.
    """
    actual = {plain_heading(heading): heading for heading in reversed(list(headings))}
    assigned: dict[str, str] = {}
    for name in FIELDS:
        for column in preset.columns.get(name, ()):
            if (plain := plain_heading(column)) in actual:
                assigned[name] = actual[plain]
                break
    for name, column in (columns or {}).items():
        if name not in FIELDS:
            raise InvalidInput(f"A register has no field {name!r}{nearest(name, FIELDS) or f'; use one of {FIELDS}'}.")
        if plain_heading(column) not in actual:
            raise InvalidInput(
                f"The file has no column {column!r}{nearest(column, actual.values()) or '; check its heading'}."
            )
        assigned[name] = actual[plain_heading(column)]
    return assigned

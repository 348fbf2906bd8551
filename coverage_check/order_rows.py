"""One order as a row of a table: columns found by name, cells read as text, the answer as cc_… columns.

Spreadsheets turn 760 21 into 76021 and 0007 into 7, so nothing is guessed from a cell's type: every cell is read as the text
that it shows.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import repeat
from typing import TypeAlias

from coverage_check.decision import Decision, DecisionColumns, Verdict
from coverage_check.declaration import nearest
from coverage_check.errors import BatchRefused, InvalidInput, TableInvalid, UnknownProduct
from coverage_check.location import ErrorModel, Location
from coverage_check.order_cells import (
    PLACE,
    POSITION,
    NoValue,
    address_of,
    date_of,
    no_value,
    position_of,
    product_of,
    read_day,
    where,
    word_of,
)
from coverage_check.technology import PlaceOfUse, Receiver, word

CANONICAL = (
    "order_id",
    "address",
    "postcode",
    "town",
    "lat",
    "lon",
    "product",
    "date",
    "place_of_use",
    "receiver",
    "customer",
)
"""The columns that are understood. A position, both lat and lon, wins over the address. A customer, by whose reference the
ledger erases, must be chosen by name: the same heads are names here and numbers there."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "order_id": ("order_id", "order", "order_no", "order_number", "order_ref", "ordernr", "ordernummer", "orderid", "id"),
    "address": (
        *("address", "street_address", "delivery_address", "place_of_use_address", "adress", "gatuadress"),
        *("leveransadress", "installationsadress", "användningsadress", "gata"),
    ),
    "postcode": ("postcode", "post_code", "postal_code", "zip", "zipcode", "zip_code", "postnr", "postnummer"),
    "town": ("town", "city", "postal_town", "post_town", "ort", "postort", "stad"),
    "lat": ("lat", "latitude", "latitud", "breddgrad"),
    "lon": ("lon", "lng", "long", "longitude", "longitud", "längdgrad"),
    "product": ("product", "product_code", "produkt", "produktkod", "tjänst"),
    "date": (
        *("date", "order_date", "orderdate", "date_of_order", "order_day", "purchase_date"),
        *("sale_date", "sales_date", "saledate", "date_of_sale", "day_of_sale", "sold_on"),
        *("datum", "orderdatum", "order_datum", "datum_för_order", "orderdag", "beställningsdatum", "beställningsdag"),
        *("säljdatum", "säljdag", "försäljningsdatum", "försäljningsdag", "datum_för_försäljning", "köpdatum"),
    ),
    "place_of_use": ("place_of_use", "use", "at", "plats", "användning", "användningsplats"),
    "receiver": ("receiver", "device", "mottagare", "utrustning"),
}

OUT = (
    *("cc_verdict", "cc_probability", "cc_reasons", "cc_edge_distance_m", "cc_lat", "cc_lon", "cc_match", "cc_level"),
    *("cc_alternative", "cc_sentence", "cc_decision_id", "cc_error"),
)
"""The columns that an answer adds, in order."""

NUMBERS = ("cc_probability", "cc_edge_distance_m", "cc_lat", "cc_lon")
"""Those of them that hold numbers; the others hold text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds for rows whose own cell is empty or absent."""

    product: str | None = None
    on: date | None = None
    at: str | None = None
    receiver: str | None = None
    language: str = "sv"

    def __post_init__(self) -> None:
        for kind, value in ((PlaceOfUse, self.at), (Receiver, self.receiver)):
            if value is not None:
                word(kind, value)

    @classmethod
    def of(cls, **values: str | date | None) -> "Defaults":
        """Make defaults, with a date as text or as a date.

        Raises
        ------
        InvalidInput
            No such default, or a date that isn't one.
        """
        unknown = set(values) - {"product", "on", "at", "receiver", "language"}
        if unknown:
            raise InvalidInput(f"There is no default {min(unknown)!r}: use product, on, at or receiver.")
        on = values.pop("on", None)
        return cls(on=read_day(on), **{key: str(value) for key, value in values.items() if value is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """What one row asks.

    Attributes
    ----------
    names
        Canonical name → the column's own, for whoever is told what is wrong with the row.
    """

    product: str
    address: str | None
    location: Location | None
    on: date | None
    at: str | None
    receiver: str | None
    names: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def fault(self, error: InvalidInput) -> InvalidInput:
        """Say in which column an error lies that came up when the row was understood."""
        if isinstance(error, BatchRefused):
            return error  # nothing is wrong with the row
        columns = ("product",) if isinstance(error, UnknownProduct) else PLACE if self.location is None else POSITION
        return type(error)(f"{where(columns, self.names)}{error}")


def find_columns(
    header: Sequence[str], chosen: Mapping[str, str] | None = None, defaults: Defaults | None = None
) -> dict[str, int]:
    """Find the columns of a table by their names; never by their content.

    Parameters
    ----------
    chosen
        Canonical name → column name, which wins over the aliases.

    Raises
    ------
    TableInvalid
        A chosen column is absent, two columns mean the same, neither an address nor a position is there, or no column is
        the day, none is given, and one looks as if it were.
    """
    places = known_columns(header, chosen or {})
    _require(places, header, defaults or Defaults())
    return places


def known_columns(header: Sequence[str], chosen: Mapping[str, str]) -> dict[str, int]:
    """Find the columns that a table has, whatever it lacks; else as `find_columns`."""
    places = _chosen(header, chosen)
    keys = [_key(name) for name in header]
    for name, aliases in ALIASES.items():
        if name in places:
            continue
        hits = [n for n, key in enumerate(keys) if key in aliases and n not in places.values()]
        if len(hits) > 1:
            both = " and ".join(repr(header[n]) for n in hits[:2])
            raise TableInvalid(f"The columns {both} could both be {name}: choose one with --column {name}=NAME.")
        if hits:
            places[name] = hits[0]
    return places


def refuse_answered(header: Sequence[str], table: str) -> None:
    """Raise TableInvalid if a table has answers already: a second set would stand beside them under the same names."""
    taken = [name for name in header if name in OUT]
    if taken:
        raise TableInvalid(f"{table} already has a column {taken[0]!r}: it is an output; take the original table.")


def _chosen(header: Sequence[str], chosen: Mapping[str, str]) -> dict[str, int]:
    for name, column in chosen.items():
        if name not in CANONICAL:
            raise TableInvalid(f"There is no canonical column {name!r}{nearest(name, CANONICAL) or '.'}")
        if column not in header:
            raise TableInvalid(f"The table has no column {column!r} for {name}{_nearest_name(column, header) or '.'}")
    return {name: header.index(column) for name, column in chosen.items()}


def _nearest_name(column: str, header: Sequence[str]) -> str:
    """Suggest a name of the header, unless nothing in it is known to be a name: it may be a row of cells."""
    named = any(_key(name) in aliases for name in header for aliases in ALIASES.values())
    return nearest(column, header) if named else ""


def _key(name: str) -> str:
    return re.sub(r"[^0-9a-zåäöü]+", "_", name.strip().lower()).strip("_")


_NAME = re.compile(r"[^\W\d]{1,30}")
_DAY_NAME = re.compile(r"([^_]*(?<!up)(?<!man)(?<!ndi)(?<!vali)(?<!sol)dat(um[^_]*|es?|etime|o)?|[^_]*dag|[^_]*day)")
"""A word of a name that says a date or a day: leveransdatum, OrderDate, kundens dag; but no update, no mandate."""

_TELEPHONE = re.compile(r"tel|tfn|mobil|phone")


def _require(places: Mapping[str, int], header: Sequence[str], defaults: Defaults) -> None:
    if not places:  # where names should be there may be cells, and a cell may be somebody's address
        message = "No column is known by its name: does the first row name the columns? If so, use --column address=NAME."
        raise TableInvalid(message)
    shown = ", ".join(repr(name) if _NAME.fullmatch(name) else f"column {n}" for n, name in enumerate(header[:12], start=1))
    if "address" not in places and not {"lat", "lon"} <= set(places):
        message = f"No column is an address or a position (columns: {shown}): name one with --column address=NAME."
        raise TableInvalid(message)
    if "product" not in places and defaults.product is None:
        message = f"No column is the product (columns: {shown}): name one with --column product=NAME, or give --product."
        raise TableInvalid(message)
    if "date" not in places and defaults.on is None:
        _refuse_unread_day(places, header)


def _refuse_unread_day(places: Mapping[str, int], header: Sequence[str]) -> None:
    """Refuse to judge all rows by today while their own day may stand in a column that isn't understood."""
    for n, name in enumerate(header):
        key = _key(name)
        if n not in places.values() and not _TELEPHONE.search(key) and any(map(_DAY_NAME.fullmatch, key.split("_"))):
            message = f"The column {name!r} looks like a date, and no column is known to be the order's day"
            raise TableInvalid(f"{message}: choose one with --column date=NAME, or give --on DAY for all rows.")


def column_names(header: Sequence[str], places: Mapping[str, int]) -> dict[str, str]:
    """Give the columns' own names by their canonical ones: in faults a column is called what its table calls it."""
    return {name: header[place] for name, place in places.items()}


def read_order(
    values: Sequence[object],
    width: int,
    places: Mapping[str, int],
    defaults: Defaults,
    *,
    names: Mapping[str, str] | None = None,
    errors: ErrorModel | None = None,
) -> OrderRow | InvalidInput:
    """Read one row of a table with `width` columns; as `read_row`, and a row of another width is a fault."""
    if len(values) != width:
        much = "missing" if len(values) < width else "too many, perhaps inside a cell that needs quotes"
        return InvalidInput(f"The row has {len(values)} cells, the header {width}: a delimiter is {much}.")
    return read_row(values, places, defaults, names=names, errors=errors)


def read_row(
    values: Sequence[object],
    places: Mapping[str, int],
    defaults: Defaults,
    *,
    names: Mapping[str, str] | None = None,
    errors: ErrorModel | None = None,
) -> OrderRow | InvalidInput:
    """Read one row; a fault in it comes back as an error, so that the row stays a row.

    Parameters
    ----------
    names
        What faults call the columns, as `column_names` gives it.
    errors
        Bounds how far off a position may be.
    """
    known = names or {}
    if lacking := [name for name, n in places.items() if n < len(values) and isinstance(values[n], NoValue)]:
        return no_value(lacking, known)
    cells = {name: cell_text(values[n]) if n < len(values) else "" for name, n in places.items()}
    try:
        location = position_of(cells.get("lat", ""), cells.get("lon", ""), known, errors)
        return OrderRow(
            product=product_of(cells.get("product") or defaults.product, known),
            address=None if location else address_of(cells, known),
            location=location,
            on=date_of(cells.get("date"), known) or defaults.on,
            at=word_of("place_of_use", cells, known) or defaults.at,
            receiver=word_of("receiver", cells, known) or defaults.receiver,
            names=known,
        )
    except InvalidInput as error:
        return error


def cell_text(value: object) -> str:
    """Write a cell as a spreadsheet shows it: 76021.0 is 76021, a day without a time is 2025-11-01, nothing is empty."""
    if isinstance(value, str):
        return value.strip()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value).strip()


Answer: TypeAlias = tuple[object, ...]
"""The values of one row's cc_… columns, in the order of `OUT`."""


def answer_columns(decision: Decision, language: str = "sv") -> dict[str, object]:
    """Give a decision's cc_… columns."""
    offer = next(iter(decision.alternatives), None)
    location = decision.location
    values = (
        decision.verdict.value,
        decision.probability,
        " ".join(reason.code for reason in decision.reasons),
        decision.evidence[0].edge_distance_m if decision.evidence else None,
        location.lat if location else None,
        location.lon if location else None,
        location.match.value if location else None,
        location.level.value if location else None,
        offer.text if offer else None,
        decision.sentence.sv if language == "sv" else decision.sentence.en,
        decision.id,
        None,
    )
    return dict(zip(OUT, values, strict=True))


def answer_rows(columns: DecisionColumns) -> list[Answer]:
    """Give the values of the cc_… columns of many decisions, row by row; `_value_`, for `value` is a call."""
    values = zip(
        *([verdict._value_ for verdict in columns.verdict], columns.probability, columns.reasons, columns.edge_distance_m),
        *(columns.lat, columns.lon, [match and match._value_ for match in columns.match]),
        *([level and level._value_ for level in columns.level], columns.alternative, columns.sentence, columns.id),
        repeat(None),
        strict=False,
    )
    return list(values)


def error_columns(error: InvalidInput) -> dict[str, object]:
    """Give the cc_… columns of a row that could not be read: undetermined, and why."""
    return dict.fromkeys(OUT) | {
        "cc_verdict": Verdict.UNDETERMINED.value,
        "cc_reasons": "INVALID_INPUT",
        "cc_error": f"{error.code}: {error}",
    }

"""What is asked: a request understood, before its place is looked for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coverage_check.basis import Request
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.decision import AskedAddress, ReasonCode
from coverage_check.errors import InvalidInput
from coverage_check.location import Location
from coverage_check.order_cells import read_day
from coverage_check.order_rows import OrderRow
from coverage_check.products import Catalogue
from coverage_check.qualification import Order, position_text
from coverage_check.technology import PlaceOfUse, Receiver, word

if TYPE_CHECKING:
    from datetime import date

    from coverage_check.address import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A question whose place was looked for: found, or the code that says why not."""

    request: Request
    order: Order
    location: Location | None
    geocoder: str = ""
    code: ReasonCode = ReasonCode.ADDRESS_NOT_FOUND
    remark: str = ""


def understood(request: Request, products: Catalogue, snapshot: Snapshot, *, as_of: "date") -> "tuple[Order, Query | None]":
    """Understand a request, and what its address asks.

    Parameters
    ----------
    as_of
        The day taken where it names none.

    Raises
    ------
    InvalidInput
        The caller's faults.
    """
    query = None if request.address is None else _parsed(request.address)
    if (query is None) == (request.location is None):
        raise InvalidInput("Give an address or a location, one of the two.")
    order = Order(
        product=products[request.product],
        on=read_day(request.on) or as_of,
        address=_asked(query, request.location),
        place=None if request.at is None else word(PlaceOfUse, request.at),
        receiver=None if request.receiver is None else word(Receiver, request.receiver),
        moved=snapshot.moved,
    )
    return order, query


def request_of(row: OrderRow) -> Request:
    """Give the question of a table's row."""
    return Request(
        product=row.product, address=row.address, location=row.location, on=row.on, at=row.at, receiver=row.receiver
    )


def asked_position(text: str) -> AskedAddress:
    """Record a position that was asked."""
    return AskedAddress(given=text, kind="coordinates", normalised=text)


def _asked(query: "Query | None", location: Location | None) -> AskedAddress:
    """Record what was asked: the customer's words, or the caller's position."""
    if query is not None:
        return AskedAddress(given=query.given, kind=query.kind, normalised=query.normalised)
    return asked_position(position_text(lat=location.lat, lon=location.lon) if location else "")


def _parsed(address: str) -> "Query":
    from coverage_check.address import parse  # noqa: PLC0415 - a position needs no grammar of addresses

    return parse(address)

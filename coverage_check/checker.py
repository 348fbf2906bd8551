"""Checker: the only module that sees all three verbs, and introduces them to each other.

    address ─locate→ Location ─look up→ Availability… ─decide→ Decision

One checker serves many threads, and goes on working after a fork.
"""

import hashlib
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_check.basis import Basis, Request, errors_id, risks_id
from coverage_check.config import Config, read_config
from coverage_check.coverage.availabilities import availabilities, looks_swapped
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.decision import RULES, AskedAddress, Decision, Provenance, ReasonCode, Versions
from coverage_check.errors import GeocoderMissing, InvalidInput, LocateError
from coverage_check.location import ErrorModel, Location
from coverage_check.order_frames import frame_rows, with_answers
from coverage_check.order_rows import Defaults, OrderRow, answer_columns, error_columns, read_day
from coverage_check.products import Catalogue, read_products
from coverage_check.qualification import Order, decide, undetermined
from coverage_check.technology import PlaceOfUse, Receiver, word
from coverage_check.version import __version__

if TYPE_CHECKING:
    from coverage_check.address import Query
    from coverage_check.geocoders.base import Geocoder
    from coverage_check.geocoders.explanation import Explanation
    from coverage_check.geocoders.locating import Locator
    from coverage_check.order_frames import Orders

__all__ = ["Checker", "Request"]

_SWAPPED = "SWAPPED"
_FRAME_ROWS = 500
"""Rows of a frame that are looked up together: as many as memory takes easily with all places of each customer."""
_NO_GEOCODER = "NO_GEOCODER"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Located:
    """A question whose place was looked for: found in its basis, or the code that says why not."""

    order: Order
    basis: Basis
    geocoder: str = ""
    code: ReasonCode = ReasonCode.ADDRESS_NOT_FOUND


class Checker:
    """Answers whether products can be delivered.

    Parameters
    ----------
    snapshot
        The coverage, or its folder.
    products
        The catalogue, or its products.toml.
    geocoder
        Turns addresses into locations; without one only positions can be checked.
    errors
        How far off a position may be.
    as_of
        The day taken where a question names none; None for today.
    """

    def __init__(
        self,
        *,
        snapshot: Snapshot | str | Path,
        products: Catalogue | str | Path,
        geocoder: "Geocoder | None" = None,
        errors: ErrorModel | None = None,
        as_of: date | None = None,
    ) -> None:
        self.snapshot = snapshot if isinstance(snapshot, Snapshot) else Snapshot.open(snapshot)
        self.products = products if isinstance(products, Catalogue) else read_products(products)
        self.geocoder = geocoder
        self._errors = errors or ErrorModel()
        self._as_of = as_of

    @classmethod
    def from_config(cls, config: str | Path | Config = "coverage-check.toml", *, addresses: bool = True) -> "Checker":
        """Make the checker that a coverage-check.toml describes; ``demo`` is the bundled fictitious one.

        Parameters
        ----------
        addresses
            Whether addresses will be asked about. For positions alone the geocoder isn't opened, nor its library loaded.

        Raises
        ------
        MissingFile, DeclarationError, SnapshotInvalid, RegisterInvalid, FileRefused
            Something that the config names is missing or can't be trusted.
        """
        config = config if isinstance(config, Config) else read_config(config)
        return cls(
            snapshot=Snapshot.open(config.snapshot),
            products=read_products(config.products, risk=config.risk),
            geocoder=_geocoder(config) if addresses else None,
            errors=config.errors,
            as_of=config.as_of,
        )

    def for_batches(self) -> "Checker":
        """Give the checker for many addresses in a row: without a cache, unless that is meant for batches.

        A public server whose policy forbids batches isn't asked: an address that needs it is refused, a position is not.
        """
        checker = copy(self)
        checker.geocoder = self._locator().for_batches().geocoder
        return checker

    @property
    def errors(self) -> ErrorModel:
        """How far off a position may be."""
        return self._errors

    @property
    def as_of(self) -> date:
        """The day taken where a question names none."""
        return self._as_of or datetime.now(tz=UTC).astimezone().date()

    @cached_property
    def errors_id(self) -> str:
        """SHA-256 of the error model."""
        return errors_id(self._errors)

    @cached_property
    def risks_id(self) -> str:
        """SHA-256 of what a wrong answer costs, by product."""
        return risks_id(self.products)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that an answer depends on but the question and its day."""
        parts = (
            *(__version__, RULES, self.snapshot.id, self.products.sha256),
            *(self.geocoder.id if self.geocoder else "", self._errors, *self.products.values()),
        )
        return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()

    def locate(self, address: str) -> Location:
        """Find where an address may be, with every candidate and the doubt.

        Raises
        ------
        InvalidInput
            The text is empty, or longer than any address.
        LocateError
            It could not be found; the class says why.
        """
        return self._locator().locate(address)

    def explain(self, address: str) -> "Explanation":
        """Find where an address may be as `locate` does, and tell what was understood and what each source said.

        Raises
        ------
        InvalidInput
            The text is empty, or longer than any address.
        """
        return self._locator().explain(address)

    def check(
        self,
        address: str,
        *,
        product: str,
        on: date | None = None,
        at: PlaceOfUse | str | None = None,
        receiver: Receiver | str | None = None,
    ) -> Decision:
        """Decide whether a product can be delivered at an address.

        The world's faults (no such address, geocoder down, no data) give an undetermined decision with its reason.

        Parameters
        ----------
        product
            Its code in the catalogue.
        on
            The day that is asked about.
        at, receiver
            Where it will be used and with what, where that differs from the product's own.

        Raises
        ------
        InvalidInput
            The caller's faults: an empty or endless address, an unknown product, place or receiver.
        """
        return self.check_many([Request(address=address, product=product, on=on, at=at, receiver=receiver)])[0]

    def check_location(
        self,
        location: Location,
        *,
        product: str,
        on: date | None = None,
        at: PlaceOfUse | str | None = None,
        receiver: Receiver | str | None = None,
    ) -> Decision:
        """Decide whether a product can be delivered at a known location; else as `check`."""
        return self.check_many([Request(location=location, product=product, on=on, at=at, receiver=receiver)])[0]

    def repeat(self, decision: Decision) -> Decision:
        """Decide again from a decision's basis: at the place that was found then, without looking for it.

        Raises
        ------
        InvalidInput
            The decision has no basis, or its question can't be asked of this catalogue.
        """
        basis = decision.basis
        if basis is None:
            raise InvalidInput("The decision has no basis, as it was read from JSON: ask its question again.")
        order, _ = self._order(basis.request)
        code, geocoder = decision.reasons[0].code, decision.provenance.register
        return self._decide([_Located(order=order, basis=basis, geocoder=geocoder, code=code)])[0]

    def check_many(self, requests: Sequence[Request]) -> list[Decision]:
        """Decide many questions with one look at the coverage; each answer is what `check` gives alone.

        Raises
        ------
        InvalidInput
            As `check`, for the first request with a fault.
        """
        return self._decide([self._located(request) for request in requests])

    def decide_rows(self, rows: Sequence[OrderRow | InvalidInput]) -> list[Decision | InvalidInput]:
        """Decide the rows of a table; a row with a fault keeps it as its answer."""
        located: list[_Located | InvalidInput] = []
        for row in rows:
            try:
                located.append(row if isinstance(row, InvalidInput) else self._located(_request(row)))
            except InvalidInput as error:
                located.append(error)
        decisions = iter(self._decide([item for item in located if isinstance(item, _Located)]))
        return [item if isinstance(item, InvalidInput) else next(decisions) for item in located]

    def fault_of(self, row: OrderRow | InvalidInput) -> InvalidInput | None:
        """Tell what keeps a row from a decision, without looking for its place; None if nothing does."""
        if isinstance(row, InvalidInput):
            return row
        try:
            self._order(_request(row))
        except InvalidInput as error:
            return error
        return None

    def check_rows(self, rows: Sequence[OrderRow | InvalidInput], *, language: str = "sv") -> list[dict[str, object]]:
        """Answer the rows of a table, each with its cc_… columns; a row with a fault is a row that says why."""
        return [
            error_columns(answer) if isinstance(answer, InvalidInput) else answer_columns(answer, language)
            for answer in self.decide_rows(rows)
        ]

    def check_frame(self, orders: "Orders", *, columns: dict[str, str] | None = None, **defaults: str) -> "Orders":
        """Decide each row of a data frame, or of an Arrow table.

        Parameters
        ----------
        orders
            Columns are found by their names, Swedish or English: address, postcode, town, lat, lon, product, date … The
            points of a GeoDataFrame are positions, too.
        columns
            Canonical name → the frame's column, where the names don't say it.
        **defaults
            product, on, at, receiver for rows that have none.

        Returns
        -------
        DataFrame, GeoDataFrame, Table or RecordBatch
            As it was given: the same rows and index, every column untouched, and the cc_… columns.

        Raises
        ------
        TableInvalid
            A column is missing or named twice, or a cc_… column is there already.
        """
        otherwise = Defaults.of(**defaults)
        rows = frame_rows(orders, columns, otherwise, errors=self._errors)
        checker = self.for_batches()
        answers = [
            answer
            for start in range(0, len(rows), _FRAME_ROWS)
            for answer in checker.check_rows(rows[start : start + _FRAME_ROWS], language=otherwise.language)
        ]
        answered: Orders = with_answers(orders, answers)
        return answered

    def _locator(self) -> "Locator":
        from coverage_check.geocoders.locating import Locator  # noqa: PLC0415 - a position needs no geocoder

        return Locator(self.geocoder, self._errors)

    def _order(self, request: Request) -> "tuple[Order, Query | None]":
        """Understand a request, and what its address asks; raise InvalidInput for the caller's faults."""
        query = None if request.address is None else _parsed(request.address)
        if (query is None) == (request.location is None):
            raise InvalidInput("Give an address or a location, one of the two.")
        order = Order(
            product=self.products[request.product],
            on=read_day(request.on) or self.as_of,
            address=_asked(query, request.location),
            place=None if request.at is None else word(PlaceOfUse, request.at),
            receiver=None if request.receiver is None else word(Receiver, request.receiver),
        )
        return order, query

    def _located(self, request: Request) -> _Located:
        """Understand a request and look for its place; raise InvalidInput for the caller's faults only."""
        order, query = self._order(request)
        asked = replace(request, on=order.on)
        basis = Basis(request=asked, found=None, errors=self.errors_id, risks=self.risks_id)
        geocoder = self.geocoder.id if self.geocoder and query else ""
        try:
            location = request.location or self._locator().find(query)  # type: ignore[arg-type]
        except LocateError as error:
            odd = replace(basis, remark=_NO_GEOCODER if isinstance(error, GeocoderMissing) else "")
            return _Located(order=order, basis=odd, geocoder=geocoder, code=ReasonCode(error.reason))
        if looks_swapped(self.snapshot, lat=location.lat, lon=location.lon):
            odd = replace(basis, remark=_SWAPPED)
            return _Located(order=order, basis=odd, geocoder=geocoder, code=ReasonCode.INVALID_INPUT)
        return _Located(order=order, basis=replace(basis, found=location.as_recorded()), geocoder=geocoder)

    def _decide(self, located: Sequence[_Located]) -> list[Decision]:
        made_at = datetime.now(tz=UTC).replace(microsecond=0)  # as precise as the record is
        looks = iter(availabilities(self.snapshot, [item.basis.found for item in located if item.basis.found]))
        decisions = []
        for item in located:
            provenance = self._provenance(item.geocoder)
            order, basis = replace(item.order, basis=item.basis), item.basis
            if basis.found is None:
                decision = undetermined(order, item.code, provenance=provenance, made_at=made_at, remark=basis.remark)
            else:
                decision = decide(
                    order,
                    basis.found,
                    next(looks),
                    catalogue=self.products,
                    provenance=provenance,
                    made_at=made_at,
                )
            decisions.append(decision)
        return decisions

    def _provenance(self, geocoder: str) -> Provenance:
        versions = self.snapshot.versions
        return Provenance(
            snapshot=self.snapshot.id,
            register=geocoder,
            products=self.products.sha256,
            rules=RULES,
            versions=Versions(
                coverage_check=__version__, geos=versions["geos"], proj=versions["proj"], gdal=versions["gdal"]
            ),
        )


def _request(row: OrderRow) -> Request:
    return Request(
        product=row.product, address=row.address, location=row.location, on=row.on, at=row.at, receiver=row.receiver
    )


def _parsed(address: str) -> "Query":
    from coverage_check.address import parse  # noqa: PLC0415 - a position needs no grammar of addresses

    return parse(address)


def _geocoder(config: Config) -> "Geocoder | None":
    from coverage_check.geocoders.configured import open_geocoder  # noqa: PLC0415 - nor a geocoder

    return open_geocoder(config)


def _asked(query: "Query | None", location: Location | None) -> AskedAddress:
    """Record what was asked: the customer's words, or the caller's position."""
    if query is not None:
        return AskedAddress(given=query.given, kind=query.kind, normalised=query.normalised)
    text = f"{location.lat:.6f}, {location.lon:.6f}" if location else ""
    return AskedAddress(given=text, kind="coordinates", normalised=text)

"""Checker: the only module that sees all three verbs, and introduces them to each other.

    address ─locate→ Location ─look up→ Availability… ─decide→ Decision

One checker serves many threads, and goes on working after a fork.
"""

import hashlib
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coverage_check.basis import Basis, Request, errors_id, risks_id
from coverage_check.config import Config, read_config
from coverage_check.coverage.archive import open_snapshot
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.coverage.surroundings import MapSurroundings, looks_swapped
from coverage_check.decision import RULES, AskedAddress, Decision, Provenance, ReasonCode, Versions
from coverage_check.errors import GeocoderMissing, InvalidInput, LocateError
from coverage_check.location import ErrorModel, Location, require_position
from coverage_check.order_frames import frame_rows, with_answers
from coverage_check.order_rows import Defaults, OrderRow, answer_table, error_columns, read_day
from coverage_check.products import Catalogue, read_products
from coverage_check.qualification import (
    Decisions,
    Found,
    Order,
    Outlines,
    Positions,
    decide_all,
    decide_positions,
    position_text,
    undetermined,
)
from coverage_check.technology import PlaceOfUse, Receiver, word
from coverage_check.version import __version__

if TYPE_CHECKING:
    import numpy.typing as npt

    from coverage_check.address import Query
    from coverage_check.availability import Floats
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
    """A question whose place was looked for: found, or the code that says why not."""

    request: Request
    order: Order
    location: Location | None
    geocoder: str = ""
    code: ReasonCode = ReasonCode.ADDRESS_NOT_FOUND
    remark: str = ""


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
        self._outlines = Outlines(self.products)

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
        today = config.as_of or datetime.now(tz=UTC).astimezone().date()
        return cls(
            snapshot=open_snapshot(config, today),
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

    def over(self, snapshot: Snapshot) -> "Checker":
        """Give the same checker over another snapshot: an audit asks each sale of the map that was there."""
        checker = copy(self)
        checker.snapshot = snapshot
        checker._outlines = Outlines(self.products)  # noqa: SLF001 - what is kept there was decided from the other one
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
        located = partial(_Located, request=basis.request, order=order, geocoder=geocoder, code=code)
        return self._decide([located(location=basis.found, remark=basis.remark)])[0]

    def check_many(self, requests: Sequence[Request]) -> list[Decision]:
        """Decide many questions with one look at the coverage; each answer is what `check` gives alone.

        Raises
        ------
        InvalidInput
            As `check`, for the first request with a fault.
        """
        return list(self.decide_many(requests))

    def decide_many(self, requests: Sequence[Request]) -> Decisions:
        """Decide as `check_many` does, and make each decision only when it is taken out; for thousands at a time.

        Raises
        ------
        InvalidInput
            As `check_many`.
        """
        return self._decide([self._located(request) for request in requests])

    def check_positions(
        self, asked: Request, *, lat: "npt.ArrayLike", lon: "npt.ArrayLike", cep95_m: float = 15.0
    ) -> Decisions:
        """Decide one request at many positions, each as `check_location` does at `Location.at`; the fastest way.

        Parameters
        ----------
        asked
            The product, and the day and use if they differ; without an address or a location.
        lat, lon
            float64[n], degrees: some ten thousand at a time, for the answers take memory.
        cep95_m
            The radius that holds the true place 95 % of the time, metres.

        Raises
        ------
        InvalidInput
            As `check_location`, for any of the positions.
        """
        made_at, provenance = _now(), self._provenance("")
        lat, lon = _degrees(lat, lon)
        if not lat.size:
            return Decisions([], {}, made_at, lambda _: None)
        example = Location.at(lat=float(lat[0]), lon=float(lon[0]), cep95_m=cep95_m)
        request = replace(asked, location=example)
        order, _ = self._order(request)
        recorded = np.array([[round(number, 7) for number in axis.tolist()] for axis in (lat, lon)])
        swapped = looks_swapped(self.snapshot, lat=recorded[0], lon=recorded[1])
        location = example.as_recorded()

        def basis(row: int) -> Basis:
            at = replace(example, lat=float(lat[row]), lon=float(lon[row]))
            found = None if swapped[row] else at.as_recorded()
            remark = _SWAPPED if swapped[row] else ""
            one = replace(request, location=at, on=order.on)
            return Basis(request=one, found=found, remark=remark, errors=self.errors_id, risks=self.risks_id)

        texts = [position_text(lat=y, lon=x) for y, x in zip(lat.tolist(), lon.tolist(), strict=True)]
        nowhere = {
            row: replace(
                undetermined(
                    replace(order, address=_asked_position(texts[row])),
                    ReasonCode.INVALID_INPUT,
                    provenance=provenance,
                    made_at=made_at,
                    remark=_SWAPPED,
                ),
                basis=basis(row),
            )
            for row in np.flatnonzero(swapped).tolist()
        }
        rows = np.flatnonzero(~swapped)
        y, x = recorded[:, rows]
        positions = Positions(
            order=order,
            location=location,
            provenance=provenance,
            given=[texts[row] for row in rows.tolist()],
            lat=y.tolist(),
            lon=x.tolist(),
        )
        error_m = np.tile((location.cep50_m, location.cep95_m), (len(rows), 1))
        around = MapSurroundings(self.snapshot, lat=y, lon=x, error_m=error_m)
        return Decisions(decide_positions(positions, rows, around, self._outlines), nowhere, made_at, basis)

    def decide_rows(self, rows: Sequence[OrderRow | InvalidInput]) -> list[Decision | InvalidInput]:
        """Decide the rows of a table; a row with a fault keeps it as its answer."""
        located = self._located_rows(rows)
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
        located = self._located_rows(rows)
        decisions = self._decide([item for item in located if isinstance(item, _Located)])
        answers = iter(answer_table(decisions.columns(language)))
        return [error_columns(item) if isinstance(item, InvalidInput) else next(answers) for item in located]

    def _located_rows(self, rows: Sequence[OrderRow | InvalidInput]) -> list[_Located | InvalidInput]:
        located: list[_Located | InvalidInput] = []
        for row in rows:
            try:
                located.append(row if isinstance(row, InvalidInput) else self._located(_request(row)))
            except InvalidInput as error:
                located.append(error)
        return located

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
            moved=self.snapshot.moved,
        )
        return order, query

    def _located(self, request: Request) -> _Located:
        """Understand a request and look for its place; raise InvalidInput for the caller's faults only."""
        order, query = self._order(request)
        geocoder = self.geocoder.id if self.geocoder and query else ""
        located = partial(_Located, request=request, order=order, geocoder=geocoder)
        try:
            location = request.location or self._locator().find(query)  # type: ignore[arg-type]
        except LocateError as error:
            remark = _NO_GEOCODER if isinstance(error, GeocoderMissing) else ""
            return located(location=None, code=ReasonCode(error.reason), remark=remark)
        return located(location=location.as_recorded())

    def _basis(self, located: _Located) -> Basis:
        """Give what a decision was made from beyond what its JSON says."""
        asked, found = replace(located.request, on=located.order.on), located.location
        return Basis(request=asked, found=found, remark=located.remark, errors=self.errors_id, risks=self.risks_id)

    def _decide(self, located: Sequence[_Located]) -> Decisions:
        made_at = _now()
        provenances = {name: self._provenance(name) for name in {item.geocoder for item in located}}
        items = list(located)
        for row in self._swapped([item.location for item in items]):
            items[row] = replace(items[row], location=None, code=ReasonCode.INVALID_INPUT, remark=_SWAPPED)
        found: list[Found] = []
        nowhere: dict[int, Decision] = {}
        for row, item in enumerate(items):
            provenance = provenances[item.geocoder]
            if item.location is not None:
                found.append(Found(row=row, order=item.order, location=item.location, provenance=provenance))
                continue
            decision = undetermined(item.order, item.code, provenance=provenance, made_at=made_at, remark=item.remark)
            nowhere[row] = replace(decision, basis=self._basis(item))
        around = MapSurroundings.of(self.snapshot, [item.location for item in found])
        parts = decide_all(found, around, self._outlines) if found else []
        return Decisions(parts, nowhere, made_at, lambda row: self._basis(items[row]))

    def _swapped(self, locations: Sequence[Location | None]) -> set[int]:
        """Find the locations far from every layer that would lie in one with latitude and longitude exchanged."""
        placed = [(row, at.lat, at.lon) for row, at in enumerate(locations) if at is not None]
        if not placed:
            return set()
        row, lat, lon = np.array(placed, dtype=np.float64).T
        return set(row[looks_swapped(self.snapshot, lat=lat, lon=lon)].astype(int).tolist())

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
    return _asked_position(position_text(lat=location.lat, lon=location.lon) if location else "")


def _asked_position(text: str) -> AskedAddress:
    return AskedAddress(given=text, kind="coordinates", normalised=text)


def _now() -> datetime:
    return datetime.now(tz=UTC).replace(microsecond=0)  # as precise as the record is


def _degrees(lat: "npt.ArrayLike", lon: "npt.ArrayLike") -> "tuple[Floats, Floats]":
    """Take many positions; raise InvalidInput if one isn't on Earth."""
    lat, lon = (np.array(axis, np.float64, ndmin=1, copy=None) for axis in (lat, lon))
    if lat.shape != lon.shape or lat.ndim != 1:
        raise InvalidInput("lat and lon must be two numbers, or two lists of the same length.")
    wrong = ~(np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90) & (np.abs(lon) <= 180))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        require_position(lat=float(lat[row]), lon=float(lon[row]))
    return lat, lon

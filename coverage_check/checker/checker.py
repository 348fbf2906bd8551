"""Checker: what a caller asks, in every shape that questions come in.

One checker serves many threads, and goes on working after a fork.
"""

import hashlib
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from coverage_check.basis import Request, errors_id, risks_id
from coverage_check.checker.asking import Located, request_of, understood
from coverage_check.checker.deciding import Grounds, decide_located, now
from coverage_check.checker.series import Series, degrees
from coverage_check.config import Config, read_config
from coverage_check.coverage.archive import open_snapshot
from coverage_check.coverage.snapshot import Snapshot
from coverage_check.decision import RULES, Decision, ReasonCode
from coverage_check.errors import GeocoderMissing, InvalidInput, LocateError
from coverage_check.location import ErrorModel, Location
from coverage_check.order_batches import Batch
from coverage_check.order_frames import frame_rows, with_answers
from coverage_check.order_rows import OUT, Answer, Defaults, OrderRow, answer_rows, error_columns
from coverage_check.products import Catalogue, read_products
from coverage_check.qualification import Decisions, Order, Outlines
from coverage_check.technology import PlaceOfUse, Receiver
from coverage_check.version import __version__

if TYPE_CHECKING:
    import numpy.typing as npt

    from coverage_check.address import Query
    from coverage_check.availability import Floats
    from coverage_check.geocoders.base import Geocoder
    from coverage_check.geocoders.explanation import Explanation
    from coverage_check.geocoders.locating import Locator
    from coverage_check.order_frames import Orders

_FRAME_ROWS = 8_000
"""Rows of a frame that are looked up together: from so many on, more of them cost only memory."""
_NO_GEOCODER = "NO_GEOCODER"


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
        located = partial(Located, request=basis.request, order=order, geocoder=geocoder, code=code)
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
        lat, lon = degrees(lat, lon)
        if not lat.size:
            return Decisions([], {}, now(), lambda _: None)
        example = Location.at(lat=float(lat[0]), lon=float(lon[0]), cep95_m=cep95_m)
        return self._decide_series(replace(asked, location=example), example, lat, lon)

    def decide_rows(self, rows: Sequence[OrderRow | InvalidInput]) -> list[Decision | InvalidInput]:
        """Decide the rows of a table; a row with a fault keeps it as its answer."""
        located = self._located_rows(rows)
        decisions = iter(self._decide([item for item in located if isinstance(item, Located)]))
        return [item if isinstance(item, InvalidInput) else next(decisions) for item in located]

    def fault_of(self, row: OrderRow | InvalidInput) -> InvalidInput | None:
        """Tell what keeps a row from a decision, without looking for its place; None if nothing does."""
        if isinstance(row, InvalidInput):
            return row
        try:
            self._order(request_of(row))
        except InvalidInput as error:
            return row.fault(error)
        return None

    def check_rows(self, rows: Sequence[OrderRow | InvalidInput], *, language: str = "sv") -> list[dict[str, object]]:
        """Answer the rows of a table, each with its cc_… columns; a row with a fault is a row that says why."""
        return [dict(zip(OUT, answer, strict=True)) for answer in self.check_batch(Batch.of(rows), language=language)]

    def check_batch(self, batch: Batch, *, language: str = "sv") -> list[Answer]:
        """Answer rows as `check_rows` does, each with the values of its cc_… columns in the order of `OUT`."""
        answers: dict[int, Answer] = {}
        others = dict(batch.others)
        for series in batch.series:
            try:
                decisions = self._decide_series(request_of(series.example), series.location, series.lat, series.lon)
            except InvalidInput:  # their question has a fault, which each row tells
                others |= series.rows()
            else:
                answers.update(zip(series.numbers, answer_rows(decisions.columns(language)), strict=True))
        located = self._located_rows(list(others.values()))
        decided = iter(answer_rows(self._decide([item for item in located if isinstance(item, Located)]).columns(language)))
        for number, item in zip(others, located, strict=True):
            answers[number] = tuple(error_columns(item).values()) if isinstance(item, InvalidInput) else next(decided)
        return [answers[number] for number in range(len(answers))]

    def _decide_series(self, request: Request, example: Location, lat: "Floats", lon: "Floats") -> Decisions:
        """Decide one request at many positions of the example's kind; raise InvalidInput if it has a fault."""
        order, _ = self._order(request)
        series = Series(request=replace(request, on=order.on), order=order, example=example, lat=lat, lon=lon)
        return series.decide(self._grounds())

    def _located_rows(self, rows: Sequence[OrderRow | InvalidInput]) -> list[Located | InvalidInput]:
        located: list[Located | InvalidInput] = []
        for row in rows:
            try:
                located.append(row if isinstance(row, InvalidInput) else self._located(request_of(row)))
            except InvalidInput as error:
                located.append(row.fault(error) if isinstance(row, OrderRow) else error)
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
        return understood(request, self.products, self.snapshot, as_of=self.as_of)

    def _located(self, request: Request) -> Located:
        """Understand a request and look for its place; raise InvalidInput for the caller's faults only."""
        order, query = self._order(request)
        geocoder = self.geocoder.id if self.geocoder and query else ""
        located = partial(Located, request=request, order=order, geocoder=geocoder)
        try:
            location = request.location or self._locator().find(query)  # type: ignore[arg-type]
        except LocateError as error:
            remark = _NO_GEOCODER if isinstance(error, GeocoderMissing) else ""
            return located(location=None, code=ReasonCode(error.reason), remark=remark)
        return located(location=location.as_recorded())

    def _grounds(self) -> Grounds:
        return Grounds(
            snapshot=self.snapshot,
            outlines=self._outlines,
            products=self.products.sha256,
            errors=self.errors_id,
            risks=self.risks_id,
        )

    def _decide(self, located: Sequence[Located]) -> Decisions:
        return decide_located(self._grounds(), located)


def _geocoder(config: Config) -> "Geocoder | None":
    from coverage_check.geocoders.configured import open_geocoder  # noqa: PLC0415 - a position needs no geocoder

    return open_geocoder(config)

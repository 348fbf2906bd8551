"""Make a recorded decision again from what it names, and compare."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import product
from typing import Any, Protocol

from coverage_check.decision import RULES, Decision
from coverage_check.errors import InputGone, InvalidInput
from coverage_check.ledger.chain import canonical
from coverage_check.ledger.entries import Entry
from coverage_check.location import ErrorModel, Location, Match
from coverage_check.technology import PlaceOfUse, Receiver

Recompute = Callable[[Decision], Decision]
"""Makes a recorded decision again; raises InputGone naming what it would need and hasn't got."""


class Agreement(StrEnum):
    """How a recorded decision and the one made again compare."""

    SAME = "same"
    DIFFERS = "differs"
    INPUT_GONE = "input_gone"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of making one entry's decision again.

    Attributes
    ----------
    what
        The fields that differ, or the input that is gone; empty if the two agree to the byte.
    """

    seq: int
    agreement: Agreement
    what: str = ""


def replay_entry(entry: Entry, recompute: Recompute) -> Outcome:
    """Make an entry's decision again and compare it with the recorded one."""
    recorded = entry.decision
    if recorded is None:
        return Outcome(seq=entry.seq, agreement=Agreement.ERASED)
    try:
        again = recompute(recorded)
    except InputGone as error:
        return Outcome(seq=entry.seq, agreement=Agreement.INPUT_GONE, what=str(error))
    fields = differences(recorded, again)
    if fields:
        return Outcome(seq=entry.seq, agreement=Agreement.DIFFERS, what=", ".join(fields))
    return Outcome(seq=entry.seq, agreement=Agreement.SAME)


def differences(recorded: Decision, again: Decision) -> tuple[str, ...]:
    """Name the fields in which two decisions differ by a byte, but for id, made_at and versions."""
    one, other = _comparable(recorded), _comparable(again)
    return tuple(name for name in one if canonical({"": one[name]}) != canonical({"": other[name]}))


def _comparable(decision: Decision) -> dict[str, Any]:
    content = decision.to_dict()
    del content["id"], content["made_at"], content["provenance"]["versions"]
    return content


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


class _HasHash(Protocol):
    @property
    def sha256(self) -> str: ...


class CheckerLike(Protocol):
    """The part of `Checker` that a replay needs."""

    @property
    def snapshot(self) -> _HasId:
        """The coverage that it answers from."""

    @property
    def products(self) -> _HasHash:
        """The catalogue that it answers from."""

    @property
    def geocoder(self) -> _HasId | None:
        """What it finds addresses with."""

    def check(
        self,
        address: str,
        *,
        product: str,
        on: date | None = None,
        at: PlaceOfUse | str | None = None,
        receiver: Receiver | str | None = None,
    ) -> Decision:
        """Decide about an address."""

    def check_location(
        self,
        location: Location,
        *,
        product: str,
        on: date | None = None,
        at: PlaceOfUse | str | None = None,
        receiver: Receiver | str | None = None,
    ) -> Decision:
        """Decide about a known location."""


def recompute_with(checkers: Iterable[CheckerLike], *, errors: ErrorModel | None = None) -> Recompute:
    """Make decisions again with whichever of these checkers has the inputs that the record names.

    Parameters
    ----------
    checkers
        One for each snapshot and register that may be named.
    errors
        How often a place is the wrong one, by match: the record of a location that the caller gave doesn't hold that.
    """
    known = tuple(checkers)
    gross = (errors or ErrorModel()).gross

    def recompute(recorded: Decision) -> Decision:
        checker = _holding(recorded, known)
        last = None
        for again in _asked_again(recorded, checker, gross):
            last = again
            if not differences(recorded, again):
                break
        if last is None:
            raise InputGone("The record's question is not understood any more: use the version that recorded it.")
        return last

    return recompute


def _holding(recorded: Decision, checkers: Iterable[CheckerLike]) -> CheckerLike:
    """Find the checker with the inputs that the record names, or say which of them is gone."""
    named = recorded.provenance
    if named.rules != RULES:
        raise InputGone(f"The rules {named.rules} are gone: this version has {RULES}; use the version that recorded it.")
    left = [checker for checker in checkers if checker.snapshot.id == named.snapshot]
    if not left:
        raise _gone("snapshot", named.snapshot)
    left = [checker for checker in left if checker.products.sha256 == named.products]
    if not left:
        raise _gone("product catalogue", named.products)
    if named.register:
        left = [checker for checker in left if checker.geocoder and checker.geocoder.id == named.register]
    if not left:
        raise _gone("register", named.register)
    # A record without a register comes from a checker without one, if there is such a checker.
    return min(left, key=lambda checker: checker.geocoder is not None and not named.register)


def _gone(what: str, name: str) -> InputGone:
    return InputGone(f"The {what} {name[:24]} is gone: put it back, then replay again.")


def _asked_again(recorded: Decision, checker: CheckerLike, gross: Mapping[Match, float]) -> Iterator[Decision]:
    """Ask what may have been asked: the record says which use was decided on, not whether the caller named it."""
    given = recorded.location
    for at, receiver in product((None, recorded.use.place), (None, recorded.use.receiver)):
        try:
            question: dict[str, Any] = {
                "product": recorded.product.code,
                "on": recorded.as_of,
                "at": at,
                "receiver": receiver,
            }
            yield checker.check(recorded.address.given, **question)
            if recorded.address.kind == "coordinates" and given is not None:
                place = Location(
                    lat=given.lat,
                    lon=given.lon,
                    level=given.level,
                    match=given.match,
                    cep50_m=given.cep50_m,
                    cep95_m=given.cep95_m,
                    gross_error=gross[given.match],
                    source=given.source,
                    attribution=given.attribution,
                )
                yield checker.check_location(place, **question)
        except InvalidInput:
            continue

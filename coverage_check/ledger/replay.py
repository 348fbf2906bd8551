"""Make a recorded decision again from what it names, and compare."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from itertools import product
from typing import Any, Protocol

from coverage_check.basis import Basis, Request
from coverage_check.decision import RULES, Decision
from coverage_check.errors import InputGone, InvalidInput
from coverage_check.ledger.chain import canonical
from coverage_check.ledger.entries import Entry
from coverage_check.location import Candidate, ErrorModel, Location

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
    except InvalidInput:
        what = "The record's question is not understood any more: use the version that recorded it."
        return Outcome(seq=entry.seq, agreement=Agreement.INPUT_GONE, what=what)
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

    @property
    def errors_id(self) -> str:
        """Its error model, by hash."""

    @property
    def risks_id(self) -> str:
        """Its costs of wrong answers, by hash."""

    def check_many(self, requests: Sequence[Request]) -> list[Decision]:
        """Answer questions from the beginning, looking for the place."""

    def repeat(self, decision: Decision) -> Decision:
        """Decide again at the place that was found then."""


def recompute_with(checkers: Iterable[CheckerLike]) -> Recompute:
    """Make decisions again with whichever of these checkers has the inputs that the record names.

    What a register found is looked for again. What a server found is taken from the record: servers don't repeat themselves.

    Parameters
    ----------
    checkers
        One for each snapshot, catalogue and register that may be named.
    """
    known = tuple(checkers)

    def recompute(recorded: Decision) -> Decision:
        if recorded.basis is not None:
            return _again(recorded, recorded.basis, known)
        for basis in _guesses(recorded):
            again = _again(recorded, basis, known)
            if not differences(recorded, again):
                return again
        raise InputGone("How the question was asked is gone: this decision was recorded from its JSON, without its basis.")

    return recompute


def _again(recorded: Decision, basis: Basis, checkers: Iterable[CheckerLike]) -> Decision:
    """Make a decision again from its basis, or say which input is gone."""
    left = _holding(recorded, checkers)
    if basis.risks:
        left = _left("[risk] of the config and the products", basis.risks, left, lambda checker: checker.risks_id)
    if not _from_register(recorded, basis):
        return left[0].repeat(replace(recorded, basis=basis))
    left = _left("register", recorded.provenance.register, left, lambda c: c.geocoder.id if c.geocoder else "")
    if basis.errors:
        left = _left("error model ([errors] of the config)", basis.errors, left, lambda checker: checker.errors_id)
    return left[0].check_many([basis.request])[0]


def _holding(recorded: Decision, checkers: Iterable[CheckerLike]) -> Sequence[CheckerLike]:
    """Give the checkers with the rules, the snapshot and the products that the record names."""
    named = recorded.provenance
    if named.rules != RULES:
        raise InputGone(f"The rules {named.rules} are gone: this version has {RULES}; use the version that recorded it.")
    left = _left("snapshot", named.snapshot, checkers, lambda checker: checker.snapshot.id)
    return _left("product catalogue", named.products, left, lambda checker: checker.products.sha256)


def _left(
    what: str, name: str, checkers: Iterable[CheckerLike], name_of: Callable[[CheckerLike], str]
) -> Sequence[CheckerLike]:
    """Give the checkers that have an input of that name; raise InputGone if none has."""
    left = [checker for checker in checkers if name_of(checker) == name]
    if not left:
        raise InputGone(f"The {what} {name[:24]} is gone: {_CURES.get(what, 'put it back')}, then replay again.")
    return left


_CURES = {
    "snapshot": "put it into the archive that the config names (snapshots), or name its folder with --snapshot",
    "product catalogue": "name the products.toml of then with --products",
    "register": "name the register of then with --register",
}
"""How an input is given back; others stand in the config."""


def _from_register(recorded: Decision, basis: Basis) -> bool:
    """Whether the place was looked for in registers alone, which always say the same."""
    sources = re.split("[+&]", recorded.provenance.register)
    return basis.request.location is None and all(source.startswith("register:") for source in sources)


def _guesses(recorded: Decision) -> Iterator[Basis]:
    """Give the questions that a decision without a basis may have answered, with the defaults of what it doesn't say."""
    given, use = recorded.location, recorded.use
    place = None
    if given is not None:
        candidates = tuple(Candidate(**asdict(candidate)) for candidate in given.candidates)
        place = Location(**{name: getattr(given, name) for name in _PLACED}, candidates=candidates)
        place = replace(place, gross_error=ErrorModel().gross[place.match])
    for at, receiver in product((None, use.place), (None, use.receiver)):
        question = Request(
            product=recorded.product.code,
            address=recorded.address.given,
            on=recorded.as_of,
            at=at,
            receiver=receiver,
        )
        yield Basis(request=question, found=place)
        if place is not None and recorded.address.kind == "coordinates":
            yield Basis(request=replace(question, address=None, location=place), found=place)


_PLACED = ("lat", "lon", "level", "match", "cep50_m", "cep95_m", "source", "attribution")

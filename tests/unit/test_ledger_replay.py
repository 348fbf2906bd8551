"""A recorded decision is made again from the record alone, or the input that is gone is named."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from coverage_check.decision import AskedAddress, Decision
from coverage_check.ledger import Agreement, Ledger, SaleContext, recompute_with
from coverage_check.ledger.replay import CheckerLike
from coverage_check.location import Location
from coverage_check.products import Product
from coverage_check.qualification import Order, decide
from coverage_check.technology import PlaceOfUse, Receiver, Technology
from tests.made_claims import ON, layer, location, product, straight_edge
from tests.made_decisions import PROVENANCE, made_decision

if TYPE_CHECKING:
    from coverage_check.checker import Checker

    def _a_checker_will_do(checker: Checker) -> CheckerLike:
        return checker


OUTDOOR_3G = product(code="mbb-3g", place_of_use=PlaceOfUse.OUTDOORS, receiver=Receiver.HANDSET)
CATALOGUE = {"mbb-4g": product(alternatives=("mbb-3g",)), "mbb-3g": OUTDOOR_3G}


@dataclass(frozen=True)
class Named:
    """Something with an id and a hash."""

    id: str
    sha256: str = ""


@dataclass(frozen=True)
class StraightEdge:
    """A checker of one claim with a straight edge, that decides with the real rules and finds every address at one place."""

    edge_distance_m: float
    snapshot: Named = field(default_factory=lambda: Named(PROVENANCE.snapshot))
    products: Named = field(default_factory=lambda: Named("", PROVENANCE.products))
    geocoder: Named | None = field(default_factory=lambda: Named(PROVENANCE.register))

    def check(self, address: str, *, product: str, on: date | None = None, **use: Any) -> Decision:
        """Decide at the one place."""
        asked = AskedAddress(given=address, kind="address", normalised=address)
        register = self.geocoder.id if self.geocoder else ""
        return self._decided(asked, location(15, 100), CATALOGUE[product], on or ON, register, **use)

    def check_location(self, location: Location, *, product: str, on: date | None = None, **use: Any) -> Decision:
        """Decide at a place that the caller knows."""
        asked = AskedAddress(given=f"{location.lat}, {location.lon}", kind="coordinates", normalised="")
        return self._decided(asked, location, CATALOGUE[product], on or ON, "", **use)

    def _decided(self, asked: AskedAddress, place: Location, sold: Product, on: date, register: str, **use: Any) -> Decision:
        claims = (layer(), self.edge_distance_m), (layer("3g", technology=Technology.G3), 2000.0)
        return decide(
            Order(product=sold, on=on, address=asked, place=use.get("at"), receiver=use.get("receiver")),
            place,
            [straight_edge(claim, distance, place) for claim, distance in claims],
            catalogue=CATALOGUE,
            provenance=replace(PROVENANCE, register=register),
            made_at=datetime.now(tz=UTC),
        )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "l.db") as opened:
        yield opened


def record(ledger: Ledger, decision: Decision) -> None:
    ledger.append(decision, order_ref=decision.id, context=SaleContext.of_order(decision))


@pytest.mark.parametrize("at", [None, *PlaceOfUse])
@pytest.mark.parametrize("receiver", [None, *Receiver])
@pytest.mark.parametrize("distance", [2000.0, 5.0, -300.0])
def test_it_agrees_to_the_byte_whatever_was_asked(
    ledger: Ledger, distance: float, at: PlaceOfUse | None, receiver: Receiver | None
) -> None:
    checker = StraightEdge(distance)
    record(ledger, checker.check("Harg 12", product="mbb-4g", at=at, receiver=receiver))
    (outcome,) = ledger.replay(recompute_with([checker]))
    assert (outcome.agreement, outcome.what) == (Agreement.SAME, "")


def test_a_place_that_the_caller_knew_is_taken_from_the_record(ledger: Ledger) -> None:
    checker = StraightEdge(40.0)
    record(ledger, checker.check_location(Location.at(lat=59.82, lon=18.95, cep95_m=120.0), product="mbb-4g"))
    (outcome,) = ledger.replay(recompute_with([checker]))
    assert (outcome.agreement, outcome.what) == (Agreement.SAME, "")


def test_another_coverage_under_the_same_name_is_found_out(ledger: Ledger) -> None:
    record(ledger, StraightEdge(2000.0).check("Harg 12", product="mbb-4g"))
    (outcome,) = ledger.replay(recompute_with([StraightEdge(1999.0)]))
    assert outcome.agreement is Agreement.DIFFERS
    assert outcome.what == "evidence, flips"


def test_the_checker_with_the_named_inputs_is_chosen(ledger: Ledger) -> None:
    old = StraightEdge(-300.0, snapshot=Named("a" * 64))
    record(ledger, replace(old, snapshot=Named(PROVENANCE.snapshot)).check("Harg 12", product="mbb-4g"))
    new = StraightEdge(-300.0)
    (outcome,) = ledger.replay(recompute_with([old, new]))
    assert outcome.agreement is Agreement.SAME


@pytest.mark.parametrize(
    ("left", "gone"),
    [
        ([], "snapshot"),
        ([StraightEdge(1.0, snapshot=Named("other"))], "snapshot"),
        ([StraightEdge(1.0, products=Named("", "other"))], "product catalogue"),
        ([StraightEdge(1.0, geocoder=Named("other"))], "register"),
        ([StraightEdge(1.0, geocoder=None)], "register"),
    ],
)
def test_the_input_that_is_gone_is_named(ledger: Ledger, left: list[StraightEdge], gone: str) -> None:
    record(ledger, StraightEdge(1.0).check("Harg 12", product="mbb-4g"))
    (outcome,) = ledger.replay(recompute_with(left))
    assert outcome.agreement is Agreement.INPUT_GONE
    assert outcome.what.startswith(f"The {gone} ")


def test_rules_that_are_gone_are_named(ledger: Ledger) -> None:
    record(ledger, made_decision(rules="coverage-check/rules/0"))
    (outcome,) = ledger.replay(recompute_with([StraightEdge(1.0)]))
    assert outcome.agreement is Agreement.INPUT_GONE
    assert "rules" in outcome.what

"""Decisions made for tests: real ones, decided about a straight edge, for any address."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from coverage_check.decision import RULES, AskedAddress, Decision, Provenance, Verdict, Versions, content_id
from coverage_check.products import Product
from coverage_check.qualification import Order, decide
from coverage_check.technology import Technology
from tests.made_claims import ON, layer, location, product, straight_edge

PROVENANCE = Provenance(
    snapshot="5" * 64,
    register="register:1",
    products="9" * 64,
    rules=RULES,
    versions=Versions(coverage_check="0", geos="0", proj="0", gdal="0"),
)

DISTANCES = {
    Verdict.DELIVERABLE: 2000.0,
    Verdict.UNDETERMINED: 5.0,
    Verdict.NOT_DELIVERABLE: -2000.0,
}
"""Metres to the edge that give each verdict."""


def made_decision(
    address: str = "Harg 12, 760 21 Vätö",
    *,
    verdict: Verdict = Verdict.DELIVERABLE,
    sold: Product | None = None,
    on: date = ON,
    others: tuple[Product, ...] = (),
    **provenance: Any,
) -> Decision:
    """Decide about 4G near a straight edge, with 3G all around."""
    sold, place = sold or product(), location(15, 100)
    claims = ((layer(), DISTANCES[verdict]), (layer("3g", technology=Technology.G3), 2000.0))
    return decide(
        Order(product=sold, on=on, address=AskedAddress(given=address, kind="address", normalised=address)),
        place,
        [straight_edge(claim, distance, place) for claim, distance in claims],
        catalogue={item.code: item for item in (sold, *others)},
        provenance=replace(PROVENANCE, **provenance),
        made_at=datetime(2025, 11, 1, 12, tzinfo=UTC),
    )


def readdressed(decision: Decision, address: str) -> Decision:
    """Give the same decision for another address, quickly."""
    moved = replace(decision, address=replace(decision.address, given=address, normalised=address))
    return replace(moved, id=content_id(moved.to_dict()))

"""What can honestly be offered instead: with a condition, as another product, or from a later day."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from coverage_check.decision import Alternative, Use, Verdict
from coverage_check.products import Product
from coverage_check.qualification.assessment import assess, conditional_use, own_use
from coverage_check.qualification.explanation import Case
from coverage_check.technology import PlaceOfUse


def alternatives(case: Case, place: PlaceOfUse | None, catalogue: Mapping[str, Product]) -> tuple[Alternative, ...]:
    """Give what passes the same thresholds there, what can be had now first, then by probability.

    Parameters
    ----------
    place
        The place of use that was asked for, which holds for the alternatives too; None for each product's own.
    """
    found = [*_later(case)]
    if case.condition is None:
        found += _under_conditions(case, case.product, case.use, case.on)
    for code in case.product.alternatives:
        if code in catalogue:
            found += _instead(case, catalogue[code], place)
    return tuple(sorted(found, key=lambda offer: (offer.from_ or date.min, -offer.probability)))


def _instead(case: Case, product: Product, place: PlaceOfUse | None) -> Iterator[Alternative]:
    """Offer another product as it is sold, or else under one of its conditions."""
    if not product.on_sale(case.on):
        return
    use = own_use(product) if place is None else Use(place=place, receiver=product.receiver)
    probability = _passes(case, product, use, case.on)
    if probability is not None:
        yield Alternative(product=product.code, verdict=Verdict.DELIVERABLE, probability=probability)
    else:
        yield from _under_conditions(case, product, use, case.on)


def _under_conditions(case: Case, product: Product, use: Use, on: date) -> Iterator[Alternative]:
    if not product.on_sale(on):
        return
    for condition in product.conditions:
        probability = _passes(case, product, conditional_use(use, condition), on)
        if probability is not None:
            yield Alternative(
                product=product.code, verdict=Verdict.CONDITIONAL, probability=probability, condition=condition
            )


def _later(case: Case) -> Iterator[Alternative]:
    """Offer the same product from the first day on which a layer that is still to come makes it deliverable.

    Before that, perhaps, from the first day on which it is deliverable under a condition.
    """
    offered = {offer.condition for offer in _under_conditions(case, case.product, case.use, case.on)}
    starts = {claim.layer.valid_from for claim in case.assessment.claims if claim.layer.begins_after(case.on)}
    for start in sorted(day for day in starts if day is not None and case.product.on_sale(day)):
        probability = _passes(case, case.product, case.use, start)
        if probability is not None:
            offer = Alternative(product=case.product.code, verdict=Verdict.DELIVERABLE, probability=probability)
            yield replace(offer, from_=start)
            return
        for offer in _under_conditions(case, case.product, case.use, start):
            if offer.condition not in offered:
                offered.add(offer.condition)
                yield replace(offer, from_=start)


def _passes(case: Case, product: Product, use: Use, on: date) -> float | None:
    """Give P_yes where it is enough for a yes, else None."""
    assessment = assess(product, use, on, case.location, case.availabilities)
    return round(assessment.yes, 6) if assessment.verdict is Verdict.DELIVERABLE else None

"""What can honestly be offered instead: with a condition, as another product, or from a later day."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from coverage_check.decision import Alternative, Use, Verdict
from coverage_check.products import Product
from coverage_check.qualification.explanation import Case
from coverage_check.qualification.stances import Question, conditional_use, own_use
from coverage_check.technology import Condition, PlaceOfUse


class Offer(NamedTuple):
    """An alternative, and the question whose P_yes is its probability."""

    alternative: Alternative
    question: Question


def alternatives(case: Case, place: PlaceOfUse | None, catalogue: Mapping[str, Product]) -> tuple[Offer, ...]:
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
    return tuple(sorted(found, key=lambda offer: (offer.alternative.from_ or date.min, -offer.alternative.probability)))


def _instead(case: Case, product: Product, place: PlaceOfUse | None) -> Iterator[Offer]:
    """Offer another product as it is sold, or else under one of its conditions."""
    if not product.on_sale(case.on):
        return
    use = own_use(product) if place is None else Use(place=place, receiver=product.receiver)
    if offer := _passes(case, Question(product, use, case.on)):
        yield offer
    else:
        yield from _under_conditions(case, product, use, case.on)


def _under_conditions(case: Case, product: Product, use: Use, on: date) -> Iterator[Offer]:
    if not product.on_sale(on):
        return
    for condition in product.conditions:
        if offer := _passes(case, Question(product, conditional_use(use, condition), on), condition):
            yield offer


def _later(case: Case) -> Iterator[Offer]:
    """Offer the same product from the first day on which a layer that is still to come makes it deliverable.

    Before that, perhaps, from the first day on which it is deliverable under a condition.
    """
    product, use = case.product, case.use
    offered = {offer.alternative.condition for offer in _under_conditions(case, product, use, case.on)}
    starts = {claim.layer.valid_from for claim in case.assessment.claims if claim.layer.begins_after(case.on)}
    for start in sorted(day for day in starts if day is not None and product.on_sale(day)):
        if offer := _passes(case, Question(product, use, start)):
            yield _from(offer, start)
            return
        for offer in _under_conditions(case, product, use, start):
            if offer.alternative.condition not in offered:
                offered.add(offer.alternative.condition)
                yield _from(offer, start)


def _from(offer: Offer, start: date) -> Offer:
    return offer._replace(alternative=replace(offer.alternative, from_=start))


def _passes(case: Case, question: Question, condition: Condition | None = None) -> Offer | None:
    """Offer what is asked about, perhaps under a condition, where P_yes is enough for a yes."""
    assessment = case.weigh(question.product, question.use, question.on)
    if assessment.verdict is not Verdict.DELIVERABLE:
        return None
    verdict = Verdict.DELIVERABLE if condition is None else Verdict.CONDITIONAL
    probability = round(assessment.yes, 6)
    alternative = Alternative(product=question.product.code, verdict=verdict, probability=probability, condition=condition)
    return Offer(alternative, question)

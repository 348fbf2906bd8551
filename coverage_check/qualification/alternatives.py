"""What can honestly be offered instead: with a condition, as another product, from a later day, or at a spot nearby."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coverage_check.availability import Availability, Floats
from coverage_check.decision import Alternative, Use, Verdict
from coverage_check.location import LocationLevel, Match
from coverage_check.products import Product
from coverage_check.qualification.explanation import Case
from coverage_check.qualification.stances import Fit, Question, Time, conditional_use, own_use
from coverage_check.reliability import Reliability
from coverage_check.spread import offsets_m
from coverage_check.technology import Condition, PlaceOfUse

_ROUGH = {LocationLevel.APPROXIMATE, LocationLevel.INTERPOLATED}
PLOT_M = 500.0
"""A place known no better than this is no plot to look around on: an assumption."""
_PACED_OFF_M = offsets_m(cep50_m=5.0, cep95_m=15.0, count=256)[:, 0]
_RIGHT_SPOT = 0.995
"""How surely a spot is found again with a telephone in the hand: as a pasted position, by `Location.at`."""


class Offer(NamedTuple):
    """An alternative, and the question whose P_yes is its probability; None where that holds for the row alone."""

    alternative: Alternative
    question: Question | None


def alternatives(case: Case, place: PlaceOfUse | None, catalogue: Mapping[str, Product]) -> tuple[Offer, ...]:
    """Give what passes the same thresholds there, what can be had now first, then by probability.

    Parameters
    ----------
    place
        The place of use that was asked for, which holds for the alternatives too; None for each product's own.
    """
    if case.verdict is Verdict.DELIVERABLE and not case.ends_within_contract:
        return ()
    found: list[Offer] = []
    if case.verdict is not Verdict.DELIVERABLE:
        found += [*_later(case), *_spot(case)]
    if case.condition is None and case.verdict is not Verdict.DELIVERABLE:
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
    assessment = case.weigh(question)
    if assessment.verdict is not Verdict.DELIVERABLE:
        return None
    verdict = Verdict.DELIVERABLE if condition is None else Verdict.CONDITIONAL
    probability = round(assessment.yes, 6)
    alternative = Alternative(product=question.product.code, verdict=verdict, probability=probability, condition=condition)
    return Offer(alternative, question)


def _spot(case: Case) -> Iterator[Offer]:
    """Offer the same product at the nearest spot within the location's error where it is deliverable to who stands there.

    Where the found place itself is covered, a better position is asked for instead. A place that is only known as a street,
    a village or one of several has no plot to look around on.
    """
    location, needed = case.location, case.product.risk.yes
    known = location.match in {Match.EXACT, Match.FUZZY} and not location.level.coarse and location.level not in _ROUGH
    known = known and location.cep95_m <= PLOT_M and not case.assessment.covered_here
    if case.moved is None or not known or not case.prospect.spot_possible or not case.product.on_sale(case.on):
        return
    around = case.around()
    count = max(a.covered.size for a in around.values()) - 1
    # The places are ordered by distance: the first 95 % of them are the 95 % region, and the first of these is the nearest.
    places = np.arange(int(0.95 * count))
    hopeful = places[_served(case, around, places, np.zeros(1)) >= needed]
    there = _RIGHT_SPOT * _served(case, around, hopeful, _PACED_OFF_M)
    sure = np.flatnonzero(there >= needed)
    if sure.size:
        offsets = offsets_m(cep50_m=location.cep50_m, cep95_m=location.cep95_m, count=count)[hopeful[sure[0]]]
        lat, lon = case.moved(location.lat, location.lon, *offsets.tolist())
        alternative = Alternative(
            product=case.product.code,
            verdict=Verdict.DELIVERABLE,
            probability=round(float(there[sure[0]]), 6),
            lat=round(lat, 6),
            lon=round(lon, 6),
        )
        yield Offer(alternative, None)


def _served(case: Case, around: Mapping[str, Availability], places: npt.NDArray[np.intp], off_m: Floats) -> Floats:
    """Give the probability of service to who stands so far off some of the places, each edge taken as straight there."""
    by_need = []
    for claims in case.assessment.by_need:
        served = np.zeros(places.size)
        for claim in claims:
            if claim.is_(Fit.QUALIFIES, Time.LIVE):
                a = around[claim.layer.id]
                depth_m = a.edge_distance_m[1:][places, None] - off_m
                inside = (a.covered & a.surveyed)[1:][places, None] & (depth_m >= 0)
                rel = Reliability.of(claim.layer).at(depth_m)
                served = np.maximum(served, (inside * rel).mean(axis=1))
        by_need.append(served)
    combined: Floats = np.min(by_need, axis=0) if case.product.all_of else np.max(by_need, axis=0)
    return combined

"""What can honestly be offered instead: with a condition, as another product, from a later day, or at a spot nearby."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt

from coverage_check.decision import Alternative, Use, Verdict
from coverage_check.location import LocationLevel, Match
from coverage_check.products import Product
from coverage_check.qualification.assessment import (
    Fit,
    Time,
    Values,
    assess,
    claims_of,
    conditional_use,
    own_use,
    reliability,
)
from coverage_check.qualification.explanation import Case
from coverage_check.spread import offsets_m
from coverage_check.technology import PlaceOfUse

_ROUGH = {LocationLevel.APPROXIMATE, LocationLevel.INTERPOLATED}
_PLOT_M = 500.0
"""A place known no better than this is no plot to look around on: an assumption."""
_PACED_OFF_M = offsets_m(cep50_m=5.0, cep95_m=15.0, count=256)[:, 0]
_RIGHT_SPOT = 0.995
"""How surely a spot is found again with a telephone in the hand: as a pasted position, by `Location.at`."""


def alternatives(case: Case, place: PlaceOfUse | None, catalogue: Mapping[str, Product]) -> tuple[Alternative, ...]:
    """Give what passes the same thresholds there, what can be had now first, then by probability.

    Parameters
    ----------
    place
        The place of use that was asked for, which holds for the alternatives too; None for each product's own.
    """
    if case.verdict is Verdict.DELIVERABLE and not case.ends_within_contract:
        return ()
    found = []
    if case.verdict is not Verdict.DELIVERABLE:
        found += [*_later(case), *_spot(case)]
    if case.condition is None and case.verdict is not Verdict.DELIVERABLE:
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


def _spot(case: Case) -> Iterator[Alternative]:
    """Offer the same product at the nearest spot within the location's error where it is deliverable to who stands there.

    Where the found place itself is covered, a better position is asked for instead. A place that is only known as a street,
    a village or one of several has no plot to look around on.
    """
    location, served = case.location, case.assessment.served
    known = location.match in {Match.EXACT, Match.FUZZY} and not location.level.coarse and location.level not in _ROUGH
    known = known and location.cep95_m <= _PLOT_M and not case.assessment.covered_here
    if case.moved is None or not known or served.size == 1 or not case.product.on_sale(case.on):
        return
    # The places are ordered by distance: the first 95 % of them are the 95 % region, and the first of these is the nearest.
    hopeful = np.flatnonzero(served[: int(0.95 * served.size)] >= case.product.risk.yes)
    if not hopeful.size:
        return
    there = _served_at(case, hopeful)
    sure = np.flatnonzero(there >= case.product.risk.yes)
    offsets = offsets_m(cep50_m=location.cep50_m, cep95_m=location.cep95_m, count=served.size)[hopeful[sure]]
    if sure.size:
        lat, lon = case.moved(location.lat, location.lon, *offsets[0].tolist())
        yield Alternative(
            product=case.product.code,
            verdict=Verdict.DELIVERABLE,
            probability=round(float(there[sure[0]]), 6),
            lat=round(lat, 6),
            lon=round(lon, 6),
        )


def _served_at(case: Case, places: npt.NDArray[np.intp]) -> Values:
    """Give the probability of service to who stands at some of the places, each edge taken as straight there."""
    product, by_need = case.product, []
    for need in product.any_of or product.all_of:
        served = np.zeros(places.size)
        for claim in claims_of(need, product, case.use, case.on, case.availabilities):
            if claim.is_(Fit.QUALIFIES, Time.LIVE):
                a = claim.availability
                depth_m = a.edge_distance_m[1:][places, None] - _PACED_OFF_M
                inside = (a.covered & a.surveyed)[1:][places, None] & (depth_m >= 0)
                served = np.maximum(served, (inside * reliability(claim.layer, depth_m)).mean(axis=1))
        by_need.append(served)
    combined: Values = np.min(by_need, axis=0) if product.all_of else np.max(by_need, axis=0)
    return _RIGHT_SPOT * combined


def _passes(case: Case, product: Product, use: Use, on: date) -> float | None:
    """Give P_yes where it is enough for a yes, else None."""
    assessment = assess(product, use, on, case.location, case.availabilities)
    return round(assessment.yes, 6) if assessment.verdict is Verdict.DELIVERABLE else None

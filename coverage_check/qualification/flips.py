"""How far the address may be off before the verdict changes, which way, and to what.

The edge nearest to the place is taken as straight there; along its normal the probability of service only grows inwards, so
each threshold is crossed once. A product that may be sold under a condition has an edge more: that of the condition.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from coverage_check.decision import Flip, Verdict
from coverage_check.location import Match
from coverage_check.qualification.assessment import (
    Assessment,
    Claim,
    Fit,
    Time,
    assess,
    conditional_use,
    own_use,
    reliability,
    verdict_for,
)
from coverage_check.qualification.explanation import Case
from coverage_check.spread import offsets_m

_REACH_M = 50_000.0
"""Farthest distance from the edge that is looked at; every threshold that can be crossed is crossed nearer."""
_STEPS = 48


@dataclass(frozen=True, slots=True)
class _Edge:
    """One edge that could change the verdict, and the verdict at each signed distance from it."""

    claim: Claim
    verdict: Callable[[float], Verdict]


def flip(case: Case) -> Flip | None:
    """Give the smallest move that changes the verdict; None where no edge of a live claim explains it."""
    location = case.location
    if location.match is Match.AMBIGUOUS or location.level.coarse or not case.assessment.agree:
        return None
    found = [moved for edge in _edges(case) if (moved := _nearest_flip(edge, case.verdict))]
    return min(found, key=lambda moved: moved.if_moved_m, default=None)


def _edges(case: Case) -> Iterator[_Edge]:
    """Give the edge of the claim as sold, and that of each condition which the verdict rests on or could come to."""
    conditional = {Verdict.NOT_DELIVERABLE: Verdict.CONDITIONAL} if case.condition else {}
    yield from _edge(case, case.assessment, conditional)
    if case.use != own_use(case.product) or case.verdict not in {Verdict.CONDITIONAL, Verdict.NOT_DELIVERABLE}:
        return
    other = {Verdict.DELIVERABLE: Verdict.CONDITIONAL, Verdict.UNDETERMINED: Verdict.NOT_DELIVERABLE}
    for condition in (case.condition,) if case.condition else case.product.conditions:
        use = conditional_use(case.use, condition)
        yield from _edge(case, assess(case.product, use, case.on, case.location, case.availabilities), other)


def _edge(case: Case, assessment: Assessment, become: Mapping[Verdict, Verdict]) -> Iterator[_Edge]:
    claim = assessment.best(Fit.QUALIFIES, Time.LIVE)
    if claim is not None and claim.availability.edge_bearing_deg is not None:
        yield _Edge(claim, _verdict_along_normal(case, claim, become))


def _verdict_along_normal(case: Case, claim: Claim, become: Mapping[Verdict, Verdict]) -> Callable[[float], Verdict]:
    location = case.location
    across_m = offsets_m(cep50_m=location.cep50_m, cep95_m=location.cep95_m)[:, 0]
    sure = 1 - location.gross_error

    def verdict(edge_distance_m: float) -> Verdict:
        places_m = edge_distance_m - across_m
        served = float(np.where(places_m >= 0, reliability(claim.layer, places_m), 0.0).mean())
        plain = verdict_for(case.product.risk, sure * served, sure * (1 - served))
        return become.get(plain, plain)

    return verdict


def _nearest_flip(edge: _Edge, decided: Verdict) -> Flip | None:
    """Give the nearest change along one edge's normal; None where that edge alone doesn't explain the verdict."""
    here, verdict = edge.claim.edge_distance_m, edge.verdict
    now = verdict(here)
    if now is not decided:
        return None
    bearing = edge.claim.availability.edge_bearing_deg or 0.0
    inwards, outwards = (bearing, bearing + 180) if here < 0 else (bearing + 180, bearing)
    found = []
    for sign, towards in ((1.0, inwards), (-1.0, outwards)):
        if verdict(here + sign * _REACH_M) is not now:
            moved_m = _first_change(verdict, now, here, sign)
            found.append((moved_m, towards % 360, verdict(here + sign * moved_m)))
    if not found:
        return None
    moved_m, towards, to = min(found)
    return Flip(if_moved_m=round(moved_m, 1), bearing_deg=round(towards, 1) % 360, to=to)


def _first_change(verdict: Callable[[float], Verdict], now: Verdict, here: float, sign: float) -> float:
    """Bisect for the shortest move along the normal after which the verdict is another."""
    low, high = 0.0, _REACH_M
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if verdict(here + sign * middle) is now else (low, middle)
    return high

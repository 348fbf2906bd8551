"""How far the address may be off before the verdict changes, which way, and to what.

The edge nearest to the place is taken as straight there; along its normal the probability of service only grows inwards, so
each threshold is crossed once. Where it is crossed depends on the claim's reliability and the location's error alone, not on
the place, and is found once for all places that share them. A product that may be sold under a condition has an edge more:
that of the condition.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from coverage_check.decision import Flip, Verdict
from coverage_check.location import Match
from coverage_check.products import Risk
from coverage_check.qualification.assessment import (
    Assessment,
    Claim,
    Fit,
    Time,
    assess,
    conditional_use,
    own_use,
    verdict_for,
)
from coverage_check.qualification.explanation import Case
from coverage_check.reliability import Reliability
from coverage_check.spread import offsets_m

_REACH_M = 50_000.0
"""Farthest distance from the edge that is looked at; every threshold that can be crossed is crossed nearer."""
_STEPS = 48


@dataclass(frozen=True, slots=True)
class _Edge:
    """One edge that could change the verdict, and what each verdict about it alone means for the product."""

    claim: Claim
    become: Mapping[Verdict, Verdict]


def flip(case: Case) -> Flip | None:
    """Give the smallest move that changes the verdict; None where no edge of a live claim explains it."""
    location = case.location
    if location.match is Match.AMBIGUOUS or location.level.coarse or not case.assessment.agree:
        return None
    found = [moved for edge in _edges(case) if (moved := _nearest_flip(case, edge))]
    return min(found, key=lambda moved: moved.if_moved_m, default=None)


def _edges(case: Case) -> Iterator[_Edge]:
    """Give the edge of the claim as sold, and that of each condition which the verdict rests on or could come to."""
    conditional = {Verdict.NOT_DELIVERABLE: Verdict.CONDITIONAL} if case.condition else {}
    yield from _edge(case.assessment, conditional)
    if case.use != own_use(case.product) or case.verdict not in {Verdict.CONDITIONAL, Verdict.NOT_DELIVERABLE}:
        return
    other = {Verdict.DELIVERABLE: Verdict.CONDITIONAL, Verdict.UNDETERMINED: Verdict.NOT_DELIVERABLE}
    for condition in (case.condition,) if case.condition else case.product.conditions:
        use = conditional_use(case.use, condition)
        yield from _edge(assess(case.product, use, case.on, case.location, case.availabilities), other)


def _edge(assessment: Assessment, become: Mapping[Verdict, Verdict]) -> Iterator[_Edge]:
    claim = assessment.best(Fit.QUALIFIES, Time.LIVE)
    if claim is not None and claim.availability.edge_bearing_deg is not None:
        yield _Edge(claim, become)


def _nearest_flip(case: Case, edge: _Edge) -> Flip | None:
    """Give the nearest change along one edge's normal; None where that edge alone doesn't explain the verdict."""
    here = edge.claim.edge_distance_m
    zones = _zones(case, edge)
    at = max(n for n, (begins_m, _) in enumerate(zones) if begins_m <= here)
    if zones[at][1] is not case.verdict:
        return None
    bearing = edge.claim.availability.edge_bearing_deg or 0.0
    inwards, outwards = (bearing, bearing + 180) if here < 0 else (bearing + 180, bearing)
    found = []
    if at + 1 < len(zones):
        found.append((zones[at + 1][0] - here, inwards % 360, zones[at + 1][1]))
    if at > 0:
        found.append((here - zones[at][0], outwards % 360, zones[at - 1][1]))
    if not found:
        return None
    moved_m, towards, to = min(found)
    return Flip(if_moved_m=round(moved_m, 1), bearing_deg=round(towards, 1) % 360, to=to)


def _zones(case: Case, edge: _Edge) -> list[tuple[float, Verdict]]:
    """Give the verdicts from far outside to deep inside, each with the signed distance at which it begins."""
    location, layer = case.location, edge.claim.layer
    no_ends_m, yes_begins_m = _crossings_m(
        (location.cep50_m, location.cep95_m, location.gross_error),
        Reliability.of(layer),
        case.product.risk,
    )
    plain = [(-math.inf, Verdict.NOT_DELIVERABLE), (no_ends_m, Verdict.UNDETERMINED), (yes_begins_m, Verdict.DELIVERABLE)]
    zones: list[tuple[float, Verdict]] = []
    for n, (begins_m, verdict) in enumerate(plain):
        ends_m = plain[n + 1][0] if n + 1 < len(plain) else math.inf
        meant = edge.become.get(verdict, verdict)
        if begins_m < ends_m and not (zones and zones[-1][1] is meant):
            zones.append((begins_m, meant))
    return zones


@lru_cache(maxsize=4096)
def _crossings_m(error: tuple[float, float, float], claim: Reliability, risk: Risk) -> tuple[float, float]:
    """Give the signed distances at which a no ends and a yes begins; infinite where there is none of it.

    Parameters
    ----------
    error
        cep50_m, cep95_m and gross_error of the location.
    claim
        How reliable the layer is inside its edge.
    """
    cep50_m, cep95_m, gross_error = error
    across_m = offsets_m(cep50_m=cep50_m, cep95_m=cep95_m)[:, 0]
    sure = 1 - gross_error

    def verdict(edge_distance_m: float) -> Verdict:
        places_m = edge_distance_m - across_m
        served = float(((places_m >= 0) * claim.at(places_m)).mean())
        return verdict_for(risk, sure * served, sure * (1 - served))

    return (
        _first_m(lambda distance_m: verdict(distance_m) is not Verdict.NOT_DELIVERABLE),
        _first_m(lambda distance_m: verdict(distance_m) is Verdict.DELIVERABLE),
    )


def _first_m(holds: Callable[[float], bool]) -> float:
    """Bisect for the least signed distance from which on it holds: -inf where it always does, inf where it never does."""
    low, high = -_REACH_M, _REACH_M
    if holds(low):
        return -math.inf
    if not holds(high):
        return math.inf
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high

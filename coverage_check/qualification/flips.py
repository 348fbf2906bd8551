"""How far the address may be off before the verdict changes, which way, and to what.

The edge nearest to the place is taken as straight there; along its normal the probability of service only grows inwards, so
each threshold is crossed once.
"""

from collections.abc import Callable

import numpy as np

from coverage_check.decision import Flip, Verdict
from coverage_check.location import Match
from coverage_check.qualification.assessment import Claim, reliability, verdict_for
from coverage_check.qualification.explanation import Case
from coverage_check.spread import offsets_m

_REACH_M = 50_000.0
"""Farthest distance from the edge that is looked at; every threshold that can be crossed is crossed nearer."""
_STEPS = 48


def flip(case: Case) -> Flip | None:
    """Give the smallest move that changes the verdict; None where no single edge decides."""
    claim, location = case.deciding, case.location
    if claim is None or not claim.surveyed_here or claim.availability.edge_bearing_deg is None:
        return None
    if location.match is Match.AMBIGUOUS or location.level.coarse or not case.assessment.agree:
        return None
    along_normal = _verdict_along_normal(case, claim)
    as_sold = Verdict.NOT_DELIVERABLE if case.verdict is Verdict.CONDITIONAL else case.verdict
    if along_normal(claim.edge_distance_m) is not as_sold:  # other edges, or places without a map, decide here too
        return None
    return _nearest_flip(claim, along_normal)


def _verdict_along_normal(case: Case, claim: Claim) -> Callable[[float], Verdict]:
    location = case.location
    across_m = offsets_m(cep50_m=location.cep50_m, cep95_m=location.cep95_m)[:, 0]
    sure = 1 - location.gross_error

    def verdict(edge_distance_m: float) -> Verdict:
        places_m = edge_distance_m - across_m
        served = float(np.where(places_m >= 0, reliability(claim.layer, places_m), 0.0).mean())
        return verdict_for(case.product.risk, sure * served, sure * (1 - served))

    return verdict


def _nearest_flip(claim: Claim, verdict: Callable[[float], Verdict]) -> Flip | None:
    here = claim.edge_distance_m
    now = verdict(here)
    bearing = claim.availability.edge_bearing_deg or 0.0
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

"""How far the address may be off before the verdict changes, which way, and to what.

The edge nearest to the place is taken as straight there; along its normal the probability of service only grows inwards, so
each threshold is crossed once. Where it is crossed depends on the claim's reliability and the location's error alone, not on
the place, and is found once for all places that share them.
"""

import math
from collections.abc import Callable
from functools import lru_cache

from coverage_check.decision import Flip, Verdict
from coverage_check.location import Match
from coverage_check.products import Risk
from coverage_check.qualification.assessment import Claim, reliable, verdict_for
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
    layer = claim.layer
    no_ends_m, yes_begins_m = _crossings_m(
        (location.cep50_m, location.cep95_m, location.gross_error),
        (layer.probability, layer.resolution_m),
        case.product.risk,
    )
    distance_m = claim.edge_distance_m
    along_normal = Verdict.UNDETERMINED
    if distance_m >= yes_begins_m:
        along_normal = Verdict.DELIVERABLE
    elif distance_m < no_ends_m:
        along_normal = Verdict.NOT_DELIVERABLE
    as_sold = Verdict.NOT_DELIVERABLE if case.verdict is Verdict.CONDITIONAL else case.verdict
    if along_normal is not as_sold:  # other edges, or places without a map, decide here too
        return None
    return _nearest_flip(claim, along_normal, no_ends_m, yes_begins_m)


def _nearest_flip(claim: Claim, now: Verdict, no_ends_m: float, yes_begins_m: float) -> Flip | None:
    here = claim.edge_distance_m
    bearing = claim.availability.edge_bearing_deg or 0.0
    inwards, outwards = (bearing, bearing + 180) if here < 0 else (bearing + 180, bearing)
    between = Verdict.UNDETERMINED if no_ends_m < yes_begins_m else None
    if now is Verdict.DELIVERABLE:
        found = [(here - yes_begins_m, outwards, between or Verdict.NOT_DELIVERABLE)]
    elif now is Verdict.NOT_DELIVERABLE:
        found = [(no_ends_m - here, inwards, between or Verdict.DELIVERABLE)]
    else:
        found = [(yes_begins_m - here, inwards, Verdict.DELIVERABLE), (here - no_ends_m, outwards, Verdict.NOT_DELIVERABLE)]
    moved_m, towards, to = min(found)
    if math.isinf(moved_m):
        return None
    return Flip(if_moved_m=round(moved_m, 1), bearing_deg=round(towards, 1) % 360, to=to)


@lru_cache(maxsize=4096)
def _crossings_m(error: tuple[float, float, float], claim: tuple[float, float], risk: Risk) -> tuple[float, float]:
    """Give the signed distances at which a no ends and a yes begins; infinite where there is none of it.

    Parameters
    ----------
    error
        cep50_m, cep95_m and gross_error of the location.
    claim
        Probability at the edge and resolution in metres of the layer.
    """
    cep50_m, cep95_m, gross_error = error
    across_m = offsets_m(cep50_m=cep50_m, cep95_m=cep95_m)[:, 0]
    sure = 1 - gross_error

    def verdict(edge_distance_m: float) -> Verdict:
        places_m = edge_distance_m - across_m
        served = float(((places_m >= 0) * reliable(*claim, places_m)).mean())
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

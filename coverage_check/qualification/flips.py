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

import numpy as np

from coverage_check.availability import Floats
from coverage_check.decision import Verdict
from coverage_check.layer import Layer
from coverage_check.location import Match
from coverage_check.products import Risk
from coverage_check.qualification.assessment import Assessment
from coverage_check.qualification.explanation import Case
from coverage_check.qualification.stances import Fit, Question, Time, conditional_use, own_use, verdict_for
from coverage_check.qualification.weighing import VERDICTS, Codes
from coverage_check.reliability import Reliability
from coverage_check.spread import kinds_of_error, offsets_m

_REACH_M = 50_000.0
"""Farthest distance from the edge that is looked at; every threshold that can be crossed is crossed nearer."""
_STEPS = 48
_Error = tuple[float, float, float]
"""cep50_m, cep95_m and gross error of a location."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One layer's edge that could change the verdict, and what each verdict about it alone means for the product."""

    layer: Layer
    become: Mapping[Verdict, Verdict]


@dataclass(frozen=True, slots=True, eq=False)
class Flips:
    """For each row how many metres away the nearest change of verdict is, infinite for none; which way; and to what."""

    if_moved_m: Floats
    bearing_deg: Floats
    to: Codes


def edges(case: Case) -> tuple[Edge, ...]:
    """Give the edge of the claim as sold, and that of each condition which the verdict rests on or could come to.

    None where something else than an edge decides: more than one place, the whole of a street, or the days of sale.
    """
    location = case.location
    if location.match is Match.AMBIGUOUS or location.level.coarse or not case.assessment.agree:
        return ()
    return tuple(_edges(case)) if case.product.on_sale(case.on) else ()


def _edges(case: Case) -> Iterator[Edge]:
    conditional = {Verdict.NOT_DELIVERABLE: Verdict.CONDITIONAL} if case.condition else {}
    yield from _edge(case.assessment, conditional)
    if case.use != own_use(case.product) or case.verdict not in {Verdict.CONDITIONAL, Verdict.NOT_DELIVERABLE}:
        return
    other = {Verdict.DELIVERABLE: Verdict.CONDITIONAL, Verdict.UNDETERMINED: Verdict.NOT_DELIVERABLE}
    for condition in (case.condition,) if case.condition else case.product.conditions:
        use = conditional_use(case.use, condition)
        yield from _edge(case.weigh(Question(case.product, use, case.on)), other)


def _edge(assessment: Assessment, become: Mapping[Verdict, Verdict]) -> Iterator[Edge]:
    claim = assessment.best(Fit.QUALIFIES, Time.LIVE)
    if claim is not None:
        yield Edge(claim.layer, become)


def no_flips(n: int) -> Flips:
    """Give the flips of rows that have none."""
    return Flips(np.full(n, np.inf), np.zeros(n), np.zeros(n, dtype=np.int8))


def flips(edge: Edge, case: Case, errors_m: Floats, edge_distance_m: Floats, bearing_deg: Floats) -> Flips:
    """Give the nearest change along one edge's normal, in rows that are alike; none where it doesn't explain the verdict.

    Parameters
    ----------
    errors_m
        float64[n, 2]: cep50_m and cep95_m.
    edge_distance_m, bearing_deg
        float64[n]: to the edge; a bearing of NaN is none.
    """
    found = no_flips(len(errors_m))
    kinds, kind = kinds_of_error(errors_m)
    for number, (cep50_m, cep95_m) in enumerate(kinds):
        rows = np.flatnonzero((kind == number) & ~np.isnan(bearing_deg))
        zones = _zones((cep50_m, cep95_m, case.location.gross_error), edge, case.product.risk)
        begins_m = np.array([begins for begins, _ in zones] + [math.inf])
        meant = np.array([VERDICTS.index(verdict) for _, verdict in zones] + [0], dtype=np.int8)
        here = edge_distance_m[rows]
        at = np.searchsorted(begins_m[:-1], here, side="right") - 1
        explained = meant[at] == VERDICTS.index(case.verdict)
        rows, here, at = rows[explained], here[explained], at[explained]
        inwards, outwards = begins_m[at + 1] - here, np.where(at > 0, here - begins_m[at], np.inf)
        go_in = inwards <= outwards
        found.if_moved_m[rows] = np.where(go_in, inwards, outwards)
        found.bearing_deg[rows] = (bearing_deg[rows] + np.where(go_in == (here < 0), 0.0, 180.0)) % 360
        found.to[rows] = meant[np.where(go_in, at + 1, np.maximum(at - 1, 0))]
    return found


def nearer(one: Flips, other: Flips) -> Flips:
    """Take the nearer of two changes in each row."""
    first = one.if_moved_m <= other.if_moved_m
    return Flips(
        np.where(first, one.if_moved_m, other.if_moved_m),
        np.where(first, one.bearing_deg, other.bearing_deg),
        np.where(first, one.to, other.to),
    )


def _zones(error: _Error, edge: Edge, risk: Risk) -> list[tuple[float, Verdict]]:
    """Give the verdicts from far outside to deep inside, each with the signed distance at which it begins."""
    no_ends_m, yes_begins_m = _crossings_m(error, Reliability.of(edge.layer), risk)
    plain = [(-math.inf, Verdict.NOT_DELIVERABLE), (no_ends_m, Verdict.UNDETERMINED), (yes_begins_m, Verdict.DELIVERABLE)]
    zones: list[tuple[float, Verdict]] = []
    for n, (begins_m, verdict) in enumerate(plain):
        ends_m = plain[n + 1][0] if n + 1 < len(plain) else math.inf
        meant = edge.become.get(verdict, verdict)
        if begins_m < ends_m and not (zones and zones[-1][1] is meant):
            zones.append((begins_m, meant))
    return zones


@lru_cache(maxsize=4096)
def _crossings_m(error: _Error, claim: Reliability, risk: Risk) -> tuple[float, float]:
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

"""Where the needs of a product are met: at each of the customer's equally likely places, in many rows at once.

The most reliable of the claims that qualify counts there. Where none covers it is a no where the map speaks, and unknown
where it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coverage_check.availability import Bools, Floats, Places
from coverage_check.layer import Layer
from coverage_check.qualification.stances import Fit, Stance, Time
from coverage_check.reliability import Reliability


@dataclass(frozen=True, slots=True)
class Met:
    """Where a need is met: bool[m, places] served and unknown; how reliably at the measured places; and at an edge."""

    served: Bools
    unknown: Bools
    rel: Floats
    at_edge: float

    def mean(self, places: Places) -> Floats:
        """Give the share of the places that is served, weighed by how reliably."""
        return mean_reliable(places, self.served, self.rel, self.at_edge)


def mean_reliable(places: Places, served: Bools, rel: Floats, at_edge: float) -> Floats:
    """Multiply the share that is served by its reliability; where none of it was measured, it is a sliver at an edge."""
    hits = np.broadcast_to(at_measured(places, served), rel.shape).sum(axis=1)
    reliability = np.where(hits, np.ascontiguousarray(rel).sum(axis=1) / np.maximum(hits, 1), at_edge)
    mean: Floats = share_of(served) * reliability
    return mean


def share_of(mask: Bools) -> Floats:
    """Give the share of a mask's places that hold."""
    share: Floats = np.count_nonzero(mask, axis=1) / mask.shape[1]
    return share


def at_measured(places: Places, mask: Bools) -> Bools:
    """Give a mask at the measured ones of the places."""
    return mask if mask.shape[1] == 1 else mask[:, places.measured]


def claimed(places: Places, layer: int) -> Bools:
    """Give the places that a layer speaks about and covers."""
    return places.covered[layer] & places.surveyed[layer]


def reliability_of(places: Places, claim: Layer, layer: int) -> Floats:
    """Give how reliable a claim is at the measured places."""
    return Reliability.of(claim).at(places.edge_distance_m[layer])


_ANY_FIT = tuple(Fit)


def need_met(places: Places, by: Sequence[Stance]) -> Met:
    """Find where one need is met, and where that is unknown."""
    nowhere = np.zeros((len(places.rows), 1), dtype=bool)
    if not by:
        return Met(nowhere, ~nowhere, np.zeros(nowhere.shape), 0.0)

    def covered(fits: Sequence[Fit], times: Sequence[Time]) -> Bools:
        return _union(nowhere, [claimed(places, stance.number) for stance in by if stance.is_(fits, times)])

    def surveyed(fits: Sequence[Fit], times: Sequence[Time]) -> Bools:
        return _union(nowhere, [places.surveyed[stance.number] for stance in by if stance.is_(fits, times)])

    qualifying, live, stale = (Fit.QUALIFIES,), (Time.LIVE,), (Time.STALE,)
    served = covered(qualifying, live)
    pending = covered((Fit.SPEED_UNKNOWN,), live) | _pending(places, by, nowhere)
    # A live map says no, be it of the needed level or of a lower one that isn't there either ...
    denied = surveyed(_ANY_FIT, live) & ~covered(_ANY_FIT, live)
    denied = denied | surveyed((Fit.QUALIFIES, Fit.SPEED_UNKNOWN), live)
    # ... a network that doesn't serve that day covers nothing, unless a newer map of it is only too old ...
    denied = denied | (surveyed(_ANY_FIT, (Time.OFF,)) & ~surveyed(_ANY_FIT, stale))
    # ... and where an operator maps only lower levels, there is no claim of the needed one.
    if not any(stance.is_((Fit.QUALIFIES, Fit.SPEED_UNKNOWN), (Time.LIVE, Time.STALE)) for stance in by):
        denied = denied | surveyed((Fit.LOWER,), live)
    serving = [stance for stance in by if stance.is_(qualifying, live)]
    return Met(
        served=served,
        unknown=~served & (pending | ~denied),
        rel=_most_reliable(places, serving),
        at_edge=max((Reliability.of(stance.layer).at_edge for stance in serving), default=0.0),
    )


def _pending(places: Places, by: Sequence[Stance], nowhere: Bools) -> Bools:
    """Find where a stale map covers, and no newer map of the same claim is in use, for which the old one is history."""
    pending = nowhere
    for old in by:
        if old.time is Time.STALE and old.fit is not Fit.LOWER:
            newer = [places.surveyed[new.number] for new in by if new.time is Time.LIVE and new.supersedes(old)]
            pending = pending | (claimed(places, old.number) & ~_union(nowhere, newer))
    return pending


def _most_reliable(places: Places, serving: Sequence[Stance]) -> Floats:
    """Give, at each measured place, the largest reliability among the claims that cover it: never a sum or product."""
    rel = np.zeros((len(places.rows), 1))
    for stance in serving:
        inside = at_measured(places, claimed(places, stance.number))
        rel = np.maximum(rel, inside * reliability_of(places, stance.layer, stance.number))
    return rel


def _union(nowhere: Bools, masks: Sequence[Bools]) -> Bools:
    union = nowhere
    for mask in masks:
        union = union | mask
    return union


def combined(needs: Sequence[Met], *, every: bool) -> Met:
    """Take the best need of any_of, the worst of all_of."""
    if len(needs) == 1:
        return needs[0]
    served, rel = needs[0].served, needs[0].rel
    unclear, denied = needs[0].unknown, ~needs[0].served & ~needs[0].unknown
    for need in needs[1:]:
        served = served & need.served if every else served | need.served
        rel = np.minimum(rel, need.rel) if every else np.maximum(rel, need.rel)
        unclear, denied = unclear | need.unknown, denied | (~need.served & ~need.unknown)
    at_edge = (min if every else max)(need.at_edge for need in needs)
    return Met(served, ~served & (~denied if every else unclear), rel, at_edge)

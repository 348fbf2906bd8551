"""Where the needs of a product are met: at each of the customer's equally likely places, in many rows at once.

The most reliable of the claims that qualify counts there. Where none covers it is a no where the map speaks, and unknown
where it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coverage_check.availability import Floats, Masks, Places, masked_alike
from coverage_check.layer import Layer
from coverage_check.qualification.stances import Fit, Stance, Time
from coverage_check.reliability import Reliability


@dataclass(frozen=True, slots=True)
class Met:
    """Where a need is met: masks of the places served and unknown; how reliably at the measured ones; and at an edge."""

    served: Masks
    unknown: Masks
    rel: Floats
    at_edge: float

    def mean(self, places: Places) -> Floats:
        """Give the share of the places that is served, weighed by how reliably."""
        return mean_reliable(places, self.served, self.rel, self.at_edge)


def mean_reliable(places: Places, served: Masks, rel: Floats, at_edge: float) -> Floats:
    """Multiply the share that is served by its reliability; where none of it was measured, it is a sliver at an edge."""
    held, rel = np.broadcast_arrays(places.at_measured(served), rel)
    hits = np.count_nonzero(held, axis=1)
    reliability = np.where(hits, np.ascontiguousarray(rel).sum(axis=1) / np.maximum(hits, 1), at_edge)
    mean: Floats = places.share(served) * reliability
    return mean


def claimed(places: Places, layer: int) -> Masks:
    """Give the places that a layer speaks about and covers."""
    return places.claimed[layer]


def reliable(places: Places, claim: Layer, layer: int) -> Floats:
    """Give how reliable a claim is at the measured places: 0 where it claims nothing."""
    return places.at_measured(claimed(places, layer)) * Reliability.of(claim).at(places.edge_distance_m[layer])


_ANY_FIT = tuple(Fit)


def need_met(places: Places, by: Sequence[Stance]) -> Met:
    """Find where one need is met, and where that is unknown."""
    nowhere = masked_alike(np.zeros(len(places.rows), dtype=bool))
    if not by:
        return Met(nowhere, ~nowhere, np.zeros(nowhere.shape), 0.0)

    def covered(fits: Sequence[Fit], times: Sequence[Time]) -> Masks:
        return _union(nowhere, [claimed(places, stance.number) for stance in by if stance.is_(fits, times)])

    def surveyed(fits: Sequence[Fit], times: Sequence[Time]) -> Masks:
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


def _pending(places: Places, by: Sequence[Stance], nowhere: Masks) -> Masks:
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
        rel = np.maximum(rel, reliable(places, stance.layer, stance.number))
    return rel


def _union(nowhere: Masks, masks: Sequence[Masks]) -> Masks:
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

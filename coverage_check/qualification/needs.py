"""Where the needs of a product are met: at each of the customer's equally likely places, in many rows at once.

The most reliable of the claims that qualify counts there. Where none covers it is a no where the map speaks, and unknown
where it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coverage_check.availability import Floats, Masks, Places, masked_alike
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
    held = places.at_measured(served)
    if held.shape[1] == rel.shape[1] == 1:
        reliability = np.where(held[:, 0], rel[:, 0], at_edge)
    else:
        held, rel = np.broadcast_arrays(held, rel)
        hits = np.count_nonzero(held, axis=1)
        reliability = np.where(hits, np.ascontiguousarray(rel).sum(axis=1) / np.maximum(hits, 1), at_edge)
    mean: Floats = places.share(served) * reliability
    return mean


def reliable(places: Places, claim: Reliability, layer: int) -> Floats:
    """Give how reliable a claim is at the measured places: 0 where it claims nothing."""
    return places.at_measured(places.claimed[layer]) * claim.at(places.edge_distance_m[layer])


_ANY_FIT = tuple(Fit)
_QUALIFYING, _ENOUGH = (Fit.QUALIFIES,), (Fit.QUALIFIES, Fit.SPEED_UNKNOWN)
_LIVE, _STALE, _OFF = (Time.LIVE,), (Time.STALE,), (Time.OFF,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The layers that speak about one need, by what they count for.

    Attributes
    ----------
    serving, unclear
        Those that qualify, and those whose speed nobody knows: they claim service where they cover.
    stale
        Old maps that may still be true, each with the newer ones of the same claim, for which it is history.
    denying, mapping
        Those that say no wherever they speak; and all live ones, which together say no where none of them covers.
    off, outlived
        Those of a network that doesn't serve that day; and those that are only too old, which leave it open.
    """

    serving: tuple[int, ...]
    unclear: tuple[int, ...]
    stale: tuple[tuple[int, tuple[int, ...]], ...]
    denying: tuple[int, ...]
    mapping: tuple[int, ...]
    off: tuple[int, ...]
    outlived: tuple[int, ...]
    reliability: tuple[Reliability, ...]
    at_edge: float

    @classmethod
    def of(cls, by: Sequence[Stance]) -> "Sides":
        """Sort the stances of one need."""

        def which(fits: Sequence[Fit], times: Sequence[Time]) -> tuple[int, ...]:
            return tuple(stance.number for stance in by if stance.is_(fits, times))

        # Where an operator maps only lower levels, there is no claim of the needed one.
        lower_only = not which(_ENOUGH, (Time.LIVE, Time.STALE))
        old = [stance for stance in by if stance.is_(_ENOUGH, _STALE)]
        live = [stance for stance in by if stance.is_(_ANY_FIT, _LIVE)]
        reliability = tuple(Reliability.of(stance.layer) for stance in by if stance.is_(_QUALIFYING, _LIVE))
        return cls(
            serving=which(_QUALIFYING, _LIVE),
            unclear=which((Fit.SPEED_UNKNOWN,), _LIVE),
            stale=tuple((each.number, tuple(new.number for new in live if new.supersedes(each))) for each in old),
            denying=which(_ANY_FIT if lower_only else _ENOUGH, _LIVE),
            mapping=which(_ANY_FIT, _LIVE),
            off=which(_ANY_FIT, _OFF),
            outlived=which(_ANY_FIT, _STALE),
            reliability=reliability,
            at_edge=max((each.at_edge for each in reliability), default=0.0),
        )


def need_met(places: Places, need: Sides) -> Met:
    """Find where one need is met, and where that is unknown."""
    nowhere = masked_alike(np.zeros(len(places.rows), dtype=bool))

    def covered(layers: Sequence[int]) -> Masks:
        return _union(nowhere, [places.claimed[layer] for layer in layers])

    def surveyed(layers: Sequence[int]) -> Masks:
        return _union(nowhere, [places.surveyed[layer] for layer in layers])

    served = covered(need.serving)
    pending = covered(need.unclear)
    for old, newer in need.stale:
        pending = pending | (places.claimed[old] & ~surveyed(newer))
    # A live map says no, be it of the needed level or of a lower one that isn't there either ...
    denied = surveyed(need.denying)
    if need.mapping != need.denying:
        denied = denied | (surveyed(need.mapping) & ~covered(need.mapping))
    # ... and a network that doesn't serve that day covers nothing, unless a newer map of it is only too old.
    if need.off:
        denied = denied | (surveyed(need.off) & ~surveyed(need.outlived))
    rel = np.zeros((len(places.rows), 1))
    for layer, reliability in zip(need.serving, need.reliability, strict=True):  # the largest, never a sum or product
        rel = np.maximum(rel, reliable(places, reliability, layer))
    return Met(served=served, unknown=~served & (pending | ~denied), rel=rel, at_edge=need.at_edge)


def _union(nowhere: Masks, masks: Sequence[Masks]) -> Masks:
    union = masks[0] if masks else nowhere
    for mask in masks[1:]:
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

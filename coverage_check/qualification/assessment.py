"""How probable it is that a product works at a location on a day, and which verdict costs least.

Each layer that speaks about the product's network, technology and service is a `Claim`: how it fits the need (its level,
speed and receiver) and the day (live, stale, off, silent). At each equally likely place of the customer the most reliable
qualifying claim counts; a place where none covers is a no where the map speaks, and unknown where it does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from coverage_check.availability import Availability
from coverage_check.decision import ReasonCode, Thresholds, Use, Verdict
from coverage_check.layer import Layer
from coverage_check.location import Location
from coverage_check.products import Need, Product, Risk
from coverage_check.technology import Condition, PlaceOfUse, Receiver, SignalLevel, needed_level

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


_CLAIM = attrgetter("network", "technology", "service", "level", "environment", "receiver")


class Fit(Enum):
    """How a layer fits a need, whatever the day."""

    QUALIFIES = auto()
    SPEED_UNKNOWN = auto()
    LOWER = auto()


class Time(Enum):
    """What a layer is worth on a day."""

    LIVE = auto()
    STALE = auto()
    OFF = auto()
    SILENT = auto()


@dataclass(frozen=True, slots=True)
class Claim:
    """One layer in the light of one need on one day."""

    availability: Availability
    fit: Fit
    time: Time

    @property
    def layer(self) -> Layer:
        """The layer that claims."""
        return self.availability.layer

    @property
    def covers_here(self) -> bool:
        """Whether the claim, live or not, covers the found place itself."""
        return bool(self.availability.covered[0] and self.availability.surveyed[0])

    @property
    def surveyed_here(self) -> bool:
        """Whether the layer speaks about the found place."""
        return bool(self.availability.surveyed[0])

    @property
    def edge_distance_m(self) -> float:
        """Signed metres to the edge from the found place."""
        return float(self.availability.edge_distance_m[0])

    @property
    def split(self) -> bool:
        """Whether the edge runs between the places where the customer may be."""
        return bool(self.availability.covered.any() and not self.availability.covered.all())

    def supersedes(self, other: "Claim") -> bool:
        """Whether this is a newer map of the same claim: network, technology, service, level, place and receiver."""
        return self.layer.published > other.layer.published and _CLAIM(self.layer) == _CLAIM(other.layer)

    def is_(self, fit: Fit, time: Time) -> bool:
        """Whether the claim is of this fit and time."""
        return self.fit is fit and self.time is time


@dataclass(frozen=True, slots=True)
class Assessment:
    """Probabilities that sum to one, the verdict that costs least, and the claims behind it.

    `unknown_because` says why a share of the places is unknown; None where none is. `focus` are the claims that explain the
    verdict: those of the weakest of all needs, for there it fails; all of them where any need suffices. `served` and
    `unclear` are the probability of service, and whether nobody knows, at each place where the customer may be.
    """

    verdict: Verdict
    yes: float
    no: float
    unknown: float
    claims: tuple[Claim, ...]
    focus: tuple[Claim, ...]
    needed: SignalLevel
    unknown_because: ReasonCode | None
    agree: bool
    served: Values
    unclear: Mask

    @property
    def covered_here(self) -> bool:
        """Whether a live claim of the needed level covers the found place itself."""
        return any(claim.is_(Fit.QUALIFIES, Time.LIVE) and claim.covers_here for claim in self.focus)

    def best(self, fit: Fit, time: Time) -> Claim | None:
        """Give the claim of that fit and time whose edge is nearest from outside, or deepest from inside."""
        matching = [claim for claim in self.focus if claim.is_(fit, time) and claim.surveyed_here]
        return max(matching, key=lambda claim: claim.edge_distance_m, default=None)


def own_use(product: Product) -> Use:
    """Give the use that the product is sold for."""
    return Use(place=product.place_of_use, receiver=product.receiver)


def conditional_use(use: Use, condition: Condition) -> Use:
    """Give the use under a condition: with an outdoor antenna, or outdoors only."""
    if condition is Condition.OUTDOOR_ANTENNA:
        return Use(place=use.place, receiver=Receiver.OUTDOOR_ANTENNA)
    return Use(place=PlaceOfUse.OUTDOORS, receiver=use.receiver)


def thresholds(risk: Risk) -> Thresholds:
    """Give the probabilities at which a yes and a no become the cheapest act."""
    return Thresholds(yes=round(risk.yes, 6), no=round(risk.no, 6))


def reliability(layer: Layer, edge_distance_m: Values) -> Values:
    """Give the probability of service at places that a layer covers, this far from its edge."""
    return reliable(layer.probability, layer.resolution_m, edge_distance_m)


def reliable(probability: float, resolution_m: float, edge_distance_m: Values) -> Values:
    """Give the probability of service d metres inside a claim: 1 - (1 - p) exp(-d / (2 resolution))."""
    value: Values = 1 - (1 - probability) * np.exp(np.maximum(edge_distance_m, 0.0) / (-2 * resolution_m))
    return value


def assess(product: Product, use: Use, on: date, location: Location, availabilities: Sequence[Availability]) -> Assessment:
    """Weigh every claim at every place where the customer may be."""
    needs = product.any_of or product.all_of
    by_need = [claims_of(need, product, use, on, availabilities) for need in needs]
    outcomes = [_outcome(claims) for claims in by_need]
    rel, unknown = _combine(outcomes, every=bool(product.all_of))
    places = slice(1, None) if rel.size > 1 else slice(0, None)
    rel, unknown = rel[places], unknown[places]
    sure = 1 - location.gross_error
    yes = sure * float(rel.mean())
    doubt = location.gross_error + sure * float(unknown.mean())
    no = max(0.0, 1 - yes - doubt)
    agree = _agree(location, rel, unknown)
    claims = tuple(claim for claims in by_need for claim in claims)
    return Assessment(
        verdict=verdict_for(product.risk, yes, no) if agree else Verdict.UNDETERMINED,
        yes=yes,
        no=no,
        unknown=doubt,
        claims=claims,
        focus=_weakest(by_need, outcomes) if product.all_of else claims,
        needed=max((_level(need, product, use) for need in needs), key=lambda level: level.rank),
        unknown_because=_why_unknown(by_need) if unknown.any() else None,
        agree=agree,
        served=rel,
        unclear=unknown,
    )


def _level(need: Need, product: Product, use: Use) -> SignalLevel:
    if need.min_level is not None and use == own_use(product):
        return need.min_level
    return needed_level(use.place, use.receiver)


def claims_of(need: Need, product: Product, use: Use, on: date, availabilities: Sequence[Availability]) -> tuple[Claim, ...]:
    """Give what the layers of one need's network, technology and service claim."""
    wanted = (need.network or product.network, need.technology, product.service)
    level = _level(need, product, use)
    return tuple(
        Claim(availability, _fit(availability.layer, level, product.min_download_mbps, use), _time(availability.layer, on))
        for availability in availabilities
        if (availability.layer.network, availability.layer.technology, availability.layer.service) == wanted
    )


_SERVES = {
    Receiver.HANDSET: (Receiver.HANDSET,),
    Receiver.INDOOR_ROUTER: (Receiver.HANDSET, Receiver.INDOOR_ROUTER),
    Receiver.OUTDOOR_ANTENNA: tuple(Receiver),
}


def _fit(layer: Layer, level: SignalLevel, mbps: float | None, use: Use) -> Fit:
    """Compare what a layer claims with what is needed. A claim for a roof antenna says nothing about a handset."""
    if layer.receiver not in _SERVES[use.receiver] or not layer.assumed_level.reaches(level):
        return Fit.LOWER
    if mbps is None or (layer.min_download_mbps is not None and layer.min_download_mbps >= mbps):
        return Fit.QUALIFIES
    return Fit.SPEED_UNKNOWN if layer.min_download_mbps is None else Fit.LOWER


def _time(layer: Layer, on: date) -> Time:
    if not layer.speaks(on):
        return Time.SILENT
    if not layer.in_force(on):
        return Time.OFF
    return Time.STALE if layer.stale(on) else Time.LIVE


def _outcome(claims: Sequence[Claim]) -> tuple[Values, Mask]:
    """Give, for one need and each place, the best reliability, and whether it is unknown."""
    if not claims:
        return np.zeros(1), np.ones(1, dtype=bool)
    size = claims[0].availability.covered.size
    rel = np.zeros(size)
    for claim in claims:
        if claim.is_(Fit.QUALIFIES, Time.LIVE):
            inside = claim.availability.covered & claim.availability.surveyed
            rel = np.maximum(rel, inside * reliability(claim.layer, claim.availability.edge_distance_m))
    speak = _Places(claims, size)
    pending = speak.covered((Fit.SPEED_UNKNOWN,), (Time.LIVE,))
    for claim in claims:
        if claim.time is Time.STALE and claim.fit is not Fit.LOWER:
            pending |= _inside(claim.availability) & ~_superseded(claim, claims)
    # A live map says no, be it of the needed level or of a lower one that isn't there either ...
    denied = speak.surveyed(_ANY_FIT, (Time.LIVE,)) & ~speak.covered(_ANY_FIT, (Time.LIVE,))
    denied |= speak.surveyed((Fit.QUALIFIES, Fit.SPEED_UNKNOWN), (Time.LIVE,))
    # ... a network that doesn't serve that day covers nothing, unless a newer map of it is only too old ...
    denied |= speak.surveyed(_ANY_FIT, (Time.OFF,)) & ~speak.surveyed(_ANY_FIT, (Time.STALE,))
    # ... and where an operator maps only lower levels, there is no claim of the needed one.
    if not _higher_exists(claims):
        denied |= speak.surveyed((Fit.LOWER,), (Time.LIVE,))
    return rel, (rel == 0) & (pending | ~denied)


_ANY_FIT = tuple(Fit)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where claims of some fits and times speak, over all places of the customer."""

    claims: Sequence[Claim]
    size: int

    def surveyed(self, fits: Sequence[Fit], times: Sequence[Time]) -> Mask:
        return self._union(fits, times, attrgetter("surveyed"))

    def covered(self, fits: Sequence[Fit], times: Sequence[Time]) -> Mask:
        return self._union(fits, times, _inside)

    def _union(self, fits: Sequence[Fit], times: Sequence[Time], mask: Callable[[Availability], Mask]) -> Mask:
        union = np.zeros(self.size, dtype=bool)
        for claim in self.claims:
            if claim.fit in fits and claim.time in times:
                union |= mask(claim.availability)
        return union


def _superseded(stale: Claim, claims: Sequence[Claim]) -> Mask:
    """Give the places where a newer map of the same claim is in use: there it alone speaks, and the old one is history."""
    newer: Mask = np.zeros(stale.availability.surveyed.size, dtype=bool)
    for claim in claims:
        if claim.time is Time.LIVE and claim.supersedes(stale):
            newer |= claim.availability.surveyed
    return newer


def _inside(availability: Availability) -> Mask:
    return availability.covered & availability.surveyed


def _higher_exists(claims: Sequence[Claim]) -> bool:
    """Whether some map of the needed level is in use that day, so that its silence is no answer."""
    return any(claim.fit is not Fit.LOWER and claim.time in (Time.LIVE, Time.STALE) for claim in claims)


def _combine(outcomes: Sequence[tuple[Values, Mask]], *, every: bool) -> tuple[Values, Mask]:
    """Take the best need of any_of, the worst of all_of: never a sum or product."""
    size = max(rel.size for rel, _ in outcomes)
    rels = np.array([np.broadcast_to(rel, size) for rel, _ in outcomes])
    unknowns = np.array([np.broadcast_to(unknown, size) for _, unknown in outcomes])
    if every:
        rel = rels.min(axis=0)
        return rel, (rel == 0) & ~((rels == 0) & ~unknowns).any(axis=0)
    rel = rels.max(axis=0)
    return rel, (rel == 0) & unknowns.any(axis=0)


def _weakest(by_need: Sequence[tuple[Claim, ...]], outcomes: Sequence[tuple[Values, Mask]]) -> tuple[Claim, ...]:
    """Give the claims of the need that is served least; of two alike, the one that the map denies for sure."""
    order = sorted(range(len(by_need)), key=lambda n: (outcomes[n][0].mean(), outcomes[n][1].mean()))
    return by_need[order[0]]


def _agree(location: Location, rel: Values, unknown: Mask) -> bool:
    """Whether the whole 95 % region says the same, which a coarse location needs."""
    if not location.level.coarse:
        return True
    count = rel.size if location.candidates[1:] else max(1, int(0.95 * rel.size))
    covered, unclear = rel[:count] > 0, unknown[:count]
    return bool(covered.all() or not (covered | unclear).any())


def verdict_for(risk: Risk, yes: float, no: float) -> Verdict:
    """Take the act of least expected loss: yes, no, or one more question."""
    if yes >= risk.yes:
        return Verdict.DELIVERABLE
    return Verdict.NOT_DELIVERABLE if 1 - no <= risk.no else Verdict.UNDETERMINED


def _why_unknown(by_need: Sequence[Sequence[Claim]]) -> ReasonCode:
    """Name the cause that a person could mend first."""
    claims = [claim for claims in by_need for claim in claims]
    if not all(by_need) or all(claim.time is Time.SILENT for claim in claims):
        return ReasonCode.NO_DATA
    stale = [claim for claim in claims if claim.time is Time.STALE and claim.fit is not Fit.LOWER and claim.surveyed_here]
    if not all(_superseded(claim, claims)[0] for claim in stale):
        return ReasonCode.LAYER_STALE
    if any(claim.fit is Fit.SPEED_UNKNOWN and claim.covers_here for claim in claims):
        return ReasonCode.THRESHOLD_UNKNOWN
    return ReasonCode.OUTSIDE_SURVEY_AREA

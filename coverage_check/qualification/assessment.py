"""One row of what was weighed: the probabilities, the verdict that costs least, and the claims behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from coverage_check.availability import Availability
from coverage_check.decision import ReasonCode, Verdict
from coverage_check.layer import Layer
from coverage_check.qualification.stances import Fit, Stance, Time, newer_map
from coverage_check.qualification.weighing import VERDICTS, Prospects, Weighed


@dataclass(frozen=True, slots=True)
class Claim:
    """One layer at one found place, in the light of one need on one day.

    `split`: whether its edge runs between the places where the customer may be; `near`: whether it lies within the radius
    that holds the customer 95 % of the time.
    """

    availability: Availability
    fit: Fit
    time: Time
    split: bool = False
    near: bool = False

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

    def supersedes(self, other: "Claim") -> bool:
        """Whether this is a newer map of the same claim: network, technology, service, level, place and receiver."""
        return newer_map(self.layer, other.layer)

    def is_(self, fit: Fit, time: Time) -> bool:
        """Whether the claim is of this fit and time."""
        return self.fit is fit and self.time is time


@dataclass(frozen=True, slots=True)
class Assessment:
    """Probabilities that sum to one, the verdict that costs least, and the claims behind it.

    `unknown_because` says why a share of the places is unknown; None where none is. `focus` are the claims that explain the
    verdict: those of the weakest of all needs, for there it fails; all of them where any need suffices.
    """

    verdict: Verdict
    yes: float
    no: float
    unknown: float
    claims: tuple[Claim, ...]
    focus: tuple[Claim, ...]
    unknown_because: ReasonCode | None
    agree: bool
    by_need: tuple[tuple[Claim, ...], ...]

    @property
    def covered_here(self) -> bool:
        """Whether a live claim of the needed level covers the found place itself."""
        return any(claim.is_(Fit.QUALIFIES, Time.LIVE) and claim.covers_here for claim in self.focus)

    @property
    def measured(self) -> Claim | None:
        """A claim that counts somewhere the customer may be, and that was measured: the best one, else the first."""
        best = self.best(Fit.QUALIFIES, Time.LIVE)
        claims = (best, *self.focus) if best else self.focus
        counting = (claim for claim in claims if claim.is_(Fit.QUALIFIES, Time.LIVE) and (claim.covers_here or claim.split))
        return next((claim for claim in counting if claim.layer.curve), None)

    def best(self, fit: Fit, time: Time) -> Claim | None:
        """Give the claim of that fit and time whose edge is nearest from outside, or deepest from inside."""
        matching = [claim for claim in self.focus if claim.is_(fit, time) and claim.surveyed_here]
        return max(matching, key=lambda claim: claim.edge_distance_m, default=None)


class Prospect(NamedTuple):
    """One row of `Prospects`, and whether a spot nearby could be deep enough inside for a yes."""

    unclear: float
    loss_at_place: float
    loss_of_each: float
    spot_possible: bool

    @classmethod
    def of(cls, prospects: Prospects, row: int, *, spot_possible: bool) -> "Prospect":
        """Take that row."""
        return cls(
            unclear=float(prospects.unclear[row]),
            loss_at_place=float(prospects.loss_at_place[row]),
            loss_of_each=float(prospects.loss_of_each[row]),
            spot_possible=spot_possible,
        )


def assessed(
    weighed: Weighed, row: int, availabilities: Sequence[Availability], split: Sequence[bool], near: Sequence[bool]
) -> Assessment:
    """Give one row of what was weighed.

    Parameters
    ----------
    availabilities
        One for each layer, at the row's found place.
    split, near
        For each layer, whether its edge runs between the customer's places, and lies within the 95 % radius.
    """

    def claim(stance: Stance) -> Claim:
        number = stance.number
        return Claim(availabilities[number], stance.fit, stance.time, split[number], near[number])

    question = weighed.question
    by_need = [tuple(claim(stance) for stance in each) for each in weighed.stances]
    claims = tuple(each for claims in by_need for each in claims)
    return Assessment(
        verdict=VERDICTS[weighed.verdict[row]],
        yes=float(weighed.yes[row]),
        no=float(weighed.no[row]),
        unknown=float(weighed.unknown[row]),
        claims=claims,
        focus=by_need[weighed.weakest[row]] if question.product.all_of else claims,
        unknown_because=_why_unknown(by_need) if weighed.partly_unknown[row] else None,
        agree=bool(weighed.agree[row]),
        by_need=tuple(by_need),
    )


def _why_unknown(by_need: Sequence[Sequence[Claim]]) -> ReasonCode:
    """Name the cause that a person could mend first."""
    claims = [claim for claims in by_need for claim in claims]
    if not all(by_need) or all(claim.time is Time.SILENT for claim in claims):
        return ReasonCode.NO_DATA
    stale = [claim for claim in claims if claim.time is Time.STALE and claim.fit is not Fit.LOWER and claim.surveyed_here]
    live = [claim for claim in claims if claim.time is Time.LIVE and claim.surveyed_here]
    if not all(any(newer.supersedes(old) for newer in live) for old in stale):
        return ReasonCode.LAYER_STALE
    if any(claim.fit is Fit.SPEED_UNKNOWN and claim.covers_here for claim in claims):
        return ReasonCode.THRESHOLD_UNKNOWN
    return ReasonCode.OUTSIDE_SURVEY_AREA

"""Why a verdict: the reasons in words, how long they hold, and the evidence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from coverage_check import wording
from coverage_check.availability import Availability, Status
from coverage_check.decision import Evidence, Reason, ReasonCode, Use, Verdict
from coverage_check.layer import Layer
from coverage_check.location import Location, Match
from coverage_check.products import Product
from coverage_check.qualification.assessment import Assessment, Claim, Prospect
from coverage_check.qualification.gaps import words_gap
from coverage_check.qualification.season import outlasted
from coverage_check.qualification.stances import NEARLY_ALL, Fit, Question, Time, conditional_use, elsewhere, reaches
from coverage_check.technology import Condition

Moved = Callable[[float, float, float, float], tuple[float, float]]
"""Gives lat and lon of a place so many metres east and north of a lat and lon, in the snapshot's metric CRS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a decision rests on, before it is put into words.

    One row stands for all rows that are alike (docs/decisions/0008). So whatever is chosen by a number is chosen by what
    `sharing` compares, and a distance is said as a gap.

    Attributes
    ----------
    weigh
        Gives the assessment of another question at the same place.
    around
        Gives what each layer says there, with all the equally likely places of the customer; a case in which that was asked
        for stands for itself alone.
    moved
        Finds spots nearby; without it none is offered.
    """

    product: Product
    use: Use
    on: date
    location: Location
    assessment: Assessment
    prospect: Prospect
    availabilities: tuple[Availability, ...]
    verdict: Verdict
    condition: Condition | None
    weigh: Callable[[Question], Assessment]
    around: Callable[[], Mapping[str, Availability]]
    moved: Moved | None = None

    @property
    def deciding(self) -> Claim | None:
        """The claim that decided: the live one of the needed level, else the best there is."""
        order = [(Fit.QUALIFIES, Time.LIVE), (Fit.QUALIFIES, Time.STALE), (Fit.SPEED_UNKNOWN, Time.LIVE)]
        order += [(Fit.LOWER, Time.LIVE), (Fit.QUALIFIES, Time.OFF), (Fit.LOWER, Time.OFF)]
        for fit, time in order:
            if claim := self.assessment.best(fit, time):
                return claim
        return next(iter(self.assessment.focus), None)

    @property
    def under_condition(self) -> Assessment | None:
        """The assessment under the verdict's condition."""
        if self.condition is None:
            return None
        return self.weigh(Question(self.product, conditional_use(self.use, self.condition), self.on))

    @property
    def probability(self) -> float:
        """P_yes of what the verdict says: under its condition, if it has one."""
        return (self.under_condition or self.assessment).yes

    @property
    def ends_within_contract(self) -> date | None:
        """The last day of what makes the product deliverable, if the contract is longer; None if it lasts."""
        months, claim = self.product.contract_months, self.deciding
        if self.verdict is not Verdict.DELIVERABLE or not months or claim is None:
            return None
        last = last_day(self.assessment, claim)
        return last if last and outlasted(last, self.on, months) else None


@dataclass(frozen=True, slots=True)
class Why:
    """One reason, in words, with the layer that it rests on."""

    code: ReasonCode
    words: wording.Words
    layer: Layer | None = None

    @property
    def reason(self) -> Reason:
        """The reason as a decision records it: its message is English."""
        return Reason(code=self.code, message=self.words.en, layer=self.layer.id if self.layer else None)


def why(
    code: ReasonCode,
    claim: Claim | Availability | None = None,
    variant: str = "",
    *,
    day: date | None = None,
    remark: str = "",
) -> Why:
    """Put a reason into words.

    Parameters
    ----------
    claim
        What it rests on: gives technology, network, dates, speed and metres.
    variant
        Of the sentence, where the ordinary one would not be true.
    day
        The date that it tells.
    remark
        What is wrong with the input.
    """
    layer = claim.layer if claim else None
    words = wording.VARIANTS[code, variant] if variant else wording.REASONS[code]
    distance, told = distance_gap(layer), wording.day_words(day)
    published, said = wording.day_words(layer.published if layer else None), wording.REMARKS[remark]
    measured = wording.measured_words(layer.curve if layer else None)
    common = {
        "technology": str(layer.technology) if layer else "",
        "network": layer.network if layer else "",
        "speed": f"{(layer.min_download_mbps if layer else None) or 0:g}",
    }
    said_in = {"distance": distance, "date": told, "published": published, "remark": said, "measured": measured}
    filled = words.fill(
        common | {name: value.sv for name, value in said_in.items()},
        common | {name: value.en for name, value in said_in.items()},
    )
    return Why(code, filled, layer)


def distance_gap(layer: Layer | None) -> wording.Words:
    """Leave room for how far off the edge of a layer is, which each row says itself."""
    if layer is None:
        return wording.distance_words(None)
    return wording.Words(words_gap(f"distance {layer.id} sv"), words_gap(f"distance {layer.id} en"))


def lone(code: ReasonCode, remark: str = "") -> Why:
    """Give the reason why no place could be looked at."""
    return why(code, variant="no_geocoder") if remark == "NO_GEOCODER" else why(code, remark=remark)


def whys(case: Case) -> tuple[Why, ...]:
    """Give the reasons, the one that decided first."""
    found: dict[ReasonCode, Why] = {}
    for reason in _whys(case):
        found.setdefault(reason.code, reason)
    return tuple(found.values())


def _whys(case: Case) -> Iterator[Why]:
    if not case.product.on_sale(case.on):
        soon = case.product.sold_from if case.product.sold_from and case.on < case.product.sold_from else None
        yield why(ReasonCode.PRODUCT_NOT_ON_SALE, variant="not_yet" if soon else "", day=soon or case.product.sold_until)
    if case.verdict is Verdict.DELIVERABLE:
        yield from _why_yes(case)
    elif case.verdict is Verdict.CONDITIONAL:
        yield from _why_conditional(case)
    elif case.verdict is Verdict.UNDETERMINED:
        yield from _why_undetermined(case)
    else:
        known = tuple(_why_no(case))
        yield from known
        if not known and case.product.on_sale(case.on):
            yield _nowhere(case)
    yield from _remarks(case)


def _why_yes(case: Case) -> Iterator[Why]:
    claim = case.deciding
    if claim is None:
        return
    yield why(ReasonCode.COVERED, claim, "" if claim.covers_here else "around")
    if last := case.ends_within_contract:
        yield why(ReasonCode.TECHNOLOGY_RETIRED, claim, "within_contract", day=last)


def _why_conditional(case: Case) -> Iterator[Why]:
    under = case.under_condition
    claim = (under.best(Fit.QUALIFIES, Time.LIVE) if under else None) or case.deciding
    code = ReasonCode.NEEDS_ANTENNA if case.condition is Condition.OUTDOOR_ANTENNA else ReasonCode.OUTDOOR_ONLY
    yield why(code, claim)
    yield from _why_no(case)


def _why_no(case: Case) -> Iterator[Why]:
    claims, covered = case.assessment.focus, case.assessment.covered_here
    retired = bool(claims) and all(c.time is Time.OFF and not c.layer.begins_after(case.on) for c in claims)
    if not covered:
        yield from _why_not_covered(case)
    if retired:
        last = max(claims, key=lambda c: (c.fit is Fit.QUALIFIES, c.layer.valid_until or date.min))
        yield why(ReasonCode.TECHNOLOGY_RETIRED, last, day=last.layer.valid_until)
    claim = case.deciding
    if claim and claim.surveyed_here and not claim.covers_here and not retired:
        yield _no_coverage(case, claim)
    elif claim and covered and case.product.on_sale(case.on):  # where asking costs too much, a likely place may be a no
        yield why(ReasonCode.EDGE_UNCERTAIN, claim)
    yield from _elsewhere(case)


def _nowhere(case: Case) -> Why:
    """Say no of a place about which no map speaks, where the maps deny all others that the location may be."""
    live = (claim for claim in case.assessment.focus if claim.is_(Fit.QUALIFIES, Time.LIVE))
    return why(ReasonCode.NO_COVERAGE, next(live, case.deciding), "wherever")


def _why_not_covered(case: Case) -> Iterator[Why]:
    """Say what there is of the technology where the needed level isn't: a lower level, an edge nearby, a later day."""
    best = case.assessment.best
    if (claim := best(Fit.LOWER, Time.LIVE)) and claim.covers_here:
        yield why(ReasonCode.BELOW_REQUIRED_LEVEL, claim, _lower_how(case, claim.layer))
    if claim := best(Fit.QUALIFIES, Time.LIVE):
        yield _no_coverage(case, claim)
    for claim in case.assessment.focus:
        if claim.fit is Fit.QUALIFIES and claim.covers_here and claim.layer.begins_after(case.on):
            yield why(ReasonCode.NOT_YET_LIVE, claim, day=claim.layer.valid_from)


def _lower_how(case: Case, layer: Layer) -> str:
    """Tell in which way a covering claim falls short: too slow, for another receiver, or (the usual sentence) too weak."""
    if not reaches(layer, case.product, case.use):
        return ""
    mbps, promised = case.product.min_download_mbps, layer.min_download_mbps
    return "too_slow" if mbps is not None and promised is not None and promised < mbps else "antenna_only"


def _no_coverage(case: Case, claim: Claim) -> Why:
    """Say how far it is to what would be enough; to what would not, or does not serve that day, no distance is promised."""
    variant = ""
    if claim.time is not Time.LIVE:
        variant = "that_day"
    elif claim.fit is not Fit.QUALIFIES:
        variant = "not_even_weaker"
    elif claim.layer.network != case.product.network:
        variant = "other_network"
    return why(ReasonCode.NO_COVERAGE, claim, variant)


def _elsewhere(case: Case) -> Iterator[Why]:
    """Name what is there instead: another technology of the network, or the technology from another network."""
    if case.assessment.covered_here:
        return
    focus = [claim.layer for claim in case.assessment.focus]
    layers = [a.layer for a in case.availabilities]
    for code, number in elsewhere(Question(case.product, case.use, case.on), focus, layers):
        a = case.availabilities[number]
        if a.covered[0] and a.surveyed[0]:
            yield why(code, a)


def _why_undetermined(case: Case) -> Iterator[Why]:
    claim, because, weighed = case.deciding, case.assessment.unknown_because, case.assessment
    nowhere_known = weighed.unknown >= NEARLY_ALL
    if because and nowhere_known:
        yield why(because, claim)
    if case.location.match is Match.AMBIGUOUS:
        yield why(ReasonCode.ADDRESS_AMBIGUOUS)
    too_coarse = not weighed.agree or case.location.gross_error > 1 - case.product.risk.yes
    if too_coarse and case.location.match is not Match.AMBIGUOUS:
        yield why(ReasonCode.MATCH_TOO_COARSE)
    if nowhere_known:
        return
    partly = [because] if because and weighed.unknown - case.location.gross_error > 1 - NEARLY_ALL else []
    # The map speaks about the found place, and only the doubt about the place reaches beyond it: a better place settles it.
    beyond = partly == [ReasonCode.OUTSIDE_SURVEY_AREA] and claim is not None and claim.surveyed_here
    if not beyond:
        yield from (why(code, claim) for code in partly)
    named = too_coarse or case.location.match is Match.AMBIGUOUS
    if claim and (not named or (claim.split and claim.near)):
        yield why(ReasonCode.EDGE_UNCERTAIN, claim)
    if beyond:
        yield why(ReasonCode.OUTSIDE_SURVEY_AREA, variant="perhaps")
    yield from _elsewhere(case)


def _remarks(case: Case) -> Iterator[Why]:
    """Say what is doubtful about the maps themselves."""
    claim = case.deciding
    if claim and claim.covers_here and claim.layer.level is None:
        yield why(ReasonCode.THRESHOLD_UNKNOWN, claim)
    live = [c for c in case.assessment.claims if c.time is Time.LIVE and c.surveyed_here]
    for higher in (c for c in live if c.covers_here and c.layer.level):
        lower = [c for c in live if c.layer.level and _same_map(c.layer, higher.layer)]
        lower = [c for c in lower if c.layer.assumed_level.rank < higher.layer.assumed_level.rank]
        if lower and not any(c.covers_here for c in lower):
            yield why(ReasonCode.LAYERS_DISAGREE, lower[0])
        for newer in (c for c in live if c.supersedes(higher) and not c.covers_here):
            yield why(ReasonCode.LAYERS_DISAGREE, newer)
    if measured := (case.under_condition or case.assessment).measured:
        yield why(ReasonCode.MEASURED, measured)


def _same_map(one: Layer, other: Layer) -> bool:
    about = attrgetter("network", "technology", "service", "environment", "receiver")
    return bool(about(one) == about(other))


def last_day(assessment: Assessment, claim: Claim) -> date | None:
    """Give the last day of what a claim covers; None where it has none, or another layer covers the place after it."""
    last = claim.layer.valid_until
    if last is None:
        return None
    after = last + timedelta(days=1)
    followers = [c for c in assessment.claims if c.covers_here and c.fit is Fit.QUALIFIES and c.layer.in_force(after)]
    return None if followers else last


def valid_until(case: Case) -> date | None:
    """Give the last day before anything that this answer rests on changes."""
    changes = []
    for claim in case.assessment.claims:
        layer = claim.layer
        if claim.time is Time.LIVE:
            changes += [layer.stale_after, layer.valid_until or date.max]
        if layer.begins_after(case.on) and layer.valid_from:
            changes.append(layer.valid_from - timedelta(days=1))
        if claim.time is Time.SILENT:
            changes.append(layer.published - timedelta(days=1))
    product = case.product
    if product.sold_from and product.sold_from > case.on:
        changes.append(product.sold_from - timedelta(days=1))
    if product.sold_until and product.sold_until >= case.on:
        changes.append(product.sold_until)
    return min(changes, default=None)


def evidence(case: Case, found: Sequence[Why]) -> tuple[tuple[int, Evidence], ...]:
    """Give what each relevant layer said, with its rank: 0 decided, 1 is named by a reason, 2 is of the need.

    Of one rank, the layer whose edge is deepest inside comes first; that differs from row to row.
    """
    relevant = {claim.layer.id: claim.availability for claim in case.assessment.claims}
    named = {reason.layer.id for reason in found if reason.layer}
    relevant |= {a.layer.id: a for a in case.availabilities if a.layer.id in named}
    first = found[0].layer.id if found and found[0].layer else case.deciding.layer.id if case.deciding else None
    ranked = sorted((0 if id_ == first else 1 if id_ in named else 2, id_) for id_ in relevant)
    return tuple((rank, _evidence(relevant[id_], case.on)) for rank, id_ in ranked)


def _evidence(a: Availability, on: date) -> Evidence:
    """Say what a layer says; its numbers are each row's own."""
    layer = a.layer
    status = Status.COVERED if a.covered[0] else Status.NOT_COVERED
    if not a.surveyed[0] or not layer.speaks(on):
        status = Status.NO_DATA
    elif not layer.in_force(on):
        status = Status.NOT_IN_FORCE
    return Evidence(
        layer=layer.id,
        network=layer.network,
        technology=layer.technology,
        level=layer.level,
        status=status,
        edge_distance_m=None if status is Status.NO_DATA else 0.0,
        probability=0.0,
        published=layer.published,
        valid_from=layer.valid_from,
        valid_until=layer.valid_until,
        sha256=layer.sha256,
    )

"""Why a verdict: reasons, evidence, what to ask next, and the sentence that is said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coverage_check import wording
from coverage_check.availability import Availability, Status
from coverage_check.decision import (
    Alternative,
    Evidence,
    Question,
    Reason,
    ReasonCode,
    Use,
    Verdict,
)
from coverage_check.layer import Layer
from coverage_check.location import Location, LocationLevel, Match
from coverage_check.products import Product
from coverage_check.qualification.assessment import (
    Assessment,
    Claim,
    Fit,
    Time,
    assess,
    conditional_use,
    reliability,
)
from coverage_check.technology import Condition, Receiver

_DAYS_A_MONTH = 30.44
_NEARLY_ALL = 0.95
"""From this share on, nothing else matters: the rest is the tail of the location's error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a decision rests on, before it is put into words."""

    product: Product
    use: Use
    on: date
    location: Location
    assessment: Assessment
    availabilities: tuple[Availability, ...]
    verdict: Verdict
    condition: Condition | None

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
        use = conditional_use(self.use, self.condition)
        return assess(self.product, use, self.on, self.location, self.availabilities)

    @property
    def probability(self) -> float:
        """P_yes of what the verdict says: under its condition, if it has one."""
        return (self.under_condition or self.assessment).yes


def message(code: ReasonCode, layer: Layer | None = None, *, distance_m: float | None = None, remark: str = "") -> str:
    """Write a reason's message, in English."""
    return filled(wording.reason_words(code, remark), layer, distance_m=distance_m, remark=remark).en


def reasons(case: Case) -> tuple[Reason, ...]:
    """Give the reasons, the one that decided first."""
    found: dict[ReasonCode, Reason] = {}
    for code, layer, distance_m in _reasons(case):
        if code not in found:
            text = message(code, layer, distance_m=distance_m)
            found[code] = Reason(code=code, message=text, layer=layer.id if layer else None)
    return tuple(found.values())


_Found = tuple[ReasonCode, Layer | None, float | None]


def _reasons(case: Case) -> Iterator[_Found]:
    if not case.product.on_sale(case.on):
        yield ReasonCode.PRODUCT_NOT_ON_SALE, None, None
    if case.verdict is Verdict.DELIVERABLE:
        yield from _why_yes(case)
    elif case.verdict is Verdict.CONDITIONAL:
        yield from _why_conditional(case)
    elif case.verdict is Verdict.UNDETERMINED:
        yield from _why_undetermined(case)
    else:
        yield from _why_no(case)
    yield from _remarks(case)


def _why_yes(case: Case) -> Iterator[_Found]:
    claim = case.deciding
    if claim is None:
        return
    yield ReasonCode.COVERED, claim.layer, claim.edge_distance_m
    if case.product.contract_months:
        end = case.on + timedelta(days=case.product.contract_months * _DAYS_A_MONTH)
        last = last_day(case.assessment, claim)
        if last and last < end:
            yield ReasonCode.TECHNOLOGY_RETIRED, claim.layer, None


def _why_conditional(case: Case) -> Iterator[_Found]:
    under = case.under_condition
    claim = (under.best(Fit.QUALIFIES, Time.LIVE) if under else None) or case.deciding
    code = ReasonCode.NEEDS_ANTENNA if case.condition is Condition.OUTDOOR_ANTENNA else ReasonCode.OUTDOOR_ONLY
    yield code, claim.layer if claim else None, None
    yield from _why_no(case)


def _why_no(case: Case) -> Iterator[_Found]:
    claims, covered = case.assessment.focus, case.assessment.covered_here
    if not covered:
        yield from _why_not_covered(case)
    if claims and all(c.time is Time.OFF and not c.layer.begins_after(case.on) for c in claims):
        last = max(claims, key=lambda c: (c.fit is Fit.QUALIFIES, c.layer.valid_until or date.min))
        yield ReasonCode.TECHNOLOGY_RETIRED, last.layer, None
    claim = case.deciding
    if claim and claim.surveyed_here and not claim.covers_here:
        yield ReasonCode.NO_COVERAGE, claim.layer, claim.edge_distance_m
    elif claim and covered and case.product.on_sale(case.on):  # where asking costs too much, a likely place may be a no
        yield ReasonCode.EDGE_UNCERTAIN, claim.layer, claim.edge_distance_m
    yield from _elsewhere(case)


def _why_not_covered(case: Case) -> Iterator[_Found]:
    """Say what there is of the technology where the needed level isn't: a lower level, an edge nearby, a later day."""
    best = case.assessment.best
    if (claim := best(Fit.LOWER, Time.LIVE)) and claim.covers_here:
        yield ReasonCode.BELOW_REQUIRED_LEVEL, claim.layer, claim.edge_distance_m
    if claim := best(Fit.QUALIFIES, Time.LIVE):
        yield ReasonCode.NO_COVERAGE, claim.layer, claim.edge_distance_m
    for claim in case.assessment.focus:
        if claim.fit is Fit.QUALIFIES and claim.covers_here and claim.layer.begins_after(case.on):
            yield ReasonCode.NOT_YET_LIVE, claim.layer, None


def _elsewhere(case: Case) -> Iterator[_Found]:
    """Name what is there instead: another technology of the network, or the technology from another network."""
    if case.assessment.covered_here:
        return
    wanted = {claim.layer.technology for claim in case.assessment.focus}
    networks = {claim.layer.network for claim in case.assessment.focus} or {case.product.network}
    for a in sorted(case.availabilities, key=lambda a: -a.layer.assumed_level.rank):
        layer = a.layer
        live = layer.speaks(case.on) and layer.in_force(case.on) and not layer.stale(case.on)
        if layer.service is not case.product.service or not live or not (a.covered[0] and a.surveyed[0]):
            continue
        if layer.network in networks and layer.technology not in wanted:
            yield ReasonCode.FALLBACK_TECHNOLOGY_ONLY, layer, float(a.edge_distance_m[0])
        if (
            layer.network not in networks
            and layer.technology in wanted
            and layer.assumed_level.reaches(case.assessment.needed)
        ):
            yield ReasonCode.OTHER_NETWORK_ONLY, layer, float(a.edge_distance_m[0])


def _why_undetermined(case: Case) -> Iterator[_Found]:
    claim, because, weighed = case.deciding, case.assessment.unknown_because, case.assessment
    layer = claim.layer if claim else None
    nowhere_known = weighed.unknown >= _NEARLY_ALL
    if because and nowhere_known:
        yield because, layer, None
    if case.location.match is Match.AMBIGUOUS:
        yield ReasonCode.ADDRESS_AMBIGUOUS, None, None
    too_coarse = not weighed.agree or case.location.gross_error > 1 - case.product.risk.yes
    if too_coarse and case.location.match is not Match.AMBIGUOUS:
        yield ReasonCode.MATCH_TOO_COARSE, None, None
    if nowhere_known:
        return
    partly = [because] if because and weighed.unknown - case.location.gross_error > 1 - _NEARLY_ALL else []
    # The map speaks about the found place, and only the doubt about the place reaches beyond it: a better place settles it.
    beyond = partly == [ReasonCode.OUTSIDE_SURVEY_AREA] and claim is not None and claim.surveyed_here
    if not beyond:
        yield from ((code, layer, None) for code in partly)
    if claim and (claim.split or not (too_coarse or case.location.match is Match.AMBIGUOUS)):
        yield ReasonCode.EDGE_UNCERTAIN, layer, claim.edge_distance_m
    if beyond:
        yield from ((code, None, None) for code in partly)
    yield from _elsewhere(case)


def _remarks(case: Case) -> Iterator[_Found]:
    """Say what is doubtful about the maps themselves."""
    claim = case.deciding
    if claim and claim.covers_here and claim.layer.level is None:
        yield ReasonCode.THRESHOLD_UNKNOWN, claim.layer, None
    live = [c for c in case.assessment.claims if c.time is Time.LIVE and c.surveyed_here]
    for higher in (c for c in live if c.covers_here and c.layer.level):
        lower = [c for c in live if c.layer.level and _same_map(c.layer, higher.layer)]
        lower = [c for c in lower if c.layer.assumed_level.rank < higher.layer.assumed_level.rank]
        if lower and not any(c.covers_here for c in lower):
            yield ReasonCode.LAYERS_DISAGREE, lower[0].layer, None


def _same_map(one: Layer, other: Layer) -> bool:
    return (one.network, one.technology, one.service) == (other.network, other.technology, other.service)


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


def evidence(case: Case, found: Sequence[Reason]) -> tuple[Evidence, ...]:
    """Give what each relevant layer said: the one that decided, those of the need, those that a reason names."""
    relevant = {id(claim.availability): claim.availability for claim in case.assessment.claims}
    named = {reason.layer for reason in found}
    relevant |= {id(a): a for a in case.availabilities if a.layer.id in named}
    first = found[0].layer if found and found[0].layer else case.deciding.layer.id if case.deciding else None
    ordered = sorted(
        relevant.values(),
        key=lambda a: (a.layer.id != first, a.layer.id not in named, -float(a.edge_distance_m[0]), a.layer.id),
    )
    return tuple(_evidence(availability, case.on) for availability in ordered)


def _evidence(a: Availability, on: date) -> Evidence:
    layer = a.layer
    places = slice(1, None) if a.covered.size > 1 else slice(0, None)
    inside = a.covered[places] & a.surveyed[places]
    status = Status.COVERED if a.covered[0] else Status.NOT_COVERED
    if not a.surveyed[0] or not layer.speaks(on):
        status = Status.NO_DATA
    elif not layer.in_force(on):
        status = Status.NOT_IN_FORCE
    serving = layer.speaks(on) and layer.in_force(on)
    probability = float((inside * reliability(layer, a.edge_distance_m[places])).mean()) if serving else 0.0
    return Evidence(
        layer=layer.id,
        network=layer.network,
        technology=layer.technology,
        level=layer.level,
        status=status,
        edge_distance_m=None if status is Status.NO_DATA else round(float(a.edge_distance_m[0]), 1),
        probability=round(probability, 6),
        published=layer.published,
        valid_from=layer.valid_from,
        valid_until=layer.valid_until,
        sha256=layer.sha256,
    )


_QUESTIONS: Mapping[ReasonCode, str] = {
    ReasonCode.ADDRESS_AMBIGUOUS: "WHICH_ADDRESS",
    ReasonCode.EDGE_UNCERTAIN: "POSITION",
    ReasonCode.ADDRESS_NOT_FOUND: "SPELLING",
    ReasonCode.NO_STREET_POSITION: "STREET_ADDRESS",
    ReasonCode.PROPERTY_DESIGNATION_UNSUPPORTED: "STREET_ADDRESS",
    ReasonCode.GEOCODER_UNAVAILABLE: "TRY_AGAIN",
    ReasonCode.INVALID_INPUT: "SWAPPED",
    ReasonCode.NO_DATA: "MAP_OF_OPERATOR",
    ReasonCode.OUTSIDE_SURVEY_AREA: "MAP_OF_OPERATOR",
    ReasonCode.LAYER_STALE: "MAP_OF_OPERATOR",
    ReasonCode.THRESHOLD_UNKNOWN: "MAP_OF_OPERATOR",
}


def questions(case: Case, found: Sequence[Reason], offers: Sequence[Alternative]) -> tuple[Question, ...]:
    """Give what to ask next, the question that would change most first."""
    codes = []
    if case.verdict is Verdict.UNDETERMINED:
        asked = {**_QUESTIONS, ReasonCode.MATCH_TOO_COARSE: _finer(case.location)}
        codes = [asked[reason.code] for reason in found if reason.code in asked]
    receivers = {offer.condition for offer in offers} | ({case.condition} if case.condition else set())
    if Condition.OUTDOOR_ANTENNA in receivers and case.use.receiver is not Receiver.OUTDOOR_ANTENNA:
        codes.append("ANTENNA_POSSIBLE")
    if Condition.OUTDOORS_ONLY in receivers:
        codes.append("PLACE_OF_USE")
    labels = wording.choices_words([candidate.label for candidate in case.location.candidates])
    return tuple(_question(code, labels) for code in dict.fromkeys(codes))


def _finer(location: Location) -> str:
    """Choose the question that makes a rough place finer; nobody is asked for a number that they gave."""
    if location.level is LocationLevel.COORDINATES:
        return "POSITION"
    if location.level in {LocationLevel.POSTCODE, LocationLevel.LOCALITY, LocationLevel.MUNICIPALITY}:
        return "STREET_ADDRESS"
    return "HOUSE_NUMBER" if location.match is Match.EXACT else "SPELLING"


def questions_for(code: ReasonCode, remark: str = "") -> tuple[Question, ...]:
    """Give the question that a lone reason raises; trying again helps nobody who has no geocoder."""
    if remark == "NO_GEOCODER":
        return (_question("POSITION", wording.Words("", "")),)
    return (_question(_QUESTIONS[code], wording.Words("", "")),) if code in _QUESTIONS else ()


def _question(code: str, choices: wording.Words) -> Question:
    words = wording.QUESTIONS[code].fill({"choices": choices.sv}, {"choices": choices.en})
    return Question(code=code, sv=words.sv, en=words.en)


def filled(words: wording.Words, layer: Layer | None, *, distance_m: float | None = None, remark: str = "") -> wording.Words:
    """Fill a sentence with what a layer and a distance give: technology, network, dates, metres."""
    distance, said = wording.distance_words(distance_m), wording.REMARKS.get(remark, wording.REMARKS[""])
    event = None
    if layer:
        event = layer.valid_from if words is wording.REASONS[ReasonCode.NOT_YET_LIVE] else layer.valid_until
    day = wording.day_words(event)
    published = wording.day_words(layer.published if layer else None)
    common = {
        "technology": str(layer.technology) if layer else "",
        "network": layer.network if layer else "",
    }
    return words.fill(
        common | {"distance": distance.sv, "date": day.sv, "published": published.sv, "remark": said.sv},
        common | {"distance": distance.en, "date": day.en, "published": published.en, "remark": said.en},
    )

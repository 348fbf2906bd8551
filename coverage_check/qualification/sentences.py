"""The sentence that is said: the answer, why, what can be had instead, what to ask, and what it rests on."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from coverage_check import wording
from coverage_check.decision import Alternative, AskedAddress, Question, ReasonCode, Sentence, Verdict
from coverage_check.location import Location, Match
from coverage_check.products import Product
from coverage_check.qualification.explanation import Case, Why, last_day, lone
from coverage_check.qualification.questions import questions_for
from coverage_check.qualification.stances import Fit, Time, conditional_use, own_use
from coverage_check.qualification.stances import Question as Asked

_METRES_A_DEGREE = 111_195.0
_NOTHING = wording.Words("", "")


@dataclass(frozen=True, slots=True)
class Told:
    """What a sentence is made of."""

    whys: Sequence[Why]
    offers: Sequence[Alternative]
    questions: Sequence[Question]


def sentence(case: Case, told: Told, address: AskedAddress, catalogue: Mapping[str, Product]) -> Sentence:
    """Write what the salesperson says: the answer, why, what can be had instead, what to ask, and what it rests on."""
    parts = [_opening(case, _place(case, address))]
    parts += [reason.words for reason in _said(case, told.whys)]
    parts += _offered(case, told.offers, catalogue)
    if told.questions and case.verdict is not Verdict.NOT_DELIVERABLE:
        parts.append(wording.Words(told.questions[0].sv, told.questions[0].en))
    if case.deciding and case.deciding.surveyed_here:
        day = wording.day_words(case.deciding.layer.published)
        parts.append(wording.LIMITS.fill({"published": day.sv}, {"published": day.en}))
    parts += [reason.words for reason in told.whys if reason.code is ReasonCode.MEASURED]
    return _joined(parts)


def undetermined_sentence(product: Product, address: AskedAddress, code: ReasonCode, *, remark: str = "") -> Sentence:
    """Write what is said where no place could be looked at."""
    common = {"product": product.name, "address": address.normalised or address.given}
    parts = [wording.OPENINGS[Verdict.UNDETERMINED].fill(common, common), lone(code, remark).words]
    parts += [wording.Words(question.sv, question.en) for question in questions_for(code, remark)]
    return _joined(parts)


def _said(case: Case, whys: Sequence[Why]) -> Sequence[Why]:
    """Choose the reasons that are said: the first, and a second behind a no; that a yes ends, its opening has said."""
    return whys[:2] if case.verdict is Verdict.NOT_DELIVERABLE else whys[:1]


def _place(case: Case, address: AskedAddress) -> str:
    """Name the place as asked; where it was found under another spelling, as found, so that the customer hears which."""
    candidate = next(iter(case.location.candidates), None)
    if case.location.match is Match.FUZZY and candidate and candidate.label:
        return candidate.label
    return address.normalised or address.given


def _opening(case: Case, address: str) -> wording.Words:
    """Give the answer, no surer than it is, and with its end if it ends before the contract does."""
    use, works = wording.use_words(case.use.place, case.use.receiver), wording.works_words(case.probability)
    condition = wording.CONDITIONS[case.condition] if case.condition else _NOTHING
    last = case.ends_within_contract
    day = wording.day_words(last)
    common = {"product": case.product.name, "address": address}
    return wording.OPENINGS["until" if last else case.verdict].fill(
        common | {"use": use.sv, "works": works.sv, "condition": condition.sv, "date": day.sv},
        common | {"use": use.en, "works": works.en, "condition": condition.en, "date": day.en},
    )


def _offered(case: Case, offers: Sequence[Alternative], catalogue: Mapping[str, Product]) -> Iterator[wording.Words]:
    """Say the best that can be had now, with its end if it has one, or a spot nearby; and the first that comes later."""
    now = next((offer for offer in offers if offer.from_ is None and offer.lat is None), None)
    spot = None if now else next((offer for offer in offers if offer.lat is not None), None)
    later = next((offer for offer in offers if offer.from_ is not None), None)
    for kind, offer in (("product", now), ("spot", spot), ("later", later)):
        if offer is None:
            continue
        name = catalogue[offer.product].name if offer.product in catalogue else offer.product
        condition = wording.OFFERED_WITH[offer.condition] if offer.condition else _NOTHING
        last = _offer_ends(case, offer, catalogue) if offer is now else None
        day, away, way = wording.day_words(offer.from_ or last), *_from_here(case.location, offer)
        yield wording.OFFERS["until" if last else kind].fill(
            {"offer": f"{name} {condition.sv}".strip(), "date": day.sv, "distance": away.sv, "direction": way.sv},
            {"offer": f"{name} {condition.en}".strip(), "date": day.en, "distance": away.en, "direction": way.en},
        )


def _from_here(location: Location, offer: Alternative) -> tuple[wording.Words, wording.Words]:
    """Say how far from the found place a spot lies, and which way; over a plot the earth is flat."""
    if offer.lat is None or offer.lon is None:
        return _NOTHING, _NOTHING
    north_m = (offer.lat - location.lat) * _METRES_A_DEGREE
    east_m = (offer.lon - location.lon) * _METRES_A_DEGREE * math.cos(math.radians(location.lat))
    bearing_deg = math.degrees(math.atan2(east_m, north_m))
    return wording.distance_words(math.hypot(east_m, north_m)), wording.direction_words(bearing_deg)


def _offer_ends(case: Case, offer: Alternative, catalogue: Mapping[str, Product]) -> date | None:
    """Give the last day of what an alternative rests on: an honest offer says that its network will be switched off."""
    product = catalogue.get(offer.product, case.product)
    use = own_use(product) if offer.condition is None else conditional_use(own_use(product), offer.condition)
    assessment = case.weigh(Asked(product, use, case.on))
    claim = assessment.best(Fit.QUALIFIES, Time.LIVE)
    return last_day(assessment, claim) if claim else None


def _joined(parts: Sequence[wording.Words]) -> Sentence:
    return Sentence(sv=" ".join(part.sv for part in parts), en=" ".join(part.en for part in parts))

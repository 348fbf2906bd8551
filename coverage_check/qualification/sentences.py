"""The sentence that is said: the answer, why, what can be had instead, and what it rests on."""

from collections.abc import Mapping, Sequence
from datetime import date

from coverage_check import wording
from coverage_check.decision import Alternative, AskedAddress, Reason, ReasonCode, Sentence, Verdict
from coverage_check.location import Match
from coverage_check.products import Product
from coverage_check.qualification.assessment import Fit, Time, assess, conditional_use, own_use
from coverage_check.qualification.explanation import Case, filled, last_day, questions, questions_for


def sentence(
    case: Case,
    found: Sequence[Reason],
    offers: Sequence[Alternative],
    address: AskedAddress,
    catalogue: Mapping[str, Product],
) -> Sentence:
    """Write what the salesperson says: the answer, why, what can be had instead, and what it rests on."""
    use = wording.use_words(case.use.place, case.use.receiver)
    condition = wording.CONDITIONS[case.condition] if case.condition else wording.Words("", "")
    parts = [_opening(case.verdict, case.product, _place(case, address), use, condition)]
    layers = {a.layer.id: a for a in case.availabilities}
    for reason in _said(case.verdict, found):
        a = layers.get(reason.layer or "")
        distance_m = float(a.edge_distance_m[0]) if a else None
        parts.append(filled(wording.REASONS[reason.code], a.layer if a else None, distance_m=distance_m))
    if offer := _offer(case, offers, catalogue):
        parts.append(offer)
    if case.verdict is Verdict.UNDETERMINED and (asked := questions(case, found, offers)):
        parts.append(wording.Words(asked[0].sv, asked[0].en))
    if case.deciding and case.deciding.surveyed_here:
        day = wording.day_words(case.deciding.layer.published)
        parts.append(wording.LIMITS.fill({"published": day.sv}, {"published": day.en}))
    return _joined(parts)


def _said(verdict: Verdict, found: Sequence[Reason]) -> Sequence[Reason]:
    """Choose the reasons that are said: the first, a second behind a no, and always that the network ends too soon."""
    first = 2 if verdict is Verdict.NOT_DELIVERABLE else 1
    return [reason for n, reason in enumerate(found) if n < first or reason.code is ReasonCode.TECHNOLOGY_RETIRED]


def undetermined_sentence(product: Product, address: AskedAddress, code: ReasonCode, *, remark: str = "") -> Sentence:
    """Write what is said where no place could be looked at."""
    empty = wording.Words("", "")
    parts = [_opening(Verdict.UNDETERMINED, product, address.normalised or address.given, empty, empty)]
    parts.append(filled(wording.reason_words(code, remark), None, remark=remark))
    parts += [wording.Words(question.sv, question.en) for question in questions_for(code, remark)]
    return _joined(parts)


def _place(case: Case, address: AskedAddress) -> str:
    """Name the place as asked; where it was found under another spelling, as found, so that the customer hears which."""
    candidate = next(iter(case.location.candidates), None)
    if case.location.match is Match.FUZZY and candidate and candidate.label:
        return candidate.label
    return address.normalised or address.given


def _opening(
    verdict: Verdict, product: Product, address: str, use: wording.Words, condition: wording.Words
) -> wording.Words:
    common = {"product": product.name, "address": address}
    return wording.OPENINGS[verdict].fill(
        common | {"use": use.sv, "condition": condition.sv}, common | {"use": use.en, "condition": condition.en}
    )


def _offer(case: Case, offers: Sequence[Alternative], catalogue: Mapping[str, Product]) -> wording.Words | None:
    """Say the best alternative that can be had now, with its end if it has one, and the first that comes later."""
    now = next((offer for offer in offers if offer.from_ is None), None)
    later = next((offer for offer in offers if offer.from_ is not None), None)
    said = []
    for kind, offer in (("product", now), ("later", later)):
        if offer is not None:
            name = catalogue[offer.product].name if offer.product in catalogue else offer.product
            condition = wording.CONDITIONS[offer.condition] if offer.condition else wording.Words("", "")
            last = None if offer.from_ else _offer_ends(case, offer, catalogue)
            day = wording.day_words(offer.from_ or last)
            said.append(
                wording.OFFERS["until" if last else kind].fill(
                    {"offer": f"{name} {condition.sv}".strip(), "date": day.sv},
                    {"offer": f"{name} {condition.en}".strip(), "date": day.en},
                )
            )
    return wording.Words(" ".join(w.sv for w in said), " ".join(w.en for w in said)) if said else None


def _offer_ends(case: Case, offer: Alternative, catalogue: Mapping[str, Product]) -> date | None:
    """Give the last day of what an alternative rests on: an honest offer says that its network will be switched off."""
    product = catalogue.get(offer.product, case.product)
    use = own_use(product) if offer.condition is None else conditional_use(own_use(product), offer.condition)
    assessment = assess(product, use, case.on, case.location, case.availabilities)
    claim = assessment.best(Fit.QUALIFIES, Time.LIVE)
    return last_day(assessment, claim) if claim else None


def _joined(parts: Sequence[wording.Words]) -> Sentence:
    return Sentence(sv=" ".join(part.sv for part in parts), en=" ".join(part.en for part in parts))

"""What to ask next: the question whose answer is expected to spare the greatest loss, first.

An undetermined order costs one more question. An answer spares as much of that as the order would then be settled: for one
of the addresses, at the exact place, at a lower level by a window, with an antenna. What is spared counts as often as the
answer may be hoped for.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from coverage_check import wording
from coverage_check.decision import Alternative, Question, ReasonCode, Use, Verdict
from coverage_check.location import Location, LocationLevel, Match
from coverage_check.products import Product
from coverage_check.qualification.explanation import Case, Why
from coverage_check.qualification.stances import Question as Asked
from coverage_check.qualification.stances import conditional_use, own_use
from coverage_check.technology import Condition, PlaceOfUse, Receiver

HOPE = {
    "POSITION": 0.5,
    "ANTENNA_POSSIBLE": 0.5,
    "BY_A_WINDOW": 0.5,
    "PLACE_OF_USE": 0.25,
    "MAP_OF_OPERATOR": 0.05,
}
"""How often the answer helps: that a telephone can send its place from there, that an antenna can be put up … Assumptions;
a name, a number and a spelling are known to who lives there."""

LEAST = 0.01
"""Nobody is sent out for a position that spares less than this share of what it costs to ask."""

SAME_DIGITS = 9
"""To so many decimals two answers are worth the same: coarser than the noise of reckoning, finer than a share of a recorded
probability, so that equal ones stay equal and different ones different."""

_OF_CONDITION = {Condition.OUTDOOR_ANTENNA: "ANTENNA_POSSIBLE", Condition.OUTDOORS_ONLY: "PLACE_OF_USE"}
_OF_REASON: Mapping[ReasonCode, str] = {
    ReasonCode.ADDRESS_AMBIGUOUS: "WHICH_TOWN",
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
_MAPS = {code for code, question in _OF_REASON.items() if question == "MAP_OF_OPERATOR"}

_PLACES = {ReasonCode.ADDRESS_AMBIGUOUS, ReasonCode.MATCH_TOO_COARSE}

_Worth = tuple[str, float]
"""A question and what its answer is expected to spare."""


def questions(
    case: Case, whys: Sequence[Why], offers: Sequence[Alternative], catalogue: Mapping[str, Product]
) -> tuple[Question, ...]:
    """Give what to ask next, the question that would change most first."""
    if case.verdict is Verdict.UNDETERMINED:
        worth = [*_about_the_place(case, whys), *_about_the_map(case, whys), *_about_the_use(case)]
    else:
        worth = [*_for_an_offer(case, offers, catalogue)]
        worth += [("LONG_ENOUGH", 1.0)] if case.ends_within_contract else []
    best: dict[str, float] = {}
    for code, spared in worth:
        best[code] = max(spared * HOPE.get(code, 1.0), best.get(code, 0.0))
    if len(best) > 1 and best.get("POSITION", math.inf) < LEAST * case.product.risk.ask:
        del best["POSITION"]
    ranked = sorted(best, key=lambda code: -round(best[code], SAME_DIGITS))
    return tuple(_question(code, case) for code in ranked)


def questions_for(code: ReasonCode, remark: str = "") -> tuple[Question, ...]:
    """Give the question that a lone reason raises; trying again helps nobody who has no geocoder."""
    if remark == "NO_GEOCODER":
        return (_question("POSITION"),)
    return (_question(_OF_REASON[code]),) if code in _OF_REASON else ()


def _about_the_place(case: Case, whys: Sequence[Why]) -> Iterator[_Worth]:
    """Ask which place it is, or where it is exactly; the answer settles each of the places as far as it can be settled."""
    codes, ahead, risk = {reason.code for reason in whys}, case.prospect, case.product.risk
    if ReasonCode.ADDRESS_AMBIGUOUS in codes:
        yield _which(case.location), risk.ask - ahead.loss_of_each
    if ReasonCode.MATCH_TOO_COARSE in codes:
        yield _finer(case.location), risk.ask - ahead.loss_at_place
    if codes & {ReasonCode.ADDRESS_AMBIGUOUS, ReasonCode.EDGE_UNCERTAIN}:
        yield "POSITION", risk.ask - ahead.loss_at_place


def _about_the_map(case: Case, whys: Sequence[Why]) -> Iterator[_Worth]:
    """Ask the network's owner, who can settle what their map doesn't say, or says too faintly so near its edge."""
    codes = {reason.code for reason in whys}
    if ReasonCode.EDGE_UNCERTAIN in codes and codes.isdisjoint(_PLACES):
        yield "MAP_OF_OPERATOR", case.product.risk.ask
    elif codes & _MAPS:
        yield "MAP_OF_OPERATOR", case.prospect.unclear * case.product.risk.ask


def _about_the_use(case: Case) -> Iterator[_Worth]:
    """Ask whether less is enough: a use under one of the product's conditions, or by a window."""
    uses = {}
    if case.use == own_use(case.product) and case.product.on_sale(case.on):
        uses = {_OF_CONDITION[c]: conditional_use(case.use, c) for c in case.product.conditions}
    for code, use in {**uses, **_by_a_window(case)}.items():
        if _passes(case, use):
            yield code, case.product.risk.ask


def _for_an_offer(case: Case, offers: Sequence[Alternative], catalogue: Mapping[str, Product]) -> Iterator[_Worth]:
    """Ask what the verdict's condition, or something that is offered now, depends on."""
    if case.condition:
        yield _OF_CONDITION[case.condition], 2 * round(case.probability, 6)  # the sale itself, before anything else
    for offer in offers:
        product = catalogue.get(offer.product)
        antenna = product is not None and product.receiver is Receiver.OUTDOOR_ANTENNA
        condition = Condition.OUTDOOR_ANTENNA if antenna else offer.condition
        if condition and offer.from_ is None and case.use != conditional_use(case.use, condition):
            yield _OF_CONDITION[condition], offer.probability
    if case.verdict is not Verdict.DELIVERABLE and case.product.on_sale(case.on):
        yield from ((code, 1.0) for code, use in _by_a_window(case).items() if _passes(case, use))


def _by_a_window(case: Case) -> dict[str, Use]:
    """Give the use by a window, where a handset needs good coverage, not very good: the wording of BÖ 2014:02."""
    if case.use != Use(place=PlaceOfUse.INDOORS, receiver=Receiver.HANDSET):
        return {}
    return {"BY_A_WINDOW": Use(place=PlaceOfUse.INDOORS, receiver=Receiver.INDOOR_ROUTER)}


def _passes(case: Case, use: Use) -> bool:
    # By the window it is still a handset, for which no claim for routers counts.
    handset = use.receiver is Receiver.INDOOR_ROUTER
    return case.weigh(Asked(case.product, use, case.on, handset_only=handset)).verdict is Verdict.DELIVERABLE


def _which(location: Location) -> str:
    """Ask which of the places that can be told apart by name, or else for the town."""
    return "WHICH_ADDRESS" if len({c.label for c in location.candidates if c.label}) > 1 else "WHICH_TOWN"


def _finer(location: Location) -> str:
    """Choose the question that makes a rough place finer; nobody is asked for a number that they gave."""
    if location.level is LocationLevel.COORDINATES:
        return "POSITION"
    if location.match is not Match.EXACT:
        return "SPELLING"
    area = {LocationLevel.POSTCODE, LocationLevel.LOCALITY, LocationLevel.MUNICIPALITY}
    return "STREET_ADDRESS" if location.level in area else "HOUSE_NUMBER"


def _question(code: str, case: Case | None = None) -> Question:
    labels = [candidate.label for candidate in case.location.candidates] if case else []
    choices, day = wording.choices_words(labels), wording.day_words(case.ends_within_contract if case else None)
    words = wording.QUESTIONS[code].fill({"choices": choices.sv, "date": day.sv}, {"choices": choices.en, "date": day.en})
    return Question(code=code, sv=words.sv, en=words.en)

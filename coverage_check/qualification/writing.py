"""One row decided in full, and written down as the outline of all that are like it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import NoReturn

from coverage_check.decision import AskedAddress, Decision, ProductName, Verdict
from coverage_check.location import Match
from coverage_check.products import Product
from coverage_check.qualification import explanation, sentences
from coverage_check.qualification.alternatives import alternatives
from coverage_check.qualification.assessment import Assessment
from coverage_check.qualification.flips import edges
from coverage_check.qualification.gaps import words_gap
from coverage_check.qualification.order import Alike, Order
from coverage_check.qualification.outline import Outline, witness
from coverage_check.qualification.questions import questions
from coverage_check.qualification.sharing import Example
from coverage_check.qualification.stances import Question, conditional_use, own_use, thresholds
from coverage_check.technology import Condition

_UNDATED = datetime(1, 1, 1, tzinfo=UTC)


def write(alike: Alike, example: Example, catalogue: Mapping[str, Product]) -> Outline:
    """Decide about an example, with gaps where other rows have words and numbers of their own.

    Parameters
    ----------
    catalogue
        All products, for the alternatives.
    """
    order, address = alike.order, _gapped(alike.order.address)
    case = _case(alike, example)
    whys = explanation.whys(case)
    offers = alternatives(case, order.place, catalogue)
    offered = tuple(offer.alternative for offer in offers)
    asked = questions(case, whys, offered, catalogue)
    evidence = explanation.evidence(case, whys)
    decision = Decision(
        id="",
        made_at=_UNDATED,
        as_of=order.on,
        valid_until=explanation.valid_until(case),
        verdict=case.verdict,
        probability=0.0,
        thresholds=thresholds(order.product.risk),
        reasons=tuple(why.reason for why in whys),
        product=ProductName(code=order.product.code, name=order.product.name),
        use=case.use,
        address=address,
        location=None,
        evidence=tuple(item for _, item in evidence),
        flips=None,
        alternatives=offered,
        ask_next=asked,
        sentence=sentences.sentence(case, sentences.Told(whys, offered, asked), address, catalogue),
        provenance=alike.provenance,
    )
    own = Question(order.product, order.use, order.on)
    layers = {a.layer.id: number for number, a in enumerate(case.availabilities)}
    return Outline(
        decision=decision,
        case=replace(case, weigh=_forgotten, around=_forgotten, moved=None),
        evidence=tuple(witness(rank, layers[item.layer], case, item.status) for rank, item in evidence),
        own=own,
        probability=own if case.condition is None else replace(own, use=conditional_use(own.use, case.condition)),
        offers=tuple(offer.question for offer in offers),
        edges=edges(case),
    )


def _forgotten(*_: object) -> NoReturn:
    """Stand for what a kept outline must not hold: the places that its example was looked at in, megabytes each."""
    raise LookupError("An outline keeps nothing of the places that it was made from.")


def _case(alike: Alike, example: Example) -> explanation.Case:
    order, location = alike.order, alike.location_of(example.at)  # a spot is offered beside where the example is
    if location.match is Match.FUZZY and location.candidates and location.candidates[0].label:
        location = replace(location, candidates=(replace(location.candidates[0], label=words_gap("label")),))
    verdict, condition = _verdict(order, example.own, example)
    return explanation.Case(
        product=order.product,
        use=order.use,
        on=order.on,
        location=location,
        assessment=example.own,
        prospect=example.prospect,
        availabilities=example.availabilities,
        verdict=verdict,
        condition=condition,
        weigh=example.weigh,
        around=example.around,
        moved=order.moved,
    )


def _verdict(order: Order, own: Assessment, example: Example) -> tuple[Verdict, Condition | None]:
    """Take the assessed verdict, unless the product is not on sale, or a condition turns a no into a conditional."""
    product = order.product
    if not product.on_sale(order.on):
        return Verdict.NOT_DELIVERABLE, None
    if own.verdict is Verdict.NOT_DELIVERABLE and order.use == own_use(product):
        for condition in product.conditions:
            under = example.weigh(Question(product, conditional_use(order.use, condition), order.on))
            if under.verdict is Verdict.DELIVERABLE:
                return Verdict.CONDITIONAL, condition
    return own.verdict, None


def _gapped(address: AskedAddress) -> AskedAddress:
    """Leave out the words, but not whether there are any."""
    normalised = words_gap("normalised") if address.normalised else ""
    return AskedAddress(given=words_gap("given"), kind=address.kind, normalised=normalised)

"""One order at one place: the verdict from `assessment`, and everything around it written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from coverage_check.availability import Availability
from coverage_check.basis import Basis
from coverage_check.decision import (
    AskedAddress,
    CandidatePlace,
    Decision,
    FoundLocation,
    ProductName,
    Provenance,
    Reason,
    ReasonCode,
    Use,
    Verdict,
    content_id,
)
from coverage_check.location import Location
from coverage_check.products import Product
from coverage_check.qualification import explanation, sentences
from coverage_check.qualification.alternatives import alternatives
from coverage_check.qualification.assessment import Assessment, assess, conditional_use, own_use, thresholds
from coverage_check.qualification.flips import flip
from coverage_check.technology import Condition, PlaceOfUse, Receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked: which product, where it will be used and with what, on which day.

    `place` and `receiver` are None where the product's own hold. `basis` goes into the decision as it is.
    """

    product: Product
    on: date
    address: AskedAddress
    place: PlaceOfUse | None = None
    receiver: Receiver | None = None
    basis: Basis | None = None

    @property
    def use(self) -> Use:
        """The use that was asked about."""
        return Use(place=self.place or self.product.place_of_use, receiver=self.receiver or self.product.receiver)


def decide(
    order: Order,
    location: Location,
    availabilities: Sequence[Availability],
    *,
    catalogue: Mapping[str, Product],
    provenance: Provenance,
    made_at: datetime,
) -> Decision:
    """Decide about one order at a found location.

    Parameters
    ----------
    availabilities
        One for each layer of the snapshot, all over the same places.
    catalogue
        All products, for the alternatives.
    made_at
        When; it is not part of the decision's id.
    """
    product, use = order.product, order.use
    assessment = assess(product, use, order.on, location, availabilities)
    verdict, condition = _verdict(order, location, availabilities, assessment)
    case = explanation.Case(
        product=product,
        use=use,
        on=order.on,
        location=location,
        assessment=assessment,
        availabilities=tuple(availabilities),
        verdict=verdict,
        condition=condition,
    )
    reasons = explanation.reasons(case)
    offers = () if verdict is Verdict.DELIVERABLE else alternatives(case, order.place, catalogue)
    settled = assessment.agree and not product.on_sale(order.on)
    return _sealed(
        Decision(
            id="",
            made_at=made_at,
            as_of=order.on,
            valid_until=explanation.valid_until(case),
            verdict=verdict,
            probability=round(case.probability, 6),
            thresholds=thresholds(product.risk),
            reasons=reasons,
            product=ProductName(code=product.code, name=product.name),
            use=use,
            address=order.address,
            location=_recorded(location),
            evidence=explanation.evidence(case, reasons),
            flips=None if settled else flip(case),
            alternatives=offers,
            ask_next=explanation.questions(case, reasons, offers),
            sentence=sentences.sentence(case, reasons, offers, order.address, catalogue),
            provenance=provenance,
            basis=order.basis,
        )
    )


def undetermined(
    order: Order,
    code: ReasonCode,
    *,
    provenance: Provenance,
    made_at: datetime,
    remark: str = "",
    location: Location | None = None,
) -> Decision:
    """Decide that nothing can be said, because the place could not be found or the input not be used."""
    reason = Reason(code=code, message=explanation.message(code, remark=remark))
    return _sealed(
        Decision(
            id="",
            made_at=made_at,
            as_of=order.on,
            valid_until=None,
            verdict=Verdict.UNDETERMINED,
            probability=0.0,
            thresholds=thresholds(order.product.risk),
            reasons=(reason,),
            product=ProductName(code=order.product.code, name=order.product.name),
            use=order.use,
            address=order.address,
            location=None if location is None else _recorded(location),
            evidence=(),
            flips=None,
            alternatives=(),
            ask_next=explanation.questions_for(code, remark),
            sentence=sentences.undetermined_sentence(order.product, order.address, code, remark=remark),
            provenance=provenance,
            basis=order.basis,
        )
    )


def _verdict(
    order: Order, location: Location, availabilities: Sequence[Availability], assessment: Assessment
) -> tuple[Verdict, Condition | None]:
    """Take the assessed verdict, unless the product is not on sale, or a condition turns a no into a conditional."""
    product = order.product
    if not product.on_sale(order.on):
        return Verdict.NOT_DELIVERABLE, None
    if assessment.verdict is Verdict.NOT_DELIVERABLE and order.use == own_use(product):
        for condition in product.conditions:
            under = assess(product, conditional_use(order.use, condition), order.on, location, availabilities)
            if under.verdict is Verdict.DELIVERABLE:
                return Verdict.CONDITIONAL, condition
    return assessment.verdict, None


def _recorded(location: Location) -> FoundLocation:
    return FoundLocation(
        lat=location.lat,
        lon=location.lon,
        level=location.level,
        match=location.match,
        cep50_m=location.cep50_m,
        cep95_m=location.cep95_m,
        source=location.source,
        attribution=location.attribution,
        candidates=tuple(CandidatePlace.of(candidate) for candidate in location.candidates),
    )


def _sealed(decision: Decision) -> Decision:
    return replace(decision, id=content_id(decision.to_dict()))

"""TM Forum TMF645 v4.0.1, Service Qualification: decisions become its resources. `tmf645_request` reads its requests.

Pure functions over JSON-ready values. Where the standard's schema takes any text, the values here are those that it names in
its descriptions.

| verdict | item state | qualificationResult |
|---|---|---|
| deliverable | done | qualified |
| conditional | done | alternate, the first proposal being the condition |
| not_deliverable | done | alternate if there is something to propose, else unqualified |
| undetermined | terminatedWithError | none: undetermined is never unqualified |
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from typing import Any

from coverage_check.decision import Alternative, Decision, ReasonCode, Verdict
from coverage_check.technology import Condition


class QualificationResult(StrEnum):
    """What an item, or a whole check, came to."""

    QUALIFIED = "qualified"
    ALTERNATE = "alternate"
    UNQUALIFIED = "unqualified"


class TaskState(StrEnum):
    """Where a task stands: the standard's TaskStateType."""

    ACCEPTED = "accepted"
    IN_PROGRESS = "inProgress"
    DONE = "done"
    TERMINATED_WITH_ERROR = "terminatedWithError"


_CONDITIONS = {
    ReasonCode.NEEDS_ANTENNA: Condition.OUTDOOR_ANTENNA,
    ReasonCode.OUTDOOR_ONLY: Condition.OUTDOORS_ONLY,
}


def roll_up(results: Iterable[QualificationResult | None]) -> QualificationResult | None:
    """Give the result of a check from those of its items, None being an undetermined item.

    The standard: qualified if all are, unqualified if any is, else alternate. An undetermined item leaves the whole without
    a result, unless another item settles it.
    """
    known = list(results)
    if QualificationResult.UNQUALIFIED in known:
        return QualificationResult.UNQUALIFIED
    if not known or None in known:
        return None
    return QualificationResult.ALTERNATE if QualificationResult.ALTERNATE in known else QualificationResult.QUALIFIED


def item_result(decision: Decision) -> QualificationResult | None:
    """Give the result of one item; None if the decision is undetermined."""
    if decision.verdict is Verdict.UNDETERMINED:
        return None
    if decision.verdict is Verdict.DELIVERABLE:
        return QualificationResult.QUALIFIED
    return QualificationResult.ALTERNATE if _proposals(decision, UTC) else QualificationResult.UNQUALIFIED


def check_resource(
    request: Mapping[str, Any], decisions: Sequence[Decision], *, id_: str, href: str, zone: tzinfo = UTC
) -> dict[str, Any]:
    """Answer a checkServiceQualification.

    Parameters
    ----------
    request
        The body that was posted; what it says is repeated. An explicit false for provideAlternative or
        provideUnavailabilityReason leaves those lists out, and changes no result.
    decisions
        One for each serviceQualificationItem, in their order.
    id_, href
        Name and address of the resource.
    zone
        Where days begin and end: expirationDate is the last moment of `valid_until` there.
    """
    asked = request["serviceQualificationItem"]
    items = [_check_item(*pair, request, zone) for pair in zip(asked, decisions, strict=True)]
    resource = {key: value for key, value in request.items() if key not in _ANSWERS} | {
        "id": id_,
        "href": href,
        "state": _state(decisions),
        "serviceQualificationItem": items,
        "@type": "CheckServiceQualification",
    }
    made = _last_made(decisions)
    return resource | _given(
        checkServiceQualificationDate=made,
        effectiveQualificationDate=made,
        qualificationResult=roll_up(item_result(decision) for decision in decisions),
        expirationDate=_first_end(decisions, zone),
    )


def query_resource(
    request: Mapping[str, Any], decisions: Sequence[Decision], *, id_: str, href: str, zone: tzinfo = UTC
) -> dict[str, Any]:
    """Answer a queryServiceQualification: the services that can be delivered there as sold.

    An item of a query has no result, so what is only conditional is not among them. What could not be determined is named
    in the description, and the task is terminatedWithError, for silence would read as a no.

    Parameters
    ----------
    decisions
        One for each product that could be meant; the others as in `check_resource`.
    """
    search = request["searchCriteria"]
    eligible = [decision for decision in decisions if decision.verdict is Verdict.DELIVERABLE]
    unknown = [decision.product.code for decision in decisions if decision.verdict is Verdict.UNDETERMINED]
    resource = {key: value for key, value in request.items() if key not in _ANSWERS} | {
        "id": id_,
        "href": href,
        "state": _state(decisions),
        "serviceQualificationItem": [_query_item(n, search, decision, zone) for n, decision in enumerate(eligible, 1)],
        "@type": "QueryServiceQualification",
    }
    description = f"Undetermined, neither available nor not: {', '.join(unknown)}." if unknown else None
    made = _last_made(decisions)
    return resource | _given(
        queryServiceQualificationDate=made,
        effectiveQualificationDate=made,
        description=description,
        expirationDate=_first_end(decisions, zone),
    )


def _check_item(asked: Mapping[str, Any], decision: Decision, request: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """Answer one item: what was asked, its state and result, why not, what instead, or what could not be found out."""
    item = {key: value for key, value in asked.items() if key not in _ANSWERS}
    item |= {"state": _state([decision])} | _given(expirationDate=_end_of(decision.valid_until, zone))
    result = item_result(decision)
    if result is None:
        errors = [{"id": reason.code.value, "value": reason.message} for reason in decision.reasons]
        questions = [{"id": f"ASK_{question.code}", "value": question.en} for question in decision.ask_next]
        return item | {"terminationError": errors + questions}
    item["qualificationResult"] = result.value
    if result is QualificationResult.QUALIFIED:
        return item | _ending(item, decision)
    if request.get("provideUnavailabilityReason") is not False:
        item["eligibilityUnavailabilityReason"] = [
            {"code": reason.code.value, "label": reason.message} for reason in decision.reasons
        ]
    proposals = _proposals(decision, zone)
    if proposals and request.get("provideAlternative") is not False:
        item["alternateServiceProposal"] = proposals
    return item


def _ending(item: Mapping[str, Any], decision: Decision) -> dict[str, Any]:
    """Tell of a yes that its network is promised for less than the contract, as a characteristic of the service."""
    if decision.promised_until is None:
        return {}
    service = item.get("service", {})
    until = {"name": "promisedUntil", "valueType": "string", "value": decision.promised_until.isoformat()}
    return {"service": {**service, "serviceCharacteristic": [*service.get("serviceCharacteristic", ()), until]}}


_ANSWERS = {
    *("state", "qualificationResult", "expirationDate", "terminationError"),
    *("eligibilityUnavailabilityReason", "alternateServiceProposal"),
}
"""What only the answerer may say: left out if the request says it."""


def _query_item(number: int, search: Mapping[str, Any], decision: Decision, zone: tzinfo) -> dict[str, Any]:
    service = dict(search.get("service", {})) | {
        "serviceSpecification": {"id": decision.product.code, "name": decision.product.name}
    }
    kept = {key: value for key, value in search.items() if key not in _ANSWERS}
    item = kept | {"id": str(number), "service": service}
    item |= _ending(item, decision)
    return item | _given(expirationDate=_end_of(decision.valid_until, zone))


def _proposals(decision: Decision, zone: tzinfo) -> list[dict[str, Any]]:
    """List what can be offered instead: first the condition of a conditional decision, then its alternatives."""
    offers = []
    if decision.verdict is Verdict.CONDITIONAL:
        condition = next((_CONDITIONS[reason.code] for reason in decision.reasons if reason.code in _CONDITIONS), None)
        offers.append(
            Alternative(
                product=decision.product.code,
                verdict=Verdict.CONDITIONAL,
                probability=decision.probability,
                condition=condition,
            )
        )
    offers += [offer for offer in decision.alternatives if offer.verdict in _OFFERED and offer not in offers]
    return [_proposal(number, offer, zone) for number, offer in enumerate(offers, 1)]


_OFFERED = {Verdict.DELIVERABLE, Verdict.CONDITIONAL}


def _proposal(number: int, offer: Alternative, zone: tzinfo) -> dict[str, Any]:
    characteristics = [
        {"name": name, "valueType": kind, "value": value}
        for name, kind, value in (
            ("condition", "string", offer.condition and offer.condition.value),
            ("probability", "number", offer.probability),
        )
        if value is not None
    ]
    service: dict[str, Any] = {"serviceSpecification": {"id": offer.product}, "serviceCharacteristic": characteristics}
    if offer.lat is not None and offer.lon is not None:
        point = {"type": "Point", "coordinates": [offer.lon, offer.lat]}
        service["place"] = [{"role": "place of use", "@type": "GeoJsonPoint", "geoJson": point}]
    available = None if offer.from_ is None else datetime.combine(offer.from_, time.min, zone).isoformat()
    return {"id": str(number), "alternateService": service} | _given(alternateServiceAvailabilityDate=available)


def _state(decisions: Sequence[Decision]) -> str:
    undetermined = any(decision.verdict is Verdict.UNDETERMINED for decision in decisions)
    return (TaskState.TERMINATED_WITH_ERROR if undetermined else TaskState.DONE).value


def _last_made(decisions: Sequence[Decision]) -> str | None:
    made = max((decision.made_at for decision in decisions), default=None)
    return None if made is None else made.isoformat(timespec="seconds")


def _first_end(decisions: Sequence[Decision], zone: tzinfo) -> str | None:
    """Give the moment when the first of the answers expires."""
    return _end_of(min((day for decision in decisions if (day := decision.valid_until)), default=None), zone)


def _end_of(day: date | None, zone: tzinfo) -> str | None:
    return None if day is None else datetime.combine(day, time(23, 59, 59), zone).isoformat()


def _given(**fields: Any) -> dict[str, Any]:
    """Leave out what there is not: the standard has no nulls."""
    return {name: value for name, value in fields.items() if value is not None}

"""TMF645 v4.0.1: what comes out validates against the standard, says what was decided, and never calls unknown a no."""

import json
import re
from datetime import UTC, date, timedelta, timezone
from itertools import product as combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker

from coverage_check.checker import Checker
from coverage_check.decision import Decision, Verdict
from coverage_check.errors import InvalidInput
from coverage_check.products import Need
from coverage_check.report.tmf645 import QualificationResult, TaskState, check_resource, item_result, query_resource, roll_up
from coverage_check.report.tmf645_request import AskedService, check_questions, query_question
from coverage_check.technology import Condition, SignalLevel, Technology
from tests.made_claims import layer, location, product
from tests.made_decisions import made_decision
from tests.shared import shared
from tests.unit.test_qualification import decided
from tests.unit.test_qualification_alternatives import at

Q, A, U = QualificationResult.QUALIFIED, QualificationResult.ALTERNATE, QualificationResult.UNQUALIFIED
THREE_G = product(code="mbb-3g", any_of=(Need(technology=Technology.G3),))
YES = made_decision()
NO = made_decision(verdict=Verdict.NOT_DELIVERABLE)
NO_BUT = made_decision(verdict=Verdict.NOT_DELIVERABLE, sold=product(alternatives=("mbb-3g",)), others=(THREE_G,))
UNKNOWN = made_decision(verdict=Verdict.UNDETERMINED)
WITH_ANTENNA = decided(
    (layer(), -2000.0),
    (layer("4g-basic", level=SignalLevel.BASIC), 2000.0),
    sold=product(conditions=(Condition.OUTDOOR_ANTENNA,)),
)
LATER = decided((layer(valid_from=date(2026, 1, 15)), 2000.0))
ENDS = decided((layer(valid_until=date(2025, 12, 9)), 3000.0), sold=product(contract_months=24))
SPOT = at(location(30, 150), -40.0)
EVERY = {
    "yes": YES,
    "no": NO,
    "no, but 3G": NO_BUT,
    "unknown": UNKNOWN,
    "antenna": WITH_ANTENNA,
    "later": LATER,
    "ends": ENDS,
    "spot": SPOT,
}


def item(place: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    where = place or {"role": "place of use", "name": "Harg 12, 760 21 Vätö"}
    return {"service": {"serviceSpecification": {"id": "mbb-4g"}, "place": [where]}} | more


def check(*decisions: Decision, **request: Any) -> dict[str, Any]:
    body = {"serviceQualificationItem": [item(id=str(n)) for n, _ in enumerate(decisions, 1)]} | request
    return check_resource(body, decisions, id_="7", href="/checkServiceQualification/7")


def query(*decisions: Decision) -> dict[str, Any]:
    return query_resource({"searchCriteria": item()}, decisions, id_="7", href="/queryServiceQualification/7")


FORMATS = FormatChecker(formats=())
"""Of the standard's formats. jsonschema checks them only where more packages are installed, and says nothing where not."""


@FORMATS.checks("date-time")
def is_date_time(value: object) -> bool:
    """Whether it is a moment as RFC 3339 writes it, with its offset."""
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    return not isinstance(value, str) or re.fullmatch(pattern, value) is not None


def validator(definition: str) -> Draft4Validator:
    """Give the standard's own schema of a resource."""
    path = shared("data/standards/TMF645-ServiceQualification-v4.0.1.swagger.json")
    swagger = json.loads(path.read_text(encoding="utf-8"))
    schema = {"$ref": f"#/definitions/{definition}", "definitions": swagger["definitions"]}
    return Draft4Validator(schema, format_checker=FORMATS)


@pytest.mark.parametrize("name", EVERY)
def test_each_resource_validates_against_the_standard(name: str) -> None:
    validator("CheckServiceQualification").validate(check(EVERY[name], provideAlternative=True))
    validator("QueryServiceQualification").validate(query(EVERY[name], YES))


def test_the_validator_is_awake() -> None:
    assert not validator("CheckServiceQualification").is_valid(check(YES) | {"state": "banana"})
    assert not validator("CheckServiceQualification").is_valid(check(YES) | {"expirationDate": "2026-01-15T00:00:00"})
    assert not validator("QueryServiceQualification").is_valid(query(YES) | {"expirationDate": "2026-01-15"})
    assert not validator("CheckServiceQualification_Create").is_valid({"serviceQualificationItem": []})


ADDRESSES = ("Harg 12, 760 21 Vätö", "Norrviken 23, 760 21 Vätö", "Vätövägen 20, 760 21 Vätö", "Kyrkvägen 3", "Box 3")


@pytest.mark.parametrize("on", [date(2025, 11, 1), date(2026, 2, 1), date(2030, 1, 1)])
def test_what_the_demonstration_decides_validates_and_says_what_was_decided(on: date) -> None:
    checker = Checker.from_config("demo")
    decisions = [checker.check(text, product=code, on=on) for text in ADDRESSES for code in checker.products]
    resource = check(*decisions)
    validator("CheckServiceQualification").validate(resource)
    validator("QueryServiceQualification").validate(query(*decisions))
    for decision, answered in zip(decisions, resource["serviceQualificationItem"], strict=True):
        result, proposed = answered.get("qualificationResult"), "alternateServiceProposal" in answered
        assert (result == "qualified") is (decision.verdict is Verdict.DELIVERABLE)
        assert (result is None) is (decision.verdict is Verdict.UNDETERMINED) is (answered["state"] != "done")
        assert (result == "alternate") is proposed
        assert proposed or decision.verdict is not Verdict.CONDITIONAL


# The decision table of docs/formats.md.
@pytest.mark.parametrize(
    ("name", "verdict", "state", "result", "proposals", "reasons", "errors"),
    [
        ("yes", Verdict.DELIVERABLE, "done", "qualified", 0, False, False),
        ("antenna", Verdict.CONDITIONAL, "done", "alternate", 1, True, False),
        ("later", Verdict.NOT_DELIVERABLE, "done", "alternate", 1, True, False),
        ("no, but 3G", Verdict.NOT_DELIVERABLE, "done", "alternate", 1, True, False),
        ("spot", Verdict.NOT_DELIVERABLE, "done", "alternate", 1, True, False),
        ("ends", Verdict.DELIVERABLE, "done", "qualified", 0, False, False),
        ("no", Verdict.NOT_DELIVERABLE, "done", "unqualified", 0, True, False),
        ("unknown", Verdict.UNDETERMINED, "terminatedWithError", None, 0, False, True),
    ],
)
def test_the_decision_table(
    name: str, verdict: Verdict, state: str, result: str | None, proposals: int, *, reasons: bool, errors: bool
) -> None:
    decision = EVERY[name]
    assert decision.verdict is verdict
    resource = check(decision)
    (answered,) = resource["serviceQualificationItem"]
    for told in (resource, answered):
        assert (told["state"], told.get("qualificationResult")) == (state, result)
    assert len(answered.get("alternateServiceProposal", [])) == proposals
    assert bool(answered.get("eligibilityUnavailabilityReason")) is reasons
    assert bool(answered.get("terminationError")) is errors


def test_what_is_proposed_names_its_condition_its_product_or_its_day() -> None:
    def proposal(decision: Decision) -> dict[str, Any]:
        found: dict[str, Any] = check(decision)["serviceQualificationItem"][0]["alternateServiceProposal"][0]
        return found

    antenna, other, later = (proposal(decision) for decision in (WITH_ANTENNA, NO_BUT, LATER))
    characteristics = {c["name"]: c["value"] for c in antenna["alternateService"]["serviceCharacteristic"]}
    assert characteristics["condition"] == "outdoor_antenna"
    assert antenna["alternateService"]["serviceSpecification"]["id"] == "mbb-4g"
    assert other["alternateService"]["serviceSpecification"]["id"] == "mbb-3g"
    assert later["alternateServiceAvailabilityDate"] == "2026-01-15T00:00:00+00:00"


def test_a_yes_that_ends_within_the_contract_says_so() -> None:
    asked = item()
    asked["service"]["serviceCharacteristic"] = [{"name": "placeOfUse", "value": "indoors"}]
    resource = check_resource({"serviceQualificationItem": [asked]}, [ENDS], id_="1", href="/1")
    (answered,) = resource["serviceQualificationItem"]
    assert answered["qualificationResult"] == "qualified"
    told = {one["name"]: one["value"] for one in answered["service"]["serviceCharacteristic"]}
    assert told == {"placeOfUse": "indoors", "promisedUntil": "2025-12-09"}
    (listed,) = query(ENDS)["serviceQualificationItem"]
    assert listed["service"]["serviceCharacteristic"][-1]["value"] == "2025-12-09"


def test_a_spot_on_the_plot_is_proposed_with_its_place() -> None:
    (answered,) = check(SPOT)["serviceQualificationItem"]
    (offer,) = SPOT.alternatives
    (place,) = answered["alternateServiceProposal"][0]["alternateService"]["place"]
    assert place["geoJson"]["coordinates"] == [offer.lon, offer.lat]


def test_reasons_carry_the_code_and_the_sentence_of_the_decision() -> None:
    found = check(NO)["serviceQualificationItem"][0]["eligibilityUnavailabilityReason"]
    assert found[0] == {"code": "NO_COVERAGE", "label": NO.reasons[0].message}


@pytest.mark.parametrize("wish", ["provideAlternative", "provideUnavailabilityReason"])
def test_who_wants_no_list_gets_none_and_the_same_result(wish: str) -> None:
    answered = check(NO_BUT, **{wish: False})["serviceQualificationItem"][0]
    left_out = {"provideAlternative": "alternateServiceProposal"}.get(wish, "eligibilityUnavailabilityReason")
    assert left_out not in answered
    assert answered["qualificationResult"] == "alternate"


def test_the_answer_expires_when_the_claim_does_in_the_zone_that_was_given() -> None:
    zone = timezone(timedelta(hours=1))
    body = {"serviceQualificationItem": [item()]}
    resource = check_resource(body, [YES], id_="1", href="/1", zone=zone)
    assert resource["expirationDate"] == f"{YES.valid_until}T23:59:59+01:00"


def test_a_requester_can_not_say_the_answer_himself() -> None:
    body = {"qualificationResult": "qualified", "serviceQualificationItem": [item(qualificationResult="qualified")]}
    resource = check_resource(body, [UNKNOWN], id_="1", href="/1")
    assert "qualificationResult" not in resource
    assert "qualificationResult" not in resource["serviceQualificationItem"][0]


@pytest.mark.parametrize("results", [r for n in (1, 2, 3) for r in combinations([Q, A, U, None], repeat=n)])
def test_the_roll_up_rule(results: tuple[QualificationResult | None, ...]) -> None:
    """The standard's sentences, and ours: unknown is never a no, and what is unknown leaves the whole unknown."""
    whole = roll_up(results)
    assert (whole is Q) == all(r is Q for r in results)
    assert (whole is U) == any(r is U for r in results)
    assert (whole is None) == (None in results and U not in results)
    assert (whole is A) == (A in results and U not in results and None not in results)


def test_nothing_rolls_up_to_nothing() -> None:
    assert roll_up([]) is None


@given(st.lists(st.sampled_from(sorted(EVERY)), min_size=1, max_size=5))
def test_an_undetermined_item_is_never_unqualified_and_values_are_the_standards(names: list[str]) -> None:
    decisions = [EVERY[name] for name in names]
    resource = check(*decisions)
    for decision, answered in zip(decisions, resource["serviceQualificationItem"], strict=True):
        assert (decision.verdict is Verdict.UNDETERMINED) == ("qualificationResult" not in answered)
    told = [resource, *resource["serviceQualificationItem"]]
    assert {t["state"] for t in told} <= {"acknowledged", "accepted", "inProgress", "terminatedWithError", "done"}
    assert {t.get("qualificationResult") for t in told} <= {"qualified", "alternate", "unqualified", None}
    json.dumps(resource, allow_nan=False)


def test_the_states_are_the_standards() -> None:
    swagger = json.loads(
        shared("data/standards/TMF645-ServiceQualification-v4.0.1.swagger.json").read_text(encoding="utf-8")
    )
    assert {state.value for state in TaskState} == set(swagger["definitions"]["TaskStateType"]["enum"])


def test_a_query_lists_what_is_deliverable_and_names_what_is_unknown() -> None:
    resource = query(YES, NO, WITH_ANTENNA, UNKNOWN)
    listed = [one["service"]["serviceSpecification"]["id"] for one in resource["serviceQualificationItem"]]
    assert listed == ["mbb-4g"]
    assert resource["state"] == "terminatedWithError"
    assert "mbb-4g" in resource["description"]
    assert query(YES, NO)["state"] == "done"
    assert query(NO)["serviceQualificationItem"] == []
    assert item_result(NO) is U


def test_a_request_becomes_questions() -> None:
    address = {
        "role": "installation address",
        "@type": "GeographicAddress",
        "streetName": "Harg",
        "streetNr": "12",
        "postcode": "760 21",
        "city": "Vätö",
    }
    bill = {"role": "billing address", "name": "Storgatan 1, Stockholm"}
    point = {"role": "x", "@type": "GeoJsonPoint", "geoJson": {"type": "Point", "coordinates": [18.95, 59.82]}}
    first = item(id="a", expectedActivationDate="2026-05-01T23:30:00Z")
    first["service"]["place"] = [bill, address]
    first["service"]["serviceCharacteristic"] = [{"name": "placeOfUse", "value": "outdoors"}]
    body = {"serviceQualificationItem": [first, item(point)]}
    validator("CheckServiceQualification_Create").validate(body)
    assert check_questions(body, zone=timezone(timedelta(hours=2))) == (
        AskedService(item_id="a", product="mbb-4g", address="Harg 12, 760 21 Vätö", on=date(2026, 5, 2), at="outdoors"),
        AskedService(item_id="2", product="mbb-4g", lat=59.82, lon=18.95),
    )
    assert query_question({"searchCriteria": first}, zone=UTC).on == date(2026, 5, 1)


ONE = {"role": "place of use", "name": "Harg 12"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "serviceQualificationItem"),
        ({"serviceQualificationItem": []}, "serviceQualificationItem"),
        ({"serviceQualificationItem": "x"}, "serviceQualificationItem"),
        ({"serviceQualificationItem": [7]}, "serviceQualificationItem[0]"),
        ({"serviceQualificationItem": [{}]}, "serviceQualificationItem[0].service"),
        ({"serviceQualificationItem": [{"service": {"place": [ONE]}}]}, "serviceSpecification.id"),
        ({"serviceQualificationItem": [item(), {"service": {"place": []}}]}, "serviceQualificationItem[1].service.place"),
        ({"serviceQualificationItem": [{"service": {"place": [ONE, ONE]}}]}, "place of use"),
        ({"serviceQualificationItem": [{"service": {"place": [ONE | {"role": "billing"}]}}]}, "place of use"),
        ({"serviceQualificationItem": [item({"role": "x", "id": "99"})]}, "place[0]"),
        ({"serviceQualificationItem": [item({"role": "x", "name": 7})]}, "place[0].name"),
        ({"serviceQualificationItem": [item({"role": "x", "geoJson": {"type": "Point"}})]}, "place[0].geoJson"),
        (
            {"serviceQualificationItem": [item({"role": "x", "geoJson": {"type": "Point", "coordinates": [18.9, 95]}})]},
            "place[0].geoJson",
        ),
        ({"serviceQualificationItem": [item(expectedActivationDate="soon")]}, "expectedActivationDate"),
    ],
)
def test_what_is_missing_is_named_by_its_path(body: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_questions(body)
    assert path in str(caught.value)
    assert "Harg" not in str(caught.value)


def test_a_query_without_criteria_is_refused() -> None:
    with pytest.raises(InvalidInput, match="searchCriteria"):
        query_question({})


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["service", "place", "serviceSpecification", "id", "name", "role", "geoJson", "coordinates", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(place=JSON, specification=JSON, item_=JSON)
def test_whatever_is_posted_is_understood_or_refused(place: Any, specification: Any, item_: Any) -> None:
    service = {"serviceSpecification": specification, "place": [place]}
    for content in ([{"service": service, "id": item_}], [item_], item_):
        try:
            asked = check_questions({"serviceQualificationItem": content})
        except InvalidInput:
            continue
        assert all(isinstance(one.product, str) for one in asked)

"""The JSON Schema that ships with the package says what decisions look like, and so do its vocabularies."""

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from coverage_check.decision import ReasonCode, Verdict
from coverage_check.technology import Condition, Technology
from tests.made_claims import layer, location, product
from tests.unit.test_qualification import decided

SCHEMA: dict[str, Any] = json.loads(files("coverage_check").joinpath("decision.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("distance", [-5000, -700, 3, 5000])
def test_decisions_validate(distance: float) -> None:
    sold = product(conditions=(Condition.OUTDOOR_ANTENNA,))
    decision = decided((layer(), distance), (layer("3g", technology=Technology.G3), 800), sold=sold, place=location(15, 100))
    VALIDATOR.validate(decision.to_dict())


@pytest.mark.parametrize(("field", "value"), [("verdict", "banana"), ("probability", 1.2), ("reasons", []), ("extra", 1)])
def test_what_is_no_decision_does_not_validate(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate(decided((layer(), 10)).to_dict() | {field: value})


def test_vocabularies_are_the_packages_own() -> None:
    properties = SCHEMA["properties"]
    assert properties["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    assert properties["reasons"]["items"]["properties"]["code"]["enum"] == [code.value for code in ReasonCode]

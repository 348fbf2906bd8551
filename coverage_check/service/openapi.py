"""The OpenAPI of the service: what the framework sees of it, with the answers as they are and examples of them."""

from collections.abc import Mapping
from typing import Any

from coverage_check.service.bodies import Offer, refined, tmf_body
from coverage_check.service.problems import PROBLEM_SCHEMA, TMF, TMF_ERROR_SCHEMA

_REF = "#/components/schemas/"
_PROBLEMS = {
    "/v1/check": (400, 401, 409, 413, 429, 503, 504),
    "/v1/confirmation": (400, 401, 409, 413, 429, 503, 504),
}
_USUAL = (400, 401, 413, 429, 503, 504)
_TMF = (400, 401, 404, 405, 409, 413, 429, 503, 504)
_SAID = {
    400: "The request can't be understood.",
    401: "No API key, or one that is not known.",
    404: "There is no such task.",
    405: "The path has other methods.",
    409: "The key was used for another question, or the request contradicts itself.",
    413: "Too much at once.",
    429: "Too often; Retry-After says when.",
    503: "It can't be answered or recorded now.",
    504: "The answer took too long.",
}
_TMF_EXAMPLE = {
    "instantSyncQualification": True,
    "serviceQualificationItem": [
        {
            "id": "1",
            "service": {
                "serviceSpecification": {"id": "mbb-4g"},
                "place": [
                    {"role": "place of use", "streetName": "Harg", "streetNr": "12", "postcode": "76021", "city": "Vätö"}
                ],
            },
        }
    ],
}
_TMF_QUERY_EXAMPLE = {
    "instantSyncQualification": True,
    "searchCriteria": {
        "service": {"place": [{"role": "place of use", "geoJson": {"type": "Point", "coordinates": [18.95771, 59.81248]}}]}
    },
}


def described(plain: dict[str, Any], decision: Mapping[str, Any], offer: Offer, *, records: bool) -> dict[str, Any]:
    """Put the bodies' and answers' schemas, the errors and the examples into a description.

    Parameters
    ----------
    records
        Whether there is a ledger; without one there is no Idempotency-Key and no sale.
    """
    schemas = plain.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= {
        "Decision": _moved({key: value for key, value in decision.items() if not key.startswith(("$schema", "$id"))}),
        "Problem": dict(PROBLEM_SCHEMA),
        "TmfError": dict(TMF_ERROR_SCHEMA),
        **_OURS,
    }
    if not records:
        schemas["CheckBody"]["properties"].pop("sale")
        plain["paths"]["/v1/check"]["post"].pop("parameters")
    schemas |= refined(schemas, offer)
    plain["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, methods in plain["paths"].items():
        for method, operation in methods.items():
            _describe(path, method, operation, offer)
    return plain


_OURS: Mapping[str, Any] = {
    "Task": {
        "type": "object",
        "required": ["id", "href", "state", "@type"],
        "properties": {
            "id": {"type": "string"},
            "href": {"type": "string"},
            "state": {"enum": ["inProgress", "done", "terminatedWithError"]},
            "qualificationResult": {"enum": ["qualified", "alternate", "unqualified"]},
            "@type": {"enum": ["CheckServiceQualification", "QueryServiceQualification"]},
        },
    },
    "TaskFields": {
        "type": "object",
        "required": ["id", "href"],
        "properties": {"id": {"type": "string"}, "href": {"type": "string"}},
    },
    "Batch": {
        "type": "object",
        "required": ["snapshot", "answers"],
        "properties": {
            "snapshot": {"type": "string"},
            "answers": {
                "type": "array",
                "items": {
                    "type": "object",
                    "oneOf": [{"required": ["decision"]}, {"required": ["error"]}],
                    "properties": {
                        "decision": {"$ref": f"{_REF}Decision"},
                        "error": {"type": "object", "required": ["code", "detail"]},
                    },
                },
            },
        },
    },
    "Suggestions": {
        "type": "object",
        "required": ["available", "suggestions"],
        "properties": {"available": {"type": "boolean"}, "suggestions": {"type": "array", "items": {"type": "string"}}},
    },
    "Reasons": {
        "type": "object",
        "required": ["sv"],
        "properties": {"sv": {"type": "array", "items": {"type": "string"}}},
    },
    "Shapes": {
        "type": "object",
        "required": ["snapshot", "layers", "no_data"],
        "properties": {
            "snapshot": {"type": "string"},
            "layers": {"type": "array", "items": {"type": "object"}},
            "no_data": {"type": "object", "description": "A MultiPolygon: where none of the layers speaks."},
        },
    },
}
_ANSWERS = {
    "/v1/check": "Decision",
    "/v1/check-batch": "Batch",
    "/v1/suggest": "Suggestions",
    "/v1/map": "Shapes",
    "/v1/reasons": "Reasons",
}


def _describe(path: str, method: str, operation: dict[str, Any], offer: Offer) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    if path.startswith(TMF):
        _describe_tmf(path, method, operation, offer)
    elif path in _ANSWERS:
        responses["200"]["content"] = {"application/json": {"schema": {"$ref": _REF + _ANSWERS[path]}}}
    if path.startswith("/v1") or path == "/metrics":
        for status in _PROBLEMS.get(path, _USUAL):
            responses[str(status)] = _error(status, "application/problem+json", "Problem")
    if not path.startswith(("/healthz", "/readyz")):
        operation["security"] = [{"key": []}, {}]


def _describe_tmf(path: str, method: str, operation: dict[str, Any], offer: Offer) -> None:
    one, listed = {"$ref": f"{_REF}TaskFields"}, {"type": "array", "items": {"$ref": f"{_REF}TaskFields"}}
    responses = operation["responses"]
    if method == "post":
        responses["201"] = {"description": "The task, to be read again.", "content": _json({"$ref": f"{_REF}Task"})}
        responses["200"] = {"description": "The answer.", "content": _json({"$ref": f"{_REF}Task"})}
        example = _TMF_QUERY_EXAMPLE if path.endswith("queryServiceQualification") else _TMF_EXAMPLE
        operation["requestBody"]["content"] = {"application/json": {"schema": tmf_body(path, offer), "example": example}}
    elif path.endswith("}"):
        responses["200"] = {"description": "The task.", "content": _json(one)}
    else:
        responses["200"] = {"description": "All that fit.", "content": _json(listed)}
        responses["206"] = {
            "description": "Some of those that fit; X-Total-Count says how many do.",
            "content": _json(listed),
        }
    for status in _TMF:
        responses[str(status)] = _error(status, "application/json", "TmfError")


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _error(status: int, kind: str, schema: str) -> dict[str, Any]:
    return {"description": _SAID[status], "content": {kind: {"schema": {"$ref": _REF + schema}}}}


def _moved(schema: Any) -> Any:
    """Let references of a schema of its own point to where it stands now."""
    if isinstance(schema, dict):
        return {
            key: value.replace("#/", f"{_REF}Decision/") if key == "$ref" else _moved(value) for key, value in schema.items()
        }
    return [_moved(item) for item in schema] if isinstance(schema, list) else schema

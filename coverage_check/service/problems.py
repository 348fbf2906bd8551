"""What went wrong as an HTTP answer: one table from error codes to statuses, and the two shapes of a body.

/v1 answers ``application/problem+json`` (RFC 9457) with our `code`; /tmf-api the Error of TMF630. Neither repeats what was
asked.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from coverage_check.errors import CoverageCheckError, InvalidInput

_log = logging.getLogger(__name__)

STATUS: Mapping[str, int] = {
    "INVALID_INPUT": 400,
    "UNKNOWN_PRODUCT": 400,
    "BATCH_REFUSED": 400,
    "OUTPUT_REFUSED": 503,  # the ledger's disk is full, or its database away: repeat it later
    "LEDGER_INVALID": 503,
    "SNAPSHOT_INVALID": 503,
    "REGISTER_INVALID": 503,
    "FILE_MISSING": 503,
    "GEOCODER_UNAVAILABLE": 503,
}
"""Status by an error's code; any other is a fault of ours: 500."""

TMF = "/tmf-api/"
PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; the text beside it may change."},
        "detail": {"type": "string"},
    },
}
TMF_ERROR_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["code", "reason", "message", "status", "@type"],
    "properties": {
        "code": {"type": "string"},
        "reason": {"type": "string"},
        "message": {"type": "string"},
        "status": {"type": "string"},
        "@type": {"const": "Error"},
    },
}


class Refused(InvalidInput):
    """A request that is refused with a status of its own: too much, too slow, a conflict."""

    def __init__(self, status: int, code: str, message: str, *, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code  # type: ignore[misc] # of this one refusal
        self.retry_after_s = retry_after_s


def status_of(error: CoverageCheckError) -> int:
    """Give the HTTP status of an error."""
    return error.status if isinstance(error, Refused) else STATUS.get(error.code, 500)


def answer(path: str, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Write what went wrong in the form that the path's standard asks for."""
    title = HTTPStatus(status).phrase
    if path.startswith(TMF):
        body = {"code": code, "reason": title, "message": message, "status": str(status), "@type": "Error"}
        return JSONResponse(body, status, headers=dict(headers or {}))
    problem = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": message}
    return JSONResponse(problem, status, headers=dict(headers or {}), media_type="application/problem+json")


def answer_error(path: str, error: CoverageCheckError) -> JSONResponse:
    """Write an error of ours as an answer. What a file of the server is called stays on the server."""
    status = status_of(error)
    message = str(error) if status < 500 else _LATER.get(error.code, "The service can't answer now: see its log.")
    wait = error.retry_after_s if isinstance(error, Refused) else (5 if status == 503 else 0)
    return answer(path, status, error.code, message, headers={"Retry-After": str(wait)} if wait else None)


def answer_fault(path: str, error: CoverageCheckError) -> JSONResponse:
    """Write an error as an answer; what isn't the caller's fault is told to the log."""
    if status_of(error) >= 500:
        _log.error("could not answer", extra={"facts": {"code": error.code}})
    return answer_error(path, error)


def answer_unknown(path: str) -> JSONResponse:
    """Say that something went wrong which nobody foresaw."""
    return answer(path, 500, "INTERNAL", "The service could not answer: its log has the kind of fault.")


_LATER = {
    "OUTPUT_REFUSED": "The decision can't be recorded now, so none is given: repeat the request later.",
    "OVERLOADED": "The service has as many questions as it can hold: repeat the request later.",
    "ANSWER_TIMEOUT": "The answer took too long: repeat the request, or ask for less at once.",
}

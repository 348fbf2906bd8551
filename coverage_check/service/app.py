"""The service as an ASGI application: its parts put together, its errors, its OpenAPI."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from functools import lru_cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from coverage_check.checker import Checker
from coverage_check.errors import CoverageCheckError
from coverage_check.service import checks, health, page, tmf
from coverage_check.service.asked import faults_text
from coverage_check.service.bodies import Offer
from coverage_check.service.direct import Direct
from coverage_check.service.guard import Guard
from coverage_check.service.openapi import described
from coverage_check.service.problems import answer, answer_fault, answer_unknown
from coverage_check.service.running import Worker
from coverage_check.service.settings import Settings
from coverage_check.version import __version__

ROUTERS = (checks.router, tmf.router, health.router, page.router)


def make_app(settings: Settings) -> Guard:
    """Make the application of one worker.

    Raises
    ------
    MissingFile, DeclarationError, SnapshotInvalid, RegisterInvalid, FileRefused
        Something that the config names is missing or can't be trusted.
    """
    worker = Worker(settings)

    @contextlib.asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(worker.current.watch(settings.look_every_s))
        try:
            yield
        finally:
            watching.cancel()
            worker.close()

    app = FastAPI(title="coverage_check", version=__version__, lifespan=living, docs_url=None, redoc_url=None)
    app.state.worker = worker
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(CoverageCheckError, _known)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)
    _describe(app, worker)
    return Guard(Direct(app), settings=settings, metrics=worker.metrics)


def _describe(app: FastAPI, worker: Worker) -> None:
    """Describe the service as it is now, with the decision's own schema instead of what the framework guesses."""

    @lru_cache(maxsize=1)
    def of(checker: Checker) -> dict[str, Any]:
        plain = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schema = json.loads(files("coverage_check").joinpath("decision.schema.json").read_text(encoding="utf-8"))
        offer = Offer(products=tuple(checker.products), layers=tuple(layer.id for layer in checker.snapshot.layers))
        return described(plain, schema, offer, records=worker.recorder is not None)

    def openapi() -> dict[str, Any]:
        return of(worker.current.checker)

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CoverageCheckError)  # noqa: S101 - registered for these
    return answer_fault(request.url.path, error)


async def _misread(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for these
    return answer(request.url.path, 400, "INVALID_INPUT", f"The request can't be read: {faults_text(error.errors())}")


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for these
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "INVALID_INPUT")
    message = {404: "There is nothing here: /openapi.json has the paths.", 405: "This path has other methods: see Allow."}
    said = message.get(error.status_code, "The request can't be read.")
    headers = dict(error.headers or {}) | ({"Allow": _allowed(request)} if error.status_code == 405 else {})
    return answer(request.url.path, error.status_code, code, said, headers=headers)


def _allowed(request: Request) -> str:
    """List all methods of a path: the framework tells those of the first route alone."""
    methods: set[str] = set()
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.path_regex.match(request.url.path):
                methods |= route.methods or set()
    return ", ".join(sorted(methods))


async def _unknown(request: Request, _: Exception) -> JSONResponse:
    return answer_unknown(request.url.path)

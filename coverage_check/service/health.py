"""Whether the service lives, whether it can answer, and what it counted."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from coverage_check.service.checks import worker_of

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@router.get("/readyz")
async def ready(request: Request) -> JSONResponse:
    """Say whether questions can be answered, and with which snapshot."""
    checker = worker_of(request).current.checker
    return JSONResponse({"status": "ready", "snapshot": checker.snapshot.id, "products": checker.products.sha256})


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> PlainTextResponse:
    """Give this worker's counters as Prometheus reads them."""
    worker = worker_of(request)
    text = worker.metrics.text(snapshot=worker.current.checker.snapshot.id)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

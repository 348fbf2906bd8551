"""/v1: one decision, a batch, what is sold, which layers there are, and what the page needs beside that.

Addresses and positions come in bodies alone: a URL ends up in logs, histories and proxies.
"""

import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from coverage_check.checker import Checker
from coverage_check.decision import Decision, ReasonCode
from coverage_check.errors import CoverageCheckError, InvalidInput
from coverage_check.geocoders.register import Register
from coverage_check.report.confirmation import confirmation
from coverage_check.report.text import layers_json
from coverage_check.service.asked import (
    BatchBody,
    CheckBody,
    ConfirmationBody,
    MapBody,
    Question,
    ReasonsBody,
    Sale,
    SuggestBody,
    read_row,
)
from coverage_check.service.claims import claims_around
from coverage_check.service.problems import Refused
from coverage_check.service.reasons import in_swedish
from coverage_check.service.running import Worker

router = APIRouter(prefix="/v1", tags=["coverage"])

_SNAPSHOT = "coverage-snapshot"
"""Header that names the snapshot which an answer was made with."""

_PART = 50
"""Rows of a batch that are decided at a stretch: single questions come in between."""

KEY_PATTERN, KEY_CHARACTERS = r"^[\x21-\x7e]+$", 200

_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_CHARACTERS,
        pattern=KEY_PATTERN,
        description="The order's reference: the decision is recorded under it once, and a retry gives the same decision.",
    ),
]


def worker_of(request: Request) -> Worker:
    """Give the worker that a request came to."""
    worker: Worker = request.app.state.worker
    return worker


@router.post("/check", response_class=Response)
async def check(request: Request, body: CheckBody, key: _Key = None) -> Response:
    """Decide whether a product can be delivered at a place; with an Idempotency-Key, record it in the ledger."""
    worker = worker_of(request)
    if key is None and body.sale is not None:
        raise Refused(409, "IDEMPOTENCY_KEY_MISSING", "A sale is recorded under its order: send an Idempotency-Key.")
    if key is not None and worker.recorder is None:
        raise Refused(400, "LEDGER_MISSING", "This service has no ledger: leave the Idempotency-Key out.")

    if key is None or worker.recorder is None:
        return await _decided(worker, body)
    recorder = worker.recorder

    def recorded(checker: Checker) -> tuple[Decision, bool]:
        asked = body.request(checker)
        return recorder.decide(key, asked, body.sale or Sale(), lambda: checker.check_many([asked])[0])

    decision, replayed = await worker.run(recorded)
    worker.count(decision.verdict)
    headers = {_SNAPSHOT: decision.provenance.snapshot}
    if replayed:
        headers["idempotent-replayed"] = "true"
    return Response(decision.to_json(), media_type="application/json", headers=headers)


async def _decided(worker: Worker, question: Question) -> Response:
    """Decide one question. The answer is the text that the decision's id is the hash of: no object is made in between."""
    answer = await worker.answer(question)
    worker.count(answer.verdict)
    return Response(answer.text, media_type="application/json", headers={_SNAPSHOT: answer.snapshot})


@router.post("/check-batch", response_class=Response)
async def check_batch(request: Request, body: BatchBody) -> Response:
    """Decide up to 1,000 rows: as many answers as rows, in their order; a bad row says what is wrong with it."""
    worker = worker_of(request)
    most = worker.settings.max_batch_rows
    if len(body.rows) > most:
        raise Refused(413, "BATCH_TOO_LARGE", f"A batch has at most {most} rows: send several.")
    checker = worker.current.checker  # one snapshot for the whole batch
    answers: list[str] = []
    for start in range(0, len(body.rows), _PART):
        part = body.rows[start : start + _PART]
        answers += await worker.run(lambda _, part=part: _answered(worker, checker, part))  # type: ignore[misc]
    text = f'{{"snapshot": "{checker.snapshot.id}", "answers": [{", ".join(answers)}]}}'
    return Response(text, media_type="application/json", headers={_SNAPSHOT: checker.snapshot.id})


def _answered(worker: Worker, checker: Checker, rows: list[Any]) -> list[str]:
    decisions = checker.for_batches().decide_rows([read_row(row, checker) for row in rows])
    worker.count(*(each.verdict for each in decisions if isinstance(each, Decision)))
    return [_row_json(decision) for decision in decisions]


def _row_json(answer: Decision | CoverageCheckError) -> str:
    if isinstance(answer, Decision):
        return f'{{"decision": {answer.to_json()}}}'
    return json.dumps({"error": {"code": answer.code, "detail": str(answer)}}, ensure_ascii=False)


@router.get("/products", response_class=JSONResponse)
async def products(request: Request) -> Response:
    """List what is sold, with what each product needs."""
    checker = worker_of(request).current.checker
    listed = [asdict(product) | {"on_sale": product.on_sale(checker.as_of)} for product in checker.products.values()]
    text = json.dumps({"products": listed, "sha256": checker.products.sha256}, ensure_ascii=False, default=str)
    return Response(text, media_type="application/json", headers={_SNAPSHOT: checker.snapshot.id})


@router.get("/layers", response_class=JSONResponse)
async def layers(request: Request) -> Response:
    """List the layers of the snapshot in use, and their quality."""
    snapshot = worker_of(request).current.checker.snapshot
    text = layers_json(snapshot.id, snapshot.layers, snapshot.quality)
    return Response(text, media_type="application/json", headers={_SNAPSHOT: snapshot.id})


@router.post("/suggest", response_class=JSONResponse)
async def suggest(request: Request, body: SuggestBody) -> Response:
    """Complete an address that is still being typed, from the register; other geocoders are never asked letter by letter."""

    def found(checker: Checker) -> tuple[bool, tuple[str, ...]]:
        register = checker.geocoder
        return (True, register.suggest(body.text, limit=body.limit)) if isinstance(register, Register) else (False, ())

    available, suggestions = await worker_of(request).run(found)
    return JSONResponse({"available": available, "suggestions": suggestions})


@router.post("/map", response_class=JSONResponse)
async def shapes(request: Request, body: MapBody) -> Response:
    """Give the shapes of some layers around a place, for display only."""

    def drawn(checker: Checker) -> dict[str, Any]:
        return claims_around(checker.snapshot, body.layers, lat=body.lat, lon=body.lon, radius_m=body.radius_m)

    found = await worker_of(request).run(drawn)
    return JSONResponse(found, headers={_SNAPSHOT: found["snapshot"]})


@router.post("/reasons", response_class=JSONResponse)
async def reasons(body: ReasonsBody) -> JSONResponse:
    """Say a decision's reasons in Swedish; it records them in English."""
    return JSONResponse({"sv": [in_swedish(ReasonCode(reason.code), reason.message) for reason in body.reasons]})


@router.post("/confirmation", response_class=PlainTextResponse)
async def confirm(request: Request, body: ConfirmationBody) -> Response:
    """Write the confirmation of a sale by telephone, from a decision that promises something."""

    def written(_: Checker) -> str:
        try:
            return confirmation(Decision.from_dict(body.decision), language=body.language)
        except InvalidInput as error:
            raise Refused(409, "NOTHING_TO_CONFIRM", str(error)) from None

    return PlainTextResponse(await worker_of(request).run(written))

"""TMF645 v4.0.1, Service Qualification Management: the resources that `report.tmf645` writes, as tasks over HTTP.

``instantSyncQualification: true`` is answered at once (200); else a task is kept (201) and made beside. Whoever asks
for a task that nobody finished, because its worker died, finishes it.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Body, Query, Request
from fastapi.responses import JSONResponse

from coverage_check.basis import Request as Asked
from coverage_check.checker import Checker
from coverage_check.decision import Decision
from coverage_check.errors import CoverageCheckError
from coverage_check.location import Location
from coverage_check.report.tmf645 import TaskState, check_resource, query_resource
from coverage_check.report.tmf645_request import AskedService, check_questions, query_question
from coverage_check.service.checks import worker_of
from coverage_check.service.problems import Refused
from coverage_check.service.running import Worker
from coverage_check.service.tasks import Task

BASE = "/tmf-api/serviceQualificationManagement/v4"
CHECK, QUERY = "checkServiceQualification", "queryServiceQualification"
_MOST_ITEMS = 100
_MOST_LISTED = 100
_FILTERS = {"id", "state", "externalId", "qualificationResult", "instantSyncQualification"}
"""What a list may be filtered by: nothing that tells of a place, for it would stand in a URL."""

Resource = dict[str, Any]
_Offset = Annotated[int, Query(ge=0, le=2**31)]
_Limit = Annotated[int, Query(ge=0, le=_MOST_LISTED)]
_Body = Annotated[dict[str, Any], Body()]

router = APIRouter(prefix=BASE, tags=["TMF645"])


def _place_of(asked: AskedService, checker: Checker) -> dict[str, Any]:
    if asked.lat is None or asked.lon is None:
        return {"address": asked.address}
    return {"location": Location.written(lat=str(asked.lat), lon=str(asked.lon), errors=checker.errors)}


def _decided(asked: AskedService, products: list[str], checker: Checker) -> list[Decision]:
    place = _place_of(asked, checker)
    on, at, receiver = asked.on, asked.at, asked.receiver
    return checker.check_many([Asked(product=code, on=on, at=at, receiver=receiver, **place) for code in products])


def _check(body: Mapping[str, Any], checker: Checker, task_id: str) -> Resource:
    services = check_questions(body)
    decisions = [_decided(service, [service.product or ""], checker)[0] for service in services]
    return check_resource(body, decisions, id_=task_id, href=_href(CHECK, task_id))


def _query(body: Mapping[str, Any], checker: Checker, task_id: str) -> Resource:
    service = query_question(body)
    decisions = _decided(service, [service.product] if service.product else list(checker.products), checker)
    return query_resource(body, decisions, id_=task_id, href=_href(QUERY, task_id))


def _require_check(body: Mapping[str, Any], checker: Checker) -> None:
    services = check_questions(body)
    if len(services) > _MOST_ITEMS:
        raise Refused(400, "BATCH_TOO_LARGE", f"A request has at most {_MOST_ITEMS} items: send several.")
    for service in services:
        _ = checker.products[service.product or ""]


def _require_query(body: Mapping[str, Any], checker: Checker) -> None:
    product = query_question(body).product
    _ = product is None or checker.products[product]


_ANSWERS: Mapping[str, Callable[[Mapping[str, Any], Checker, str], Resource]] = {CHECK: _check, QUERY: _query}
_REQUIRED: Mapping[str, Callable[[Mapping[str, Any], Checker], None]] = {CHECK: _require_check, QUERY: _require_query}


@router.post(f"/{CHECK}", status_code=201)
async def post_check(request: Request, later: BackgroundTasks, body: _Body) -> JSONResponse:
    """Check whether services can be delivered."""
    return await _post(CHECK, request, later, body)


@router.post(f"/{QUERY}", status_code=201)
async def post_query(request: Request, later: BackgroundTasks, body: _Body) -> JSONResponse:
    """Ask which services can be delivered at a place."""
    return await _post(QUERY, request, later, body)


@router.get(f"/{CHECK}")
async def list_checks(request: Request, offset: _Offset = 0, limit: _Limit = 20, fields: str = "") -> JSONResponse:
    """List checks that were asked for; filters: id, state, externalId, qualificationResult, instantSyncQualification."""
    return await _list(CHECK, request, offset, limit, fields)


@router.get(f"/{QUERY}")
async def list_queries(request: Request, offset: _Offset = 0, limit: _Limit = 20, fields: str = "") -> JSONResponse:
    """List queries that were asked for; filters as for checks."""
    return await _list(QUERY, request, offset, limit, fields)


@router.get(f"/{CHECK}/{{task_id}}")
async def get_check(request: Request, task_id: str, fields: str = "") -> JSONResponse:
    """Give one check."""
    return await _get(CHECK, request, task_id, fields)


@router.get(f"/{QUERY}/{{task_id}}")
async def get_query(request: Request, task_id: str, fields: str = "") -> JSONResponse:
    """Give one query."""
    return await _get(QUERY, request, task_id, fields)


async def _post(kind: str, request: Request, later: BackgroundTasks, body: Mapping[str, Any]) -> JSONResponse:
    worker, client = worker_of(request), request.scope["client_name"]
    _REQUIRED[kind](body, worker.current.checker)
    task, new = worker.tasks.add(kind, client, body)
    if not new and _differs(task, body):
        raise Refused(409, "EXTERNAL_ID_CONFLICT", "That externalId names another request: use a new one.")
    headers = {"Location": _href(kind, task.id)}
    if body.get("instantSyncQualification") is True or task.answer is not None:
        return JSONResponse(await _finished(worker, kind, task), 200, headers)
    later.add_task(_finished_quietly, worker, kind, task)
    return JSONResponse(_pending(kind, task), 201, headers, background=later)


def _differs(task: Task, body: Mapping[str, Any]) -> bool:
    return dict(task.asked) != dict(body)


async def _finished_quietly(worker: Worker, kind: str, task: Task) -> None:
    """Finish a task beside; what goes wrong is told to whoever asks for it."""
    try:
        await _finished(worker, kind, task)
    except CoverageCheckError as error:
        failed = _pending(kind, task) | {"state": TaskState.TERMINATED_WITH_ERROR.value}
        if not isinstance(error, Refused):  # what took too long is tried once more by a GET
            worker.tasks.answer(task.id, failed)


async def _finished(worker: Worker, kind: str, task: Task) -> Resource:
    """Give a task's answer, and make it first if nobody has."""
    if task.answer is not None:
        return dict(task.answer)
    answer = await worker.run(lambda checker: _ANSWERS[kind](task.asked, checker, task.id))
    worker.tasks.answer(task.id, answer)
    return answer


async def _get(kind: str, request: Request, task_id: str, fields: str) -> JSONResponse:
    worker = worker_of(request)
    task = worker.tasks.get(kind, request.scope["client_name"], task_id)
    if task is None:
        raise Refused(404, "NOT_FOUND", "There is no such task: it never was, or its time is over.")
    return JSONResponse(_chosen(await _finished(worker, kind, task), fields))


async def _list(kind: str, request: Request, offset: int, limit: int, fields: str) -> JSONResponse:
    filters = {name: value for name, value in request.query_params.items() if name not in {"offset", "limit", "fields"}}
    if not set(filters) <= _FILTERS:
        raise Refused(400, "INVALID_INPUT", f"A list is filtered by {', '.join(sorted(_FILTERS))} alone.")
    tasks = worker_of(request).tasks.of_client(kind, request.scope["client_name"])
    resources = [dict(task.answer) if task.answer is not None else _pending(kind, task) for task in tasks]
    fitting = [one for one in resources if all(_text(one.get(name)) == value for name, value in filters.items())]
    page = [_chosen(one, fields) for one in fitting[offset : offset + limit]]
    headers = {"X-Total-Count": str(len(fitting)), "X-Result-Count": str(len(page))}
    return JSONResponse(page, 200 if len(page) == len(fitting) else 206, headers)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pending(kind: str, task: Task) -> Resource:
    names = {"id": task.id, "href": _href(kind, task.id), "state": TaskState.IN_PROGRESS.value}
    return dict(task.asked) | names | {"@type": kind[0].upper() + kind[1:]}


def _chosen(resource: Resource, fields: str) -> Resource:
    """Take the fields that were asked for; id and href are always among them."""
    wanted = {name.strip() for name in fields.split(",") if name.strip()}
    return {name: value for name, value in resource.items() if name in wanted | {"id", "href"}} if wanted else resource


def _href(kind: str, task: str) -> str:
    return f"{BASE}/{kind}/{task}"

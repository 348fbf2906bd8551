"""The salesperson's page: files that lie in the package, served as they are."""

from importlib.resources import files

from fastapi import APIRouter, Request, Response

from coverage_check.service.checks import worker_of
from coverage_check.service.problems import Refused

router = APIRouter(include_in_schema=False)

_TYPES = {".css": "text/css", ".js": "text/javascript", ".html": "text/html", ".svg": "image/svg+xml", ".txt": "text/plain"}
_FILES = {
    path.name: (path.read_bytes(), f"{_TYPES[suffix]}; charset=utf-8")
    for path in files("coverage_check.service").joinpath("static").iterdir()
    if (suffix := f".{path.name.rpartition('.')[2]}") in _TYPES
}


@router.get("/")
async def page(request: Request) -> Response:
    """Give the page, told what it may do."""
    settings = worker_of(request).settings
    content, kind = _FILES["page.html"]
    told = f'data-key="{str(bool(settings.keys)).lower()}" data-history="{str(settings.page_history).lower()}"'
    return Response(content.replace(b"data-told", told.encode(), 1), media_type=kind)


@router.get("/page/{name}")
async def file(name: str) -> Response:
    """Give one of the page's files."""
    if name not in _FILES:
        raise Refused(404, "NOT_FOUND", "There is no such file.")
    content, kind = _FILES[name]
    return Response(content, media_type=kind, headers={"cache-control": "no-cache"})

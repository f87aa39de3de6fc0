"""The start page, the documentation page and the health checks. Read-only, without secrets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import jinja2
import orjson
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from gateway_core.catalog.endpoints import METHODS, Endpoint
from gateway_core.errors import GatewayError, MethodNotAllowed, NotFound, StoreError
from gateway_core.operations.live import Live
from gateway_core.query.model import Scope

SECURITY_HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One endpoint as the start page shows it."""

    endpoint: Endpoint
    methods: str
    objects: int
    operation: str


class Printed(Protocol):
    """An error, ready to send."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> list[tuple[bytes, bytes]]: ...
    @property
    def body(self) -> bytes: ...


def console(live: Live, printed: Callable[[GatewayError], Printed], *, demo: bool) -> FastAPI:
    """The application behind ``/``, ``/docs``, ``/openapi.json``, ``/formats`` and the health checks.

    ``printed`` makes an answer of an error, for who does not ask for a page.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    folder = Path(str(resources.files("gateway_core.console")))
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    app.mount("/assets", StaticFiles(directory=folder / "assets"), name="assets")
    formats = Path(str(resources.files("gateway_core.bundles"))) / "formats"
    app.mount("/formats", StaticFiles(directory=formats), name="formats")
    app.middleware("http")(_secure)

    @app.get("/", response_class=HTMLResponse)
    def start() -> str:
        catalog = live.moment.catalog
        return pages.get_template("start.html").render(
            title=catalog.title,
            demo=demo,
            bundles=live.store.installed(),
            groups=_groups(live),
            schemas=len(catalog.entities),
            mappings=len(catalog.mappings),
        )

    @app.get("/docs", response_class=HTMLResponse)
    def docs() -> str:
        title = live.moment.catalog.title
        return pages.get_template("docs.html").render(title=title, document="/openapi.json")

    @app.get("/admin/docs", response_class=HTMLResponse)
    def admin_docs() -> str:
        """The documentation of the API for administrators, which holds nothing of what is configured."""
        title = f"{live.moment.catalog.title}: administration"
        return pages.get_template("docs.html").render(title=title, document="/admin/openapi.json")

    _add_refusals(app, live, pages, printed)

    @app.get("/openapi.json")
    def openapi() -> Response:
        return Response(orjson.dumps(live.moment.catalog.openapi), media_type="application/json")

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz(response: Response) -> dict[str, str]:
        try:
            revision = live.store.revision()
        except StoreError:  # what ails it is for the log and for `gateway doctor`, not for everybody
            response.status_code = 503
            return {"status": "unavailable"}
        return {"status": "ready", "catalog": live.moment.catalog.version, "revision": str(revision)}

    return app


def _add_refusals(
    app: FastAPI, live: Live, pages: jinja2.Environment, printed: Callable[[GatewayError], Printed]
) -> None:
    """Answer errors as the endpoints do, and with a page to who asks for one."""

    def refuse(request: Request, error: GatewayError) -> Response:
        answer = printed(error)
        headers = {name.decode("ascii"): value.decode("ascii") for name, value in answer.headers}
        if "text/html" not in request.headers.get("accept", ""):
            return Response(answer.body, answer.status, headers)
        title = live.moment.catalog.title
        page = pages.get_template("error.html").render(title=title, error=error)
        headers.pop("content-type", None)
        return HTMLResponse(page, answer.status, headers)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, fault: HTTPException) -> Response:
        return refuse(request, _error_of(fault))

    @app.exception_handler(StoreError)
    async def unavailable(request: Request, error: StoreError) -> Response:
        return refuse(request, error)


def _error_of(fault: HTTPException) -> GatewayError:
    """What the framework found, in our own words."""
    if fault.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (fault.headers or {}).get("Allow", "GET").split(", ")
        return MethodNotAllowed("this method does not apply to a page", allowed)
    return NotFound("there is nothing at this path", hint="The start page, /, shows what there is.")


def _groups(live: Live) -> dict[str, list[Row]]:
    """The endpoints by the title of their collection, with how many objects stand behind each."""
    catalog = live.moment.catalog
    counts = {reference: live.store.count(Scope("", reference)) for reference in catalog.entities}
    groups: dict[str, list[Row]] = {}
    for endpoint in catalog.endpoints:
        item: dict[str, Any] = catalog.openapi["paths"].get(endpoint.path, {})
        first: dict[str, Any] = next(iter(item.values()), {})
        tag, operation = (first.get("tags") or [""])[0], first.get("operationId", "")
        groups.setdefault(endpoint.collection.title or "Endpoints", []).append(
            Row(
                endpoint=endpoint,
                methods=" ".join(method for method in METHODS if method in endpoint.methods),
                objects=counts.get(endpoint.entity, 0),
                operation=f"/docs#/{tag.replace(' ', '%20')}/{operation}",
            )
        )
    return groups


async def _secure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response

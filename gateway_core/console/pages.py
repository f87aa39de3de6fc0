"""The start page, the documentation page and the health checks. Read-only, without secrets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import orjson
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from gateway_core.catalog.endpoints import METHODS, Endpoint
from gateway_core.errors import StoreError
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


def console(live: Live, title: str, *, demo: bool) -> FastAPI:
    """The application behind ``/``, ``/docs``, ``/openapi.json``, ``/formats`` and the health checks."""
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None)
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
            title=title,
            demo=demo,
            bundles=live.store.installed(),
            groups=_groups(live),
            schemas=len(catalog.entities),
            mappings=len(catalog.mappings),
        )

    @app.get("/docs", response_class=HTMLResponse)
    def docs() -> str:
        return pages.get_template("docs.html").render(title=title)

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

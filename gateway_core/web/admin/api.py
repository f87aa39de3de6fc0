"""The operations below ``/admin``: requests to plans, plans to answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway_core.bundles.plan import Choices, Local
from gateway_core.bundles.read import read_upload
from gateway_core.bundles.save import archive
from gateway_core.bundles.write import write_bundle
from gateway_core.catalog.build import BuildSettings
from gateway_core.errors import GatewayError
from gateway_core.operations.in_force import bundle_in_force, edited_bundle
from gateway_core.operations.live import Live
from gateway_core.operations.planning import (
    ContextOf,
    Objects,
    current_state,
    installed_bundle,
    plan_installation,
    plan_removal,
    plan_rollback,
)
from gateway_core.operations.report import installed_json
from gateway_core.types import JsonObject, Principal
from gateway_core.web.admin.artifacts import add_artifacts
from gateway_core.web.admin.events import add_events
from gateway_core.web.admin.models import BundleAnswer, PlanAnswer
from gateway_core.web.admin.office import (
    PROBLEMS,
    Base,
    DryRun,
    LocalChoice,
    ObjectsChoice,
    Office,
    OthersChoice,
)
from gateway_core.web.admin.rim import MAX_ARCHIVE, Door, add_refusals, refusal, sent_bytes
from gateway_core.web.asgi import Observation

DESCRIPTION = """
Configuration at run time. Every change is planned and checked as `gateway bundle` does it, and made whole or
not at all; all processes follow within a second. With `dry_run=true` nothing is changed: the answer is the
plan. With `base`, that of a plan, a change is made only while nothing else has changed.

Send an API key in `X-API-Key`, or a signed token, of an application with the scope `admin`
(`gateway app add NAME --admin`).
"""
ARCHIVE_BODY = {
    "requestBody": {
        "required": True,
        "description": "The bundle, as an archive.",
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}}
            for media in ("application/zip", "application/gzip")
        },
    }
}


def administration(
    live: Live,
    build: BuildSettings,
    context_of: ContextOf,
    *,
    now: Callable[[], datetime],
    clock: Callable[[], float],
    observe: Callable[[Observation], None],
) -> FastAPI:
    """The application behind ``/admin/``. ``observe`` is told of each answer."""
    app = FastAPI(
        title="Administration",
        version="1",
        description=DESCRIPTION,
        openapi_url="/admin/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    door, office = Door(live, now), Office(live, build, context_of)
    _observe(app, clock, observe)
    _add_bundles(app, office, door)
    _add_changes(app, office, door)
    add_artifacts(app, office, door)
    add_events(app, live.store, door, now)
    add_refusals(app)
    return app


def _add_bundles(app: FastAPI, office: Office, door: Door) -> None:
    """Reading: what is installed, and what it says."""
    store = office.live.store
    shared: dict[str, Any] = {"tags": ["Bundles"], "responses": PROBLEMS}

    @app.get("/admin/bundles", response_model=list[BundleAnswer], dependencies=[Depends(door)], **shared)
    def list_bundles() -> list[JsonObject]:
        """The installed bundles."""
        state = current_state(store)
        return [
            {**installed_json(store, name, installed_bundle(state, name), record), "by": record.get("by")}
            for name, record in state.installed.items()
        ]

    @app.get("/admin/bundles/{name}", response_model=BundleAnswer, dependencies=[Depends(door)], **shared)
    def read_bundle(name: str) -> JsonObject:
        """One installed bundle."""
        state = current_state(store)
        held = installed_bundle(state, name)
        record = state.installed[name]
        return {**installed_json(store, name, held, record), "by": record.get("by")}

    @app.get("/admin/bundles/{name}/export", dependencies=[Depends(door)], **shared)
    def export_bundle(name: str) -> Response:
        """A bundle as it is in force, edits included, as a ZIP that can be installed."""
        return _zip(name, archive(write_bundle(bundle_in_force(current_state(store), name))))

    @app.get("/admin/edited", dependencies=[Depends(door)], **shared)
    def export_edited() -> Response:
        """All that was made or edited at run time, as a ZIP."""
        return _zip("edited", archive(write_bundle(edited_bundle(current_state(store)))))


def _add_changes(app: FastAPI, office: Office, door: Door) -> None:
    """Changing: plan, install, roll back, remove."""
    store, build, context_of = office.live.store, office.build, office.context_of
    allowed = Depends(door)  # a default: annotations are read where the closure is not known
    shared: dict[str, Any] = {"tags": ["Bundles"], "responses": PROBLEMS, "response_model": PlanAnswer}

    async def install(
        request: Request,
        who: Principal,
        choices: Choices,
        objects: Objects,
        base: str | None,
        *,
        dry_run: bool,
    ) -> JsonObject:
        content = await sent_bytes(request, MAX_ARCHIVE)

        def work() -> JsonObject:
            bundle = read_upload(content)
            planned = plan_installation(store, bundle, build, context_of, choices, objects=objects)
            return office.carry_out(planned, who, base, dry_run=dry_run)

        return await run_in_threadpool(work)

    @app.post("/admin/bundles/plan", openapi_extra=ARCHIVE_BODY, **shared)
    async def plan_bundle(
        request: Request,
        who: Principal = allowed,
        local: LocalChoice = Local.STOP,
        leave_to_others: OthersChoice = False,
        objects: ObjectsChoice = Objects.REFUSE,
    ) -> JsonObject:
        """What installing the bundle in the body would do."""
        return await install(request, who, Choices(local, leave_to_others), objects, None, dry_run=True)

    @app.post("/admin/bundles", openapi_extra=ARCHIVE_BODY, **shared)
    async def install_bundle(
        request: Request,
        who: Principal = allowed,
        local: LocalChoice = Local.STOP,
        leave_to_others: OthersChoice = False,
        objects: ObjectsChoice = Objects.REFUSE,
        base: Base = None,
        dry_run: DryRun = False,
    ) -> JsonObject:
        """Install the bundle in the body, or another version of it."""
        choices = Choices(local, leave_to_others)
        return await install(request, who, choices, objects, base, dry_run=dry_run)

    @app.post("/admin/bundles/{name}/rollback", **shared)
    def roll_back(
        name: str,
        who: Principal = allowed,
        local: LocalChoice = Local.STOP,
        objects: ObjectsChoice = Objects.REFUSE,
        base: Base = None,
        dry_run: DryRun = False,
    ) -> JsonObject:
        """Put the installation before the present one back. Objects stay as they are."""
        planned = plan_rollback(store, name, build, context_of, Choices(local), objects=objects)
        return office.carry_out(planned, who, base, dry_run=dry_run)

    @app.delete("/admin/bundles/{name}", **shared)
    def remove_bundle(
        name: str,
        who: Principal = allowed,
        objects: ObjectsChoice = Objects.REFUSE,
        base: Base = None,
        dry_run: DryRun = False,
    ) -> JsonObject:
        """Remove a bundle with all that it configures."""
        planned = plan_removal(store, name, build, context_of, objects=objects)
        return office.carry_out(planned, who, base, dry_run=dry_run)


def _observe(app: FastAPI, clock: Callable[[], float], observe: Callable[[Observation], None]) -> None:
    @app.middleware("http")
    async def observed(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        started, trouble = clock(), None
        try:
            response = await call_next(request)
        except Exception as fault:  # noqa: BLE001 - the last line of defence: a bug must not show its insides
            trouble = fault
            response = refusal(GatewayError("something went wrong on our side"))
        response.headers["cache-control"] = "no-store"
        response.headers["x-content-type-options"] = "nosniff"
        route = getattr(request.scope.get("route"), "path", "-")
        who = getattr(request.state, "application", None)
        seconds = clock() - started
        observe(Observation(request.method, route, response.status_code, seconds, "", who, trouble))
        return response


def _zip(name: str, content: bytes) -> Response:
    safe = "".join(each if each.isascii() and (each.isalnum() or each in "-_.") else "-" for each in name)
    headers = {"content-disposition": f'attachment; filename="{safe}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)

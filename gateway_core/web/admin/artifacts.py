"""Schemas, mappings and endpoints below ``/admin``: list, read, put and delete each of them."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from gateway_core.operations.edits import InForce, artifact_named, artifacts_of, plan_delete, plan_put
from gateway_core.operations.planning import Objects
from gateway_core.types import JsonObject, Kind, Principal
from gateway_core.web.admin.models import ArtifactAnswer, ArtifactWithBody, PlanAnswer
from gateway_core.web.admin.office import PROBLEMS, Base, DryRun, ObjectsChoice, Office
from gateway_core.web.admin.rim import Door, sent_object
from gateway_core.web.negotiate import entity_tags

KINDS = {"schemas": Kind.SCHEMA, "mappings": Kind.MAPPING, "endpoints": Kind.ENDPOINT}
BODY = {
    "requestBody": {
        "required": True,
        "description": "The artifact, as it stands in a file of a bundle.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


def add_artifacts(app: FastAPI, office: Office, door: Door) -> None:
    """Four operations for each kind."""
    for plural, kind in KINDS.items():
        _add_reading(app, office, door, plural, kind)
        _add_changing(app, office, door, plural, kind)


def _add_reading(
    app: FastAPI,
    office: Office,
    door: Door,
    plural: str,
    kind: Kind,
) -> None:
    store = office.live.store
    shared: dict[str, Any] = {
        "tags": [plural.title()],
        "responses": PROBLEMS,
        "dependencies": [Depends(door)],
    }
    name = kind.value

    def list_all() -> list[JsonObject]:
        return [_told(each) for each in artifacts_of(store, kind)]

    def read_one(reference: str, response: Response) -> JsonObject:
        found = artifact_named(store, kind, reference)
        response.headers["etag"] = f'"{found.tag}"'
        return {**_told(found), "body": dict(found.artifact.body)}

    app.get(
        f"/admin/{plural}",
        response_model=list[ArtifactAnswer],
        operation_id=f"list_{plural}",
        summary=f"The {plural} in force",
        **shared,
    )(list_all)
    app.get(
        f"/admin/{plural}/{{reference:path}}",
        response_model=ArtifactWithBody,
        operation_id=f"read_{name}",
        summary=f"One {name}, with an ETag",
        **shared,
    )(read_one)


def _add_changing(
    app: FastAPI,
    office: Office,
    door: Door,
    plural: str,
    kind: Kind,
) -> None:
    store, build, context_of = office.live.store, office.build, office.context_of
    shared: dict[str, Any] = {"tags": [plural.title()], "responses": PROBLEMS, "response_model": PlanAnswer}
    name, path = kind.value, f"/admin/{plural}/{{reference:path}}"
    allowed = Depends(door)  # a default: annotations are read where the closure is not known

    async def put_one(
        reference: str,
        request: Request,
        response: Response,
        who: Principal = allowed,
        base: Base = None,
        dry_run: DryRun = False,
    ) -> JsonObject:
        body = await sent_object(request)
        match = entity_tags(request.headers.get("if-match"))

        def work() -> JsonObject:
            planned = plan_put(store, kind, reference, body, build, context_of, if_match=match)
            return office.carry_out(planned, who, base, dry_run=dry_run)

        answer = await run_in_threadpool(work)
        response.status_code = 201 if answer["applied"] and answer["summary"]["create"] else 200
        return answer

    def delete_one(
        reference: str,
        request: Request,
        who: Principal = allowed,
        objects: ObjectsChoice = Objects.REFUSE,
        base: Base = None,
        dry_run: DryRun = False,
    ) -> JsonObject:
        match = entity_tags(request.headers.get("if-match"))
        planned = plan_delete(store, kind, reference, build, context_of, objects=objects, if_match=match)
        return office.carry_out(planned, who, base, dry_run=dry_run)

    app.put(path, operation_id=f"put_{name}", summary=f"Make or edit a {name}", openapi_extra=BODY, **shared)(
        put_one
    )
    app.delete(path, operation_id=f"delete_{name}", summary=f"Remove a {name}", **shared)(delete_one)


def _told(each: InForce) -> JsonObject:
    artifact = each.artifact
    return {
        "reference": artifact.reference,
        "title": str(artifact.body.get("title") or ""),
        "version": artifact.version,
        "bundle": artifact.origin.bundle,
        "edited": each.edited,
    }

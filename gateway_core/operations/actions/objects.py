"""``map``, ``create`` and ``update``: what a mapping makes of an event, passed on or written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID, uuid5

from gateway_core.catalog.snapshot import Entity
from gateway_core.errors import BadRequest, Conflict, Hopeless, NotUnique, VersionConflict
from gateway_core.operations.actions.given import ASKED, OneTarget, given
from gateway_core.operations.actions.protocol import Work
from gateway_core.operations.actions.reach import services
from gateway_core.operations.documents import ID, patched
from gateway_core.operations.graph import Extend, Graph, load
from gateway_core.operations.named import add_named, missing_references
from gateway_core.operations.prepare import prepare
from gateway_core.operations.relations import Planner
from gateway_core.operations.telling import telling
from gateway_core.query.model import Scope
from gateway_core.schema import reason, referenced_id
from gateway_core.types import Json, JsonObject, Reference

ATTEMPTS: Final = 8
FAULTS: Final = 5
EVERYTHING: Final = Extend(everything=True)
_NAMESPACE: Final = UUID("c1f3b6a4-5c7b-4b0e-8f0a-2f5d9f0d7f3e")
_MAPPING: Final[JsonObject] = {
    "type": "string",
    "x-refers": "mapping",
    "description": "the `$id` of the mapping; it is given what conditions are given: `object`, `body` …",
}
_SCHEMA: Final[JsonObject] = {
    "type": "string",
    "x-refers": "schema",
    "description": "the `$id` of the schema of the object that is written",
}

MAP_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "required": ["mapping"],
    "additionalProperties": False,
    "properties": {
        "mapping": _MAPPING,
        "computed": ASKED,
        "store": {
            "type": "boolean",
            "description": "`true`: what it makes is merged into the object of the event, which is "
            "written when that changes it",
        },
    },
}

CREATE_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "required": ["mapping", "schema"],
    "additionalProperties": False,
    "properties": {"mapping": _MAPPING, "schema": _SCHEMA, "computed": ASKED},
}

UPDATE_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "required": ["mapping", "schema"],
    "additionalProperties": False,
    "properties": {
        "mapping": {
            **_MAPPING,
            "description": f"{_MAPPING['description']}. `_id` in what it makes is the object, by id or "
            "URL; without it that of the event. Of nothing, nothing changes",
        },
        "schema": _SCHEMA,
        "computed": ASKED,
    },
}


class Map(OneTarget):
    """See ``protocol.Handler``."""

    name = "map"
    summary = "makes another document of an event: within a request the answer, and else what is kept"
    schema = MAP_SCHEMA

    def run(self, work: Work) -> Json:
        made = _mapped(work)
        if work.configuration.get("store") is True and made:
            change(work, work.event.entity, work.event.object, made)
        return made


class Create(OneTarget):
    """See ``protocol.Handler``. The id follows from event and action: done twice, it makes one object."""

    name = "create"
    summary = "creates an object of what a mapping makes of an event; of nothing it creates nothing"
    schema = CREATE_SCHEMA

    def run(self, work: Work) -> Json:
        made = _mapped(work)
        if not made:
            return None
        context, tenant = work.tools.context, work.principal.tenant
        entity = context.catalog.entities[work.configuration["schema"]]
        id = str(uuid5(_NAMESPACE, f"{work.event.id} {work.action.reference}"))
        if context.store.get(tenant, [id]) or context.store.removals(tenant, [id]):
            return None

        def plan() -> Planner:
            graph = Graph({}, {}, EVERYTHING)
            document = prepare(context, entity, made, id)
            _check(work, entity, document, graph)
            planner = Planner(context, work.principal, graph)
            planner.create(entity, id, document)
            return planner

        _write(work, plan)
        return None


class Update(OneTarget):
    """See ``protocol.Handler``."""

    name = "update"
    summary = "merges what a mapping makes of an event into an object (RFC 7396)"
    schema = UPDATE_SCHEMA

    def run(self, work: Work) -> Json:
        made = _mapped(work)
        if not made:
            return None
        named = made.pop(ID, None) or work.event.object
        id = (referenced_id(named) or named) if isinstance(named, str) else ""
        change(work, work.configuration["schema"], id, made)
        return None


def _mapped(work: Work) -> JsonObject:
    """What the configured mapping makes of the event."""
    mapping = work.tools.context.catalog.mappings[work.configuration["mapping"]]
    made = mapping.apply(given(work), services(work, calls=True))
    return dict(made) if isinstance(made, dict) else {}


def change(work: Work, schema: Reference, id: str, patch: JsonObject) -> None:
    context, tenant = work.tools.context, work.principal.tenant
    entity = context.catalog.entities[schema]

    def plan() -> Planner:
        item = context.store.fetch(Scope(tenant, schema), id)
        if item is None:
            raise BadRequest(f"there is no {entity.spec.title} to change")
        graph = load(context.catalog, context.store, tenant, [item], EVERYTHING)
        wanted = prepare(context, entity, patch, id, partial=True)
        add_named(context, tenant, entity, wanted, graph)
        document = patched(context, graph, item, wanted, append=False)
        document = prepare(context, entity, document, id)
        _check(work, entity, document, graph)
        planner = Planner(context, work.principal, graph)
        planner.update(entity, item, document)
        return planner

    _write(work, plan)


def _check(work: Work, entity: Entity, document: JsonObject, graph: Graph) -> None:
    """Raise ``Hopeless`` for a document that its schema does not allow, and ``BadRequest`` for one that
    refers to what is not there: that may come."""
    violations = entity.validator.check(document)
    if violations:
        told = [f"{'.'.join(map(str, v.pointer)) or 'the document'} {reason(v)}" for v in violations[:FAULTS]]
        raise Hopeless(f"what the mapping made is no {entity.spec.title}: {'; '.join(told)}")
    missing = missing_references(work.tools.context, work.principal.tenant, entity, document, graph)
    if missing:
        named = ", ".join(sorted({str(v.pointer[0]) for v in missing}))
        raise BadRequest(f"what the mapping made refers to what is not there, as {named}")


def _write(work: Work, plan: Callable[[], Planner]) -> None:
    """Store what is planned, planned again when others were faster."""
    context, event = work.tools.context, work.event
    for _ in range(ATTEMPTS):
        changes = plan().changes()
        if not (changes.puts or changes.deletes):
            return
        told = telling(context, changes, work.principal.application, depth=event.depth + 1)
        try:
            context.store.apply(told)
        except NotUnique:
            raise Hopeless("another object has a value that none may share") from None
        except VersionConflict:
            continue
        return
    raise Conflict("the object is being changed by others all the time")

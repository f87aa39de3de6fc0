"""Bringing a version of an object back, of one that was removed too."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_core.catalog.snapshot import Entity
from gateway_core.errors import (
    BadRequest,
    Conflict,
    InvalidDocument,
    NotUnique,
    PreconditionFailed,
    VersionConflict,
)
from gateway_core.operations.call import Call, Context, Outcome, Result
from gateway_core.operations.documents import refilled
from gateway_core.operations.graph import Extend, ids_of, load
from gateway_core.operations.history import known_life, version_of
from gateway_core.operations.objects import (
    ATTEMPTS,
    EVERYTHING,
    check_match,
    entity_of,
    too_busy,
    valid,
)
from gateway_core.operations.past import Life, removed_referrers
from gateway_core.operations.prepare import prepare
from gateway_core.operations.relations import Planner
from gateway_core.operations.shape import item_params, project, show
from gateway_core.operations.telling import commit
from gateway_core.query.shape import MAX_VERSION
from gateway_core.schema.spec import PropertyKind, PropertySpec
from gateway_core.store.protocol import Past
from gateway_core.types import Event, Json, JsonObject, StoredObject, Violation

MEMBER = "version"


def restore(call: Call, context: Context) -> Outcome:
    """Make the version that the body names the current one, as a new version.

    Removed objects that it refers to come back with it as they were last; those that are there
    stay as they are. An object that was removed itself comes back with what went along with it.
    """
    query = item_params(call, entity_of(call, context))
    extend = Extend.of(query.extend)
    number = _number(call.body)
    for _ in range(ATTEMPTS):
        life = known_life(call, context)
        wanted = version_of(call, context, life, number)
        _check(call, context, life, extend)
        events: tuple[Event, ...] = ()
        if wanted.object is not life.current:
            planner = _plan(call, context, life, wanted.object)
            changes = planner.changes()
            try:
                _, events = commit(call, context, changes, call.id or "")
            except VersionConflict:
                continue
            except NotUnique as error:
                raise planner.not_unique(error) from None
        body, tag = show(call, context, call.id or "", extend)
        return Outcome(Result.CHANGED, project(body, query), tag, events=events)
    raise too_busy()


def _number(body: Json) -> int:
    """The version that the body ``{"version": n}`` names. Raises ``BadRequest`` or ``InvalidDocument``."""
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    number = body.get(MEMBER)
    violations = [Violation((name,), "unknown-property") for name in body if name != MEMBER]
    if MEMBER not in body:
        violations.append(Violation((MEMBER,), "required"))
    elif not isinstance(number, int) or isinstance(number, bool):
        violations.append(Violation((MEMBER,), "type", {"types": ("integer",)}))
    elif not 1 <= number <= MAX_VERSION:
        violations.append(Violation((MEMBER,), "minimum", {"limit": 1}))
    if violations:
        raise InvalidDocument("the body names no version", violations)
    return int(str(number))


def _check(call: Call, context: Context, life: Life, extend: Extend) -> None:
    if life.current is not None:
        check_match(call, context, life.current, extend)
    elif call.if_match is not None:
        raise PreconditionFailed("the object is not in the state that If-Match names: it was removed")


def _plan(call: Call, context: Context, life: Life, wanted: StoredObject) -> Planner:
    """The plan that makes ``wanted`` the newest version."""
    entity, tenant = entity_of(call, context), call.principal.tenant
    returning = _Returning(context, tenant)
    returning.follow(wanted, life.removed)
    current = life.current
    roots = [current] if current is not None else []
    graph = load(context.catalog, context.store, tenant, roots, EVERYTHING)
    back = {id: past.object for id, past in returning.found.items()}
    graph = graph._replace(objects={**graph.objects, **back})
    data = refilled(entity.spec, wanted.data)
    document = {**prepare(context, entity, data, wanted.id), **_given_out(entity, wanted.data)}
    document = valid(call, context, entity, document, graph)
    planner = Planner(context, call.principal, graph)
    if current is not None:
        planner.update(entity, current, document)
    elif life.removed is not None:
        planner.revive(entity, life.removed.object, document)
    for past in returning.found.values():
        planner.revive(context.catalog.entities[past.object.entity], past.object)
    return planner


def _given_out(entity: Entity, data: JsonObject) -> JsonObject:
    """The members that no client writes: they are part of the version too."""
    properties = entity.spec.properties.values()
    return {p.name: data[p.name] for p in properties if p.read_only and p.name in data}


class _Returning:
    """The removed objects that have to come back together with one."""

    def __init__(self, context: Context, tenant: str) -> None:
        self._context, self._tenant = context, tenant
        self.found: dict[str, Past] = {}

    def follow(self, item: StoredObject, removed: Past | None) -> None:
        """Find what ``item`` refers to, and what went along when it was ``removed``, and so on.

        Raises ``Conflict`` naming the property that refers to what cannot come back.
        """
        pending = [(item, removed)]
        while pending:
            item, removed = pending.pop()
            for prop in self._context.catalog.entities[item.entity].relations:
                for past in self._under(item, prop, removed):
                    if past.object.id not in self.found and past.object.id != item.id:
                        self.found[past.object.id] = past
                        pending.append((past.object, past))

    def _under(self, item: StoredObject, prop: PropertySpec, removed: Past | None) -> Iterator[Past]:
        store = self._context.store
        if prop.kind is PropertyKind.INVERSE:
            if prop.cascade_delete and removed is not None:
                gone = removed_referrers(store, self._tenant, prop, item.id)
                yield from (past for past in gone if past.ended == removed.ended and self._fits(past))
            return
        ids = [id for id in ids_of(item.data.get(prop.name)) if id not in self.found and id != item.id]
        present = store.get(self._tenant, ids) if ids else {}
        missing = [id for id in ids if id not in present]
        removals = store.removals(self._tenant, missing) if missing else {}
        for id in missing:
            past = removals.get(id)
            if past is None or past.object.entity != prop.target or not self._fits(past):
                what = "is forgotten" if past is None else "does not fit its schema any more"
                raise Conflict(
                    f"the version cannot come back: what it refers to as '{prop.name}' {what}",
                    hint="Read the version, and write what is to be kept of it with PUT or PATCH.",
                )
            yield past

    def _fits(self, past: Past) -> bool:
        entity = self._context.catalog.entities.get(past.object.entity)
        return entity is not None and not entity.validator.check(past.object.data, reject_unknown=False)

"""Objects below one object of another schema: what belongs to it, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from gateway_core.catalog.endpoints import Above
from gateway_core.errors import NotFound
from gateway_core.operations.call import Call, Context
from gateway_core.query.model import All, Compare, Condition, Hop, Op, Query, Related, Scope, Window
from gateway_core.types import JsonObject

_ID = ("_self", "id")


def bounded(call: Call, query: Query) -> Query:
    """The query, among the objects that belong to the one above; the same query when none is above."""
    condition = _belonging(call)
    if condition is None:
        return query
    return replace(query, where=All((query.where, condition)))


def check_above(call: Call, context: Context) -> None:
    """Raise ``NotFound`` when the object above is not there, or the call's own is not below it."""
    above, condition = call.endpoint.above, _belonging(call)
    if above is None or condition is None:
        return
    tenant = call.principal.tenant
    if context.store.fetch(Scope(tenant, above.entity), call.above or "") is None:
        raise NotFound(f"there is no {context.catalog.entities[above.entity].spec.title} with this id")
    if call.id is not None:
        where = All((condition, Compare(_ID, Op.EQ, (call.id,))))
        found = context.store.find(Scope(tenant, call.endpoint.entity), Query(where, window=Window(1)))
        if not found.items:
            title = context.catalog.entities[call.endpoint.entity].spec.title
            raise NotFound(f"there is no {title} with this id there")


def under_above(call: Call, context: Context, document: JsonObject) -> JsonObject:
    """A new document, belonging to the object above whatever it says itself."""
    above = call.endpoint.above
    if above is None or call.above is None or not above.property:
        return document
    prop = context.catalog.entities[call.endpoint.entity].spec.properties[above.property]
    return {**document, above.property: [call.above] if prop.many else call.above}


def _belonging(call: Call) -> Condition | None:
    above: Above | None = call.endpoint.above
    if above is None or call.above is None:
        return None
    if not above.inverse:
        return Compare((above.property,), Op.EQ, (call.above,))
    return Related(Hop(above.property, above.entity, above.inverse), Compare(_ID, Op.EQ, (call.above,)))

"""Objects among which a call may look: those that belong to an object of another schema, or to the user for
whom an application acts, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway_core.catalog.endpoints import Above
from gateway_core.catalog.limits import bounding
from gateway_core.errors import Forbidden, InvalidQuery, NotFound
from gateway_core.operations.call import Call, Context
from gateway_core.query.model import All, Compare, Condition, Hop, Op, Query, Related, Scope, Window
from gateway_core.schema import PropertyKind
from gateway_core.types import JsonObject

_ID = ("_self", "id")
_KEPT_INSIDE = frozenset({PropertyKind.VALUE, PropertyKind.INLINE})


def bounded(call: Call, context: Context, query: Query) -> Query:
    """The query, among the objects of the call; the same query when it may look among all."""
    conditions = _conditions(call, context)
    if not conditions:
        return query
    check_alone(call, query)
    return replace(query, where=All((query.where, *conditions)))


def check_bounds(call: Call, context: Context) -> None:
    """Raise ``NotFound`` when the object above is not there, or the call's own is not among its objects."""
    conditions = _conditions(call, context)
    if not conditions:
        return
    above, tenant = call.endpoint.above, call.principal.tenant
    if above is not None and context.store.fetch(Scope(tenant, above.entity), call.above or "") is None:
        raise NotFound(f"there is no {context.catalog.entities[above.entity].spec.title} with this id")
    if call.id is not None:
        where = All((*conditions, Compare(_ID, Op.EQ, (call.id,))))
        found = context.store.find(Scope(tenant, call.endpoint.entity), Query(where, window=Window(1)))
        if not found.items:
            title = context.catalog.entities[call.endpoint.entity].spec.title
            raise NotFound(f"there is no {title} with this id{'' if above is None else ' there'}")


def under_above(call: Call, context: Context, document: JsonObject) -> JsonObject:
    """A new document, belonging to the object above whatever it says itself."""
    above = call.endpoint.above
    if above is None or call.above is None or not above.property:
        return document
    prop = context.catalog.entities[call.endpoint.entity].spec.properties[above.property]
    return {**document, above.property: [call.above] if prop.many else call.above}


def check_alone(call: Call, query: Query) -> None:
    """Raise ``Forbidden`` when an application that sees only what is its user's own asks for what is related
    to it: that may be somebody else's."""
    if call.bounds and query.extend:
        raise Forbidden(f"application '{call.principal.application}' may not extend what it sees")


def check_kept(call: Call, context: Context) -> None:
    """Raise ``Forbidden`` when such an application would change what makes an object its user's own, or
    objects that are related to it."""
    if not call.bounds or not isinstance(call.body, dict):
        return
    properties = context.catalog.entities[call.endpoint.entity].spec.properties
    deciding = {each.bound.name.partition(".")[0].partition("[")[0] for each in call.bounds}
    for name in call.body:
        prop = properties.get(name)
        if prop is not None and (name in deciding or prop.kind not in _KEPT_INSIDE):
            raise Forbidden(f"application '{call.principal.application}' may not change '{name}'")


def _conditions(call: Call, context: Context) -> tuple[Condition, ...]:
    if call.endpoint.above is None and not call.bounds:
        return ()
    belonging = _belonging(call)
    return (*([] if belonging is None else [belonging]), *_within(call, context))


def _within(call: Call, context: Context) -> Iterator[Condition]:
    entity = context.catalog.entities[call.endpoint.entity]
    for bound, value in call.bounds:
        try:
            yield entity.parser.parse(bounding(bound, value)).where
        except InvalidQuery:  # a value that the member cannot have
            raise Forbidden("what the credentials tell is no value that any object has") from None


def _belonging(call: Call) -> Condition | None:
    above: Above | None = call.endpoint.above
    if above is None or call.above is None:
        return None
    if not above.inverse:
        return Compare((above.property,), Op.EQ, (call.above,))
    return Related(Hop(above.property, above.entity, above.inverse), Compare(_ID, Op.EQ, (call.above,)))

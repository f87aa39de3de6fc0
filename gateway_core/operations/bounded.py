"""Objects among which a call may look: those that belong to an object of another schema, or to the user for
whom an application acts, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway_core.catalog.endpoints import Above
from gateway_core.catalog.limits import bounding
from gateway_core.errors import Forbidden, InvalidQuery, NotFound
from gateway_core.operations.call import Call, Context
from gateway_core.operations.graph import PARTS, Extend
from gateway_core.query.model import (
    All,
    AnyOf,
    Compare,
    Condition,
    Element,
    Hop,
    Not,
    Op,
    Query,
    Related,
    Scope,
    Window,
)
from gateway_core.schema import PropertyKind
from gateway_core.types import JsonObject, Reference

_ID = ("_self", "id")
_KEPT_INSIDE = frozenset({PropertyKind.VALUE, PropertyKind.INLINE})


def bounded(call: Call, context: Context, query: Query) -> Query:
    """The query, among the objects of the call; the same query when it may look among all."""
    conditions = _conditions(call, context)
    if not conditions:
        return query
    if call.bounds:
        _check_reach(call, context, query)
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


def extend_of(call: Call, query: Query) -> Extend:
    """What is embedded in the answer. An application that sees only what is its user's own is shown parts of
    an object alone: what else is related may be somebody else's, and asking for it raises ``Forbidden``."""
    if not call.bounds:
        return Extend.of(query.extend)
    if query.extend:
        raise Forbidden(f"application '{call.principal.application}' may not extend what it sees")
    return PARTS


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


def _check_reach(call: Call, context: Context, query: Query) -> None:
    """Raise ``Forbidden`` when a query looks at what is related and no part: whether it finds anything would
    tell what stands there."""
    home = call.endpoint.entity
    hops = [*_hops(query.where, home), *((home, hop) for order in query.order for hop in order.hops)]
    for entity, hop in hops:
        prop = context.catalog.entities[entity].spec.properties.get(hop.property)
        if prop is None or not prop.cascade_delete:
            told = f"application '{call.principal.application}' may not look into '{hop.property}'"
            raise Forbidden(told, hint="The id of what is related may be asked for.")


def _hops(condition: Condition, entity: Reference) -> Iterator[tuple[Reference, Hop]]:
    """Every step into related objects in a condition, with the entity where it starts; not those that ask
    which object it is, or whether there is one: that is shown."""
    match condition:
        case Related(hop=hop, where=where):
            if not _asks_which(where):
                yield entity, hop
            yield from _hops(where, hop.entity)
        case Not(condition=inner) | Element(where=inner):
            yield from _hops(inner, entity)
        case All(conditions=parts) | AnyOf(conditions=parts):
            for part in parts:
                yield from _hops(part, entity)


def _asks_which(condition: Condition) -> bool:
    match condition:
        case Compare(path=path):
            return path == _ID
        case All(conditions=parts) | AnyOf(conditions=parts):
            return all(map(_asks_which, parts))
        case Not(condition=inner):
            return _asks_which(inner)
    return False


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

"""How the store answers a request for a list, and what would help where it reads everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from gateway_core.catalog.snapshot import Catalog
from gateway_core.errors import BadRequest, NotFound
from gateway_core.operations.call import Action, Call, Context
from gateway_core.operations.shape import list_query
from gateway_core.query.model import (
    All,
    AnyOf,
    Compare,
    Condition,
    Element,
    Not,
    Op,
    Order,
    Path,
    Related,
    Scope,
)
from gateway_core.query.text import parse_query_string
from gateway_core.store.grams import sought
from gateway_core.types import Principal, Reference

Indexed: TypeAlias = set[tuple[Reference, str, str]]

_BY_INDEX = frozenset({Op.EQ, Op.IN, Op.GT, Op.GE, Op.LT, Op.LE})
_NOBODY = Principal("doctor", frozenset())
_MARK = 'an index may help: "x-index": true at'
_TEXT_MARK = 'an index of texts may help: "x-search": true at'
_SHORT = "no index helps: a part of fewer than three letters is looked for in every value at"
_HELPLESS = "no index helps: every value is compared at"
_IN_TEXT = frozenset({Op.LIKE, Op.EQ_NOCASE})


def explain(request: str, context: Context) -> Iterator[str]:
    """Sentences about ``GET /api/…?…``, of which no value is repeated. Raises a ``GatewayError`` for what
    is no request for a list, and for a query that the list would refuse."""
    method, _, target = request.strip().partition(" ")
    path, _, query_string = target.strip().partition("?")
    if method.upper() != "GET" or not path:
        raise BadRequest("only GET requests for lists are explained", hint="Write 'GET /api/…?…'.")
    match = context.catalog.table.match(path)
    if match is None:
        raise NotFound("there is no endpoint at this path", hint="See /openapi.json for those that exist.")
    if match.id is not None:
        yield "one object is found by its id, which is a key"
        return
    endpoint = match.endpoint
    params = parse_query_string(query_string.encode("utf-8", "surrogateescape"))
    call = Call(Action.LIST, endpoint, _NOBODY, params=params)
    query = list_query(call, context, context.catalog.entities[endpoint.entity])
    plan = context.store.explain(Scope("", endpoint.entity), query)
    indexed = _indexed(context.catalog)
    yield from plan.steps
    if plan.reads_all:
        yield "reads all objects of a kind to find those that match"
        yield from dict.fromkeys(_advice(query.where, endpoint.entity, (), indexed))
    sorts = plan.sorts and bool(query.order)  # what was found by an index is put in order of creation, too
    if sorts:
        yield "sorts all that match before the page is cut"
        yield from _advice_on_order(query.order[0], endpoint.entity, indexed)
    if not plan.reads_all and not sorts:
        yield "reads what it needs, by its indexes"


def _indexed(catalog: Catalog) -> Indexed:
    """Entity, dotted path and use of every index: ``text``, ``order``, or nothing for one of values."""
    return {
        (i.entity, i.path, "text" if i.text else "order" if i.order else "")
        for i in catalog.indexes
        if not i.unique
    }


def _advice_on_order(order: Order, entity: Reference, indexed: Indexed) -> Iterator[str]:
    """What would help the order that counts most."""
    dotted = ".".join(order.path)
    if order.hops:
        yield f"no index helps an order by a member of related objects: {dotted}"
    elif dotted in ("_self.dateCreated", "_self.dateModified"):
        if (entity, dotted, "order") not in indexed:
            yield f'an index may help: "x-indexTimes": true in {entity}'
    elif order.path[0] == "_self":
        yield f"no index helps an order by {dotted}"
    elif (entity, dotted, "order" if order.moment else "") not in indexed:
        yield f"{_MARK} {dotted} of {entity}"


def _advice(condition: Condition, entity: Reference, prefix: Path, indexed: Indexed) -> Iterator[str]:
    """What would help each comparison that no index answers."""
    match condition:
        case Compare():
            yield from _advice_on(condition, entity, prefix, indexed)
        case Element(path=path, where=where):
            yield from _advice(where, entity, prefix + path, indexed)
        case Related(hop=hop, where=where):
            yield from _advice(where, hop.entity, (), indexed)
        case Not(condition=inner):
            yield from _advice(inner, entity, prefix, indexed)
        case All(conditions=parts) | AnyOf(conditions=parts):
            for part in parts:
                yield from _advice(part, entity, prefix, indexed)


def _advice_on(compare: Compare, entity: Reference, prefix: Path, indexed: Indexed) -> Iterator[str]:
    dotted = ".".join(prefix + compare.path)
    if compare.path[0] == "_self" or compare.op not in _BY_INDEX | _IN_TEXT:
        if compare.op not in _BY_INDEX:
            yield f"{_HELPLESS} {dotted} of {entity} ({compare.op.value})"
    elif compare.op in _BY_INDEX:
        if (entity, dotted, "") not in indexed:
            yield f"{_MARK} {dotted} of {entity}"
    elif (entity, dotted, "text") not in indexed:
        yield f"{_TEXT_MARK} {dotted} of {entity}"
    elif any(sought(str(value)) is None for value in compare.values):
        yield f"{_SHORT} {dotted} of {entity}"

"""How the store answers a request for a list, and what would help where it reads everything."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_core.errors import BadRequest, NotFound
from gateway_core.operations.call import Action, Call, Context
from gateway_core.operations.shape import list_query
from gateway_core.query.model import All, AnyOf, Compare, Condition, Element, Not, Op, Path, Related, Scope
from gateway_core.query.text import parse_query_string
from gateway_core.types import Principal, Reference

_BY_INDEX = frozenset({Op.EQ, Op.IN, Op.GT, Op.GE, Op.LT, Op.LE})
_NOBODY = Principal("doctor", frozenset())
_MARK = 'an index may help: "x-index": true at'
_HELPLESS = "no index helps: every value is compared at"


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
    yield from plan.steps
    if plan.reads_all:
        yield "reads all objects of a kind to find those that match"
        indexed = {(each.entity, each.path) for each in context.catalog.indexes}
        yield from dict.fromkeys(_advice(query.where, endpoint.entity, (), indexed))
    if plan.sorts:
        yield "sorts all that match before the page is cut"
    if not plan.reads_all and not plan.sorts:
        yield "reads what it needs, by its indexes"


def _advice(
    condition: Condition, entity: Reference, prefix: Path, indexed: set[tuple[Reference, str]]
) -> Iterator[str]:
    """What would help each comparison that no index answers."""
    match condition:
        case Compare(path=path, op=op):
            dotted = ".".join(prefix + path)
            if op not in _BY_INDEX:
                yield f"{_HELPLESS} {dotted} of {entity} ({op.value})"
            elif path[0] != "_self" and (entity, dotted) not in indexed:
                yield f"{_MARK} {dotted} of {entity}"
        case Element(path=path, where=where):
            yield from _advice(where, entity, prefix + path, indexed)
        case Related(hop=hop, where=where):
            yield from _advice(where, hop.entity, (), indexed)
        case Not(condition=inner):
            yield from _advice(inner, entity, prefix, indexed)
        case All(conditions=parts) | AnyOf(conditions=parts):
            for part in parts:
                yield from _advice(part, entity, prefix, indexed)

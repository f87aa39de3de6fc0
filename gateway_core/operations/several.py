"""Lists of the objects of several schemas: one after the other, in the order of the endpoint."""

from __future__ import annotations

from dataclasses import replace

from gateway_core.errors import InvalidQuery, NotFound
from gateway_core.operations.call import Call, Context
from gateway_core.operations.shape import list_query
from gateway_core.query.model import Query, Scope, Window
from gateway_core.types import Page, StoredObject


def queries(call: Call, context: Context) -> list[tuple[str, Query]]:
    """What is asked of each schema. A parameter that one of them does not know finds none of its objects;
    one that none of them knows raises ``InvalidQuery``."""
    endpoint = call.endpoint
    asked: list[tuple[str, Query]] = []
    refused: InvalidQuery | None = None
    for reference in (endpoint.entity, *endpoint.others):
        entity = context.catalog.entities[reference]
        try:
            asked.append((reference, list_query(call, context, entity)))
        except InvalidQuery as error:
            refused = error
    if not asked and refused is not None:
        raise refused
    return asked


def find_each(call: Call, context: Context, asked: list[tuple[str, Query]]) -> Page:
    """The window over all that the schemas have, one schema after the other. Inside a snapshot."""
    window = asked[0][1].window
    items: list[StoredObject] = []
    total = 0
    for reference, query in asked:
        offset = max(0, window.offset - total)
        limit = window.limit - len(items)
        page = context.store.find(
            Scope(call.principal.tenant, reference), replace(query, window=Window(max(limit, 0), offset))
        )
        items += page.items
        total += page.total
    return Page(tuple(items), total)


def at_home(call: Call, context: Context) -> Call:
    """The call for one object, on the schema of which it is. Raises ``NotFound``."""
    endpoint = call.endpoint
    found = context.store.get(call.principal.tenant, [call.id or ""]).get(call.id or "")
    if found is None or found.entity not in (endpoint.entity, *endpoint.others):
        raise NotFound(f"there is no object of {endpoint.title} with this id")
    return call._replace(endpoint=replace(endpoint, entity=found.entity, others=()))

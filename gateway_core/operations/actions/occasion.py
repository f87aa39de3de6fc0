"""What conditions and handlers see of an event."""

from __future__ import annotations

from typing import Final

from gateway_core.operations.call import Context
from gateway_core.operations.graph import NOTHING_MORE, Graph, load
from gateway_core.operations.render import Renderer
from gateway_core.types import Event, Json, JsonObject

BODY: Final = "body"
# What conditions of Common Gateway ask for: the method of the request that led to the event.
_METHODS: Final = {"create": "POST", "update": "PATCH", "delete": "DELETE", "receive": "POST"}


def occasion(event: Event, document: Json) -> JsonObject:
    """The data that a condition is asked about.

    ``data`` is what the event carries, ``object`` the object as clients see it, and ``response`` the same,
    for conditions of Common Gateway; ``body`` is that of a received message, ``query`` that of a read.
    """
    return {
        "name": event.name,
        "entity": event.entity,
        "id": event.object or None,
        "version": event.version,
        "time": event.time,
        "application": event.application,
        "action": event.action,
        "method": _METHODS.get(event.action, "GET"),
        "data": event.data,
        "object": document,
        "response": document,
        BODY: event.data.get(BODY),
        "query": event.data.get("query"),
    }


def document_of(event: Event, tenant: str, context: Context, public_url: str) -> Json:
    """The object of an event as clients see it now, or as it was last when it was removed; of a received
    message the body. None when there is nothing."""
    if not event.object:
        return event.data.get(BODY)
    item = context.store.get(tenant, [event.object]).get(event.object)
    if item is not None and item.entity in context.catalog.entities:
        graph = load(context.catalog, context.store, tenant, [item], NOTHING_MORE)
    else:
        past = context.store.removals(tenant, [event.object]).get(event.object)
        if past is None or past.object.entity not in context.catalog.entities:
            return None
        item, graph = past.object, Graph({past.object.id: past.object}, {}, NOTHING_MORE)
    home = context.catalog.entities[item.entity].home
    return Renderer(context.catalog, graph, public_url, home or "").document(item)

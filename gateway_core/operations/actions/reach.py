"""What mappings may reach while an action is done."""

from __future__ import annotations

from dataclasses import replace

from gateway_core.mapping.mapping import Services
from gateway_core.operations.actions.protocol import Work
from gateway_core.operations.asking import Caller
from gateway_core.operations.graph import NOTHING_MORE, load
from gateway_core.operations.render import Renderer
from gateway_core.types import JsonObject


def services(work: Work, *, calls: bool = False) -> Services:
    """Other mappings, and objects by id, of the tenant of the event; with ``calls`` sources too, as often
    as the context says."""
    context, tenant = work.tools.context, work.principal.tenant

    def get_object(id: str) -> JsonObject | None:
        item = context.store.get(tenant, [id]).get(id)
        if item is None or item.entity not in context.catalog.entities:
            return None
        graph = load(context.catalog, context.store, tenant, [item], NOTHING_MORE)
        home = context.catalog.entities[item.entity].home
        return Renderer(context.catalog, graph, work.tools.public_url, home or "").document(item)

    reach = Services(
        mapping=context.catalog.mappings.get, get_object=get_object, now=context.now, clock=context.clock
    )
    if not calls or not context.catalog.sources:
        return reach
    caller = Caller(
        context.catalog, context.sources, reach, budget=context.calls, traceparent=context.traceparent
    )
    return replace(reach, call=caller)

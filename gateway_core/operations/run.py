"""A call to the operation that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway_core.errors import NotAtOnce
from gateway_core.operations import compute, history, objects, receive, restore
from gateway_core.operations.call import Action, Call, Context, Outcome

OPERATIONS: Mapping[Action, Callable[[Call, Context], Outcome]] = MappingProxyType(
    {
        Action.READ: objects.read,
        Action.FIND: objects.list_,
        Action.LIST: objects.list_,
        Action.CREATE: objects.create,
        Action.REPLACE: objects.replace_,
        Action.PATCH: objects.patch,
        Action.DELETE: objects.delete,
        Action.READ_VERSION: history.read_version,
        Action.LIST_REMOVED: history.list_removed,
        Action.VERSIONS: history.versions,
        Action.RESTORE: restore.restore,
        Action.COMPUTE: compute.compute,
        Action.RECEIVE: receive.receive,
    }
)


def run(call: Call, context: Context) -> Outcome:
    """Do what the call asks, and what is to be done at once on the events of it. Raises a ``GatewayError``
    when that cannot be."""
    if not context.catalog.actions.immediate or context.follow is None:
        return OPERATIONS[call.action](call, context)
    if context.brief and not context.catalog.actions.immediate.isdisjoint(call.endpoint.throws):
        raise NotAtOnce  # an action may wait for others
    return context.follow(call, context, OPERATIONS[call.action](call, context))

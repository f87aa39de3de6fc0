"""What a change tells: an event for each object that it creates, updates or removes, and what is thrown.

An event that nobody could be told of is not recorded: the actions of the catalog say whose events are
heard, and whoever comes later is told of what happens from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway_core.catalog.actions import Actions
from gateway_core.operations.call import Call, Context
from gateway_core.store.protocol import Changes
from gateway_core.types import Event, EventName, StoredObject

CREATE, UPDATE, DELETE, READ = "create", "update", "delete", "read"


def commit(
    call: Call, context: Context, changes: Changes, root: str
) -> tuple[tuple[StoredObject, ...], tuple[Event, ...]]:
    """Store the changes of a call, which are about the object ``root``, with the events that tell of them:
    the objects as written, and the events. Changes of nothing are none. Raises as ``Store.apply``."""
    if not (changes.puts or changes.deletes):
        return (), ()
    throws = call.endpoint.throws
    told = telling(context, changes, call.principal.application, throws=throws, root=root)
    return context.store.apply(told), told.events


def telling(
    context: Context,
    changes: Changes,
    application: str | None,
    *,
    throws: tuple[str, ...] = (),
    root: str = "",
    depth: int = 0,
) -> Changes:
    """The changes with the events that tell of them. ``throws`` are told of the object ``root``, after all
    others. ``depth`` counts the actions that led to them."""
    actions = context.catalog.actions
    if not actions.listed:
        return changes
    events = [
        event._replace(
            id=context.new_id(),
            application=application,
            depth=depth,
            first=first(actions, event) if depth == 0 else (),
        )
        for event in (*_of_objects(actions, changes), *_thrown(actions, changes, throws, root))
    ]
    return replace(changes, events=tuple(events)) if events else changes


def first(actions: Actions, event: Event) -> tuple[str, ...]:
    """Those of the actions that are done at once, in the request."""
    if event.name not in actions.immediate:
        return ()
    return tuple(each.reference for each in actions.on(event.name, event.entity) if each.immediate)


def _of_objects(actions: Actions, changes: Changes) -> Iterator[Event]:
    recorded = actions.recorded
    for put in changes.puts:
        name, action = (EventName.UPDATED, UPDATE) if put.expect else (EventName.CREATED, CREATE)
        item = put.object
        if (name, item.entity) in recorded:
            carries = actions.carried.get(item.entity, ())
            yield _event(name, action, item, item.meta.version, item.meta.modified)._replace(carries=carries)
    for delete in changes.deletes:
        gone = delete.was
        if gone is not None and (EventName.DELETED, gone.entity) in recorded:
            held = {name: gone.data.get(name) for name in actions.carried.get(gone.entity, ())}
            plain = {k: value for k, value in held.items() if not isinstance(value, list | dict | None)}
            event = _event(EventName.DELETED, DELETE, gone, gone.meta.version, delete.moment)
            yield event._replace(data=plain)


def _thrown(actions: Actions, changes: Changes, throws: tuple[str, ...], root: str) -> Iterator[Event]:
    if not throws:
        return
    found = [(put.object, UPDATE if put.expect else CREATE) for put in changes.puts if put.object.id == root]
    found += [(d.was, DELETE) for d in changes.deletes if d.was is not None and d.id == root]
    moments = [put.object.meta.modified for put in changes.puts] + [d.moment for d in changes.deletes]
    for item, action in found[:1]:
        for name in throws:
            if actions.on(name, item.entity):
                carries = actions.carried.get(item.entity, ()) if action != DELETE else ()
                event = _event(name, action, item, item.meta.version, max(moments))
                yield event._replace(carries=carries)


def _event(name: str, action: str, item: StoredObject, version: int, moment: str) -> Event:
    return Event("", name, item.entity, item.id, version, moment, action=action)

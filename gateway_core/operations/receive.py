"""Messages of other systems: each becomes an event, once, and is answered before anybody works on it."""

from __future__ import annotations

import hashlib
from typing import Final

import orjson

from gateway_core.errors import BadRequest, PayloadTooLarge
from gateway_core.operations.actions.occasion import BODY
from gateway_core.operations.call import Call, Context, Outcome, Result
from gateway_core.operations.telling import first
from gateway_core.query.times import instant
from gateway_core.types import Event, JsonObject

LARGEST: Final = 65_536
RECEIVE: Final = "receive"


def receive(call: Call, context: Context) -> Outcome:
    """Record an event for each name that the endpoint throws and somebody hears.

    A message that was received before is answered alike, and recorded no second time: who sends it
    again could not know. Raises ``BadRequest`` when the body is no object, and ``PayloadTooLarge``.
    """
    body, told = call.body, call.endpoint.receives
    if not isinstance(body, dict) or told is None:
        raise BadRequest("the message must be a JSON object")
    kept = {name: body[name] for name in told.keep if name in body} if told.keep else body
    if len(orjson.dumps(kept)) > LARGEST:
        raise PayloadTooLarge(f"a message is larger than {LARGEST} bytes")
    meant = {name: body.get(name) for name in told.identity} if told.identity else body
    key = hashlib.sha256(orjson.dumps(meant, option=orjson.OPT_SORT_KEYS)).hexdigest()
    events = [_event(call, context, name, kept, key) for name in call.endpoint.throws]
    heard = tuple(event for event in events if context.catalog.actions.on(event.name, ""))
    new = context.store.outbox.record(call.principal.tenant, heard) if heard else 0
    return Outcome(Result.RECEIVED, events=heard if new else ())


def _event(call: Call, context: Context, name: str, body: JsonObject, key: str) -> Event:
    event = Event(
        id=context.new_id(),
        name=name,
        entity="",
        object="",
        version=0,
        time=instant(context.now()),
        application=call.principal.application,
        action=RECEIVE,
        data={BODY: body},
        key=f"{name} {key}",
    )
    return event._replace(first=first(context.catalog.actions, event))

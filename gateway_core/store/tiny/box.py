"""What the file holds of events, as one immutable value, and its form as tables of TinyDB. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway_core.store.outbox import Delivery, Recorded, at_once, filled
from gateway_core.types import Event, JsonObject, StoredObject

Debt = tuple[str, int]
"""(consumer, number of the event)."""


@dataclass(frozen=True)
class Box:
    """Events and deliveries in the order of their numbers; ``handed`` is the last number handed out."""

    events: Mapping[int, Recorded] = field(default_factory=dict)
    last: int = 0
    handed: int = 0
    owed: Mapping[Debt, Delivery] = field(default_factory=dict)
    dead: Mapping[Debt, Delivery] = field(default_factory=dict)


def recorded(
    box: Box, tenant: str, events: Iterable[Event], written: Mapping[str, StoredObject]
) -> tuple[Box, int]:
    """The box with these events behind those that it holds, and how many of them were new."""
    held, owed, last = dict(box.events), dict(box.owed), box.last
    keys = {(each.tenant, each.event.key) for each in held.values() if each.event.key is not None}
    for event in events:
        if event.key is not None:
            if (tenant, event.key) in keys:
                continue
            keys.add((tenant, event.key))
        last += 1
        plain = event._replace(data=dict(filled(event, written)), carries=(), first=())
        held[last] = Recorded(last, tenant, plain)
        owed |= {debt_of(each): each for each in at_once(Recorded(last, tenant, event))}
    return Box(held, last, box.handed, owed, box.dead), last - box.last


def debt_of(delivery: Delivery) -> Debt:
    return delivery.consumer, delivery.number


def box_tables(box: Box) -> dict[str, dict[str, Any]]:
    """The box as tables: name → number → document."""
    return {
        "outbox": {"1": {"last": box.last, "handed": box.handed}},
        "events": {str(number): _event(each) for number, each in box.events.items()},
        "deliveries": {str(n): each._asdict() for n, each in enumerate(box.owed.values(), 1)},
        "dead letters": {str(n): each._asdict() for n, each in enumerate(box.dead.values(), 1)},
    }


def box_of(found: Mapping[str, Mapping[str, Any]]) -> Box:
    """The box that tables hold. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for damaged ones."""
    state = found.get("outbox", {}).get("1", {"last": 0, "handed": 0})
    events = {
        int(number): _recorded(int(number), document) for number, document in found.get("events", {}).items()
    }
    owed, dead = (
        [Delivery(**document) for document in found.get(name, {}).values()]
        for name in ("deliveries", "dead letters")
    )
    return Box(
        dict(sorted(events.items())),
        max([int(state["last"]), *events]),
        int(state["handed"]),
        {debt_of(each): each for each in owed},
        {debt_of(each): each for each in dead},
    )


def _event(each: Recorded) -> JsonObject:
    event = each.event._asdict()
    return {"tenant": each.tenant} | {k: v for k, v in event.items() if k not in ("carries", "first")}


def _recorded(number: int, document: Mapping[str, Any]) -> Recorded:
    fields = {name: value for name, value in document.items() if name != "tenant"}
    return Recorded(number, document["tenant"], Event(**fields))

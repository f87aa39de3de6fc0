"""The port of the outbox: events that changes recorded, and what is owed to those who are told of them.

An event is recorded in the transaction of its change, and gets a number. Whoever holds the lease hands
the events out, in the order of their numbers: a ``Delivery`` for each consumer, which is there until it
succeeded, or is a dead letter. Of one object, a later change has the higher number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from gateway_core.query.times import instant
from gateway_core.types import Event, JsonObject, StoredObject

GRACE: Final = timedelta(seconds=60)
"""So long after an event what was to be done at once counts as undone."""


class Recorded(NamedTuple):
    """An event as it was recorded."""

    number: int
    tenant: str
    event: Event


class Delivery(NamedTuple):
    """What a consumer is owed: to be told of one event.

    ``lane`` is what order is kept in: of one consumer and lane, a delivery waits for those with a lower
    number. ``due`` is the moment of the next attempt, ``error`` why the last one failed.
    """

    consumer: str
    number: int
    lane: str
    event: str
    attempts: int = 0
    due: str = ""
    error: str = ""


class Owed(NamedTuple):
    """A delivery and its event."""

    delivery: Delivery
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of deliveries: ``done`` are gone, ``again`` are due later (with their new due, attempts
    and error), ``dead`` are set aside. ``thrown`` are events to record, with their tenants."""

    done: tuple[Delivery, ...] = ()
    again: tuple[Delivery, ...] = ()
    dead: tuple[Delivery, ...] = ()
    thrown: tuple[tuple[str, Event], ...] = ()


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits: events that were not handed out yet, deliveries, and dead letters."""

    events: int
    deliveries: int
    dead: int


class Outbox(Protocol):
    """Raises what ``Store`` raises. Events of all tenants are in it."""

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or keep the lease of a name for so long; False while somebody else has it. Of a store
        that one process may use, everybody has it."""

    def release(self, name: str, holder: str) -> None:
        """Let others have it at once."""

    def record(self, tenant: str, events: Sequence[Event]) -> int:
        """Record events of which no change tells; how many of them were new, by their ``key``."""

    def waiting(self, limit: int) -> Sequence[Recorded]:
        """The next events that were not handed out, in order."""

    def hand_out(self, lease: str, holder: str, events: Sequence[Recorded], owed: Sequence[Delivery]) -> bool:
        """These events are handed out now, and the deliveries are owed, in one transaction; nothing, and
        False, when the holder has lost the lease."""

    def consumers(self) -> Sequence[str]:
        """Those who are owed something."""

    def due(self, consumer: str, moment: str, limit: int) -> Sequence[Owed]:
        """What the consumer can be told at the moment, in order: nothing of a lane in which an earlier
        delivery is due only later."""

    def next_due(self) -> str | None:
        """When the next delivery is due; None when nothing is owed."""

    def settle(self, settlement: Settlement) -> None:
        """Do all of it in one transaction. What is there no more is passed over."""

    def settle_first(self, consumer: str, event: Event) -> None:
        """The consumer was told of the event by whoever recorded it (``Event.first``)."""

    def dead(self, limit: int, after: int = 0) -> Sequence[Owed]:
        """Dead letters in the order of their events, behind a number."""

    def revive(self, consumer: str | None, event: str | None, moment: str) -> int:
        """Dead letters, of a consumer and an event where these are given, are owed again from the moment
        on, as if never tried; how many."""

    def events(self, limit: int, before: int | None = None, object: str | None = None) -> Sequence[Recorded]:
        """What happened, newest first, before a number; of one object when it is given."""

    def backlog(self) -> Backlog:
        """How much waits."""

    def purge(self, before: str) -> int:
        """Forget events from before a moment of which nothing is owed, and their dead letters."""


def filled(event: Event, written: Mapping[str, StoredObject]) -> Mapping[str, Any]:
    """The data of an event, with the members that it carries of an object as it was written. Only
    scalars are carried: what is nested may hold anything."""
    item = written.get(event.object) if event.carries else None
    if item is None:
        return event.data
    held = {name: item.data[name] for name in event.carries if name in item.data}
    plain = {name: value for name, value in held.items() if not isinstance(value, list | dict)}
    return {**event.data, **plain}


def at_once(recorded: Recorded) -> list[Delivery]:
    """What is owed to those who are told of an event at once, from a moment on at which that has
    either been done or will not be."""
    event = recorded.event
    if not event.first:
        return []
    due = instant(datetime.fromisoformat(event.time) + GRACE)
    return [Delivery(each, recorded.number, lane_of(event), event.id, due=due) for each in event.first]


def lane_of(event: Event) -> str:
    """The lane of an event's deliveries: its object, and a lane of its own when it has none."""
    return event.object or event.id


def document_of(recorded: Recorded) -> JsonObject:
    """A recorded event as JSON, for people and tools."""
    event = recorded.event
    return {
        "number": recorded.number,
        "id": event.id,
        "name": event.name,
        "entity": event.entity,
        "object": event.object or None,
        "version": event.version,
        "time": event.time,
        "application": event.application,
        "action": event.action,
        "data": dict(event.data),
    }

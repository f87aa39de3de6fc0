"""What administrators do with events: look at them, and have deliveries tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway_core.errors import NotFound
from gateway_core.query.times import instant
from gateway_core.store.outbox import Owed, Recorded, document_of
from gateway_core.store.protocol import Store
from gateway_core.types import JsonObject

PAGE = 100


def events(
    store: Store, *, limit: int = PAGE, before: int | None = None, object: str | None = None
) -> list[JsonObject]:
    """What happened, newest first; further pages come ``before`` the last ``number``."""
    found: Sequence[Recorded] = store.outbox.events(limit, before, object)
    return [document_of(each) for each in found]


def dead_letters(store: Store, *, limit: int = PAGE, after: int = 0) -> list[JsonObject]:
    """What could not be delivered, in the order of the events; further pages come ``after`` the last
    ``number``."""
    return [_letter(each) for each in store.outbox.dead(limit, after)]


def backlog(store: Store) -> JsonObject:
    """How much waits: events to be handed out, deliveries, and dead letters."""
    waits = store.outbox.backlog()
    return {"events": waits.events, "deliveries": waits.deliveries, "deadLetters": waits.dead}


def replay(store: Store, now: datetime, *, event: str | None = None, consumer: str | None = None) -> int:
    """Have dead letters tried again, as if never tried: those of an event, of a consumer, or all; how many.

    Raises ``NotFound`` when an event or consumer is named that has none.
    """
    revived = store.outbox.revive(consumer, event, instant(now))
    if not revived and (event or consumer):
        named = " and ".join(filter(None, (event and "this event", consumer and "this consumer")))
        raise NotFound(f"there is no dead letter of {named}", hint="See those that there are.")
    return revived


def _letter(owed: Owed) -> JsonObject:
    delivery = owed.delivery
    return {
        **document_of(owed.recorded),
        "consumer": delivery.consumer,
        "attempts": delivery.attempts,
        "lastAttempt": delivery.due,
        "error": delivery.error,
    }

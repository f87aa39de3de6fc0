"""Events in PostgreSQL: numbers that appear late are handed out, and those of one object are in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from postgresql_server import StartPostgresql, emptied

from gateway_core.errors import VersionConflict
from gateway_core.query.times import instant
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, Put, Store
from gateway_core.types import Event, Meta, StoredObject

NOW = instant(datetime(2026, 1, 1, tzinfo=UTC))
LATE = """
INSERT INTO event (tenant, id, name, entity, object, version, time, action, depth)
VALUES ('t', 'late', 'x', 'thing', 'o', 1, '2026', '', 0)"""


@pytest.fixture(scope="module")
def database(start_postgresql: StartPostgresql) -> str:
    """One that no other test's gateway may still be delivering from."""
    return start_postgresql().database("outbox")


@pytest.fixture
def url(database: str) -> str:
    return emptied(database)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url, durability="fast")
    yield opened
    opened.close()


def test_an_event_that_is_committed_late_is_handed_out(store: Store, url: str) -> None:
    """A change whose number is lower, and whose commit comes after a higher one was handed out, is told."""
    with psycopg.connect(url) as slow:
        slow.execute(LATE)
        store.outbox.record("t", [Event("early", "x", "thing", "p", 1, NOW)])
        assert store.outbox.lease("events", "me", 60)
        waiting = store.outbox.waiting(9)
        assert [each.event.id for each in waiting] == ["early"]
        assert store.outbox.hand_out("events", "me", waiting, [])
        slow.commit()
    (late,) = store.outbox.waiting(9)
    assert late.event.id == "late"
    assert late.number < waiting[0].number
    assert store.outbox.purge("9999") >= 1
    assert [each.event.id for each in store.outbox.waiting(9)] == ["late"]


def test_events_of_one_object_are_numbered_in_the_order_of_its_versions(store: Store, url: str) -> None:
    """However many change an object at one time, its events have the order of its versions."""
    store.apply(Changes("t", (_put(0),)))

    def change(opened: Store) -> None:
        for _ in range(20):
            while True:
                version = opened.get("t", ["o"])["o"].meta.version
                event = Event(f"v{version + 1}", "x", "thing", "o", version + 1, NOW)
                try:
                    opened.apply(Changes("t", (_put(version),), events=(event,)))
                except VersionConflict:
                    continue
                break

    others = [open_store(url, durability="fast") for _ in range(3)]
    threads = [threading.Thread(target=change, args=(each,)) for each in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in others:
        each.close()
    versions: list[Any] = [each.event.version for each in store.outbox.waiting(100)]
    assert versions == list(range(2, 62))


def _put(version: int) -> Put:
    meta = Meta(version + 1, NOW, NOW, None, None, "app", None, "t")
    return Put(StoredObject("o", "thing", {}, meta), version)

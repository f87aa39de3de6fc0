"""The outbox in tables beside the objects. One writes at a time, so numbers are in the order of commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from gateway_core.store import rows
from gateway_core.store.outbox import Backlog, Delivery, Owed, Recorded, Settlement, at_once
from gateway_core.types import Event, StoredObject

T = TypeVar("T")

_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_INSERT = f"""
INSERT INTO event ({rows.EVENT_COLUMNS.removeprefix("seq, ")}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_OWE = f"INSERT OR IGNORE INTO delivery ({rows.DELIVERY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_BURY = f"INSERT OR REPLACE INTO dead_letter ({rows.DELIVERY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_DONE = "DELETE FROM delivery WHERE consumer = ? AND event = ?"
_AGAIN = "UPDATE delivery SET attempts = ?, due = ?, error = ? WHERE consumer = ? AND event = ?"
_LEASE = f"""
INSERT INTO lease (name, holder, until) VALUES (?1, ?2, {_NOW} + ?3)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE holder = excluded.holder OR until <= {_NOW} RETURNING holder"""
_HELD = f"SELECT 1 FROM lease WHERE name = ? AND holder = ? AND until > {_NOW}"
_WAITING = f"""
SELECT {rows.EVENT_COLUMNS} FROM event WHERE seq > (SELECT number FROM handed_out) ORDER BY seq LIMIT ?"""
_CONSUMERS = """
WITH RECURSIVE c(name) AS (
    SELECT min(consumer) FROM delivery
    UNION ALL
    SELECT (SELECT min(consumer) FROM delivery WHERE consumer > c.name) FROM c WHERE c.name IS NOT NULL
) SELECT name FROM c WHERE name IS NOT NULL"""
_DUE = f"""
SELECT {rows.OWED_COLUMNS} FROM delivery d CROSS JOIN event e ON e.seq = d.event
WHERE d.consumer = ?1 AND d.due <= ?2 AND NOT EXISTS (
    SELECT 1 FROM delivery b
    WHERE b.consumer = d.consumer AND b.lane = d.lane AND b.event < d.event AND b.due > ?2)
ORDER BY d.event LIMIT ?3"""
_DEAD = f"""
SELECT {rows.OWED_COLUMNS} FROM dead_letter d JOIN event e ON e.seq = d.event
WHERE d.event > ? ORDER BY d.event, d.consumer LIMIT ?"""
_CHOSEN = "(?1 IS NULL OR consumer = ?1) AND (?2 IS NULL OR id = ?2)"
_REVIVE = f"""
INSERT OR IGNORE INTO delivery ({rows.DELIVERY_COLUMNS})
SELECT consumer, event, lane, id, 0, ?3, error FROM dead_letter WHERE {_CHOSEN}"""
_EVENTS = f"""
SELECT {rows.EVENT_COLUMNS} FROM event
WHERE (?1 IS NULL OR seq < ?1) AND (?2 IS NULL OR object = ?2) ORDER BY seq DESC LIMIT ?3"""
_BACKLOG = """
SELECT (SELECT count(*) FROM event WHERE seq > (SELECT number FROM handed_out)),
    (SELECT count(*) FROM delivery), (SELECT count(*) FROM dead_letter)"""
_PURGE = """
DELETE FROM event WHERE time < ? AND seq <= (SELECT number FROM handed_out)
AND seq < (SELECT max(seq) FROM event) AND seq NOT IN (SELECT event FROM delivery)"""


class Reading(Protocol):
    def __call__(self, text: str, params: tuple[Any, ...] = (), /) -> list[Any]: ...


class Writing(Protocol):
    def __call__(self, work: Callable[[sqlite3.Connection], T], /) -> T: ...


class SqliteOutbox:
    """See ``outbox.Outbox``. ``read`` gives the rows of a statement, ``write`` runs in a transaction."""

    def __init__(self, read: Reading, write: Writing) -> None:
        self._read, self._write = read, write

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        return self._write(lambda c: c.execute(_LEASE, (name, holder, seconds)).fetchone() is not None)

    def release(self, name: str, holder: str) -> None:
        text = "DELETE FROM lease WHERE name = ? AND holder = ?"
        self._write(lambda c: c.execute(text, (name, holder)))

    def record(self, tenant: str, events: Sequence[Event]) -> int:
        return self._write(lambda c: insert(c, tenant, events, {}))

    def waiting(self, limit: int) -> Sequence[Recorded]:
        return [rows.recorded(row) for row in self._read(_WAITING, (limit,))]

    def hand_out(self, lease: str, holder: str, events: Sequence[Recorded], owed: Sequence[Delivery]) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            if connection.execute(_HELD, (lease, holder)).fetchone() is None:
                return False
            connection.executemany(_OWE, owed)
            connection.execute("UPDATE handed_out SET number = max(number, ?)", (events[-1].number,))
            return True

        return self._write(work)

    def consumers(self) -> Sequence[str]:
        return [name for (name,) in self._read(_CONSUMERS)]

    def due(self, consumer: str, moment: str, limit: int) -> Sequence[Owed]:
        return [rows.owed(row) for row in self._read(_DUE, (consumer, moment, limit))]

    def next_due(self) -> str | None:
        found: str | None = self._read("SELECT min(due) FROM delivery")[0][0]
        return found

    def settle(self, settlement: Settlement) -> None:
        gone = [each[:2] for each in (*settlement.done, *settlement.dead)]
        again = [(d.attempts, d.due, d.error, d.consumer, d.number) for d in settlement.again]

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(_DONE, gone)
            connection.executemany(_AGAIN, again)
            connection.executemany(_BURY, settlement.dead)
            for tenant, event in settlement.thrown:
                insert(connection, tenant, (event,), {})

        self._write(work)

    def settle_first(self, consumer: str, event: Event) -> None:
        text = "DELETE FROM delivery WHERE consumer = ? AND lane = ? AND id = ?"
        params = (consumer, event.object or event.id, event.id)
        self._write(lambda c: c.execute(text, params))

    def dead(self, limit: int, after: int = 0) -> Sequence[Owed]:
        return [rows.owed(row) for row in self._read(_DEAD, (after, limit))]

    def revive(self, consumer: str | None, event: str | None, moment: str) -> int:
        def work(connection: sqlite3.Connection) -> int:
            connection.execute(_REVIVE, (consumer, event, moment))
            text = f"DELETE FROM dead_letter WHERE {_CHOSEN}"
            return connection.execute(text, (consumer, event)).rowcount

        return self._write(work)

    def events(self, limit: int, before: int | None = None, object: str | None = None) -> Sequence[Recorded]:
        return [rows.recorded(row) for row in self._read(_EVENTS, (before, object, limit))]

    def backlog(self) -> Backlog:
        return Backlog(*self._read(_BACKLOG)[0])

    def purge(self, before: str) -> int:
        def work(connection: sqlite3.Connection) -> int:
            gone = connection.execute(_PURGE, (before,)).rowcount
            if gone:
                connection.execute("DELETE FROM dead_letter WHERE event NOT IN (SELECT seq FROM event)")
            return gone

        return self._write(work)


def insert(
    connection: sqlite3.Connection,
    tenant: str,
    events: Iterable[Event],
    written: Mapping[str, StoredObject],
) -> int:
    """Record events inside a transaction; how many of them were new."""
    new = 0
    for event in events:
        values = rows.event_values(tenant, event, written)
        if event.key is None:
            done = connection.execute(_INSERT, values)
        else:
            done = connection.execute(f"{_INSERT} ON CONFLICT DO NOTHING", values)
        new += done.rowcount
        if event.first and done.rowcount:
            recorded = Recorded(int(done.lastrowid or 0), tenant, event)
            connection.executemany(_OWE, at_once(recorded))
    return new

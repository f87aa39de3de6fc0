"""The outbox in tables beside the objects.

Numbers are given out before changes are committed: one that is smaller may appear later, so that each
event says itself whether it was handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from gateway_core.store import rows
from gateway_core.store.outbox import Backlog, Delivery, Owed, Recorded, Settlement, at_once
from gateway_core.store.postgresql.connections import Connection
from gateway_core.types import Event, StoredObject

T = TypeVar("T")

_COLUMNS = rows.EVENT_COLUMNS.removeprefix("seq, ")
_INSERT = f"""
INSERT INTO event ({_COLUMNS})
SELECT {_COLUMNS} FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY
    AS n({_COLUMNS}, at) ORDER BY at"""
_DELIVERIES = """unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[],
    %s::text[]) AS n(consumer, event, lane, id, attempts, due, error)"""
_OWE = f"""
INSERT INTO delivery ({rows.DELIVERY_COLUMNS}) SELECT {rows.DELIVERY_COLUMNS} FROM {_DELIVERIES}
ON CONFLICT DO NOTHING"""
_BURY = f"""
INSERT INTO dead_letter ({rows.DELIVERY_COLUMNS}) SELECT {rows.DELIVERY_COLUMNS} FROM {_DELIVERIES}
ON CONFLICT (event, consumer) DO UPDATE SET attempts = excluded.attempts, due = excluded.due,
    error = excluded.error"""
_DONE = """
DELETE FROM delivery d USING unnest(%s::text[], %s::bigint[]) AS n(consumer, event)
WHERE d.consumer = n.consumer AND d.event = n.event"""
_AGAIN = f"""
UPDATE delivery d SET attempts = n.attempts, due = n.due, error = n.error FROM {_DELIVERIES}
WHERE d.consumer = n.consumer AND d.event = n.event"""
_LEASE = """
INSERT INTO lease (name, holder, until)
VALUES (%(name)s, %(holder)s, clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE lease.holder = excluded.holder OR lease.until <= clock_timestamp() RETURNING holder"""
_HELD = "SELECT 1 FROM lease WHERE name = %s AND holder = %s AND until > clock_timestamp() FOR UPDATE"
_WAITING = f"SELECT {rows.EVENT_COLUMNS} FROM event WHERE open ORDER BY seq LIMIT %s"
_CONSUMERS = """
WITH RECURSIVE c(name) AS (
    SELECT min(consumer) FROM delivery
    UNION ALL
    SELECT (SELECT min(consumer) FROM delivery WHERE consumer > c.name) FROM c WHERE c.name IS NOT NULL
) SELECT name FROM c WHERE name IS NOT NULL"""
_DUE = f"""
SELECT {rows.OWED_COLUMNS} FROM delivery d JOIN event e ON e.seq = d.event
WHERE d.consumer = %(consumer)s AND d.due <= %(moment)s AND NOT EXISTS (
    SELECT 1 FROM delivery b
    WHERE b.consumer = d.consumer AND b.lane = d.lane AND b.event < d.event AND b.due > %(moment)s)
ORDER BY d.event LIMIT %(limit)s"""
_DEAD = f"""
SELECT {rows.OWED_COLUMNS} FROM dead_letter d JOIN event e ON e.seq = d.event
WHERE d.event > %s ORDER BY d.event, d.consumer LIMIT %s"""
_CHOSEN = """
(%(consumer)s::text IS NULL OR consumer = %(consumer)s) AND (%(event)s::text IS NULL OR id = %(event)s)"""
_REVIVE = f"""
INSERT INTO delivery ({rows.DELIVERY_COLUMNS})
SELECT consumer, event, lane, id, 0, %(moment)s, error FROM dead_letter
WHERE {_CHOSEN} ON CONFLICT DO NOTHING"""
_EVENTS = f"""
SELECT {rows.EVENT_COLUMNS} FROM event
WHERE (%(before)s::bigint IS NULL OR seq < %(before)s) AND (%(object)s::text IS NULL OR object = %(object)s)
ORDER BY seq DESC LIMIT %(limit)s"""
_BACKLOG = """
SELECT (SELECT count(*) FROM event WHERE open), (SELECT count(*) FROM delivery),
    (SELECT count(*) FROM dead_letter)"""
_PURGE = """
DELETE FROM event e WHERE time < %s AND NOT open
AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.event = e.seq)"""
_UNBURY = "DELETE FROM dead_letter d WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = d.event)"


class Reading(Protocol):
    def __call__(self, text: str, params: Sequence[Any] | Mapping[str, Any] = (), /) -> list[Any]: ...


class Writing(Protocol):
    def __call__(self, work: Callable[[Connection], T], /) -> T: ...


class PostgresqlOutbox:
    """See ``outbox.Outbox``. ``read`` gives the rows of a statement; ``write`` runs work in a transaction,
    and twice when the answer to its commit is lost: all of it here does no harm then."""

    def __init__(self, read: Reading, write: Writing) -> None:
        self._read, self._write = read, write

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        params = {"name": name, "holder": holder, "seconds": seconds}
        return self._write(lambda c: c.execute(_LEASE, params).fetchone() is not None)

    def release(self, name: str, holder: str) -> None:
        self._write(lambda c: c.execute("DELETE FROM lease WHERE name = %s AND holder = %s", (name, holder)))

    def record(self, tenant: str, events: Sequence[Event]) -> int:
        return self._write(lambda c: insert(c, tenant, events, {}))

    def waiting(self, limit: int) -> Sequence[Recorded]:
        return [rows.recorded(row) for row in self._read(_WAITING, (limit,))]

    def hand_out(self, lease: str, holder: str, events: Sequence[Recorded], owed: Sequence[Delivery]) -> bool:
        def work(connection: Connection) -> bool:
            if connection.execute(_HELD, (lease, holder)).fetchone() is None:
                return False
            if owed:
                connection.execute(_OWE, _columns(owed))
            numbers = [each.number for each in events]
            connection.execute("UPDATE event SET open = false WHERE seq = ANY(%s)", (numbers,))
            return True

        return self._write(work)

    def consumers(self) -> Sequence[str]:
        return [name for (name,) in self._read(_CONSUMERS)]

    def due(self, consumer: str, moment: str, limit: int) -> Sequence[Owed]:
        params = {"consumer": consumer, "moment": moment, "limit": limit}
        return [rows.owed(row) for row in self._read(_DUE, params)]

    def next_due(self) -> str | None:
        found: str | None = self._read("SELECT min(due) FROM delivery")[0][0]
        return found

    def settle(self, settlement: Settlement) -> None:
        gone = [(each.consumer, each.number) for each in (*settlement.done, *settlement.dead)]

        def work(connection: Connection) -> None:
            if gone:
                connection.execute(_DONE, _columns(gone))
            if settlement.again:
                connection.execute(_AGAIN, _columns(settlement.again))
            if settlement.dead:
                connection.execute(_BURY, _columns(settlement.dead))
            for tenant, event in settlement.thrown:
                insert(connection, tenant, (event,), {})

        self._write(work)

    def settle_first(self, consumer: str, event: Event) -> None:
        text = "DELETE FROM delivery WHERE consumer = %s AND lane = %s AND id = %s"
        params = (consumer, event.object or event.id, event.id)
        self._write(lambda c: c.execute(text, params))

    def dead(self, limit: int, after: int = 0) -> Sequence[Owed]:
        return [rows.owed(row) for row in self._read(_DEAD, (after, limit))]

    def revive(self, consumer: str | None, event: str | None, moment: str) -> int:
        params = {"consumer": consumer, "event": event, "moment": moment}

        def work(connection: Connection) -> int:
            connection.execute(_REVIVE, params)
            return connection.execute(f"DELETE FROM dead_letter WHERE {_CHOSEN}", params).rowcount

        return self._write(work)

    def events(self, limit: int, before: int | None = None, object: str | None = None) -> Sequence[Recorded]:
        params = {"before": before, "object": object, "limit": limit}
        return [rows.recorded(row) for row in self._read(_EVENTS, params)]

    def backlog(self) -> Backlog:
        return Backlog(*self._read(_BACKLOG)[0])

    def purge(self, before: str) -> int:
        def work(connection: Connection) -> int:
            gone = connection.execute(_PURGE, (before,)).rowcount
            if gone:
                connection.execute(_UNBURY)
            return gone

        return self._write(work)


def insert(
    connection: Connection,
    tenant: str,
    events: Sequence[Event],
    written: Mapping[str, StoredObject],
) -> int:
    """Record events inside a transaction; how many of them were new."""
    values = [rows.event_values(tenant, event, written) for event in events]
    if not any(event.key is not None or event.first for event in events):
        connection.execute(_INSERT, _columns(values))
        return len(events)
    new = 0
    for event, row in zip(events, values, strict=True):
        text = f"{_INSERT} ON CONFLICT DO NOTHING RETURNING seq"
        found = connection.execute(text, _columns([row])).fetchone()
        new += found is not None
        if found is not None and event.first:
            connection.execute(_OWE, _columns(at_once(Recorded(found[0], tenant, event))))
    return new


def _columns(listed: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*listed, strict=True)]

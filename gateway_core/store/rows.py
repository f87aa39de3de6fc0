"""Rows ↔ the values of the protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from gateway_core.query.times import instant
from gateway_core.store.documents import encoded, encoded_document
from gateway_core.store.outbox import Delivery, Owed, Recorded, filled
from gateway_core.store.protocol import ApplicationRecord, Installation, Past
from gateway_core.types import Artifact, Event, Kind, Meta, Origin, StoredObject

EVENT_COLUMNS = "seq, tenant, id, name, entity, object, version, time, application, action, data, key, depth"
DELIVERY_COLUMNS = "consumer, event, lane, id, attempts, due, error"
OWED_COLUMNS = ", ".join(
    [f"d.{name}" for name in DELIVERY_COLUMNS.split(", ")]
    + [f"e.{name}" for name in EVENT_COLUMNS.split(", ")]
)

_decode = orjson.loads
_moment = datetime.fromisoformat


def stored_object(tenant: str, row: tuple[Any, ...]) -> StoredObject:
    """A row of ``sql.COLUMNS`` → the object."""
    return stored_objects(tenant, (row,))[0]


def stored_objects(tenant: str, rows: Iterable[tuple[Any, ...]]) -> list[StoredObject]:
    """Rows of ``sql.COLUMNS`` → the objects."""
    return [
        StoredObject(
            id, entity, _decode(data), Meta(version, created, modified, owner, name, caller, author, tenant)
        )
        for id, entity, data, version, created, modified, owner, name, caller, author in rows
    ]


def object_values(item: StoredObject) -> tuple[Any, ...]:
    """(version, created, modified, owner, owner_name, application, author, data)."""
    return (*item.meta[:7], encoded_document(item))


def past(tenant: str, row: tuple[Any, ...]) -> Past:
    """(ended, ended_by, removed, …``sql.COLUMNS``) → the version."""
    ended, ended_by, removed, *held = row
    return Past(stored_objects(tenant, [tuple(held)])[0], ended, ended_by, bool(removed))


def recorded(row: tuple[Any, ...]) -> Recorded:
    """A row of ``EVENT_COLUMNS`` → the event."""
    number, tenant, id, name, entity, object, version, time, application, action, data, key, depth = row
    held = _decode(data) if data else {}
    event = Event(
        id, name, entity, object, version, time, application, action, held, key=key, depth=depth
    )  # fmt: skip
    return Recorded(number, tenant, event)


def event_values(tenant: str, event: Event, written: Mapping[str, StoredObject]) -> tuple[Any, ...]:
    """An event → what ``EVENT_COLUMNS`` hold of it, without its number."""
    data = filled(event, written)
    return (
        tenant,
        *event[:8],
        encoded(data) if data else None,
        event.key,
        event.depth,
    )


def owed(row: tuple[Any, ...]) -> Owed:
    """A row of ``DELIVERY_COLUMNS`` and ``EVENT_COLUMNS`` → the delivery."""
    return Owed(Delivery(*row[:7]), recorded(row[7:]))


def artifact(row: tuple[Any, ...]) -> Artifact:
    """(kind, reference, version, body, bundle, path) → the artifact."""
    kind, reference, version, body, bundle, path = row
    return Artifact(Kind(kind), reference, version, _decode(body), Origin(bundle, path))


def artifact_values(artifacts: Iterable[Artifact]) -> list[tuple[Any, ...]]:
    """Of each artifact (position, kind, reference, version, path, body)."""
    return [
        (position, a.kind.value, a.reference, a.version, a.origin.path, encoded(a.body))
        for position, a in enumerate(artifacts)
    ]


def installation(bundle: str, record: str, artifacts: str) -> Installation:
    """(record, artifacts) of an earlier installation; the text is a list of ``artifact_values``."""
    listed = _decode(artifacts)
    found = (
        artifact((kind, ref, version, body, bundle, path)) for _, kind, ref, version, path, body in listed
    )
    return Installation(_decode(record), tuple(found))


def application(row: tuple[Any, ...]) -> ApplicationRecord:
    name, client_id, key_hash, secret, scopes, created, reference = row
    return ApplicationRecord(
        name, client_id, key_hash, secret, tuple(_decode(scopes)), _moment(created), reference
    )


def application_values(record: ApplicationRecord) -> tuple[Any, ...]:
    scopes, created = encoded(record.scopes), instant(record.created)
    return (
        record.name,
        record.client_id,
        record.key_hash,
        record.secret,
        scopes,
        created,
        record.reference,
    )

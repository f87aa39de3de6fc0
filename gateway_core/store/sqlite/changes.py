"""``Changes`` → rows, inside a transaction that is already open."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable

from gateway_core.errors import StoreError
from gateway_core.store.documents import conflict
from gateway_core.store.protocol import Changes, Delete, Put
from gateway_core.store.rows import object_values
from gateway_core.store.sqlite import claims
from gateway_core.store.sqlite.indexes import IndexSet, put_terms
from gateway_core.store.sqlite.outbox import insert
from gateway_core.store.sqlite.texts import Keeper
from gateway_core.types import StoredObject

_INSERT = """
INSERT INTO object
    (version, created, modified, owner, owner_name, application, author, data, tenant, id, entity)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, id) DO NOTHING RETURNING seq, entity"""
_UPDATE = """
UPDATE object SET
    version = ?, created = ?, modified = ?, owner = ?, owner_name = ?, application = ?, author = ?, data = ?
WHERE tenant = ? AND id = ? AND version = ? RETURNING seq, entity"""
_KEEP = """
INSERT INTO history (tenant, entity, id, version, created, modified, owner, owner_name, application, author,
    data, ended, ended_by, removed)
SELECT tenant, entity, id, version, created, modified, owner, owner_name, application, author, data, ?, ?, ?
FROM object WHERE tenant = ? AND id = ?"""
_RETURN = "UPDATE history SET removed = 0 WHERE tenant = ? AND id = ? AND removed = 1"
_DELETE = "DELETE FROM object WHERE tenant = ? AND id = ? AND version = ? RETURNING seq, entity, data"
_DATA = "SELECT data FROM object WHERE tenant = ? AND id = ?"
_COUNT = """
INSERT INTO counter (tenant, entity, total) VALUES (?, ?, ?)
ON CONFLICT (tenant, entity) DO UPDATE SET total = total + excluded.total"""
_NEXT = """
INSERT INTO sequence (tenant, name, value) VALUES (?, ?, 1)
ON CONFLICT (tenant, name) DO UPDATE SET value = value + 1 RETURNING value"""
_REACH = """
INSERT INTO sequence (tenant, name, value) VALUES (?, ?, ?)
ON CONFLICT (tenant, name) DO UPDATE SET value = max(value, excluded.value)"""
_LINK = "INSERT OR IGNORE INTO link (tenant, source, property, position, target) VALUES (?, ?, ?, ?, ?)"


def write(connection: sqlite3.Connection, known: IndexSet, changes: Changes) -> tuple[StoredObject, ...]:
    """Do all of it; raises ``VersionConflict`` at the first ``expect`` that does not hold, and then
    ``NotUnique`` at the first value that is another object's."""
    counts: Counter[str] = Counter()
    texts = Keeper(connection, known.texts)
    written = tuple(_put(connection, known, texts, changes.tenant, put) for put in changes.puts)
    for put in changes.puts:
        counts[put.object.entity] += put.expect == 0
    for delete in changes.deletes:
        counts[_delete(connection, known, texts, changes.tenant, delete)] -= 1
    if known.unique:
        _claim(connection, known, changes, written)
    texts.finish()
    for entity, change in counts.items():
        if change:
            connection.execute(_COUNT, (changes.tenant, entity, change))
    if changes.events:
        insert(connection, changes.tenant, changes.events, {item.id: item for item in written})
    return written


def _put(
    connection: sqlite3.Connection, known: IndexSet, texts: Keeper, tenant: str, put: Put
) -> StoredObject:
    item = _numbered(connection, tenant, put) if put.sequences else put.object
    values = object_values(item)
    before = None
    if put.expect == 0:
        if not put.fresh:
            connection.execute(_RETURN, (tenant, item.id))
        row = connection.execute(_INSERT, (*values, tenant, item.id, item.entity)).fetchone()
    else:
        connection.execute(_KEEP, (item.meta.modified, item.meta.author, 0, tenant, item.id))
        if item.entity in texts.tables:
            before = connection.execute(_DATA, (tenant, item.id)).fetchone()
        row = connection.execute(_UPDATE, (*values, tenant, item.id, put.expect)).fetchone()
    # The entity is compared here and not in the statement: a bound value that a partial index
    # might fit makes SQLite prepare the statement again for each call.
    if row is None or row[1] != item.entity:
        raise conflict(put.expect)
    if put.expect:
        connection.execute("DELETE FROM link WHERE tenant = ? AND source = ?", (tenant, item.id))
    if put.links:
        links = [(tenant, link.source, link.property, link.position, link.target) for link in put.links]
        connection.executemany(_LINK, links)
    if item.entity in known.arrays:
        if put.expect:
            connection.execute("DELETE FROM term WHERE object = ?", row[:1])
        put_terms(connection, known, tenant, item.entity, row[0], item.data)
    texts.put(item.entity, row[0], before[0] if before else None, item.data)
    return item if item.meta.tenant == tenant else item._replace(meta=item.meta._replace(tenant=tenant))


def _claim(
    connection: sqlite3.Connection, known: IndexSet, changes: Changes, written: Iterable[StoredObject]
) -> None:
    """What is written takes its values, when all that lets go of values has done so."""
    after = {item.id: item for item in written if item.entity in known.unique}
    gone = {delete.id for delete in changes.deletes}
    for id in (*after, *gone):
        claims.release(connection, changes.tenant, id)
    kept = [item for id, item in after.items() if id not in gone]
    claims.claim(connection, known.unique, changes.tenant, kept)


def _numbered(connection: sqlite3.Connection, tenant: str, put: Put) -> StoredObject:
    """The object with its sequence members filled."""
    data = dict(put.object.data)
    for path, name in put.sequences.items():
        if len(path) != 1:
            raise StoreError(f"The sequence member {'.'.join(path)} is not at the top of the document.")
        if data.get(path[0]) is not None:
            connection.execute(_REACH, (tenant, name, data[path[0]]))
        else:
            data[path[0]] = connection.execute(_NEXT, (tenant, name)).fetchone()[0]
    return put.object._replace(data=data)


def _delete(
    connection: sqlite3.Connection, known: IndexSet, texts: Keeper, tenant: str, delete: Delete
) -> str:
    connection.execute(_KEEP, (delete.moment, delete.author, 1, tenant, delete.id))
    row = connection.execute(_DELETE, (tenant, delete.id, delete.expect)).fetchone()
    if row is None:
        raise conflict(delete.expect)
    seq, entity, data = row
    connection.execute("DELETE FROM link WHERE tenant = ? AND source = ?", (tenant, delete.id))
    connection.execute("DELETE FROM link WHERE tenant = ? AND target = ?", (tenant, delete.id))
    if entity in known.arrays:
        connection.execute("DELETE FROM term WHERE object = ?", (seq,))
    texts.put(entity, seq, data, None)
    return str(entity)

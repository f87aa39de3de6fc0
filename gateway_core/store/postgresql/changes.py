"""``Changes`` → rows, in one transaction of few round trips.

Rows that change are locked first, in the order of their ids, so that two changes of the same
objects wait for one another instead of for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway_core.errors import StoreError
from gateway_core.store.documents import conflict
from gateway_core.store.postgresql import claims, indexes
from gateway_core.store.postgresql.connections import Connection
from gateway_core.store.postgresql.indexes import IndexSet
from gateway_core.store.postgresql.outbox import insert
from gateway_core.store.protocol import Changes, Delete, Put
from gateway_core.store.rows import object_values
from gateway_core.store.terms import terms_of
from gateway_core.types import Event, StoredObject

SLOTS = 64

_LOCK = (
    "SELECT id, entity, version, seq FROM object WHERE tenant = %s AND id = ANY(%s) ORDER BY id FOR UPDATE"
)
_NEW = """unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::text[]) WITH ORDINALITY
    AS n(version, created, modified, owner, owner_name, application, author, data, id, entity, at)"""
_INSERT = f"""
INSERT INTO object
    (tenant, entity, id, version, created, modified, owner, owner_name, application, author, data, doc)
SELECT %s, entity, id, version, created, modified, owner, owner_name, application, author, data, data::jsonb
FROM {_NEW} ORDER BY at ON CONFLICT (tenant, id) DO NOTHING"""
_UPDATE = f"""
UPDATE object o SET version = n.version, created = n.created, modified = n.modified, owner = n.owner,
    owner_name = n.owner_name, application = n.application, author = n.author, data = n.data,
    doc = n.data::jsonb
FROM {_NEW} WHERE o.tenant = %s AND o.id = n.id"""
_KEEP = """
INSERT INTO history (tenant, entity, id, version, created, modified, owner, owner_name, application, author,
    data, doc, ended, ended_by, removed)
SELECT o.tenant, o.entity, o.id, o.version, o.created, o.modified, o.owner, o.owner_name, o.application,
    o.author, o.data, o.doc, n.ended, n.ended_by, n.removed
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY
    AS n(id, ended, ended_by, removed, at)
JOIN object o ON o.tenant = %s AND o.id = n.id ORDER BY n.at"""
_RETURN = "UPDATE history SET removed = 0 WHERE tenant = %s AND id = ANY(%s) AND removed = 1"
_LINK = """
INSERT INTO link (tenant, source, property, position, target)
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[]) ON CONFLICT DO NOTHING"""
_TERM = """
INSERT INTO term (tenant, spec, value, object)
SELECT o.tenant, n.spec, n.value, o.seq
FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS n(id, spec, value)
JOIN object o ON o.tenant = %s AND o.id = n.id ON CONFLICT DO NOTHING"""
_COUNT = """
INSERT INTO counter (tenant, slot, entity, total) SELECT %s, %s, * FROM unnest(%s::text[], %s::bigint[])
ON CONFLICT (tenant, entity, slot) DO UPDATE SET total = counter.total + excluded.total"""
_NEXT = """
INSERT INTO sequence (tenant, name, value) VALUES (%s, %s, 1)
ON CONFLICT (tenant, name) DO UPDATE SET value = sequence.value + 1 RETURNING value"""
_REACH = """
INSERT INTO sequence (tenant, name, value) VALUES (%s, %s, %s::numeric::bigint)
ON CONFLICT (tenant, name) DO UPDATE SET value = greatest(sequence.value, excluded.value)"""
_UNTERM = "DELETE FROM term WHERE tenant = %s AND object = ANY(%s)"
_FROM = "DELETE FROM link WHERE tenant = %s AND source = ANY(%s)"
_TO = "DELETE FROM link WHERE tenant = %s AND target = ANY(%s)"
_DELETE = "DELETE FROM object WHERE tenant = %s AND id = ANY(%s)"
_STATE = "SELECT id, entity, version, data, modified FROM object WHERE tenant = %s AND id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Written:
    """What a transaction did, and the indexes that it kept."""

    objects: tuple[StoredObject, ...]
    known: IndexSet


@dataclass(frozen=True, slots=True)
class _Held:
    entity: str
    version: int
    seq: int


def write(connection: Connection, known: IndexSet, changes: Changes) -> Written:
    """Begin a transaction and do all of it; raises ``VersionConflict`` where an ``expect`` does not hold,
    and then ``NotUnique`` where a value is another object's.

    The caller commits, or rolls back.
    """
    with connection.pipeline():
        connection.execute("BEGIN")
        connection.execute(f"SELECT pg_advisory_xact_lock_shared({indexes.WRITERS})")
        found = connection.execute(indexes.GENERATION)
    generation = (found.fetchone() or (0,))[0]
    if generation != known.generation:
        known = indexes.read(connection, generation)
    work = _Work(connection, known, changes.tenant, changes.events)
    written: list[StoredObject] = []
    batches = list(_batches(changes))
    for number, (puts, deletes) in enumerate(batches, 1):
        written += work.batch(puts, deletes, last=number == len(batches))
    if known.unique:
        _claim(connection, known, changes, written)
    return Written(tuple(written), known)


def _claim(
    connection: Connection, known: IndexSet, changes: Changes, written: Sequence[StoredObject]
) -> None:
    """What is written takes its values, when all that lets go of values has done so."""
    after = {item.id: item for item in written if item.entity in known.unique}
    gone = {delete.id for delete in changes.deletes}
    if not after and not gone:
        return
    claims.release(connection, changes.tenant, [*after, *gone])
    kept = [item for id, item in after.items() if id not in gone]
    claims.claim(connection, known.unique, changes.tenant, kept)


def was_made(connection: Connection, changes: Changes, written: Sequence[StoredObject]) -> bool | None:
    """Whether a commit whose answer was lost took place: None when that cannot be told any more."""
    ids = [*(put.object.id for put in changes.puts), *(delete.id for delete in changes.deletes)]
    held = {row[0]: row[1:] for row in connection.execute(_STATE, (changes.tenant, ids)).fetchall()}
    deleted = {delete.id for delete in changes.deletes}
    after = {item.id: _state(item) for item in written if item.id not in deleted}
    if held == after:
        return True
    expected = [(put.object.id, put.expect) for put in changes.puts]
    expected += [(delete.id, delete.expect) for delete in changes.deletes]
    before = dict(reversed(expected))  # of an object that occurs twice the first counts
    untouched = all((held[id][1] if id in held else 0) == expect for id, expect in before.items())
    return False if untouched else None


def _state(item: StoredObject) -> tuple[Any, ...]:
    version, _, modified, *_, data = object_values(item)
    return (item.entity, version, data, modified)


def _batches(changes: Changes) -> Iterator[tuple[Sequence[Put], Sequence[Delete]]]:
    """All at once; one by one when an object occurs twice."""
    ids = [*(put.object.id for put in changes.puts), *(delete.id for delete in changes.deletes)]
    if len(set(ids)) == len(ids):
        yield changes.puts, changes.deletes
        return
    for put in changes.puts:
        yield (put,), ()
    for delete in changes.deletes:
        yield (), (delete,)


class _Work:
    """One transaction of one tenant."""

    def __init__(self, connection: Connection, known: IndexSet, tenant: str, events: Sequence[Event]) -> None:
        self._connection, self._known, self._tenant, self._events = connection, known, tenant, events
        self._counts: Counter[str] = Counter()
        self._written: dict[str, StoredObject] = {}

    def batch(self, puts: Sequence[Put], deletes: Sequence[Delete], *, last: bool) -> list[StoredObject]:
        """Changes of objects of which each occurs once; the last batch counts them all, and tells."""
        held = self._hold(puts, deletes)
        items = [self._numbered(put) for put in puts]
        self._written |= {item.id: item for item in items}
        new = [item for put, item in zip(puts, items, strict=True) if put.expect == 0]
        changed = [item for put, item in zip(puts, items, strict=True) if put.expect]
        self._counts.update(item.entity for item in new)
        self._counts.subtract(held[delete.id].entity for delete in deletes)
        with self._connection.pipeline():
            self._keep(changed, deletes)
            inserted = self._insert(new)
            self._update(changed)
            self._relate(puts, [item.id for item in changed])
            self._terms(items, [held[item.id].seq for item in changed])
            self._delete([delete.id for delete in deletes], held)
            if last:
                self._count()
                self._tell()
        if inserted is not None and inserted.rowcount != len(new):
            raise conflict(0)
        return [
            item
            if item.meta.tenant == self._tenant
            else item._replace(meta=item.meta._replace(tenant=self._tenant))
            for item in items
        ]

    def _count(self) -> None:
        counts = sorted((entity, change) for entity, change in self._counts.items() if change)
        if counts:
            slot = self._connection.info.backend_pid % SLOTS
            self._connection.execute(_COUNT, (self._tenant, slot, *_columns(counts)))

    def _tell(self) -> None:
        if self._events:
            insert(self._connection, self._tenant, self._events, self._written)

    def _hold(self, puts: Sequence[Put], deletes: Sequence[Delete]) -> dict[str, _Held]:
        """Lock what is there to change, when it is as expected."""
        ids = [put.object.id for put in puts if put.expect] + [delete.id for delete in deletes]
        if not ids:
            return {}
        rows = self._connection.execute(_LOCK, (self._tenant, ids)).fetchall()
        held = {id: _Held(entity, version, seq) for id, entity, version, seq in rows}
        for put in puts:
            found = held.get(put.object.id)
            as_read = found and found.version == put.expect and found.entity == put.object.entity
            if put.expect and not as_read:
                raise conflict(put.expect)
        for delete in deletes:
            found = held.get(delete.id)
            if found is None or found.version != delete.expect:
                raise conflict(delete.expect)
        return held

    def _numbered(self, put: Put) -> StoredObject:
        """The object with its sequence members filled."""
        if not put.sequences:
            return put.object
        data = dict(put.object.data)
        for path, name in put.sequences.items():
            if len(path) != 1:
                raise StoreError(f"The sequence member {'.'.join(path)} is not at the top of the document.")
            if data.get(path[0]) is not None:
                self._connection.execute(_REACH, (self._tenant, name, data[path[0]]))
            else:
                row = self._connection.execute(_NEXT, (self._tenant, name)).fetchone()
                data[path[0]] = row[0] if row else None
        return put.object._replace(data=data)

    def _keep(self, changed: Sequence[StoredObject], deletes: Sequence[Delete]) -> None:
        """What the rows are now becomes a version that ended."""
        ends = [(item.id, item.meta.modified, item.meta.author, 0) for item in changed]
        ends += [(delete.id, delete.moment, delete.author, 1) for delete in deletes]
        if ends:
            self._connection.execute(_KEEP, (*_columns(ends), self._tenant))

    def _insert(self, items: Sequence[StoredObject]) -> Any:
        if not items:
            return None
        self._connection.execute(_RETURN, (self._tenant, [item.id for item in items]))
        return self._connection.execute(_INSERT, (self._tenant, *_values(items)))

    def _update(self, items: Sequence[StoredObject]) -> None:
        if items:
            self._connection.execute(_UPDATE, (*_values(items), self._tenant))

    def _relate(self, puts: Sequence[Put], changed: list[str]) -> None:
        if changed:
            self._connection.execute(_FROM, (self._tenant, changed))
        links = [
            (put.object.id, link.property, link.position, link.target) for put in puts for link in put.links
        ]
        if links:
            self._connection.execute(_LINK, (self._tenant, *_columns(links)))

    def _terms(self, items: Sequence[StoredObject], changed: list[int]) -> None:
        if changed and self._known.arrays:
            self._connection.execute(_UNTERM, (self._tenant, changed))
        terms = [
            (item.id, specs[spec], term)
            for item in items
            if (specs := self._known.arrays.get(item.entity))
            for spec in specs
            for _, term in terms_of(item.data, (spec,))
        ]
        if terms:
            self._connection.execute(_TERM, (*_columns(terms), self._tenant))

    def _delete(self, ids: list[str], held: dict[str, _Held]) -> None:
        if not ids:
            return
        if self._known.arrays:
            self._connection.execute(_UNTERM, (self._tenant, [held[id].seq for id in ids]))
        for statement in (_FROM, _TO, _DELETE):
            self._connection.execute(statement, (self._tenant, ids))


def _values(items: Sequence[StoredObject]) -> list[list[Any]]:
    return _columns((*object_values(item), item.id, item.entity) for item in items)


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]

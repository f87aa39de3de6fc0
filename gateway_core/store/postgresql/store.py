"""The store in a PostgreSQL database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import psycopg

from gateway_core.errors import StoreError
from gateway_core.query.evaluate import in_scope
from gateway_core.query.model import Condition, Facet, Op, Path, Query, Scope, Window, asks
from gateway_core.store import rows, sql
from gateway_core.store.configured import APPLICATION, ReadsConfiguration
from gateway_core.store.postgresql import configuration, indexes
from gateway_core.store.postgresql.answers import grouped, known_total, storable
from gateway_core.store.postgresql.changes import Written, was_made, write
from gateway_core.store.postgresql.commits import Commits
from gateway_core.store.postgresql.connections import BEGIN_READING, Connection, Connections, Options
from gateway_core.store.postgresql.dialect import POSTGRESQL
from gateway_core.store.postgresql.failures import translated
from gateway_core.store.postgresql.marks import PostgresqlMarks
from gateway_core.store.postgresql.migrate import migrate
from gateway_core.store.postgresql.outbox import PostgresqlOutbox
from gateway_core.store.postgresql.patterns import resolved
from gateway_core.store.postgresql.plans import plan_of
from gateway_core.store.postgresql.revisions import Revisions, announce
from gateway_core.store.protocol import (
    ApplicationRecord,
    Changes,
    Configuration,
    Link,
    Past,
    Plan,
    Surroundings,
    Wanted,
)
from gateway_core.store.terms import specs_of
from gateway_core.types import Finding, Page, Severity, StoredObject

T = TypeVar("T")

_O_COLUMNS = ", ".join(f"o.{name}" for name in sql.COLUMNS.split(", "))
_NO_COLUMNS = ", ".join("NULL" for _ in sql.COLUMNS.split(", ")[2:])
_FETCH = f"SELECT {sql.COLUMNS} FROM object WHERE tenant = %s AND id = %s"
_GET = f"SELECT {sql.COLUMNS} FROM object WHERE tenant = %s AND id = ANY(%s)"
_BY_SEQ = f"SELECT seq, {sql.COLUMNS} FROM {{table}} WHERE tenant = %s AND entity = %s AND seq = ANY(%s)"
_LINKED_IDS = """
SELECT o.seq, o.id, o.entity, l.property, l.target
FROM link l JOIN object o ON o.tenant = l.tenant AND o.id = l.source
WHERE l.tenant = %s AND l.target = ANY(%s) AND l.property = ANY(%s) ORDER BY o.seq"""
_AROUND = f"""
SELECT 0, 0, NULL, {sql.COLUMNS} FROM object WHERE tenant = %(tenant)s AND id = %(id)s
UNION ALL
SELECT 1, 0, NULL, {_O_COLUMNS} FROM link l JOIN object o ON o.tenant = l.tenant AND o.id = l.target
WHERE l.tenant = %(tenant)s AND l.source = %(id)s
UNION ALL
SELECT 2, o.seq, l.property, o.id, o.entity, {_NO_COLUMNS}
FROM link l JOIN object o ON o.tenant = l.tenant AND o.id = l.source
WHERE l.tenant = %(tenant)s AND l.target = %(id)s AND l.property = ANY(%(properties)s)"""
_HISTORY = f"""
SELECT ended, ended_by, removed, {sql.COLUMNS} FROM history WHERE tenant = %s AND id = %s ORDER BY seq"""
_ERASE = "DELETE FROM history WHERE tenant = %s AND id = ANY(%s)"
_OF_LIFE = """
FROM history WHERE tenant = %(tenant)s AND id = %(id)s AND entity = %(entity)s
AND (%(owner)s::text IS NULL OR owner = %(owner)s) AND (%(number)s::bigint IS NULL OR version = %(number)s)"""
_VERSIONS = f"""
SELECT ended, ended_by, removed, {sql.COLUMNS} {_OF_LIFE} ORDER BY seq DESC
LIMIT %(limit)s OFFSET %(offset)s"""
_AS_OF = f"""
SELECT {sql.COLUMNS} FROM history
WHERE tenant = %(tenant)s AND id = ANY(%(ids)s) AND modified < %(moment)s AND ended >= %(moment)s
UNION ALL
SELECT {sql.COLUMNS} FROM object WHERE tenant = %(tenant)s AND id = ANY(%(ids)s) AND modified < %(moment)s"""
_REMOVALS = f"""
SELECT ended, ended_by, removed, {sql.COLUMNS} FROM history
WHERE tenant = %s AND id = ANY(%s) AND removed = 1"""
_REFERRERS = """
SELECT source, property, target, position FROM link
WHERE tenant = %s AND target = ANY(%s) ORDER BY target, source, property, position"""
_TOTAL = "SELECT coalesce(sum(total), 0)::bigint FROM counter WHERE tenant = %s AND entity = %s"
_PUT_APPLICATION = f"""
INSERT INTO application ({APPLICATION}) VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET client_id = excluded.client_id, key_hash = excluded.key_hash,
    secret = excluded.secret, scopes = excluded.scopes, created = excluded.created,
    reference = excluded.reference"""


class PostgresqlStore(ReadsConfiguration):
    """See ``protocol.Store``. Any number of processes and machines may use the database at once.

    ``target`` holds the parameters of libpq.
    """

    mark = "%s"
    reads_at_once = False
    shared = True

    def __init__(self, target: Mapping[str, Any], options: Options | None = None) -> None:
        options = options or Options()
        self._place = f"{target.get('host') or 'local'}/{target.get('dbname', '')}"
        self._connections = Connections(target, options)
        self._commits = Commits(self._connections, patience=options.retry, place=self._place)
        self._revisions = Revisions(self._connections, self._read_revision)
        self._indexes = indexes.IndexSet()
        with translated(self._place), contextlib.closing(self._connections.apart()) as connection:
            migrate(connection, self._place)
        self._connections.open()
        self.outbox = PostgresqlOutbox(self._read, self._again)
        self.marks = PostgresqlMarks(self._read, self._again)

    # -- reading objects

    @contextlib.contextmanager
    def snapshot(self, *, brief: bool = False) -> Iterator[None]:  # noqa: ARG002 - it reads nothing at once
        with translated(self._place), self._connections.snapshot():
            yield

    def fetch(self, scope: Scope, id: str) -> StoredObject | None:
        found = self._read(_FETCH, (scope.tenant, *storable([id]))) if storable([id]) else []
        if not found or found[0][1] != scope.entity:
            return None
        item = rows.stored_object(scope.tenant, found[0])
        return item if scope.owner in (None, item.meta.owner) else None

    def get(self, tenant: str, ids: Iterable[str]) -> Mapping[str, StoredObject]:
        found = self._read(_GET, (tenant, storable(ids)))
        return {item.id: item for item in rows.stored_objects(tenant, found)}

    def around(self, scope: Scope, id: str, relations: Collection[tuple[str, str]]) -> Surroundings | None:
        if not storable([id]):
            return None
        properties = sorted({property for _, property in relations})
        params = {"tenant": scope.tenant, "id": id, "properties": properties}
        found = sorted(self._read(_AROUND, params), key=lambda row: (row[0], row[1]))
        root = next((rows.stored_object(scope.tenant, row[3:]) for row in found if row[0] == 0), None)
        if root is None or root.entity != scope.entity or scope.owner not in (None, root.meta.owner):
            return None
        linked = {row[3]: rows.stored_object(scope.tenant, row[3:]) for row in found if row[0] == 1}
        referring = [(row[3], row[4], row[2], id) for row in found if row[0] == 2]
        return Surroundings(root, linked, grouped(referring, relations))

    def linked_ids(
        self, tenant: str, targets: Sequence[str], relations: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str, str], tuple[str, ...]]:
        properties = sorted({property for _, property in relations})
        found = self._read(_LINKED_IDS, (tenant, storable(targets), properties))
        return grouped([row[1:] for row in found], relations)

    def referrers(self, tenant: str, targets: Sequence[str]) -> Sequence[Link]:
        return tuple(Link(*row) for row in self._read(_REFERRERS, (tenant, storable(targets))))

    def find(self, scope: Scope, query: Query) -> Page:
        if asks(query.where, Op.REGEX):
            with self.snapshot():
                return self._find_patterns(scope, query)
        with translated(self._place):
            return self._commits.read(lambda connection: self._find(connection, scope, query))

    def _find_patterns(self, scope: Scope, query: Query) -> Page:
        plain = self._commits.read(lambda connection: self._resolved(connection, scope, query))
        return self._commits.read(lambda connection: self._find(connection, scope, plain))

    def _resolved(self, connection: Connection, scope: Scope, query: Query) -> Query:
        """The query without patterns, by the indexes of this state. Needs the thread's snapshot."""
        current = (connection.execute(indexes.GENERATION).fetchone() or (0,))[0]
        if current != self._indexes.generation:
            self._indexes = indexes.read(connection, current)
        return resolved(connection, scope, query, self._indexes.indexes)

    def explain(self, scope: Scope, query: Query) -> Plan:
        def work(connection: Connection) -> Plan:
            plain = self._resolved(connection, scope, query)
            found = sql.find(scope, plain, POSTGRESQL, self._indexes.indexes)
            return plan_of(connection, query, [found.page, *([found.total] if found.total else [])])

        if asks(query.where, Op.REGEX):
            return Plan(("READ the texts that patterns are compared with, in the gateway",), reads_all=True)
        with self.snapshot():
            return self._commits.read(work)

    def facets(self, scope: Scope, where: Condition, paths: Sequence[Path], limit: int) -> tuple[Facet, ...]:
        def counted(connection: Connection) -> tuple[Facet, ...]:
            plain = self._resolved(connection, scope, Query(where)).where
            known = self._indexes.indexes
            asked = [sql.facet(scope, plain, path, limit, POSTGRESQL, known) for path in paths]
            return tuple(sql.facet_of(_execute(connection, each).fetchall()) for each in asked)

        with self.snapshot():
            return self._commits.read(counted)

    def _find(self, connection: Connection, scope: Scope, query: Query) -> Page:
        """A page and its total of one state: a round trip for the page, and one for what is left."""
        known = self._indexes  # another thread may take over newer ones meanwhile
        # By indexes that are others now it might read everything: then it shall read nothing.
        valid = f"({indexes.GENERATION}) = {-1 if known.generation is None else known.generation}"
        statements = sql.find(scope, query, POSTGRESQL, known.indexes, only_if=valid)
        with connection.pipeline():
            if self._connections.held is None:
                connection.execute(BEGIN_READING)
            generation = connection.execute(indexes.GENERATION)
            page = _execute(connection, statements.page)
        current = (generation.fetchone() or (0,))[0]
        if current != known.generation:
            self._indexes = known = indexes.read(connection, current)
            statements = sql.find(scope, query, POSTGRESQL, known.indexes)
            page = _execute(connection, statements.page)
        found = page.fetchall()
        total = known_total(query, statements, len(found))
        keys = [row[0] for row in found] if statements.keys else []
        with connection.pipeline():
            counted = _count(connection, scope, statements.total) if total is None else None
            by_seq = _BY_SEQ.format(table="history" if scope.removed else "object")
            items = connection.execute(by_seq, (scope.tenant, scope.entity, keys)) if keys else None
        if counted is not None:
            total = int((counted.fetchone() or (0,))[0])
        if items is not None:
            by_key = {row[0]: row[1:] for row in items.fetchall()}
            found = [by_key[key] for key in keys]
        return Page(tuple(rows.stored_objects(scope.tenant, found)), total or 0)

    def following(self, scope: Scope, id: str | None, limit: int) -> Sequence[StoredObject]:
        statement = sql.following(scope, id, limit, POSTGRESQL)
        return rows.stored_objects(scope.tenant, self._read(statement.text, statement.params))

    def count(self, scope: Scope) -> int:
        if scope.owner is None and not scope.removed:
            return int(self._read(_TOTAL, (scope.tenant, scope.entity))[0][0])
        statement = sql.count(scope, POSTGRESQL)
        return int(self._read(statement.text, statement.params)[0][0])

    # -- what was

    def history(self, scope: Scope, id: str) -> Sequence[Past]:
        found = self._read(_HISTORY, (scope.tenant, *storable([id]))) if storable([id]) else []
        versions = [rows.past(scope.tenant, row) for row in found]
        return tuple(each for each in versions if in_scope(scope, each.object))

    def versions(
        self, scope: Scope, id: str, window: Window, number: int | None = None
    ) -> tuple[Sequence[Past], int]:
        if not storable([id]):
            return (), 0
        params = {
            "tenant": scope.tenant,
            "id": id,
            "entity": scope.entity,
            "owner": scope.owner,
            "number": number,
            "limit": window.limit,
            "offset": window.offset,
        }
        found = self._read(_VERSIONS, params)
        total = self._read(f"SELECT COUNT(*) {_OF_LIFE}", params)[0][0]
        return tuple(rows.past(scope.tenant, row) for row in found), int(total)

    def as_of(self, tenant: str, ids: Iterable[str], moment: str) -> Mapping[str, StoredObject]:
        found = self._read(_AS_OF, {"tenant": tenant, "ids": storable(ids), "moment": moment})
        return {item.id: item for item in rows.stored_objects(tenant, found)}

    def removals(self, tenant: str, ids: Iterable[str]) -> Mapping[str, Past]:
        found = self._read(_REMOVALS, (tenant, storable(ids)))
        return {each.object.id: each for each in (rows.past(tenant, row) for row in found)}

    def purge(self, before: str) -> int:
        return self._again(lambda c: c.execute("DELETE FROM history WHERE ended < %s", (before,)).rowcount)

    def erase(self, tenant: str, ids: Sequence[str]) -> int:
        return self._again(lambda c: c.execute(_ERASE, (tenant, storable(ids))).rowcount)

    def _again(self, work: Callable[[Connection], T]) -> T:
        """Do in a transaction what does no harm when it is done twice."""

        def whole(connection: Connection) -> T:
            connection.execute("BEGIN")
            return work(connection)

        with translated(self._place):
            return self._commits.run(whole, lambda *_: False)

    # -- writing objects

    def apply(self, changes: Changes) -> tuple[StoredObject, ...]:
        if not changes.puts and not changes.deletes:
            return ()

        def work(connection: Connection) -> Written:
            return write(connection, self._indexes, changes)

        with translated(self._place):
            done = self._commits.run(
                work, lambda connection, made: was_made(connection, changes, made.objects)
            )
        self._indexes = done.known
        return done.objects

    def ensure_indexes(self, wanted: Wanted) -> None:
        with translated(self._place), contextlib.closing(self._connections.apart()) as connection:
            asked = partial(specs_of, wanted, partial(configuration.artifacts, connection))
            indexes.ensure(connection, asked, self._place)

    # -- configuration

    def configure(self, wanted: Configuration) -> tuple[StoredObject, ...]:
        with translated(self._place):
            done = self._commits.run(
                lambda connection: configuration.write(connection, self._indexes, wanted),
                lambda connection, _: configuration.was_made(connection, wanted),
            )
        self._revisions.forget()
        self._indexes = done.known
        return done.objects

    def put_application(self, record: ApplicationRecord) -> None:
        def work(connection: Connection) -> bool:
            connection.execute(_PUT_APPLICATION, rows.application_values(record))
            return True

        self._configure(work)

    def remove_application(self, name: str) -> bool:
        text = "DELETE FROM application WHERE name = %s"
        return self._configure(lambda c: c.execute(text, (name,)).rowcount > 0)

    def revision(self) -> int:
        with translated(self._place):
            return self._revisions.current()

    # -- the database itself

    def findings(self) -> Sequence[Finding]:
        found = self._read(
            "SELECT name FROM pg_settings WHERE setting = 'off' AND name = ANY(%s)", (_SAFETY,)
        )
        return tuple(
            Finding(
                Severity.WARNING,
                "store-durability",
                f"the database server has {name} off: what was acknowledged may be lost in a power cut",
                hint=f"Set {name} = on in its configuration.",
            )
            for (name,) in found
        )

    def check(self) -> None:
        if self._read("SELECT count(*) FROM revision")[0][0] < len(("configuration", "indexes")):
            raise StoreError(f"The store {self._place} is damaged.", hint="Restore it from a backup.")

    def close(self) -> None:
        self._revisions.close()
        self._connections.close()

    def _configure(self, work: Callable[[Connection], bool]) -> bool:
        """Change configuration; what changes it is announced. Doing it twice does no harm."""

        def whole(connection: Connection) -> bool:
            connection.execute("BEGIN")
            # One at a time: what a change removes must be all that another one added.
            connection.execute(configuration.LOCK)
            done = work(connection)
            if done:
                announce(connection)
            return done

        with translated(self._place):
            done = self._commits.run(whole, lambda *_: False)
        self._revisions.forget()
        return done

    def _read_revision(self) -> int:
        return int(self._read("SELECT value FROM revision WHERE name = 'configuration'")[0][0])

    def _read(self, text: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
        """The rows of one statement."""
        with translated(self._place):
            return self._commits.read(lambda connection: connection.execute(text, params).fetchall())


_SAFETY = ["fsync", "full_page_writes", "synchronous_commit"]


def _count(connection: Connection, scope: Scope, total: sql.Statement | None) -> psycopg.Cursor[Any]:
    if total is None:
        return connection.execute(_TOTAL, (scope.tenant, scope.entity))
    return _execute(connection, total)


def _execute(connection: Connection, statement: sql.Statement) -> psycopg.Cursor[Any]:
    return connection.execute(statement.text, statement.params)

"""The store in one SQLite file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from gateway_core.errors import StoreError
from gateway_core.query.evaluate import in_scope
from gateway_core.query.model import Condition, Facet, Query, Scope, Window
from gateway_core.query.model import Path as MemberPath
from gateway_core.store import rows, sql
from gateway_core.store.configured import APPLICATION, ReadsConfiguration
from gateway_core.store.dialect import SQLITE
from gateway_core.store.documents import encoded
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
from gateway_core.store.sqlite import configuration, indexes, texts
from gateway_core.store.sqlite.changes import write
from gateway_core.store.sqlite.commits import Commits
from gateway_core.store.sqlite.connections import Connections, briefly, create_file, migrate
from gateway_core.store.sqlite.failures import translated
from gateway_core.store.sqlite.marks import SqliteMarks
from gateway_core.store.sqlite.outbox import SqliteOutbox
from gateway_core.store.sqlite.plans import plan_of
from gateway_core.store.terms import specs_of
from gateway_core.types import Finding, Page, StoredObject

MAX_MARKS = 64
WRITER_CACHE = 64 * 1024  # KiB: the upper pages of the indexes, which every write of a large store visits
T = TypeVar("T")

_FETCH = f"SELECT {sql.COLUMNS} FROM object WHERE tenant = ? AND id = ?"
_GET = f"SELECT {sql.COLUMNS} FROM object WHERE tenant = ? AND id IN ({{ids}})"
_BY_SEQ = f"SELECT seq, {sql.COLUMNS} FROM {{table}} WHERE seq IN (SELECT value FROM json_each(?))"
# The entity is compared here and not there: a bound value that a partial index might fit makes
# SQLite prepare the statement again for each call.
_LINKED_IDS = """
SELECT o.seq, o.id, o.entity, l.property, l.target
FROM link l CROSS JOIN object o ON o.tenant = l.tenant AND o.id = l.source
WHERE l.tenant = ? AND l.target IN ({targets}) AND l.property IN ({properties})"""
_AROUND = f"""
SELECT 0, 0, NULL, {sql.COLUMNS} FROM object WHERE tenant = ?1 AND id = ?2
UNION ALL
SELECT 1, 0, NULL, {", ".join(f"o.{name}" for name in sql.COLUMNS.split(", "))}
FROM link l CROSS JOIN object o ON o.tenant = l.tenant AND o.id = l.target
WHERE l.tenant = ?1 AND l.source = ?2
UNION ALL
SELECT 2, o.seq, l.property, o.id, o.entity, {", ".join("NULL" for _ in sql.COLUMNS.split(", ")[2:])}
FROM link l CROSS JOIN object o ON o.tenant = l.tenant AND o.id = l.source
WHERE l.tenant = ?1 AND l.target = ?2 AND l.property IN ({{properties}})"""
_HISTORY = f"""
SELECT ended, ended_by, removed, {sql.COLUMNS} FROM history WHERE tenant = ? AND id = ? ORDER BY seq"""
_OF_LIFE = """
FROM history WHERE tenant = :tenant AND id = :id AND entity = :entity
AND (:owner IS NULL OR owner = :owner) AND (:number IS NULL OR version = :number)"""
_VERSIONS = f"""
SELECT ended, ended_by, removed, {sql.COLUMNS} {_OF_LIFE} ORDER BY seq DESC LIMIT :limit OFFSET :offset"""
_AS_OF = f"""
SELECT {sql.COLUMNS} FROM history WHERE tenant = ?1 AND id IN ({{ids}}) AND modified < ?2 AND ended >= ?2
UNION ALL
SELECT {sql.COLUMNS} FROM object WHERE tenant = ?1 AND id IN ({{ids}}) AND modified < ?2"""
_REMOVALS = f"""
SELECT ended, ended_by, removed, {sql.COLUMNS} FROM history
WHERE tenant = ? AND id IN (SELECT value FROM json_each(?)) AND removed = 1"""
_REFERRERS = """
SELECT source, property, target, position FROM link
WHERE tenant = ? AND target IN (SELECT value FROM json_each(?)) ORDER BY target, source, property, position"""
_TOTAL = "SELECT total FROM counter WHERE tenant = ? AND entity = ?"


class SqliteStore(ReadsConfiguration):
    """See ``protocol.Store``. Several threads and several processes may use the file at once.

    ``path`` is a file (made with mode 0600 when absent, its directory must exist) or the URI
    of a shared database in memory. ``synchronous`` is FULL (a committed write survives a power
    cut) or NORMAL (it survives a kill of the process). Who waits longer than ``busy_seconds``
    for another process gets a ``StoreError``.
    """

    mark = "?"
    reads_at_once = True  # in WAL mode a reader never waits for a writer

    def __init__(self, path: str, *, synchronous: str = "FULL", busy_seconds: float = 10.0) -> None:
        if synchronous not in {"FULL", "NORMAL"}:
            raise ValueError("synchronous is FULL or NORMAL")
        self._place = path
        self.shared = not path.startswith("file:")  # what is in memory is this process's alone
        self._readers = Connections(path, synchronous=synchronous, busy_seconds=busy_seconds)
        self._indexes = indexes.IndexSet()
        self._around_texts: dict[tuple[tuple[str, str], ...], tuple[str, tuple[str, ...]]] = {}
        try:
            if not path.startswith("file:"):
                create_file(Path(path))
            with translated(path):
                connection = self._readers.open()
                connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE}")
        except OSError as error:
            hint = "Check that its directory exists and may be written."
            raise StoreError(f"The store {path} cannot be opened: {error.strerror}.", hint=hint) from error
        try:
            with translated(path):
                migrate(connection, busy_seconds, path)
        except BaseException:
            connection.close()
            raise
        self._commits = Commits(connection, busy_seconds=busy_seconds, place=path)
        self.outbox = SqliteOutbox(self._read, self._write)
        self.marks = SqliteMarks(self._read, self._write)

    # -- reading objects

    @contextlib.contextmanager
    def snapshot(self, *, brief: bool = False) -> Iterator[None]:
        with translated(self._place), self._readers.snapshot() as connection:
            if brief:
                with briefly(connection):
                    yield
            else:
                yield

    def fetch(self, scope: Scope, id: str) -> StoredObject | None:
        found = self._read(_FETCH, (scope.tenant, id))
        if not found or found[0][1] != scope.entity:
            return None
        item = rows.stored_object(scope.tenant, found[0])
        return item if scope.owner is None or item.meta.owner == scope.owner else None

    def get(self, tenant: str, ids: Iterable[str]) -> Mapping[str, StoredObject]:
        marks, values = _listed(tuple(ids))
        found = self._read(_GET.format(ids=marks), (tenant, *values))
        return {item.id: item for item in rows.stored_objects(tenant, found)}

    def around(self, scope: Scope, id: str, relations: Collection[tuple[str, str]]) -> Surroundings | None:
        key = tuple(relations)
        text, properties = self._around_texts.get(key) or self._around_text(key)
        found, referring = [], []
        for number, seq, property, *row in self._read(text, (scope.tenant, id, *properties)):
            if number == 2:
                referring.append((seq, row[1], property, row[0]))
            else:
                found.append(row)
        if not found or found[0][0] != id or found[0][1] != scope.entity:
            return None
        root, *others = rows.stored_objects(scope.tenant, found)
        if scope.owner not in (None, root.meta.owner):
            return None
        linked = {item.id: item for item in others}
        if not referring:
            return Surroundings(root, linked, {})
        referrers: dict[tuple[str, str, str], dict[str, None]] = {}
        for _, entity, property, source in sorted(referring):
            if (entity, property) in relations:
                referrers.setdefault((id, entity, property), {})[source] = None
        return Surroundings(root, linked, {key: tuple(ids) for key, ids in referrers.items()})

    def _around_text(self, relations: tuple[tuple[str, str], ...]) -> tuple[str, tuple[str, ...]]:
        """The statement of ``around`` and the properties it is bound to, made once per entity."""
        marks, properties = _listed(tuple(sorted({property for _, property in relations})))
        made = self._around_texts[relations] = (_AROUND.format(properties=marks), properties)
        return made

    def linked_ids(
        self, tenant: str, targets: Sequence[str], relations: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str, str], tuple[str, ...]]:
        target_marks, target_values = _listed(targets)
        marks, properties = _listed(tuple(sorted({property for _, property in relations})))
        text = _LINKED_IDS.format(targets=target_marks, properties=marks)
        found: dict[tuple[str, str, str], dict[str, None]] = {}
        for _, id, entity, property, target in sorted(
            self._read(text, (tenant, *target_values, *properties))
        ):
            if (entity, property) in relations:
                found.setdefault((target, entity, property), {})[id] = None
        return {key: tuple(ids) for key, ids in found.items()}

    def referrers(self, tenant: str, targets: Sequence[str]) -> Sequence[Link]:
        return tuple(Link(*row) for row in self._read(_REFERRERS, (tenant, _array(targets))))

    def find(self, scope: Scope, query: Query) -> Page:
        with translated(self._place), self._readers.snapshot() as connection:
            self._indexes = known = indexes.current(connection, self._indexes)
            statements = sql.find(scope, query, SQLITE, known.indexes)
            page = connection.execute(statements.page.text, statements.page.params).fetchall()
            total = self._total(connection, scope, query, statements, len(page))
            if statements.keys:
                page = _in_order(connection, scope, [seq for (seq,) in page])
        return Page(tuple(rows.stored_objects(scope.tenant, page)), total)

    def _total(
        self, connection: sqlite3.Connection, scope: Scope, query: Query, statements: sql.Find, shown: int
    ) -> int:
        if statements.total is None:
            return _counted(connection, scope)
        window = query.window
        if 0 < shown < window.limit or (shown < window.limit and window.offset == 0):
            return window.offset + shown
        return int(connection.execute(statements.total.text, statements.total.params).fetchone()[0])

    def facets(
        self, scope: Scope, where: Condition, paths: Sequence[MemberPath], limit: int
    ) -> tuple[Facet, ...]:
        with translated(self._place), self._readers.snapshot() as connection:
            self._indexes = known = indexes.current(connection, self._indexes)
            asked = [sql.facet(scope, where, path, limit, SQLITE, known.indexes) for path in paths]
            return tuple(sql.facet_of(connection.execute(a.text, a.params).fetchall()) for a in asked)

    def explain(self, scope: Scope, query: Query) -> Plan:
        with translated(self._place), self._readers.snapshot() as connection:
            self._indexes = known = indexes.current(connection, self._indexes)
            found = sql.find(scope, query, SQLITE, known.indexes)
            return plan_of(connection, query, [found.page, *([found.total] if found.total else [])])

    def following(self, scope: Scope, id: str | None, limit: int) -> Sequence[StoredObject]:
        statement = sql.following(scope, id, limit, SQLITE)
        return rows.stored_objects(scope.tenant, self._read(statement.text, statement.params))

    def count(self, scope: Scope) -> int:
        with translated(self._place), self._readers.snapshot() as connection:
            if scope.owner is None and not scope.removed:
                return _counted(connection, scope)
            statement = sql.count(scope, SQLITE)
            return int(connection.execute(statement.text, statement.params).fetchone()[0])

    # -- what was

    def history(self, scope: Scope, id: str) -> Sequence[Past]:
        found = [rows.past(scope.tenant, row) for row in self._read(_HISTORY, (scope.tenant, id))]
        return tuple(each for each in found if in_scope(scope, each.object))

    def versions(
        self, scope: Scope, id: str, window: Window, number: int | None = None
    ) -> tuple[Sequence[Past], int]:
        params = {
            "tenant": scope.tenant,
            "id": id,
            "entity": scope.entity,
            "owner": scope.owner,
            "number": number,
            "limit": window.limit,
            "offset": window.offset,
        }
        with translated(self._place), self._readers.snapshot() as connection:
            found = connection.execute(_VERSIONS, params).fetchall()
            total = connection.execute(f"SELECT COUNT(*) {_OF_LIFE}", params).fetchone()[0]
        return tuple(rows.past(scope.tenant, row) for row in found), int(total)

    def as_of(self, tenant: str, ids: Iterable[str], moment: str) -> Mapping[str, StoredObject]:
        listed = "SELECT value FROM json_each(?3)"
        found = self._read(_AS_OF.format(ids=listed), (tenant, moment, _array(ids)))
        return {item.id: item for item in rows.stored_objects(tenant, found)}

    def removals(self, tenant: str, ids: Iterable[str]) -> Mapping[str, Past]:
        found = [rows.past(tenant, row) for row in self._read(_REMOVALS, (tenant, _array(ids)))]
        return {each.object.id: each for each in found}

    def purge(self, before: str) -> int:
        return self._forget("DELETE FROM history WHERE ended < ?", (before,))

    def erase(self, tenant: str, ids: Sequence[str]) -> int:
        text = "DELETE FROM history WHERE tenant = ? AND id IN (SELECT value FROM json_each(?))"
        return self._forget(text, (tenant, _array(ids)))

    def _forget(self, text: str, params: tuple[Any, ...]) -> int:
        """Forget versions, and what the indexes of texts still hold of what they were."""
        forgotten = self._write(lambda connection: connection.execute(text, params).rowcount)
        if forgotten:
            for (number,) in self._read("SELECT number FROM text_index"):
                more = self._write(partial(texts.merge, number=number, first=True))
                while more:
                    more = self._write(partial(texts.merge, number=number, first=False))
        return forgotten

    # -- writing objects

    def apply(self, changes: Changes) -> tuple[StoredObject, ...]:
        def work(connection: sqlite3.Connection) -> tuple[StoredObject, ...]:
            self._indexes = known = indexes.current(connection, self._indexes)
            return write(connection, known, changes)

        return self._write(work)

    def ensure_indexes(self, wanted: Wanted) -> None:
        def work(connection: sqlite3.Connection) -> None:
            indexes.ensure(connection, specs_of(wanted, lambda: configuration.artifacts(connection)))

        self._write(work)
        while self._write(texts.fill):
            pass

    # -- configuration

    def configure(self, wanted: Configuration) -> tuple[StoredObject, ...]:
        def work(connection: sqlite3.Connection) -> tuple[StoredObject, ...]:
            self._indexes = known = indexes.current(connection, self._indexes)
            return configuration.write(connection, known, wanted)

        return self._write(work)

    def put_application(self, record: ApplicationRecord) -> None:
        def work(connection: sqlite3.Connection) -> None:
            insert = f"INSERT OR REPLACE INTO application ({APPLICATION}) VALUES (?, ?, ?, ?, ?, ?, ?)"
            connection.execute(insert, rows.application_values(record))
            connection.execute(configuration.CHANGED)

        self._write(work)

    def remove_application(self, name: str) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            removed = connection.execute("DELETE FROM application WHERE name = ?", (name,)).rowcount > 0
            if removed:
                connection.execute(configuration.CHANGED)
            return removed

        return self._write(work)

    def revision(self) -> int:
        return int(self._read("SELECT value FROM revision WHERE name = 'configuration'")[0][0])

    # -- the file itself

    def findings(self) -> Sequence[Finding]:
        return ()

    def check(self) -> None:
        if self._read("PRAGMA quick_check(1)") != [("ok",)]:
            raise StoreError(f"The store {self._place} is damaged.", hint="Restore it from a backup.")

    def close(self) -> None:
        self._readers.close()
        self._commits.close()

    def _read(self, text: str, params: tuple[Any, ...] | Mapping[str, Any] = ()) -> list[Any]:
        """The rows of one statement."""
        connection = self._readers.take()
        try:
            return connection.execute(text, params).fetchall()
        except (sqlite3.Error, UnicodeEncodeError):
            with translated(self._place):
                raise
        finally:
            self._readers.give(connection)

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with translated(self._place):
            return self._commits.run(work)


def _listed(values: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Marks and values of a list: written out while it is short, else as one JSON text.

    Lengths are rounded up to a power of two (the last value repeated), so that few different
    statements are prepared and kept.
    """
    if not values or len(values) > MAX_MARKS:
        return "SELECT value FROM json_each(?)", (_array(values),)
    length = 1 << (len(values) - 1).bit_length()
    return ", ".join("?" * length), (*values, *(values[-1] for _ in range(length - len(values))))


def _array(texts: Iterable[str]) -> str:
    return encoded(list(texts))


def _counted(connection: sqlite3.Connection, scope: Scope) -> int:
    row = connection.execute(_TOTAL, (scope.tenant, scope.entity)).fetchone()
    return int(row[0]) if row else 0


def _in_order(connection: sqlite3.Connection, scope: Scope, keys: list[int]) -> list[tuple[Any, ...]]:
    text = _BY_SEQ.format(table="history" if scope.removed else "object")
    found = {row[0]: row[1:] for row in connection.execute(text, (encoded(keys),))}
    return [found[key] for key in keys]

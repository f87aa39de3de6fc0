"""The store in one readable JSON file, through TinyDB."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import orjson
from tinydb import TinyDB

from gateway_core.errors import BadRequest, NotAtOnce, StoreError
from gateway_core.query import evaluate
from gateway_core.query.model import Condition, Facet, Query, Scope, Window
from gateway_core.query.model import Path as MemberPath
from gateway_core.store import sql
from gateway_core.store.dialect import SQLITE
from gateway_core.store.documents import encoded, is_text
from gateway_core.store.known import Indexes
from gateway_core.store.protocol import (
    ApplicationRecord,
    Changes,
    Configuration,
    Installation,
    Link,
    Past,
    Plan,
    Surroundings,
    Wanted,
)
from gateway_core.store.terms import specs_of
from gateway_core.store.tiny.changes import applied, configured
from gateway_core.store.tiny.marks import TinyMarks
from gateway_core.store.tiny.outbox import TinyOutbox
from gateway_core.store.tiny.state import Key, LinkedWorld, State, state_of, tables
from gateway_core.store.tiny.storage import AtomicStorage
from gateway_core.types import Artifact, Finding, JsonObject, Page, Severity, StoredObject

MANY = 10_000
BRIEF = 200  # objects that a search may read where nothing else can happen meanwhile
T = TypeVar("T")


class TinyStore:
    """See ``protocol.Store``. One process may use the file, with several threads.

    Everything is in memory; each change writes the whole file anew. ``flush``: it is on disk,
    and not only handed to the system, when the change returns.
    """

    reads_at_once = True
    shared = False

    def __init__(self, path: Path, *, flush: bool = True) -> None:
        self._path = path
        self._writing = threading.Lock()
        self._of_thread = threading.local()
        try:
            self._database = TinyDB(path, storage=AtomicStorage, flush=flush)
        except OSError as error:
            raise self._failure(error) from error
        self._state: State | None = None
        try:
            self._state = self._load()
            if not path.exists():
                self._database.storage.write(tables(self._state))
        except OSError as error:
            self._database.close()
            raise self._failure(error) from error
        except BaseException:
            self._database.close()
            raise
        self.outbox = TinyOutbox(self._current, self._write)
        self.marks = TinyMarks(self._current, self._write)

    # -- reading objects

    @contextlib.contextmanager
    def snapshot(self, *, brief: bool = False) -> Iterator[None]:
        if getattr(self._of_thread, "state", None) is not None:
            yield
            return
        self._of_thread.state, self._of_thread.brief = self._current(), brief
        try:
            yield
        finally:
            self._of_thread.state, self._of_thread.brief = None, False

    def get(self, tenant: str, ids: Iterable[str]) -> Mapping[str, StoredObject]:
        objects = self._current().objects
        found = {id: objects.get((tenant, id)) for id in map(_text, ids)}
        return {id: row.copy() for id, row in found.items() if row is not None}

    def fetch(self, scope: Scope, id: str) -> StoredObject | None:
        row = self._current().objects.get((scope.tenant, _text(id)))
        return row.copy() if row is not None and evaluate.in_scope(scope, row.item) else None

    def around(self, scope: Scope, id: str, relations: Collection[tuple[str, str]]) -> Surroundings | None:
        with self.snapshot():
            root = self.fetch(scope, id)
            if root is None:
                return None
            links = self._current().objects[scope.tenant, id].links
            linked = self.get(scope.tenant, [link.target for link in links])
            return Surroundings(root, linked, self.linked_ids(scope.tenant, [id], relations))

    def linked_ids(
        self, tenant: str, targets: Sequence[str], relations: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str, str], tuple[str, ...]]:
        referring = self._current().referring
        found: dict[tuple[str, str, str], dict[str, None]] = {}
        for target in targets:
            for row in referring.get((tenant, target), ()):
                for link in row.links:
                    if link.target == target and (row.item.entity, link.property) in relations:
                        found.setdefault((target, row.item.entity, link.property), {})[row.item.id] = None
        return {key: tuple(ids) for key, ids in found.items()}

    def referrers(self, tenant: str, targets: Sequence[str]) -> Sequence[Link]:
        referring = self._current().referring
        found = [
            link
            for target in dict.fromkeys(targets)
            for row in referring.get((tenant, target), ())
            for link in row.links
            if link.target == target
        ]
        return tuple(sorted(found, key=lambda link: (link.target, link.source, link.property, link.position)))

    def find(self, scope: Scope, query: Query) -> Page:
        sql.find(scope, query, SQLITE, Indexes())  # refuses what no store can be asked
        state = self._current()
        if len(state.objects) > BRIEF and getattr(self._of_thread, "brief", False):
            raise NotAtOnce
        if scope.removed:
            removed = self._removed(state, scope)
            found, total = evaluate.run(query, removed, LinkedWorld(State(), scope.tenant))
            return Page(tuple(map(_copied, found)), total)
        rows = [row for row in state.objects.values() if evaluate.in_scope(scope, row.item)]
        world = LinkedWorld(state, scope.tenant)
        items, total = evaluate.run(query, (row.item for row in rows), world)
        return Page(tuple(state.objects[scope.tenant, item.id].copy() for item in items), total)

    def facets(
        self, scope: Scope, where: Condition, paths: Sequence[MemberPath], limit: int
    ) -> tuple[Facet, ...]:
        sql.find(scope, Query(where), SQLITE, Indexes())  # refuses what no store can be asked
        state = self._current()
        if len(state.objects) > BRIEF and getattr(self._of_thread, "brief", False):
            raise NotAtOnce
        world = LinkedWorld(state, scope.tenant)
        items = [row.item for row in state.objects.values() if evaluate.in_scope(scope, row.item)]
        found = [item for item in items if evaluate.matches(where, item, world)]
        return tuple(evaluate.facet(path, found, limit) for path in paths)

    def explain(self, scope: Scope, query: Query) -> Plan:
        sql.find(scope, query, SQLITE, Indexes())  # refuses what no store can be asked
        step = "READ every object, in memory: this store has no indexes"
        return Plan((step,), reads_all=True, sorts=bool(query.order))

    def following(self, scope: Scope, id: str | None, limit: int) -> Sequence[StoredObject]:
        objects = self._current().objects
        before = objects.get((scope.tenant, _text(id))) if id is not None else None
        if id is not None and before is None:
            return ()
        after = before.seq if before is not None else -1
        found = (row for row in objects.values() if row.seq > after and evaluate.in_scope(scope, row.item))
        return [row.copy() for row in islice(found, limit)]

    def count(self, scope: Scope) -> int:
        if scope.removed:
            return len(self._removed(self._current(), scope))
        return sum(evaluate.in_scope(scope, row.item) for row in self._current().objects.values())

    # -- what was

    def history(self, scope: Scope, id: str) -> Sequence[Past]:
        versions = self._current().past.get((scope.tenant, _text(id)), ())
        return tuple(
            replace(each, object=_copied(each.object))
            for each in versions
            if evaluate.in_scope(scope, each.object)
        )

    def versions(
        self, scope: Scope, id: str, window: Window, number: int | None = None
    ) -> tuple[Sequence[Past], int]:
        all_ = self._current().past.get((scope.tenant, _text(id)), ())
        mine = [each for each in reversed(all_) if evaluate.in_scope(scope, each.object)]
        if number is not None:
            mine = [each for each in mine if each.object.meta.version == number]
        shown = mine[window.offset : window.offset + window.limit]
        return tuple(replace(each, object=_copied(each.object)) for each in shown), len(mine)

    def as_of(self, tenant: str, ids: Iterable[str], moment: str) -> Mapping[str, StoredObject]:
        state = self._current()
        found: dict[str, StoredObject] = {}
        for id in ids:
            for each in state.past.get((tenant, id), ()):
                if each.object.meta.modified < moment <= each.ended:
                    found[id] = _copied(each.object)
            row = state.objects.get((tenant, id))
            if row is not None and row.item.meta.modified < moment:
                found[id] = row.copy()
        return found

    def removals(self, tenant: str, ids: Iterable[str]) -> Mapping[str, Past]:
        past = self._current().past
        last = ((id, past[tenant, id][-1]) for id in ids if past.get((tenant, id)))
        return {id: replace(each, object=_copied(each.object)) for id, each in last if each.removed}

    def purge(self, before: str) -> int:
        return self._forget(lambda _, each: each.ended >= before)

    def erase(self, tenant: str, ids: Sequence[str]) -> int:
        return self._forget(lambda key, _: key[0] != tenant or key[1] not in ids)

    def _forget(self, stays: Callable[[Key, Past], bool]) -> int:
        """Keep of all past versions only those that stay; how many went."""

        def work(state: State) -> tuple[State, int]:
            left = {key: tuple(e for e in all_ if stays(key, e)) for key, all_ in state.past.items()}
            gone = sum(len(state.past[key]) - len(each) for key, each in left.items())
            return (replace(state, past=left) if gone else state), gone

        return self._write(work)

    def _removed(self, state: State, scope: Scope) -> list[StoredObject]:
        """The removed objects within a scope, in the order of their removal."""
        last = [each for versions in state.past.values() for each in versions if each.removed]
        return [e.object for e in sorted(last, key=_ended) if evaluate.in_scope(scope, e.object)]

    # -- writing

    def apply(self, changes: Changes) -> tuple[StoredObject, ...]:
        return self._write(lambda state: applied(state, changes))

    def ensure_indexes(self, wanted: Wanted) -> None:
        """Those that are unique; every query reads everything, which is in memory."""
        specs = specs_of(wanted, self.artifacts)
        unique = tuple(sorted({s for s in specs if s.unique}, key=lambda s: (s.entity, s.path, s.folded)))
        if unique != self._current().unique:
            self._write(lambda state: (replace(state, unique=unique), None))

    # -- configuration

    def artifacts(self) -> Sequence[Artifact]:
        return tuple(each for held in self._current().bundles.values() for each in held.artifacts)

    def installed(self) -> Mapping[str, JsonObject]:
        return {name: dict(held.record) for name, held in self._current().bundles.items()}

    def earlier(self, bundle: str) -> Sequence[Installation]:
        return tuple(reversed(self._current().earlier.get(bundle, ())))

    def configure(self, wanted: Configuration) -> tuple[StoredObject, ...]:
        return self._write(lambda state: configured(state, wanted))

    def applications(self) -> Sequence[ApplicationRecord]:
        return tuple(record for _, record in sorted(self._current().applications.items()))

    def put_application(self, record: ApplicationRecord) -> None:
        def work(state: State) -> tuple[State, None]:
            known = {**state.applications, record.name: record}
            return replace(state, applications=known, revision=state.revision + 1), None

        self._write(work)

    def remove_application(self, name: str) -> bool:
        def work(state: State) -> tuple[State, bool]:
            if name not in state.applications:
                return state, False
            left = {each: record for each, record in state.applications.items() if each != name}
            return replace(state, applications=left, revision=state.revision + 1), True

        return self._write(work)

    def revision(self) -> int:
        return self._current().revision

    # -- the file itself

    def findings(self) -> Sequence[Finding]:
        count = len(self._current().objects)
        if count < MANY:
            return ()
        message = f"the JSON file holds {count} objects and is written whole at each change"
        return (Finding(Severity.WARNING, "store-size", message, hint="Move to a sqlite: store."),)

    def check(self) -> None:
        with self._writing:
            held = self._current()
            if encoded(tables(self._load())) != encoded(tables(held)):
                hint = "Stop the gateway before editing it; the next change overwrites what was edited."
                raise StoreError(f"The store {self._path} was changed by another program.", hint=hint)

    def close(self) -> None:
        with self._writing:
            self._state = None
            self._database.close()

    def _current(self) -> State:
        state: State | None = getattr(self._of_thread, "state", None) or self._state
        if state is None:
            raise StoreError(f"The store {self._path} is closed.")
        return state

    def _load(self) -> State:
        try:
            return state_of(self._database.storage.read() or {}, str(self._path))
        except OSError as error:
            raise self._failure(error) from error

    def _write(self, work: Callable[[State], tuple[State, T]]) -> T:
        """Do the work on the newest state and return its result once the file holds the new one."""
        with self._writing:
            before = self._state
            if before is None:
                raise StoreError(f"The store {self._path} is closed.")
            after, result = work(before)
            if after is before:
                return result
            try:
                self._database.storage.write(tables(after))
            except OSError as error:
                # Replaced or not: what the file holds is the truth.
                with contextlib.suppress(StoreError):
                    self._state = self._load()
                raise self._failure(error) from error
            self._state = after
        return result

    def _failure(self, error: OSError) -> StoreError:
        hint = "Check that its directory exists and may be written, and look for a full disk."
        return StoreError(f"The store {self._path} cannot be used: {error.strerror}.", hint=hint)


def _ended(each: Past) -> str:
    return each.ended


def _copied(item: StoredObject) -> StoredObject:
    """The object with data of its own, which the caller may do with as it likes."""
    return item._replace(data=orjson.loads(orjson.dumps(item.data)))


def _text(id: str) -> str:
    if not is_text(id.replace("\0", "")):
        raise BadRequest("The request holds text that is not valid Unicode.")
    return id

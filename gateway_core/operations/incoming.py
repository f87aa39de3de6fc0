"""Objects of a source on their way in: new ones are written, vanished ones go, known ones are passed over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from gateway_core.catalog.snapshot import Entity
from gateway_core.catalog.sources import Source
from gateway_core.errors import (
    Conflict,
    GatewayError,
    InvalidDocument,
    MappingError,
    NotUnique,
    UpstreamError,
    VersionConflict,
)
from gateway_core.mapping.mapping import CompiledMapping, Services, compile_mapping
from gateway_core.operations.asking import Ask, ask, source_of
from gateway_core.operations.call import Context
from gateway_core.operations.documents import ID, patched
from gateway_core.operations.dotted import at
from gateway_core.operations.graph import Extend, Graph, load
from gateway_core.operations.named import add_named, missing_references
from gateway_core.operations.prepare import prepare
from gateway_core.operations.relations import Planner
from gateway_core.operations.shape import invalid
from gateway_core.operations.telling import telling
from gateway_core.query.model import Scope
from gateway_core.types import Json, JsonObject, Principal, Reference, StoredObject

ATTEMPTS: Final = 8
FAULTS: Final = 20
BATCH: Final = 200
_CURSOR: Final = ""  # no object has this id
EVERYTHING: Final = Extend(everything=True)
_NAMESPACE: Final = UUID("6d0a1f0e-3d0c-4a3e-9c43-0c1f7b6a2e51")


@dataclass(frozen=True, slots=True)
class Synchronization:
    """What is brought in, and how it is asked for.

    Paths inside answers are dotted; "" is the whole. ``paging`` is ``none``, ``page`` (``parameter``
    counts from ``first``) or ``next`` (the member ``next`` is the address of the page that follows).
    ``detail`` is the path of one object, with ``{id}``, where lists hold only parts. ``changed`` is where an
    element tells of its last change: without another one it is the same, and no detail is asked for.
    ``pairs`` stand for a mapping that is none of the catalog: members here, and where their values stand
    there, beside all that is there.
    """

    reference: Reference
    source: Reference
    schema: Reference
    path: str = ""
    query: Mapping[str, Json] = field(default_factory=dict)
    results: str = "results"
    item: str = ""
    id: str = "id"
    mapping: Reference = ""
    pairs: Mapping[str, str] = field(default_factory=dict)
    paging: str = "none"
    parameter: str = "page"
    first: int = 1
    next: str = "next"
    detail: str = ""
    changed: str = ""
    remove: bool = False

    @property
    def owner(self) -> str:
        """That of its marks."""
        return f"{self.schema}#{self.reference}"


@dataclass(slots=True)
class Tally:
    """What came of a run so far. ``faults`` tell where the first of what failed stands, and why. ``resumed``:
    it goes on where an earlier one broke off."""

    pages: int = 0
    seen: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    total: int | None = None
    resumed: bool = False
    faults: list[str] = field(default_factory=list)


class Place(NamedTuple):
    """Where a run goes on: the number of a page, and its address where the page before told it."""

    number: int
    path: str


class Run:
    """One run: the tally, and the ids that the source still has."""

    def __init__(
        self, context: Context, sync: Synchronization, principal: Principal, services: Services
    ) -> None:
        self.context, self.sync, self.services = context, sync, services
        # Who owns an object tells which synchronization brought it in.
        self.principal = Principal(
            principal.application, frozenset(), principal.tenant, user=sync.reference, user_name="synchronize"
        )
        self.source: Source = source_of(context.catalog, sync.source)
        self.entity: Entity = context.catalog.entities[sync.schema]
        self.mapping: CompiledMapping | None = context.catalog.mappings.get(sync.mapping)
        if self.mapping is None and sync.pairs:
            self.mapping = compile_mapping(sync.reference, {"passTrough": True, "mapping": dict(sync.pairs)})
        self.tally = Tally()
        self.kept: set[str] = set()
        self._said: dict[str, str] = {}
        self._known: Mapping[str, str] = {}

    def ask(self, path: str, query: Mapping[str, Json]) -> Json:
        asked = Ask(path, query=query)
        return ask(self.context.sources, self.source, asked, self.services).document

    def left_at(self) -> Place | None:
        """Where an earlier run was broken off; None when the last one came to its end."""
        told = self.context.store.marks.read(self.sync.owner, [_CURSOR]).get(_CURSOR)
        return Place(*json.loads(told)) if told is not None else None

    def finish(self, following: Place | None) -> None:
        """Keep what the page said, and where the next one is; None after the last one."""
        if following is not None:
            self._said[_CURSOR] = json.dumps(following)
        self.keep()
        if following is None:
            self.context.store.marks.forget(self.sync.owner, [_CURSOR])

    def keep(self) -> None:
        """Keep what was said."""
        if self._said:
            self.context.store.marks.write(self.sync.owner, self._said)
        self._said = {}

    def bring_in(self, items: Sequence[Json]) -> None:
        """The objects of one page, each in a transaction of its own."""
        self.tally.pages += 1
        ids = [id for item in items if (id := self._id(item)) is not None]
        there = self.context.store.get(self.principal.tenant, ids)
        marks = self.context.store.marks.read(self.sync.owner, ids)
        # Of an object that was removed here nothing is known: it comes again.
        self._known = {id: mark for id, mark in marks.items() if id in there}
        for number, item in enumerate(items, 1):
            self.tally.seen += 1
            try:
                self._one(item)
            except UpstreamError:
                raise
            except (MappingError, InvalidDocument, NotUnique, Conflict) as error:
                self._failed(f"page {self.tally.pages}, number {number}", error)

    def _id(self, item: Json) -> str | None:
        """The id here of an element, None when it tells of none."""
        found = at(item, self.sync.id)
        plain = isinstance(found, str | int) and not isinstance(found, bool) and found != ""
        return self.id_of(str(found)) if plain else None

    def _is_known(self, id: str, said: Json) -> bool:
        """Whether the source said the same of an object before, and the configuration was the same."""
        text = json.dumps([self.context.catalog.version, said], sort_keys=True)
        mark = hashlib.sha256(text.encode()).hexdigest()
        if self._known.get(id) == mark:
            self.tally.unchanged += 1
            return True
        self._said[id] = mark
        return False

    def _failed(self, where: str, error: GatewayError) -> None:
        """Told by its place: the document may be personal data."""
        self.tally.failed += 1
        if len(self.tally.faults) < FAULTS:
            places = ""
            if isinstance(error, InvalidDocument):
                told = [
                    f"{'.'.join(map(str, v.pointer)) or 'document'}: {v.code}" for v in error.violations[:5]
                ]
                places = f" ({', '.join(told)})"
            self.tally.faults.append(f"{where}: {error.detail}{places}")

    def _one(self, item: Json) -> None:
        sync, id = self.sync, self._id(item)
        if id is None:
            raise MappingError(f"it has no id at '{sync.id}'")
        self.kept.add(id)
        changed = at(item, sync.changed) if sync.changed else None
        if changed is not None and self._is_known(id, changed):
            return
        if sync.detail:
            item = self.ask(sync.detail.replace("{id}", str(at(item, sync.id))), {})
        if changed is None and self._is_known(id, item):
            return
        try:
            self._write(id, self._wanted(item))
        except BaseException:
            self._said.pop(id, None)  # it is to be looked at again
            raise

    def _wanted(self, item: Json) -> JsonObject:
        """What an element says, in the shape of the schema."""
        sync = self.sync
        document = at(item, sync.item)
        if self.mapping is not None and isinstance(document, dict | list):
            document = self.mapping.apply(document, self.services)
        if not isinstance(document, dict):
            raise MappingError("it is no object")
        known = self.entity.spec.properties
        # Without a mapping of the catalog only members come in that the schema has; an id here is ours.
        return (
            {n: v for n, v in document.items() if n not in (ID, "id", "_self")}
            if self.sync.mapping
            else {n: v for n, v in document.items() if n in known and n != "id"}
        )

    def id_of(self, at_source: str) -> str:
        return str(uuid5(_NAMESPACE, f"{self.sync.reference} {self.sync.schema} {at_source}"))

    def _write(self, id: str, wanted: JsonObject) -> None:
        for _ in range(ATTEMPTS):
            item = self.context.store.fetch(Scope(self.principal.tenant, self.sync.schema), id)
            planner = self._created(id, wanted) if item is None else self._changed(item, wanted)
            changes = planner.changes()
            if not (changes.puts or changes.deletes):
                self.tally.unchanged += 1
                return
            try:
                self.context.store.apply(telling(self.context, changes, self.principal.application, depth=1))
            except VersionConflict:  # somebody else wrote it: look again
                continue
            if item is None:
                self.tally.created += 1
            else:
                self.tally.changed += 1
            return
        raise Conflict("it is being changed by others all the time")

    def _created(self, id: str, wanted: JsonObject) -> Planner:
        graph = Graph({}, {}, EVERYTHING)
        document = prepare(self.context, self.entity, wanted, id)
        self._check(document, graph)
        planner = Planner(self.context, self.principal, graph)
        planner.create(self.entity, id, document)
        return planner

    def _changed(self, item: StoredObject, wanted: JsonObject) -> Planner:
        """What the source says over what is there: members that it knows nothing of stay."""
        context, tenant = self.context, self.principal.tenant
        graph = load(context.catalog, context.store, tenant, [item], EVERYTHING)
        partial = prepare(context, self.entity, wanted, item.id, partial=True)
        add_named(context, tenant, self.entity, partial, graph)
        document = patched(context, graph, item, partial, append=False)
        document = prepare(context, self.entity, document, item.id)
        self._check(document, graph)
        planner = Planner(context, self.principal, graph)
        planner.update(self.entity, item, document)
        return planner

    def _check(self, document: JsonObject, graph: Graph) -> None:
        violations = self.entity.validator.check(document)
        if not violations:
            tenant = self.principal.tenant
            violations = tuple(missing_references(self.context, tenant, self.entity, document, graph))
        if violations:
            raise invalid(violations)

    def remove_vanished(self) -> None:
        """What this synchronization brought in, and its source has no more."""
        scope = Scope(self.principal.tenant, self.sync.schema, owner=self.sync.reference)
        last: str | None = None
        while True:
            batch = self.context.store.following(scope, last, BATCH)
            for item in batch:
                if item.id not in self.kept:
                    self._remove(item)
            if len(batch) < BATCH:
                return
            last = batch[-1].id

    def _remove(self, item: StoredObject) -> None:
        graph = Graph({item.id: item}, {}, EVERYTHING)
        changes = Planner(self.context, self.principal, graph).delete(item)
        try:
            self.context.store.apply(telling(self.context, changes, self.principal.application, depth=1))
        except VersionConflict:  # changed meanwhile: the next run decides anew
            return
        self.context.store.marks.forget(self.sync.owner, [item.id])
        self.tally.removed += 1

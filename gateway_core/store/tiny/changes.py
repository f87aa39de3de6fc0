"""``Changes`` → the next state. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from gateway_core.errors import NotUnique, StoreError
from gateway_core.store.documents import conflict, encoded_document, superseded
from gateway_core.store.protocol import (
    KEPT_INSTALLATIONS,
    Changes,
    Configuration,
    Delete,
    Earlier,
    IndexSpec,
    Installation,
    Past,
    Put,
)
from gateway_core.store.terms import claims_of
from gateway_core.store.tiny.box import recorded
from gateway_core.store.tiny.state import Key, Row, State
from gateway_core.types import StoredObject


def applied(state: State, changes: Changes) -> tuple[State, tuple[StoredObject, ...]]:
    """The state after the changes, and the objects as written; ``VersionConflict`` and ``NotUnique`` as
    the protocol says."""
    if not changes.puts and not changes.deletes:
        return state, ()
    draft = _Draft(state, changes.tenant)
    written = tuple(draft.put(put) for put in changes.puts)
    for delete in changes.deletes:
        draft.delete(delete)
    after = draft.state()
    if state.unique:
        _refuse_shared(after, changes.tenant, written)
    if changes.events:
        told, _ = recorded(after.outbox, changes.tenant, changes.events, {item.id: item for item in written})
        after = replace(after, outbox=told)
    return after, written


def _refuse_shared(state: State, tenant: str, written: Sequence[StoredObject]) -> None:
    """Raise ``NotUnique`` for the first object written that has a value of another one."""
    specs = {item.entity: [s for s in state.unique if s.entity == item.entity] for item in written}
    after = {item.id: row.item for item in written if (row := state.objects.get((tenant, item.id)))}
    owners: dict[tuple[IndexSpec, str], str] = {}
    for (owner, id), row in state.objects.items():
        if owner == tenant and id not in after and specs.get(row.item.entity):
            owners.update((claim, id) for claim in claims_of(row.item.data, specs[row.item.entity]))
    for id, item in after.items():
        for claim in claims_of(item.data, specs.get(item.entity, ())):
            if owners.setdefault(claim, id) != id:
                raise NotUnique(id, claim[0].path)


def configured(state: State, wanted: Configuration) -> tuple[State, tuple[StoredObject, ...]]:
    """The state with the configuration in force, and the objects as written."""
    if wanted.expect is not None and wanted.expect != state.revision:
        raise superseded()
    after, written = applied(state, wanted.changes or Changes(""))
    after = _cleared(after, wanted.clear)
    bundles, earlier = dict(after.bundles), dict(after.earlier)
    held, before = bundles.get(wanted.bundle), earlier.get(wanted.bundle, ())
    if wanted.forgets:
        bundles.pop(wanted.bundle, None)
        earlier.pop(wanted.bundle, None)
    else:
        own = tuple(replace(a, origin=replace(a.origin, bundle=wanted.bundle)) for a in wanted.artifacts)
        bundles[wanted.bundle] = Installation(dict(wanted.record), own)
        if wanted.earlier is Earlier.POP:
            earlier[wanted.bundle] = before[:-1]
        elif wanted.earlier is Earlier.PUSH and held is not None:
            earlier[wanted.bundle] = (*before, held)[-KEPT_INSTALLATIONS:]
    return replace(after, bundles=bundles, earlier=earlier, revision=state.revision + 1), written


def _cleared(state: State, entities: tuple[str, ...]) -> State:
    """The state without what was of these entities."""
    if not entities:
        return state
    past = {
        key: versions for key, versions in state.past.items() if versions[0].object.entity not in entities
    }
    named = tuple(f"{entity}#" for entity in entities)
    sequences = {key: value for key, value in state.sequences.items() if not key[1].startswith(named)}
    marks = {key: value for key, value in state.marks.items() if not key[0].startswith(named)}
    return replace(state, past=past, sequences=sequences, marks=marks)


class _Draft:
    """A state in the making."""

    def __init__(self, state: State, tenant: str) -> None:
        self._before, self._tenant = state, tenant
        self._objects: dict[Key, Row] = dict(state.objects)
        self._sequences: dict[Key, int] = dict(state.sequences)
        self._past: dict[Key, tuple[Past, ...]] = dict(state.past)
        self._last = state.last

    def state(self) -> State:
        return replace(
            self._before,
            objects=self._objects,
            sequences=self._sequences,
            past=self._past,
            last=self._last,
        )

    def put(self, put: Put) -> StoredObject:
        item = put.object._replace(meta=put.object.meta._replace(tenant=self._tenant))
        if put.sequences:
            item = item._replace(data=self._numbered(put))
        key = (self._tenant, item.id)
        held = self._objects.get(key)
        if held is None and put.expect == 0:
            self._last += 1
            seq = self._last
            self._past[key] = tuple(replace(each, removed=False) for each in self._past.get(key, ()))
        elif held is None or not put.expect or not _expected(held, put.expect, item.entity):
            raise conflict(put.expect)
        else:
            seq = held.seq
            self._keep(key, Past(held.item, item.meta.modified, item.meta.author))
        text = encoded_document(item).encode()
        links = tuple({(link.property, link.position, link.target): link for link in put.links}.values())
        own = item._replace(data=orjson.loads(text))
        self._objects[key] = Row(seq, own, text, tuple(replace(link, source=item.id) for link in links))
        return item

    def delete(self, delete: Delete) -> None:
        key = (self._tenant, delete.id)
        held = self._objects.get(key)
        if held is None or held.item.meta.version != delete.expect:
            raise conflict(delete.expect)
        del self._objects[key]
        self._keep(key, Past(held.item, delete.moment, delete.author, removed=True))
        for other, row in self._objects.items():
            if other[0] == self._tenant and any(link.target == delete.id for link in row.links):
                left = tuple(link for link in row.links if link.target != delete.id)
                self._objects[other] = replace(row, links=left)

    def _keep(self, key: Key, version: Past) -> None:
        self._past[key] = (*self._past.get(key, ()), version)

    def _numbered(self, put: Put) -> dict[str, Any]:
        data = dict(put.object.data)
        for path, name in put.sequences.items():
            if len(path) != 1:
                raise StoreError(f"The sequence member {'.'.join(path)} is not at the top of the document.")
            key, held = (self._tenant, name), data.get(path[0])
            reached = self._sequences.get(key, 0)
            if held is None:
                data[path[0]] = reached + 1
            self._sequences[key] = reached + 1 if held is None else max(reached, held)
        return data


def _expected(held: Row, version: int, entity: str) -> bool:
    return held.item.meta.version == version and held.item.entity == entity

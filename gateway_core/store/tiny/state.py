"""What the file holds, as one immutable value in memory, and its form as tables of TinyDB.

A change makes a new state; whoever reads keeps the one it took, and so sees no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson

from gateway_core.errors import StoreError
from gateway_core.query.evaluate import World
from gateway_core.query.model import Hop
from gateway_core.query.times import instant
from gateway_core.store.protocol import ApplicationRecord, IndexSpec, Installation, Link, Past
from gateway_core.store.tiny.box import Box, box_of, box_tables
from gateway_core.types import Artifact, JsonObject, Kind, Meta, Origin, StoredObject

FORMAT = 1
Key = tuple[str, str]
"""(tenant, id of an object or name of a sequence)."""


@dataclass(frozen=True, slots=True)
class Row:
    """An object as held: ``item`` for conditions, ``text`` (JSON of its data) to make copies of."""

    seq: int
    item: StoredObject
    text: bytes
    links: tuple[Link, ...]

    def copy(self) -> StoredObject:
        """The object with data of its own, which the caller may do with as it likes."""
        item = self.item
        return StoredObject(item.id, item.entity, orjson.loads(self.text), item.meta)


@dataclass(frozen=True)
class State:
    """Everything in the store; ``objects`` are in the order of their creation.

    ``past`` are the versions that each object had, in the order in which they ended.
    """

    objects: Mapping[Key, Row] = field(default_factory=dict)
    last: int = 0
    sequences: Mapping[Key, int] = field(default_factory=dict)
    bundles: Mapping[str, Installation] = field(default_factory=dict)
    applications: Mapping[str, ApplicationRecord] = field(default_factory=dict)
    revision: int = 0
    past: Mapping[Key, tuple[Past, ...]] = field(default_factory=dict)
    earlier: Mapping[str, tuple[Installation, ...]] = field(default_factory=dict)
    """Bundle → its installations before the one in force, latest last."""
    unique: tuple[IndexSpec, ...] = ()
    outbox: Box = field(default_factory=Box)
    marks: Mapping[Key, str] = field(default_factory=dict)
    """(owner, name) → text."""

    @cached_property
    def referring(self) -> Mapping[Key, tuple[Row, ...]]:
        """(tenant, id) → the objects with a link to it, each once, in the order of their creation."""
        found: dict[Key, dict[int, Row]] = {}
        for (tenant, _), row in self.objects.items():
            for link in row.links:
                found.setdefault((tenant, link.target), {})[row.seq] = row
        return {key: tuple(rows.values()) for key, rows in found.items()}


class LinkedWorld(World):
    """The objects of one tenant, whose relations are found by link instead of by reading all of them."""

    def __init__(self, state: State, tenant: str) -> None:
        super().__init__(())
        self._state, self._tenant = state, tenant

    def reached(self, start: StoredObject, hop: Hop) -> Iterator[StoredObject]:
        """As ``World.reached``."""
        if hop.inverse is not None:
            for row in self._state.referring.get((self._tenant, start.id), ()):
                refers = any(link.property == hop.inverse and link.target == start.id for link in row.links)
                if refers and row.item.entity == hop.entity:
                    yield row.item
            return
        links = [link for link in self._links(start.id) if link.property == hop.property]
        for id in dict.fromkeys(link.target for link in sorted(links, key=lambda link: link.position)):
            found = self._state.objects.get((self._tenant, id))
            if found is not None and found.item.entity == hop.entity:
                yield found.item

    def _links(self, id: str) -> tuple[Link, ...]:
        row = self._state.objects.get((self._tenant, id))
        return row.links if row is not None else ()


def tables(state: State) -> dict[str, dict[str, Any]]:
    """The state as TinyDB keeps it: table → number → document."""
    applications = enumerate(sorted(state.applications.items()), 1)
    return {
        "store": {"1": {"format": FORMAT, "revision": state.revision, "last": state.last}},
        "objects": {str(row.seq): _object(tenant, row) for (tenant, _), row in state.objects.items()},
        "history": {
            str(number): _version(each)
            for number, each in enumerate((each for versions in state.past.values() for each in versions), 1)
        },
        "sequences": {
            str(number): {"tenant": tenant, "name": name, "value": value}
            for number, ((tenant, name), value) in enumerate(state.sequences.items(), 1)
        },
        "bundles": {
            str(number): _installation(name, held)
            for number, (name, held) in enumerate(state.bundles.items(), 1)
        },
        "earlier": {
            str(number): each
            for number, each in enumerate(
                (_installation(name, held) for name, all_ in state.earlier.items() for held in all_), 1
            )
        },
        "applications": {str(number): _application(record) for number, (_, record) in applications},
        "unique": {
            str(number): {"entity": spec.entity, "path": spec.path, "folded": spec.folded}
            for number, spec in enumerate(state.unique, 1)
        },
        "marks": {
            str(number): {"owner": owner, "name": name, "value": value}
            for number, ((owner, name), value) in enumerate(state.marks.items(), 1)
        },
        **box_tables(state.outbox),
    }


def state_of(found: Mapping[str, Mapping[str, Any]], place: str) -> State:
    """The state that tables hold. Raises ``StoreError`` naming the table that cannot be understood."""
    store = found.get("store", {}).get("1", {"format": FORMAT, "revision": 0, "last": 0})
    if store.get("format") != FORMAT:
        hint = "Upgrade the program, or give the path of another file."
        raise StoreError(f"The store {place} was written by a newer version of this program.", hint=hint)
    name = "objects"
    try:
        rows = [
            _row(int(number), document)
            for number, document in sorted(found.get(name, {}).items(), key=lambda each: int(each[0]))
        ]
        objects = {(row.item.meta.tenant, row.item.id): row for row in rows}
        name = "history"
        past: dict[Key, tuple[Past, ...]] = {}
        for _, document in sorted(found.get(name, {}).items(), key=lambda each: int(each[0])):
            version = _version_of(document)
            key = (version.object.meta.tenant, version.object.id)
            past[key] = (*past.get(key, ()), version)
        name = "sequences"
        sequences = {(each["tenant"], each["name"]): each["value"] for each in found.get(name, {}).values()}
        name = "bundles"
        bundles = {each["bundle"]: _installation_of(each) for each in found.get(name, {}).values()}
        name = "earlier"
        earlier: dict[str, tuple[Installation, ...]] = {}
        for _, document in sorted(found.get(name, {}).items(), key=lambda each: int(each[0])):
            held = earlier.get(document["bundle"], ())
            earlier[document["bundle"]] = (*held, _installation_of(document))
        name = "applications"
        applications = {each["name"]: _application_of(each) for each in found.get(name, {}).values()}
        name = "unique"
        unique = tuple(
            IndexSpec(each["entity"], each["path"], unique=True, folded=bool(each["folded"]))
            for each in found.get(name, {}).values()
        )
        name = "marks"
        marks = {(each["owner"], each["name"]): each["value"] for each in found.get(name, {}).values()}
        name = "events"
        box = box_of(found)
    except (KeyError, TypeError, ValueError, AttributeError):
        hint = "Mend it with an editor, or restore it from a backup."
        raise StoreError(f"The table '{name}' of the store {place} is damaged.", hint=hint) from None
    last = max([int(store.get("last", 0)), *(row.seq for row in rows)])
    revision = int(store.get("revision", 0))
    return State(objects, last, sequences, bundles, applications, revision, past, earlier, unique, box, marks)


def _object(tenant: str, row: Row) -> JsonObject:
    links = [[link.property, link.position, link.target] for link in row.links]
    return {**_item(tenant, row.item), "links": links, "data": row.item.data}


def _item(tenant: str, item: StoredObject) -> JsonObject:
    meta = item.meta
    return {
        "tenant": tenant,
        "entity": item.entity,
        "id": item.id,
        "version": meta.version,
        "created": meta.created,
        "modified": meta.modified,
        "owner": meta.owner,
        "owner_name": meta.owner_name,
        "application": meta.application,
        "author": meta.author,
    }


def _row(seq: int, document: Mapping[str, Any]) -> Row:
    links = tuple(Link(document["id"], name, target, at) for name, at, target in document["links"])
    item = _item_of(document)
    return Row(seq, item, orjson.dumps(item.data), links)


def _item_of(document: Mapping[str, Any]) -> StoredObject:
    meta = Meta(
        document["version"],
        document["created"],
        document["modified"],
        document["owner"],
        document["owner_name"],
        document["application"],
        document.get("author"),
        document["tenant"],
    )
    return StoredObject(document["id"], document["entity"], dict(document["data"]), meta)


def _version(each: Past) -> JsonObject:
    item = _item(each.object.meta.tenant, each.object)
    return {
        **item,
        "ended": each.ended,
        "ended_by": each.ended_by,
        "removed": each.removed,
        "data": each.object.data,
    }


def _version_of(document: Mapping[str, Any]) -> Past:
    return Past(_item_of(document), document["ended"], document["ended_by"], document["removed"])


def _installation(bundle: str, held: Installation) -> JsonObject:
    artifacts = [_artifact(artifact) for artifact in held.artifacts]
    return {"bundle": bundle, "record": held.record, "artifacts": artifacts}


def _installation_of(each: Mapping[str, Any]) -> Installation:
    return Installation(each["record"], tuple(map(_artifact_of, each["artifacts"])))


def _artifact(artifact: Artifact) -> JsonObject:
    return {
        "kind": artifact.kind.value,
        "reference": artifact.reference,
        "version": artifact.version,
        "bundle": artifact.origin.bundle,
        "path": artifact.origin.path,
        "body": artifact.body,
    }


def _artifact_of(each: Mapping[str, Any]) -> Artifact:
    origin = Origin(each["bundle"], each["path"])
    return Artifact(Kind(each["kind"]), each["reference"], each["version"], each["body"], origin)


def _application(record: ApplicationRecord) -> JsonObject:
    return {
        "name": record.name,
        "client_id": record.client_id,
        "key_hash": record.key_hash,
        "secret": record.secret,
        "scopes": list(record.scopes),
        "created": instant(record.created),
        "reference": record.reference,
    }


def _application_of(each: Mapping[str, Any]) -> ApplicationRecord:
    return ApplicationRecord(
        each["name"],
        each["client_id"],
        each["key_hash"],
        each["secret"],
        tuple(each["scopes"]),
        datetime.fromisoformat(each["created"]),
        each["reference"],
    )

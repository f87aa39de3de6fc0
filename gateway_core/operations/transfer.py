"""Objects in bulk: load them with the ids they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import orjson

from gateway_core.catalog.snapshot import Entity
from gateway_core.errors import BadRequest, Conflict, TransitionRefused, VersionConflict
from gateway_core.operations.call import Context
from gateway_core.operations.documents import ID
from gateway_core.operations.graph import Extend, Graph
from gateway_core.operations.named import missing_references
from gateway_core.operations.prepare import prepare
from gateway_core.operations.relations import Planner
from gateway_core.operations.telling import telling
from gateway_core.query.times import instant
from gateway_core.schema import reason
from gateway_core.schema.formats import CHECKS
from gateway_core.store.protocol import Changes, Link, Put
from gateway_core.types import Json, JsonObject, Meta, Principal, StoredObject

SCHEMA, SELF = "_schema", "_self"
BATCH = 500
ATTEMPTS = 8
FAULTS_OF_ONE = 5
_NAMESPACE = UUID("6b7c0d2e-93c4-4d2b-9a55-0f0c1f3f6a71")


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to load and the schema that it follows; ``place`` tells people where it stands."""

    schema: str
    document: JsonObject
    place: str


@dataclass(frozen=True, slots=True)
class OpenReference:
    """A reference, of the entry at ``place``, to an object that was not there when it was stored."""

    place: str
    property: str
    target: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the entry at ``place`` cannot be stored; never with a value of it."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of entries: objects created, and objects that were there already.

    With ``faults``, one for each entry that cannot be stored, nothing was stored, unless the
    load was to pass over them.
    """

    created: int = 0
    present: int = 0
    faults: tuple[Fault, ...] = ()
    open: tuple[OpenReference, ...] = ()


def load_objects(
    context: Context,
    principal: Principal,
    entries: Sequence[Entry],
    *,
    check_references: bool = True,
    pass_over: bool = False,
    tell: bool = True,
) -> Loaded:
    """Create the objects of the entries in one transaction: all of them, or none; with
    ``pass_over`` all that can be stored.

    A document's ``_id`` becomes its id; one that exists already is left as it is, so that a
    load can be repeated. A ``_self`` as ``export_objects`` writes it gives version, owner and times.
    References may go to objects of the same entries; without ``check_references`` they may go
    anywhere, and those that lead nowhere are answered as ``open``. Raises ``Conflict`` when
    others keep creating the same objects meanwhile. With ``tell`` events tell of them, as of any change.
    """
    for _ in range(ATTEMPTS):
        batch = _Batch(context, principal, entries)
        faults = batch.plan(check_references)
        if faults and not pass_over:
            return Loaded(faults=faults)
        try:
            if batch.puts:
                changes = Changes(principal.tenant, tuple(batch.puts))
                context.store.apply(telling(context, changes, principal.application) if tell else changes)
        except VersionConflict:
            continue
        created = len(batch.planned)
        present = len(entries) - created - len(faults)
        return Loaded(created, present, faults, tuple(batch.open_references()))
    raise Conflict("the same objects are being created by others all the time", hint="Try again.")


def planned_objects(
    context: Context, principal: Principal, entries: Sequence[Entry]
) -> tuple[Loaded, Changes]:
    """What ``load_objects`` would do, and the changes that do it; nothing is stored."""
    batch = _Batch(context, principal, entries)
    faults = batch.plan(check_references=True)
    created = len(batch.planned)
    loaded = Loaded(created, len(entries) - created - len(faults), faults)
    return loaded, Changes(principal.tenant, tuple(batch.puts))


def faults_of(context: Context, principal: Principal, entries: Sequence[Entry]) -> tuple[Fault, ...]:
    """What is wrong with entries, references apart, without storing any."""
    return _Batch(context, principal, entries).plan(check_references=False)


def still_open(context: Context, tenant: str, references: Sequence[OpenReference]) -> list[OpenReference]:
    """Those of the references whose object is still not there."""
    found: set[str] = set()
    for start in range(0, len(references), BATCH):
        found |= context.store.get(tenant, {r.target for r in references[start : start + BATCH]}).keys()
    return [reference for reference in references if reference.target not in found]


class _Batch:
    """The plan of one load, against the store as it is now."""

    def __init__(self, context: Context, principal: Principal, entries: Sequence[Entry]) -> None:
        self._context, self._principal = context, principal
        named = [(id_of(entry.document) or context.new_id(), entry) for entry in entries]
        existing = context.store.get(principal.tenant, [id for id, _ in named])
        self.new: dict[str, Entry] = {}
        self._twice: list[Entry] = []
        self._foreign: list[Entry] = []
        for id, entry in named:
            if id in self.new:
                self._twice.append(entry)
            elif id not in existing:
                self.new[id] = entry
            elif existing[id].entity != entry.schema:
                self._foreign.append(entry)
        self.puts: list[Put] = []
        self.planned: set[str] = set()

    def plan(self, check_references: bool) -> tuple[Fault, ...]:
        """Plan every new object; a fault for each entry that has one."""
        faults = [Fault(entry.place, f"'{ID}' is that of an earlier object") for entry in self._twice]
        foreign = f"'{ID}' is that of an object of another schema"
        faults += [Fault(entry.place, foreign) for entry in self._foreign]
        promised = {id: self._promise(id, entry.schema) for id, entry in self.new.items()}
        for id, entry in self.new.items():
            try:
                self.puts += self._plan_one(id, entry, promised if check_references else None)
            except (BadRequest, TransitionRefused) as error:
                faults.append(Fault(entry.place, error.detail))
            else:
                self.planned.add(id)
        return tuple(faults)

    def _plan_one(self, id: str, entry: Entry, promised: dict[str, StoredObject] | None) -> tuple[Put, ...]:
        context, principal = self._context, self._principal
        entity = context.catalog.entities.get(entry.schema)
        if entity is None:
            raise BadRequest(f"schema '{entry.schema}' is not installed")
        if ID in entry.document and not id_of(entry.document):
            raise BadRequest(f"'{ID}' must be a UUID")
        meta = _meta(entry.document.get(SELF), principal)
        prepared = {**prepare(context, entity, entry.document, id), **_read_only(entity, entry.document)}
        violations = list(entity.validator.check(prepared, now=context.now()))
        if not violations and promised is not None:
            known = Graph(promised, {}, Extend())
            violations = missing_references(context, principal.tenant, entity, prepared, known)
        if violations:
            named = [f"{'.'.join(map(str, v.pointer)) or 'the document'} {reason(v)}" for v in violations]
            more = f"; and {len(named) - FAULTS_OF_ONE} more" if len(named) > FAULTS_OF_ONE else ""
            raise BadRequest(f"{entity.spec.title}: {'; '.join(named[:FAULTS_OF_ONE])}{more}")
        planner = Planner(context, principal, Graph({}, {}, Extend(everything=True)))
        planner.create(entity, id, prepared, meta)
        return planner.changes().puts

    def _promise(self, id: str, schema: str) -> StoredObject:
        """Stands for an object of this load where references to it are checked."""
        now = instant(self._context.now())
        return StoredObject(id, schema, {}, Meta(version=1, created=now, modified=now))

    def open_references(self) -> Iterator[OpenReference]:
        """The references of the stored objects to objects that are not there."""
        written = {put.object.id for put in self.puts}
        links: list[Link] = [link for put in self.puts for link in put.links if link.target not in written]
        if not links:
            return
        found = self._context.store.get(self._principal.tenant, {link.target for link in links})
        for link in links:
            if link.target not in found:
                entry = self.new.get(link.source)
                yield OpenReference(entry.place if entry else "", link.property, link.target)


def id_of(document: JsonObject) -> str | None:
    """The id that a document brings along, None when it brings no UUID."""
    id = document.get(ID)
    return id.lower() if isinstance(id, str) and CHECKS["uuid"](id) else None


def lasting_id(document: JsonObject, *place: str) -> str:
    """The id of a document that brings none: it follows from the place and what the document says, so
    that the same one, loaded again, is known."""
    content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()
    return str(uuid5(_NAMESPACE, "\n".join((*place, content))))


def _read_only(entity: Entity, document: JsonObject) -> JsonObject:
    """The members that a client may not write: a load brings them along."""
    properties = entity.spec.properties.values()
    return {p.name: document[p.name] for p in properties if p.read_only and p.name in document}


def _meta(told: Json, principal: Principal) -> Meta | None:
    """What ``_self`` tells of an object: version, who and when; None when it tells no version.

    The shape is that of answers, so that an object can be loaded as a client has read it.
    """
    if not isinstance(told, Mapping) or "version" not in told:
        return None
    version, owner = told["version"], told.get("owner") or {}
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BadRequest(f"'{SELF}.version' must be a whole number from 1")
    if not isinstance(owner, Mapping):
        raise BadRequest(f"'{SELF}.owner' must be an object with 'id' and 'name'")
    return Meta(
        version=version,
        created=_moment(told, "dateCreated"),
        modified=_moment(told, "dateModified"),
        owner=_text(owner.get("id"), "owner.id"),
        owner_name=_text(owner.get("name"), "owner.name"),
        application=_text(told.get("application"), "application"),
        author=_text(told.get("author"), "author"),
        tenant=principal.tenant,
    )


def _moment(told: Mapping[str, Json], name: str) -> str:
    value = told.get(name)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequest(f"'{SELF}.{name}' must be a date and time with offset (RFC 3339)")
    return instant(moment)


def _text(value: Json, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise BadRequest(f"'{SELF}.{name}' must be a text")

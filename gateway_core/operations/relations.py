"""A document and the objects it holds, apart, as the changes of one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gateway_core.catalog.snapshot import Entity
from gateway_core.errors import Conflict, InvalidDocument, NotUnique
from gateway_core.operations.call import Context
from gateway_core.operations.documents import ID, expand
from gateway_core.operations.generate import generated
from gateway_core.operations.graph import Graph, ids_of, moment_after
from gateway_core.operations.linking import with_reference, without_reference
from gateway_core.operations.merge import holds
from gateway_core.operations.refusals import UNIQUE, Refusal, changed_too_late, given_too_early
from gateway_core.operations.shape import invalid
from gateway_core.operations.transitions import begin, follow
from gateway_core.schema import PropertyKind, PropertySpec, referenced_id
from gateway_core.store.protocol import Changes, Delete, Link, Put
from gateway_core.types import Json, JsonObject, Meta, Principal, StoredObject

_RELATED = (PropertyKind.RELATION, PropertyKind.INVERSE)


class Planner:
    """Plans one write: which objects are created, changed, linked and deleted.

    ``graph`` is what stands around the object as it is now. A sub-object that carries
    ``_id`` is that object, changed; one without that equals an object already linked there
    is that object, unchanged; any other is new. All of a plan happens at one moment.
    """

    def __init__(
        self, context: Context, principal: Principal, graph: Graph, *, keep_unread: bool = False
    ) -> None:
        self._context = context
        self._principal = principal
        self._graph = graph
        self._keep_unread = keep_unread
        self._moment = moment_after(graph, context.now())
        self._author = principal.user or principal.application
        self._puts: dict[str, Put] = {}
        self._dropped: dict[str, None] = {}
        self._written: dict[str, JsonObject] = {}
        self._refusals: list[Refusal] = []

    def changes(self) -> Changes:
        """The plan so far, with the objects that lost their last referrer deleted.

        Raises ``InvalidDocument`` when it would change what cannot be changed any more.
        """
        if self._refusals:
            raise invalid([refusal.violation(self._root()) for refusal in self._refusals])
        deletes = self._cascade()
        puts = tuple(put for id, put in self._puts.items() if id not in deletes)
        return Changes(self._principal.tenant, puts, tuple(deletes.values()))

    def not_unique(self, error: NotUnique) -> InvalidDocument:
        """The error of a client whose document has a value that is another object's."""
        part = self._written.get(error.id, self._root())
        return invalid([Refusal(part, error.path, UNIQUE).violation(self._root())])

    def _root(self) -> JsonObject:
        """The document that was planned first: all others stand inside it."""
        return next(iter(self._written.values()), {})

    def create(
        self, entity: Entity, id: str, document: JsonObject, meta: Meta | None = None, *, fresh: bool = False
    ) -> None:
        """Plan a new object with everything below it.

        With ``meta`` it is an object that existed elsewhere: it keeps what was known of it, and
        a sequence goes on behind the number that it has. ``fresh`` as in ``Put``.
        """
        self._written[id] = document
        if entity.change_only and meta is None:
            self._refusals += given_too_early(entity, document)
        filled, sequences = generated(
            entity.spec, document, id, self._moment, self._context.new_id, restored=meta is not None
        )
        data = self._data(entity, id, filled, None)
        if meta is None:
            begin(entity.spec, data)
        item = StoredObject(id, entity.reference, data, meta or self._new_meta())
        self._puts[id] = Put(item, 0, _links(entity, item), sequences, fresh=fresh)

    def _new_meta(self) -> Meta:
        owner = self._principal
        return Meta(
            version=1,
            created=self._moment,
            modified=self._moment,
            owner=self._author,
            owner_name=owner.user_name or owner.application,
            application=owner.application,
            author=self._author,
            tenant=owner.tenant,
        )

    def update(self, entity: Entity, item: StoredObject, document: JsonObject) -> None:
        """Plan that ``item`` becomes ``document``; no change when it already is.

        What the register gave out, and what is immutable, stays when the document leaves it out.
        """
        self._written[item.id] = document
        data = self._data(entity, item.id, _kept(entity, item, document, unread=self._keep_unread), item)
        if data == item.data:
            return
        if entity.immutable:
            self._refusals += changed_too_late(entity, item, data, document)
        follow(entity.spec, item.data, data)
        self._put(entity, item, data)

    def _put(self, entity: Entity, item: StoredObject, data: JsonObject) -> None:
        changed = item._replace(data=data, meta=self._next(item.meta))
        self._puts[item.id] = Put(changed, item.meta.version, _links(entity, changed))

    def revive(self, entity: Entity, removed: StoredObject, document: JsonObject | None = None) -> None:
        """Plan that an object that was removed is there again, as it was or as ``document``."""
        data = removed.data if document is None else self._data(entity, removed.id, document, None)
        follow(entity.spec, removed.data, data)
        back = removed._replace(data=data, meta=self._next(removed.meta))
        self._puts[removed.id] = Put(back, 0, _links(entity, back))

    def _next(self, meta: Meta) -> Meta:
        return meta._replace(version=meta.version + 1, modified=self._moment, author=self._author)

    def _delete(self, item: StoredObject) -> Delete:
        return Delete(item.id, item.meta.version, self._moment, self._author, item)

    def delete(self, item: StoredObject) -> Changes:
        """Plan that ``item`` goes, with what only it holds on to; those who refer to it let go.

        Raises ``Conflict`` when an object that stays requires it.
        """
        doomed = {item.id: item}
        links = self._gather_dependants(doomed)
        for link in links:
            self._let_go(link)
        for gone in doomed.values():
            self._note_dropped(self._context.catalog.entities[gone.entity], gone.data, {})
        deletes = {id: self._delete(gone) for id, gone in doomed.items()}
        deletes |= self._cascade(deletes)
        puts = tuple(put for id, put in self._puts.items() if id not in deletes)
        return Changes(self._principal.tenant, puts, tuple(deletes.values()))

    def _data(self, entity: Entity, id: str, document: JsonObject, before: StoredObject | None) -> JsonObject:
        data: JsonObject = {}
        for name, value in document.items():
            prop = entity.spec.properties.get(name)
            if value is None and not _keeps_null(prop):
                continue
            if prop is None:
                if name != ID:
                    data[name] = value
            elif prop.kind is PropertyKind.RELATION:
                current = ids_of(before.data.get(name)) if before is not None else ()
                ids = self._resolve(prop, value, current)
                if ids or not prop.many:
                    data[name] = ids if prop.many else ids[0]
            elif prop.kind is PropertyKind.INVERSE:
                self._back_references(prop, id, value)
            elif not (prop.many and value == []):  # an empty list is answered for an absent one too
                data[name] = value
        if before is not None:
            self._note_dropped(entity, before.data, data)
        return data

    def _resolve(self, prop: PropertySpec, value: Json, current: Sequence[str]) -> list[str]:
        free = list(current)
        ids: dict[str, None] = {}
        for element in value if isinstance(value, list) else [value]:
            id = self._one(prop, element, free)
            if id in free:
                free.remove(id)
            ids[id] = None
        return list(ids)

    def _one(self, prop: PropertySpec, element: Json, free: Sequence[str]) -> str:
        """The id of one related object: linked, changed, recognised, or planned as new."""
        if isinstance(element, str):
            return referenced_id(element) or element
        entity = self._context.catalog.entities[str(prop.target)]
        known = self._graph.objects.get(str(element.get(ID)))
        if known is not None:
            self.update(entity, known, element)
            return known.id
        for id in free:
            item = self._graph.objects.get(id)
            if item is not None and holds(self.expanded(item), element):
                return id
        id = self._context.new_id()
        self.create(entity, id, element, fresh=True)
        return id

    def _back_references(self, prop: PropertySpec, id: str, value: Json) -> None:
        """Objects written on the far side of a relation: they get a reference to this one.

        They are added; taking one away is done at the object that refers.
        """
        entity = self._context.catalog.entities[str(prop.target)]
        back = str(prop.inverse_of)
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, str):
                other = self._object(referenced_id(element) or element)
                if other is not None:
                    self.update(entity, other, with_reference(entity.spec, other.data, back, id))
                continue
            known = self._graph.objects.get(str(element.get(ID)))
            if known is not None:
                merged = {**known.data, **element}
                self.update(entity, known, with_reference(entity.spec, merged, back, id))
            elif not self._is_known_dependant(prop, id, element):
                child = self._context.new_id()
                self.create(entity, child, with_reference(entity.spec, element, back, id), fresh=True)

    def _is_known_dependant(self, prop: PropertySpec, id: str, element: JsonObject) -> bool:
        without = {k: v for k, v in element.items() if k != prop.inverse_of}
        items = map(self._graph.objects.get, self._graph.inverse.get((id, prop.name), ()))
        return any(item is not None and holds(self.expanded(item), without) for item in items)

    def _object(self, id: str) -> StoredObject | None:
        known = self._graph.objects.get(id)
        return known or self._context.store.get(self._principal.tenant, [id]).get(id)

    def expanded(self, item: StoredObject) -> JsonObject:
        """The object's data with the related objects of the graph in the place of their ids."""
        return expand(self._context, self._graph, item, frozenset((item.id,)))

    def _note_dropped(self, entity: Entity, before: JsonObject, after: JsonObject) -> None:
        for prop in entity.relations:
            if prop.kind is PropertyKind.RELATION and prop.cascade_delete:
                kept = ids_of(after.get(prop.name))
                self._dropped.update((id, None) for id in ids_of(before.get(prop.name)) if id not in kept)

    def _cascade(self, gone: dict[str, Delete] | None = None) -> dict[str, Delete]:
        """The deletion of dropped objects that nobody refers to any more, and of what only they held."""
        deletes: dict[str, Delete] = dict(gone or {})
        while self._dropped:
            tenant, ids = self._principal.tenant, [id for id in self._dropped if id not in deletes]
            self._dropped = {}
            held = {
                link.target for link in self._remaining(self._context.store.referrers(tenant, ids), deletes)
            }
            items = self._context.store.get(tenant, [id for id in ids if id not in held])
            for item in items.values():
                deletes[item.id] = self._delete(item)
                self._note_dropped(self._context.catalog.entities[item.entity], item.data, {})
        return {id: delete for id, delete in deletes.items() if not gone or id not in gone}

    def _remaining(self, links: Iterable[Link], deletes: dict[str, Delete]) -> Iterator[Link]:
        """The links that will stand after this plan: those of untouched objects, and the planned."""
        yield from (link for link in links if link.source not in self._puts and link.source not in deletes)
        for id, put in self._puts.items():
            if id not in deletes:
                yield from put.links

    def _gather_dependants(self, doomed: dict[str, StoredObject]) -> list[Link]:
        """Extend ``doomed`` by the objects that go with it; the links of all others into it."""
        store, tenant = self._context.store, self._principal.tenant
        outside: list[Link] = []
        frontier = list(doomed)
        while frontier:
            links = store.referrers(tenant, frontier)
            sources = store.get(tenant, {link.source for link in links})
            frontier = []
            for link in links:
                source, target = sources.get(link.source), doomed[link.target]
                if source is None or source.id in doomed:
                    continue
                if self._goes_along(target, source, link.property):
                    doomed[source.id] = source
                    frontier.append(source.id)
                else:
                    outside.append(link)
        return [link for link in outside if link.source not in doomed]

    def _goes_along(self, target: StoredObject, source: StoredObject, property: str) -> bool:
        spec = self._context.catalog.entities[target.entity].spec
        return any(
            prop.cascade_delete and prop.target == source.entity and prop.inverse_of == property
            for prop in spec.properties.values()
            if prop.kind is PropertyKind.INVERSE
        )

    def _let_go(self, link: Link) -> None:
        put = self._puts.get(link.source)
        source = put.object if put is not None else self._object(link.source)
        if source is None:
            return
        entity = self._context.catalog.entities[source.entity]
        data = without_reference(source.data, link.property, link.target)
        if link.property in entity.spec.required and not data.get(link.property):
            raise Conflict(
                f"the object cannot be deleted: a {entity.spec.title} requires it as '{link.property}'",
                hint=f"Delete that {entity.spec.title} first, or give it another '{link.property}'.",
            )
        if put is not None:
            changed = source._replace(data=data)
            self._puts[source.id] = replace(put, object=changed, links=_links(entity, changed))
        else:
            self._put(entity, source, self._data(entity, source.id, data, source))


def _keeps_null(prop: PropertySpec | None) -> bool:
    """Whether null is kept: it is no absence where it keeps a default away, or the schema is strict."""
    if prop is None or not prop.nullable or prop.kind in _RELATED:
        return False
    return not prop.lenient or prop.default is not None


def _links(entity: Entity, item: StoredObject) -> tuple[Link, ...]:
    return tuple(
        Link(item.id, prop.name, id, position)
        for prop in entity.relations
        if prop.kind is PropertyKind.RELATION
        for position, id in enumerate(ids_of(item.data.get(prop.name)))
    )


def _kept(entity: Entity, item: StoredObject, document: JsonObject, *, unread: bool) -> JsonObject:
    """The document with what the register gave out to ``item``, what cannot change any more, and, if
    ``unread``, what no client reads, where the document leaves it out."""
    kept: JsonObject = {
        prop.name: item.data[prop.name]
        for prop in entity.spec.properties.values()
        if (
            prop.generate is not None
            or prop.immutable
            or (unread and prop.write_only and prop.name not in document)
        )
        and prop.name in item.data
        and document.get(prop.name) in (None, "" if prop.generate is not None else None)
    }
    return {**document, **kept} if kept else document

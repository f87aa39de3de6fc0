"""A stored object, and the graph around it, to the document that clients see."""

from __future__ import annotations

from dataclasses import replace

from gateway_core.catalog.snapshot import Catalog, Entity, ShownRelation
from gateway_core.operations.graph import Graph, ids_of
from gateway_core.types import Json, JsonObject, Meta, StoredObject


class Renderer:
    """Renders objects of one graph.

    An object shows every property of its schema (absent: null, or an empty list), relations
    as ids, the related objects again under ``embedded``, and what the register knows of it
    under ``_self``. ``path`` is where the objects at the root are found by this client (None: at home);
    embedded ones show the path at which they are at home. Documents share parts with each
    other and with the stored objects: they are for printing or mapping, not for changing.
    """

    def __init__(self, catalog: Catalog, graph: Graph, base_url: str, path: str | None) -> None:
        self._entities = catalog.entities
        self._graph = graph
        self._base_url = base_url
        self._path = path
        self._shown: dict[tuple[str, int], tuple[ShownRelation, ...]] = {}
        self._owners: dict[tuple[str | None, str | None], JsonObject | None] = {(None, None): None}

    def document(self, root: StoredObject) -> JsonObject:
        """The document of one object at the root of the graph."""
        entity = self._entities[root.entity]
        path = self._path if self._path is not None else entity.home
        return self._render(root, path, 1, entity.spec.max_depth, (root.id,))

    def _relations(self, entity: Entity, level: int) -> tuple[ShownRelation, ...]:
        """How the relations of an entity are shown on a level; found out once for a page."""
        extend = self._graph.extend
        if not (extend.everything or extend.parts) and level > len(extend.levels):
            return entity.shown
        known = self._shown.get((entity.reference, level))
        if known is None:
            known = tuple(
                replace(relation, embedded=extend.embeds(prop, level))
                for relation, prop in zip(entity.shown, entity.relations, strict=True)
            )
            self._shown[entity.reference, level] = known
        return known

    def _render(
        self, item: StoredObject, path: str | None, level: int, depth: int, branch: tuple[str, ...]
    ) -> JsonObject:
        id, reference, data, meta = item
        entity = self._entities[reference]
        document: JsonObject = {"_id": id, "id": id, **entity.blank, **data}
        for name in entity.hidden:
            document.pop(name, None)
        document["_self"] = self._self(id, entity, data, meta, path)
        if not entity.shown:
            return self._finished(entity, document, {})
        embedded: JsonObject = {}
        for relation in self._relations(entity, level):
            name = relation.name
            if relation.inverse:
                ids = self._graph.inverse.get((id, name), ())
                document[name] = list(ids) if relation.many else (ids[0] if ids else None)
            elif name in data:
                ids = ids_of(data[name])
            else:
                continue
            if ids and relation.embedded and level < depth:
                shown = self._embed(ids, level, depth, branch)
                if shown:
                    embedded[name] = shown if relation.many else shown[0]
                elif relation.many:
                    embedded[name] = []
        return self._finished(entity, document, embedded)

    def _finished(self, entity: Entity, document: JsonObject, embedded: JsonObject) -> JsonObject:
        """The document with what is embedded, in its place or apart, and with its URL where it tells it."""
        for name in entity.urls:
            document[name] = document["_self"]["uri"]
        for name, how, home in entity.spelled:
            if how != "object" and home is not None:
                document[name] = _links(document[name], f"{self._base_url if how == 'url' else ''}{home}/")
            elif name in embedded and how == "object":
                document[name] = _in_place(document[name], embedded.pop(name))
        if embedded:
            document["embedded"] = embedded
        return document

    def _embed(
        self, ids: tuple[str, ...], level: int, depth: int, branch: tuple[str, ...]
    ) -> list[JsonObject]:
        """Related documents; an object on the way from the root is not shown within itself."""
        shown = []
        objects = self._graph.objects
        for id in ids:
            item = objects.get(id)
            if item is None or id in branch:
                continue
            entity = self._entities[item.entity]
            bound = min(depth, level + entity.spec.max_depth)
            shown.append(self._render(item, entity.home, level + 1, bound, (*branch, id)))
        return shown

    def _self(self, id: str, entity: Entity, data: JsonObject, meta: Meta, path: str | None) -> JsonObject:
        place = f"{path}/{id}" if path is not None else None
        names, owner = entity.spec.name_properties, meta[3:5]
        return {
            "id": id,
            "name": _name(data, names) if names else None,
            "self": place,
            "uri": f"{self._base_url}{place}" if place is not None else None,
            "schema": entity.label,
            "owner": self._owners[owner] if owner in self._owners else self._owner(owner),
            "version": meta.version,
            "dateCreated": meta.created,
            "dateModified": meta.modified,
        }

    def _owner(self, owner: tuple[str | None, str | None]) -> JsonObject | None:
        shown = self._owners[owner] = {"id": owner[0], "name": owner[1]} if owner[0] else None
        return shown


def _links(ids: Json, start: str) -> Json:
    """Where the objects are found that these are the ids of."""
    if isinstance(ids, str):
        return start + ids
    return [start + id for id in ids] if ids else ids


def _in_place(ids: Json, shown: Json) -> Json:
    """Objects where they are referred to; the id of one that is not shown."""
    if not isinstance(ids, list):
        return shown
    found = {document["_id"]: document for document in shown}
    return [found.get(id, id) for id in ids]


def _name(data: JsonObject, properties: tuple[str, ...]) -> str | None:
    parts = [str(value) for name in properties if (value := data.get(name)) not in (None, "")]
    return " ".join(parts) or None

"""A stored object, and the graph around it, to the document that clients see."""

from __future__ import annotations

from datetime import datetime

from gateway_core.catalog.snapshot import Catalog, Entity
from gateway_core.operations.graph import Graph, ids_of
from gateway_core.schema.spec import PropertyKind, PropertySpec
from gateway_core.types import JsonObject, StoredObject


class Renderer:
    """Renders objects of one graph.

    An object shows every property of its schema (absent: null, or an empty list), relations
    as ids, the related objects again under ``embedded``, and what the register knows of it
    under ``_self``. ``path`` is where the objects at the root are found by this client;
    embedded ones show the path at which they are at home.
    """

    def __init__(self, catalog: Catalog, graph: Graph, base_url: str, path: str) -> None:
        self._entities = catalog.entities
        self._graph = graph
        self._base_url = base_url
        self._path = path

    def document(self, root: StoredObject) -> JsonObject:
        """The document of one object at the root of the graph."""
        depth = self._entities[root.entity].spec.max_depth
        return self._render(root, self._path, 1, depth, frozenset((root.id,)))

    def _render(
        self, item: StoredObject, path: str | None, level: int, depth: int, branch: frozenset[str]
    ) -> JsonObject:
        entity = self._entities[item.entity]
        document: JsonObject = {"_id": item.id, "id": item.id, **entity.blank}
        document.update(item.data)
        document["_self"] = self._self(item, entity, path)
        embedded = {}
        for prop in entity.relations:
            if prop.kind is PropertyKind.INVERSE:
                ids = self._graph.inverse.get((item.id, prop.name), ())
                document[prop.name] = list(ids) if prop.many else (ids[0] if ids else None)
            else:
                ids = ids_of(item.data.get(prop.name))
            if ids and level < depth and self._graph.extend.embeds(prop, level):
                shown = self._embed(prop, ids, level, depth, branch)
                if shown is not None:
                    embedded[prop.name] = shown
        if embedded:
            document["embedded"] = embedded
        return document

    def _embed(
        self, prop: PropertySpec, ids: tuple[str, ...], level: int, depth: int, branch: frozenset[str]
    ) -> list[JsonObject] | JsonObject | None:
        """Related documents; an object on the way from the root is not shown within itself."""
        objects = self._graph.objects
        shown = []
        for id in ids:
            item = objects.get(id)
            if item is None or id in branch:
                continue
            entity = self._entities[item.entity]
            bound = min(depth, level + entity.spec.max_depth)
            shown.append(self._render(item, entity.home, level + 1, bound, branch | {id}))
        if prop.many:
            return shown
        return shown[0] if shown else None

    def _self(self, item: StoredObject, entity: Entity, path: str | None) -> JsonObject:
        meta = item.meta
        place = f"{path}/{item.id}" if path is not None else None
        return {
            "id": item.id,
            "name": _name(item, entity),
            "self": place,
            "uri": f"{self._base_url}{place}" if place is not None else None,
            "schema": {"id": entity.reference, "ref": entity.reference, "name": entity.spec.name},
            "owner": {"id": meta.owner, "name": meta.owner_name} if meta.owner else None,
            "version": meta.version,
            "dateCreated": timestamp(meta.created),
            "dateModified": timestamp(meta.modified),
        }


def _name(item: StoredObject, entity: Entity) -> str | None:
    parts = [str(v) for p in entity.spec.name_properties if (v := item.data.get(p)) not in (None, "")]
    return " ".join(parts) or None


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, with ``Z``."""
    return moment.isoformat().replace("+00:00", "Z")

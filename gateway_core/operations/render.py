"""A stored object, and the graph around it, to the document that clients see."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway_core.catalog.snapshot import Catalog, Entity, ShownRelation
from gateway_core.operations.graph import Graph, ids_of
from gateway_core.types import Json, JsonObject, StoredObject


class Renderer:
    """Renders objects of one graph.

    An object shows every property of its schema (absent: null, or an empty list), relations
    as ids, the related objects again under ``embedded``, and what the register knows of it
    under ``_self``. ``path`` is where the objects at the root are found by this client;
    embedded ones show the path at which they are at home. Documents share parts with each
    other and with the stored objects: they are for printing or mapping, not for changing.
    ``as_json`` makes times text; without it they stay moments, which print faster.
    """

    def __init__(
        self, catalog: Catalog, graph: Graph, base_url: str, path: str, *, as_json: bool = True
    ) -> None:
        self._entities = catalog.entities
        self._graph = graph
        self._base_url = base_url
        self._path = path
        self._time = timestamp if as_json else _itself
        self._shown: dict[tuple[str, int], tuple[ShownRelation, ...]] = {}

    def document(self, root: StoredObject) -> JsonObject:
        """The document of one object at the root of the graph."""
        depth = self._entities[root.entity].spec.max_depth
        return self._render(root, self._path, 1, depth, (root.id,))

    def _relations(self, entity: Entity, level: int) -> tuple[ShownRelation, ...]:
        """How the relations of an entity are shown on a level; found out once for a page."""
        extend = self._graph.extend
        if not extend.everything and level > len(extend.levels):
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
        entity = self._entities[item.entity]
        data = item.data
        document: JsonObject = {"_id": item.id, "id": item.id, **entity.blank, **data}
        document["_self"] = self._self(item, entity, path)
        embedded: JsonObject = {}
        for relation in self._relations(entity, level):
            if relation.inverse:
                ids = self._graph.inverse.get((item.id, relation.name), ())
                document[relation.name] = list(ids) if relation.many else (ids[0] if ids else None)
            elif relation.name in data:
                ids = ids_of(data[relation.name])
            else:
                continue
            if ids and relation.embedded and level < depth:
                shown = self._embed(ids, level, depth, branch)
                if shown:
                    embedded[relation.name] = shown if relation.many else shown[0]
                elif relation.many:
                    embedded[relation.name] = []
        if embedded:
            document["embedded"] = embedded
        return document

    def _embed(
        self, ids: tuple[str, ...], level: int, depth: int, branch: tuple[str, ...]
    ) -> list[JsonObject]:
        """Related documents; an object on the way from the root is not shown within itself."""
        shown = []
        for id in ids:
            item = self._graph.objects.get(id)
            if item is None or id in branch:
                continue
            entity = self._entities[item.entity]
            bound = min(depth, level + entity.spec.max_depth)
            shown.append(self._render(item, entity.home, level + 1, bound, (*branch, id)))
        return shown

    def _self(self, item: StoredObject, entity: Entity, path: str | None) -> JsonObject:
        meta, names = item.meta, entity.spec.name_properties
        place = f"{path}/{item.id}" if path is not None else None
        return {
            "id": item.id,
            "name": _name(item, names) if names else None,
            "self": place,
            "uri": f"{self._base_url}{place}" if place is not None else None,
            "schema": {"id": entity.reference, "ref": entity.reference, "name": entity.spec.name},
            "owner": {"id": meta.owner, "name": meta.owner_name} if meta.owner else None,
            "version": meta.version,
            "dateCreated": self._time(meta.created),
            "dateModified": self._time(meta.modified),
        }


def _name(item: StoredObject, properties: tuple[str, ...]) -> str | None:
    parts = [str(value) for name in properties if (value := item.data.get(name)) not in (None, "")]
    return " ".join(parts) or None


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, with ``Z``."""
    return moment.isoformat().replace("+00:00", "Z")


def _itself(moment: datetime) -> Json:
    return moment

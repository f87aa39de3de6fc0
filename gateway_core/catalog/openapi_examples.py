"""Examples for the OpenAPI document, put together from those that schemas give of their properties.

A body that is offered as an example can be sent as it is: it keeps to its schema, and refers to
nothing that would have to exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway_core.catalog.snapshot import Entity
from gateway_core.schema import FORMATS, PropertyKind, PropertySpec, nodes
from gateway_core.types import Json, JsonObject, Reference

MAX_DEPTH = 3
PATCHED = 2
_ENVELOPES = ("embedded", "_embedded")
_ID = FORMATS["uuid"].example
_MOMENT = FORMATS["date-time"].example
_SCALARS: Mapping[str, Json] = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}


class Examples:
    """Makes examples for a set of entities."""

    def __init__(self, entities: Mapping[Reference, Entity]) -> None:
        self._entities = entities

    def body(self, entity: Entity) -> JsonObject | None:
        """A document to create an object with; None when none can be found that keeps to the schema."""
        body = self._composed(entity, MAX_DEPTH)
        for _ in range(len(body)):
            wrong = {str(v.pointer[0]) for v in entity.validator.check(body) if v.pointer}
            if not wrong or not wrong & body.keys():
                break
            body = {name: value for name, value in body.items() if name not in wrong}
        return body if body and not entity.validator.check(body) else None

    def answer(self, entity: Entity) -> JsonObject:
        """An object as it is answered, its relations as ids."""
        spec = entity.spec
        place = f"{entity.home}/{_ID}" if entity.home else None
        document: JsonObject = {"_id": _ID, "id": _ID}
        for prop in spec.properties.values():
            document[prop.name] = self._answered(prop, nodes.members(spec.source).get(prop.name))
        document["_self"] = {
            "id": _ID,
            "name": None,
            "self": place,
            "uri": place and f"https://gateway.example{place}",
            "schema": {"id": entity.reference, "ref": entity.reference, "name": spec.name},
            "owner": None,
            "version": 1,
            "dateCreated": _MOMENT,
            "dateModified": _MOMENT,
        }
        return document

    def _composed(self, entity: Entity, depth: int) -> JsonObject:
        source = entity.spec.source
        whole = _first(source, lambda value: isinstance(value, dict))
        if isinstance(whole, dict):
            return {k: v for k, v in whole.items() if not self._refers(entity, k, v)}
        body: JsonObject = {}
        for prop in entity.spec.properties.values():
            if prop.read_only or prop.generate is not None or prop.kind is PropertyKind.INVERSE:
                continue
            node = nodes.follow(nodes.members(source).get(prop.name), source)
            value = self._sample(prop, node, depth, required=prop.name in entity.spec.required)
            if value is not None:
                body[prop.name] = value
        return body

    def _sample(self, prop: PropertySpec, node: Json, depth: int, *, required: bool) -> Json:
        """A value to write; None when the property is better left out."""
        related = prop.kind is PropertyKind.RELATION
        given = _first(node, _holds_objects if related else _suits)
        if given is not None or not required or depth == 0:
            return given
        target = self._entities.get(str(prop.target))
        if target is None:
            return sample(node)
        child = self._composed(target, depth - 1)
        return [child] if prop.many else child

    def _refers(self, entity: Entity, name: str, value: Json) -> bool:
        prop = entity.spec.properties.get(name)
        related = prop is not None and prop.kind in (PropertyKind.RELATION, PropertyKind.INVERSE)
        return related and not _holds_objects(value)

    def _answered(self, prop: PropertySpec, node: Json) -> Json:
        if prop.kind is PropertyKind.INVERSE:
            return [] if prop.many else None
        if prop.kind is PropertyKind.RELATION:
            return [_ID] if prop.many else _ID
        given = _first(node, _suits)
        return ([] if prop.many else None) if given is None else given


def sample(schema: Json) -> Json:
    """A value for a schema: its own example, or one put together from those of its members."""
    if not isinstance(schema, dict):
        return None
    for keyword in ("examples", "enum"):
        given = schema.get(keyword)
        if isinstance(given, list) and given:
            return given[0]
    if nodes.members(schema):
        members = ((name, sample(node)) for name, node in nodes.members(schema).items())
        return {name: value for name, value in members if value is not None}
    types = nodes.types(schema)
    if "array" in types:
        element = sample(schema.get("items"))
        return [] if element is None else [element]
    known = FORMATS.get(nodes.text(schema, "format"))
    return known.example if known is not None else _scalar(types)


def body_of_shape(shape: JsonObject) -> JsonObject | None:
    """A body in the shape that a mapping describes: what an envelope would say again is left out."""
    value = sample(shape)
    if not isinstance(value, dict):
        return None
    return {name: member for name, member in value.items() if name not in _ENVELOPES} or None


def patch_of(body: JsonObject) -> JsonObject:
    """A merge patch from a whole body: its first plain members."""
    plain = [(name, value) for name, value in body.items() if not isinstance(value, dict | list)]
    return dict(plain[:PATCHED] or list(body.items())[:1])


def page_of(item: Json) -> JsonObject:
    """A page that holds one item."""
    numbers = {"count": 1, "limit": 30, "total": 1, "offset": 0, "page": 1, "pages": 1}
    return {"results": [item], **numbers}


def _scalar(types: frozenset[str]) -> Json:
    return next((value for kind, value in _SCALARS.items() if kind in types), None)


def _first(node: Json, suits: Callable[[Json], bool]) -> Json:
    given = node.get("examples") if isinstance(node, dict) else None
    listed = given if isinstance(given, list) else []
    return next((value for value in listed if suits(value)), None)


def _suits(_: Json) -> bool:
    return True


def _holds_objects(value: Json) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(element, dict) for element in value)
    return isinstance(value, dict)

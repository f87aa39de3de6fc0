"""The forms in which an entity appears in the OpenAPI document: as written, as read, and inline."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway_core.catalog.snapshot import Entity
from gateway_core.schema import nodes, walk
from gateway_core.types import Json, JsonObject, Reference

# Keywords that hold for what is written but not for a part of it, as ``_fields`` shows.
_CONDITIONS = frozenset(
    {"required", "if", "then", "else", "dependentRequired", "dependentSchemas", "minProperties", "not"}
    | {"additionalProperties", "unevaluatedProperties", "allOf", "anyOf", "oneOf"}
)
_IDENTITY = frozenset({"$id", "$schema", "version", "required"})

SELF: Mapping[str, Json] = MappingProxyType(
    {
        "type": "object",
        "description": "What the register itself knows of the object.",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "name": {"type": ["string", "null"]},
            "self": {"type": ["string", "null"], "description": "The object's path."},
            "uri": {"type": ["string", "null"], "description": "The object's URL."},
            "schema": {"type": "object", "properties": {"id": {"type": "string"}, "ref": {"type": "string"}}},
            "owner": {
                "type": ["object", "null"],
                "properties": {"id": {"type": "string"}, "name": {"type": ["string", "null"]}},
            },
            "version": {"type": "integer", "minimum": 1},
            "dateCreated": {"type": "string", "format": "date-time"},
            "dateModified": {"type": "string", "format": "date-time"},
        },
    }
)


class SchemaForms:
    """Names and makes the components of a set of entities."""

    def __init__(self, entities: Mapping[Reference, Entity]) -> None:
        self._entities = entities
        self._names = _component_names(entities)

    def components(self) -> JsonObject:
        """Every form of every entity, by component name."""
        schemas: JsonObject = {"Self": dict(SELF)}
        for reference, entity in self._entities.items():
            name = self._names[reference]
            schemas[name] = self._read(entity)
            schemas[f"{name}.write"] = self._write(entity)
            schemas[f"{name}.inline"] = self._inline(entity, reading=True)
            schemas[f"{name}.inline.write"] = self._inline(entity, reading=False)
        return schemas

    def ref(self, reference: Reference, form: str = "") -> JsonObject:
        """A reference to one form: ``""`` (as read), ``.write``, ``.inline`` or ``.inline.write``."""
        return {"$ref": f"#/components/schemas/{self._names[reference]}{form}"}

    def _read(self, entity: Entity) -> JsonObject:
        source = entity.spec.source
        properties: JsonObject = {
            "_id": {"type": "string", "format": "uuid"},
            "id": {"type": "string", "format": "uuid"},
            "_self": {"$ref": "#/components/schemas/Self"},
        }
        embedded: JsonObject = {}
        for name, node in nodes.members(source).items():
            properties[name] = _or_null(self._property(node, source, reading=True))
            known = nodes.read(node, source)
            if known.target in self._names and known.flag("x-inline") is not True:
                shown = self.ref(str(known.target))
                embedded[name] = {"type": "array", "items": shown} if known.many else shown
        if embedded:
            properties["embedded"] = {
                "type": "object",
                "description": "The related objects themselves.",
                "properties": embedded,
            }
        return {
            **self._head(source, reading=True),
            "properties": properties,
            "required": ["_id", "id", "_self"],
        }

    def _write(self, entity: Entity) -> JsonObject:
        return self._form(entity, reading=False)

    def _inline(self, entity: Entity, *, reading: bool) -> JsonObject:
        return self._form(entity, reading=reading, inline=True)

    def _form(self, entity: Entity, *, reading: bool, inline: bool = False) -> JsonObject:
        source = entity.spec.source
        members = nodes.members(source)
        kept = {n: c for n, c in members.items() if reading or nodes.read(c, source).written}
        form = self._head(source, reading=reading)
        form["properties"] = {
            name: self._property(node, source, reading=reading, inline=inline) for name, node in kept.items()
        }
        required = [
            n for n in nodes.names(source, "required") if n in kept and not nodes.read(kept[n], source).filled
        ]
        if required and not reading:
            form["required"] = required
        return form

    def _head(self, source: JsonObject, *, reading: bool) -> JsonObject:
        left_out = _IDENTITY | {"properties"} | (_CONDITIONS if reading else frozenset())
        head = {k: v for k, v in source.items() if k not in left_out and not k.startswith("x-")}
        return self._rewrite(head, source, reading=reading, inline=True) | {"type": "object"}

    def _property(self, node: Json, source: JsonObject, *, reading: bool, inline: bool = False) -> JsonObject:
        if not isinstance(node, dict):
            return {}
        known = nodes.read(node, source)
        if known.target is None or known.target not in self._names:
            return self._rewrite(known.node, source, reading=reading, inline=True)
        around = {
            k: v for k, v in known.node.items() if k in ("title", "description", "examples", "readOnly")
        }
        if inline or known.flag("x-inline") is True:
            value = self.ref(str(known.target), ".inline" if reading else ".inline.write")
        else:
            value = self._relation(str(known.target), reading=reading)
        if not known.many:
            return {**around, **value}
        limits: JsonObject = {
            k: known.node[k] for k in ("minItems", "maxItems", "uniqueItems") if k in known.node
        }
        return {**around, "type": "array", "items": value, **limits}

    def _relation(self, target: Reference, *, reading: bool) -> JsonObject:
        if reading:
            return {"type": "string", "format": "uuid"}
        link = {"type": "string", "description": "The id, path or URL of an object that exists."}
        return {"anyOf": [link, self.ref(target, ".write")]}

    def _rewrite(self, node: JsonObject, source: JsonObject, *, reading: bool, inline: bool) -> JsonObject:
        """A schema without our vocabulary, its references turned to components."""
        dropped = _CONDITIONS if reading else frozenset()
        kept = {k: v for k, v in node.items() if not k.startswith("x-") and k not in dropped}
        reference = kept.get("$ref")
        if isinstance(reference, str) and reference in self._names:
            kept["$ref"] = self.ref(reference, ".inline" if reading else ".inline.write")["$ref"]

        def change(keyword: str, child: Json) -> Json:
            if not isinstance(child, dict):
                return child
            if keyword == "properties":
                return self._property(child, source, reading=reading, inline=inline)
            return self._rewrite(nodes.follow(child, source), source, reading=reading, inline=inline)

        return walk.rebuild(kept, change)


def _component_names(entities: Mapping[Reference, Entity]) -> dict[Reference, str]:
    """A component name for each reference: the last part of it, made unique by a number."""
    names: dict[Reference, str] = {}
    used: set[str] = set()
    for reference in entities:
        last = reference.rstrip("/").rpartition("/")[2].removesuffix(".json").removesuffix(".schema")
        stem = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in last) or "schema"
        name, number = stem, 2
        while name in used:
            name, number = f"{stem}-{number}", number + 1
        used.add(name)
        names[reference] = name
    return names


def _or_null(schema: JsonObject) -> JsonObject:
    """The schema, allowing null: absent members are answered as null."""
    if "$ref" in schema:
        around = {k: v for k, v in schema.items() if k != "$ref"}
        return {**around, "anyOf": [{"$ref": schema["$ref"]}, {"type": "null"}]}
    declared = schema.get("type")
    if declared is None:
        return schema
    listed = declared if isinstance(declared, list) else [declared]
    opened = {**schema, "type": [*listed, *([] if "null" in listed else ["null"])]}
    if "enum" in opened and None not in opened["enum"]:
        opened["enum"] = [*opened["enum"], None]
    return opened

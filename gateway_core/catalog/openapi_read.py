"""What holds for answers: what the register says of an object, and schemas that allow less."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway_core.types import Json, JsonObject

# Keywords that hold for a whole document but not for a part of it: an answer may show some
# members only (``_fields``), and a patch names those that change.
_OF_THE_WHOLE = frozenset(
    {"required", "if", "then", "else", "dependentRequired", "dependentSchemas", "minProperties", "not"}
    | {"unevaluatedProperties", "patternProperties", "propertyNames", "allOf", "anyOf", "oneOf"}
)
# With these beside it, a type that allows null is not enough.
_DECIDE = ("$ref", "anyOf", "oneOf", "allOf", "not", "const", "if")

SELF: Mapping[str, Json] = MappingProxyType(
    {
        "type": "object",
        "description": "What the register itself knows of the object.",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "name": {"type": ["string", "null"], "description": "What people know the object by."},
            "self": {"type": ["string", "null"], "description": "The object's path."},
            "uri": {"type": ["string", "null"], "description": "The object's URL."},
            "schema": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("id", "ref", "name")},
            },
            "owner": {
                "type": ["object", "null"],
                "description": "Who created the object.",
                "properties": {"id": {"type": "string"}, "name": {"type": ["string", "null"]}},
            },
            "version": {"type": "integer", "minimum": 1},
            "dateCreated": {"type": "string", "format": "date-time"},
            "dateModified": {"type": "string", "format": "date-time"},
            "dateRemoved": {
                "type": "string",
                "format": "date-time",
                "description": "When a removed object was removed.",
            },
            "removedBy": {
                "type": ["string", "null"],
                "description": "The user, or else the application, that removed it.",
            },
        },
    }
)


def partial(schema: JsonObject) -> JsonObject:
    """The schema without the keywords that a part of a document need not keep to, and without defaults."""
    kept = {k: v for k, v in schema.items() if k not in _OF_THE_WHOLE and k != "default"}
    if kept.get("additionalProperties") is False:
        del kept["additionalProperties"]
    return kept


def or_null(schema: Json) -> Json:
    """The schema, allowing null."""
    if not isinstance(schema, dict):
        return schema
    if any(keyword in schema for keyword in _DECIDE):
        return _either(schema)
    opened = dict(schema)
    declared = schema.get("type")
    if declared is not None:
        listed = declared if isinstance(declared, list) else [declared]
        opened["type"] = [*listed, *([] if "null" in listed else ["null"])]
    if "enum" in opened and None not in opened["enum"]:
        opened["enum"] = [*opened["enum"], None]
    return opened


def _either(schema: JsonObject) -> JsonObject:
    around = {k: v for k, v in schema.items() if k in ("title", "description", "examples", "readOnly")}
    rest = {k: v for k, v in schema.items() if k not in around}
    options = rest["anyOf"] if rest.keys() == {"anyOf"} else [rest]
    null = {"type": "null"}
    return {**around, "anyOf": [*options, *([] if null in options else [null])]}

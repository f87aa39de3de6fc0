"""The write form of a schema: the JSON Schema 2020-12 that checks what clients send.

One artifact gives one document with its own URN and, inside it, further resources::

    urn:x-gateway:open:write:<$id>         required members, on top of
    urn:x-gateway:open:write:<$id>:body    properties and everything else the author wrote
      #/$defs/without:<property>           required members but one: the body where an inverse
                                           property holds it, for there the gateway fills it in
    urn:x-gateway:open:inline:<$id>        the same twice over, where everything is kept inline

Write forms refer to each other by URN. Annotations are left out, and read-only properties but
those with a default, which the gateway fills in before it checks.
``closed`` turns a document into the variant that refuses unknown properties.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from gateway_core.schema import nodes, walk
from gateway_core.schema.formats import FORMATS
from gateway_core.types import Json, JsonObject, Reference

DIALECT = "https://json-schema.org/draft/2020-12/schema"
OPEN = "urn:x-gateway:open:"
CLOSED = "urn:x-gateway:closed:"

_MARK = "x-closed"
_ANNOTATIONS = frozenset(
    {
        "$comment",
        "$id",
        "$schema",
        "default",
        "deprecated",
        "description",
        "example",
        "examples",
        "readOnly",
        "title",
        "version",
        "writeOnly",
    }
)
# Keywords through which members can become known besides a node's own ``properties``.
_APPLICATORS = ("$ref", "allOf", "anyOf", "dependentSchemas", "else", "if", "oneOf", "then")
_OPENERS = ("patternProperties", "propertyNames", "unevaluatedProperties")


class Form(StrEnum):
    """``WRITE``: relations are references or objects. ``INLINE``: they are plain objects."""

    WRITE = "write"
    INLINE = "inline"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What holds while one form of one artifact is made."""

    reference: Reference
    body: JsonObject
    form: Form


def urn(reference: Reference, form: Form = Form.WRITE) -> str:
    """The ``$id`` of a form; percent-encoded, so that any reference gives a legal URN."""
    return f"{OPEN}{form}:{quote(reference, safe='')}"


def write_schema(reference: Reference, body: JsonObject) -> JsonObject:
    """The write form of a well-formed artifact, with its inline form among the definitions."""
    document = _document(_Frame(reference, body, Form.WRITE))
    document["$defs"]["inline"] = _document(_Frame(reference, body, Form.INLINE))
    return {"$schema": DIALECT, **document}


def closed(schema: JsonObject) -> JsonObject:
    """The variant of a write form that refuses unknown properties, under URNs of its own."""

    def change(_: str, child: Json) -> Json:
        return closed(child) if isinstance(child, dict) else child

    result = walk.rebuild(schema, change)
    for keyword in ("$id", "$ref"):
        if str(result.get(keyword, "")).startswith(OPEN):
            result[keyword] = CLOSED + result[keyword].removeprefix(OPEN)
    if _MARK in result:
        result[result.pop(_MARK)] = False
    return result


def _document(frame: _Frame) -> JsonObject:
    identity = urn(frame.reference, frame.form)
    body = _node({k: v for k, v in frame.body.items() if k != "required"}, frame, value=True)
    body = {"$id": f"{identity}:body", **body, "type": "object"}
    # An object of its own may say which object it is (``normalise`` leaves that in).
    body["properties"] = {"_id": {"type": "string"}, **body.get("properties", {})}
    required = _required(frame.body, frame.body)
    definitions: dict[str, Json] = {"body": body}
    for name, node in nodes.members(frame.body).items():
        if nodes.read(node, frame.body).target is not None:
            rest = [other for other in required if other != name]
            definitions[_without(name)] = {"$ref": body["$id"], "required": rest}
    return {"$id": identity, "$ref": body["$id"], "required": required, "$defs": definitions}


def _without(name: str) -> str:
    return f"without:{name}"


def _required(node: JsonObject, body: JsonObject) -> list[str]:
    """What a client must send: neither read-only members nor those the gateway fills in."""
    members = nodes.members(node)
    found = []
    for name in nodes.names(node, "required"):
        known = nodes.read(members.get(name), body)
        if known.written and not known.filled:
            found.append(name)
    return found


def _node(node: JsonObject, frame: _Frame, *, value: bool) -> JsonObject:
    """Rewrite a schema; ``value`` tells that it alone describes a value (no branch of allOf, say)."""
    kept = {k: v for k, v in node.items() if k not in _ANNOTATIONS and not k.startswith("x-")}
    if kept.get("format") not in FORMATS:
        kept.pop("format", None)
    if "required" in kept:
        kept["required"] = _required(node, frame.body)
    if "properties" in kept:
        kept["properties"] = {
            name: child for name, child in node["properties"].items() if nodes.read(child, frame.body).checked
        }
    if "$ref" in kept:
        kept["$ref"] = _reference(kept["$ref"], frame)

    def change(keyword: str, child: Json) -> Json:
        if not isinstance(child, dict):
            return child
        if keyword == "properties":
            return _property(child, frame)
        # A definition is reached through a property, and what is below a property is inline.
        below = replace(frame, form=Form.INLINE) if keyword in ("$defs", "definitions") else frame
        return _node(child, below, value=keyword == "items")

    result = walk.rebuild(kept, change)
    return _marked(result, node, frame.body) if value else result


def _reference(reference: str, frame: _Frame) -> str:
    """Outside properties and their items a schema artifact describes a value kept inline."""
    if reference == "#":
        return urn(frame.reference, frame.form)
    return reference if reference.startswith("#") else urn(reference, Form.INLINE)


def _marked(result: JsonObject, node: JsonObject, body: JsonObject) -> JsonObject:
    """Mark an object whose members are all declared, and whose author did not open it."""
    whole = nodes.follow(node, body)
    opened = whole.get("additionalProperties", False) is not False
    if not nodes.members(whole) or opened or any(key in whole for key in _OPENERS):
        return result
    result.pop("additionalProperties", None)
    composed = any(key in result for key in _APPLICATORS)
    return {**result, _MARK: "unevaluatedProperties" if composed else "additionalProperties"}


def _property(node: JsonObject, frame: _Frame) -> JsonObject:
    """The write form of one property; relations by name, the rest by rewriting."""
    known = nodes.read(node, frame.body)
    if known.target is None:
        return _node(node, replace(frame, form=Form.INLINE), value=True)
    if not known.many:
        return _related(known, known.node, frame)
    around = {k: v for k, v in known.node.items() if k != "items"}
    listed = _node({"type": "array", **around}, frame, value=False)
    return {**listed, "items": _related(known, known.element, frame)}


def _related(known: nodes.Property, node: JsonObject, frame: _Frame) -> JsonObject:
    inline = frame.form is Form.INLINE or known.flag("x-inline") is True
    target = urn(str(known.target), Form.INLINE if inline else Form.WRITE)
    inverse = known.flag("x-inverseOf")
    if isinstance(inverse, str):
        target += walk.fragment(("$defs", _without(inverse)))
    kinds = ["object"] if inline else ["object", "string"]
    if nodes.allows_null(node):
        kinds.append("null")
    then: dict[str, Any] = {"$ref": target}
    if known.flag("x-linkOnly") is True and not inline:
        then["required"] = ["_id"]
    form: dict[str, Any] = {"type": kinds, "if": {"type": "object"}, "then": then}
    return form if inline else {**form, "else": {"format": "reference"}}

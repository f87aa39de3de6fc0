"""Reading one property of a schema: its flags, its element, what it allows.

All functions are total: on a malformed schema they give the answer of an absent keyword,
for the findings of such a schema are made elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway_core.schema import walk
from gateway_core.types import Json, JsonObject, Reference

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_MAX_CHAIN = 16


@dataclass(frozen=True, slots=True)
class Property:
    """A property as read: local references followed, an array separated from its element.

    ``node`` is the property's schema, ``element`` that of its items (of itself when it is no
    array). ``target`` is the ``$id`` of the schema artifact that the element refers to.
    """

    node: JsonObject
    element: JsonObject
    many: bool

    @property
    def target(self) -> Reference | None:
        return artifact_reference(self.element)

    def flag(self, name: str) -> Json:
        """An annotation beside the ``$ref``, or on the property that holds the items."""
        return self.node.get(name, self.element.get(name))

    @property
    def written(self) -> bool:
        """False for a property that clients cannot set."""
        return self.flag("readOnly") is not True and self.flag("x-generate") != "url"

    @property
    def checked(self) -> bool:
        """Whether it can stand in a document at the time of checking: written, or a default."""
        return self.written or self.node.get("default") is not None

    @property
    def filled(self) -> bool:
        """True when the gateway gives a value to a property that the client leaves out."""
        return self.flag("x-generate") is not None or self.node.get("default") is not None

    @property
    def nullable(self) -> bool:
        return allows_null(self.node)


def read(node: Json, body: JsonObject) -> Property:
    """The property that ``node`` describes; ``body`` is the schema that holds it."""
    whole = follow(node, body)
    items = whole.get("items")
    declared = types(whole)
    many = declared == {"array"} or (not declared and isinstance(items, dict))
    return Property(whole, follow(items, body) if many else whole, many)


def follow(node: Json, body: JsonObject) -> JsonObject:
    """The node merged over what its local ``$ref`` names; keywords beside a ``$ref`` win."""
    merged: dict[str, Any] = dict(node) if isinstance(node, dict) else {}
    for _ in range(_MAX_CHAIN):
        reference = merged.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#"):
            break
        target = walk.resolve(body, reference)
        del merged["$ref"]
        if isinstance(target, dict):
            merged = {**target, **merged}
    return merged


def artifact_reference(node: JsonObject) -> Reference | None:
    """The schema artifact that a node refers to, if it does."""
    reference = node.get("$ref")
    return reference if isinstance(reference, str) and not reference.startswith("#") else None


def members(node: JsonObject) -> JsonObject:
    """The declared properties of an object schema, by name."""
    properties = node.get("properties")
    return properties if isinstance(properties, dict) else {}


def text(node: JsonObject, keyword: str) -> str:
    """A keyword that holds text; empty when it does not."""
    value = node.get(keyword)
    return value if isinstance(value, str) else ""


def names(node: JsonObject, keyword: str) -> tuple[str, ...]:
    """A keyword that lists names."""
    value = node.get(keyword)
    return tuple(n for n in value if isinstance(n, str)) if isinstance(value, list) else ()


def types(node: JsonObject) -> frozenset[str]:
    """The JSON types a node allows besides null; empty when it does not say."""
    declared = node.get("type")
    if isinstance(declared, str):
        found = {declared}
    elif isinstance(declared, list):
        found = {t for t in declared if isinstance(t, str)}
    elif artifact_reference(node) or members(node):
        found = {"object"}
    else:
        found = _implied_types(node)
    return frozenset(found & set(TYPES)) - {"null"}


def _implied_types(node: JsonObject) -> set[str]:
    if isinstance(node.get("enum"), list):
        return {_type_of(value) for value in node["enum"]}
    if "const" in node:
        return {_type_of(node["const"])}
    branches = [b for key in ("anyOf", "oneOf") for b in _branches(node, key)]
    found = [types(branch) for branch in branches if branch.get("type") != "null"]
    return set().union(*found) if all(found) else set()


def _branches(node: JsonObject, keyword: str) -> list[JsonObject]:
    value = node.get(keyword)
    return [b for b in value if isinstance(b, dict)] if isinstance(value, list) else []


def _type_of(value: Json) -> str:
    for kind, name in ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "number")):
        if isinstance(value, kind):
            return name
    return "null" if value is None else "array" if isinstance(value, list) else "object"


def few_values(node: JsonObject) -> bool:
    """Whether only some values can stand there, so that many documents have the same."""
    if types(node) == {"boolean"} or "const" in node or isinstance(node.get("enum"), list):
        return True
    branches = [b for key in ("anyOf", "oneOf") for b in _branches(node, key)]
    return bool(branches) and all(few_values(branch) or branch.get("type") == "null" for branch in branches)


def allows_null(node: JsonObject) -> bool:
    """Whether an explicit null is a value of the property (else it means absent)."""
    declared = node.get("type")
    if declared is not None:
        return declared == "null" or (isinstance(declared, list) and "null" in declared)
    if isinstance(node.get("enum"), list):
        return None in node["enum"]
    if "const" in node:
        return node["const"] is None
    if "$ref" in node or "properties" in node or "items" in node:
        return False
    for keyword in ("anyOf", "oneOf"):
        if isinstance(node.get(keyword), list):
            return any(allows_null(branch) for branch in _branches(node, keyword))
    return all(allows_null(branch) for branch in _branches(node, "allOf"))

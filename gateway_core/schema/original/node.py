"""One schema inside a schema: a property, its items, a branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_core.schema import walk
from gateway_core.schema.original import pairs, words
from gateway_core.schema.original.defaults import default
from gateway_core.schema.original.frame import Frame
from gateway_core.schema.original.limits import limits
from gateway_core.schema.original.members import Members, apart
from gateway_core.schema.original.relations import related
from gateway_core.schema.original.spelling import not_kept, spelled
from gateway_core.schema.original.types import Typed, listed, nullable, typed
from gateway_core.schema.original.values import Unreadable, flag, is_set
from gateway_core.schema.own_words import ON_PROPERTIES
from gateway_core.types import Json, JsonObject

_FILE_MEMBERS: Mapping[str, Any] = {
    "base64": {"type": "string", "format": "file"},
    "filename": {"type": ["string", "null"]},
}
# Of a list without a schema for its items these concern the items.
_OF_ITEMS = ("enum", "format", "pattern")


def translated(node: Json, frame: Frame, *, null: bool = True) -> Json:
    """The schema that a node is in our dialect. ``null`` is whether null is a value, unless it says so."""
    if isinstance(node, bool) or node == []:
        return node if node is False else {}
    if not isinstance(node, dict):
        text = "this is no schema: any value is let in"
        frame.notes.warn("schema-malformed", frame.path, text)
        return {}
    given = spelled(node, frame)
    not_kept(given, frame)
    null = nullable(given, frame, null)
    target = pairs.target_of(given)
    made = _labels(given, frame)
    shape = related(target, given, null, frame) if target is not None else None
    if shape is None:
        shape = _value(given, null, frame)
    made |= shape
    made |= {word: value for word, value in given.items() if _is_kept(word)}
    made |= _rules(given, made, frame)
    return made | default(given, made, _types_of(made), frame)


def _is_kept(word: str) -> bool:
    """What is neither a word of theirs nor one with a meaning of its own here."""
    return word in ON_PROPERTIES or (word not in words.EVERY and not word.startswith(("$", "x-")))


def _labels(given: JsonObject, frame: Frame) -> JsonObject:
    """What is for people, and who may read and write."""
    made: JsonObject = {word: given[word] for word in words.TEXTS if isinstance(given.get(word), str)}
    if "example" in given:
        made["example"] = given["example"]
    if given.get("examples") is not None:
        examples = given["examples"]
        made["examples"] = examples if isinstance(examples, list) else [examples]
    for word in words.FLAGS:
        if word in given:
            try:
                made |= {word: True} if flag(given[word]) else {}
            except Unreadable:
                frame.warn("schema-malformed", word, f"{word} must be true or false, and is left out")
    return made


def _value(given: JsonObject, null: bool, frame: Frame) -> JsonObject:
    """A node that is no relation."""
    found = typed(given, frame)
    given, found = _one_or_many(given, found)
    if found.file:
        return _file(given, found, null, frame)
    made: JsonObject = _type(found.types, null)
    made |= {"format": found.format} if found.format else {}
    made |= found.extra | listed(given, found.types, null, frame) | limits(given, found.types, frame)
    if is_set(given.get("uniqueItems")):
        made["uniqueItems"] = True
    for word in ("contentEncoding", "contentMediaType", "dependentRequired"):
        if word in given:
            made[word] = given[word]
    if isinstance(given.get("$ref"), str):
        made["$ref"] = given["$ref"]
        made.pop("type", None)
    return made | _inside(given, found, frame)


def _one_or_many(given: JsonObject, found: Typed) -> tuple[JsonObject, Typed]:
    """Several values where ``multiple`` says so; of a list, what can only be said of its items is theirs."""
    items = given.get("items")
    if is_set(given.get("multiple")) and found.types != ("array",):
        own = {k: v for k, v in given.items() if k in words.TEXTS | words.FLAGS or k.endswith("Items")}
        element = {k: v for k, v in given.items() if k not in own and k not in ("multiple", "default")}
        return {**own, "items": element}, Typed(("array",), "", False, {})
    if found.types == ("array",) and not isinstance(items, dict | list):
        own = {k: v for k, v in given.items() if k not in _OF_ITEMS}
        element = {k: given[k] for k in _OF_ITEMS if k in given and given[k] != words.JSON}
        values = element.get("enum")
        if element and not (isinstance(values, list) and any(isinstance(v, list) for v in values)):
            return {**own, "items": element}, Typed(found.types, "", False, found.extra)
    if found.types == ("array",):
        return given, Typed(found.types, "", False, found.extra)
    return given, found


def _type(types: tuple[str, ...], null: bool) -> JsonObject:
    if not types:
        return {}
    if not null:
        return {"type": types[0] if len(types) == 1 else list(types)}
    return {"type": [*types, "null"]}


def _file(given: JsonObject, found: Typed, null: bool, frame: Frame) -> JsonObject:
    """A file is base64 or a data URL, alone or as ``base64`` of an object with its ``filename``."""
    rules = limits({k: v for k, v in given.items() if k in words.FILES}, (), frame)
    if found.types == ("string",):
        return _type(("string",), null) | {"format": "file"} | rules
    members = {name: dict(schema) for name, schema in _FILE_MEMBERS.items()}
    return {
        **_type(("string", "object"), null),
        "format": "file",
        "properties": members,
        "required": ["base64"],
        "additionalProperties": True,
        **rules,
    }


def _inside(given: JsonObject, found: Typed, frame: Frame) -> JsonObject:
    """The schemas inside: members of an object kept inline, items of a list, branches."""
    made: JsonObject = {}
    types = found.types
    if "object" in types or (not types and given.get("properties")):
        made |= members_of(given, frame)
    elif given.get("properties"):
        text = "properties means nothing for a list, and is left out" if types == ("array",) else ""
        hint = "its items are described by items" if text else "an object has the type object"
        text = text or f"properties means nothing for the type {types[0]}, and is left out"
        frame.warn("schema-malformed", "properties", text, hint)
    for word in sorted(words.SCHEMAS & given.keys() - {"properties"}):
        applied = _applied(word, given[word], frame)
        if word in made and word in applied:  # conditions of its members stand under allOf already
            applied = {word: [*made[word], *applied[word]]}
        made |= applied
    return made


def _applied(word: str, value: Json, frame: Frame) -> JsonObject:
    """One keyword that holds schemas."""
    below = frame.at(word)
    if word == "items" and isinstance(value, list):
        each = [translated(item, below.at(place), null=False) for place, item in enumerate(value)]
        return {"prefixItems": each} if each else {}
    if word in walk.LIST:
        branches = [b for b in value if not isinstance(b, str)] if isinstance(value, list) else []
        each = [translated(branch, below.at(place)) for place, branch in enumerate(branches)]
        return {word: each} if each else {}
    if word in walk.MAP:
        named = value.items() if isinstance(value, dict) else ()
        return {word: {name: translated(child, below.at(name)) for name, child in named}} if named else {}
    if value in ("true", "false", True, False):
        return {word: is_set(value)} if word != "items" else {}
    return {word: translated(value, below, null=word not in ("items", "contains"))} if value else {}


def members_of(given: JsonObject, frame: Frame) -> JsonObject:
    """The members of an object, which of them must be there, and when."""
    found: Members = apart(given, frame)
    made: JsonObject = {}
    for name, child in found.nodes.items():
        made[name] = translated(child, frame.at("properties", name, top=not frame.path))
    result: JsonObject = {"properties": made} if made or "properties" in given else {}
    return result | found.demands(made)


def _rules(given: JsonObject, made: JsonObject, frame: Frame) -> JsonObject:
    """What is enforced beside the shape of a value."""
    found: JsonObject = {}
    if is_set(given.get("immutable")) and not made.get("readOnly"):
        found["x-immutable"] = True
    if is_set(given.get("unsetable")) and not made.get("readOnly"):
        found["x-changeOnly"] = True
    if is_set(given.get("mustBeUnique")) or is_set(given.get("unique")):
        found["x-unique"] = True
        if given.get("caseSensitive") is not None and not is_set(given["caseSensitive"]):
            found["x-caseInsensitive"] = True
    if any(is_set(given.get(word)) for word in words.SEARCHED) and "$ref" not in made:
        found["x-index"] = True
    if not frame.top and found:
        for word in ("immutable", "unsetable", "mustBeUnique", "unique"):
            if is_set(given.get(word)):
                frame.info("schema-not-kept", word, f"'{word}' concerns the properties of the schema itself")
        found = {word: value for word, value in found.items() if word == "x-index"}
    return found


def _types_of(made: JsonObject) -> tuple[str, ...]:
    declared = made.get("type")
    if isinstance(declared, str):
        return (declared,)
    return tuple(t for t in declared if t != "null") if isinstance(declared, list) else ()

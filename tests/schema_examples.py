"""Documents made from a schema in our dialect: one that keeps to it, and those that break one rule each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway_core.schema import FORMATS, EntitySpec, compile_shape
from gateway_core.schema.nodes import Property, members, read, types

ID = "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11"
_TEXTS = (
    "abc",
    "1234567890",
    "a_b",
    "A",
    ID,
    "https://example.com/a",
    *(e.example for e in FORMATS.values()),
)
_MAX_LEVELS = 6


def example(spec: EntitySpec) -> dict[str, Any]:
    """A document with every member that a client can write."""
    return _object(spec.source, spec.source, 0)


def _object(node: dict[str, Any], body: dict[str, Any], level: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, child in members(node).items():
        known = read(child, body)
        if known.written and known.flag("x-generate") is None:
            value = _value(known, body, level)
            if value is not None:
                found[name] = value
    return found


def _value(known: Property, body: dict[str, Any], level: int) -> Any:
    if known.many:
        element = _single(known.element, body, known.target is not None, level)
        count = max(1, known.node.get("minItems", 0))
        return [element] * (1 if known.node.get("uniqueItems") else count) if element is not None else []
    return _single(known.element, body, known.target is not None, level)


def _single(node: dict[str, Any], body: dict[str, Any], related: bool, level: int) -> Any:
    if related:
        return ID
    if "enum" in node:
        return next((value for value in node["enum"] if value is not None), None)
    if "const" in node:
        return node["const"]
    allowed = types(node)
    if members(node) and "object" in allowed and level < _MAX_LEVELS:
        return _object(node, body, level + 1)
    if "array" in allowed:
        return []
    if "object" in allowed and "string" not in allowed:
        return {"free": 1}
    return next((value for value in _candidates(node, allowed) if _keeps_to(value, node)), None)


def _candidates(node: dict[str, Any], allowed: frozenset[str]) -> Iterator[Any]:
    if "boolean" in allowed:
        yield True
    if {"integer", "number"} & allowed:
        yield from (node.get("minimum", 1), node.get("maximum", 1), 1, 0, 20)
    if not allowed or "string" in allowed:
        known = FORMATS.get(node.get("format", ""))
        yield from (known.example,) if known else ()
        yield "x" * max(node.get("minLength", 1), 1)
        yield from _TEXTS


def _keeps_to(value: Any, node: dict[str, Any]) -> bool:
    plain = {k: v for k, v in node.items() if k != "$ref" and not k.startswith("x-")}
    return not compile_shape(plain).check(value)


def breaches(spec: EntitySpec) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """For every rule of every member: its name, the code of the violation, and a document that breaks it."""
    whole = example(spec)
    for name, child in members(spec.source).items():
        known = read(child, spec.source)
        if not known.written:
            continue
        for code, value in _wrong(known):
            yield name, code, {**whole, name: value}
        if name in spec.required and not known.filled:
            yield name, "required", {k: v for k, v in whole.items() if k != name}
    yield "noSuchMember", "unknown-property", {**whole, "noSuchMember": 1}


def _wrong(known: Property) -> Iterator[tuple[str, Any]]:
    if not known.nullable and types(known.node):
        yield "type", None
    if known.many:
        yield "type", "no list"
        items = known.node
        if "maxItems" in items:
            yield "maxItems", [ID] * (items["maxItems"] + 1)
        if items.get("minItems"):
            yield "minItems", []
        if items.get("uniqueItems"):
            element = ID if known.target or "string" in types(known.element) else {}
            yield "uniqueItems", [element, element]
        return
    if known.target is not None:
        yield "type", 5
        yield "format", "no reference"
        return
    yield from _wrong_scalar(known.node)


def _wrong_scalar(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    allowed = types(node)
    text = "string" in allowed
    day = slice(10) if node.get("format") == "date" else slice(None)
    rules: dict[str, Any] = {
        "anyOf": lambda _: "no reference",
        "const": lambda _: "no such value",
        "enum": lambda _: "no such value" if text or not allowed else 987654321,
        "maximum": lambda limit: limit + 1,
        "minimum": lambda limit: limit - 1,
        "pattern": lambda _: "!",
        "x-maxDate": lambda _: "9000-01-01T00:00:00Z"[day],
        "x-minDate": lambda _: "0100-01-01T00:00:00Z"[day],
    }
    if text:
        rules["maxLength"] = lambda limit: "x" * (limit + 1)
        rules["minLength"] = lambda limit: "x" * (limit - 1)
        if node.get("format") in FORMATS:
            rules["format"] = lambda _: "\n"
    if allowed and "object" not in allowed:
        yield "type", {}
    for keyword in rules.keys() & node.keys():
        yield keyword.removeprefix("x-"), rules[keyword](node[keyword])

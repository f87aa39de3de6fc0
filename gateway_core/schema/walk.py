"""Where schemas stand inside a schema: JSON Schema 2020-12, section 10, as three tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote

from gateway_core.types import Json, JsonObject

ONE = frozenset(
    {
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
LIST = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
MAP = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})


def subschemas(schema: JsonObject) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """The schemas directly below, each with its path from here."""
    for key, value in schema.items():
        if key in ONE:
            yield (key,), value
        elif key in LIST and isinstance(value, list):
            for position, item in enumerate(value):
                yield (key, position), item
        elif key in MAP and isinstance(value, dict):
            for name, item in value.items():
                yield (key, name), item


def walk(schema: JsonObject) -> Iterator[tuple[tuple[str | int, ...], JsonObject]]:
    """Every schema object inside, itself first, with its path. Boolean schemas are left out."""
    pending: list[tuple[tuple[str | int, ...], JsonObject]] = [((), schema)]
    while pending:
        path, node = pending.pop()
        yield path, node
        below = [(path + step, child) for step, child in subschemas(node) if isinstance(child, dict)]
        pending.extend(reversed(below))


def rebuild(schema: JsonObject, change: Callable[[str, Json], Json]) -> JsonObject:
    """The same schema with ``change(keyword, subschema)`` in place of each schema directly below."""
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ONE:
            result[key] = change(key, value)
        elif key in LIST:
            result[key] = [change(key, item) for item in value]
        elif key in MAP:
            result[key] = {name: change(key, item) for name, item in value.items()}
        else:
            result[key] = value
    return result


def escape(token: str) -> str:
    """One token of a JSON pointer (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


def pointer_text(path: tuple[str | int, ...]) -> str:
    """A path as JSON pointer: ``""`` for the whole, else ``/a/0/b``."""
    return "".join(f"/{escape(str(token))}" for token in path)


def fragment(path: tuple[str | int, ...]) -> str:
    """A path as URI fragment, with its ``#``."""
    return "#" + quote(pointer_text(path), safe="/~:")


def resolve(document: Json, fragment_text: str) -> Json:
    """What ``#/a/b`` names inside the document; None when nothing is there. ``#`` is the whole."""
    node = document
    for token in unquote(fragment_text.removeprefix("#")).split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            node = node[int(key)] if key.isdecimal() and int(key) < len(node) else None
        elif isinstance(node, dict):
            node = node.get(key)
        else:
            return None
    return node

"""Whose dialect is a schema written in?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway_core.schema.forms import DIALECT
from gateway_core.schema.original import words
from gateway_core.types import Json

_MAX_LEVELS = 8


def speaks(body: Mapping[str, Any]) -> bool:
    """Whether the schema is written in the dialect of Common Gateway.

    It says so (``$schema``), or it claims JSON Schema 2020-12, or nothing, and has words that only
    that dialect has. A schema with an ``x-`` word is ours, and a slip in it is for its author.
    """
    dialect = body.get("$schema")
    if isinstance(dialect, str) and _names_entity(dialect):
        return True
    if dialect not in (None, DIALECT):
        return False
    nodes = list(_properties(body, 0))
    ours = any(str(key).startswith("x-") for node in (body, *nodes) for key in node)
    return not ours and any(_tells(node) for node in nodes)


def _names_entity(dialect: str) -> bool:
    place = dialect.strip().rstrip("#").rpartition("://")[2]
    return place.removeprefix("www.").lower() == words.ENTITY_SCHEMA


def _tells(node: Mapping[str, Any]) -> bool:
    required, type_ = node.get("required"), node.get("type")
    flagged = isinstance(required, bool) or required in ("true", "false")
    named = isinstance(type_, str) and type_ in words.TELLING_TYPES
    return flagged or named or not words.TELLING.isdisjoint(node)


def _properties(node: Json, level: int) -> Iterator[Mapping[str, Any]]:
    """The schemas of properties, those inside others too."""
    members = node.get("properties") if isinstance(node, Mapping) else None
    if not isinstance(members, Mapping) or level > _MAX_LEVELS:
        return
    for child in members.values():
        if isinstance(child, Mapping):
            yield child
            yield from _properties(child, level + 1)

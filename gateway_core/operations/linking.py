"""A document with, and without, its reference to an object."""

from __future__ import annotations

from gateway_core.operations.graph import ids_of
from gateway_core.schema import EntitySpec
from gateway_core.types import JsonObject


def with_reference(spec: EntitySpec, document: JsonObject, property: str, id: str) -> JsonObject:
    """``document`` with a reference to ``id`` under ``property`` (added, where that is a list)."""
    prop = spec.properties.get(property)
    if prop is not None and prop.many:
        value = document.get(property) or []
        return {**document, property: value if id in value else [*value, id]}
    return {**document, property: id}


def without_reference(data: JsonObject, property: str, id: str) -> JsonObject:
    """``data`` without the reference to ``id`` under ``property``."""
    left = [other for other in ids_of(data.get(property)) if other != id]
    if isinstance(data.get(property), list):
        return {**data, property: left}
    return {name: value for name, value in data.items() if name != property}

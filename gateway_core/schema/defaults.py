"""Defaults: what a member is when the client leaves it out."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from gateway_core.schema.spec import Entities, EntitySpec, PropertyKind, PropertySpec
from gateway_core.schema.validate import MAX_DEPTH
from gateway_core.types import Json, JsonObject, Reference


def _unknown(_: Reference) -> EntitySpec | None:
    return None


def apply_defaults(document: JsonObject, spec: EntitySpec, entity: Entities = _unknown) -> JsonObject:
    """The document with the defaults of its absent members, inline objects included.

    An explicit null is a value. Objects of relations are left alone: they get their own
    defaults when they are created. ``entity`` finds the spec of an entity that is kept inline;
    without it the defaults inside such objects are left out. Returns a new document.
    """
    return _with_defaults(document, spec.properties, entity, 0)


def _with_defaults(
    document: JsonObject, properties: Mapping[str, PropertySpec], entity: Entities, level: int
) -> JsonObject:
    result = dict(document)
    for name, known in properties.items():
        if name not in document:
            if known.default is not None:
                result[name] = deepcopy(known.default)
        elif known.kind is PropertyKind.INLINE and level < MAX_DEPTH:
            result[name] = _inline_defaults(document[name], known, entity, level + 1)
    return result


def _inline_defaults(value: Json, known: PropertySpec, entity: Entities, level: int) -> Json:
    if isinstance(value, list):
        return [
            _inline_defaults(item, known, entity, level) if isinstance(item, dict) else item for item in value
        ]
    if not isinstance(value, dict):
        return value
    target = entity(known.target) if known.target is not None else None
    return _with_defaults(value, target.properties if target else known.properties, entity, level)

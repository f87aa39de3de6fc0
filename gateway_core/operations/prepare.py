"""A document as a client wrote it, made ready for its schema: tidied, filled, tied to its parent."""

from __future__ import annotations

from gateway_core.catalog.snapshot import Entity
from gateway_core.operations.call import Context
from gateway_core.operations.documents import ID
from gateway_core.schema import PropertyKind, PropertySpec, apply_defaults, normalise
from gateway_core.types import Json, JsonObject


def prepare(
    context: Context, entity: Entity, document: JsonObject, id: str, *, partial: bool = False
) -> JsonObject:
    """``document`` with what means nothing here removed, and related objects likewise.

    ``id`` is the object's own: objects written on the far side of a relation get it as
    their reference. ``partial`` keeps nulls and adds no defaults (a patch).
    """
    tidy = normalise(document, entity.spec, context.catalog.spec, keep_nulls=partial)
    return _complete(context, entity, tidy, id, partial=partial)


def _complete(
    context: Context, entity: Entity, document: JsonObject, id: str, *, partial: bool
) -> JsonObject:
    filled = dict(document) if partial else apply_defaults(document, entity.spec, context.catalog.spec)
    for prop in entity.relations:
        if prop.name in filled:
            filled[prop.name] = _related(context, prop, filled[prop.name], id, partial=partial)
    return filled


def _related(context: Context, prop: PropertySpec, value: Json, id: str, *, partial: bool) -> Json:
    if isinstance(value, list):
        return [_related(context, prop, element, id, partial=partial) for element in value]
    target = context.catalog.entities.get(str(prop.target))
    if not isinstance(value, dict) or target is None:
        return value
    child = _complete(context, target, value, str(value.get(ID) or ""), partial=partial)
    if prop.kind is PropertyKind.INVERSE and prop.inverse_of is not None:
        back = target.spec.properties.get(prop.inverse_of)
        if id:
            child[prop.inverse_of] = [id] if back is not None and back.many else id
        else:  # a new object of a new object: what it belongs to gets its id when it is written
            child.pop(prop.inverse_of, None)
    return child

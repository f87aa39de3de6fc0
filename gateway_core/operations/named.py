"""The existing objects that a document names, by reference or with their ``_id`` inside."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_core.catalog.snapshot import Entity
from gateway_core.operations.call import Context
from gateway_core.operations.documents import ID
from gateway_core.operations.graph import Graph
from gateway_core.schema import referenced_id
from gateway_core.types import JsonObject, Pointer, Violation


def add_named(context: Context, tenant: str, entity: Entity, document: JsonObject, graph: Graph) -> None:
    """Add to the graph what the document names and the store has, in one statement.

    So an object that stood elsewhere until now is known to be that object, and is not made anew.
    """
    named = {id for _, id, _ in _references(context, entity, document, ())}
    unknown = named - graph.objects.keys()
    if unknown:
        graph.objects.update(context.store.get(tenant, unknown))


def missing_references(
    context: Context, tenant: str, entity: Entity, document: JsonObject, graph: Graph
) -> list[Violation]:
    """A violation for each reference in the document to an object that does not exist there.

    What does exist is in the graph afterwards.
    """
    add_named(context, tenant, entity, document, graph)
    objects = graph.objects
    return [
        Violation(pointer, "not-found", {"schema": target})
        for pointer, id, target in _references(context, entity, document, ())
        if id not in objects or objects[id].entity != target
    ]


def _references(
    context: Context, entity: Entity, document: JsonObject, pointer: Pointer
) -> Iterator[tuple[Pointer, str, str]]:
    """Each reference with its place, the id, and the schema that is expected there."""
    for prop in entity.relations:
        value = document.get(prop.name)
        target = context.catalog.entities.get(str(prop.target))
        if value is None or target is None:
            continue
        for index, element in enumerate(value if isinstance(value, list) else [value]):
            place = (*pointer, prop.name, index) if isinstance(value, list) else (*pointer, prop.name)
            if isinstance(element, str):
                yield place, referenced_id(element) or element, target.reference
            elif isinstance(element, dict):
                if ID in element:
                    yield (*place, ID), str(element[ID]), target.reference
                skipped = {k: v for k, v in element.items() if k != prop.inverse_of}
                yield from _references(context, target, skipped, place)

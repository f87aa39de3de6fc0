"""A stored object as the document that it was written as, and that document after a patch."""

from __future__ import annotations

from collections.abc import Sequence

from gateway_core.operations.call import Context
from gateway_core.operations.graph import Graph, ids_of
from gateway_core.operations.merge import holds, merge_patch
from gateway_core.schema import EntitySpec, PropertyKind
from gateway_core.types import Json, JsonObject, StoredObject

ID = "_id"


def refilled(spec: EntitySpec, data: JsonObject) -> JsonObject:
    """A copy of the data with what is required and was given as nothing: null and empty lists are kept
    as absence, and must be there again where the whole is checked."""
    document = dict(data)
    for name in spec.required:
        known = spec.properties.get(name)
        if known is not None and name not in data and not known.read_only:
            if known.many:
                document[name] = []
            elif known.nullable:
                document[name] = None
    return document


def expand(context: Context, graph: Graph, item: StoredObject, branch: frozenset[str]) -> JsonObject:
    """``item`` as a document with its related objects inside, each with its ``_id``."""
    entity = context.catalog.entities[item.entity]
    document = refilled(entity.spec, item.data)
    for prop in entity.relations:
        if prop.kind is not PropertyKind.RELATION:
            continue
        shown: list[Json] = []
        for id in ids_of(item.data.get(prop.name)):
            child = graph.objects.get(id)
            if child is None or id in branch:
                shown.append(id)
            else:
                shown.append({**expand(context, graph, child, branch | {id}), ID: id})
        if shown:
            document[prop.name] = shown if prop.many else shown[0]
    return document


def patched(
    context: Context, graph: Graph, item: StoredObject, patch: JsonObject, *, append: bool
) -> JsonObject:
    """``item`` after a merge patch, related objects that the patch touches inside it.

    A patch of a single related object changes that object. A list of related objects
    replaces the list or, with ``append``, joins it (an element that is there already does not
    join again); an element with ``_id`` changes the object of that id.
    """
    entity = context.catalog.entities[item.entity]
    document = refilled(entity.spec, item.data)
    for name, value in patch.items():
        prop = entity.spec.properties.get(name)
        if value is None:
            document[name] = None
        elif prop is None or prop.kind in (PropertyKind.VALUE, PropertyKind.INLINE):
            document[name] = merge_patch(document.get(name), value)
        elif isinstance(value, list):
            known = ids_of(document.get(name)) if append else ()
            document[name] = _patched_list(context, graph, known, value)
        else:
            current = None if prop.many else next(iter(ids_of(document.get(name))), None)
            document[name] = _patched_element(context, graph, value, current)
    return document


def _patched_list(context: Context, graph: Graph, known: Sequence[str], value: list[Json]) -> list[Json]:
    """The elements of ``value`` behind the ``known`` ids that they do not name or repeat."""
    present = [graph.objects[id] for id in known if id in graph.objects]
    documents = [expand(context, graph, item, frozenset((item.id,))) for item in present]
    named = {element.get(ID) for element in value if isinstance(element, dict)}
    new = [
        _patched_element(context, graph, element, None)
        for element in value
        if not isinstance(element, dict) or ID in element or not any(holds(d, element) for d in documents)
    ]
    return [*(id for id in known if id not in named), *new]


def _patched_element(context: Context, graph: Graph, element: Json, current: str | None) -> Json:
    if not isinstance(element, dict):
        return element
    id = str(element.get(ID) or current or "")
    item = graph.objects.get(id)
    if item is None:
        return element
    data = refilled(context.catalog.entities[item.entity].spec, item.data)
    return {**merge_patch(data, element), ID: id}

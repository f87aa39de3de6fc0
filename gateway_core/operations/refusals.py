"""What a plan must not do to members of objects, told as violations of the client's document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway_core.catalog.snapshot import Entity
from gateway_core.types import Json, JsonObject, Pointer, StoredObject, Violation

IMMUTABLE, CHANGE_ONLY, UNIQUE = "immutable", "change-only", "unique"


@dataclass(frozen=True, slots=True)
class Refusal:
    """``name`` of ``part``, an object inside the document, breaks the rule ``code``."""

    part: Mapping[str, Json]
    name: str
    code: str

    def violation(self, document: Json) -> Violation:
        """The same, with the place in the document."""
        place = next(places(document, self.part), ())
        return Violation((*place, *self.name.split(".")), self.code)


def given_too_early(entity: Entity, document: JsonObject) -> Iterator[Refusal]:
    """Members that a new object may not have."""
    for prop in entity.change_only:
        value = document.get(prop.name)
        if value not in (None, "", prop.default):
            yield Refusal(document, prop.name, CHANGE_ONLY)


def changed_too_late(
    entity: Entity, item: StoredObject, data: JsonObject, document: JsonObject
) -> Iterator[Refusal]:
    """Members of ``item`` that ``data`` would change, and that cannot be changed any more."""
    for prop in entity.immutable:
        if data.get(prop.name) != item.data.get(prop.name):
            yield Refusal(document, prop.name, IMMUTABLE)


def cleared(entity: Entity, item: StoredObject, document: JsonObject) -> tuple[Violation, ...]:
    """Members that a client takes away by null, and that cannot be changed any more."""
    return tuple(
        Violation((prop.name,), IMMUTABLE)
        for prop in entity.immutable
        if prop.name in document and document[prop.name] is None and item.data.get(prop.name) is not None
    )


def places(document: Json, part: Mapping[str, Json]) -> Iterator[Pointer]:
    """Where in the document this very object stands."""
    pending: list[tuple[Pointer, Json]] = [((), document)]
    while pending:
        place, node = pending.pop()
        if node is part:
            yield place
        elif isinstance(node, dict):
            pending += [((*place, name), child) for name, child in node.items()]
        elif isinstance(node, list):
            pending += [((*place, position), child) for position, child in enumerate(node)]

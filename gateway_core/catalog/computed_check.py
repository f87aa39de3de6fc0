"""Whether the declared queries of computed endpoints can be asked: found when they are installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gateway_core.catalog.computed import Fixed, Selection, Value
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.snapshot import Entity
from gateway_core.errors import InvalidQuery
from gateway_core.query.text import keys_of
from gateway_core.types import Finding, Json, JsonObject, Reference, Severity

# One of these can stand for a value of any type that a filter takes.
STAND_INS = ("x", "1", "true", "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11", "2025-01-01T00:00:00Z")
EXACT = "exact"


def check_selections(
    endpoints: Iterable[Endpoint], entities: Mapping[Reference, Entity]
) -> Iterator[Finding]:
    """An error for each filter or order that the schema of a selection does not have."""
    for endpoint in endpoints:
        for selection in endpoint.computed.selections if endpoint.computed is not None else ():
            entity = entities.get(selection.target)
            if entity is None:
                continue
            for fault in _faults(selection, entity):
                text = f"computed endpoint {endpoint.reference}: input '{selection.name}': {fault.detail}"
                yield Finding(Severity.ERROR, "computed", text, endpoint.reference, hint=fault.hint)


def filter_of(name: str, value: Value, given: Json) -> JsonObject:
    """A filter as the parser takes it. A value that is no configuration is compared as it is: no
    ``IS NULL`` and no percent sign in it means anything."""
    head, *keys = keys_of(name)
    if not keys and not isinstance(value, Fixed):
        keys = [EXACT]
    inner: Json = given
    for key in reversed(keys):
        inner = {key: inner}
    return {head: inner}


def _faults(selection: Selection, entity: Entity) -> Iterator[InvalidQuery]:
    for name, value in selection.filters:
        tried = (value.value,) if isinstance(value, Fixed) else STAND_INS
        faults = [fault for each in tried if (fault := _fault(entity, name, value, each)) is not None]
        if len(faults) == len(tried):
            yield faults[0]
    if selection.order:
        try:
            entity.parser.parse({"_order": selection.order})
        except InvalidQuery as fault:
            yield fault


def _fault(entity: Entity, name: str, value: Value, given: Json) -> InvalidQuery | None:
    try:
        entity.parser.parse(filter_of(name, value, given))
    except InvalidQuery as fault:
        return fault
    return None

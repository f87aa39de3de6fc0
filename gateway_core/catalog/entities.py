"""Schema artifacts to what the catalog knows of entities, as far as they can be used together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.snapshot import Entity, ShownRelation, Spelled
from gateway_core.query.parse import QueryParser, QuerySettings
from gateway_core.schema import (
    EntitySpec,
    PropertyKind,
    Validator,
)
from gateway_core.types import JsonObject, Reference

Specs = Mapping[Reference, EntitySpec]
Validators = Mapping[Reference, Validator]


def entities(
    specs: Specs, validators: Validators, endpoints: Sequence[Endpoint], settings: QuerySettings
) -> dict[Reference, Entity]:
    """The entities that can be used: none while there are no validators."""
    if not validators:
        return {}
    # What is never shown is not asked for either: answers would tell what it is.
    seen = {reference: _seen(spec) for reference, spec in specs.items()}
    parsers = {reference: QueryParser(spec, seen.get, settings) for reference, spec in seen.items()}
    homes = {reference: _home(reference, endpoints) for reference in specs}
    return {
        reference: _entity(spec, validators[reference], parsers[reference], homes)
        for reference, spec in specs.items()
    }


def _entity(
    spec: EntitySpec, validator: Validator, parser: QueryParser, homes: Mapping[Reference, str | None]
) -> Entity:
    inverse = _inverse(spec)
    relations = spec.relations
    shown = [p for p in spec.properties.values() if p.name != "id" and not p.write_only]
    blank: JsonObject = {p.name: [] if p.many else None for p in shown}
    return Entity(
        spec=spec,
        validator=validator,
        parser=parser,
        home=homes.get(spec.reference),
        blank=MappingProxyType(blank),
        label={"id": spec.reference, "ref": spec.reference, "name": spec.name},
        relations=relations,
        embedded=tuple(p for p in relations if p.embed),
        shown=tuple(
            ShownRelation(p.name, p.many, p.kind is PropertyKind.INVERSE, p.embed) for p in relations
        ),
        inverse=MappingProxyType(inverse),
        mirrored=tuple(inverse),
        hidden=tuple(p.name for p in spec.properties.values() if p.write_only),
        immutable=tuple(p for p in spec.properties.values() if p.immutable),
        change_only=tuple(p for p in spec.properties.values() if p.change_only),
        spelled=tuple(Spelled(p.name, p.show, homes.get(str(p.target))) for p in relations if p.show != "id"),
        urls=tuple(p.name for p in spec.properties.values() if p.generate == "url"),
    )


def _seen(spec: EntitySpec) -> EntitySpec:
    """The spec without what is written only."""
    if not any(prop.write_only for prop in spec.properties.values()):
        return spec
    shown = {name: prop for name, prop in spec.properties.items() if not prop.write_only}
    return replace(spec, properties=MappingProxyType(shown))


def _inverse(spec: EntitySpec) -> dict[tuple[Reference, str], tuple[str, ...]]:
    names: dict[tuple[Reference, str], tuple[str, ...]] = {}
    for prop in spec.relations:
        if prop.kind is PropertyKind.INVERSE:
            mirrored = (str(prop.target), str(prop.inverse_of))
            names[mirrored] = (*names.get(mirrored, ()), prop.name)
    return names


def _home(entity: Reference, endpoints: Iterable[Endpoint]) -> str | None:
    """Where objects live: an endpoint that shows them as they are, else any that reads one."""
    serving = [
        e
        for e in endpoints
        if e.entity == entity
        and "GET" in e.methods
        and e.has_items
        and not (e.variables or e.others or e.waits_for)
    ]
    serving.sort(key=lambda e: e.is_mapped)
    return serving[0].path if serving else None

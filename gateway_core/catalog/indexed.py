"""Which members a configuration wants to be found by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway_core.catalog.snapshot import IndexedPath
from gateway_core.schema.spec import EntitySpec, PropertyKind, PropertySpec
from gateway_core.types import Reference

MAX_INLINE_LEVELS = 8


def indexed_paths(specs: Mapping[Reference, EntitySpec]) -> Iterable[IndexedPath]:
    """The indexed and the unique members of every entity, inside what is kept inline too."""

    def below(
        properties: Mapping[str, PropertySpec], prefix: str, array: bool, level: int
    ) -> Iterable[tuple[str, bool, PropertySpec]]:
        for prop in properties.values():
            path, many = f"{prefix}{prop.name}", array or prop.many
            if prop.indexed or prop.unique:
                yield path, many, prop
            if prop.kind is PropertyKind.INLINE and level < MAX_INLINE_LEVELS:
                target = specs.get(prop.target or "")
                members = target.properties if target is not None else prop.properties
                yield from below(members, f"{path}.", many, level + 1)

    for reference, spec in specs.items():
        for path, array, prop in below(spec.properties, "", False, 0):
            if prop.indexed:
                yield IndexedPath(reference, path, array)
            if prop.unique:
                yield IndexedPath(reference, path, array, unique=True, folded=prop.folded)

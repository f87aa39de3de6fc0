"""Which members a configuration wants to be found by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway_core.catalog.snapshot import IndexedPath
from gateway_core.schema.spec import EntitySpec, PropertyKind, PropertySpec
from gateway_core.types import Reference

MAX_INLINE_LEVELS = 8
MAX_RELATED_LEVELS = 4
_TIMES = ("_self.dateCreated", "_self.dateModified")


def indexed_paths(specs: Mapping[Reference, EntitySpec]) -> Iterable[IndexedPath]:
    """The indexed, searched and unique members of every entity, inside what is kept inline too."""

    def below(
        properties: Mapping[str, PropertySpec], prefix: str, array: bool, level: int
    ) -> Iterable[tuple[str, bool, PropertySpec]]:
        for prop in properties.values():
            path, many = f"{prefix}{prop.name}", array or prop.many
            yield path, many, prop
            inline = prop.kind is PropertyKind.INLINE
            # Within what is inline, all below it is: there a relation of its schema is none.
            if (inline or level) and level < (MAX_INLINE_LEVELS if inline else MAX_RELATED_LEVELS):
                target = specs.get(prop.target or "")
                members = target.properties if target is not None else prop.properties
                yield from below(members, f"{path}.", many, level + 1)

    for reference, spec in specs.items():
        for path in _TIMES if spec.ordered_by_time else ():
            yield IndexedPath(reference, path, array=False, order=True)
        for path, array, prop in below(spec.properties, "", False, 0):
            yield from _of_member(reference, path, array, prop)


def _of_member(reference: Reference, path: str, array: bool, prop: PropertySpec) -> Iterable[IndexedPath]:
    if prop.indexed:
        yield IndexedPath(reference, path, array, few_values=prop.few_values)
        if prop.format == "date-time" and not array:  # whose texts are not in the order of time
            yield IndexedPath(reference, path, array, order=True)
    if prop.unique:
        yield IndexedPath(reference, path, array, unique=True, folded=prop.folded)
    if prop.searched and prop.kind is PropertyKind.VALUE:
        yield IndexedPath(reference, path, array, text=True)

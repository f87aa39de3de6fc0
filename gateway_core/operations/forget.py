"""Forgetting what was, for good: the right to erasure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway_core.catalog.snapshot import Catalog
from gateway_core.operations.graph import ids_of
from gateway_core.operations.past import removed_referrers
from gateway_core.query.model import Scope
from gateway_core.schema.spec import PropertyKind
from gateway_core.store.protocol import Store
from gateway_core.types import StoredObject


@dataclass(frozen=True, slots=True)
class Erased:
    """How many earlier versions of the objects named, and of their parts, were forgotten.

    ``there`` are those of the objects named that are there still, ``unknown`` those of which
    nothing was kept.
    """

    versions: int
    parts: int
    there: tuple[str, ...]
    unknown: tuple[str, ...]


def erase(catalog: Catalog, store: Store, tenant: str, ids: Sequence[str]) -> Erased:
    """Forget all earlier versions of objects, and of the parts that they had in any version: objects
    that are removed together with them, and so hold the same person's data."""
    there = store.get(tenant, ids)
    seen: dict[str, None] = {}
    unknown: list[str] = []
    pending = list(dict.fromkeys(ids))
    while pending:
        id = pending.pop()
        seen[id] = None
        versions = _versions(catalog, store, tenant, id)
        if not versions and id in ids:
            unknown.append(id)
        parts = {part for version in versions for part in _parts(catalog, store, tenant, version)}
        pending += sorted(parts - seen.keys() - set(pending))
    forgotten = store.erase(tenant, tuple(seen))
    return Erased(forgotten, len(seen) - len(set(ids)), tuple(there), tuple(unknown))


def _versions(catalog: Catalog, store: Store, tenant: str, id: str) -> list[StoredObject]:
    """Every version of an object, whatever it is one of, with the one that it has."""
    found = list(store.get(tenant, [id]).values())
    for entity in catalog.entities:
        found += [past.object for past in store.history(Scope(tenant, entity), id)]
    return found


def _parts(catalog: Catalog, store: Store, tenant: str, item: StoredObject) -> Iterator[str]:
    """What is removed together with an object, from either side of the relation."""
    entity = catalog.entities.get(item.entity)
    for prop in entity.relations if entity is not None else ():
        if not prop.cascade_delete:
            continue
        if prop.kind is PropertyKind.RELATION:
            yield from ids_of(item.data.get(prop.name))
            continue
        mirrored = (str(prop.target), str(prop.inverse_of))
        yield from store.linked_ids(tenant, [item.id], [mirrored]).get((item.id, *mirrored), ())
        yield from (past.object.id for past in removed_referrers(store, tenant, prop, item.id))

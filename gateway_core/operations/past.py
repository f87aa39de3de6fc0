"""The versions of an object, and what stood around one as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway_core.catalog.snapshot import Catalog
from gateway_core.operations.graph import Extend, Graph, ids_of
from gateway_core.query.model import Compare, Op, Query, Scope, Window
from gateway_core.schema.spec import PropertyKind, PropertySpec
from gateway_core.store.protocol import Past, Store
from gateway_core.types import StoredObject

BATCH = 500
NEVER = "9999-12-31T23:59:59.999999Z"


class Life:
    """What an object is (``current``; None: it is not there), and what it was, read as it is asked for."""

    def __init__(self, store: Store, scope: Scope, id: str) -> None:
        self._store, self._scope, self._id = store, scope, id
        self.current = store.fetch(scope, id)
        last, self._earlier = store.versions(scope, id, Window(1))
        self.removed = last[0] if last and self.current is None else None

    @property
    def total(self) -> int:
        """How many versions there are, with the current one; none of what never was, or is forgotten."""
        return self._earlier + (self.current is not None)

    def page(self, limit: int, offset: int = 0) -> list[Past]:
        """Some versions, newest first. The one that the object has now never ends."""
        now = [Past(self.current, NEVER, None)] if self.current is not None else []
        shown = now[offset : offset + limit]
        rest = limit - len(shown)
        if rest:
            shown += self._store.versions(self._scope, self._id, Window(rest, max(0, offset - len(now))))[0]
        return shown

    def version(self, number: int) -> Past | None:
        """The version of a number; of several (an object that was loaded again) the newest."""
        if self.current is not None and self.current.meta.version == number:
            return Past(self.current, NEVER, None)
        found, _ = self._store.versions(self._scope, self._id, Window(1), number)
        return found[0] if found else None


def load_as_of(
    catalog: Catalog, store: Store, tenant: str, root: StoredObject, extend: Extend, moment: str
) -> Graph:
    """What stood around ``root`` just before a moment, to the depth that its schema allows now.

    Objects on the far side of a relation are found while they still refer to it, or were
    removed since; those that let go of it are not.
    """
    graph = Graph({root.id: root}, {}, extend)
    entity = catalog.entities.get(root.entity)
    depth = entity.spec.max_depth if entity is not None else 0
    frontier = [root]
    for level in range(1, depth + 1):
        wanted: dict[str, None] = {}
        for item in frontier:
            known = catalog.entities.get(item.entity)
            for prop in known.relations if known is not None else ():
                ids = _ids(store, tenant, graph, item, prop, moment)
                if level < depth and extend.embeds(prop, level):
                    wanted.update(dict.fromkeys(ids))
        missing = [id for id in wanted if id not in graph.objects]
        if not missing:
            break
        found = store.as_of(tenant, missing, moment)
        frontier = [item for item in found.values() if item.entity in catalog.entities]
        graph.objects.update((item.id, item) for item in frontier)
    return graph


def _ids(
    store: Store, tenant: str, graph: Graph, item: StoredObject, prop: PropertySpec, moment: str
) -> Sequence[str]:
    """The ids under a relation of an object as it was."""
    if prop.kind is not PropertyKind.INVERSE:
        return ids_of(item.data.get(prop.name))
    source, back = str(prop.target), str(prop.inverse_of)
    now = store.linked_ids(tenant, [item.id], [(source, back)]).get((item.id, source, back), ())
    since = [each.object.id for each in removed_referrers(store, tenant, prop, item.id)]
    then = store.as_of(tenant, [*now, *since], moment)
    ids = tuple(
        id for id, other in then.items() if other.entity == source and item.id in ids_of(other.data.get(back))
    )
    if ids:
        graph.inverse[item.id, prop.name] = ids
    return ids


def removed_referrers(store: Store, tenant: str, prop: PropertySpec, id: str) -> Iterator[Past]:
    """The removed objects that referred to an object, by its inverse property."""
    scope = Scope(tenant, str(prop.target), removed=True)
    where = Compare((str(prop.inverse_of),), Op.EQ, (id,))
    offset, total = 0, 1
    while offset < total:
        page = store.find(scope, Query(where, window=Window(BATCH, offset)))
        yield from store.removals(tenant, [item.id for item in page.items]).values()
        offset, total = offset + BATCH, page.total

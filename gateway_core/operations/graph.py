"""The objects around an object: what is embedded, read level by level.

Each level costs two statements, one for the references into it and one for the objects it leads
to, however many objects stand on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from gateway_core.catalog.snapshot import Catalog, Entity
from gateway_core.query.model import Scope
from gateway_core.query.times import instant
from gateway_core.schema.spec import PropertyKind, PropertySpec
from gateway_core.store.protocol import Changes, Store, Surroundings
from gateway_core.types import Json, StoredObject

EVERYTHING = "all"
CLOCKS_DIFFER = timedelta(minutes=1)  # what is later than that was told by an import


@dataclass(frozen=True, slots=True)
class Extend:
    """Which properties are embedded that would not be by default, per level from the root; or with ``parts``
    only those of the default that lead to an object's own parts, which go when it goes."""

    everything: bool = False
    levels: tuple[frozenset[str], ...] = ()
    parts: bool = False

    @classmethod
    def of(cls, paths: Sequence[str]) -> Extend:
        """From dotted relation paths; ``all`` embeds every relation within the depth."""
        if not paths:
            return NOTHING_MORE
        steps = [path.split(".") for path in paths if path != EVERYTHING]
        depth = max(map(len, steps), default=0)
        levels = tuple(frozenset(s[i] for s in steps if len(s) > i) for i in range(depth))
        return cls(everything=EVERYTHING in paths, levels=levels)

    def embeds(self, prop: PropertySpec, level: int) -> bool:
        """Whether a property of an object on ``level`` (the root's is 1) is embedded."""
        if self.parts:
            return prop.embed and prop.cascade_delete
        if prop.embed or self.everything:
            return True
        return level <= len(self.levels) and prop.name in self.levels[level - 1]


NOTHING_MORE = Extend()
PARTS = Extend(parts=True)


class Graph(NamedTuple):
    """Objects by id, and per (object id, inverse property) the ids that refer to it."""

    objects: dict[str, StoredObject]
    inverse: dict[tuple[str, str], tuple[str, ...]]
    extend: Extend

    def tag(self, catalog_version: str) -> str:
        """An entity tag of this state: it changes when any object shown in it changes, when
        one joins or leaves, and when the configuration does."""
        states = sorted(f"{o.id}:{o.meta.version}" for o in self.objects.values())
        states += sorted(f"{key[0]}.{key[1]}={','.join(ids)}" for key, ids in self.inverse.items())
        digest = hashlib.blake2b("|".join(states).encode(), digest_size=9)
        digest.update(catalog_version.encode())
        return digest.hexdigest()


def load(catalog: Catalog, store: Store, tenant: str, roots: Sequence[StoredObject], extend: Extend) -> Graph:
    """Read what stands around ``roots`` (of one entity), to the depth that its schema allows."""
    graph = Graph({root.id: root for root in roots}, {}, extend)
    if not roots:
        return graph
    depth = catalog.entities[roots[0].entity].spec.max_depth
    frontier: list[StoredObject] = list(roots)
    for level in range(1, depth + 1):
        if not frontier:
            break
        frontier = _next_level(catalog, store, tenant, graph, frontier, level, last=level == depth)
    return graph


def load_one(
    catalog: Catalog, store: Store, scope: Scope, id: str, extend: Extend
) -> tuple[StoredObject, Graph] | None:
    """One object with what stands around it, all of one state; None when there is none.

    Most objects have nothing beyond what they refer to themselves: they cost one statement.
    """
    found = store.around(scope, id, catalog.entities[scope.entity].mirrored)
    if found is None:
        return None
    graph = graph_of(catalog, found, extend)
    if graph is not None:
        return found.root, graph
    with store.snapshot():
        root = store.fetch(scope, id)
        return (root, load(catalog, store, scope.tenant, [root], extend)) if root is not None else None


def written_around(
    catalog: Catalog, changes: Changes, written: Sequence[StoredObject], id: str
) -> Surroundings | None:
    """What stands around a new object that the ``changes`` made, None when others were changed as well.

    Nobody knew its id before, so only what was written with it can refer to it.
    """
    if changes.deletes or any(put.expect for put in changes.puts):
        return None
    linked = {item.id: item for item in written}
    root = linked[id]
    mirrored = catalog.entities[root.entity].mirrored
    referrers: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for put in changes.puts:
        for link in put.links:
            if link.target == id and (put.object.entity, link.property) in mirrored:
                key = (id, put.object.entity, link.property)
                referrers[key] = (*referrers.get(key, ()), link.source)
    return Surroundings(root, linked, referrers)


def graph_of(catalog: Catalog, found: Surroundings, extend: Extend) -> Graph | None:
    """The graph of an object, if no more has to be read for it than what stands directly around."""
    root = found.root
    entity = catalog.entities[root.entity]
    graph = Graph({root.id: root}, {}, extend)
    for (_, source, property), ids in found.referrers.items():
        for name in entity.inverse[source, property]:
            graph.inverse[root.id, name] = ids
    shown = _embedded(entity, extend) if entity.spec.max_depth > 1 else ()
    return graph if _add_shown(catalog, graph, found, shown) else None


def _embedded(entity: Entity, extend: Extend) -> Sequence[PropertySpec]:
    """What is embedded in an object at the root."""
    if extend is NOTHING_MORE:
        return entity.embedded
    return [prop for prop in entity.relations if extend.embeds(prop, 1)]


def _add_shown(catalog: Catalog, graph: Graph, found: Surroundings, props: Iterable[PropertySpec]) -> bool:
    """Add the objects that the root embeds; whether they are all that has to be read."""
    for prop in props:
        for id in _ids(graph, found.root, prop):
            item = found.linked.get(id)
            if item is None or catalog.entities[item.entity].relations:
                return False
            graph.objects[id] = item
    return True


def _next_level(
    catalog: Catalog,
    store: Store,
    tenant: str,
    graph: Graph,
    frontier: Sequence[StoredObject],
    level: int,
    *,
    last: bool,
) -> list[StoredObject]:
    """Add what the objects of one level lead to; the new objects, which are the next level."""
    groups = list(_by_entity(catalog, frontier))
    _load_inverse(store, tenant, graph, groups)
    if last:
        return []
    wanted: dict[str, None] = {}
    for entity, members in groups:
        for prop in entity.relations:
            if graph.extend.embeds(prop, level):
                wanted.update(dict.fromkeys(_led_to(graph, members, prop)))
    missing = [id for id in wanted if id not in graph.objects]
    if not missing:
        return []
    found = store.get(tenant, missing)
    graph.objects.update(found)
    return list(found.values())


def _by_entity(
    catalog: Catalog, objects: Iterable[StoredObject]
) -> Iterable[tuple[Entity, list[StoredObject]]]:
    groups: dict[str, list[StoredObject]] = {}
    for item in objects:
        groups.setdefault(item.entity, []).append(item)
    for reference, members in groups.items():
        entity = catalog.entities.get(reference)
        if entity is not None and entity.relations:
            yield entity, members


def _load_inverse(
    store: Store, tenant: str, graph: Graph, groups: Iterable[tuple[Entity, list[StoredObject]]]
) -> None:
    """Who refers to the objects of a level, for all of their inverse properties together."""
    names: dict[tuple[str, str], tuple[str, ...]] = {}
    targets: list[str] = []
    for entity, members in groups:
        names.update(entity.inverse)
        if entity.inverse:
            targets += [member.id for member in members]
    if targets:
        for (target, source, property), ids in store.linked_ids(tenant, targets, names.keys()).items():
            for name in names[source, property]:
                graph.inverse[target, name] = ids


def _led_to(graph: Graph, items: Iterable[StoredObject], prop: PropertySpec) -> Iterator[str]:
    """The ids that a property of the items holds."""
    name = prop.name
    if prop.kind is PropertyKind.INVERSE:
        for item in items:
            yield from graph.inverse.get((item.id, name), ())
        return
    for item in items:
        value = item.data.get(name)
        if isinstance(value, str):
            yield value
        elif value is not None:
            yield from value


def _ids(graph: Graph, item: StoredObject, prop: PropertySpec) -> tuple[str, ...]:
    if prop.kind is PropertyKind.INVERSE:
        return graph.inverse.get((item.id, prop.name), ())
    return ids_of(item.data.get(prop.name))


def ids_of(value: Json) -> tuple[str, ...]:
    """The ids that a stored relation value holds: none, one or several."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(value)


def moment_after(graph: Graph, now: datetime) -> str:
    """When a plan happens that is made now: after every state of the graph, which it builds on.

    Gateways on several machines may differ by parts of a second; versions still follow one another.
    """
    latest = max((item.meta.modified for item in graph.objects.values()), default="")
    if latest < instant(now):
        return instant(now)
    ahead = datetime.fromisoformat(latest)
    return instant(ahead + timedelta(microseconds=1) if ahead - now < CLOCKS_DIFFER else now)

"""The compiled configuration that a request takes once and keeps to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway_core.catalog.actions import Actions
from gateway_core.catalog.cronjobs import Cronjob
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.match import MatchTable
from gateway_core.catalog.sources import Source
from gateway_core.mapping.mapping import CompiledMapping
from gateway_core.query.parse import QueryParser
from gateway_core.schema.spec import EntitySpec, PropertySpec
from gateway_core.schema.validate import Validator
from gateway_core.types import Artifact, JsonObject, Reference


@dataclass(frozen=True, slots=True)
class ShownRelation:
    """A relation property as it is answered: its ids, and the objects when ``embedded``."""

    name: str
    many: bool
    inverse: bool
    embedded: bool


class Spelled(NamedTuple):
    """A relation property that shows ``how`` (``object``, ``path`` or ``url``) instead of ids; its target
    is at ``home`` there."""

    name: str
    how: str
    home: str | None


@dataclass(frozen=True, slots=True)
class Entity:
    """A schema with all that is compiled from it.

    ``home`` is the path under which its objects are at home (None: no endpoint of their
    own). ``blank`` is an object without any value, as it is answered, ``label`` what an answer
    says of its schema, and ``shown`` how its relations are answered when nothing else is asked.
    ``relations`` are its relation properties, ``embedded`` those that are shown embedded by
    default; ``inverse`` are the names of the inverse ones by what they mirror, an entity and its
    property, and ``mirrored`` these pairs. ``immutable`` and ``change_only`` are the properties with
    these rules; ``spelled`` are the relations that show something else than ids, and ``urls`` the names of
    properties that show where the object is found; ``hidden`` are the names of those that are never shown.
    """

    spec: EntitySpec
    validator: Validator
    parser: QueryParser
    home: str | None
    blank: Mapping[str, Any]
    label: Mapping[str, str]
    relations: tuple[PropertySpec, ...]
    embedded: tuple[PropertySpec, ...]
    shown: tuple[ShownRelation, ...]
    inverse: Mapping[tuple[Reference, str], tuple[str, ...]]
    mirrored: tuple[tuple[Reference, str], ...]
    immutable: tuple[PropertySpec, ...] = ()
    change_only: tuple[PropertySpec, ...] = ()
    spelled: tuple[Spelled, ...] = ()
    urls: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def reference(self) -> Reference:
        return self.spec.reference


@dataclass(frozen=True, slots=True)
class IndexedPath:
    """A member that the configuration filters or orders on, searches in (``text``), or that is to be
    unique; see the store's ``IndexSpec``."""

    entity: Reference
    path: str
    array: bool
    unique: bool = False
    folded: bool = False
    text: bool = False
    order: bool = False
    few_values: bool = False


@dataclass(frozen=True, slots=True)
class BundleInfo:
    """An installed bundle, for people."""

    name: str
    version: str
    title: str
    description: str
    artifacts: int


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that configuration decides, immutable. ``version`` is a hash of its content.

    ``computed`` are the endpoints that serve no objects, but what is made of one.
    """

    version: str
    entities: Mapping[Reference, Entity]
    mappings: Mapping[Reference, CompiledMapping]
    endpoints: tuple[Endpoint, ...]
    table: MatchTable
    indexes: tuple[IndexedPath, ...]
    artifacts: tuple[Artifact, ...]
    openapi: JsonObject
    computed: tuple[Endpoint, ...] = ()
    sources: Mapping[Reference, Source] = field(default_factory=dict)
    cronjobs: tuple[Cronjob, ...] = ()
    actions: Actions = field(default_factory=Actions)

    def spec(self, reference: Reference) -> EntitySpec | None:
        """What an entity's schema says, or None for a schema that is not installed."""
        entity = self.entities.get(reference)
        return entity.spec if entity is not None else None

    @property
    def title(self) -> str:
        """What is served, for people: the title of the API document."""
        return str(self.openapi["info"]["title"])

"""What a schema says about an entity, in the form that queries, relations and rims ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from gateway_core.types import Json, JsonObject, Reference


class PropertyKind(StrEnum):
    """How a property's value is kept.

    ``VALUE``: in the document, as is (scalars, and free JSON). ``INLINE``: in the document,
    an object or list of objects whose members are known. ``RELATION``: an object of its own
    (or several); the document keeps its id. ``INVERSE``: not kept; the objects that refer
    to this one through their property ``inverse_of``.
    """

    VALUE = "value"
    INLINE = "inline"
    RELATION = "relation"
    INVERSE = "inverse"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of values beyond their schema: bounds of dates (see ``bounds``), sizes of files in
    bytes, and the media types that files may have."""

    min_date: str | None = None
    max_date: str | None = None
    min_size: int | None = None
    max_size: int | None = None
    types: tuple[str, ...] = ()

    @property
    def has_dates(self) -> bool:
        return self.min_date is not None or self.max_date is not None

    @property
    def has_files(self) -> bool:
        return self.min_size is not None or self.max_size is not None or bool(self.types)


@dataclass(frozen=True, slots=True)
class Transitions:
    """Which of the ``values`` of a property may follow which, and which a new object may have."""

    values: tuple[str, ...]
    follows: Mapping[str, tuple[str, ...]]
    initial: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PropertySpec:
    """One property. ``types`` are JSON Schema's, without ``null``; empty means any.

    With ``many`` the value is a list, and ``types`` and ``format`` are those of an element.
    ``properties`` are the members of an inline object that the schema itself describes; those
    of a ``target`` are in the target's own spec. ``demanding`` tells that not every text will do,
    ``folded`` that ``unique`` texts are compared in any case, and ``few_values`` that many documents
    have the same value.
    """

    name: str
    kind: PropertyKind = PropertyKind.VALUE
    types: frozenset[str] = frozenset()
    format: str | None = None
    many: bool = False
    target: Reference | None = None
    inverse_of: str | None = None
    embed: bool = True
    cascade_delete: bool = False
    read_only: bool = False
    write_only: bool = False
    nullable: bool = False
    generate: str | None = None
    default: Json = None
    indexed: bool = False
    searched: bool = False
    sensitive: bool = False
    immutable: bool = False
    change_only: bool = False
    unique: bool = False
    folded: bool = False
    show: str = "id"
    lenient: bool = False
    demanding: bool = False
    few_values: bool = False
    rules: Rules | None = None
    properties: Mapping[str, PropertySpec] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntitySpec:
    """One schema, translated.

    ``schema`` is the JSON Schema 2020-12 document that validates a document as a client
    writes it: relations accept a reference (uuid, path or URL) or an object of the target.
    ``source`` is the artifact's body in our dialect: as installed, or translated. ``guarded`` are the
    properties whose values follow one another by rules.
    """

    reference: Reference
    name: str
    title: str
    description: str
    version: str
    properties: Mapping[str, PropertySpec]
    required: frozenset[str]
    max_depth: int
    name_properties: tuple[str, ...]
    schema: JsonObject
    source: JsonObject
    guarded: tuple[tuple[PropertySpec, Transitions], ...] = ()
    ordered_by_time: bool = False

    @property
    def relations(self) -> tuple[PropertySpec, ...]:
        """The properties whose values are other objects, forward ones first."""
        kinds = (PropertyKind.RELATION, PropertyKind.INVERSE)
        return tuple(p for kind in kinds for p in self.properties.values() if p.kind is kind)


# Finds the spec of an entity by reference.
Entities: TypeAlias = Callable[[Reference], EntitySpec | None]

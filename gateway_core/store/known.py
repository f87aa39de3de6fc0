"""The indexes that a store has, as queries are compiled with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Index:
    """An index that the store has: ``number`` names the rows of the term table (array paths), and of
    ``few`` values each leads to many objects."""

    number: int
    array: bool
    few: bool = False


@dataclass(frozen=True, slots=True)
class TextIndex:
    """An index of the parts of the texts at these dotted paths of an entity."""

    number: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indexes:
    """Those that queries may use: (entity, dotted path) → its index, entity → that of its texts, and the
    dotted paths that are ordered by with an index of their own."""

    members: Mapping[tuple[str, str], Index] = field(default_factory=dict)
    texts: Mapping[str, TextIndex] = field(default_factory=dict)
    orders: frozenset[tuple[str, str]] = frozenset()

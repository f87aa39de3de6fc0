"""Rows and windows → parts of what the store answers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from gateway_core.query.model import Query
from gateway_core.store import sql


def storable(texts: Iterable[str]) -> list[str]:
    """Those that can be stored, and so be found."""
    return [text for text in texts if "\0" not in text]


def grouped(
    referring: Iterable[Sequence[Any]], relations: Collection[tuple[str, str]]
) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """Rows of (id, entity, property, target) in order of creation → the answer of ``linked_ids``."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for id, entity, property, target in referring:
        if (entity, property) in relations:
            found.setdefault((target, entity, property), {})[id] = None
    return {key: tuple(ids) for key, ids in found.items()}


def known_total(query: Query, statements: sql.Find, shown: int) -> int | None:
    """The number of all matches where a page of ``shown`` objects tells it."""
    window = query.window
    if statements.total is None:
        return None
    if 0 < shown < window.limit or (shown < window.limit and window.offset == 0):
        return window.offset + shown
    return None

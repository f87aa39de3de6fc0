"""A store of every kind, and short ways to fill one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from postgresql_server import emptied
from store_kinds import KINDS

from gateway_core.query.times import instant
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, Link, Put, Store
from gateway_core.types import Meta, StoredObject

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new store of each kind."""
    if request.param == "postgresql":
        return emptied(request.getfixturevalue("postgresql_database"))
    return {
        "sqlite": f"sqlite:///{tmp_path}/store.db",
        "memory": "sqlite:///:memory:",
        "tinydb": f"tinydb:///{tmp_path}/store.json",
    }[request.param]


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store of each kind."""
    opened = open_store(url, durability="fast")
    yield opened
    opened.close()


class Maker:
    """Makes objects whose relations are their members ``rel`` (one id) and ``rels`` (a list)."""

    def __init__(self, tenant: str = "t") -> None:
        self.tenant = tenant
        self._made = 0

    def object(
        self,
        id: str,
        data: Mapping[str, Any],
        entity: str = "thing",
        *,
        owner: str | None = None,
        version: int = 1,
    ) -> StoredObject:
        self._made += 1
        moment = instant(START + timedelta(seconds=self._made))
        meta = Meta(
            version, instant(START), moment, owner, owner and f"name of {owner}", "app", None, self.tenant
        )
        return StoredObject(id, entity, dict(data), meta)

    def put(
        self, id: str, data: Mapping[str, Any], entity: str = "thing", *, expect: int = 0, **more: Any
    ) -> Put:
        item = self.object(id, data, entity, version=expect + 1, **more)
        return Put(item, expect, links_of(item))

    def changes(self, *puts: Put, **more: Any) -> Changes:
        return Changes(self.tenant, puts, **more)


@pytest.fixture
def make() -> Maker:
    return Maker()


def links_of(item: StoredObject) -> tuple[Link, ...]:
    found = []
    for name in ("rel", "rels"):
        held = item.data.get(name)
        for position, id in enumerate(held if isinstance(held, list) else [held]):
            if isinstance(id, str):
                found.append(Link(item.id, name, id, position))
    return tuple(found)

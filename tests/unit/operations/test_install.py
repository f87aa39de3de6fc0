"""Installing a bundle: all of it, or nothing that counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway_core import app as gateway
from gateway_core.bundles.layout import lay_out
from gateway_core.catalog.build import BuildSettings
from gateway_core.errors import ConfigurationError, StoreError
from gateway_core.operations.call import Context
from gateway_core.operations.install import install, is_installed
from gateway_core.query.model import Scope
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Store
from gateway_core.types import Bundle

THING = "urn:thing"
IDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(10)]


def bundle(version: str, things: list[dict[str, Any]], **property: Any) -> Bundle:
    manifest = {"name": "Things", "version": version}
    schema = {"$id": THING, "type": "object", "properties": {"name": {"type": "string", **property}}}
    files = {"installation.json": manifest, "schemas/thing.json": schema, "data/things.json": {THING: things}}
    return lay_out({path: json.dumps(content).encode() for path, content in files.items()})


def context(catalog: Any, store: Store) -> Context:
    ids = iter(IDS[5:])
    return Context(catalog, store, lambda: datetime(2026, 1, 1, tzinfo=UTC), lambda: 0.0, lambda: next(ids))


def run(store: Store, bundle: Bundle) -> int:
    return install(store, bundle, BuildSettings(), context).created


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("sqlite:///:memory:")
    yield opened
    opened.close()


class Failing:
    """A store of which one method fails."""

    def __init__(self, store: Store, method: str) -> None:
        self._store, self._method = store, method

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            raise StoreError("the disk is full")
        return getattr(self._store, name)


def state(store: Store) -> tuple[Any, ...]:
    return dict(store.installed()), tuple(store.artifacts()), store.revision()


def test_a_bundle_is_installed_with_its_data(store: Store) -> None:
    """Artifacts, record and objects are there, and the same bundle need not be installed again."""
    first = bundle("1.0.0", [{"_id": IDS[0], "name": "a"}, {"name": "b"}])
    assert not is_installed(store, first)
    assert run(store, first) == 2
    assert is_installed(store, first)
    assert store.count(Scope("", THING)) == 2
    assert run(store, bundle("1.1.0", [{"_id": IDS[0], "name": "changed"}])) == 0
    item = store.fetch(Scope("", THING), IDS[0])
    assert item is not None
    assert item.data == {"name": "a"}


def test_objects_without_an_id_come_once(store: Store) -> None:
    """The next version of a bundle does not create them again, however many are equal; new ones it does."""
    things = [{"name": "a"}, {"name": "a"}, {"name": "b"}]

    def installed(version: str, things: list[dict[str, Any]]) -> int:
        return install(store, bundle(version, things), BuildSettings(), gateway.context_of).created

    assert installed("1.0.0", things) == 3
    assert installed("1.1.0", things) == 0
    assert installed("1.2.0", [*things, {"name": "c"}]) == 1
    assert store.count(Scope("", THING)) == 4


def test_a_failure_leaves_the_bundle_uninstalled(store: Store) -> None:
    """Whatever the store refuses, nothing is recorded, and the next installation does the rest."""
    run(store, bundle("1.0.0", []))
    before = state(store)
    second = bundle("2.0.0", [{"_id": IDS[0], "name": "a"}], **{"x-index": True})
    with pytest.raises(StoreError):
        run(Failing(store, "configure"), second)  # type: ignore[arg-type]
    assert state(store) == before
    run(store, second)
    assert is_installed(store, second)
    assert store.count(Scope("", THING)) == 1


def test_data_that_breaks_its_schema_changes_nothing(store: Store) -> None:
    """All faults are named, no object of the bundle is stored, and the old version stays in force."""
    run(store, bundle("1.0.0", []))
    before = state(store)
    faulty = bundle("2.0.0", [{"name": "good"}, {"name": 1}, {"nmae": "x"}, {"_id": "1"}])
    with pytest.raises(ConfigurationError) as raised:
        run(store, faulty)
    assert [line.split(":")[1] for line in raised.value.detail.splitlines()] == [
        f" number {number} of urn" for number in (2, 3, 4)
    ]
    assert "did you mean 'name'" in raised.value.detail
    assert state(store) == before
    assert store.count(Scope("", THING)) == 0


def test_what_another_bundle_owns_is_not_taken(store: Store) -> None:
    """A bundle that brings an artifact of another one is refused, which is named."""
    run(store, bundle("1.0.0", []))
    files = {
        "installation.json": json.dumps({"name": "Others"}).encode(),
        "schemas/thing.json": json.dumps({"$id": THING, "type": "object"}).encode(),
    }
    with pytest.raises(ConfigurationError, match=r"schema urn:thing is installed already, by bundle Things"):
        run(store, lay_out(files))

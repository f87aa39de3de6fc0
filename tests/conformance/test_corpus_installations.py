"""Every public bundle from its plan to its removal."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway_core import app as gateway
from gateway_core.bundles.plan import Action, contents_of
from gateway_core.bundles.read import read_bundle
from gateway_core.bundles.versions import is_newer
from gateway_core.catalog.build import BuildSettings
from gateway_core.operations.install import apply
from gateway_core.operations.planning import (
    Objects,
    Planned,
    plan_installation,
    plan_removal,
    plan_rollback,
)
from gateway_core.query.model import Scope
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Store
from gateway_core.types import Artifact, Bundle, Kind

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "corpus" / "bundles"
PLACES = sorted(CORPUS.iterdir()) if CORPUS.is_dir() else []
SETTINGS = BuildSettings()

pytestmark = pytest.mark.skipif(
    not PLACES,
    reason=f"NO BUNDLE IS TESTED: there are none under {CORPUS}; set GATEWAY_SHARED to the shared test data",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{file}", durability="fast")
    yield opened
    opened.close()


def rows(file: Path) -> dict[str, int]:
    """How many rows each table of a store has, without those that have none."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        listed = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        tables = [name for (name,) in listed if not name.startswith("sqlite_")]
        counts = {t: connection.execute(f'SELECT count(*) FROM "{t}"').fetchone()[0] for t in tables}
    return {table: count for table, count in counts.items() if count}


def done(store: Store, work: Planned) -> set[Action]:
    """Apply a plan; what it did."""
    assert work.plan.errors == ()
    apply(store, work, gateway.context_of)
    return {step.action for step in work.plan.steps}


def planned(store: Store, bundle: Bundle) -> Planned:
    return plan_installation(store, bundle, SETTINGS, gateway.context_of)


def upgraded(bundle: Bundle) -> Bundle:
    """The next version of a bundle: each schema and mapping says so in its title."""

    def changed(artifact: Artifact) -> Artifact:
        if artifact.kind not in (Kind.SCHEMA, Kind.MAPPING):
            return artifact
        title = f"{artifact.body.get('title', '')} (next)"
        return replace(
            artifact, version="99.0.0", body={**artifact.body, "title": title, "version": "99.0.0"}
        )

    return replace(bundle, version="99.0.0", artifacts=tuple(map(changed, bundle.artifacts)))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_bundle_lives_and_leaves_nothing(store: Store, file: Path, place: Path) -> None:
    """Plan, install, install again, upgrade, roll back and remove: each does what it says, the second
    installation does nothing, and after the removal no row is left that was not there before."""
    empty = rows(file)
    bundle = read_bundle(place)
    schemas = [artifact.reference for artifact in bundle.artifacts if artifact.kind is Kind.SCHEMA]
    assert done(store, planned(store, bundle)) == {Action.CREATE}
    first = contents_of(store.artifacts())
    assert len(first) == len(bundle.artifacts)
    before = (store.revision(), [store.count(Scope("", schema)) for schema in schemas])
    again = planned(store, bundle)
    assert not again.plan.is_needed
    assert done(store, again) == {Action.UNCHANGED}
    assert (store.revision(), [store.count(Scope("", schema)) for schema in schemas]) == before
    newer = upgraded(bundle)
    assert is_newer(newer.version, bundle.version)
    assert Action.CHANGE in done(store, planned(store, newer))
    assert contents_of(store.artifacts()) == contents_of(newer.artifacts)
    assert Action.CHANGE in done(store, plan_rollback(store, bundle.name, SETTINGS, gateway.context_of))
    assert contents_of(store.artifacts()) == first
    removal = plan_removal(store, bundle.name, SETTINGS, gateway.context_of, objects=Objects.DELETE)
    assert done(store, removal) == {Action.REMOVE}
    assert (list(store.artifacts()), dict(store.installed())) == ([], {})
    assert sum(store.count(Scope("", schema)) for schema in schemas) == 0
    assert rows(file) == empty


def test_all_of_them_live_beside_each_other(store: Store) -> None:
    """All bundles are installed in one gateway; each can be removed again while the others stay."""
    bundles = [read_bundle(place) for place in PLACES]
    for bundle in bundles:
        assert done(store, planned(store, bundle)) <= {Action.CREATE}
    assert list(store.installed()) == [bundle.name for bundle in bundles]
    for bundle in bundles:
        work = plan_removal(store, bundle.name, SETTINGS, gateway.context_of, objects=Objects.DELETE)
        assert done(store, work) == {Action.REMOVE}
    assert (list(store.artifacts()), dict(store.installed())) == ([], {})

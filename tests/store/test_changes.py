"""Random changes: every store does what the plain model does, in the same order, with the same refusals."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway_core.errors import VersionConflict
from gateway_core.query.model import Compare, Op, Query, Scope
from gateway_core.store.protocol import Changes, Delete, IndexSpec, Link, Put, Store
from gateway_core.store.tiny.changes import applied
from gateway_core.store.tiny.state import State
from gateway_core.types import Meta, StoredObject

IDS = ("1", "2", "3", "4")
TIME = "2026-01-01T00:00:00Z"
INDEXES = [IndexSpec("a", "tags", True), IndexSpec("a", "v"), IndexSpec("b", "tags", True)]

# An expectation is mostly the version that is stored; else it is off by this much.
OFF = st.sampled_from([0, 0, 0, 0, 0, 1, -1])
LINKS = st.lists(
    st.tuples(st.sampled_from(["rel", "rels"]), st.sampled_from(IDS), st.integers(0, 1)), max_size=3
)
PUTS = st.tuples(
    st.sampled_from(IDS),
    st.sampled_from(["a", "a", "a", "b"]),
    OFF,
    LINKS,
    st.sampled_from([None, None, "s", "t"]),
    st.lists(st.sampled_from(["x", "y", 1]), max_size=2),
)
DELETES = st.tuples(st.sampled_from(IDS), OFF)
STEPS = st.lists(
    st.tuples(st.lists(PUTS, max_size=4), st.lists(DELETES, max_size=2), st.booleans()),
    min_size=1,
    max_size=8,
)


@pytest.fixture
def kept(store: Store) -> Store:
    """A store of each kind, with indexes."""
    store.ensure_indexes(INDEXES)
    return store


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_random_changes(kept: Store, steps: list[Any]) -> None:
    """After each change, or its refusal, objects, links, counts and sequences are those of the model."""
    tenant, state = str(uuid4()), State()
    for puts, deletes, distinct in steps:
        changes = _changes(tenant, state, puts, deletes, distinct=distinct)
        try:
            state, expected = applied(state, changes)
        except VersionConflict:
            with pytest.raises(VersionConflict):
                kept.apply(changes)
        else:
            assert kept.apply(changes) == expected
        _compare(kept, tenant, state)


def test_a_model_may_stand_for_the_others(kept: Store) -> None:
    """What the model is compared on can differ: another state is told apart."""
    changes = _changes("t", State(), [("1", "a", 0, [], None, [])], [], distinct=True)
    kept.apply(changes)
    with pytest.raises(AssertionError):
        _compare(kept, "t", State())


def _changes(tenant: str, state: State, puts: list[Any], deletes: list[Any], *, distinct: bool) -> Changes:
    """Changes of the tenant whose expectations follow from the state, but for those that are off."""
    versions = {id: row.item.meta.version for (_, id), row in state.objects.items()}
    seen: set[str] = set()
    made: list[Put] = []
    for id, entity, off, links, sequence, tags in puts:
        if distinct and id in seen:
            continue
        seen.add(id)
        expect = max(0, versions.get(id, 0) + off)
        versions[id] = expect + 1
        data = {"v": expect, "tags": tags}
        item = StoredObject(id, entity, data, Meta(expect + 1, TIME, TIME, tenant=tenant))
        held = tuple(Link(id, name, target, at) for name, target, at in links)
        made.append(Put(item, expect, held, {("n",): sequence} if sequence else {}))
    gone = [
        Delete(id, max(1, versions.get(id, 0) + off)) for id, off in deletes if not (distinct and id in seen)
    ]
    return Changes(tenant, tuple(made), tuple(gone))


def _compare(store: Store, tenant: str, state: State) -> None:
    rows = list(state.objects.values())
    assert store.get(tenant, IDS) == {row.item.id: row.item for row in rows}
    assert {*store.referrers(tenant, IDS)} == {link for row in rows for link in row.links}
    for entity in ("a", "b"):
        scope, own = Scope(tenant, entity), [row.item for row in rows if row.item.entity == entity]
        assert list(store.find(scope, Query()).items) == own
        assert store.count(scope) == len(own)
        tagged = Query(Compare(("tags",), Op.EQ, ("x",)))
        assert list(store.find(scope, tagged).items) == [each for each in own if "x" in each.data["tags"]]

"""Values that no two objects share: one contract for every store."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_kinds import KINDS

from gateway_core.errors import NotUnique, VersionConflict
from gateway_core.query.model import Scope
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, Delete, IndexSpec, Store
from gateway_core.store.terms import claims_of

CODE = IndexSpec("thing", "code", unique=True)
NAME = IndexSpec("thing", "name", unique=True, folded=True)
TAGS = IndexSpec("thing", "parts.tags", unique=True)


@pytest.fixture
def strict(store: Store) -> Store:
    """A store of each kind in which three members of things are unique."""
    store.ensure_indexes([CODE, NAME, TAGS, IndexSpec("thing", "code")])
    return store


class TestRefusal:
    @pytest.mark.parametrize(
        ("first", "second", "path"),
        [
            ({"code": "a"}, {"code": "a"}, "code"),
            ({"code": 1}, {"code": 1.0}, "code"),
            ({"code": True}, {"code": True}, "code"),
            ({"code": "x" * 500}, {"code": "x" * 500}, "code"),
            ({"name": "Straße"}, {"name": "STRASSE"}, "name"),
            ({"parts": [{"tags": ["a", "b"]}]}, {"parts": [{"tags": ["c"]}, {"tags": ["b"]}]}, "parts.tags"),
        ],
    )
    def test_of_a_value_that_another_object_has(self, strict, make, first, second, path):
        """It names the object and the member, and nothing of the change is made."""
        strict.apply(make.changes(make.put("1", first)))
        with pytest.raises(NotUnique) as refused:
            strict.apply(make.changes(make.put("3", {"code": "free"}), make.put("2", second)))
        assert (refused.value.id, refused.value.path) == ("2", path)
        assert set(strict.get("t", ["1", "2", "3"])) == {"1"}

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({"code": "a"}, {"code": "A"}),
            ({"code": "1"}, {"code": 1}),
            ({"code": True}, {"code": 1}),
            ({"code": None}, {"code": None}),
            ({"code": ""}, {"code": ""}),
            ({"code": "x" * 500 + "a"}, {"code": "x" * 500 + "b"}),
            ({}, {}),
            ({"code": {"a": 1}}, {"code": {"a": 1}}),
        ],
    )
    def test_spares_what_is_not_the_same(self, strict, make, first, second):
        """Another case or type is another value; null, the empty text and objects are none."""
        strict.apply(make.changes(make.put("1", first), make.put("2", second)))
        assert set(strict.get("t", ["1", "2"])) == {"1", "2"}

    def test_concerns_one_tenant_and_one_kind_of_objects(self, strict, make):
        """Others may have the same value."""
        other = type(make)("other")
        strict.apply(make.changes(make.put("1", {"code": "a"}), make.put("2", {"code": "a"}, "another")))
        strict.apply(other.changes(other.put("1", {"code": "a"})))
        assert strict.count(Scope("other", "thing")) == 1

    def test_a_version_that_is_not_expected_comes_first(self, strict, make):
        """Whoever plans anew may find the value free."""
        strict.apply(make.changes(make.put("1", {"code": "a"}), make.put("2", {"code": "b"})))
        with pytest.raises(VersionConflict):
            strict.apply(make.changes(make.put("2", {"code": "a"}, expect=7)))


class TestFreedom:
    def test_an_object_keeps_its_own_value(self, strict, make):
        """A change of something else is none of the value."""
        strict.apply(make.changes(make.put("1", {"code": "a", "parts": [{"tags": ["t", "t"]}]})))
        strict.apply(make.changes(make.put("1", {"code": "a", "more": 1}, expect=1)))
        assert strict.get("t", ["1"])["1"].meta.version == 2

    def test_a_value_that_is_let_go_is_free(self, strict, make):
        """By a change, by a removal, and in the same transaction."""
        strict.apply(make.changes(make.put("1", {"code": "a"}), make.put("2", {"code": "b"})))
        strict.apply(
            make.changes(make.put("1", {"code": "b"}, expect=1), make.put("2", {"code": "a"}, expect=1))
        )
        gone = Delete("1", 2, "2026-01-02T00:00:00.000000Z")
        strict.apply(Changes("t", (make.put("3", {"code": "b"}),), (gone,)))
        assert {id: item.data["code"] for id, item in strict.get("t", ["1", "2", "3"]).items()} == {
            "2": "a",
            "3": "b",
        }

    def test_a_rule_that_nobody_asks_for_is_gone(self, strict, make):
        """Like an index."""
        strict.ensure_indexes([NAME])
        strict.apply(make.changes(make.put("1", {"code": "a"}), make.put("2", {"code": "a"})))
        with pytest.raises(NotUnique):
            strict.apply(make.changes(make.put("3", {"name": "x"}), make.put("4", {"name": "X"})))


def test_a_new_rule_knows_what_is_there(store: Store, make):
    """Objects that share a value stay; nobody joins them, and the rule comes at any time."""
    puts = [make.put(str(n), {"code": "same" if n < 2 else str(n)}) for n in range(5)]
    store.apply(make.changes(*puts))
    for _ in range(2):
        store.ensure_indexes([CODE])
    for taken in ("same", "4"):
        with pytest.raises(NotUnique):
            store.apply(make.changes(make.put("new", {"code": taken})))
    assert store.count(Scope("t", "thing")) == 5


@pytest.mark.parametrize("url", [kind for kind in KINDS if kind != "memory"], indirect=True)
def test_a_rule_survives_the_process(url: str, make):
    """It is kept in the store."""
    first = open_store(url, durability="fast")
    first.ensure_indexes([CODE])
    first.apply(make.changes(make.put("1", {"code": "a"})))
    first.close()
    second = open_store(url, durability="fast")
    try:
        with pytest.raises(NotUnique):
            second.apply(make.changes(make.put("2", {"code": "a"})))
    finally:
        second.close()


def test_a_race_lets_one_in(strict, make):
    """Of many that write the same value at one time exactly one succeeds, for each of the values."""
    start, outcomes = threading.Barrier(8), []

    def write(worker: int) -> None:
        own = type(make)()
        start.wait()
        for value in range(12):
            try:
                strict.apply(
                    own.changes(own.put(f"{worker}-{value}", {"code": f"v{value}", "name": f"n{value}"}))
                )
                outcomes.append((value, worker))
            except NotUnique:
                pass

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(value for value, _ in outcomes) == list(range(12))
    assert strict.count(Scope("t", "thing")) == 12


STEPS = st.lists(
    st.lists(
        st.tuples(st.sampled_from("1234"), st.sampled_from(["a", "b", "B", "", None]), st.booleans()),
        min_size=1,
        max_size=3,
        unique_by=lambda step: step[0],
    ),
    max_size=10,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_two_objects_ever_share_a_value(strict: Store, make, steps):
    """Whatever is written, changed and removed: a change is made exactly when it leaves no two alike."""
    maker, held, versions = type(make)(str(uuid4())), {}, {}
    for step in steps:
        wanted = {**held, **{id: {"name": value} for id, value, _ in step}}
        wanted = {id: data for id, data in wanted.items() if not any(id == i and gone for i, _, gone in step)}
        puts = [maker.put(id, {"name": v}, expect=versions.get(id, 0)) for id, v, gone in step if not gone]
        deletes = [
            Delete(id, versions[id], "2026-01-02T00:00:00.000000Z")
            for id, _, gone in step
            if gone and id in held
        ]
        names = [text for data in wanted.values() for _, text in claims_of(data, [NAME])]
        if len(names) == len(set(names)):
            strict.apply(maker.changes(*puts, deletes=tuple(deletes)))
            held = wanted
            versions = {id: versions.get(id, 0) + any(p.object.id == id for p in puts) for id in held}
        else:
            with pytest.raises(NotUnique):
                strict.apply(maker.changes(*puts, deletes=tuple(deletes)))
    assert {id: item.data for id, item in strict.get(maker.tenant, list("1234")).items()} == held

"""What was: every version of an object, what objects were at a moment, and what was removed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway_core.errors import InvalidQuery
from gateway_core.query.model import All, Compare, Hop, Op, Order, Query, Related, Scope, Window
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Delete

SCOPE = Scope("t", "thing")
GONE = replace(SCOPE, removed=True)


@pytest.fixture
def change(store, make):
    """Writes an object anew, as an author; the object as written."""

    def write(id, data, expect, author=None, entity="thing"):
        put = make.put(id, data, entity, expect=expect)
        signed = put.object._replace(meta=put.object.meta._replace(author=author))
        return store.apply(make.changes(replace(put, object=signed)))[0]

    return write


@pytest.fixture
def remove(store, make):
    """Removes an object at the moment that it is given."""

    def write(id, expect, moment="2030-01-01T00:00:00.000000Z", author=None):
        store.apply(make.changes(deletes=(Delete(id, expect, moment, author),)))

    return write


def versions(store, id, scope=SCOPE):
    return [(past.object.meta.version, past.object.data, past.removed) for past in store.history(scope, id)]


class TestHistory:
    def test_keeps_each_version_that_was_changed(self, store, change):
        """Earlier versions come oldest first, each as it was, with who wrote and who ended it."""
        first = change("1", {"n": 1}, 0, "ann")
        second = change("1", {"n": 2}, 1, "bob")
        third = change("1", {"n": 3}, 2, "cas")
        past = store.history(SCOPE, "1")
        assert [each.object for each in past] == [first, second]
        assert [each.ended for each in past] == [second.meta.modified, third.meta.modified]
        assert [(each.object.meta.author, each.ended_by) for each in past] == [("ann", "bob"), ("bob", "cas")]
        assert store.fetch(SCOPE, "1") == third

    def test_of_what_was_never_changed_is_empty(self, store, change):
        """A new object and an unknown id have no earlier versions."""
        change("1", {}, 0)
        assert (store.history(SCOPE, "1"), store.history(SCOPE, "2")) == ((), ())

    def test_stays_within_the_scope(self, store, change):
        """Another tenant, entity or owner sees no version."""
        change("1", {}, 0)
        change("1", {"n": 2}, 1)
        for scope in (Scope("u", "thing"), Scope("t", "other"), Scope("t", "thing", "p")):
            assert store.history(scope, "1") == ()

    def test_ends_with_the_removal(self, store, change, remove):
        """The last version of a removed object says so; it is nowhere else."""
        change("1", {"n": 1}, 0)
        change("1", {"n": 2}, 1)
        remove("1", 2, "2030-01-01T00:00:00.000000Z", "dan")
        assert versions(store, "1") == [(1, {"n": 1}, False), (2, {"n": 2}, True)]
        assert store.history(SCOPE, "1")[-1].ended_by == "dan"
        assert store.fetch(SCOPE, "1") is None

    def test_goes_on_when_the_object_comes_back(self, store, change, remove):
        """An object that is created again under its id is not removed any more, and keeps its past."""
        change("1", {"n": 1}, 0)
        remove("1", 1)
        change("1", {"n": 2}, 0)
        assert versions(store, "1") == [(1, {"n": 1}, False)]
        assert store.count(GONE) == 0
        assert store.fetch(SCOPE, "1").data == {"n": 2}

    def test_of_changes_that_fail_keeps_nothing(self, store, change, make):
        """A refused change leaves no version behind."""
        change("1", {"n": 1}, 0)
        with pytest.raises(Exception, match="changed or removed"):
            store.apply(make.changes(make.put("1", {"n": 2}, expect=1), make.put("2", {}, expect=7)))
        assert store.history(SCOPE, "1") == ()

    def test_survives_closing(self, url, make):
        """What was is on disk like everything else."""
        if ":memory:" in url:
            pytest.skip("what is in memory ends with its store: that is its purpose")
        store = open_store(url, durability="fast")
        store.apply(make.changes(make.put("1", {"n": 1})))
        store.apply(make.changes(make.put("1", {"n": 2}, expect=1)))
        store.apply(make.changes(deletes=(Delete("1", 2, "2030-01-01T00:00:00.000000Z", "dan"),)))
        before = store.history(SCOPE, "1")
        store.close()
        store = open_store(url, durability="fast")
        assert store.history(SCOPE, "1") == before
        assert store.find(GONE, Query()).items[0].data == {"n": 2}
        store.close()

    def test_comes_in_windows_newest_first(self, store, change, remove):
        """A window of the versions with their number, and those of one number, within the scope."""
        for number in range(4):
            change("1", {"n": number}, number)
        remove("1", 4)
        change("1", {"n": 9}, 0)
        change("1", {"n": 10}, 1)

        def told(window, number=None, scope=SCOPE):
            found, total = store.versions(scope, "1", window, number)
            return [past.object.data["n"] for past in found], total

        assert told(Window(3)) == ([9, 3, 2], 5)
        assert told(Window(2, 3)) == ([1, 0], 5)
        assert told(Window(5, 9)) == ([], 5)
        assert told(Window(9), 1) == ([9, 0], 2)
        assert told(Window(1), 1) == ([9], 2)
        assert told(Window(1), 7) == ([], 0)
        for scope in (Scope("u", "thing"), Scope("t", "other"), Scope("t", "thing", "p")):
            assert told(Window(9), scope=scope) == ([], 0)

    def test_tells_what_was_removed_last(self, store, change, remove):
        """Of removed objects, what they were last, and when and by whom they went; of others nothing."""
        for id in "123":
            change(id, {"n": 1}, 0)
        change("1", {"n": 2}, 1)
        remove("1", 2, "2030-01-01T00:00:00.000000Z", "dan")
        remove("2", 1)
        change("2", {"n": 3}, 0)
        found = store.removals("t", ["1", "2", "3", "4"])
        assert list(found) == ["1"]
        assert (found["1"].object.data, found["1"].ended_by, found["1"].removed) == ({"n": 2}, "dan", True)
        assert store.removals("u", ["1"]) == {}


class TestAsOf:
    def test_shows_objects_as_they_were_just_before(self, store, change, remove):
        """Before a change the old version counts, after it the new one; before its creation nothing."""
        one = [change("1", {"n": number}, number) for number in range(3)]
        two = change("2", {}, 0)
        moments = [each.meta.modified for each in one]
        assert store.as_of("t", ["1", "2"], moments[0]) == {}
        assert store.as_of("t", ["1", "2"], moments[1]) == {"1": one[0]}
        assert store.as_of("t", ["1", "2"], moments[2]) == {"1": one[1]}
        late = "2029-01-01T00:00:00.000000Z"
        assert store.as_of("t", ["1", "2", "3"], late) == {"1": one[2], "2": two}
        remove("2", 1)
        assert store.as_of("t", ["2"], late) == {"2": two}
        assert store.as_of("t", ["2"], "2031-01-01T00:00:00.000000Z") == {}
        assert store.as_of("u", ["1"], late) == {}


class TestRemoved:
    def test_can_be_found_with_conditions_and_order(self, store, change, remove):
        """Removed objects are found like others, in the order of their removal, with their total."""
        for number in range(4):
            change(str(number), {"n": number, "s": "ab"[number % 2]}, 0)
        change("x", {"n": 9}, 0, entity="other")
        for at, id in enumerate(["2", "0", "3", "x"]):
            remove(id, 1, f"2030-01-01T00:00:0{at}.000000Z")
        assert [each.id for each in store.find(GONE, Query()).items] == ["2", "0", "3"]
        page = store.find(GONE, Query(Compare(("s",), Op.EQ, ("a",)), window=Window(1, 1)))
        assert ([each.id for each in page.items], page.total) == (["0"], 2)
        by_number = store.find(GONE, Query(order=(Order(("n",), descending=True),)))
        assert [each.id for each in by_number.items] == ["3", "2", "0"]
        assert (store.count(GONE), store.count(SCOPE)) == (3, 1)

    def test_have_no_relations_to_be_asked_for(self, store):
        """A condition or an order on a relation is refused, instead of finding nothing."""
        hop = Hop("rel", "thing")
        for query in (Query(Related(hop, All())), Query(order=(Order(("n",), hops=(hop,)),))):
            with pytest.raises(InvalidQuery):
                store.find(GONE, query)


class TestForgetting:
    def test_takes_what_ended_before(self, store, change, remove):
        """Versions and removed objects that ended before a moment go, and only they."""
        change("1", {"n": 1}, 0)
        second = change("1", {"n": 2}, 1)
        change("1", {"n": 3}, 2)
        change("2", {}, 0)
        remove("2", 1, "2025-01-01T00:00:00.000000Z")
        assert store.purge(second.meta.modified) == 1
        assert store.count(GONE) == 0
        assert store.purge("2029-01-01T00:00:00.000000Z") == 2
        assert store.history(SCOPE, "1") == ()
        assert store.fetch(SCOPE, "1").data == {"n": 3}

    def test_takes_the_past_of_named_objects(self, store, change, remove):
        """Erasing takes every version of the objects named, in their tenant."""
        for id in "12":
            change(id, {"n": 1}, 0)
            change(id, {"n": 2}, 1)
        remove("1", 2)
        assert store.erase("u", ["1"]) == 0
        assert store.erase("t", ["1", "3"]) == 2
        assert (store.history(SCOPE, "1"), len(store.history(SCOPE, "2"))) == ((), 1)

"""What every store promises, apart from queries."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway_core.errors import BadRequest, StoreError, VersionConflict
from gateway_core.query.model import Compare, Op, Query, Scope, Window
from gateway_core.store.open import open_store
from gateway_core.store.protocol import (
    KEPT_INSTALLATIONS,
    ApplicationRecord,
    Changes,
    Configuration,
    Delete,
    Earlier,
    IndexSpec,
    Installation,
    Link,
    Put,
)
from gateway_core.types import Artifact, Kind, Origin

ROOT = Path(__file__).parents[2]
SCOPE = Scope("t", "thing")
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


COUNT_UP = """
import sys, threading
from gateway_core.errors import VersionConflict
from gateway_core.query.model import Scope
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, Put
store = open_store(sys.argv[1], durability="fast")
def work():
    for _ in range(50):
        while True:
            held = store.fetch(Scope("t", "thing"), "1")
            meta = held.meta._replace(version=held.meta.version + 1)
            try:
                changed = held._replace(data={"n": held.data["n"] + 1}, meta=meta)
                store.apply(Changes("t", (Put(changed, held.meta.version),)))
                break
            except VersionConflict:
                pass
threads = [threading.Thread(target=work) for _ in range(2)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
store.close()
"""


class TestObjects:
    def test_fetch_returns_what_was_written(self, store, make):
        """An object comes back equal to what apply returned, whatever JSON it holds."""
        data = {"text": "Ünïcode 🙂 \"'\\ \n", "n": 1, "f": 1.5, "b": True, "z": None, "deep": [{"a": [[]]}]}
        written = store.apply(make.changes(make.put("1", data, owner="o")))
        assert store.fetch(SCOPE, "1") == written[0]
        assert written[0].data == data

    def test_fetch_stays_within_the_scope(self, store, make):
        """Another tenant, entity or owner, or an unknown id, finds nothing."""
        store.apply(make.changes(make.put("1", {}, owner="o")))
        assert store.fetch(Scope("t", "thing", "o"), "1") is not None
        outside = [Scope("u", "thing"), Scope("t", "other"), Scope("t", "thing", "p")]
        assert [store.fetch(scope, "1") for scope in outside] == [None, None, None]
        assert store.fetch(SCOPE, "2") is None

    def test_get_finds_objects_of_any_entity(self, store, make):
        """Of the ids, those that exist are found, within the tenant."""
        store.apply(make.changes(make.put("1", {}), make.put("2", {}, "other")))
        store.apply(Changes("u", (make.put("3", {}),)))
        assert set(store.get("t", ["1", "2", "3", "4"])) == {"1", "2"}
        assert store.get("t", []) == {}
        assert store.get("u", ["3"])["3"].meta.tenant == "u"

    def test_text_that_is_not_unicode_is_a_bad_request(self, store):
        """Half a surrogate pair in an id is refused as the client's fault."""
        with pytest.raises(BadRequest):
            store.fetch(SCOPE, "\ud800")

    def test_a_document_comes_back_as_it_was_written(self, store, make):
        """The order of members, the kind of numbers and every character stay as they were."""
        data = {
            "z": 1.0,
            "a": 1,
            "m": 1e16,
            "big": 2**63 - 1,
            "small": -(2**63),
            "tiny": 1e-300,
            "": {"": []},
        }
        data |= {
            'quote"': "\u2028\x7f\x01 \\u0000",
            "%s": "%(p0)s",
            "b": [True, 1, "1", None, {"y": 0, "x": 0}],
        }
        store.apply(make.changes(make.put("1", data)))
        held = store.fetch(SCOPE, "1").data
        assert json.dumps(held) == json.dumps(data)

    def test_a_nul_character_is_refused_everywhere(self, store, make):
        """No store keeps a text with a NUL, none is asked for one, and no id holds one."""
        for data in ({"a": "x\0y"}, {"a\0": 1}, {"a": [{"b": "\\\0"}]}):
            with pytest.raises(BadRequest, match="NUL"):
                store.apply(make.changes(make.put("1", data)))
        for path, value in ((("a",), "x\0y"), (("_self", "id"), "\0"), (("a\0",), "x")):
            with pytest.raises(BadRequest):
                store.find(SCOPE, Query(Compare(path, Op.EQ, (value,))))
        assert (store.fetch(SCOPE, "1\0"), store.get("t", ["1\0"]), store.count(SCOPE)) == (None, {}, 0)
        assert store.around(SCOPE, "1\0", [("thing", "rel")]) is None
        assert store.linked_ids("t", ["1\0"], [("thing", "rel")]) == {}

    def test_around_shows_what_stands_around(self, store, make):
        """The object, those it refers to, and who refers to it, in one answer; nothing out of scope."""
        store.apply(
            make.changes(
                make.put("1", {"rel": "2", "rels": ["3", "gone"]}, owner="o"),
                make.put("2", {"rel": "1"}),
                make.put("3", {"rels": ["1", "1"]}, "other"),
            )
        )
        seen = store.around(SCOPE, "1", [("thing", "rel"), ("other", "rels")])
        assert seen.root == store.fetch(SCOPE, "1")
        assert seen.linked == store.get("t", ["2", "3"])
        assert seen.referrers == {("1", "thing", "rel"): ("2",), ("1", "other", "rels"): ("3",)}
        outside = [Scope("u", "thing"), Scope("t", "other"), Scope("t", "thing", "p")]
        assert [store.around(scope, "1", [("thing", "rel")]) for scope in outside] == [None] * 3
        assert store.around(SCOPE, "9", []) is None

    def test_following_walks_through_a_scope_once(self, store, make):
        """Steps of any size meet each object of the scope once, in order of creation."""
        ids = [f"{(number * 7) % 25:02}" for number in range(25)]
        puts = [make.put(id, {"n": id}, owner="o" if int(id) % 2 else None) for id in ids]
        others = [make.put(f"x{number}", {}, "other") for number in range(5)]
        store.apply(make.changes(*puts[:10], *others, *puts[10:]))
        store.apply(make.changes(make.put(ids[3], {"n": "changed"}, expect=1, owner="o")))
        for scope, step in ((SCOPE, 1), (SCOPE, 7), (SCOPE, 25), (Scope("t", "thing", "o"), 3)):
            found, after = [], None
            while page := store.following(scope, after, step):
                assert len(page) <= step
                found += page
                after = page[-1].id
            assert tuple(found) == store.find(scope, Query(window=Window(100))).items
        assert store.following(SCOPE, "nothing", 5) in ([], ())
        assert store.following(Scope("u", "thing"), ids[0], 5) in ([], ())
        assert store.following(Scope("t", "nothing"), None, 5) in ([], ())

    def test_what_is_read_may_be_changed(self, store, make):
        """An object that a caller changes does not change the store."""
        store.apply(make.changes(make.put("1", {"list": [1]})))
        store.fetch(SCOPE, "1").data["list"].append(2)
        store.find(SCOPE, Query()).items[0].data.clear()
        assert store.fetch(SCOPE, "1").data == {"list": [1]}

    def test_count_follows_every_change(self, store, make):
        """Counts hold per entity, tenant and owner after inserts, updates and deletes."""
        store.apply(make.changes(make.put("1", {}), make.put("2", {}, owner="o"), make.put("3", {}, "other")))
        store.apply(make.changes(make.put("1", {"a": 1}, expect=1), deletes=(Delete("3", 1),)))
        scopes = [SCOPE, Scope("t", "other"), Scope("t", "thing", "o"), Scope("u", "thing")]
        assert [store.count(scope) for scope in scopes] == [2, 0, 1, 0]


class TestRelations:
    def test_linked_lists_sources_in_order_of_creation(self, store, make):
        """For each target its sources, each once, of the entity and property asked for."""
        store.apply(
            make.changes(
                make.put("9", {"rels": ["b", "a", "b"]}),
                make.put("1", {"rels": ["b"]}),
                make.put("2", {"rel": "b"}),
                make.put("3", {"rels": ["b"]}, "other"),
            )
        )
        assert store.linked_ids("t", ["a", "b", "c"], [("thing", "rels"), ("other", "rel")]) == {
            ("a", "thing", "rels"): ("9",),
            ("b", "thing", "rels"): ("9", "1"),
        }
        assert store.linked_ids("t", ["b"], [("thing", "rel"), ("other", "rels")]) == {
            ("b", "thing", "rel"): ("2",),
            ("b", "other", "rels"): ("3",),
        }
        many = ["b", *map(str, range(1000))]
        assert store.linked_ids("t", many, [("other", "rels")]) == {("b", "other", "rels"): ("3",)}
        assert store.linked_ids("t", [], [("thing", "rels")]) == {}
        assert store.linked_ids("u", ["a"], [("thing", "rels")]) == {}

    def test_referrers_lists_every_link_to_the_targets(self, store, make):
        """Links of all properties and positions are found by their target."""
        store.apply(make.changes(make.put("1", {"rel": "b", "rels": ["a", "b"]})))
        assert set(store.referrers("t", ["b"])) == {Link("1", "rel", "b"), Link("1", "rels", "b", 1)}
        assert list(store.referrers("t", ["c"])) == []

    def test_a_put_replaces_the_links_of_its_object(self, store, make):
        """After a change only the new links are left."""
        store.apply(make.changes(make.put("1", {"rel": "a", "rels": ["a"]})))
        store.apply(make.changes(make.put("1", {"rel": "b"}, expect=1)))
        assert list(store.referrers("t", ["a", "b"])) == [Link("1", "rel", "b")]

    def test_a_delete_removes_links_both_ways(self, store, make):
        """No link from or to a deleted object is left."""
        store.apply(make.changes(make.put("1", {"rel": "2"}), make.put("2", {"rel": "3"}), make.put("3", {})))
        store.apply(Changes("t", deletes=(Delete("2", 1),)))
        assert list(store.referrers("t", ["1", "2", "3"])) == []
        assert set(store.get("t", ["1", "2", "3"])) == {"1", "3"}


class TestChanges:
    @pytest.mark.parametrize("stale", ["insert", "update", "gone", "delete", "entity"])
    def test_a_conflict_undoes_everything(self, store, make, stale):
        """When one expectation fails nothing of the changes is stored, not even a sequence number."""
        store.apply(make.changes(make.put("1", {"v": 1})))
        failing = {
            "insert": make.changes(make.put("1", {})),
            "update": make.changes(make.put("1", {}, expect=2)),
            "gone": make.changes(make.put("7", {}, expect=1)),
            "entity": make.changes(make.put("1", {}, "other", expect=1)),
            "delete": make.changes(deletes=(Delete("1", 3),)),
        }[stale]
        first = replace(make.put("2", {"rel": "1"}), sequences={("n",): "s"})
        with pytest.raises(VersionConflict) as raised:
            store.apply(replace(failing, puts=(first, *failing.puts)))
        assert raised.value.status == 409
        assert store.fetch(SCOPE, "2") is None
        assert store.fetch(SCOPE, "1").data == {"v": 1}
        assert list(store.referrers("t", ["1"])) == []
        assert store.count(SCOPE) == 1
        written = store.apply(make.changes(replace(first, object=first.object)))
        assert written[0].data["n"] == 1

    def test_a_change_needs_the_version_that_was_read(self, store, make):
        """The second of two changes made from the same version is refused."""
        store.apply(make.changes(make.put("1", {})))
        store.apply(make.changes(make.put("1", {"by": "a"}, expect=1)))
        with pytest.raises(VersionConflict):
            store.apply(make.changes(make.put("1", {"by": "b"}, expect=1)))
        assert store.fetch(SCOPE, "1").data == {"by": "a"}
        assert store.fetch(SCOPE, "1").meta.version == 2

    def test_an_id_belongs_to_its_tenant(self, store, make):
        """Two tenants may use the same id and do not see each other's object."""
        store.apply(make.changes(make.put("1", {"of": "t"})))
        store.apply(Changes("u", (make.put("1", {"of": "u"}),)))
        store.apply(Changes("u", deletes=(Delete("1", 1),)))
        assert store.fetch(SCOPE, "1").data == {"of": "t"}

    def test_sequences_number_in_the_same_transaction(self, store, make):
        """Numbers rise by one, apart per sequence and tenant, and are in what apply returns."""
        put = make.put("1", {"kept": 1})
        (one,) = store.apply(make.changes(replace(put, sequences={("n",): "s", ("m",): "r"})))
        two = store.apply(make.changes(replace(make.put("2", {"n": None}), sequences={("n",): "s"})))
        other = store.apply(Changes("u", (replace(make.put("3", {}), sequences={("n",): "s"}),)))
        assert one.data == {"kept": 1, "n": 1, "m": 1}
        assert (two[0].data["n"], other[0].data["n"]) == (2, 1)
        assert store.fetch(SCOPE, "2").data == {"n": 2}
        assert put.object.data == {"kept": 1}

    def test_a_document_that_is_no_json_is_refused_without_its_values(self, store, make):
        """What cannot be written as JSON is an error that repeats nothing of the document."""
        with pytest.raises(StoreError) as raised:
            store.apply(make.changes(make.put("1", {"a": {"secret-value"}})))
        assert "secret-value" not in str(raised.value)
        assert store.count(SCOPE) == 0


class TestConcurrency:
    def test_no_update_is_lost_between_threads(self, store, make):
        """Eight threads that count up by read, change and retry arrive at the exact sum."""
        store.apply(make.changes(make.put("1", {"n": 0})))

        def work(_: int) -> int:
            conflicts = 0
            for _ in range(25):
                while True:
                    held = store.fetch(SCOPE, "1")
                    put = make.put("1", {"n": held.data["n"] + 1}, expect=held.meta.version)
                    try:
                        store.apply(make.changes(put))
                        break
                    except VersionConflict:
                        conflicts += 1
            return conflicts

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        assert store.fetch(SCOPE, "1").data == {"n": 200}
        assert store.fetch(SCOPE, "1").meta.version == 201

    def test_sequences_have_no_gap_and_no_double_between_threads(self, store, make):
        """Numbers given to eight threads at once are exactly 1 to 200."""

        def work(worker: int) -> list[int]:
            puts = [replace(make.put(f"{worker}-{i}", {}), sequences={("n",): "s"}) for i in range(25)]
            return [store.apply(make.changes(put))[0].data["n"] for put in puts]

        with ThreadPoolExecutor(8) as pool:
            given = [number for numbers in pool.map(work, range(8)) for number in numbers]
        assert sorted(given) == list(range(1, 201))

    def test_changes_of_the_same_objects_in_any_order_all_succeed(self, store, make):
        """Threads that change two objects together, half of them the other way round, do not lock up."""
        store.apply(make.changes(make.put("1", {"n": 0}), make.put("2", {"n": 0})))

        def work(worker: int) -> None:
            ids = ["1", "2"] if worker % 2 else ["2", "1"]
            for _ in range(15):
                while True:
                    held = store.get("t", ids)
                    if held["1"].meta.version != held["2"].meta.version:
                        continue
                    puts = [
                        make.put(id, {"n": held[id].data["n"] + 1}, expect=held[id].meta.version)
                        for id in ids
                    ]
                    try:
                        store.apply(make.changes(*puts))
                        break
                    except VersionConflict:
                        pass

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(work, range(6)))
        assert {item.data["n"] for item in store.get("t", ["1", "2"]).values()} == {90}

    def test_a_count_is_right_after_many_threads(self, store, make):
        """Objects that threads make and remove at the same time are all counted."""

        def work(worker: int) -> None:
            for i in range(20):
                store.apply(
                    make.changes(make.put(f"{worker}-{i}", {}), make.put(f"o{worker}-{i}", {}, "other"))
                )
                if i % 2:
                    store.apply(Changes("t", deletes=(Delete(f"{worker}-{i}", 1),)))

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(work, range(6)))
        assert (store.count(SCOPE), store.count(Scope("t", "other"))) == (60, 120)
        assert store.find(SCOPE, Query(window=Window(1))).total == 60
        assert store.find(SCOPE, Query(Compare(("a",), Op.IS_NULL), window=Window(1))).total == 60

    def test_a_snapshot_sees_one_state(self, store, url, make):
        """Inside, reads of every kind show the state at its beginning, whatever is written meanwhile."""
        if url == "sqlite:///:memory:":
            pytest.skip("in memory SQLite has no journal to read beside: a writer waits for snapshots")
        store.apply(make.changes(make.put("1", {"rel": "2"}), make.put("2", {})))

        def state() -> tuple:
            found = store.find(SCOPE, Query())
            return found, store.get("t", ["1", "2", "3"]), store.referrers("t", ["2"]), store.count(SCOPE)

        def change() -> None:
            store.apply(
                make.changes(make.put("1", {}, expect=1), make.put("3", {}), deletes=(Delete("2", 1),))
            )

        with store.snapshot():
            before = state()
            with ThreadPoolExecutor(1) as pool:
                pool.submit(change).result()
            with store.snapshot():
                assert state() == before
            assert state() == before
        assert [item.id for item in store.find(SCOPE, Query()).items] == ["1", "3"]
        assert store.count(SCOPE) == 2

    def test_no_update_is_lost_between_processes(self, store, url, make):
        """Two processes with two threads each that count up arrive at the exact sum, where a store
        bears several processes; where not, the second one is refused in words."""
        if url == "sqlite:///:memory:":
            pytest.skip("no other process reaches this memory")
        store.apply(make.changes(make.put("1", {"n": 0})))
        command = [sys.executable, "-c", COUNT_UP, url]
        children = [
            subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
            for _ in range(2 if store.shared else 1)
        ]
        said = [child.communicate(timeout=60)[1] for child in children]
        if store.shared:
            assert ([child.returncode for child in children], said) == ([0, 0], ["", ""])
            assert store.fetch(SCOPE, "1").data == {"n": 200}
        else:
            assert children[0].returncode != 0
            assert "is in use by another process" in said[0]

    def test_a_reader_never_sees_half_of_a_change(self, store, make):
        """Two objects that always change together are always read with the same value."""
        store.apply(make.changes(make.put("1", {"n": 0}), make.put("2", {"n": 0})))
        stop, torn = threading.Event(), []

        def read() -> None:
            while not stop.is_set():
                page = store.find(SCOPE, Query())
                values = {item.data["n"] for item in page.items}
                got = {item.data["n"] for item in store.get("t", ["1", "2"]).values()}
                torn.extend(seen for seen in (values, got) if len(seen) != 1)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for n in range(1, 100):
            store.apply(make.changes(make.put("1", {"n": n}, expect=n), make.put("2", {"n": n}, expect=n)))
        stop.set()
        for reader in readers:
            reader.join()
        assert torn == []


def configure(store, bundle, artifacts, record, **more):
    """Make this what is in force of a bundle."""
    return store.configure(Configuration(bundle, tuple(artifacts), record, **more))


class TestConfiguration:
    ARTIFACTS = (
        Artifact(Kind.SCHEMA, "https://x.test/a", "1.0.0", {"type": "object"}, Origin("b", "schemas/a.json")),
        Artifact(Kind.MAPPING, "https://x.test/m", "0.1.0", {"mapping": {"k": "é"}}, Origin("b", "m.json")),
    )

    def test_artifacts_come_back_in_their_order(self, store):
        """Artifacts are equal to those installed, bundles in the order of their first installation."""
        other = replace(self.ARTIFACTS[0], origin=Origin("a", "x.json"))
        configure(store, "b", self.ARTIFACTS, {"version": "1"})
        configure(store, "a", [other], {"version": "2"})
        configure(store, "b", self.ARTIFACTS[::-1], {"version": "3"})
        assert list(store.artifacts()) == [*self.ARTIFACTS[::-1], other]
        assert store.installed() == {"b": {"version": "3"}, "a": {"version": "2"}}

    def test_a_bundle_can_be_emptied_and_forgotten(self, store):
        """Without artifacts a record stays; without both nothing does."""
        configure(store, "b", self.ARTIFACTS, {"version": "1"})
        configure(store, "b", [], {"version": "2"})
        assert (list(store.artifacts()), store.installed()) == ([], {"b": {"version": "2"}})
        configure(store, "b", [], {})
        assert store.installed() == {}

    def test_objects_come_with_the_configuration_or_not_at_all(self, store, make):
        """Objects are stored in the same transaction: a conflict of theirs leaves the old configuration."""
        configure(store, "b", self.ARTIFACTS, {"version": "1"})
        (written,) = configure(
            store, "b", self.ARTIFACTS[:1], {"version": "2"}, changes=make.changes(make.put("1", {"n": 1}))
        )
        assert store.fetch(SCOPE, "1") == written
        before = (list(store.artifacts()), store.installed(), store.revision())
        twice = make.changes(make.put("2", {}), make.put("1", {}))
        with pytest.raises(VersionConflict):
            configure(store, "b", self.ARTIFACTS, {"version": "3"}, changes=twice)
        assert (list(store.artifacts()), store.installed(), store.revision()) == before
        assert store.fetch(SCOPE, "2") is None
        configure(store, "b", [], {}, changes=make.changes(deletes=(Delete("1", 1, "2026-01-01T00:00:00Z"),)))
        assert (store.count(SCOPE), store.installed()) == (0, {})

    def test_a_configuration_that_was_planned_on_another_one_is_refused(self, store, make):
        """Only on the revision that it expects is a configuration made, and its objects with it."""
        configure(store, "b", self.ARTIFACTS, {"version": "1"}, expect=store.revision())
        planned_on = store.revision()
        configure(store, "other", [], {"version": "1"})
        with pytest.raises(VersionConflict, match="changed meanwhile"):
            configure(
                store,
                "b",
                [],
                {"version": "2"},
                expect=planned_on,
                changes=make.changes(make.put("1", {})),
            )
        assert (list(store.artifacts()), store.count(SCOPE)) == (list(self.ARTIFACTS), 0)
        configure(store, "b", [], {"version": "2"}, expect=store.revision())
        assert store.installed()["b"] == {"version": "2"}

    def test_earlier_installations_are_kept(self, store):
        """What was in force comes back whole, latest first; the oldest of many goes, others are untouched."""
        configure(store, "b", self.ARTIFACTS, {"version": "0"}, earlier=Earlier.PUSH)
        assert list(store.earlier("b")) == []
        for number in range(1, KEPT_INSTALLATIONS + 3):
            configure(store, "b", self.ARTIFACTS[:1], {"version": str(number)}, earlier=Earlier.PUSH)
        kept = list(store.earlier("b"))
        assert [each.record["version"] for each in kept] == [
            str(n) for n in range(KEPT_INSTALLATIONS + 1, 1, -1)
        ]
        assert kept[0] == Installation({"version": str(KEPT_INSTALLATIONS + 1)}, self.ARTIFACTS[:1])
        configure(store, "b", kept[0].artifacts, kept[0].record, earlier=Earlier.POP)
        assert list(store.earlier("b")) == kept[1:]
        configure(store, "b", self.ARTIFACTS, {"version": "x"})
        assert (list(store.earlier("b")), list(store.earlier("other"))) == (kept[1:], [])
        configure(store, "b", [], {})
        assert list(store.earlier("b")) == []

    def test_applications_are_kept_by_name(self, store):
        """Adding, replacing and removing applications shows in the list at once."""
        record = ApplicationRecord(
            "app", "client", "00ff", None, ("read", "write"), START, "https://x.test/app"
        )
        store.put_application(record)
        store.put_application(replace(record, name="zzz", key_hash=None, secret="s", reference=None))
        store.put_application(replace(record, scopes=()))
        assert [each.name for each in store.applications()] == ["app", "zzz"]
        assert store.applications()[0] == replace(record, scopes=())
        assert (store.remove_application("app"), store.remove_application("app")) == (True, False)

    def test_revision_grows_with_configuration_only(self, store, make):
        """Bundles and applications move the revision; objects and removing nothing do not."""
        seen = [store.revision()]
        configure(store, "b", self.ARTIFACTS, {"version": "1"})
        seen.append(store.revision())
        store.put_application(ApplicationRecord("app", "c", None, None, (), START))
        seen.append(store.revision())
        store.remove_application("app")
        seen.append(store.revision())
        assert seen == sorted(set(seen))
        store.apply(make.changes(make.put("1", {})))
        store.remove_application("app")
        assert store.revision() == seen[-1]


class TestLife:
    def test_everything_survives_closing(self, url, make):
        """A store that is opened again holds what was written, and goes on counting."""
        if url == "sqlite:///:memory:":
            pytest.skip("what is in memory ends with its store: that is its purpose")
        first = open_store(url)
        record = ApplicationRecord("app", "client", None, "s", ("read",), START)
        numbered = replace(make.put("1", {"rel": "2"}, owner="o"), sequences={("n",): "s"})
        first.ensure_indexes([IndexSpec("thing", "rel"), IndexSpec("thing", "rels", True)])
        (written,) = first.apply(make.changes(numbered))
        configure(first, "b", TestConfiguration.ARTIFACTS, {"v": 1})
        configure(first, "b", TestConfiguration.ARTIFACTS, {"v": 2}, earlier=Earlier.PUSH)
        first.put_application(record)
        revision = first.revision()
        first.close()
        again = open_store(url)
        assert again.fetch(SCOPE, "1") == written
        assert (again.count(SCOPE), again.revision()) == (1, revision)
        assert list(again.referrers("t", ["2"])) == [Link("1", "rel", "2")]
        assert (list(again.artifacts()), again.installed()) == (
            list(TestConfiguration.ARTIFACTS),
            {"b": {"v": 2}},
        )
        assert list(again.earlier("b")) == [Installation({"v": 1}, TestConfiguration.ARTIFACTS)]
        assert list(again.applications()) == [record]
        later = again.apply(make.changes(replace(make.put("2", {}), sequences={("n",): "s"})))
        assert later[0].data == {"n": 2}
        assert [item.id for item in again.find(SCOPE, Query()).items] == ["1", "2"]
        again.check()
        again.close()

    def test_a_closed_store_says_so(self, store, make):
        """Reading and writing after close raise an error that names the state; closing twice is fine."""
        store.fetch(SCOPE, "1")
        store.close()
        store.close()
        for call in (lambda: store.fetch(SCOPE, "1"), lambda: store.apply(make.changes(make.put("1", {})))):
            with pytest.raises(StoreError, match="closed"):
                call()

    def test_check_is_silent_on_a_sound_store(self, store):
        """A store without damage passes its check."""
        store.check()

    def test_an_empty_change_is_nothing(self, store):
        """Changes without puts and deletes succeed and store nothing."""
        assert store.apply(Changes("t")) == ()
        assert store.count(SCOPE) == 0

    def test_a_put_may_name_any_link(self, store, make):
        """A link to an object that does not exist is kept: the caller decides what is allowed."""
        put = Put(make.object("1", {}), 0, (Link("1", "far", "nowhere"),))
        store.apply(make.changes(put))
        assert list(store.referrers("t", ["nowhere"])) == [Link("1", "far", "nowhere")]

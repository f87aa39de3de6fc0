"""What is special about the store in a SQLite file."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway_core.errors import NotAtOnce, StoreError, VersionConflict
from gateway_core.query.model import (
    All,
    AnyOf,
    Compare,
    Element,
    Hop,
    Not,
    Op,
    Order,
    Query,
    Related,
    Scope,
    Window,
)
from gateway_core.store import sql
from gateway_core.store.dialect import SQLITE
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, Delete, IndexSpec, Put
from gateway_core.store.sqlite import SqliteStore, indexes, texts
from gateway_core.store.sqlite.commits import Commits
from gateway_core.types import Meta, StoredObject

ROOT = Path(__file__).parents[2]
SCOPE = Scope("t", "thing")
SPECS = [IndexSpec("thing", "name"), IndexSpec("thing", "items.k", True), IndexSpec("friend", "code")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def opened(path: Path) -> Iterator[SqliteStore]:
    """A store in a file."""
    store = SqliteStore(str(path), synchronous="NORMAL", busy_seconds=0.3)
    yield store
    store.close()


def plan(store: SqliteStore, query: Query, scope: Scope = SCOPE) -> str:
    """How SQLite would answer the query."""
    with store._readers.snapshot() as connection:
        known = indexes.current(connection, indexes.IndexSet())
        page = sql.find(scope, query, SQLITE, known.indexes).page
        rows = connection.execute(f"EXPLAIN QUERY PLAN {page.text}", page.params).fetchall()
    return "\n".join(row[3] for row in rows)


def eq(*path: str) -> Compare:
    return Compare(path, Op.EQ, ("x",))


def test_what_takes_long_is_not_read_at_once(opened: SqliteStore) -> None:
    """A brief reading that turns out to be long is given up as such, not as a failure of the store, and
    the same is read afterwards."""
    when = Meta(1, "2025-03-14T09:00:00.000000Z", "2025-03-14T09:00:00.000000Z")
    things = (StoredObject(str(n), "thing", {"name": f"{n} " * 50}, when) for n in range(3_000))
    opened.apply(Changes("t", tuple(Put(each, 0) for each in things)))
    slow = Query(Compare(("name",), Op.LIKE, ("2999 2999",)))
    for _ in range(2):
        with pytest.raises(NotAtOnce), opened.snapshot(brief=True):
            opened.find(SCOPE, slow)
        with opened.snapshot():
            assert opened.find(SCOPE, slow).total == 1
    with opened.snapshot(brief=True):
        assert list(opened.get("t", ["7"])) == ["7"]


CODE = Related(Hop("friends", "friend", "rel"), eq("code"))


class TestPlans:
    NAME = indexes.index_name(SPECS[0])
    FRIEND = indexes.index_name(SPECS[2])

    @pytest.mark.parametrize(
        ("where", "uses"),
        [
            (eq("name"), [f"SEARCH o USING INDEX {NAME} (tenant=? AND <expr>=?)"]),
            (Compare(("name",), Op.IN, ("a", "b")), [f"INDEX {NAME}"]),
            (All((Compare(("z",), Op.LIKE, ("a",)), eq("name"))), [f"INDEX {NAME}"]),
            (
                Element(("items",), eq("k")),
                ["o USING INTEGER PRIMARY KEY", "(tenant=? AND spec=? AND value=?)"],
            ),
            (Element(("items",), All((eq("k"), eq("v")))), ["o USING INTEGER PRIMARY KEY"]),
            (eq("items", "k"), ["o USING INTEGER PRIMARY KEY"]),
            (CODE, [f"INDEX {FRIEND}", "o USING INDEX object_identity (tenant=? AND id=?)"]),
            (
                Related(Hop("rel", "friend"), eq("_self", "id")),
                ["INDEX link_target", "o USING INDEX object_identity"],
            ),
            (eq("_self", "id"), ["o USING INDEX object_identity (tenant=? AND id=?)"]),
        ],
    )
    def test_a_condition_on_an_index_reads_few_objects(self, opened, where, uses):
        """The plan starts at the index, and never reads all objects of the entity."""
        opened.ensure_indexes(SPECS)
        found = plan(opened, Query(where))
        assert [use for use in uses if use not in found] == [], found
        assert "object_page" not in found
        assert "SCAN o" not in found

    def test_whether_many_objects_have_the_same_value_follows_the_schema(self, opened, path, make):
        """Queries know it; the terms of an array are not made again for it."""
        opened.apply(make.changes(make.put("1", {"items": [{"k": "x"}]})))
        opened.ensure_indexes(SPECS)
        with sqlite3.connect(path) as raw:
            raw.execute("UPDATE term SET value = 's:kept'")
        for few in (True, False):
            opened.ensure_indexes([replace(spec, few_values=few) for spec in SPECS])
            with opened._readers.snapshot() as connection:
                known = indexes.current(connection, indexes.IndexSet()).indexes
                assert connection.execute("SELECT value FROM term").fetchall() == [("s:kept",)]
            assert {index.few for index in known.members.values()} == {few}

    def test_plans_hold_for_connections_that_were_open_before(self, opened):
        """A connection that read before the index was made uses it too."""
        opened.fetch(SCOPE, "1")
        assert self.NAME not in plan(opened, Query(eq("name")))
        opened.ensure_indexes(SPECS)
        assert self.NAME in plan(opened, Query(eq("name")))

    def test_a_list_needs_no_sorting(self, opened):
        """Without an order the index on creation is read in its order, with or without an owner."""
        assert "TEMP B-TREE" not in plan(opened, Query())
        assert "TEMP B-TREE" not in plan(opened, Query(), Scope("t", "thing", "o"))
        assert "object_page" in plan(opened, Query(order=(Order(("name",)),)))

    @pytest.mark.parametrize("descending", [False, True])
    def test_an_order_by_an_indexed_member_is_that_of_its_index(self, opened, descending):
        """The index is read in its order, objects without a value last; only what is equal is sorted, by
        creation. Filters beside it change nothing; a second key sorts what shares the first."""
        opened.ensure_indexes(SPECS)
        first = Order(("name",), descending)
        for query in (
            Query(order=(first,)),
            Query(Compare(("z",), Op.LIKE, ("a",)), (first,)),
            Query(order=(first, Order(("z",)))),
        ):
            found = plan(opened, query)
            assert self.NAME in found
            assert "TEMP B-TREE FOR ORDER BY" not in found
        alone = plan(opened, Query(order=(first,)))
        assert "TEMP" not in alone or descending

    @pytest.mark.parametrize("descending", [False, True])
    def test_times_are_in_the_order_of_their_indexes(self, opened, descending):
        """Of a member with a date-time, whose texts are not in the order of time, and of what the register
        knows itself; without such an index everything is sorted."""
        orders = [Order(("at",), descending, moment=True), Order(("_self", "dateModified"), descending)]
        for order in orders:
            assert "TEMP B-TREE FOR ORDER BY" in plan(opened, Query(order=(order,)))
        specs = [IndexSpec("thing", path, order=True) for path in ("at", "_self.dateModified")]
        opened.ensure_indexes(specs)
        for order, spec in zip(orders, specs, strict=True):
            # Another statement: one that explains is not prepared again when the schema changes.
            found = plan(opened, Query(All((All(),)), (order,)))
            assert f"USING INDEX {indexes.index_name(spec)} (tenant=?)" in found
            assert "TEMP B-TREE FOR ORDER BY" not in found
        opened.ensure_indexes([])
        assert "TEMP B-TREE FOR ORDER BY" in plan(opened, Query(eq("z"), (orders[1],)))

    def test_a_deep_page_does_not_read_what_it_skips(self, opened):
        """The rows before the page are counted in the index: objects are sought when they are shown."""
        opened.ensure_indexes(SPECS)
        deep = Window(100, 99_900)
        for query in (Query(window=deep), Query(order=(Order(("name",)),), window=deep)):
            with opened._readers.snapshot() as connection:
                known = indexes.current(connection, indexes.IndexSet())
                page = sql.find(SCOPE, query, SQLITE, known.indexes).page
                steps = [row[1] for row in connection.execute(f"EXPLAIN {page.text}", page.params)]
            assert "SeekRowid" not in steps
            assert "DeferredSeek" in steps

    @pytest.mark.parametrize(
        "where",
        [
            eq("name"),
            Compare(("name",), Op.IN, ("a", "b")),
            Compare(("name",), Op.GE, ("a",)),
            All((Compare(("name",), Op.GE, ("a",)), Compare(("name",), Op.LT, ("b",)))),
            Compare(("name",), Op.EQ, (True,)),
            Compare(("name",), Op.IN, (True, False)),
            Compare(("name",), Op.IN, (0, 1, 2.5)),
            Compare(("name",), Op.GE, (2,)),
            Compare(("name",), Op.LT, (2.5,)),
        ],
    )
    def test_counting_what_an_index_decides_reads_no_object(self, opened, where):
        """The matches are counted in the index: of the table itself no row is sought, and no column read."""
        opened.ensure_indexes(SPECS)
        with opened._readers.snapshot() as connection:
            known = indexes.current(connection, indexes.IndexSet())
            total = sql.find(SCOPE, Query(where), SQLITE, known.indexes).total
            (root,) = connection.execute(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'object'"
            ).fetchone()
            steps = connection.execute(f"EXPLAIN {total.text}", total.params).fetchall()
            table = {row[2] for row in steps if row[1] == "OpenRead" and row[3] == root}
            used = {row[1] for row in steps if row[2] in table} - {"OpenRead"}
            (plan_row,) = {
                row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {total.text}", total.params)
            }
        assert f"SEARCH o USING INDEX {self.NAME} (tenant=? AND <expr>" in plan_row
        assert not used & {"Column", "SeekRowid", "NotExists"}, used
        assert not [row for row in steps if row[1] == "Function" and "json" in str(row[5])]

    def test_an_index_of_an_older_version_is_made_anew(self, opened, path):
        """One whose definition is not that of today would serve no query."""
        opened.ensure_indexes(SPECS)
        with sqlite3.connect(path) as raw:
            raw.execute(f"DROP INDEX {self.NAME}")
            raw.execute(
                f"CREATE INDEX {self.NAME} ON object (tenant, json_extract(data, '$.\"name\"'))"
                " WHERE entity = 'thing'"
            )
        assert self.NAME not in plan(opened, Query(order=(Order(("name",)),)))
        opened.ensure_indexes(SPECS)
        # Another statement: one that explains is not prepared again when the schema changes.
        assert self.NAME in plan(opened, Query(order=(Order(("name",)), Order(("z",)))))


class TestTexts:
    SPECS = (IndexSpec("thing", "name", text=True), IndexSpec("thing", "items.k", True, text=True))
    PART = Compare(("name",), Op.LIKE, ("%Jan",))
    SEARCH = AnyOf((PART, Element(("items",), Compare(("k",), Op.LIKE, ("%Jan",)))))

    @pytest.mark.parametrize(
        ("where", "entity"),
        [
            (PART, "thing"),
            (SEARCH, "thing"),
            (All((SEARCH, Compare(("kind",), Op.EQ, ("x",)))), "thing"),
            (Compare(("items", "k"), Op.EQ_NOCASE, ("jan",)), "thing"),
            (Related(Hop("rel", "thing"), All((PART, Compare(("kind",), Op.EQ, ("x",))))), "friend"),
        ],
    )
    def test_a_part_of_a_text_reads_few_objects(self, opened, where, entity):
        """Only those that the index of texts names are read; an index of a member tells more of them."""
        opened.ensure_indexes([*self.SPECS, IndexSpec("thing", "kind")])
        found = plan(opened, Query(where), Scope("t", entity))
        assert "SCAN text_1 VIRTUAL TABLE INDEX" in found
        assert "rowid=?)" in found
        assert "object_page" not in found

    @pytest.mark.parametrize(
        ("where", "uses"), [(PART, "rowid=?)"), (eq("name"), f"INDEX {indexes.index_name(SPECS[0])} ")]
    )
    def test_of_few_values_another_condition_is_looked_at_first(self, opened, where, uses):
        """What half of all objects have tells less than a part of a text, or a text, and does not stand in
        the way of an order; it is used alone. When its schema changes, so does the index."""
        few = IndexSpec("thing", "kind", few_values=True)
        kind, name = eq("kind"), indexes.index_name(few)
        opened.ensure_indexes([*SPECS, *self.SPECS, few])
        for order in ((), (Order(("name",)),), (Order(("z",)),)):
            assert uses in plan(opened, Query(All((kind, where)), order))
        assert indexes.index_name(SPECS[0]) in plan(opened, Query(kind, (Order(("name",)),)))
        assert f"INDEX {name}" in plan(opened, Query(kind))
        behind = Related(Hop("rel", "thing"), kind)
        assert "CORRELATED" in plan(opened, Query(behind), Scope("t", "friend"))
        opened.ensure_indexes([*SPECS, *self.SPECS, IndexSpec("thing", "kind")])
        assert f"INDEX {name}" in plan(opened, Query(All((kind, All((where,))))))
        assert "CORRELATED" not in plan(opened, Query(behind), Scope("t", "friend"))

    def test_what_is_not_searched_or_too_short_is_read(self, opened):
        """No index has the parts of another member, parts of two letters, or what does not match."""
        opened.ensure_indexes(self.SPECS)
        other = Compare(("z",), Op.LIKE, ("%Jan",))
        for where in (other, AnyOf((self.PART, other)), Compare(("name",), Op.LIKE, ("ja",)), Not(self.PART)):
            assert "object_page" in plan(opened, Query(where))

    def test_an_index_is_made_in_steps_while_others_write(self, opened, path, make, monkeypatch):
        """Between two steps objects come, change and go; afterwards every one is found, and none twice."""
        monkeypatch.setattr(texts, "STEP", 10)
        names = [f"Number {number:02}" for number in range(100)]
        opened.apply(make.changes(*(make.put(name, {"name": name}) for name in names)))
        fill, other = texts.fill, SqliteStore(str(path))
        steps = []

        def filled(connection: sqlite3.Connection) -> bool:
            more = fill(connection)
            steps.append(more)
            return more

        def write(*_: object) -> None:
            at = len(steps)
            changed = [make.put(names[n], {"name": f"New {names[n]}"}, expect=1) for n in (at, at + 50)]
            gone = tuple(Delete(names[n], 1) for n in (at + 20, at + 70))
            other.apply(make.changes(*changed, make.put(f"a{at}", {"name": f"Number a{at}"}), deletes=gone))

        monkeypatch.setattr(texts, "fill", filled)
        run = opened._write

        def interleaved(work):
            result = run(work)
            if work is filled and result:
                write()
            return result

        monkeypatch.setattr(opened, "_write", interleaved)
        opened.ensure_indexes(self.SPECS)
        assert len(steps) == 10
        assert "text_1" in plan(opened, Query(self.PART))

        def named(part: str) -> int:
            return opened.find(SCOPE, Query(Compare(("name",), Op.LIKE, (part,)), window=Window(0))).total

        assert [named(part) for part in ("number", "new number", "number a", "number 21", "number 29")] == [
            100 + 9 - 18, 18, 9, 0, 0,
        ]  # fmt: skip
        assert [
            named(name)
            for name in names
            if name not in {each for n in range(1, 10) for each in (names[n + 20], names[n + 70])}
        ] == [1] * 82
        other.close()

    def test_it_goes_when_nobody_wants_it_and_changes_with_what_is_searched(self, opened, path):
        """Its table is dropped, and made anew when other members are searched."""

        def tables() -> list[str]:
            with sqlite3.connect(path) as raw:
                made = raw.execute(
                    "SELECT name FROM sqlite_schema WHERE name GLOB 'text_[0-9]*' ORDER BY name"
                )
                return [name for (name,) in made if name.count("_") == 1]

        opened.ensure_indexes(self.SPECS)
        opened.ensure_indexes(self.SPECS)
        assert tables() == ["text_1"]
        opened.ensure_indexes(self.SPECS[:1])
        assert tables() == ["text_2"]
        opened.ensure_indexes([])
        assert tables() == []

    @pytest.mark.parametrize("forget", ["erase", "purge"])
    def test_nothing_of_an_erased_person_stays_in_the_index(self, opened, path, make, forget):
        """After an object is removed and forgotten no page of the index holds a part of its texts."""
        opened.ensure_indexes(self.SPECS)
        opened.apply(make.changes(*(make.put(str(n), {"name": f"Number {n:03}"}) for n in range(200))))
        opened.apply(make.changes(make.put("7", {"name": "Qwertzui"}, expect=1)))

        def held(part: str) -> int:
            with sqlite3.connect(path) as raw:
                blocks = [block for (block,) in raw.execute("SELECT block FROM text_1_data")]
            # A gram that begins as the one before does is kept without that beginning.
            return sum(part.encode() in block for block in blocks)

        assert held("wertzu")
        opened.apply(make.changes(make.put("7", {"name": "Other"}, expect=2)))
        assert held("wertzu")
        opened.apply(make.changes(deletes=(Delete("7", 3, "2026-02-01T00:00:00.000000Z"),)))
        if forget == "erase":
            opened.erase("t", ["7"])
        else:
            opened.purge("2027")
        assert held("wertzu") == 0
        assert held("number")


class TestIndexes:
    def test_exactly_the_indexes_asked_for_exist(self, opened, path, make):
        """Making, changing and dropping indexes leaves neither index nor terms behind."""

        def state() -> tuple[int, int, int]:
            with sqlite3.connect(path) as raw:
                made = raw.execute(
                    "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'member_%'"
                ).fetchone()[0]
                terms = raw.execute("SELECT count(*) FROM term").fetchone()[0]
                stats = raw.execute("SELECT count(*) FROM sqlite_stat1 WHERE idx LIKE 'member_%'").fetchone()[
                    0
                ]
            raw.close()
            return made, stats, terms

        opened.apply(make.changes(make.put("1", {"items": [{"k": "a"}, {"k": "b"}, {"k": "a"}, 3]})))
        assert state() == (0, 0, 0)
        opened.ensure_indexes(SPECS)
        opened.ensure_indexes(SPECS)
        assert state() == (2, 2, 2)
        opened.ensure_indexes([IndexSpec("thing", "name", True), SPECS[1]])
        assert state() == (0, 0, 2)
        opened.apply(make.changes(make.put("1", {"name": ["x", "y", "z"]}, expect=1)))
        assert state() == (0, 0, 3)
        opened.ensure_indexes([])
        assert state() == (0, 0, 0)

    def test_another_process_may_change_the_indexes(self, opened, path, make):
        """A store that was open notices indexes that another one made or dropped."""
        other = SqliteStore(str(path))
        asked = Query(Element(("items",), Compare(("k",), Op.EQ, ("a",))))
        opened.ensure_indexes(SPECS)
        other.apply(make.changes(make.put("1", {"items": [{"k": "a"}]})))
        assert opened.find(SCOPE, asked).total == 1
        other.ensure_indexes([])
        assert opened.find(SCOPE, asked).total == 1
        opened.apply(make.changes(make.put("2", {"items": [{"k": "a"}]})))
        other.ensure_indexes(SPECS)
        assert (opened.find(SCOPE, asked).total, other.find(SCOPE, asked).total) == (2, 2)
        other.close()

    def test_values_of_any_length_are_found(self, opened, make):
        """Terms are cut, the comparison is not: only the equal value is found."""
        opened.ensure_indexes(SPECS)
        long = "x" * 5000
        opened.apply(make.changes(make.put("1", {"items": [{"k": f"{long}1"}]})))
        asked = [Query(Element(("items",), Compare(("k",), Op.EQ, (f"{long}{n}",)))) for n in (1, 2)]
        assert [opened.find(SCOPE, query).total for query in asked] == [1, 0]


class TestFile:
    def test_only_the_owner_may_read_it(self, opened, path, make):
        """The file and its companions have mode 0600."""
        opened.apply(make.changes(make.put("1", {})))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert modes == dict.fromkeys(["store.db", "store.db-wal", "store.db-shm"], 0o600)

    def test_durability_is_what_was_asked(self, tmp_path):
        """Full durability waits for the disk at each commit, fast does not."""
        for durability, level in (("full", 2), ("fast", 1)):
            store = open_store(f"sqlite:///{tmp_path}/x.db", durability=durability)
            assert store._commits._connection.execute("PRAGMA synchronous").fetchone() == (level,)
            assert store._commits._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            store.close()

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path):
        """A missing directory, a directory and a file that is no database say what is wrong and where."""
        (tmp_path / "text.db").write_text("no database, but longer than a header " * 9)
        with pytest.raises(StoreError, match=r"x\.db cannot be opened.*directory exists"):
            open_store(f"sqlite:///{tmp_path}/nowhere/x.db")
        with pytest.raises(StoreError, match="cannot be opened"):
            open_store(f"sqlite:///{tmp_path}")
        with pytest.raises(StoreError, match="is not a SQLite database"):
            open_store(f"sqlite:///{tmp_path}/text.db")

    @pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind the superuser")
    def test_a_directory_that_may_not_be_written_is_named(self, tmp_path):
        """Without permission to write the error says so."""
        tmp_path.chmod(0o500)
        with pytest.raises(StoreError, match="may be written"):
            open_store(f"sqlite:///{tmp_path}/x.db")

    def test_damage_is_reported(self, path, make):
        """A file that was overwritten in the middle fails its check, in words."""
        store = SqliteStore(str(path), synchronous="NORMAL")
        store.apply(make.changes(*(make.put(str(i), {"text": "x" * 500}) for i in range(200))))
        store.close()
        content = bytearray(path.read_bytes())
        content[8192:40960] = b"\xa5" * (40960 - 8192)
        path.write_bytes(content)
        damaged = SqliteStore(str(path))
        with pytest.raises(StoreError, match="damaged"):
            damaged.check()
        damaged.close()

    def test_a_newer_schema_is_refused(self, opened, path):
        """A file of a newer version is not touched."""
        with sqlite3.connect(path) as raw:
            raw.execute("PRAGMA user_version = 99")
        raw.close()
        with pytest.raises(StoreError, match="newer version"):
            SqliteStore(str(path))


class TestLocks:
    def test_waiting_for_another_process_ends(self, opened, path, make):
        """When another process holds the lock too long, writes fail clearly, reads go on, and later
        writes succeed."""
        opened.apply(make.changes(make.put("1", {})))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another process") as raised:
            opened.apply(make.changes(make.put("2", {})))
        assert (raised.value.status, type(raised.value)) == (503, StoreError)
        assert opened.find(SCOPE, Query()).total == 1
        other.execute("ROLLBACK")
        other.close()
        opened.apply(make.changes(make.put("2", {})))
        assert opened.count(SCOPE) == 2

    def test_processes_that_open_a_new_store_at_once_agree(self, path):
        """Four processes that all find no store make exactly one."""
        program = (
            "import sys; from gateway_core.store.open import open_store; open_store(sys.argv[1]).check()"
        )
        command = [sys.executable, "-c", program, f"sqlite:///{path}"]
        children = [subprocess.Popen(command, cwd=ROOT) for _ in range(4)]
        assert [child.wait(timeout=60) for child in children] == [0, 0, 0, 0]


class TestGroups:
    def group(self, store: SqliteStore, works: list) -> list:
        """Run the works in one group: while the first is under way the others queue up."""
        commits: Commits = store._commits
        results: list = [None] * len(works)
        gate = threading.Event()

        def hold(_: sqlite3.Connection) -> None:
            gate.wait(10)

        def call(at: int) -> None:
            try:
                results[at] = commits.run(works[at])
            except Exception as error:  # noqa: BLE001 - the error is the result
                results[at] = error

        threads = [threading.Thread(target=commits.run, args=(hold,))]
        threads[0].start()
        while not commits._busy:
            pass
        for at in range(len(works)):
            threads.append(threading.Thread(target=call, args=(at,)))
            threads[-1].start()
            while len(commits._waiting) <= at:
                pass
        gate.set()
        for thread in threads:
            thread.join(10)
        return results

    def test_changes_that_wait_share_one_transaction(self, opened):
        """A group commits once, and each caller gets its own result."""
        commits: list[str] = []
        opened._commits._connection.set_trace_callback(commits.append)
        results = self.group(opened, [lambda _, n=n: n for n in range(8)])
        opened._commits._connection.set_trace_callback(None)
        assert results == list(range(8))
        assert commits.count("COMMIT") == 2

    def test_a_failure_in_a_group_stays_alone(self, opened):
        """A conflict, a fault of the caller and an error of SQLite take nothing else with them."""

        def add(name: str):
            def work(connection: sqlite3.Connection) -> str:
                connection.execute("INSERT INTO sequence VALUES ('t', ?, 1)", (name,))
                return name

            return work

        def fail(name: str, error: Exception):
            def work(connection: sqlite3.Connection) -> None:
                add(name)(connection)
                raise error

            return work

        def broken(connection: sqlite3.Connection) -> None:
            add("d")(connection)
            connection.execute("INSERT INTO sequence VALUES (NULL, NULL, NULL)")

        works = [add("a"), fail("b", VersionConflict("x")), fail("c", KeyError("y")), broken, add("e")]
        results = self.group(opened, works)
        kinds = [type(each) if isinstance(each, Exception) else each for each in results]
        assert kinds == ["a", VersionConflict, KeyError, StoreError, "e"]
        rows = opened._commits._connection.execute("SELECT name FROM sequence ORDER BY name").fetchall()
        assert rows == [("a",), ("e",)]

    def test_closing_waits_for_what_is_under_way(self, opened, make):
        """What was asked before close is done, and what comes after is refused."""
        started, release = threading.Event(), threading.Event()

        def slow(connection: sqlite3.Connection) -> str:
            started.set()
            release.wait(10)
            return "done"

        results: list[str] = []
        writer = threading.Thread(target=lambda: results.append(opened._commits.run(slow)))
        writer.start()
        started.wait(10)
        closer = threading.Thread(target=opened.close)
        closer.start()
        while not opened._commits._closed:
            pass
        with pytest.raises(StoreError, match="closed"):
            opened.apply(make.changes())
        release.set()
        writer.join(10)
        closer.join(10)
        assert results == ["done"]

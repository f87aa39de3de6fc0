"""What is special about the store in a PostgreSQL database."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cutting_proxy import CuttingProxy
from hypothesis import given
from hypothesis import strategies as st
from postgresql_server import StartPostgresql, emptied

from gateway_core.errors import BadRequest, InvalidQuery, OutcomeUnknown, StoreError, VersionConflict
from gateway_core.query.model import (
    All,
    Compare,
    Condition,
    Element,
    Hop,
    Op,
    Order,
    Query,
    Related,
    Scope,
    Window,
)
from gateway_core.store import grams, sql
from gateway_core.store.known import Indexes
from gateway_core.store.open import open_store
from gateway_core.store.postgresql import PostgresqlStore, indexes, migrate, patterns, texts
from gateway_core.store.postgresql.dialect import FOLD, POSTGRESQL, key_of
from gateway_core.store.protocol import ApplicationRecord, Delete, IndexSpec

ROOT = Path(__file__).parents[2]
SCOPE = Scope("t", "thing")
SPECS = [IndexSpec("thing", "name"), IndexSpec("thing", "items.k", True), IndexSpec("friend", "code")]


@pytest.fixture
def url(postgresql_database: str) -> str:
    """A database without anything in it."""
    return emptied(postgresql_database)


@pytest.fixture
def opened(url: str) -> Iterator[PostgresqlStore]:
    store = open_store(url, durability="fast")
    assert isinstance(store, PostgresqlStore)
    yield store
    store.close()


@pytest.fixture
def raw(url: str, opened: PostgresqlStore) -> Iterator[psycopg.Connection[Any]]:
    """A connection beside the store's."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def eq(*path: str, value: Any = "x") -> Compare:
    return Compare(path, Op.EQ, (value,))


CODE = Related(Hop("friends", "friend", "rel"), eq("code"))


class TestValues:
    def test_folding_is_that_of_python(self, raw):
        """Every character, alone and in a text, is folded as ``str.casefold`` does it."""
        codes = [code for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
        texts = ["".join(map(chr, codes[at : at + 512])) for at in range(0, len(codes), 512)]
        folded = raw.execute(
            f"SELECT {FOLD}(t) FROM unnest(%s::text[]) WITH ORDINALITY AS n(t, at) ORDER BY at", (texts,)
        ).fetchall()
        assert [row[0] for row in folded] == [text.casefold() for text in texts]

    @given(
        values=st.lists(
            st.one_of(
                st.text(st.characters(exclude_characters="\0", codec="utf-8")),
                st.integers(-(2**63), 2**63 - 1),
                st.floats(allow_nan=False, allow_infinity=False),
            ),
            min_size=2,
            max_size=20,
        )
    )
    def test_keys_of_an_index_agree_and_are_in_order(self, postgresql_database, values):
        """The key that PostgreSQL makes of a value is the one that a query looks for; numbers come
        before text, each in its order."""
        open_store(postgresql_database).close()
        with psycopg.connect(postgresql_database) as connection:
            found = connection.execute(
                "SELECT member_key(v), sort_key(v) FROM unnest(%s::text[]) WITH ORDINALITY AS n(t, at),"
                " LATERAL (SELECT t::jsonb AS v) AS o ORDER BY at",
                ([sql_json(value) for value in values],),
            ).fetchall()
        assert [key for key, _ in found] == [key_of(value) for value in values]
        ordered = sorted(values, key=lambda value: (isinstance(value, str), value))
        by_key = [
            value for _, value in sorted(zip([key for _, key in found], values, strict=True), key=first)
        ]
        assert [value == other for value, other in zip(by_key, ordered, strict=True)] == [True] * len(values)

    def test_a_float_is_compared_as_it_is_written(self, opened, make):
        """A number that a double only approximates equals itself in a condition, to the last digit."""
        numbers = [0.1, 1 / 3, 1e-300, 123456789.123456789, 2.0**63]
        opened.apply(make.changes(*(make.put(str(i), {"n": n}) for i, n in enumerate(numbers))))
        found = [opened.find(SCOPE, Query(eq("n", value=n))).items for n in numbers]
        assert [[item.id for item in items] for items in found] == [["0"], ["1"], ["2"], ["3"], ["4"]]


class TestPlans:
    NAME = indexes.index_name(SPECS[0])
    FRIEND = indexes.index_name(SPECS[2])

    @pytest.fixture
    def plan(self, opened, raw):
        """How PostgreSQL would answer a query when there are many objects."""
        opened.ensure_indexes(SPECS)
        raw.execute(
            """INSERT INTO object (tenant, entity, id, version, created, modified, data, doc)
            SELECT 't', CASE WHEN n % 5 = 0 THEN 'friend' ELSE 'thing' END, n::text, 1, '', '', d, d::jsonb
            FROM generate_series(1, 20000) n,
                LATERAL (SELECT format('{"name": "n%s", "code": "c%s"}', n, n) AS d) doc"""
        )
        raw.execute(
            "INSERT INTO link SELECT 't', n::text, 'rel', 0, (n - 1)::text FROM generate_series(1, 20000) n"
        )
        raw.execute(
            "INSERT INTO term SELECT 't', number, 's:' || n, n FROM index_spec, generate_series(1, 20000) n"
        )
        raw.execute("ANALYZE")

        def explain(query: Query) -> str:
            found = raw.execute(indexes.GENERATION).fetchone()
            known = indexes.read(raw, found[0])
            page = sql.find(SCOPE, query, POSTGRESQL, known.indexes).page
            raw.adapters.register_dumper(float, psycopg.types.numeric.FloatDumper)
            return "\n".join(row[0] for row in raw.execute(f"EXPLAIN {page.text}", page.params).fetchall())

        return explain

    @pytest.mark.parametrize(
        ("where", "uses"),
        [
            (eq("name"), [f"Index Scan using {NAME}"]),
            (Compare(("name",), Op.IN, ("a", "b")), [NAME]),
            (All((Compare(("z",), Op.LIKE, ("a",)), eq("name"))), [NAME]),
            (Compare(("name",), Op.GT, ("n9999",)), [NAME]),
            (Element(("items",), eq("k")), ["term_pkey", "object_page"]),
            (eq("items", "k"), ["term_pkey"]),
            (CODE, [FRIEND]),
            (Related(Hop("rel", "friend"), eq("_self", "id")), ["link_target"]),
            (eq("_self", "id"), ["object_pkey"]),
        ],
    )
    def test_a_condition_on_an_index_reads_few_objects(self, plan, where, uses):
        """The plan starts at the index, and never reads all objects."""
        found = plan(Query(where))
        assert [use for use in uses if use not in found] == [], found
        assert "Seq Scan" not in found

    def test_it_is_known_how_many_objects_have_a_value(self, plan, opened, raw):
        """Of a member that identifies, one; of one with few values, those of the entity that have it: so a
        large table is not read in the order of its pages."""

        def expected(where: Condition) -> int:
            return int(re.findall(r"Scan using member_.* rows=(\d+) ", plan(Query(where)))[0])

        assert expected(eq("name", value="n77")) < 5
        few = IndexSpec("thing", "kind", few_values=True)
        raw.execute('UPDATE object SET doc = doc || \'{"kind": "x"}\' WHERE seq % 2 = 0')
        opened.ensure_indexes([*SPECS, few])
        assert 3_000 < expected(eq("kind")) < 10_000
        both = Query(eq("kind"), (Order(("name",)),))
        assert f"using {self.NAME}" in plan(both)

    def test_a_page_by_indexes_of_yesterday_reads_nothing(self, plan, opened, raw, url, monkeypatch):
        """A store that does not know yet which indexes there are asks first: without them its query might
        read everything."""
        asked, find = [], sql.find
        assert plan(Query())

        def recorded(*given: Any, **more: Any) -> sql.Find:
            made = find(*given, **more)
            asked.append(made.page)
            return made

        monkeypatch.setattr(sql, "find", recorded)
        other = open_store(url, durability="fast")
        assert other.find(SCOPE, Query(eq("name", value="n77"))).total == 1
        other.close()
        read = [raw.execute(f"EXPLAIN ANALYZE {page.text}", page.params).fetchall() for page in asked]
        unread = [re.search(r" on object o [^']*\(never executed\)", str(rows)) is not None for rows in read]
        assert unread == [True, False], read

    def test_a_list_needs_no_sorting(self, plan):
        """Without an order the index on creation is read in its order."""
        found = plan(Query())
        assert "object_page" in found
        assert "Sort" not in found

    def test_explaining_tells_scans_from_look_ups(self, plan, opened):
        """By the plan of the database, without the values that are in it."""
        assert plan(Query())
        keyed, read = opened.explain(SCOPE, Query(eq("name"))), opened.explain(SCOPE, Query(eq("z")))
        assert not keyed.reads_all
        assert any(self.NAME in step for step in keyed.steps)
        assert read.reads_all
        assert opened.explain(SCOPE, Query(Compare(("name",), Op.LIKE, ("x",)))).reads_all
        assert opened.explain(SCOPE, Query(order=(Order(("z",)),))).sorts
        for found in (Query(), Query(order=(Order(("name",)),)), Query(CODE)):
            told = opened.explain(SCOPE, found)
            assert (told.reads_all, told.sorts) == (False, False), told
        secret = Query(All((eq("name", value="Geheimenaar"), eq("z", value="Geheimenaar"))))
        assert "Geheimenaar" not in str(opened.explain(SCOPE, secret))

    def test_an_order_by_an_indexed_member_is_that_of_its_index(self, plan):
        """The index is read in its order, forwards or backwards; only what shares a key is sorted."""
        found = plan(Query(order=(Order(("name",)),)))
        assert f"Index Scan using {self.NAME}" in found
        assert "Incremental Sort" in found
        found = plan(Query(order=(Order(("name",), descending=True),)))
        assert f"Index Scan Backward using {self.NAME}" in found
        assert "Incremental Sort" in found

    @pytest.mark.parametrize("descending", [False, True])
    def test_times_are_in_the_order_of_their_indexes(self, plan, opened, raw, descending):
        """Of a member with a date-time, and of what the register knows itself: nothing sorts all."""
        raw.execute("UPDATE object SET modified = id, doc = doc || jsonb_build_object('at', id)")
        specs = [IndexSpec("thing", path, order=True) for path in ("at", "_self.dateModified")]
        opened.ensure_indexes([*SPECS, *specs])
        orders = [Order(("at",), descending, moment=True), Order(("_self", "dateModified"), descending)]
        for order, spec in zip(orders, specs, strict=True):
            found = plan(Query(order=(order,)))
            assert f"{'Backward ' if descending else ''}using {indexes.index_name(spec)}" in found
            told = opened.explain(SCOPE, Query(order=(order,)))
            assert (told.reads_all, told.sorts) == (False, False), told
        assert opened.explain(SCOPE, Query(order=(Order(("z",), descending),))).sorts

    def test_a_deep_page_reads_the_index_alone(self, plan):
        """What comes before the page is not read from the table."""
        assert "Index Only Scan using object_page" in plan(Query(window=Window(10, 9_990)))


TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
VALUES = st.one_of(TEXTS, st.integers(0, 9), st.lists(st.one_of(TEXTS, st.none()), max_size=3))


class TestTexts:
    SPECS = (IndexSpec("thing", "name", text=True), IndexSpec("thing", "items.k", True, text=True))

    @given(a=VALUES, b=st.lists(st.dictionaries(st.sampled_from("ab"), VALUES), max_size=3))
    def test_the_grams_in_the_database_are_those_of_the_gateway(self, postgresql_database, a, b):
        """Whatever a text holds, a search looks for what the index has."""
        open_store(postgresql_database).close()
        data, paths = {"a": a, "b": b, "c": a}, ["a", "b.a", "b.b"]
        with psycopg.connect(postgresql_database) as connection:
            text = f"SELECT tsvector_to_array({texts.grams_expression('%s::jsonb', paths)})"
            (found,) = connection.execute(text, (sql_json(data),)).fetchone()
        assert set(found) == set(grams.grams_of(data, grams.members_of(paths)))

    def test_a_part_of_a_text_is_found_by_its_index(self, opened, raw, make):
        """Made while others write, used once it is there, and dropped when nobody wants it."""
        where = Compare(("name",), Op.LIKE, ("%Jan",))
        opened.apply(make.changes(*(make.put(str(n), {"name": f"Number {n:03}"}) for n in range(200))))
        assert "texts_" not in str(opened.explain(SCOPE, Query(where)))
        opened.ensure_indexes(self.SPECS)
        raw.execute("ANALYZE object")
        kind = Compare(("kind",), Op.EQ, ("x",))
        for query in (
            Query(where),
            Query(All((where, kind)), (Order(("z",)),)),
            Query(where, window=Window(1, 0)),
        ):
            found = opened.explain(SCOPE, query)
            assert "Bitmap Index Scan using texts_" in str(found)
            assert not found.reads_all
        opened.ensure_indexes(self.SPECS[:1])
        names = "SELECT count(*) FROM pg_class WHERE starts_with(relname, 'texts_') AND relkind = 'i'"
        assert raw.execute(names).fetchone() == (1,)
        opened.ensure_indexes([])
        assert raw.execute(names).fetchone() == (0,)
        assert opened.find(SCOPE, Query(Compare(("name",), Op.LIKE, ("BER 007",)))).total == 1


class TestIndexes:
    def test_exactly_the_indexes_asked_for_exist(self, opened, raw, make):
        """Making, changing and dropping indexes leaves neither index nor terms behind."""

        def state() -> tuple[int, ...]:
            made = raw.execute(
                "SELECT count(*) FROM pg_class WHERE starts_with(relname, 'member_') AND relkind = 'i'"
            )
            terms = raw.execute("SELECT count(*) FROM term")
            specs = raw.execute("SELECT count(*) FROM index_spec WHERE ready")
            told = raw.execute("SELECT count(*) FROM pg_statistic_ext")
            return tuple(found.fetchone()[0] for found in (made, terms, specs, told))

        opened.apply(make.changes(make.put("1", {"name": "x", "items": [{"k": "a"}, {"k": "b"}]})))
        seen = []
        for specs in (SPECS, SPECS[:1], SPECS, [IndexSpec("thing", "name", True)], []):
            opened.ensure_indexes(specs)
            seen.append(state())
        assert seen == [(2, 2, 3, 2), (1, 0, 1, 1), (2, 2, 3, 2), (0, 1, 1, 0), (0, 0, 0, 0)]

    def test_whether_many_objects_have_the_same_value_follows_the_schema(self, opened, raw):
        """Queries know it, and no index is made again for it."""
        for few in (False, True, False):
            opened.ensure_indexes([replace(spec, few_values=few) for spec in SPECS])
            members = indexes.read(raw, raw.execute(indexes.GENERATION).fetchone()[0]).indexes.members
            assert {index.few for index in members.values()} == {few}

    def test_an_index_whose_making_failed_is_made_again(self, opened, raw):
        """An invalid index is thrown away and made anew, and one that is missing comes back."""
        opened.ensure_indexes(SPECS)
        name = indexes.index_name(SPECS[0])
        raw.execute("UPDATE pg_index SET indisvalid = FALSE WHERE indexrelid = %s::regclass", (name,))
        raw.execute(f'DROP INDEX "{indexes.index_name(SPECS[2])}"')
        opened.ensure_indexes(SPECS)
        made = raw.execute(
            "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid"
        ).fetchall()
        assert {(name, True), (indexes.index_name(SPECS[2]), True)} <= set(made)

    def test_indexes_are_made_and_dropped_while_others_write_and_ask(self, url, opened, make):
        """Whoever writes or asks meanwhile, through this store or another, notices nothing but speed."""
        other = open_store(url, durability="fast")
        stop, wrong, written = threading.Event(), [], []

        def work(worker: int) -> None:
            store, n = (opened, other)[worker % 2], 0
            while not stop.is_set():
                n += 1
                name = f"{worker}-{n}"
                store.apply(make.changes(make.put(name, {"name": name, "items": [{"k": name}]})))
                store.apply(
                    make.changes(make.put(name, {"name": name, "items": [{"k": f"{name}!"}]}, expect=1))
                )
                written.append(name)
                for where, ids in (
                    (eq("name", value=name), [name]),
                    (eq("items", "k", value=f"{name}!"), [name]),
                    (eq("items", "k", value=name), []),
                ):
                    if [item.id for item in store.find(SCOPE, Query(where)).items] != ids:
                        wrong.append((name, where))

        threads = [threading.Thread(target=work, args=(each,)) for each in range(4)]
        for thread in threads:
            thread.start()
        for specs in (SPECS, [], SPECS[1:], SPECS):
            (other if specs else opened).ensure_indexes(specs)
        stop.set()
        for thread in threads:
            thread.join()
        missed = [
            name
            for name in written
            if opened.find(SCOPE, Query(eq("items", "k", value=f"{name}!"))).total != 1
        ]
        other.close()
        assert (wrong, missed) == ([], [])

    def test_an_index_is_made_though_changes_never_pause(self, url, opened, raw):
        """Who finds no moment between changes waits in line, and gives way when a change takes long."""
        share = f"SELECT pg_advisory_xact_lock_shared({indexes.WRITERS})"
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        # Terms only: an index on an expression waits for every transaction, the one below too.
        maker = threading.Thread(target=opened.ensure_indexes, args=(SPECS[1:2],), daemon=True)
        deadline = time.monotonic() + 60
        with psycopg.connect(url) as changing:
            changing.execute(share)
            maker.start()
            for count in (1, 0, 1):  # it waits in line, gives up its place, and comes back
                while raw.execute(waiting).fetchone() != (count,):
                    assert time.monotonic() < deadline
        maker.join(60)
        assert raw.execute("SELECT count(*) FROM index_spec WHERE ready").fetchone() == (1,)

    def test_two_processes_may_make_the_same_indexes_at_once(self, url, opened, raw):
        """Both succeed, and every index is there once."""
        other = open_store(url)
        threads = [threading.Thread(target=store.ensure_indexes, args=(SPECS,)) for store in (opened, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        other.close()
        assert raw.execute("SELECT count(*) FROM index_spec WHERE ready").fetchone() == (3,)


class TestConcurrency:
    def test_writers_of_one_entity_do_not_wait_for_one_another(self, opened, raw, make):
        """While a change of an entity is under way elsewhere, counted but not committed, others go on."""
        with raw.transaction():
            raw.execute("SELECT pg_advisory_xact_lock_shared(%s)", (indexes.WRITERS,))
            slot = raw.info.backend_pid % 64
            raw.execute(
                "INSERT INTO counter (tenant, entity, slot, total) VALUES ('t', 'thing', %s, 1)", (slot,)
            )
            opened.apply(make.changes(make.put("1", {})))
            assert opened.count(SCOPE) == 1
        assert opened.count(SCOPE) == 2

    def test_a_deadlock_is_tried_again(self, opened, raw, make):
        """The change that PostgreSQL sacrifices to end a deadlock is made all the same."""
        opened.apply(make.changes(make.put("1", {}), make.put("2", {})))
        raw.execute("SET deadlock_timeout = '10s'")
        done = threading.Event()

        def change() -> None:
            # A put of 2 in a second batch: 1 is locked, then 2, while the other does it the other way.
            first = make.put("1", {"n": 1}, expect=1)
            again = make.put("1", {"n": 2}, expect=2)
            opened.apply(make.changes(first, again, make.put("2", {"n": 2}, expect=1)))
            done.set()

        with raw.transaction():
            raw.execute("SELECT 1 FROM object WHERE id = '2' FOR UPDATE")
            writer = threading.Thread(target=change)
            writer.start()
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            while raw.execute(waiting).fetchone() == (0,):
                pass
            raw.execute("SELECT 1 FROM object WHERE id = '1' FOR UPDATE")
        writer.join(30)
        assert done.is_set()
        assert [item.data for item in opened.get("t", ["1", "2"]).values()] == [{"n": 2}, {"n": 2}]

    def test_waiting_for_a_lock_ends(self, url, opened, raw, make):
        """Who waits too long for a lock or for an answer gets a clear 503, and the next one is served."""
        store = open_store(f"{url}?lock_timeout=1&statement_timeout=1")
        store.apply(make.changes(make.put("1", {})))
        with raw.transaction():
            raw.execute("SELECT 1 FROM object FOR UPDATE")
            with pytest.raises(StoreError, match=r"busy|took too long") as raised:
                store.apply(make.changes(make.put("1", {}, expect=1)))
            assert (raised.value.status, type(raised.value)) == (503, StoreError)
            assert store.find(SCOPE, Query()).total == 1
        store.apply(make.changes(make.put("1", {}, expect=1)))
        store.close()

    def test_nobody_waits_for_ever_for_a_connection(self, url, opened, make):
        """When all connections of the pool are lent, who asks for one gets a 503 in time."""
        store = open_store(f"{url}?pool_size=1&pool_wait=1")
        with store.snapshot(), pytest.raises(StoreError, match="cannot be reached, or is busy"):
            store.apply(make.changes(make.put("1", {})))
        store.apply(make.changes(make.put("1", {})))
        store.close()


class TestLostAnswers:
    @pytest.fixture
    def proxied(self, url: str) -> Iterator[tuple[PostgresqlStore, CuttingProxy]]:
        """A store that reaches its database through a relay that can cut."""
        host, _, rest = url.rpartition("@")[2].partition(":")
        port, _, name = rest.partition("/")
        proxy = CuttingProxy(int(port))
        store = open_store(f"postgresql://gateway@{host}:{proxy.port}/{name}?retry=5", durability="fast")
        assert isinstance(store, PostgresqlStore)
        yield store, proxy
        store.close()
        proxy.close()

    @pytest.mark.parametrize("cut", ["before", "after"])
    def test_a_commit_whose_answer_is_lost_is_found_out_about(self, proxied, make, cut):
        """Whether the server did it or not: the change is there, once, and its number is the one told."""
        store, proxy = proxied
        store.apply(make.changes(make.put("1", {"v": 1}), make.put("2", {"rel": "1"})))
        number = {("n",): "s"}
        put = make.put("1", {"v": 2}, expect=1)
        new = make.put("3", {"v": 3})
        new = type(new)(new.object, 0, new.links, number)
        seen, proxy.cuts = proxy.seen, [cut]
        written = store.apply(make.changes(put, new, deletes=(Delete("2", 1),)))
        assert proxy.cuts == []
        assert proxy.seen - seen == (2 if cut == "before" else 1)
        assert [item.data for item in written] == [{"v": 2}, {"v": 3, "n": 1}]
        assert {id: item.data for id, item in store.get("t", "123").items()} == {
            "1": {"v": 2},
            "3": {"v": 3, "n": 1},
        }
        assert store.fetch(SCOPE, "1").meta.version == 2
        assert store.count(SCOPE) == 2

    def test_what_cannot_be_found_out_is_said(self, proxied, url, make):
        """When somebody else changed the object in between, the error says that the outcome is unknown."""
        store, proxy = proxied
        store.apply(make.changes(make.put("1", {"v": 1})))
        beside = open_store(url)
        mend = store._connections.mend

        def meanwhile() -> None:
            version = beside.fetch(SCOPE, "1").meta.version
            beside.apply(make.changes(make.put("1", {"v": "theirs"}, expect=version)))
            mend()

        store._connections.mend = meanwhile  # called between losing a connection and trying again
        proxy.cuts = ["after"]
        with pytest.raises(OutcomeUnknown, match="whether the change was made is unknown"):
            store.apply(make.changes(make.put("1", {"v": 2}, expect=1)))
        beside.close()

    def test_a_refusal_stays_one(self, proxied, make):
        """A change that was not made, and cannot be any more, is a conflict and not done twice."""
        store, proxy = proxied
        store.apply(make.changes(make.put("1", {"v": 1})))
        proxy.cuts = ["after"]
        store.apply(make.changes(make.put("1", {"v": 2}, expect=1)))
        with pytest.raises(VersionConflict):
            store.apply(make.changes(make.put("1", {"v": 3}, expect=1)))
        assert store.fetch(SCOPE, "1").data == {"v": 2}

    def test_configuration_is_changed_once_or_again(self, proxied):
        """A lost answer about an application leaves exactly that application."""
        store, proxy = proxied
        record = ApplicationRecord("app", "c", None, None, (), make_time())
        proxy.cuts = ["after", "before"]
        store.put_application(record)
        assert list(store.applications()) == [record]


class TestRestarts:
    def test_a_restart_is_survived(self, start_postgresql: StartPostgresql, make):
        """After the server was killed and started, every kind of call works at once, and during it the
        error is a clear 503; nothing acknowledged is missing."""
        server = start_postgresql(durable=True)
        url = server.database("restarted")
        store = open_store(f"{url}?pool_wait=1&retry=1")
        threads = [threading.Thread(target=store.count, args=(SCOPE,)) for _ in range(4)]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
        store.apply(make.changes(make.put("1", {})))
        store.put_application(ApplicationRecord("app", "c", None, None, (), make_time()))
        revision = store.revision()
        server.stop()
        for call in (
            lambda: store.fetch(SCOPE, "1"),
            lambda: store.find(SCOPE, Query()),
            lambda: store.apply(make.changes(make.put("2", {}))),
            lambda: store.ensure_indexes(SPECS),
            store.check,
        ):
            with pytest.raises(StoreError) as raised:
                call()
            assert (raised.value.status, type(raised.value)) == (503, StoreError)
        server.start()
        store.apply(make.changes(make.put("2", {})))
        assert store.find(SCOPE, Query(order=(Order(("a",)),))).total == 2
        assert store.revision() == revision
        store.ensure_indexes(SPECS)
        store.check()
        store.close()

    def test_a_restart_between_two_calls_goes_unnoticed(self, start_postgresql: StartPostgresql, make):
        """Connections that a restart broke are replaced without an error to anybody."""
        server = start_postgresql()
        store = open_store(server.database("unnoticed"))
        for number in range(3):
            server.stop()
            server.start()
            if number == 0:
                store.apply(make.changes(make.put("1", {})))
            elif number == 1:
                assert store.find(SCOPE, Query()).total == 1
            else:
                with store.snapshot():
                    assert store.count(SCOPE) == 1
        store.close()


class TestRevision:
    def test_another_process_hears_of_a_change(self, url, opened):
        """A change of configuration is told to whoever listens, well within a second, and the revision
        is not asked for in between."""
        other = open_store(url)
        before = opened.revision()
        asked = []
        read = opened._revisions._read
        opened._revisions._read = lambda: asked.append(1) or read()
        for _ in range(100):
            opened.revision()
        assert len(asked) <= 1
        other.put_application(ApplicationRecord("app", "c", None, None, (), make_time()))
        assert other.revision() > before
        deadline = time.monotonic() + 1
        while opened.revision() == before:
            assert time.monotonic() < deadline
        assert opened.revision() == other.revision()
        other.close()

    def test_a_change_is_seen_without_listening(self, url, opened, monkeypatch):
        """Where notifications do not arrive the revision is asked for."""
        monkeypatch.setattr(opened._revisions, "_listen", lambda: None)
        other, before = open_store(url), opened.revision()
        other.put_application(ApplicationRecord("app", "c", None, None, (), make_time()))
        assert opened.revision() == other.revision() > before
        other.close()


class TestOpening:
    def test_processes_that_open_a_new_store_at_once_agree(self, start_postgresql: StartPostgresql):
        """Four processes that all find an empty database make exactly one schema."""
        url = start_postgresql().database("new")
        program = (
            "import sys; from gateway_core.store.open import open_store; open_store(sys.argv[1]).check()"
        )
        children = [subprocess.Popen([sys.executable, "-c", program, url], cwd=ROOT) for _ in range(4)]
        assert [child.wait(timeout=60) for child in children] == [0, 0, 0, 0]

    def test_a_newer_schema_is_served_while_it_allows_that(self, url, opened, raw):
        """An older program works with a newer schema that says it may, and refuses one that does not."""
        newest = max(migrate._migrations())
        raw.execute("INSERT INTO migration (number, oldest) VALUES (%s, %s)", (newest + 1, newest))
        try:
            open_store(url).close()
            raw.execute("UPDATE migration SET oldest = %s WHERE number = %s", (newest + 1, newest + 1))
            with pytest.raises(StoreError, match="newer version"):
                open_store(url)
        finally:
            raw.execute("DELETE FROM migration WHERE number > %s", (newest,))

    def test_a_user_without_rights_on_the_schema_may_serve(self, url, opened, raw, make):
        """When nothing is to be made, reading and writing rows is all that is needed."""
        raw.execute("DROP OWNED BY server; DROP ROLE server" if role_exists(raw) else "SELECT 1")
        raw.execute("CREATE ROLE server LOGIN")
        raw.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO server")
        store = open_store(url.replace("gateway@", "server@"))
        store.apply(make.changes(make.put("1", {})))
        assert store.count(SCOPE) == 1
        with pytest.raises(StoreError, match="does not allow this"):
            store.ensure_indexes(SPECS)
        store.close()
        raw.execute("DROP OWNED BY server; DROP ROLE server")

    def test_a_database_in_another_encoding_is_refused(self, start_postgresql: StartPostgresql):
        """The error says how to make one that fits."""
        server = start_postgresql()
        server.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        with pytest.raises(StoreError, match=r"not encoded in UTF-8.*createdb --encoding UTF8"):
            open_store(server.url("latin"))

    def test_a_collation_of_the_database_changes_nothing(self, start_postgresql: StartPostgresql, make):
        """Text is ordered by code point in a database that is sorted by a language too."""
        server = start_postgresql()
        locale = "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'nl' LOCALE 'C.UTF-8' TEMPLATE template0"
        server.execute(f"CREATE DATABASE dutch {locale}")
        store = open_store(server.url("dutch"))
        store.ensure_indexes([IndexSpec("thing", "name")])
        names = ["b", "B", "a", "é", "Z", "ß", "ÿ"]
        store.apply(make.changes(*(make.put(name, {"name": name}) for name in names)))
        by_name = store.find(SCOPE, Query(order=(Order(("name",)),))).items
        by_id = store.find(SCOPE, Query(order=(Order(("_self", "id")),))).items
        assert [item.id for item in by_name] == [item.id for item in by_id] == sorted(names)
        above = store.find(SCOPE, Query(Compare(("name",), Op.GT, ("Z",)))).items
        assert {item.id for item in above} == {name for name in names if name > "Z"}
        store.close()

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://user:secret@host:port/db",
            "postgresql://user:secret@host/",
            "postgresql://user:secret@host/db?nonsense=1",
            "postgresql://user:secret@host/db?pool_size=secret",
            "postgresql://user:secret@127.0.0.1:1/db?connect_timeout=1",
            "postgres://user:secret@127.0.0.1:1/db",
        ],
    )
    def test_a_url_that_does_not_serve_is_refused_without_its_password(self, url):
        """The error says what is wrong and repeats no credentials."""
        with pytest.raises(StoreError) as raised:
            open_store(url)
        assert "secret" not in f"{raised.value} {raised.value.__cause__}"
        assert raised.value.hint

    def test_a_server_that_does_not_flush_is_reported(self, opened, raw):
        """The servers of these tests run without fsync, and the store says so."""
        assert raw.execute("SHOW fsync").fetchone() == ("off",)
        found = opened.findings()
        assert [finding.code for finding in found] == ["store-durability", "store-durability"]
        assert "fsync" in "".join(finding.message for finding in found)


class TestErrors:
    def test_no_error_repeats_what_the_database_said(self, opened, raw, make, caplog):
        """PostgreSQL quotes rows in its errors; ours, and the log, name the kind of failure only."""
        raw.execute("ALTER TABLE object ADD CONSTRAINT surprise CHECK (data NOT LIKE '%secret%')")
        try:
            with pytest.raises(StoreError) as raised:
                opened.apply(make.changes(make.put("1", {"bsn": "secret-999994542"})))
        finally:
            raw.execute("ALTER TABLE object DROP CONSTRAINT surprise")
        seen, error = "", raised.value
        while error is not None:
            seen += str(error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        assert "(23514)" in seen
        assert "secret" not in f"{seen} {caplog.text}"
        assert caplog.records == []
        assert opened.count(SCOPE) == 0

    def test_an_identifier_beyond_what_an_index_holds_is_a_bad_request(self, opened, make):
        """A very long id or link is the client's fault, not the store's."""
        long = "".join(chr(1000 + n * 7919 % 50000) for n in range(5000))
        with pytest.raises(BadRequest, match="too long"):
            opened.apply(make.changes(make.put(long, {})))
        with pytest.raises(BadRequest, match="too long"):
            opened.apply(make.changes(make.put("1", {"rel": long})))
        assert opened.fetch(SCOPE, long) is None
        assert opened.count(SCOPE) == 0


def role_exists(raw: psycopg.Connection[Any]) -> bool:
    return raw.execute("SELECT 1 FROM pg_roles WHERE rolname = 'server'").fetchone() is not None


def make_time() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 1, 1, tzinfo=UTC)


def first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def sql_json(value: Any) -> str:
    import orjson

    return orjson.dumps(value).decode()


class TestPatterns:
    WHERE = Compare(("name",), Op.REGEX, ("^n[0-9]*5$",))

    def test_window_and_total_are_those_of_all_matches(self, opened, make):
        """A page in the middle of what a pattern finds, in an order, and the count of it all."""
        numbers = range(300)
        opened.apply(make.changes(*(make.put(str(n), {"name": f"n{n}", "tags": [n % 2]}) for n in numbers)))
        query = Query(self.WHERE, (Order(("name",), descending=True),), Window(3, 10))
        page = opened.find(SCOPE, query)
        wanted = sorted((f"n{n}" for n in numbers if n % 10 == 5), reverse=True)
        assert page.total == len(wanted) == 30
        assert [item.data["name"] for item in page.items] == wanted[10:13]

    def test_what_matches_too_much_is_refused(self, opened, make, monkeypatch):
        """More texts than are held in memory, or looked through, end in a refusal that says what to do;
        another filter beside the pattern narrows what is read."""
        opened.apply(make.changes(*(make.put(str(n), {"name": f"n{n}5", "k": n % 10}) for n in range(100))))
        narrowed = Query(All((self.WHERE, Compare(("k",), Op.EQ, (1,)))))
        for limit in ("MAX_TEXTS", "MAX_READ", "MAX_CHARACTERS"):
            with monkeypatch.context() as patch:
                patch.setattr(patterns, limit, 60)
                with pytest.raises(InvalidQuery, match=r"\[regex\].*Narrow"):
                    opened.find(SCOPE, Query(self.WHERE))
                assert opened.find(SCOPE, narrowed).total == 10
        assert opened.find(SCOPE, Query(self.WHERE)).total == 100

    def test_no_statement_holds_a_pattern(self):
        """The compiler of SQL refuses to write one for this database."""
        with pytest.raises(TypeError, match="pattern"):
            sql.find(SCOPE, Query(self.WHERE), POSTGRESQL, Indexes())

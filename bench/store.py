"""The store beside bare SQLite: the same rows, the same durability, no protocol.

    python -m bench.store [seconds per figure]

Each line: what, operations per second of the store, of bare SQLite, and their ratio. Bare writes
insert one row per transaction, on one connection per thread.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from gateway_core.query.model import Compare, Op, Query, Scope, Window
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, IndexSpec, Link, Put, Store
from gateway_core.types import Meta, StoredObject

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
OBJECTS = 20_000
MOMENT = "2026-01-01T00:00:00.000000Z"
META = Meta(1, MOMENT, MOMENT)
SCOPE = Scope("t", "thing")
DATA = {
    "name": "Jansen",
    "number": 1,
    "addresses": [{"kind": "email", "value": f"somebody{n}@example.org"} for n in range(4)],
    "text": "x" * 700,
}


def per_second(work: Callable[[int], None], threads: int = 1) -> float:
    """How often the work is done in a second by so many threads; it gets a number of its own."""
    done = [0] * threads
    end = time.perf_counter() + SECONDS

    def run(thread: int) -> None:
        number = thread * 10_000_000
        while time.perf_counter() < end:
            work(number)
            number += 1
        done[thread] = number - thread * 10_000_000

    workers = [threading.Thread(target=run, args=(thread,)) for thread in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) / (time.perf_counter() - start)


def line(what: str, ours: float, bare: float) -> None:
    print(f"{what:38} {ours:10,.0f}/s {bare:10,.0f}/s {ours / bare:6.2f}")


def put(id: str, links: int = 0) -> Put:
    item = StoredObject(id, "thing", DATA | {"name": id}, META)
    return Put(item, 0, tuple(Link(id, "friends", f"{n}", n) for n in range(links)))


def reads(store: Store, path: Path) -> None:
    for first in range(0, OBJECTS, 1000):
        store.apply(Changes("t", tuple(put(f"id{n}") for n in range(first, first + 1000))))
    store.ensure_indexes([IndexSpec("thing", "name")])
    bare = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    columns = "id, entity, data, version, created, modified, owner, owner_name, application"
    by_id = f"SELECT {columns} FROM object WHERE tenant = ? AND id = ?"
    listed = f"SELECT {columns} FROM object WHERE tenant = ? AND entity = 'thing' ORDER BY seq LIMIT 30"
    named = (
        f"SELECT {columns} FROM object WHERE tenant = ? AND entity = 'thing'"
        " AND json_extract(data, '$.\"name\"') = ? ORDER BY seq LIMIT 30"
    )

    def select(text: str, *params: str) -> None:
        for row in bare.execute(text, params).fetchall():
            orjson.loads(row[2])

    line(
        "fetch",
        per_second(lambda n: _use(store.fetch(SCOPE, f"id{n % OBJECTS}"))),
        per_second(lambda n: select(by_id, "t", f"id{n % OBJECTS}")),
    )
    page = Query(window=Window(30))
    line(
        "find, a page of 30 of 20,000",
        per_second(lambda _: _use(store.find(SCOPE, page))),
        per_second(lambda _: select(listed, "t")),
    )

    def by_name(n: int) -> None:
        _use(store.find(SCOPE, Query(Compare(("name",), Op.EQ, (f"id{n % OBJECTS}",)))))

    line(
        "find by an indexed member",
        per_second(by_name),
        per_second(lambda n: select(named, "t", f"id{n % OBJECTS}")),
    )
    bare.close()


def _use(value: object) -> None:
    assert value is not None


def writes(folder: Path, durability: str, threads: int) -> None:
    store = open_store(f"sqlite:///{folder}/w-{durability}-{threads}.db", durability=durability)  # type: ignore[arg-type]
    ours = per_second(lambda n: _use(store.apply(Changes("t", (put(f"id{n}"),)))), threads)
    related = per_second(lambda n: _use(store.apply(Changes("t", (put(f"r{n}", 3), put(f"s{n}"))))), threads)
    store.close()
    path = folder / f"b-{durability}-{threads}.db"
    local = threading.local()
    synchronous = {"full": "FULL", "fast": "NORMAL"}[durability]

    def connect() -> sqlite3.Connection:
        made = sqlite3.connect(path, isolation_level=None, timeout=30)
        made.execute("PRAGMA journal_mode = WAL")
        made.execute(f"PRAGMA synchronous = {synchronous}")
        return made

    with connect() as first:
        first.execute(
            "CREATE TABLE item (seq INTEGER PRIMARY KEY, tenant, entity, id, data, UNIQUE (tenant, id))"
        )

    def insert(n: int) -> None:
        if not hasattr(local, "connection"):
            local.connection = connect()
        data = orjson.dumps(DATA | {"name": n}).decode()
        local.connection.execute(
            "INSERT INTO item (tenant, entity, id, data) VALUES ('t', 'thing', ?, ?)", (n, data)
        )

    bare = per_second(insert, threads)
    line(f"apply one object, {synchronous}, {threads} threads", ours, bare)
    line(f"apply two with 3 links, {synchronous}, {threads} threads", related, bare)


def main() -> None:
    print(f"{'':38} {'store':>12} {'bare':>12}  ratio")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(f"sqlite:///{folder}/r.db", durability="fast")
        reads(store, folder / "r.db")
        store.close()
        for durability in ("full", "fast"):
            for threads in (1, 8):
                writes(folder, durability, threads)


if __name__ == "__main__":
    main()

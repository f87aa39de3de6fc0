"""A disk that is full costs the write at hand, and nothing else."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway_core.errors import StoreError, VersionConflict
from gateway_core.query.model import Query, Scope
from gateway_core.store.protocol import Changes, Put
from gateway_core.store.sqlite import SqliteStore
from gateway_core.types import Meta, StoredObject

ROOT = Path(__file__).parents[2]
SCOPE = Scope("t", "thing")
MOMENT = "2026-01-01T00:00:00.000000Z"
META = Meta(1, MOMENT, MOMENT)


def put(id: str, size: int) -> Put:
    return Put(StoredObject(id, "thing", {"text": "x" * size}, META), 0)


def limit(store: SqliteStore, more: int) -> None:
    """Let the file grow by so many pages and no further."""
    connection = store._commits._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + more}")


def test_a_full_disk_refuses_the_write_and_nothing_else(tmp_path):
    """The error tells it; nothing is half written, reads go on, and with space again writes work."""
    store = SqliteStore(str(tmp_path / "x.db"))
    store.apply(Changes("t", (put("1", 10),)))
    limit(store, 20)
    with pytest.raises(StoreError, match="the disk is full") as raised:
        store.apply(Changes("t", (put("2", 10), put("3", 500_000))))
    assert not isinstance(raised.value, VersionConflict)
    assert [item.id for item in store.find(SCOPE, Query()).items] == ["1"]
    assert store.count(SCOPE) == 1
    store.check()
    store.apply(Changes("t", (put("4", 10),)))
    limit(store, 1000)
    store.apply(Changes("t", (put("2", 10), put("3", 500_000))))
    assert store.count(SCOPE) == 4
    store.close()


def test_small_writes_succeed_beside_one_that_does_not_fit(tmp_path):
    """Of changes that are written together only those that do not fit fail."""
    store = SqliteStore(str(tmp_path / "x.db"))
    limit(store, 40)

    def write(number: int) -> bool:
        try:
            store.apply(Changes("t", (put(str(number), 400_000 if number % 8 == 0 else 10),)))
        except StoreError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(write, range(80)))
    assert written == [number % 8 != 0 for number in range(80)]
    assert store.count(SCOPE) == 70
    store.close()


PROGRAM = """
import resource, sys
from gateway_core.errors import StoreError
from gateway_core.query.model import Query, Scope, Window
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, Put
from gateway_core.types import Meta, StoredObject

store = open_store(sys.argv[1])
now = "2026-01-01T00:00:00.000000Z"
written, refused = 0, 0

def write(n):
    item = StoredObject(str(n), "thing", {"text": "x" * 3000}, Meta(1, now, now))
    store.apply(Changes("t", (Put(item, 0),)))

resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
for n in range(1000):
    try:
        write(n)
        written += 1
    except StoreError as error:
        refused += 1
        assert "cannot" in error.detail and "store" in error.detail, error.detail
        assert store.find(Scope("t", "thing"), Query(window=Window(1))).total == written
        if refused == 20:
            break
assert refused == 20 and written > 20, (refused, written)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
for n in range(2000, 2100):
    write(n)
assert store.count(Scope("t", "thing")) == written + 100
store.check()
store.close()
print(written + 100)
"""


def test_a_quota_on_the_file_is_survived(tmp_path):
    """When the operating system refuses to let the files grow, the same holds."""
    path = tmp_path / "x.db"
    command = [sys.executable, "-c", PROGRAM, f"sqlite:///{path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert raw.execute("SELECT count(*) FROM object").fetchone() == (int(done.stdout),)
    raw.close()

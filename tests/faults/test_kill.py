"""A store that is killed at any moment keeps every write that it acknowledged, whole."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from gateway_core.query.model import Compare, Element, Op, Query, Scope, Window
from gateway_core.store.open import open_store
from gateway_core.store.protocol import IndexSpec

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("GATEWAY_KILL_ROUNDS", "30"))
LEAST_WRITES = 200
PARENTS, CHILDREN = Scope("t", "parent"), Scope("t", "child")

# Each change writes a parent, two children with links to it and a number, and every third
# deletes an earlier one; the line is printed once apply has returned.
WRITER = """
import os, sys, threading
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, Delete, Link, Put
from gateway_core.types import Meta, StoredObject

store = open_store(sys.argv[1], durability=sys.argv[3])
now = "2026-01-01T00:00:00.000000Z"
meta = Meta(1, now, now)

def change(name):
    parent = StoredObject(name, "parent", {"name": name, "text": "x" * 700, "items": [{"k": name}]}, meta)
    puts = [Put(parent, 0, sequences={("number",): "s"})]
    for n in "12":
        child = StoredObject(f"{name}.{n}", "child", {"parent": name}, meta)
        puts.append(Put(child, 0, (Link(child.id, "parent", name),)))
    return puts

def work(thread):
    last = None
    for n in range(1, 100000):
        name = f"{sys.argv[2]}-{thread}-{n}"
        deletes = (Delete(last, 1), Delete(f"{last}.1", 1), Delete(f"{last}.2", 1)) if n % 3 == 0 else ()
        if deletes:
            os.write(1, f"- {last}\\n".encode())
        store.apply(Changes("t", tuple(change(name)), deletes))
        os.write(1, f"+ {name}\\n".encode())
        last = name

threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[thread.start() for thread in threads]
"""


def round_of_writing(url: str, number: int, seconds: float, durability: str) -> tuple[set[str], set[str]]:
    """Let a process write and kill it: the names it acknowledged, and those it may have deleted."""
    command = [sys.executable, "-c", WRITER, url, str(number), durability]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        lines = (first + child.stdout.read()).decode().split("\n")[:-1]
    assert child.returncode == -signal.SIGKILL
    names: dict[str, set[str]] = {"+": set(), "-": set()}
    for line in lines:
        names[line[0]].add(line[2:])
    return names["+"], names["-"]


def check_whole(path: Path, acknowledged: set[str], deleted: set[str]) -> None:
    """Nothing acknowledged is missing, and what is there is there with all that belongs to it."""
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    data = dict(raw.execute("SELECT id, data FROM object WHERE entity = 'parent'"))
    children = dict(raw.execute("SELECT id, data FROM object WHERE entity = 'child'"))
    links = set(raw.execute("SELECT source, target FROM link"))
    counters = dict(raw.execute("SELECT entity, total FROM counter"))
    terms = raw.execute("SELECT count(*) FROM term").fetchone()[0]
    raw.close()
    assert acknowledged - deleted - data.keys() == set()
    for name, text in data.items():
        document = json.loads(text)
        assert document["name"] == name
        assert len(document["text"]) == 700
    numbers = [json.loads(text)["number"] for text in data.values()]
    assert len(set(numbers)) == len(numbers)
    assert children.keys() == {f"{name}.{n}" for name in data for n in "12"}
    assert links == {(child, json.loads(text)["parent"]) for child, text in children.items()}
    assert counters == {"parent": len(data), "child": 2 * len(data)}
    assert terms == len(data)


def test_every_acknowledged_write_survives_a_kill(tmp_path):
    """Over many rounds of writing and killing, the file stays sound and holds what was promised."""
    path, moments = tmp_path / "store.db", random.Random(7)
    url = f"sqlite:///{path}"
    store = open_store(url)
    store.ensure_indexes([IndexSpec("parent", "name"), IndexSpec("parent", "items.k", True)])
    store.close()
    acknowledged: set[str] = set()
    deleted: set[str] = set()
    for number in range(ROUNDS):
        durability = "full" if number % 2 else "fast"
        written, gone = round_of_writing(url, number, moments.uniform(0, 0.15), durability)
        acknowledged |= written
        deleted |= gone
        check_whole(path, acknowledged, deleted)
    assert len(acknowledged) >= LEAST_WRITES
    store = open_store(url)
    store.check()
    kept = sorted(acknowledged - deleted)[:: max(1, len(acknowledged) // 50)]
    for name in kept:
        by_name = Query(Compare(("name",), Op.EQ, (name,)), window=Window(2))
        by_item = Query(Element(("items",), Compare(("k",), Op.EQ, (name,))), window=Window(2))
        assert [item.id for item in store.find(PARENTS, by_name).items] == [name]
        assert [item.id for item in store.find(PARENTS, by_item).items] == [name]
        linked = store.linked_ids("t", [name], [("child", "parent")])
        assert linked == {(name, "child", "parent"): (f"{name}.1", f"{name}.2")}
    store.close()

"""What is special about the store in one readable JSON file."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tinydb import Query as TinyQuery
from tinydb import TinyDB

from gateway_core.errors import NotAtOnce, StoreError
from gateway_core.query.model import Query, Scope, Window
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, Put
from gateway_core.store.tiny import TinyStore
from gateway_core.store.tiny import store as tiny
from gateway_core.types import Severity

ROOT = Path(__file__).parents[2]
SCOPE = Scope("t", "thing")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.json"


@pytest.fixture
def opened(path: Path) -> Iterator[TinyStore]:
    store = TinyStore(path)
    yield store
    store.close()


class TestFile:
    def test_people_and_tinydb_can_read_it(self, opened, path, make):
        """The file is indented UTF-8 JSON, and TinyDB finds the objects in it by their members."""
        opened.apply(make.changes(make.put("1", {"name": "Zoë", "z": 1, "a": {"b": []}}, owner="o")))
        text = path.read_text(encoding="utf-8")
        assert '\n        "name": "Zoë",\n        "z": 1,' in text
        assert text.endswith("}\n")
        opened.close()
        with TinyDB(path) as database:
            (found,) = database.table("objects").search(TinyQuery().data.name == "Zoë")
        assert (found["id"], found["entity"], found["version"], found["owner"]) == ("1", "thing", 1, "o")

    def test_only_its_owner_may_read_it(self, opened, path, make):
        """The file, and what lies beside it, has mode 0600 from the first moment and after each change."""
        opened.apply(make.changes(make.put("1", {})))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert modes == {"store.json": 0o600, ".store.json.lock": 0o600}

    def test_urls_name_relative_and_absolute_files(self, tmp_path, monkeypatch):
        """Three slashes are relative to the working directory, four are absolute, escapes are decoded."""
        monkeypatch.chdir(tmp_path)
        for url in ("tinydb:///a.json", f"tinydb:///{tmp_path}/b%20c.json"):
            open_store(url).close()
        assert {"a.json", "b c.json"} <= {file.name for file in tmp_path.iterdir()}
        for url in ("tinydb://", "tinydb:///", "tinydb:x.json", "tinydb://host/x.json"):
            with pytest.raises(StoreError, match=r"tinydb:////absolute\.json"):
                open_store(url)

    def test_a_place_that_cannot_be_used_is_named(self, tmp_path):
        """A missing directory and a directory say what is wrong and where."""
        with pytest.raises(StoreError, match=r"x\.json cannot be used.*directory exists"):
            open_store(f"tinydb:///{tmp_path}/nowhere/x.json")
        (tmp_path / "folder").mkdir()
        with pytest.raises(StoreError, match="cannot be used"):
            open_store(f"tinydb:///{tmp_path}/folder")

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            ("{", "is no JSON at line 1"),
            ("[]", "is no TinyDB file"),
            ('{"objects": []}', "is no TinyDB file"),
            ('{"store": {"1": {"format": 99}}}', "newer version"),
            ('{"objects": {"1": {"id": "1"}}}', "table 'objects'.*damaged"),
            ('{"objects": {"x": {}}}', "table 'objects'.*damaged"),
            ('{"bundles": {"1": {"bundle": "b"}}}', "table 'bundles'.*damaged"),
            ('{"applications": {"1": {"name": "n"}}}', "table 'applications'.*damaged"),
        ],
    )
    def test_a_file_that_is_none_of_ours_is_left_alone(self, path, content, says):
        """The error says what is wrong, and the file is not touched."""
        path.write_text(content)
        for _ in range(2):  # a failure leaves no lock behind
            with pytest.raises(StoreError, match=says):
                TinyStore(path)
        assert path.read_text() == content

    def test_what_was_edited_by_hand_counts_when_it_is_opened(self, opened, path, make):
        """An edit while the store is closed is read; one while it is open is noticed by its check."""
        opened.apply(make.changes(make.put("1", {"name": "old"})))
        opened.close()
        path.write_text(path.read_text().replace('"old"', '"new"'))
        again = TinyStore(path)
        assert again.fetch(SCOPE, "1").data == {"name": "new"}
        again.check()
        path.write_text(path.read_text().replace('"new"', '"newer"'))
        with pytest.raises(StoreError, match="changed by another program"):
            again.check()
        again.close()


class TestLimits:
    def test_it_warns_when_there_are_ten_thousand_objects(self, opened, make):
        """One object less says nothing; then a finding tells the number and where to go."""
        assert tiny.MANY == 10_000
        opened.apply(make.changes(*(make.put(str(n), {}) for n in range(9_999))))
        assert list(opened.findings()) == []
        opened.apply(make.changes(make.put("last", {})))
        (finding,) = opened.findings()
        assert (finding.severity, finding.code) == (Severity.WARNING, "store-size")
        assert "10000 objects" in finding.message
        assert "sqlite:" in finding.hint

    def test_a_search_of_many_objects_is_not_brief(self, opened, make):
        """Where nothing else can happen meanwhile only a small file is searched; one object is found."""
        opened.apply(make.changes(*(make.put(str(n), {}) for n in range(tiny.BRIEF))))
        with opened.snapshot(brief=True):
            assert opened.find(SCOPE, Query()).total == tiny.BRIEF
        opened.apply(make.changes(make.put("last", {})))
        with opened.snapshot(brief=True):
            assert opened.fetch(SCOPE, "last") is not None
            with pytest.raises(NotAtOnce):
                opened.find(SCOPE, Query())
        assert opened.find(SCOPE, Query()).total == tiny.BRIEF + 1

    def test_one_process_at_a_time(self, opened, path):
        """A second opening, by this process or another, is refused in words; after closing it is not."""
        with pytest.raises(StoreError, match="in use by another process"):
            TinyStore(path)
        assert not opened.shared
        opened.close()
        TinyStore(path).close()


class TestLoss:
    def test_a_write_that_fails_leaves_everything_as_it_was(self, opened, path, make):
        """With a file that may not grow the change is refused, memory and file keep the old state, and
        with room again changes are made."""
        opened.apply(make.changes(make.put("1", {"v": 1})))
        before = path.read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        try:
            with pytest.raises(StoreError, match="cannot be used"):
                opened.apply(make.changes(make.put("2", {"text": "x" * 50_000})))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, ignored)
        assert path.read_bytes() == before
        assert [file.name for file in path.parent.iterdir() if file.name.endswith(".new")] == []
        assert opened.find(SCOPE, Query()).total == 1
        opened.check()
        opened.apply(make.changes(make.put("2", {"text": "x" * 50_000})))
        assert opened.count(SCOPE) == 2

    @pytest.mark.parametrize("durability", ["full", "fast"])
    def test_every_acknowledged_write_survives_a_kill(self, path, durability):
        """Over many kills the file is whole at every moment, with all that was acknowledged."""
        moments, acknowledged = random.Random(5), set()
        for number in range(15):
            command = [sys.executable, "-c", WRITER, f"tinydb:///{path}", str(number), durability]
            with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
                first = child.stdout.readline()
                time.sleep(moments.uniform(0, 0.1))
                child.send_signal(signal.SIGKILL)
                acknowledged |= set((first + child.stdout.read()).decode().split("\n")[:-1])
            tables = json.loads(path.read_bytes())
            objects = [each["data"] for each in tables["objects"].values()]
            assert {each["name"] for each in objects} >= acknowledged
            assert sorted(each["number"] for each in objects) == list(range(1, len(objects) + 1))
        assert len(acknowledged) >= 60
        store = TinyStore(path)
        assert store.find(SCOPE, Query(window=Window(1))).total == len(objects)
        store.check()
        store.close()

    def test_a_change_is_on_disk_before_it_is_acknowledged(self, opened, path, make, monkeypatch):
        """The new file is flushed before it takes the old one's place, and the directory after that."""
        steps: list[str] = []
        flush, replace = os.fsync, Path.replace

        def fsync(descriptor: int) -> None:
            steps.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
            flush(descriptor)

        def rename(self: Path, target: Path) -> Path:
            steps.append("replace")
            return replace(self, target)

        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(Path, "replace", rename)
        opened.apply(make.changes(make.put("1", {})))
        assert steps == ["file", "replace", "directory"]

    def test_a_change_writes_the_file_once(self, opened, make, monkeypatch):
        """However much a change holds it is one write, and one that holds nothing is none."""
        written: list[int] = []
        write = opened._database.storage.write
        monkeypatch.setattr(opened._database.storage, "write", lambda data: written.append(1) or write(data))
        opened.apply(make.changes(*(make.put(str(n), {"rel": "0"}) for n in range(50))))
        opened.apply(Changes("t"))
        opened.remove_application("nobody")
        assert len(written) == 1

    def test_related_objects_are_found_by_link(self, opened, make):
        """A condition on related objects does not read all objects for each object."""
        puts = [make.put(str(n), {"rel": str(n - 1)}) for n in range(2000)]
        opened.apply(Changes("t", tuple(Put(put.object, 0, put.links) for put in puts)))
        assert len(opened._current().referring["t", "7"]) == 1
        assert opened.linked_ids("t", ["7"], [("thing", "rel")]) == {("7", "thing", "rel"): ("8",)}


WRITER = """
import os, sys
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, Put
from gateway_core.types import Meta, StoredObject

store = open_store(sys.argv[1], durability=sys.argv[3])
time = "2026-01-01T00:00:00Z"
for n in range(100000):
    name = f"{sys.argv[2]}-{n}"
    item = StoredObject(name, "thing", {"name": name, "text": "x" * 300}, Meta(1, time, time))
    store.apply(Changes("t", (Put(item, 0, sequences={("number",): "s"}),)))
    os.write(1, f"{name}\\n".encode())
"""

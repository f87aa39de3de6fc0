"""Commands on stores other than the default: what a store cannot do is said before anything starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx2
from gateway_process import ROOT, StartServer
from postgresql_server import emptied

from gateway_core.query.model import Scope
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Changes, Put
from gateway_core.types import Meta, StoredObject

PET = "https://example.com/petstore/pet.schema.json"
PETS = "/api/petstore/pets"


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with the settings as environment variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    given = {f"GATEWAY_{name.upper()}": value for name, value in {"bundles": "Petstore", **settings}.items()}
    return subprocess.run(
        [sys.executable, "-m", "gateway_core.cli.main", *arguments],
        cwd=ROOT,
        env=kept | given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_json_file_serves_one_worker(tmp_path: Path) -> None:
    """With two workers serving is refused before anything is installed, and the doctor says why."""
    url = f"tinydb:///{tmp_path}/store.json"
    for command in ("serve", "doctor"):
        done = run(command, store=url, workers="2", port="0")
        assert done.returncode == 1
        assert "the store serves one process, and GATEWAY_WORKERS asks for 2" in done.stderr
        assert "postgresql:" in done.stderr
        assert "Traceback" not in done.stderr
    store = open_store(url)
    assert store.installed() == {}
    store.close()


def test_a_json_file_serves_one_process(tmp_path: Path, server_factory: StartServer) -> None:
    """While it is served other commands are refused in words; requests are answered as from any store."""
    url = f"tinydb:///{tmp_path}/store.json"
    server = server_factory(store=url, demo="true", bundles="Petstore")
    made = httpx2.post(f"{server.url}{PETS}", json={"name": "Zoë", "species": "dog"}, timeout=30)
    assert made.status_code == 201
    found = httpx2.get(f"{server.url}{PETS}", params={"name": "Zoë"}, timeout=30).json()
    assert found["results"][0]["id"] == made.json()["id"]
    done = run("app", "add", "website", store=url)
    assert done.returncode == 1
    assert "is in use by another process" in done.stderr
    server.stop()
    assert "Zoë" in (tmp_path / "store.json").read_text(encoding="utf-8")
    assert run("doctor", store=url).returncode == 0


def test_a_json_file_that_grew_too_large_is_reported(tmp_path: Path) -> None:
    """From 10,000 objects on the doctor warns, tells the way out, and is satisfied otherwise."""
    url = f"tinydb:///{tmp_path}/store.json"
    store = open_store(url, durability="fast")
    meta = Meta(1, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
    store.apply(Changes("", tuple(Put(StoredObject(str(n), "e", {}, meta), 0) for n in range(10_000))))
    store.close()
    done = run("doctor", store=url)
    assert done.returncode == 0
    assert "store          warns" in done.stderr
    assert "10000 objects" in done.stderr
    assert "sqlite:" in done.stderr


def test_postgresql_serves_several_workers(postgresql_database: str, server_factory: StartServer) -> None:
    """Two workers share the database; the doctor finds it in order and says that it does not flush."""
    url = emptied(postgresql_database)
    server = server_factory(store=url, demo="true", bundles="Petstore", workers="2")
    for number in range(10):
        made = httpx2.post(f"{server.url}{PETS}", json={"name": f"n{number}", "species": "dog"}, timeout=30)
        assert made.status_code == 201, made.text
        assert httpx2.get(f"{server.url}{PETS}/{made.json()['id']}", timeout=30).status_code == 200
    listed = httpx2.get(f"{server.url}{PETS}", params={"name": "n7"}, timeout=30).json()
    assert listed["total"] == 1
    done = run("doctor", store=url)
    assert done.returncode == 0, done.stderr
    assert "store          ok" in done.stderr
    assert "fsync off" in done.stderr


def test_processes_that_install_at_once_all_succeed(postgresql_database: str) -> None:
    """Three gateways that start on an empty database install the same bundles; all of it is there once."""
    for _ in range(2):
        url = emptied(postgresql_database)
        settings = {"GATEWAY_STORE": url, "GATEWAY_BUNDLES": "Petstore,CustomerInteraction"}
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "gateway_core.cli.main", "openapi"],
                cwd=ROOT,
                env=os.environ | settings,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        said = [process.communicate(timeout=120)[1] for process in started]
        assert [process.returncode for process in started] == [0, 0, 0], said
        store = open_store(url)
        assert sorted(store.installed()) == ["CustomerInteraction", "Petstore"]
        assert store.count(Scope("", PET)) == 4
        assert len({each.reference for each in store.artifacts()}) == len(store.artifacts())
        store.close()


def test_a_database_that_cannot_be_reached_is_named_without_its_password() -> None:
    """The command ends with one sentence: what, where, and no credentials."""
    done = run("doctor", store="postgresql://gateway:secret@127.0.0.1:1/register")
    assert done.returncode == 1
    assert "127.0.0.1/register cannot be reached" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr

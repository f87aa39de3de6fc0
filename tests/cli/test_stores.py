"""Commands on stores other than the default: what a store cannot do is said before anything starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
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


ASKED = (
    ("name=Geheimenaar", "x-index", "name"),
    ("name[like]=Geheimenaar", "x-search", "name"),
    ("text[like]=Gh", "no index helps: a part of fewer than three letters", "text"),
    ("_search=Gh", "fewer than three letters", "text"),
    ("name[regex]=Geheimenaar", "no index helps", "name"),
)


@pytest.mark.parametrize("kind", ["sqlite", "tinydb", "postgresql"])
def test_the_doctor_explains_a_request(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, server_factory: StartServer
) -> None:
    """The plan of a list in the store's words, whether it reads everything, and what index would help; no
    value of the request is printed."""
    if kind == "postgresql":
        url = emptied(request.getfixturevalue("postgresql_database"))
    else:
        url = f"{kind}:///{tmp_path}/store.{kind}"
    server_factory(store=url, demo="true", durability="fast", bundles=str(_indexed(tmp_path))).stop()

    def said(query: str) -> str:
        done = run("doctor", "--explain", f"GET /api/e/things{query}", store=url)
        assert done.returncode == 0, done.stderr
        assert "Geheimenaar" not in done.stdout + done.stderr
        return done.stderr

    for query, advice, member in ASKED:
        found = said(f"?{query}")
        assert "reads all objects" in found
        assert advice in found
        assert f" {member} of {THING}" in found
    plain, keyed, ordered = said(""), said("?code=Geheimenaar"), said("?_order=name")
    if kind == "tinydb":
        assert "READ every object" in plain
        assert "reads all objects" in keyed
    else:
        assert "reads what it needs" in plain
        assert "sorts all" in ordered
        assert f'"x-index": true at name of {THING}' in ordered
        assert f'"x-indexTimes": true in {THING}' in said("?_order[_self.dateModified]=desc")
    if kind == "sqlite":  # PostgreSQL reads a table of nothing as a whole
        assert "object_page" in plain
        assert "member_" in keyed
        assert "reads what it needs" in keyed
        assert "member_" in said("?_order=-code")
        assert "reads what it needs" in said("?text[like]=Geheimenaar")
        assert "text_1" in said("?_search=Geheimenaar")
    assert "by its id" in said("/00000000-0000-4000-8000-000000000001")


def test_the_doctor_explains_a_search_through_a_relation(tmp_path: Path) -> None:
    """The part of an address is found by the index of texts, and not by the kind that many share; that what
    is found is put in order is no reason to warn."""
    store = f"sqlite:///{tmp_path}/register.db"
    assert run("openapi", store=store, bundles="CustomerInteraction").returncode == 0
    asked = "GET /api/kic/v1/klanten?embedded.emails.email[like]=somebody@example.nl"
    done = run("doctor", "--explain", asked, store=store)
    assert done.returncode == 0, done.stderr
    assert "text_" in done.stderr
    assert "SEARCH o1 USING INTEGER PRIMARY KEY (rowid=?)" in done.stderr
    assert "reads what it needs" in done.stderr


def test_the_doctor_explains_lists_only(tmp_path: Path) -> None:
    """What is no request for a list, or asks for what does not exist, is refused in one sentence."""
    url = f"sqlite:///{tmp_path}/store.db"
    for asked in ("POST /api/e/things", "GET", "GET /api/nothing?x=Geheimenaar", ""):
        done = run("doctor", "--explain", asked, store=url)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "Geheimenaar" not in done.stderr


THING = "https://example.nl/explain.thing.json"


def _indexed(folder: Path) -> Path:
    """A bundle with one schema, of whose members one is indexed and one is searched."""
    text = {"type": "string"}
    thing = {
        "$id": THING,
        "title": "Thing",
        "type": "object",
        "properties": {"name": text, "code": {**text, "x-index": True}, "text": {**text, "x-search": True}},
    }
    manifest = {
        "name": "Explain",
        "collections": [{"$id": "urn:e", "prefix": "e", "schemaPrefix": "https://example.nl/explain"}],
        "endpoints": {"schemas": [{"$id": "urn:end", "reference": THING, "path": "things"}]},
    }
    (folder / "bundle" / "schemas").mkdir(parents=True)
    (folder / "bundle" / "installation.json").write_text(json.dumps(manifest))
    (folder / "bundle" / "schemas" / "thing.json").write_text(json.dumps(thing))
    return folder / "bundle"

"""Forgetting what was: after its time, by command, and what that means for who asks."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import ROOT, Server, StartServer

PETS, OWNERS = "/api/petstore/pets", "/api/petstore/owners"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def start(server_factory: StartServer, store: str) -> Callable[..., Server]:
    """Start a pet store for everybody, on one store."""

    def serve(**settings: str) -> Server:
        given = {"store": store, "bundles": "Petstore", "demo": "true", "durability": "fast", **settings}
        return server_factory(**given)

    return serve


@pytest.fixture
def run(store: str) -> Run:
    """Run ``gateway objects`` on that store."""

    def command(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "gateway_core.cli.main", "objects", *arguments]
        environment = server.environment
        return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    return command


def made(api: httpx2.Client, path: str, **body: Any) -> str:
    answer = api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return f"{path}/{answer.json()['id']}"


def lived(api: httpx2.Client) -> tuple[str, str]:
    """A pet that was changed twice, and one that was removed."""
    path, gone = (made(api, PETS, name="Rex", species="dog") for _ in range(2))
    for name in ("Max", "Tom"):
        assert api.patch(path, json={"name": name}).status_code == 200
    assert api.delete(gone).status_code == 204
    return path, gone


def versions(api: httpx2.Client, path: str) -> list[int]:
    return [each["version"] for each in api.get(f"{path}/versions").json().get("results", [])]


def test_what_is_older_than_its_time_is_forgotten(
    start: Callable[..., Server],
) -> None:
    """A year is the default; with GATEWAY_HISTORY_DAYS=0 only what is there is kept."""
    server = start()
    api = server.client()
    path, gone = lived(api)
    assert versions(api, path) == [3, 2, 1]
    server.stop()
    api = start(history_days="0").client()
    deadline = time.monotonic() + 30
    while versions(api, path) != [3] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert versions(api, path) == [3]
    assert api.get(f"{path}/versions").json()["results"][0]["changed"] is None
    assert api.get(f"{PETS}?_removed=true").json()["total"] == 0
    assert api.get(f"{gone}/versions").status_code == 404
    assert api.get(f"{path}?_version=1").status_code == 404
    assert api.post(f"{path}/versions", json={"version": 1}).status_code == 404


def test_purge_forgets_what_ended_before_a_day(start: Callable[..., Server], run: Run) -> None:
    """By default what the setting says, with --before what ended before that day; it says how much."""
    server = start()
    api = server.client()
    path, gone = lived(api)
    assert "0 versions forgotten" in run(server, "purge").stderr
    today = datetime.now(UTC).date()
    assert "0 versions forgotten" in run(server, "purge", "--before", str(today)).stderr
    assert versions(api, path) == [3, 2, 1]
    done = run(server, "purge", "--before", str(today + timedelta(days=1)))
    assert (done.returncode, "3 versions forgotten" in done.stderr) == (0, True)
    assert versions(api, path) == [3]
    assert api.get(f"{gone}/versions").status_code == 404
    assert run(server, "purge", "--before", "yesterday").returncode == 2


def test_erase_forgets_objects_and_says_what_it_did(start: Callable[..., Server], run: Run) -> None:
    """Earlier versions of the named objects and their parts go; what is there, and all others, stay."""
    server = start()
    api = server.client()
    path, gone = lived(api)
    other, _ = lived(api)
    ids = [each.rpartition("/")[2] for each in (path, gone)]
    done = run(server, "erase", *ids)
    assert done.returncode == 0, done.stderr
    assert "3 versions forgotten (objects: 2, parts of them: 0)" in done.stderr
    assert f"there still: {ids[0]}" in done.stderr
    assert versions(api, path) == [3]
    assert api.get(path).json()["name"] == "Tom"
    assert api.get(f"{gone}/versions").status_code == 404
    assert versions(api, other) == [3, 2, 1]
    again = run(server, "erase", ids[1].upper())
    assert (again.returncode, "nothing is known" in again.stderr) == (1, True)
    assert run(server, "erase", "Rex").returncode == 2


def test_what_refers_to_the_forgotten_does_not_come_back(start: Callable[..., Server], run: Run) -> None:
    """Restoring names the property whose object is forgotten; with the object there it works."""
    server = start()
    api = server.client()
    owner = made(api, OWNERS, name="Ann")
    id = owner.rpartition("/")[2]
    path = made(api, PETS, name="Rex", species="dog", owner=id)
    assert api.delete(owner).status_code == 204
    assert api.get(path).json()["owner"] is None
    assert api.post(f"{path}/versions", json={"version": 1}).status_code == 200
    assert api.get(path).json()["owner"] == id
    assert api.get(owner).json()["name"] == "Ann"
    assert api.delete(owner).status_code == 204
    assert run(server, "erase", id).returncode == 0
    refused = api.post(f"{path}/versions", json={"version": 1})
    assert refused.status_code == 409
    assert "'owner' is forgotten" in refused.json()["detail"]
    assert versions(api, path) == [4, 3, 2, 1]


def test_what_does_not_fit_the_schema_of_today_does_not_come_back(
    start: Callable[..., Server], tmp_path: Path
) -> None:
    """A version that breaks the schema by now is refused with what it breaks; it can still be read."""
    server = start()
    path, _ = lived(server.client())
    server.stop()
    folder = tmp_path / "bundle"
    for file in (ROOT / "bundles" / "petstore").rglob("*.json"):
        target = folder / file.relative_to(ROOT / "bundles" / "petstore")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text()
        if file.name == "pet.schema.json":
            text = text.replace('"maxLength": 50', '"maxLength": 50, "pattern": "^T"')
        target.write_text(text)
    api = start(bundles=str(folder)).client()
    refused = api.post(f"{path}/versions", json={"version": 1})
    assert refused.status_code == 400
    assert [(each["name"], each["code"]) for each in refused.json()["invalidParams"]] == [("name", "pattern")]
    assert api.get(f"{path}?_version=1").json()["name"] == "Rex"

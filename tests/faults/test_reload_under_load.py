"""Installing under load: no request fails, no answer mixes two configurations, everybody follows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import ROOT, Server, StartServer
from postgresql_server import emptied

CARDS, THING = "/api/load/cards", "urn:load:thing"
CLIENTS, VERSIONS, WAIT_SECONDS = 4, 5, 60


def write_bundle(folder: Path, number: int, *, broken: bool = False) -> Path:
    """A version of a bundle that says its number in each part of an answer."""
    outer = {"$id": "urn:load:outer", "passTrough": False, "absent": "omit"}
    outer["mapping"] = {
        "id": "id",
        "outer": f"{{{{ '{number}' }}}}",
        "inner": "{% if name %}{{ map('urn:load:inner', _context)|json_encode }}{% endif %}",
    }
    files: dict[str, Any] = {
        "installation.json": {
            "name": "Load",
            "version": f"{number}.0.0",
            "endpoints": {
                "schemas": [
                    {
                        "$id": "urn:load:cards",
                        "reference": THING,
                        "path": "load/cards",
                        "mappings": {"out": {"item": "urn:load:outer" if not broken else "urn:load:none"}},
                    }
                ]
            },
        },
        "schemas/thing.json": {
            "$id": THING,
            "type": "object",
            "description": str(number),
            "properties": {"name": {"type": "string"}},
        },
        "mappings/outer.json": outer,
        "mappings/inner.json": {
            "$id": "urn:load:inner",
            "passTrough": False,
            "absent": "omit",
            "mapping": {"number": f"{{{{ '{number}' }}}}"},
        },
        "data/things.json": {THING: [{"name": f"thing {number}"}]},
    }
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))
    return folder


@dataclass
class Client:
    """Asks one gateway over one connection, again and again."""

    url: str
    stop: threading.Event
    answers: int = 0
    newest: int = 0
    wrong: list[str] = field(default_factory=list)

    def work(self) -> None:
        with httpx2.Client(base_url=self.url, timeout=60) as http:
            while not self.stop.is_set():
                try:
                    self._ask(http)
                except httpx2.HTTPError as error:
                    self.wrong.append(repr(error))
                time.sleep(0.01)  # many requests are wanted, and not all of the machine

    def _ask(self, http: httpx2.Client) -> None:
        if self.answers % 5 == 4:
            answer = http.post(CARDS, json={"name": "more"})
            cards = [answer.json()] if answer.status_code == 201 else []
        else:
            answer = http.get(CARDS, params={"_limit": 5})
            cards = answer.json().get("results", []) if answer.status_code == 200 else []
        if not cards:
            self.wrong.append(f"{answer.status_code}: {answer.text[:300]}")
        for card in cards:
            outer, inner = int(card["outer"]), int(json.loads(card["inner"])["number"])
            if outer != inner or outer < self.newest:
                self.wrong.append(f"version {outer} with {inner}, after {self.newest}")
            self.newest = max(self.newest, outer)
        self.answers += 1


@pytest.fixture(params=["two processes", "two machines"])
def gateways(
    request: pytest.FixtureRequest, server_factory: StartServer, tmp_path: Path
) -> tuple[str, list[Server]]:
    """Gateways that share a store: worker processes on a file, or two gateways on a PostgreSQL."""
    if request.param == "two processes":
        store, count, workers = f"sqlite:///{tmp_path}/load.db", 1, "2"
    else:
        store, count, workers = emptied(request.getfixturevalue("postgresql_database")), 2, "1"
    first = str(write_bundle(tmp_path / "first", 1))
    shared = {"store": store, "demo": "true", "durability": "fast", "workers": workers, "bundles": first}
    return store, [server_factory(**shared) for _ in range(count)]


def install(store: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway_core.cli.main", "--store", store, "bundle", "install", str(folder)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.server
@pytest.mark.slow
def test_installing_under_load_fails_no_request(gateways: tuple[str, list[Server]], tmp_path: Path) -> None:
    """Version after version is installed while clients read and write: every request is answered, by one
    version and never an older one than before; a broken bundle changes nothing; all processes follow."""
    store, servers = gateways
    stop = threading.Event()
    clients = [Client(servers[number % len(servers)].url, stop) for number in range(CLIENTS)]
    threads = [threading.Thread(target=client.work) for client in clients]
    for thread in threads:
        thread.start()
    try:
        for number in range(2, VERSIONS + 1):
            broken = install(store, write_bundle(tmp_path / f"broken{number}", number, broken=True))
            assert broken.returncode == 1, broken.stdout
            done = install(store, write_bundle(tmp_path / f"v{number}", number))
            assert done.returncode == 0, done.stdout + done.stderr
            wait(
                lambda number=number: all(client.newest == number for client in clients), f"version {number}"
            )
            seen = [client.answers for client in clients]
            wait(lambda seen=seen: all(c.answers > s for c, s in zip(clients, seen, strict=True)), "answers")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [client.wrong[:3] for client in clients if client.wrong] == []
    assert sum(client.answers for client in clients) > CLIENTS * VERSIONS


def wait(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.02)

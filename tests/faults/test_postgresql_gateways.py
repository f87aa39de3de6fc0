"""Gateways that share a PostgreSQL: one is killed, or the database is, while clients write."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from gateway_process import Server, StartServer
from postgresql_server import PostgresqlServer, StartPostgresql

from gateway_core.query.model import Query, Scope, Window
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Store
from gateway_core.types import StoredObject

PET, PETS = "https://example.com/petstore/pet.schema.json", "/api/petstore/pets"
WRITERS, COUNTERS = 3, 2
ROUNDS, LEAST_WRITES = 5, 100
RESUME_SECONDS = 60


@dataclass
class Client:
    """Sends each request to any of the gateways, and remembers what it was answered.

    ``made``: names of pets whose creation was answered (name → id), ``unsure``: those whose answer
    was lost. ``counted``: increments of a shared pet that were answered, ``maybe``: those whose
    answer was lost. ``refused``: answers 503; ``wrong``: answers that should not be.
    """

    urls: list[str]
    name: str
    counters: list[str]
    stop: threading.Event
    made: dict[str, str] = field(default_factory=dict)
    patched: dict[str, str] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    counted: dict[str, int] = field(default_factory=dict)
    maybe: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    def send(self, method: str, path: str, **more: object) -> httpx2.Response | None:
        """The answer; None when there was none, or 503 with the advice to try again."""
        url = random.choice(self.urls)
        try:
            with httpx2.Client(base_url=url, timeout=30) as http:
                answer = http.request(method, path, **more)
        except httpx2.HTTPError:
            return None
        if answer.status_code == 503:
            self.refused += 1
            if "retry-after" not in answer.headers or "again" not in answer.text:
                self.wrong.append(f"503 without a word: {answer.text}")
            return None
        if answer.status_code >= 500:
            self.wrong.append(f"{answer.status_code}: {answer.text}")
        return answer

    def create(self) -> None:
        """Create pets and change some of them."""
        number = 0
        while not self.stop.is_set():
            number += 1
            name = f"{self.name}-{number}"
            self.unsure.add(name)
            answer = self.send("POST", PETS, json={"name": name, "species": "dog", "tags": [name]})
            if answer is None or answer.status_code != 201:
                continue
            self.unsure.remove(name)
            id = self.made[name] = answer.json()["id"]
            answer = self.send("PATCH", f"{PETS}/{id}", json={"tags": [name, "changed"]})
            if answer is not None and answer.status_code == 200:
                self.patched[name] = id

    def count(self) -> None:
        """Count shared pets up, each by what its reader saw."""
        while not self.stop.is_set():
            id = random.choice(self.counters)
            seen = self.send("GET", f"{PETS}/{id}")
            if seen is None or seen.status_code != 200:
                continue
            body = {"name": str(int(seen.json()["name"]) + 1)}
            answer = self.send("PATCH", f"{PETS}/{id}", json=body, headers={"if-match": seen.headers["etag"]})
            if answer is None:
                self.maybe[id] = self.maybe.get(id, 0) + 1
            elif answer.status_code == 200:
                self.counted[id] = self.counted.get(id, 0) + 1
            elif answer.status_code not in {409, 412}:
                self.wrong.append(f"{answer.status_code}: {answer.text}")


class Crowd:
    """Clients that write until they are told to stop."""

    def __init__(self, urls: list[str], counters: list[str]) -> None:
        self._stop = threading.Event()
        names = [f"{kind}{each}" for kind, many in (("w", WRITERS), ("c", COUNTERS)) for each in range(many)]
        self.clients = [Client(urls, name, counters, self._stop) for name in names]
        work: list[Callable[[], None]] = [
            each.create if each.name.startswith("w") else each.count for each in self.clients
        ]
        self._threads = [threading.Thread(target=each) for each in work]
        for thread in self._threads:
            thread.start()

    def answered(self) -> int:
        return sum(len(c.made) + len(c.patched) + sum(c.counted.values()) for c in self.clients)

    def refused(self) -> int:
        return sum(client.refused for client in self.clients)

    def goes_on(self, answers: int, what: str) -> None:
        """Wait until so many more writes were answered."""
        wanted = self.answered() + answers
        wait_until(lambda: self.answered() >= wanted, what)

    def is_refused(self) -> None:
        """Wait until one more request was refused."""
        wanted = self.refused() + 1
        wait_until(lambda: self.refused() >= wanted, "nobody is refused")

    def end(self) -> list[Client]:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        return self.clients


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + RESUME_SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def create_counters(url: str) -> list[str]:
    answers = [
        httpx2.post(f"{url}{PETS}", json={"name": "0", "species": "cat"}, timeout=30) for _ in range(2)
    ]
    return [answer.json()["id"] for answer in answers]


def pets(store: Store) -> Iterator[StoredObject]:
    offset = 0
    while page := store.find(Scope("", PET), Query(window=Window(500, offset))).items:
        yield from page
        offset += len(page)


def check(store: Store, clients: list[Client], counters: list[str]) -> None:
    """Nothing acknowledged is lost, nothing is there twice, and no update overwrote another."""
    assert [fault for client in clients for fault in client.wrong] == []
    found = list(pets(store))
    by_id = {item.id: item for item in found}
    brought = {"Rex", "Tom", "Flap", "Snow"}  # by the bundle
    names = [item.data["name"] for item in found if item.id not in counters]
    names = [name for name in names if name not in brought]
    assert len(set(names)) == len(names)
    for client in clients:
        for name, id in client.made.items():
            assert by_id[id].data["name"] == name
        for name, id in client.patched.items():
            assert by_id[id].data["tags"] == [name, "changed"]
    sure = {name for client in clients for name in client.made}
    unsure = {name for client in clients for name in client.unsure}
    assert sure <= set(names) <= sure | unsure
    numbers = [item.data["number"] for item in found]
    assert len(set(numbers)) == len(numbers)
    for id in counters:
        counted = sum(client.counted.get(id, 0) for client in clients)
        maybe = sum(client.maybe.get(id, 0) for client in clients)
        value = int(by_id[id].data["name"])
        assert counted <= value <= counted + maybe
        assert by_id[id].meta.version == value + 1
    assert store.count(Scope("", PET)) == len(found)


@pytest.fixture
def shared(start_postgresql: StartPostgresql) -> PostgresqlServer:
    """A server that flushes to disk, with a new database."""
    server = start_postgresql(durable=True)
    server.database("gateways")
    return server


@pytest.mark.server
@pytest.mark.slow
def test_a_gateway_is_killed(shared: PostgresqlServer, server_factory: StartServer, tmp_path: Path) -> None:
    """One of two gateways is killed again and again under concurrent writes: nothing acknowledged is
    lost, nothing is there twice, no update overwrites another, and the other one goes on."""
    url, moments = shared.url("gateways"), random.Random(3)
    settings = {"store": url, "demo": "true", "bundles": "Petstore", "durability": "full"}
    first, second = server_factory(**settings), server_factory(**settings)
    counters = create_counters(first.url)
    crowd = Crowd([first.url, second.url], counters)
    for number in range(ROUNDS):
        victim = (first, second)[number % 2]
        crowd.goes_on(LEAST_WRITES // ROUNDS, "nothing is answered")
        time.sleep(moments.uniform(0, 0.3))
        victim.kill()
        crowd.goes_on(10, "the other gateway does not go on")
        victim.start()
    clients = crowd.end()
    store = open_store(url)
    check(store, clients, counters)
    store.close()
    assert sum(len(client.made) for client in clients) >= LEAST_WRITES / 4
    assert sum(sum(client.counted.values()) for client in clients) >= LEAST_WRITES / 8


@pytest.mark.server
@pytest.mark.slow
def test_the_database_is_restarted(shared: PostgresqlServer, server_factory: StartServer) -> None:
    """PostgreSQL is stopped as by a crash and started under load: each request succeeds or is refused
    with 503 and Retry-After, acknowledged writes are there, and service resumes by itself."""
    url = shared.url("gateways")
    settings = {"demo": "true", "bundles": "Petstore", "store": f"{url}?pool_wait=1&retry=2"}
    gateways: list[Server] = [server_factory(**settings) for _ in range(2)]
    counters = create_counters(gateways[0].url)
    crowd = Crowd([gateway.url for gateway in gateways], counters)
    for number in range(3):
        crowd.goes_on(30, "service does not resume")
        shared.stop()
        if number:
            crowd.is_refused()
        shared.start()
    crowd.goes_on(30, "service does not resume")
    clients = crowd.end()
    for gateway in gateways:
        assert gateway.process is not None
        assert gateway.process.poll() is None
        assert httpx2.get(f"{gateway.url}{PETS}", timeout=30).status_code == 200
        assert "Traceback" not in gateway.log.read_text()
    store = open_store(url)
    check(store, clients, counters)
    store.close()


@pytest.mark.server
def test_all_gateways_follow_an_installation(shared: PostgresqlServer, server_factory: StartServer) -> None:
    """What one gateway installs when it starts, another serves within a second."""
    url = shared.url("gateways")
    first = server_factory(store=url, demo="true", bundles="Petstore")
    path = "/api/kic/v1/partijen"
    assert httpx2.get(f"{first.url}{path}", timeout=30).status_code == 404
    server_factory(store=url, demo="true", bundles="Petstore,CustomerInteraction")
    deadline = time.monotonic() + 1
    while httpx2.get(f"{first.url}{path}", timeout=30).status_code != 200:
        assert time.monotonic() < deadline
    assert httpx2.get(f"{first.url}{PETS}", timeout=30).status_code == 200

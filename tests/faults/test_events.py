"""Kills, and a receiver that is down: every event of an acknowledged change arrives, in order."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from gateway_process import Server, StartServer
from postgresql_server import StartPostgresql
from receiver import Receiver

BASE = "/api/kic/v1"
OBJECTS, CHANGES, WRITERS = 50, 20, 5
pytestmark = pytest.mark.slow


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver().start()
    yield started
    started.stop()


class Writers:
    """Clients that change tasks, each its own ones, and note what was acknowledged.

    A change that is not acknowledged, since the gateway was killed, is made again under the next number.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.acknowledged: dict[str, list[int]] = {}
        self.unsure: set[tuple[str, int]] = set()
        self.count = 0
        self._lock = threading.Lock()

    def run(self, until: int) -> None:
        """Change until so many changes are acknowledged in all."""
        threads = [threading.Thread(target=self._write, args=(n, until)) for n in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _write(self, number: int, until: int) -> None:
        with httpx2.Client(base_url=f"{self.url}{BASE}", timeout=10) as client:
            own = [id for at, id in enumerate(list(self.acknowledged)) if at % WRITERS == number]
            while self.count < until:
                for id in own:
                    self._change(client, id)

    def _change(self, client: httpx2.Client, id: str) -> None:
        made = self.acknowledged[id]
        step = max([*made, *(n for each, n in self.unsure if each == id)]) + 1
        try:
            answer = client.patch(f"/taken/{id}", json={"type": f"https://t.nl/{step}"})
        except httpx2.HTTPError:
            self.unsure.add((id, step))
            time.sleep(0.1)
            return
        assert answer.status_code == 200, answer.text
        with self._lock:
            made.append(step)
            self.count += 1

    def create(self) -> None:
        with httpx2.Client(base_url=f"{self.url}{BASE}", timeout=10) as client:
            for _ in range(OBJECTS):
                answer = client.post("/taken", json={"title": "t", "type": "https://t.nl/0"})
                self.acknowledged[answer.json()["id"]] = [0]
                self.count += 1


def told(receiver: Receiver) -> dict[str, list[int]]:
    """By object the steps in the order in which they were told first."""
    steps: dict[str, dict[int, None]] = {}
    for each in list(receiver.received):
        id = each.body["hoofdObject"].rpartition("/")[2]
        step = int(each.body["kenmerken"]["type"].rpartition("/")[2])
        steps.setdefault(id, {})[step] = None
    return {id: list(found) for id, found in steps.items()}


def everything_arrives(writers: Writers, receiver: Receiver) -> None:
    """Wait until what was acknowledged was told, and compare."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = told(receiver)
        if all(set(steps) <= set(found.get(id, ())) for id, steps in writers.acknowledged.items()):
            break
        time.sleep(0.2)
    found = told(receiver)
    assert found.keys() == writers.acknowledged.keys()
    for id, steps in writers.acknowledged.items():
        sure = [step for step in found[id] if (id, step) not in writers.unsure]
        assert sure == steps, "an acknowledged change was lost, or told out of order"
        assert found[id] == sorted(found[id]), "an object's changes were told out of order"


def worker_of(server: Server) -> int:
    """The process beside a server that delivers."""
    assert server.process is not None
    tasks = Path(f"/proc/{server.process.pid}/task").iterdir()
    (child,) = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    return child


@pytest.mark.parametrize("kind", ["sqlite", "tinydb", "postgresql"])
def test_a_thousand_events_survive_kills_and_a_dead_receiver(
    kind: str, server_factory: StartServer, receiver: Receiver, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """With kill -9 of the gateway and of its worker, and a receiver that is down for a part of the time,
    each event of an acknowledged change is delivered at least once, those of one object in order."""
    stores = {"sqlite": f"sqlite:///{tmp_path}/e.db", "tinydb": f"tinydb:///{tmp_path}/e.json"}
    store = stores.get(kind) or request.getfixturevalue("start_postgresql")().database("thousand_events")
    total = 200 if kind == "tinydb" else OBJECTS * CHANGES  # a JSON file is written whole each time
    server = server_factory(
        demo="true", store=store, outgoing_allow="127.0.0.1", events_retry="0.1", events_attempts="100"
    )
    body = {"callbackUrl": f"{receiver.url}/n", "kanalen": [{"naam": "taken"}]}
    assert httpx2.post(f"{server.url}{BASE}/abonnement", json=body).status_code == 201
    writers = Writers(server.url)
    writers.create()
    writers.run(total // 3)
    receiver.stop()
    killer = threading.Timer(0.4, server.kill)
    killer.start()
    written = threading.Thread(target=writers.run, args=(total * 2 // 3,))
    written.start()
    killer.join()
    server.start()
    written.join()
    receiver.start()
    if kind != "tinydb":
        os.kill(worker_of(server), signal.SIGKILL)
    writers.run(total)
    everything_arrives(writers, receiver)
    assert writers.count >= total


def test_one_of_two_gateways_delivers(
    server_factory: StartServer, receiver: Receiver, tmp_path: Path, start_postgresql: StartPostgresql
) -> None:
    """Of two gateways on one store one delivers, each event once while nothing fails; when it is killed,
    the other one goes on."""
    store = start_postgresql().database("two_deliver")
    settings = {"demo": "true", "store": store, "outgoing_allow": "127.0.0.1", "events_retry": "0.1"}
    first = server_factory(**settings)
    second = server_factory(**settings)
    body = {"callbackUrl": f"{receiver.url}/n", "kanalen": [{"naam": "taken"}]}
    assert httpx2.post(f"{first.url}{BASE}/abonnement", json=body).status_code == 201
    for number in range(40):
        server = (first, second)[number % 2]
        httpx2.post(f"{server.url}{BASE}/taken", json={"title": "t", "type": "https://t.nl/0"})
    assert len(receiver.wait(40)) == 40
    time.sleep(0.5)
    assert len(receiver.received) == 40
    first.kill()
    httpx2.post(f"{second.url}{BASE}/taken", json={"title": "t", "type": "https://t.nl/0"})
    assert len(receiver.wait(41, 40)) >= 41


def test_a_stop_loses_and_repeats_nothing(
    server_factory: StartServer, receiver: Receiver, tmp_path: Path
) -> None:
    """A gateway that is told to stop while it delivers finishes what it began; after its next start
    nothing comes twice, and nothing is missing."""
    server = server_factory(demo="true", outgoing_allow="127.0.0.1", events_retry="0.1")
    receiver.answer = lambda _: time.sleep(0.01) or 204
    body = {"callbackUrl": f"{receiver.url}/n", "kanalen": [{"naam": "taken"}]}
    httpx2.post(f"{server.url}{BASE}/abonnement", json=body)
    writers = Writers(server.url)
    writers.create()
    receiver.wait(5)
    server.stop()
    before = len(receiver.received)
    assert before < OBJECTS + 1
    server.start()
    receiver.wait(OBJECTS)
    time.sleep(0.5)
    assert len(receiver.received) == OBJECTS
    assert told(receiver).keys() == writers.acknowledged.keys()

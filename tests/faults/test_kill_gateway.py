"""A gateway that is killed at any moment keeps every write that it answered, whole."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import Server, StartServer

from gateway_core.query.model import Query, Scope, Window
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Store
from gateway_core.types import StoredObject

PARTIJ = "https://commongateway.nl/klant.partij.schema.json"
ADRES = "https://commongateway.nl/klant.digitaalAdres.schema.json"
PARTIJEN, KLANTEN = "/api/kic/v1/partijen", "/api/kic/v1/klanten"
ROUNDS, CLIENTS, LEAST_WRITES = 6, 4, 200

# A partij as a client sees it: its note, its first name, its addresses; None when there is none.
State = tuple[str | None, str | None, frozenset[str]] | None


@dataclass
class Story:
    """One partij: the last state that was answered, the one being asked for, and how often it was."""

    answered: State = None
    asked: State = None
    id: str = ""
    writes: int = 0

    def possible(self) -> set[State]:
        return {self.answered, self.asked}


@dataclass
class Client:
    """One client: writes until the server dies under it, and remembers what was answered."""

    url: str
    name: str
    stories: dict[str, Story] = field(default_factory=dict)
    refusal: str = ""

    def work(self) -> None:
        with httpx2.Client(base_url=self.url, timeout=10) as http:
            try:
                for number in range(100_000):
                    self._one_life(http, f"{self.name}-{number}", die=number % 3 == 2)
            except httpx2.HTTPError:
                return  # killed in the middle of it

    def _one_life(self, http: httpx2.Client, name: str, *, die: bool) -> None:
        story = self.stories[name] = Story()
        mail, phone, other = f"{name}@example.nl", "0612345678", f"{name}@example.com"
        addresses = [
            {"adres": mail, "soortDigitaalAdres": "emailadres", "omschrijving": "e-mail"},
            {"adres": phone, "soortDigitaalAdres": "telefoonnummer", "omschrijving": "mobiel"},
        ]
        body = {"interneNotitie": "new", "persoon": {"achternaam": name}, "verstrekteAdressen": addresses}
        both = frozenset((mail, phone))
        answer = self._write(story, ("new", None, both), lambda: http.post(PARTIJEN, json=body))
        story.id = answer.json()["id"]
        path = f"{PARTIJEN}/{story.id}"
        patch = {"interneNotitie": "patched"}
        self._write(story, ("patched", None, both), lambda: http.patch(path, json=patch))
        klant = {"voornaam": "Noor", "achternaam": name, "emails": [{"email": other}]}
        after: State = ("patched", "Noor", frozenset((other, phone)))
        self._write(story, after, lambda: http.put(f"{KLANTEN}/{story.id}", json=klant))
        if die:
            self._write(story, None, lambda: http.delete(path))

    def _write(self, story: Story, asked: State, send: Callable[[], httpx2.Response]) -> httpx2.Response:
        story.asked = asked
        answer = send()
        if not answer.is_success:
            self.refusal = answer.text
        assert answer.is_success, answer.text
        story.answered = asked
        story.writes += 1
        return answer


def round_of_writing(server: Server, number: int, seconds: float) -> list[Client]:
    """Let clients write for a while, kill the server, and answer what they know."""
    clients = [Client(server.url, f"r{number}-c{each}") for each in range(CLIENTS)]
    threads = [threading.Thread(target=client.work) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    for thread in threads:
        thread.join()
    assert [client.refusal for client in clients if client.refusal] == []
    return clients


def objects(store: Store, entity: str) -> Iterator[StoredObject]:
    offset = 0
    while page := store.find(Scope("", entity), Query(window=Window(500, offset))).items:
        yield from page
        offset += len(page)


def check_whole(store: Store, stories: dict[str, Story]) -> None:
    """What was answered is there, and what is there is one of the states that a client asked for."""
    partijen = {str(item.data["persoon"]["achternaam"]): item for item in objects(store, PARTIJ)}
    addresses = {item.id: item for item in objects(store, ADRES)}
    assert partijen.keys() - stories.keys() == set()
    for name, story in stories.items():
        found = partijen.get(name)
        assert found is None or not story.id or found.id == story.id
        assert state_of(found, addresses) in story.possible(), name
    check_links(store, list(partijen.values()), addresses)
    assert store.count(Scope("", PARTIJ)) == len(partijen)
    assert store.count(Scope("", ADRES)) == len(addresses)
    numbers = [item.data["nummer"] for item in partijen.values()]
    assert len(set(numbers)) == len(numbers)


def state_of(item: StoredObject | None, addresses: dict[str, StoredObject]) -> State:
    if item is None:
        return None
    data: dict[str, Any] = item.data
    # A reference to an address that is missing raises KeyError here.
    held = frozenset(addresses[id].data["adres"] for id in data["verstrekteAdressen"])
    return data.get("interneNotitie"), data["persoon"].get("voornaam"), held


def check_links(store: Store, partijen: list[StoredObject], addresses: dict[str, StoredObject]) -> None:
    """The links are those of the documents, no more and no less, and every address has its partij."""
    written = {(item.id, id) for item in partijen for id in item.data["verstrekteAdressen"]}
    links = {(link.source, link.target) for link in store.referrers("", list(addresses))}
    assert links == written
    assert {target for _, target in links} == addresses.keys()


@pytest.mark.server
@pytest.mark.slow
def test_every_answered_write_survives_a_kill(server_factory: StartServer, tmp_path: Path) -> None:
    """Over several kills, answered writes are there, unanswered ones whole or absent, nothing in between."""
    url, moments = f"sqlite:///{tmp_path / 'store.db'}", random.Random(11)
    server = server_factory(store=url, demo="true", durability="full")
    stories: dict[str, Story] = {}
    rounds = 0
    while rounds < ROUNDS or (rounds < 3 * ROUNDS and sum(s.writes for s in stories.values()) < LEAST_WRITES):
        if rounds:
            server.start()
        for client in round_of_writing(server, rounds, moments.uniform(0.3, 1.5)):
            stories |= client.stories
        store = open_store(url)
        store.check()
        check_whole(store, stories)
        store.close()
        rounds += 1
    assert sum(story.writes for story in stories.values()) >= LEAST_WRITES
    server.start()
    with server.client() as api:
        for story in [each for each in stories.values() if each.id][-100:]:
            status = api.get(f"{PARTIJEN}/{story.id}").status_code
            assert status in {404 if state is None else 200 for state in story.possible()}

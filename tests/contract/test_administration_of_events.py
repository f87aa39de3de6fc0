"""Events below ``/admin``: who may see them, what they tell, and trying again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from gateway_process import Server, StartServer

from gateway_core import app as gateway
from gateway_core.operations.applications import add_application
from gateway_core.query.times import instant
from gateway_core.store.open import open_store
from gateway_core.store.outbox import Delivery, Settlement
from gateway_core.types import Event


@pytest.fixture
def gate(server_factory: StartServer, tmp_path: Path) -> tuple[Server, dict[str, httpx2.Client]]:
    """A gateway that delivers nothing, with three events, of which two are dead letters, and clients."""
    url = f"sqlite:///{tmp_path}/admin.db"
    store = open_store(url, durability="fast")
    keys = {
        name: add_application(store, name, gateway.now(), scopes=scopes).api_key
        for name, scopes in (("admin", ("admin",)), ("user", ("read", "write")))
    }
    now = instant(datetime.now(UTC))
    store.outbox.record("", [Event(f"e{n}", "paid", "thing", f"o{n}", n, now, "app") for n in (1, 2, 3)])
    store.outbox.lease("events", "test", 60)
    waiting = store.outbox.waiting(9)
    owed = [Delivery("a b", r.number, r.event.object, r.event.id, due=now) for r in waiting]
    store.outbox.hand_out("events", "test", waiting, owed)
    dead = tuple(each._replace(attempts=16, error="refused") for each in owed[:2])
    store.outbox.settle(Settlement(dead=dead))
    store.close()
    server = server_factory(store=url, bundles="", durability="fast", deliver_events="none")
    clients = {name: server.client(headers={"x-api-key": key}) for name, key in keys.items()}
    return server, {**clients, "nobody": server.client()}


def test_events_are_for_administrators(gate: tuple[Server, dict[str, httpx2.Client]]) -> None:
    """Who may read and write objects may not see what happened to all of them."""
    _, clients = gate
    for method, path in (
        ("GET", "/admin/events"),
        ("GET", "/admin/events/dead"),
        ("GET", "/admin/events/backlog"),
        ("POST", "/admin/events/replay"),
    ):
        assert clients["nobody"].request(method, path).status_code == 401
        assert clients["user"].request(method, path).status_code == 403
        assert clients["admin"].request(method, path).status_code == 200


def test_events_are_read_and_tried_again(gate: tuple[Server, dict[str, httpx2.Client]]) -> None:
    """Pages of events and dead letters, how much waits, and dead letters that are owed again."""
    admin = gate[1]["admin"]
    events = admin.get("/admin/events", params={"limit": 2}).json()
    assert [(each["id"], each["object"], each["version"]) for each in events] == [
        ("e3", "o3", 3),
        ("e2", "o2", 2),
    ]
    rest = admin.get("/admin/events", params={"before": events[-1]["number"]}).json()
    assert [each["id"] for each in rest] == ["e1"]
    assert [each["id"] for each in admin.get("/admin/events", params={"object": "o2"}).json()] == ["e2"]
    letters = admin.get("/admin/events/dead").json()
    assert [(each["id"], each["consumer"], each["error"]) for each in letters] == [
        ("e1", "a b", "refused"),
        ("e2", "a b", "refused"),
    ]
    after = admin.get("/admin/events/dead", params={"after": letters[0]["number"]}).json()
    assert [each["id"] for each in after] == ["e2"]
    assert admin.get("/admin/events/backlog").json() == {"events": 0, "deliveries": 1, "deadLetters": 2}
    assert admin.post("/admin/events/replay", params={"event": "e9"}).status_code == 404
    assert admin.post("/admin/events/replay", params={"event": "e1"}).json() == {"deliveries": 1}
    assert admin.post("/admin/events/replay").json() == {"deliveries": 1}
    assert admin.get("/admin/events/backlog").json() == {"events": 0, "deliveries": 3, "deadLetters": 0}
    assert admin.get("/admin/events", params={"limit": 0}).status_code == 400

"""``gateway events``: look at what happened, and have dead letters tried again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from gateway_process import ROOT, StartServer
from receiver import Receiver

from gateway_core.query.times import instant
from gateway_core.store.open import open_store
from gateway_core.store.outbox import Delivery, Settlement
from gateway_core.types import Event


def gateway(store: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")}
    return subprocess.run(
        [sys.executable, "-m", "gateway_core.cli.main", "events", *arguments],
        env={**environment, "GATEWAY_STORE": store},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def filled(tmp_path: Path) -> str:
    """A store with three events, of which two could not be delivered to one of two consumers."""
    url = f"sqlite:///{tmp_path}/e.db"
    store = open_store(url, durability="fast")
    now = instant(datetime.now(UTC))
    store.outbox.record("", [Event(f"e{n}", "shop.paid", "thing", f"o{n}", n, now, "app") for n in (1, 2, 3)])
    store.outbox.lease("events", "test", 60)
    waiting = store.outbox.waiting(9)
    owed = [Delivery(c, r.number, r.event.object, r.event.id, due=now) for r in waiting for c in ("a", "b")]
    store.outbox.hand_out("events", "test", waiting, owed)
    dead = [each._replace(attempts=16, error="refused") for each in owed if each.consumer == "a"][:2]
    store.outbox.settle(Settlement(done=tuple(e for e in owed if e.consumer == "b"), dead=tuple(dead)))
    store.close()
    return url


def test_list_prints_what_happened_newest_first(filled: str) -> None:
    """Events are lines of JSON on standard output; how much waits is told beside it."""
    done = gateway(filled, "list")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["id"], each["name"], each["object"], each["version"]) for each in lines] == [
        ("e3", "shop.paid", "o3", 3),
        ("e2", "shop.paid", "o2", 2),
        ("e1", "shop.paid", "o1", 1),
    ]
    assert done.stderr.strip() == "waiting: 0 events to be handed out, 1 deliveries; dead letters: 2"
    assert [
        json.loads(line)["id"] for line in gateway(filled, "list", "--limit", "1").stdout.splitlines()
    ] == ["e3"]
    assert [
        json.loads(line)["id"] for line in gateway(filled, "list", "--object", "o2").stdout.splitlines()
    ] == ["e2"]


def test_list_dead_tells_why(filled: str) -> None:
    """Dead letters name their consumer, their attempts and the reason."""
    lines = [json.loads(line) for line in gateway(filled, "list", "--dead").stdout.splitlines()]
    assert [(each["id"], each["consumer"], each["attempts"], each["error"]) for each in lines] == [
        ("e1", "a", 16, "refused"),
        ("e2", "a", 16, "refused"),
    ]


def test_replay_tries_what_is_named_again(filled: str) -> None:
    """One event, one consumer or all dead letters are owed again; what there is none of is an error."""
    assert gateway(filled, "replay").returncode == 2
    assert gateway(filled, "replay", "e1", "--all").returncode == 2
    wrong = gateway(filled, "replay", "e9")
    assert (wrong.returncode, "no dead letter of this event" in wrong.stderr) == (1, True)
    done = gateway(filled, "replay", "e1")
    assert (done.returncode, done.stderr.strip()) == (0, "1 deliveries are tried again")
    assert len(gateway(filled, "list", "--dead").stdout.splitlines()) == 1
    assert gateway(filled, "replay", "--consumer", "a").stderr.strip() == "1 deliveries are tried again"
    assert gateway(filled, "replay", "--all").stderr.strip() == "0 deliveries are tried again"


def test_a_dead_letter_arrives_after_its_replay(server_factory: StartServer, tmp_path: Path) -> None:
    """What a receiver that was down for too long missed is delivered after a replay, while it is served."""
    receiver, store = Receiver().start(), f"sqlite:///{tmp_path}/d.db"
    receiver.stop()
    server = server_factory(
        demo="true",
        durability="fast",
        store=store,
        outgoing_allow="127.0.0.1",
        events_retry="0.05",
        events_attempts="2",
    )
    base = f"{server.url}/api/kic/v1"
    body = {"callbackUrl": f"{receiver.url}/n", "kanalen": [{"naam": "taken"}], "auth": "Bearer zeer-geheim"}
    assert httpx2.post(f"{base}/abonnement", json=body).status_code == 201
    assert httpx2.post(f"{base}/taken", json={"title": "t"}).status_code == 201
    deadline = time.monotonic() + 20
    while not gateway(store, "list", "--dead").stdout and time.monotonic() < deadline:
        time.sleep(0.1)
    letters = gateway(store, "list", "--dead")
    letter = json.loads(letters.stdout)
    assert (letter["name"], letter["attempts"]) == ("gateway.object.created", 2)
    assert letter["error"] == "the other system cannot be reached"
    receiver.start()
    try:
        assert gateway(store, "replay", letter["id"]).returncode == 0
        (told,) = receiver.wait(1)
        assert told.body["hoofdObject"].endswith(letter["object"])
    finally:
        receiver.stop()
    shown = letters.stdout + letters.stderr + server.log.read_text()
    assert [word for word in ("geheim", "callback", str(receiver.port)) if word in shown] == []

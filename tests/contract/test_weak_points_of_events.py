"""Weak points of the original's events and actions, over HTTP: ours does not have them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import Server, StartServer

HOME = "https://example.nl/"
BERICHT = "https://commongateway.nl/klant.bericht.schema.json"
TAAK = "https://commongateway.nl/klant.taak.schema.json"
BASE = "/api/kic/v1"


def bundle(folder: Path) -> Path:
    """A bundle whose first action makes a bericht of a task once, and whose second one always fails; both
    within the request."""
    within = {"listens": ["gateway.object.created"], "schemas": [TAAK], "handler": "create", "async": False}
    good, bad = f"{HOME}good.mapping.json", f"{HOME}bad.mapping.json"
    files: dict[str, Any] = {
        "installation.json": {"name": "fragile", "requires": ["CustomerInteraction"]},
        "mappings/good.json": mapping(good, {"omschrijving": "object.id"}),
        "mappings/bad.json": mapping(bad, {"aanmaakDatum": "{{ 'geen datum' }}"}),
        "actions/good.json": {**within, "$id": f"{HOME}good.action.json", "priority": 1},
        "actions/bad.json": {**within, "$id": f"{HOME}bad.action.json", "priority": 5},
    }
    files["actions/good.json"]["configuration"] = {"mapping": good, "schema": BERICHT}
    files["actions/bad.json"]["configuration"] = {"mapping": bad, "schema": BERICHT}
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(body))
    return folder


def mapping(reference: str, targets: dict[str, str]) -> dict[str, Any]:
    return {"$id": reference, "passTrough": False, "absent": "omit", "mapping": targets}


@pytest.fixture(scope="module")
def gateway(server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Server:
    made = bundle(tmp_path_factory.mktemp("bundle"))
    return server_factory(demo="true", durability="fast", bundles=f"CustomerInteraction,{made}")


def test_w46_a_failing_action_takes_nothing_back(gateway: Server) -> None:
    """A change whose action fails is answered as made, the actions after it are done, and the log tells."""
    answer = httpx2.post(f"{gateway.url}{BASE}/taken", json={"title": "t"})
    assert answer.status_code == 201
    id = answer.json()["id"]
    assert httpx2.get(f"{gateway.url}{BASE}/taken/{id}").status_code == 200
    made = httpx2.get(f"{gateway.url}{BASE}/berichten?omschrijving={id}").json()["results"]
    assert [each["omschrijving"] for each in made] == [id]
    deadline = time.monotonic() + 10
    while "bad.action.json failed" not in gateway.log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "bad.action.json failed" in gateway.log.read_text()


def test_w45_an_action_that_failed_is_not_locked(gateway: Server) -> None:
    """After a failure the same action runs for the next event: there is no lock that could stay."""
    ids = [httpx2.post(f"{gateway.url}{BASE}/taken", json={"title": "t"}).json()["id"] for _ in range(3)]
    found = httpx2.get(f"{gateway.url}{BASE}/berichten?_limit=500").json()["results"]
    assert [sum(each["omschrijving"] == id for each in found) for id in ids] == [1, 1, 1]


def test_w7_nobody_throws_events_without_the_right(server_factory: StartServer) -> None:
    """An endpoint that only throws asks for credentials, like any other."""
    server = server_factory(durability="fast")
    assert httpx2.post(f"{server.url}/api/notifications", json={"kanaal": "zaken"}).status_code == 401
    key = {"X-API-Key": "wrong"}
    assert httpx2.post(f"{server.url}/api/notifications", json={}, headers=key).status_code == 401


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_w10_no_upload_writes_a_file(gateway: Server, method: str) -> None:
    """A form with a file in it is 415, whatever its part is called: nothing of it is stored anywhere."""
    id = httpx2.post(f"{gateway.url}{BASE}/abonnement", json=SUBSCRIPTION).json()["id"]
    place = f"{gateway.url}{BASE}/abonnement" + ("" if method == "POST" else f"/{id}")
    folder = gateway.log.parent
    before = sorted(path.name for path in folder.iterdir())
    upload = {"userfile": ("../../x.php", b"<?php system('id'); ?>", "application/json")}
    answer = httpx2.request(method, place, files=upload)
    assert answer.status_code in (400, 415)
    assert sorted(path.name for path in folder.iterdir()) == before


SUBSCRIPTION = {"callbackUrl": "https://example.nl/x", "kanalen": [{"naam": "internetaken"}]}

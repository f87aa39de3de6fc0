"""Notifications of other registers come in over HTTP, once each, and actions work on them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import Server, StartServer

HOME = "https://example.nl/"
NOTIFICATION = {
    "kanaal": "zaken",
    "hoofdObject": "https://zaken.example.nl/api/v1/zaken/1",
    "resource": "status",
    "resourceUrl": "https://zaken.example.nl/api/v1/statussen/1",
    "actie": "create",
    "aanmaakdatum": "2026-01-05T10:00:00Z",
    "kenmerken": {"bronorganisatie": "999990639"},
}


def bundle(folder: Path) -> Path:
    """A bundle that makes a bericht of each new status of a zaak."""
    mapping = {
        "$id": f"{HOME}bericht.mapping.json",
        "passTrough": False,
        "absent": "omit",
        "mapping": {
            "onderwerp": "{{ 'Nieuwe status' }}",
            "referentie": "{{ body.resourceUrl|split('/')|last }}",
        },
    }
    action = {
        "$id": f"{HOME}bericht.action.json",
        "listens": ["notifications.notification.created"],
        "conditions": {
            "and": [
                {"==": [{"var": "body.resource"}, "status"]},
                {"in": ["https://zaken.example.nl/", {"var": "body.hoofdObject"}]},
                {"==": [{"var": "method"}, "POST"]},
            ]
        },
        "handler": "create",
        "configuration": {
            "mapping": f"{HOME}bericht.mapping.json",
            "schema": "https://commongateway.nl/klant.bericht.schema.json",
        },
    }
    manifest = {"name": "berichten", "requires": ["CustomerInteraction"]}
    for name, body in (
        ("installation.json", manifest),
        ("mappings/bericht.json", mapping),
        ("actions/bericht.json", action),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(body))
    return folder


@pytest.fixture(scope="module")
def gateway(server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Server:
    made = bundle(tmp_path_factory.mktemp("bundle"))
    return server_factory(demo="true", durability="fast", bundles=f"CustomerInteraction,{made}")


def berichten(gateway: Server, referentie: str, count: int) -> list[Any]:
    """The berichten of a status, once there are so many, and a moment later."""
    url = f"{gateway.url}/api/kic/v1/berichten?referentie={referentie}"
    deadline = time.monotonic() + 20
    while len(httpx2.get(url).json()["results"]) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    found: list[Any] = httpx2.get(url).json()["results"]
    return found


def notify(gateway: Server, **more: Any) -> httpx2.Response:
    return httpx2.post(f"{gateway.url}/api/notifications", json={**NOTIFICATION, **more})


def status(number: int) -> dict[str, str]:
    return {"resourceUrl": f"https://zaken.example.nl/api/v1/statussen/{number}"}


def test_a_notification_is_worked_on_after_it_was_answered(gateway: Server) -> None:
    """A notification is answered 204 with nothing in it, and an action makes an object of it."""
    answer = notify(gateway, **status(11))
    assert (answer.status_code, answer.content) == (204, b"")
    (made,) = berichten(gateway, "11", 1)
    assert made["onderwerp"] == "Nieuwe status"


def test_a_notification_that_comes_twice_counts_once(gateway: Server) -> None:
    """The same notification, sent again, and again in another order of members, makes nothing twice."""
    for _ in range(3):
        assert notify(gateway, **status(12)).status_code == 204
    turned = dict(reversed({**NOTIFICATION, **status(12), "kenmerken": {}}.items()))
    assert httpx2.post(f"{gateway.url}/api/notifications", json=turned).status_code == 204
    assert len(berichten(gateway, "12", 1)) == 1


def test_another_notification_of_the_same_object_counts(gateway: Server) -> None:
    """A notification of another moment is another one."""
    for hour in (10, 11):
        notify(gateway, **status(13), aanmaakdatum=f"2026-01-05T{hour}:00:00Z")
    assert len(berichten(gateway, "13", 2)) == 2


def test_conditions_decide_what_is_worked_on(gateway: Server) -> None:
    """What an action's conditions do not hold for is received, and nothing is made of it."""
    notify(gateway, **status(14), resource="zaak")
    notify(gateway, **status(14), hoofdObject="https://elders.example.nl/zaken/1")
    assert berichten(gateway, "14", 0) == []


@pytest.mark.parametrize("body", ["[]", "1", '"x"', "{", ""])
def test_what_is_no_object_is_refused(gateway: Server, body: str) -> None:
    """A body that is no JSON object is a 400."""
    headers = {"Content-Type": "application/json"}
    answer = httpx2.post(f"{gateway.url}/api/notifications", content=body, headers=headers)
    assert answer.status_code == 400


def test_what_is_too_large_is_refused(gateway: Server) -> None:
    """A message that would fill the store with events is a 413."""
    assert notify(gateway, kenmerken={"x": "y" * 70_000}).status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_only_post_is_there(gateway: Server, method: str) -> None:
    """There is nothing to read or change: other methods are 405, with the one that there is."""
    answer = httpx2.request(method, f"{gateway.url}/api/notifications", json={})
    assert answer.status_code == 405
    assert sorted(answer.headers["allow"].split(", ")) == ["OPTIONS", "POST"]


def test_it_needs_the_right_to_write(server_factory: StartServer) -> None:
    """Without credentials a notification is a 401: events are not for anybody to make (W7)."""
    server = server_factory(durability="fast")
    assert notify(server).status_code == 401

"""Members that no schema declares: refused, left out or kept, as the endpoint says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import StartServer

BASE = "https://example.nl/unknown."
BODY: dict[str, Any] = {
    "name": "x",
    "colour": "red",
    "place": {"street": "Lane", "planet": "Mars", "geo": {"lat": 1, "height": 3}},
    "tags": [{"text": "a", "size": 1}, {"text": "b"}],
    "parts": [{"serial": "1", "weight": 5, "maker": {"name": "M", "age": 3}}],
}
PLACE = {
    "type": "object",
    "properties": {
        "street": {"type": "string"},
        "geo": {"type": "object", "properties": {"lat": {"type": "number"}}},
    },
}
TAGS = {"type": "array", "items": {"type": "object", "properties": {"text": {"type": "string"}}}}
THING = {
    "$id": f"{BASE}thing.json",
    "title": "Thing",
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 5},
        "place": PLACE,
        "tags": TAGS,
        "parts": {"type": "array", "items": {"$ref": f"{BASE}part.json"}},
    },
}
MAKER = {"type": "object", "properties": {"name": {"type": "string"}}}
PART = {
    "$id": f"{BASE}part.json",
    "title": "Part",
    "type": "object",
    "properties": {"serial": {"type": "string"}, "maker": MAKER},
}


def endpoint(path: str, schema: str, **more: str) -> dict[str, str]:
    return {"$id": f"{BASE}{path}.endpoint", "reference": f"{BASE}{schema}.json", "path": path, **more}


MANIFEST = {
    "name": "Unknown",
    "collections": [
        {"$id": f"{BASE}collection", "prefix": "u", "schemaPrefix": BASE, "unknownProperties": "ignore"}
    ],
    "endpoints": {
        "schemas": [
            endpoint("ignoring", "thing"),
            endpoint("storing", "thing", unknownProperties="store"),
            endpoint("rejecting", "thing", unknownProperties="reject"),
            endpoint("parts", "part"),
        ]
    },
}


@pytest.fixture(scope="module")
def client(server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A gateway with one schema under three endpoints, of which one follows its collection."""
    folder: Path = tmp_path_factory.mktemp("unknown")
    (folder / "schemas").mkdir()
    (folder / "installation.json").write_text(json.dumps(MANIFEST))
    for name, schema in (("thing", THING), ("part", PART)):
        (folder / "schemas" / f"{name}.json").write_text(json.dumps(schema))
    server = server_factory(demo="true", durability="fast", bundles=str(folder))
    with httpx2.Client(base_url=f"{server.url}/api/u", timeout=30) as made:
        yield made


def test_ignored_members_are_not_kept(client: httpx2.Client) -> None:
    """They are in no answer, at no depth, of the object or its parts, nor shown by another endpoint."""
    made = client.post("/ignoring", json=BODY)
    assert made.status_code == 201, made.text
    answers = [made.text, client.get(f"/storing/{made.json()['id']}").text]
    answers.append(client.get(f"/parts/{made.json()['parts'][0]}").text)
    for word in ("colour", "planet", "height", "size", "weight", "age"):
        assert all(f'"{word}"' not in answer for answer in answers)
    assert made.json()["place"] == {"street": "Lane", "geo": {"lat": 1}}
    assert made.json()["tags"] == [{"text": "a"}, {"text": "b"}]


def test_a_change_does_not_bring_them_in(client: httpx2.Client) -> None:
    """PATCH and PUT leave them out as POST does."""
    path = f"/ignoring/{client.post('/ignoring', json={'name': 'x'}).json()['id']}"
    for answer in (client.patch(path, json=BODY), client.put(path, json=BODY)):
        assert answer.status_code == 200, answer.text
        assert "colour" not in answer.json()
        assert "planet" not in answer.json()["place"]


def test_other_faults_count_beside_ignored_members(client: httpx2.Client) -> None:
    """What is declared is still checked."""
    answer = client.post("/ignoring", json={**BODY, "name": "too long"})
    assert answer.status_code == 400
    assert [each["name"] for each in answer.json()["invalidParams"]] == ["name"]


def test_stored_members_come_back(client: httpx2.Client) -> None:
    """With ``store`` they are kept as they were sent, inside objects too."""
    made = client.post("/storing", json=BODY)
    assert made.status_code == 201, made.text
    shown = client.get(f"/storing/{made.json()['id']}").json()
    assert shown["colour"] == "red"
    assert shown["place"] == BODY["place"]
    assert shown["tags"] == BODY["tags"]


def test_an_endpoint_may_refuse_what_its_collection_ignores(client: httpx2.Client) -> None:
    """The endpoint's own word counts."""
    answer = client.post("/rejecting", json=BODY)
    assert answer.status_code == 400
    assert {each["name"] for each in answer.json()["invalidParams"]} >= {"colour", "place.planet"}

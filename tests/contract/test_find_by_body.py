"""A list asked with the query in the body of a POST, so that nothing personal stands in a URL."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import Server, StartServer

ROOT = Path(__file__).parents[2]
PARTIJEN = "/api/kic/v1/partijen"
KLANTEN = ("/api/kic/v1/klanten", "/api/klanten")
NUMBER = "999993033"
BASE = "https://example.nl/find."


@pytest.fixture(scope="module")
def numbers(demo_server: Server) -> list[str]:
    """Two partijen of a name that nobody else has, one of them with a BSN; their ids."""
    identity = {"partijIdentificator": {"objecttype": "p", "soortObjectId": "bsn", "objectId": NUMBER}}
    bodies: list[dict[str, Any]] = [
        {"persoon": {"voornaam": "Find", "achternaam": "Bodyman"}, "externeIdentificaties": [identity]},
        {"persoon": {"voornaam": "Seek", "achternaam": "Bodyman"}},
    ]
    found = []
    with httpx2.Client(base_url=demo_server.url, timeout=30) as client:
        for body in bodies:
            answer = client.post(PARTIJEN, json={"soortPartij": "persoon", **body})
            assert answer.status_code == 201, answer.text
            found.append(answer.json()["id"])
    return found


def ids(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["results"]]


SAME = [
    ({"persoon.achternaam": "Bodyman"}, "persoon.achternaam=Bodyman"),
    ({"persoon": {"achternaam": {"like": "bodym"}}}, "persoon.achternaam[like]=bodym"),
    ({"persoon.achternaam[like]": "bodym", "_order": "-persoon.voornaam"},
     "persoon.achternaam[like]=bodym&_order=-persoon.voornaam"),
    ({"persoon.voornaam": ["Find", "Seek"], "limit": 1},
     "persoon.voornaam=Find&persoon.voornaam=Seek&limit=1"),
    ({"persoon.achternaam": "Bodyman", "externeIdentificaties": None},
     "persoon.achternaam=Bodyman&externeIdentificaties=IS NULL"),
    ({"persoon.achternaam": "Bodyman", "_order": {"persoon.voornaam": "desc"}, "_fields": ["nummer"]},
     "persoon.achternaam=Bodyman&_order[persoon.voornaam]=desc&_fields=nummer"),
    ({"_search": "bodyman"}, "_search=bodyman"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "query"), SAME)
@pytest.mark.parametrize("word", ["_find", "_zoek"])
def test_a_body_asks_what_a_url_asks(
    api: httpx2.Client, numbers: list[str], body: dict[str, Any], query: str, word: str
) -> None:
    """Dotted names, nested and bracketed operators, lists, null and the gateway's words mean the same."""
    asked = api.post(f"{PARTIJEN}/{word}", json=body)
    assert asked.json() == api.get(f"{PARTIJEN}?{query}").json()
    assert set(ids(asked)) <= set(numbers)
    assert ids(asked)


@pytest.mark.parametrize("path", KLANTEN)
def test_a_facade_is_asked_in_its_own_names(api: httpx2.Client, numbers: list[str], path: str) -> None:
    """Behind mappings the body holds the names that its clients write, under each prefix."""
    body = {"subjectIdentificatie.inpBsn": NUMBER, "_limit": 5}
    assert ids(api.post(f"{path}/_zoek", json=body)) == numbers[:1]
    nested = {"embedded": {"subjectIdentificatie": {"inpBsn": NUMBER}}}
    assert api.post(f"{path}/_find", json=nested).status_code in (200, 400)
    unknown = api.post(f"{path}/_zoek", json={"burgerservicenummer": NUMBER})
    assert unknown.status_code == 400
    assert "message" in unknown.json()
    assert NUMBER not in unknown.text


def test_page_and_shape_may_stand_in_the_url(api: httpx2.Client, numbers: list[str]) -> None:
    """Filters may not, and nothing may stand in both."""
    body = {"persoon.achternaam": "Bodyman"}
    paged = api.post(f"{PARTIJEN}/_find?_limit=1&page=2", json=body)
    assert ids(paged) == numbers[1:]
    assert paged.json()["total"] == 2
    for query in ("persoon.voornaam=Find", "_order=nummer", "_search=x"):
        assert api.post(f"{PARTIJEN}/_find?{query}", json=body).status_code == 400
    assert api.post(f"{PARTIJEN}/_find?_limit=1", json={**body, "_limit": 2}).status_code == 400
    assert api.post(f"{PARTIJEN}/_find?_limit=1", json={**body, "limit": 2}).status_code == 400


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400), (b"[]", 400), (b'"x"', 400), (b'{"onbekend": 1}', 400), (b'{"nummer[": 1}', 400),
        (b'{"nummer": {"like": {"x": 1}}}', 400), (b'{"nummer": [[1]]}', 400), (b'{"nummer": {}}', 400),
        (b'{"nummer": 1, "nummer[]": 2}', 400), (b'{"": 1}', 400), (b'{"_limit": true}', 400),
        (b'{"nummer":' + b'{"a":' * 40 + b"1" + b"}" * 41, 413), (b"{}", 200),
    ],
)  # fmt: skip
def test_a_body_that_asks_nothing_sensible(api: httpx2.Client, content: bytes, status: int) -> None:
    """Is refused with a sentence; an empty object asks for everything."""
    headers = {"content-type": "application/json"}
    answer = api.post(f"{PARTIJEN}/_zoek", content=content, headers=headers)
    assert answer.status_code == status, answer.text


def test_only_post_applies(api: httpx2.Client) -> None:
    """Other methods are 405 with the one that does, also where an id may stand in the query."""
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        for query in ("", "?id=b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11"):
            answer = api.request(method, f"{PARTIJEN}/_zoek{query}")
            assert answer.status_code == 405
            assert answer.headers["allow"] == "OPTIONS, POST"


def test_it_needs_to_read_only(server_factory: StartServer, tmp_path: Path) -> None:
    """An application that may only read may ask so; one without credentials may not."""
    server = server_factory(durability="fast", store=f"sqlite:///{tmp_path}/scopes.db")
    command = [sys.executable, "-m", "gateway_core.cli.main", "app", "add", "reader", "--scope", "read"]
    made = subprocess.run(
        command, cwd=ROOT, env=server.environment, capture_output=True, text=True, check=True
    )
    key = made.stdout.split("api key:")[1].split()[0]
    time.sleep(1)  # the gateway looks for changes now and then
    url = f"{server.url}{PARTIJEN}/_find"
    assert httpx2.post(url, json={}, headers={"x-api-key": key}).status_code == 200
    assert httpx2.post(f"{server.url}{PARTIJEN}", json={}, headers={"x-api-key": key}).status_code == 403
    assert httpx2.post(url, json={}).status_code == 401


def test_the_log_knows_the_route_only(api: httpx2.Client, demo_server: Server, numbers: list[str]) -> None:
    """The line of such a request names the path, and nothing of the body."""
    assert api.post(f"{PARTIJEN}/_zoek", json={"_search": NUMBER}).status_code == 200
    time.sleep(1)  # lines are written together
    log = demo_server.log.read_text()
    assert f'"{PARTIJEN}/_find"' in log
    assert NUMBER not in log


def test_the_api_document_has_it(api: httpx2.Client) -> None:
    """Under the word of the collection, with the parameters of the list as members of the body."""
    paths = api.get("/openapi.json").json()["paths"]
    listed = {name for name in paths if name.endswith("/_zoek")}
    assert {f"{KLANTEN[0]}/_zoek", f"{KLANTEN[1]}/_zoek", f"{PARTIJEN}/_zoek"} <= listed
    assert not [name for name in paths if name.endswith("/_find")]
    body = paths[f"{KLANTEN[0]}/_zoek"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"].keys() >= {"achternaam", "subjectIdentificatie.inpBsn", "_limit"}


THING = {
    "$id": f"{BASE}thing.json",
    "title": "Thing",
    "type": "object",
    "properties": {
        "number": {"type": "string", "format": "bsn"},
        "note": {"type": "string"},
        "hidden": {"type": "string", "x-sensitive": True},
    },
}


def manifest(**collection: Any) -> dict[str, Any]:
    ends = {"$id": f"{BASE}end", "reference": THING["$id"], "path": "things"}
    return {
        "name": "Find",
        "collections": [{"$id": f"{BASE}all", "prefix": "f", "schemaPrefix": BASE, **collection}],
        "endpoints": {"schemas": [ends]},
    }


@pytest.fixture(scope="module")
def guarded(server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A gateway whose collection wants no personal data in URLs."""
    folder: Path = tmp_path_factory.mktemp("find")
    (folder / "schemas").mkdir()
    (folder / "installation.json").write_text(json.dumps(manifest(filtersInUrl="refuse-sensitive")))
    (folder / "schemas" / "thing.json").write_text(json.dumps(THING))
    server = server_factory(demo="true", durability="fast", bundles=str(folder))
    with httpx2.Client(base_url=f"{server.url}/api/f", timeout=30) as made:
        assert made.post("/things", json={"number": "999993653", "note": "x"}).status_code == 201
        yield made


@pytest.mark.parametrize(
    "query",
    [
        {"number": "999993653"}, {"number[like]": "9999"}, {"hidden": "x"}, {"number[in]": "999993653"},
        {"_search": "999993653"}, {"_search[number]": "999993653"}, {"number[ne]": "x"},
    ],
)  # fmt: skip
def test_personal_data_is_refused_in_a_url(guarded: httpx2.Client, query: dict[str, str]) -> None:
    """Where a collection is configured so, a BSN is asked for in a body only, and the refusal says how."""
    refused = guarded.get("/things", params=query)
    assert refused.status_code == 400
    assert "_find" in refused.json()["detail"]
    assert "999993653" not in refused.text
    assert guarded.post("/things/_find", json=query).status_code == 200


def test_other_filters_stay_in_the_url(guarded: httpx2.Client) -> None:
    """Members that are no personal data, orders and null tests are asked as ever."""
    for query in ("note=x", "_search[note]=x", "number=IS NOT NULL", "_order=number"):
        answer = guarded.get(f"/things?{query}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["total"] == 1
    assert guarded.post("/things/_find", json={"number": "999993653"}).json()["total"] == 1
    assert guarded.post("/things/_zoek", json={}).status_code in (404, 405)

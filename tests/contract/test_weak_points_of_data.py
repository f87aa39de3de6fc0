"""Weak points of the original in what it keeps, shown absent over HTTP.

docs/reference/compared-with-the-original.md is the table: number, behaviour there, behaviour here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from gateway_process import StartServer

BASE = "https://example.com/data/"
LISTS, ITEMS = "/api/data/lists", "/api/data/items"

ITEM = {
    "$id": f"{BASE}item.schema.json",
    "title": "Item",
    "type": "object",
    "required": ["text"],
    "properties": {
        "text": {"type": "string", "x-index": True},
        "count": {"type": "integer"},
        "number": {"type": "integer", "x-generate": "sequence"},
    },
}
LIST = {
    "$id": f"{BASE}list.schema.json",
    "title": "List",
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "items": {"type": "array", "items": {"$ref": f"{BASE}item.schema.json", "x-cascadeDelete": True}},
        "lead": {"$ref": f"{BASE}item.schema.json"},
    },
}
MANIFEST = {
    "name": "Data",
    "collections": [{"$id": f"{BASE}data.collection.json", "prefix": "data", "schemaPrefix": BASE}],
    "endpoints": {
        "schemas": [
            {
                "$id": f"{BASE}{name}s.endpoint.json",
                "reference": f"{BASE}{name}.schema.json",
                "path": f"{name}s",
            }
            for name in ("list", "item")
        ]
    },
}


@pytest.fixture(scope="module")
def data(server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A client of a gateway that keeps lists and their items."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "schemas").mkdir()
    (folder / "installation.json").write_text(json.dumps(MANIFEST))
    for name, schema in (("list", LIST), ("item", ITEM)):
        (folder / "schemas" / f"{name}.schema.json").write_text(json.dumps(schema))
    server = server_factory(demo="true", durability="fast", bundles=str(folder))
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        yield client


def make(api: httpx2.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def ok(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


class TestW16Parts:
    def test_a_list_is_what_was_sent(self, data: httpx2.Client) -> None:
        """A PATCH with a list replaces the list, unless the endpoint is configured to add to it; elements
        that are the same stay the same objects."""
        made = make(data, LISTS, name="l", items=[{"text": "a"}, {"text": "b"}])
        a, b = made["items"]
        after = ok(data.patch(f"{LISTS}/{made['id']}", json={"items": [{"text": "b"}, {"text": "c"}]}))
        assert after["items"][0] == b
        assert [each["text"] for each in after["embedded"]["items"]] == ["b", "c"]
        assert data.get(f"{ITEMS}/{a}").status_code == 404

    def test_a_replacement_and_a_removal_leave_no_orphans(self, data: httpx2.Client) -> None:
        """What only the object held goes with a PUT and with a DELETE; what others refer to stays."""
        made = make(data, LISTS, name="l", items=[{"text": "a"}, {"text": "b"}])
        a, b = made["items"]
        other = make(data, LISTS, name="m", lead=b)
        ok(data.put(f"{LISTS}/{made['id']}", json={"name": "l", "items": [b, {"text": "c"}]}))
        (_, c) = ok(data.get(f"{LISTS}/{made['id']}"))["items"]
        assert data.get(f"{ITEMS}/{a}").status_code == 404
        assert data.delete(f"{LISTS}/{made['id']}").status_code == 204
        assert data.get(f"{ITEMS}/{c}").status_code == 404
        assert ok(data.get(f"{LISTS}/{other['id']}"))["embedded"]["lead"]["id"] == b

    def test_a_whole_document_does_not_change_a_shared_object(self, data: httpx2.Client) -> None:
        """A PUT that holds a related object with other content makes another object; only a PATCH of a
        single related object, or its ``_id``, means the one that is there."""
        shared = make(data, ITEMS, text="shared")["id"]
        first, second = (make(data, LISTS, name=name, lead=shared)["id"] for name in "ab")
        after = ok(data.put(f"{LISTS}/{first}", json={"name": "a", "lead": {"text": "own"}}))
        assert after["lead"] != shared
        assert ok(data.get(f"{LISTS}/{second}"))["embedded"]["lead"]["text"] == "shared"
        ok(data.patch(f"{LISTS}/{second}", json={"lead": {"text": "patched"}}))
        assert ok(data.get(f"{ITEMS}/{shared}"))["text"] == "patched"


def test_w17_references_are_resolved_in_the_answer(data: httpx2.Client) -> None:
    """A uuid, a path and a URL are the object in the answer to the POST itself, and are found at once."""
    item = make(data, ITEMS, text="linked")["id"]
    for reference in (item, f"{ITEMS}/{item}", f"https://elsewhere.example/{ITEMS}/{item}"):
        name = uuid.uuid4().hex
        made = make(data, LISTS, name=name, lead=reference, items=[{"text": name}])
        assert (made["lead"], made["embedded"]["lead"]["text"]) == (item, "linked")
        found = ok(data.get(f"{LISTS}?items.text={name}&lead={item}"))
        assert [each["id"] for each in found["results"]] == [made["id"]]
    refused = data.post(LISTS, json={"name": "x", "lead": str(uuid.uuid4())})
    assert (refused.status_code, refused.json()["invalidParams"][0]["code"]) == (400, "not-found")


def test_w18_what_is_embedded_is_what_is_there(data: httpx2.Client) -> None:
    """There is no copy: an object changed by itself is shown and found changed in all that embed it."""
    item = make(data, ITEMS, text="old")["id"]
    lists = [make(data, LISTS, name="l", lead=item, items=[item])["id"] for _ in range(3)]
    tags = [data.get(f"{LISTS}/{id}").headers["etag"] for id in lists]
    new = uuid.uuid4().hex
    ok(data.patch(f"{ITEMS}/{item}", json={"text": new}))
    for id, tag in zip(lists, tags, strict=True):
        answer = data.get(f"{LISTS}/{id}", headers={"if-none-match": f"{tag}"})
        assert ok(answer)["embedded"]["lead"]["text"] == new
        assert answer.json()["embedded"]["items"][0]["text"] == new
    found = ok(data.get(f"{LISTS}?lead.text={new}"))
    assert sorted(each["id"] for each in found["results"]) == sorted(lists)
    assert all(each["embedded"]["lead"]["text"] == new for each in found["results"])


def test_w26_every_change_leaves_its_version(data: httpx2.Client) -> None:
    """POST, PUT, PATCH, DELETE and bringing back are all told, each with the values that held, and no
    request can change what is told."""
    path = f"{LISTS}/{make(data, LISTS, name='posted')['id']}"
    ok(data.put(path, json={"name": "put"}))
    ok(data.patch(path, json={"name": "patched"}))
    assert data.delete(path).status_code == 204
    ok(data.post(f"{path}/versions", json={"version": 1}))
    listed = ok(data.get(f"{path}/versions"))["results"]
    assert [each["version"] for each in listed] == [4, 3, 2, 1]
    assert all(each["author"] == "demo" and each["dateModified"] for each in listed)
    names = [ok(data.get(each["path"]))["name"] for each in listed]
    assert names == ["posted", "patched", "put", "posted"]
    for method in ("PUT", "PATCH", "DELETE"):
        assert data.request(method, f"{path}/versions", json={"author": "x"}).status_code == 405
        assert data.request(method, f"{path}/versions/1", json={"author": "x"}).status_code == 404
        assert data.request(method, f"{path}?_version=1", json={"name": "x"}).status_code == 400
    assert ok(data.get(f"{path}/versions"))["results"] == listed


class TestW45Races:
    def test_no_change_of_many_is_lost(self, data: httpx2.Client) -> None:
        """Clients that read, add one and write with If-Match count to the very number of their successes;
        without a condition, changes of different members all hold."""
        path = f"{ITEMS}/{make(data, ITEMS, text='counter', count=0)['id']}"

        def add(_: int) -> None:
            while True:
                answer = data.get(path)
                tag, count = answer.headers["etag"], answer.json()["count"]
                done = data.patch(path, json={"count": count + 1}, headers={"if-match": tag})
                if done.status_code == 200:
                    return
                assert done.status_code in (409, 412)

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(add, range(30)))
        after = ok(data.get(path))
        assert (after["count"], after["_self"]["version"]) == (30, 31)

    def test_parts_that_are_added_at_once_are_all_there(self, data: httpx2.Client) -> None:
        """An object, its parts and the number given out are one transaction: no number comes twice."""
        with ThreadPoolExecutor(6) as pool:
            made = list(pool.map(lambda n: make(data, LISTS, name=str(n), items=[{"text": "x"}]), range(24)))
        numbers = [each["embedded"]["items"][0]["number"] for each in made]
        assert len(set(numbers)) == 24

    def test_an_object_is_removed_once(self, data: httpx2.Client) -> None:
        """Of those that remove it at the same moment one does; the others find nothing there."""
        path = f"{LISTS}/{make(data, LISTS, name='l', items=[{'text': 'x'}])['id']}"
        with ThreadPoolExecutor(6) as pool:
            answers = sorted(pool.map(lambda _: data.delete(path).status_code, range(6)))
        assert answers == [204, *[404] * 5]
        assert [each["removed"] for each in ok(data.get(f"{path}/versions"))["results"]] == [True]

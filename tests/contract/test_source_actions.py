"""Actions on sources behind a real gateway: filling at reading, calling, synchronizing, and the clock."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import stub_server
from gateway_process import ROOT, Server, StartServer
from stub_server import Heard, Said, always, serving

BASE = "https://example.nl/acting."
BSN = "999993653"
TEXT = {"type": "string"}


def schema(name: str, /, **properties: Any) -> dict[str, Any]:
    return {"$id": f"{BASE}{name}.json", "title": name.title(), "type": "object", "properties": properties}


def action(
    name: str, handler: str, listens: str, configuration: dict[str, Any], **more: Any
) -> dict[str, Any]:
    return {
        "$id": f"{BASE}{name}.action.json",
        "title": name,
        "handler": handler,
        "listens": [listens],
        "configuration": configuration,
        **more,
    }


def endpoint(path: str, name: str, **more: Any) -> dict[str, Any]:
    return {"$id": f"{BASE}{path}.endpoint", "reference": f"{BASE}{name}.json", "path": path, **more}


MANIFEST = {
    "name": "Acting",
    "collections": [{"$id": f"{BASE}c", "prefix": "a", "schemaPrefix": BASE}],
    "endpoints": {
        "schemas": [
            endpoint("people", "person", throws=["people.seen"]),
            endpoint("pets", "pet"),
            endpoint("weather", "pet", throws=["weather.asked"]),
            endpoint("orders", "order"),
            endpoint("looked", "order", throws=["pet.looked"]),
            {
                "$id": f"{BASE}notified.endpoint",
                "path": "notified",
                "collection": f"{BASE}c",
                "throws": ["pet.notified"],
                "receives": {"identity": ["url", "at"]},
            },
        ]
    },
}
REGISTER = {
    "register": "https://brp.example",
    "source": f"{BASE}brp.source.json",
    "method": "POST",
    "path": "/personen",
    "body": {"type": "RaadpleegMetBurgerservicenummer", "burgerservicenummer": ["{objectId}"]},
    "mapping": f"{BASE}person.mapping.json",
}
FILES: dict[str, Any] = {
    "installation.json": MANIFEST,
    "schemas/person.json": schema("person", name=TEXT, known={"$ref": f"{BASE}known.json"}),
    "schemas/known.json": schema("known", register=TEXT, objecttype=TEXT, objectId=TEXT),
    "schemas/pet.json": schema("pet", name={**TEXT, "minLength": 1}, kind=TEXT, note=TEXT),
    "schemas/order.json": schema("order", what=TEXT, number=TEXT),
    "mappings/person.mapping.json": {
        "$id": f"{BASE}person.mapping.json",
        "passTrough": False,
        "mapping": {"surname": "personen.0.naam"},
    },
    "mappings/pet.mapping.json": {
        "$id": f"{BASE}pet.mapping.json",
        "passTrough": False,
        "mapping": {"name": "naam", "kind": "soort"},
    },
    "mappings/order.mapping.json": {
        "$id": f"{BASE}order.mapping.json",
        "passTrough": False,
        "mapping": {"wanted": "{{ object.what }}"},
    },
    "mappings/answer.mapping.json": {
        "$id": f"{BASE}answer.mapping.json",
        "passTrough": False,
        "mapping": {"number": "nr"},
    },
    "actions/fill.json": action(
        "fill",
        "extend",
        "people.seen",
        {"schema": f"{BASE}known.json", "registers": [REGISTER], "seconds": 1},
        **{"async": False},
    ),
    "actions/weather.json": action(
        "weather",
        "proxy",
        "weather.asked",
        {"source": f"{BASE}brp.source.json", "path": "/weather"},
        **{"async": False},
    ),
    "actions/order.json": action(
        "order",
        "call",
        "gateway.object.created",
        {
            "source": f"{BASE}brp.source.json",
            "path": "/orders/{id}",
            "mapping": f"{BASE}order.mapping.json",
            "store": f"{BASE}answer.mapping.json",
        },
        schemas=[f"{BASE}order.json"],
    ),
    "actions/sync.json": action(
        "pets-in",
        "synchronize",
        "pets.wanted",
        {
            "source": f"{BASE}pets.source.json",
            "schema": f"{BASE}pet.json",
            "path": "/list",
            "query": {"size": 2},
            "id": "nr",
            "mapping": f"{BASE}pet.mapping.json",
            "paging": "page",
            "deleteVanished": True,
        },
    ),
    "actions/short.json": action(
        "short-in",
        "synchronize",
        "short.wanted",
        {
            "source": f"{BASE}brp.source.json",
            "schema": f"{BASE}pet.json",
            "path": "/short",
            "id": "nr",
            "mapping": f"{BASE}pet.mapping.json",
            "paging": "page",
            "detail": "/short/{id}",
            "changed": "at",
        },
    ),
    "actions/fetch.json": action(
        "pet-fetched",
        "fetch",
        "pet.notified",
        {
            "url": "body.url",
            "schema": f"{BASE}pet.json",
            "item": "result",
            "mapping": f"{BASE}pet.mapping.json",
        },
    ),
    "actions/looked.json": action(
        "pet-looked",
        "fetch",
        "pet.looked",
        {"url": "body.url", "schema": f"{BASE}pet.json"},
        **{"async": False},
    ),
    "actions/old.json": {
        "$id": f"{BASE}old-in.action.json",
        "$schema": "https://docs.commongateway.nl/schemas/Action.schema.json",
        "title": "old-in",
        "listens": ["old.wanted"],
        "conditions": {"==": [1, 1]},
        "class": "App\\ActionHandler\\SynchronizationCollectionHandler",
        "configuration": {
            "source": f"{BASE}brp.source.json",
            "entity": f"{BASE}pet.json",
            "location": "/old",
            "apiSource": {
                "location": {
                    "objects": "data.list",
                    "object": "#",
                    "idField": "key",
                    "dateChangedField": "at",
                },
                "sourcePaginated": True,
                "mappingIn": {"name": "acf.title", "kind": "acf.kind"},
                "mappingOut": [],
                "skeletonIn": [],
                "collectionDelete": True,
            },
        },
    },
    "cronjobs/pets.json": {
        "$id": f"{BASE}pets.cronjob.json",
        "title": "pets-each-minute",
        "crontab": "0 0 1 1 *",
        "throws": ["pets.wanted"],
    },
}


@pytest.fixture(scope="module")
def stub() -> Iterator[stub_server.Stub]:
    with serving(always(200, {})) as server:
        yield server


@pytest.fixture(scope="module")
def server(
    stub: stub_server.Stub, server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> Server:
    folder = tmp_path_factory.mktemp("acting")
    sources = {
        f"sources/{name}.json": {
            "$id": f"{BASE}{name}.source.json",
            "title": name,
            "url": f"{stub.url}/{name}",
            "retries": 0,
            "breaker": {"failures": 1000},
        }
        for name in ("brp", "pets")
    }
    for name, content in {**FILES, **sources}.items():
        path = Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    return server_factory(
        demo="true", bundles=str(folder), outgoing_allow=f"127.0.0.1:{stub.port}", durability="fast"
    )


@pytest.fixture
def api(server: Server, stub: stub_server.Stub) -> httpx2.Client:
    stub.heard.clear()
    stub.script = always(200, {})
    return server.client()


def until(found: Callable[[], Any]) -> Any:
    """What is found in the end: workers beside the requests take their time."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come")


def command(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway_core.cli.main", *words],
        env=server.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestExtend:
    @pytest.fixture
    def person(self, api: httpx2.Client) -> str:
        known = {"register": "https://brp.example", "objecttype": "ingeschrevenpersonen", "objectId": BSN}
        return str(api.post("/api/a/people", json={"name": "n", "known": known}).json()["id"])

    def test_a_reference_is_filled_when_asked(
        self, person: str, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """With ``_extend`` what the register says stands beside the reference; the number went in a body."""
        stub.script = always(200, {"personen": [{"naam": "Moulin"}]})
        plain = api.get(f"/api/a/people/{person}").json()
        assert "object" not in json.dumps(plain["embedded"]["known"].get("object", {}))
        assert stub.heard == []
        filled = api.get(f"/api/a/people/{person}?_extend=known").json()
        assert filled["embedded"]["known"]["object"] == {"surname": "Moulin"}
        (heard,) = stub.heard
        assert (heard.method, heard.path) == ("POST", "/brp/personen")
        assert heard.json["burgerservicenummer"] == [BSN]
        assert BSN not in heard.path

    def test_one_register_is_asked_once_for_one_object(
        self, person: str, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """On a page the same reference is asked for once."""
        stub.script = always(200, {"personen": [{"naam": "Moulin"}]})
        known = {"register": "https://brp.example", "objecttype": "ingeschrevenpersonen", "objectId": BSN}
        api.post("/api/a/people", json={"name": "m", "known": known})
        page = api.get("/api/a/people?_extend=known&known.objectId=" + BSN).json()
        assert page["count"] >= 2
        assert all(each["embedded"]["known"]["object"] for each in page["results"])
        assert len(stub.heard) == 1

    @pytest.mark.parametrize(
        "said",
        [
            Said(500, {}),
            Said(404, {}),
            Said(200, b"<<"),
            Said(wire=lambda _, stopping: stopping.wait(20)),
        ],
    )
    def test_a_register_that_is_down_leaves_the_answer(
        self, said: Said, person: str, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """The answer is there, with a warning that names the source and no number."""
        stub.script = lambda _: said
        answer = api.get(f"/api/a/people/{person}?_extend=known")
        body = answer.json()
        assert answer.status_code == 200
        assert body["embedded"]["known"]["objectId"] == BSN
        assert "object" not in body["embedded"]["known"]
        (warning,) = body["_warnings"]
        assert warning["source"] == "brp"
        assert BSN not in json.dumps(warning)


class TestCallAndProxy:
    def test_a_read_is_answered_by_a_source(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """``proxy`` answers with what the source says to the same query."""
        stub.script = always(200, {"weather": "rain"})
        assert api.get("/api/a/weather?kind=dog").json() == {"weather": "rain"}
        assert stub.heard[0].path == "/brp/weather?kind=dog"

    def test_an_event_calls_a_source_and_keeps_its_answer(
        self, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """``call`` sends what a mapping makes of the object, and merges what another makes of the answer."""
        answers = iter([Said(503, {})])
        stub.script = lambda _: next(answers, Said(200, {"nr": "7"}))
        order = api.post("/api/a/orders", json={"what": "soap"}).json()["id"]
        until(lambda: api.get(f"/api/a/orders/{order}").json()["number"] == "7")
        heard = [each for each in stub.heard if each.path == f"/brp/orders/{order}"]
        assert heard[-1].json == {"wanted": "soap"}
        assert len({each.headers["idempotency-key"] for each in heard}) == 1
        assert len(heard) >= 2  # the first one failed, and it was tried again


class Herd:
    """A source with pages of two."""

    def __init__(self, *pets: dict[str, Any]) -> None:
        self.pets = list(pets)

    def __call__(self, heard: Heard) -> Said:
        page = int(heard.path.rpartition("page=")[2])
        return Said(200, {"results": self.pets[2 * page - 2 : 2 * page], "count": len(self.pets)})


def pet(number: int, name: str, kind: str = "cat") -> dict[str, Any]:
    return {"nr": number, "naam": name, "soort": kind}


class TestSynchronize:
    def names(self, api: httpx2.Client) -> list[str]:
        return sorted(each["name"] for each in api.get("/api/a/pets?_limit=100").json()["results"])

    def test_by_command(self, server: Server, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """All pages come in; what is the same is not written, what changed is, what vanished goes."""
        own = api.post("/api/a/pets", json={"name": "own"}).json()["id"]
        herd = Herd(*(pet(n, f"p{n}") for n in range(1, 6)))
        stub.script = herd
        done = command(server, "source", "sync", "pets-in")
        assert done.returncode == 0, done.stderr
        assert "5 objects on 3 pages: 5 created, 0 changed, 0 unchanged, 0 removed, 0 failed" in done.stderr
        assert stub.heard[0].path == "/pets/list?size=2&page=1"
        assert self.names(api) == ["own", "p1", "p2", "p3", "p4", "p5"]
        item = api.get("/api/a/pets?name=p2").json()["results"][0]
        api.patch(f"/api/a/pets/{item['id']}", json={"note": "ours"})
        herd.pets[1], herd.pets[4] = pet(2, "q2"), pet(6, "p6")
        done = command(server, "source", "sync", "pets")  # by its source, of which it is the only one
        assert "1 created, 1 changed, 3 unchanged, 1 removed, 0 failed" in done.stderr
        assert self.names(api) == ["own", "p1", "p3", "p4", "p6", "q2"]
        again = api.get(f"/api/a/pets/{item['id']}").json()
        assert (again["name"], again["note"]) == ("q2", "ours")
        assert api.get(f"/api/a/pets/{own}").status_code == 200

    def test_what_cannot_be_kept_is_told(
        self, server: Server, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """An object that its schema refuses is told by its place, the others come in, nothing is removed."""
        stub.script = Herd(pet(11, "a"), pet(12, ""), {"naam": BSN}, pet(13, "b"))
        done = command(server, "source", "sync", "pets-in")
        assert done.returncode == 1
        assert "2 created, 0 changed, 0 unchanged, 0 removed, 2 failed" in done.stderr
        assert "page 1, number 2: the document has 1 error (name: minLength)" in done.stderr
        assert "page 2, number 1: it has no id at 'nr'" in done.stderr
        assert BSN not in done.stderr

    def test_a_source_that_breaks_off(
        self, server: Server, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """What came in stays, nothing is removed, and the next run does the rest."""
        herd = Herd(*(pet(n, f"r{n}") for n in range(21, 25)))
        stub.script = lambda heard: herd(heard) if "page=1" in heard.path else Said(500, {})
        done = command(server, "source", "sync", "pets-in")
        assert done.returncode == 1
        assert "source 'pets': it answered 500" in done.stderr
        assert {"r21", "r22", "q2"} <= set(self.names(api))
        stub.script = herd
        stub.heard.clear()
        done = command(server, "source", "sync", "pets-in")
        assert "this went on where the last run broke off" in done.stderr
        assert "2 objects on 1 pages: 2 created, 0 changed, 0 unchanged, 0 removed" in done.stderr
        assert [heard.path for heard in stub.heard] == [
            "/pets/list?size=2&page=2",
            "/pets/list?size=2&page=3",
        ]
        assert "q2" in self.names(api), "only a run of all pages removes"
        done = command(server, "source", "sync", "pets-in")
        assert "this went on" not in done.stderr
        assert ", 4 unchanged, " in done.stderr
        assert self.names(api) == ["own", "r21", "r22", "r23", "r24"]

    def test_a_place_that_is_gone_is_not_tried_for_ever(self, server: Server, stub: stub_server.Stub) -> None:
        """Where a run broke off there may be nothing any more: the run after the next begins anew."""
        herd = Herd(*(pet(n, f"q{n}") for n in range(51, 55)))
        stub.script = lambda heard: herd(heard) if "page=1" in heard.path else Said(404, {})
        for asked in ("page=1", "page=2", "page=1"):
            stub.heard.clear()
            assert command(server, "source", "sync", "pets-in").returncode == 1
            assert asked in stub.heard[0].path
        stub.script = herd
        assert command(server, "source", "sync", "pets-in", "--page", "1").returncode == 0

    def test_what_the_source_says_again_is_not_looked_at(
        self, server: Server, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """A change that was made here stays until the source has another one; what was removed here comes
        again; and a run that is told where to begin begins there."""
        herd = Herd(*(pet(n, f"t{n}") for n in range(61, 65)))
        stub.script = herd
        command(server, "source", "sync", "pets-in")
        first, second = (api.get(f"/api/a/pets?name=t{n}").json()["results"][0]["id"] for n in (61, 62))
        api.patch(f"/api/a/pets/{first}", json={"kind": "dog"})
        api.delete(f"/api/a/pets/{second}")
        done = command(server, "source", "sync", "pets-in")
        assert "1 created, 0 changed, 3 unchanged, 0 removed" in done.stderr
        assert api.get(f"/api/a/pets/{first}").json()["kind"] == "dog"
        assert api.get(f"/api/a/pets/{second}").json()["name"] == "t62"
        herd.pets[0] = pet(61, "t61", "bird")
        assert "1 changed, 3 unchanged" in command(server, "source", "sync", "pets-in").stderr
        assert api.get(f"/api/a/pets/{first}").json()["kind"] == "bird"
        done = command(server, "source", "sync", "pets-in", "--page", "2")
        assert "2 objects on 1 pages: 0 created, 0 changed, 2 unchanged, 0 removed" in done.stderr

    def test_what_has_not_changed_is_not_asked_for(
        self, server: Server, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """Where a list tells of the last change, a detail is asked for after another one; and a run that
        breaks off in the middle of a page goes on with that page, where what came in is known already."""
        listed = [{"nr": n, "at": "2026-01-01"} for n in range(81, 85)]
        broken: set[str] = set()

        def source(heard: Heard) -> Said:
            path, _, query = heard.path.partition("?")
            number = path.rpartition("/")[2]
            if number == "short":
                page = int(query.rpartition("page=")[2])
                return Said(200, {"results": listed[2 * page - 2 : 2 * page]})
            return Said(500, {}) if number in broken else Said(200, pet(int(number), f"v{number}"))

        def details() -> list[str]:
            asked = [each.path.rpartition("/")[2] for each in stub.heard if "?" not in each.path]
            stub.heard.clear()
            return asked

        stub.script = source
        broken.add("84")
        assert "it answered 500" in command(server, "source", "sync", "short-in").stderr
        assert details() == ["81", "82", "83", "84"]
        broken.clear()
        done = command(server, "source", "sync", "short-in")
        assert "2 objects on 1 pages: 1 created, 0 changed, 1 unchanged" in done.stderr
        assert details() == ["83", "84"]
        listed[1]["at"] = "2026-01-02"
        assert "4 unchanged" in command(server, "source", "sync", "short-in").stderr
        assert details() == ["82"]
        assert [name for name in self.names(api) if name.startswith("v")] == [f"v{n}" for n in range(81, 85)]

    def test_an_action_of_common_gateway_brings_in(
        self, server: Server, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """Its form says where the list, the ids, the last changes and the values stand; the rest of what the
        source has is left, where the schema knows nothing of it."""
        herd = [
            {"key": n, "at": "2026-01-01", "acf": {"title": f"w{n}", "kind": "cat"}, "other": 1, "note": "n"}
            for n in range(91, 94)
        ]

        def source(heard: Heard) -> Said:
            page = int(heard.path.rpartition("page=")[2])
            return Said(200, {"data": {"list": herd[2 * page - 2 : 2 * page]}})

        stub.script = source
        done = command(server, "source", "sync", "old-in")
        assert "3 objects on 2 pages: 3 created" in done.stderr, done.stderr
        (found,) = api.get("/api/a/pets?name=w92").json()["results"]
        assert (found["kind"], found["note"]) == ("cat", "n")
        herd[0]["acf"], herd[1]["acf"] = {"title": "x91"}, {"title": "x92"}
        herd[1]["at"] = "2026-01-02"
        del herd[2]
        done = command(server, "source", "sync", "old-in")
        assert "0 created, 1 changed, 1 unchanged, 1 removed" in done.stderr
        assert [name for name in self.names(api) if name[0] in "wx"] == ["w91", "x92"]

    def test_an_unknown_name_is_told(self, server: Server) -> None:
        """A name that is none names those that there are."""
        done = command(server, "source", "sync", "pets-inn")
        assert done.returncode == 1
        assert "pets-in" in done.stderr

    def test_w45_runs_at_one_time_make_each_object_once(
        self, server: Server, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """Several runs at one moment bring in the same objects, each once."""
        stub.script = Herd(*(pet(n, f"s{n}") for n in range(31, 51)))
        environment, words = server.environment, ["source", "sync", "pets-in"]
        runs = [
            subprocess.Popen(
                [sys.executable, "-m", "gateway_core.cli.main", *words],
                env=environment,
                cwd=ROOT,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        told = [run.communicate(timeout=60)[1] for run in runs]
        assert any(" created" in text for text in told)
        assert all(" created" in text or "runs at this moment already" in text for text in told)
        assert [name for name in self.names(api) if name.startswith("s")] == [f"s{n}" for n in range(31, 51)]


class TestFetch:
    def told(self, api: httpx2.Client, url: Any, at: int) -> None:
        assert api.post("/api/a/notified", json={"url": url, "at": at}).status_code == 204

    def named(self, api: httpx2.Client, name: str) -> list[Any]:
        found: list[Any] = api.get(f"/api/a/pets?name={name}").json()["results"]
        return found

    def test_what_is_told_of_comes_in(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """The object of an address is asked for at its source, and is one object however often it is told of:
        what is new of it is written, what is not stays."""
        here = {"naam": "y1", "soort": "cat"}
        stub.script = lambda _: Said(200, {"result": here})
        url = f"{stub.url}/pets/one/7?full=yes&full=no"
        self.told(api, url, 1)
        (made,) = until(lambda: self.named(api, "y1"))
        assert [each.path for each in stub.heard] == ["/pets/one/7?full=no"]
        api.patch(f"/api/a/pets/{made['id']}", json={"note": "ours"})
        self.told(api, url, 2)
        until(lambda: len(stub.heard) == 2)
        here["naam"] = "y2"
        self.told(api, url, 3)
        (again,) = until(lambda: self.named(api, "y2"))
        assert (again["id"], again["note"], self.named(api, "y1")) == (made["id"], "ours", [])

    def test_a_read_tells_of_nothing(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """An endpoint that throws the same event when it is read is read as ever, and nothing is fetched."""
        for answer in (api.get("/api/a/looked"), api.post("/api/a/looked/_find", json={})):
            assert (answer.status_code, answer.json()["total"]) == (
                200,
                api.get("/api/a/orders").json()["total"],
            )
        assert stub.heard == []

    @pytest.mark.parametrize(
        ("url", "told"),
        [
            ("https://elders.example/pets/7", "the address is that of no source"),
            ("{stub}/petsx/7", "the address is that of no source"),
            ("{stub}@elders.example/pets/7", "the address is that of no source"),
            (None, "there is no address at 'body.url'"),
            (["{stub}/pets/7"], "there is no address at 'body.url'"),
            ("{stub}/pets/7", "page 1, number 1: the document has 1 error (name: minLength)"),
        ],
    )
    def test_what_cannot_be_fetched_is_a_dead_letter(
        self, server: Server, api: httpx2.Client, stub: stub_server.Stub, url: Any, told: str
    ) -> None:
        """An address that is none, or of nobody that is a source, is asked of nobody; what the schema refuses
        is told by its place. Neither is tried again, and no value is shown."""
        stub.script = always(200, {"result": {"naam": "", "soort": BSN}})
        given = url.replace("{stub}", stub.url) if isinstance(url, str) else url
        self.told(api, given, hash((str(url), told)) % 10**9)
        printed = until(lambda: told in (said := command(server, "events", "list", "--dead").stdout) and said)
        assert BSN not in printed
        assert len(stub.heard) == (1 if "minLength" in told else 0)


class TestTheClock:
    def test_a_job_throws_its_events_to_actions(
        self, server: Server, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """Run by hand, the job's event reaches the action that synchronizes."""
        stub.script = Herd(pet(61, "from-the-clock"))
        done = command(server, "cron", "run", "pets-each-minute")
        assert done.returncode == 0, done.stderr
        assert "1 events thrown" in done.stderr
        until(lambda: api.get("/api/a/pets?name=from-the-clock").json()["count"] == 1)

    def test_jobs_are_listed(self, server: Server) -> None:
        """With when they are due next, and what they throw."""
        done = command(server, "cron", "list")
        assert "pets-each-minute" in done.stdout
        assert "01-01 00:00" in done.stdout

    def test_sources_are_listed_and_tried(
        self, server: Server, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """The list tells hosts and states; a try tells status and time, and nothing of the answer."""
        assert f"127.0.0.1:{stub.port}" in command(server, "source", "list").stdout
        stub.script = always(200, {"secret": BSN})
        done = command(server, "source", "test", "brp", "/ping")
        assert done.returncode == 0
        assert "brp answered 200" in done.stderr
        assert BSN not in done.stderr + done.stdout
        assert stub.heard[0].path == "/brp/ping"
        stub.script = always(403, {})
        assert command(server, "source", "test", "brp").returncode == 1

"""Other systems behind a real gateway: endpoints that hand requests on, and mappings that call."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import stub_server
from gateway_process import Server, StartServer, free_port
from stub_server import Said, always, serving

BASE = "https://example.nl/sources."
SECRET = "s3cret-of-the-source-with-thirty-two-letters"
BSN = "999993653"
THING = {
    "$id": f"{BASE}thing.json",
    "title": "Thing",
    "type": "object",
    "properties": {"name": {"type": "string"}, "owner": {"type": "string"}},
}
OUT = {
    "$id": f"{BASE}out.mapping.json",
    "passTrough": True,
    "mapping": {
        "owner": "{{ call('Pets', '/owners', 'POST', {'json': {'name': name}, 'query': {'a': 1}}).who }}"
    },
}
ASKS = {
    "$id": f"{BASE}asks.mapping.json",
    "passTrough": False,
    "mapping": {"name": "{{ call('Pets', '/x').name }}"},
}
QUERY = {"$id": f"{BASE}query.mapping.json", "passTrough": False, "mapping": {"q": "naam", "page": "pagina"}}
FOUND = {"$id": f"{BASE}found.mapping.json", "passTrough": False, "mapping": {"names": "results"}}
FAILED = {
    "$id": f"{BASE}failed.mapping.json",
    "passTrough": False,
    "mapping": {"statusCode": "{{ statusCode }}", "body.problem": "kvk says {{ statusCode }}"},
    "cast": {"statusCode": "integer"},
}


def proxy(path: str, source: str, **more: Any) -> dict[str, Any]:
    return {"$id": f"{BASE}{path}.endpoint", "source": f"{BASE}{source}.source.json", "path": path, **more}


def manifest() -> dict[str, Any]:
    mapped = {"reference": f"{BASE}thing.json"}
    return {
        "name": "Sources",
        "collections": [{"$id": f"{BASE}c", "prefix": "s", "schemaPrefix": BASE}],
        "endpoints": {
            "schemas": [
                {**mapped, "$id": f"{BASE}1", "path": "plain"},
                {**mapped, "$id": f"{BASE}2", "path": "calling", "mappings": {"out": {"item": OUT["$id"]}}},
                {
                    **mapped,
                    "$id": f"{BASE}3",
                    "path": "asking",
                    "mappings": {"in": {"query": ASKS["$id"]}, "out": {"item": OUT["$id"]}},
                },
            ],
            "sources": [
                proxy("pets", "pets"),
                proxy("below", "pets", to="/v2/animals", methods=["GET"]),
                proxy("mapped", "mapped"),
                proxy("off", "off"),
                proxy("gone", "gone"),
                proxy("slow", "slow"),
                proxy("inside", "inside"),
            ],
        },
    }


def source(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {"$id": f"{BASE}{name}.source.json", "title": name.title(), "url": url, **more}


@pytest.fixture(scope="module")
def stub() -> Iterator[stub_server.Stub]:
    with serving(always(200, {})) as server:
        yield server


@pytest.fixture(scope="module")
def server(
    stub: stub_server.Stub, server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> Server:
    folder = tmp_path_factory.mktemp("bundle")
    around = {
        "out": {"query": QUERY["$id"]},
        "in": {"body": FOUND["$id"], "error": FAILED["$id"]},
    }
    files: dict[str, Any] = {
        "installation.json": manifest(),
        "schemas/thing.schema.json": THING,
        **{f"mappings/{n}.mapping.json": m for n, m in enumerate((OUT, ASKS, QUERY, FOUND, FAILED))},
        "sources/pets.json": source(
            "pets",
            f"{stub.url}/api",
            authentication={"kind": "api-key", "name": "X-API-Key", "key": "${PETS_KEY}"},
            retries=0,
            breaker={"failures": 1000},
        ),
        "sources/mapped.json": source("mapped", stub.url, mappings={"global": around}),
        "sources/off.json": source("off", stub.url, enabled=False),
        "sources/gone.json": source("gone", "http://127.0.0.1:1", retries=0),
        "sources/slow.json": source("slow", stub.url, totalSeconds=0.3, breaker={"failures": 1000}),
        "sources/inside.json": source("inside", "http://169.254.169.254"),
    }
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    return server_factory(
        demo="true",
        bundles=str(folder),
        outgoing_allow=f"127.0.0.1:{stub.port},127.0.0.1:1",
        secret_pets_key=SECRET,
        mapping_calls="3",
        durability="fast",
    )


@pytest.fixture
def api(server: Server, stub: stub_server.Stub) -> httpx2.Client:
    stub.heard.clear()
    stub.script = always(200, {"fine": True})
    return server.client()


class TestHandingOn:
    def test_a_request_goes_on_and_its_answer_comes_back(
        self, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """Method, path, query and body arrive below the address; status, type and body come back."""
        stub.script = always(201, {"made": "é"}, Content_Type="application/hal+json", ETag='"1"')
        answer = api.post("/api/s/pets/a/b%20c?d=e&d=f%26&g", json={"name": "x"})
        (heard,) = stub.heard
        assert (heard.method, heard.path) == ("POST", "/api/a/b%20c?d=e&d=f%26&g=")
        assert heard.json == {"name": "x"}
        assert (answer.status_code, answer.json()) == (201, {"made": "é"})
        assert (answer.headers["content-type"], answer.headers["etag"]) == ("application/hal+json", '"1"')

    def test_headers_pass_by_name_only(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """Credentials, cookies and what belongs to a connection stay on their side; the trace goes on."""
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        stub.script = always(
            200, {}, Set_Cookie="a=b", Server="x", X_Inside="10.0.0.1", Cache_Control="max-age=5"
        )
        answer = api.get(
            "/api/s/pets",
            headers={
                "Authorization": "Bearer mine",
                "Cookie": "c=d",
                "X-Forwarded-For": "1.2.3.4",
                "Accept-Crs": "EPSG:4326",
                "Traceparent": trace,
                "X-API-Key": "client's",
            },
        )
        heard = stub.heard[0].headers
        assert heard["x-api-key"] == SECRET
        assert (heard["accept-crs"], heard["traceparent"]) == ("EPSG:4326", trace)
        assert not {"authorization", "cookie", "x-forwarded-for"} & heard.keys()
        assert answer.headers["cache-control"] == "max-age=5"
        assert not {"set-cookie", "x-inside"} & {name.lower() for name in answer.headers}
        api.get("/api/s/pets", headers={"Traceparent": "nonsense"})
        assert "traceparent" not in stub.heard[1].headers

    def test_paths_are_mapped_and_never_climb(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """An endpoint may stand for a path of the source; no spelling leads out of its address."""
        api.get("/api/s/below/1?x=y")
        assert stub.heard[0].path == "/api/v2/animals/1?x=y"
        for path in ("/api/s/pets/%2e%2e/admin", "/api/s/pets/a/%2E%2E%2F%2e%2e/b", "/api/s/pets/..%5cb"):
            assert api.get(path).status_code in (404, 502)
        assert len(stub.heard) == 1

    def test_only_listed_methods_pass(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """Other methods are 405 with those that exist."""
        answer = api.post("/api/s/below", json={})
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert api.head("/api/s/below").status_code == 200
        assert [heard.method for heard in stub.heard] == ["HEAD"]

    @pytest.mark.parametrize("status", [204, 304, 400, 404, 409, 500])
    def test_a_status_of_the_source_is_the_answer(
        self, status: int, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """What the source says, of success or failure, is said to the client."""
        stub.script = always(status, None if status in (204, 304) else {"from": "the source"})
        answer = api.get("/api/s/pets")
        assert answer.status_code == status
        assert answer.content == b"" if status in (204, 304) else b"source" in answer.content

    def test_a_body_is_bounded(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """A body above the limit is refused and not sent on; one that is no JSON passes."""
        assert api.post("/api/s/pets", content=b"x" * 1_100_000).status_code == 413
        assert stub.heard == []
        api.post("/api/s/pets", content=b"<x/>", headers={"Content-Type": "text/xml"})
        assert (stub.heard[0].body, stub.heard[0].headers["content-type"]) == (b"<x/>", "text/xml")

    def test_where_a_source_stands_is_not_told(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """W13: a header that refers to the source by its address is left out; a path stays."""
        stub.script = always(201, {}, Location=f"{stub.url}/api/a/1")
        assert "location" not in api.post("/api/s/pets", json={}).headers
        stub.script = always(201, {}, Location="/a/1")
        assert api.post("/api/s/pets", json={}).headers["location"] == "/a/1"


class TestW36Failures:
    """What goes wrong at a source is an error that names it, in the dialect of the endpoint."""

    @pytest.mark.parametrize(
        ("path", "status", "code", "words"),
        [
            ("off", 405, "not-supported", "Source 'Off': it is switched off."),
            ("gone", 502, "upstream", "Source 'Gone': the other system cannot be reached."),
            ("inside", 405, "not-supported", "Source 'Inside': the other system is at an address"),
        ],
    )
    def test_a_source_that_cannot_be_asked(
        self, path: str, status: int, code: str, words: str, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """Switched off, not there, and inside the network: never a 200, and nothing was sent."""
        answer = api.get(f"/api/s/{path}")
        body = answer.json()
        assert (answer.status_code, body["code"]) == (status, code)
        assert body["detail"].startswith(words)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers.get("allow") == ("" if status == 405 else None)
        assert "127.0.0.1" not in answer.text
        assert stub.heard == []

    def test_a_source_that_does_not_answer(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """504 after the time that the source is given."""
        stub.script = lambda _: Said(wire=lambda _, stopping: stopping.wait(20))
        answer = api.get("/api/s/slow")
        assert (answer.status_code, answer.json()["code"]) == (504, "upstream-timeout")

    def test_a_source_that_breaks_off(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """502, not half an answer."""
        wire = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        stub.script = lambda _: Said(wire=lambda handler, _: handler.wfile.write(wire))
        assert api.get("/api/s/pets").status_code == 502

    def test_credentials_that_are_refused_are_ours(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """A 401 of the source speaks of our key, not of the client's: it is 502."""
        stub.script = always(401, {})
        answer = api.get("/api/s/pets")
        assert answer.status_code == 502
        assert "does not accept our credentials" in answer.json()["detail"]


class TestMappingsAroundCalls:
    def test_query_and_body_are_mapped(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """A source with mappings gets its own query, and its answer has the shape that is wanted."""
        stub.script = always(200, {"results": ["a"]})
        assert api.get("/api/s/mapped/zoek?naam=x&pagina=2").json() == {"names": ["a"]}
        assert stub.heard[0].path == "/zoek?q=x&page=2"

    def test_errors_are_mapped(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """A mapping may make an answer of a refusal."""
        stub.script = always(404, {"fout": BSN})
        answer = api.get("/api/s/mapped/zoek")
        assert (answer.status_code, answer.json()) == (404, {"problem": "kvk says 404"})


class TestMappingsThatCall:
    @pytest.fixture
    def thing(self, api: httpx2.Client) -> str:
        return str(api.post("/api/s/plain", json={"name": "n"}).json()["id"])

    def test_a_mapping_calls_a_source(self, thing: str, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """``call`` sends JSON and a query, and its answer becomes a value."""
        stub.script = always(200, {"who": "Suzanne"})
        assert api.get(f"/api/s/calling/{thing}").json()["owner"] == "Suzanne"
        (heard,) = stub.heard
        assert (heard.method, heard.path, heard.json) == ("POST", "/api/owners?a=1", {"name": "n"})

    def test_one_request_has_so_many_calls(
        self, thing: str, api: httpx2.Client, stub: stub_server.Stub
    ) -> None:
        """W40: a page whose mapping calls for each object ends at the limit, with the way out."""
        for _ in range(4):
            api.post("/api/s/plain", json={"name": "n"})
        answer = api.get("/api/s/calling")
        assert answer.status_code == 400
        assert "may call sources 3 times" in answer.json()["detail"]
        assert len(stub.heard) == 3

    def test_a_failure_names_the_source(self, thing: str, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """A refusal or nonsense is 502 with the source, and without what it said."""
        for said in (Said(404, {"for": BSN}), Said(200, b"<<")):
            stub.script = lambda _, said=said: said
            answer = api.get(f"/api/s/calling/{thing}")
            assert answer.status_code == 502
            assert "Source 'Pets'" in answer.json()["detail"]
            assert BSN not in answer.text

    def test_a_query_mapping_may_not_call(self, api: httpx2.Client, stub: stub_server.Stub) -> None:
        """Mappings of queries work on what stands in a URL; they call nothing."""
        answer = api.get("/api/s/asking")
        assert answer.status_code == 400
        assert "may not call sources here" in answer.json()["detail"]
        assert stub.heard == []


def test_w12_the_log_holds_nothing_that_was_sent(
    server: Server, api: httpx2.Client, stub: stub_server.Stub
) -> None:
    """Calls are in the log by their source; paths, queries, bodies and secrets are not."""
    api.post(f"/api/s/pets/{BSN}?bsn={BSN}", json={"bsn": BSN})
    stub.script = lambda heard: Said(wire=lambda handler, _: handler.wfile.write(heard.path.encode()))
    api.get(f"/api/s/pets/{BSN}?bsn={BSN}")
    server.stop()
    log = server.log.read_text()
    server.start()
    assert f"{BASE}pets.source.json" in log
    assert BSN not in log
    assert SECRET not in log


def test_the_api_document_tells_of_them(api: httpx2.Client) -> None:
    """Endpoints that hand on are in the document, with the errors that are ours."""
    path = api.get("/openapi.json").json()["paths"]["/api/s/below"]
    assert set(path) == {"get"}
    assert {"502", "503", "504", "default"} <= path["get"]["responses"].keys()


def test_w8_handing_on_asks_for_the_right(server: Server, stub: stub_server.Stub) -> None:
    """Without credentials nothing is handed on; who may read may GET, and only who may write may POST."""
    guarded = {**server.environment, "GATEWAY_DEMO": "false", "GATEWAY_PORT": str(free_port())}
    command = [sys.executable, "-m", "gateway_core.cli.main", "app", "add", "Reader", "--scope", "read"]
    made = subprocess.run(command, env=guarded, capture_output=True, text=True, check=True, cwd=server.folder)
    key = made.stdout.partition("api key:")[2].split()[0]
    other = Server(int(guarded["GATEWAY_PORT"]), guarded, server.log.with_name("guarded.log"))
    try:
        api = other.start().client()
        stub.heard.clear()
        stub.script = always(200, {})
        assert api.get("/api/s/pets").status_code == 401
        reader = {"X-API-Key": key}
        assert api.get("/api/s/pets", headers=reader).status_code == 200
        assert api.post("/api/s/pets", headers=reader, json={}).status_code == 403
        assert [heard.method for heard in stub.heard] == ["GET"]
    finally:
        other.stop()

"""The weak points of the original that this gateway must not have, each shown over HTTP.

docs/reference/compared-with-the-original.md is the table: number, behaviour there, behaviour here.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import ROOT, Server, StartServer

from gateway_core.bundles.layout import lay_out
from gateway_core.catalog.build import build

BASE = "https://example.com/weak/"
THINGS, PARTS, THINGSLIST = "/api/weak/things", "/api/weak/parts", "/api/weak/thingslist"
PARTIJEN = "/api/kic/v1/partijen"

THING = {
    "$id": f"{BASE}thing.schema.json",
    "title": "Thing",
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "x-index": True},
        "amount": {"type": "integer"},
        "weight": {"type": ["number", "null"]},
        "count": {"type": "integer", "default": 0},
        "active": {"type": "boolean", "default": False},
        "label": {"type": "string", "default": ""},
        "tags": {"type": "array", "items": {"type": "string"}, "default": ["new"]},
        "when": {"type": "string", "format": "date-time"},
        "colour": {"type": "string", "enum": ["red", "green"]},
        "code": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "short": {"type": "string", "minLength": 2, "maxLength": 3},
        "level": {"type": "integer", "minimum": 1, "exclusiveMaximum": 4},
        "fixed": {"const": "x"},
        "choice": {"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 2}]},
        "both": {"allOf": [{"type": "string"}, {"minLength": 2}]},
        "account": {"type": "string", "format": "no-such-format"},
        "chamber": {"type": "string", "format": "kvk"},
        "some": {"type": "array", "items": {"type": "integer"}, "maxItems": 2, "uniqueItems": True},
        "parts": {"type": "array", "items": {"$ref": f"{BASE}part.schema.json"}},
        "copy": {"$ref": f"{BASE}part.schema.json", "x-inline": True},
    },
}
PART = {
    "$id": f"{BASE}part.schema.json",
    "title": "Part",
    "type": "object",
    "required": ["serial", "thing"],
    "properties": {
        "serial": {"type": "string"},
        "material": {"type": "string", "enum": ["wood", "steel"]},
        "thing": {"$ref": f"{BASE}thing.schema.json"},
    },
}
WHOLE = {
    "$id": f"{BASE}whole.schema.json",
    "title": "Whole",
    "type": "object",
    "properties": {
        "piece": {"$ref": f"{BASE}piece.schema.json"},
        "pieces": {"type": "array", "items": {"$ref": f"{BASE}piece.schema.json", "x-inverseOf": "whole"}},
    },
}
PIECE = {
    "$id": f"{BASE}piece.schema.json",
    "title": "Piece",
    "type": "object",
    "required": ["serial"],
    "properties": {"serial": {"type": "string"}, "whole": {"$ref": f"{BASE}whole.schema.json"}},
}


def endpoint(path: str, schema: str, *methods: str, **more: Any) -> dict[str, Any]:
    listed = list(methods) or ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return {
        "$id": f"{BASE}{path}.endpoint.json",
        "reference": f"{BASE}{schema}.schema.json",
        "path": path,
        "methods": listed,
        **more,
    }


MANIFEST = {
    "name": "Weak",
    "collections": [{"$id": f"{BASE}weak.collection.json", "prefix": "weak", "schemaPrefix": BASE}],
    "endpoints": {
        "schemas": [
            endpoint("things", "thing"),
            endpoint("thingslist", "part"),
            endpoint("parts", "part", "POST", "PATCH"),
            endpoint("wholes", "whole"),
            endpoint("pieces", "piece"),
        ]
    },
}
FILES = {
    "installation.json": MANIFEST,
    "schemas/thing.json": THING,
    "schemas/part.json": PART,
    "schemas/whole.json": WHOLE,
    "schemas/piece.json": PIECE,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of this module, as a folder."""
    made = tmp_path_factory.mktemp("weak")
    for name, content in FILES.items():
        path = made / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    return made


@pytest.fixture(scope="module")
def weak(server_factory: StartServer, folder: Path) -> Iterator[httpx2.Client]:
    """A client of a gateway that serves the bundle of this module."""
    server = server_factory(demo="true", durability="fast", bundles=str(folder))
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        yield client


def make(api: httpx2.Client, path: str = THINGS, **body: Any) -> dict[str, Any]:
    answer = api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def codes(answer: httpx2.Response) -> dict[str, str]:
    """The broken rules of a refused document: code by place."""
    assert answer.status_code == 400, answer.text
    return {each["name"]: each["code"] for each in answer.json()["invalidParams"]}


HOSTILE = (
    "' OR '1'='1",
    "'; DROP TABLE object; --",
    '" OR ""="',
    "x') OR (1=1",
    "$where",
    "\\",
    "%",
    "_",
    "]",
)


class TestW3Injection:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_values_are_values(self, weak: httpx2.Client, text: str) -> None:
        """What looks like SQL or JavaScript in a value is stored, found, sought and ordered as text."""
        tag = uuid.uuid4().hex
        ids = [make(weak, name=f"{tag}{name}", label="-")["id"] for name in (text, "plain")]
        found = weak.get(THINGS, params={"name[exact]": f"{tag}{text}"}).json()
        assert [each["id"] for each in found["results"]] == ids[:1]
        found = weak.get(THINGS, params={"name[like]": f"{tag}{text}"}).json()
        assert ids[0] in [each["id"] for each in found["results"]]
        assert weak.get(THINGS, params={"_search": f"{tag}{text}"}).status_code == 200
        assert weak.get(THINGS, params={"name[exact]": text}).json()["total"] == 0

    @pytest.mark.parametrize("text", HOSTILE)
    def test_names_are_names_of_properties(self, weak: httpx2.Client, text: str) -> None:
        """The name of a filter, an order or a field is a property or an error, never part of a statement."""
        for name in (f"name{text}", text, f"parts.{text}", f"_order[name{text}]", f"name[like{text}]"):
            assert weak.get(THINGS, params={name: "x"}).status_code == 400
        assert weak.get(THINGS, params={"_order[name]": f"asc{text}"}).status_code == 400
        assert weak.get(THINGS, params={"_fields[]": f"name{text}"}).status_code == 400

    @pytest.mark.parametrize("text", HOSTILE)
    def test_paths_are_looked_up(self, weak: httpx2.Client, text: str) -> None:
        """A path is compared with those that exist, segment by segment."""
        for path in (f"{THINGS}{text}", f"{THINGS}/{text}", f"/api/{text}"):
            assert weak.get(httpx2.URL(weak.base_url, path=path)).status_code == 404


def test_w13_refusals_tell_nothing_of_the_inside(server_factory: StartServer, tmp_path: Path) -> None:
    """401 and 403 name no other application, scope, library or place in the code; ``_self`` no source."""
    store = f"sqlite:///{tmp_path / 'store.db'}"
    server = server_factory(store=store, bundles="Petstore", durability="fast")
    keys = {}
    for name, scope in (("reader-of-pets", "read"), ("secret-partner", "write")):
        command = [sys.executable, "-m", "gateway_core.cli.main", "app", "add", name, "--scope", scope]
        done = subprocess.run(
            command, cwd=ROOT, env=server.environment, capture_output=True, text=True, check=True
        )
        keys[name] = done.stdout.split("api key:")[1].split()[0]
    time.sleep(1)
    api, path = server.client(), "/api/petstore/pets"
    reader = {"x-api-key": keys["reader-of-pets"]}
    refused = [
        api.get(path),
        api.get(path, headers={"authorization": "Bearer a.b.c"}),
        api.get(path, headers={"authorization": "Bearer e30.e30.e30"}),
        api.get(path, headers={"authorization": "Basic eDp5"}),
        api.get(path, headers={"x-api-key": "wrong"}),
        api.post(path, json={}, headers=reader),
    ]
    assert [answer.status_code for answer in refused] == [401] * 5 + [403]
    for answer in refused:
        for word in ("secret-partner", "Traceback", "Error:", "Exception", "jwt", ".py", "sqlite", "padding"):
            assert word not in answer.text
    read = api.get(path, headers=reader).json()["results"][0]["_self"]
    expected = {"id", "name", "self", "uri", "schema", "owner", "version", "dateCreated", "dateModified"}
    assert read.keys() == expected


class TestW20Null:
    def test_null_is_not_nought(self, weak: httpx2.Client) -> None:
        """A null number stays null, in an answer and in the filters."""
        tag = uuid.uuid4().hex
        made = make(weak, name=tag, amount=None, weight=None)
        assert (made["amount"], made["weight"]) == (None, None)
        assert weak.get(f"{THINGS}?name={tag}&amount=0").json()["total"] == 0
        assert weak.get(f"{THINGS}?name={tag}&amount=IS NULL").json()["total"] == 1
        changed = weak.patch(f"{THINGS}/{made['id']}", json={"amount": 0}).json()
        assert changed["amount"] == 0
        assert weak.patch(f"{THINGS}/{made['id']}", json={"amount": None}).json()["amount"] is None

    def test_an_empty_text_is_no_number(self, weak: httpx2.Client) -> None:
        """An empty text where a number belongs is an error and does not become 0."""
        assert codes(weak.post(THINGS, json={"name": "x", "amount": ""})) == {"amount": "type"}

    def test_defaults_apply_whatever_they_are(self, weak: httpx2.Client) -> None:
        """Defaults of 0, false, an empty text and a list are applied; given values stand."""
        made = make(weak, name="x")
        assert (made["count"], made["active"], made["label"], made["tags"]) == (0, False, "", ["new"])
        made = make(weak, name="x", count=5, active=True, label="0", tags=[])
        assert (made["count"], made["active"], made["label"], made["tags"]) == (5, True, "0", [])

    def test_nought_and_false_are_values(self, weak: httpx2.Client) -> None:
        """0, false and "0" meet ``required``, are kept and are found."""
        tag = uuid.uuid4().hex
        make(weak, name=tag, amount=0, active=False, label="0")
        for query in ("amount=0", "active=false", "label=0", "amount=IS NOT NULL"):
            assert weak.get(f"{THINGS}?name={tag}&{query}").json()["total"] == 1
        assert make(weak, name="0")["name"] == "0"


class TestW28Keywords:
    @pytest.mark.parametrize(
        ("member", "value", "code"),
        [
            ("colour", "blue", "enum"),
            ("code", "ab", "pattern"),
            ("short", "x", "minLength"),
            ("short", "xxxx", "maxLength"),
            ("level", 0, "minimum"),
            ("level", 4, "exclusiveMaximum"),
            ("fixed", "y", "const"),
            ("choice", "long", "maxLength"),
            ("both", "x", "minLength"),
            ("chamber", "1234567", "format"),
            ("some", [1, 2, 3], "maxItems"),
            ("some", [1, 1], "uniqueItems"),
        ],
    )
    def test_rules_hold_without_a_format(
        self, weak: httpx2.Client, member: str, value: object, code: str
    ) -> None:
        """Each keyword is enforced on a property that has no format, and never ends in a 500."""
        assert codes(weak.post(THINGS, json={"name": "x", member: value})) == {member: code}
        id = make(weak, name="x")["id"]
        assert codes(weak.patch(f"{THINGS}/{id}", json={member: value})) == {member: code}

    def test_good_values_pass_every_rule(self, weak: httpx2.Client) -> None:
        """Values that keep the rules are stored, under an unknown format too."""
        good = {
            "colour": "red",
            "code": "AB",
            "short": "xx",
            "level": 3,
            "fixed": "x",
            "choice": 12345,
            "both": "xx",
            "chamber": "12345678",
            "account": "anything",
            "some": [1, 2],
        }
        assert good.items() <= make(weak, name="x", **good).items()

    def test_an_unknown_format_is_a_finding_at_installation(self) -> None:
        """A format that nobody knows, and keywords of the original, are told when a bundle is installed."""
        name = {"type": "string", "format": "ibn", "mustBeUnique": True, "x-index": True}
        odd = {**THING, "properties": {"name": name}}
        files = {**FILES, "schemas/thing.json": odd}
        messages = findings(files)
        assert any("format 'ibn' is not known" in text for text in messages)
        assert any("'mustBeUnique' is not a keyword" in text for text in messages)


def findings(files: dict[str, Any]) -> list[str]:
    bundle = lay_out({path: json.dumps(content).encode() for path, content in files.items()})
    return [f"{finding.severity}: {finding.message} {finding.hint}" for finding in build(bundle.artifacts)[1]]


class TestW30Unknown:
    def test_members_are_errors(self, weak: httpx2.Client) -> None:
        """A member that no schema knows is refused at its place, also inside; the nearest name is told."""
        copy = {"serial": "1", "thing": {"name": "y"}, "materiaal": "wood"}
        answer = weak.post(THINGS, json={"name": "x", "colur": "red", "copy": copy})
        assert codes(answer) == {"colur": "unknown-property", "copy.materiaal": "unknown-property"}
        assert "did you mean 'colour'" in answer.text

    def test_keywords_of_a_schema_are_told(self) -> None:
        """A misspelled keyword of a schema is a finding with the right one."""
        schema = {**THING, "properties": {"name": {"type": "string", "maxLenght": 5}}}
        found = findings({**FILES, "schemas/thing.json": schema})
        assert any("'maxLenght'" in text and "did you mean 'maxLength'" in text for text in found)


class TestW31Nested:
    def test_parts_are_held_to_their_own_schema(self, weak: httpx2.Client) -> None:
        """A nested object's required members and rules count as they do on its own."""
        parts = [{"serial": "1", "material": "wood", "thing": "x"}, {"material": "glass"}]
        found = codes(weak.post(THINGS, json={"name": "x", "parts": parts}))
        assert found["parts.1.serial"] == "required"
        assert found["parts.1.material"] == "enum"
        assert "parts.0.thing" in found

    def test_only_the_reference_back_is_spared(self, weak: httpx2.Client) -> None:
        """On the far side of a relation all that is required is required, but the reference back."""
        made = make(weak, "/api/weak/wholes", pieces=[{"serial": "1"}])
        assert len(made["pieces"]) == 1
        assert codes(weak.post("/api/weak/wholes", json={"pieces": [{}]})) == {"pieces.0.serial": "required"}

    def test_a_patch_is_checked_as_a_whole(self, weak: httpx2.Client) -> None:
        """A PATCH that takes away what is required is refused, and one that keeps it passes."""
        id = make(weak, name="x", level=2)["id"]
        assert codes(weak.patch(f"{THINGS}/{id}", json={"name": None})) == {"name": "required"}
        assert weak.patch(f"{THINGS}/{id}", json={"level": 3}).json()["name"] == "x"

    def test_references_are_taken_in_every_form(self, weak: httpx2.Client) -> None:
        """A uuid, a path and an absolute URL all name an object, and the answer shows it at once."""
        piece = make(weak, "/api/weak/pieces", serial="1")["id"]
        for form in (piece, f"/api/weak/pieces/{piece}", f"https://other.example/api/weak/pieces/{piece}"):
            made = make(weak, "/api/weak/wholes", piece=form)
            assert made["piece"] == piece
            assert made["embedded"]["piece"]["serial"] == "1"


def test_w32_errors_have_one_shape(weak: httpx2.Client) -> None:
    """Whatever goes wrong, it is a problem document: typed, coded, with the place of each fault."""
    id = make(weak, name="x")["id"]
    answers = [
        weak.get("/api/weak/nothing"),
        weak.get(f"{THINGS}/{uuid.uuid4()}"),
        weak.delete(THINGS),
        weak.get(f"{THINGS}?nmae=x"),
        weak.get(THINGS, headers={"accept": "text/csv"}),
        weak.post(THINGS, content=b"{", headers={"content-type": "application/json"}),
        weak.post(THINGS, content=b"<a/>", headers={"content-type": "text/xml"}),
        weak.post(THINGS, json={}),
        weak.post(THINGS, json={"name": "x" * 1_100_000}),
        weak.patch(f"{THINGS}/{id}", json={"name": "y"}, headers={"if-match": '"other"'}),
    ]
    assert [a.status_code for a in answers] == [404, 404, 405, 400, 406, 400, 415, 400, 413, 412]
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert {"type", "title", "status", "detail", "code"} <= body.keys()
        assert body.get("instance", THINGS).startswith(THINGS)
        assert body["status"] == answer.status_code
    parts = [{"serial": "1", "thing": id}, {"serial": 2, "thing": id}]
    assert codes(weak.post(THINGS, json={"name": "x", "parts": parts})) == {"parts.1.serial": "type"}


class TestW33Routing:
    def test_a_path_is_not_its_prefix(self, weak: httpx2.Client) -> None:
        """Endpoints whose paths begin alike are apart, and a path that only begins like one is none."""
        assert weak.get(THINGS).json().keys() == weak.get(THINGSLIST).json().keys()
        assert weak.post(THINGSLIST, json={"name": "x"}).status_code == 400
        for path in ("/api/weak/thing", f"{THINGS}x", f"{THINGSLIST}/x/y", f"{THINGS}//"):
            assert weak.get(path).status_code == 404

    def test_get_can_be_left_out(self, weak: httpx2.Client) -> None:
        """A method that is not listed gives 405 with those that are, GET too."""
        answer = weak.get(PARTS)
        assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")
        answer = weak.get(f"{PARTS}/{uuid.uuid4()}")
        assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, PATCH")

    def test_ids_have_no_case_and_escapes_are_read(self, weak: httpx2.Client) -> None:
        """An id in capitals is found, and an escaped letter of a path is the letter."""
        made = make(weak, name="x")
        assert weak.get(f"{THINGS}/{made['id'].upper()}").json()["id"] == made["id"]
        assert weak.get("/api/weak/th%69ngs").status_code == 200

    def test_two_endpoints_of_one_path_are_not_installed(self) -> None:
        """A path that is served twice is found at installation, not by the first request."""
        twice = [endpoint("things", "thing"), {**endpoint("things", "part"), "$id": f"{BASE}other"}]
        found = findings({**FILES, "installation.json": {**MANIFEST, "endpoints": {"schemas": twice}}})
        assert any(text.startswith("error: ") and "both serve /api/weak/things" in text for text in found)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ("text/html, application/json", 200),
        ("text/html;q=1.0 , application/json ; q=0.1", 200),
        ("application/json, text/plain, */*", 200),
        ("APPLICATION/JSON", 200),
        ("application/json;q=0", 406),
        ("text/csv", 406),
    ],
)
def test_w34_accept_is_read_as_http_has_it(weak: httpx2.Client, accept: str, status: int) -> None:
    """Lists, spaces, parameters and weights are understood, and the answer tells its own type."""
    answer = weak.get(THINGS, headers={"accept": accept})
    assert answer.status_code == status
    assert answer.headers["content-type"] == (
        "application/json" if status == 200 else "application/problem+json"
    )


class TestW35ClientFaults:
    @pytest.mark.parametrize(
        "query",
        [
            "when=not-a-date",
            "when[after]=31-31-2024",
            "_order=x",
            "_order[name]=x",
            "_order[x]=asc",
            "extend=x",
            "_extend[]=x.y",
            "name[regex]=(",
            "_search=",
            "_limit=0",
            "_limit=-1",
            "_page=x",
            "_self.id=x",
            "amount=1e999",
            f"amount={'9' * 400}",
        ],
    )
    def test_of_a_query_are_told_as_such(self, weak: httpx2.Client, query: str) -> None:
        """A query that cannot be read is a 400 that names the parameter."""
        answer = weak.get(f"{THINGS}?{query}")
        assert answer.status_code == 400
        assert answer.json()["invalidParams"]

    @pytest.mark.parametrize("content", [b"1", b'"x"', b"null", b"[]", b"true", b"1e999", b"\xff", b"{", b""])
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
    def test_of_a_body_are_told_as_such(self, weak: httpx2.Client, method: str, content: bytes) -> None:
        """A body that is no JSON object is a 400 whose sentence tells an empty one from a broken one."""
        path = THINGS if method == "POST" else f"{THINGS}/{make(weak, name='x')['id']}"
        answer = weak.request(method, path, content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 400
        assert ("empty" in answer.json()["detail"]) == (content == b"")

    def test_of_a_value_are_told_as_such(self, weak: httpx2.Client) -> None:
        """A date that does not exist is a broken rule with its place."""
        found = codes(weak.post(THINGS, json={"name": "x", "when": "2024-02-30T10:00:00Z"}))
        assert found == {"when": "format"}

    def test_of_a_configuration_are_told_at_installation(self) -> None:
        """An endpoint whose mapping does not exist is not installed."""
        lost = endpoint("things", "thing", mappings={"out": {"item": "urn:nothing"}})
        found = findings({**FILES, "installation.json": {**MANIFEST, "endpoints": {"schemas": [lost]}}})
        assert any(text.startswith("error: ") and "'urn:nothing' is not installed" in text for text in found)


@pytest.fixture(scope="module")
def document(demo_server: Server) -> dict[str, Any]:
    """The OpenAPI document of the CustomerInteraction bundle."""
    found: dict[str, Any] = httpx2.get(f"{demo_server.url}/openapi.json", timeout=30).json()
    return found


class TestW54OpenApi:
    def test_paths_and_answers_are_the_real_ones(self, document: dict[str, Any], api: httpx2.Client) -> None:
        """Every path begins with /api, is served, and has the statuses that are sent."""
        assert {path.split("/")[1] for path in document["paths"]} == {"api"}
        collections = [
            path for path, item in document["paths"].items() if "{id}" not in path and "get" in item
        ]
        assert len(collections) > 10
        for path in collections:
            answer = api.get(f"{path}?_limit=1")
            assert answer.status_code == 200
            described = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
            assert set(described["schema"]["required"]) == answer.json().keys()
        partijen = document["paths"][PARTIJEN]
        assert {"201", "400", "401", "403", "413", "415"} <= partijen["post"]["responses"].keys()
        assert "200" not in partijen["post"]["responses"]
        assert {"204", "404", "412"} <= document["paths"][f"{PARTIJEN}/{{id}}"]["delete"]["responses"].keys()

    def test_parameters_are_those_that_work(self, document: dict[str, Any], api: httpx2.Client) -> None:
        """Filters on own, inline and related members and the parameters of pages are all there."""
        listed = document["paths"][PARTIJEN]["get"]["parameters"]
        resolved = [
            document["components"]["parameters"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            for each in listed
        ]
        names = {each["name"] for each in resolved}
        filters = {"nummer", "persoon.achternaam", "verstrekteAdressen.adres"}
        assert filters <= names
        assert any(name.startswith("_limit") for name in names)
        assert [each["name"] for each in resolved if each.get("required")] == []
        for name in filters:
            assert api.get(PARTIJEN, params={name: "x"}).status_code == 200

    def test_security_and_names_are_sound(self, document: dict[str, Any]) -> None:
        """Security schemes exist and are asked for, and every reference leads somewhere."""
        asked = {name for each in document["security"] for name in each}
        assert asked == document["components"]["securitySchemes"].keys()
        operations = [
            operation["operationId"]
            for item in document["paths"].values()
            for operation in item.values()
            if isinstance(operation, dict) and "operationId" in operation
        ]
        assert len(operations) == len(set(operations))
        text = json.dumps(document)
        for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
            node: Any = document
            for step in reference.removeprefix("#/").split("/"):
                node = node[step.replace("~1", "/").replace("~0", "~")]

    def test_it_follows_the_configuration(
        self, server_factory: StartServer, tmp_path: Path, folder: Path
    ) -> None:
        """A bundle that is installed beside a running server is in the document within a second."""
        server = server_factory(store=f"sqlite:///{tmp_path / 's.db'}", bundles=str(folder), demo="true")
        api = server.client()
        assert THINGS in api.get("/openapi.json").json()["paths"]
        command = [sys.executable, "-m", "gateway_core.cli.main", "openapi"]
        environment = {**server.environment, "GATEWAY_BUNDLES": "Petstore"}
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
        time.sleep(1)
        paths = api.get("/openapi.json").json()["paths"]
        assert {THINGS, "/api/petstore/pets"} <= paths.keys()
        assert api.get("/api/petstore/pets").status_code == 200

"""The weak points of the original's mappings that this gateway must not have, each shown over HTTP.

docs/reference/compared-with-the-original.md is the table: number, behaviour there, behaviour here.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import StartServer

from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.read import read_folder
from gateway_core.catalog.build import build
from gateway_core.types import Position

BASE = "https://example.com/mapped/"
NOTES, PLAIN, BOMBS, CALLS, MATCHES, DEEP = (
    f"/api/mapped/{name}" for name in ("notes", "plain", "bombs", "calls", "matches", "deep")
)
KLANTEN = "/api/kic/v1/klanten"

NOTE = {
    "$id": f"{BASE}note.schema.json",
    "title": "Note",
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "copy": {"type": "string"},
        "code": {"type": "string", "pattern": "^(a+)+$"},
        "any": {"type": ["array", "object", "string", "null"]},
    },
}
MAPPINGS: dict[str, dict[str, str]] = {
    "in": {"text": "{{ body }}", "copy": "body"},
    "out": {"id": "_id", "body": "{{ text }}", "same": "{% if copy %}{{ copy }}{% endif %}"},
    "bomb": {"text": "{% for i in 1..9000 %}{% for j in 1..9000 %}{{ i * j }}{% endfor %}{% endfor %}"},
    "call": {"text": "{{ call(body, '/latest/meta-data')|json_encode }}"},
    "match": {"text": "{{ body matches pattern ? 'yes' : 'no' }}"},
    "deep": {"any": "{{ body }}"},
}  # fmt: skip


def endpoint(path: str, **mappings: Any) -> dict[str, Any]:
    return {
        "$id": f"{BASE}{path}.endpoint.json",
        "reference": NOTE["$id"],
        "path": path,
        "methods": ["GET", "POST", "PUT", "DELETE"],
        **mappings,
    }


def mapped(body: str, item: str = "") -> dict[str, Any]:
    sides: dict[str, Any] = {"in": {"body": f"{BASE}{body}.mapping.json"}}
    if item:
        sides["out"] = {"item": f"{BASE}{item}.mapping.json"}
    return {"mappings": sides}


MANIFEST = {
    "name": "Mapped",
    "collections": [{"$id": f"{BASE}mapped.collection.json", "prefix": "mapped", "schemaPrefix": BASE}],
    "endpoints": {
        "schemas": [
            endpoint("plain"),
            endpoint("notes", **mapped("in", "out")),
            endpoint("bombs", **mapped("bomb")),
            endpoint("calls", **mapped("call")),
            endpoint("matches", **mapped("match")),
            endpoint("deep", **mapped("deep")),
        ]
    },
}


def write(folder: Path, mappings: dict[str, dict[str, str]]) -> Path:
    """The bundle of this module with those mappings, as a folder."""
    files: dict[str, Any] = {"installation.json": MANIFEST, "schemas/note.json": NOTE}
    for name, targets in mappings.items():
        body = {"$id": f"{BASE}{name}.mapping.json", "passTrough": False, "mapping": targets}
        if name == "deep":
            body["cast"] = {"any": "jsonToArray"}
        files[f"mappings/{name}.mapping.json"] = body
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="module")
def url(server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A gateway that serves the bundle of this module, and the shipped one."""
    folder = write(tmp_path_factory.mktemp("mapped"), MAPPINGS)
    bundles = f"{folder},CustomerInteraction"
    return server_factory(demo="true", durability="fast", bundles=bundles).url


@pytest.fixture
def client(url: str) -> Iterator[httpx2.Client]:
    """A client of that gateway."""
    with httpx2.Client(base_url=url, timeout=30) as made:
        yield made


TEMPLATES = (
    "{{ 7*7 }}",
    "{{ _self.env.registerUndefinedFilterCallback('exec') }}",
    "{{ ['id']|map('system')|join }}",
    "{% for i in 1..9 %}x{% endfor %}",
    "{# a comment #}",
    "#{7*7}",
    "${7*7}",
    "{{ call('http://127.0.0.1/', '/') }}",
    "{{",
    "%}",
)


class TestW1StoredTemplates:
    @pytest.mark.parametrize("text", TEMPLATES)
    def test_values_are_never_rendered(self, client: httpx2.Client, text: str) -> None:
        """What a client stores is text, however it looks: stored, found and shown as it was sent."""
        made = client.post(PLAIN, json={"text": text})
        assert made.status_code == 201, made.text
        assert made.json()["text"] == text
        assert client.get(f"{PLAIN}/{made.json()['id']}").json()["text"] == text
        found = client.get(PLAIN, params={"text[exact]": text}).json()
        assert made.json()["id"] in [each["id"] for each in found["results"]]

    @pytest.mark.parametrize("text", TEMPLATES)
    def test_nor_are_they_on_their_way_through_a_mapping(self, client: httpx2.Client, text: str) -> None:
        """A mapping prints a value and does not read it: in and out again it is the same text."""
        made = client.post(NOTES, json={"body": text})
        assert made.status_code == 201, made.text
        shown = client.get(f"{NOTES}/{made.json()['id']}").json()
        assert (shown["body"], shown["same"]) == (text, text)


class TestW9Templates:
    def test_functions_by_name_are_refused_at_installation(self, tmp_path: Path) -> None:
        """A mapping that hands the name of a function to a filter cannot be installed."""
        hostile = {**MAPPINGS, "out": {"body": "{{ ['id']|map('system')|join }}"}}
        _, findings = build(lay_out(read_folder(write(tmp_path, hostile))).artifacts)
        told = [finding.message for finding in findings if finding.code == "mapping"]
        assert len(told) == 1
        assert "needs an arrow function" in told[0]

    def test_a_mapping_reaches_no_other_host(self, client: httpx2.Client) -> None:
        """``call`` with an address of a client's choice is refused, and nothing is connected to."""
        with socket.create_server(("127.0.0.1", 0)) as canary:
            canary.settimeout(0.5)
            answer = client.post(CALLS, json={"body": f"http://127.0.0.1:{canary.getsockname()[1]}"})
            assert answer.status_code == 400, answer.text
            with pytest.raises(TimeoutError):
                canary.accept()

    def test_a_mapping_without_end_is_ended(self, client: httpx2.Client) -> None:
        """It is answered with 400, and the limit that ended it is told."""
        answer = client.post(BOMBS, json={"body": "x"})
        assert answer.status_code == 400
        assert answer.json()["code"] == "mapping-limit"

    def test_what_a_mapping_makes_can_always_be_written(self, client: httpx2.Client) -> None:
        """JSON nested too deeply in a text of the client is refused as the client's, not failed on."""
        assert client.post(DEEP, json={"body": "[[1]]"}).status_code == 201
        for levels in (120, 300, 900, 5_000):
            answer = client.post(DEEP, json={"body": "[" * levels + "]" * levels})
            assert answer.status_code in (201, 400), answer.text


class TestW11Patterns:
    def test_a_search_is_no_pattern(self, client: httpx2.Client) -> None:
        """Signs of patterns are looked for as they stand; only ``[regex]`` is one, and it is no operator of
        ``_search``."""
        text = "pattern (x+x+)+y .* [a-z] $"
        identity = client.post(PLAIN, json={"text": text}).json()["id"]
        for term in ("(x+x+)+y", ".* [a-z]", "$"):
            found = client.get(PLAIN, params={"_search": term}).json()
            assert identity in [each["id"] for each in found["results"]]
        assert client.get(PLAIN, params={"_search": "pattern.*y"}).json()["total"] == 0
        assert client.get(PLAIN, params={"text[regex]": "^pattern .*[$]$"}).json()["total"] == 1
        for name in ("_search[regex]", "text[case_insensitive_regex]"):
            assert client.get(PLAIN, params={name: "(x+x+)+y"}).status_code == 400

    def test_a_pattern_of_a_query_runs_in_linear_time(self, client: httpx2.Client) -> None:
        """``[regex]`` with what makes other engines run for ever is answered at once, or refused."""
        assert client.post(PLAIN, json={"text": "a" * 20_000 + "!"}).status_code == 201
        for pattern in ("^(a+)+$", "(a|aa)+$", "^(a*)*$"):
            found = client.get(PLAIN, params={"text[regex]": pattern})
            assert found.status_code == 200, found.text
        for pattern in ("(?=a)a", r"(a+)\1", "(", "((a{100}){100}){100}"):
            assert client.get(PLAIN, params={"text[regex]": pattern}).status_code == 400

    def test_a_pattern_of_a_schema_runs_in_linear_time(self, client: httpx2.Client) -> None:
        """``^(a+)+$`` on a long text that does not match is answered as any other fault."""
        answer = client.post(PLAIN, json={"code": "a" * 50_000 + "!"})
        assert answer.status_code == 400
        assert [each["code"] for each in answer.json()["invalidParams"]] == ["pattern"]

    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [("/^(a+)+$/", 201), ("/(a|a)*b/", 201), ("/(?=a)a/", 400), (r"/(a+)\1/", 400), ("/(/", 400)],
    )
    def test_a_pattern_in_a_mapping_too(self, client: httpx2.Client, pattern: str, expected: int) -> None:
        """A pattern that a client sends to a mapping is matched in linear time, or refused."""
        answer = client.post(MATCHES, json={"body": "a" * 20_000 + "!", "pattern": pattern})
        assert answer.status_code == expected, answer.text
        assert expected == 400 or answer.json()["text"] == "no"


AWKWARD = 'O\'Brien & Zn <b>"vet"</b> &amp; &#039; €ë\U0001f600 </script>'


class TestW15Escaping:
    def test_a_value_survives_any_number_of_round_trips(self, client: httpx2.Client) -> None:
        """What was read is written back three times, and stays the same text."""
        made = client.post(NOTES, json={"body": AWKWARD})
        assert made.status_code == 201, made.text
        path = f"{NOTES}/{made.json()['id']}"
        for _ in range(3):
            shown = client.get(path).json()
            assert (shown["body"], shown["same"]) == (AWKWARD, AWKWARD)
            assert client.put(path, json={"body": shown["body"]}).status_code == 200

    def test_in_the_shipped_mappings_too(self, client: httpx2.Client) -> None:
        """A name with an apostrophe and an ampersand comes back as it went in through the KIC endpoints."""
        body = {"bronorganisatie": "999990639", "bedrijfsnaam": AWKWARD, "achternaam": AWKWARD}
        made = client.post(KLANTEN, json=body)
        assert made.status_code == 201, made.text
        shown = client.get(f"{KLANTEN}/{made.json()['id']}").json()
        assert AWKWARD in (shown.get("bedrijfsnaam"), shown.get("achternaam"))


class TestW55Diagnostics:
    def test_at_installation(self, tmp_path: Path) -> None:
        """A fault names the file, the mapping, the target, and the line and column."""
        broken = {**MAPPINGS, "out": {"id": "_id", "body": "first\n  {{ text|uper }}"}}
        _, findings = build(lay_out(read_folder(write(tmp_path, broken))).artifacts)
        [fault] = [finding for finding in findings if finding.code == "mapping"]
        assert (fault.path, fault.reference) == ("mappings/out.mapping.json", f"{BASE}out.mapping.json")
        assert "body" in fault.pointer
        assert fault.position == Position(2, 11)
        assert "upper" in fault.hint

    def test_during_a_request(self, client: httpx2.Client) -> None:
        """A mapping that fails is 400 and names the mapping, the target and the column."""
        answer = client.post(MATCHES, json={"body": "x", "pattern": "no pattern"})
        assert answer.status_code == 400
        for part in (f"{BASE}match.mapping.json", "text", "column"):
            assert part in answer.text
        assert "no pattern" not in answer.text


def test_a_parallel_request_never_notices_a_bomb(url: str) -> None:
    """While bombs go off without pause, the other requests get their own right answers, soon enough.

    The bound is generous, since the machine may be busy: twenty times the limit of a mapping.
    """
    stop = threading.Event()
    bombs: list[str] = []

    def throw() -> None:
        with httpx2.Client(base_url=url, timeout=30) as client:
            while not stop.is_set():
                bombs.append(client.post(BOMBS, json={"body": "x"}).json()["code"])

    def ask(number: int) -> float:
        with httpx2.Client(base_url=url, timeout=30) as client:
            start = time.monotonic()
            made = client.post(NOTES, json={"body": f"{number} & {AWKWARD}"})
            assert made.status_code == 201, made.text
            assert made.json()["body"] == f"{number} & {AWKWARD}"
            return time.monotonic() - start

    with ThreadPoolExecutor(4) as pool:
        throwing = [pool.submit(throw) for _ in range(2)]
        try:
            times = list(pool.map(ask, range(40)))
        finally:
            stop.set()
        for each in throwing:
            each.result()
    assert set(bombs) == {"mapping-limit"}
    assert max(times) < 5

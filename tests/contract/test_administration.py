"""The API below ``/admin``: who may, what it answers, and that what it changes is served at once."""

from __future__ import annotations

import io
import json
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from gateway_process import Server, StartServer

from gateway_core import app as gateway
from gateway_core.bundles.save import archive
from gateway_core.bundles.scaffold import scaffold
from gateway_core.operations.applications import add_application
from gateway_core.store.open import open_store

SCHEMA = "https://example.com/Library/item.schema.json"
MAPPING = "https://example.com/Library/itemToCard.mapping.json"
CARDS = "/api/library/cards"
TO_CARD = "mappings/itemToCard.mapping.json"


class Administered:
    """A gateway without bundles, and clients of it with and without the scope ``admin``."""

    def __init__(self, server: Server, keys: dict[str, str]) -> None:
        self.server = server
        self.admin = server.client(headers={"x-api-key": keys["admin"]})
        self.user = server.client(headers={"x-api-key": keys["user"]})
        self.nobody = server.client()

    def install(self, files: dict[str, bytes], **params: Any) -> httpx2.Response:
        return self.admin.post("/admin/bundles", content=archive(files), params=params)


@pytest.fixture
def gate(server_factory: StartServer, tmp_path: Path) -> Administered:
    url = f"sqlite:///{tmp_path}/admin.db"
    store = open_store(url)
    keys = {
        name: add_application(store, name, gateway.now(), scopes=scopes).api_key
        for name, scopes in (("admin", ("admin", "read", "write")), ("user", ("read", "write")))
    }
    store.close()
    return Administered(server_factory(store=url, bundles="", durability="fast"), keys)


def changed(
    files: dict[str, bytes], path: str, change: Callable[[dict[str, Any]], object]
) -> dict[str, bytes]:
    """The files with one of them edited."""
    document = json.loads(files[path])
    change(document)
    return {**files, path: json.dumps(document).encode()}


def place(kind: str, reference: str) -> str:
    return f"/admin/{kind}/{quote(reference, safe='')}"


class TestWhoMay:
    PATHS = (
        ("GET", "/admin/bundles"),
        ("GET", "/admin/bundles/x"),
        ("GET", "/admin/bundles/x/export"),
        ("GET", "/admin/edited"),
        ("POST", "/admin/bundles"),
        ("POST", "/admin/bundles/plan"),
        ("POST", "/admin/bundles/x/rollback"),
        ("DELETE", "/admin/bundles/x"),
        ("GET", "/admin/schemas"),
        ("GET", "/admin/mappings/x"),
        ("PUT", "/admin/endpoints/x"),
        ("DELETE", "/admin/schemas/x"),
        ("GET", "/admin/events"),
        ("GET", "/admin/events/dead"),
        ("GET", "/admin/events/backlog"),
        ("POST", "/admin/events/replay"),
    )

    def test_only_administrators(self, gate: Administered) -> None:
        """Every operation is 401 without credentials and 403 without the scope, as a problem."""
        for method, path in self.PATHS:
            for client, status in ((gate.nobody, 401), (gate.user, 403)):
                answer = client.request(method, path, json={} if method == "PUT" else None)
                assert answer.status_code == status, (method, path)
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["status"] == status
        assert "www-authenticate" in gate.nobody.get("/admin/bundles").headers
        listed = gate.nobody.get("/admin/openapi.json").json()["paths"]
        operations = {(m.upper(), p) for p, item in listed.items() for m in item}
        assert len(operations) == 8 + 4 * 3 + 4, "an operation is not in the list above"

    def test_a_demonstration_asks_for_credentials_too(self, demo_server: Server) -> None:
        """Without credentials nobody administers a demonstration, not even on this machine."""
        with demo_server.client() as client:
            assert client.get("/api/kic/v1/partijen").status_code == 200
            assert client.get("/admin/bundles").status_code == 401
            assert client.put(place("mappings", "urn:x"), json={}).status_code == 401
            headers = {"host": "register.example.com"}
            assert client.get("/admin/bundles", headers=headers).status_code == 403

    def test_it_is_documented(self, gate: Administered) -> None:
        """The document and its page are there for everybody, and hold nothing of what is configured."""
        document = gate.nobody.get("/admin/openapi.json").json()
        assert document["paths"]["/admin/bundles"]["post"]["requestBody"]["content"]
        assert "Library" not in json.dumps(document)
        page = gate.nobody.get("/admin/docs")
        assert page.status_code == 200
        assert 'data-document="/admin/openapi.json"' in page.text

    def test_what_is_not_there_is_a_problem(self, gate: Administered) -> None:
        """Unknown paths, methods, names and parameters are 404, 405 and 400 with the way out."""
        assert gate.admin.get("/admin/nothing").status_code == 404
        assert gate.admin.put("/admin/bundles").status_code == 405
        assert "Installed are: none" in gate.admin.get("/admin/bundles/x").json()["detail"]
        answer = gate.admin.delete("/admin/bundles/x", params={"objects": "forget"})
        assert (answer.status_code, answer.json()["invalidParams"][0]["name"]) == (400, "objects")


class TestBundles:
    def test_are_planned_installed_and_served_at_once(self, gate: Administered) -> None:
        """A plan changes nothing; an installation is served by the next request, and by name."""
        files = scaffold("Library")
        plan = gate.admin.post("/admin/bundles/plan", content=archive(files))
        assert plan.status_code == 200
        assert (plan.json()["applied"], plan.json()["summary"]["create"]) == (False, 7)
        assert gate.admin.get("/admin/bundles").json() == []
        done = gate.install(files, base=plan.json()["base"])
        assert (done.status_code, done.json()["applied"]) == (200, True)
        assert gate.user.get(CARDS).json()["results"][0]["line"] == "First"
        told = gate.admin.get("/admin/bundles/Library").json()
        assert (told["version"], told["by"], told["objects"], told["edited"]) == ("0.1.0", "admin", 1, [])
        again = gate.install(files)
        assert (again.json()["needed"], again.json()["applied"]) == (False, False)

    def test_may_be_tar_archives_too(self, gate: Administered) -> None:
        """What gzip compressed is read like a ZIP; what is no archive is 422."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
            for name, content in scaffold("Library").items():
                info = tarfile.TarInfo(f"Library-0.1.0/{name}")
                info.size = len(content)
                packed.addfile(info, io.BytesIO(content))
        assert gate.admin.post("/admin/bundles", content=buffer.getvalue()).json()["applied"] is True
        for content in (b"", b"{}", b"PK\x03\x04broken", b"\x1f\x8bbroken", archive({"x.txt": b""})):
            answer = gate.admin.post("/admin/bundles", content=content)
            assert answer.status_code == 422, content
            assert answer.json()["code"] == "configuration"

    def test_that_are_broken_change_nothing_and_say_everything(self, gate: Administered) -> None:
        """422 with every finding, its artifact and place; what is served stays."""
        files = scaffold("Library")
        gate.install(files)
        broken = changed(
            files,
            TO_CARD,
            lambda body: body["mapping"].update(line="{{ name|uper }}"),
        )
        broken = changed(broken, "schemas/item.schema.json", lambda body: body.update(required=["nmae"]))
        answer = gate.install(broken)
        assert answer.status_code == 422
        found = {(each.get("reference"), each["severity"]) for each in answer.json()["findings"]}
        assert {(MAPPING, "error"), (SCHEMA, "error")} <= found
        assert gate.user.get(CARDS).json()["results"][0]["line"] == "First"
        assert gate.admin.post("/admin/bundles/plan", content=archive(broken)).json()["possible"] is False

    def test_are_rolled_back_and_removed(self, gate: Administered) -> None:
        """The version before is served again; a removal is refused while there are objects (422)."""
        files = scaffold("Library")
        gate.install(files)
        newer = changed(files, "installation.json", lambda manifest: manifest.update(version="0.2.0"))
        newer = changed(newer, TO_CARD, lambda body: body["mapping"].update(line="newer"))
        newer = changed(newer, TO_CARD, lambda body: body.update(absent="text"))
        assert gate.install(newer).json()["before"] == "0.1.0"
        assert gate.user.get(CARDS).json()["results"][0]["line"] == "newer"
        back = gate.admin.post("/admin/bundles/Library/rollback")
        assert (back.status_code, back.json()["version"]) == (200, "0.1.0")
        assert gate.user.get(CARDS).json()["results"][0]["line"] == "First"
        assert gate.admin.post("/admin/bundles/Library/rollback").status_code == 404
        refused = gate.admin.delete("/admin/bundles/Library")
        assert (refused.status_code, refused.json()["findings"][0]["code"]) == (422, "objects")
        assert gate.admin.delete("/admin/bundles/Library", params={"objects": "delete"}).json()["applied"]
        assert gate.user.get(CARDS).status_code == 404

    def test_are_not_changed_on_a_plan_of_yesterday(self, gate: Administered) -> None:
        """With the base of an older plan a change is 409, and nothing is done."""
        base = gate.admin.post("/admin/bundles/plan", content=archive(scaffold("Library"))).json()["base"]
        gate.install(scaffold("Meanwhile"))
        refused = gate.install(scaffold("Library"), base=base)
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        assert [each["name"] for each in gate.admin.get("/admin/bundles").json()] == ["Meanwhile"]

    def test_that_are_too_large_are_refused(self, gate: Administered) -> None:
        """More than what an archive may have is 413, before it is read as one."""
        answer = gate.admin.post("/admin/bundles", content=b"PK" + b"\0" * (20 * 1024 * 1024))
        assert answer.status_code == 413


LOAN = {"$id": "urn:loan", "type": "object", "properties": {"days": {"type": "integer"}}}


class TestArtifacts:
    def test_are_made_without_files_and_exported_as_a_bundle(
        self, gate: Administered, tmp_path: Path
    ) -> None:
        """Schema, mapping and endpoint are put one after the other, served, and exported."""
        assert gate.admin.put(place("schemas", "urn:loan"), json=LOAN).status_code == 201
        mapping = {"passTrough": False, "absent": "omit", "mapping": {"term": "{{ days }} days"}}
        assert gate.admin.put(place("mappings", "urn:out"), json=mapping).status_code == 201
        endpoint = {"reference": "urn:loan", "path": "loans", "mappings": {"out": {"item": "urn:out"}}}
        put = gate.admin.put(place("endpoints", "urn:loans"), json=endpoint)
        assert (put.status_code, put.json()["bundle"]) == (201, "local")
        made = gate.user.post("/api/loans", json={"days": 3})
        assert (made.status_code, made.json()["term"]) == (201, "3 days")
        exported = gate.admin.get("/admin/bundles/local/export")
        assert exported.headers["content-type"] == "application/zip"
        names = zipfile.ZipFile(io.BytesIO(exported.content)).namelist()
        assert sorted(names) == ["installation.json", "mappings/urn-out.json", "schemas/urn-loan.json"]
        assert gate.admin.post("/admin/bundles", content=exported.content).json()["needed"] is False

    def test_of_a_bundle_count_as_edited(self, gate: Administered) -> None:
        """An edit is served at once and marked; an upgrade that changes it too is 422 until it is decided."""
        files = scaffold("Library")
        gate.install(files)
        body = gate.admin.get(place("mappings", MAPPING)).json()
        assert (body["bundle"], body["edited"]) == ("Library", False)
        mine = {**body["body"], "mapping": {**body["body"]["mapping"], "line": "{{ name }}!"}}
        put = gate.admin.put(place("mappings", MAPPING), json=mine)
        assert (put.status_code, put.json()["steps"][0]["differences"][0]["pointer"]) == (
            200,
            "/mapping/line",
        )
        assert gate.user.get(CARDS).json()["results"][0]["line"] == "First!"
        assert gate.admin.get("/admin/bundles/Library").json()["edited"] == [f"mapping {MAPPING}"]
        assert (
            MAPPING.encode() in gate.admin.get("/admin/edited").content
            or gate.admin.get("/admin/edited").status_code == 200
        )
        newer = changed(files, TO_CARD, lambda body: body["mapping"].update(line="{{ name }}?"))
        refused = gate.install(newer)
        assert (refused.status_code, refused.json()["findings"][0]["code"]) == (422, "edited")
        assert gate.install(newer, local="overwrite").json()["applied"] is True
        assert gate.user.get(CARDS).json()["results"][0]["line"] == "First?"

    def test_are_checked_like_a_bundle(self, gate: Administered) -> None:
        """What does not compile, or what others need, is 422, and changes nothing; so says a dry run."""
        gate.install(scaffold("Library"))
        before = gate.admin.get(place("mappings", MAPPING))
        broken = {**before.json()["body"], "mapping": {"line": "{{ name|uper }}"}}
        for dry, status in ((True, 200), (False, 422)):
            answer = gate.admin.put(place("mappings", MAPPING), json=broken, params={"dry_run": dry})
            assert answer.status_code == status
            found = [each for each in answer.json()["findings"] if each["severity"] == "error"]
            assert (found[0]["reference"], found[0]["pointer"]) == (MAPPING, "/mapping/line")
        needed = gate.admin.delete(place("mappings", MAPPING))
        assert needed.status_code == 422
        assert MAPPING in needed.json()["detail"]
        assert gate.admin.get(place("mappings", MAPPING)).json() == before.json()
        kept = gate.admin.delete(place("schemas", SCHEMA))
        assert {each["code"] for each in kept.json()["findings"]} >= {"objects"}

    def test_are_changed_only_as_they_were_read(self, gate: Administered) -> None:
        """If-Match holds a change to the state that was read: another one is 412."""
        gate.admin.put(place("mappings", "urn:m"), json={"mapping": {"a": "1"}, "passTrough": False})
        tag = gate.admin.get(place("mappings", "urn:m")).headers["etag"]
        body = {"mapping": {"a": "2"}, "passTrough": False}
        first = gate.admin.put(place("mappings", "urn:m"), json=body, headers={"if-match": tag})
        second = gate.admin.put(
            place("mappings", "urn:m"), json={**body, "title": "x"}, headers={"if-match": tag}
        )
        assert (first.status_code, second.status_code) == (200, 412)
        assert gate.admin.delete(place("mappings", "urn:m"), headers={"if-match": tag}).status_code == 412
        assert gate.admin.delete(place("mappings", "urn:m")).status_code == 200
        assert gate.admin.get("/admin/bundles").json() == []

    @pytest.mark.parametrize(
        ("content", "media", "status"),
        [
            (b"{", "application/json", 400),
            (b"[]", "application/json", 400),
            (b'{"$id": "urn:other"}', "application/json", 400),
            (b'{"a": 1, "a": 2}', "application/json", 400),
            (b"{}", "text/plain", 415),
            (b"[" * 100 + b"]" * 100, "application/json", 413),
        ],
    )
    def test_that_are_none_are_refused(
        self, gate: Administered, content: bytes, media: str, status: int
    ) -> None:
        """What is no JSON object of this reference is a problem, and nothing is kept of it."""
        answer = gate.admin.put(place("mappings", "urn:m"), content=content, headers={"content-type": media})
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert gate.admin.get("/admin/mappings").json() == []

    def test_are_listed_by_kind(self, gate: Administered) -> None:
        """Lists name reference, title, bundle and whether it was edited; what is misspelt is told."""
        gate.install(scaffold("Library"))
        listed = gate.admin.get("/admin/mappings").json()
        assert [each["title"] for each in listed] == ["Card to item", "Item to card"]
        assert {each["bundle"] for each in listed} == {"Library"}
        assert gate.admin.get("/admin/schemas").json()[0]["reference"] == SCHEMA
        assert len(gate.admin.get("/admin/endpoints").json()) == 2
        missing = gate.admin.get(place("mappings", MAPPING.replace("Card", "Crad")))
        assert (missing.status_code, MAPPING in missing.json()["detail"]) == (404, True)


def test_all_worker_processes_follow(server_factory: StartServer, tmp_path: Path) -> None:
    """What one process was told, the others serve soon after: every answer in a row has it."""
    url = f"sqlite:///{tmp_path}/many.db"
    store = open_store(url)
    key = add_application(store, "a", gateway.now(), scopes=("admin", "read", "write")).api_key
    store.close()
    server = server_factory(store=url, bundles="", durability="fast", workers="2")
    headers = {"x-api-key": key, "connection": "close"}
    with httpx2.Client(base_url=server.url, headers=headers, timeout=30) as client:
        done = client.post("/admin/bundles", content=archive(scaffold("Library")))
        assert done.json()["applied"] is True
        deadline, row = time.monotonic() + 30, 0
        while row < 20 and time.monotonic() < deadline:
            row = row + 1 if client.get(CARDS).status_code == 200 else 0
        assert row == 20

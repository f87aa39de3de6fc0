"""Every public bundle as it is published: it installs, what it configures is served or named."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_process import Answer, InProcess

from gateway_core.bundles.read import read_bundle
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.states import State, left_out, states
from gateway_core.operations.install import is_installed
from gateway_core.types import Bundle, Kind, Severity

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "corpus" / "bundles"
PLACES = sorted(CORPUS.iterdir()) if CORPUS.is_dir() else []
TOGETHER = "all"
ABSENT = "00000000-0000-4000-8000-00000000000f"
# How a path's variables can be filled in, by what they allow.
FILLINGS = {"[a-z0-9-]+": ABSENT, "[0-9]{20}": "0" * 20, "[0-9]{3}": "001"}

pytestmark = pytest.mark.skipif(
    not PLACES,
    reason=f"NO BUNDLE IS TESTED: there are none under {CORPUS}; set GATEWAY_SHARED to the shared test data",
)


def bundles(name: str) -> list[Bundle]:
    return [read_bundle(place) for place in PLACES if name in (TOGETHER, place.name)]


@pytest.fixture(scope="module", params=[*(place.name for place in PLACES), TOGETHER])
def gateway(request: pytest.FixtureRequest) -> Iterator[InProcess]:
    """A gateway with one bundle, or with all of them."""
    started = InProcess(bundles(request.param))
    yield started
    started.close()


def concrete(endpoint: Endpoint) -> str:
    path = endpoint.path
    for variable in endpoint.variables:
        path = path.replace(f"{{{variable.name}}}", FILLINGS[variable.pattern])
    return path


def is_refusal_of_the_source(gateway: InProcess, endpoint: Endpoint, answer: Answer) -> bool:
    """Whether an answer says, by its name, that the source behind an endpoint cannot be called."""
    source = gateway.catalog.sources[endpoint.forwards]
    return answer.status == 405 and source.title in answer.body["message"]


def test_every_artifact_has_a_state(gateway: InProcess) -> None:
    """Each artifact works, is kept with what it waits for, or is rejected with a reason."""
    catalog = gateway.catalog
    names = {artifact.origin.bundle for artifact in catalog.artifacts}
    found = states(names, catalog, [w for made in gateway.installed for w in made.warnings])
    assert len(found) == len(catalog.artifacts)
    assert [each for each in found if each.state is not State.WORKS and not each.reason] == []
    rejected = [each for each in found if each.state is State.REJECTED]
    assert [each.reference for each in rejected] == []
    by_kind = Counter(each.kind for each in found if each.state is State.WORKS)
    assert by_kind[Kind.SCHEMA] == sum(artifact.kind is Kind.SCHEMA for artifact in catalog.artifacts)


def test_every_endpoint_is_described_and_answers(gateway: InProcess) -> None:
    """GET of each is a page, or 405 where it is not among the methods, or with a sentence; what
    goes on to a source that may not be called names the source."""
    described = gateway.catalog.openapi["paths"]
    assert gateway.catalog.endpoints
    for endpoint in gateway.catalog.endpoints:
        assert {m.lower() for m in endpoint.methods} >= described[endpoint.path].keys() - {"parameters"}
        answer = gateway("GET", concrete(endpoint))
        if "GET" not in endpoint.methods:
            assert (answer.status, "GET" in answer.headers["allow"]) == (405, False), endpoint.path
        elif endpoint.waits_for:
            assert (answer.status, answer.body["message"]) == (405, endpoint.waits_for)
        elif endpoint.forwards:
            assert is_refusal_of_the_source(gateway, endpoint, answer), endpoint.path
        elif endpoint.above is not None:
            assert (answer.status, answer.body["data"]) == (404, {}), endpoint.path
        else:
            assert answer.status == 200, (endpoint.path, answer.body)
            assert isinstance(answer.body, dict if endpoint.paginated else list)
    assert gateway.faults == []


def test_every_item_answers(gateway: InProcess) -> None:
    """An id that is none is 404, and a method that is not there 405, for items too."""
    for endpoint in gateway.catalog.endpoints:
        if not endpoint.has_items:
            continue
        path = f"{concrete(endpoint)}/{ABSENT}"
        for method in ("GET", "DELETE"):
            expected = 404 if method in endpoint.methods else 405
            assert gateway(method, path).status == expected, (method, path)
    assert gateway.faults == []


def test_the_versions_of_every_item_answer(gateway: InProcess) -> None:
    """Of an object that is not there they are 404 in the dialect of its endpoint, behind variables too."""
    described = gateway.catalog.openapi["paths"]
    listed = [
        endpoint for endpoint in gateway.catalog.endpoints if f"{endpoint.path}/{{id}}/versions" in described
    ]
    assert listed or not any(endpoint.has_items for endpoint in gateway.catalog.endpoints)
    for endpoint in listed:
        answer = gateway("GET", f"{concrete(endpoint)}/{ABSENT}/versions")
        assert (answer.status, "message" in answer.body) == (404, True), endpoint.path


def test_no_write_fails_on_our_side(gateway: InProcess) -> None:
    """An empty object and a list as a body are created or refused, never a fault."""
    for endpoint in gateway.catalog.endpoints:
        for body in ({}, [], {"id": 1, "_self": {}, "embedded": {}}):
            answer = gateway("POST", concrete(endpoint), body)
            expected = (405,) if endpoint.waits_for else (201, 400, 404, 405)
            refused = endpoint.forwards and is_refusal_of_the_source(gateway, endpoint, answer)
            assert refused or answer.status in expected, endpoint.path
    assert gateway.faults == []


def test_the_api_document_is_whole(gateway: InProcess) -> None:
    """Operations have ids of their own, paths declare their variables, and references lead somewhere."""
    document = gateway.catalog.openapi
    ids = Counter(
        operation["operationId"]
        for item in document["paths"].values()
        for name, operation in item.items()
        if name != "parameters"
    )
    assert [id for id, count in ids.items() if count > 1] == []
    for path, item in document["paths"].items():
        declared = [each.get("name", "id") for each in item.get("parameters", ())]
        assert sorted(declared) == sorted(re.findall(r"{([^}]+)}", path)), path
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        node = document
        for part in reference.split("/"):
            node = node[part]


def test_the_examples_of_the_api_document_are_accepted(gateway: InProcess) -> None:
    """What the document shows can be sent, and what is answered can be sent back."""
    document = gateway.catalog.openapi
    for endpoint in gateway.catalog.endpoints:
        if not endpoint.has_items or endpoint.above is not None or "POST" not in endpoint.methods:
            continue
        content = document["paths"][endpoint.path]["post"]["requestBody"]["content"]["application/json"]
        for example in content.get("examples", {}).values():
            body = document["components"]["examples"][example["$ref"].rpartition("/")[2]]["value"]
            made = gateway("POST", concrete(endpoint), body)
            assert made.status == 201, (endpoint.path, made.body)
            for method in sorted(endpoint.methods & {"PUT", "PATCH"}) if endpoint.has_items else ():
                again = gateway(method, f"{concrete(endpoint)}/{made.body['id']}", made.body)
                assert again.status == 200, (method, endpoint.path, again.body)
    assert gateway.faults == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_reading_loses_nothing(place: Path) -> None:
    """Every file of the tree is an artifact's origin, a manifest, or named in a finding."""
    bundle = read_bundle(place)
    files = {
        path.relative_to(place).as_posix() for path in (place / "Installation").rglob("*") if path.is_file()
    }
    told = {artifact.origin.path for artifact in bundle.artifacts} | {f.path for f in bundle.findings}
    assert files - told - {"Installation/installation.json"} == set()
    assert not [f for f in bundle.findings if f.severity is Severity.ERROR]


def test_a_second_installation_changes_nothing(gateway: InProcess) -> None:
    """What is installed is what is read: the same digest, the same objects."""
    names = {artifact.origin.bundle for artifact in gateway.catalog.artifacts}
    again = [bundle for bundle in bundles(TOGETHER) if bundle.name in names]
    assert [bundle.name for bundle in again if not is_installed(gateway.store, bundle)] == []


def test_the_broken_file_of_a_bundle_is_named(tmp_path: Path) -> None:
    """The trailing comma that loses a source of one public bundle there is told here, with its place."""
    whole = read_bundle(PLACES[0])
    for path in (PLACES[0] / "Installation").rglob("*"):
        if path.is_file():
            copy = tmp_path / "Copy" / path.relative_to(PLACES[0])
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (tmp_path / "Copy/Installation/x.source.json").write_text('{\n  "$id": "urn:x",\n}\n')
    bundle = read_bundle(tmp_path / "Copy")
    assert len(bundle.artifacts) == len(whole.artifacts)
    (lost,) = left_out(bundle.name, bundle.findings)
    assert (lost.reference, lost.state) == ("Installation/x.source.json", State.REJECTED)


def test_the_original_register_is_served_in_both_shapes() -> None:
    """Its default application's mappings hold for the compatible endpoints, and only for those."""
    gateway = InProcess(bundles("CustomerInteractionBundle"))
    try:
        klanten, partijen = "/api/kic/v1/klanten", "/api/kic/v1/partijen"
        body = {
            "bronorganisatie": "999990639",
            "klantnummer": "123",
            "subjectType": "natuurlijk_persoon",
            "achternaam": "Moulin",
            "emails": [{"email": "s@example.nl"}],
            "telefoonnummers": [{"telefoonnummer": "0612345678"}],
        }
        made = gateway("POST", klanten, body)
        assert made.status == 201, made.body
        assert made.body["embedded"]["emails"][0]["email"] == "s@example.nl"
        query = "embedded.emails.email[like]=s@EXAMPLE&subjectType=natuurlijk_persoon"
        page = gateway("GET", f"{klanten}?{query}").body
        assert [klant["id"] for klant in page["results"]] == [made.body["id"]]
        assert page["results"][0]["achternaam"] == "Moulin"
        assert gateway("GET", f"{klanten}?embedded.emails.email[like]=nobody").body["results"] == []
        stored = gateway("GET", f"{partijen}/{made.body['id']}").body
        assert stored["soortPartij"] == "natuurlijk_persoon"
        assert "achternaam" not in stored
    finally:
        gateway.close()

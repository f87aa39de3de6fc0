"""The weak points of the original about bundles, which this gateway must not have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from gateway_process import StartServer

from gateway_core import app as gateway
from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.save import archive
from gateway_core.bundles.scaffold import scaffold
from gateway_core.catalog.build import BuildSettings
from gateway_core.operations.applications import add_application
from gateway_core.operations.install import apply
from gateway_core.operations.planning import Planned, plan_installation
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Store
from gateway_core.types import Bundle, Kind, Severity

BASE, CORE = "https://example.com/weak", "https://docs.commongateway.nl/schemas"
THING, ENDPOINT = f"{BASE}/thing.schema.json", f"{BASE}/things.endpoint.json"
USER = {
    "$id": f"{BASE}/beheer.user.json",
    "email": "beheer@example.com",
    "password": "ChangeMe-Once",
    "securityGroups": [f"{BASE}/all.securityGroup.json"],
}


def original(version: str = "0.0.1", *, path: str = "things", **manifest: Any) -> Bundle:
    """A bundle in Common Gateway's form."""
    endpoint = {"$id": ENDPOINT, "reference": THING, "version": version, "path": [path], "methods": ["GET"]}
    schema = {
        "$schema": f"{CORE}/Entity.schema.json",
        "$id": THING,
        "title": "Thing",
        "version": version,
        "properties": {"name": {"type": "string"}},
    }
    files = {
        "Installation/installation.json": {"endpoints": {"schemas": [endpoint]}, **manifest},
        "Installation/Schema/thing.json": schema,
    }
    return lay_out({name: json.dumps(content).encode() for name, content in files.items()}, "Weak")


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("sqlite:///:memory:")
    yield opened
    opened.close()


def planned(store: Store, bundle: Bundle) -> Planned:
    return plan_installation(store, bundle, BuildSettings(), gateway.context_of)


def installed(store: Store, bundle: Bundle) -> Planned:
    work = planned(store, bundle)
    apply(store, work, gateway.context_of)
    return work


def bodies(store: Store, kind: Kind) -> list[Mapping[str, Any]]:
    return [artifact.body for artifact in store.artifacts() if artifact.kind is kind]


class TestW4DefaultCredentials:
    def test_nobody_can_call_a_new_gateway(self, server_factory: StartServer) -> None:
        """Without an application added nothing answers, whatever is sent; none is there by default."""
        client = server_factory(bundles="Petstore", durability="fast").client()
        for headers in (
            {},
            {"x-api-key": ""},
            {"x-api-key": "!ChangeMe!"},
            {"authorization": "Bearer a.b.c"},
        ):
            for path in ("/api/petstore/pets", "/admin/bundles"):
                assert client.get(path, headers=headers).status_code == 401, (path, headers)

    def test_users_of_a_bundle_have_no_password_and_are_off(self, store: Store) -> None:
        """A password in a file is left out, which is told, and no installation or upgrade sets one."""
        for version in ("0.0.1", "0.0.2"):
            work = installed(store, original(version, users=[USER]))
            (user,) = bodies(store, Kind.USER)
            assert (user["isEnabled"], "password" in user) == (False, False)
            assert "secret" in {finding.code for finding in work.plan.findings}
            assert USER["password"] not in json.dumps([dict(a.body) for a in store.artifacts()])
            assert store.applications() == ()

    def test_keys_of_two_gateways_differ(self, store: Store) -> None:
        """Keys and secrets are random, and made when an application is added."""
        other = open_store("sqlite:///:memory:")
        made = [add_application(each, "a", gateway.now()) for each in (store, other)]
        other.close()
        assert len({each.api_key for each in made} | {each.secret for each in made}) == 4


def test_w37_a_mapping_that_is_not_there_is_told_when_it_is_installed(store: Store) -> None:
    """What an application configures is checked by the plan, and no request meets it."""
    application = {
        "$id": f"{BASE}/a.application.json",
        "title": "A",
        "configuration": [{ENDPOINT: {"out": {"body": {"mapping": f"{BASE}/nowhere.mapping.json"}}}}],
    }
    findings = planned(store, original(applications=[application])).plan.findings
    assert any("nowhere.mapping.json" in finding.message for finding in findings), findings


class TestW38Upgrades:
    def test_a_path_that_changes_is_served(self, store: Store) -> None:
        """An upgrade that changes the path of an endpoint serves it at the new one, and at no other."""
        work = installed(store, original())
        assert [endpoint.path for endpoint in work.catalog.endpoints] == ["/api/things"]
        work = installed(store, original("0.0.2", path="objects"))
        assert [endpoint.path for endpoint in work.catalog.endpoints] == ["/api/objects"]

    def test_what_an_upgrade_drops_is_gone(self, store: Store) -> None:
        """An endpoint that the new version does not have is not served any more."""
        more = {"$id": f"{BASE}/more.endpoint.json", "reference": THING, "path": ["more"]}
        first = original(endpoints={"schemas": [{**more, "$id": ENDPOINT, "path": ["things"]}, more]})
        assert len(installed(store, first).catalog.endpoints) == 2
        assert [e.path for e in installed(store, original("0.0.2")).catalog.endpoints] == ["/api/things"]


def test_w47_what_is_installed_can_be_upgraded_and_removed(
    server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Plan, install, upgrade, roll back and remove exist and do what they say, over HTTP as by command."""
    url = f"sqlite:///{tmp_path_factory.mktemp('w47')}/w47.db"
    opened = open_store(url)
    key = add_application(opened, "a", gateway.now(), scopes=("admin",)).api_key
    opened.close()
    server = server_factory(store=url, bundles="", durability="fast")
    with httpx2.Client(base_url=server.url, headers={"x-api-key": key}, timeout=30) as http:
        files = scaffold("Library")
        manifest = {**json.loads(files["installation.json"]), "version": "0.2.0"}
        newer = {**files, "installation.json": json.dumps(manifest).encode()}
        for content in (files, newer):
            assert http.post("/admin/bundles", content=archive(content)).json()["applied"] is True
        assert http.get("/admin/bundles/Library").json()["version"] == "0.2.0"
        assert http.post("/admin/bundles/Library/rollback").json()["version"] == "0.1.0"
        assert http.delete("/admin/bundles/Library", params={"objects": "delete"}).json()["applied"] is True
        assert http.get("/admin/bundles").json() == []


class TestW50Versions:
    def test_an_artifact_of_version_nought_is_filled(self, store: Store) -> None:
        """``0.0.0`` is a version like any other, on the first installation and after."""
        installed(store, original("0.0.0"))
        assert bodies(store, Kind.SCHEMA)[0]["properties"] == {"name": {"type": "string"}}

    def test_what_changed_is_applied_whatever_its_version_says(self, store: Store) -> None:
        """A change under an unchanged or older version is made, and told as a warning."""
        installed(store, original("0.0.2"))
        for version, code in (("0.0.2", "version-unchanged"), ("0.0.1", "downgrade")):
            work = installed(store, original(version, path=f"of-{version}"))
            assert code in {f.code for f in work.plan.findings if f.severity is Severity.WARNING}
            assert [endpoint.path for endpoint in work.catalog.endpoints] == [f"/api/of-{version}"]


def test_w52_nothing_is_configured_that_no_file_says(store: Store) -> None:
    """The configuration of an action is the one in the file, word for word: no example becomes live."""
    handler = {"actionHandler": "Acme\\OrderHandler", "name": "order", "configuration": {"source": "urn:x"}}
    installed(store, original(actions={"handlers": [handler]}))
    (action,) = bodies(store, Kind.ACTION)
    assert action["configuration"] == {"source": "urn:x"}

"""One reference in several bundles, and how versions compare."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from original_bundle import SHOP, artifact, shop

from gateway_core.catalog.build import BuildSettings, build
from gateway_core.catalog.shared import may_share, settle
from gateway_core.catalog.states import State, left_out, states
from gateway_core.catalog.versions import version_key
from gateway_core.types import Artifact, Bundle, Finding, Kind, Origin

DEFAULT = "https://docs.commongateway.nl/application/default.application.json"


def one(bundle: str, kind: Kind, name: str, **body: Any) -> Artifact:
    content = artifact(name, "x", **body)
    content["$id"] = body.get("$id", f"{SHOP}x")
    return Artifact(kind, content["$id"], str(content["version"]), content, Origin(bundle, "p"))


def settled(*artifacts: Artifact) -> tuple[list[Artifact], list[Finding]]:
    findings: list[Finding] = []
    return settle(artifacts, findings), findings


def test_versions_compare_as_versions() -> None:
    """Numbers by number, a pre-release before its release, a longer one behind a shorter."""
    ordered = ["0.0.9", "0.0.10", "0.1", "1.0.0-alpha", "1.0.0-rc1", "1.0.0", "1.0.0.1", "v1.0.1", "1.2"]
    assert all(one < other for one, other in pairwise(map(version_key, ordered)))
    assert version_key("1.0") < version_key("1.0.0")
    assert version_key("x") < version_key("0")
    assert version_key("9" * 30) < version_key("0")


def test_those_that_say_the_same_are_one() -> None:
    """Identical bodies are shared without a word."""
    listed = [one(name, Kind.MAPPING, "Mapping", mapping={"a": "b"}) for name in ("A", "B")]
    assert settled(*listed) == (listed[:1], [])


@pytest.mark.parametrize(
    ("versions", "holds", "why"),
    [
        (("0.0.2", "0.0.10"), "B", "has the highest version"),
        (("0.0.10", "0.0.2"), "A", "has the highest version"),
        (("0.0.1", "0.0.1"), "A", "was installed first"),
    ],
)
def test_of_different_ones_the_highest_version_holds(versions: tuple[str, str], holds: str, why: str) -> None:
    """Of equal versions it is the first; the other is named."""
    listed = [
        one(name, Kind.MAPPING, "Mapping", version=version, mapping={"a": name})
        for name, version in zip("AB", versions, strict=True)
    ]
    (kept,), (told,) = settled(*listed)
    assert kept.origin.bundle == holds
    assert f"comes with bundle {holds}, which {why}" in told.message


def test_configurations_of_an_application_are_joined() -> None:
    """W50: no bundle's configuration of the default application is passed over in silence."""
    listed = [
        one("A", Kind.APPLICATION, "Application", configuration=[{"urn:e": 1}, {"urn:f": 1}], domains=["a"]),
        one("B", Kind.APPLICATION, "Application", configuration={"urn:f": 2, "urn:g": 2}, domains=["a", "b"]),
    ]
    (kept,), told = settled(*listed)
    assert kept.body["configuration"] == [{"urn:e": 1}, {"urn:f": 1}, {"urn:g": 2}]
    assert kept.body["domains"] == ["a", "b"]
    assert [f.message for f in told] == [
        f"application {SHOP}x: 'urn:f' is configured by bundle B too, and bundle A holds",
        f"application {SHOP}x is one of bundle A and of B: both configurations hold",
    ]


def test_a_collection_is_joined_with_what_others_add() -> None:
    """Its own bundle says what it is, every manifest which schemas belong to it."""
    listed = [
        one("A", Kind.COLLECTION, "CollectionEntity", **{"$part": "link"}, schemaPrefixes=["urn:a"]),
        one("B", Kind.COLLECTION, "CollectionEntity", prefix="b", schemaPrefixes=["urn:b"]),
    ]
    (kept,), told = settled(*listed)
    assert (kept.body["prefix"], kept.body["schemaPrefixes"], told) == ("b", ["urn:a", "urn:b"], [])


def test_endpoints_with_one_reference_and_two_paths_both_hold() -> None:
    """References of endpoints are made from titles: two bundles may come to the same."""
    listed = [one(name, Kind.ENDPOINT, "Endpoint", reference=name, path=name) for name in ("A", "B")]
    assert settled(*listed) == (listed, [])


def test_ours_have_one_owner() -> None:
    """Only artifacts in the original's form may come with two bundles."""
    original = one("A", Kind.MAPPING, "Mapping")
    ours = replace(original, body={"$id": original.reference})
    assert (may_share(original, original), may_share(original, ours)) == (True, False)


LOOKED_AT = "its handler is in a package, which is looked at when it is served"


class TestStates:
    @pytest.fixture
    def bundle(self) -> Bundle:
        broken = {**artifact("Mapping", "broken.mapping.json"), "mapping": {"a": "{{ "}}
        return shop(
            {
                "Installation/m.json": broken,
                "Installation/Source/x.source.json": "{",
                "Installation/a.json": artifact("Action", "pay.action.json", **{"class": "Shop\\PayHandler"}),
                "Installation/b.json": artifact("Action", "get.action.json", **{"class": "Shop\\GetHandler"}),
                "Installation/test.json": {"urn:none": [{"a": 1}]},
            }
        )

    def test_say_of_each_artifact_what_became_of_it(self, bundle: Bundle) -> None:
        """It works, it is kept, it needs a handler, or it is rejected, each with its reason."""
        catalog, findings = build(bundle.artifacts)
        found = {
            each.reference: each for each in states(["ShopBundle"], catalog, findings, ["Shop.GetHandler"])
        }
        assert len(found) == len(bundle.artifacts)
        assert found[f"{SHOP}EntityEndpoint/Order.endpoint.json"].state is State.WORKS
        assert found[f"{SHOP}EntityEndpoint/OrderPay.endpoint.json"].state is State.NEEDS_HANDLER
        assert found[f"{SHOP}ProxyEndpoint/bank.source.json.endpoint.json"].state is State.WORKS
        assert found[f"{SHOP}pay.action.json"].reason == "a handler for Shop.PayHandler"
        assert found[f"{SHOP}get.action.json"].state is State.RECORDED
        assert found["ShopBundle/Installation/test.json"].reason.startswith("test data")
        lost = found[f"{SHOP}broken.mapping.json"]
        assert (lost.state, bool(lost.reason)) == (State.REJECTED, True)

    def test_are_told_together(self, bundle: Bundle) -> None:
        """One note for each kind and reason names how many wait, and for which handlers."""
        _, findings = build(bundle.artifacts, BuildSettings(handlers=frozenset({"Shop.GetHandler"})))
        told = {f.message for f in findings if f.code in ("needs-handler", "recorded")}
        assert {
            "1 action of bundle ShopBundle: need a handler: Shop.PayHandler",
            f"1 action of bundle ShopBundle: kept and not used: {LOOKED_AT}",
        } <= told

    def test_name_what_became_no_artifact(self, bundle: Bundle) -> None:
        """A file that could not be read is among what is left out."""
        (lost,) = left_out(bundle.name, bundle.findings)
        assert (lost.reference, lost.state) == ("Installation/Source/x.source.json", State.REJECTED)


class TestRejection:
    def test_of_a_schema_leaves_the_rest(self) -> None:
        """W48: a schema that cannot be used goes with its endpoints, by name; the others stay."""
        broken = {**artifact("Entity", "broken.schema.json"), "properties": {"a": {"type": "colour"}}}
        broken["$ref"] = 7
        bundle = shop(
            {
                "Installation/broken.json": broken,
                "Installation/installation.json": {
                    "endpoints": {"schemas": [{"reference": f"{SHOP}none.schema.json", "path": "none"}]}
                },
            }
        )
        catalog, findings = build(bundle.artifacts)
        assert not [f for f in findings if f.severity == "error"]
        assert len(catalog.entities) >= 3
        missing = f"schema '{SHOP}none.schema.json' is not installed"
        assert [f.message for f in findings if f.code == "rejected" and "none" in f.message] == [
            f"endpoint {SHOP}EntityEndpoint/none.endpoint.json: {missing}"
        ]

    def test_does_not_spare_what_is_ours(self) -> None:
        """A fault of an artifact in our form stays an error."""
        ours = Artifact(
            Kind.ENDPOINT, "urn:e", "1", {"$id": "urn:e", "reference": "urn:none"}, Origin("B", "p")
        )
        _, findings = build([ours])
        assert [f.severity.value for f in findings] == ["error"]

"""What the configuration of a limited application may say, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from original_bundle import LINE, ORDER, shop

from gateway_core import app as gateway
from gateway_core.catalog.build import build
from gateway_core.catalog.endpoints import Bound, Limit
from gateway_core.types import Artifact, Finding, Kind, Origin, Severity

PETS = "https://example.com/petstore/pet.endpoint.json"
CARDS = "https://example.com/petstore/card.endpoint.json"
PORTAL = "https://example.com/petstore/portal.application.json"


def built(limits: Any) -> tuple[Limit | None, list[Finding]]:
    """The limit of the pets for the portal, and what is said of it."""
    body = {"$id": PORTAL, "title": "Portal", "limits": limits}
    portal = Artifact(Kind.APPLICATION, PORTAL, "", body, Origin("test", "portal.json"))
    catalog, findings = build([*gateway.read_bundle("Petstore").artifacts, portal])
    (pets,) = (each for each in catalog.endpoints if each.reference == PETS)
    assert pets.limit is None
    return pets.seen_by(PORTAL).limit, [each for each in findings if each.reference == PORTAL]


def test_a_limit_is_of_one_application() -> None:
    """It stands at the endpoint as that application sees it; without methods, reading is meant."""
    limit, findings = built({PETS: {"filters": {"name": {"claim": "pet"}, "_self.version": {"value": 1}}}})
    assert findings == []
    assert limit == Limit(frozenset({"GET"}), (Bound("name", claim="pet"), Bound("_self.version", value=1)))


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ([], "'limits' must be an object"),
        ({PETS: []}, "must be an object with 'methods' and 'filters'"),
        ({PETS: {"filter": {}}}, "must be an object with 'methods' and 'filters'"),
        ({PETS: {}}, "'filters' must tell which objects"),
        ({PETS: {"filters": {}}}, "'filters' must tell which objects"),
        ({PETS: {"filters": {"name": "pet"}}}, "'name' must be an object with either"),
        ({PETS: {"filters": {"name": {"claim": "a", "value": "b"}}}}, "'name' must be an object with either"),
        ({PETS: {"filters": {"name": {"claim": ""}}}}, "'name' must be an object with either"),
        ({PETS: {"filters": {"name": {"value": None}}}}, "'name' must be an object with either"),
        ({PETS: {"filters": {"nmae": {"claim": "pet"}}}}, "'nmae"),
        ({PETS: {"methods": ["DELETE"], "filters": {"name": {"claim": "x"}}}}, "'methods' must be a list of"),
        ({PETS: {"methods": [], "filters": {"name": {"claim": "x"}}}}, "'methods' must be a list of"),
        ({CARDS: {"methods": ["PATCH"], "filters": {"name": {"claim": "x"}}}}, "PATCH is for endpoints that"),
    ],
)
def test_what_is_wrong_is_an_error_and_allows_nothing(limits: Any, told: str) -> None:
    """A limit that cannot be meant so is found when it is installed, with the application's name."""
    _, findings = built(limits)
    assert [each.severity for each in findings] == [Severity.ERROR]
    assert told in findings[0].message
    assert PORTAL in findings[0].message


def test_a_limit_of_no_endpoint_is_remarked_upon() -> None:
    """Nothing is allowed by it, so it is a warning, with the endpoint that was meant."""
    limit, findings = built({PETS.replace("pet.", "pets."): {"filters": {"name": {"claim": "pet"}}}})
    assert (limit, [each.severity for each in findings]) == (None, [Severity.WARNING])
    assert PETS in findings[0].hint


def test_endpoints_that_share_a_reference_stay_themselves() -> None:
    """Endpoints of Common Gateway may have one reference, made of a title: each is there, limited or not."""
    artifacts = shop().artifacts
    first = next(each for each in artifacts if each.kind is Kind.ENDPOINT and each.body["reference"] == ORDER)
    below = {**first.body, "reference": LINE, "path": "more"}
    other = replace(first, body=below, origin=Origin("OtherBundle", "installation.json"))
    for limits in (None, {first.reference: {"filters": {"_self.version": {"value": 1}}}}):
        body = {"$id": PORTAL, "title": "Portal", **({} if limits is None else {"limits": limits})}
        portal = Artifact(Kind.APPLICATION, PORTAL, "", body, Origin("test", "portal.json"))
        catalog, _ = build([*artifacts, other, portal])
        found = {each.entity: each for each in catalog.endpoints if each.reference == first.reference}
        limited = {entity for entity, each in found.items() if each.seen_by(PORTAL).limit is not None}
        assert (set(found), limited) == ({ORDER, LINE}, set() if limits is None else {ORDER, LINE})

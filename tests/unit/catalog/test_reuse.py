"""What is kept of the last build changes nothing about the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from original_bundle import CUSTOMER, LINE, ORDER, shop

from gateway_core import app as gateway
from gateway_core.catalog.build import BuildSettings, build
from gateway_core.types import Artifact, Kind

PET = "https://example.com/petstore/pet.schema.json"


def edited(
    kind: Kind, change: Callable[[dict[str, Any]], Mapping[str, Any]]
) -> Callable[[Artifact], Artifact]:
    """A change of every artifact of a kind."""
    return lambda a: replace(a, body=change(dict(a.body))) if a.kind is kind else a


CHANGES: dict[str, Callable[[Artifact], Artifact | None]] = {
    "nothing": lambda artifact: artifact,
    "schemas": edited(Kind.SCHEMA, lambda body: {**body, "required": []}),
    "a broken schema": edited(Kind.SCHEMA, lambda body: {**body, "required": ["nothing"]}),
    "mappings": edited(Kind.MAPPING, lambda body: {**body, "mapping": {"x": "y"}}),
    "broken mappings": edited(Kind.MAPPING, lambda body: {**body, "mapping": {"x": "{{ y|z }}"}}),
    "endpoints": edited(Kind.ENDPOINT, lambda body: {**body, "methods": ["GET"]}),
    "a schema less": lambda artifact: None if artifact.reference == PET else artifact,
}


@pytest.mark.parametrize("before", CHANGES)
@pytest.mark.parametrize("after", CHANGES)
def test_a_build_is_the_same_whatever_was_built_before(before: str, after: str) -> None:
    """Findings, document, fields and what is valid are those of a build with nothing kept."""
    artifacts = gateway.read_bundle("Petstore").artifacts
    shared = BuildSettings()
    for change in (before, after):
        changed = [found for a in artifacts if (found := CHANGES[change](a)) is not None]
        catalog, findings = build(changed, shared)
        expected, found = build(changed, BuildSettings())
        assert findings == found
        assert catalog.openapi == expected.openapi
        assert (catalog.version, catalog.indexes) == (expected.version, expected.indexes)
        assert catalog.entities.keys() == expected.entities.keys()
        assert catalog.mappings.keys() == expected.mappings.keys()
        for reference, entity in catalog.entities.items():
            document = {"name": 1, "colour": "red"}
            other = expected.entities[reference]
            assert entity.validator.check(document) == other.validator.check(document)
            assert entity.spec == other.spec


MIRRORS: dict[str, Mapping[str, Any]] = {
    "nothing": {},
    "no longer mirrored": {"order": {"$ref": ORDER}},
    "refers to nothing": {"order": {"type": "string"}},
    "to be a number": {"amount": {"type": "integer", "default": 1}},
    "to be a truth": {"amount": {"type": "integer", "default": True}},
}


@pytest.mark.parametrize("before", [*MIRRORS, "gone"])
@pytest.mark.parametrize("after", [*MIRRORS, "gone"])
def test_a_schema_is_read_anew_when_what_it_refers_to_says_otherwise(before: str, after: str) -> None:
    """In Common Gateway's dialect a schema has relations because another one says so: what is kept of its
    last reading holds while that one says the same, and a truth is no number."""
    shared = BuildSettings()
    for change in (before, after):
        artifacts = [
            replace(a, body={**a.body, "properties": {**a.body["properties"], **MIRRORS.get(change, {})}})
            if a.reference == LINE
            else a
            for a in shop().artifacts
            if a.reference != LINE or change != "gone"
        ]
        catalog, findings = build(artifacts, shared)
        expected, found = build(artifacts, BuildSettings())
        assert findings == found
        assert {r: e.spec for r, e in catalog.entities.items()} == {
            r: e.spec for r, e in expected.entities.items()
        }
        assert str(catalog.openapi) == str(expected.openapi)


def test_what_did_not_change_is_not_compiled_again() -> None:
    """The validators of unchanged schemas, and unchanged mappings, are the same objects as before."""
    artifacts = gateway.read_bundle("Petstore").artifacts
    shared = BuildSettings()
    first, _ = build(artifacts, shared)
    change = CHANGES["endpoints"]
    second, _ = build([found for a in artifacts if (found := change(a)) is not None], shared)
    assert first.entities[PET].validator is second.entities[PET].validator
    assert all(second.mappings[reference] is mapping for reference, mapping in first.mappings.items())


def test_what_refers_to_nothing_new_is_not_translated_again() -> None:
    """Of several schemas, those that a new one does not concern keep their spec, the same object."""
    shared = BuildSettings()
    artifacts = shop().artifacts
    without = [a for a in artifacts if a.reference != LINE]
    first, _ = build(without, shared)
    second, _ = build(artifacts, shared)
    same = {r for r, e in second.entities.items() if r in first.entities and e.spec is first.entities[r].spec}
    assert same == {CUSTOMER}

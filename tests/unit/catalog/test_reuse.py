"""What is kept of the last build changes nothing about the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

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


def test_what_did_not_change_is_not_compiled_again() -> None:
    """The validators of unchanged schemas, and unchanged mappings, are the same objects as before."""
    artifacts = gateway.read_bundle("Petstore").artifacts
    shared = BuildSettings()
    first, _ = build(artifacts, shared)
    change = CHANGES["endpoints"]
    second, _ = build([found for a in artifacts if (found := change(a)) is not None], shared)
    assert first.entities[PET].validator is second.entities[PET].validator
    assert all(second.mappings[reference] is mapping for reference, mapping in first.mappings.items())

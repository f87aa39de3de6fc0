"""Artifacts in our form with anything in the place of anything: findings, never an exception."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.scaffold import scaffold
from gateway_core.catalog.build import build
from gateway_core.catalog.keys import COLLECTION_KEYS, ENDPOINT_KEYS
from gateway_core.types import Kind, Severity

ARTIFACTS = lay_out(scaffold("Library")).artifacts
SCHEMA, MAPPING = (
    "https://example.com/Library/item.schema.json",
    "https://example.com/Library/cardToItem.mapping.json",
)
OTHERS = (
    "mapping cast unset values absent passTrough input output properties required type items $ref x-inverseOf"
)
KEYS = sorted({*COLLECTION_KEYS, *ENDPOINT_KEYS, *OTHERS.split(), "x-index", "in", "body"} - {"$id"})
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 2)
    | st.sampled_from(["", "x", "{{ name }}", "{% if", "GET", "object", SCHEMA, MAPPING]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=400)
@given(
    st.integers(0, len(ARTIFACTS) - 1), st.dictionaries(st.sampled_from(KEYS), ODD, min_size=1, max_size=3)
)
def test_whatever_stands_in_an_artifact_is_found(number: int, members: dict[str, Any]) -> None:
    """A build ends with findings, each with a message, and a catalog; it never raises."""
    changed = [
        replace(a, body={**a.body, **members}) if at == number else a for at, a in enumerate(ARTIFACTS)
    ]
    catalog, findings = build(changed)
    assert all(finding.message for finding in findings)
    assert len(catalog.artifacts) == len(ARTIFACTS)


@pytest.mark.parametrize(
    ("kind", "member", "value", "must"),
    [
        (Kind.ENDPOINT, "mappings", "x", "an object of objects that hold references"),
        (Kind.ENDPOINT, "mappings", {"in": {"body": 1}}, "an object of objects that hold references"),
        (Kind.ENDPOINT, "parameters", ["x"], "a list of objects"),
        (Kind.ENDPOINT, "methods", "GET", "a list of texts"),
        (Kind.COLLECTION, "aliasPrefixes", "x", "a list of texts"),
        (Kind.COLLECTION, "words", [], "an object"),
    ],
)
def test_a_member_of_the_wrong_type_is_named(kind: Kind, member: str, value: Any, must: str) -> None:
    """The error names the artifact and the member, and what it must be."""
    changed = [replace(a, body={**a.body, member: value}) if a.kind is kind else a for a in ARTIFACTS]
    _, findings = build(changed)
    errors = [f for f in findings if f.severity is Severity.ERROR and f.pointer == f"/{member}"]
    assert len(errors) == sum(artifact.kind is kind for artifact in ARTIFACTS)
    assert all(f"'{member}' must be {must}" in error.message for error in errors)

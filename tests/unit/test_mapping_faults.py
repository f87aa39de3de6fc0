"""Faults of mappings as the catalog tells them."""

from __future__ import annotations

from gateway_core.catalog.build import build
from gateway_core.types import Artifact, Kind, Origin, Severity


def test_every_fault_of_every_mapping_is_told() -> None:
    """Each faulty target of each mapping is a finding with file, key and place."""
    artifacts = [
        Artifact(
            kind=Kind.MAPPING,
            reference=f"urn:{name}",
            version="1",
            body={
                "$id": f"urn:{name}",
                "mapping": {"p": "{{ a|uper }}", "q": "{{ a }}", "r": "{{ include(a) }}"},
            },
            origin=Origin("test", f"mappings/{name}.mapping.json"),
        )
        for name in ("one", "two")
    ]
    _, findings = build(artifacts)
    told = [(finding.reference, finding.position) for finding in findings]
    assert [reference for reference, _ in told] == ["urn:one", "urn:one", "urn:two", "urn:two"]
    assert all(finding.severity is Severity.ERROR for finding in findings)
    assert {(place.line, place.column) for _, place in told if place is not None} == {(1, 6), (1, 4)}

"""The schemas of the bundle at the repository's root are good ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway_core.schema import check_defaults, check_relations, compile_validators, reason, translate

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
BODIES = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMAS.glob("*.json"))]
REFERENCES = {body["$id"] for body in BODIES}


def told(findings):
    return [f"{f.reference}, {f.pointer}: {f.message}; {f.hint}" for f in findings]


@pytest.fixture(scope="module")
def specs():
    return {body["$id"]: translate(body, REFERENCES.__contains__).spec for body in BODIES}


def test_there_are_schemas():
    """The folder holds schemas with different references."""
    assert BODIES
    assert len(REFERENCES) == len(BODIES)


def test_they_have_no_findings(specs):
    """Neither one by one nor together is anything remarked about them."""
    for body in BODIES:
        assert told(translate(body, REFERENCES.__contains__).findings) == []
    assert told(check_relations(specs)) == []
    assert told(check_defaults(specs, compile_validators(specs))) == []


def test_their_examples_are_valid(specs):
    """Every example of a property keeps to its own schema."""
    validators = compile_validators(specs)
    faults = [
        f"{body['$id']}, {violation.pointer}: {reason(violation)}"
        for body in BODIES
        for name, node in body["properties"].items()
        for example in node.get("examples", ())
        for violation in validators[body["$id"]].check({name: example})
        if violation.pointer[:1] == (name,)
    ]
    assert faults == []

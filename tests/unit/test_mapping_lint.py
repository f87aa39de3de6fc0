"""Remarks about mappings that compile: each is given where it should be, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_core.catalog.build import build
from gateway_core.mapping.mapping import compile_mapping
from gateway_core.operations.install import sentence
from gateway_core.types import Artifact, Finding, Kind, Origin, Severity

THING = "https://example.com/thing.schema.json"
IN, OUT = "https://example.com/in.mapping.json", "https://example.com/out.mapping.json"
CLEAN: dict[str, Any] = {"passTrough": False, "absent": "omit", "mapping": {"a": "b"}}


def remarks(**changes: Any) -> list[tuple[str, str]]:
    """Code and pointer of each remark about a clean mapping with changes; None takes a key away."""
    body = {key: value for key, value in {**CLEAN, **changes}.items() if value is not None}
    findings = compile_mapping("m", body).findings
    assert {finding.severity for finding in findings} <= {Severity.WARNING}
    return [(finding.code, finding.pointer) for finding in findings]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"passTrough": None}, [("mapping-pass-through", "")]),
        ({"passTrough": None, "passThrough": False}, [("mapping-pass-through", "/passThrough")]),
        ({"passthrough": False}, [("mapping-pass-through", "/passthrough")]),
        ({"valueMaps": {}}, [("mapping-unknown-key", "/valueMaps")]),
        ({"absent": "skip"}, [("mapping-absent", "/absent"), ("mapping-bare-path", "/mapping/a")]),
        ({"absent": None}, [("mapping-bare-path", "/mapping/a")]),
        ({"absent": None, "cast": {"a": "unsetIfValue==b"}}, []),
        ({"absent": None, "cast": {"a": ["string", "setNullIfValue==b"]}}, []),
        ({"absent": None, "cast": {"a": "unsetIfValue==c"}}, [("mapping-bare-path", "/mapping/a")]),
        ({"absent": None, "mapping": {"b": "b"}, "cast": {"b": "keyCantBeValue"}}, []),
        ({"absent": None, "mapping": {"a": "{{ b }}"}}, []),
        ({"absent": None, "mapping": {"a": "two words", "n": "1"}}, []),
        ({"cast": {"a": "strng"}}, [("mapping-unknown-cast", "/cast/a")]),
        ({"cast": {"a": "int,"}}, []),
        ({"cast": {"z": "int"}}, [("mapping-unused-cast", "/cast/z")]),
        ({"cast": {"a.inner": "int"}}, []),
        ({"passTrough": True, "cast": {"z": "int"}}, []),
        ({"values": {"z": {"x": 1}}}, [("mapping-unused-value-map", "/values/z")]),
        ({"mapping": {"a.b": "b", "a": "c"}}, [("mapping-overwritten", "/mapping/a")]),
        ({"mapping": {"a": "b", "a.b": "c"}}, []),
        ({"mapping": {"ab": "b", "a": "c"}}, []),
    ],
)
def test_a_remark_is_given_where_it_should_be(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Each kind of remark names its member; what is guarded, used or told apart gives none."""
    assert remarks(**changes) == expected


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"passthrough": False}, 'write "passTrough"'),
        ({"valus": {}}, 'did you mean "values"?'),
        ({"cast": {"a": "jsonToArrray"}}, 'did you mean "jsonToArray"?'),
        ({"mapping": {"name": "b"}, "cast": {"nane": "int"}}, 'did you mean "name"?'),
    ],
)
def test_a_remark_knows_the_way_out(changes: dict[str, Any], hint: str) -> None:
    """What is misspelt is told with what was meant."""
    (finding,) = compile_mapping("m", {**CLEAN, **changes}).findings
    assert finding.hint == hint


def pair(inward: dict[str, Any], outward: dict[str, Any], **properties: Any) -> list[Finding]:
    """The findings about an endpoint with two mappings."""
    texts = {name: {"type": "string"} for name in ("a", "b", "c")}
    schema = {
        "$id": THING,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {**texts, **properties},
    }
    endpoint = {"reference": THING, "path": "things", "mappings": {"in": {"body": IN}, "out": {"item": OUT}}}
    artifacts = [
        Artifact(kind, reference, "1", {"$id": reference, **body}, Origin("b", "f"))
        for kind, reference, body in (
            (Kind.SCHEMA, THING, schema),
            (Kind.MAPPING, IN, {**CLEAN, **inward}),
            (Kind.MAPPING, OUT, {**CLEAN, **outward}),
            (Kind.ENDPOINT, "https://example.com/things.endpoint.json", endpoint),
        )
    ]
    return list(build(artifacts)[1])


def lost(*findings: Finding) -> list[tuple[str, str]]:
    assert {finding.code for finding in findings} <= {"mapping-lossy-pair"}
    return [(finding.reference, finding.pointer) for finding in findings]


BOTH_IN = {"mapping": {"a": "one", "b": "two"}}
BOTH_OUT = {"mapping": {"one": "a", "two": "b"}}


@pytest.mark.parametrize(
    ("inward", "outward", "expected"),
    [
        (BOTH_IN, BOTH_OUT, []),
        (BOTH_IN, {"mapping": {"one": "a"}}, [(IN, "/mapping/b")]),
        ({"mapping": {"a": "one"}}, BOTH_OUT, [(OUT, "/mapping/two")]),
        ({"mapping": {"a": "one", "b": "deep.two"}}, {"mapping": {"one": "a", "deep": "b"}}, []),
        ({"mapping": {"a": "one", "b": "two"}}, {"mapping": {"one": "a", "embedded.two": "b"}}, []),
        (BOTH_IN, {"mapping": {"one": "a"}, "passTrough": True}, []),
        ({"mapping": {"a": "one"}, "passTrough": True}, BOTH_OUT, []),
        ({"mapping": {"a": "one", "b": "{{ one|slice(0, 1) }}"}}, BOTH_OUT, []),
        (BOTH_IN, {"mapping": {"one": "a", "two": "b", "id": "id", "when": "_self.dateCreated"}}, []),
    ],
)
def test_a_pair_that_loses_a_field(
    inward: dict[str, Any], outward: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """A field that is sent and never shown, or shown and lost when sent back, is told of its mapping."""
    assert lost(*pair(inward, outward)) == expected


def test_a_field_may_be_said_to_go_one_way() -> None:
    """``writeOnly`` in the input and ``readOnly`` in the output, or in the schema, say that it is meant."""
    secret = {"type": "object", "properties": {"two": {"writeOnly": True}}}
    assert lost(*pair({**BOTH_IN, "input": secret}, {"mapping": {"one": "a"}})) == []
    shown = {"type": "object", "properties": {"two": {"readOnly": True}}}
    assert lost(*pair({"mapping": {"a": "one"}}, {**BOTH_OUT, "output": shown})) == []
    generated = {"type": "string", "readOnly": True}
    assert lost(*pair({"mapping": {"a": "one"}}, BOTH_OUT, b=generated)) == []


def test_remarks_are_part_of_an_installation() -> None:
    """What a bundle's mappings are remarked upon stands among the findings of building it, as a sentence."""
    (finding,) = pair(BOTH_IN, {"mapping": {"one": "a"}})
    text = sentence(finding)
    assert text.startswith(f'{IN}, /mapping/b: Clients send "two"')
    assert text.endswith('(map it there, or say "writeOnly" in "input")')

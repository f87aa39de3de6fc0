"""What is said, at installation, of the rules about which value may follow which."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_core.schema import Transitions, check_relations, translate
from gateway_core.schema.transitions import described
from gateway_core.types import Severity

ID = "https://example.com/x.thing.schema.json"
VALUES = ["new", "busy", "done"]
FORWARD = {"new": ["busy", "done"], "busy": ["done"], "done": []}


def translated(state: dict[str, Any], **more: Any) -> Any:
    body = {"$id": ID, "type": "object", "properties": {"state": state}, **more}
    return translate(body, {ID}.__contains__)


def remarks(state: dict[str, Any]) -> list[tuple[str, str]]:
    """Severity and place of each finding."""
    return [(f.severity.value, f.pointer) for f in translated(state).findings]


def test_rules_are_read() -> None:
    """The table and the values to begin with; without the latter every value may be first."""
    state = {"type": "string", "enum": VALUES, "default": "new", "x-transitions": FORWARD}
    found = translated(state)
    assert found.findings == ()
    ((prop, rules),) = found.spec.guarded
    assert (prop.name, rules.initial) == ("state", tuple(VALUES))
    assert rules.follows == {"new": ("busy", "done"), "busy": ("done",), "done": ()}
    ((_, first),) = translated({**state, "x-initial": ["new"]}).spec.guarded
    assert first.initial == ("new",)
    ((_, only_first),) = translated({"enum": VALUES, "x-initial": ["new"]}).spec.guarded
    assert only_first == Transitions(tuple(VALUES), {value: tuple(VALUES) for value in VALUES}, ("new",)), (
        "without a table every value may follow every other"
    )
    assert translated({"enum": VALUES}).spec.guarded == ()


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({"x-transitions": {**FORWARD, "busy": ["dnoe"]}}, [("error", "/x-transitions/busy/0")]),
        ({"x-transitions": {**FORWARD, "gone": []}}, [("error", "/x-transitions/gone")]),
        ({"x-transitions": FORWARD, "x-initial": ["nwe", "new"]}, [("error", "/x-initial/0")]),
        ({"x-transitions": FORWARD, "x-initial": ["new"], "default": "done"}, [("error", "/x-initial")]),
        ({"x-transitions": {"new": ["busy", "done"], "busy": ["done"]}}, [("warning", "/x-transitions")]),
        (
            {"x-transitions": {"new": ["busy"], "busy": [], "done": []}, "x-initial": ["new"]},
            [("warning", "/x-transitions")],
        ),
        ({"x-transitions": []}, [("error", "/x-transitions")]),
        ({"x-transitions": {"new": "busy"}}, [("error", "/x-transitions/new")]),
        ({"x-initial": []}, [("error", "/x-initial")]),
        ({"x-initial": "new"}, [("error", "/x-initial")]),
    ],
)
def test_faults_have_a_place(keywords: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """Values that the property does not have are errors, values that nothing leads to a remark."""
    found = remarks({"type": "string", "enum": VALUES, **keywords})
    assert found == [(severity, f"/properties/state{place}") for severity, place in expected]


def test_a_wrong_value_is_told_with_the_one_that_is_meant() -> None:
    """A name that is near is asked for."""
    state = {"type": "string", "enum": VALUES, "x-transitions": {**FORWARD, "busy": ["dnoe"]}}
    (finding,) = translated(state).findings
    assert (finding.message, finding.hint) == (
        "'dnoe' is no value of the property",
        "did you mean 'done'?",
    )


@pytest.mark.parametrize("state", [{"type": "string"}, {"enum": [1, 2]}, {"enum": ["new", 2]}])
def test_values_must_be_listed_texts(state: dict[str, Any]) -> None:
    """Rules about values that are not listed, or are no texts, are an error."""
    assert remarks({**state, "x-transitions": {"new": []}}) == [("error", "/properties/state/x-transitions")]


def test_rules_deeper_inside_have_no_effect() -> None:
    """Only a property of the schema itself is held to rules; elsewhere that is remarked."""
    state = {"enum": VALUES, "x-transitions": FORWARD}
    found = translated({"type": "object", "properties": {"deep": state}})
    assert [(f.severity, f.pointer) for f in found.findings] == [
        (Severity.WARNING, "/properties/state/properties/deep/x-transitions")
    ]
    assert found.spec.guarded == ()


def test_an_inline_object_is_not_held_to_rules() -> None:
    """A schema with rules that another keeps inline is remarked there."""
    whole, holder = "https://example.com/x.a.schema.json", "https://example.com/x.b.schema.json"
    known = {whole, holder}.__contains__
    state = {"enum": VALUES, "x-transitions": FORWARD}
    a = translate({"$id": whole, "type": "object", "properties": {"state": state}}, known).spec
    held = {"part": {"$ref": whole, "x-inline": True}, "other": {"$ref": whole}}
    b = translate({"$id": holder, "type": "object", "properties": held}, known).spec
    (finding,) = check_relations({whole: a, holder: b})
    assert (finding.severity, finding.pointer) == (Severity.WARNING, "/properties/part")


def test_rules_in_words() -> None:
    """The API document tells them."""
    state = {"enum": VALUES, "x-transitions": FORWARD}
    told = "What may follow what: new → busy, done; busy → done. Nothing follows done."
    assert described(state) == told
    assert described({**state, "x-initial": ["new"]}) == f"{told} A new object begins with new."
    assert described({"enum": VALUES, "x-initial": ["new"]}) == "A new object begins with new."
    assert described({"enum": VALUES}) == ""

"""YAML that says what JSON says, and nothing else."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.bundles.yaml_json import MAX_TEXT, YamlFault, read_yaml

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", {"a": "no"}),
        ("a: on", {"a": "on"}),
        ("a: 2024-01-01", {"a": "2024-01-01"}),
        ("a: 0o17", {"a": "0o17"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: '1'", {"a": "1"}),
        ("a: 1", {"a": 1}),
        ("a: -1.5e3", {"a": -1500.0}),
        ("a:", {"a": None}),
        ("a: ~", {"a": None}),
        ("a: True", {"a": "True"}),
        ("a: true", {"a": True}),
        ("1: x", {"1": "x"}),
        ("- a\n- [b, {c: d}]", ["a", ["b", {"c": "d"}]]),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("a: .inf", {"a": ".inf"}),
        ("", None),
    ],
)
def test_scalars_are_those_of_json(text: str, value: Any) -> None:
    """``null``, ``true``, ``false`` and numbers as JSON writes them; all else is text."""
    assert read_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1\nb: *x", "an anchor is no JSON"),
        ("b: *x", "is no "),
        ("a: !!python/object/apply:os.system ['true']", "a tag is no JSON"),
        ("a: !x 1", "a tag is no JSON"),
        ("!!str a: 1", "a key must be text"),
        ("a: 1\na: 2", "key 'a' occurs twice"),
        ("<<: {a: 1}", "a key must be text"),
        ("? [a]\n: 1", "a key must be text"),
        ("*x : 1", "a key must be text"),
        ("a: 1\n---\nb: 2", "a file holds one document"),
        ("a: [1", "this is no YAML"),
        ("a: 1e999", "too large"),
        ("a: \0", "this is no YAML"),
        ("\t- x", "this is no YAML"),
        ("a" * (MAX_TEXT + 1), "write it as JSON"),
    ],
    ids=range(15),
)
def test_everything_else_is_refused(text: str, message: str) -> None:
    """Aliases, anchors, tags, merges, doubled keys and further documents are named."""
    with pytest.raises(YamlFault) as refused:
        read_yaml(text)
    assert message in refused.value.message


def test_a_billion_laughs_are_no_joke() -> None:
    """What would fill memory by referring to itself stops at the first anchor."""
    laughs = 'a: &a ["x"]\n' + "".join(f"{c}: &{c} [*{chr(ord(c) - 1)}]\n" for c in "bcdefghij")
    with pytest.raises(YamlFault, match="an anchor is no JSON"):
        read_yaml(laughs)


def test_a_fault_has_its_place() -> None:
    """Line and column are counted from one."""
    with pytest.raises(YamlFault) as refused:
        read_yaml("a: 1\nb:\n  c: &x 2\n")
    assert refused.value.place is not None
    assert (refused.value.place.line, refused.value.place.column) == (3, 6)


@given(JSON)
def test_json_is_read_as_itself(value: Any) -> None:
    """What JSON says in YAML's own spelling is read as the same value."""
    assert read_yaml(json.dumps(value, ensure_ascii=False)) == value


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes another error than the refusal."""
    with contextlib.suppress(YamlFault):
        json.dumps(read_yaml(text))

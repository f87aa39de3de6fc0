"""The fast look at a schema and the one that explains agree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.schema import vocabulary

WORDS = [
    *sorted(vocabulary.DIALECT_SCHEMA["properties"]),
    *[
        "type",
        "required",
        "properties",
        "items",
        "enum",
        "minLength",
        "multipleOf",
        "pattern",
        "$ref",
        "$id",
        "$defs",
        "anyOf",
    ],
    *["format", "deprecated", "uniqueItems", "dependentRequired", "additionalProperties"],
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(
        ["string", "object", "date", "", "true", "^a(", "https://x.nl/a.json", "#/a", "a b"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5))
def test_both_validators_of_the_dialect_agree(body: dict[str, Any]) -> None:
    """Whatever a schema says, the one that is asked first finds a fault where the other does."""
    assert vocabulary._QUICK.is_valid(body) == vocabulary._VALIDATOR.is_valid(body)


@pytest.mark.parametrize("number", [10**400, -(10**30), 1e308])
def test_numbers_of_any_size_are_explained_or_let_in(number: float) -> None:
    """Whatever the numbers, there is an answer."""
    body = {"$id": "https://x.nl/a.schema.json", "properties": {"a": {"type": "number", "minimum": number}}}
    for finding in vocabulary.inspect(body, lambda _: False):
        assert finding.message

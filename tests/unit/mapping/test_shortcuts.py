"""Compiled shortcuts against plain evaluation: the same results, and the same failures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_core.errors import MappingError
from gateway_core.mapping.mapping import CompiledMapping, Services, compile_mapping

SOURCES = [
    *("a", "b.c", "l.0", "k&#46;d", "{{ a }}", "{{ b.c|default }}", "{{ a|default('null') }}", "text", ""),
    *(
        "{% if a|default %}{{ a }}{% endif %}",
        "{% if a|default %}{{ a }}{% elseif b.c|default %}{{ b.c }}{% endif %}",
    ),
    *("{% if b is defined and not a %}{{ a }}{% else %}else{% endif %}", "{{ map('sub', b)|json_encode }}"),
    "{% if a %}{{ map('sub', _context)|json_encode }}{% else %}{{ map('sub', b)|json_encode }}{% endif %}",
    "{{ map('sub', l, true)|json_encode }}",
    "[{% if b|default %}{{ map('sub', b)|json_encode }}{% endif %}, {{ map('sub', l)|json_encode }}]",
    "{% for v in l %}{% if v.c == 'x' %}{{ v.c }}{% endif %}{% endfor %}",
    "{% if l|default([]) %}{{ arrayValues(map('sub', l|filter(v => v.c), true))|json_encode }}{% endif %}",
]
CASTS = [
    "jsonToArray",
    "nullStringToNull",
    "unsetIfValue==",
    "setNullIfValue==x",
    "string",
    "int",
    "countValue:t",
    "bool",
]
TARGETS = ["t", "u", "v.w", "v.x", "v", "#", "y.0", "z&#46;z"]
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False)
)
texts = st.one_of(
    scalars,
    st.sampled_from(["", "0", "x", "null", "a&amp;b", "&quot;", "R&D", "1.0,", '"0":', "é\ud83d\ude00"]),
)
keys = st.sampled_from(["c", "a", "0", "1", "k.d", "&#46;"])
values = st.recursive(
    texts,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)
documents = st.dictionaries(st.sampled_from(["a", "b", "l", "k.d", "text", "{{ a }}"]), values, max_size=5)
bodies = st.fixed_dictionaries(
    {
        "passTrough": st.booleans(),
        "mapping": st.dictionaries(
            st.sampled_from(TARGETS), st.sampled_from(SOURCES), min_size=1, max_size=4
        ),
        "cast": st.dictionaries(
            st.sampled_from(TARGETS), st.lists(st.sampled_from(CASTS), min_size=1, max_size=2), max_size=3
        ),
        "absent": st.sampled_from([None, "omit"]),
    }
)
subs = st.fixed_dictionaries(
    {
        "passTrough": st.booleans(),
        "mapping": st.dictionaries(
            st.sampled_from(["m", "n.o", "p&#46;q"]),
            st.sampled_from(["c", "a", "{{ c|default }}"]),
            max_size=3,
        ),
    }
)


def outcome(mapping: CompiledMapping, document: Any, sub: CompiledMapping) -> Any:
    """What a mapping answers, in PHP's single kind of array; or that it refused."""
    try:
        return normal(mapping.apply(document, Services(mapping={"sub": sub}.get)))
    except MappingError:
        return "refused"


def normal(value: Any) -> Any:
    """Arrays in one form, scalars with their kind."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, dict):
        items = {key: normal(item) for key, item in value.items()}
        return list(items.values()) if list(items) == [str(index) for index in range(len(items))] else items
    return (type(value).__name__, value)


@settings(max_examples=300, deadline=None)
@given(body=bodies, sub=subs, document=documents)
def test_shortcuts_equal_plain_evaluation(body: dict[str, Any], sub: dict[str, Any], document: Any) -> None:
    """On any mapping and input the compiled shortcuts answer what plain evaluation answers."""
    quick = outcome(compile_mapping("m", body), document, compile_mapping("sub", sub))
    plain = outcome(compile_mapping("m", body, plain=True), document, compile_mapping("sub", sub, plain=True))
    assert quick == plain


@pytest.mark.parametrize(
    ("source", "casts", "how"),
    [
        ("a.b", [], "path"),
        ("{% if a|default %}{{ a }}{% endif %}", [], "text"),
        ("{{ a.b|default('null') }}", ["nullStringToNull"], "text"),
        (
            "{% if r %}{{ map('x', r)|json_encode }}{% else %}{{ map('y', r)|json_encode }}{% endif %}",
            ["jsonToArray"],
            "map",
        ),
        ("{{ a|upper }}", [], "template"),
    ],
)
def test_common_forms_become_shortcuts(source: str, casts: list[str], how: str) -> None:
    """The idioms that mappings are full of do not run as templates."""
    mapping = compile_mapping("m", {"passTrough": False, "mapping": {"t": source}, "cast": {"t": casts}})
    assert mapping.entries[0].how == how


def test_a_source_that_is_a_key_of_the_input_is_cast_like_any_other() -> None:
    """Where an input has a key spelled like the template, every cast runs on what is there."""
    body = {"passTrough": False, "mapping": {"t": "{{ a }}"}, "cast": {"t": "jsonToArray"}}
    document = {"{{ a }}": "[1]", "a": None}
    for plain in (False, True):
        assert compile_mapping("m", body, plain=plain).apply(document, Services()) == {"t": [1]}

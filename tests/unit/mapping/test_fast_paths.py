"""Every fast path against plain evaluation, on mappings and inputs made to hit each of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway_core.errors import MappingError
from gateway_core.mapping.explain import WAYS
from gateway_core.mapping.mapping import CompiledMapping, Limits, Services, compile_mapping

PATHS = ("a", "b.c", "b.d.e", "l.0", "l.1.c", "n", "b")
NAMES = ("a", "b.c", "b.d.e", "l[0]", "n", "l[1].c", "attribute(_context, 'a')", "b['k&#46;d']", "b")
WORDS = ("x", "null", "0", "", "R&D", "7")
LINE, SAME, ALL = "urn:line", "urn:same", "urn:all"
# A text that reads as a number is compared as one, which is left to templates.
texts = st.sampled_from([word for word in WORDS if not word.isdigit()])
paths, names, words = st.sampled_from(PATHS), st.sampled_from(NAMES), st.sampled_from(WORDS)

printed = st.one_of(
    names.map(lambda x: f"{{{{ {x} }}}}"),
    names.map(lambda x: f"{{{{ {x}|default }}}}"),
    st.builds(lambda x, w: f"{{{{ {x}|default('{w}') }}}}", names, words),
    st.builds(lambda x, w: f"{{{{ {x} ?? '{w}' }}}}", names, words),
    names.map(lambda x: f"{{% if {x}|default %}}{{{{ {x} }}}}{{% endif %}}"),
    names.map(lambda x: f"{{% if {x} %}}{{{{ {x} }}}}{{% endif %}}"),
)
conditions = st.one_of(
    names.map(lambda x: f"{x}|default"),
    names.map(lambda x: f"{x}|default([])"),
    names.filter(lambda x: "(" not in x).map(lambda x: f"{x} is defined"),
    names.map(lambda x: f"{x} is not empty"),
    st.builds(lambda x, w: f"{x} == '{w}'", names, texts),
    st.builds(lambda x, y: f"{x} and not {y}", names, names),
    st.builds(lambda x, y: f"{x}|default or {y} is iterable", names, names),
)
chosen = st.one_of(
    st.builds(
        lambda c, x, d, y: f"{{% if {c} %}}{{{{ {x} }}}}{{% elseif {d} %}}{y}{{% else %}}-{{% endif %}}",
        *(conditions, names, conditions, words),
    ),
    st.builds(lambda x, y, w: f"{{{{ {x} ?? {y} ?? '{w}' }}}}", names, names, words),
    st.builds(lambda c, x, w: f"{{{{ {c} ? {x} : '{w}' }}}}", conditions, names, words),
    st.builds(
        lambda s, w: f"{{% for i in {s} %}}{{% if i.c == '{w}' %}}{{{{ i.k }}}}{{% endif %}}{{% endfor %}}",
        *(st.sampled_from(["l", "b", "a", "l|default"]), texts),
    ),
    st.builds(
        lambda w: (
            f"{{% for k, i in l %}}{{% if i == '{w}' %}}{{{{ k }}}}"
            "{% else %}{{ a }}{% endif %}{% endfor %}"
        ),
        texts,
    ),
)
rendered = st.one_of(
    names.map(lambda x: f"{{{{ {x}|json_encode }}}}"),
    names.map(lambda x: f"-{{{{ {x}|default('z') }}}}-"),
    st.builds(lambda w: f"{{{{ l|default([])|filter(i => i.c == '{w}')|json_encode }}}}", words),
    st.just("{% set v = b %}{% if v %}{{ v|merge({q: 1})|json_encode }}{% endif %}"),
)
references = st.sampled_from([LINE, SAME, ALL])
data = st.sampled_from(
    ["b", "l[0]", "_context", "l|filter(i => i.c == 'x')", "l|filter(i => i)", "[b, l]", "{p: b}", "b.d", "l"]
)
calls = st.one_of(
    st.builds(lambda r, d: f"map('{r}', {d})|json_encode", references, data),
    st.builds(lambda r, d: f"map('{r}', {d}, true)|json_encode", references, data),
    st.builds(lambda r, d: f"arrayValues(map('{r}', {d}, true))|json_encode(2)", references, data),
    st.builds(
        lambda r, s: f"map('{r}', l, true)|merge(map('{s}', [b], true))|json_encode", references, references
    ),
)
mapped = st.one_of(
    calls.map(lambda c: f"{{{{ {c} }}}}"),
    st.builds(
        lambda c, x, y: f"{{% if {c} %}}{{{{ {x} }}}}{{% else %}} {{{{ {y} }}}} {{% endif %}}",
        *(conditions, calls, calls),
    ),
    st.builds(
        lambda r: (
            "{% if l|default([]) %}{% set v = [] %}{% set v = v|merge(l) %}"
            f"{{{{ arrayValues(map('{r}', v|filter(i => i.c == 'x'), true))|json_encode }}}}{{% endif %}}"
        ),
        references,
    ),
)
members_of = st.sampled_from(
    ["a", "b", "b.d", "l", "n", "l|first", "v", "l|map(i => i.c)", "a ~ '&amp;'", "1.5"]
)
computed = st.one_of(
    st.builds(lambda x, y, w: f"{{p: {x}, 'q.r': [{y}, '{w}', {{}}]}}", members_of, members_of, words),
    st.builds(lambda x, y: f"[{x}]|merge({y} is iterable ? {y} : [])", members_of, members_of),
    st.builds(lambda x, w: f"({x} ?? [])|filter(i => i.c == '{w}' or i.c == 'x')", names, texts),
    st.builds(
        lambda x, w: f"l|default([])|filter(i => i.c in ['{w}', 'x'])|map(i => {{k: i}})", names, texts
    ),
    st.builds(lambda x, y: f"{{(a): {x}}}|merge({{p: {y}}})", members_of, members_of),
    st.builds(lambda c, x: f"{c} ? {x} : []", conditions, members_of),
    st.builds(lambda x: f"{x} ?? v", members_of),
    st.builds(lambda x: f"[{x} is empty, v is defined, v is null ? 1 : v, a in ['x', 'R&D']]", members_of),
    st.builds(lambda x: f"{{p: ({x}|default([v])|last).c, q: b.d.e ?? n.c ?? v}}", members_of),
)
assigned = st.sampled_from(
    [
        "",
        "{% set v = a %}",
        "{% set v = b %}{% set v = {p: v, q: v} %}",
        "{% if not l|default %}{% set l = [] %}{% endif %}{% set v = l|last %}",
        "{% set a = [] %}{% set v = a|merge(l is iterable ? l : []) %}",
        "{% set n = a %}{% set a = n %}",
        "{% set v = a|upper %}",
        "{% set v = l|first %}{% set l = v %}",
        "{% set i = n %}{% set v = [i] %}",
        "{% set v = l|map(i => i.c) %}",
        "{% if v is defined %}{% set v = a %}{% endif %}",
        "{% if a %}{% set v = b|merge([]) %}{% endif %}",
    ]
)
as_value = st.one_of(
    st.builds(lambda s, x: f"{s}{{{{ ({x})|json_encode(2) }}}}", assigned, computed),
    st.builds(
        lambda s, c, x: f"{s}{{% if {c} %}}{{{{ ({x})|json_encode }}}}{{% endif %}}",
        *(assigned, conditions, computed),
    ),
)
listed = st.builds(
    lambda c, x, d, y: (
        f"[{{% if {c} %}}{{{{ {x} }}}}{{% endif %}}{{% if {c} and {d} %}}{{{{ ', ' }}}}{{% endif %}}"
        f"{{% if {d} %}}{{{{ {y} }}}}{{% endif %}}]"
    ),
    *(conditions.filter(lambda c: " or " not in c), calls),
    *(conditions.filter(lambda c: " or " not in c), calls),
)
as_json = st.one_of(
    calls.map(
        lambda c: (
            "[{% for i in l|default([]) %}{% if not loop.first %},{% endif %}"
            f"{{{{ {c} }}}}{{% endfor %}}]"
        )
    ),
    calls.map(lambda c: f'{{"a": {{{{ {c} }}}}, "b": 1.0}}'),
)
CASTS = (
    *("nullStringToNull", "unsetIfValue==", "setNullIfValue==", "unsetIfValue==x", "setNullIfValue==0"),
    *("string", "int", "bool", "float", "array", "json", "keyCantBeValue", "unsetIfValue==R&D", "base64"),
)
casts = st.lists(st.sampled_from(CASTS), max_size=2)
sources = st.one_of(
    st.tuples(paths, casts),
    st.tuples(printed, casts),
    st.tuples(chosen, casts),
    st.tuples(rendered, casts),
    st.tuples(st.one_of(mapped, listed, as_json, as_value), casts.map(lambda more: ["jsonToArray", *more])),
    st.tuples(st.one_of(mapped, printed), st.just(["jsonToArray"])),
)
TARGETS = (
    *("t", "u", "v.w", "v.x.y", "a", "k&#46;d", "z.0.q", "z.0.r", "z.1.q.s", "z.2"),
    *("z.0", "z.1.q", "y.q", "y.0", "v", "z", "#", "0", "1.q"),
)
few_targets = st.one_of(
    st.lists(st.sampled_from(TARGETS[:6]), min_size=1, max_size=5, unique=True),
    st.lists(st.sampled_from(TARGETS[:10]), min_size=1, max_size=6, unique=True),
    st.lists(st.sampled_from(TARGETS), min_size=1, max_size=5, unique=True),
    st.just(["#"]),
)


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    targets = draw(few_targets)
    drawn = {target: draw(sources) for target in targets}
    return {
        "passTrough": draw(st.sampled_from([False, False, False, True])),
        "absent": draw(st.sampled_from([None, "omit"])),
        "mapping": {target: source for target, (source, _) in drawn.items()},
        "cast": {target: names for target, (_, names) in drawn.items() if names},
        "unset": draw(st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(TARGETS), max_size=1))),
    }


scalars = st.one_of(
    st.sampled_from(
        ["x", "null", "0", "", "R&D", "&amp;", "&", "amp;x", "1.0", "a/b", "7", "é\ud83d\ude00", '"0":']
    ),
    st.none(),
    st.booleans(),
    st.integers(-9, 9),
    st.sampled_from([0.0, 1.0, 2.5, -3.0, 1e20]),
)
members = st.sampled_from(["c", "k", "d", "e", "k.d", "0", "1", "a", "b", "l"])
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(members, inner, max_size=3)),
    max_leaves=8,
)
items = st.lists(
    st.one_of(st.fixed_dictionaries({"c": scalars, "k": scalars}), values), min_size=0, max_size=4
)
documents = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "a": scalars,
            "b": st.fixed_dictionaries({}, optional={"c": scalars, "d": values, "k.d": scalars}),
            "l": items,
            "n": values,
            "k.d": values,
            "{{ a }}": scalars,
            "listInput": items,
        },
    ),
    items,
)
subs = st.fixed_dictionaries({LINE: bodies(), SAME: bodies()})
SIMPLE = {
    SAME: {"passTrough": True, "mapping": {}},
    LINE: {"passTrough": False, "mapping": {"m": "c", "n": "{{ k|default('null') }}", "o.p": "d"}},
    ALL: {"passTrough": False, "mapping": {"a": "a", "l": "l", "b": "{% if b %}{{ b }}{% endif %}"}},
}
UNHURRIED = Limits(seconds=60, map_depth=3, steps=20_000)


def normal(value: Any) -> Any:
    """Arrays in PHP's one form, scalars with their kind."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, dict):
        inner = {key: normal(item) for key, item in value.items()}
        return list(inner.values()) if list(inner) == [str(index) for index in range(len(inner))] else inner
    return (type(value).__name__, value)


def outcome(
    body: dict[str, Any], others: dict[str, dict[str, Any]], document: Any, *, plain: bool, as_list: bool
) -> Any:
    """What a mapping answers, or that it refused and by name."""

    def compiled(reference: str, given: dict[str, Any]) -> CompiledMapping:
        return compile_mapping(reference, given, plain=plain, limits=UNHURRIED)

    mapping = compiled("urn:m", body)
    known = {reference: compiled(reference, other) for reference, other in {**SIMPLE, **others}.items()}
    try:
        return normal(mapping.apply(document, Services(mapping=known.get), as_list=as_list))
    except MappingError as error:
        return ("refused", bool(error.mapping))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=bodies(), others=st.one_of(st.just({}), subs), document=documents, as_list=st.booleans())
def test_fast_paths_equal_plain_evaluation(
    body: dict[str, Any], others: dict[str, Any], document: Any, as_list: bool
) -> None:
    """On any mapping, with others that it calls, the compiled form answers what the plain one answers."""
    quick = outcome(body, others, document, plain=False, as_list=as_list)
    plain = outcome(body, others, document, plain=True, as_list=as_list)
    assert quick == plain


EACH = {
    "path": (paths, []),
    "text": (printed, []),
    "shortcut": (chosen, []),
    "template": (rendered, []),
    "map": (mapped, ["jsonToArray"]),
    "list": (listed, ["jsonToArray"]),
    "value": (as_value, ["jsonToArray"]),
    "json": (as_json, ["jsonToArray"]),
}


@pytest.mark.parametrize("way", sorted(WAYS))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_each_fast_path_is_hit_and_equals_plain_evaluation(way: str, data: st.DataObject) -> None:
    """A target of each kind is compiled in its way, and answers with any casts what plain evaluation does."""
    strategy, first = EACH[way]
    body = {
        "passTrough": False,
        "absent": data.draw(st.sampled_from([None, "omit"])),
        "mapping": {"t": data.draw(strategy), "u": data.draw(paths)},
        "cast": {"t": [*first, *data.draw(casts)]},
    }
    assert compile_mapping("m", body).entries[0].how == way
    document, as_list = data.draw(documents), data.draw(st.booleans())
    quick = outcome(body, {}, document, plain=False, as_list=as_list)
    plain = outcome(body, {}, document, plain=True, as_list=as_list)
    assert quick == plain


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("a.b", "path"),
        ("{{ a.b ?? 'none' }}", "text"),
        ("{% if a.b %}{{ a.b }}{% endif %}", "text"),
        ("{{ a ?? b ?? 'none' }}", "shortcut"),
        ("{% for i in l %}{% if i.c == 'x' %}{{ i.k }}{% endif %}{% endfor %}", "shortcut"),
        ("{{ a ~ b }}", "template"),
    ],
)
def test_texts_become(source: str, how: str) -> None:
    """Each idiom of a text is recognised."""
    assert compile_mapping("m", {"mapping": {"t": source}}).entries[0].how == how


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("{{ map('urn:x', a)|json_encode }}", "map"),
        ("{% set v = a|merge(b) %}{{ map('urn:x', v)|json_encode(2) }}", "map"),
        ("[{% if a %}{{ map('urn:x', a)|json_encode }}{% endif %}]", "list"),
        ("{{ {p: a, q: b|map(i => i.c)}|json_encode }}", "value"),
        ("[{% for i in a %}{{ map('urn:x', i)|json_encode }}{% endfor %}]", "json"),
    ],
)
def test_values_become(source: str, how: str) -> None:
    """Each idiom under jsonToArray is recognised."""
    body = {"passTrough": False, "mapping": {"t": source}, "cast": {"t": "jsonToArray"}}
    assert compile_mapping("m", body).entries[0].how == how


def test_a_name_that_a_condition_did_not_assign_stays_undefined() -> None:
    """A ``set`` within a condition that does not hold assigns nothing, compiled or not."""
    template = "{% if v is defined %}{% set v = a %}{% endif %}{{ [v is defined, a]|json_encode }}"
    body = {"passTrough": False, "mapping": {"t": template}, "cast": {"t": ["jsonToArray"]}}
    for document in ({"a": 3}, {"a": 3, "v": 1}):
        quick = outcome(body, {}, document, plain=False, as_list=False)
        assert quick == outcome(body, {}, document, plain=True, as_list=False)

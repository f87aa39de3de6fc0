"""Whole mappings: targets, casts, lists, extensions, what they read, and remarks about them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_core.errors import MappingError
from gateway_core.mapping import paths
from gateway_core.mapping.mapping import CompiledMapping, Services, compile_mapping


def mapped(document: Any, body: dict[str, Any], *, as_list: bool = False) -> Any:
    """A document through a mapping that passes nothing through unless told."""
    mapping = compile_mapping("m", {"passTrough": False, **body})
    return mapping.apply(document, Services(), as_list=as_list)


def test_paths_read_write_and_remove() -> None:
    """Put and drop answer new documents, leave the given one alone, and have every copy paid for."""
    paid: list[int] = []
    given = {"a": {"b": [1, 2, 3]}, "x": None}
    assert paths.has(given, ("x",))
    assert not paths.has(given, ("x", "y"))
    assert paths.get(given, ("a", "b", "1")) == 2
    assert paths.put(given, ("a", "b", "3"), 4, paid.append)["a"]["b"] == [1, 2, 3, 4]
    assert paths.put(given, ("a", "b", "9"), 4, paid.append)["a"]["b"] == {"0": 1, "1": 2, "2": 3, "9": 4}
    assert paths.drop(given, ("a", "b", "0"), paid.append)["a"]["b"] == {"1": 2, "2": 3}
    assert paths.drop(given, ("a", "b", "2"), paid.append)["a"]["b"] == [1, 2]
    assert paths.drop(given, ("nowhere", "b"), paid.append) is given
    assert given == {"a": {"b": [1, 2, 3]}, "x": None}
    assert len(paid) >= 8


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([("a",), ("b",)], True),
        ([("a",), ("a", "b")], False),
        ([("a", "b"), ("a", "c")], True),
        ([(), ("a",)], False),
    ],
)
def test_paths_apart(known: list[paths.Path], *, expected: bool) -> None:
    """Paths are apart when none is or contains another."""
    assert paths.apart(known) is expected


def test_a_bare_path_copies_or_yields_itself() -> None:
    """A source that is a path is copied with its type; an absent one is its own text."""
    assert mapped({"a": {"b": None}}, {"mapping": {"x": "a.b", "y": "a.c"}}) == {"x": None, "y": "a.c"}


def test_absent_omit_leaves_the_target_out() -> None:
    """With "absent": "omit" a bare path that is absent makes no target; templates still do."""
    body = {"absent": "omit", "mapping": {"x": "a", "y": "b", "z": "{{ c }}"}}
    assert mapped({"a": None}, body) == {"x": None, "z": ""}


def test_value_maps_replace_after_casts() -> None:
    """A value map replaces a scalar whose text is one of its keys."""
    body = {
        "mapping": {"x": "a", "y": "b"},
        "cast": {"x": "int"},
        "values": {"x": {"1": "one"}, "y": {"n": 0}},
    }
    assert mapped({"a": "1", "b": "m"}, body) == {"x": "one", "y": "m"}


def test_keys_with_dots_survive() -> None:
    """A dot inside a key is written &#46; in paths and templates, and comes back as a dot."""
    document = {"a.b": {"c.d": 1}}
    body = {
        "mapping": {
            "x": "a&#46;b.c&#46;d",
            "y&#46;z": "a&#46;b",
            "t": "{{ attribute(_context, 'a&#46;b')|length }}",
        }
    }
    assert mapped(document, body) == {"x": 1, "y.z": {"c.d": 1}, "t": "1"}


def test_list_mode_merges_what_stands_beside_the_list() -> None:
    """ListInput is the list; its neighbours are merged into every element."""
    body = {"mapping": {"v": "value", "e": "extra"}}
    document = {"listInput": ["x", {"y": 1}], "extra": "E"}
    assert mapped(document, body, as_list=True) == [{"v": "x", "e": "E"}, {"v": {"y": 1}, "e": "E"}]


def test_the_input_is_never_changed() -> None:
    """Targets and casts below a copied value do not reach into the input."""
    document = {"o": {"a": 1}, "l": [1, 2]}
    body = {"passTrough": True, "mapping": {"o.b": "l"}, "unset": ["l.0"], "cast": {"o.a": "string"}}
    assert mapped(document, body) == {"o": {"a": "1", "b": [1, 2]}, "l": {"1": 2}}
    assert document == {"o": {"a": 1}, "l": [1, 2]}


def test_the_root_target_must_be_an_array() -> None:
    """The target # is the whole result; a text there is an error that names the target."""
    assert mapped({"o": {"a": 1}}, {"mapping": {"#": "o"}}) == {"a": 1}
    with pytest.raises(MappingError) as caught:
        mapped({}, {"mapping": {"#": "text"}})
    assert (caught.value.kind, caught.value.key) == ("type", "#")


@pytest.mark.parametrize(
    ("cast", "value", "expected"),
    [
        ("bool", "YES", True),
        ("bool", "on", False),
        ("int", "12a", 12),
        ("int", "9223372036854775808", 2**63 - 1),
        ("float", "1,5", 1.0),
        ("string", 1.0, "1"),
        ("array", "x", ["x"]),
        ("jsonToArray", "{&quot;a&quot;: [1]}", {"a": [1]}),
        ("jsonToArray", "no json", None),
        ("nullStringToNull", "null", None),
        ("url", "a b~é", "a+b%7E%C3%A9"),
        ("rawurl", "a b~", "a%20b~"),
        ("html", "<é>'", "&lt;&eacute;&gt;&#039;"),
        ("htmlDecode", "&euro;&#39;&unknown;", "€'&unknown;"),
        ("base64Decode", "aGFsbG8", "hallo"),
        ("moneyStringToInt", "1.234,56", 123456),
        ("intToMoneyString", 123456, "1.234,56"),
        ("coordinateStringToArray", "1 2 3 4", [["1", "2"], ["3", "4"]]),
        ("unsetIfValue==1", "2", "2"),
        ("setNullIfValue==", {"a": ""}, None),
        ("utf8", "Zoë", "Zoe"),
    ],
)
def test_casts(cast: str, value: Any, expected: Any) -> None:
    """Every cast converts as the original's."""
    result = mapped({"v": value}, {"mapping": {"x": "v"}, "cast": {"x": cast}})["x"]
    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("cast", "value"), [("unsetIfValue==", "0"), ("unsetIfValue==x", True), ("keyCantBeValue", "x")]
)
def test_casts_that_remove(cast: str, value: Any) -> None:
    """A cast may remove its target, by loose comparison."""
    assert mapped({"v": value, "w": 1}, {"mapping": {"x": "v", "y": "w"}, "cast": {"x": cast}}) == {"y": 1}


def test_count_value_reads_the_result() -> None:
    """CountValue sees the result as it is when the cast runs."""
    body = {"mapping": {"n": "l", "l": "l"}, "cast": {"n": "countValue:l"}}
    assert mapped({"l": [1, 2, 3]}, body) == {"n": 3, "l": [1, 2, 3]}


def test_map_reaches_other_mappings() -> None:
    """Map applies a mapping by reference, once or for each element."""
    inner = compile_mapping("inner", {"passTrough": False, "mapping": {"k": "{{ a|default('none') }}"}})
    body = {
        "passTrough": False,
        "mapping": {
            "one": "{{ map('inner', o)|json_encode }}",
            "all": "[{{ map('inner', o)|json_encode }}]",
            "t": "{{ map('inner', l, true)|json_encode }}",
        },
        "cast": {"one": "jsonToArray", "all": "jsonToArray"},
    }
    outer = compile_mapping("outer", body)
    services = Services(mapping={"inner": inner}.get)
    result = outer.apply({"o": {"a": "x"}, "l": [{"a": "y"}, {}]}, services)
    assert result == {"one": {"k": "x"}, "all": [{"k": "x"}], "t": '[{"k":"y"},{"k":"none"}]'}
    assert outer.references == {"inner"}


def reads(*sources: str) -> CompiledMapping:
    """A mapping of those sources that passes nothing through."""
    targets = {f"t{index}": source for index, source in enumerate(sources)}
    return compile_mapping("m", {"passTrough": False, "mapping": targets})


def test_reads_name_the_input_paths() -> None:
    """Reads are decoded paths of bare sources, members and constant attributes."""
    mapping = reads(
        "embedded&#46;emails&#46;email",
        "{{ attribute(_context, 'a&#46;b') }}{{ attribute(attribute(_context, 'c'), 'd') }}",
        "{% if _order.name is defined %}{{ _order.name }}{% endif %}",
        "{% for v in rows %}{{ v.x }}{% set q = v %}{{ q }}{% endfor %}",
        "{{ late }}{% set late = 1 %}{{ late }}",
        "{{ rows|filter(r => r.x == limit) }}",
    )
    expected = {
        ("embedded.emails.email",),
        ("a.b",),
        ("c", "d"),
        ("_order", "name"),
        ("rows",),
        ("late",),
        ("limit",),
    }
    assert mapping.reads == expected
    assert not mapping.reads_everything


@pytest.mark.parametrize(
    "source",
    ["{{ map('x', _context)|json_encode }}", "{{ attribute(_context, key) }}", "{{ _context|keys }}"],
)
def test_the_whole_context_reads_everything(source: str) -> None:
    """Handing on the context, or a computed key of it, reads the whole input."""
    assert reads(source).reads_everything


def test_remarks_about_a_mapping() -> None:
    """Unknown casts, unguarded paths, unused casts and overwritten targets are findings."""
    body = {
        "passThrough": False,
        "passTrough": False,
        "mapping": {"a.b": "x", "a": "y", "g": "g"},
        "cast": {"a": "strng", "zz": "int", "g": "unsetIfValue==g"},
    }
    findings = compile_mapping("m", body).findings
    assert sorted(finding.code for finding in findings) == [
        *("mapping-bare-path", "mapping-bare-path", "mapping-overwritten"),
        *("mapping-pass-through", "mapping-unknown-cast", "mapping-unused-cast"),
    ]
    assert any('did you mean "string"?' in finding.hint for finding in findings)


@pytest.mark.parametrize(
    "body", [{"mapping": {"a": None}}, {"mapping": {"a": ["x"]}}, {"mapping": "x"}, {"values": {"a": 1}}]
)
def test_a_body_of_the_wrong_shape_is_refused(body: dict[str, Any]) -> None:
    """What is no source, section or value map is an error of kind type."""
    with pytest.raises(MappingError) as caught:
        compile_mapping("m", body)
    assert caught.value.kind == "type"

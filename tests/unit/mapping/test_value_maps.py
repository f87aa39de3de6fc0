"""Value maps: what a table replaces, forwards and backwards, and what it does with other values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_core.catalog.build import build
from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.mapping.mapping import Services, compile_mapping
from gateway_core.types import Artifact, Kind, Origin

THERE = "https://example.com/there.mapping.json"


def body(table: Any, **more: Any) -> dict[str, Any]:
    return {"passTrough": False, "absent": "omit", "mapping": {"x": "v"}, "values": {"x": table}, **more}


def replaced(table: Any, value: Any, **others: dict[str, Any]) -> Any:
    """What the target becomes, or "gone"."""
    mapping = compile_mapping("m", body(table), bodies={THERE: others.get("there", {})}.get)
    return mapping.apply({"v": value}, Services()).get("x", "gone")


@pytest.mark.parametrize(
    ("table", "value", "expected"),
    [
        ({"N": "new"}, "N", "new"),
        ({"N": "new"}, "O", "O"),
        ({"N": {"code": 1}}, "N", {"code": 1}),
        ({"1": "one"}, 1, "one"),
        ({"1": "one"}, "1", "one"),
        ({"1": "one"}, True, True),
        ({"1": "one"}, 1.0, "one"),
        ({"true": "yes", "false": "no", "null": "unknown"}, True, "yes"),
        ({"true": "yes", "false": "no", "null": "unknown"}, False, "no"),
        ({"true": "yes", "false": "no", "null": "unknown"}, None, "unknown"),
        ({"true": "yes", "false": "no", "null": "unknown"}, "null", "unknown"),
        ({"": "empty"}, None, None),
        ([["1", "text"], [1, "number"], [True, "boolean"], [None, "null"]], "1", "text"),
        ([["1", "text"], [1, "number"], [True, "boolean"], [None, "null"]], 1, "number"),
        ([["1", "text"], [1, "number"], [True, "boolean"], [None, "null"]], True, "boolean"),
        ([["1", "text"], [1, "number"], [True, "boolean"], [None, "null"]], None, "null"),
        ([["a", 1], ["a", 2]], "a", 1),
        ({"a": "b", "b": "c"}, "a", "b"),
    ],
)
def test_a_value_in_the_table_is_replaced(table: Any, value: Any, expected: Any) -> None:
    """A key of an object stands for its text and for what JSON spells so; pairs compare with their type."""
    result = replaced(table, value)
    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "other"),
        ({"$otherwise": "keep"}, "other"),
        ({"$otherwise": "omit"}, "gone"),
        ({"$default": None}, None),
        ({"$default": "rest"}, "rest"),
    ],
)
def test_what_the_table_lacks_follows_the_directive(more: dict[str, Any], expected: Any) -> None:
    """A value that the table lacks stays, goes, or becomes the default, as the table says."""
    assert replaced({"N": "new", **more}, "other") == expected
    assert replaced({"$pairs": [["N", "new"]], **more}, "other") == expected
    assert replaced({"N": "new", **more}, "N") == "new"


def test_a_refusal_names_the_table_and_not_the_value() -> None:
    """With "refuse" another value is a mapping error that lists what may be, and never what was."""
    with pytest.raises(MappingError) as caught:
        replaced({"N": "new", "O": "old", "$otherwise": "refuse"}, "999993653")
    assert (caught.value.mapping, caught.value.key) == ("m", "x")
    assert 'it may be "N", "O"' in str(caught.value)
    assert "999993653" not in str(caught.value)


def test_a_list_is_replaced_element_by_element() -> None:
    """Each element is replaced, left or taken out by itself; lists and objects within stay."""
    assert replaced({"N": "new", "1": "one"}, ["N", 1, "q", ["N"], {"a": "N"}]) == [
        *("new", "one", "q", ["N"], {"a": "N"})
    ]
    assert replaced({"N": "new", "$otherwise": "omit"}, ["q", "N", None]) == ["new"]
    assert replaced({"N": "new"}, {"a": "N"}) == {"a": "N"}


def test_a_table_cannot_be_changed_or_blown_up() -> None:
    """What a table makes is a copy, and many large ones run into the limit on steps."""
    table: dict[str, Any] = {"N": {"codes": [1]}}
    first = replaced(table, "N")
    first["codes"].append(2)
    assert replaced(table, "N") == {"codes": [1]}
    with pytest.raises(LimitExceeded):
        replaced({"N": [["x"] * 500] * 20}, ["N"] * 5_000)


def test_a_table_is_used_backwards_by_the_other_mapping() -> None:
    """``$inverse`` reads the table of another mapping, or of another target, from right to left."""
    there = body({"N": "new", "O": "old", "E": "old"})
    inverse = {"$inverse": f"{THERE}#x"}
    assert replaced(inverse, "new", there=there) == "N"
    assert replaced(inverse, "old", there=there) == "O", "the first of two alike counts"
    assert replaced(inverse, "q", there=there) == "q"
    assert replaced({**inverse, "$default": "N"}, "q", there=there) == "N"
    assert replaced({"$inverse": THERE}, "new", there=there) == "N", "the same target, when none is named"


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.none() | st.booleans() | st.integers() | st.text(), st.text()), max_size=8),
    st.data(),
)
def test_there_and_back_is_where_one_was(pairs: list[tuple[Any, str]], data: st.DataObject) -> None:
    """With a table whose values all differ, a value of it comes back exactly."""
    unique = list({to: [source, to] for source, to in {repr(s): (s, t) for s, t in pairs}.values()}.values())
    there = body(unique)
    for source, to in unique:
        assert replaced(unique, source) == to
        back = replaced({"$inverse": f"{THERE}#x"}, to, there=there)
        assert (back, type(back)) == (source, type(source))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (1, "must be an object or a list of pairs, not a number"),
        ([["a"]], "a list of two"),
        ([[["a"], "b"]], "only a text, number, boolean or null is replaced"),
        ({"$pairs": {"a": "b"}}, '"$pairs" must be a list'),
        ({"a": "b", "$otherwise": "drop"}, "one of keep, omit, refuse"),
        ({"a": "b", "$otherwise": "omit", "$default": 1}, "exclude one another"),
        ({"a": "b", "$inverse": "#y"}, "exclude one another"),
        ({"a": "b", "$defalt": 1}, '"$defalt" is none of'),
        ({"$inverse": "https://example.com/nowhere#x"}, "which is not installed"),
        ({"$inverse": f"{THERE}#nothing"}, 'names "nothing"'),
        ({"$inverse": "#x"}, "the inverse of another table itself"),
        ({"$inverse": f"{THERE}#objects"}, "cannot be read backwards"),
        ({"$inverse": 1}, '"$inverse" is a text'),
    ],
)
def test_a_faulty_table_is_found_when_compiled(table: Any, told: str) -> None:
    """A table that cannot be used is an error of kind type with mapping, target and reason."""
    there = body({"a": "b"}, values={"objects": {"a": {"b": 1}}})
    with pytest.raises(MappingError) as caught:
        replaced(table, "a", there=there)
    assert (caught.value.kind, caught.value.mapping, caught.value.key) == ("type", "m", "x")
    assert told in str(caught.value)


def test_an_inverse_is_resolved_at_installation() -> None:
    """The catalog resolves ``$inverse`` among all installed mappings, and reports one that leads nowhere."""

    def artifact(reference: str, table: Any) -> Artifact:
        return Artifact(Kind.MAPPING, reference, "1", {"$id": reference, **body(table)}, Origin("b", "f"))

    back = artifact("back", {"$inverse": f"{THERE}#x"})
    catalog, findings = build([back, artifact(THERE, {"N": "new"})])
    assert findings == ()
    assert catalog.mappings["back"].apply({"v": "new"}, Services()) == {"x": "N"}
    _, findings = build([back])
    assert [finding.code for finding in findings] == ["mapping"]
    assert "which is not installed" in findings[0].message

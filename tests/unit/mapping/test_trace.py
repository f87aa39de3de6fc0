"""What a trace tells of a run, and that it tells the truth."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_core.errors import MappingError
from gateway_core.mapping.mapping import Services, compile_mapping
from gateway_core.mapping.trace import ABSENT, Target, trace

BODY: dict[str, Any] = {
    "passTrough": False,
    "mapping": {
        "copied": "a.b",
        "missing": "no.such",
        "made": "{{ n|upper }}",
        "number": "{{ count }}",
        "gone": "{{ nothing }}",
        "kind": "kind",
    },
    "cast": {"number": ["int", "nonsense", "string"], "gone": "unsetIfValue==,int"},
    "values": {"kind": {"N": "new"}},
}
INPUT = {"a": {"b": [1]}, "n": "rex", "count": "3 dogs", "kind": "N"}


def targets(body: dict[str, Any], document: Any, **options: Any) -> dict[str, Target]:
    record = trace("m", body, document, Services(), **options)
    assert len(record.documents) == 1
    return {target.key: target for target in record.documents[0]}


def test_it_tells_where_each_value_came_from() -> None:
    """A target tells its source, how it became a value, what it reads, and the value made."""
    found = targets(BODY, INPUT)
    assert [(t.key, t.how, t.reads, t.made) for t in found.values()][:3] == [
        ("copied", "path", ("a.b",), [1]),
        ("missing", "text", ("no.such",), "no.such"),
        ("made", "template", ("n",), "REX"),
    ]


def test_it_tells_what_each_cast_did() -> None:
    """Casts stand in order with the value that each left; unknown ones did nothing."""
    found = targets(BODY, INPUT)
    assert [(c.cast, c.value) for c in found["number"].changes] == [("int", 3), ("string", "3")]
    assert [(c.cast, c.value is ABSENT) for c in found["gone"].changes] == [("unsetIfValue==", True)]
    assert [(c.cast, c.value) for c in found["kind"].changes] == [("values", "new")]
    assert found["number"].made == "3 dogs"
    assert found["number"].value == "3"


def test_an_absent_path_is_told_apart() -> None:
    """With "absent": "omit" a path that is not there is left out, and told so."""
    found = targets({**BODY, "absent": "omit"}, INPUT)
    assert (found["missing"].how, found["missing"].value is ABSENT) == ("absent", True)


def test_keys_are_told_as_documents_spell_them() -> None:
    """A dot within a key is a dot in the values told, however the mapping spells it."""
    found = targets({"passTrough": False, "mapping": {"x": "a&#46;b"}}, {"a.b": {"c.d": 1}})
    assert found["x"].made == {"c.d": 1}


def test_each_element_of_a_list_is_a_run_of_its_own() -> None:
    """In list mode there is one account for each element."""
    record = trace("m", BODY, [INPUT, {**INPUT, "n": "tom"}], Services(), as_list=True)
    assert [[t.value for t in d if t.key == "made"] for d in record.documents] == [["REX"], ["TOM"]]


def test_it_goes_as_far_as_the_run() -> None:
    """Where a run fails, the targets before the fault are told, and the error."""
    body = {"passTrough": False, "mapping": {"a": "x", "b": "{{ 1 / 0 }}", "c": "x"}}
    record = trace("m", body, {"x": 1}, Services())
    assert [(t.key, t.made) for t in record.documents[0]] == [("a", 1), ("b", ABSENT)]
    assert isinstance(record.error, MappingError)
    assert (record.error.mapping, record.error.key) == ("m", "b")


def test_a_cast_of_what_was_passed_through_is_told() -> None:
    """A cast of a member that no target made is told too."""
    found = targets({"mapping": {}, "cast": {"n": "int"}}, {"n": "7"})
    assert (found["n"].how, found["n"].made, found["n"].value) == ("passTrough", "7", 7)


values = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "x", "N", "12a", "{}"])
documents = st.dictionaries(st.sampled_from(["a", "b", "n", "count", "kind"]), values | st.lists(values))


@settings(deadline=None)
@given(documents, st.booleans(), st.booleans())
def test_a_traced_run_ends_as_any_other(document: Any, pass_through: bool, omit: bool) -> None:
    """The result, or the error, of a traced run is that of the mapping itself."""
    body = {**BODY, "passTrough": pass_through, "absent": "omit" if omit else None}
    record = trace("m", body, document, Services())
    try:
        expected, kind = compile_mapping("m", body).apply(document, Services()), None
    except MappingError as error:
        expected, kind = None, error.kind
    assert record.result == expected
    assert (record.error.kind if record.error else None) == kind

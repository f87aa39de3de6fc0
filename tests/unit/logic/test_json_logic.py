"""JSON Logic as conditions have it: json-logic-php's operators and truth, within bounds."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.errors import RuleError
from gateway_core.logic import BadRule, compile_rule
from gateway_core.logic.rules import MAX_DEPTH, OPERATORS

EVENT = {
    "entity": "https://x.nl/shop.order.schema.json",
    "object": {"status": "open", "count": 3, "tags": ["a", "b"], "lines": [{"n": 1}, {"n": 5}], "empty": []},
    "body": {"actie": "create", "zero": 0, "none": None},
}
VALUES = [
    ({"==": [1, 1]}, True),
    ({"==": [{"var": "entity"}, "https://x.nl/shop.order.schema.json"]}, True),
    ({"==": ["1", 1]}, True),
    ({"==": [0, "a"]}, False),
    ({"===": ["1", 1]}, False),
    ({"!=": [{"var": "object.missing"}, None]}, False),
    ({"!==": [1, "1"]}, True),
    ({"var": "object.lines.1.n"}, 5),
    ({"var": ["object.missing", "otherwise"]}, "otherwise"),
    ({"var": "body.zero"}, 0),
    ({"var": ["body.none", 7]}, 7),
    ({"missing": ["entity", "object.nothing"]}, ["object.nothing"]),
    ({"missing_some": [1, ["entity", "gone"]]}, []),
    ({"missing_some": [2, ["entity", "gone"]]}, ["gone"]),
    ({"if": [False, 1, True, 2, 3]}, 2),
    ({"if": [False, 1, [], 2, 3]}, 3),
    ({"?:": [True, "yes", "no"]}, "yes"),
    ({"and": [1, "0", {"var": "object.status"}]}, "open"),
    ({"and": [1, [], 2]}, []),
    ({"or": [0, "", "x"]}, "x"),
    ({"!": [[]]}, True),
    ({"!": ["0"]}, False),
    ({"!!": ["0"]}, True),
    ({"<": [1, {"var": "object.count"}, 5]}, True),
    ({"<=": [1, 1, 0]}, False),
    ({">": ["2026-02-01", "2026-01-01"]}, True),
    ({">=": [3, 3]}, True),
    ({"in": ["a", {"var": "object.tags"}]}, True),
    ({"in": ["shop", {"var": "entity"}]}, True),
    ({"in": ["x", None]}, False),
    ({"cat": ["n=", {"var": "object.count"}]}, "n=3"),
    ({"substr": ["jsonlogic", 4]}, "logic"),
    ({"substr": ["jsonlogic", -5, 2]}, "lo"),
    ({"substr": ["jsonlogic", 1, -5]}, "son"),
    ({"+": [1, "2", 3]}, 6),
    ({"-": [5, 2]}, 3),
    ({"-": [5]}, -5),
    ({"*": [2, 3, 4]}, 24),
    ({"/": [7, 2]}, 3.5),
    ({"/": [7, 0]}, None),
    ({"%": [-7, 3]}, -1),
    ({"min": [3, 1, 2]}, 1),
    ({"max": [3, 1, 2]}, 3),
    ({"map": [{"var": "object.lines"}, {"*": [{"var": "n"}, 2]}]}, [2, 10]),
    ({"filter": [{"var": "object.lines"}, {">": [{"var": "n"}, 2]}]}, [{"n": 5}]),
    (
        {
            "reduce": [
                {"var": "object.lines"},
                {"+": [{"var": "current.n"}, {"var": "accumulator"}]},
                0,
            ]
        },
        6,
    ),
    ({"all": [{"var": "object.tags"}, {"in": [{"var": ""}, "abc"]}]}, True),
    ({"all": [[], True]}, False),
    ({"some": [{"var": "object.tags"}, {"==": [{"var": ""}, "b"]}]}, True),
    ({"none": [{"var": "object.tags"}, {"==": [{"var": ""}, "z"]}]}, True),
    ({"merge": [[1], 2, [3, 4]]}, [1, 2, 3, 4]),
]


@pytest.mark.parametrize(("rule", "expected"), VALUES, ids=lambda value: str(value)[:40])
def test_a_rule_means_what_json_logic_means(rule: Any, expected: Any) -> None:
    """Each operator gives the value that json-logic-php gives."""
    value = compile_rule(rule).value(EVENT)
    assert value == expected
    assert type(value) is type(expected)


def test_every_operator_has_a_case() -> None:
    """No operator is without an example above."""
    assert {name for rule, _ in VALUES for name in _operators(rule)} == set(OPERATORS)


def _operators(rule: Any) -> set[str]:
    if isinstance(rule, list):
        return {name for each in rule for name in _operators(each)}
    if isinstance(rule, dict) and len(rule) == 1:
        ((name, given),) = rule.items()
        return ({name} if name in OPERATORS else set()) | _operators(given)
    return set()


@pytest.mark.parametrize("rule", [[], {}, None, False, 0, ""])
def test_an_empty_rule_does_not_hold(rule: Any) -> None:
    """A rule without anything in it is false, as the empty conditions of the original are."""
    assert not compile_rule(rule).holds(EVENT)


def test_an_unknown_operator_is_refused_with_the_near_one() -> None:
    """A misspelt operator is found when the rule is compiled, with the one that was meant."""
    with pytest.raises(BadRule, match="'mising' is no operator of JSON Logic; did you mean 'missing'"):
        compile_rule({"and": [True, {"mising": ["a"]}]})


def test_a_rule_is_bounded_in_depth_and_size() -> None:
    """A rule that is nested too deep or too large is refused before anything runs."""
    deep: Any = True
    for _ in range(MAX_DEPTH + 1):
        deep = {"!": [deep]}
    with pytest.raises(BadRule, match="levels"):
        compile_rule(deep)
    with pytest.raises(BadRule, match="parts"):
        compile_rule({"and": [True] * 3_000})


def test_a_rule_runs_out_of_steps() -> None:
    """Nested loops over a long list end after the budget, with an error and without its values."""
    inner = {"map": [{"var": "all"}, {"map": [{"var": "all"}, 1]}]}
    rule = compile_rule({"map": [list(range(200)), {"map": [list(range(200)), inner]}]})
    with pytest.raises(RuleError, match="too many steps"):
        rule.holds({})


def test_comparing_large_values_costs_their_size() -> None:
    """Comparing two large lists is paid for by their length."""
    data = {"a": list(range(20_000)), "b": list(range(20_000))}
    with pytest.raises(RuleError, match="too many steps"):
        compile_rule({"==": [{"var": "a"}, {"var": "b"}]}).holds(data)


def test_a_text_cannot_grow_without_end() -> None:
    """Doubling a text again and again ends in an error."""
    rule: Any = "x" * 1000
    for _ in range(12):
        rule = {"reduce": [[1, 2], {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, rule]}
    with pytest.raises(RuleError, match="too long"):
        compile_rule(rule).value({})


@pytest.mark.parametrize(
    ("rule", "reads"),
    [
        ({"==": [{"var": "entity"}, {"var": "object.status"}]}, {"entity", "object"}),
        ({"some": [{"var": "body.list"}, {"==": [{"var": "x"}, 1]}]}, {"body"}),
        ({"missing": ["a", "b.c"]}, {"a", "b"}),
        ({"missing_some": [1, ["a"]]}, {"a"}),
        ({"var": {"cat": ["ob", "ject"]}}, None),
        ({"var": ""}, None),
        (True, set()),
    ],
)
def test_a_rule_tells_what_it_reads(rule: Any, reads: set[str] | None) -> None:
    """The members that a rule may read are known without asking it: what it needs is loaded, and no more."""
    assert compile_rule(rule).reads == reads


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
RULES = st.recursive(
    JSON | st.sampled_from([{"var": ""}, {"var": "a"}, {"var": "a.0"}]),
    lambda inner: st.tuples(st.sampled_from(sorted(OPERATORS)), st.lists(inner, max_size=3)).map(
        lambda pair: {pair[0]: pair[1]}
    ),
    max_leaves=8,
)


@given(rule=RULES, data=JSON)
def test_any_rule_gives_a_value_or_a_rule_error(rule: Any, data: Any) -> None:
    """Whatever stands in a rule and in the data, no other error comes out."""
    try:
        compiled = compile_rule(rule)
    except BadRule:
        return
    with contextlib.suppress(RuleError):
        assert compiled.holds({"a": data}) in (True, False)

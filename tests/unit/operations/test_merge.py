"""Merge patches and three-way merging."""

from __future__ import annotations

import pytest

from gateway_core.operations.merge import enveloped, holds, merge_patch, three_way

# RFC 7396, appendix A: target, patch, result.
RFC_7396 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), RFC_7396)
def test_merge_patch_does_what_the_rfc_shows(target, patch, result):
    """Every example of RFC 7396, appendix A, gives the result it names."""
    assert merge_patch(target, patch) == result


def test_merge_patch_leaves_its_arguments_alone():
    """Neither the target nor the patch is changed."""
    target, patch = {"a": {"b": 1}}, {"a": {"c": {"d": 2}}}
    merge_patch(target, patch)
    assert (target, patch) == ({"a": {"b": 1}}, {"a": {"c": {"d": 2}}})


@pytest.mark.parametrize(
    ("patch", "moved"),
    [
        ({"a": None}, {"embedded": {"a": None}}),
        ({"a": {"x": None}, "b": 1}, {"b": 1, "embedded": {"a": {"x": None}}}),
        ({"a": 1, "embedded": {"a": 2, "c": 3}}, {"embedded": {"a": 1, "c": 3}}),
        ({"b": None}, {"b": None}),
        ({"new": 1}, {"new": 1}),
        ({"a": 1, "embedded": 5}, {"a": 1, "embedded": 5}),
        ("text", "text"),
    ],
)
def test_a_patch_goes_to_where_the_member_is_shown(patch, moved):
    """What is shown in the envelope is changed there; what stands beside it counts before what is inside."""
    assert enveloped(patch, {"b": 1, "embedded": {"a": {"x": 1}, "b": 2, "c": 1}}) == moved


def test_three_way_keeps_what_the_mapping_does_not_know():
    """Members and elements that neither side of the mapping shows survive."""
    stored = {"name": "A", "secret": 1, "list": [{"_id": "x", "kind": "mail", "note": "n"}, {"kind": "box"}]}
    base = {"name": "A", "list": [{"kind": "mail"}]}
    wanted = {"name": "B", "list": [{"kind": "phone"}]}
    assert three_way(stored, base, wanted) == {
        "name": "B",
        "secret": 1,
        "list": [{"kind": "box"}, {"kind": "phone"}],
    }


def test_three_way_takes_away_what_the_client_took_away():
    """A member that the client's change removes becomes null, which removes it."""
    assert three_way({"a": 1, "b": 2}, {"a": 1}, {}) == {"a": None, "b": 2}


def test_three_way_without_a_change_is_what_is_stored():
    """Equal sides change nothing, whatever is stored."""
    stored = {"anything": [1, {"x": 2}]}
    assert three_way(stored, {"a": [1]}, {"a": [1]}) is stored


def test_three_way_changes_inside_an_object():
    """Only the changed member of an inner object changes."""
    assert three_way({"p": {"a": 1, "b": 2, "c": 3}}, {"p": {"a": 1, "b": 2}}, {"p": {"a": 9, "b": 2}}) == {
        "p": {"a": 9, "b": 2, "c": 3}
    }


def test_three_way_removes_one_of_two_equal_elements():
    """An element of the base stands for one stored element, not for all that look alike."""
    stored = [{"v": 1, "k": "a"}, {"v": 1, "k": "b"}]
    assert three_way(stored, [{"v": 1}], []) == [{"v": 1, "k": "b"}]


@pytest.mark.parametrize(
    ("wanted", "order"),
    [
        ("bac", "bax-c"),
        ("nab", "nax-b"),
        ("anb", "ax-nb"),
        ("cba", "cbax-"),
        ("b", "x-b"),
        ("nm", "x-nm"),
        ("", "x-"),
    ],
)
def test_three_way_keeps_the_order_that_the_client_sends(wanted, order):
    """What the client does not see stays behind what it stood behind, or comes first."""
    stored = [{"v": letter, "note": 1} for letter in "ax-bc"]
    base = [{"v": letter} for letter in "abc"]
    merged = three_way(stored, base, [{"v": letter} for letter in wanted])
    assert "".join(element["v"] for element in merged) == order
    assert all(("note" in element) is (element["v"] in "ax-bc") for element in merged)


def test_three_way_lets_an_element_be_doubled():
    """An element that the client sends twice is there twice."""
    assert three_way([{"v": 1, "k": "a"}], [{"v": 1}], [{"v": 1}, {"v": 1}]) == [{"v": 1, "k": "a"}, {"v": 1}]


def test_holds_tells_true_from_one():
    """JSON's true is no number."""
    assert holds({"a": 1, "b": 2}, {"a": 1})
    assert not holds({"a": 1}, {"a": True})
    assert not holds({"a": [1, 2]}, {"a": [1]})
    assert holds({"a": 1}, {"b": None})

"""Lines and columns in JSON files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_core.bundles.places import excerpt, locate, places, position_of, position_within
from gateway_core.types import Finding, Position, Severity

TEXT = (
    '{\n  "mapping": {\n    "a": "x",\n    "b/c": "{{ one|uper }}",\n    "d": "\\"q\\"\\n{{ x|f }}"\n  }\n}\n'
)


def spot(pointer: str, position: Position | None = None) -> tuple[int, int, str]:
    finding = locate(Finding(Severity.ERROR, "c", "m", "r", pointer, position), TEXT, "f.json")
    assert finding.path == "f.json"
    assert finding.place is not None
    line, marker = excerpt(TEXT, finding.place)
    return finding.place.line, finding.place.column, line[len(marker) - 1 :][:4]


@pytest.mark.parametrize(
    ("pointer", "position", "expected"),
    [
        ("/mapping/a", None, (3, 5, '"a":')),
        ("/mapping/b/c", None, (4, 5, '"b/c')),
        ("/mapping/b/c", Position(1, 8), (4, 20, "uper")),
        ("/mapping/d", Position(2, 6), (5, 23, "f }}")),
        ("/mapping/nowhere", None, (2, 3, '"map')),
        ("", None, (1, 1, "{")),
    ],
)
def test_a_finding_is_found_in_its_file(
    pointer: str, position: Position | None, expected: tuple[int, int, str]
) -> None:
    """A member is found by its key, and a spot in a template by its place in the file, escapes counted."""
    assert spot(pointer, position) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(json_values, st.sampled_from([None, 2]), st.booleans())
def test_every_member_has_a_place(value: Any, indent: int | None, ascii_only: bool) -> None:
    """At the place of each member of any JSON document its key, and its value, can be read."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    decoder = json.JSONDecoder()
    for pointer, place in places(text).items():
        expected: Any = value
        for part in pointer:
            expected = expected[part]
        assert decoder.raw_decode(text, place.value)[0] == expected
        if pointer and isinstance(pointer[-1], str):
            assert decoder.raw_decode(text, place.key)[0] == pointer[-1]


@settings(deadline=None)
@given(st.text(min_size=1), st.data(), st.booleans())
def test_every_letter_of_a_text_has_a_place(text: str, data: st.DataObject, ascii_only: bool) -> None:
    """A spot in a decoded text is the place in the file where that letter is written."""
    if text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") != text:
        return
    file = json.dumps(text, ensure_ascii=ascii_only)
    index = data.draw(st.integers(0, len(text) - 1))
    before = text[:index]
    here = Position(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
    found = position_within(file, 0, here)
    assert json.loads(f'{file[: found.column - 1]}"') == before


def test_lines_count_from_one() -> None:
    """Line and column of an offset count from 1."""
    assert [position_of("ab\ncd", offset) for offset in (0, 1, 3, 4)] == [
        *(Position(1, 1), Position(1, 2), Position(2, 1), Position(2, 2))
    ]

"""Where something stands in a JSON file: line and column of a member, and of a spot in a text. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway_core.types import Finding, Pointer, Position

_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([{}\[\],:])|([^\s{}\[\],:"]+))', re.DOTALL)
_LETTER = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Offsets into the text of a file: of a member's key (its value in a list), and of its value."""

    key: int
    value: int


def places(text: str) -> Mapping[Pointer, Place]:
    """Every member of a JSON document. The text must be JSON; of doubled keys the last counts."""
    return dict(_members(text))


@dataclass(slots=True)
class _Level:
    """An array or object that is being read, and where in it the reader is."""

    listed: bool
    name: str | int = 0
    place: int = 0
    naming: bool = field(default=False)

    def next(self) -> None:
        self.naming = not self.listed
        if isinstance(self.name, int):
            self.name += 1


def _members(text: str) -> Iterator[tuple[Pointer, Place]]:
    levels: list[_Level] = []
    for token in _TOKEN.finditer(text):
        mark, start = token[2], token.start(token.lastindex or 0)
        level = levels[-1] if levels else None
        if mark in ("}", "]"):
            levels.pop()
        elif mark == "," and level is not None:
            level.next()
        elif mark == ":" and level is not None:
            level.naming = False
        elif level is not None and level.naming:
            level.name, level.place = json.loads(token[1]), start
        else:
            key = level.place if level is not None and not level.listed else start
            yield tuple(each.name for each in levels), Place(key, start)
            if mark is not None:
                levels.append(_Level(listed=mark == "[", naming=mark == "{"))


def position_of(text: str, offset: int) -> Position:
    """Line and column of an offset, from 1."""
    line_start = text.rfind("\n", 0, offset) + 1
    return Position(text.count("\n", 0, offset) + 1, offset - line_start + 1)


def position_within(text: str, literal: int, spot: Position) -> Position:
    """A spot in the text that a JSON string stands for, as a place in the file.

    ``literal`` is the offset of the string's opening quote. In a string that spells each letter
    as itself the column is moved; escapes are counted as they are written.
    """
    line, column = 1, 1
    for letter in _LETTER.finditer(text, literal + 1):
        if (line, column) == (spot.line, spot.column) or letter[0] == '"':
            return position_of(text, letter.start())
        line, column = (line + 1, 1) if letter[0] in (r"\n", r"\u000a", r"\u000A") else (line, column + 1)
    return position_of(text, literal)


def locate(finding: Finding, text: str, path: str) -> Finding:
    """A finding about an artifact, with its file and its place there. The text must be JSON."""
    known = places(text)
    section, _, key = finding.pointer.removeprefix("/").partition("/")
    pointer: Pointer = tuple(part for part in (section, key) if part)
    place = known.get(pointer) or known.get((section,)) or known[()]
    if finding.position is None or known.get(pointer) is None:
        return replace(finding, path=path, place=position_of(text, place.key))
    return replace(finding, path=path, place=position_within(text, place.value, finding.position))


def excerpt(text: str, position: Position, width: int = 100) -> tuple[str, str]:
    """The line of a position, cut to what stands around it, and a marker for below it."""
    lines = text.splitlines()
    line = lines[position.line - 1] if position.line <= len(lines) else ""
    start = max(0, position.column - 1 - width // 2)
    shown = line[start : start + width]
    indent = len(shown) - len(shown.lstrip())
    return shown.lstrip(), " " * max(0, position.column - 1 - start - indent) + "^"

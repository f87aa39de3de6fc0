"""The parts of texts, as text indexes keep them. Pure; every store and the rebuild of an index use it.

A *gram* is what stands at a place in a text: six characters, or at its end the five to three that are
left. Every part of a text that has three characters or more begins some gram, or is covered by some. So an
index of grams gives candidates that no match misses; the exact condition decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from gateway_core.types import Json

LENGTH = 6
SHORTEST = 3
"""Parts of fewer characters are not found by an index."""
MAX_CHARACTERS = 20_000
"""Of an object with more searched text the index keeps ``ANYTHING`` only: it is always a candidate."""
ANYTHING = "·"
MAX_PARTS = 8
MAX_ALTERNATIVES = 20

# What is no letter or digit of ASCII counts as one and the same character: a gram needs no quoting.
_PLAIN = {code: "_" for code in range(128) if not chr(code).isalnum()}
# The blocks in which newer versions of Unicode add letters, all beyond the first plane, and what such letters
# fold to: another version of Python may fold these otherwise than the one that wrote the index did.
UNSTABLE = "\u019b\u0264\u1c80-\u1c8f\ua7c0-\ua7ff\U00010000-\U0010ffff"
_UNSTABLE = re.compile(f"[{UNSTABLE}]")


def plain(text: str) -> str:
    """The text as indexes know it: without case, and of fewer different characters."""
    folded = text.casefold()
    return (folded if folded.isascii() else _UNSTABLE.sub("_", folded)).translate(_PLAIN)


Members: TypeAlias = "Mapping[str, Members]"
"""The members that are searched, by name, each with those below it; without any it is searched itself."""


def members_of(paths: Iterable[str]) -> Members:
    """Dotted paths as a tree of names."""
    tree: dict[str, Any] = {}
    for path in paths:
        node = tree
        for name in path.split("."):
            node = node.setdefault(name, {})
    return tree


def grams_of(data: Json, members: Members) -> tuple[str, ...]:
    """The grams of all texts of these members, through lists wherever they stand; each once."""
    texts: list[str] = []
    _collect(data, members, texts)
    if sum(map(len, texts)) > MAX_CHARACTERS:
        return (ANYTHING,)
    held = map(plain, texts)
    found = {text[start : start + LENGTH]: None for text in held for start in range(len(text) - SHORTEST + 1)}
    return tuple(found)


def _collect(data: Json, members: Members, texts: list[str]) -> None:
    if isinstance(data, dict):
        for name, below in members.items():
            value = data.get(name)
            if isinstance(value, str):
                # Where members are expected a text says nothing: to have it too does no harm.
                texts.append(value)
            elif value is not None:
                _collect(value, below, texts)
    elif isinstance(data, list):
        for element in data:
            if isinstance(element, str):
                texts.append(element)
            else:
                _collect(element, members, texts)


def sought(part: str) -> tuple[str, ...] | None:
    """The grams that a text with this part in it has: all of these, or one that begins with the only
    one, when that is shorter than ``LENGTH``. None when the part is too short to be found so."""
    wanted = plain(part)
    if len(wanted) < SHORTEST:
        return None
    if len(wanted) < LENGTH:
        return (wanted,)
    starts = (*range(0, len(wanted) - LENGTH + 1, LENGTH), len(wanted) - LENGTH)
    return tuple(dict.fromkeys(wanted[start : start + LENGTH] for start in starts))[:MAX_PARTS]

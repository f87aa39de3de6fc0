"""Versions in order: Semantic Versioning 2.0.0, where a part that is left out counts as 0. Pure."""

from __future__ import annotations

import re
from typing import TypeAlias

Rank: TypeAlias = tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]

_VERSION = re.compile(
    r"v?(?P<core>\d{1,9}(?:\.\d{1,9}){0,3})(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
)


def rank(version: str) -> Rank | None:
    """What to compare a version by; None for what is no version.

    ``1.0`` is ``1.0.0``, ``0.0.10`` is above ``0.0.9``, ``1.0.0-rc.1`` below ``1.0.0``; what
    stands behind ``+`` does not count.
    """
    found = _VERSION.fullmatch(version.strip())
    if found is None:
        return None
    core = [int(part) for part in found["core"].split(".")]
    core += [0] * (4 - len(core))
    words = (found["pre"] or "").split(".") if found["pre"] else []
    # A number is below a word, and of two numbers the smaller one: section 11.4 of the standard.
    before = tuple(
        (False, int(word), "") if word.isascii() and word.isdigit() else (True, 0, word) for word in words
    )
    return tuple(core), not words, before


def is_newer(version: str, other: str) -> bool | None:
    """Whether a version comes after another one; None when that cannot be told."""
    mine, theirs = rank(version), rank(other)
    return None if mine is None or theirs is None else mine > theirs

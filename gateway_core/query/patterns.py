"""Regular expressions of clients: RE2, which takes time in proportion to the text, whatever the pattern."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import re2  # type: ignore[import-untyped]

MAX_PATTERN = 200
MAX_PROGRAM = 5_000
MAX_MEMORY = 256 * 1024

Matcher: TypeAlias = Callable[[str], bool]


class BadPattern(ValueError):
    """The text is no regular expression, or one that is too large; says why, without repeating it."""


def matcher(pattern: str) -> Matcher:
    """Whether a text holds a match of the pattern: anywhere, in this case, `^` and `$` at its ends only.

    Raises ``BadPattern``. Patterns are bounded in length and in the size of what they compile to.
    """
    if len(pattern) > MAX_PATTERN:
        raise BadPattern(f"is longer than {MAX_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = MAX_MEMORY
    try:
        compiled = re2.compile(pattern, options)
    except re2.error:
        raise BadPattern("is not a regular expression in RE2's syntax, or too large a one") from None
    if compiled.programsize > MAX_PROGRAM:
        raise BadPattern("compiles to too large a program")
    search = compiled.search
    return lambda text: search(text) is not None


class Matchers:
    """The matchers of the last patterns, so that each is compiled once. Not for several threads."""

    __slots__ = ("_known", "_most")

    def __init__(self, most: int = 32) -> None:
        self._known: dict[str, Matcher] = {}
        self._most = most

    def matches(self, pattern: str, text: object) -> bool:
        """Whether ``text`` is a text that holds a match."""
        found = self._known.get(pattern)
        if found is None:
            if len(self._known) >= self._most:
                self._known.clear()
            found = self._known[pattern] = matcher(pattern)
        return isinstance(text, str) and found(text)

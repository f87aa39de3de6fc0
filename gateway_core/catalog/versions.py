"""How versions of artifacts compare."""

from __future__ import annotations

from typing import Final

_END: Final = (1, -1, "")
_MAX_DIGITS: Final = 18


def version_key(version: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts versions: parts as numbers, ``1.0-rc1`` before ``1.0`` before ``1.0.0``."""
    parts = version.strip().removeprefix("v").replace("-", ".-").split(".")
    return (*map(_part, parts), _END)


def _part(part: str) -> tuple[int, int, str]:
    number = part.isascii() and part.isdigit() and len(part) <= _MAX_DIGITS
    return (1, int(part), "") if number else (0, 0, part)

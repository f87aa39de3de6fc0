"""PHP's ``strip_tags``: text without HTML tags, in one pass over the letters."""

from __future__ import annotations

import re
from typing import Final

_TAG_NAME: Final = re.compile(r"</?\s*([a-zA-Z0-9:_-]+)")
_ALLOWED: Final = re.compile(r"<([a-zA-Z0-9:_-]+)>")


def strip_tags(text: str, allowed: str) -> str:
    """``allowed`` names tags that stay: ``<b><i>``. An unclosed tag swallows the rest."""
    kept = frozenset(name.lower() for name in _ALLOWED.findall(allowed))
    parts: list[str] = []
    position = 0
    while True:
        start = text.find("<", position)
        if start < 0:
            parts.append(text[position:])
            return "".join(parts)
        parts.append(text[position:start])
        if text[start + 1 : start + 2].isspace():
            parts.append("<")
            position = start + 1
            continue
        end = _tag_end(text, start)
        tag = text[start:end]
        name = _TAG_NAME.match(tag)
        if name is not None and name[1].lower() in kept:
            parts.append(tag)
        position = end


def _tag_end(text: str, start: int) -> int:
    if text.startswith("<!--", start):
        end = text.find("-->", start)
        return len(text) if end < 0 else end + 3
    quote = ""
    for index in range(start + 1, len(text)):
        letter = text[index]
        if quote:
            if letter == quote:
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif letter == ">":
            return index + 1
    return len(text)

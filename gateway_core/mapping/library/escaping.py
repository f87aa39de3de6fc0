"""Escaping by strategy: html, html_attr, js, css and url, letter for letter as Twig does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from gateway_core.mapping.run import Run
from gateway_core.mapping.values import failure
from gateway_core.types import Json

_HTML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;"})
_JS: Final = re.compile(r"[^a-zA-Z0-9,._]")
_JS_SHORT: Final = MappingProxyType(
    {"\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
)
_CSS: Final = re.compile(r"[^a-zA-Z0-9]")
_ATTRIBUTE: Final = re.compile(r"[^a-zA-Z0-9,.\-_]")
_NAMED: Final = MappingProxyType({'"': "&quot;", "&": "&amp;", "<": "&lt;", ">": "&gt;"})
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~")
_LONGEST: Final = 12  # characters that one letter can become


def _js(match: re.Match[str]) -> str:
    letter = match[0]
    if letter in _JS_SHORT:
        return _JS_SHORT[letter]
    point = ord(letter)
    if point < 0x10000:
        return f"\\u{point:04X}"
    # Two halves, as UTF-16 has it; worked out here, since Python would load a codec for it.
    point -= 0x10000
    return f"\\u{0xD800 + (point >> 10):04X}\\u{0xDC00 + (point & 0x3FF):04X}"


def _css(match: re.Match[str]) -> str:
    return f"\\{ord(match[0]):X} "


def _attribute(match: re.Match[str]) -> str:
    letter = match[0]
    point = ord(letter)
    if (point <= 0x1F and letter not in "\t\n\r") or 0x7F <= point <= 0x9F:
        return "&#xFFFD;"
    return _NAMED.get(letter) or f"&#x{point:02X};"


_STRATEGIES: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "html": lambda text: text.translate(_HTML),
        "js": lambda text: _JS.sub(_js, text),
        "css": lambda text: _CSS.sub(_css, text),
        "html_attr": lambda text: _ATTRIBUTE.sub(_attribute, text),
    }
)


PERCENT: Final = tuple(chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}" for byte in range(256))


def percent_encode(run: Run, text: str, letters: tuple[str, ...] = PERCENT) -> str:
    """The text for a URL: every byte of its UTF-8 form as ``letters`` has it."""
    run.grown(text, 3 if text.isascii() else 12, lambda part: _percent_size(part, letters))
    run.burn(len(text) >> 4)
    return "".join(map(letters.__getitem__, text.encode()))


def _percent_size(part: str, letters: tuple[str, ...]) -> int:
    return sum(map(len, map(letters.__getitem__, part.encode())))


def escape(run: Run, value: Json, strategy: str) -> Json:
    """A text escaped; other values need none and are returned as they are."""
    if strategy != "url" and strategy not in _STRATEGIES:
        raise failure(f"There is no escaping strategy of that name ({', '.join(_STRATEGIES)}, url)")
    if not isinstance(value, str):
        return value
    if strategy == "url":
        return percent_encode(run, value)
    if len(value) * _LONGEST > run.limits.text:
        run.text(len(value) * (6 if strategy == "html" else _LONGEST))
    run.text(len(value))
    if strategy != "html":
        run.burn(len(value) >> 1)
    return _STRATEGIES[strategy](value)

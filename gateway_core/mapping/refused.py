"""Names and signs of Twig that a mapping does not have, each with the reason told to its author.

What is not here and not in the library is unknown, and answered with the nearest known name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_FILES: Final = (
    "a mapping has no other templates; a part of it can be a macro, or a mapping of its own for map()"
)
_BLOCKS: Final = "a mapping has no parent template; set a variable, or write a macro"
_CHANCE: Final = "a mapping gives the same result for the same input"
_PHP: Final = "a mapping sees JSON values only, nothing of the program around it"
_INTL: Final = "it needs the language tables of an extension of Twig; use a value map"
_MARKUP: Final = "it belongs to an extension of Twig for pages, and a mapping makes JSON"
_STRINGS: Final = "it belongs to an extension of Twig; use replace, slice, lower, upper or title"
_CACHE: Final = "a mapping is compiled once and keeps nothing between two runs"
_SANDBOX: Final = "every mapping runs within limits anyway"
_NEWER: Final = "it came after the Twig of this format"


def _each(reason: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, reason)


TAGS: Final[Mapping[str, str]] = MappingProxyType(
    _each(_FILES, "embed", "extends", "include", "use")
    | _each(_CACHE, "cache")
    | _each(_SANDBOX, "sandbox")
    | _each(_NEWER, "guard", "types")
    | _each("use the filter trans", "trans")
    | _each(_PHP, "dump", "form_theme", "stopwatch")
    | _each("a loop ends with its sequence; choose with filter, slice or find", "break", "continue", "while")
)
FILTERS: Final[Mapping[str, str]] = MappingProxyType(
    _each(_CHANCE, "shuffle")
    | _each(_PHP, "invoke", "serialize", "abbr_class", "file_excerpt", "yaml_encode", "yaml_dump")
    | _each(
        _INTL,
        *("country_name", "currency_name", "currency_symbol", "language_name", "locale_name"),
        *("timezone_name", "format_currency", "format_number", "format_datetime", "format_date"),
        *("format_time", "format_decimal_number", "format_percent_number"),
    )
    | _each(_MARKUP, "data_uri", "html_to_markdown", "inky_to_html", "inline_css", "markdown_to_html")
    | _each(_STRINGS, "u", "slug", "singular", "plural")
)
FUNCTIONS: Final[Mapping[str, str]] = MappingProxyType(
    _each(_FILES, "include", "source", "template_from_string")
    | _each(_BLOCKS, "block", "parent")
    | _each(_CHANCE, "random")
    | _each(_PHP, "dump", "enum", "enum_cases", "system", "exec", "passthru", "shell_exec", "phpinfo", "eval")
    | _each(
        _INTL,
        *("country_names", "country_timezones", "currency_names", "language_names", "locale_names"),
        *("script_names", "timezone_names"),
    )
    | _each(_MARKUP, "html_classes", "html_attr", "html_cva", "asset", "path", "url", "csrf_token")
)
TESTS: Final[Mapping[str, str]] = MappingProxyType(
    _each(_PHP, "constant", "instanceof")
    | _each('write "same as"', "sameas")
    | _each('write "divisible by"', "divisibleby")
)
SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "===": 'write "is same as(…)"',
        "!==": 'write "is not same as(…)"',
        "xor": 'write "a ? not b : b"',
        "&&": 'write "and"',
        "||": 'write "or"',
        "!": 'write "not"',
        "?.": "write a plain dot: what is absent is null, at any depth",
        "->": "write a dot",
        "::": _PHP,
        "++": 'write "+ 1", and set the variable',
        "=": "write == to compare; a variable gets its value in the tag set",
        "#": "comments stand between {# and #}, outside of other tags",
        ";": "one tag holds one expression",
        "$": "names have no sign before them",
    }
)
"""Signs of other languages, and of newer versions of Twig, with what to write."""


def sign_at(source: str, offset: int) -> str:
    """The advice about the sign that is at, or ends at, a place of a source; empty when there is none."""
    for start, length in ((offset - 2, 3), (offset - 1, 2), (offset, 3), (offset, 2), (offset, 1)):
        advice = SIGNS.get(source[max(start, 0) : max(start, 0) + length])
        if advice is not None:
            return advice
    return ""

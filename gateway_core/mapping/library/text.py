"""Filters that make text of text."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable
from heapq import heapify, heappop, heapreplace
from types import MappingProxyType
from typing import Final

from gateway_core.mapping import json_text, printf
from gateway_core.mapping.library.escaping import escape, percent_encode
from gateway_core.mapping.library.signature import Function, Parameter, function
from gateway_core.mapping.library.tags import strip_tags
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import (
    failure,
    is_array,
    items_of,
    kind_of,
    scalar_text,
    text_of_item,
    to_int,
    to_text,
    wrong_type,
)
from gateway_core.types import Json

_TRIMMED: Final = " \t\n\r\0\x0b"
_SIDES: Final = ("both", "left", "right")
_BETWEEN_TAGS: Final = re.compile(r">\s+<")
_NEWLINE: Final = re.compile(r"\r\n|\n\r|\n|\r")
_NOT_BASE64: Final = bytes(
    byte for byte in range(256) if not (chr(byte).isascii() and chr(byte).isalnum()) and byte not in b"+/"
)
_RANGE: Final = re.compile(r"(.)\.\.(.)", re.DOTALL)
_LONGEST_CASE: Final = 3
_DIRECTIVE: Final = 12  # steps of one directive of a format
_WIDEST_RANGE: Final = 0x400  # letters of one range in a mask
_IGNORED_IN_WORDS: Final = frozenset("'.:\u2019\u00b7\u2027")
_IGNORED_CATEGORIES: Final = frozenset({"Mn", "Me", "Cf", "Lm", "Sk"})


def _pay_for_case(run: Run, text: str, change: Callable[[str], str]) -> None:
    """Few letters become up to three in the other case, and none of them is plain."""
    run.grown(text, 1 if text.isascii() else _LONGEST_CASE, lambda part: len(change(part)))


def upper(run: Run, value: Json) -> str:
    text = scalar_text(value, "The filter upper")
    _pay_for_case(run, text, str.upper)
    return text.upper()


def lower(run: Run, value: Json) -> str:
    text = scalar_text(value, "The filter lower")
    _pay_for_case(run, text, str.lower)
    return text.lower()


def capitalize(run: Run, value: Json) -> str:
    text = scalar_text(value, "The filter capitalize")
    _pay_for_case(run, text, str.lower)
    return text[:1].upper() + text[1:].lower()


def title(run: Run, value: Json) -> str:
    """Every word with a capital; an apostrophe inside a word does not start another."""
    text = scalar_text(value, "The filter title")
    run.text(len(text) * 16)
    letters: list[str] = []
    inside = False
    for letter in text:
        cased = letter.lower() != letter or letter.upper() != letter
        letters.append((letter.lower() if inside else letter.title()) if cased else letter)
        if cased:
            inside = True
        elif letter not in _IGNORED_IN_WORDS and unicodedata.category(letter) not in _IGNORED_CATEGORIES:
            inside = False
    return "".join(letters)


def trim(run: Run, value: Json, mask: Json, side: Json) -> str:
    text = scalar_text(value, "The filter trim")
    letters = _TRIMMED if mask is None else _mask(run, scalar_text(mask, "The mask of trim"))
    if side not in _SIDES:
        raise failure("The side of trim must be both, left or right")
    run.text(len(text))
    run.work(len(text) * len(letters))
    if side != "right":
        text = text.lstrip(letters) if letters else text
    if side != "left":
        text = text.rstrip(letters) if letters else text
    return text


def _mask(run: Run, mask: str) -> str:
    """PHP's mask, each letter once: ``a..f`` stands for the letters between."""
    run.text(len(mask))
    letters: set[str] = set()
    position = 0
    for match in _RANGE.finditer(mask):
        first, last = ord(match[1]), ord(match[2])
        if first <= last:
            last = min(last, first + _WIDEST_RANGE - 1)
            run.burn(last - first >> 2)
            letters.update(mask[position : match.start()], map(chr, range(first, last + 1)))
            position = match.end()
    letters.update(mask[position:])
    return "".join(letters)


def striptags(run: Run, value: Json, allowed: Json) -> str:
    text, kept = scalar_text(value, "The filter striptags"), to_text(allowed)
    run.text((len(text) + len(kept)) * 16)
    return strip_tags(text, kept)


def spaceless(run: Run, value: Json) -> str:
    text = scalar_text(value, "The filter spaceless")
    run.text(len(text))
    return _BETWEEN_TAGS.sub("><", text).strip(_TRIMMED)


def nl2br(run: Run, value: Json) -> str:
    text = scalar_text(value, "The filter nl2br")
    breaks = text.count("\n") + text.count("\r")
    run.text(len(text) + 6 * breaks)
    run.burn(breaks)
    return _NEWLINE.sub(r"<br />\g<0>", text)


def replace(run: Run, value: Json, pairs: Json) -> str:
    if not is_array(pairs):
        raise failure(f"The filter replace needs an object of texts, not {kind_of(pairs)}")
    return translate(run, scalar_text(value, "The filter replace"), pairs)


def trans(run: Run, value: Json, pairs: Json, domain: Json, locale: Json) -> str:
    """Symfony's filter with an empty table of translations: only the parameters are filled in."""
    text = scalar_text(value, "The filter trans")
    return translate(run, text, pairs) if is_array(pairs) else text


def translate(run: Run, text: str, pairs: Json) -> str:
    """PHP's ``strtr``: the longest key at each place, and never inside what was put in."""
    run.items(len(pairs))
    table = {str(key): text_of_item(run, item) for key, item in items_of(pairs) if key != ""}
    run.work(len(text) * len(table))
    if len(table) == 1:
        ((word, other),) = table.items()
        times = text.count(word)
        run.burn(times)
        run.text(len(text) + times * (len(other) - len(word)))
        return text.replace(word, other)
    return "".join(_translated(run, text, table))


def _translated(run: Run, text: str, table: dict[str, str]) -> list[str]:
    """The pieces of the text with its words replaced; the next place of each word is in a heap."""
    words = sorted(table, key=len, reverse=True)
    places = [(place, rank) for rank, word in enumerate(words) if (place := text.find(word)) >= 0]
    heapify(places)
    pieces: list[str] = []
    length = position = 0
    while places:
        run.burn(1)
        place, rank = places[0]
        word = words[rank]
        if place >= position:
            pieces += (text[position:place], table[word])
            length += place - position + len(table[word])
            if length > run.limits.text:
                raise run.too_long()
            position = place + len(word)
        following = text.find(word, position)
        if following < 0:
            heappop(places)
        else:
            heapreplace(places, (following, rank))
    pieces.append(text[position:])
    run.text(length + len(pieces[-1]))
    return pieces


def format_text(run: Run, value: Json, *arguments: Json) -> str:
    pattern = scalar_text(value, "The filter format")
    run.text(len(pattern))
    longest = max((len(item) for item in arguments if isinstance(item, str)), default=0)
    run.burn(pattern.count("%") * (_DIRECTIVE + (longest >> 4)))
    try:
        text = printf.sprintf(pattern, list(arguments), run.limits.text)
    except OverflowError:
        raise run.too_long() from None
    except ValueError as error:
        raise failure(f"The filter format cannot use this: {error}") from None
    run.text(len(text))
    return text


def url_encode(run: Run, value: Json) -> str:
    if is_array(value):
        parts: list[str] = []
        _query(run, value, "", parts, 0)
        run.text(sum(map(len, parts)) + len(parts))
        return "&".join(parts)
    return percent_encode(run, to_text(value))


def _query(run: Run, value: Json, prefix: str, parts: list[str], depth: int) -> None:
    if depth > run.limits.depth:
        raise run.too_deep()
    for key, item in items_of(value):
        run.burn(1)
        name = percent_encode(run, str(key))
        if prefix:
            run.text(len(prefix) + len(name) + 6)
            name = f"{prefix}%5B{name}%5D"
        if is_array(item):
            _query(run, item, name, parts, depth + 1)
        elif item is not None:
            text = percent_encode(run, "0" if item is False else text_of_item(run, item))
            run.text(len(text) + len(name) + 1)
            parts.append(f"{name}={text}")


def convert_encoding(run: Run, value: Json, target: Json, source: Json) -> str:
    """Only to UTF-8 from UTF-8: JSON text has no other encoding."""
    text = scalar_text(value, "The filter convert_encoding")
    if {to_text(target).upper(), to_text(source).upper()} != {"UTF-8"}:
        raise failure("The filter convert_encoding knows UTF-8 only: JSON has no other encoding")
    return text


def json_encode(run: Run, value: Json, flags: Json) -> str:
    return json_text.encode(value, run, to_int(flags))


def b64enc(run: Run, value: Json) -> str:
    text = scalar_text(value, "The filter b64enc")
    run.grown(text, 2 if text.isascii() else 6, lambda part: len(part.encode()) * 4 // 3 + 4)
    return base64.b64encode(text.encode()).decode()


def b64dec(run: Run, value: Json) -> str:
    text = scalar_text(value, "The filter b64dec")
    run.text(len(text))
    return decode_base64(text)


def decode_base64(text: str) -> str:
    """PHP's lenient decoder; the result must be UTF-8, since JSON holds no bytes."""
    letters = text.encode("ascii", "ignore").translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise wrong_type("The base64 text does not hold UTF-8 text") from None


def raw(run: Run, value: Json) -> Json:
    return value


def escape_text(run: Run, value: Json, strategy: Json, charset: Json, automatic: Json) -> Json:
    return escape(run, value, to_text(strategy))


FILTERS: Final = MappingProxyType[str, Function](
    {
        "b64dec": function(b64dec),
        "b64enc": function(b64enc),
        "capitalize": function(capitalize),
        "convert_encoding": function(convert_encoding, Parameter("to"), Parameter("from")),
        "e": function(
            escape_text,
            Parameter("strategy", "html"),
            Parameter("charset", None),
            Parameter("autoescape", False),
        ),
        "escape": function(
            escape_text,
            Parameter("strategy", "html"),
            Parameter("charset", None),
            Parameter("autoescape", False),
        ),
        "format": function(format_text, variadic=True),
        "json_encode": function(json_encode, Parameter("options", 0)),
        "lower": function(lower),
        "nl2br": function(nl2br),
        "raw": function(raw),
        "replace": function(replace, Parameter("from")),
        "spaceless": function(spaceless),
        "striptags": function(striptags, Parameter("allowable_tags", None)),
        "title": function(title),
        "trans": function(
            trans, Parameter("arguments", None), Parameter("domain", None), Parameter("locale", None)
        ),
        "trim": function(trim, Parameter("character_mask", None), Parameter("side", "both")),
        "upper": function(upper),
        "url_encode": function(url_encode),
    }
)

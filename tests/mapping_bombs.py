"""Mappings and documents made to exhaust a gateway: small to write, huge to run.

Each bomb must end by a typed error of the mapping, or with a small result, within bounds of time
and memory. ``python tests/mapping_bombs.py`` runs all of them, each in a process of its own, and
prints one JSON line a bomb: what came out, seconds of processor time, megabytes at the peak.
"""

# ruff: noqa: E501 - a bomb is read best on one line

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.mapping.mapping import CompiledMapping, Services, compile_mapping

WIDE = "\U0001f4a3"  # four bytes in UTF-8 and in memory
GUARD_BYTES = 2 << 30
GUARD_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Bomb:
    """``limit`` is the limit expected to end it, "" where a small result or another error will do."""

    name: str
    body: dict[str, Any]
    document: Callable[[], Any] = dict
    limit: str = ""
    related: dict[str, dict[str, Any]] = field(default_factory=dict)
    as_list: bool = False


def one(name: str, source: str, document: Callable[[], Any] = dict, limit: str = "", cast: str = "") -> Bomb:
    """A bomb of one target."""
    body: dict[str, Any] = {"passTrough": False, "mapping": {"t": source}}
    if cast:
        body["cast"] = {"t": cast}
    return Bomb(name, body, document, limit)


def text(letters: str, size: int) -> Callable[[], Any]:
    """A document whose ``t`` is a text of that many characters, and ``n`` a list of 300 numbers."""
    return lambda: {"t": (letters * (size // len(letters) + 1))[:size], "n": list(range(300))}


def rows(item: Any, count: int) -> Callable[[], Any]:
    """A document whose ``l`` is a list of that many equal items, each an object of its own."""
    made = json.dumps(item)
    return lambda: {"l": json.loads(f"[{','.join([made] * count)}]"), "n": list(range(300))}


def keys(count: int) -> Callable[[], Any]:
    """A document whose ``d`` is an object with that many keys."""
    return lambda: {"d": {f"k{index}": index for index in range(count)}, "n": list(range(300))}


def again(expression: str) -> str:
    """An expression worked out for each of many, with nothing kept."""
    return f"{{% for i in 1..9000 %}}{{% set x = {expression} %}}{{% endfor %}}"


def kept(expression: str, count: int = 60) -> str:
    """An expression worked out many times, with every result kept."""
    return "".join(f"{{% set v{index} = {expression} %}}" for index in range(count)) + "{{ v0|length }}"


MEGA = 900_000
DOUBLED = "{% for i in 1..90 %}{% set a = a ~ a %}{% endfor %}"
NESTED = "{% set a = [1] %}{% for i in 1..60 %}{% set a = [a, a] %}{% endfor %}"
SELF = {"self": {"mapping": {"x": "{{ map('self', _context)|json_encode }}"}}}
TWICE = {
    "self": {
        "passTrough": False,
        "mapping": {
            "x": "{{ map('self', {a: a})|json_encode }}",
            "y": "{{ map('self', {a: a})|json_encode }}",
        },
    }
}
FLAT = {"flat": {"passTrough": False, "mapping": {"y": "x"}}}
HOLLOW = {"flat": {"passTrough": False, "mapping": {"y": "x"}, "cast": {"y": ["unsetIfValue=="] * 900}}}

LOOPS = (
    one("three nested loops", "{% for i in 1..9999 %}{% for j in 1..9999 %}{% for k in 1..9999 %}x{% endfor %}{% endfor %}{% endfor %}", limit="steps"),
    one("loops with nothing in them", "{% for i in 1..90000 %}{% for j in 1..90000 %}{% endfor %}{% endfor %}", limit="steps"),
    one("loops that need no copy of a wide scope", again("[i]|map(v => v)"), lambda: {f"k{i}": i for i in range(50_000)}),
    one("loops that copy a wide scope", again("[i]|map(v => v ~ i)"), lambda: {f"k{i}": i for i in range(50_000)}, "steps"),
    one("blocks that copy a wide scope", "{% for i in 1..9000 %}{% apply upper %}{% endapply %}{% endfor %}", lambda: {f"k{i}": i for i in range(50_000)}, "steps"),
    one("a range of a thousand million", "{{ range(0, 1000000000)|length }}", limit="items"),
    one("a range written with dots", "{{ (1..9223372036854775807)|length }}", limit="items"),
    one("a range of small fractions", "{{ range(0, 1, 0.0000001)|length }}", limit="items"),
    one("a range whose step vanishes", "{{ range(0, 1, 5e-324)|length }}"),
    one("a range of letters without end", "{{ range('a', 'z', 1e+999)|length }}"),
    one("many arrows within arrows", "{{ (1..9000)|map(a => (1..9000)|map(b => (1..9000)|map(c => c)))|length }}", limit="steps"),
    one("a cartesian reduce", "{{ (1..900)|reduce((c, v) => c|merge((1..900)|map(w => [v, w])), [])|length }}"),
    one("a sort with a costly arrow", "{{ (1..20000)|sort((a, b) => (1..100)|reduce((c, v) => c + v, 0) + a - b)|length }}", limit="steps"),
    one("a sort of equal long texts", "{{ l|sort|length }}", lambda: {"l": ["a" * 90_000 + str(i % 7) for i in range(100)]}),
    one("a macro that calls itself twice", "{% macro m(n) %}{{ _self.m(n + 1) }}{{ _self.m(n + 1) }}{% endmacro %}{{ _self.m(0) }}", limit="depth"),
    one("a macro that calls itself from deep within", "{% macro m() %}{{ " + "[" * 70 + "_self.m()" + "]" * 70 + "|first }}{% endmacro %}{{ _self.m() }}", limit="depth"),
)  # fmt: skip

COLLECTIONS = (
    one("a list merged with itself", "{% set a = [1] %}{% for i in 1..90 %}{% set a = a|merge(a) %}{% endfor %}", limit="items"),
    one("merges of lists that are kept", kept("l|merge(l)"), rows(1, 40_000)),
    one("a batch of one, kept", kept("l|batch(1)"), rows(1, 90_000)),
    one("a batch filled up", "{{ [1]|batch(999999999, 'x')|length }}", limit="items"),
    one("a batch of endless size", "{{ [1]|batch(1e+999)|length }}"),
    one("a text split in letters, kept", kept("t|split('')"), text(WIDE, 90_000)),
    one("a split with a huge limit", again("t|split(',', 9223372036854775807)|length"), text("a,", 180_000), "steps"),
    one("slices of the head of a large object", again("d|slice(0, 1)"), keys(90_000)),
    one("slices with their keys", again("l|slice(1, 1, true)"), rows(1, 90_000)),
    one("dotted keys to an object", "{{ dotToObject(d)|length }}", keys(60_000)),
    one("dotted keys below one", "{{ dotToObject(d)|length }}", lambda: {"d": {f"a.k{index}": 1 for index in range(30_000)}}),
    one("a dotted key of many levels", "{{ dotToObject({('a.' ~ t): 1})|length }}", text("a.", 60_000), "depth"),
    one("what doubles written as JSON", NESTED + "{{ a|json_encode }}", limit="text"),
    one("what doubles compared with itself", NESTED + "{{ a == a|map(v => v) ? 1 : 0 }}", limit="steps"),
    one("what doubles mapped", NESTED + "{{ map('flat', {x: a})|json_encode }}", limit="steps"),
    one("what nests written as JSON", "{% set a = 'x' %}{% for i in 1..9000 %}{% set a = [a] %}{% endfor %}{{ a|json_encode }}", limit="depth"),
    one("long digits looked up among digits", "{{ t in l ? 1 : 0 }}", lambda: {"t": "1" * 400_000, "l": ["1"] * 90_000}),
    one("digits looked up among long digits", "{{ '1' in n|map(v => t) ? 1 : 0 }}{{ '1' in (1..9000)|map(v => t) ? 1 : 0 }}", text("1", MEGA)),
    one("lists of long digits compared", "{% set a = (1..9000)|map(v => '1') %}{% set b = (1..9000)|map(v => t) %}{{ a == b ? 1 : 0 }}", text("1", MEGA)),
    one("fractions joined", "{{ l|join(',')|length }}", rows(0.1234567, 90_000)),
    one("fractions written as JSON", "{{ l|json_encode|length }}", rows(1.5e-7, 90_000)),
    one("fractions as words to replace", "{{ 'x'|replace(l) }}", rows(0.1234567, 90_000)),
    one("indented JSON of a deep list", "{{ " + "[" * 90 + "l" + "]" * 90 + "|json_encode(128)|length }}", rows(1, 90_000), "text"),
    one("a query string of a deep object", "{{ a|url_encode|length }}", lambda: {"a": {"k" * 300_000: [[] for _ in range(90_000)]}}),
)  # fmt: skip

TEXTS = (
    one("a text that doubles", f"{{% set a = 'x' %}}{DOUBLED}", limit="text"),
    one("a text built of its copies", "{% for i in 1..99999 %}{{ t }}{% endfor %}", text("x", 90_000), "steps"),
    one("a text of copies read as JSON", "{{ map('flat', n)|json_encode }}{% for i in 1..9000 %}{{ t }}{% endfor %}", text("x", MEGA), "text", cast="jsonToArray"),
    one("digits without end", "{{ 1|number_format(999999999) }}", limit="text"),
    one("separators without end", "{{ 1e+300|number_format(0, '', t)|length }}", text("x", 90_000), "text"),
    one("a width without end", "{{ '%999999999d'|format(1) }}", limit="text"),
    one("a padding without end", "{{ \"%'x999999999s\"|format(1) }}", limit="text"),
    one("a format of many directives", again("t|format(1)|length"), text("%1$d", 400_000)),
    one("a long argument of a format", "{{ t|format(w)|length }}", lambda: {"t": "%1$.1s" * 9_000, "w": WIDE * 100_000}),
    one("a text grown by replacing", "{% set a = 'x' %}{% for i in 1..90 %}{% set a = a|replace({x: 'xx'}) %}{% endfor %}", limit="steps"),
    one("long words alike to replace", "{{ t|replace(w)|length }}", lambda: {"t": "a" * 100_000, "w": {"b": "", **{"a" * 3000 + str(i): "" for i in range(100)}}}),
    one("many words to replace", "{{ t|replace(w)|length }}", lambda: {"t": "ab" * 40_000, "w": {f"a{i}": "x" for i in range(60_000)}}),
    one("letters written as JSON, kept", kept("t|json_encode", 20), text(WIDE, MEGA)),
    one("slashes written as JSON, kept", kept("t|json_encode", 20), text("/", MEGA)),
    one("JSON written as JSON", "{% set a = '\"' %}{% for i in 1..90 %}{% set a = a|json_encode %}{% endfor %}", limit="text"),
    one("letters for a URL, kept", kept("t|url_encode", 20), text(WIDE, 330_000)),
    one("a mask of many ranges", "{{ ''|trim(t) }}", text("\x01..\u0400", MEGA)),
    one("a mask of many letters", "{{ t|trim(m)|length }}", lambda: {"t": "a" * 400_000, "m": "".join(map(chr, range(0x4E00, 0x9E00))) + "a"}),
    one("capitals that grow, kept", kept("t|upper", 20), text("\u0390", MEGA)),
    one("escaping what was escaped", "{% for i in 1..90 %}{% set t = t|e('js') %}{% endfor %}", text("<", 9_000), "text"),
    one("escapes of many letters", again("t|e('css')|length"), text("<", 80_000)),
    one("base64 of base64", "{% for i in 1..900 %}{% set t = t|b64enc %}{% endfor %}", text("x", 90_000), "text"),
    one("tags to strip", again("t|striptags|length"), text("<<a", 60_000)),
    one("a needle in long hay", again("(t ~ 'x') in t ? 1 : 0"), text("a", 400_000), "steps"),
    one("long texts that are equal", again("(t ~ 'x') == (t ~ 'x') ? 1 : 0"), text("a", 400_000), "steps"),
    one("sums of long digits", again("t + t"), text("1", MEGA)),
    one("newlines to breaks", again("t|nl2br|length"), text("\n", 140_000)),
)  # fmt: skip

NUMBERS = (
    one("towers of powers", "{{ 9 ** 9 ** 9 ** 9 ** 9 }}"),
    one("a power of a great exponent", "{{ 123456789 ** 9223372036854775807 }}"),
    one("products beyond 64 bits", "{% set a = 9223372036854775807 %}{% for i in 1..9000 %}{% set a = a * a %}{% endfor %}{{ a }}"),
    one("rounding to huge precision", "{{ 1.5|round(9223372036854775807) }}{{ 1.5|round(-9223372036854775808, 'ceil') }}{{ 5e-324|round(324, 'floor') }}"),
    one("dates far away", again("date('2024-01-01')|date_modify('+9999999999999 years +9999999999999 weekdays')")),
    one("dates with many words", again("t|date"), text("+1 day ", 990)),
    one("a date printed at length", again("'2024-01-01'|date(t)|length"), text("r", 20_000)),
    one("a time stamp of many digits", again("('@' ~ t)|date"), text("9", 900)),
)  # fmt: skip

PATTERNS = (
    one("a pattern that would backtrack", "{{ t matches '/^(a+)+$/' }}", lambda: {"t": "a" * 50_000 + "!"}),
    one("a pattern with many states", again("t matches '/(a|b)*a(a|b){24}c/'"), lambda: {"t": ("ab" * 9 + "bba") * 9_000}),
    one("a pattern of counted counts", "{{ t matches '/((a{100}){100}){100}/' }}", text("a", 90_000)),
    one("a pattern of a long text", again("t matches ('/' ~ t ~ '/')"), text("a?", 60_000)),
    one("a new pattern each time", "{% for i in 1..9000 %}{{ 'a' matches ('/(\\\\pL{40}' ~ i ~ ')+/') }}{% endfor %}"),
)  # fmt: skip

DOCUMENTS = (
    Bomb("a mapping that calls itself", SELF["self"], lambda: {"a": 1}, "map_depth", SELF),
    Bomb("a mapping that calls itself twice", TWICE["self"], lambda: {"a": 1}, "map_depth", TWICE),
    Bomb("many targets in one list", {"mapping": {f"l.{200_000 + i}": "x" for i in range(3_000)}}, rows(1, 90_000)),
    Bomb("many changes of one list", {"mapping": {f"l.{i}": "x" for i in range(9_000)}}, rows(1, 90_000)),
    Bomb("many paths to unset in one object", {"unset": [f"d.k{i}" for i in range(9_000)]}, keys(60_000)),
    Bomb("many casts of one long text", {"passTrough": False, "mapping": {"x": "t"}, "cast": {"x": ["unsetIfValue==1"] * 9_000}}, text("2", MEGA)),
    Bomb("many casts of hollow lists", {"passTrough": False, "mapping": {"x": "l"}, "cast": {"x": ["unsetIfValue=="] * 9_000}}, lambda: {"l": [[""]] * 20_000 + [1]}),
    Bomb("a target of many levels", {"passTrough": False, "mapping": {".".join("a" * 30_000): "{{ 1 }}"}}, limit="depth"),
    Bomb("a list whose neighbours are copied to each", {"passTrough": False, "mapping": {"x": "x"}}, lambda: {"listInput": [None] * 9_000, **{f"k{i}": i for i in range(9_000)}}, "steps", as_list=True),
    Bomb("a huge list in list mode", {"passTrough": False, "mapping": {f"t{i}": "{{ value }}{{ value }}" for i in range(50)}}, lambda: [1] * 90_000, "steps", as_list=True),
    one("a text of brackets read as JSON", "{{ t }}", text("[", MEGA), cast="jsonToArray"),
    one("deep JSON", "{{ t }}", lambda: {"t": "[" * 900 + "]" * 900}, cast="jsonToArray"),
    Bomb("many small values read as JSON", {"passTrough": False, "mapping": {f"x{i}": "t" for i in range(40)}, "cast": {f"x{i}": "jsonToArray" for i in range(40)}}, lambda: {"t": "[" + "{}," * 300_000 + "{}]"}),
    one("a text of entities", "{{ t }}", text("&lt;", MEGA), cast="htmlDecode,htmlDecode,htmlDecode"),
    one("letters to entities", "{{ t }}", text("\u03d1", MEGA), cast="html"),
    one("letters for a URL, cast", "{{ t }}", text(WIDE, MEGA), cast="rawurl"),
    one("a URL decoded", "{{ t }}", text("%41", MEGA), cast="urlDecode,string"),
    one("ligatures to plain letters", "{{ t }}", text("\ufdfa", MEGA), cast="utf8"),
    one("base64 without base64", "{{ t }}", text("!", MEGA), cast="base64Decode"),
    one("coordinates", "{{ t }}", text(" ", MEGA), cast="coordinateStringToArray"),
    one("digits to a number", "{{ t }}", text("9", MEGA), cast="int,float,moneyStringToInt"),
    Bomb("a hollow value cast many times", {"passTrough": False, "mapping": {"t": "{% set a = [''] %}{% for i in 1..14 %}{% set a = [a, a] %}{% endfor %}{{ map('flat', {x: a})|json_encode }}"}}, related=HOLLOW),
)  # fmt: skip


def mapped(
    name: str,
    source: str,
    document: Callable[[], Any],
    *,
    levels: int = 1,
    target: str = "a",
    limit: str = "",
) -> Bomb:
    """A bomb of mappings that hand values on without text: each calls the next (``NEXT``), the last copies."""

    def body(number: int) -> dict[str, Any]:
        called = source.replace("NEXT", f"r{number + 1}")
        return {"passTrough": False, "mapping": {target: called}, "cast": {target: "jsonToArray"}}

    last = {"passTrough": False, "mapping": {"a": "a", "b": "b"}}
    related = {f"r{number}": body(number) for number in range(1, levels)} | {f"r{levels}": last}
    return Bomb(name, body(0), document, limit, related)


def tree() -> Any:
    """A document of one list with a text, and of an object ``b``."""
    return {"a": [{"t": "x" * 40}], "b": {"c": 1}}


NATIVE = (
    mapped("what doubles at each level, mapped", "{{ map('NEXT', {a: [a, a, a, a, a, a, a, a]})|json_encode }}", tree, levels=15),
    mapped("what doubles by names, mapped", "{% set x = a %}{% set y = [x, x, x, x] %}{{ map('NEXT', {a: y, b: y})|json_encode }}", tree, levels=15),
    mapped("what doubles by merging, mapped", "{{ map('NEXT', {a: a|merge(a)|merge(a)|merge(a)})|json_encode }}", tree, levels=15),
    mapped("what doubles in a list of mapped", "[{{ map('NEXT', _context)|json_encode }}, {{ map('NEXT', _context)|json_encode }}, {{ map('NEXT', _context)|json_encode }}]", tree, levels=15, limit="steps"),
    mapped("what a loop doubles, mapped", "[{% for i in 1..9 %}{% if not loop.first %}, {% endif %}{{ map('NEXT', _context)|json_encode }}{% endfor %}]", tree, levels=15, limit="steps"),
    mapped("deep targets within deep targets", "{{ map('NEXT', _context)|json_encode }}", tree, levels=15, target=".".join("abcdefghij" * 4)),
    mapped("targets a few levels deep within others", "{{ map('NEXT', _context)|json_encode }}", tree, levels=15, target="a.b.c.d"),
    mapped("a large part handed on in each turn", "[{% for i in l %}{% if not loop.first %}, {% endif %}{{ map('NEXT', {a: b})|json_encode }}{% endfor %}]", lambda: {"l": [1] * 9_000, "b": {"t": "x" * MEGA}}, limit="steps"),
    one("a large part mapped in each turn", "{% for i in l %}{% set x = map('flat', {x: b}) %}{% endfor %}", lambda: {"l": [1] * 90_000, "b": {"t": ["x" * MEGA]}}, limit="steps"),
    Bomb("a long text of many small mapped", {"passTrough": False, "mapping": {"t": "{{ map('wordy', l, true)|json_encode }}"}, "cast": {"t": "jsonToArray"}}, rows({}, 90_000), related={"wordy": {"passTrough": False, "mapping": {"x": "y" * 60_000}}}),
    Bomb("a long template of many small mapped", {"passTrough": False, "mapping": {"t": "{{ map('wordy', l, true)|json_encode }}"}, "cast": {"t": "jsonToArray"}}, rows({}, 90_000), related={"wordy": {"passTrough": False, "mapping": {"x": "{{ '" + "y" * 60_000 + "' }}"}}}),
    Bomb("a long default of many small mapped", {"passTrough": False, "mapping": {"t": "{{ map('wordy', l, true)|json_encode }}"}, "cast": {"t": "jsonToArray"}}, rows({}, 90_000), related={"wordy": {"passTrough": False, "mapping": {"x": "{{ n|default('" + "y" * 60_000 + "') }}"}}}),
    Bomb("a long cast of many small mapped", {"passTrough": False, "mapping": {"t": "{{ map('wordy', l, true)|json_encode }}"}, "cast": {"t": "jsonToArray"}}, rows({}, 90_000), related={"wordy": {"passTrough": False, "mapping": {"x": "n"}, "values": {"x": {"n": "y" * 60_000}}}}),
    Bomb("a list of many targets", {"passTrough": False, "mapping": {f"a.{index}": "b" for index in range(9_000)}}, lambda: {"b": 1}),
    Bomb("a list of many targets in an object", {"passTrough": False, "mapping": {f"a.b.{index}.c": "{{ b }}" for index in range(9_000)}}, lambda: {"b": 1}),
    Bomb("many targets unset", {"passTrough": False, "mapping": {f"a.x{index}": "b" for index in range(9_000)}, "cast": {f"a.x{index}": "unsetIfValue==1" for index in range(9_000)}}, lambda: {"b": 1}),
    Bomb("many values read as JSON again", {"passTrough": False, "mapping": {f"x{i}": "{{ map('flat', {x: b})|json_encode }}" for i in range(900)}, "cast": {f"x{i}": "jsonToArray" for i in range(900)}}, lambda: {"b": {"t": ["x" * MEGA]}}),
    Bomb("many copies of a large part", {"passTrough": False, "mapping": {f"x{i}": "b" for i in range(9_000)}}, lambda: {"b": {"t": ["x" * MEGA]}}),
    Bomb("many paths to a large text", {"passTrough": False, "mapping": {f"x{i}": "t" for i in range(9_000)}}, text("x", MEGA)),
    Bomb("many choices of a large text", {"passTrough": False, "mapping": {f"x{i}": "{% if n %}{{ t }}{% else %}{{ n }}{% endif %}" for i in range(9_000)}}, text("x", MEGA)),
    Bomb("many prints of a large text", {"passTrough": False, "mapping": {f"x{i}": "{{ t }}" for i in range(9_000)}, "cast": {f"x{i}": "nullStringToNull" for i in range(9_000)}}, text("x", MEGA)),
)  # fmt: skip


def value(
    name: str, sources: list[str], document: Callable[[], Any], limit: str = "", **related: Any
) -> Bomb:
    """A bomb of targets whose text would be read as JSON, so that they may be kept as values."""
    mapping = {f"x{index}": source for index, source in enumerate(sources)}
    cast = dict.fromkeys(mapping, "jsonToArray")
    return Bomb(name, {"passTrough": False, "mapping": mapping, "cast": cast}, document, limit, related)


def chain(links: int) -> dict[str, Any]:
    """Mappings each of which calls the next one twice, in one value."""
    source = "{{ [map('NEXT', {b: b}), {q: map('NEXT', {b: b})}, b]|json_encode }}"
    bodies = {f"m{index}": source.replace("NEXT", f"m{index + 1}") for index in range(links)}
    last = {f"m{links}": {"passTrough": False, "mapping": {"b": "b"}}}
    return last | {
        reference: {"passTrough": False, "mapping": {"b": body, "c": "b"}, "cast": {"b": "jsonToArray"}}
        for reference, body in bodies.items()
    }


VALUES = (
    value("values of sixteen copies", ["{{ [" + ",".join(["l"] * 16) + "]|json_encode }}"] * 90, rows("x" * 600, 90), "steps"),
    value("a value of a large input", ["{{ [l, l]|json_encode }}"] * 900, rows("x" * 900, 9_000)),
    value("a value doubled again and again", ["{% set a = [l, l] %}" + "{% set a = [a, a] %}" * 24 + "{{ a|json_encode }}"], rows(1, 9), "text"),
    value("a value merged again and again", ["{% set a = l %}" + "{% set a = a|merge(a) %}" * 24 + "{{ a|json_encode }}"], rows(1, 9), "items"),
    value("a long constant in one value", ["{% set a = '" + "y" * 30_000 + "' %}{{ [" + ",".join(["a"] * 3_000) + "]|json_encode }}"], rows(1, 9), "text"),
    value("a constant for each of many", ["{{ l|map(i => {'" + "y" * 64 + "': i})|json_encode }}"] * 9, rows(1, 20_000)),
    value("a long constant for each of many", ["{{ l|map(i => {'" + "y" * 9_000 + "': i})|json_encode }}"], rows(1, 20_000), "text"),
    value("the whole for each of many", ["{{ l|map(i => l)|json_encode }}"], rows(1, 3_000), "text"),
    value("values within values of mappings", ["{{ [map('m0', b)]|json_encode }}"], lambda: {"b": {"b": ["x" * 900] * 90}}, **chain(14)),
)  # fmt: skip
BOMBS = (*LOOPS, *COLLECTIONS, *TEXTS, *NUMBERS, *PATTERNS, *DOCUMENTS, *NATIVE, *VALUES)


def services_of(bomb: Bomb) -> Services:
    """The mappings of a bomb, a time that stands still, and a clock that runs."""
    compiled: dict[str, CompiledMapping] = {}

    def mapping(reference: str) -> CompiledMapping | None:
        body = {**FLAT, **bomb.related}.get(reference)
        if body is not None and reference not in compiled:
            compiled[reference] = compile_mapping(reference, body)
        return compiled.get(reference)

    return Services(mapping, now=lambda: datetime(2025, 3, 14, 9, 35, tzinfo=UTC), clock=time.monotonic)


def ignite(bomb: Bomb) -> tuple[Any, MappingError | None]:
    """What a bomb gives: a result, or the error of the mapping."""
    try:
        mapping = compile_mapping("bomb", bomb.body)
        return mapping.apply(bomb.document(), services_of(bomb), as_list=bomb.as_list), None
    except MappingError as error:
        return None, error


def _memory(name: str) -> int:
    """A figure of this process in bytes: VmRSS now, VmHWM at the peak."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{name}:")[1].split()[0]) * 1024


def _measured(bomb: Bomb) -> dict[str, Any]:
    """Run a bomb whose document and mappings are ready; measured is the run alone."""
    report: dict[str, Any] = {"bomb": bomb.name}
    try:
        mapping, document, services = compile_mapping("bomb", bomb.body), bomb.document(), services_of(bomb)
    except MappingError as error:
        return report | {"seconds": 0.0, "megabytes": 0.0} | _described(error)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak counts from here
    before, start = _memory("VmRSS"), time.process_time()
    try:
        result = mapping.apply(document, services, as_list=bomb.as_list)
        outcome: dict[str, Any] = {"outcome": "result"}
    except MappingError as error:
        result, outcome = None, _described(error)
    report["seconds"] = round(time.process_time() - start, 3)
    report["megabytes"] = round((_memory("VmHWM") - before) / 1e6, 1)
    if outcome["outcome"] == "result":
        outcome["size"] = len(json.dumps(result, allow_nan=False))
    return report | outcome


def _described(error: MappingError) -> dict[str, Any]:
    place = None if error.position is None else [error.position.line, error.position.column]
    limit = error.limit if isinstance(error, LimitExceeded) else ""
    return {
        "outcome": type(error).__name__,
        "limit": limit,
        "mapping": error.mapping,
        "key": error.key,
        "position": place,
        "detail": error.detail,
    }


def _in_a_child(bomb: Bomb) -> dict[str, Any]:
    """Run a bomb in a fork of this process, which it can harm without harming this one."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_AS, (GUARD_BYTES, GUARD_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (GUARD_SECONDS, GUARD_SECONDS))
        try:
            report = _measured(bomb)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what was looked for
            report = {"bomb": bomb.name, "outcome": f"{type(error).__name__}: {error}"[:300]}
        os.write(writing, json.dumps(report).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    os.waitpid(child, 0)
    return json.loads(content) if content else {"bomb": bomb.name, "outcome": "killed"}


def run_all(chosen: str = "") -> Iterator[dict[str, Any]]:
    """Every bomb whose name holds the text, measured."""
    ignite(one("warm up", "{{ '2024-01-01'|date('T', 'Europe/Amsterdam') }}{{ 'a' matches '/a/' }}"))
    for bomb in BOMBS:
        if chosen in bomb.name:
            yield _in_a_child(bomb)


if __name__ == "__main__":
    for line in run_all(" ".join(sys.argv[1:])):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

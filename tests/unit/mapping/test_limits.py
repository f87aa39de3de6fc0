"""Templates that mean harm: each ends soon, small, and by a typed error or harmless text."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from gateway_core.app import build_settings
from gateway_core.catalog.build import build
from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.mapping.mapping import Limits, Services, compile_mapping
from gateway_core.settings import Settings
from gateway_core.types import Artifact, Kind, Origin

BIG = "x<&." * 20_000
DOUBLED = "{% for i in 1..90 %}{% set a = a ~ a %}{% endfor %}"
BOMBS = [
    ("{{ 1|number_format(999999999) }}", "text"),
    ("{{ '%999999999d'|format(1) }}", "text"),
    ("{{ (1..99999999)|length }}", "items"),
    ("{{ range(0, 99999999, 1)|length }}", "items"),
    (f"{{% set a = 'x' %}}{DOUBLED}", "text"),
    ("{% set a = [1] %}{% for i in 1..90 %}{% set a = a|merge(a) %}{% endfor %}", "items"),
    ("{% set a = [1] %}{% for i in 1..60 %}{% set a = [a, a] %}{% endfor %}{{ a|json_encode }}", "text"),
    (
        "{% set a = [1] %}{% for i in 1..60 %}{% set a = [a, a] %}{% endfor %}{{ a == a|map(v => v) }}",
        "steps",
    ),
    ("{% set a = 'x' %}{% for i in 1..300 %}{% set a = [a] %}{% endfor %}{{ a|json_encode }}", "depth"),
    ("{% for i in 1..9999 %}{% for j in 1..9999 %}x{% endfor %}{% endfor %}", "steps"),
    ("{% for i in 1..90000 %}{% set x = big|upper %}{% endfor %}", "steps"),
    ("{% for i in 1..90000 %}{% set x = big|title %}{% endfor %}", "text"),
    ("{% for i in 1..90000 %}{% set x = (1..1000)|sort %}{% endfor %}", "steps"),
    ("{% macro m() %}{{ _self.m() }}{% endmacro %}{{ _self.m() }}", "depth"),
    ("{{ map('self', _context)|json_encode }}", "map_depth"),
    ("{{ [1]|batch(99999999, 'x')|length }}", "items"),
    ("{{ big|replace({x: big}) }}", "text"),
    ("{{ big|split('x')|join(big) }}", "text"),
    ("{{ big|e('css')|e('css')|e('css') }}", "text"),
    ("{{ big|url_encode|url_encode|url_encode|url_encode|url_encode|url_encode }}", "steps"),
    ("{{ 'now'|date(big) }}", "text"),
    ("{{ (1..1000)|reduce((c, v) => c|merge(c), [1])|length }}", "items"),
    ("{{ (1..90000)|map(v => (1..9000))|length }}", "steps"),
]
DEEP = [
    "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
    "{{ " + "-" * 300 + "1 }}",
    "{{ 1" + "+1" * 5000 + " }}",
    "{{ a" + "|upper" * 500 + " }}",
    "{{ a" + ".a" * 500 + " }}",
    "{{ " + "[" * 300 + "]" * 300 + " }}",
    "{% if 1 %}" * 300 + "{% endif %}" * 300,
    "{{ " + "1 ? " * 300 + "1" + " : 1" * 300 + " }}",
    "{{ 1 }}" * 10_000,
]
HOSTILE = [
    *("{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ name.__init__.__globals__ }}"),
    *("{{ _self.env.registerUndefinedFilterCallback('exec') }}", "{{ ['id']|map('system')|join }}"),
    *("{{ ['id', 0]|sort('system')|join }}", "{{ ['id']|filter('system')|join }}"),
    *("{{ [0]|reduce('system', 'id')|join }}", "{{ cycler.__init__.__globals__.os.popen('id').read() }}"),
    *("{{ lipsum.__globals__ }}", "{{ config.items() }}", "{{ request.application.__globals__ }}"),
    *("{{ app.request.server.all|join(',') }}", "{{ self.__init__ }}", "{{ joiner.__init__ }}"),
    *("{{ 'a'|attr('__class__') }}", "{{ name|format(name.__class__) }}", "{{ '%s'|format(list) }}"),
    *(
        "{% include '/etc/passwd' %}",
        "{% extends 'x' %}",
        "{{ include('/etc/passwd') }}",
        "{{ source('x') }}",
    ),
    *("{{ constant('PHP_VERSION') }}", "{{ template_from_string('x') }}", "{% import os %}", "{{ dump() }}"),
    *(
        "{{ attribute(name, '__class__') }}",
        "{{ attribute(_context, '__builtins__') }}",
        "{{ _context.__class__ }}",
    ),
    *(
        "{{ date().__class__ }}",
        "{{ attribute(date(), '__reduce__') }}",
        "{{ date().tzinfo }}",
        "{{ date().replace() }}",
    ),
    *("{{ loop.__class__ }}", "{{ list.append(1) }}", "{{ object.clear() }}", "{{ object.items() }}"),
    *("{{ (v => v).__code__ }}", "{{ [v => v] }}", "{{ {a: v => v} }}", "{{ max(v => v) }}"),
    *(
        "{{ object|map(v => v.__class__)|json_encode }}",
        "{{ ''|batch.__globals__ }}",
        "{{ get_flashed_messages }}",
    ),
]


@contextmanager
def no_events() -> Iterator[list[str]]:
    """Collects what touches files, processes, sockets or the compiler while it is open."""
    seen: list[str] = []
    listening = [True]

    def hook(event: str, arguments: Any) -> None:
        if listening[0] and event.split(".", maxsplit=1)[0] in (
            "open",
            "os",
            "subprocess",
            "socket",
            "compile",
            "exec",
            "import",
        ):
            seen.append(event)

    sys.addaudithook(hook)
    try:
        yield seen
    finally:
        listening[0] = False


def services() -> Services:
    """Services whose one mapping calls itself, with a running clock."""
    body = {"mapping": {"x": "{{ map('self', _context)|json_encode }}"}}
    loop = compile_mapping("self", body)
    return Services(mapping=lambda reference: loop, clock=time.monotonic)


DOCUMENT = {"name": "n", "list": [1], "object": {"a": 1}, "big": BIG}


@pytest.mark.parametrize(("template", "limit"), BOMBS, ids=range(len(BOMBS)))
def test_a_bomb_ends_by_its_limit(template: str, limit: str) -> None:
    """Fuel, caps and the clock stop what grows; the error names limit, mapping, key and position."""
    mapping = compile_mapping("m", {"mapping": {"t": template}})
    start = time.perf_counter()
    with pytest.raises(LimitExceeded) as caught:
        mapping.apply(DOCUMENT, services())
    assert time.perf_counter() - start < 2
    assert caught.value.limit in (limit, "seconds")
    assert caught.value.mapping
    assert caught.value.key


@pytest.mark.parametrize("template", DEEP, ids=range(len(DEEP)))
def test_deep_or_long_templates_are_refused_while_compiling(template: str) -> None:
    """Nesting, chains and length are bounded before anything runs."""
    with pytest.raises(LimitExceeded) as caught:
        compile_mapping("m", {"mapping": {"t": template}})
    assert caught.value.limit in ("depth", "template")
    assert caught.value.key == "t"


@pytest.mark.parametrize("template", HOSTILE)
def test_nothing_but_json_is_in_reach(template: str) -> None:
    """Known escapes from template sandboxes give an error or plain text, and touch nothing."""
    try:
        mapping = compile_mapping("m", {"passTrough": False, "mapping": {"t": template}})
    except MappingError:
        return
    with no_events() as events:
        outcome = text_of(mapping.apply, DOCUMENT)
    assert events == []
    assert not any(word in outcome for word in ("class", "uid=", "root:", "function", "0x"))


def text_of(apply: Any, document: Any) -> str:
    """The text that a mapping gives, or nothing when it refuses."""
    try:
        return str(apply(document, Services())["t"])
    except MappingError:
        return ""


def test_the_budget_is_shared_by_the_mappings_of_one_run() -> None:
    """A mapping called for each element spends the fuel of the run that called it."""
    inner = compile_mapping("inner", {"passTrough": False, "mapping": {"x": "{{ 1 + 1 + 1 + 1 }}"}})
    body = {"passTrough": False, "mapping": {"t": "{{ map('inner', l, true)|json_encode }}"}}
    outer = compile_mapping("outer", body, limits=Limits(steps=500))
    small, large = {"l": [{}] * 3}, {"l": [{}] * 300}
    world = Services(mapping=lambda reference: inner)
    assert outer.apply(small, world)["t"].startswith("[")
    with pytest.raises(LimitExceeded) as caught:
        outer.apply(large, world)
    assert caught.value.limit == "steps"


def test_the_clock_ends_a_run() -> None:
    """Wall time is measured by the clock that the services bring."""
    ticks = iter(range(10**9))
    mapping = compile_mapping("m", {"mapping": {"t": "{% for i in 1..5000 %}{{ i }}{% endfor %}"}})
    with pytest.raises(LimitExceeded) as caught:
        mapping.apply({}, Services(clock=lambda: next(ticks)))
    assert caught.value.limit == "seconds"


@pytest.mark.parametrize(
    ("setting", "limits", "template"),
    [
        ("mapping_steps", {"mapping_steps": 1_000}, "{% for i in 1..1500 %}{{ i }}{% endfor %}"),
        ("mapping_text", {"mapping_text": 1_000}, "{{ '%02000d'|format(1) }}"),
        ("mapping_items", {"mapping_items": 100}, "{{ (1..500)|length }}"),
        ("mapping_depth", {"mapping_depth": 10}, "{{ " + "[" * 20 + "1" + "]" * 20 + "|json_encode }}"),
    ],
)
def test_an_administrator_sets_the_limits(setting: str, limits: dict[str, Any], template: str) -> None:
    """What the defaults allow is ended by a smaller limit from the settings."""
    body = {"$id": "m", "passTrough": False, "mapping": {"t": template}}
    artifact = Artifact(Kind.MAPPING, "m", "", body, Origin("b", "m.json"))
    usual, findings = build([artifact], build_settings(Settings()))
    assert findings == ()
    assert usual.mappings["m"].apply({}, Services())["t"]
    strict, findings = build([artifact], build_settings(Settings(**limits)))
    if setting == "mapping_depth":
        assert "deeper than 10" in findings[0].message
        return
    with pytest.raises(LimitExceeded) as caught:
        strict.mappings["m"].apply({}, Services())
    assert caught.value.limit == setting.removeprefix("mapping_")


def test_time_and_nesting_of_mappings_are_settings_too() -> None:
    """Seconds and mappings within mappings come from the settings."""
    limits = build_settings(Settings(mapping_seconds=0.5, mapping_map_depth=3)).limits
    assert (limits.seconds, limits.map_depth) == (0.5, 3)
    assert build_settings(Settings()).limits == Limits()


def test_a_bomb_in_one_thread_changes_nothing_in_another() -> None:
    """Runs share no state: while bombs end in one thread, every result of another is its own."""
    bomb = compile_mapping("bomb", {"mapping": {"t": BOMBS[9][0]}})
    plain = compile_mapping("plain", {"passTrough": False, "mapping": {"t": "{{ n }}-{{ (1..n)|join }}"}})
    ended: list[str] = []

    def throw() -> None:
        for _ in range(20):
            with pytest.raises(LimitExceeded) as caught:
                bomb.apply({}, services())
            ended.append(caught.value.mapping)

    with ThreadPoolExecutor(2) as pool:
        throwing = [pool.submit(throw) for _ in range(2)]
        for number in [*range(1, 200)] * 3:
            expected = f"{number}-{''.join(map(str, range(1, number + 1)))}"
            assert plain.apply({"n": number}, services()) == {"t": expected}
        for each in throwing:
            each.result()
    assert ended == ["bomb"] * 40

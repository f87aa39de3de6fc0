"""The language by concern: what templates print, and what is found while compiling."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway_core.errors import MappingError
from gateway_core.mapping.mapping import Services, compile_mapping

INPUT = {
    "name": "Ada O'Neill",
    "empty": "",
    "zero": "0",
    "n": 7,
    "f": 3.75,
    "none": None,
    "list": ["b", "a", "c"],
    "object": {"a": 1, "b": "two", "c": None},
    "rows": [{"k": "x", "v": 1}, {"k": "y", "v": 2}, {"k": "x", "v": 3}],
    "day": "2024-07-01",
}
NOW = datetime(2024, 6, 15, 12, 34, 56, tzinfo=UTC)


def render(template: str, document: dict[str, Any] | None = None) -> Any:
    """What one template makes of a document."""
    mapping = compile_mapping("m", {"passTrough": False, "mapping": {"out": template}})
    return mapping.apply(INPUT if document is None else document, Services(now=lambda: NOW))["out"]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ name }}", "Ada O'Neill"),
        ("{{ none }}{{ absent.at.any.depth }}{{ false }}", ""),
        ("{{ true }}{{ 1.0 }}{{ 12.50 }}", "1112.5"),
        ("{{ list }}", "Array"),
        ('{{ "#{name} has #{n + 1}" }}', "Ada O'Neill has 8"),
        ("{{ '#{n}' }}", "#{n}"),
        ("a\n{% if n %}\nb\n{% endif %}\nc", "a\nb\nc"),
        ("  {{- n -}}  z", "7z"),
        ("x{# a comment\nof two lines #}y", "xy"),
        ("{% verbatim %}{{ n }}{% endverbatim %}", "{{ n }}"),
    ],
)
def test_printing(template: str, text: str) -> None:
    """Values print as PHP prints them and tags leave no newline behind."""
    assert render(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ 1 + 2 * 3 }}", "7"),
        ("{{ -2 ** 2 }} {{ 2 ** 3 ** 2 }}", "-4 512"),
        ("{{ 10 / 5 }} {{ 10 / 4 }} {{ -7 // 2 }} {{ -7 % 4 }}", "2 2.5 -4 -3"),
        ("{{ not n ~ 'x' }}", "x"),
        ("{{ (not n in [1]) ? 'T' : 'F' }}", "F"),
        ("{{ '7' == n ? 'T' : 'F' }}{{ 'abc' == 0 ? 'T' : 'F' }}{{ none == false ? 'T' : 'F' }}", "TFT"),
        ("{{ '10' > '9' ? 'T' : 'F' }}{{ '10' > '9a' ? 'T' : 'F' }}", "TF"),
        ("{{ zero ? 'T' : 'F' }}{{ '0.0' ? 'T' : 'F' }}{{ [] ? 'T' : 'F' }}", "FTF"),
        ("{{ absent.x ?? 'alt' }}{{ empty ?? 'alt' }}{{ empty ?: 'alt' }}", "altalt"),
        ("{{ name starts with 'Ada' ? 'T' }}{{ name matches '/^ada/i' }}", "T1"),
        ("{{ (1..4)|join(',') }}{{ ('c'..'a')|join }}", "1,2,3,4cba"),
        ("{{ (rows has some v => v.v == 2) ? 'T' }}{{ (rows has every v => v.v) ? 'T' }}", "TT"),
    ],
)
def test_operators(template: str, text: str) -> None:
    """Operators bind and compare as in Twig on PHP 8."""
    assert render(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{% for k, v in object %}{{ k }}={{ v }};{% endfor %}", "a=1;b=two;c=;"),
        ("{% for x in name %}a{% else %}none{% endfor %}", "none"),
        ("{% for v in list %}{{ loop.index }}{{ v }}{{ loop.last ? '' : ',' }}{% endfor %}", "1b,2a,3c"),
        ("{% set x = 1 %}{% for v in [2, 3] %}{% set x = x + v %}{% endfor %}{{ x }}", "6"),
        ("{% for v in [2] %}{% set y = v %}{% endfor %}{{ y|default('gone') }}", "gone"),
        ("{% for name in list %}{{ name }}{% endfor %}{{ name }}", "bacAda O'Neill"),
        ("{% set b %}<{{ n }}>{% endset %}{{ b }}{{ b|length }}", "<7>3"),
        ("{% with {q: 5} %}{{ q }}{% endwith %}{{ q|default('gone') }}", "5gone"),
        ("{% with {q: 5} only %}{{ name|default('hidden') }}{% endwith %}", "hidden"),
        ("{% apply upper|trim %} a{{ n }} {% endapply %}", "A7"),
        (
            "{% macro m(a, b = 2) %}[{{ a }}{{ b }}]{% endmacro %}{{ _self.m('x') }}{{ _self.m(b=1) }}",
            "[x2][1]",
        ),
        (
            "{% autoescape 'html' %}{{ '<' ~ name }}{{ name|raw }}{% endautoescape %}",
            "&lt;Ada O&#039;NeillAda O'Neill",
        ),
        (
            "{% for a in rows %}{% for b in list %}{{ loop.parent.loop.index }}{% endfor %}{% endfor %}",
            "111222333",
        ),
    ],
)
def test_statements(template: str, text: str) -> None:
    """Loops, variables, captures and macros have Twig's scope."""
    assert render(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ rows|filter(v => v.k == 'y')|json_encode }}", '{"1":{"k":"y","v":2}}'),
        ("{{ rows|map(v => v.v * 2)|join(',') }}{{ rows|reduce((c, v) => c + v.v) }}", "2,4,66"),
        ("{{ rows|sort((a, b) => b.v <=> a.v)|column('v')|join(',') }}", "3,2,1"),
        ("{{ object|merge({d: 4, a: 9})|json_encode }}", '{"a":9,"b":"two","c":null,"d":4}'),
        ("{{ list|batch(2)|json_encode }}", '[["b","a"],{"2":"c"}]'),
        ("{{ 'https://a/é'|json_encode }}{{ 'é/'|json_encode(320) }}", '"https:\\/\\/a\\/\\u00e9""é/"'),
        ("{{ {}|json_encode }}{{ 1.0|json_encode }}{{ {0: 'a', 1: 'b'}|json_encode }}", '[]1["a","b"]'),
        ("{{ '  x '|trim(side='left') }}|{{ 'a,b,,c'|split(',', 2)|json_encode }}", 'x |["a","b,,c"]'),
        ("{{ name[0:3] }}{{ name|slice(-5) }}{{ name|first }}{{ list|last }}", "AdaNeillAc"),
        ("{{ 'aaa'|replace({a: 'b', aa: 'c'}) }}{{ 1234.5|number_format(1, ',', '.') }}", "cb1.234,5"),
        ("{{ day|date_modify('+1 month')|date('Y-m-d') }}{{ 'now'|date('H:i') }}", "2024-08-0112:34"),
        ("{{ date('2024-01-31').diff(date(day)).days }}", "152"),
        (
            "{{ max([1, 5, 3]) }}{{ min(3, '2') }}{{ cycle(['a', 'b'], 3) }}{{ range(0, 10, 5)|join }}",
            "52b0510",
        ),
        ("{{ attribute(object, 'b') }}{{ attribute(_context, 'na' ~ 'me') }}", "twoAda O'Neill"),
        ("{{ dotToObject({'a.b': 1, 'a.c': 2})|json_encode }}", '{"a":{"b":1,"c":2}}'),
    ],
)
def test_library(template: str, text: str) -> None:
    """Filters and functions answer as the original's do."""
    assert render(template) == text


@pytest.mark.parametrize(
    ("template", "line", "column", "part"),
    [
        ("{{ name|uper }}", 1, 9, 'did you mean "upper"?'),
        ("ab\n  {{ fooo(1) }}", 2, 6, 'no function "fooo"'),
        ("{{ name is defind }}", 1, 12, 'did you mean "defined"?'),
        ("{% if n %}{% elif n %}", 1, 14, 'did you mean "elseif"?'),
        ("{% if n %}x", 1, 4, "{% endif %}"),
        ("{{ n", 1, 1, "}}"),
        ("{{ a == 1 ? }}", 1, 13, "Expected an expression"),
        ("{{ list|map('system') }}", 1, 13, "arrow function"),
        ("{% set f = v => v %}", 1, 12, "only be an argument of a filter"),
        ("{% include 'x' %}", 1, 4, "not available"),
        ("{{ name|split }}", 1, 9, 'needs a value for "delimiter"'),
        ("{{ name matches '/(?=a)/' }}", 1, 17, "look-around"),
    ],
)
def test_mistakes_are_found_while_compiling(template: str, line: int, column: int, part: str) -> None:
    """An error names mapping, key, line and column, and the way out."""
    with pytest.raises(MappingError) as caught:
        compile_mapping("the mapping", {"mapping": {"target": template}})
    error = caught.value
    assert (error.kind, error.mapping, error.key) == ("syntax", "the mapping", "target")
    assert error.position is not None
    assert (error.position.line, error.position.column) == (line, column)
    assert part in str(error)


def test_a_run_time_error_has_its_position() -> None:
    """What fails on a document is placed in the template, and no value is repeated."""
    mapping = compile_mapping("m", {"mapping": {"t": "{{ 1 }}\n{{ name + 1 }}"}})
    with pytest.raises(MappingError) as caught:
        mapping.apply({"name": "secret"}, Services())
    assert caught.value.position is not None
    assert (caught.value.position.line, caught.value.position.column) == (2, 9)
    assert "secret" not in str(caught.value)

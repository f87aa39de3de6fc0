"""Twig 3's core set, name by name: what a mapping has means what it means in Twig; the rest is refused.

The results are those of Twig 3.8 on PHP 8.2 without automatic escaping.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway_core.errors import MappingError
from gateway_core.mapping import library, refused
from gateway_core.mapping.mapping import Services, compile_mapping

TAGS = [
    ("{% apply upper %}abc{% endapply %}", "ABC"),
    ("{% apply lower|capitalize %}ABC{% endapply %}", "Abc"),
    ("{% autoescape 'html' %}{{ a ~ '<' }}{% endautoescape %}", "x&lt;"),
    ("{% autoescape false %}{{ a ~ '<' }}{% endautoescape %}", "x<"),
    ("{% block b %}{{ a }}{% endblock %}", "x"),
    ("{% block b a %}", "x"),
    ("{% deprecated 'old' %}{{ a }}", "x"),
    ("{% do 1 + 1 %}{{ a }}", "x"),
    ("{% flush %}{{ a }}", "x"),
    ("{% for i in 1..3 %}{{ i }}{% else %}none{% endfor %}", "123"),
    ("{% for i in [] %}{{ i }}{% else %}none{% endfor %}", "none"),
    ("{% for k, v in {p: 1, q: 2} %}{{ k }}={{ v }};{% endfor %}", "p=1;q=2;"),
    ("{% for i in 5..6 %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{% endfor %}", "102211"),
    ("{% for i in 5..6 %}{{ loop.first }},{{ loop.last }},{{ loop.length }};{% endfor %}", "1,,2;,1,2;"),
    ("{% for i in 1..2 %}{% for j in 1..2 %}{{ loop.parent.loop.index }}{% endfor %}{% endfor %}", "1122"),
    ("{% if a == 'y' %}1{% elseif a == 'x' %}2{% else %}3{% endif %}", "2"),
    ("{% macro m(p, q = 2) %}[{{ p }}{{ q }}]{% endmacro %}{{ _self.m(1) }}", "[12]"),
    ("{% import _self as f %}{% macro m(p) %}[{{ p }}]{% endmacro %}{{ f.m(3) }}", "[3]"),
    ("{% from _self import m as n %}{% macro m(p) %}[{{ p }}]{% endmacro %}{{ n(2) }}", "[2]"),
    ("{% set p = 1 %}{{ p }}", "1"),
    ("{% set p, q = 1, 2 %}{{ q }}{{ p }}", "21"),
    ("{% set p %}<{{ a }}>{% endset %}{{ p }}", "<x>"),
    ("{% verbatim %}{{ a }}{% if %}{% endverbatim %}", "{{ a }}{% if %}"),
    ("{% with {q: 1} %}{{ a }}{{ q }}{% endwith %}{{ q }}", "x1"),
    ("{% with {q: 1} only %}{{ a }}{{ q }}{% endwith %}", "1"),
    ("p {%- if a -%} q {%- endif -%} r", "pqr"),
    ("p \n{{~ a ~}}\n q", "p \nx\n q"),
    ("{% if a %}\nq{% endif %}\n", "q"),
    ("{# a comment with {{ a }} #}q", "q"),
]
FILTERS = [
    ("abs", "{{ -5.5|abs }}{{ (-5)|abs }}", "-5.55"),
    ("b64enc", "{{ 'abc'|b64enc }}", "YWJj"),
    ("b64dec", "{{ 'YWJj'|b64dec }}", "abc"),
    ("batch", "{{ [1, 2, 3]|batch(2)|json_encode }}", '[[1,2],{"2":3}]'),
    ("batch", "{{ [1, 2, 3]|batch(2, 0)|json_encode }}", '[[1,2],{"2":3,"3":0}]'),
    ("capitalize", "{{ 'élan VITAL'|capitalize }}", "Élan vital"),
    ("column", "{{ [{n: 1}, {n: 2}, {m: 3}]|column('n')|json_encode }}", "[1,2]"),
    ("convert_encoding", "{{ 'é'|convert_encoding('UTF-8', 'UTF-8') }}", "é"),
    ("date", "{{ '2024-02-29 13:05'|date('d/m/Y H:i') }}", "29/02/2024 13:05"),
    ("date", "{{ '2024-02-29'|date(format='Y', timezone='UTC') }}", "2024"),
    ("date", "{{ 'first day of next month'|date('Y-m-d') }}", "2024-07-01"),
    ("date_modify", "{{ '2024-02-29'|date_modify('+1 year')|date('Y-m-d') }}", "2025-03-01"),
    ("default", "{{ nope|default('d') }}{{ ''|default('d') }}{{ 0|default('d') }}", "dd0"),
    ("e", "{{ 'a<b'|e }}{{ 'a b'|e('url') }}", "a&lt;ba%20b"),
    ("escape", "{{ 'a<b'|escape('js') }}{{ 'a b'|escape('html_attr') }}", "a\\u003Cba&#x20;b"),
    ("filter", "{{ [1, 2, 3]|filter(v => v > 1)|json_encode }}", '{"1":2,"2":3}'),
    ("filter", "{{ {p: 1, q: 2}|filter((v, k) => k == 'q')|json_encode }}", '{"q":2}'),
    ("find", "{{ [1, 2, 3]|find(v => v > 1) }}", "2"),
    ("first", "{{ [1, 2]|first }}{{ 'ab'|first }}{{ {p: 3}|first }}", "1a3"),
    ("format", "{{ '%s has %05.1f%%'|format('it', 2.26) }}", "it has 002.3%"),
    ("join", "{{ [1, 2, 3]|join(', ', ' and ') }}", "1, 2 and 3"),
    ("json_encode", "{{ {p: '/é', q: [1.0, null]}|json_encode }}", '{"p":"\\/\\u00e9","q":[1,null]}'),
    ("keys", "{{ {p: 1, q: 2}|keys|join }}", "pq"),
    ("last", "{{ [1, 2]|last }}{{ 'ab'|last }}", "2b"),
    ("length", "{{ [1, 2]|length }}{{ 'é€'|length }}{{ null|length }}", "220"),
    ("lower", "{{ 'ÀB'|lower }}", "àb"),
    ("map", "{{ [1, 2]|map(v => v * 2)|join(',') }}", "2,4"),
    ("map", "{{ {p: 1}|map((v, k) => k ~ v)|join }}", "p1"),
    ("merge", "{{ [1]|merge([2])|merge({p: 3})|json_encode }}", '{"0":1,"1":2,"p":3}'),
    ("nl2br", "{{ 'a\nb'|nl2br }}", "a<br />\nb"),
    ("number_format", "{{ 1234.567|number_format(2, ',', '.') }}", "1.234,57"),
    ("raw", "{{ '<'|raw }}", "<"),
    ("reduce", "{{ [1, 2, 3]|reduce((c, v) => c + v, 10) }}", "16"),
    ("replace", "{{ 'a-b'|replace({'a': 'b', 'b': 'a'}) }}", "b-a"),
    ("reverse", "{{ [1, 2]|reverse|join }}{{ 'ab'|reverse }}", "21ba"),
    ("round", "{{ 2.5|round }}{{ 2.567|round(1, 'floor') }}{{ 2.51|round(0, 'ceil') }}", "32.53"),
    ("slice", "{{ [1, 2, 3]|slice(1, 1)|join }}{{ 'abc'|slice(-2) }}{{ 'abc'[1:1] }}", "2bcb"),
    ("sort", "{{ [3, 1, 2]|sort|join }}", "123"),
    ("sort", "{{ [{n: 1}, {n: 2}]|sort((p, q) => q.n <=> p.n)|column('n')|join }}", "21"),
    ("spaceless", "{{ '<p> <b>'|spaceless }}", "<p><b>"),
    ("split", "{{ 'a,b,c'|split(',', 2)|join(';') }}{{ 'ab'|split('')|join(';') }}", "a;b,ca;b"),
    ("striptags", "{{ '<p>a<br>b</p>'|striptags('<br>') }}", "a<br>b"),
    ("title", "{{ 'élan VITAL'|title }}", "Élan Vital"),
    ("trans", "{{ '%p% day'|trans({'%p%': 'One'}) }}", "One day"),
    (
        "trim",
        "{{ ' a '|trim }}{{ '/a/'|trim('/', 'left') }}{{ '/a/'|trim(side='right', character_mask='/') }}",
        "aa//a",
    ),
    ("upper", "{{ 'àb'|upper }}", "ÀB"),
    ("url_encode", "{{ 'a b/é'|url_encode }}{{ {p: 1, q: 'a b'}|url_encode }}", "a%20b%2F%C3%A9p=1&q=a%20b"),
]
FUNCTIONS = [
    ("arrayValues", "{{ arrayValues({p: 1, q: 2})|join(',') }}", "1,2"),
    ("constant", "{{ {p: '/'}|json_encode(constant('JSON_UNESCAPED_SLASHES')) }}", '{"p":"/"}'),
    ("constant", "{{ '2024-02-29'|date(constant('DATE_ATOM')) }}", "2024-02-29T00:00:00+00:00"),
    ("cycle", "{{ cycle(['p', 'q'], 3) }}", "q"),
    ("date", "{{ date('2024-02-29') < date() }}{{ date('2024-02-29').format('y') }}", "124"),
    ("dotToObject", "{{ dotToObject({'p.q': 1})|json_encode }}", '{"p":{"q":1}}'),
    ("max", "{{ max(1, 3, 2) }}{{ max([4, 5]) }}{{ max(...[6, 7]) }}", "357"),
    ("min", "{{ min(3, 1) }}{{ min({p: 4, q: 2}) }}", "12"),
    ("range", "{{ range(0, 6, 3)|join(',') }}{{ range('c', 'a')|join }}", "0,3,6cba"),
]
TESTS = [
    ("defined", "{{ a is defined }}{{ nope is not defined }}{{ a.b is defined }}", "11"),
    ("divisible by", "{{ 4 is divisible by(2) }}{{ 4 is divisible by 3 }}", "1"),
    ("empty", "{{ '' is empty }}{{ [] is empty }}{{ '0' is not empty }}", "111"),
    ("even", "{{ 2 is even }}{{ 3 is even }}", "1"),
    ("iterable", "{{ [] is iterable }}{{ 'ab' is iterable }}", "1"),
    ("mapping", "{{ {p: 1} is mapping }}{{ [1] is mapping }}", "1"),
    ("none", "{{ null is none }}{{ '' is none }}", "1"),
    ("null", "{{ nope is null }}{{ 0 is null }}", "1"),
    ("odd", "{{ 3 is odd }}{{ 2 is odd }}", "1"),
    ("same as", "{{ 1 is same as(1) }}{{ 1 is same as('1') }}", "1"),
    ("sequence", "{{ [1] is sequence }}{{ {p: 1} is sequence }}", "1"),
]
OPERATORS = [
    ("{{ 1 + 2 * 3 - 4 / 2 }}", "5"),
    ("{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 4 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }}", "3 -4 3 512 -4"),
    ("{{ a ~ 1 ~ true }}", "x11"),
    ("{{ 1 <=> 2 }} {{ 'b' <=> 'a' }} {{ 1 <=> 1.0 }}", "-1 1 0"),
    ("{{ 1 == '1' }} {{ 0 == 'p' }} {{ null == false }} {{ 1 != 2 }}", "1  1 1"),
    ("{{ 1 < 2 }}{{ 2 > 1 }}{{ 1 <= 1 }}{{ 1 >= 1 }}", "1111"),
    ("{{ 'abc' matches '/^A/i' }}{{ 'abc' starts with 'a' }}{{ 'abc' ends with 'c' }}", "111"),
    ("{{ 1 in [1] }}{{ 'b' in 'abc' }}{{ 2 not in [1] }}", "111"),
    ("{{ (1..3)|join }}{{ ('a'..'c')|join }}", "123abc"),
    ("{{ a ? 'y' : 'n' }}{{ a ?: 'z' }}{{ nope ?: 'z' }}{{ nope ?? 'q' }}{{ nope ? 'y' }}", "yxzq"),
    ("{{ 6 b-and 3 }}{{ 6 b-or 3 }}{{ 6 b-xor 3 }}", "275"),
    ("{{ not a }}{{ a and true }}{{ false or a }}", "11"),
    ("{{ [1, 2] has some v => v > 1 }}{{ [1, 2] has every v => v > 0 }}", "11"),
    ('{{ "p#{a ~ 1}q" }}', "px1q"),
    ("{{ 'p#{a}q' }}", "p#{a}q"),
    ("{{ [...[1, 2], 3]|join }}{{ {...{p: 1}, q: 2}|json_encode }}", '123{"p":1,"q":2}'),
    ("{{ {p: {q: 1}}.p.q }}{{ {p: 1}['p'] }}{{ [5, 6].1 }}{{ nope.q.r }}", "116"),
    ("{{ attribute({'p.q': 1}, 'p.q') }}{{ attribute({p: 2}, 'p') }}", "12"),
    ("{{ {'p': 1, (a): 2, a}|json_encode }}", '{"p":1,"x":2,"a":"x"}'),
    ("{{ [1, 2, 3][1:]|join }}{{ [1, 2, 3][:1]|join }}", "231"),
    ("{{ 1.50 }} {{ 1.0 }} {{ 0.1 + 0.2 }} {{ 1/3 }} {{ 1e+20 }}", "1.5 1 0.3 0.33333333333333 1.0E+20"),
    ("{{ true }}{{ false }}{{ null }}{{ none }}", "1"),
    ("{{ _charset }}{{ _context|length }}", "UTF-81"),
]


def rendered(template: str) -> str:
    """The text of a template for the input ``{"a": "x"}``, at noon of 15 June 2024."""
    mapping = compile_mapping("m", {"passTrough": False, "mapping": {"t": template}})
    now = datetime(2024, 6, 15, 12, tzinfo=UTC)
    return str(mapping.apply({"a": "x"}, Services(now=lambda: now))["t"])


@pytest.mark.parametrize(("template", "text"), TAGS)
def test_tags_and_white_space(template: str, text: str) -> None:
    """Every tag of the core set, with white space and comments as Twig treats them."""
    assert rendered(template) == text


@pytest.mark.parametrize(("name", "template", "text"), [*FILTERS, *FUNCTIONS, *TESTS])
def test_filters_functions_and_tests(name: str, template: str, text: str) -> None:
    """Every filter, function and test of the core set, with Twig's result."""
    assert name.split(maxsplit=1)[0] in template
    assert rendered(template) == text


@pytest.mark.parametrize(("template", "text"), OPERATORS)
def test_operators_and_literals(template: str, text: str) -> None:
    """Every operator and literal of the core set, with Twig's result."""
    assert rendered(template) == text


def test_the_tables_name_all_that_there_is() -> None:
    """No filter, function or test of the library is without an example here."""
    reaching_out = {"call", "getObject", "map"}
    assert {name for name, _, _ in FILTERS} == set(library.FILTERS)
    assert {name for name, _, _ in FUNCTIONS} == set(library.FUNCTIONS) - reaching_out
    assert {name for name, _, _ in TESTS} == {*library.TESTS, "defined"}


def test_nothing_is_both_there_and_refused() -> None:
    """What is refused is not in the library."""
    assert refused.FILTERS.keys().isdisjoint(library.FILTERS)
    assert refused.FUNCTIONS.keys().isdisjoint(library.FUNCTIONS)
    assert refused.TESTS.keys().isdisjoint(library.TESTS)


REFUSED = [
    *((f"{{% {name} %}}", name, reason) for name, reason in refused.TAGS.items()),
    *((f"{{{{ a|{name} }}}}", name, reason) for name, reason in refused.FILTERS.items()),
    *((f"{{{{ {name}(a) }}}}", name, reason) for name, reason in refused.FUNCTIONS.items()),
    *((f"{{{{ a is {name}(a) }}}}", name, reason) for name, reason in refused.TESTS.items()),
]


@pytest.mark.parametrize(("template", "name", "reason"), REFUSED)
def test_what_is_refused_says_why(template: str, name: str, reason: str) -> None:
    """A name of Twig that a mapping does not have is refused while compiling, with the reason."""
    with pytest.raises(MappingError) as caught:
        compile_mapping("m", {"mapping": {"t": template}})
    error = caught.value
    assert (error.kind, error.key, error.hint) == ("syntax", "t", reason)
    assert f'"{name}" is not available in a mapping' in error.detail
    assert error.position is not None
    assert template[error.position.column - 1 :].startswith((name, f"|{name}"))


@pytest.mark.parametrize(
    ("template", "column", "hint"),
    [
        ("{{ a === 'x' }}", 8, "is same as"),
        ("{{ a !== 'x' }}", 8, "is not same as"),
        ("{{ a xor b }}", 6, "not b"),
        ("{{ a && b }}", 6, '"and"'),
        ("{{ a || b }}", 7, '"or"'),
        ("{{ !a }}", 4, '"not"'),
        ("{{ a?.b }}", 6, "plain dot"),
        ("{{ a->b }}", 6, "dot"),
        ("{{ $a }}", 4, "no sign"),
        ("{{ a = 2 }}", 6, "=="),
        ("{{ # why\n a }}", 4, "{#"),
    ],
)
def test_signs_of_other_languages(template: str, column: int, hint: str) -> None:
    """A sign of another language, or of a newer Twig, is refused with what to write."""
    with pytest.raises(MappingError) as caught:
        compile_mapping("m", {"mapping": {"t": template}})
    assert caught.value.position is not None
    assert caught.value.position.column == column
    assert hint in caught.value.hint


def test_an_unknown_constant_is_found_while_compiling() -> None:
    """A constant that is not on the list is refused, with the nearest one that is."""
    with pytest.raises(MappingError) as caught:
        compile_mapping("m", {"mapping": {"t": "{{ constant('JSON_PRETY_PRINT') }}"}})
    assert caught.value.hint == 'did you mean "JSON_PRETTY_PRINT"?'


def test_all_faults_of_a_mapping_are_told_at_once() -> None:
    """The first fault is raised and the others come with it, one for each key, each with its place."""
    targets = {"p": "{{ a|uper }}", "q": "{{ a }}", "r": "{% if a %}", "s": "\n{{ a is evn }}"}
    with pytest.raises(MappingError) as caught:
        compile_mapping("m", {"mapping": targets})
    first, *others = caught.value, *caught.value.others
    told = [(error.key, error.position.line, error.position.column) for error in (first, *others)]
    assert sorted(told) == [("p", 1, 6), ("r", 1, 4), ("s", 2, 9)]

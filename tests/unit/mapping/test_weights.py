"""How much a value may hold, counted before it is made."""

from __future__ import annotations

import pytest

from gateway_core.mapping.nodes import Print
from gateway_core.mapping.parser import parse
from gateway_core.mapping.run import Limits
from gateway_core.mapping.weights import Weights


def weight(source: str) -> int | None:
    """The weight of what the last statement of a template prints."""
    template = parse(source, Limits())
    last = template.body.statements[-1]
    assert isinstance(last, Print)
    return Weights(template).of(last.value)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ a.b }}", 1),
        ("{{ 'short' }}", 0),
        (f"{{{{ '{'x' * 65}' }}}}", 1),
        ("{{ [a, a, {p: b ~ c}] }}", 3),
        ("{{ a ?? [b, c] }}", 2),
        ("{{ a ? b : [c, c, c] }}", 3),
        ("{{ a|merge(b)|filter(i => i.c) }}", 2),
        ("{{ l|map(i => {p: i.a, q: i.b}) }}", 2),
        ("{{ arrayValues(map('urn:x', l, true)) }}", 1),
        ("{% set v = [a, a] %}{% set v = [v, v] %}{{ [v, v] }}", 8),
        ("{% set v = 'short' %}{{ [v, v, v] }}", 3),
    ],
)
def test_parts_are_counted(source: str, expected: int) -> None:
    """Each part of the input and each text that is made weighs one, as often as it may be held."""
    assert weight(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{{ _context }}",
        "{{ getObject(a) }}",
        "{{ map(a, b) }}",
        "{{ 1 / a }}",
        "{{ l|map(i => a) }}",
        f"{{{{ l|map(i => '{'x' * 65}') }}}}",
        "{% for i in l %}{% set v = [v, v] %}{% endfor %}{{ v }}",
        "{% with a %}{{ b }}{% endwith %}{% set v = getObject(a) %}{{ v }}",
        "{% set v %}{{ a }}{{ a }}{% endset %}{{ v }}",
        "{{ range(1, 9) }}",
    ],
)
def test_what_cannot_be_counted_has_no_weight(source: str) -> None:
    """What may be of any size, or come from elsewhere, is written as text."""
    assert weight(source) is None

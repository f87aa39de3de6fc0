"""Assigned values that are written into the place that uses them, and those that stay."""

from __future__ import annotations

import pytest

from gateway_core.mapping.inline import inlined
from gateway_core.mapping.parser import parse
from gateway_core.mapping.reads import assigned_names
from gateway_core.mapping.run import Limits


@pytest.mark.parametrize(
    "source",
    [
        "{% set v = [] %}{% set v = v|merge(l) %}{{ v|first }}",
        "{% set v = a %}{{ [v, v] }}",
        "{% set v = a|upper %} {{ [b, v] }}",
        "{% if not v %}{% set v = [] %}{% endif %}{{ v|merge(b) }}",
        "{% if a %}{% set v = b %}{{ v.c }}{% else %}{% set v = c %}{{ v.d }}{% endif %}",
        "{% set unused = a.b ?? [] %}{{ c }}",
    ],
)
def test_what_makes_no_difference_is_moved(source: str) -> None:
    """A value that is used once, or only looked up, takes the place of its name."""
    assert not assigned_names(inlined(parse(source, Limits())))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{% set v = a|upper %}{{ [v, v] }}", "it would be worked out twice"),
        ("{% set v = a|upper %}{{ b }}", "its failure would be lost"),
        ("{% set v = a|upper %}{{ b ?? v }}", "its failure would be lost where b is known"),
        ("{% set v = a|upper %}{{ b ? v : c }}", "its failure would be lost where b is false"),
        ("{% set v = a %}{% set a = b %}{{ v }}", "it is what a was before"),
        ("{% set v = a %}{{ l|map(a => v) }}", "a is another one within the function"),
        ("{% set v = a %}{{ v is defined }}", "a name was asked about"),
        ("{% set v = a %}{{ _context }}", "all names are asked for"),
        ("{% set v = a %}{{ v }}{{ b }}", "more is printed than one value"),
        ("{% for i in l %}{% set v = i %}{{ v }}{% endfor %}", "it changes in every turn"),
    ],
)
def test_what_could_make_a_difference_stays(source: str, why: str) -> None:
    """Where moving could show, the template is left as it is."""
    template = parse(source, Limits())
    assert inlined(template) is template, why

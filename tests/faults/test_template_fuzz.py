"""Random templates, mappings and documents end by a result or an error of the mapping."""

from __future__ import annotations

import pytest
import template_fuzz

CASES = 3_000
PARTS = 6


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_but_typed_errors_comes_of_random_templates(part: int) -> None:
    """The first cases of the long run (``make fuzz``) give JSON or a typed error that names the mapping."""
    share = CASES // PARTS
    seen, broken = template_fuzz.run_many(share, first=part * share)
    assert broken == []
    assert sum(seen.values()) == share
    # A run that compiles nothing, or in which nothing fails, would prove nothing.
    assert min(seen["refused"], seen["failed"], seen["result"]) > share // 10


def test_a_case_is_the_same_each_time() -> None:
    """A number names one case, so that what a long run finds can be looked at."""
    first = [template_fuzz.body(template_fuzz.Random(number), ()) for number in range(50)]
    again = [template_fuzz.body(template_fuzz.Random(number), ()) for number in range(50)]
    assert first == again

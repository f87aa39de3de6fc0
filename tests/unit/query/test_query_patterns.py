"""Patterns of clients are matched in time proportional to the text, and bounded in size."""

from __future__ import annotations

import time

import pytest

from gateway_core.query.patterns import MAX_PATTERN, BadPattern, Matchers, matcher


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        ("ab", "xaby", True),
        ("^ab$", "xaby", False),
        ("Ab", "xaby", False),
        ("(?i)Ab", "xaby", True),
        ("^b", "a\nb", False),
        ("(?m)^b", "a\nb", True),
        ("a.b", "a\nb", False),
        ("é{2}", "caféé", True),
        (r"^\pL+$", "Ζέος", True),
        ("", "", True),
    ],
)
def test_meaning(pattern: str, text: str, holds: bool) -> None:
    """Found anywhere, in its case, with anchors at the ends of the whole text."""
    assert matcher(pattern)(text) is holds


@pytest.mark.parametrize("pattern", ["(", "[z-a]", "a{2,1}", "(?=a)", r"(a)\1", "x" * (MAX_PATTERN + 1)])
def test_what_is_no_pattern(pattern: str) -> None:
    """Is refused, and the refusal repeats nothing of it."""
    with pytest.raises(BadPattern) as refusal:
        matcher(pattern)
    assert pattern not in str(refusal.value)


@pytest.mark.parametrize(
    "pattern",
    ["((a{100}){100}){100}", r"(\pL{100}){9}", "(((.{1,100}){1,100}){1,100})", r"(\PN{0,99}){0,99}"],
)
def test_what_would_compile_to_much(pattern: str) -> None:
    """Counted repetitions inside one another are refused before they take memory."""
    with pytest.raises(BadPattern, match="too large"):
        matcher(pattern)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|aa)+$", "(a*)*b", "^(a|a?)+$", "(.*)(.*)(.*)(.*)[^a]$"])
def test_what_makes_other_engines_run_for_ever(pattern: str) -> None:
    """A hundred thousand letters are judged at once by patterns that take others time without end."""
    start = time.process_time()
    assert matcher(pattern)("a" * 100_000 + "!") in (True, False)
    assert time.process_time() - start < 10


def test_few_are_kept() -> None:
    """However many patterns are asked, no more than some are held; answers stay right."""
    known = Matchers(most=2)
    asked = [known.matches(f"^{number}$", str(number % 2)) for number in (0, 1, 2, 0, 1)]
    assert asked == [True, True, False, True, True]
    assert known.matches("1", 1) is False
    assert known.matches("1", None) is False

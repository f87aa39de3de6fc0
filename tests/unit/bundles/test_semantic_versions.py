"""Versions in the order of Semantic Versioning, and what is none."""

from __future__ import annotations

import itertools

import pytest

from gateway_core.bundles.versions import is_newer, rank

# The order of section 11 of the standard, and spellings that bundles have.
ASCENDING = [
    "0.0.1",
    "0.0.9",
    "0.0.10",
    "0.1",
    "0.9.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "2",
    "10.0.0",
]


@pytest.mark.parametrize(("older", "newer"), list(itertools.combinations(ASCENDING, 2)))
def test_newer_versions_come_after_older_ones(older: str, newer: str) -> None:
    """Of two versions in ascending order the second is the newer one, and not the other way round."""
    assert is_newer(newer, older) is True
    assert is_newer(older, newer) is False


@pytest.mark.parametrize(("one", "other"), [("1", "1.0.0"), ("1.0", "v1.0.0"), ("1.0.0+a", "1.0.0+b")])
def test_spellings_of_one_version_are_equal(one: str, other: str) -> None:
    """Parts that are left out are 0; a v before and a build behind mean nothing."""
    assert rank(one) == rank(other)
    assert is_newer(one, other) is False


@pytest.mark.parametrize(
    "text", ["", "latest", "1.x", "1..2", "1.0-", "1.2.3.4.5", "9" * 5000, "1.0.0-rc..1"]
)
def test_what_is_no_version_has_no_place(text: str) -> None:
    """A word is neither newer nor older than a version."""
    assert rank(text) is None
    assert is_newer(text, "1.0.0") is None
    assert is_newer("1.0.0", text) is None

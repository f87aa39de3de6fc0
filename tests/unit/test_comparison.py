"""The comparison with the original names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "compared-with-the-original.md"


def test_every_test_that_is_named_exists():
    """A claim without its test would be a promise."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE.read_text())
    assert len(named) >= 14
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^(def|class) {name}\b", (ROOT / file).read_text(), flags=re.MULTILINE)
    ]
    assert missing == []


def test_every_weak_point_of_requests_has_its_row():
    """W3, W13, W20, W28 to W36 and W54 are answered."""
    rows = set(re.findall(r"^\| W(\d+) \|", PAGE.read_text(), flags=re.MULTILINE))
    assert {"3", "13", "20", *map(str, range(28, 37)), "54"} <= rows


def test_every_weak_point_of_mappings_has_its_row():
    """W1, W9, W11, W15 and W55 are answered, in the order of their numbers."""
    rows = [int(number) for number in re.findall(r"^\| W(\d+) \|", PAGE.read_text(), flags=re.MULTILINE)]
    assert {1, 9, 11, 15, 55} <= set(rows)
    assert rows == sorted(rows)


def test_every_weak_point_of_queries_has_its_row():
    """W2, W19, W21 to W24, W27 and W39 to W43 are answered."""
    rows = set(re.findall(r"^\| W(\d+) \|", PAGE.read_text(), flags=re.MULTILINE))
    assert {"2", "19", "21", "22", "23", "24", "27", "39", "40", "41", "42", "43"} <= rows


def test_every_weak_point_of_installed_bundles_has_its_row():
    """W4, W25, W37, W38, W48 to W52 are answered."""
    rows = set(re.findall(r"^\| W(\d+) \|", PAGE.read_text(), flags=re.MULTILINE))
    assert {"4", "25", "37", "38", "48", "49", "50", "51", "52"} <= rows


def test_every_weak_point_of_versions_has_its_row():
    """W16 to W18, W26 and W45 are answered."""
    rows = set(re.findall(r"^\| W(\d+) \|", PAGE.read_text(), flags=re.MULTILINE))
    assert {"16", "17", "18", "26", "45"} <= rows


def test_every_weak_point_of_events_has_its_row():
    """W7, W10, W40, W45, W46 and W53 are answered."""
    rows = set(re.findall(r"^\| W(\d+) \|", PAGE.read_text(), flags=re.MULTILINE))
    assert {"7", "10", "40", "45", "46", "53"} <= rows


def test_every_weak_point_of_installing_has_its_row():
    """W4, W37, W38 and W47 to W53 are answered."""
    rows = set(re.findall(r"^\| W(\d+) \|", PAGE.read_text(), flags=re.MULTILINE))
    assert {"4", "37", "38", *map(str, range(47, 54))} <= rows

"""Mappings made to exhaust the gateway end soon, small, and by an error that tells the place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import mapping_bombs
import pytest

SECONDS = 0.3
MEGABYTES = 64
BY_NAME = {bomb.name: bomb for bomb in mapping_bombs.BOMBS}


@pytest.fixture(scope="module")
def reports() -> dict[str, dict[str, Any]]:
    """What each bomb did, measured in a process of its own: processor time and peak of memory."""
    done = subprocess.run(
        [sys.executable, str(Path(mapping_bombs.__file__))], capture_output=True, text=True, check=True
    )
    return {report["bomb"]: report for report in map(json.loads, done.stdout.splitlines())}


def test_there_are_sixty_bombs_or_more() -> None:
    """Every bomb has a name of its own, and there are sixty at the least."""
    assert len(BY_NAME) == len(mapping_bombs.BOMBS) >= 60


@pytest.mark.parametrize("name", BY_NAME)
def test_a_bomb_ends_in_time_and_small(reports: dict[str, dict[str, Any]], name: str) -> None:
    """It takes 300 ms of processor time and 64 MB at most, and gives a typed error or a small result."""
    report, bomb = reports[name], BY_NAME[name]
    assert report["outcome"] in ("LimitExceeded", "MappingError", "result"), report
    assert report["seconds"] <= SECONDS, report
    assert report["megabytes"] <= MEGABYTES, report
    if bomb.limit:
        assert report["limit"] in (bomb.limit, "seconds"), report


@pytest.mark.parametrize("name", BY_NAME)
def test_the_error_of_a_bomb_names_the_place(reports: dict[str, dict[str, Any]], name: str) -> None:
    """A limit is named with the mapping, the target at work and the position."""
    report = reports[name]
    if report["outcome"] == "result":
        assert report["size"] <= 1_000_000
        return
    assert report["mapping"]
    assert report["position"]
    assert report["limit"] or report["outcome"] == "MappingError"
    # A list as a whole is refused before any target is at work.
    assert report["key"] or BY_NAME[name].as_list

"""The functions that the benchmark compares with do what the mappings do."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from bench.mapping import CASES, ORIGINAL, Case, compiled, runs_of
from gateway_core.mapping.mapping import Services

HERE = [case for case in CASES if case.folder.is_dir()]


def smaller(document: dict[str, Any], needs: frozenset[str]) -> Iterator[dict[str, Any]]:
    """The document, and the same without each of its members and of what is embedded in it."""
    yield document
    for key in document.keys() - needs:
        yield {name: value for name, value in document.items() if name != key}
    for key in document.get("embedded", {}).keys() - needs:
        less = copy.deepcopy(document)
        del less["embedded"][key]
        yield less


def test_the_original_mappings_are_there() -> None:
    """The benchmark's mappings of the original are found, or their absence is told loudly."""
    if not ORIGINAL.is_dir():
        pytest.skip(f"no mappings in {ORIGINAL}: set GATEWAY_SHARED to the shared folder")
    assert len(HERE) == len(CASES)


@pytest.mark.parametrize("case", HERE, ids=lambda case: f"{case.folder.name}-{case.name}")
@pytest.mark.parametrize("plain", [False, True], ids=["compiled", "plain"])
def test_the_function_equals_the_mapping(case: Case, plain: bool) -> None:
    """With every member or any one less, mapping and function give the same object."""
    mappings = compiled(case.folder, plain=plain)
    mapping = mappings[case.reference]
    for document in smaller(case.document, case.needs):
        assert case.by_hand(document) == mapping.apply(document, Services(mapping=mappings.get))


def test_the_benchmark_runs_what_it_says() -> None:
    """The three functions that are timed give one result."""
    quick, plain, by_hand = (run() for run in runs_of(HERE[0]))
    assert quick == plain == by_hand

"""The functions that the benchmark compares with do what the mappings do."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from bench.mapping import CASES, ORIGINAL, SHARED, Case, compiled, runs_of
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


def golden_cases() -> Iterator[tuple[Any, Any]]:
    """Input and output of the reference cases of the benchmark's first mapping."""
    for path in sorted((SHARED / "golden" / "mapping").rglob("*.json")):
        for record in json.loads(path.read_text(encoding="utf-8")):
            if record["mapping"].get("$id") == CASES[0].reference:
                for case in record["cases"]:
                    if "output" in case and not case.get("list"):
                        yield case["input"], case["output"]


def alike(value: Any) -> Any:
    """The value with every empty array alike, as PHP has it."""
    if isinstance(value, dict):
        return {key: alike(item) for key, item in value.items()} or []
    return [alike(item) for item in value] if isinstance(value, list) else value


@pytest.mark.skipif(not ORIGINAL.is_dir(), reason=f"no mappings in {ORIGINAL}: set GATEWAY_SHARED")
def test_the_first_function_equals_the_reference() -> None:
    """The function that the bar is measured by gives what the original gave, for odd input too."""
    cases = list(golden_cases())
    assert len(cases) > 10
    for given, expected in cases:
        assert alike(CASES[0].by_hand(given)) == alike(expected)


def test_the_benchmark_runs_what_it_says() -> None:
    """The three functions that are timed give one result."""
    quick, plain, by_hand = (run() for run in runs_of(HERE[0]))
    assert quick == plain == by_hand

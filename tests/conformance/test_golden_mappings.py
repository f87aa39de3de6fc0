"""Every answer of the original's mapping engine that we have, asked of ours.

The format of the files and the rules of comparison are those of the shared reference: every
empty array is equal, a non-empty array is a list exactly when its keys are 0..n-1 in order,
1.0 is not 1. Where the original failed, ours may fail with a mapping error or give a value;
what the original found to be a syntax error must be found while compiling.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway_core.errors import MappingError
from gateway_core.mapping.mapping import CompiledMapping, Services, compile_mapping

SHARED = Path(os.environ.get("GATEWAY_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
GOLDEN = SHARED / "golden" / "mapping"
DIFFERENT_ON_PURPOSE: dict[str, str] = {}
"""Case (as in the test's name) to the reason why ours answers differently."""


def normal(value: Any) -> Any:
    """A value as PHP's single kind of array sees it."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if not isinstance(value, dict):
        return value
    items = {key: normal(item) for key, item in value.items()}
    return list(items.values()) if list(items) == [str(index) for index in range(len(items))] else items


def equal(left: Any, right: Any) -> bool:
    """Equality that tells 1 from 1.0 and from true."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def read_cases() -> Iterator[Any]:
    """Every case of every file, named file::case; numbered where a file repeats a name."""
    seen: dict[str, int] = {}
    for path in sorted(GOLDEN.glob("*/*.json")):
        for record in json.loads(path.read_text(encoding="utf-8")):
            for case in record["cases"]:
                name = f"{path.parent.name}/{path.stem}::{case['name']}"
                seen[name] = seen.get(name, 0) + 1
                if seen[name] > 1:
                    name = f"{name}#{seen[name]}"
                reason = DIFFERENT_ON_PURPOSE.get(name)
                marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
                yield pytest.param(record, case, id=name, marks=marks)


CASES = list(read_cases())


def services_of(record: dict[str, Any], case: dict[str, Any]) -> Services:
    """The world of a case: its related mappings, objects, answers and date.

    The clock of the time limit stands still: on a loaded machine no case may run out of it.
    """
    compiled: dict[str, CompiledMapping] = {}

    def mapping(reference: str) -> CompiledMapping | None:
        body = record.get("related", {}).get(reference)
        if body is not None and reference not in compiled:
            compiled[reference] = compile_mapping(reference, body)
        return compiled.get(reference)

    def call(source: str, endpoint: str, method: str, config: dict[str, Any]) -> Any:
        return case["calls"][endpoint]

    now = datetime.fromisoformat(case["now"]) if "now" in case else datetime(2024, 6, 15, 12, tzinfo=UTC)
    return Services(mapping, case.get("objects", {}).get, call, lambda: now, lambda: 0.0)


def outcome(record: dict[str, Any], case: dict[str, Any]) -> tuple[Any, MappingError | None]:
    """What ours answers: a value, or the mapping error it fails with."""
    try:
        compiled = compile_mapping(record["mapping"].get("$id", "mapping"), record["mapping"])
        result = compiled.apply(case["input"], services_of(record, case), as_list=bool(case.get("list")))
    except MappingError as error:
        return None, error
    return result, None


def test_the_golden_data_is_there() -> None:
    """The conformance data is found, or its absence is told loudly."""
    if not GOLDEN.is_dir():
        pytest.skip(f"no golden data in {GOLDEN}: set GATEWAY_SHARED to the shared folder")
    assert len(CASES) > 1800


def test_every_difference_listed_names_a_case() -> None:
    """The table of differences holds no stale entry."""
    if not GOLDEN.is_dir():
        pytest.skip(f"no golden data in {GOLDEN}: set GATEWAY_SHARED to the shared folder")
    assert set(DIFFERENT_ON_PURPOSE) <= {case.id for case in CASES}


@pytest.mark.parametrize(("record", "case"), CASES)
def test_golden_case(record: dict[str, Any], case: dict[str, Any]) -> None:
    """Ours answers what the original answered; where that failed, ours fails by a mapping error."""
    expected_kind = case.get("error", {}).get("kind")
    if expected_kind == "syntax":
        with pytest.raises(MappingError) as caught:
            compile_mapping(record["mapping"]["$id"], record["mapping"])
        assert caught.value.kind == "syntax"
        assert caught.value.key
        assert caught.value.position is not None
        return
    result, failure = outcome(record, case)
    if failure is not None:
        assert expected_kind, f"the original answers, ours fails: {failure}"
        assert failure.mapping
    elif not expected_kind:
        assert equal(normal(result), normal(case["output"]))

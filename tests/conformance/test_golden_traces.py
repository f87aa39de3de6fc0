"""The golden cases, traced: a trace that ended otherwise than the mapping would tell lies."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gateway_core.errors import MappingError
from gateway_core.mapping.mapping import Services
from gateway_core.mapping.trace import ABSENT, Trace, trace
from gateway_core.operations.mapping_cases import WITHOUT_NOW, Library, first_difference, run_cases

SHARED = Path(os.environ.get("GATEWAY_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
GOLDEN = SHARED / "golden" / "mapping"
FILES = sorted(GOLDEN.glob("*/*.json"))


def test_the_golden_data_is_there() -> None:
    """The conformance data is found, or its absence is told loudly."""
    if not GOLDEN.is_dir():
        pytest.skip(f"no golden data in {GOLDEN}: set GATEWAY_SHARED to the shared folder")
    assert len(FILES) > 80


def services(case: dict[str, Any], library: Library) -> Services:
    objects = case.get("objects") or {}
    return Services(library.find, objects.get, now=lambda: WITHOUT_NOW)


def outcome(body: dict[str, Any], case: dict[str, Any], library: Library) -> tuple[Any, str]:
    """The result of a mapping, or the kind of its error."""
    try:
        compiled = library.find(body["$id"])
        assert compiled is not None
        return compiled.apply(case["input"], services(case, library), as_list=bool(case.get("list"))), ""
    except MappingError as error:
        return None, error.kind


def traced(body: dict[str, Any], case: dict[str, Any], library: Library) -> Trace:
    """The same by a trace; what cannot be compiled leaves a trace of nothing but the error."""
    as_list = bool(case.get("list"))
    try:
        return trace(body["$id"], body, case["input"], services(case, library), as_list=as_list)
    except MappingError as error:
        return Trace(None, error, ())


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_trace_ends_as_the_mapping_does(file: Path) -> None:
    """Traced, every golden case gives the same result or the same kind of error, and of mappings with a
    single target the value told is that of the result."""
    for record in json.loads(file.read_text(encoding="utf-8")):
        body = record["mapping"]
        library = Library({**record["related"], body["$id"]: body}.get)
        for case in record["cases"]:
            expected, kind = outcome(body, case, library)
            told = traced(body, case, library)
            assert (told.error.kind if told.error else "") == kind, case["name"]
            assert first_difference(expected, told.result) is None, case["name"]
            if list(body["mapping"]) == ["uit"] and len(told.documents) == 1 and not body.get("unset"):
                (target,) = told.documents[0]
                shown = {} if target.value is ABSENT else {"uit": target.value}
                kept = {key: value for key, value in (expected or {}).items() if key == "uit"}
                assert kind or first_difference(kept, shown) is None, case["name"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_golden_files_are_case_files(file: Path) -> None:
    """What runs the cases of integrators passes every golden case, in the format of the golden files."""
    records = json.loads(file.read_text(encoding="utf-8"))
    report = run_cases(str(file), records, Library({}.get))
    assert report.failures == ()
    assert report.passed == sum(len(record["cases"]) for record in records)

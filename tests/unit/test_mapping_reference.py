"""The reference of the mapping language: current, complete, and true."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway_core.catalog import lint
from gateway_core.mapping import library, parser, remarks
from gateway_core.mapping.casts import KNOWN_CASTS
from gateway_core.mapping.mapping import CompiledMapping, Services, compile_mapping
from gateway_core.mapping.operators import BINARY
from gateway_core.mapping.statements import TAGS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "mappings.md"
BLOCK = re.compile(r"^```json (mapping|input|output)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r'"(mapping-[a-z-]+)"')


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """The program that makes the page."""
    spec = importlib.util.spec_from_file_location(
        "mapping_reference", ROOT / "tools" / "mapping_reference.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(program: ModuleType) -> None:
    """The page is what the program makes of the code, with the result of every example."""
    assert PAGE.read_text(encoding="utf-8") == program.page(), "run: python tools/mapping_reference.py"


def test_every_name_is_explained(program: ModuleType) -> None:
    """Each tag, operator, test, filter, function, cast and limit of the code is on the page, and no other."""
    told = program.EXAMPLES
    assert told["filters"].keys() == library.FILTERS.keys()
    assert told["functions"].keys() == library.FUNCTIONS.keys() | {"attribute"}
    assert told["tests"].keys() == library.TESTS.keys() | {"defined"}
    assert told["casts"].keys() == set(KNOWN_CASTS)
    assert told["tags"].keys() == set(TAGS)
    in_code = BINARY.keys() | parser._BINARY.keys() | parser._UNARY.keys()
    assert told["operators"].keys() - in_code == {"? :", "?:", ".", "[]", "|", "=>", "...", "#{}"}
    assert in_code <= told["operators"].keys()


def test_every_remark_is_explained(program: ModuleType) -> None:
    """Each remark that the code gives about mappings is on the page, and no other."""
    sources = [Path(str(module.__file__)).read_text(encoding="utf-8") for module in (remarks, lint)]
    given = {code for source in sources for code in CODE.findall(source)}
    given |= {"mapping-unused-cast", "mapping-unused-value-map"}  # put together from the section's name
    assert program.EXAMPLES["remarks"].keys() == given


def test_every_example_does_what_it_says(program: ModuleType) -> None:
    """An example has a result, or says in its place why it has none."""
    reaches_out = {"call", "getObject", "map"}
    silent = {"do", "deprecated", "flush"}
    for table in ("tags", "operators", "tests", "filters", "functions"):
        for name, (meaning, template) in program.EXAMPLES[table].items():
            assert meaning
            if not (table == "functions" and name in reaches_out):
                assert bool(program.rendered(template)) is (name not in silent), name


def blocks() -> list[tuple[str, Any]]:
    return [(kind, json.loads(text)) for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8"))]


def test_the_mappings_on_the_page_make_what_it_says() -> None:
    """Each mapping on the page makes the output below it of the input below it, and is not remarked upon."""
    bodies = {body["$id"]: body for kind, body in blocks() if kind == "mapping"}
    compiled: dict[str, CompiledMapping] = {
        reference: compile_mapping(reference, body, bodies=bodies.get) for reference, body in bodies.items()
    }
    current, given, shown = "", None, 0
    for kind, value in blocks():
        if kind == "mapping":
            current = value["$id"]
        elif kind == "input":
            given = value
        else:
            shown += 1
            assert compiled[current].apply(given, Services(compiled.get)) == value
    assert shown == len(bodies) > 4
    assert [finding for mapping in compiled.values() for finding in mapping.findings] == []

"""The JSON Schemas of the files that integrators write: our own files fit them, wrong ones do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from gateway_core.mapping.casts import KNOWN_CASTS
from gateway_core.mapping.mapping import compile_mapping
from gateway_core.mapping.remarks import KNOWN_KEYS

ROOT = Path(__file__).resolve().parents[2]
FORMATS = ROOT / "gateway_core" / "bundles" / "formats"
BUNDLES = (ROOT / "mappings", ROOT / "bundles")
MAPPINGS = [file for folder in BUNDLES for file in sorted(folder.rglob("*.mapping.json"))]
CASES = [file for folder in BUNDLES for file in sorted(folder.rglob("*.cases.json"))]
SPELT_ORIGINALLY = "https://docs.commongateway.nl/schemas/Mapping.schema.json"
GOOD: dict[str, Any] = {"$id": "https://example.com/a.mapping.json", "mapping": {"a": "b"}}


def load(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def faults(format: str, document: Any) -> list[str]:
    validator = Draft202012Validator(load(FORMATS / f"{format}.schema.json"))
    return [error.json_path for error in validator.iter_errors(document)]


@pytest.mark.parametrize("file", sorted(FORMATS.glob("*.json")), ids=lambda file: file.name)
def test_format_is_json_schema_on_its_own(file: Path) -> None:
    """A format is valid JSON Schema and refers to nothing outside itself."""
    Draft202012Validator.check_schema(load(file))
    assert '"$ref": "#/' in file.read_text(encoding="utf-8")
    assert '"$ref": "h' not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda file: file.name)
def test_mapping_fits_its_format(file: Path) -> None:
    """Every mapping of our bundles is valid, and its ``$schema`` leads editors to the format."""
    body = load(file)
    assert faults("mapping", body) == []
    assert (file.parent / body["$schema"]).resolve() == FORMATS / "mapping.schema.json"


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda file: file.name)
def test_mapping_has_cases_beside_it(file: Path) -> None:
    """Every mapping of our bundles, of pairs both directions, has a file of valid cases beside it."""
    beside = file.with_name(file.name.replace(".mapping.json", ".cases.json"))
    assert faults("cases", load(beside)) == []
    assert sum(len(record["cases"]) for record in load(beside)) > 1


def test_nothing_stands_alone() -> None:
    """No case file has lost its mapping."""
    assert {file.name.split(".cases")[0] for file in CASES} == {f.name.split(".mapping")[0] for f in MAPPINGS}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"$schema": SPELT_ORIGINALLY},
        {"$schema": "mapping.schema.json"},
        {"passTrough": None, "unset": {}, "cast": {"a": "int,string"}},
        {"cast": {"a": ["unsetIfValue==", "setNullIfValue==x", "countValue:b"]}},
        {"values": {"a": {"x": 1}, "b": [[None, "x"]], "c": {"$inverse": "#a", "$default": None}}},
    ],
)
def test_a_good_mapping_fits(more: dict[str, Any]) -> None:
    """What the gateway understands is valid, the original's ``$schema`` included."""
    assert faults("mapping", {**GOOD, **more}) == []
    compile_mapping("m", {**GOOD, **more})


@pytest.mark.parametrize(
    "wrong",
    [
        {"mapping": {"a": None}},
        {"mapping": {"a": ["b"]}},
        {"mapping": {"": "b"}},
        {"passThrough": False},
        {"passTrough": "no"},
        {"absent": "skip"},
        {"unset": "a"},
        {"cast": {"a": "strng"}},
        {"cast": {"a": ["int", "strng"]}},
        {"values": {"a": "b"}},
        {"values": {"a": [["b"]]}},
        {"values": {"a": [[["b"], "c"]]}},
        {"values": {"a": {"$other": "keep"}}},
        {"values": {"a": {"x": "y", "$otherwise": "keep", "$default": 1}}},
        {"$schema": "https://docs.commongateway.nl/schemas/Entity.schema.json"},
        {"casts": {}},
    ],
    ids=str,
)
def test_a_wrong_mapping_does_not_fit(wrong: dict[str, Any]) -> None:
    """Misspelt keys and casts, and values of the wrong kind, are marked by an editor."""
    assert faults("mapping", {**GOOD, **wrong}) != []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        [{"mapping": "m"}],
        [{"cases": [{"name": "x", "input": {}}]}],
        [{"cases": [{"name": "x", "input": {}, "output": {}, "error": {"kind": "type"}}]}],
        [{"cases": [{"name": "x", "input": {}, "error": {"kind": "other"}}]}],
        [{"cases": [{"input": {}, "output": {}}]}],
        [{"cases": [], "relatd": []}],
    ],
    ids=str,
)
def test_wrong_cases_do_not_fit(wrong: Any) -> None:
    """A case without a name, an input or exactly one expectation is marked by an editor."""
    assert faults("cases", wrong) != []


@pytest.mark.parametrize("name", ["mapping", "cases"])
def test_formats_are_served(api: httpx2.Client, name: str) -> None:
    """A running gateway serves the formats to editors, byte for byte."""
    answer = api.get(f"/formats/{name}.schema.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == (FORMATS / f"{name}.schema.json").read_bytes()
    assert api.get("/formats/..%2flayout.py").status_code == 404


def test_the_format_knows_what_the_engine_knows() -> None:
    """The casts and keys of the format are those of the code."""
    schema = load(FORMATS / "mapping.schema.json")
    assert set(schema["properties"]) == set(KNOWN_KEYS)
    casts = set(schema["$defs"]["cast"]["anyOf"][0]["enum"])
    assert casts | {"countValue:", "setNullIfValue==", "unsetIfValue=="} == set(KNOWN_CASTS)

"""The shipped bundles as files: what can be said of them without a store or a server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from gateway_core.schema.dialect import translate
from gateway_core.schema.formats import FORMATS

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = (ROOT, ROOT / "bundles/customer-interaction-demo", ROOT / "bundles/petstore")
SCHEMA_FILES = [file for bundle in BUNDLES for file in sorted(bundle.glob("schemas/**/*.json"))]
DATA_FILES = [file for bundle in BUNDLES for file in sorted(bundle.glob("data/**/*.json"))]
# The original keeps this one under another name than its $id.
FILE_NAMED_OTHERWISE = {"klant.persoon.schema.json": "klant.persoonsnaam.schema.json"}
IDENTIFICATOR = "https://commongateway.nl/klant.identificator.schema.json"


def _id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def schemas() -> dict[str, Any]:
    return {load(file)["$id"]: load(file) for file in SCHEMA_FILES}


def properties_of(schema: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every property below a schema, nested ones too, with its dotted place."""
    if not isinstance(schema, dict):
        return
    for name, node in schema.get("properties", {}).items():
        yield f"{place}{name}", node
        yield from properties_of(node, f"{place}{name}.")
    yield from properties_of(schema.get("items"), f"{place}[].")


def element(node: Any) -> Any:
    """What a property holds, or each of its items: where a reference and its flags stand."""
    return {**node, **node["items"]} if isinstance(node.get("items"), dict) else node


def is_relation(node: Any) -> bool:
    return "$ref" in node and not node.get("x-inline")


def writable(node: Any) -> Any:
    """The schema with a reference allowed wherever it holds a related object."""
    if isinstance(node, list):
        return [writable(item) for item in node]
    if not isinstance(node, dict):
        return node
    if is_relation(node):
        return {"anyOf": [{"type": "string", "format": "uuid"}, {"$ref": node["$ref"]}]}
    changed = {
        key: value if key == "examples" else writable(value) for key, value in node.items() if key != "$id"
    }
    if node.get("type") == "object" and "$id" in node:
        changed["properties"] = {"_id": {"format": "uuid"}, **changed["properties"]}
        changed["additionalProperties"] = False
    return changed


@cache
def registry() -> Registry[Any]:
    resources = ((key, Resource.from_contents(writable(schema))) for key, schema in schemas().items())
    return Registry().with_resources(resources)


@cache
def format_checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, known in FORMATS.items():
        check = known.check
        checker.checks(name)(lambda value, check=check: not isinstance(value, str) or check(value))
    return checker


def lacking(node: Any, *keys: str) -> list[str]:
    """Which of the keys are absent or empty."""
    return [key for key in keys if not node.get(key)]


def faults(schema: Any, document: Any) -> list[str]:
    validator = Draft202012Validator(schema, registry=registry(), format_checker=format_checker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def passes_eleven_test(number: str) -> bool:
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return len(number) == 9 and sum(int(d) * w for d, w in zip(number, weights, strict=True)) % 11 == 0


def bsns(node: Any) -> Iterator[str]:
    """Every burgerservicenummer in a document, wherever the bundle keeps one."""
    if isinstance(node, list):
        for item in node:
            yield from bsns(item)
    elif isinstance(node, dict):
        yield from (node[key] for key in ("inpBsn", "gebruikerID") if key in node)
        if node.get("soortObjectId") == "bsn":
            yield node["objectId"]
        if node.get("type") == "bsn":
            yield node["value"]
        for value in node.values():
            yield from bsns(value)


def objects(path: Path) -> Iterator[tuple[str, Any]]:
    """The objects of a data file, each with the reference of its schema."""
    for reference, documents in load(path).items():
        for document in documents:
            yield reference, document


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=_id)
def test_schema_is_json_schema(path: Path) -> None:
    """Every schema is valid JSON Schema 2020-12, and says so."""
    schema = load(path)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=_id)
def test_dialect_has_no_remarks(path: Path) -> None:
    """The core reads every schema without a finding: no unknown keyword, format or reference."""
    assert translate(load(path), schemas().__contains__).findings == ()


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=_id)
def test_schema_is_documented(path: Path) -> None:
    """Schemas and properties, nested ones too, have a title and description; properties have examples."""
    schema = load(path)
    assert lacking(schema, "title", "description", "version") == []
    for place, node in properties_of(schema):
        assert lacking(node, "title", "description", "examples") == [], place


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=_id)
def test_examples_are_valid(path: Path) -> None:
    """Every example fits its property, and every default does."""
    for place, node in properties_of(load(path)):
        values = [*node["examples"], *([node["default"]] if "default" in node else [])]
        for value in values:
            assert faults(writable(node), value) == [], place


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=_id)
def test_required_names_exist(path: Path) -> None:
    """No object requires a property that it does not have."""
    schema = load(path)
    for place, node in [("", schema), *properties_of(schema)]:
        assert set(node.get("required", ())) <= set(node.get("properties", ())), place or "the schema itself"


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=_id)
def test_relations_resolve(path: Path) -> None:
    """Every reference names a schema, and every inverse the relation that leads back here."""
    schema = load(path)
    for place, node in properties_of(schema):
        target = element(node).get("$ref")
        if target is None:
            continue
        assert target in schemas(), f"{place} refers to {target}"
        inverse = element(node).get("x-inverseOf")
        if inverse is not None:
            back = element(schemas()[target]["properties"].get(inverse, {}))
            assert is_relation(back), f"{place}: {inverse}"
            assert back["$ref"] == schema["$id"], f"{place}: {inverse}"


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=_id)
def test_only_entities_generate(path: Path) -> None:
    """Values are generated for properties of an entity itself, the only place where that works."""
    schema = load(path)
    for place, node in properties_of(schema):
        assert "x-generate" not in node or place in schema["properties"], place


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=_id)
def test_file_is_named_after_its_reference(path: Path) -> None:
    """A schema is found by its reference: the file has the name that ends it."""
    expected = FILE_NAMED_OTHERWISE.get(path.name, path.name)
    assert load(path)["$id"].endswith(f"/{expected}")


def test_references_are_unique() -> None:
    """No two artifacts of the shipped bundles share a reference."""
    references = [load(file)["$id"] for file in SCHEMA_FILES]
    references += [
        load(file)["$id"] for bundle in BUNDLES for file in bundle.glob("mappings/**/*.mapping.json")
    ]
    for bundle in BUNDLES:
        manifest = load(bundle / "installation.json")
        groups = ("collections", "applications")
        references += [item["$id"] for group in groups for item in manifest.get(group, ())]
        references += [item["$id"] for item in manifest.get("endpoints", {}).get("schemas", ())]
    assert [reference for reference, count in Counter(references).items() if count > 1] == []


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_endpoints_resolve(bundle: Path) -> None:
    """Endpoints refer to schemas and collections of their own bundle; what takes messages has no schema."""
    manifest = load(bundle / "installation.json")
    own = {load(file)["$id"] for file in bundle.glob("schemas/**/*.json")}
    collections = {collection["$id"] for collection in manifest.get("collections", ())}
    for endpoint in manifest.get("endpoints", {}).get("schemas", ()):
        assert ("receives" in endpoint) or endpoint["reference"] in own, endpoint["$id"]
        assert endpoint["collection"] in collections, endpoint["$id"]


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_mappings_resolve(bundle: Path) -> None:
    """Endpoints refer to mappings of their own bundle."""
    mappings = {load(file)["$id"] for file in bundle.glob("mappings/**/*.mapping.json")}
    for endpoint in load(bundle / "installation.json").get("endpoints", {}).get("schemas", ()):
        steps = endpoint.get("mappings", {})
        used = {reference for step in steps.values() for reference in step.values()}
        assert used - mappings == set(), endpoint["$id"]


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_endpoints_are_documented(bundle: Path) -> None:
    """Endpoints, and the query parameters that only their mappings know, are explained with examples."""
    for endpoint in load(bundle / "installation.json").get("endpoints", {}).get("schemas", ()):
        assert lacking(endpoint, "title", "description", "tags") == [], endpoint["$id"]
        for parameter in endpoint.get("parameters", ()):
            assert lacking(parameter, "name", "description", "example") == [], endpoint["$id"]


def test_required_bundles_are_shipped() -> None:
    """A bundle requires only bundles that come with it."""
    manifests = [load(bundle / "installation.json") for bundle in BUNDLES]
    names = {manifest["name"] for manifest in manifests}
    assert {name for manifest in manifests for name in manifest["requires"]} <= names


@pytest.mark.parametrize("path", DATA_FILES, ids=_id)
def test_data_is_valid(path: Path) -> None:
    """Every object of a data file fits its schema."""
    for reference, document in objects(path):
        assert faults({"$ref": reference}, document) == [], document["_id"]


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_data_refers_to_what_came_before(bundle: Path) -> None:
    """Ids are unique, and references go to objects of the right kind in the same file or an earlier one."""
    kinds: dict[str, str] = {}
    for path in sorted(bundle.glob("data/**/*.json")):
        for reference, document in objects(path):
            assert document["_id"] not in kinds, f"{path.name}: two objects have the id {document['_id']}"
            kinds[document["_id"]] = reference
        for reference, document in objects(path):
            for place, target, id in _links(reference, document):
                assert kinds.get(id) == target, f"{path.name}: {document['_id']}, {place}"


def _links(reference: str, document: Any) -> Iterator[tuple[str, str, str]]:
    """Place, schema and id of every reference in a document and in the objects it holds."""
    for name, value in document.items():
        node = element(schemas()[reference]["properties"].get(name, {}))
        if not is_relation(node):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                yield name, node["$ref"], item
            else:
                yield from _links(node["$ref"], item)


def test_citizens_are_fictional() -> None:
    """Every burgerservicenummer in data and examples passes the eleven-test and is in the test range."""
    documents = [load(path) for path in (*DATA_FILES, *SCHEMA_FILES)]
    numbers = [number for document in documents for number in bsns(document) if isinstance(number, str)]
    assert len(numbers) > 20
    assert [n for n in numbers if not (passes_eleven_test(n) and n.startswith("9999"))] == []


def test_wrong_bsn_is_refused() -> None:
    """An identificator of kind bsn holds a number that passes the eleven-test; other kinds hold any text."""
    document = {"objecttype": "ingeschrevenpersonen", "soortObjectId": "bsn", "objectId": "999993654"}
    assert faults({"$ref": IDENTIFICATOR}, document) != []
    assert faults({"$ref": IDENTIFICATOR}, {**document, "soortObjectId": "string"}) == []

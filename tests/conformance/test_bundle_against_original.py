"""The CustomerInteraction bundle beside the published original: what clients rely on is still there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("GATEWAY_SHARED") or ROOT.parent / "shared")
ORIGINAL = SHARED / "corpus/bundles/CustomerInteractionBundle/Installation"

pytestmark = pytest.mark.skipif(
    not ORIGINAL.is_dir(), reason=f"the original bundle is not at {ORIGINAL}: set GATEWAY_SHARED"
)

# The register keeps an object's id itself.
SYSTEM_PROPERTIES = {"id"}
# Kept otherwise on purpose; the description of the property says why.
KEPT_OTHERWISE = {("klant.klantcontact", "bijlage"), ("klant.klantcontact", "gaatOver")}


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def schemas(folder: Path) -> dict[str, Any]:
    return {document["$id"]: document for document in map(load, sorted(folder.glob("*.json")))}


def short(reference: str) -> str:
    return reference.rpartition("/")[2].removesuffix(".schema.json")


def originals() -> dict[str, Any]:
    return schemas(ORIGINAL / "Schema") if ORIGINAL.is_dir() else {}


def element(node: Any) -> Any:
    """A property with what its items say; the original hides some of them under ``properties``."""
    below = node.get("items") or (node.get("properties") if "$ref" in node.get("properties", {}) else None)
    return {**node, **below} if below else node


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


@pytest.mark.parametrize("reference", originals(), ids=short)
def test_every_schema_lives_on(reference: str) -> None:
    """Each schema of the original exists here, in a higher version, with all its properties."""
    ours, theirs = schemas(ROOT / "schemas")[reference], originals()[reference]
    assert number(ours["version"]) > number(theirs["version"])
    assert set(theirs["properties"]) - SYSTEM_PROPERTIES <= set(ours["properties"])


@pytest.mark.parametrize("reference", originals(), ids=short)
def test_relations_stay_relations(reference: str) -> None:
    """What the original keeps inline is inline here, what it keeps as an object of its own is a relation."""
    ours = schemas(ROOT / "schemas")[reference]["properties"]
    for name, node in originals()[reference]["properties"].items():
        theirs = element(node)
        if "$ref" not in theirs or (short(reference), name) in KEPT_OTHERWISE:
            continue
        here = element(ours[name])
        assert here["$ref"] == theirs["$ref"], name
        assert here.get("x-inline", False) == (theirs.get("format") == "json"), name


@pytest.mark.parametrize("reference", originals(), ids=short)
def test_enumerations_only_grow(reference: str) -> None:
    """Every value that the original accepts in an enumeration is accepted here."""
    ours = schemas(ROOT / "schemas")[reference]["properties"]
    for name, node in originals()[reference]["properties"].items():
        assert set(node.get("enum", ())) <= set(ours.get(name, {}).get("enum", ())), name


@pytest.mark.parametrize("reference", originals(), ids=short)
def test_lengths_only_grow(reference: str) -> None:
    """No text is bounded more tightly than in the original."""
    ours = schemas(ROOT / "schemas")[reference]["properties"]
    for name, node in originals()[reference]["properties"].items():
        theirs = node.get("maxLength", node.get("maxLenght"))
        if theirs is not None:
            assert ours[name]["maxLength"] >= theirs, name


def test_every_endpoint_lives_on() -> None:
    """Paths, methods and references of the original's endpoints exist here."""
    theirs = load(ORIGINAL / "installation.json")["endpoints"]["schemas"]
    ours = {e["path"]: e for e in load(ROOT / "installation.json")["endpoints"]["schemas"]}
    for endpoint in theirs:
        here = ours[endpoint["path"]]
        assert here["reference"] == endpoint["reference"], endpoint["path"]
        assert here["$id"] == endpoint.get("$id", here["$id"]), endpoint["path"]
        assert set(endpoint["methods"]) <= set(here["methods"]), endpoint["path"]


def test_collection_and_prefix_live_on() -> None:
    """The original's collection is the one that holds the native endpoints, under the same prefix."""
    (theirs,) = schemas(ORIGINAL / "Collection").values()
    ours = {c["$id"]: c for c in load(ROOT / "installation.json")["collections"]}
    assert ours[theirs["$id"]]["prefix"] == theirs["prefix"]

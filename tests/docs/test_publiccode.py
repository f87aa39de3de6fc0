"""publiccode.yml is what a catalogue of public software reads (the standard's version 0.4)."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import Any

import pytest
import yaml
from documented import ROOT

# What the standard requires. `url` is missing on purpose, until there is a public repository.
REQUIRED = (
    "publiccodeYmlVersion",
    "name",
    "platforms",
    "developmentStatus",
    "softwareType",
    "description",
    "legal.license",
    "maintenance.type",
    "maintenance.contacts",
    "localisation.localisationReady",
    "localisation.availableLanguages",
)
OPTIONAL = {"url", "softwareVersion", "releaseDate", "categories", "intendedAudience", "dependsOn"}
STATUSES = ("concept", "development", "beta", "stable", "obsolete")
TYPES = ("standalone/mobile", "standalone/iot", "standalone/desktop", "standalone/web", "standalone/backend")


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    text = (ROOT / "publiccode.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def at(document: Any, path: str) -> Any:
    for key in path.split("."):
        document = document[key] if key in document else pytest.fail(f"{path} is missing")
    return document


def test_all_that_is_required_is_there(described: dict[str, Any]) -> None:
    """Every required key has a value, every other key is one of the standard, and values are allowed ones."""
    assert [path for path in REQUIRED if at(described, path) in (None, "", [])] == []
    assert set(described) - {path.split(".")[0] for path in REQUIRED} <= OPTIONAL
    assert described["publiccodeYmlVersion"].startswith("0.4")
    assert described["developmentStatus"] in STATUSES
    assert described["softwareType"] in TYPES
    assert described["maintenance"]["type"] in ("internal", "community")
    assert [contact for contact in described["maintenance"]["contacts"] if not contact.get("name")] == []


def test_descriptions_have_the_lengths_that_catalogues_show(described: dict[str, Any]) -> None:
    """Of each language: at most 150 characters in short, 150 to 10000 at length, and features."""
    assert set(described["description"]) == set(described["localisation"]["availableLanguages"])
    for language, texts in described["description"].items():
        assert len(texts["shortDescription"]) <= 150, language
        assert 150 <= len(texts["longDescription"]) <= 10_000, language
        assert texts["features"], language
        assert [feature for feature in texts["features"] if len(feature) > 100] == []


def test_it_agrees_with_the_project(described: dict[str, Any]) -> None:
    """Licence, version and date are those of pyproject.toml and the changelog."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert described["legal"]["license"] == project["license"]
    assert described["softwareVersion"] == project["version"]
    released = date.fromisoformat(str(described["releaseDate"]))
    assert f"## [{project['version']}] - {released}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_address_is_made_up() -> None:
    """publiccode.yml sends nobody to a host that does not exist."""
    text = (ROOT / "publiccode.yml").read_text(encoding="utf-8")
    assert re.findall(r"\S*\bexample\.(?:org|com|net)\S*|\S*://localhost\S*", text) == []

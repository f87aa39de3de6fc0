"""Words of a collection for the query parameters of the gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.read import read_folder
from gateway_core.catalog.build import build
from gateway_core.errors import InvalidQuery
from gateway_core.query.parse import spelled
from gateway_core.types import Artifact, Kind

FOLDER = Path(__file__).parents[3] / "bundles" / "petstore"


def built(words):
    """The pet store with words: its catalog, and the errors."""
    artifacts = list(lay_out(read_folder(FOLDER)).artifacts)
    for number, artifact in enumerate(artifacts):
        if artifact.kind is Kind.COLLECTION:
            body = {**artifact.body, "words": words}
            artifacts[number] = Artifact(
                artifact.kind, artifact.reference, artifact.version, body, artifact.origin
            )
    catalog, findings = build(artifacts)
    return catalog, [finding.message for finding in findings if finding.severity == "error"]


def test_stand_beside_the_gateways_own():
    """A word may be given for each of the gateway's; the collection knows both directions."""
    words = {"_version": "versie", "_removed": "verwijderd", "_limit": "aantal", "_order": "volgorde"}
    catalog, errors = built(words)
    collection = catalog.table.match("/api/petstore/pets").endpoint.collection
    assert errors == []
    assert dict(collection.words) == words
    assert dict(collection.aliases) == {alias: word for word, alias in words.items()}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"_versoin": "versie"}, "names '_versoin'"),
        ({"_version": ""}, "must be a name"),
        ({"_version": "ver sie"}, "must be a name"),
        ({"_version": 1}, "must be a name"),
        ({"_version": "limit"}, "means something already"),
        ({"_version": "_removed"}, "means something already"),
        ({"_version": "id"}, "means something already"),
        ({"_version": "x", "_removed": "x"}, "means something already"),
        ({"_version": "species"}, "is a filter of /api/petstore/"),
        (["versie"], "must be an object"),
    ],
)
def test_that_cannot_be_are_found_at_installation(words, told):
    """A word that is none, is taken or would hide a filter stops the installation, with its reason."""
    _, errors = built(words)
    assert errors
    assert all(told in error for error in errors)


def test_are_read_as_what_they_stand_for():
    """A parameter of the alias's name is that of the gateway; twice, it must say the same."""
    aliases = {"volgorde": "_order", "versie": "_version"}
    assert spelled({"volgorde": {"a": "asc"}, "x": "1"}, aliases) == {"_order": {"a": "asc"}, "x": "1"}
    assert spelled({"versie": "1", "_version": "1"}, aliases) == {"_version": "1"}
    with pytest.raises(InvalidQuery, match="two spellings"):
        spelled({"versie": "1", "_version": "2"}, aliases)


def test_are_the_names_in_the_api_document():
    """The document of a collection names its parameters as its clients know them."""
    catalog, _ = built({"_version": "versie", "_removed": "verwijderd", "_limit": "aantal"})
    paths = catalog.openapi["paths"]

    def names(path):
        return {parameter.get("name") for parameter in paths[path]["get"]["parameters"]}

    assert {"verwijderd", "aantal"} <= names("/api/petstore/pets")
    assert "versie" in names("/api/petstore/pets/{id}")
    assert "aantal" in names("/api/petstore/pets/{id}/versions")

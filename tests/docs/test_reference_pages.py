"""The reference is what the code says, and it leaves nothing out."""

from __future__ import annotations

import inspect
import re

import pytest
import typer.main
from documented import ROOT, anchors
from write_reference import DOCUMENTS, FOLDER

from gateway_core import errors
from gateway_core.bundles.layout import MANIFEST_KEYS
from gateway_core.catalog import keys, original_endpoints, read_collections, read_endpoints
from gateway_core.catalog.computed_read import COMPUTED_KEYS, INPUT_KEYS, PARAMETER_KEYS
from gateway_core.catalog.endpoints import FIND, Accepts, ErrorShape
from gateway_core.catalog.words import OWN_WORDS
from gateway_core.cli.main import app
from gateway_core.cli.output import EXIT_CODES
from gateway_core.query.operators import MEANINGS, OPERATORS
from gateway_core.schema.formats import FORMATS
from gateway_core.schema.original import words
from gateway_core.schema.reasons import SENTENCES
from gateway_core.schema.vocabulary import KEYWORDS
from gateway_core.settings import Settings
from gateway_core.types import Artifact, Kind, Origin


def page(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def rows(name: str) -> set[str]:
    """The first cells of all tables of a page, without their quotes."""
    return set(re.findall(r"^\| `([^`]+)`", page(name), re.MULTILINE))


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_page_is_what_its_program_writes(name: str) -> None:
    """The committed page is, to the letter, what the code gives; ``make docs`` writes it anew."""
    assert page(name) == DOCUMENTS[name](), f"docs/reference/{name} is out of date: run make docs"


class TestNothingIsLeftOut:
    def test_of_the_settings(self) -> None:
        """Every setting has its variable, and no other variable is told."""
        assert rows("settings.md") == {f"GATEWAY_{name.upper()}" for name in Settings.model_fields}
        assert [name for name, info in Settings.model_fields.items() if not info.description] == []

    def test_of_the_commands(self) -> None:
        """Every command has a heading, and each of its options and arguments a row with a meaning."""
        found = anchors(page("commands.md"))
        groups = [(("gateway",), typer.main.get_command(app))]
        while groups:
            path, command = groups.pop()
            below = getattr(command, "commands", None)
            if below is not None:
                groups += [((*path, name), child) for name, child in below.items()]
                continue
            assert "-".join(path) in found
            section = page("commands.md").split(f"## {' '.join(path)}\n")[1].split("\n## ")[0]
            for parameter in command.params:
                if parameter.name != "help":
                    shown = parameter.opts[0].upper() if parameter.opts[0][0] != "-" else parameter.opts[0]
                    assert f"`{shown}`" in section, (path, parameter.name)
                    assert parameter.help, (path, parameter.name)
        assert {str(code) for code in EXIT_CODES} <= rows("commands.md")

    def test_of_the_errors(self) -> None:
        """Every class of errors has its code, and when it occurs, in words of its own."""
        kinds = [
            kind
            for _, kind in inspect.getmembers(errors, inspect.isclass)
            if issubclass(kind, errors.GatewayError)
        ]
        assert len(kinds) >= 19
        assert {kind.code for kind in kinds} | set(SENTENCES) == rows("errors.md")
        assert len({kind.code for kind in kinds}) == len(kinds)
        assert [kind for kind in kinds if not kind.__dict__.get("__doc__")] == []

    def test_of_the_operators_and_parameters(self) -> None:
        """Every operator has a meaning, and every word for page, order, shape and what was a row."""
        assert set(MEANINGS) == set(OPERATORS)
        assert rows("queries.md") == {f"[{name}]" for name in OPERATORS} | (set(OWN_WORDS) - {FIND})

    def test_of_what_schemas_say(self) -> None:
        """Every keyword of our own and every format has a row; every standard keyword is named."""
        own = {name for name in KEYWORDS if name.startswith("x-")}
        assert own | set(FORMATS) <= rows("schemas.md")
        assert len(own) == 25
        assert [name for name in KEYWORDS if f"`{name}`" not in page("schemas.md")] == []

    def test_of_what_schemas_of_the_original_say(self) -> None:
        """Every word, type and format of that dialect is told, with what becomes of it."""
        told = rows("original-schemas.md")
        known = (
            words.EVERY | set(words.TYPES) | set(words.FORMATS) | {words.FILE, words.JSON, words.DUTCH_PC4}
        )
        assert known - words.SCHEMAS - told == set()
        assert [word for word in words.SCHEMAS if f"`{word}`" not in page("original-schemas.md")] == []
        assert told - known == set()

    def test_of_what_a_manifest_says(self) -> None:
        """Every key that is known, every oddity and every shape of errors has a row."""
        known = {*MANIFEST_KEYS, *keys.COLLECTION_KEYS, *keys.ENDPOINT_KEYS, *keys.PIPELINE_KEYS}
        known |= {*keys.APPLICATION_KEYS, *map(str, Accepts), *map(str, ErrorShape)}
        known |= {*COMPUTED_KEYS, *PARAMETER_KEYS, *INPUT_KEYS}
        assert known <= rows("bundle-format.md")

    def test_that_the_catalog_reads(self) -> None:
        """Every key that the code reads of a collection or an endpoint is in the tables of keys."""
        source = inspect.getsource(read_collections) + inspect.getsource(read_endpoints)
        read = set(re.findall(r'body\.get\("([\w$]+)"|_choice\(body, "(\w+)"', source))
        names = {first or second for first, second in read}
        assert {"path", "put", "aliasPrefixes"} <= names
        known = {*keys.COLLECTION_KEYS, *keys.ENDPOINT_KEYS, *keys.ORIGINAL_COLLECTION_KEYS}
        assert names - known - {"$part"} == set()

    def test_that_the_catalog_reads_in_the_form_of_the_original(self) -> None:
        """Every key that the code reads of an endpoint of Common Gateway is in the table of those keys."""
        source = inspect.getsource(original_endpoints)
        read = set(re.findall(r'body\.get\("(\w+)"|body, ("\w+"(?:, "\w+")*)\)', source))
        names = {name.strip('" ') for pair in read for name in ",".join(pair).split(",") if name}
        assert {"path", "pathRegex", "throws", "title", "name"} <= names
        assert names - {*keys.ORIGINAL_ENDPOINT_KEYS} == set()


def test_a_key_that_means_nothing_is_found() -> None:
    """A misspelt key of a collection, an endpoint, its mappings or an application is a warning."""
    bodies = {
        Kind.COLLECTION: {"$id": "urn:c", "prefixx": "a"},
        Kind.ENDPOINT: {"$id": "urn:e", "method": ["GET"], "mappings": {"in": {"bodie": "urn:m"}}},
        Kind.APPLICATION: {"$id": "urn:a", "title": "A", "scope": ["read"]},
        Kind.SCHEMA: {"$id": "urn:s", "prefixx": 1},
    }
    artifacts = [
        Artifact(kind, str(body["$id"]), "0", body, Origin("b", "p")) for kind, body in bodies.items()
    ]
    found = {finding.message.split("'")[1]: finding.hint for finding in keys.unknown_keys(artifacts)}
    assert found == {
        "prefixx": "did you mean 'prefix'?",
        "method": "did you mean 'methods'?",
        "mappings.in.bodie": "did you mean 'in.body'?",
        "scope": "did you mean 'scopes'?",
    }


def test_the_index_leads_to_every_page() -> None:
    """docs/README.md links to each page below docs."""
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")} - {"README.md"}
    assert [name for name in sorted(pages) if f"({name})" not in index] == []

"""A small library: every feature of the vocabulary in four schemas."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from gateway_core.schema import EntitySpec, Translation, Validator, compile_validators, translate
from gateway_core.types import Violation

BASE = "https://example.com/library."
AUTHOR, BOOK, REVIEW, ADDRESS = (
    f"{BASE}{name}.schema.json" for name in ("author", "book", "review", "address")
)
DIALECT = "https://json-schema.org/draft/2020-12/schema"

BODIES: tuple[dict[str, Any], ...] = (
    {
        "$id": AUTHOR,
        "$schema": DIALECT,
        "title": "Author",
        "description": "Who wrote books.",
        "version": "1.2.0",
        "type": "object",
        "required": ["name", "number"],
        "x-nameProperties": ["name", "home.city"],
        "x-maxDepth": 2,
        "properties": {
            "number": {"type": "integer", "x-generate": "sequence", "x-index": True},
            "name": {"type": "string", "minLength": 1, "maxLength": 40, "example": "A. Writer"},
            "mail": {"type": "string", "format": "email"},
            "born": {"type": ["string", "null"], "format": "date", "x-sensitive": True},
            "home": {"$ref": ADDRESS, "x-inline": True},
            "books": {
                "type": "array",
                "items": {"$ref": BOOK},
                "x-inverseOf": "author",
                "x-embed": False,
            },
        },
    },
    {
        "$id": BOOK,
        "$schema": DIALECT,
        "title": "Book",
        "type": "object",
        "required": ["title", "author", "available"],
        "properties": {
            "title": {"type": "string", "maxLength": 200},
            "isbn": {"type": "string", "pattern": "^[0-9]{13}$"},
            "author": {"$ref": AUTHOR},
            "sequel": {"$ref": BOOK, "type": ["object", "null"]},
            "reviews": {
                "type": "array",
                "maxItems": 3,
                "items": {"$ref": REVIEW, "x-cascadeDelete": True},
            },
            "published": {"type": "string", "format": "date-time"},
            "genre": {"enum": ["novel", "poetry", None]},
            "price": {"type": "number", "minimum": 0, "exclusiveMaximum": 1000},
            "available": {"type": "boolean", "default": True},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 5}, "uniqueItems": True},
            "printings": {"type": "array", "items": {"type": "string", "format": "date-time"}},
            "publisher": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "country": {"type": "string", "format": "countryCode", "default": "NL"},
                    "since": {"type": "string", "format": "date-time"},
                    "code": {"type": "string", "readOnly": True},
                    "offices": {"type": "array", "items": {"$ref": ADDRESS}},
                },
            },
            "extra": {"type": "object"},
            "shelf": {"$ref": "#/$defs/shelf"},
            "cover": {"type": "string", "format": "uri", "readOnly": True},
            "size": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
        },
        "$defs": {
            "shelf": {
                "type": "object",
                "properties": {"row": {"type": "integer"}, "above": {"$ref": "#/$defs/shelf"}},
            }
        },
    },
    {
        "$id": REVIEW,
        "$schema": DIALECT,
        "title": "Review",
        "type": "object",
        "required": ["stars"],
        "properties": {
            "stars": {"type": "integer", "minimum": 1, "maximum": 5},
            "text": {"type": "string"},
            "written": {"type": "string", "format": "date-time", "x-generate": "now"},
        },
        "if": {"properties": {"stars": {"const": 1}}, "required": ["stars"]},
        "then": {"required": ["text"]},
    },
    {
        "$id": ADDRESS,
        "$schema": DIALECT,
        "title": "Address",
        "type": "object",
        "required": ["city"],
        "properties": {
            "city": {"type": "string"},
            "postcode": {"type": "string", "format": "postcode"},
            "country": {"type": "string", "default": "NL"},
            "keeper": {"$ref": AUTHOR},
        },
    },
)
REFERENCES = frozenset(body["$id"] for body in BODIES)

SOME_ID = "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11"


@dataclass(frozen=True)
class Library:
    """The library translated and compiled, with shorthands that tests read well with."""

    author: ClassVar = AUTHOR
    book: ClassVar = BOOK
    review: ClassVar = REVIEW
    address: ClassVar = ADDRESS
    bodies: ClassVar = BODIES

    translations: Mapping[str, Translation]
    specs: Mapping[str, EntitySpec]
    validators: Mapping[str, Validator]

    def check(self, reference: str, document: Any, **options: Any) -> tuple[Violation, ...]:
        return self.validators[reference].check(document, **options)

    def faults(self, reference: str, document: Any, **options: Any) -> set[tuple[str, str]]:
        """Violations as (dotted place, code)."""
        found = self.check(reference, document, **options)
        return {(".".join(map(str, violation.pointer)), violation.code) for violation in found}


@pytest.fixture(scope="session")
def library() -> Library:
    translations = {body["$id"]: translate(copy.deepcopy(body), REFERENCES.__contains__) for body in BODIES}
    specs = {reference: translation.spec for reference, translation in translations.items()}
    return Library(translations, specs, compile_validators(specs))


@pytest.fixture
def book() -> dict[str, Any]:
    """A valid book that uses most of its schema."""
    return {
        "title": "A title",
        "isbn": "9780000000002",
        "author": {"name": "A. Writer", "home": {"city": "Town", "postcode": "1234 AB"}},
        "sequel": None,
        "reviews": [SOME_ID, f"/api/reviews/{SOME_ID}", {"stars": 5}],
        "published": "2024-01-31T10:00:00Z",
        "genre": None,
        "price": 9.5,
        "available": True,
        "tags": ["a", "b"],
        "publisher": {"name": "P", "offices": [{"city": "Town"}]},
        "extra": {"anything": [1, {"goes": None}]},
        "shelf": {"row": 1, "above": {"row": 2}},
        "size": None,
    }

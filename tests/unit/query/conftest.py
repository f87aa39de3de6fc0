"""A library as an example: persons, books with copies kept inline, and loans that refer to both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from gateway_core.query.evaluate import World, run
from gateway_core.query.parse import QueryParser, QuerySettings
from gateway_core.query.text import parse_query_string
from gateway_core.query.times import instant
from gateway_core.schema.dialect import translate
from gateway_core.schema.spec import EntitySpec
from gateway_core.types import Meta, StoredObject

BOOK, PERSON, LOAN, PLACE = (
    f"https://example.com/{name}.schema.json" for name in ("book", "person", "loan", "place")
)
TEXT = {"type": "string"}

SCHEMAS = {
    BOOK: {
        "title": {"type": "string", "title": "Title", "examples": ["Sea"]},
        "pages": {"type": "integer"},
        "price": {"type": "number"},
        "code": {"type": ["integer", "string"]},
        "lent": {"type": "boolean"},
        "published": {"type": "string", "format": "date"},
        "registered": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": TEXT},
        "cover": {
            "type": "object",
            "properties": {"colour": TEXT, "artist": {"$ref": PERSON, "x-inline": True}},
        },
        "copies": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"shelf": TEXT, "state": TEXT, "number": {"type": "integer"}},
            },
        },
        "extra": {"type": "object"},
        "limit": {"type": "integer"},
        "author": {"$ref": PERSON},
        "loans": {"type": "array", "items": {"$ref": LOAN}, "x-inverseOf": "book"},
    },
    PERSON: {
        "name": TEXT,
        "born": {"type": "string", "format": "date"},
        "home": {"$ref": PLACE},
        "like": TEXT,
    },
    LOAN: {
        "kind": TEXT,
        "book": {"$ref": BOOK},
        "to": {"$ref": PERSON},
        "from": {"type": "string", "format": "date"},
    },
    PLACE: {"town": TEXT, "parent": {"$ref": PLACE}},
}


@pytest.fixture(scope="session")
def specs() -> Mapping[str, EntitySpec]:
    """The example's entities."""
    return {
        reference: translate(
            {"$id": reference, "title": reference, "type": "object", "properties": properties},
            SCHEMAS.__contains__,
        ).spec
        for reference, properties in SCHEMAS.items()
    }


@pytest.fixture(scope="session")
def parser(specs: Mapping[str, EntitySpec]) -> QueryParser:
    """The parser of books."""
    return QueryParser(specs[BOOK], specs.get, QuerySettings())


@pytest.fixture(scope="session")
def where(parser: QueryParser) -> Callable[[str], object]:
    """The condition of a query string on books."""
    return lambda text: parser.parse(parse_query_string(text.encode())).where


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


START = datetime(2024, 1, 1, tzinfo=UTC)


def stored(entity: str, number: int, **data: object) -> StoredObject:
    """An object; its number makes its id and its day of creation in January 2024."""
    moment = instant(START + timedelta(days=number))
    return StoredObject(uuid(number), entity, dict(data), Meta(1, moment, moment, owner="lib"))


@pytest.fixture(scope="session")
def make() -> Callable[..., StoredObject]:
    return stored


@pytest.fixture(scope="session")
def shelf() -> tuple[StoredObject, ...]:
    """Places 1-2, persons 3-4, books 5-8 and loans 9-11, in the order of their creation."""
    return (
        stored(PLACE, 1, town="Delft"),
        stored(PLACE, 2, town="Ede", parent=uuid(1)),
        stored(PERSON, 3, name="José", home=uuid(2)),
        stored(PERSON, 4, name="Ada", home=uuid(1)),
        stored(
            BOOK, 5, title="Sea", pages=10, price=2.5, code=7, lent=True, published="2020-05-01",
            registered="2024-01-31T23:59:59.5Z", tags=["blue", "old"], author=uuid(3),
            cover={"colour": "red", "artist": {"name": "Jan"}},
            copies=[{"shelf": "A", "state": "new", "number": 1}, {"shelf": "B", "state": "torn"}],
        ),
        stored(
            BOOK, 6, title="sea", pages=20, code="7", lent=False, published="2021-05-01",
            registered="2024-02-01T00:00:00Z", tags=[], author=uuid(4),
            copies=[{"shelf": "A", "state": "torn", "number": 3}],
        ),
        stored(
            BOOK, 7, title="100% Straße", pages=30, author=None, extra={"a": {"b": [1, "x"]}}, tags=[None]
        ),
        stored(BOOK, 8, title="Ζέος", registered="2024-02-01T00:00:00.250Z", copies=[], author=uuid(99)),
        stored(LOAN, 9, kind="short", book=uuid(5), to=uuid(4)),
        stored(LOAN, 10, kind="long", book=uuid(5), to=uuid(3)),
        stored(LOAN, 11, kind="long", book=uuid(6), to=uuid(4)),
    )  # fmt: skip


@pytest.fixture(scope="session")
def find(parser: QueryParser, shelf: tuple[StoredObject, ...]) -> Callable[[str], list[int]]:
    """The numbers of the books that a query string finds, in order."""
    world, books = World(shelf), [each for each in shelf if each.entity == BOOK]

    def numbers(text: str) -> list[int]:
        items, _ = run(parser.parse(parse_query_string(text.encode())), books, world)
        return [int(each.id[-12:]) for each in items]

    return numbers

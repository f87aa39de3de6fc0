"""The description of a collection's parameters."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from gateway_core.query.describe import parameters, shape_parameters
from gateway_core.query.parse import QueryParser, QuerySettings
from gateway_core.query.shape import WORDS

BOOK = "https://example.com/book.schema.json"


@pytest.fixture(scope="module")
def described(specs):
    """The parameters of books by name."""
    return {info.name: info for info in parameters(specs[BOOK], specs.get)}


def test_every_described_parameter_can_be_asked(parser, described):
    """The parser accepts each parameter with its example, and the example fits its schema."""
    for info in described.values():
        value = info.example if info.example is not None else ["title"]
        parser.parse({info.name: value if info.name.startswith("_") else str(value)})
        if info.example is not None:
            Draft202012Validator(info.schema).validate(info.example)


def test_the_words_and_all_paths_are_described(described):
    """Words, own, inline and related members one step away, and what the register knows."""
    assert set(WORDS) <= described.keys()
    expected = {"title", "cover", "cover.colour", "cover.artist.name", "copies.shelf", "extra", "limit"}
    expected |= {
        "author",
        "author.name",
        "author.home",
        "author._self.id",
        "loans",
        "loans.kind",
        "loans.book",
    }
    expected |= {"_self.id", "_self.dateCreated", "_self.dateModified", "_self.owner.id", "_self.version"}
    assert expected <= described.keys()
    assert "author.home.town" not in described


def test_schemas_accept_null_tests_and_what_the_type_says(described):
    """Numbers, dates and relations take their own values and the null tests, nothing else."""
    accepted = {
        "pages": ([1, "IS NULL"], ["x", 1.5]),
        "lent": ([True, "IS NOT NULL"], [1, "yes"]),
        "author": (["/a/00000000-0000-4000-8000-000000000001", "IS NULL"], ["x", "/a/b"]),
        "title": (["anything"], [1]),
        "_limit": ([1, 500], [0, 501]),
    }
    for name, (good, bad) in accepted.items():
        validator = Draft202012Validator(described[name].schema)
        assert all(validator.is_valid(value) for value in good), name
        assert not any(validator.is_valid(value) for value in bad), name


def test_descriptions_tell_the_operators(described):
    """The text of a filter names what fits its type, after the schema's own words."""
    assert described["title"].description.startswith("Title. Operators: like")
    assert "after" in described["registered"].description
    assert "like" not in described["pages"].description
    assert described["title"].example == "Sea"


def test_limits_are_those_of_the_settings(specs):
    """The document tells the limits that the parser enforces."""
    settings = QuerySettings(10, 20)
    limit = next(i for i in parameters(specs[BOOK], specs.get, settings) if i.name == "_limit")
    assert (limit.schema["default"], limit.schema["maximum"]) == (10, 20)
    QueryParser(specs[BOOK], specs.get, settings).parse({"_limit": str(limit.schema["maximum"])})


def test_shapes_apply_to_one_object_too():
    """Without a window only the two that shape an answer remain."""
    assert [info.name for info in shape_parameters(window=False)] == ["_fields", "_unset", "_extend"]
    assert [info.name for info in shape_parameters(window=True)][:4] == [
        "_limit",
        "_page",
        "_start",
        "_offset",
    ]

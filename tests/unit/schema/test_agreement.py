"""Our validator and the reference implementation of JSON Schema agree about random documents."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from referencing import Registry, Resource

from gateway_core.schema import FORMATS, forms

SOME_ID = "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11"
SCALARS = st.sampled_from(
    [
        *(
            None,
            True,
            False,
            0,
            1,
            1.0,
            1.5,
            5,
            6,
            -1,
            999.9,
            1000,
            "",
            "a",
            "novel",
            "long text",
            "9780000000002",
        ),
        *(
            SOME_ID,
            f"/x/{SOME_ID}",
            "2024-01-31",
            "2024-01-31T10:00:00Z",
            "a@b.nl",
            "NL",
            "1234 AB",
            "x" * 41,
        ),
    ]
)
NAMES = (
    *("title", "isbn", "author", "sequel", "reviews", "published", "genre", "price", "available", "tags"),
    *("publisher", "extra", "shelf", "cover", "size", "number", "name", "mail", "born", "home", "books"),
    *(
        "stars",
        "text",
        "written",
        "city",
        "postcode",
        "country",
        "keeper",
        "offices",
        "since",
        "row",
        "above",
    ),
    *("unknown", "_id"),
)

# Documents of about the right shape, and values of any shape in any place.
REVIEWS = st.fixed_dictionaries({"stars": st.integers(0, 6)}, optional={"text": SCALARS, "written": SCALARS})
ADDRESSES = st.fixed_dictionaries({"city": st.just("C")}, optional={"postcode": SCALARS, "country": SCALARS})
AUTHORS = st.fixed_dictionaries(
    {"name": st.text(max_size=3)}, optional={"born": SCALARS, "home": ADDRESSES, "number": SCALARS}
)
VALUES = st.recursive(
    SCALARS | REVIEWS | ADDRESSES | AUTHORS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)
BOOKS = st.fixed_dictionaries(
    {"title": st.just("T") | SCALARS, "author": AUTHORS | st.just(SOME_ID) | VALUES},
    optional={
        "reviews": st.lists(REVIEWS | st.just(SOME_ID) | VALUES, max_size=4),
        "publisher": st.fixed_dictionaries({"name": st.just("P")}, optional={"offices": st.lists(ADDRESSES)}),
        "sequel": st.none() | VALUES,
        **dict.fromkeys(("genre", "price", "published", "tags", "shelf", "size", "extra"), SCALARS | VALUES),
    },
)


@pytest.fixture(scope="module")
def reference(library):
    """The slow validators of the same write forms: the open one and the closed one of a book."""
    open_forms = [spec.schema for spec in library.specs.values()]
    documents = open_forms + [forms.closed(schema) for schema in open_forms]
    registry = Registry().with_resources((d["$id"], Resource.from_contents(d)) for d in documents)
    checker = jsonschema.FormatChecker(formats=())
    for name, entry in FORMATS.items():
        checker.checks(name)(lambda value, entry=entry: not isinstance(value, str) or entry.check(value))
    identity = forms.urn(library.book)

    def made(name):
        return jsonschema.Draft202012Validator({"$ref": name}, registry=registry, format_checker=checker)

    return made(identity), made(identity.replace(forms.OPEN, forms.CLOSED))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=BOOKS | VALUES)
def test_the_two_agree(library, reference, document):
    """A document is valid for both or for neither, and ours tells a violation exactly then."""
    slow_open, slow_closed = reference
    assert (library.check(library.book, document, reject_unknown=False) == ()) == slow_open.is_valid(document)
    assert (library.check(library.book, document) == ()) == slow_closed.is_valid(document)


def test_the_two_agree_on_the_example(reference, book):
    """The reference validators really check: the example passes, a broken one does not."""
    for slow in reference:
        assert slow.is_valid(book)
        assert not slow.is_valid({**book, "reviews": [{"stars": 6}]})
        assert not slow.is_valid({**book, "published": "soon"})
    assert not reference[1].is_valid({**book, "unknown": 1})

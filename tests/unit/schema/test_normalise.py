"""Documents before they are checked: what answers add is taken out, and defaults are put in."""

from __future__ import annotations

import copy
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.schema import FORMATS, apply_defaults, normalise, utc, without

SOME_ID = "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11"


@pytest.fixture
def tidy(library):
    def run(document, reference=library.book, **options):
        return normalise(document, library.specs[reference], library.specs.get, **options)

    return run


@pytest.fixture
def fill(library):
    def run(document, reference=library.book):
        return apply_defaults(document, library.specs[reference], library.specs.get)

    return run


def test_a_plain_document_stays_as_it_is(tidy, book):
    """What a client writes without looking at answers is kept, free JSON untouched."""
    assert tidy(book) == book


def test_null_means_absent_where_it_is_not_a_value(tidy):
    """Nulls go, at every level whose members are known, and stay where the schema allows them."""
    document = {
        "title": None,
        "genre": None,
        "author": {"name": None, "born": None, "home": {"city": None}},
        "publisher": {"name": None, "unknown": None},
        "extra": {"a": None},
        "unknown": None,
    }
    assert tidy(document) == {
        "genre": None,
        "author": {"born": None, "home": {}},
        "publisher": {"unknown": None},
        "extra": {"a": None},
        "unknown": None,
    }


def test_a_patch_keeps_its_nulls(tidy):
    """With ``keep_nulls`` a null stays, for it takes a member away."""
    assert tidy({"title": None, "author": {"name": None}}, keep_nulls=True) == {
        "title": None,
        "author": {"name": None},
    }


@pytest.mark.parametrize("blank", [None, ""])
def test_a_blank_is_absent_where_a_value_is_generated(tidy, library, blank):
    """The gateway makes the value that a client leaves blank."""
    assert tidy({"stars": 1, "written": blank}, library.review) == {"stars": 1}


def test_what_only_answers_carry_is_dropped(tidy):
    """System members and read-only members go, at the top and in objects that are kept inline."""
    document = {
        "id": SOME_ID,
        "_id": SOME_ID,
        "_self": {"id": SOME_ID},
        "_schema": "x",
        "cover": "https://example.com/c.png",
        "title": "T",
        "publisher": {"code": "x", "offices": [{"city": "C", "_self": {}, "id": SOME_ID}]},
    }
    assert tidy(document) == {"title": "T", "publisher": {"offices": [{"city": "C"}]}}


@pytest.mark.parametrize(
    "told", [{"_id": SOME_ID}, {"id": SOME_ID.upper()}, {"_self": {"id": SOME_ID, "name": "x"}}]
)
def test_a_related_object_keeps_its_identity(tidy, told):
    """Which existing object is meant stays, as ``_id``, in whatever way the client told it."""
    assert tidy({"author": {"name": "A", **told}})["author"] == {"_id": SOME_ID, "name": "A"}
    assert tidy({"reviews": [{"stars": 1, **told}]})["reviews"] == [{"_id": SOME_ID, "stars": 1}]


def test_an_identity_that_is_no_uuid_is_dropped(tidy):
    """An id of another system names no object here."""
    assert tidy({"author": {"id": "42", "_self": [], "name": "A"}})["author"] == {"name": "A"}


@pytest.mark.parametrize("envelope", ["embedded", "_embedded", "@embedded"])
def test_embedded_members_replace_references(tidy, envelope):
    """A document that was read can be sent back: envelopes are unfolded at every level."""
    author = {"name": "A", "home": {"city": "C"}, envelope: {"books": [SOME_ID]}}
    document = {"title": "T", "author": SOME_ID, envelope: {"author": author, "other": 1, "sequel": None}}
    assert tidy(document) == {
        "title": "T",
        "author": {"name": "A", "home": {"city": "C"}, "books": [SOME_ID]},
    }


def test_an_envelope_of_another_shape_is_left_for_the_check(tidy, library):
    """An envelope that is no object is not unfolded; the check reports it."""
    document = tidy({"embedded": 3})
    assert document == {"embedded": 3}
    assert ("embedded", "unknown-property") in library.faults(library.book, document)


def test_date_times_are_kept_in_utc(tidy):
    """Properties with format date-time are rewritten, in lists and inline objects too."""
    document = {
        "published": "2024-01-01T01:30:00+02:00",
        "title": "2024-01-01T01:30:00+02:00",
        "printings": ["2024-06-01T00:00:00.5-01:00", "soon"],
        "publisher": {"since": "2024-01-01t00:00:00z"},
        "reviews": [{"written": "2024-01-01T00:00:00+00:00"}],
    }
    assert tidy(document) == {
        "published": "2023-12-31T23:30:00Z",
        "title": "2024-01-01T01:30:00+02:00",
        "printings": ["2024-06-01T01:00:00.5Z", "soon"],
        "publisher": {"since": "2024-01-01T00:00:00Z"},
        "reviews": [{"written": "2024-01-01T00:00:00Z"}],
    }


@given(
    st.datetimes(datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-01-01")),
    st.integers(-1439, 1439),
    st.sampled_from(["", ".5", ".123456789"]),
)
def test_utc_keeps_the_moment(moment, shift, fraction):
    """The moment stays, the precision stays, and the result is in UTC and valid."""
    sign = "-" if shift < 0 else "+"
    offset = f"{sign}{abs(shift) // 60:02}:{abs(shift) % 60:02}"
    text = f"{moment.isoformat(timespec='seconds')}{fraction}{offset}"
    result = utc(text)
    assert result.endswith(f"{fraction}Z")
    assert FORMATS["date-time"].check(result)
    assert datetime.fromisoformat(result[:19] + "+00:00") == datetime.fromisoformat(text[:19] + offset)


@pytest.mark.parametrize(
    "text", ["", "now", "2024-01-01", "0001-01-01T00:00:00+02:00", "9999-12-31T23:00:00-02:00"]
)
def test_utc_leaves_what_it_cannot_move(text):
    """Text that is no date-time, or that would leave the calendar, stays as it is."""
    assert utc(text) == text


def test_a_leap_second_stays_one():
    """Offsets are whole minutes, so second 60 survives."""
    assert utc("2017-01-01T00:59:60.5+01:00") == "2016-12-31T23:59:60.5Z"


def test_wrong_shapes_are_left_for_the_check(tidy):
    """Values of other types than the schema asks for pass through."""
    document = {"author": [1], "reviews": {"stars": 1}, "publisher": "x", "title": {}, "tags": 3}
    assert tidy(document) == document


def test_normalising_twice_changes_nothing(tidy, book):
    """The result is in the one spelling, except that an identity is only a member of related objects."""
    once = tidy({**book, "published": "2024-01-01T00:00:00+01:00", "cover": "x", "title": None})
    assert tidy(once) == once


def test_the_document_given_is_not_changed(tidy, fill, book):
    """Both functions return new documents."""
    book |= {"embedded": {"author": {"name": None}}, "cover": "x"}
    del book["available"]
    before = copy.deepcopy(book)
    tidy(book)
    fill(book)
    assert book == before


def test_defaults_of_absent_members(fill):
    """Defaults come at the top and in inline objects, described here or elsewhere."""
    assert fill({"publisher": {"offices": [{"city": "C"}, "x"]}}) == {
        "available": True,
        "publisher": {"country": "NL", "offices": [{"city": "C", "country": "NL"}, "x"]},
    }


def test_defaults_leave_explicit_values_and_related_objects_alone(fill):
    """A null, a false and the object of a relation are the client's."""
    document = {"available": None, "sequel": {"title": "T"}, "publisher": None}
    assert fill(document) == document
    assert fill({"available": False})["available"] is False


def test_without_the_other_entities_only_own_defaults_come(library):
    """Entities that cannot be found are passed over by both functions."""
    spec = library.specs[library.author]
    document = {"home": {"city": "C", "id": SOME_ID}}
    assert apply_defaults(document, spec) == document
    assert normalise(document, spec, lambda _: None) == document


def test_members_are_removed_by_pointer(book):
    """``without`` takes out what it can find and nothing else."""
    pointers = [
        ("title",),
        ("reviews", 2, "stars"),
        ("publisher", "none"),
        ("reviews", 9, "x"),
        ("isbn", "x"),
        (),
    ]
    result = without(book, pointers)
    assert result == {
        **{k: v for k, v in book.items() if k != "title"},
        "reviews": [*book["reviews"][:2], {}],
    }
    assert book["reviews"][2] == {"stars": 5}


@pytest.mark.parametrize("levels", [99, 5_000, 100_000])
@pytest.mark.parametrize("member", ["sequel", "shelf", "extra", "unknown"])
def test_depth_does_no_harm(tidy, fill, library, member, levels):
    """However deep a document is, both functions answer and the check decides."""
    document: dict = {}
    for _ in range(levels):
        document = {member: document}
    result = library.check(library.book, fill(tidy(document)))
    assert [v.code for v in result if v.code == "too-deep"] == (["too-deep"] if levels > 99 else [])

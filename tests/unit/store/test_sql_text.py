"""The SQL that queries become: pure text, in which nothing of a client ever stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.errors import InvalidQuery
from gateway_core.query.model import All, AnyOf, Compare, Element, Hop, Not, Op, Order, Query, Related, Scope
from gateway_core.store import sql
from gateway_core.store.dialect import SQLITE, Dialect
from gateway_core.store.known import Index, Indexes
from gateway_core.store.postgresql.dialect import POSTGRESQL
from gateway_core.store.protocol import IndexSpec
from gateway_core.store.terms import MAX_TERM, term_text, terms_of

SCOPE = Scope("tenant-value", "entity'name", "owner-value")
INDEXES = Indexes({("entity'name", "a"): Index(1, False), ("entity'name", "b.c"): Index(2, True)})


def everything(value: str, name: str, dialect: Dialect) -> Query:
    """A query with a value and a member name in every place that can hold them.

    PostgreSQL is asked no patterns: its store looks up what they match beforehand.
    """
    apart = {Op.IS_NULL, Op.NOT_NULL} | ({Op.REGEX} if dialect is POSTGRESQL else set())
    compares = [Compare((name,), op, (value,)) for op in Op if op not in apart]
    compares += [Compare(("a",), Op.EQ, (value,)), Compare(("_self", "owner"), Op.LIKE, (value,))]
    where = All((*compares, Element(("b",), Compare(("c",), Op.IN, (value, value)))))
    hop = Hop("rel", "other", name)
    return Query(
        AnyOf((where, Not(Related(hop, where)))), (Order((name,), True), Order((name,), hops=(hop,)))
    )


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=lambda dialect: dialect.name)
@given(
    value=st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=4),
    name=st.text(st.characters(exclude_characters='"\0', codec="utf-8"), min_size=4),
)
def test_values_and_names_are_bound(dialect, value, name):
    """Whatever a client writes, the text of the statements is the same: it is all in parameters."""
    plain = sql.find(SCOPE, everything("value", "name", dialect), dialect, INDEXES)
    found = sql.find(SCOPE, everything(value, name, dialect), dialect, INDEXES)
    assert found.page.text == plain.page.text
    assert found.total is not None
    assert plain.total is not None
    assert found.total.text == plain.total.text
    assert found.page.params.keys() == plain.page.params.keys()


def test_configuration_is_escaped():
    """Entity names stand in the text as literals, with their quotes doubled."""
    text = sql.find(SCOPE, Query(), SQLITE, Indexes()).page.text
    assert "o.entity = 'entity''name'" in text
    assert "tenant-value" not in text
    assert "owner-value" not in text


def test_a_percent_sign_is_no_placeholder():
    """For PostgreSQL's driver a percent sign in a name of the configuration is doubled."""
    text = sql.find(Scope("t", "100%(p0)s"), Query(), POSTGRESQL, Indexes()).page.text
    assert "o.entity = '100%%(p0)s'" in text


def test_an_unfiltered_list_needs_no_counting():
    """Only where something is asked is there a statement for the total."""
    everyone = Scope("t", "e")
    assert sql.find(everyone, Query(), SQLITE, Indexes()).total is None
    assert sql.find(SCOPE, Query(), SQLITE, Indexes()).total is not None
    assert sql.find(everyone, Query(Compare(("a",), Op.NOT_NULL)), SQLITE, Indexes()).total is not None


def test_names_that_sqlite_cannot_address_are_refused():
    """An empty name, one with a quotation mark and half a surrogate pair are errors of the query."""
    for name in ("", 'a"b', "\ud800"):
        with pytest.raises(InvalidQuery):
            sql.find(SCOPE, Query(Compare((name,), Op.EQ, ("x",))), SQLITE, Indexes())


def test_a_name_with_a_dot_uses_no_index():
    """A member 'b.c' is not the member c of b."""
    with_dot = sql.find(SCOPE, Query(Compare(("b.c",), Op.EQ, ("x",))), SQLITE, INDEXES)
    assert "term" not in with_dot.page.text
    assert "term" in sql.find(SCOPE, Query(Compare(("b", "c"), Op.EQ, ("x",))), SQLITE, INDEXES).page.text


def test_terms_of_a_document():
    """Every scalar under a path has one term, through lists on the way; nulls and objects have none."""
    data = {"a": [{"b": "x"}, {"b": ["y", "x", None]}, {"b": {"c": 1}}, 5], "n": 1, "t": True}
    specs = [IndexSpec("e", path, True) for path in ("a.b", "a", "n", "t", "no.thing")]
    found = terms_of(data, specs)
    assert found == (("a.b", "s:x"), ("a.b", "s:y"), ("a", "n:5.0"), ("n", "n:1.0"), ("t", "b:true"))


def test_equal_values_have_equal_terms():
    """Terms tell types apart, make no difference between 1 and 1.0, and stay short."""
    assert term_text(1) == term_text(1.0)
    assert len({term_text(value) for value in (1, "1", "1.0", True, "true", "b:true", 0, False)}) == 8
    assert len(term_text("x" * 5000)) == MAX_TERM + 2

"""The reference meaning of queries, on four books."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.query.evaluate import World, in_scope, matches, run, sort_key
from gateway_core.query.model import (
    All,
    AnyOf,
    Compare,
    Element,
    Not,
    Op,
    Order,
    Query,
    Related,
    Scope,
    Window,
)
from gateway_core.query.times import instant
from gateway_core.types import Meta, StoredObject

BOOK = "https://example.com/book.schema.json"
EVERY = [5, 6, 7, 8]


def id_of(number):
    return f"00000000-0000-4000-8000-{number:012}"


FOUND = {
    "": EVERY,
    "title=Sea": [5],
    "title[case_insensitive]=SEA": [5, 6],
    "title[like]=SEA": [5, 6],
    "title[like]=STRASSE": [7],
    "title[like]=ΖΈΟΣ": [8],
    "title[ne]=Sea": [6, 7, 8],
    "title[ne][]=Sea&title[ne][]=sea": [7, 8],
    "title[in]=Sea,sea": [5, 6],
    "title[>]=Sea": [6, 8],
    "pages=20": [6],
    "pages[>=]=20": [6, 7],
    "pages[>=]=20&pages[<]=30": [6],
    "pages=IS NULL": [8],
    "pages[ne]=20": [5, 7, 8],
    "price=2.50": [5],
    "code=7": [5, 6],
    "code[int_compare]=7": [5],
    "lent=true": [5],
    "lent=false": [6],
    "lent[ne]=true": [6, 7, 8],
    "tags=blue": [5],
    "tags[like]=L": [5],
    "tags[ne]=blue": [6, 7, 8],
    "tags=IS NULL": [6, 7, 8],
    "cover.colour=red": [5],
    "cover.colour=IS NULL": [6, 7, 8],
    "cover.artist.name=Jan": [5],
    "copies=IS NULL": [7, 8],
    "copies.shelf=A": [5, 6],
    "copies.shelf=A&copies.state=torn": [6],
    "copies.shelf=B&copies.state=new": [],
    "copies.0.shelf=B&copies.1.state=new": [5],
    "copies.0.shelf=B&copies.0.state=new": [],
    "copies.0.shelf=B&copies.state=new": [5],
    "copies.number=IS NULL": [5],
    "copies.state[ne]=torn": [5],
    "copies.shelf[of]=A": [5, 6],
    "copies.shelf[of]=A&copies.state=torn": [6],
    "copies.shelf[of]=A&copies.state[ne]=torn": [5, 7, 8],
    "copies.shelf=A&copies.state[ne]=torn": [5],
    "copies.shelf[of]=A&copies.state[ne][]=torn&copies.state[ne][]=new": [7, 8],
    "copies.shelf[of]=B&copies.number=IS NULL": [5, 6, 7, 8],
    "copies.shelf[of]=A&copies.number=IS NULL": [7, 8],
    "copies.shelf[of]=A&copies.number=IS NOT NULL": [5, 6],
    "copies.shelf[of]=A&copies.number[ne]=IS NULL": [5, 6],
    "copies.shelf[of]=A&copies.number[ne]=IS NOT NULL": [7, 8],
    "copies.shelf[of]=A&copies.number[]=IS NULL&copies.number[]=3": [6, 7, 8],
    "copies.shelf[of]=A&copies.number[in]=1,3": [5, 6],
    "copies.shelf[of]=A&copies.number[ne]=3&copies.state=new": [5],
    "copies.shelf[of][]=A&copies.shelf[of][]=B&copies.state[ne]=new": [6, 7, 8],
    "copies.0.shelf[of]=B&copies.0.state=IS NOT NULL&copies.1.state=new": [5],
    "copies.0.shelf[of]=A&copies.0.state[ne]=new&copies.1.shelf=A": [6],
    "loans.kind[of]=long&loans.to=IS NULL": [7, 8],
    f"loans.kind[of]=long&loans.to[ne]={id_of(3)}": [6, 7, 8],
    f"loans.kind[of]=long&loans.to={id_of(4)}": [6],
    "loans[of]=IS NOT NULL&loans.kind[ne]=short": [6, 7, 8],
    "loans.kind[of]=long&loans.to.name[ne]=Ada": [5],
    "author.name[of]=Ada&author.home[ne]=IS NULL": [6],
    "extra.a.b=x": [7],
    "extra.a.b=1": [7],
    "extra.a.b=2": [],
    "registered=2024-01-31": [5],
    "registered=2024-02-01": [6, 8],
    "registered[ne]=2024-02-01": [5, 7],
    "registered[after]=2024-02-01": [6, 8],
    "registered[strictly_after]=2024-01-31": [6, 8],
    "registered[strictly_after]=2024-02-01": [],
    "registered[before]=2024-01-31": [5],
    "registered[strictly_before]=2024-02-01": [5],
    "registered[strictly_after]=2024-02-01T00:00:00Z": [8],
    "registered[after]=2024-02-01T01:00:00+01:00": [6, 8],
    "registered[after]=2024-02-01T01:00:00 01:00": [6, 8],
    "registered[before]=2024-02-01T00:00:00Z": [5, 6],
    "registered[before]=2024-02-01T00:00:00.25Z": [5, 6, 8],
    "registered[strictly_before]=2024-02-01T00:00:00.25Z": [5, 6],
    "registered[after]=2024-02-01T00:00:00.1Z": [8],
    "registered=2024-02-01T00:00:00.25000Z": [8],
    "registered[ne]=2024-02-01T00:00:00.000Z": [5, 7, 8],
    "published[after]=2021-01-01": [6],
    "author=IS NULL": [7, 8],
    "author=IS NOT NULL": [5, 6],
    "author.name=José": [5],
    "author.home.town=Ede": [5],
    "author.home.parent.town=Delft": [5],
    "author.home.parent=IS NULL": [6],
    "loans=IS NULL": [7, 8],
    "loans.kind=long": [5, 6],
    "loans.kind=long&loans.to.name=Ada": [6],
    "loans.kind=short&loans.to.name=Ada": [5],
    "loans.from=IS NULL": [5, 6],
    f"author={id_of(3)}": [5],
    f"author[ne]={id_of(3)}": [6, 7, 8],
    f"loans[]={id_of(9)}&loans[]={id_of(11)}": [5, 6],
    f"id={id_of(7)}": [7],
    "_self.dateCreated[after]=2024-01-08": [7, 8],
    "_self.dateModified=2024-01-06": [5],
    "_self.owner.id=lib": EVERY,
    "_self.owner=IS NULL": [],
    "_self.version[>]=1": [],
    "_search=jan": [5],
    "_search=torn": [5, 6],
    "_search[title,author.name]=A": [5, 6, 7],
    "_search[title]=sea&lent=true": [5],
    "title=%25%25a%25": [5, 6, 7],
    "_order[title]=asc": [7, 5, 6, 8],
    "_order=-pages": [7, 6, 5, 8],
    "_order[code]=asc": [5, 6, 7, 8],
    "_order=lent,-title": [6, 5, 8, 7],
    "_order[author.name]=asc": [6, 5, 7, 8],
    "_order[author.home.town]=desc": [5, 6, 7, 8],
    "_order[loans.kind]=desc": [5, 6, 7, 8],
    "_order[loans.kind]=asc": [6, 5, 7, 8],
    "_order[_self.dateCreated]=desc": [8, 7, 6, 5],
    "_limit=2&_page=2": [7, 8],
    "_limit=2&_start=3": [8],
    "_start=9": [],
}


@pytest.mark.parametrize(("text", "numbers"), FOUND.items())
def test_a_query_finds_what_it_means(find, text, numbers):
    """Each query string finds exactly the books that its meaning says, in order."""
    assert find(text) == numbers


def test_the_total_counts_every_match(parser, shelf):
    """The window does not change the total."""
    books = [each for each in shelf if each.entity == BOOK]
    items, total = run(Query(window=Window(1, 1)), books, World(shelf))
    assert ([each.id for each in items], total) == ([id_of(6)], 4)


def test_a_scope_is_tenant_entity_and_owner(make):
    """All three must agree; an owner only where the scope names one."""
    each = make(BOOK, 1)
    assert in_scope(Scope("", BOOK), each)
    assert in_scope(Scope("", BOOK, "lib"), each)
    assert not in_scope(Scope("", BOOK, "other"), each)
    assert not in_scope(Scope("t", BOOK), each)
    assert not in_scope(Scope("", "other"), each)


def test_an_element_of_what_is_no_list_is_nothing(make):
    """A single object where a list is meant has no elements."""
    condition = Element(("a",), All())
    assert not matches(condition, make(BOOK, 1, a={"b": 1}), World(()))
    assert matches(condition, make(BOOK, 1, a=[{}]), World(()))


def test_lists_on_the_way_are_passed(make):
    """A path goes on in every element of every list, also before an ``Element``."""
    each = make(BOOK, 1, a=[{"b": [{"c": 1}]}, {"b": [{"c": 2}]}, None, 3])
    world = World([each])
    assert matches(Compare(("a", "b", "c"), Op.EQ, (2,)), each, world)
    assert matches(Element(("a", "b"), Compare(("c",), Op.EQ, (2,))), each, world)
    assert not matches(Compare(("a", "b", "c"), Op.GT, (2,)), each, world)


def test_an_element_has_no_relations():
    """A relation inside a list of inline objects is a fault of the caller, not a match."""
    condition = Element(("a",), Related(None, All()))
    with pytest.raises(TypeError):
        matches(condition, type("O", (), {"data": {"a": [1]}}), World(()))


def test_objects_of_another_entity_are_not_reached(parser, make):
    """An id that belongs to an object of another entity reaches nothing."""
    book, other = make(BOOK, 1, author=id_of(2)), make(BOOK, 2)
    where = parser.parse({"author": "IS NOT NULL"}).where
    assert not matches(where, book, World([book, other]))


def test_times_of_the_register_are_utc():
    """Whatever the zone of a moment, it is kept and compared as UTC text with microseconds."""
    local = instant(datetime(2024, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))))
    each = StoredObject(id_of(1), BOOK, {}, Meta(1, local, local))
    created = Compare(("_self", "dateCreated"), Op.EQ, ("2023-12-31T23:30:00.000000Z",))
    assert matches(created, each, World(()))


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "A", "b", "1"])
HELD = SCALARS | st.lists(SCALARS | st.lists(SCALARS, max_size=2), max_size=3)
WANTED = st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "A", "b", "1"])


@given(HELD, WANTED)
def test_operators_keep_their_laws(make, held, wanted):
    """NE and NULL tests are opposites, bounds are made of their parts, EQ implies its wider forms."""
    each, world = make(BOOK, 1, m=held), World(())

    def holds(op, *values):
        return matches(Compare(("m",), op, values), each, world)

    assert holds(Op.NE, wanted) is not holds(Op.EQ, wanted)
    assert holds(Op.IS_NULL) is not holds(Op.NOT_NULL)
    assert holds(Op.EQ, wanted) is holds(Op.IN, wanted)
    assert not holds(Op.IN)
    if holds(Op.EQ, wanted):
        assert holds(Op.EQ_NOCASE, wanted)
        assert holds(Op.NOT_NULL)
        assert holds(Op.LIKE, wanted) or not isinstance(wanted, str)
    if isinstance(wanted, bool):
        assert not any(holds(op, wanted) for op in (Op.GE, Op.LE, Op.GT, Op.LT))
    else:
        assert holds(Op.GE, wanted) is (holds(Op.GT, wanted) or holds(Op.EQ, wanted))
        assert holds(Op.LE, wanted) is (holds(Op.LT, wanted) or holds(Op.EQ, wanted))


@given(HELD, st.lists(WANTED, max_size=3))
def test_combinations_are_those_of_logic(make, held, wanted):
    """All, any and not of the same comparisons obey De Morgan, also when there are none."""
    each, world = make(BOOK, 1, m=held), World(())
    parts = tuple(Compare(("m",), Op.EQ, (value,)) for value in wanted)
    none = Not(AnyOf(parts))
    assert matches(none, each, world) is matches(All(tuple(map(Not, parts))), each, world)


@given(st.lists(SCALARS | st.lists(SCALARS, max_size=2), max_size=8), st.booleans())
def test_an_order_is_total_and_stable(make, values, descending):
    """Scalars are in order, the rest comes last, and equals stay in the order of creation."""
    objects = [make(BOOK, number, m=value) for number, value in enumerate(values)]
    order, world = Order(("m",), descending), World(())
    items, _ = run(Query(order=(order,), window=Window(99)), objects, world)
    keys = [sort_key(order, each, world) for each in items]
    assert keys == sorted(keys, reverse=descending)
    has_value = [not isinstance(each.data["m"], list | None) for each in items]
    assert has_value == sorted(has_value, reverse=True)
    for left, right in pairwise(items):
        if sort_key(order, left, world) == sort_key(order, right, world):
            assert left.id < right.id


@given(st.lists(st.tuples(st.integers(0, 61), st.text("019", max_size=4)), min_size=1, max_size=8))
def test_moments_are_ordered_by_time_at_every_precision(make, moments):
    """Texts of moments with fractions of any length are in the order of time."""
    times = [(minute, Decimal(f"0.{digits}0")) for minute, digits in moments]
    texts = [
        f"2024-01-31T1{minute // 60}:{minute % 60:02}:00{f'.{digits}' if digits else ''}Z"
        for minute, digits in moments
    ]
    objects = [make(BOOK, number, m=text) for number, text in enumerate(texts)]
    order = Order(("m",), moment=True)
    items, _ = run(Query(order=(order,), window=Window(99)), objects, World(()))
    found = [times[texts.index(each.data["m"])] for each in items]
    assert found == sorted(times)

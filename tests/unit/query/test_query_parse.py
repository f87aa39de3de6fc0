"""Parameters to queries: what they compile to, and what is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.errors import InvalidQuery
from gateway_core.query.model import All, AnyOf, Compare, Element, Hop, Not, Op, Order, Query, Related, Window
from gateway_core.query.parse import QueryParser, QuerySettings, canonical, names_of, parse
from gateway_core.query.text import parse_query_string
from gateway_core.schema.dialect import translate

BASE = "https://example.com/"
AUTHOR = Hop("author", f"{BASE}person.schema.json")
HOME = Hop("home", f"{BASE}place.schema.json")
LOANS = Hop("loans", f"{BASE}loan.schema.json", "book")
ID = "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11"


def compare(path, op, *values):
    return Compare(tuple(path.split(".")), op, values)


CONDITIONS = {
    "": All(),
    "title=x": compare("title", Op.EQ, "x"),
    "title=5": compare("title", Op.EQ, "5"),
    "pages=5": compare("pages", Op.EQ, 5),
    "price=-2.5e1": compare("price", Op.EQ, -25.0),
    "price=2": compare("price", Op.EQ, 2),
    "lent=TRUE": compare("lent", Op.EQ, True),
    "code=5": compare("code", Op.IN, "5", 5),
    "code=x": compare("code", Op.EQ, "x"),
    "title=IS NULL": compare("title", Op.IS_NULL),
    "title=null": compare("title", Op.IS_NULL),
    "pages=IS NOT NULL": compare("pages", Op.NOT_NULL),
    "title[exact]=null": compare("title", Op.EQ, "null"),
    "title=%25x%25": compare("title", Op.LIKE, "x"),
    "title=x%25": compare("title", Op.LIKE, "x"),
    "title=x%25y": compare("title", Op.EQ, "x%y"),
    "title[like]=x": compare("title", Op.LIKE, "x"),
    "title[regex]=^x.$": compare("title", Op.REGEX, "^x.$"),
    "copies.shelf[regex]=^A": Element(("copies",), compare("shelf", Op.REGEX, "^A")),
    "title[ne]=x": compare("title", Op.NE, "x"),
    "title[ne]=IS NULL": compare("title", Op.NOT_NULL),
    "title[in]=x, y": compare("title", Op.IN, "x", "y"),
    "title[in][]=x,y": compare("title", Op.EQ, "x,y"),
    "title[]=x&title[]=y": compare("title", Op.IN, "x", "y"),
    "pages[int_compare][]=1&pages[int_compare][]=2": compare("pages", Op.IN, 1, 2),
    "lent[bool_compare]=false": compare("lent", Op.EQ, False),
    "title[case_insensitive]=x": compare("title", Op.EQ_NOCASE, "x"),
    "title[case_sensitive]=%25x": compare("title", Op.EQ, "%x"),
    "pages[>=]=1&pages[<]=9": All((compare("pages", Op.GE, 1), compare("pages", Op.LT, 9))),
    "pages[gt]=1&pages[lte]=9": All((compare("pages", Op.GT, 1), compare("pages", Op.LE, 9))),
    "published[after]=2024-01-31": compare("published", Op.GE, "2024-01-31"),
    "published[strictly_before]=2024-01-31": compare("published", Op.LT, "2024-01-31"),
    "cover.colour=x": compare("cover.colour", Op.EQ, "x"),
    "cover[colour]=x": compare("cover.colour", Op.EQ, "x"),
    "cover.artist.name=x": compare("cover.artist.name", Op.EQ, "x"),
    "embedded.cover.embedded.artist.name=x": compare("cover.artist.name", Op.EQ, "x"),
    "cover=IS NULL": compare("cover", Op.IS_NULL),
    "copies=IS NULL": compare("copies", Op.IS_NULL),
    "extra.a.b=x": compare("extra.a.b", Op.EQ, "x"),
    "copies.0.shelf=x": Element(("copies",), compare("shelf", Op.EQ, "x")),
    "tags.0=x": compare("tags", Op.EQ, "x"),
    "id=" + ID: compare("_self.id", Op.EQ, ID),
    "_id=" + ID.upper(): compare("_self.id", Op.EQ, ID),
    "_self.owner.id=x": compare("_self.owner", Op.EQ, "x"),
    "_self.version[>]=1": compare("_self.version", Op.GT, 1),
    "author=" + ID: Related(AUTHOR, compare("_self.id", Op.EQ, ID)),
    f"author=/api/persons/{ID}": Related(AUTHOR, compare("_self.id", Op.EQ, ID)),
    f"author=https://host/api/persons/{ID}": Related(AUTHOR, compare("_self.id", Op.EQ, ID)),
    f"embedded.author._self.id={ID}": Related(AUTHOR, compare("_self.id", Op.EQ, ID)),
    f"author[id]={ID}": Related(AUTHOR, compare("_self.id", Op.EQ, ID)),
    f"author[ne]={ID}": Not(Related(AUTHOR, compare("_self.id", Op.EQ, ID))),
    "author=IS NULL": Not(Related(AUTHOR, All())),
    "author=IS NOT NULL": Related(AUTHOR, All()),
    "author[ne]=IS NULL": Related(AUTHOR, All()),
    "author.name[like]=x": Related(AUTHOR, compare("name", Op.LIKE, "x")),
    "author[like]=x": Related(AUTHOR, compare("like", Op.EQ, "x")),
    "author.home.town=x": Related(AUTHOR, Related(HOME, compare("town", Op.EQ, "x"))),
    "loans.kind=x": Related(LOANS, compare("kind", Op.EQ, "x")),
}


@pytest.mark.parametrize(("text", "condition"), CONDITIONS.items())
def test_a_filter_compiles_to_its_condition(where, text, condition):
    """Each spelling of a filter gives the condition that the rules say."""
    assert where(text) == condition


REFUSED = {
    "name=x": "'name' is not known for book. The members",
    "titel=x": "did you mean 'title'? The members that can be filtered are: title, pages",
    "author.nam=x": "'author.nam' is not known for book: 'person' has no such member; did you mean 'name'?",
    "cover.size=x": "The members that can be filtered are: colour, artist",
    "title.x=1": "'title' has no such member",
    "title[foo]=x": "'title[foo]' uses an operator that does not exist. The operators are: like",
    "title[regex]=(": "not a regular expression in RE2's syntax",
    "title[regex]=(?=x)x": "no look-around",
    r"title[regex]=(x)\1": "no references back",
    "title[regex]=((a{100}){100}){100}": "too large a one",
    "title[regex]=" + "x" * 201: "longer than 200 characters",
    "pages[regex]=1": "holds no text",
    "id[regex]=1": "holds no text",
    "title[like]=": "needs a part",
    "title=%25": "needs a part",
    "pages=x": "'pages' must be an integer",
    "pages=5.0": "'pages' must be an integer",
    "pages=99999999999999999999": "'pages' must be an integer",
    "pages[like]=5": "holds no text",
    "pages[int_compare]=x": "must be an integer",
    "title[int_compare]=5": "holds none",
    "title[bool_compare]=true": "holds neither",
    "lent[bool_compare]=maybe": "must be true or false",
    "price=nan": "must be a number",
    "price=1e999": "must be a number",
    "lent=ja": "must be true or false",
    "lent[>]=true": "neither a number nor a text",
    "pages[>]=1&pages[>]=2": "takes one value",
    "published=2024-02-30": "must be a date",
    "published=2024-01-31T00:00:00Z": "must be a date",
    "registered[after]=gisteren": "must be a date",
    "registered=2024-01-31T00:00:00": "RFC 3339",
    "title[after]=2024-01-31": "not declared as a date",
    "cover=x": "IS NULL or IS NOT NULL. Name one of its members: cover.colour, cover.artist",
    "copies[]=x": "names an object",
    "extra=x": "names an object",
    "extra..a=x": "has no such member",
    "author=x": "must be a uuid",
    f"author={ID}x": "must be a uuid",
    "author[>]=x": "a relation does not have. Name one of its members: author.name",
    f"author[]={ID}&author[]=IS NULL": "mixes ids",
    "id=x": "must be a uuid",
    "embedded=x": "is not known",
    "_self=x": "is not known",
    "_self.uri=x": "members that can be filtered are: _self.id",
    "author.home.parent.parent.parent.parent.town=x": "has no such member",
    "_showDeleted=true": "'_showDeleted' is not known. Beside filters there are: _limit",
    "_queries[]=titel": "names something that is not known",
    "_enablePagination=false": "is not known",
    "_limt=3": "did you mean '_limit'",
    "title=%00": "must be text",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u=1": "more than 20 segments",
}


@pytest.mark.parametrize(("text", "message"), REFUSED.items())
def test_what_nothing_consumes_is_refused(where, text, message):
    """A filter that makes no sense is an error that tells the way out; it is never dropped."""
    with pytest.raises(InvalidQuery) as caught:
        where(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "pages=geheim",
        "author=geheim",
        "published=geheim",
        "_order=geheim",
        "_fields=geheim",
        "_extend=geheim",
        "_limit=geheim",
        "_order[title]=geheim",
        "lent[bool_compare]=geheim",
        "cover=geheim",
    ],
)
def test_an_error_never_repeats_a_value(parser, text):
    """Values may be personal data; messages hold names only."""
    with pytest.raises(InvalidQuery) as caught:
        parser.parse(parse_query_string(text.encode()))
    assert "geheim" not in str(caught.value)
    assert caught.value.parameter == text.partition("=")[0]


def test_long_names_are_cut_in_messages(parser):
    """A name as long as a JSON body allows does not make a message of that length."""
    with pytest.raises(InvalidQuery) as caught:
        parser.parse({"x" * 10_000: "1"})
    assert len(str(caught.value)) < 1_000


GROUPED = {
    "copies.shelf": Element(("copies",), compare("shelf", Op.EQ, "1")),
    "copies.state": Element(("copies",), compare("state", Op.EQ, "1")),
    "author.name": Related(AUTHOR, compare("name", Op.EQ, "1")),
    "author.home.town": Related(AUTHOR, Related(HOME, compare("town", Op.EQ, "1"))),
    "loans.kind": Related(LOANS, compare("kind", Op.EQ, "1")),
    "loans.to.name": Related(
        LOANS, Related(Hop("to", f"{BASE}person.schema.json"), compare("name", Op.EQ, "1"))
    ),
    "title": compare("title", Op.EQ, "1"),
}


def test_conditions_on_one_list_or_relation_stand_together(where):
    """Two conditions below one list become one ``Element``, below one relation one ``Related``."""
    shelf, state = compare("shelf", Op.EQ, "a"), compare("state", Op.NE, "b")
    assert where("copies.shelf=a&copies[state][ne]=b") == Element(("copies",), All((shelf, state)))
    name, town = compare("name", Op.EQ, "a"), Related(HOME, compare("town", Op.EQ, "b"))
    assert where("embedded.author.name=a&author.home.town=b") == Related(AUTHOR, All((name, town)))


def groups(condition):
    """Every (steps, condition) of a condition, and the steps at which groups stand."""
    parts = condition.conditions if isinstance(condition, All) else (condition,)
    leaves, heads = [], []
    for part in parts:
        if isinstance(part, Element | Related):
            step = part.path if isinstance(part, Element) else part.hop
            heads.append((step,))
            inner_leaves, inner_heads = groups(part.where)
            leaves += [((step, *steps), leaf) for steps, leaf in inner_leaves]
            heads += [(step, *steps) for steps in inner_heads]
        else:
            leaves.append(((), part))
    return leaves, heads


@given(names=st.permutations(sorted(GROUPED)), count=st.integers(1, len(GROUPED)))
def test_grouping_keeps_every_condition_and_makes_each_group_once(where, names, count):
    """In any order: every filter is there, below its own steps, and no group stands twice."""
    chosen = names[:count]
    leaves, heads = groups(where("&".join(f"{name}=1" for name in chosen)))
    expected = [groups(GROUPED[name])[0][0] for name in chosen]
    assert sorted(map(repr, leaves)) == sorted(map(repr, expected))
    assert len(heads) == len(set(heads))


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("", Window(30, 0)),
        ("_limit=5", Window(5, 0)),
        ("_limit=5&_page=3", Window(5, 10)),
        ("_limit=5&_page=3&_offset=7", Window(5, 7)),
        ("_limit=5&_page=3&_offset=7&_start=1", Window(5, 1)),
        ("_start=0&_offset=7", Window(30, 0)),
        ("offset=7&_limit=500", Window(500, 7)),
    ],
)
def test_the_window_is_what_limit_and_start_say(parser, text, window):
    """``_start`` goes before ``_offset``, which goes before ``_page``."""
    assert parser.parse(parse_query_string(text.encode())).window == window


@given(st.integers(1, 500), st.integers(1, 2**40))
def test_pages_of_one_size_follow_each_other(parser, limit, page):
    """Page n begins where page n-1 ends."""
    window = parser.parse({"_limit": str(limit), "_page": str(page)}).window
    assert window == Window(limit, limit * (page - 1))


@pytest.mark.parametrize("name", ["_limit", "_page", "_start", "_offset"])
@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", " 1", "9" * 30, ["1", "2"], {"a": "1"}, None, True])
def test_a_window_that_is_no_whole_number_is_refused(parser, name, value):
    """Each of the four is one whole number within its bounds, also when another goes before it."""
    with pytest.raises(InvalidQuery, match=f"'{name}' must be a whole number"):
        parser.parse({"_start": "0", name: value})


def test_the_maximum_limit_is_named_and_configurable(specs):
    """More than the maximum, and zero, are refused with the bounds; the default stays within them."""
    parser = QueryParser(specs[f"{BASE}book.schema.json"], specs.get, QuerySettings(30, 20))
    assert parser.parse({}).window == Window(20)
    for value in ("21", "0"):
        with pytest.raises(InvalidQuery, match="from 1 to 20"):
            parser.parse({"_limit": value})


ORDERS = {
    "_order[title]=asc": (Order(("title",)),),
    "_order[title]=DESC&_order[pages]=asc": (Order(("title",), True), Order(("pages",))),
    "_order=title": (Order(("title",)),),
    "_order=-title,pages": (Order(("title",), True), Order(("pages",))),
    "_order[]=title&_order[]=-pages": (Order(("title",)), Order(("pages",), True)),
    "_order[_self.dateCreated]=desc": (Order(("_self", "dateCreated"), True),),
    "_order[cover.colour]=asc": (Order(("cover", "colour")),),
    "_order[cover][colour]=asc": (Order(("cover", "colour")),),
    "_order[embedded.author.home.town]=desc": (Order(("town",), True, (AUTHOR, HOME)),),
    "_order[loans.kind]=asc": (Order(("kind",), False, (LOANS,)),),
    "_order[author.id]=asc": (Order(("_self", "id"), False, (AUTHOR,)),),
}


@pytest.mark.parametrize(("text", "order"), ORDERS.items())
def test_an_order_names_members_here_and_of_related_objects(parser, text, order):
    """Several keys, in brackets or with a minus, through any relation."""
    assert parser.parse(parse_query_string(text.encode())).order == order


@pytest.mark.parametrize(
    "text",
    [
        "_order[title]=up",
        "_order=",
        "_order[titel]=asc",
        "_order=titel",
        "_order[tags]=asc",
        "_order[cover]=asc",
        "_order[copies.shelf]=asc",
        "_order[author]=asc",
        "_order[extra]=asc",
        "_order[title][]=asc",
        "_order=,",
    ],
)
def test_an_order_that_means_nothing_is_refused(parser, text):
    """Unknown words and members, lists, objects and relations cannot be ordered by."""
    with pytest.raises(InvalidQuery):
        parser.parse(parse_query_string(text.encode()))


def test_fields_and_extend_are_lists_of_known_names(parser):
    """Repeated, bracketed and comma-separated names are one list; extensions lose ``embedded``."""
    text = b"_fields[]=title,author.name&_fields[]=_self.owner&extend=author.home,embedded.loans&extend=all"
    query = parser.parse(parse_query_string(text))
    assert query.fields == ("title", "author.name", "_self.owner")
    assert query.extend == ("author.home", "loans", "all")


@pytest.mark.parametrize("name", ["_self", "embedded._self.owner", "cover", "_self.owner"])
def test_extending_what_is_always_there_asks_for_nothing(parser, name):
    """Inline members and ``_self`` are in every answer."""
    assert parser.parse({"_extend": name}) == Query()


@pytest.mark.parametrize(
    "name", ["id", "_id", "_self", "embedded", "embedded.author.name", "_self.uri", "copies.shelf"]
)
def test_every_member_of_an_answer_is_a_field(parser, name):
    """Members of the schema, of related objects and those of every answer can be asked for."""
    assert parser.parse({"_fields": name}).fields == (name,)


@pytest.mark.parametrize(
    "params",
    [
        {"_fields": "titel"},
        {"_fields": "_self.x"},
        {"_fields": ""},
        {"_fields": {"a": "b"}},
        {"_fields": []},
        {"_extend": "title"},
        {"_extend": "x"},
        {"_extend": "author.x"},
        {"_extend": [1]},
        {"_fields": "a," * 300},
    ],
)
def test_unknown_fields_and_extensions_are_refused(parser, params):
    """A name that the answer cannot have is an error."""
    with pytest.raises(InvalidQuery):
        parser.parse(params)


def test_names_of_nothing_are_none():
    """An absent list is empty, so that callers may ask for any parameter."""
    assert names_of(None) == ()


def test_canonical_spells_the_words_with_an_underscore():
    """The eight words are renamed, other names and the argument stay."""
    given_ = {"limit": "1", "title": "x", "order": {"a": "asc"}}
    assert canonical(given_) == {"_limit": "1", "title": "x", "_order": {"a": "asc"}}
    assert given_ == {"limit": "1", "title": "x", "order": {"a": "asc"}}
    assert canonical({"limit": "1", "page": "2"}, {"limit"}.__contains__) == {"limit": "1", "_page": "2"}


@pytest.mark.parametrize("names", [("limit", "_limit"), ("_limit", "limit")])
def test_two_spellings_that_differ_are_refused(names):
    """Neither of two values is preferred; equal ones are one."""
    assert canonical(dict.fromkeys(names, "1")) == {"_limit": "1"}
    with pytest.raises(InvalidQuery, match="'limit' is given as '_limit' too"):
        canonical(dict(zip(names, "12", strict=True)))


def test_a_property_with_the_name_of_a_word_filters(parser):
    """``limit`` is a member of a book; ``_limit`` is the window all the same."""
    query = parser.parse({"limit": "3", "_limit": "4"})
    assert query == Query(compare("limit", Op.EQ, 3), window=Window(4))


def test_scalars_of_a_mapping_or_body_are_read_like_text(parser):
    """A query mapping or a JSON body may give numbers, booleans and null."""
    params = {"pages": 5, "lent": True, "title": 7, "price": 2.5, "published": None}
    assert parser.parse(params).where == All(
        (
            compare("pages", Op.EQ, 5),
            compare("lent", Op.EQ, True),
            compare("title", Op.EQ, "7"),
            compare("price", Op.EQ, 2.5),
            compare("published", Op.IS_NULL),
        )
    )


def test_parse_is_the_parser_for_one_use(specs, parser):
    """The function gives what the object gives."""
    spec = specs[f"{BASE}book.schema.json"]
    assert parse({"title": "x"}, spec, specs.get, QuerySettings()) == parser.parse({"title": "x"})


WORDS = [
    "title",
    "pages",
    "copies",
    "shelf",
    "author",
    "home",
    "name",
    "loans",
    "embedded",
    "_self",
    "id",
    "tags",
]
WORDS += [
    "extra",
    "cover",
    "registered",
    "published",
    "0",
    "",
    "like",
    "ne",
    ">=",
    "in",
    "after",
    "regex",
    "x",
]
WORDS += [
    "_limit",
    "_page",
    "_order",
    "_fields",
    "_extend",
    "_search",
    "order",
    "search",
    "all",
    "owner",
    "\ud800",
]
KEYS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(".".join) | st.text(max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | KEYS
SCALARS |= st.sampled_from(
    ["IS NULL", "IS NOT NULL", "%", "%x%", ID, "2024-01-31", "0001-01-01T00:00:00+23:59"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_parameters_are_read_or_refused(parser, params):
    """No map of JSON values raises anything but ``InvalidQuery``."""
    with suppress(InvalidQuery):
        parser.parse(params)


def test_the_number_of_filters_is_bounded(parser):
    """A body can hold as many filters and values as a query string, not more."""
    parser.parse({"copies": {"shelf": {"in": ["x"] * 500}}})
    with pytest.raises(InvalidQuery, match="more than 500 values"):
        parser.parse({"copies": {"shelf": {"in": ["x"] * 501}}})
    many = {f"copies.{number}.shelf": "x" for number in range(200)}
    parser.parse(many)
    with pytest.raises(InvalidQuery, match="one filter too many"):
        parser.parse({**many, "title": "x"})


def test_a_long_path_is_refused(parser):
    """The length of a path is bounded, wherever it is named, before the recursion limit is."""
    path = "embedded." * 5_000 + "embedded.x"
    for params in (
        {path: "x"},
        {"_fields": path},
        {"_extend": path},
        {"_order": path},
        {"_search": {path: "x"}},
    ):
        with pytest.raises(InvalidQuery):
            parser.parse(params)


def test_a_deep_map_is_refused(parser):
    """Nesting is bounded before the recursion limit is."""
    value = "x"
    for _ in range(500):
        value = {"parent": value}
    for name in ("author", "_order", "_search"):
        with pytest.raises(InvalidQuery):
            parser.parse({name: value})


def test_facets_have_the_paths_of_documents(parser):
    """Members of inline objects and lists, ids of relations, and what the register knows."""
    names = "title,cover.artist.name,copies.shelf,author,tags,_self.owner.id"
    paths = [("title",), ("cover", "artist", "name"), ("copies", "shelf"), ("author",), ("tags",)]
    facets = parser.parse({"_queries": names}).facets
    assert [path for _, path in facets] == [*paths, ("_self", "owner")]
    assert [name for name, _ in facets] == names.split(",")


@pytest.mark.parametrize(
    "name", ["author.name", "loans", "cover", "copies", "titel", "", ["title"] * 3 + [""]]
)
def test_facets_of_something_else_are_refused(parser, name):
    """Related objects, inverse relations and objects have no values to count here."""
    with pytest.raises(InvalidQuery, match="_queries"):
        parser.parse({"_queries": name})


def test_a_search_looks_in_what_is_marked() -> None:
    """Where a schema marks texts with ``x-search`` those are searched, inside what is inline too; another is
    searched when it is named."""
    text, searched = {"type": "string"}, {"type": "string", "x-search": True}
    inline = {"type": "array", "items": {"type": "object", "properties": {"c": searched, "d": text}}}
    body = {"$id": "urn:a", "type": "object", "properties": {"a": text, "b": searched, "e": inline}}
    parser = QueryParser(translate(body, "urn:a".__eq__).spec, lambda _: None, QuerySettings())
    wanted = AnyOf((Compare(("b",), Op.LIKE, ("x",)), Element(("e",), Compare(("c",), Op.LIKE, ("x",)))))
    assert parser.parse({"_search": "x"}).where == wanted
    assert parser.parse({"_search": {"a": "x"}}).where == AnyOf((Compare(("a",), Op.LIKE, ("x",)),))

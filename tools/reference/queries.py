"""The page of query parameters and operators."""

from __future__ import annotations

from gateway_core.query.describe import parameters, past_parameter
from gateway_core.query.filters import MAX_FILTERS
from gateway_core.query.operators import MAX_VALUES, MEANINGS
from gateway_core.query.paths import MAX_HOPS, SELF
from gateway_core.query.shape import REMOVED, VERSION, WORDS
from gateway_core.query.text import MAX_BYTES, MAX_PARAMETERS
from gateway_core.schema import translate
from reference.text import page, table

INTRODUCTION = """
What a client may ask of the collections that a bundle makes. A parameter that means nothing is answered with
400, [`invalid-query`](errors.md), and the names that exist; it is never passed over. The list of every
parameter of an endpoint is in the API document, at `/docs`.
"""

FILTERS = """
## Filters

A filter is the dotted path of a member: `name=Rex`, `address.city=Exampleton`, `owner.name=Ann` (through a
relation; the segment `embedded` is passed over). `a[b]=1` is the same as `a.b=1`. Several parameters must all
hold; one that is given twice, or as `name[]=`, asks for any of its values. Conditions on one list or one
relation hold for the same element; with different numbers behind the list they may each hold for an element
of their own: `addresses.0.kind=home&addresses.0.city=X&addresses.1.kind=work` asks for a home address in X
and for some work address. A query mapping writes such numbers to keep a value with its kind, and one
parameter apart from another.

On one list `addresses.kind=home&addresses.city[ne]=X` finds who has a home address elsewhere, and
`addresses.city=IS NULL` who has an address without a city. To ask it of all home addresses, choose them with
`[of]`: `addresses.kind[of]=home&addresses.city[ne]=X` finds who has no home address in X, also for want of
any, and `addresses.kind[of]=home&addresses.city=IS NULL` who has no home address with a city. What is not
denied holds for one of them, as without `[of]`.

A relation itself is compared with a uuid, a path or a URL that ends in one.

Without an operator text is equal when it is equal in case too, and a date compared with a date-time stands
for its whole day (UTC). `%part%` contains; `IS NULL` and `IS NOT NULL` ask whether there is a value.

A member with `x-index` in its schema is found by an index, and parts of a text with `x-search` by an index of
texts, from three letters on; other conditions read every object of the kind. `gateway doctor --explain` tells
which a request uses. The store in a JSON file has no indexes.
"""

OPERATORS = """
## Operators

An operator stands in brackets behind the path: `born[after]=2020-01-01`.
"""

ITSELF = """
## What the gateway itself keeps

These members every object has, to filter and to order by:
"""

WINDOW = """
## Page, order and shape

All of these work without the underscore too, unless the schema has a property of that name.
"""

BODY = """
## A query in a body

`POST …/_find` behind the path of a collection answers what a GET of the collection does, with the parameters
as members of a JSON object: nothing personal stands in a URL, and so in no log on the way. Names are those of
the URL, `{"address.city": "Exampleton", "born[after]": "2020-01-01"}`, or nested, `{"born": {"after": "…"}}`;
a list asks for any of its values, null for `IS NULL`. Page and shape may stand in the URL. It needs the scope
`read`. A collection may have a word of its own for it (`words`), and may refuse filters on personal data in
URLs (`filtersInUrl`); see the [bundle format](bundle-format.md).
"""


PAST = """
## What was

These show [what was](../how-to/see-restore-and-erase-what-was.md), the first of one object, the second of a
collection. Like all parameters of the gateway they may have a second name in the
[words](bundle-format.md#a-collection) of a collection.
"""


def queries() -> str:
    """Filters, operators, the words for page, order and shape, and limits."""
    operators = table(
        ("Operator", "Asks for a value that is"), ((f"`[{name}]`", text) for name, text in MEANINGS.items())
    )
    own = ", ".join(f"`_self.{'owner.id' if name == 'owner' else name}`" for name in SELF)
    return page(
        "Queries",
        INTRODUCTION,
        FILTERS,
        OPERATORS + "\n" + operators,
        ITSELF + "\n" + own + ".",
        WINDOW + "\n" + _words(),
        BODY,
        PAST + "\n" + _past(),
        _limits(),
    )


def _words() -> str:
    spec = translate(
        {"$id": "urn:any", "type": "object", "properties": {"name": {"type": "string"}}}, lambda _: False
    ).spec
    described = {each.name: each for each in parameters(spec, lambda _: None)}
    rows = [(f"`{word}`", described[word].description) for word in WORDS]
    return table(("Parameter", "Meaning"), rows)


def _past() -> str:
    described = [past_parameter(word) for word in (VERSION, REMOVED)]
    return table(("Parameter", "Meaning"), ((f"`{each.name}`", each.description) for each in described))


def _limits() -> str:
    rows = [
        ("bytes of a query string", MAX_BYTES),
        ("parameters", MAX_PARAMETERS),
        ("filters", MAX_FILTERS),
        ("values of one filter", MAX_VALUES),
        ("relations on one path", MAX_HOPS),
    ]
    most = table(("Of", "At most"), ((name, str(most)) for name, most in rows))
    return f"## Limits\n\n{most}\n\n`GATEWAY_MAX_LIMIT` bounds a page: see [settings](settings.md)."

"""The page of what a schema may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_core.schema.formats import FORMATS
from gateway_core.schema.own_words import ELSEWHERE, ON_PROPERTIES, ON_SCHEMAS, TYPES_ELSEWHERE
from gateway_core.schema.vocabulary import KEYWORDS, MAX_SCHEMA_DEPTH, REFUSED, RESERVED
from reference.text import page, table

INTRODUCTION = """
A schema is JSON Schema 2020-12 of type `object`, with a `$id`, and some keywords of the gateway's own beside
it. It is checked when its bundle is installed, and every fault is told at once, with its place and the way
out. A member that the schema does not name is refused when a client sends it, unless `additionalProperties`
lets it in.
"""

RELATIONS = """
## Relations

A `$ref` to the `$id` of another schema makes a property a *relation*: its value is an object of its own, and
what is kept is its id. Clients write an object, which is then created or changed, or a uuid, a path or a URL
that ends in one. On the `items` of an array it stands for several. A `$ref` that begins with `#` names a
definition of the same schema and makes no relation.

A null for a property whose schema does not allow null means that it is absent. What is `readOnly` is ignored
when a client writes it; a `default` is the value when a client leaves the property out.
"""

TRANSITIONS = """
## What may follow what

`x-transitions` tells for each value of a property which values may follow it, and `x-initial` which ones a
new object may have. The values are texts, listed in `enum`.

```json
{
  "type": "string",
  "enum": ["new", "busy", "done"],
  "default": "new",
  "x-initial": ["new", "busy"],
  "x-transitions": {"new": ["busy", "done"], "busy": ["done"], "done": []}
}
```

A change that is not listed is 409 with the code `transition`; the answer tells what the value is and what may
follow it. The same value again is no change. This holds for every way of writing: PUT, PATCH, a part of
another object, an earlier version that is brought back. What a PUT leaves out gets its default, and that is
a change too. Of two changes at one moment the second is held against what the first left. An import of
objects as they were elsewhere, with `_self.version`, takes any value; one without it begins as a new object.

A value that is in the store and no longer in `enum` counts as none: what follows it is what a new object may
have. At installation a name that is no value is an error, as is a default that no new object may have; a
value that nothing leads to is a warning. The keywords mean something on the properties of the schema itself:
not deeper inside, and not where another schema keeps this one inline, which is a warning too.
"""

STANDARD = """
## Keywords of JSON Schema

All of these are enforced, or are descriptions that reach the API document. A keyword that is neither here nor
above is a warning at installation and has no effect.
"""

FORMAT = """
## Formats

A `format` concerns text only, and is enforced. One that is not in this list is a warning at installation and
enforces nothing. Those marked hold personal data, without an `x-sensitive` beside them.
"""

LIMITS = f"""
## Limits

Patterns are those of RE2, which run in linear time: no lookaround and no back references. A schema is nested
at most {MAX_SCHEMA_DEPTH} levels deep. Nothing is fetched: a `$ref` names a schema that is installed.
"""


def schemas() -> str:
    """Keywords, formats and what is refused."""
    names = ", ".join(f"`{name}`" for name in sorted(RESERVED))
    reserved = f"Names that a property cannot have: {names}."
    return page(
        "Schemas",
        INTRODUCTION,
        "## On a schema\n\n" + _keywords(ON_SCHEMAS),
        "## On a property\n\n" + _keywords(ON_PROPERTIES) + f"\n\n{reserved}",
        RELATIONS,
        TRANSITIONS,
        STANDARD + "\n" + _standard(),
        "## Keywords of other dialects\n\nThey are recognised, and named with what to write instead.\n\n"
        + _replaced(),
        FORMAT + "\n" + _formats(),
        LIMITS,
    )


def _keywords(described: Mapping[str, Any]) -> str:
    rows = [(f"`{name}`", _values(rule), rule["description"]) for name, rule in described.items()]
    return table(("Keyword", "Value", "Meaning"), rows)


def _values(rule: Mapping[str, Any]) -> str:
    if "enum" in rule:
        return " or ".join(f"`{value}`" for value in rule["enum"])
    words = {
        "array": "a list of texts",
        "boolean": "`true` or `false`",
        "integer": f"a whole number from {rule.get('minimum')}",
        "object": "lists of names, by name",
        "string": "a text",
    }
    return words[rule["type"]]


def _standard() -> str:
    own = {*ON_SCHEMAS, *ON_PROPERTIES}
    return ", ".join(f"`{name}`" for name in sorted(KEYWORDS - own, key=str.lower)) + "."


def _replaced() -> str:
    rows = [(f"`{name}`", f"refused: {way}") for name, way in REFUSED.items()]
    rows += [(f"`{name}`", way) for name, way in ELSEWHERE.items()]
    rows += [(f"`type: {name}`", way) for name, way in TYPES_ELSEWHERE.items()]
    return table(("Written", "Instead"), rows)


def _formats() -> str:
    rows = [
        (f"`{each.name}`", each.description, f"`{each.example}`", "yes" if each.sensitive else "")
        for each in FORMATS.values()
    ]
    return table(("Format", "Must be", "Example", "Personal"), rows)

"""The page of how schemas of Common Gateway are read."""

from __future__ import annotations

from collections.abc import Mapping

from gateway_core.schema.original import words
from reference.text import page, table

INTRODUCTION = """
A schema with `"$schema": "https://docs.commongateway.nl/schemas/Entity.schema.json"`, or one that claims JSON
Schema 2020-12 or nothing and has words that only that dialect has, is read into [a schema of
ours](schemas.md) whenever the configuration is compiled. What is stored, exported and compared stays what its
author wrote. A schema with an `x-` word is one of ours, and a slip in it is refused by name.

Nothing in such a schema is an error but a missing `$id`, and nesting beyond the limit. What cannot be kept is
a finding: a *warning* for what its author does not expect, an *info* for what is so by intention.
"""

MEANING = """
## What holds everywhere

- Null is a value of every property that does not say `"nullable": false`; a required one may be null too.
- Every keyword is enforced, beside a `format` or without. In the original most are only beside one, so
  a document that was accepted there may be refused here.
- What clients write is read leniently (`x-lenient`): an empty text, list or object means null where null is
  allowed and it is no value of its own; numbers and truth values may be texts; a date-time may lack its
  offset (it is in UTC then) or its `T`. What is no value even so is refused.
- A template as a default is never run. Four of them are understood (see `default`).
- Flags and numbers may be texts, lists objects, and empty objects empty lists, as PHP writes them.
- A word that can only be another one (`maxLenght`) is read as that, with a warning. One that nobody knows is
  kept, and told.
"""

# What becomes of each word that is read; standard words that hold schemas are the last row.
READ: Mapping[str, str] = {
    "$comment": "the same",
    "$id": "the same",
    "$ref": "to the `$id` of a schema: a relation. Of one that is not installed: a warning, and the "
    "property takes "
    "an id, a URL or an object kept inline until it is. Of a schema that only lists values: those values. "
    "Beginning with `#`: the same",
    "$schema": "`https://json-schema.org/draft/2020-12/schema`",
    "allOf": "a list of schemas: the same. A list of names of properties: all of them are needed (where it "
    "stands "
    "on a property, beside that)",
    "anyOf": "like `allOf`: one of them at least",
    "cascade": "`false`: `x-linkOnly`",
    "cascadeDelete": "`x-cascadeDelete`",
    "caseSensitive": "`false` beside `mustBeUnique`: `x-caseInsensitive`",
    "const": "the same, as `enum` where null is allowed",
    "contentEncoding": "the same",
    "contentMediaType": "the same",
    "default": "read as a value of the type, and left out with a warning when it is none. `now` of a date, "
    "and "
    "the templates `{{ generated_uuid() }}`, `{{ object.id }}`, `{{ selfUrl(object) }}` and "
    "`{{ 'now'|date }}`: `x-generate`. Any other template: left out, with a warning",
    "defaultValue": "like `default`, before which it goes",
    "dependentRequired": "the same",
    "deprecated": "the same",
    "description": "the same",
    "enum": "the same, its values as those of the type, and null where that is allowed. Of a list: of its "
    "items",
    "example": "the same",
    "examples": "the same, as a list",
    "exclude": '`true` on a schema: relations to it have `"x-embed": false`',
    "exclusiveMaximum": "`true`: the `maximum` becomes exclusive. A number: the same",
    "exclusiveMinimum": "`true`: the `minimum` becomes exclusive. A number: the same",
    "fileTypes": "`x-fileTypes`",
    "forbiddenIf": "like `requiredIf`: the property may not be there",
    "format": "see below. Of a relation it says how it is answered (`x-show`): `json` as the object, `url` "
    "and "
    "`uri` as its URL, `iri` as its path, else as its id",
    "immutable": "`x-immutable`",
    "inversedBy": "of two properties that mirror each other one keeps the reference, and the other is "
    "`x-inverseOf` "
    "it: kept is the one that clients write, that is no list, that is required, in this order. What is not "
    "kept is never asked of a client. Without a property there that refers back: a relation, with a warning",
    "maxContains": "the same",
    "maxDate": "`x-maxDate`; `-18 years`, `tomorrow` and the like are read",
    "maxDepth": "`x-maxDepth`",
    "maxFileSize": "`x-maxFileSize`",
    "maxItems": "the same",
    "maxLength": "of text the same, of a list `maxItems`, of a whole number as many digits",
    "maxProperties": "the same",
    "maximum": "the same",
    "minContains": "the same",
    "minDate": "`x-minDate`, like `maxDate`",
    "minFileSize": "`x-minFileSize`",
    "minItems": "the same",
    "minLength": "like `maxLength`",
    "minProperties": "the same",
    "minimum": "the same",
    "multiple": "`true`: a list of what the property describes",
    "multipleOf": "the same",
    "mustBeUnique": "`x-unique`",
    "nameProperties": "`x-nameProperties`, with the properties called `name`, `naam`, `title` and `titel`",
    "nullable": "`null` among the types, unless it is `false`",
    "oneOf": "like `allOf`: exactly one of them",
    "pattern": "the same, without the delimiters of PHP; one that RE2 cannot run is left out, with a warning",
    "readOnly": "the same",
    "required": "on a property: its name in the list of the object. The list: the same, without names of "
    "no property",
    "requiredIf": "`if` and `then`, for JSON logic that compares members with literals (`==`, `===`, `!=`, "
    "`!==`, `!`, "
    "`!!`, `<`, `<=`, `>`, `>=`, `in`, `missing`, `var`) and joins such comparisons (`and`, `or`, `if`); "
    "else left out, with a warning",
    "searchable": "`x-index`",
    "sortable": "`x-index`",
    "title": "the same",
    "type": "see below; without one, what the other words imply, and text at last",
    "unique": "`x-unique`",
    "uniqueItems": "the same",
    "unsetable": "`x-changeOnly`",
    "version": "the same",
    "writeOnly": "the same",
}


def original_schemas() -> str:
    """Every word of the dialect, with its types and formats."""
    rest = ", ".join(f"`{word}`" for word in sorted(words.SCHEMAS - words.NAMED, key=str.lower))
    return page(
        "Schemas of Common Gateway",
        INTRODUCTION,
        MEANING,
        "## Words\n\n" + _table("Word", READ) + f"\n\nWhat these hold is read likewise: {rest}.",
        "## Words without an effect\n\nEach is told, with this reason.\n\n"
        + table(("Word", "Because"), ((f"`{w}`", why) for w, why in words.NOT_KEPT.items() if why)),
        "## Types\n\n" + _types(),
        "## Formats\n\nThose of [schemas of ours](schemas.md#formats) mean what they mean there. One that "
        "is in "
        "neither list is a warning, and enforces nothing.\n\n" + _formats(),
        "## Names\n\nA property whose name begins with `_`, `$` or `@`, or is one that answers have of "
        "themselves, "
        "is left out with a warning. A property `id` that is read only is the id that every object has; "
        "another "
        "that is text is that unless a client writes one.",
    )


def _table(heading: str, rows: Mapping[str, str]) -> str:
    return table((heading, "Becomes"), ((f"`{name}`", text) for name, text in rows.items()))


def _types() -> str:
    rows = {name: _typed(kind, format_) for name, (kind, format_) in words.TYPES.items()}
    rows[words.FILE] = "base64 or a data URL: text, or an object with `base64` and `filename`"
    rows[words.JSON] = "an object, a list or text"
    return _table("Type", dict(sorted(rows.items())))


def _typed(kind: str, format_: str) -> str:
    return f"`{kind}`" + (f" with the format `{format_}`" if format_ else "")


def _formats() -> str:
    rows = {
        name: f"`{known}`" if known else "nothing that its type does not say"
        for name, known in words.FORMATS.items()
    }
    rows[words.DUTCH_PC4] = "the pattern of four digits"
    rows[words.JSON] = "an object or a list, and text where the type is that"
    return _table("Format", dict(sorted(rows.items())))

"""What the dialect adds to JSON Schema, and what other dialects call it. The reference is made of it."""

from __future__ import annotations

from gateway_core.schema import bounds
from gateway_core.types import JsonObject

SHOWN = ("id", "object", "path", "url")
GENERATORS = ("sequence", "uuid", "now", "id", "url")

_BOOLEAN = {"type": "boolean"}
# What the dialect adds to JSON Schema; the descriptions are the reference page.
ON_SCHEMAS: JsonObject = {
    "version": {"type": "string", "description": "the schema's version, for people"},
    "x-lenient": {
        **_BOOLEAN,
        "description": "what clients write is read leniently, where it is no value of its property: a number "
        "or truth value as text, a date-time in another usual spelling, and, where null is allowed, an empty "
        "text, list or object as null",
    },
    "x-maxDepth": {
        "type": "integer",
        "minimum": 0,
        "description": "how many levels an answer shows, itself counted (default 3)",
    },
    "x-indexTimes": {
        "type": "boolean",
        "description": "objects are often ordered by `_self.dateCreated` or `_self.dateModified`: the store "
        "keeps an index of each",
    },
    "x-nameProperties": {
        "type": "array",
        "items": {"type": "string"},
        "description": "the properties that make `_self.name`, in order",
    },
}
_BOUND = {"type": "string", "pattern": bounds.PATTERN}
_MOMENT = (
    "`now`, `today`, either of them with a duration (`today-P18Y`), a date or a date-time. A date counts "
    "when it is within the bound somewhere on earth"
)
_SIZE = {"type": "integer", "minimum": 0}
_A_FILE = "of a file (base64, a data URL, or an object with that under `base64`): "
ON_PROPERTIES: JsonObject = {
    "x-cascadeDelete": {
        **_BOOLEAN,
        "description": "beside a `$ref` to a schema: objects that lose their last referrer through this "
        "property are deleted with it",
    },
    "x-caseInsensitive": {**_BOOLEAN, "description": "beside `x-unique`: texts are compared in any case"},
    "x-changeOnly": {
        **_BOOLEAN,
        "description": "may be given when an object is changed, and not when it is created",
    },
    "x-embed": {
        **_BOOLEAN,
        "description": "beside a `$ref` to a schema: `false` shows ids, and objects only when `_extend` "
        "asks for them (default `true`)",
    },
    "x-fileTypes": {
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "minItems": 1,
        "description": f"{_A_FILE}the media types (`image/png`, `image/*`) that it may have, by what it says "
        "of itself and by its first bytes",
    },
    "x-generate": {
        "enum": list(GENERATORS),
        "description": "filled in at creation when absent, null or empty: `sequence` (1, 2, …), `uuid`, "
        "`now` (the time), or `id` (the object's own). With `url` answers show the object's own URL; nothing "
        "is kept, and what clients write is ignored",
    },
    "x-immutable": {
        **_BOOLEAN,
        "description": "may be set when an object is created, and not changed after; left out of a change, "
        "it stays what it is",
    },
    "x-index": {
        **_BOOLEAN,
        "description": "often filtered or ordered by: the store keeps an index",
    },
    "x-initial": {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string"},
        "description": "beside an `enum` of texts: the values that a new object may have (default all of "
        "them); 409 for another",
    },
    "x-inline": {
        **_BOOLEAN,
        "description": "beside a `$ref` to a schema: the value is kept inside this object, with all below it",
    },
    "x-inverseOf": {
        "type": "string",
        "minLength": 1,
        "description": "beside a `$ref` to a schema: nothing is kept here; shown are the objects whose "
        "property of this name refers to this one. Objects written here get the reference back",
    },
    "x-linkOnly": {
        **_BOOLEAN,
        "description": "beside a `$ref` to a schema: no object is created here. Clients write a reference, "
        "or an object with the `_id` of one that is there",
    },
    "x-maxDate": {**_BOUND, "description": f"the last date or date-time that is allowed: {_MOMENT}"},
    "x-maxFileSize": {**_SIZE, "description": f"{_A_FILE}how many bytes it may have"},
    "x-minDate": {**_BOUND, "description": f"the first date or date-time that is allowed: {_MOMENT}"},
    "x-minFileSize": {**_SIZE, "description": f"{_A_FILE}how many bytes it must have"},
    "x-search": {
        **_BOOLEAN,
        "description": "beside a text: `_search` looks in it, and the store keeps an index of its parts for "
        "`_search`, `[like]` and `%part%`. Without any in a schema `_search` looks in every text, and the "
        "store reads every object",
    },
    "x-sensitive": {
        **_BOOLEAN,
        "description": "the value is personal data, also where its format does not tell: the API document "
        "marks it, for people and tools; nothing is hidden from a client",
    },
    "x-show": {
        "enum": list(SHOWN),
        "description": "beside a `$ref` to a schema: what answers show where the property stands. `id` (the "
        "default), the `path` or the `url` under which the object is found, or the `object` itself, which "
        "then is not under `embedded`",
    },
    "x-transitions": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
        "description": "beside an `enum` of texts: for each value those that may follow it; 409 for another. "
        "See below",
    },
    "x-unique": {
        **_BOOLEAN,
        "description": "no two objects of this schema (and tenant) have the same value, however many write "
        "at one time; of a list, no two share an item. Null and the empty text may occur any number of times",
    },
}
# Names that other dialects use, with what they are called here.
ELSEWHERE = {
    "cascade": 'write "x-linkOnly": true for "cascade": false',
    "cascadeDelete": 'write "x-cascadeDelete"',
    "defaultValue": 'write "default"',
    "fileTypes": 'write "x-fileTypes"',
    "forbiddenIf": "write if and then",
    "immutable": 'write "x-immutable"',
    "inversedBy": 'write "x-inverseOf"',
    "maxDate": 'write "x-maxDate"',
    "maxDepth": 'write "x-maxDepth"',
    "maxFileSize": 'write "x-maxFileSize"',
    "minDate": 'write "x-minDate"',
    "minFileSize": 'write "x-minFileSize"',
    "mustBeUnique": 'write "x-unique"',
    "nameProperties": 'write "x-nameProperties"',
    "nullable": 'write "null" among the types: "type": ["string", "null"]',
    "requiredIf": "write if and then",
    "unique": 'write "x-unique"',
    "unsetable": 'write "x-changeOnly"',
}
TYPES_ELSEWHERE = {
    "date": 'type "string" with format "date"',
    "datetime": 'type "string" with format "date-time"',
    "file": 'type "string" with contentEncoding "base64"',
    "float": 'type "number"',
    "json": 'type "object"',
    "text": 'type "string"',
    "uri": 'type "string" with format "uri"',
    "url": 'type "string" with format "uri"',
    "uuid": 'type "string" with format "uuid"',
}

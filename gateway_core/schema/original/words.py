"""The words of the dialect, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway_core.schema import walk

ENTITY_SCHEMA = "docs.commongateway.nl/schemas/entity.schema.json"
UNREADABLE_NAMES = ("_", "$", "@")  # a property whose name begins so is dropped there too

# A type of theirs → one of JSON Schema's, and the format that belongs to it.
TYPES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "array": ("array", ""),
        "bool": ("boolean", ""),
        "boolean": ("boolean", ""),
        "date": ("string", "date"),
        "date-time": ("string", "date-time"),
        "datetime": ("string", "date-time"),
        "double": ("number", ""),
        "email": ("string", "email"),
        "float": ("number", ""),
        "int": ("integer", ""),
        "integer": ("integer", ""),
        "list": ("array", ""),
        "null": ("null", ""),
        "number": ("number", ""),
        "object": ("object", ""),
        "string": ("string", ""),
        "text": ("string", ""),
        "uri": ("string", "uri"),
        "url": ("string", "url"),
        "uuid": ("string", "uuid"),
    }
)
FILE, JSON = "file", "json"

# A format of theirs → one of ours; an empty one says nothing that the type does not say.
FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "Y-m-d": "date",
        "Y-m-d\\TH:i:s": "date-time",
        "base64": "file",
        "binary": "",
        "bool": "",
        "boolean": "",
        "byte": "file",
        "datetime": "date-time",
        "double": "",
        "float": "",
        "html": "",
        "int32": "",
        "int64": "",
        "integer": "",
        "markdown": "",
        "number": "",
        "object": "",
        "oneOf": "",
        "password": "",
        "string": "",
        "text": "",
        "urn": "uri",
    }
)
DUTCH_PC4 = "dutch_pc4"
# Of a relation the format says how it is answered.
SHOWN_AS: Mapping[str, str] = MappingProxyType({"iri": "path", "json": "object", "uri": "url", "url": "url"})

# Words that are read wherever they stand. What is kept as it is comes first.
TEXTS = frozenset({"$comment", "description", "title"})
FLAGS = frozenset({"deprecated", "readOnly", "writeOnly"})
LENGTHS = frozenset({"maxLength", "minLength"})
COUNTS = frozenset({"maxItems", "maxProperties", "minItems", "minProperties", "maxContains", "minContains"})
NUMBERS = frozenset({"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"})
DATES = frozenset({"maxDate", "minDate"})
FILES = frozenset({"fileTypes", "maxFileSize", "minFileSize"})
NAMED = frozenset({"allOf", "anyOf", "oneOf"})  # of schemas, or of the names of properties
RELATING = frozenset({"cascade", "cascadeDelete", "inversedBy"})
RULES = frozenset(
    {
        "caseSensitive",
        "forbiddenIf",
        "immutable",
        "mustBeUnique",
        "nullable",
        "requiredIf",
        "unique",
        "unsetable",
    }
)
SEARCHED = frozenset({"searchable", "sortable"})
BASIC = frozenset(
    {
        "$ref",
        "const",
        "contentEncoding",
        "contentMediaType",
        "default",
        "defaultValue",
        "dependentRequired",
        "enum",
        "example",
        "examples",
        "format",
        "multiple",
        "pattern",
        "required",
        "type",
        "uniqueItems",
    }
)
SCHEMAS = walk.ONE | walk.LIST | walk.MAP

# Words that mean something there and have nothing to do here, with the reason.
_EMBEDDED = "related objects are answered under embedded, and on their own when asked for"
_STORED = "objects are kept in the gateway's own store"
NOT_KEPT: Mapping[str, str] = MappingProxyType(
    {
        "cacheSubObjects": "there are no copies that could be stale",
        "createAuditTrails": "every version of every object is kept anyway, with its author",
        "discriminator": "it has no effect there either",
        "examples": "",
        "extend": _EMBEDDED,
        "function": "a property runs no code",
        "gateway": _STORED,
        "include": _EMBEDDED,
        "iri": "how a relation is answered is said with its format",
        "mayBeOrphaned": "what is to go with its last referrer is said with cascadeDelete",
        "objectConfig": _EMBEDDED,
        "objectIdentifier": "an object is known by its id",
        "persist": _STORED,
        "persistToGateway": _STORED,
        "schemaProperties": "it has no effect there either",
        "source": _STORED,
        "subresource": "an endpoint of its own serves them",
        "tags": "tags are those of endpoints and collections",
        "triggerParentEvents": "an event belongs to the object that changes",
    }
)

ON_ROOT = frozenset(
    {
        "$id",
        "$schema",
        "exclude",
        "maxDepth",
        "nameProperties",
        "version",
    }
)
ON_NODES = (
    TEXTS
    | FLAGS
    | LENGTHS
    | COUNTS
    | NUMBERS
    | DATES
    | FILES
    | NAMED
    | RELATING
    | RULES
    | SEARCHED
    | BASIC
    | SCHEMAS
)
EVERY = ON_ROOT | ON_NODES | frozenset(NOT_KEPT)

# Words that no schema of ours has: one of them on a property tells whose dialect it is.
TELLING = RELATING | RULES - {"unique"} | DATES | FILES | frozenset({"defaultValue", "persistToGateway"})
TELLING_TYPES = frozenset({"bool", "date", "datetime", "file", "float", "int"})

NAMING = frozenset({"name", "naam", "title", "titel"})  # what names an object without being asked to

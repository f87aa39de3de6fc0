"""What the API document says of versions: one in the list of them, and the wish to have one back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway_core.query.shape import MAX_VERSION
from gateway_core.types import Json, JsonObject

_NUMBER: JsonObject = {"type": "integer", "minimum": 1, "maximum": MAX_VERSION}
_WHO: JsonObject = {"type": ["string", "null"]}
VERSION_SCHEMA: Mapping[str, Json] = MappingProxyType(
    {
        "type": "object",
        "description": "What an object was from one change to the next.",
        "required": [
            *("version", "dateModified", "author", "dateEnded", "endedBy"),
            *("changed", "current", "removed", "path"),
        ],
        "properties": {
            "version": {"type": "integer", "minimum": 1},
            "dateModified": {"type": "string", "format": "date-time", "description": "When it was written."},
            "author": _WHO | {"description": "The user, or else the application, that wrote it."},
            "dateEnded": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "When it was changed or removed; null for the current version.",
            },
            "endedBy": _WHO | {"description": "Who changed or removed it."},
            "changed": {
                "type": ["array", "null"],
                "items": {"type": "string"},
                "description": "What differs from the version before; null when that is forgotten.",
            },
            "current": {"type": "boolean", "description": "Whether the object is this now."},
            "removed": {"type": "boolean", "description": "Whether it ended with the object's removal."},
            "path": {"type": "string", "description": "Where this version can be read."},
        },
    }
)
VERSION_EXAMPLE: Mapping[str, Json] = MappingProxyType(
    {
        "version": 1,
        "dateModified": "2025-03-14T09:35:00Z",
        "author": "ann",
        "dateEnded": None,
        "endedBy": None,
        "changed": ["name"],
        "current": True,
        "removed": False,
        "path": "/api/path/7d1f0b52-0e3c-4f6a-9b58-2c3d4e5f6071?_version=1",
    }
)
RESTORE_BODY: Mapping[str, Json] = MappingProxyType(
    {
        "type": "object",
        "required": ["version"],
        "properties": {"version": _NUMBER | {"description": "The number of the version to bring back."}},
        "additionalProperties": False,
    }
)
DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "versions": "What the object was, newest first, with who changed what and when. Versions are kept "
        "for a time that the administrator sets. Those of a removed object need the scope `write`.",
        "restore": "Makes an earlier version the current one, as a new version. A removed object comes back, "
        "with the removed objects that it refers to; objects that are there stay as they are.",
    }
)

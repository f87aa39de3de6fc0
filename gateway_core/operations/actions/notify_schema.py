"""What ``notify`` is told in its configuration."""

from __future__ import annotations

from typing import Final

from gateway_core.types import JsonObject

SECONDS: Final = 10.0
_MEMBER: Final[JsonObject] = {"type": "string", "minLength": 1}
SCHEMA: Final[JsonObject] = {
    "type": "object",
    "required": ["subscriptions", "channels", "formats"],
    "additionalProperties": False,
    "properties": {
        "subscriptions": {
            "description": "where subscriptions are kept: their schema, and what its members are called",
            "type": "object",
            "required": ["schema", "callback", "channels", "name"],
            "additionalProperties": False,
            "properties": {
                "schema": {**_MEMBER, "x-refers": "schema", "description": "the `$id` of their schema"},
                "callback": {**_MEMBER, "description": "the member that holds the URL to be called"},
                "auth": {
                    **_MEMBER,
                    "description": "the member that holds what is sent as `Authorization`; declare it "
                    "`writeOnly` in the schema, and it is never shown",
                },
                "channels": {**_MEMBER, "description": "the member that lists the channels"},
                "name": {**_MEMBER, "description": "in a channel of that list, its name"},
                "filters": {
                    **_MEMBER,
                    "description": "in a channel of that list, an object of members and the values that "
                    "they must have; `*` is any value",
                },
                "format": {**_MEMBER, "description": "the member that names a format of `formats`"},
            },
        },
        "channels": {
            "description": "what can be subscribed to",
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name"],
                "oneOf": [{"required": ["schema"]}, {"required": ["received"]}],
                "additionalProperties": False,
                "properties": {
                    "name": {**_MEMBER, "description": "the name that subscribers use"},
                    "received": {
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
                        "description": "instead of a schema: members of a received message with the values "
                        "that they must have. Such a message is passed on as it came",
                    },
                    "filtered": {
                        **_MEMBER,
                        "description": "of a received message: the member whose members can be filtered by",
                    },
                    "schema": {
                        **_MEMBER,
                        "x-refers": "schema",
                        "description": "the `$id` of the schema whose objects it tells of",
                    },
                    "resource": {**_MEMBER, "description": "what one of these objects is called"},
                    "members": {
                        "type": "object",
                        "additionalProperties": _MEMBER,
                        "description": "names, and the members at the top of an object whose values are "
                        "told under them, and can be filtered by; no other value of an object is told",
                    },
                },
            },
        },
        "formats": {
            "description": "the forms of a message by name; one with a `mapping` is what that makes, one "
            "with a `source` is a CloudEvent",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "mapping": {
                        **_MEMBER,
                        "x-refers": "mapping",
                        "description": "the `$id` of the mapping from `id`, `name`, `action` (create, "
                        "update, delete), `channel`, `resource`, `url`, `object` (the id), `version`, "
                        "`time`, `application` and `members` to the body",
                    },
                    "source": {**_MEMBER, "description": "the `source` of a CloudEvent: who we are"},
                    "type": {
                        **_MEMBER,
                        "description": "the `type` of a CloudEvent, with `{resource}`, `{channel}` and "
                        "`{action}` in it (default `{channel}.{action}`)",
                    },
                    "actions": {
                        "type": "object",
                        "additionalProperties": _MEMBER,
                        "description": "other words for `create`, `update` and `delete` in `type`",
                    },
                },
                "oneOf": [{"required": ["mapping"]}, {"required": ["source"]}],
            },
        },
        "format": {**_MEMBER, "description": "the format of those who choose none (default: the first)"},
        "timeout": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 60,
            "description": f"seconds that a callback may take (default {SECONDS:g})",
        },
    },
}

"""A new bundle to begin with: one schema, two mappings with cases, two endpoints and an object. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from gateway_core.bundles.layout import MANIFEST
from gateway_core.errors import BadRequest

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_ID = "7d6f1a52-5d0c-4b53-9a35-3f0e6d1c2b4a"


def scaffold(name: str) -> dict[str, bytes]:
    """The files of a bundle of this name, which installs as it is. Raises ``BadRequest`` for no name."""
    if NAME.fullmatch(name) is None:
        detail = f"'{name}' cannot be the name of a bundle"
        raise BadRequest(detail, hint="Use letters, digits, - and _, beginning with a letter.")
    base, prefix = f"https://example.com/{name}", name.lower()
    documents: dict[str, Any] = {
        MANIFEST: _manifest(name, base, prefix),
        "schemas/item.schema.json": _schema(base),
        "mappings/itemToCard.mapping.json": _to_card(base),
        "mappings/itemToCard.cases.json": _to_card_cases(),
        "mappings/cardToItem.mapping.json": _to_item(base),
        "mappings/cardToItem.cases.json": _to_item_cases(),
        "data/items.json": {f"{base}/item.schema.json": [{"_id": _ID, "name": "First", "amount": 3}]},
    }
    return {path: _text(document) for path, document in documents.items()}


def _manifest(name: str, base: str, prefix: str) -> dict[str, Any]:
    schema = f"{base}/item.schema.json"
    return {
        "name": name,
        "version": "0.1.0",
        "title": name,
        "description": "Items, as they are kept and as cards.",
        "requires": [],
        "collections": [
            {
                "$id": f"{base}/{prefix}.collection.json",
                "title": name,
                "prefix": prefix,
                "schemaPrefix": f"{base}/",
            }
        ],
        "endpoints": {
            "schemas": [
                {"reference": schema, "title": "Items", "path": "items"},
                {
                    "$id": f"{base}/card.endpoint.json",
                    "reference": schema,
                    "title": "Cards",
                    "path": "cards",
                    "methods": ["GET", "POST", "PUT"],
                    "mappings": {
                        "in": {"body": f"{base}/cardToItem.mapping.json"},
                        "out": {"item": f"{base}/itemToCard.mapping.json"},
                    },
                },
            ]
        },
    }


def _schema(base: str) -> dict[str, Any]:
    return {
        "$id": f"{base}/item.schema.json",
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Item",
        "description": "Something to begin with.",
        "version": "0.1.0",
        "type": "object",
        "x-nameProperties": ["name"],
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "maxLength": 100, "x-index": True},
            "amount": {"type": "integer", "minimum": 0, "default": 1},
        },
    }


def _to_card(base: str) -> dict[str, Any]:
    return {
        "$id": f"{base}/itemToCard.mapping.json",
        "title": "Item to card",
        "version": "0.1.0",
        "passTrough": False,
        "absent": "omit",
        "mapping": {"id": "id", "line": "{{ name }}", "many": "{{ amount > 1 }}", "count": "amount"},
        "cast": {"many": "bool"},
        "output": {"type": "object", "properties": {"many": {"type": "boolean", "readOnly": True}}},
    }


def _to_item(base: str) -> dict[str, Any]:
    return {
        "$id": f"{base}/cardToItem.mapping.json",
        "title": "Card to item",
        "version": "0.1.0",
        "passTrough": False,
        "absent": "omit",
        "mapping": {"name": "line", "amount": "count"},
    }


def _to_card_cases() -> list[dict[str, Any]]:
    case = {
        "name": "an item of which there are several",
        "input": {"id": _ID, "name": "First", "amount": 3},
        "output": {"id": _ID, "line": "First", "many": True, "count": 3},
    }
    return [{"cases": [case]}]


def _to_item_cases() -> list[dict[str, Any]]:
    case = {
        "name": "what a card does not say is left out",
        "input": {"line": "Second"},
        "output": {"name": "Second"},
    }
    return [{"cases": [case]}]


def _text(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()

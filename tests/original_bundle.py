"""A bundle in the layout of Common Gateway, made up for tests: a shop with orders and lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gateway_core.bundles.layout import lay_out
from gateway_core.types import Bundle

CORE = "https://docs.commongateway.nl/schemas/"
SHOP = "https://shop.example/"
ORDER, LINE, CUSTOMER = (f"{SHOP}schemas/shop.{name}.schema.json" for name in ("order", "line", "customer"))
ORDERS = f"{SHOP}EntityEndpoint/Order.endpoint.json"
IDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(10)]


def schema(reference: str, title: str, **properties: Any) -> dict[str, Any]:
    return {
        "$id": reference,
        "$schema": f"{CORE}Entity.schema.json",
        "title": title,
        "version": "0.0.1",
        "type": "object",
        "properties": properties,
    }


def mapping(name: str, *, pass_through: bool = False, **entries: Any) -> dict[str, Any]:
    return {
        "$id": f"{SHOP}mapping/{name}.mapping.json",
        "$schema": f"{CORE}Mapping.schema.json",
        "title": name,
        "version": "0.0.1",
        "passTrough": pass_through,
        "mapping": entries,
    }


def artifact(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "$id": f"{SHOP}{name}",
        "$schema": f"{CORE}{kind}.schema.json",
        "title": name,
        "version": "0.0.1",
        **more,
    }


SCHEMAS: Mapping[str, Any] = {
    "Installation/Schema/order.json": schema(
        ORDER, "Order", number={"type": "string"}, lines={"type": "array", "items": {"$ref": LINE}}
    ),
    "Installation/Schema/deep/er/shop.line.schma.json": schema(
        LINE,
        "Line",
        text={"type": "string"},
        amount={"type": "integer"},
        order={"$ref": ORDER, "inversedBy": "lines"},
    ),
    "Installation/Schema/shop.customer.schema.json": schema(CUSTOMER, "Customer", name={"type": "string"}),
}
MANIFEST: Mapping[str, Any] = {
    "collections": [{"reference": f"{SHOP}shop.collection.json", "schemaPrefix": f"{SHOP}schemas/shop."}],
    "endpoints": {
        "schemas": [
            {
                "reference": ORDER,
                "path": "orders",
                "methods": [],
                "subEndpoints": [{"path": "pay", "methods": ["POST"], "throws": ["shop.pay"]}],
                "subSchemaEndpoints": [
                    {"path": "lines", "reference": LINE, "methods": ["GET", "POST"], "throws": ["shop.line"]}
                ],
            },
            {"reference": LINE, "path": "lines", "methods": []},
            {"reference": CUSTOMER, "path": ["people"], "pathRegex": "^people$", "methods": ["GET", "POST"]},
        ],
        "multipleSchemas": [
            {"$id": f"{SHOP}all.endpoint.json", "schemas": [ORDER, CUSTOMER], "path": ["all", "id"]}
        ],
        "sources": [{"reference": f"{SHOP}bank.source.json", "path": "bank", "methods": ["GET"]}],
    },
}
FILES: Mapping[str, Any] = {
    **SCHEMAS,
    "Installation/Collection/c.json": artifact("CollectionEntity", "shop.collection.json", prefix="shop/v1"),
    "Installation/Source/bank.source.json": artifact("Gateway", "bank.source.json", location="https://b.example"),
    "Installation/installation.json": MANIFEST,
}  # fmt: skip


def files(*changes: Mapping[str, Any], **more: Any) -> dict[str, bytes]:
    """The files of the shop with changes: text is written as it is, None leaves the file out."""
    listed = {**FILES, **more}
    for change in changes:
        listed.update(change)
    return {
        path: content.encode() if isinstance(content, str) else json.dumps(content).encode()
        for path, content in listed.items()
        if content is not None
    }


def shop(*changes: Mapping[str, Any]) -> Bundle:
    """The shop, laid out."""
    return lay_out(files(*changes), "ShopBundle")

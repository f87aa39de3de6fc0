"""A gateway made of schemas alone, for tests that call operations without a server."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway_core import app as gateway
from gateway_core.errors import InvalidDocument
from gateway_core.operations.call import Action, Call, Context
from gateway_core.operations.run import OPERATIONS
from gateway_core.settings import Settings
from gateway_core.store.open import open_store
from gateway_core.types import JsonObject, Principal

BASE = "https://example.com/world/"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENTITY = "https://docs.commongateway.nl/schemas/Entity.schema.json"
NOW = datetime(2026, 3, 14, 9, 35, tzinfo=UTC)
WHO = Principal("test", frozenset({"read", "write"}))


def ref(name: str, **more: Any) -> JsonObject:
    return {"$ref": f"{BASE}{name}.schema.json", **more}


def schema(name: str, properties: JsonObject, dialect: str = DIALECT, **more: Any) -> JsonObject:
    return {
        "$schema": dialect,
        "$id": f"{BASE}{name}.schema.json",
        "title": name,
        "type": "object",
        "properties": properties,
        **more,
    }


def name_of(reference: str) -> str:
    """What a schema is called here: the end of its ``$id`` where that is of the world, else all of it."""
    return re.sub("[^A-Za-z0-9]+", "-", reference.removeprefix(BASE).removesuffix(".schema.json"))


class World:
    """The schemas on a store, each with an endpoint of its own: ``world.call(Action.CREATE, "thing", …)``."""

    def __init__(self, url: str, folder: Path, *schemas: JsonObject) -> None:
        (folder / "schemas").mkdir(parents=True)
        names = [name_of(body["$id"]) for body in schemas]
        collection = {"$id": f"{BASE}x.collection.json", "prefix": "world"}
        endpoints = [
            {
                "$id": f"{BASE}{name}.endpoint.json",
                "reference": body["$id"],
                "path": name,
                "collection": collection["$id"],
            }
            for name, body in zip(names, schemas, strict=True)
        ]
        manifest = {"name": "World", "collections": [collection], "endpoints": {"schemas": endpoints}}
        (folder / "installation.json").write_text(json.dumps(manifest))
        for name, body in zip(names, schemas, strict=True):
            (folder / "schemas" / f"{name}.schema.json").write_text(json.dumps(body))
        self.settings = Settings(store=url, bundles=str(folder))
        self.store = open_store(url, durability="fast")
        gateway.install_bundles(self.settings, self.store, lambda _: None)
        catalog = gateway.live_of(self.settings, self.store).moment.catalog
        self.context: Context = gateway.context_of(catalog, self.store)._replace(now=lambda: NOW)
        self.endpoints = {endpoint.paths[0].rpartition("/")[2]: endpoint for endpoint in catalog.endpoints}

    def call(self, action: Action, name: str, body: Any = None, id: str | None = None, **params: Any) -> Any:
        call = Call(action, self.endpoints[name], WHO, id, params, body, base_url="https://gateway.example")
        return OPERATIONS[action](call, self.context).body

    def create(self, thing: str, /, **body: Any) -> Any:
        return self.call(Action.CREATE, thing, body)

    def read(self, thing: str, id: str, **params: Any) -> Any:
        return self.call(Action.READ, thing, None, id, **params)

    def replace(self, thing: str, id: str, /, **body: Any) -> Any:
        return self.call(Action.REPLACE, thing, body, id)

    def patch(self, thing: str, id: str, /, **body: Any) -> Any:
        return self.call(Action.PATCH, thing, body, id)


def refused(work: Any, *args: Any, **more: Any) -> dict[str, str]:
    """The codes of the violations with which a call is refused, by the place of the member."""
    try:
        work(*args, **more)
    except InvalidDocument as error:
        return {".".join(map(str, v.pointer)): v.code for v in error.violations}
    raise AssertionError("it was not refused")

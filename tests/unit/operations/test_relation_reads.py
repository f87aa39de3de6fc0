"""How often a store is asked for a page with what it embeds: as often as there are levels."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from postgresql_server import emptied

from gateway_core import app as gateway
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.operations.call import Action, Call, Context
from gateway_core.operations.run import OPERATIONS
from gateway_core.settings import Settings
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Store
from gateway_core.types import JsonObject, Principal

BASE = "https://example.com/levels/"
WHO = Principal("test", frozenset())


def schema(name: str, **properties: Any) -> JsonObject:
    return {
        "$id": f"{BASE}{name}.schema.json",
        "title": name.title(),
        "type": "object",
        "x-maxDepth": 4,
        "properties": {"name": {"type": "string"}, **properties},
    }


def ref(name: str, **more: Any) -> JsonObject:
    return {"$ref": f"{BASE}{name}.schema.json", **more}


SCHEMAS = (
    schema(
        "top",
        one=ref("middle"),
        many={"type": "array", "items": ref("middle")},
        notes={"type": "array", "items": ref("note", **{"x-inverseOf": "top"})},
    ),
    schema(
        "middle",
        low=ref("low"),
        lows={"type": "array", "items": ref("low")},
        tops={"type": "array", "items": ref("top", **{"x-inverseOf": "many", "x-embed": False})},
    ),
    schema("low", bottom=ref("bottom")),
    schema("bottom"),
    schema("note", top=ref("top", **{"x-embed": False})),
)


class Counting:
    """A store that counts how often each of its methods is called."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def counted(*args: Any, **more: Any) -> Any:
            self.calls[name] += 1
            return found(*args, **more)

        return counted


class World:
    """The levels on one store, and the statements that operations on them cost."""

    def __init__(self, url: str, folder: Path) -> None:
        (folder / "schemas").mkdir(parents=True)
        manifest = {
            "name": "Levels",
            "collections": [{"$id": f"{BASE}x.collection.json", "prefix": "levels", "schemaPrefix": BASE}],
            "endpoints": {
                "schemas": [
                    {
                        "$id": f"{BASE}top.endpoint.json",
                        "reference": f"{BASE}top.schema.json",
                        "path": "tops",
                        "methods": ["GET", "POST", "PUT", "DELETE"],
                    }
                ]
            },
        }
        (folder / "installation.json").write_text(json.dumps(manifest))
        for each in SCHEMAS:
            (folder / "schemas" / each["$id"].rpartition("/")[2]).write_text(json.dumps(each))
        settings = Settings(store=url, bundles=str(folder))
        self.raw = open_store(url, durability="fast")
        gateway.install_bundles(settings, self.raw, lambda _: None)
        self.store = Counting(self.raw)
        self.context: Context = gateway.context_of(
            gateway.live_of(settings, self.raw).moment.catalog, self.store
        )  # type: ignore[arg-type]
        self.endpoint: Endpoint = self.context.catalog.endpoints[0]

    def call(self, action: Action, body: Any = None, id: str | None = None, **params: str) -> Any:
        self.store.calls.clear()
        call = Call(action, self.endpoint, WHO, id, dict(params), body)
        return OPERATIONS[action](call, self.context).body

    def fill(self, count: int) -> list[str]:
        """Make so many objects with three levels below each; their ids."""
        return [self.call(Action.CREATE, document(number))["_id"] for number in range(count)]


def low(number: int) -> JsonObject:
    return {"name": f"low {number}", "bottom": {"name": f"bottom {number}"}}


def middle(number: int) -> JsonObject:
    return {"name": f"middle {number}", "low": low(number), "lows": [low(number + 1), low(number + 2)]}


def document(number: int) -> JsonObject:
    return {
        "name": f"top {number}",
        "one": middle(number),
        "many": [middle(number + 1), middle(number + 2)],
        "notes": [{"name": "a"}, {"name": "b"}],
    }


@pytest.fixture(params=["sqlite", "tinydb", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The levels on a store of each kind."""
    if request.param == "postgresql":
        url = emptied(request.getfixturevalue("postgresql_database"))
    else:
        url = {"sqlite": f"sqlite:///{tmp_path}/s.db", "tinydb": f"tinydb:///{tmp_path}/s.json"}[
            request.param
        ]
    made = World(url, tmp_path / "levels")
    yield made
    made.raw.close()


def embedded(shown: JsonObject) -> int:
    """How many levels an answer shows."""
    below = [
        each
        for value in shown.get("embedded", {}).values()
        for each in (value if isinstance(value, list) else [value])
    ]
    return 1 + max(map(embedded, below), default=0)


def test_a_page_costs_the_same_whatever_it_holds(world: World) -> None:
    """A page of one object and of a hundred, four levels deep, ask the store equally often: once
    for the page, and at most twice for each level below."""
    world.fill(12)
    costs = {}
    for limit in ("1", "12"):
        page = world.call(Action.LIST, _limit=limit, _extend="all")
        assert len(page["results"]) == int(limit)
        assert {embedded(each) for each in page["results"]} == {4}
        costs[limit] = dict(world.store.calls)
    assert costs["1"] == costs["12"]
    reading = Counter(costs["12"])
    assert reading["find"] == 1
    assert reading["get"] == 3
    assert reading["linked_ids"] <= 4
    assert reading["fetch"] + reading["around"] + reading["referrers"] == 0


def test_a_write_is_one_transaction(world: World) -> None:
    """However many objects a document holds, and whatever is deleted with it, the store is changed
    once, and asked no more often for a large document than for a small one."""
    small = {"name": "x", "one": middle(0)}
    large = {"name": "x", "one": middle(0), "many": [middle(number) for number in range(40)]}
    costs = []
    for body in (small, large):
        made = world.call(Action.CREATE, body)
        costs.append([dict(world.store.calls)])
        world.call(Action.REPLACE, {**body, "name": "y"}, made["_id"])
        costs[-1].append(dict(world.store.calls))
        world.call(Action.DELETE, None, made["_id"])
        costs[-1].append(dict(world.store.calls))
        assert [cost["apply"] for cost in costs[-1]] == [1, 1, 1]
    assert costs[0] == costs[1]


def test_the_same_in_statements(tmp_path: Path) -> None:
    """What SQLite is told to do for a page of a hundred objects is as much as for a page of one."""
    world = World(f"sqlite:///{tmp_path}/s.db", tmp_path / "levels")
    world.fill(100)
    asked: list[str] = []
    readers = world.raw._readers  # type: ignore[attr-defined]
    opened: Callable[[], sqlite3.Connection] = readers.open

    def traced() -> sqlite3.Connection:
        connection = opened()
        connection.set_trace_callback(asked.append)
        return connection

    readers._idle.clear()
    readers.open = traced
    costs = []
    for limit in ("1", "100"):
        world.call(Action.LIST, _limit=limit, _extend="all")  # reads what is read once
        asked.clear()
        page = world.call(Action.LIST, _limit=limit, _extend="all")
        assert len(page["results"]) == int(limit)
        costs.append(sum(text.lstrip().startswith(("SELECT", "WITH")) for text in asked))
    world.raw.close()
    assert costs[0] == costs[1]
    assert costs[0] <= 12


@pytest.mark.parametrize("extend", ["", "notes", "all"])
@pytest.mark.parametrize(
    "body",
    [
        {"name": "alone"},
        {"name": "noted", "notes": [{"name": "a"}, {"name": "b"}]},
        {"name": "deep", "one": middle(1), "many": [middle(2), {"name": "flat"}], "notes": [{"name": "c"}]},
    ],
    ids=lambda body: body["name"],
)
def test_a_creation_answers_what_reading_would(world: World, body: JsonObject, extend: str) -> None:
    """The answer to a creation is made from what was written, and equals what is read, tag included."""
    params = {"_extend": extend} if extend else {}
    made = OPERATIONS[Action.CREATE](
        Call(Action.CREATE, world.endpoint, WHO, None, params, body), world.context
    )
    read = OPERATIONS[Action.READ](
        Call(Action.READ, world.endpoint, WHO, made.body["_id"], params), world.context
    )
    assert (made.body, made.etag) == (read.body, read.etag)


def test_a_creation_that_changes_others_answers_what_reading_would(world: World) -> None:
    """Objects that are named, and one that the creation changes: they stood before it."""
    first = world.call(Action.CREATE, document(1))
    named = first["notes"][0]
    body = {"name": "heir", "one": first["one"], "notes": [{"name": "new"}, {"_id": named, "name": "was"}]}
    made = world.call(Action.CREATE, body, _extend="all")
    assert made == world.call(Action.READ, None, made["_id"], _extend="all")
    assert named in made["notes"]
    assert made["embedded"]["one"]["name"] == "middle 1"


def test_a_creation_reads_nothing_back(world: World) -> None:
    """Unless it shows what has relations of its own, as reading does."""
    world.call(Action.CREATE, {"name": "alone"})
    assert set(world.store.calls) == {"apply"}

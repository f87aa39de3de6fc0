"""Rules about which value may follow which, in every way that an object is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway_core import app as gateway
from gateway_core.catalog.endpoints import ErrorShape
from gateway_core.errors import TransitionRefused
from gateway_core.operations.call import Action, Call, Context, Outcome
from gateway_core.operations.run import run
from gateway_core.operations.transfer import Entry, load_objects
from gateway_core.settings import Settings
from gateway_core.store.protocol import Changes, Put
from gateway_core.types import Json, Principal
from gateway_core.web.dialects import error_response

BASE = "https://example.com/work"
ORDER, BATCH = f"{BASE}.order.schema.json", f"{BASE}.batch.schema.json"
ANN = Principal("ann", frozenset({"read", "write"}))
STATE = {
    "type": "string",
    "enum": ["new", "busy", "done", "void"],
    "default": "new",
    "x-initial": ["new", "busy"],
    "x-transitions": {"new": ["busy", "void"], "busy": ["new", "done"], "done": [], "void": []},
}


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Context]:
    """A store of orders with a guarded state, and batches that hold orders."""
    order = {"name": {"type": "string"}, "state": STATE}
    batch = {"orders": {"type": "array", "items": {"$ref": ORDER}}}
    folder = tmp_path / "work"
    (folder / "schemas").mkdir(parents=True)
    for reference, properties in ((ORDER, order), (BATCH, batch)):
        body = {"$id": reference, "type": "object", "properties": properties}
        (folder / "schemas" / f"{reference.rpartition('/')[2]}").write_text(json.dumps(body))
    served = [{"reference": ORDER, "path": "orders"}, {"reference": BATCH, "path": "batches"}]
    manifest = {"name": "Work", "endpoints": {"schemas": served}}
    (folder / "installation.json").write_text(json.dumps(manifest))
    settings = Settings(store=f"sqlite:///{tmp_path}/work.db", bundles=str(folder), durability="fast")
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, lambda _: None)
    yield gateway.context_of(gateway.live_of(settings, store).moment.catalog, store)
    store.close()


def ask(
    context: Context, action: Action, id: str | None = None, body: Json = None, *, path: str = "orders"
) -> Outcome:
    (endpoint,) = [each for each in context.catalog.endpoints if each.path == f"/api/{path}"]
    return run(Call(action, endpoint, ANN, id, body=body), context)


def made(context: Context, state: str = "new") -> str:
    return str(ask(context, Action.CREATE, body={"name": "a", "state": state}).body["id"])


def state_of(context: Context, id: str) -> str:
    return str(ask(context, Action.READ, id).body["state"])


def refused(act: Callable[[], object]) -> str:
    """The whole sentence of the refusal."""
    with pytest.raises(TransitionRefused) as caught:
        act()
    assert (caught.value.name, caught.value.status, caught.value.code) == ("state", 409, "transition")
    return f"{caught.value.detail}. {caught.value.hint}"


def test_a_new_object_begins_as_the_rules_say(work: Context) -> None:
    """Another value is refused with those that may be; without any the default is taken."""
    assert refused(lambda: ask(work, Action.CREATE, body={"state": "done"})) == (
        "'state' of a new order cannot be 'done'. It may begin as 'new' or 'busy'."
    )
    assert ask(work, Action.LIST).body["total"] == 0
    assert ask(work, Action.CREATE, body={}).body["state"] == "new"
    assert state_of(work, made(work, "busy")) == "busy"


@pytest.mark.parametrize("action", [Action.REPLACE, Action.PATCH])
def test_a_value_follows_by_the_rules(work: Context, action: Action) -> None:
    """A change that is listed is made, the same value again is none, another is refused in words."""
    id = made(work)
    for state in ("new", "busy", "new", "busy", "done", "done"):
        assert ask(work, action, id, {"name": "b", "state": state}).body["state"] == state
    last = "'state' of this order is 'done' and cannot become 'new'. It stays as it is: nothing may follow."
    assert refused(lambda: ask(work, action, id, {"state": "new"})) == last
    assert ask(work, action, id, {"name": "c", "state": "done"}).body["name"] == "c"
    other = made(work)
    assert refused(lambda: ask(work, action, other, {"state": "done"})) == (
        "'state' of this order is 'new' and cannot become 'done'. It may become 'busy' or 'void'."
    )
    assert ask(work, Action.READ, other).body["_self"]["version"] == 1


def test_what_is_left_out(work: Context) -> None:
    """A patch that does not name the state keeps it; a PUT that does not, asks for the default."""
    id = made(work, "busy")
    assert ask(work, Action.PATCH, id, {"name": "d"}).body["state"] == "busy"
    assert ask(work, Action.REPLACE, id, {"name": "e"}).body["state"] == "new"
    ask(work, Action.PATCH, id, {"state": "void"})
    refused(lambda: ask(work, Action.REPLACE, id, {"name": "f"}))
    refused(lambda: ask(work, Action.PATCH, id, {"state": None}))


def test_an_earlier_version_is_brought_back_by_the_rules(work: Context) -> None:
    """Restoring is a change as any other, of an object that was removed too."""
    id = made(work)
    ask(work, Action.PATCH, id, {"state": "busy"})
    assert ask(work, Action.RESTORE, id, {"version": 1}).body["state"] == "new"
    for state in ("busy", "done"):
        ask(work, Action.PATCH, id, {"state": state})
    refused(lambda: ask(work, Action.RESTORE, id, {"version": 1}))
    ask(work, Action.DELETE, id)
    refused(lambda: ask(work, Action.RESTORE, id, {"version": 2}))
    assert ask(work, Action.RESTORE, id, {"version": 5}).body["state"] == "done"


def test_parts_are_held_to_the_rules_too(work: Context) -> None:
    """An object that is written as part of another is refused as by itself, and nothing is stored."""
    refused(lambda: ask(work, Action.CREATE, body={"orders": [{"state": "void"}]}, path="batches"))
    assert ask(work, Action.LIST, path="batches").body["total"] == 0
    id = made(work)
    body = {"orders": [{"_id": id, "state": "done"}]}
    refused(lambda: ask(work, Action.CREATE, body=body, path="batches"))
    assert state_of(work, id) == "new"


def test_imports(work: Context) -> None:
    """What is new begins as the rules say; what existed elsewhere, with its version, comes as it is."""
    told = {"version": 7, "dateCreated": "2025-01-01T00:00:00Z", "dateModified": "2025-02-01T00:00:00Z"}
    entries = [
        Entry(ORDER, {"name": "fresh", "state": "done"}, "line 1"),
        Entry(ORDER, {"name": "moved", "state": "done", "_self": told}, "line 2"),
    ]
    loaded = load_objects(work, ANN, entries, pass_over=True)
    assert loaded.created == 1
    assert [str(fault) for fault in loaded.faults] == ["line 1: 'state' of a new order cannot be 'done'"]
    (moved,) = ask(work, Action.LIST).body["results"]
    assert (moved["name"], moved["state"], moved["_self"]["version"]) == ("moved", "done", 7)


def test_two_changes_at_one_moment_cannot_both_pass(work: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each alone is allowed, the one after the other is not: the second is asked again, and refused."""
    id = made(work, "busy")
    store, apply = work.store, work.store.apply

    def apply_behind_another(changes: Any) -> Any:
        monkeypatch.setattr(store, "apply", apply)
        assert ask(work, Action.PATCH, id, {"state": "done"}).body["state"] == "done"
        return apply(changes)

    monkeypatch.setattr(store, "apply", apply_behind_another)
    assert refused(lambda: ask(work, Action.PATCH, id, {"state": "new"})).startswith(
        "'state' of this order is 'done'"
    )
    assert state_of(work, id) == "done"


def test_a_value_that_the_schema_no_longer_has(work: Context) -> None:
    """An object whose value was dropped from the schema can go on, with what a new one may have."""
    id = made(work)
    (item,) = work.store.get("", [id]).values()
    old = item._replace(data={**item.data, "state": "old"}, meta=item.meta._replace(version=2))
    work.store.apply(Changes("", (Put(old, 1),)))
    refused(lambda: ask(work, Action.PATCH, id, {"state": "done"}))
    assert ask(work, Action.PATCH, id, {"state": "busy"}).body["state"] == "busy"


def test_an_error_in_both_shapes(work: Context) -> None:
    """New clients read the name and the reason under `invalidParams`, old ones under `data`."""
    id = made(work)
    with pytest.raises(TransitionRefused) as caught:
        ask(work, Action.PATCH, id, {"state": "done"})
    told = "'state' of this order is 'new' and cannot become 'done'. It may become 'busy' or 'void'."
    problem = json.loads(error_response(caught.value, ErrorShape.PROBLEM, "/x", "r").body)
    assert problem["invalidParams"] == [{"name": "state", "code": "transition", "reason": told}]
    message = json.loads(error_response(caught.value, ErrorShape.MESSAGE, "/x", "r").body)
    assert message == {"message": told, "data": {"state": told}, "path": "/x"}

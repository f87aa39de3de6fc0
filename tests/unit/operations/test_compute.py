"""Endpoints that answer what a mapping makes of an object, and of what is found beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway_core import app as gateway
from gateway_core.errors import ConfigurationError, InvalidQuery, NotFound
from gateway_core.operations.call import Action, Call, Context, Outcome, Result
from gateway_core.operations.run import run
from gateway_core.settings import Settings
from gateway_core.types import Json, Principal

BASE = "https://example.com/shop"
SHOP, ORDER, ECHO = f"{BASE}.shop.schema.json", f"{BASE}.order.schema.json", f"{BASE}.echo.mapping.json"
ANN = Principal("ann", frozenset({"read", "write"}))
NOBODY = "00000000-0000-4000-8000-000000000000"
Body = dict[str, Any]

SCHEMAS: dict[str, Body] = {
    SHOP: {"name": {"type": "string"}, "city": {"type": "string"}, "open": {"type": "boolean"}},
    ORDER: {
        "number": {"type": "integer"},
        "city": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "shop": {"$ref": SHOP},
    },
}
ECHOING: Body = {
    "$id": ECHO,
    "passTrough": False,
    "absent": "omit",
    "mapping": {"object": "object", "parameters": "parameters", "inputs": "inputs", "settings": "settings"},
    "output": {"type": "object", "properties": {"object": {"type": "object"}}},
}
COMPUTED: Body = {
    "$id": f"{BASE}.summary.computed.json",
    "reference": SHOP,
    "path": "shops/{id}/summary",
    "mapping": ECHO,
    "settings": {"order": ["a", "b"]},
    "parameters": {
        "order": {"reference": ORDER},
        "text": {"maxLength": 5, "pattern": "^a"},
        "kind": {"enum": ["x", "y"]},
        "least": {"type": "integer", "minimum": 1},
        "rate": {"type": "number"},
        "deep": {"type": "boolean"},
    },
    "inputs": {
        "orders": {
            "reference": ORDER,
            "filters": {"shop": {"from": "object.id"}},
            "order": {"number": "desc"},
            "limit": 2,
        },
        "there": {"reference": ORDER, "filters": {"city": {"from": "object.city"}}},
        "later": {
            "reference": ORDER,
            "filters": {"at[after]": {"from": "inputs.orders.at"}, "number[ne]": 0},
        },
        "same": {"reference": ORDER, "filters": {"number": {"from": "parameters.least"}}},
    },
}


def bundle(folder: Path, computed: Body, mapping: Body = ECHOING, **collection: Any) -> Path:
    """A bundle of shops and orders with one endpoint that computes."""
    for name in ("schemas", "mappings"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for reference, properties in SCHEMAS.items():
        body = {"$id": reference, "type": "object", "properties": properties}
        (folder / "schemas" / reference.rpartition("/")[2]).write_text(json.dumps(body))
    (folder / "mappings" / "echo.mapping.json").write_text(json.dumps(mapping))
    served = [{"reference": SHOP, "path": "shops"}, {"reference": ORDER, "path": "orders"}]
    manifest: Body = {"name": "Shop", "endpoints": {"schemas": served, "computed": [computed]}}
    if collection:
        manifest["collections"] = [{"$id": "urn:c", "prefix": "v1", **collection}]
        manifest["endpoints"]["schemas"] = [{**each, "collection": "urn:c"} for each in served]
    (folder / "installation.json").write_text(json.dumps(manifest))
    return folder


def settings_of(folder: Path) -> Settings:
    return Settings(store=f"sqlite:///{folder}/shop.db", bundles=str(folder), durability="fast")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Context]:
    """The bundle in a store of its own."""
    settings = settings_of(bundle(tmp_path, COMPUTED))
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, lambda _: None)
    yield gateway.context_of(gateway.live_of(settings, store).moment.catalog, store)
    store.close()


def made(context: Context, path: str, **body: Json) -> str:
    (endpoint,) = [each for each in context.catalog.endpoints if each.path == f"/api/{path}"]
    return str(run(Call(Action.CREATE, endpoint, ANN, body=body), context).body["id"])


def asked(context: Context, id: str, tag: str = "", **params: Json) -> Outcome:
    (endpoint,) = context.catalog.computed
    known = (tag,) if tag else None
    return run(Call(Action.COMPUTE, endpoint, ANN, id, params=params, if_none_match=known), context)


def test_what_a_mapping_gets(shop: Context) -> None:
    """The object as it is shown, parameters of their types, objects by id and by query, the settings."""
    id = made(shop, "shops", name="a", city="Delft")
    orders = [made(shop, "orders", number=n, shop=id, at=f"2025-0{n}-01T00:00:00Z") for n in (1, 2, 3)]
    made(shop, "orders", number=4, city="Delft", at="2025-02-01T00:00:00Z")
    body = asked(shop, id, order=orders[0], text="abc", kind="x", least="4", rate="1.5", deep="true").body
    assert (body["object"]["name"], body["object"]["_self"]["self"]) == ("a", f"/api/shops/{id}")
    assert body["parameters"] == {"text": "abc", "kind": "x", "least": 4, "rate": 1.5, "deep": True}
    assert body["settings"] == {"order": ["a", "b"]}
    inputs = body["inputs"]
    assert inputs["order"]["embedded"]["shop"]["id"] == id
    found = {name: [each["number"] for each in inputs[name]] for name in ("orders", "there", "same")}
    assert found == {"orders": [3, 2], "there": [4], "same": [4]}


def test_what_is_not_asked_for(shop: Context) -> None:
    """Without parameters there are none; an object that is not named is null."""
    body = asked(shop, made(shop, "shops")).body
    assert (body["parameters"], body["inputs"]["order"]) == ({}, None)


@pytest.mark.parametrize("city", [None, "", "IS NULL", "is not null", "null", "%", "%e%", "_"])
def test_a_query_never_finds_more_than_it_says(shop: Context, city: str | None) -> None:
    """A value that is absent finds nothing, and one that reads as an operator is text."""
    made(shop, "orders", number=1, city="Delft")
    made(shop, "orders", number=2)
    id = made(shop, "shops", name="a", **({} if city is None else {"city": city}))
    assert asked(shop, id).body["inputs"]["there"] == []
    if city in ("%", "%e%", "_"):
        made(shop, "orders", number=3, city=city)
        assert [each["number"] for each in asked(shop, id).body["inputs"]["there"]] == [3]


def test_a_value_that_does_not_fit_finds_nothing(tmp_path: Path) -> None:
    """A text where the member is a number is no fault of the client."""
    inputs = {"some": {"reference": ORDER, "filters": {"number": {"from": "object.name"}}}}
    settings = settings_of(bundle(tmp_path, {**COMPUTED, "inputs": inputs}))
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, lambda _: None)
    context = gateway.context_of(gateway.live_of(settings, store).moment.catalog, store)
    made(context, "orders", number=1)
    assert asked(context, made(context, "shops", name="x")).body["inputs"]["some"] == []
    assert len(asked(context, made(context, "shops", name="1")).body["inputs"]["some"]) == 1
    store.close()


@pytest.mark.parametrize(
    ("params", "name", "rule"),
    [
        ({"ordre": "x"}, "ordre", "did you mean 'order'?"),
        ({"order": "x"}, "order", "must be the id, path or URL of an object"),
        ({"order": NOBODY}, "order", "names no order that exists"),
        ({"order": [NOBODY, NOBODY]}, "order", "must be given once"),
        ({"text": {"like": "a"}}, "text", "must be given once"),
        ({"text": "bcd"}, "text", "query parameter 'text'"),
        ({"text": "abcdef"}, "text", "query parameter 'text'"),
        ({"text": "a\0"}, "text", "must be of type string"),
        ({"kind": "z"}, "kind", "query parameter 'kind'"),
        ({"least": "0"}, "least", "query parameter 'least'"),
        ({"least": "1.5"}, "least", "must be of type integer"),
        ({"rate": "NaN"}, "rate", "must be of type number"),
        ({"deep": "maybe"}, "deep", "must be of type boolean"),
        ({"_fields": "a"}, "_fields", "is not known here"),
    ],
)
def test_parameters_that_cannot_be(shop: Context, params: Body, name: str, rule: str) -> None:
    """The error names the parameter and the rule, and holds no value."""
    with pytest.raises(InvalidQuery) as caught:
        asked(shop, made(shop, "shops"), **params)
    assert caught.value.parameter == name
    assert rule in str(caught.value)
    assert not any(str(value) in str(caught.value) for value in params.values() if len(str(value)) > 2)


def test_a_parameter_that_is_needed(tmp_path: Path) -> None:
    """Without it the call is an error."""
    computed = {**COMPUTED, "inputs": {}, "parameters": {"text": {"required": True}}}
    settings = settings_of(bundle(tmp_path, computed))
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, lambda _: None)
    context = gateway.context_of(gateway.live_of(settings, store).moment.catalog, store)
    with pytest.raises(InvalidQuery, match="is missing, and needed"):
        asked(context, made(context, "shops"))
    assert asked(context, made(context, "shops"), text="t").result is Result.FOUND
    store.close()


def test_no_such_object(shop: Context) -> None:
    """An id that names nothing, or an object of another schema, is not found."""
    for id in (NOBODY, made(shop, "orders", number=1)):
        with pytest.raises(NotFound, match="there is no shop with this id"):
            asked(shop, id)


def test_an_answer_has_a_tag(shop: Context) -> None:
    """It changes with the answer, whatever part of it that comes from."""
    id = made(shop, "shops", name="a")
    tag = asked(shop, id).etag or ""
    assert asked(shop, id, tag).result is Result.UNCHANGED
    made(shop, "orders", number=1, shop=id)
    assert asked(shop, id, tag).result is Result.FOUND


def test_the_path(tmp_path: Path) -> None:
    """It stands below the object under every prefix, and takes nothing else away."""
    folder = bundle(tmp_path, COMPUTED, aliasPrefixes=["v0", ""])
    settings = settings_of(folder)
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, lambda _: None)
    table = gateway.live_of(settings, store).moment.catalog.table
    for prefix in ("/api/v1", "/api/v0", "/api"):
        match = table.match(f"{prefix}/shops/7/summary")
        assert match is not None
        assert (match.id, match.endpoint.computed is None) == ("7", False)
        versions = table.match(f"{prefix}/shops/7/versions")
        assert versions is not None
        assert versions.versions
    for path in ("/api/v1/shops//summary", "/api/v1/orders/7/summary", "/api/v1/shops/7/summary/x"):
        assert table.match(path) is None
    store.close()


def with_input(**changes: Any) -> Body:
    return {"inputs": {"some": {"reference": ORDER, "filters": {"city": "x"}, **changes}}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"reference": "urn:none"}, "'reference' names 'urn:none', which is not installed"),
        ({"mapping": None}, "'mapping' names 'None', which is not installed"),
        ({"path": "shops/summary"}, "'path' does not say below which objects it is"),
        ({"path": "shops/{id}/a/b"}, "'path' does not say below which objects it is"),
        ({"path": "shops/{id}/versions"}, "'versions' is used already"),
        ({"path": "orders/{id}/summary"}, f"no endpoint that reads '{SHOP}' serves 'orders'"),
        ({"parameters": {"a": {"reference": "urn:x"}}}, "parameter 'a': 'reference' names 'urn:x'"),
        ({"parameters": {"_a": {}}}, "parameter '_a' must be an object under a name"),
        ({"parameters": {"a": "text"}}, "parameter 'a' must be an object under a name"),
        ({"parameters": {"a": {"type": "list"}}}, "parameter 'a': 'type' is none of string, integer"),
        ({"parameters": {"a": {"typ": "string"}}}, "parameter 'a': 'typ' means nothing here"),
        ({"parameters": {"a": {"pattern": "("}}}, "parameter 'a' is no schema that can be used"),
        ({"parameters": {"a": {"enum": 7}}}, "parameter 'a' is no schema that can be used"),
        (with_input(reference="urn:x"), "input 'some' must be an object with the 'reference' of a schema"),
        (with_input(filters={}), "input 'some' has no 'filters'"),
        (with_input(limit=101), "'limit' must be a whole number from 1 to 100"),
        (with_input(limit=True), "'limit' must be a whole number from 1 to 100"),
        (with_input(limt=1), "input 'some': 'limt' means nothing here"),
        (with_input(filters={"town": "x"}), "input 'some': query parameter 'town'"),
        (with_input(filters={"town": {"from": "object.id"}}), "input 'some': query parameter 'town'"),
        (with_input(filters={"number": "x"}), "input 'some': query parameter 'number'"),
        (with_input(order={"town": "asc"}), "input 'some': query parameter '_order"),
        (with_input(filters={"city": {"from": "object.town"}}), "there is no 'object.town'"),
        (with_input(filters={"city": {"from": "inputs.later.city"}}), "there is no 'inputs.later'"),
        (with_input(filters={"city": {"from": "city"}}), "an object as its value that names nothing"),
        (with_input(filters={"city": {"like": "x"}}), "an object as its value that names nothing"),
    ],
)
def test_what_cannot_be_installed(tmp_path: Path, changes: Body, told: str) -> None:
    """A fault is found when the bundle is installed, and names the endpoint and the place."""
    settings = settings_of(bundle(tmp_path, {**COMPUTED, "inputs": {}, **changes}))
    store = gateway.store_of(settings)
    with pytest.raises(ConfigurationError) as caught:
        gateway.install_bundles(settings, store, lambda _: None)
    assert any(told in f"{each.message} {each.hint}" for each in caught.value.findings), caught.value.detail
    store.close()


def test_two_of_one_path(tmp_path: Path) -> None:
    """The second endpoint of a path is a fault."""
    folder = bundle(tmp_path, COMPUTED)
    manifest = json.loads((folder / "installation.json").read_text())
    manifest["endpoints"]["computed"].append({**COMPUTED, "$id": "urn:second"})
    (folder / "installation.json").write_text(json.dumps(manifest))
    settings = settings_of(folder)
    store = gateway.store_of(settings)
    with pytest.raises(ConfigurationError, match="/summary already"):
        gateway.install_bundles(settings, store, lambda _: None)
    store.close()


def test_personal_data_stays_out_of_urls(tmp_path: Path) -> None:
    """A parameter with a format of personal data is refused where a collection allows none in URLs."""
    computed = {**COMPUTED, "inputs": {}, "parameters": {"who": {"format": "bsn"}}}
    settings = settings_of(bundle(tmp_path, computed, filtersInUrl="refuse-sensitive"))
    store = gateway.store_of(settings)
    with pytest.raises(ConfigurationError, match="may not stand in a URL"):
        gateway.install_bundles(settings, store, lambda _: None)
    store.close()


def test_what_is_only_remarked(tmp_path: Path) -> None:
    """A key that means nothing, and what a mapping reads that is never there."""
    reading = {"a": "{{ object.name ~ inputs.orders|length ~ inputs.ordres|length ~ shop.name }}"}
    computed = {**COMPUTED, "titel": "x"}
    settings = settings_of(bundle(tmp_path, computed, {**ECHOING, "mapping": reading}))
    store = gateway.store_of(settings)
    said: list[str] = []
    gateway.install_bundles(settings, store, said.append)
    told = "\n".join(said)
    assert "'titel' means nothing here and has no effect" in told
    assert "reads 'inputs.ordres', which is never there" in told
    assert "reads 'shop', which is never there" in told
    assert "inputs.orders'" not in told
    store.close()

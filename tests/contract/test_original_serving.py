"""What a bundle of Common Gateway configures, served: paths, sub-endpoints, applications, errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from in_process import InProcess
from original_bundle import CUSTOMER, IDS, LINE, MANIFEST, ORDER, ORDERS, SHOP, artifact, mapping, shop

from gateway_core.app import now
from gateway_core.operations.applications import add_application

DEFAULT = "https://docs.commongateway.nl/application/default.application.json"
PATH = "Installation/installation.json"
Start = Callable[..., InProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start gateways that hold the shop with changes."""
    started: list[InProcess] = []

    def serve(*changes: Mapping[str, Any], demo: bool = True) -> InProcess:
        started.append(InProcess([shop(*changes)], demo=demo))
        return started[-1]

    yield serve
    for each in started:
        each.close()


@pytest.fixture
def gateway(start: Start) -> InProcess:
    return start()


def manifest(**more: Any) -> dict[str, Any]:
    return {PATH: {**MANIFEST, **more}}


def endpoints(*listed: dict[str, Any]) -> dict[str, Any]:
    return manifest(endpoints={"schemas": list(listed)})


def order(gateway: InProcess, **body: Any) -> str:
    answer = gateway("POST", "/api/shop/v1/orders", body)
    assert answer.status == 201, answer.body
    made: str = answer.body["id"]
    return made


class TestPaths:
    def test_stand_behind_the_prefix_of_the_collection(self, gateway: InProcess) -> None:
        """A path that is text stands behind the prefix, and an id may follow it."""
        made = order(gateway, number="1")
        found = gateway("GET", f"/api/shop/v1/orders/{made}")
        assert (found.status, found.body["number"]) == (200, "1")
        assert found.body["_self"]["self"] == f"/api/shop/v1/orders/{made}"
        listed = gateway("GET", "/api/shop/v1/orders?number=1").body
        assert [each["id"] for each in listed["results"]] == [made]

    def test_that_are_lists_are_whole(self, gateway: InProcess) -> None:
        """A list has no prefix, and no id behind it where neither it nor its expression says so."""
        made = gateway("POST", "/api/people", {"name": "Ann"})
        assert (made.status, "location" in made.headers) == (201, False)
        assert gateway("GET", "/api/people").body["total"] == 1
        assert gateway("GET", f"/api/people/{made.body['id']}").status == 404
        assert made.body["_self"]["self"] is None

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/api/shop/v1/ordersx", 404),
            ("/api/shop/v1/orders/", 200),
            (f"/api/shop/v1/orders{IDS[1]}", 404),
            (f"/api/shop/v1/orders/{IDS[1]}", 404),
            (f"/api/shop/v1/orders/{IDS[1].upper()}", 404),
            ("/api/shop/v1/orders/x/y/z", 404),
        ],
    )
    def test_are_not_guessed(self, gateway: InProcess, path: str, status: int) -> None:
        """W33: the slash before an id is one, and a longer path is another path."""
        assert gateway("GET", path).status == status

    def test_have_the_methods_that_are_listed(self, start: Start) -> None:
        """W33: GET is a method like any other, and a method that is not there is 405 with ``Allow``."""
        gateway = start(endpoints({"reference": CUSTOMER, "path": "people", "methods": ["POST"]}))
        assert gateway("POST", "/api/shop/v1/people", {"name": "Ann"}).status == 201
        refused = gateway("GET", "/api/shop/v1/people")
        assert (refused.status, refused.headers["allow"]) == (405, "OPTIONS, POST")

    def test_of_an_expression_are_those_that_it_says(self, start: Start) -> None:
        """``pathRegex`` counts before ``path``; what it leaves open varies, and nothing else."""
        gateway = start(
            endpoints(
                {"$id": f"{SHOP}a.endpoint.json", "reference": ORDER, "path": "x", "pathRegex": "^y/z$"},
                {
                    "$id": f"{SHOP}b.endpoint.json",
                    "reference": CUSTOMER,
                    "path": "map/x",
                    "pathRegex": "^map/?[0-9]{3}/list-?([0-9]{2})?.xml$",
                    "methods": ["GET"],
                },
            )
        )
        assert [gateway("GET", path).status for path in ("/api/y/z", "/api/shop/v1/x", "/api/x")] == [
            200,
            404,
            404,
        ]
        found = ("/api/map/123/list-45.xml", "/api/map/1234/list-45.xml", "/api/map123/list-45.xml")
        assert [gateway("GET", path).status for path in found] == [200, 404, 404]
        described = gateway.catalog.openapi["paths"]["/api/map/{part1}/list-{part2}.xml"]
        assert [each["schema"]["pattern"] for each in described["parameters"]] == [
            "^(?:[0-9]{3})$",
            "^(?:[0-9]{2})$",
        ]

    def test_that_clash_are_named(self, start: Start) -> None:
        """Two endpoints at one path: the first serves it, the other is rejected by name."""
        gateway = start(
            endpoints(
                {"$id": f"{SHOP}a.endpoint.json", "reference": ORDER, "path": "x"},
                {"$id": f"{SHOP}b.endpoint.json", "reference": LINE, "path": "x"},
            )
        )
        (installed,) = gateway.installed
        told = [w.message for w in installed.warnings if w.code == "rejected"]
        both = f"endpoints {SHOP}a.endpoint.json and {SHOP}b.endpoint.json both serve /api/shop/v1/x"
        assert told == [both]
        assert gateway("POST", "/api/shop/v1/x", {"number": "1"}).body["_self"]["schema"]["ref"] == ORDER


class TestSubEndpoints:
    def test_for_events_say_what_is_lacking(self, gateway: InProcess) -> None:
        """What a handler would do is 405 in a sentence, without a method that could be used instead."""
        answer = gateway("POST", f"/api/shop/v1/orders/{IDS[1]}/pay", {})
        assert (answer.status, answer.headers["allow"]) == (405, "")
        assert answer.body["message"] == (
            "What happens here is done by a handler of the event shop.pay, and none is installed."
        )
        assert gateway("GET", f"/api/shop/v1/orders/{IDS[1]}/pay").headers["allow"] == "OPTIONS, POST"
        assert gateway.faults == []

    def test_of_sources_say_so_at_every_path(self, gateway: InProcess) -> None:
        """A proxy whose source may not be called answers 405 whatever stands behind its path."""
        for path in ("/api/bank", "/api/bank/accounts/1.json"):
            answer = gateway("GET", path)
            assert (answer.status, "may not be called here" in answer.body["message"]) == (405, True)
        assert gateway("POST", "/api/bank/x", {}).status == 405
        assert gateway("GET", "/api/banks").status == 404

    def test_of_another_schema_list_what_belongs_there(self, gateway: InProcess) -> None:
        """W39: children are found by their reference to the parent, not by a search for its id."""
        one, two = order(gateway, number="1"), order(gateway, number="2")
        mine = gateway("POST", f"/api/shop/v1/orders/{one}/lines", {"text": "a", "amount": 1})
        assert mine.status == 201, mine.body
        assert (mine.body["order"], mine.headers["location"]) == (
            one,
            f"/api/shop/v1/orders/{one}/lines/{mine.body['id']}",
        )
        gateway("POST", "/api/shop/v1/lines", {"text": one, "order": two})
        listed = gateway("GET", f"/api/shop/v1/orders/{one}/lines").body
        assert [each["text"] for each in listed["results"]] == ["a"]
        assert gateway("GET", f"/api/shop/v1/orders/{one}/lines?amount[int_compare]=2").body["total"] == 0
        assert gateway("GET", f"/api/shop/v1/orders/{one}/lines?_search=a").body["total"] == 1

    def test_of_another_schema_read_only_what_belongs_there(self, gateway: InProcess) -> None:
        """An object of another parent, and a parent that is not there, are 404."""
        one, two = order(gateway, number="1"), order(gateway, number="2")
        made = gateway("POST", f"/api/shop/v1/orders/{one}/lines", {"text": "a"}).body["id"]
        assert gateway("GET", f"/api/shop/v1/orders/{one}/lines/{made}").status == 200
        assert gateway("GET", f"/api/shop/v1/orders/{two}/lines/{made}").status == 404
        for method in ("GET", "POST"):
            absent = gateway(method, f"/api/shop/v1/orders/{IDS[9]}/lines", {"text": "x"})
            assert (absent.status, absent.body["message"]) == (404, "There is no Order with this id.")
        assert gateway("GET", "/api/shop/v1/orders/x/lines").status == 404

    def test_cannot_be_led_elsewhere(self, gateway: InProcess) -> None:
        """A body or a filter that names another parent changes nothing about whose list it is."""
        one, two = order(gateway, number="1"), order(gateway, number="2")
        made = gateway("POST", f"/api/shop/v1/orders/{one}/lines", {"text": "a", "order": two})
        assert made.body["order"] == one
        assert gateway("GET", f"/api/shop/v1/orders/{two}/lines?order={one}").body["total"] == 0

    def test_are_described(self, gateway: InProcess) -> None:
        """Every endpoint is in the API document, with its variables and its answers."""
        paths = gateway.catalog.openapi["paths"]
        lines = paths["/api/shop/v1/orders/{parentId}/lines"]
        assert [each["name"] for each in lines["parameters"]] == ["parentId"]
        assert {"200", "404"} <= lines["get"]["responses"].keys()
        assert paths["/api/shop/v1/orders/{id}/pay"]["post"]["responses"].keys() == {"401", "403", "405"}
        assert paths["/api/bank"].keys() == {"get"}
        assert "/api/people/{id}" not in paths


class TestSeveralSchemas:
    def test_are_listed_one_after_the_other(self, gateway: InProcess) -> None:
        """The window goes over all of them, and an object is found wherever it is."""
        made = [order(gateway, number=str(number)) for number in range(3)]
        made += [gateway("POST", "/api/people", {"name": name}).body["id"] for name in "ab"]
        assert [each["id"] for each in gateway("GET", "/api/all").body["results"]] == made
        page = gateway("GET", "/api/all?_limit=2&_page=2").body
        assert ([each["id"] for each in page["results"]], page["total"], page["pages"]) == (made[2:4], 5, 3)
        found = gateway("GET", f"/api/all/{made[4]}")
        assert (found.status, found.body["name"]) == (200, "b")
        assert gateway("GET", f"/api/all/{IDS[1]}").status == 404

    def test_are_filtered_by_what_any_of_them_knows(self, gateway: InProcess) -> None:
        """A filter finds among the schemas that know it; one that none knows is refused."""
        order(gateway, number="1")
        gateway("POST", "/api/people", {"name": "Ann"})
        assert gateway("GET", "/api/all?name=Ann").body["total"] == 1
        assert gateway("GET", "/api/all?colour=red").status == 400
        assert gateway("GET", "/api/all?_removed=true").status == 400
        assert gateway("POST", "/api/all", {}).status == 405


class TestAnswers:
    def test_of_errors_are_those_that_clients_know(self, gateway: InProcess) -> None:
        """``message``, ``data`` by property, and ``path``."""
        answer = gateway("POST", "/api/shop/v1/lines", {"amount": "many"})
        assert (answer.status, answer.headers["content-type"]) == (400, "application/json")
        assert (answer.body["message"], answer.body["path"]) == ("Validation errors", "/api/shop/v1/lines")
        assert answer.body["data"].keys() == {"amount"}

    def test_pass_unknown_members_over(self, gateway: InProcess) -> None:
        """A member that no schema knows is passed over, as it is there."""
        assert "colour" not in gateway("POST", "/api/people", {"name": "Ann", "colour": "red"}).body

    def test_may_be_bare_lists(self, start: Start) -> None:
        """``enablePagination: false`` answers an array, whole unless a page is asked for."""
        listed = {"reference": CUSTOMER, "path": "people", "enablePagination": False}
        gateway = start(endpoints(listed))
        names = [f"Ann {number}" for number in range(40)]
        for name in names:
            gateway("POST", "/api/shop/v1/people", {"name": name})
        assert [each["name"] for each in gateway("GET", "/api/shop/v1/people").body] == names
        page = gateway("GET", "/api/shop/v1/people?_limit=2&_page=2").body
        assert [each["name"] for each in page] == names[2:4]

    def test_add_to_lists_on_a_patch(self, gateway: InProcess) -> None:
        """A PATCH with new related objects adds them, as clients of the original expect."""
        made = order(gateway, number="1", lines=[{"text": "a"}])
        patched = gateway("PATCH", f"/api/shop/v1/orders/{made}", {"lines": [{"text": "b"}]})
        assert [each["text"] for each in patched.body["embedded"]["lines"]] == ["a", "b"]

    def test_take_an_id_in_the_query(self, gateway: InProcess) -> None:
        """A PATCH of the collection with ``?id=`` is one of the object."""
        made = order(gateway, number="1")
        assert gateway("PATCH", f"/api/shop/v1/orders/?id={made}", {"number": "2"}).body["number"] == "2"


WEB = f"{SHOP}web.application.json"
TO_CLIENT = mapping("toClient", nr="number", key="id")
CHECK = {
    **mapping(
        "check",
        **{
            "#": "{% if results is defined %}"
            f"{{{{ map('{SHOP}mapping/page.mapping.json', _context)|json_encode }}}}"
            "{% else %}"
            f"{{{{ map('{SHOP}mapping/toClient.mapping.json', _context)|json_encode }}}}"
            "{% endif %}"
        },
    ),
    "cast": {"#": "jsonToArray"},
}
PAGE = {
    **mapping(
        "page",
        count="total",
        results=f"{{{{ map('{SHOP}mapping/toClient.mapping.json', results, true)|json_encode }}}}",
    ),
    "cast": {"results": "jsonToArray"},
}
FROM_CLIENT = mapping("fromClient", number="nr")
QUERY = {
    **mapping("query", number="{{ nr|default }}"),
    "cast": {"number": "unsetIfValue=="},
}
MAPPINGS = {
    f"Installation/Mapping/{name}.json": body
    for name, body in {"a": TO_CLIENT, "b": CHECK, "c": PAGE, "d": FROM_CLIENT, "e": QUERY}.items()
}
CONFIGURED = {
    "in": {
        "body": {"mapping": FROM_CLIENT["$id"]},
        "query": {"mapping": QUERY["$id"]},
    },
    "out": {"body": {"mapping": CHECK["$id"]}},
}


def application(reference: str, *configuration: Any) -> dict[str, Any]:
    return {**artifact("Application", "x", configuration=list(configuration)), "$id": reference}


class TestApplications:
    def test_have_their_own_shape_by_default(self, start: Start) -> None:
        """W37: the default application's mappings hold from the first request, in and out, item and page."""
        gateway = start(MAPPINGS, manifest(applications=[application(DEFAULT, {ORDERS: CONFIGURED})]))
        made = gateway("POST", "/api/shop/v1/orders", {"nr": "7"})
        assert (made.status, made.body["nr"], set(made.body)) == (201, "7", {"nr", "key"})
        assert gateway("GET", f"/api/shop/v1/orders/{made.body['key']}").body == made.body
        assert gateway("GET", "/api/shop/v1/orders?nr=7").body == {"count": 1, "results": [made.body]}
        assert gateway("GET", "/api/shop/v1/orders?nr=8").body == {"count": 0, "results": []}
        assert gateway("GET", "/api/shop/v1/orders?number=7").status == 400
        changed = gateway("PATCH", f"/api/shop/v1/orders/{made.body['key']}", {"nr": "9"})
        assert changed.body["nr"] == "9"
        assert gateway("POST", "/api/shop/v1/lines", {"amount": 1}).body["amount"] == 1

    @pytest.mark.parametrize("key", [ORDERS, "/shop/v1/orders", "global"])
    def test_name_endpoints_in_three_ways(self, start: Start, key: str) -> None:
        """By reference, by path, or all of them."""
        out = {"out": {"body": {"mapping": TO_CLIENT["$id"]}}}
        gateway = start(MAPPINGS, manifest(applications=[application(DEFAULT, {key: out})]))
        assert set(gateway("POST", "/api/shop/v1/orders", {"number": "7"}).body) == {"nr", "key"}

    def test_let_the_first_say_count(self, start: Start) -> None:
        """Of two entries the earlier one counts, side by side; a reference counts before ``global``."""
        listed = [
            {ORDERS: {"out": {"body": {"mapping": TO_CLIENT["$id"]}}}},
            {ORDERS: {"out": {"body": {"mapping": "urn:none"}}, "in": CONFIGURED["in"]}},
            {"global": {"out": {"body": {"mapping": "urn:none"}}}},
        ]
        gateway = start(MAPPINGS, manifest(applications=[application(DEFAULT, *listed)]))
        assert gateway("POST", "/api/shop/v1/orders", {"nr": "7"}).body["nr"] == "7"

    def test_see_their_own_configuration_only(self, start: Start) -> None:
        """W37: who calls is known by credentials; an application without a configuration has the default."""
        bare = {**artifact("Application", "x"), "$id": f"{SHOP}bare.application.json"}
        applications = [
            application(DEFAULT, {ORDERS: CONFIGURED}),
            application(WEB, {ORDERS: {"out": {"embedded": {"unset": True}}}}),
            bare,
        ]
        gateway = start(MAPPINGS, manifest(applications=applications), demo=False)
        references = {"web": WEB, "bare": bare["$id"], "other": None}
        keys = {
            name: add_application(gateway.store, name, now(), reference=reference).api_key
            for name, reference in references.items()
        }
        gateway.live.refresh()
        body = {"nr": "7", "number": "8", "lines": [{"text": "a"}]}
        shapes = {
            name: set(gateway("POST", "/api/shop/v1/orders", body, x_api_key=key).body)
            for name, key in keys.items()
        }
        assert shapes["bare"] == shapes["other"] == {"nr", "key"}
        assert {"number", "lines", "_self"} <= shapes["web"]
        assert "embedded" not in shapes["web"]

    def test_keep_what_is_embedded_for_some(self, start: Start) -> None:
        """``unset: {except: [...]}`` leaves ``embedded`` for clients that accept one of these."""
        out = {"out": {"embedded": {"unset": {"except": ["application/json+hal"]}}}}
        gateway = start(manifest(applications=[application(DEFAULT, {ORDERS: out})]))
        made = order(gateway, number="1", lines=[{"text": "a"}])
        shown = {
            accept: "embedded" in gateway("GET", f"/api/shop/v1/orders/{made}", accept=accept).body
            for accept in ("application/json", "application/json, application/json+hal")
        }
        assert shown == {"application/json": False, "application/json, application/json+hal": True}

    def test_without_their_mapping_say_so(self, start: Start) -> None:
        """W35: a mapping that is not there is found at installation; the endpoint says it, and no 500."""
        lost = {"in": {"body": {"mapping": "urn:lost"}}}
        gateway = start(manifest(applications=[application(DEFAULT, {ORDERS: lost, "urn:x": lost})]))
        answer = gateway("GET", "/api/shop/v1/orders")
        assert (answer.status, answer.body["message"]) == (
            405,
            "The mapping urn:lost of this endpoint is not installed.",
        )
        (installed,) = gateway.installed
        assert [w.message for w in installed.warnings if w.code == "dangling-reference"] == [
            f"application {DEFAULT}, endpoint {ORDERS}: mapping 'urn:lost' is not installed",
            f"application {DEFAULT} configures 'urn:x', which is no endpoint here",
        ]

"""The weak points of the original that concern requests, and that ours does not have them.

``docs/reference/compared-with-the-original.md`` names the test for each.
"""

from __future__ import annotations

import uuid
from typing import Any

import httpx2
import pytest

PARTIJEN = "/api/kic/v1/partijen"
CONTACTEN = "/api/kic/v1/klantcontacten"
INJECTIONS = (
    "' OR '1'='1",
    "x'; DROP TABLE object; --",
    '") OR 1=1 --',
    "$where: function(){return true}",
    '{"$ne": null}',
    "%' ESCAPE '\\",
    "a\\' UNION SELECT secret FROM application --",
)


def make(api: httpx2.Client, path: str = PARTIJEN, **body: Any) -> dict[str, Any]:
    answer = api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize("text", INJECTIONS)
def test_w3_text_of_a_client_is_never_code(api: httpx2.Client, text: str) -> None:
    """A value, a name, an operator, an order and a path written as SQL or JavaScript find nothing."""
    tag = uuid.uuid4().hex
    make(api, interneNotitie=tag)
    for params in ({"interneNotitie": text}, {"interneNotitie[like]": text}):
        found = api.get(PARTIJEN, params=params)
        assert found.status_code == 200, found.text
        assert tag not in found.text
    for params in (
        {text: "1"},
        {f"interneNotitie[{text}]": "1"},
        {f"_order[{text}]": "asc"},
        {"_fields[]": text},
    ):
        assert api.get(PARTIJEN, params=params).status_code == 400
    assert api.get(f"/api/kic/v1/{text}").status_code == 404
    assert api.get(PARTIJEN, params={"interneNotitie": tag}).json()["total"] == 1


def test_w3_what_looks_like_code_is_stored_as_text(api: httpx2.Client) -> None:
    """Every such text is found again by itself, exactly."""
    for text in INJECTIONS:
        made = make(api, interneNotitie=text)
        found = api.get(PARTIJEN, params={"interneNotitie": text, "_limit": "500"}).json()["results"]
        assert made["id"] in [result["id"] for result in found]
        assert {result["interneNotitie"] for result in found} == {text}


def test_w13_errors_disclose_nothing(api: httpx2.Client) -> None:
    """No answer names a class, a file, a statement, a scope or another application."""
    answers = [
        api.get(f"{PARTIJEN}/{uuid.uuid4()}"),
        api.post(PARTIJEN, content=b"{", headers={"content-type": "application/json"}),
        api.get(f"{PARTIJEN}?x=1"),
        api.post(PARTIJEN, json={"soortPartij": 1}),
        api.delete(PARTIJEN),
    ]
    for answer in answers:
        for word in ("Traceback", "Exception", ".py", "sqlite", "SELECT", "gateway_core"):
            assert word not in answer.text
    assert "synchronizations" not in make(api)["_self"]


def test_w20_null_is_not_nought(api: httpx2.Client) -> None:
    """Null stays absent, and 0, false and the empty text stay what they are."""
    adres = {"soortBezoekadres": "binnenlands_adres", "huisnummer": None, "straat": ""}
    made = make(api, bezoekadres=adres, indicatieActief=False, interneNotitie="")
    shown = made["embedded"]["bezoekadres"]
    assert shown["huisnummer"] is None
    assert (made["indicatieActief"], made["interneNotitie"], shown["straat"]) == (False, "", "")
    assert make(api)["indicatieActief"] is True
    zero = make(api, bezoekadres={**adres, "huisnummer": 0})
    assert zero["embedded"]["bezoekadres"]["huisnummer"] == 0


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"soortPartij": "reus"}, "soortPartij"),
        ({"bronorganisatie": "x" * 10}, "bronorganisatie"),
        ({"nummer": 1.5}, "nummer"),
        ({"verstrekteAdressen": "x"}, "verstrekteAdressen"),
    ],
)
def test_w28_every_rule_is_enforced(api: httpx2.Client, body: dict[str, Any], place: str) -> None:
    """Enumerations, lengths and types hold, whether or not the property has a format."""
    answer = api.post(PARTIJEN, json=body)
    assert answer.status_code == 400
    assert answer.json()["invalidParams"][0]["name"].startswith(place)


def test_w29_required_means_required(api: httpx2.Client) -> None:
    """A required property is asked for on every level, and nothing impossible is."""
    answer = api.post("/api/kic/v1/digitaaladressen", json={"adres": "x"})
    names = {param["name"] for param in answer.json()["invalidParams"]}
    assert names == {"omschrijving", "soortDigitaalAdres"}
    assert make(api, CONTACTEN, onderwerp="x")["id"]


def test_w30_unknown_properties_are_named(api: httpx2.Client) -> None:
    """A typing error is an error, on each level, with the name that was meant."""
    answer = api.post(PARTIJEN, json={"interneNotite": "x", "persoon": {"achternam": "x"}})
    reasons = {param["name"]: param["reason"] for param in answer.json()["invalidParams"]}
    assert reasons.keys() == {"interneNotite", "persoon.achternam"}
    assert "interneNotitie" in reasons["interneNotite"]


def test_w31_a_patch_is_checked_as_a_whole(api: httpx2.Client) -> None:
    """What a PATCH makes of the object must be valid; uuids, paths and URLs are references."""
    address = {"adres": "a@example.nl", "omschrijving": "x", "soortDigitaalAdres": "emailadres"}
    made = make(api, "/api/kic/v1/digitaaladressen", **address)
    path = f"/api/kic/v1/digitaaladressen/{made['id']}"
    refused = api.patch(path, json={"omschrijving": None})
    assert (refused.status_code, refused.json()["invalidParams"][0]["name"]) == (400, "omschrijving")
    for spelling in (made["id"], path, f"https://elders.example{path}"):
        assert make(api, voorkeurskanaal=spelling)["voorkeurskanaal"] == made["id"]


def test_w32_one_shape_for_errors(api: httpx2.Client) -> None:
    """Every error has a code and a place, down to the element of a list."""
    body = {"verstrekteAdressen": [{"adres": "a", "omschrijving": "x", "soortDigitaalAdres": "duif"}]}
    answer = api.post(PARTIJEN, json=body)
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()["invalidParams"]
    assert [(param["name"], param["code"]) for param in found] == [
        ("verstrekteAdressen.0.soortDigitaalAdres", "enum")
    ]


def test_w33_paths_are_compared_whole(api: httpx2.Client) -> None:
    """A path that only begins like one is none; ids are found in either case; 405 names the methods."""
    assert api.get("/api/kic/v1/takenlijst").status_code == 404
    made = make(api)
    assert api.get(f"{PARTIJEN}/{made['id'].upper()}").status_code == 200
    wrong = api.delete("/api/kic/v1/betrokkenenbijklantcontact/" + made["id"])
    assert wrong.status_code == 405
    assert "DELETE" not in wrong.headers["allow"]


@pytest.mark.parametrize(
    "accept",
    ["application/json; charset=utf-8", "text/html, application/json", "application/hal+json, */*;q=0.1"],
)
def test_w34_accept_is_read_and_not_echoed(api: httpx2.Client, accept: str) -> None:
    """Lists, parameters and weights are read, and the answer says what it is: JSON."""
    answer = api.get(PARTIJEN, headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


@pytest.mark.parametrize(
    "request_",
    [
        ("GET", f"{PARTIJEN}?_order=x", None),
        ("GET", f"{PARTIJEN}?extend=foo", None),
        ("GET", f"{PARTIJEN}?_limit=0", None),
        ("GET", f"{CONTACTEN}?plaatsgevondenOp[after]=gisteren-ofzo", None),
        ("GET", f"{PARTIJEN}?interneNotitie[regex]=(", None),
        ("POST", PARTIJEN, b"1"),
        ("POST", PARTIJEN, b"{x}"),
        ("POST", CONTACTEN, b'{"plaatsgevondenOp": "geen datum"}'),
        ("POST", "/api/kic/v1/contactmomenten", b'{"registratiedatum": "geen datum"}'),
    ],
)
def test_w35_bad_input_is_400(api: httpx2.Client, request_: tuple[str, str, bytes | None]) -> None:
    """What the original answered with 500 is 400, with a sentence."""
    method, path, content = request_
    answer = api.request(method, path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json().get("detail") or answer.json()["message"]


def test_w54_the_document_says_what_is_served(api: httpx2.Client) -> None:
    """Paths with their prefix, true status codes, envelope, query parameters and security."""
    document = api.get("/openapi.json").json()
    listed = document["paths"][PARTIJEN]
    assert {"200", "400", "401"} <= listed["get"]["responses"].keys()
    assert "201" in listed["post"]["responses"]
    assert "204" in document["paths"][f"{PARTIJEN}/{{id}}"]["delete"]["responses"]
    shared = document["components"].get("parameters", {})
    resolved = [shared.get(p.get("$ref", "").rpartition("/")[2], p) for p in listed["get"]["parameters"]]
    assert {"_limit", "interneNotitie"} <= {parameter["name"] for parameter in resolved}
    assert document["components"]["securitySchemes"]
    for path in ("klanten", "contactmomenten", "klantcontactmomenten", "objectcontactmomenten"):
        assert f"/api/kic/v1/{path}" in document["paths"]
        assert f"/api/{path}" in document["paths"]

"""Every member that the old endpoints read is kept: sent over HTTP, and compared with what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from mapped_bundle import FACADES, endpoint

NUMBERS = {"inpBsn": "999993653", "vestigingsNummer": "000037178598", "innNnpId": "12345678"}
# The first of each kind is the partij's own, the others are kept as they are.
ADDRESSES = [
    {"soort": "bezoekadres", "naam": "thuis", "straatnaam": "A", "huisnummer": 1, "huisletter": "B"},
    {"naam": "postbusnummer", "postbusnummer": 12, "antwoordnummer": 13, "postcode": "1234 AB"},
    {"soort": "bezoekadres", "straatnaam": "C", "huisnummer": "2", "huisnummertoevoeging": "bis"},
    {
        "naam": "antwoordnummer",
        "antwoordnummer": 3,
        "woonplaatsnaam": "D",
        "landcode": "5010",
        "landnaam": "E",
    },
    {"soort": "correspondentieadres", "naam": "werk", "postcode": "5678 CD"},
]
# Of these the name stands in the API document and the value is another member's.
ELSEWHERE = {"emailadres": ("emails", "email"), "telefoonnummer": ("telefoonnummers", "telefoonnummer")}


def example(name: str, shape: dict[str, Any]) -> Any:
    """A value with every member that the shape declares."""
    if name == "adressen":
        return ADDRESSES
    if name in NUMBERS:
        return NUMBERS[name]
    if name in ELSEWHERE and "maxLength" in shape and "null" in shape["type"]:
        return f"other-{shape['examples'][0]}"
    if "properties" in shape:
        return {inner: example(inner, schema) for inner, schema in shape["properties"].items()}
    if "properties" in shape.get("items", {}):
        return [example("", shape["items"])]
    return shape["examples"][-1]


def whole(api: httpx2.Client, facade: str) -> dict[str, Any]:
    """A body with every member, and with related objects that exist."""
    shape = endpoint(facade).request_shape
    assert shape is not None
    body = {name: example(name, schema) for name, schema in shape["properties"].items()}
    for name, path in (("klant", "klanten"), ("contactmoment", "contactmomenten")):
        if name in body:
            body[name] = api.post(f"/api/{path}", json={}).json()["id"]
    return body


def lost(sent: Any, seen: Any, place: str = "") -> Iterator[str]:
    """The places of what was sent and is not seen; members may be shown under ``embedded``."""
    if isinstance(sent, dict):
        found = {**seen.get("embedded", {}), **seen} if isinstance(seen, dict) else {}
        for name, value in sent.items():
            yield from lost(value, found.get(name), f"{place}.{name}")
    elif isinstance(sent, list) and isinstance(seen, list) and len(sent) == len(seen):
        for number, (one, other) in enumerate(zip(sent, seen, strict=True)):
            yield from lost(one, other, f"{place}.{number}")
    elif sent != seen and str(sent) != str(seen):
        yield place


def elsewhere(body: dict[str, Any]) -> dict[str, Any]:
    """The body with single addresses in front of the lists that show them."""
    shown = {name: value for name, value in body.items() if name not in ELSEWHERE}
    for name, (many, member) in ELSEWHERE.items():
        if name in body:
            shown[many] = [{member: body[name]}, *body[many]]
    return shown


@pytest.mark.parametrize("facade", FACADES)
def test_every_member_comes_back(api: httpx2.Client, facade: str) -> None:
    """What a POST, or a PATCH of an empty object, sends of all that the mapping reads is in the answer."""
    body = whole(api, facade)
    body.pop("embedded", None)
    made = api.post(f"/api/{facade}", json=body)
    assert made.status_code == 201, made.text
    assert list(lost(elsewhere(body), made.json())) == []
    first = {name: body[name] for name in body.keys() & {"contactmoment", "klant", "object", "objectType"}}
    changed = api.post(f"/api/{facade}", json=first).json()
    changed = api.patch(f"/api/{facade}/{changed['id']}", json=body).json()
    assert list(lost(elsewhere(body), changed)) == []


@pytest.mark.parametrize("facade", ["klanten", "contactmomenten"])
def test_every_embedded_member_comes_back(api: httpx2.Client, facade: str) -> None:
    """What is sent where an answer shows it comes back too."""
    body = {"embedded": whole(api, facade)["embedded"]}
    made = api.post(f"/api/{facade}", json=body)
    assert made.status_code == 201, made.text
    assert list(lost(body, made.json())) == []


@pytest.mark.parametrize("facade", FACADES)
def test_an_answer_can_be_sent_back(api: httpx2.Client, facade: str) -> None:
    """What an answer shows is refused by no endpoint, and a PATCH with it changes nothing."""
    made = api.post(f"/api/{facade}", json=whole(api, facade)).json()
    again = api.patch(f"/api/{facade}/{made['id']}", json=made)
    assert again.status_code == 200, again.text
    assert again.json() == made


@pytest.mark.parametrize("facade", FACADES)
def test_another_member_is_refused_by_name_or_ignored(api: httpx2.Client, facade: str) -> None:
    """A member that no mapping reads is named, at every depth, where the endpoint does not say otherwise."""
    body = {**whole(api, facade), "vreemd": 1}
    names = ["vreemd"]
    if facade == "klanten":
        body["subjectIdentificatie"] = {
            **body["subjectIdentificatie"],
            "inpBsm": "x",
            "verblijfsadres": {"a": 1},
        }
        body["emails"] = [{**body["emails"][0], "soort": "x"}]
        body["embedded"] = {"iets": 1}
        names += ["subjectIdentificatie.inpBsm", "subjectIdentificatie.verblijfsadres.a", "emails.0.soort"]
        names += ["embedded.iets"]
    answer = api.post(f"/api/{facade}", json=body)
    if facade == "contactmomenten":
        assert answer.status_code == 201
        assert "vreemd" not in answer.text
        return
    assert answer.status_code == 400
    data = answer.json()["data"]
    for name in names:
        node = data
        for step in name.split("."):
            node = node[step]
        assert "not a known property" in node
    assert "inpBsn" in str(data.get("subjectIdentificatie", "inpBsn"))


def test_an_address_that_has_no_place_is_refused(api: httpx2.Client) -> None:
    """A visiting address has no PO box, and a land without a code none: they are refused, not dropped."""
    for address in ({"soort": "bezoekadres", "postbusnummer": 1}, {"straatnaam": "A", "landnaam": "B"}):
        answer = api.post("/api/klanten", json={"adressen": [address]})
        assert answer.status_code == 400, answer.text
        assert answer.json()["data"]["bezoekadres"]


def test_a_single_address_comes_first(api: httpx2.Client) -> None:
    """``emailadres`` and ``telefoonnummer`` join the lists in front, once, and the others stay."""
    made = api.post("/api/klanten", json={"emails": [{"email": "a@example.nl"}]}).json()
    for address in ("b@example.nl", "b@example.nl", "a@example.nl"):
        body = {"emailadres": address, "telefoonnummer": "0612345678"}
        shown = api.patch(f"/api/klanten/{made['id']}", json=body).json()["embedded"]
        assert [each["email"] for each in shown["emails"]] == ["b@example.nl", "a@example.nl"]
        assert [each["telefoonnummer"] for each in shown["telefoonnummers"]] == ["0612345678"]


def test_a_member_can_be_taken_away(api: httpx2.Client) -> None:
    """A null takes away what only the old endpoints know, and leaves what stands beside it."""
    identity = {"geboortedatum": "1985-12-01", "geslachtsaanduiding": "v", "voorletters": "S."}
    made = api.post(
        "/api/klanten", json={"subjectIdentificatie": identity, "websiteUrl": "https://a.example"}
    )
    body = {"subjectIdentificatie": {"geboortedatum": None}, "websiteUrl": None}
    shown = api.patch(f"/api/klanten/{made.json()['id']}", json=body).json()
    assert shown.get("websiteUrl") is None
    left = shown["embedded"]["subjectIdentificatie"]
    assert (left.get("geboortedatum"), left["geslachtsaanduiding"], left["voorletters"]) == (None, "v", "S.")


@pytest.mark.parametrize(
    ("facade", "body", "places"),
    [
        ("klanten", {"emails": "x", "adressen": 5}, ["emails", "adressen"]),
        ("klanten", {"subjectIdentificatie": 5}, ["subjectIdentificatie"]),
        ("klanten", {"adressen": [5]}, ["adressen.0"]),
        ("contactmomenten", {"todo": "x"}, ["todo"]),
    ],
)
def test_a_value_that_no_mapping_can_read_is_named(
    api: httpx2.Client, facade: str, body: dict[str, Any], places: list[str]
) -> None:
    """Where a mapping fails on a value of another type, the client's own member is named with the rule."""
    answer = api.post(f"/api/{facade}", json=body)
    assert answer.status_code == 400
    for place in places:
        node = answer.json()["data"]
        for step in place.split("."):
            node = node[step]
        assert node.startswith("must be")
    assert "mapping" not in answer.text

"""The calls of the flow Taak Simpel that need no events, in their order (S1 to S10 of its description)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

KIC = "/api/kic/v1"
BSN = "999993653"
CHANNEL = [{"voorkeurskanaal": {"soortDigitaalAdres": "telefoonnummer", "adres": "0612341234"}}]


def post(api: httpx2.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(f"{KIC}/{path}", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def total(api: httpx2.Client, path: str, **query: str) -> int:
    answer = api.get(f"{KIC}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    found: int = answer.json()["total"]
    return found


def taak(partij: str, **members: Any) -> dict[str, Any]:
    person = {"betrokkeneType": "natuurlijk_persoon", "rolType": "initiator", "betrokkene": {"inpBsn": BSN}}
    return {
        "title": "Lever extra document aan",
        "onderwerp": "Aanvulling",
        "toelichting": "Loonstrook",
        "status": "open",
        "zaak": "https://zaken.example/api/v1/zaken/z1",
        "type": "https://typen.example/aanvulling",
        "actie": {"type": "url", "value": "https://mijn.example/upload/z1"},
        "verloopdatum": "2026-02-01T00:00:00Z",
        "identificatie": {"type": "bsn", "value": BSN},
        "betrokkenen": [{**person, "partij": partij}],
        "extraData": CHANNEL,
        **members,
    }


@pytest.fixture
def partij(api: httpx2.Client) -> dict[str, Any]:
    """S1: an address, and a partij that prefers it."""
    mail = {"adres": "j@example.nl", "omschrijving": "prive", "soortDigitaalAdres": "emailadres"}
    address = post(api, "digitaaladressen", mail)["id"]
    number = {"objecttype": "ingeschrevenpersonen", "soortObjectId": "bsn", "objectId": BSN}
    body = {
        "interneNotitie": "",
        "indicatieGeheimhouding": False,
        "indicatieActief": True,
        "soortPartij": "natuurlijk_persoon",
        "persoon": {"voornaam": "Suzanne", "achternaam": "Moulin"},
        "externeIdentificaties": [{"partijIdentificator": {**number, "register": "https://brp.example"}}],
        "verstrekteAdressen": [address],
        "voorkeurskanaal": address,
    }
    made = post(api, "partijen", body)
    assert made["embedded"]["voorkeurskanaal"]["soortDigitaalAdres"] == "emailadres"
    return made


def test_the_calls_of_the_flow(api: httpx2.Client, partij: dict[str, Any]) -> None:
    """A task is made, found by its person alone, messaged about, closed once, and found no more."""
    made = post(api, "taken", taak(partij["id"]))
    post(api, "taken", taak(post(api, "partijen", {"soortPartij": "natuurlijk_persoon"})["id"]))
    post(api, "taken", taak(partij["id"], status="gesloten"))
    shown = api.get(f"{KIC}/taken/{made['id']}").json()  # S4
    assert (shown["status"], shown["extraData"]) == ("open", CHANNEL)
    for reference in (partij["id"], partij["_self"]["self"], partij["_self"]["uri"]):  # S8
        query = {"betrokkenen.partij": reference, "status": "open"}
        found = api.get(f"{KIC}/taken", params=query).json()["results"]
        assert [each["id"] for each in found] == [made["id"]]
    bericht = {  # S7
        "berichtType": "taak-aangemaakt",
        "aanmaakDatum": "2026-01-05T10:00:00Z",
        "publicatieDatum": "2026-01-05T10:00:00Z",
        "onderwerp": "o" * 50,
        "berichttekst": "t" * 4_000,
        "referentie": "r" * 25,
        "gebruikerID": BSN,
        "soortGebruiker": "Burger",
        "partij": partij["id"],
    }
    message = post(api, "berichten", bericht)["id"]
    elsewhere = f"https://register.example{partij['_self']['self']}"
    assert total(api, "berichten", partij=partij["id"]) == total(api, "berichten", partij=elsewhere) == 1
    assert api.get(f"{KIC}/partijen/{partij['id']}").json()["berichten"] == [message]
    done = {"status": "gesloten", "verzonden_data": [{"document": "https://mijn.example/1"}]}  # S10
    answers = [api.patch(f"{KIC}/taken/{made['id']}", json=done) for _ in range(2)]
    assert [answer.json()["_self"]["version"] for answer in answers] == [2, 2]
    assert answers[0].headers["etag"] == answers[1].headers["etag"]
    assert answers[0].json()["verzonden_data"] == done["verzonden_data"]
    assert total(api, "taken", **{"betrokkenen.partij": partij["id"], "status": "open"}) == 0


@pytest.mark.parametrize(
    "extra",
    [CHANNEL, [{"a": [1, None, {"b": 1.5}]}, {"Ünï": "é", "": 0}], {"n": {"m": [True]}}, [], {}, None],
)
def test_extra_data_comes_back_verbatim(api: httpx2.Client, partij: dict[str, Any], extra: Any) -> None:
    """A list of objects, an object and null are kept as they were sent."""
    made = post(api, "taken", taak(partij["id"], extraData=extra))
    assert api.get(f"{KIC}/taken/{made['id']}").json()["extraData"] == extra


@pytest.mark.parametrize(
    ("members", "name", "code"),
    [
        ({"title": None}, "title", "required"),
        ({"status": "half"}, "status", "enum"),
        ({"identificatie": {"type": "bsn", "value": "123456789"}}, "identificatie.value", "format"),
        ({"identificatie": {"type": "kvk", "value": "123"}}, "identificatie.value", "format"),
        ({"extraData": "text"}, "extraData", "type"),
    ],
)
def test_a_task_that_cannot_be(
    api: httpx2.Client, partij: dict[str, Any], members: dict[str, Any], name: str, code: str
) -> None:
    """What breaks the schema is refused at its place; the number is checked by its type."""
    answer = api.post(f"{KIC}/taken", json=taak(partij["id"], **members))
    assert answer.status_code == 400
    assert [(each["name"], each["code"]) for each in answer.json()["invalidParams"]] == [(name, code)]

"""The calls of the flow Taak Simpel that need no events, in their order (S1 to S10 of its description)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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
        ({"status": "OPEN"}, "status", "enum"),
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


@pytest.mark.parametrize("status", ["open", "ingediend", "verwerkt", "gesloten"])
def test_a_task_may_begin_with_any_status(api: httpx2.Client, partij: dict[str, Any], status: str) -> None:
    """A task that was closed elsewhere is made closed."""
    assert post(api, "taken", taak(partij["id"], status=status))["status"] == status


def test_a_closed_task_stays_closed(api: httpx2.Client, partij: dict[str, Any]) -> None:
    """409 with what it is and what may follow; the task is as it was, and the same status is no change."""
    path = f"{KIC}/taken/{post(api, 'taken', taak(partij['id']))['id']}"
    for status in ("ingediend", "verwerkt", "gesloten", "gesloten"):
        assert api.patch(path, json={"status": status}).json()["status"] == status
    for status in ("open", "ingediend", "verwerkt"):
        answer = api.patch(path, json={"status": status, "title": "Anders"})
        assert answer.status_code == 409
        problem = answer.json()
        told = f"'status' of this Taak is 'gesloten' and cannot become '{status}'."
        assert problem["detail"] == f"{told} It stays as it is: nothing may follow."
        assert (problem["code"], problem["invalidParams"][0]["name"]) == ("transition", "status")
    assert api.get(path).json()["title"] == "Lever extra document aan"
    assert api.post(f"{path}/versions", json={"version": 1}).status_code == 409
    assert api.patch(path, json={"toelichting": "Anders"}).status_code == 200


def test_a_task_goes_forward_only(api: httpx2.Client, partij: dict[str, Any]) -> None:
    """What was handed in is not open again; the answer names what may follow."""
    path = f"{KIC}/taken/{post(api, 'taken', taak(partij['id'], status='ingediend'))['id']}"
    answer = api.patch(path, json={"status": "open"})
    assert answer.status_code == 409
    assert answer.json()["detail"].endswith("It may become 'verwerkt' or 'gesloten'.")
    assert api.patch(path, json={"status": "half"}).status_code == 400


def test_of_two_changes_at_one_moment_one_is_refused(api: httpx2.Client, partij: dict[str, Any]) -> None:
    """Closing and handing in at once: whatever comes first, a closed task is never handed in."""
    for _ in range(10):
        path = f"{KIC}/taken/{post(api, 'taken', taak(partij['id']))['id']}"
        with ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(api.patch, path, json={"status": to}) for to in ("gesloten", "ingediend")]
            closed, handed_in = (each.result() for each in asked)
        assert closed.status_code == 200
        assert handed_in.status_code in (200, 409)
        versions = api.get(f"{path}/versions").json()["total"]
        assert versions == (3 if handed_in.status_code == 200 else 2)
        assert api.get(path).json()["status"] == "gesloten"


def test_the_api_document_tells_the_rules(api: httpx2.Client) -> None:
    """People read them in the description, tools in the keyword."""
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    for form in ("klant.taak", "klant.taak.write", "klant.taak.patch"):
        status = schemas[form]["properties"]["status"]
        assert status["description"].endswith("verwerkt → gesloten. Nothing follows gesloten.")
        assert status["x-transitions"]["gesloten"] == []

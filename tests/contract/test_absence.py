"""Questions for what is not there, asked of the old endpoints, whose mappings lead to lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from gateway_process import StartServer

BSN = "999990019"
OTHER_BSN = "999990020"
PERSONS: dict[str, dict[str, Any]] = {
    "both": {"subjectIdentificatie": {"inpBsn": BSN, "vestigingsNummer": "000037178598"}},
    "bsn": {"subjectIdentificatie": {"inpBsn": OTHER_BSN}, "emails": [{"email": "a@example.nl"}]},
    "vestiging": {"subjectIdentificatie": {"vestigingsNummer": "000037178599"}},
    "rsin": {
        "subjectIdentificatie": {"innNnpId": "999990639"},
        "telefoonnummers": [{"telefoonnummer": "06"}],
    },
    "mail": {"emails": [{"email": "a@example.nl"}, {"email": "b@example.nl"}]},
    "nothing": {},
}
KLANTEN = {
    "inpBsn=IS NULL": "vestiging rsin mail nothing",
    "inpBsn=IS NOT NULL": "both bsn",
    f"inpBsn[ne]={BSN}": "bsn vestiging rsin mail nothing",
    f"inpBsn[ne][]={BSN}&inpBsn[ne][]={OTHER_BSN}": "vestiging rsin mail nothing",
    f"inpBsn[]=IS NULL&inpBsn[]={BSN}": "both vestiging rsin mail nothing",
    "inpBsn[ne]=IS NULL": "both bsn",
    "inpBsn[ne]=IS NOT NULL": "vestiging rsin mail nothing",
    "inpBsn=IS NULL&vestigingsNummer=IS NOT NULL": "vestiging",
    "inpBsn=IS NOT NULL&vestigingsNummer=IS NULL": "bsn",
    "vestigingsNummer[ne]=000037178598": "bsn vestiging rsin mail nothing",
    "innNnpId=IS NULL": "both bsn vestiging mail nothing",
    "innNnpId=IS NOT NULL": "rsin",
    "email=IS NULL": "both vestiging rsin nothing",
    "email=IS NOT NULL": "bsn mail",
    "email[ne]=b@example.nl": "both bsn vestiging rsin nothing",
    "telefoonnummer=IS NULL": "both bsn vestiging mail nothing",
    "telefoonnummer=IS NOT NULL": "rsin",
    "telefoonnummer[ne]=06": "both bsn vestiging mail nothing",
    "email=IS NULL&telefoonnummer=IS NULL&inpBsn=IS NULL": "vestiging nothing",
}
NUMBERS = ("inpBsn", "vestigingsNummer", "innNnpId")
SPELLINGS = {
    "embedded.": {
        **{name: f"embedded.subjectIdentificatie.{name}" for name in NUMBERS},
        "email": "embedded.emails.email",
        "telefoonnummer": "embedded.telefoonnummers.telefoonnummer",
    },
    "older": {
        **{name: f"subjectIdentificatie.{name}" for name in NUMBERS},
        "email": "emails.email",
        "telefoonnummer": "telefoonnummers.telefoonnummer",
    },
    "Klanten API": {
        "inpBsn": "subjectNatuurlijkPersoon__inpBsn",
        "vestigingsNummer": "subjectVestiging__vestigingsNummer",
        "innNnpId": "subjectNietNatuurlijkPersoon__innNnpId",
        "email": "emails.email",
        "telefoonnummer": "telefoonnummers.telefoonnummer",
    },
}


@pytest.fixture(scope="module")
def client(server_factory: StartServer) -> Iterator[httpx2.Client]:
    """A gateway of its own, which holds no more than the tests put there."""
    server = server_factory(demo="true", durability="fast")
    with httpx2.Client(base_url=f"{server.url}/api", timeout=30) as made:
        yield made


def created(client: httpx2.Client, path: str, body: dict[str, Any]) -> str:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


def found(client: httpx2.Client, path: str, query: str) -> set[str]:
    answer = client.get(f"{path}?{query}&_limit=500")
    assert answer.status_code == 200, answer.text
    return {each["id"] for each in answer.json()["results"]}


@pytest.fixture(scope="module")
def persons(client: httpx2.Client) -> dict[str, str]:
    return {name: created(client, "/klanten", {"voornaam": name, **body}) for name, body in PERSONS.items()}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("query", KLANTEN)
def test_klanten_without_a_number_or_an_address(
    client: httpx2.Client, persons: dict[str, str], query: str, spelling: str
) -> None:
    """No BSN at all, any BSN, no BSN that equals this one: asked of all that a klant has."""
    parts = []
    for part in query.split("&"):
        name = next(name for name in SPELLINGS[spelling] if part.startswith(name))
        parts.append(SPELLINGS[spelling][name] + part.removeprefix(name))
    assert found(client, "/klanten", "&".join(parts)) == {persons[name] for name in KLANTEN[query].split()}


def test_contactmomenten_without_an_object_or_a_klant(client: httpx2.Client, persons: dict[str, str]) -> None:
    """A contactmoment is found by what none of its objects or klanten is, also when it has none."""
    none, one, two = (created(client, "/contactmomenten", {"tekst": text}) for text in "abc")
    first, second = "https://zaken.example.nl/1", "https://zaken.example.nl/2"
    for moment, object, klant in ((one, first, "both"), (two, first, "both"), (two, second, "bsn")):
        created(
            client,
            "/objectcontactmomenten",
            {"contactmoment": moment, "object": object, "objectType": "zaak"},
        )
        created(client, "/klantcontactmomenten", {"contactmoment": moment, "klant": persons[klant]})
    for name in ("object", "objectcontactmomenten.object", "embedded.objectcontactmomenten.object"):
        assert found(client, "/contactmomenten", f"{name}=IS NULL") == {none}
        assert found(client, "/contactmomenten", f"{name}=IS NOT NULL") == {one, two}
        assert found(client, "/contactmomenten", f"{name}[ne]={second}") == {none, one}
        assert found(client, "/contactmomenten", f"{name}[ne][]={first}&{name}[ne][]={second}") == {none}
        assert found(client, "/contactmomenten", f"{name}={first}") == {one, two}
    assert found(client, "/contactmomenten", "klant=IS NULL") == {none}
    assert found(client, "/contactmomenten", "klant=IS NOT NULL") == {one, two}
    assert found(client, "/contactmomenten", f"klant[ne]={persons['bsn']}") == {none, one}
    assert found(client, "/contactmomenten", f"klant={persons['both']}") == {one, two}
    assert found(client, "/objectcontactmomenten", f"object[ne]={first}&contactmoment={one}") == set()
    assert found(client, "/klantcontactmomenten", f"klant=IS NULL&contactmoment={one}") == set()


def test_a_put_keeps_the_order_of_addresses(client: httpx2.Client) -> None:
    """What a client sends in front comes back in front; addresses that klanten do not show stay."""
    sent = [{"email": f"{letter}@example.nl"} for letter in "ab"]
    id = created(client, "/klanten", {"emails": sent, "telefoonnummers": [{"telefoonnummer": "0612345678"}]})
    other = {"adres": "box", "omschrijving": "box", "soortDigitaalAdres": "overig"}
    assert client.patch(f"/kic/v1/partijen/{id}", json={"verstrekteAdressen": [other]}).status_code == 200
    for order in ("xab", "bxa", "axyb", "ba", "z"):
        emails = [{"email": f"{letter}@example.nl"} for letter in order]
        answer = client.put(f"/klanten/{id}", json={"embedded": {"emails": emails}})
        assert answer.status_code == 200, answer.text
        shown = client.get(f"/klanten/{id}").json()["embedded"]
        assert [each["email"][0] for each in shown["emails"]] == list(order)
        assert [each["telefoonnummer"] for each in shown["telefoonnummers"]] == ["0612345678"]
    addresses = client.get(f"/kic/v1/partijen/{id}").json()["embedded"]["verstrekteAdressen"]
    assert sorted(each["adres"] for each in addresses) == ["0612345678", "box", "z@example.nl"]

"""The calls of the KISS front end, as it made them to a Common Gateway.

Each test is a row of the contract table (K1 to K11, C1, C2, KC1 to KC3, O1, O2) and asserts
the fields that the client reads; F4 is its whole save flow.
"""

from __future__ import annotations

import itertools
from typing import Any

import httpx2
import pytest

KLANTEN = ("/api/kic/v1/klanten", "/api/klanten")
BRONORGANISATIE = "999990639"
NUMBERS = itertools.count(1)


def bsn() -> str:
    """The next fictional number that passes the eleven-test, from the test range 9999."""
    while True:
        head = f"9999{next(NUMBERS) + 10:04d}"
        rest = sum(int(digit) * weight for digit, weight in zip(head, range(9, 1, -1), strict=True)) % 11
        if rest < 10:
            return head + str(rest)


def post(api: httpx2.Client, path: str, body: dict[str, Any], *, typed: bool = False) -> dict[str, Any]:
    """POST as KISS does: mostly without a Content-Type that says JSON."""
    content = httpx2.Request("POST", "http://x", json=body).content
    headers = {"content-type": "application/json"} if typed else {}
    answer = api.post(path, content=content, headers=headers)
    assert answer.status_code == 201, answer.text
    result: dict[str, Any] = answer.json()
    return result


def page(api: httpx2.Client, path: str, query: str) -> dict[str, Any]:
    """GET a list with the query exactly as spelled, and check what every KISS version reads."""
    answer = api.get(f"{path}?{query}")
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    assert isinstance(result["results"], list)
    for number in ("limit", "total", "page", "pages", "count"):
        assert isinstance(result[number], int), number
    return result


def person(**members: Any) -> dict[str, Any]:
    return {
        "bronorganisatie": BRONORGANISATIE,
        "klantnummer": "123",
        "subjectType": "natuurlijk_persoon",
        **members,
    }


@pytest.mark.parametrize("path", KLANTEN)
def test_k1_finds_a_klant_by_bsn(api: httpx2.Client, path: str) -> None:
    """A search by BSN gives the one klant with it, under both prefixes."""
    number = bsn()
    made = post(api, path, person(subjectIdentificatie={"inpBsn": number}, achternaam="Moulin"))
    found = page(api, path, f"extend[]=all&embedded.subjectIdentificatie.inpBsn={number}")
    assert [klant["id"] for klant in found["results"]] == [made["id"]]
    assert found["results"][0]["embedded"]["subjectIdentificatie"]["inpBsn"] == number


def test_k1_never_finds_a_vestiging_with_the_same_digits(api: httpx2.Client) -> None:
    """A BSN search does not hit a vestigingsnummer of the same digits."""
    number = bsn()
    vestiging = {"subjectType": "vestiging", "bedrijfsnaam": "Bakkerij", "bronorganisatie": BRONORGANISATIE}
    post(api, KLANTEN[1], {**vestiging, "subjectIdentificatie": {"vestigingsNummer": number}})
    assert page(api, KLANTEN[1], f"embedded.subjectIdentificatie.inpBsn={number}")["total"] == 0
    query = f"embedded.subjectIdentificatie.vestigingsNummer={number}&subjectType=vestiging"
    assert page(api, KLANTEN[1], query)["total"] == 1


def test_k2_finds_a_vestiging(api: httpx2.Client) -> None:
    """A search by vestigingsnummer gives that vestiging with its name."""
    body = {
        "bronorganisatie": BRONORGANISATIE,
        "klantnummer": "123",
        "subjectIdentificatie": {"vestigingsNummer": "000037178598"},
        "subjectType": "vestiging",
        "bedrijfsnaam": "Test BV Donald",
    }
    made = post(api, KLANTEN[1], body)
    query = "extend[]=all&embedded.subjectIdentificatie.vestigingsNummer=000037178598&subjectType=vestiging"
    found = page(api, KLANTEN[1], query)["results"]
    assert [klant["id"] for klant in found] == [made["id"]]
    assert found[0]["bedrijfsnaam"] == "Test BV Donald"
    assert found[0]["embedded"]["subjectIdentificatie"]["vestigingsNummer"] == "000037178598"


def test_k3_searches_on_part_of_an_email_address(api: httpx2.Client) -> None:
    """A search on e-mail finds the persons with such an address, ordered, and nobody by telephone."""
    for name in ("Zwart", "Aalders"):
        post(api, KLANTEN[1], person(achternaam=name, emails=[{"email": f"{name}@k3.example.nl"}]))
    trap = {"telefoonnummers": [{"telefoonnummer": "0612345678", "naam": "k3.example"}]}
    post(api, KLANTEN[1], person(achternaam="Fout", **trap, emails=[{"email": "fout@elders.nl"}]))
    query = (
        "extend[]=all&_order[achternaam]=asc&_page=1&subjectType=natuurlijk_persoon"
        "&embedded.emails.email[like]=K3.example"
    )
    found = page(api, KLANTEN[1], query)["results"]
    assert [klant["achternaam"] for klant in found] == ["Aalders", "Zwart"]
    assert found[0]["embedded"]["emails"][0]["email"] == "Aalders@k3.example.nl"


def test_k4_searches_on_part_of_a_telephone_number(api: httpx2.Client) -> None:
    """A search on telephone number looks at telephone numbers only."""
    made = post(api, KLANTEN[1], person(telefoonnummers=[{"telefoonnummer": "0104447755"}]))
    post(api, KLANTEN[1], person(emails=[{"email": "a0104447755@example.nl"}]))
    query = (
        "extend[]=all&_order[achternaam]=asc&_page=1&subjectType=natuurlijk_persoon"
        "&embedded.telefoonnummers.telefoonnummer[like]=044477"
    )
    found = page(api, KLANTEN[1], query)["results"]
    assert [klant["id"] for klant in found] == [made["id"]]
    assert found[0]["embedded"]["telefoonnummers"][0]["telefoonnummer"] == "0104447755"


@pytest.mark.parametrize("place", ["todo", "embedded"])
def test_a_contactverzoek_can_be_reopened(api: httpx2.Client, place: str) -> None:
    """``completed`` is set and taken away under either name, and nothing else of the todo changes."""
    path = "/api/contactmomenten"
    todo = {"name": "bel", "description": "Graag", "attendees": ["a@example.nl", "Burgerzaken"]}
    made = post(api, path, {"bronorganisatie": BRONORGANISATIE, "todo": todo})
    for completed in ("2023-06-01T10:00:00Z", None, "2023-06-02T10:00:00Z", None):
        change = {"todo": {"completed": completed}}
        body = change if place == "todo" else {"embedded": change}
        answer = api.patch(f"{path}/{made['id']}", json=body)
        assert answer.status_code == 200, answer.text
        shown = api.get(f"{path}/{made['id']}").json()["embedded"]["todo"]
        assert {**shown, "id": None} == {"id": None, **todo, "completed": completed}
    open_ones = api.get(
        "/api/kic/v1/internetaken", params={"status": "te_verwerken", "klantcontact": made["id"]}
    )
    assert open_ones.json()["total"] == 1


MOMENTS = [  # as sent, in the order of time
    "2023-05-26T13:04:59.999Z",
    "2023-05-26UTC13:05:00",
    "2023-05-26T13:05:00.000000001Z",
    "2023-05-26T15:05:00.25+02:00",
    "2023-05-26T13:05:00.250000001Z",
    "2023-05-26T13:05:00.5Z",
    "2023-05-26T13:05:01.0Z",
    "2023-05-26T13:05:10Z",
    "2023-05-26T12:10:00-01:00",
]


def test_moments_within_a_second_are_in_the_order_of_time(api: httpx2.Client) -> None:
    """Whatever precision and offset they came with, moments are ordered and bounded as time has it."""
    path = "/api/kic/v1/contactmomenten"
    for text in reversed(MOMENTS):
        body = {"kanaal": "moments", "bronorganisatie": BRONORGANISATIE, "tekst": text}
        post(api, path, {**body, "registratiedatum": text})
    for spelling, expected in (
        ("_order[registratiedatum]=asc", MOMENTS),
        ("order[registratiedatum]=desc", MOMENTS[::-1]),
        ("_order[registratiedatum]=asc&registratiedatum[after]=2023-05-26UTC13:05:00", MOMENTS[1:]),
        ("_order[registratiedatum]=asc&registratiedatum[after]=2023-05-26T15:05:00.250%2B02:00", MOMENTS[3:]),
        ("_order[registratiedatum]=asc&registratiedatum[before]=2023-05-26T15:05:00.25+02:00", MOMENTS[:4]),
        ("registratiedatum=2023-05-26UTC13:05:00", MOMENTS[1:2]),
        ("registratiedatum=2023-05-26T14:05:00.500%2B01:00", MOMENTS[5:6]),
    ):
        found = page(api, path, f"kanaal=moments&{spelling}")["results"]
        assert [each["tekst"] for each in found] == expected


def test_two_searches_may_find_their_own_elements(api: httpx2.Client) -> None:
    """A klant is found by BSN and vestigingsnummer, or by e-mail and telephone, together; a number of
    one kind that goes with another kind finds nobody."""
    number, vestiging = bsn(), "000099887766"
    identity = {"inpBsn": number, "vestigingsNummer": vestiging}
    contact = {
        "emails": [{"email": f"{number}@twee.example.nl"}],
        "telefoonnummers": [{"telefoonnummer": "0701112233"}],
    }
    made = post(api, KLANTEN[1], person(subjectIdentificatie=identity, **contact))
    both = "embedded.subjectIdentificatie.inpBsn={}&embedded.subjectIdentificatie.vestigingsNummer={}"
    found = page(api, KLANTEN[1], both.format(number, vestiging))
    assert [klant["id"] for klant in found["results"]] == [made["id"]]
    assert page(api, KLANTEN[1], both.format(bsn(), vestiging))["total"] == 0
    assert page(api, KLANTEN[1], f"embedded.subjectIdentificatie.inpBsn={vestiging}")["total"] == 0
    search = "embedded.emails.email[like]={}&telefoonnummers.telefoonnummer[like]={}"
    found = page(api, KLANTEN[1], search.format(f"{number}@twee", "0701112"))
    assert [klant["id"] for klant in found["results"]] == [made["id"]]
    assert page(api, KLANTEN[1], search.format("0701112", f"{number}@twee"))["total"] == 0


FAULTS = {
    "embedded.emails.email[foo]=x": "embedded.emails.email[foo]",
    "embedded.telefoonnummers.telefoonnummer[after]=x": "embedded.telefoonnummers.telefoonnummer[after]",
    "subjectType[regex]=(": "subjectType[regex]",
    "klantnummer[int_compare]=x": "klantnummer[int_compare]",
    "_order[achternaam]=sideways": "_order[achternaam]",
    "_order[voornaam]=asc&_order[achternaam]=sideways": "_order[achternaam]",
    "achternaam[a][b]=x": "achternaam[a]",
    "_limit=none": "_limit",
}


@pytest.mark.parametrize("query", FAULTS)
def test_faults_name_what_the_client_wrote(api: httpx2.Client, query: str) -> None:
    """A value or operator that cannot be is told under the client's name for it, not the stored one."""
    answer = api.get(f"{KLANTEN[1]}?achternaam=Moulin&voornaam=Noor&{query}")
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["data"]) == [FAULTS[query]]
    for word in ("verstrekteAdressen", "persoon", "soortPartij", "partijIdentificator"):
        assert word not in answer.text


def test_k5_reads_a_klant(api: httpx2.Client) -> None:
    """A klant shows everything that the client spreads into its own object."""
    number = bsn()
    made = post(
        api,
        KLANTEN[1],
        person(
            voornaam="Suzanne",
            voorvoegselAchternaam="van",
            achternaam="O'Brien & Zn",
            subjectIdentificatie={"inpBsn": number},
            emails=[{"email": "s@example.nl"}],
        ),
    )
    klant = api.get(f"{KLANTEN[1]}/{made['id']}?extend[]=all").json()
    assert klant["id"] == made["id"]
    assert klant["klantnummer"] == "123"
    assert (klant["voornaam"], klant["voorvoegselAchternaam"]) == ("Suzanne", "van")
    assert klant["achternaam"] == "O'Brien & Zn"
    assert klant["bedrijfsnaam"] is None
    assert klant["embedded"]["subjectIdentificatie"]["inpBsn"] == number
    assert [email["email"] for email in klant["embedded"]["emails"]] == ["s@example.nl"]
    assert klant["embedded"]["telefoonnummers"] == []
    assert klant["_self"]["self"] == f"{KLANTEN[0]}/{made['id']}"


def test_k6_shows_the_asked_fields(api: httpx2.Client) -> None:
    """The fields that are asked for before an update are there, bronorganisatie too."""
    made = post(api, KLANTEN[1], person(klantnummer="00000101"))
    query = "fields[]=klantnummer&fields[]=bronorganisatie"
    klant = api.get(f"{KLANTEN[1]}/{made['id']}?{query}").json()
    assert klant["klantnummer"] == "00000101"
    assert klant["bronorganisatie"] == BRONORGANISATIE
    assert "achternaam" not in klant


def test_k7_an_update_of_contact_data_loses_nothing(api: httpx2.Client) -> None:
    """The PUT of KISS replaces telephone numbers and addresses and keeps everything it does not send."""
    number = bsn()
    body = person(
        achternaam="Moulin", subjectIdentificatie={"inpBsn": number}, emails=[{"email": "oud@example.nl"}]
    )
    made = post(api, KLANTEN[1], body)
    partij = api.get(f"/api/kic/v1/partijen/{made['id']}").json()
    overig = {"soortDigitaalAdres": "overig", "omschrijving": "berichtenbox", "adres": "box-1"}
    api.patch(f"/api/kic/v1/partijen/{made['id']}", json={"verstrekteAdressen": [overig]})
    update = {
        "klantnummer": "123",
        "bronorganisatie": BRONORGANISATIE,
        "embedded": {
            "telefoonnummers": [{"telefoonnummer": "0612341234"}],
            "emails": [{"email": "nieuw@example.nl"}],
        },
    }
    answer = api.put(f"{KLANTEN[1]}/{made['id']}", json=update)
    assert answer.status_code == 200, answer.text
    klant = answer.json()
    assert [e["email"] for e in klant["embedded"]["emails"]] == ["nieuw@example.nl"]
    assert [t["telefoonnummer"] for t in klant["embedded"]["telefoonnummers"]] == ["0612341234"]
    assert klant["embedded"]["subjectIdentificatie"]["inpBsn"] == number
    assert klant["achternaam"] == "Moulin"
    after = api.get(f"/api/kic/v1/partijen/{made['id']}").json()
    assert "box-1" in [a["adres"] for a in after["embedded"]["verstrekteAdressen"]]
    assert after["externeIdentificaties"] == partij["externeIdentificaties"]


def test_k8_creates_a_klant_with_only_a_bsn(api: httpx2.Client) -> None:
    """A klant of which only the BSN is known has no name: no literal leaks into one."""
    number = bsn()
    made = post(api, KLANTEN[1], person(subjectIdentificatie={"inpBsn": number}))
    assert (made["voornaam"], made["voorvoegselAchternaam"], made["achternaam"]) == (None, None, None)
    assert made["embedded"]["subjectIdentificatie"]["inpBsn"] == number
    partij = api.get(f"/api/kic/v1/partijen/{made['id']}").json()
    identificator = partij["externeIdentificaties"][0]["partijIdentificator"]
    assert identificator["objectId"] == number
    assert identificator["soortObjectId"] == "bsn"
    assert not any("{" in str(value) for value in identificator.values())
    assert partij["soortPartij"] == "natuurlijk_persoon"


def test_k9_creates_a_vestiging(api: httpx2.Client) -> None:
    """A vestiging is stored as a partij with an organisation's name."""
    body = {
        "bronorganisatie": BRONORGANISATIE,
        "klantnummer": "123",
        "subjectIdentificatie": {"vestigingsNummer": "000012345678"},
        "subjectType": "vestiging",
        "bedrijfsnaam": "Test BV",
    }
    made = post(api, KLANTEN[1], body)
    assert made["embedded"]["subjectIdentificatie"] == {
        "inpBsn": None,
        "vestigingsNummer": "000012345678",
    } | {
        k: v
        for k, v in made["embedded"]["subjectIdentificatie"].items()
        if k not in ("inpBsn", "vestigingsNummer")
    }
    assert api.get(f"/api/kic/v1/partijen/{made['id']}").json()["organisatie"]["naam"] == "Test BV"


def test_k10_creates_a_klant_with_contact_data(api: httpx2.Client) -> None:
    """The contact form's klant keeps its telephone numbers and e-mail addresses."""
    made = post(
        api,
        KLANTEN[1],
        person(
            voornaam="Jan",
            voorvoegselAchternaam="",
            achternaam="Jansen",
            telefoonnummers=[{"telefoonnummer": "0101122334"}, {"telefoonnummer": "0612341234"}],
            emails=[{"email": "jan@example.nl"}],
        ),
    )
    assert made["id"]
    numbers = [t["telefoonnummer"] for t in made["embedded"]["telefoonnummers"]]
    assert numbers == ["0101122334", "0612341234"]


def test_k11_finds_klanten_without_a_kind(api: httpx2.Client) -> None:
    """IS NULL finds the klanten of which a field is absent."""
    made = post(
        api, KLANTEN[1], {"klantnummer": "77", "bronorganisatie": BRONORGANISATIE, "achternaam": "K11"}
    )
    query = "fields[]=klantnummer&fields[]=bronorganisatie&subjectType=IS NULL&_limit=500"
    found = {klant["id"]: klant for klant in page(api, KLANTEN[1], query)["results"]}
    assert found[made["id"]]["klantnummer"] == "77"
    assert found[made["id"]]["bronorganisatie"] == BRONORGANISATIE


CONTACTMOMENT: dict[str, Any] = {
    "gespreksId": None,
    "vorigContactmoment": None,
    "voorkeurskanaal": "",
    "voorkeurstaal": "",
    "tekst": "Mevrouw belt over grofvuil",
    "onderwerpLinks": ["https://www.example.nl/grofvuil"],
    "initiatiefnemer": "klant",
    "medewerker": "",
    "medewerkerIdentificatie": {"identificatie": "m-17", "achternaam": "Bakker", "voorletters": "A."},
    "resultaat": "Zelfstandig afgehandeld",
    "kanaal": "telefoon",
    "bronorganisatie": "099990639",
    "registratiedatum": "2023-05-26UTC13:05:00",
    "startdatum": "2023-05-26UTC13:01:12",
    "einddatum": "2023-05-26UTC13:05:00",
    "primaireVraag": "https://sdg.example/1",
    "primaireVraagWeergave": "Grofvuil",
    "afwijkendOnderwerp": "ophaaldag",
}
CONTACTVERZOEK: dict[str, Any] = {
    "bronorganisatie": BRONORGANISATIE,
    "todo": {
        "name": "contactverzoek",
        "description": "Graag terugbellen",
        "attendees": ["jan@gemeente.nl", "Afdeling Burgerzaken"],
    },
    "primaireVraagWeergave": "Paspoort",
    "afwijkendOnderwerp": "spoed",
    "registratiedatum": "2023-05-26UTC13:05:00",
}


@pytest.mark.parametrize("path", ["/api/kic/v1/contactmomenten", "/api/contactmomenten"])
def test_c1_creates_a_contactmoment(api: httpx2.Client, path: str) -> None:
    """A contactmoment answers id, url and gespreksId, and every field survives the round trip."""
    made = post(api, path, CONTACTMOMENT)
    assert made["id"]
    assert made["gespreksId"]
    assert made["url"].startswith("http")
    assert made["url"].endswith(made["id"])
    read = api.get(made["url"]).json()
    for name in ("tekst", "resultaat", "kanaal", "bronorganisatie", "afwijkendOnderwerp", "gespreksId"):
        assert read[name] == made[name], name
    assert read["bronorganisatie"] == "099990639"
    assert read["medewerkerIdentificatie"]["achternaam"] == "Bakker"
    assert read["primaireVraag"] == "https://sdg.example/1"
    assert read["primaireVraagWeergave"] == "Grofvuil"
    assert read["registratiedatum"].startswith("2023-05-26T13:05:00")
    assert read["startdatum"].startswith("2023-05-26T13:01:12")
    assert read["einddatum"].startswith("2023-05-26T13:05:00")


def test_c1_keeps_a_gespreks_id_that_is_given(api: httpx2.Client) -> None:
    """The second question of one conversation carries the id of the first."""
    first = post(api, "/api/contactmomenten", CONTACTMOMENT)
    second = post(api, "/api/contactmomenten", {**CONTACTMOMENT, "gespreksId": first["gespreksId"]})
    assert second["gespreksId"] == first["gespreksId"]
    assert second["id"] != first["id"]


def test_c1_takes_a_long_subject(api: httpx2.Client) -> None:
    """A subject of 200 characters and more is stored whole, where the original stopped at 40."""
    made = post(api, "/api/contactmomenten", {**CONTACTMOMENT, "afwijkendOnderwerp": "x" * 600})
    assert made["afwijkendOnderwerp"] == "x" * 600


def test_c2_creates_a_contactverzoek(api: httpx2.Client) -> None:
    """A contactverzoek keeps its description, every attendee and whether it is completed."""
    made = post(api, "/api/contactmomenten", CONTACTVERZOEK)
    assert made["url"]
    todo = made["embedded"]["todo"]
    assert todo["description"] == "Graag terugbellen"
    assert sorted(todo["attendees"]) == ["Afdeling Burgerzaken", "jan@gemeente.nl"]
    assert todo["completed"] is None
    contact = api.get(f"/api/kic/v1/klantcontacten/{made['id']}?_extend[]=all").json()
    task = contact["embedded"]["interneTaakOntstaanUit"][0]
    assert task["status"] == "te_verwerken"
    done = {"status": "verwerkt", "afgehandeldOp": "2023-06-01T08:00:00Z"}
    assert api.patch(f"/api/kic/v1/internetaken/{task['id']}", json=done).status_code == 200
    after = api.get(f"/api/contactmomenten/{made['id']}").json()
    assert after["embedded"]["todo"]["completed"].startswith("2023-06-01T08:00:00")


def klant_with_two_contacts(api: httpx2.Client) -> tuple[str, str, str]:
    """A klant with a contactmoment and a contactverzoek; their ids."""
    klant = post(api, KLANTEN[1], person(achternaam="Twee"))["id"]
    moment = post(api, "/api/contactmomenten", CONTACTMOMENT)["id"]
    asked = post(
        api, "/api/contactmomenten", {**CONTACTVERZOEK, "registratiedatum": "2023-07-01UTC10:00:00"}
    )["id"]
    for contact in (moment, asked):
        body = {"klant": klant, "contactmoment": contact, "rol": "gesprekspartner"}
        post(api, "/api/klantcontactmomenten", body, typed=True)
    return klant, moment, asked


def test_kc1_ties_a_contactmoment_to_a_klant(api: httpx2.Client) -> None:
    """The link is made of bare ids and keeps its role."""
    klant = post(api, KLANTEN[1], person(achternaam="Een"))["id"]
    contact = post(api, "/api/contactmomenten", CONTACTMOMENT)["id"]
    body = {"klant": klant, "contactmoment": contact, "rol": "gesprekspartner"}
    made = post(api, "/api/klantcontactmomenten", body)
    assert (made["klant"], made["contactmoment"], made["rol"]) == (klant, contact, "gesprekspartner")


def kc_query(klant: str, todo: str) -> str:
    return (
        "_order[embedded.contactmoment.registratiedatum]=desc&extend[]=medewerker&extend[]=embedded._self.owner"
        "&extend[]=embedded.contactmoment.todo&_limit=10&_page=1"
        f"&embedded.klant._self.id={klant}&embedded.contactmoment.todo={todo}"
    )


def test_kc2_lists_the_contactmomenten_of_one_klant(api: httpx2.Client) -> None:
    """Only this klant's contactmomenten come back, without the contactverzoeken."""
    klant, moment, _ = klant_with_two_contacts(api)
    klant_with_two_contacts(api)
    found = page(api, "/api/klantcontactmomenten", kc_query(klant, "IS NULL"))
    assert [r["embedded"]["contactmoment"]["id"] for r in found["results"]] == [moment]
    shown = found["results"][0]["embedded"]["contactmoment"]
    for name in ("startdatum", "registratiedatum", "kanaal", "tekst", "resultaat", "primaireVraagWeergave"):
        assert shown[name], name
    assert "owner" in found["results"][0]["_self"]


def test_kc3_lists_the_contactverzoeken_of_one_klant(api: httpx2.Client) -> None:
    """Only this klant's contactverzoeken come back, with what is to be done."""
    klant, _, asked = klant_with_two_contacts(api)
    found = page(api, "/api/klantcontactmomenten", kc_query(klant, "IS NOT NULL"))
    assert [r["embedded"]["contactmoment"]["id"] for r in found["results"]] == [asked]
    todo = found["results"][0]["embedded"]["contactmoment"]["embedded"]["todo"]
    assert todo["description"] == "Graag terugbellen"
    assert todo["attendees"][0] in ("jan@gemeente.nl", "Afdeling Burgerzaken")


def test_kc2_orders_by_the_contactmoment(api: httpx2.Client) -> None:
    """Without the todo filter both come back, the newest first."""
    klant, moment, asked = klant_with_two_contacts(api)
    query = f"_order[embedded.contactmoment.registratiedatum]=desc&embedded.klant._self.id={klant}"
    found = page(api, "/api/klantcontactmomenten", query)["results"]
    assert [r["embedded"]["contactmoment"]["id"] for r in found] == [asked, moment]


@pytest.mark.parametrize(
    "spelling", ["{id}", "/api/kic/v1/klanten/{id}", "https://kiss.example/api/klanten/{id}"]
)
def test_kc2_takes_a_klant_as_id_path_or_url(api: httpx2.Client, spelling: str) -> None:
    """The relation filter accepts each way in which clients name an object."""
    klant, _, _ = klant_with_two_contacts(api)
    found = page(api, "/api/klantcontactmomenten", f"klant={spelling.format(id=klant)}")
    assert found["total"] == 2


def test_o1_and_o2_tie_a_contactmoment_to_a_zaak(api: httpx2.Client) -> None:
    """A zaak's contactmomenten are found by the zaak's address, newest first."""
    zaak = "https://zaken.example.nl/api/v1/zaken/0000aaaa"
    contact = post(api, "/api/contactmomenten", CONTACTMOMENT)["id"]
    later = post(api, "/api/contactmomenten", {**CONTACTMOMENT, "registratiedatum": "2024-01-02UTC08:00:00"})[
        "id"
    ]
    for id in (contact, later):
        made = post(
            api, "/api/objectcontactmomenten", {"contactmoment": id, "object": zaak, "objectType": "zaak"}
        )
        assert (made["object"], made["objectType"]) == (zaak, "zaak")
    query = (
        "_order[contactmoment.registratiedatum]=desc&extend[]=embedded._self.owner&extend[]=all"
        f"&objectType=zaak&object={zaak}&_page=1"
    )
    found = page(api, "/api/objectcontactmomenten", query)["results"]
    assert [r["embedded"]["contactmoment"]["id"] for r in found] == [later, contact]
    assert found[0]["embedded"]["contactmoment"]["tekst"]


def test_f4_saves_a_conversation(api: httpx2.Client) -> None:
    """The whole save flow of one question: contactverzoek, contactmoment, zaak, and the links."""
    klant = post(api, KLANTEN[1], person(achternaam="Stroom"))["id"]
    asked = post(api, "/api/contactmomenten", CONTACTVERZOEK)
    post(
        api,
        "/api/klantcontactmomenten",
        {"klant": klant, "contactmoment": asked["id"], "rol": "gesprekspartner"},
    )
    moment = post(api, "/api/contactmomenten", CONTACTMOMENT)
    zaak = {"contactmoment": moment["id"], "object": "/api/zaken/5b0f8a3c", "objectType": "zaak"}
    post(api, "/api/objectcontactmomenten", zaak)
    post(
        api,
        "/api/klantcontactmomenten",
        {"klant": klant, "contactmoment": moment["id"], "rol": "gesprekspartner"},
    )
    link = {"contactmoment": moment["id"], "object": asked["url"], "objectType": "contactmomentobject"}
    post(api, "/api/objectcontactmomenten", link)
    found = page(api, "/api/klantcontactmomenten", kc_query(klant, "IS NULL"))["results"]
    objects = found[0]["embedded"]["contactmoment"]["embedded"]["objectcontactmomenten"]
    assert {(o["object"], o["objectType"]) for o in objects} == {
        ("/api/zaken/5b0f8a3c", "zaak"),
        (asked["url"], "contactmomentobject"),
    }
    assert api.get(asked["url"]).json()["embedded"]["todo"]["description"] == "Graag terugbellen"


def test_a_filter_is_never_lost(api: httpx2.Client) -> None:
    """A parameter that nothing consumes is refused by name; the original answered everybody's records."""
    for path in (
        "/api/klantcontactmomenten",
        "/api/klanten",
        "/api/contactmomenten",
        "/api/objectcontactmomenten",
    ):
        answer = api.get(f"{path}?embedded.klnt._self.id=x")
        assert answer.status_code == 400
        body = answer.json()
        assert "embedded.klnt._self.id" in body["message"]
        assert set(body) == {"message", "data", "path"}


def test_a_doubled_question_mark_is_forgiven(api: httpx2.Client) -> None:
    """``contactmomenten??klant=…`` is read as what it means."""
    klant, _, _ = klant_with_two_contacts(api)
    assert page(api, "/api/klantcontactmomenten", f"?klant={klant}")["total"] == 2

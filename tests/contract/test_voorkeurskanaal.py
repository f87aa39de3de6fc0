"""Along which channel a partij is told of a task: the vectors V1 to V12, and what may not happen."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import StartServer

from gateway_core.app import now
from gateway_core.operations.applications import add_application
from gateway_core.store.open import open_store

KIC = "/api/kic/v1"
ZAAK = "https://zaken.example/api/v1/zaken/ZAAK-2025-42"
MAIL, PHONE, OTHER = "j@example.nl", "0612341234", "anders@example.nl"
Body = dict[str, Any]


def post(api: httpx2.Client, path: str, body: Body) -> str:
    answer = api.post(f"{KIC}/{path}", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def address(kind: str, value: str, **more: Any) -> Body:
    return {"adres": value, "omschrijving": "adres", "soortDigitaalAdres": kind, **more}


def partij(api: httpx2.Client, *addresses: Body, prefers: int | None = None, **more: Any) -> str:
    """A new partij with these addresses, one of them preferred."""
    ids = [post(api, "digitaaladressen", each) for each in addresses]
    preferred = {} if prefers is None else {"voorkeurskanaal": ids[prefers]}
    body = {"soortPartij": "natuurlijk_persoon", "verstrekteAdressen": ids, **preferred, **more}
    return post(api, "partijen", body)


def taak(api: httpx2.Client, partij: str, extra: Any = None, **more: Any) -> str:
    body: Body = {"title": "Lever aan", "zaak": ZAAK, "betrokkenen": [{"partij": partij}], **more}
    return post(api, "taken", body if extra is None else {**body, "extraData": extra})


def asked(api: httpx2.Client, partij: str, **params: str) -> Body:
    answer = api.get(f"{KIC}/partijen/{partij}/voorkeurskanaal", params=params)
    assert answer.status_code == 200, answer.text
    body: Body = answer.json()
    assert (body["partij"], body["taak"]) == (partij, params.get("taak"))
    return body


def chosen(api: httpx2.Client, partij: str, taak: str | None = None, **params: str) -> tuple[Any, ...]:
    """Channel, address and step of the answer."""
    body = asked(api, partij, **({} if taak is None else {"taak": taak}), **params)
    return body["kanaal"], body["adres"], body["stap"]


def internal(api: httpx2.Client, partij: str, task: str = "", *, wait: bool = True) -> list[Body]:
    """The internal tasks about contacts with a partij, once there is one."""
    deadline = time.monotonic() + 20
    while True:
        query = {"klantcontact.betrokkenen.partij": partij}
        found: list[Body] = api.get(f"{KIC}/internetaken", params=query).json()["results"]
        if found or not wait:
            return found
        assert time.monotonic() < deadline, f"no internal task for {task or partij}"
        time.sleep(0.05)


class TestVectors:
    """V1 to V12 of the rule's description."""

    def test_v1_the_task_goes_before_the_partij(self, api: httpx2.Client) -> None:
        """A telephone number in the task, an e-mail address of the partij: a text message."""
        who = partij(api, address("emailadres", MAIL), prefers=0)
        wish = [{"voorkeurskanaal": {"soortDigitaalAdres": "telefoonnummer", "adres": PHONE}}]
        assert chosen(api, who, taak(api, who, wish)) == ("sms", PHONE, "taak")

    def test_v2_the_preference_of_the_partij(self, api: httpx2.Client) -> None:
        """Nothing in the task: the preferred e-mail address."""
        who = partij(api, address("telefoonnummer", PHONE), address("emailadres", MAIL), prefers=1)
        assert chosen(api, who, taak(api, who)) == ("email", MAIL, "partij")
        assert chosen(api, who) == ("email", MAIL, "partij")

    def test_v3_a_kind_without_an_address(self, api: httpx2.Client) -> None:
        """The task names only a kind: the partij's own address of that kind."""
        who = partij(api, address("emailadres", MAIL), address("telefoonnummer", PHONE), prefers=0)
        assert chosen(api, who, taak(api, who, [{"voorkeurskanaal": "telefoonnummer"}])) == (
            "sms",
            PHONE,
            "taak",
        )

    def test_v4_a_kind_that_cannot_be_sent_to(self, api: httpx2.Client) -> None:
        """`formulier` in the task is passed over."""
        who = partij(api, address("emailadres", MAIL), prefers=0)
        for kind in ("formulier", "overig"):
            assert chosen(api, who, taak(api, who, [{"voorkeurskanaal": kind}])) == (
                "email",
                MAIL,
                "partij",
            )

    def test_v5_an_address_for_this_case(self, api: httpx2.Client) -> None:
        """An address whose reference is that of the case goes before the preference, and only there."""
        for reference in (ZAAK, "ZAAK-2025-42"):
            special = address("emailadres", OTHER, referentie=reference)
            who = partij(api, address("emailadres", MAIL), special, prefers=0)
            assert chosen(api, who, taak(api, who)) == ("email", OTHER, "zaak")
            elsewhere = "https://zaken.example/api/v1/zaken/9"
            assert chosen(api, who, taak(api, who, zaak=elsewhere)) == ("email", MAIL, "partij")
            assert chosen(api, who, zaak=reference) == ("email", OTHER, "zaak")

    def test_v6_only_a_telephone_number(self, api: httpx2.Client) -> None:
        """A text message, without any preference."""
        who = partij(api, address("telefoonnummer", PHONE))
        assert chosen(api, who, taak(api, who)) == ("sms", PHONE, "eerste")

    def test_v7_only_a_postal_address(self, api: httpx2.Client) -> None:
        """A letter to the correspondentieadres, else the bezoekadres."""
        place = {"postcode": "1234 AB", "woonplaats": "Voorbeeldstad"}
        home = {**place, "soortBezoekadres": "binnenlands_adres", "straat": "Straat", "huisnummer": 1}
        box = {**place, "soortCorrespondentieadres": "postbusnummer", "postbusnummer": 100}
        who = partij(api, correspondentieadres=box, bezoekadres=home)
        body = asked(api, who, taak=taak(api, who))
        assert (body["kanaal"], body["adres"], body["postadres"], body["stap"]) == ("post", None, box, "post")
        assert asked(api, partij(api, bezoekadres=home))["postadres"] == home

    def test_v8_nothing_at_all(self, api: httpx2.Client) -> None:
        """No message, and an internal task of a contact that did not succeed; asking makes no other."""
        who = partij(api, address("formulier", "https://form.example"))
        task = taak(api, who)
        body = asked(api, who, taak=task)
        assert (body["kanaal"], body["adres"], body["stap"]) == ("geen", None, None)
        assert (body["vervolg"]["soort"], body["vervolg"]["gevraagdeHandeling"]) == (
            "interneTaak",
            "Kanaal onbekend",
        )
        (made,) = internal(api, who)
        assert (made["gevraagdeHandeling"], made["status"]) == ("Kanaal onbekend", "te_verwerken")
        contact = api.get(f"{KIC}/klantcontacten/{made['klantcontact']}").json()
        assert (contact["onderwerp"], contact["indicatieContactGelukt"]) == ("Lever aan", "nee")
        about = contact["gaatOver"]["objectIdentificator"]
        assert (about["objecttype"], about["objectId"]) == ("taak", task)
        asked(api, who, taak=task)
        reachable, closed = partij(api, address("emailadres", MAIL)), partij(api)
        taak(api, reachable)
        taak(api, closed, status="gesloten")
        internal(api, last := partij(api), taak(api, last))  # what came before it has been worked on
        assert (internal(api, reachable, wait=False), internal(api, closed, wait=False)) == ([], [])
        assert internal(api, who) == [made]

    def test_v9_an_inactive_partij(self, api: httpx2.Client) -> None:
        """Nothing is sent, whatever the task asks for."""
        who = partij(api, address("emailadres", MAIL), prefers=0, indicatieActief=False)
        wish = {"voorkeurskanaal": {"soortDigitaalAdres": "email", "adres": MAIL}}
        body = asked(api, who, taak=taak(api, who, wish))
        assert (body["kanaal"], body["adres"], body["vervolg"]) == ("geen", None, None)
        assert body["reden"] == "De partij is niet actief."

    def test_v10_two_addresses_of_a_kind(self, api: httpx2.Client) -> None:
        """The preferred one, though it is the second; also when the task names only the kind."""
        who = partij(api, address("emailadres", OTHER), address("emailadres", MAIL), prefers=1)
        assert chosen(api, who, taak(api, who)) == ("email", MAIL, "partij")
        assert chosen(api, who, taak(api, who, [{"voorkeurskanaal": "email"}])) == ("email", MAIL, "taak")

    def test_v11_a_kind_in_another_spelling(self, api: httpx2.Client) -> None:
        """`Telefoon` is a telephone number, `E-MAIL` an e-mail address."""
        who = partij(api, address("telefoon", PHONE), address("email", MAIL))
        for kind, expected in (("Telefoon", ("sms", PHONE)), ("E-MAIL", ("email", MAIL))):
            wish = [{"voorkeurskanaal": {"soortDigitaalAdres": kind}}]
            assert chosen(api, who, taak(api, who, wish)) == (*expected, "taak")

    def test_v12_the_preference_was_deleted(self, api: httpx2.Client) -> None:
        """The next step decides, and the partij is still there."""
        standard = address("telefoonnummer", PHONE, isStandaardAdres=True)
        for rest, step in ((standard, "standaard"), (address("telefoonnummer", PHONE), "eerste")):
            who = partij(api, address("emailadres", MAIL), rest, prefers=0)
            preferred = api.get(f"{KIC}/partijen/{who}").json()["voorkeurskanaal"]
            assert api.delete(f"{KIC}/digitaaladressen/{preferred}").status_code == 204
            assert chosen(api, who, taak(api, who)) == ("sms", PHONE, step)
            assert api.get(f"{KIC}/partijen/{who}").json()["voorkeurskanaal"] is None


class TestTheRest:
    """What the vectors do not say."""

    def test_the_contact_about_the_case(self, api: httpx2.Client) -> None:
        """The channel of an earlier contact of this partij about the case, and the address told then."""
        zaak = f"https://zaken.example/{uuid.uuid4()}"
        who = partij(api, address("emailadres", MAIL), address("telefoonnummer", PHONE))
        number = {"objecttype": "zaak", "soortObjectId": "url", "objectId": zaak}
        asked_at = {"kanaal": address("telefoonnummer", "14030")}
        for about in ({"gaatOver": {"objectIdentificator": number}}, {}):
            contact = post(api, "klantcontacten", {**asked_at, **about})
            if not about:
                post(api, "onderwerpobjecten", {"objectIdentificator": number, "klantContact": contact})
            person = {"klantcontact": contact, "rol": "klant", "partij": who}
            stranger = {**person, "partij": partij(api), "communicatiekanaal": address("email", OTHER)}
            post(api, "betrokkenenbijklantcontact", stranger)
            task = taak(api, who, zaak=zaak)
            if about:
                assert chosen(api, who, task) == ("email", MAIL, "eerste")
            post(api, "betrokkenenbijklantcontact", person)
            assert chosen(api, who, task) == ("sms", PHONE, "klantcontact")
        told = {**person, "communicatiekanaal": address("telefoonnummer", "0687654321")}
        other = f"https://zaken.example/{uuid.uuid4()}"
        about = {"gaatOver": {"objectIdentificator": {**number, "objectId": other}}}
        post(api, "betrokkenenbijklantcontact", {**told, "klantcontact": post(api, "klantcontacten", about)})
        assert chosen(api, who, taak(api, who, zaak=other)) == ("sms", "0687654321", "klantcontact")

    def test_a_default_by_its_reference(self, api: httpx2.Client) -> None:
        """The reference that the settings name makes an address the default."""
        default = address("telefoonnummer", PHONE, referentie="portaalvoorkeur")
        who = partij(api, address("emailadres", MAIL), default)
        assert chosen(api, who) == ("sms", PHONE, "standaard")

    def test_an_address_for_another_case_is_not_used(self, api: httpx2.Client) -> None:
        """What is meant for one case alone is no first address, and none of its kind."""
        who = partij(api, address("emailadres", OTHER, referentie="ZAAK-9"), address("telefoon", PHONE))
        assert chosen(api, who, taak(api, who)) == ("sms", PHONE, "eerste")
        assert chosen(api, who, taak(api, who, {"voorkeurskanaal": "email"})) == ("sms", PHONE, "eerste")

    def test_an_address_by_reference(self, api: httpx2.Client) -> None:
        """An id, path or URL of one of the partij's own addresses; of another's it is passed over."""
        who = partij(api, address("emailadres", MAIL), address("telefoonnummer", PHONE), prefers=0)
        own = api.get(f"{KIC}/partijen/{who}").json()["verstrekteAdressen"][1]
        for wish in (own, f"{KIC}/digitaaladressen/{own}", f"https://x.example/a/{own.upper()}", {"id": own}):
            assert chosen(api, who, taak(api, who, {"voorkeurskanaal": wish})) == ("sms", PHONE, "taak")
        stranger = partij(api, address("telefoonnummer", "0699999999"))
        other = api.get(f"{KIC}/partijen/{stranger}").json()["verstrekteAdressen"][0]
        assert chosen(api, who, taak(api, who, {"voorkeurskanaal": other})) == ("email", MAIL, "partij")

    @pytest.mark.parametrize(
        "extra",
        [
            None,
            [],
            {},
            [{"iets": "anders"}],
            [{"voorkeurskanaal": None}],
            {"voorkeurskanaal": 7},
            {"voorkeurskanaal": True},
            {"voorkeurskanaal": []},
            {"voorkeurskanaal": [["telefoonnummer"]]},
            {"voorkeurskanaal": {"soortDigitaalAdres": ["telefoonnummer"], "adres": {"a": PHONE}}},
            {"voorkeurskanaal": {"adres": PHONE}},
            {"voorkeurskanaal": "&quot;}"},
            {"voorkeurskanaal": "{{ 7 * 7 }}"},
            {"voorkeurskanaal": {"id": "&quot;", "soortDigitaalAdres": "IS NULL"}},
        ],
    )
    def test_what_is_no_wish_is_passed_over(self, api: httpx2.Client, extra: Any) -> None:
        """Whatever stands in the extra data of a task, the next step decides."""
        who = partij(api, address("emailadres", MAIL), address("telefoonnummer", PHONE), prefers=0)
        body: Body = {"title": "t", "betrokkenen": [{"partij": who}], "extraData": extra}
        assert chosen(api, who, post(api, "taken", body)) == ("email", MAIL, "partij")

    @pytest.mark.parametrize(
        "text",
        ['a"b&quot;,&quot;kanaal&quot;:&quot;geen', "</script>&lt;b&gt; é 😀 \\n {{ adres }}", "%00 %27"],
    )
    def test_an_address_comes_as_it_is(self, api: httpx2.Client, text: str) -> None:
        """Entities, quotes and templates in an address are text."""
        who = partij(api, address("emailadres", text), prefers=0)
        assert chosen(api, who) == ("email", text, "partij")
        wish = {"voorkeurskanaal": {"soortDigitaalAdres": "email", "adres": text}}
        assert chosen(api, who, taak(api, who, wish)) == ("email", text, "taak")

    def test_more_than_a_rule_can_weigh(self, api: httpx2.Client) -> None:
        """Extra data without end is refused with the limit that it ran into, and shows nothing of it."""
        who = partij(api, address("emailadres", MAIL))
        task = taak(api, who, [{"geheim": number} for number in range(40_000)])
        answer = api.get(f"{KIC}/partijen/{who}/voorkeurskanaal", params={"taak": task})
        assert (answer.status_code, answer.json()["code"]) == (400, "mapping-limit")
        assert "geheim" not in answer.text

    def test_a_task_of_somebody_else(self, api: httpx2.Client) -> None:
        """By link, BSN or both: what belongs to another is not sent to this partij."""
        number = {"objecttype": "p", "soortObjectId": "bsn", "objectId": "999993653"}
        who = partij(
            api,
            address("emailadres", MAIL),
            prefers=0,
            externeIdentificaties=[{"partijIdentificator": number}],
        )
        stranger = partij(api)
        wish = {"voorkeurskanaal": {"soortDigitaalAdres": "email", "adres": OTHER}}
        body = asked(api, who, taak=taak(api, stranger, wish))
        assert (body["kanaal"], body["adres"]) == ("geen", None)
        assert body["reden"] == "De taak is niet van deze partij."
        numbers = {"999993653": "email", "999990007": "geen"}
        for value, channel in numbers.items():
            told = {"identificatie": {"type": "bsn", "value": value}}
            assert chosen(api, who, post(api, "taken", {"title": "t", **told}))[0] == channel
            person = {"betrokkenen": [{"betrokkene": {"inpBsn": value}}]}
            assert chosen(api, who, post(api, "taken", {"title": "t", **person}))[0] == channel
        company = {"identificatie": {"type": "rsin", "value": "999993653"}}
        assert chosen(api, who, post(api, "taken", {"title": "t", **company}))[0] == "geen"

    def test_a_task_that_is_not_open(self, api: httpx2.Client) -> None:
        """Nothing is sent of a task that is done."""
        who = partij(api, address("emailadres", MAIL), prefers=0)
        for status in ("ingediend", "verwerkt", "gesloten"):
            body = asked(api, who, taak=taak(api, who, status=status))
            assert (body["kanaal"], body["reden"]) == ("geen", "De taak is niet open.")

    def test_secrecy_changes_no_channel(self, api: httpx2.Client) -> None:
        """The answer tells that address and name stay out of messages and logs."""
        for secret in (True, False):
            who = partij(api, address("emailadres", MAIL), indicatieGeheimhouding=secret)
            body = asked(api, who)
            assert (body["kanaal"], body["geheimhouding"]) == ("email", secret)


class TestTheEndpoint:
    """What holds for every endpoint that computes."""

    def test_the_task_by_path_or_url(self, api: httpx2.Client) -> None:
        """As a reference is written everywhere."""
        who = partij(api, address("emailadres", MAIL))
        task = taak(api, who)
        for written in (task.upper(), f"{KIC}/taken/{task}", f"https://elders.example/taken/{task}"):
            answer = api.get(f"{KIC}/partijen/{who}/voorkeurskanaal", params={"taak": written})
            assert answer.json()["taak"] == task

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("taak=7", "taak"),
            ("taak=", "taak"),
            ("taak=IS+NULL", "taak"),
            ("taak=00000000-0000-4000-8000-000000000000", "taak"),
            ("taak=a&taak=b", "taak"),
            ("taak[like]=a", "taak"),
            ("tak=a", "tak"),
            ("_limit=1", "_limit"),
            ("_version=1", "_version"),
            ("id=a", "id"),
            (f"zaak={'z' * 201}", "zaak"),
            ("zaak=%00", "zaak"),
        ],
    )
    def test_parameters_that_cannot_be(self, api: httpx2.Client, query: str, name: str) -> None:
        """400 with the name of the parameter, and without its value."""
        answer = api.get(f"{KIC}/partijen/{partij(api)}/voorkeurskanaal?{query}")
        assert answer.status_code == 400
        assert [each["name"] for each in answer.json()["invalidParams"]] == [name]
        assert "zzz" not in answer.text

    def test_a_task_must_be_a_task(self, api: httpx2.Client) -> None:
        """The id of another kind of object is none."""
        who = partij(api)
        assert api.get(f"{KIC}/partijen/{who}/voorkeurskanaal", params={"taak": who}).status_code == 400

    @pytest.mark.parametrize("id", ["7", "00000000-0000-4000-8000-000000000000", "..", "%00"])
    def test_no_such_partij(self, api: httpx2.Client, id: str) -> None:
        """404, as of the partij itself."""
        assert api.get(f"{KIC}/partijen/{id}/voorkeurskanaal").status_code == 404

    def test_methods(self, api: httpx2.Client) -> None:
        """Only reading; the others are 405 with what there is."""
        path = f"{KIC}/partijen/{partij(api)}/voorkeurskanaal"
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = api.request(method, path, json={})
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert api.options(path).headers["allow"] == "GET, HEAD, OPTIONS"
        assert api.head(path).status_code == 200
        assert api.get(f"{path}/verder").status_code == 404
        assert api.get(f"{KIC}/taken/{partij(api)}/voorkeurskanaal").status_code == 404

    def test_an_answer_that_the_client_has(self, api: httpx2.Client) -> None:
        """304 until something that decides changes."""
        who = partij(api, address("emailadres", MAIL))
        path = f"{KIC}/partijen/{who}/voorkeurskanaal"
        tag = api.get(path).headers["etag"]
        assert api.get(path, headers={"if-none-match": tag}).status_code == 304
        api.patch(f"{KIC}/partijen/{who}", json={"indicatieActief": False})
        assert api.get(path, headers={"if-none-match": tag}).status_code == 200

    def test_the_api_document_has_it(self, api: httpx2.Client) -> None:
        """Parameters, the answer with its example, and its errors."""
        item = api.get("/openapi.json").json()["paths"][f"{KIC}/partijen/{{id}}/voorkeurskanaal"]
        assert set(item) == {"parameters", "get"}
        named = [each["name"] for each in item["get"]["parameters"] if "name" in each]
        assert named == ["taak", "zaak"]
        assert {"200", "304", "400", "401", "403", "404"} <= set(item["get"]["responses"])
        assert item["get"]["tags"] == ["Partijen"]


def test_who_may_ask(server_factory: StartServer, tmp_path: Path) -> None:
    """Whoever may read; nobody without credentials, and not who may only write."""
    url = f"sqlite:///{tmp_path}/store.db"
    store = open_store(url, durability="fast")
    keys = {
        name: add_application(store, name, now(), scopes=(name,), client_id=None, secret=None, reference=None)
        for name in ("read", "write")
    }
    store.close()
    server = server_factory(store=url, bundles="CustomerInteraction", durability="fast")
    with server.client(headers={"x-api-key": keys["write"].api_key}) as writer:
        who = post(writer, "partijen", {"soortPartij": "natuurlijk_persoon"})
        assert writer.get(f"{KIC}/partijen/{who}/voorkeurskanaal").status_code == 403
    with server.client(headers={"x-api-key": keys["read"].api_key}) as reader:
        assert reader.get(f"{KIC}/partijen/{who}/voorkeurskanaal").json()["kanaal"] == "geen"
    with server.client() as nobody:
        assert nobody.get(f"{KIC}/partijen/{who}/voorkeurskanaal").status_code == 401

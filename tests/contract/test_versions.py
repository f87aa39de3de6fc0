"""What was, over HTTP: versions with who and when, objects as they were, what was removed, and back."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
import jwt
import pytest
from gateway_process import StartServer

from gateway_core.app import now
from gateway_core.operations.applications import add_application
from gateway_core.store.open import open_store

PETS, OWNERS, CARDS = "/api/petstore/pets", "/api/petstore/owners", "/api/petstore/cards"
PARTIJEN, ADRESSEN = "/api/kic/v1/partijen", "/api/kic/v1/digitaaladressen"
KLANTEN, CONTACTMOMENTEN = "/api/kic/v1/klanten", "/api/kic/v1/contactmomenten"
SECRET = "a secret of more than thirty-two characters"


@dataclass
class Register:
    """A gateway, and clients of it: two that write, one that only reads."""

    ann: httpx2.Client
    bob: httpx2.Client
    reader: httpx2.Client


@pytest.fixture(scope="module", params=["sqlite", "tinydb", "postgresql"])
def register(
    request: pytest.FixtureRequest, server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Register]:
    """A register on each kind of store, with the pet store and the bundle of this repository."""
    folder = tmp_path_factory.mktemp("history")
    if request.param == "postgresql":
        url = request.getfixturevalue("start_postgresql")().database("history")
    else:
        url = f"{request.param}:///{folder}/{'store.db' if request.param == 'sqlite' else 'store.json'}"
    yield from serving(server_factory, url)


def serving(server_factory: StartServer, url: str) -> Iterator[Register]:
    store = open_store(url, durability="fast")
    scopes = {"ann": ("read", "write"), "bob": ("read", "write"), "reader": ("read",)}
    keys = {
        name: add_application(store, name, now(), scopes=given, client_id=None, secret=SECRET, reference=None)
        for name, given in scopes.items()
    }
    store.close()
    server = server_factory(store=url, bundles="Petstore,CustomerInteraction", durability="fast")
    clients = {name: server.client(headers={"x-api-key": made.api_key}) for name, made in keys.items()}
    yield Register(**clients)
    server.stop()


def made(client: httpx2.Client, path: str, **body: Any) -> str:
    """The path of a new object."""
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return f"{path}/{answer.json()['id']}"


def patched(client: httpx2.Client, path: str, **body: Any) -> dict[str, Any]:
    return ok(client.patch(path, json=body))


def ok(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def told(client: httpx2.Client, path: str, *members: str) -> list[Any]:
    """What the list of versions tells, newest first."""
    listed = ok(client.get(f"{path}/versions"))["results"]
    return [
        tuple(each[name] for name in members) if len(members) > 1 else each[members[0]] for each in listed
    ]


def back(client: httpx2.Client, path: str, version: int, **headers: str) -> httpx2.Response:
    return client.post(f"{path}/versions", json={"version": version}, headers=headers)


def gone(client: httpx2.Client, path: str) -> None:
    assert client.delete(path).status_code == 204


class TestVersions:
    def test_are_listed_with_who_when_and_what(self, register: Register) -> None:
        """Each change is told, newest first: its number, author, times and the members that changed."""
        path = made(register.ann, PETS, name="Rex", species="dog")
        patched(register.bob, path, name="Max", status="adopted")
        patched(register.ann, path, tags=["old"])
        page = ok(register.reader.get(f"{path}/versions"))
        listed = page.pop("results")
        assert page == {"count": 3, "limit": 30, "total": 3, "offset": 0, "page": 1, "pages": 1}
        assert [each["version"] for each in listed] == [3, 2, 1]
        assert [each["author"] for each in listed] == ["ann", "bob", "ann"]
        assert [each["endedBy"] for each in listed] == [None, "ann", "bob"]
        assert [each["changed"] for each in listed[:2]] == [["tags"], ["name", "status"]]
        assert {"name", "species", "number", "status"} <= set(listed[2]["changed"])
        assert [each["current"] for each in listed] == [True, False, False]
        assert not any(each["removed"] for each in listed)
        assert [each["dateEnded"] for each in listed[1:]] == [each["dateModified"] for each in listed[:2]]
        times = [datetime.fromisoformat(each["dateModified"]) for each in listed]
        assert times == sorted(times, reverse=True)
        for each in listed:
            assert ok(register.reader.get(each["path"]))["_self"]["version"] == each["version"]

    def test_come_in_pages(self, register: Register) -> None:
        """_limit and _page choose; what is no window is refused."""
        path = made(register.ann, PETS, name="Rex", species="dog")
        for number in range(4):
            patched(register.ann, path, name=f"Rex {number}")
        page = ok(register.ann.get(f"{path}/versions?_limit=2&_page=2"))
        assert [each["version"] for each in page["results"]] == [3, 2]
        assert [each["changed"] for each in page["results"]] == [["name"], ["name"]]
        assert (page["total"], page["pages"], page["page"]) == (5, 3, 2)
        assert ok(register.ann.get(f"{path}/versions?limit=1&start=9"))["results"] == []
        for query in ("name=Rex", "_limit=0", "_order=version", "_version=1"):
            assert register.ann.get(f"{path}/versions?{query}").status_code == 400, query

    def test_a_change_that_changes_nothing_makes_none(self, register: Register) -> None:
        """A PATCH and a PUT with what is there already leave no version behind."""
        path = made(register.ann, PETS, name="Rex", species="dog", tags=["a"])
        patched(register.bob, path, name="Rex", tags=["a"])
        ok(register.bob.put(path, json={"name": "Rex", "species": "dog", "tags": ["a"]}))
        assert told(register.ann, path, "version", "author") == [(1, "ann")]

    def test_name_the_user_of_a_token(self, register: Register) -> None:
        """Where an application says for whom it speaks, that user is the author."""
        claims = {"client_id": "ann", "iat": int(time.time()), "user_id": "u17", "user_representation": "Eve"}
        token = jwt.encode(claims, SECRET, algorithm="HS256")
        path = made(register.ann, PETS, name="Rex", species="dog")
        headers = {"authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=register.ann.base_url, headers=headers, timeout=30) as eve:
            patched(eve, path, name="Max")
            gone(eve, path)
        assert told(register.bob, path, "author", "endedBy") == [("u17", "u17"), ("ann", "u17")]

    def test_of_what_is_not_there_are_not_found(self, register: Register) -> None:
        """Unknown ids, and paths that are none, are 404; other methods are 405 with those that exist."""
        path = made(register.ann, PETS, name="Rex", species="dog")
        for wrong in (f"{PETS}/{uuid.uuid4()}", f"{OWNERS}/{path.rpartition('/')[2]}", f"{PETS}/x"):
            assert register.ann.get(f"{wrong}/versions").status_code == 404
        for wrong in (f"{path}/version", f"{path}/versions/", f"{path}/versions/1", f"{PETS}/versions"):
            assert register.ann.get(wrong).status_code == 404, wrong
        for method in ("PUT", "PATCH", "DELETE"):
            answer = register.ann.request(method, f"{path}/versions", json={})
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
        assert register.ann.options(f"{path}/versions").headers["allow"] == "GET, POST, HEAD, OPTIONS"
        head = register.ann.head(f"{path}/versions")
        assert (head.status_code, head.content) == (200, b"")
        card = path.replace(PETS, CARDS)
        assert register.ann.post(f"{card}/versions", json={"version": 1}).status_code == 405
        assert ok(register.ann.get(f"{card}/versions"))["total"] == 1

    def test_are_told_in_the_shape_of_a_mapped_endpoint(self, register: Register) -> None:
        """Behind a mapping, the members that changed are those that its clients see."""
        path = made(register.ann, PETS, name="Rex", species="dog")
        patched(register.ann, path, name="Max")
        card = path.replace(PETS, CARDS)
        shown = set(ok(register.ann.get(card)))
        changed = told(register.ann, card, "changed")
        assert changed[0]
        assert set(changed[0]) <= set(changed[1]) <= shown
        assert "Rex" in json.dumps(ok(register.ann.get(f"{card}?_version=1")))

    def test_cannot_be_written(self, register: Register) -> None:
        """No body tells who or when, and nobody may change what was."""
        self_ = {"version": 9, "author": "mallory", "dateModified": "2001-01-01T00:00:00Z"}
        path = made(register.ann, PETS, name="Rex", species="dog", _self=self_)
        patched(register.bob, path, name="Max", _self=self_)
        assert told(register.ann, path, "version", "author") == [(2, "bob"), (1, "ann")]


class TestAsItWas:
    def test_shows_own_members_and_embedded_objects_of_then(self, register: Register) -> None:
        """An earlier version is shown with the addresses that it had, as they were then."""
        adres = {"adres": "old@example.nl", "omschrijving": "thuis", "soortDigitaalAdres": "emailadres"}
        path = made(register.ann, PARTIJEN, soortPartij="persoon", verstrekteAdressen=[adres])
        first = ok(register.ann.get(path))
        (address,) = first["verstrekteAdressen"]
        patched(register.bob, path, indicatieGeheimhouding=True)
        patched(register.bob, f"{ADRESSEN}/{address}", adres="new@example.nl")
        then = ok(register.reader.get(f"{path}?versie=1"))
        assert then["embedded"]["verstrekteAdressen"][0]["adres"] == "old@example.nl"
        assert (then["_self"]["version"], then["indicatieGeheimhouding"]) == (
            1,
            first["indicatieGeheimhouding"],
        )
        assert ok(register.ann.get(path))["embedded"]["verstrekteAdressen"][0]["adres"] == "new@example.nl"
        assert ok(register.ann.get(f"{ADRESSEN}/{address}?_version=1"))["adres"] == "old@example.nl"

    def test_is_mapped_like_any_other(self, register: Register) -> None:
        """The old endpoints show an earlier version in their own shape, with the e-mail address of then."""
        body = {
            "bronorganisatie": "999990639",
            "klantnummer": "1",
            "subjectType": "natuurlijk_persoon",
            "embedded": {"emails": [{"email": "old@example.nl", "naam": "thuis"}]},
        }
        path = made(register.ann, KLANTEN, **body)
        emails = [{"email": "new@example.nl", "naam": "thuis"}]
        answer = register.bob.patch(path, json={"embedded": {"emails": emails}})
        assert answer.status_code == 200, answer.text
        listed = told(register.ann, path, "version", "author", "changed")
        assert [each[:2] for each in listed] == [(2, "bob"), (1, "ann")]
        assert "emails" in listed[0][2]
        then = ok(register.reader.get(f"{path}?versie=1"))
        assert [each["email"] for each in then["embedded"]["emails"]] == ["old@example.nl"]
        assert [each["email"] for each in ok(register.ann.get(path))["embedded"]["emails"]] == [
            "new@example.nl"
        ]

    def test_the_current_version_is_the_object(self, register: Register) -> None:
        """The newest number shows the same as no number, with the same tag."""
        path = made(register.ann, PETS, name="Rex", species="dog", owner={"name": "Ann"})
        plain, asked = register.ann.get(path), register.ann.get(f"{path}?_version=1&_extend=all")
        assert asked.json() == ok(register.ann.get(f"{path}?_extend=all"))
        assert register.ann.get(f"{path}?_version=1").headers["etag"] == plain.headers["etag"]

    def test_can_be_shaped_and_has_a_tag(self, register: Register) -> None:
        """_fields, _extend and If-None-Match work on what was, too."""
        path = made(register.ann, PETS, name="Rex", species="dog", owner={"name": "Ann"})
        patched(register.ann, path, name="Max")
        then = register.ann.get(f"{path}?_version=1&_fields=name,owner&_extend=owner")
        assert (then.json()["name"], "species" in then.json()) == ("Rex", False)
        tag = then.headers["etag"]
        same = register.ann.get(f"{path}?_version=1&_extend=owner", headers={"if-none-match": tag})
        assert (same.status_code, same.content) == (304, b"")

    def test_a_version_that_is_not_there_is_not_found(self, register: Register) -> None:
        """A number without version is 404 with a sentence; what is no number is 400."""
        path = made(register.ann, PETS, name="Rex", species="dog")
        answer = register.ann.get(f"{path}?_version=2")
        assert answer.status_code == 404
        assert "no such version" in answer.json()["detail"]
        assert f"{path}/versions" in answer.json()["detail"]
        for text in ("0", "-1", "x", "1.5", "", "9" * 30, "1&_version=2"):
            assert register.ann.get(f"{path}?_version={text}").status_code == 400, text
        assert register.ann.get(f"{path}?_version=1&name=Rex").status_code == 400
        assert register.ann.patch(f"{path}?_version=1", json={"name": "x"}).status_code == 400

    def test_shows_the_far_side_of_a_relation(self, register: Register) -> None:
        """Objects that refer to it, or did until they were removed, are shown as they were."""
        path = made(register.ann, OWNERS, name="Ann")
        id = path.rpartition("/")[2]
        rex = made(register.ann, PETS, name="Rex", species="dog", owner=id)
        tom = made(register.ann, PETS, name="Tom", species="cat", owner=id)
        patched(register.ann, path, name="Anna")
        gone(register.ann, rex)
        patched(register.ann, tom, name="Thomas")
        late = made(register.ann, PETS, name="Late", species="dog", owner=id)
        then = ok(register.ann.get(f"{path}?_version=1&_extend=pets"))
        assert sorted(pet["name"] for pet in then["embedded"]["pets"]) == ["Rex", "Tom"]
        assert late.rpartition("/")[2] not in then["pets"]


class TestRemoved:
    def test_can_be_found_like_others(self, register: Register) -> None:
        """Removed objects are filtered, ordered and counted, and tell when and by whom they went."""
        tag = uuid.uuid4().hex
        paths = [made(register.ann, PETS, name=f"{tag}{n}", species="dog", tags=[tag]) for n in range(3)]
        for path in paths[:2]:
            gone(register.bob, path)
        page = ok(register.ann.get(f"{PETS}?_removed=true&tags={tag}&_order=-name"))
        assert [each["name"] for each in page["results"]] == [f"{tag}1", f"{tag}0"]
        assert page["total"] == 2
        for each in page["results"]:
            assert each["_self"]["removedBy"] == "bob"
            assert each["_self"]["dateRemoved"] >= each["_self"]["dateModified"]
        assert ok(register.ann.get(f"{PETS}?_removed=true&tags={tag}&_limit=1&_page=2"))["count"] == 1
        for query in ("", "&_removed=false"):
            assert ok(register.ann.get(f"{PETS}?tags={tag}{query}"))["total"] == 1
        for query in ("_removed=maybe", "_removed=", "_removed=true&owner.name=x", "_remved=true"):
            assert register.ann.get(f"{PETS}?{query}").status_code == 400, query

    def test_show_what_they_embedded(self, register: Register) -> None:
        """What went along is shown inside what was removed, also behind a mapping."""
        adres = {"adres": "gone@example.nl", "omschrijving": "thuis", "soortDigitaalAdres": "emailadres"}
        path = made(register.ann, PARTIJEN, soortPartij="persoon", verstrekteAdressen=[adres])
        id = path.rpartition("/")[2]
        gone(register.ann, path)
        for collection in (PARTIJEN, KLANTEN):
            page = ok(register.ann.get(f"{collection}?verwijderd=true&_limit=500"))
            (found,) = [each for each in page["results"] if each.get("id") == id]
            assert "gone@example.nl" in json.dumps(found)
            assert found["_self"]["removedBy"] == "ann"

    def test_are_for_those_who_may_write(self, register: Register) -> None:
        """A reader sees versions of what is there, and nothing of what was removed."""
        path = made(register.ann, PETS, name="Rex", species="dog")
        patched(register.ann, path, name="Max")
        assert ok(register.reader.get(f"{path}/versions"))["total"] == 2
        assert back(register.reader, path, 1).status_code == 403
        gone(register.ann, path)
        for query in (f"{PETS}?_removed=true", f"{path}/versions", f"{path}?_version=1"):
            assert register.reader.get(query).status_code == 403, query
        assert back(register.reader, path, 1).status_code == 403
        assert register.reader.get(path).status_code == 404
        versions = told(register.ann, path, "version", "removed", "current")
        assert versions == [(2, True, False), (1, False, False)]
        assert ok(register.ann.get(f"{path}?_version=2"))["name"] == "Max"


class TestRestore:
    def test_makes_an_earlier_version_a_new_one(self, register: Register) -> None:
        """The object is again what it was, under a new number, by whoever brought it back."""
        path = made(register.ann, PETS, name="Rex", species="dog", tags=["a", "b"], born="2020-01-01")
        number = ok(register.ann.get(path))["number"]
        ok(register.ann.put(path, json={"name": "Max", "species": "cat"}))
        answer = back(register.bob, path, 1)
        restored = ok(answer)
        assert answer.headers["etag"] == register.ann.get(path).headers["etag"]
        assert [restored[name] for name in ("name", "tags", "born", "number")] == [
            *("Rex", ["a", "b"], "2020-01-01"),
            number,
        ]
        assert told(register.ann, path, "version", "author")[0] == (3, "bob")
        assert ok(back(register.bob, path, 3))["_self"]["version"] == 3
        assert ok(back(register.bob, path, 1))["_self"]["version"] == 3

    def test_brings_a_removed_object_back_with_its_parts(self, register: Register) -> None:
        """After DELETE, a partij comes back with its addresses, under the ids that they had."""
        adressen = [
            {"adres": f"{n}@example.nl", "omschrijving": "x", "soortDigitaalAdres": "emailadres"}
            for n in "ab"
        ]
        path = made(register.ann, PARTIJEN, soortPartij="persoon", verstrekteAdressen=adressen)
        before = ok(register.ann.get(path))
        gone(register.ann, path)
        for address in before["verstrekteAdressen"]:
            assert register.ann.get(f"{ADRESSEN}/{address}").status_code == 404
        ok(back(register.bob, path, 1))
        after = ok(register.ann.get(path))
        assert after["verstrekteAdressen"] == before["verstrekteAdressen"]
        assert [each["adres"] for each in after["embedded"]["verstrekteAdressen"]] == [
            *("a@example.nl", "b@example.nl")
        ]
        assert after["_self"]["version"] == 2
        assert after["_self"]["owner"] == before["_self"]["owner"]
        assert after["_self"]["dateCreated"] == before["_self"]["dateCreated"]
        found = ok(register.ann.get(f"{PARTIJEN}?verstrekteAdressen.adres=b@example.nl"))["results"]
        assert path.rpartition("/")[2] in [each["id"] for each in found]
        id = path.rpartition("/")[2]
        removed = ok(register.ann.get(f"{PARTIJEN}?verwijderd=true&_limit=500"))["results"]
        assert id not in [each["id"] for each in removed]

    def test_brings_back_what_went_along_from_the_far_side(self, register: Register) -> None:
        """A contactmoment comes back with those who took part in it, who refer to it."""
        klant = made(register.ann, KLANTEN, bronorganisatie="999990639", klantnummer="1")
        moment = {"bronorganisatie": "999990639", "tekst": "x", "onderwerp": "y", "kanaal": "telefoon"}
        path = made(register.ann, CONTACTMOMENTEN, **moment)
        link = made(
            register.ann,
            "/api/kic/v1/klantcontactmomenten",
            klant=klant.rpartition("/")[2],
            contactmoment=path.rpartition("/")[2],
            rol="gesprekspartner",
        )
        contact = path.replace("contactmomenten", "klantcontacten")
        gone(register.ann, contact)
        assert register.ann.get(link).status_code == 404
        ok(back(register.ann, contact, 1))
        assert register.ann.get(link).status_code == 200
        assert ok(register.ann.get(path))["tekst"] == "x"

    def test_brings_back_parts_that_were_taken_out(self, register: Register) -> None:
        """A part that a change dropped comes back with the version that had it; others stay as they are."""
        visit = {"date": "2025-01-01", "reason": "vaccination"}
        path = made(register.ann, PETS, name="Rex", species="dog", visits=[visit])
        (dropped,) = ok(register.ann.get(path))["visits"]
        other = {"date": "2025-02-02", "reason": "check"}
        ok(register.ann.put(path, json={"name": "Rex", "species": "dog", "visits": [other]}))
        restored = ok(back(register.ann, path, 1))
        assert restored["visits"] == [dropped]
        assert restored["embedded"]["visits"][0]["reason"] == "vaccination"
        ok(back(register.ann, path, 2))
        assert ok(register.ann.get(path))["embedded"]["visits"][0]["reason"] == "check"

    def test_is_refused_where_the_body_names_no_version(self, register: Register) -> None:
        """What is no object with a whole number is 400, an unknown version 404, an unknown id 404."""
        path = made(register.ann, PETS, name="Rex", species="dog")
        for body in ([], 1, {}, {"version": "1"}, {"version": True}, {"version": 1.5}, {"version": 0}):
            assert register.ann.post(f"{path}/versions", json=body).status_code == 400, body
        assert register.ann.post(f"{path}/versions", json={"version": 1, "x": 2}).status_code == 400
        assert register.ann.post(f"{path}/versions", json={"version": 10**30}).status_code in (400, 404)
        assert back(register.ann, path, 2).status_code == 404
        assert back(register.ann, f"{PETS}/{uuid.uuid4()}", 1).status_code == 404

    def test_honours_conditions(self, register: Register) -> None:
        """If-Match of another state refuses, of the current one allows; a removed object has no state."""
        path = made(register.ann, PETS, name="Rex", species="dog")
        old = register.ann.get(path).headers["etag"]
        patched(register.ann, path, name="Max")
        assert back(register.ann, path, 1, **{"if-match": old}).status_code == 412
        assert back(register.ann, path, 1, **{"if-match": "*"}).status_code == 200
        current = register.ann.get(path).headers["etag"]
        assert back(register.ann, path, 2, **{"if-match": current}).status_code == 200
        gone(register.ann, path)
        assert back(register.ann, path, 2, **{"if-match": "*"}).status_code == 412
        assert back(register.ann, path, 2).status_code == 200

    def test_speaks_the_dialect_of_its_endpoint(self, register: Register) -> None:
        """The old endpoints refuse in the old shape."""
        path = made(register.ann, KLANTEN, bronorganisatie="999990639", klantnummer="1")
        for answer in (register.ann.get(f"{path}?versie=7"), back(register.ann, path, 7)):
            assert answer.status_code == 404
            assert answer.json().keys() == {"message", "data", "path"}
        assert back(register.ann, path, 7).json()["path"] == f"{path}/versions"

    def test_beside_changes_at_the_same_moment_loses_none(self, register: Register) -> None:
        """Versions that come back and changes beside them all become versions, one after the other."""
        path = made(register.ann, PETS, name="0", species="dog")
        patched(register.ann, path, name="1")

        def act(number: int) -> int:
            if number % 2:
                return back(register.ann, path, 1 + number % 4 // 2).status_code
            return register.bob.patch(path, json={"name": f"n{number}"}).status_code

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(act, range(24)))
        assert set(answers) <= {200, 409}
        listed = ok(register.ann.get(f"{path}/versions?_limit=500"))["results"]
        assert [each["version"] for each in listed] == list(range(len(listed), 0, -1))
        names = [ok(register.ann.get(each["path"]))["name"] for each in reversed(listed)]
        assert names[:2] == ["0", "1"]
        written = {f"n{number}" for number in range(0, 24, 2) if answers[number] == 200}
        assert written <= set(names)

    def test_of_a_removed_object_happens_once(self, register: Register) -> None:
        """Of several that bring it back at once, one does; the others find it there."""
        path = made(
            register.ann, PETS, name="Rex", species="dog", visits=[{"date": "2025-01-01", "reason": "x"}]
        )
        gone(register.ann, path)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: back(register.ann, path, 1).status_code, range(4)))
        assert set(answers) <= {200, 409}
        assert 200 in answers
        assert told(register.ann, path, "version", "removed") == [(2, False), (1, False)]

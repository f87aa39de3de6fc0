"""What every client may rely on: methods, media types, errors, states, windows and limits."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from gateway_process import Server

PARTIJEN = "/api/kic/v1/partijen"
ADRESSEN = "/api/kic/v1/digitaaladressen"


def make(api: httpx2.Client, path: str = PARTIJEN, **body: Any) -> dict[str, Any]:
    answer = api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def problem(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """The problem document of an answer, complete by RFC 9457."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body.get("instance") != ""
    assert body["status"] == status
    return body


def test_creation_says_where_the_object_is(api: httpx2.Client) -> None:
    """201 with Location and ETag, and the object can be read there in that state."""
    answer = api.post(PARTIJEN, json={"soortPartij": "persoon"})
    assert answer.status_code == 201
    read = api.get(answer.headers["location"])
    assert read.headers["etag"] == answer.headers["etag"]
    assert read.json() == answer.json()


def test_all_errors_of_a_document_come_together(api: httpx2.Client) -> None:
    """Each broken rule is named with its place, a code and a reason; no value is repeated."""
    body = {
        "indicatieActief": "misschien",
        "soortPartij": "marsmannetje",
        "verstrekteAdressen": [{"adres": "x" * 81, "soortDigitaalAdres": "emailadres"}],
        "externeIdentificaties": [
            {"partijIdentificator": {"objecttype": "p", "soortObjectId": "bsn", "objectId": "999999999"}}
        ],
        "onbekend": 1,
    }
    found = problem(api.post(PARTIJEN, json=body), 400)
    names = {param["name"]: param["code"] for param in found["invalidParams"]}
    assert names["indicatieActief"] == "type"
    assert names["soortPartij"] == "enum"
    assert names["verstrekteAdressen.0.adres"] == "maxLength"
    assert names["verstrekteAdressen.0.omschrijving"] == "required"
    assert names["externeIdentificaties.0.partijIdentificator.objectId"] == "format"
    assert "onbekend" in names
    assert "999999999" not in str(found)
    assert "marsmannetje" not in str(found)


def test_nothing_is_stored_of_a_refused_document(api: httpx2.Client) -> None:
    """A refused document leaves neither the object nor its parts."""
    before = api.get(f"{ADRESSEN}?_limit=1").json()["total"]
    address = {"adres": "a@example.nl", "omschrijving": "x", "soortDigitaalAdres": "emailadres"}
    body = {"verstrekteAdressen": [address], "soortPartij": "fout"}
    problem(api.post(PARTIJEN, json=body), 400)
    assert api.get(f"{ADRESSEN}?_limit=1").json()["total"] == before


def test_the_old_endpoints_speak_the_old_dialect(api: httpx2.Client) -> None:
    """Errors of the facades have ``message``, ``data`` by property, and ``path``."""
    answer = api.post("/api/kic/v1/klantcontactmomenten", json={"rol": "koning"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["message"] == "Validation errors"
    assert body["data"]["rol"]
    assert body["path"] == "/api/kic/v1/klantcontactmomenten"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"a":1,"a":2}', 400),
        (b'{"a":NaN}', 400),
        (b'{"interneNotitie":"\xff"}', 400),
        (b"[]", 400),
        (b"1", 400),
        (b'"x"', 400),
        (b"null", 400),
        (b'{"a":' * 60 + b"1" + b"}" * 60, 413),
        (b'{"interneNotitie":"' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_malformed_bodies(api: httpx2.Client, method: str, content: bytes, status: int) -> None:
    """What is not a JSON object is refused with a clear sentence, and nothing is stored."""
    path = PARTIJEN if method == "POST" else f"{PARTIJEN}/{make(api)['id']}"
    before = api.get(f"{PARTIJEN}?_limit=1").json()["total"]
    answer = api.request(method, path, content=content, headers={"content-type": "application/json"})
    assert problem(answer, status)["detail"]
    assert api.get(f"{PARTIJEN}?_limit=1").json()["total"] == before


def test_media_types(api: httpx2.Client) -> None:
    """XML is 415; JSON without a type is read; an Accept without JSON is 406."""
    xml = api.post(PARTIJEN, content=b"<a/>", headers={"content-type": "application/xml"})
    problem(xml, 415)
    assert api.post(PARTIJEN, content=b"{}", headers={"content-type": "text/plain"}).status_code == 201
    problem(api.get(PARTIJEN, headers={"accept": "text/csv"}), 406)
    assert api.get(PARTIJEN, headers={"accept": "application/json; charset=utf-8"}).status_code == 200


def test_methods(api: httpx2.Client) -> None:
    """405 names what is allowed; HEAD is GET without a body; OPTIONS lists the methods."""
    answer = api.put(f"{PARTIJEN}/{uuid.uuid4()}", json={})
    allowed = answer.headers["allow"].split(", ")
    assert allowed == ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH"]
    assert problem(answer, 405)["instance"] == PARTIJEN
    problem(api.delete(PARTIJEN), 405)
    head = api.head(PARTIJEN)
    assert (head.status_code, head.content) == (200, b"")
    assert "POST" in api.options(PARTIJEN).headers["allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/kic/v1/partijenlijst",
        "/api/kic/v1/partij",
        "/api/kic/v1/",
        "/api/",
        "/api/kic/v1/partijen/x/y",
        "/api/kic/v1/partijen/123",
        f"{PARTIJEN}/00000000-0000-4000-8000-000000000000",
        "/api/kic/v1/Partijen",
        "/api//kic/v1/partijen",
    ],
)
def test_unknown_paths_and_objects(api: httpx2.Client, path: str) -> None:
    """404 for a path that only looks like one, and for an object that is not there."""
    problem(api.get(path), 404)


def test_ids_are_found_in_upper_case(api: httpx2.Client) -> None:
    """A UUID is the same in either case."""
    made = make(api)
    assert api.get(f"{PARTIJEN}/{made['id'].upper()}").json()["id"] == made["id"]


@pytest.mark.parametrize(
    "query",
    [
        "nuumer=1",
        "_limit=0",
        "_limit=501",
        "_limit=x",
        "_page=0",
        "_start=-1",
        "_order[nummer]=up",
        "_order[x]=asc",
        "_fields[]=x",
        "_extend[]=x",
        "persoon.x=1",
        "embedded.verstrekteAdressen.x=1",
        "nummer[foo]=1",
        "$where=1",
        "_self.tenant=x",
        "_self.schema.id[$in][]=x",
        "indicatieActief=wel",
        "voorkeurskanaal=geen-id",
        "_search=",
        "_showDeleted=true",
        "a[b[c]=1",
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(api: httpx2.Client, query: str) -> None:
    """400 names the parameter; nothing is silently dropped."""
    found = problem(api.get(f"{PARTIJEN}?{query}"), 400)
    assert found["invalidParams"][0]["name"]


@pytest.mark.parametrize("query", ["%ff=1", "x=%ff", "&" * 20_000, "a" * 600 + "=1", "[]=1", "=1"])
def test_a_query_that_cannot_be_read_is_refused(api: httpx2.Client, query: str) -> None:
    """Bytes that are no text, and more than anybody needs, give 400."""
    assert api.get(f"{PARTIJEN}?{query}").status_code == 400


def test_windows(api: httpx2.Client) -> None:
    """Limit, page, start and offset, with and without underscore, and what the envelope tells."""
    tag = uuid.uuid4().hex
    ids = [make(api, interneNotitie=tag)["id"] for _ in range(7)]
    query = f"{PARTIJEN}?interneNotitie={tag}"
    assert [r["id"] for r in api.get(query).json()["results"]] == ids
    page = api.get(f"{query}&_limit=3&_page=2").json()
    assert [r["id"] for r in page["results"]] == ids[3:6]
    assert {k: page[k] for k in ("count", "limit", "total", "offset", "page", "pages")} == {
        "count": 3,
        "limit": 3,
        "total": 7,
        "offset": 3,
        "page": 2,
        "pages": 3,
    }
    assert api.get(f"{query}&limit=3&page=2").json() == page
    for window in ("_start=5", "_offset=5", "start=5", "offset=5"):
        rest = api.get(f"{query}&{window}").json()
        assert [r["id"] for r in rest["results"]] == ids[5:]
        assert rest["offset"] == 5
    assert api.get(f"{query}&_page=9&_limit=3").json()["results"] == []


def test_order(api: httpx2.Client) -> None:
    """Several keys, nested ones, and creation as the last word."""
    tag = uuid.uuid4().hex
    names = [("b", "1"), ("a", "2"), ("b", "0"), ("a", "2")]
    ids = [
        make(api, interneNotitie=tag, persoon={"achternaam": last, "voornaam": first})["id"]
        for last, first in names
    ]
    order = "_order[persoon.achternaam]=desc&_order[persoon.voornaam]=asc"
    found = api.get(f"{PARTIJEN}?interneNotitie={tag}&{order}").json()["results"]
    assert [r["id"] for r in found] == [ids[2], ids[0], ids[1], ids[3]]


def test_filters_on_nested_and_related_members(api: httpx2.Client) -> None:
    """Own, inline and related members, with like and null tests; same element on one list."""
    tag = uuid.uuid4().hex
    mail = {"soortDigitaalAdres": "emailadres", "omschrijving": "werk", "adres": f"{tag}@Example.nl"}
    phone = {"soortDigitaalAdres": "telefoonnummer", "omschrijving": "thuis", "adres": "0101234567"}
    made = make(api, interneNotitie=tag, persoon={"achternaam": "Éénoog"}, verstrekteAdressen=[mail, phone])
    other = make(api, interneNotitie=tag)

    def ids(query: str) -> set[str]:
        answer = api.get(f"{PARTIJEN}?interneNotitie={tag}&{query}")
        assert answer.status_code == 200, answer.text
        return {r["id"] for r in answer.json()["results"]}

    assert ids("persoon.achternaam[like]=éÉN") == {made["id"]}
    assert ids("verstrekteAdressen.adres[like]=example.NL") == {made["id"]}
    assert ids("embedded.verstrekteAdressen.adres[like]=example") == {made["id"]}
    same = "verstrekteAdressen.adres[like]=example&verstrekteAdressen.soortDigitaalAdres="
    assert ids(f"{same}emailadres") == {made["id"]}
    assert ids(f"{same}telefoonnummer") == set()
    assert ids("persoon=IS NULL") == {other["id"]}
    assert ids("persoon.achternaam=IS NOT NULL") == {made["id"]}
    assert ids("verstrekteAdressen=IS NULL") == {other["id"]}
    address = made["verstrekteAdressen"][0]
    for spelling in (address, f"{ADRESSEN}/{address}", f"https://elders.example{ADRESSEN}/{address}"):
        assert ids(f"verstrekteAdressen={spelling}") == {made["id"]}


def test_unset_leaves_members_out(api: httpx2.Client) -> None:
    """Of one object, of pages and of answers to changes, at any depth; it goes after ``_fields``."""
    made = make(api, persoon={"voornaam": "U", "achternaam": "Unset"}, soortPartij="persoon")
    path = f"{PARTIJEN}/{made['id']}"
    shown = api.get(f"{path}?_unset=_self,persoon.voornaam&unset=_self,persoon.voornaam").json()
    whole = api.get(path).json()
    assert shown == {
        **{name: value for name, value in whole.items() if name != "_self"},
        "persoon": {name: value for name, value in whole["persoon"].items() if name != "voornaam"},
    }
    page = api.get(f"{PARTIJEN}?id={made['id']}&_unset[]=embedded&_fields=persoon,nummer&_unset[]=nummer")
    assert page.json()["results"] == [{name: whole[name] for name in ("_id", "id", "_self", "persoon")}]
    changed = api.patch(f"{path}?_unset=_self", json={"interneNotitie": "x"})
    assert changed.status_code == 200
    assert "_self" not in changed.json()
    for fault in ("_unset=geheim", "_unset=", "_unset[x]=nummer"):
        assert problem(api.get(f"{PARTIJEN}?{fault}"), 400)["invalidParams"]
    klant = api.get(f"/api/kic/v1/klanten/{made['id']}?_unset=voornaam").json()
    assert "voornaam" not in klant
    assert klant["achternaam"] == "Unset"


def test_queries_counts_values(api: httpx2.Client) -> None:
    """Values of members are counted over all that match, whatever the page shows; the most frequent first."""
    for kind in ("persoon", "persoon", "organisatie"):
        make(api, interneNotitie="Facettering", soortPartij=kind)
    asked = f"{PARTIJEN}?interneNotitie=Facettering&_limit=1"
    page = api.get(f"{asked}&_queries[]=soortPartij&_queries[]=_self.version").json()
    kinds = [{"_id": "persoon", "count": 2}, {"_id": "organisatie", "count": 1}]
    assert page["facets"] == {
        "soortPartij": {"values": kinds, "different": 2},
        "_self.version": {"values": [{"_id": 1, "count": 3}], "different": 1},
    }
    assert (page["total"], page["count"]) == (3, 1)
    assert "facets" not in api.get(asked).json()
    body = {"interneNotitie": "Facettering", "_queries": "soortPartij"}
    assert api.post(f"{PARTIJEN}/_find", json=body).json()["facets"] == {
        "soortPartij": page["facets"]["soortPartij"]
    }
    for fault in (
        "_queries=geheim",
        "_queries=persoon",
        "_queries=embedded.verstrekteAdressen.adres",
        "_queries=",
    ):
        assert problem(api.get(f"{asked}&{fault}"), 400)["invalidParams"]
    names = ",".join(["nummer"] + [f"persoon.x{n}" for n in range(11)])
    problem(api.get(f"{asked}&_queries={names}"), 400)


def test_fields_and_extend(api: httpx2.Client) -> None:
    """Fields leave out the rest; extend embeds what is not embedded by itself."""
    made = make(api, persoon={"achternaam": "X", "voornaam": "Y"}, interneNotitie="n")
    shown = api.get(f"{PARTIJEN}/{made['id']}?_fields[]=persoon.achternaam&fields[]=interneNotitie")
    shown = api.get(f"{PARTIJEN}/{made['id']}?_fields[]=persoon.achternaam&_fields[]=interneNotitie").json()
    assert shown.keys() == {"id", "_id", "_self", "persoon", "interneNotitie"}
    assert shown["persoon"] == {"achternaam": "X"}
    bericht = make(api, "/api/kic/v1/berichten", onderwerp="Hallo", partij=made["id"])
    plain = api.get(f"{PARTIJEN}/{made['id']}").json()
    assert plain["berichten"] == [bericht["id"]]
    assert "berichten" not in plain.get("embedded", {})
    for query in ("_extend[]=berichten", "extend[]=berichten", "_extend=all"):
        extended = api.get(f"{PARTIJEN}/{made['id']}?{query}").json()
        assert [b["onderwerp"] for b in extended["embedded"]["berichten"]] == ["Hallo"]


def test_nulls_and_round_trips(api: httpx2.Client) -> None:
    """What is read can be written back; a null takes a member away; absent is null and not nought."""
    made = make(api, persoon={"achternaam": "X"}, interneNotitie="weg")
    assert made["website"] is None if "website" in made else True
    same = api.patch(f"{PARTIJEN}/{made['id']}", json=made)
    assert same.status_code == 200, same.text
    assert same.json()["_self"]["version"] == 1
    changed = api.patch(f"{PARTIJEN}/{made['id']}", json={"interneNotitie": None}).json()
    assert changed["interneNotitie"] is None
    assert changed["persoon"] == {"achternaam": "X"}
    assert changed["_self"]["version"] == 2


def test_conditional_requests(api: httpx2.Client) -> None:
    """If-None-Match spares an answer, If-Match spares a change that somebody else made."""
    made = make(api, interneNotitie="1")
    path = f"{PARTIJEN}/{made['id']}"
    tag = api.get(path).headers["etag"]
    unchanged = api.get(path, headers={"if-none-match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert api.patch(path, json={"interneNotitie": "2"}, headers={"if-match": tag}).status_code == 200
    problem(api.patch(path, json={"interneNotitie": "3"}, headers={"if-match": tag}), 412)
    problem(api.delete(path, headers={"if-match": tag}), 412)
    assert api.get(path, headers={"if-none-match": tag}).json()["interneNotitie"] == "2"
    problem(api.patch(path, json={}, headers={"if-match": "no quotes"}), 400)


def test_no_change_is_lost(demo_server: Server, api: httpx2.Client) -> None:
    """Many clients patch different members of one object at one time: every change is there."""
    made = make(api)
    path = f"{PARTIJEN}/{made['id']}"
    members = [
        {"interneNotitie": "n"},
        {"bronorganisatie": "123456789"},
        {"soortPartij": "persoon"},
        {"persoon": {"achternaam": "A"}},
        {"organisatie": {"naam": "O"}},
        {"indicatieActief": False},
        {"indicatieGeheimhouding": True},
        {"persoon": {"voornaam": "V"}},
    ]
    ready = threading.Barrier(len(members))

    def patch(body: dict[str, Any]) -> int:
        with httpx2.Client(base_url=demo_server.url, timeout=30) as client:
            ready.wait()
            return client.patch(path, json=body).status_code

    with ThreadPoolExecutor(len(members)) as pool:
        assert set(pool.map(patch, members)) == {200}
    final = api.get(path).json()
    assert final["persoon"] == {"achternaam": "A", "voornaam": "V"}
    assert (final["interneNotitie"], final["bronorganisatie"], final["soortPartij"]) == (
        "n",
        "123456789",
        "persoon",
    )
    assert (final["organisatie"], final["indicatieActief"], final["indicatieGeheimhouding"]) == (
        {"naam": "O"},
        False,
        True,
    )
    assert final["_self"]["version"] == 1 + len(members)


def test_deleting_an_address_keeps_the_partij(api: httpx2.Client) -> None:
    """The partij lets go of an address that is deleted; the address' own parts are unharmed."""
    mail = {"soortDigitaalAdres": "emailadres", "omschrijving": "x", "adres": "x@example.nl"}
    made = make(api, verstrekteAdressen=[mail])
    address = made["verstrekteAdressen"][0]
    path = f"{PARTIJEN}/{made['id']}"
    api.patch(path, json={"voorkeurskanaal": address})
    assert api.delete(f"{ADRESSEN}/{address}").status_code == 204
    after = api.get(path).json()
    assert (after["voorkeurskanaal"], after["verstrekteAdressen"]) == (None, [])


def test_deleting_a_partij_takes_its_addresses_along(api: httpx2.Client) -> None:
    """What only the partij held on to goes with it."""
    mail = {"soortDigitaalAdres": "emailadres", "omschrijving": "x", "adres": "x@example.nl"}
    made = make(api, verstrekteAdressen=[mail])
    assert api.delete(f"{PARTIJEN}/{made['id']}").status_code == 204
    problem(api.get(f"{PARTIJEN}/{made['id']}"), 404)
    problem(api.get(f"{ADRESSEN}/{made['verstrekteAdressen'][0]}"), 404)


def test_references_must_exist(api: httpx2.Client) -> None:
    """A reference to nothing, or to an object of another kind, is an error with its place."""
    other = make(api)["id"]
    for id in (str(uuid.uuid4()), other):
        found = problem(api.post(PARTIJEN, json={"voorkeurskanaal": id}), 400)
        assert found["invalidParams"][0]["name"] == "voorkeurskanaal"
        assert found["invalidParams"][0]["code"] == "not-found"


def test_system_members_cannot_be_set(api: httpx2.Client) -> None:
    """Ids, owners and versions of a body mean nothing."""
    body = {"id": str(uuid.uuid4()), "_id": str(uuid.uuid4()), "_self": {"owner": {"id": "x"}, "version": 99}}
    made = make(api, **body)
    assert made["id"] not in (body["id"], body["_id"])
    assert made["_self"]["version"] == 1
    assert made["_self"]["owner"]["id"] == "demo"


def test_the_log_holds_nothing_personal(demo_server: Server, api: httpx2.Client) -> None:
    """Neither a BSN in a query, a path or a body, nor a name reaches the log."""
    bsn = "999990019"
    api.get(f"{PARTIJEN}?externeIdentificaties.partijIdentificator.objectId={bsn}")
    api.get(f"{PARTIJEN}/{bsn}")
    api.get(f"/api/{bsn}/x")
    api.get(f"{PARTIJEN}?x{bsn}=1")
    api.post(PARTIJEN, json={"persoon": {"achternaam": f"Geheim{bsn}"}, "soortPartij": bsn})
    log = demo_server.log.read_text()
    assert '"route":"/api/kic/v1/partijen"' in log
    assert bsn not in log
    assert "Geheim" not in log


def test_an_instance_is_an_endpoint(api: httpx2.Client) -> None:
    """``instance`` is the path where there is an endpoint, and absent where there is none."""
    assert problem(api.get(f"{PARTIJEN}/{uuid.uuid4()}"), 404)["instance"].startswith(f"{PARTIJEN}/")
    assert problem(api.get(f"{PARTIJEN}/no-id"), 404)["instance"] == PARTIJEN
    assert problem(api.put(PARTIJEN, json={}), 405)["instance"] == PARTIJEN
    for path in ("/api/nothing", "/api/", "/api/kic/v1/partij", f"{PARTIJEN}/a/b"):
        assert "instance" not in problem(api.get(path), 404)


@pytest.mark.parametrize(
    "path", ["/nothing", "/docs/x", "/assets/nothing.css", "/assets/../pages.py", "/api"]
)
def test_a_path_without_a_page_is_a_problem_too(api: httpx2.Client, path: str) -> None:
    """Outside ``/api/`` an unknown path is answered like one inside, and a browser gets a page."""
    body = problem(api.get(path), 404)
    assert body["code"] == "not-found"
    assert "instance" not in body
    page = api.get(path, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert '<a href="/">' in page.text


def test_a_page_can_only_be_read(api: httpx2.Client) -> None:
    """Another method than GET is 405, with those that exist."""
    answer = api.post("/docs", json={})
    assert problem(answer, 405)["code"] == "method-not-allowed"
    assert answer.headers["allow"] == "GET"


def test_pages_and_document_have_one_title(api: httpx2.Client) -> None:
    """The start page, the documentation page and the API document are headed alike."""
    title = api.get("/openapi.json").json()["info"]["title"]
    assert f"<h1>{title}</h1>" in api.get("/").text
    for path in ("/", "/docs"):
        assert f"<title>{title}</title>" in api.get(path).text

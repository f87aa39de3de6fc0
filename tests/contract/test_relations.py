"""Relations between objects: what is kept where, what is written and deleted together, and where it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_process import StartServer

BASE = "https://example.com/town/"
PERSONS, ADDRESSES, PETS, LETTERS, COUNTRIES, CLUBS = (
    f"/api/town/{name}" for name in ("persons", "addresses", "pets", "letters", "countries", "clubs")
)
NOBODY = "20000000-0000-4000-8000-000000000000"


def ref(name: str, **more: Any) -> dict[str, Any]:
    return {"$ref": f"{BASE}{name}.schema.json", **more}


def refs(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": ref(name, **more)}


def schema(name: str, required: list[str], properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"$id": f"{BASE}{name}.schema.json", "title": name.title(), "type": "object"}
    return {**head, "required": required, "properties": properties, **more}


TEXT = {"type": "string"}
SCHEMAS = {
    "person": schema(
        "person",
        ["name"],
        {
            "name": TEXT,
            "home": ref("address", **{"x-cascadeDelete": True}),
            "addresses": refs("address", **{"x-cascadeDelete": True}),
            "work": ref("address"),
            "label": ref("address", **{"x-inline": True}),
            "friend": ref("person"),
            "friends": refs("person"),
            "child": ref("person", **{"x-cascadeDelete": True}),
            "number": {"type": "integer", "x-generate": "sequence"},
            "pets": refs("pet", **{"x-inverseOf": "owner"}),
            "letters": refs("letter", **{"x-inverseOf": "to", "x-cascadeDelete": True}),
        },
    ),
    "address": schema("address", ["street"], {"street": TEXT, "country": ref("country")}),
    "country": schema("country", ["name"], {"name": TEXT, "capital": ref("address")}),
    "pet": schema("pet", ["name"], {"name": TEXT, "owner": ref("person")}),
    "letter": schema("letter", ["text", "to"], {"text": TEXT, "to": ref("person")}),
    "club": schema(
        "club", ["members"], {"members": refs("person"), "head": ref("person")}, **{"x-maxDepth": 1}
    ),
}
MANIFEST = {
    "name": "Town",
    "collections": [{"$id": f"{BASE}town.collection.json", "prefix": "town", "schemaPrefix": BASE}],
    "endpoints": {
        "schemas": [
            {
                "$id": f"{BASE}{path}.endpoint.json",
                "reference": f"{BASE}{name}.schema.json",
                "path": path,
                "methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
            }
            for name, path in (
                ("person", "persons"),
                ("address", "addresses"),
                ("pet", "pets"),
                ("letter", "letters"),
                ("country", "countries"),
                ("club", "clubs"),
            )
        ]
    },
}


def town(folder: Path) -> Path:
    """The bundle of this module, as a folder."""
    (folder / "schemas").mkdir()
    (folder / "installation.json").write_text(json.dumps(MANIFEST))
    for name, body in SCHEMAS.items():
        (folder / "schemas" / f"{name}.json").write_text(json.dumps(body))
    return folder


@pytest.fixture(scope="module")
def api(server_factory: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A client of a gateway that serves the bundle of this module."""
    server = server_factory(
        demo="true", durability="fast", max_nesting="60", bundles=str(town(tmp_path_factory.mktemp("town")))
    )
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        yield client


def post(api: httpx2.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def get(api: httpx2.Client, path: str, id: str, query: str = "") -> dict[str, Any]:
    answer = api.get(f"{path}/{id}?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def patch(api: httpx2.Client, path: str, id: str, **body: Any) -> dict[str, Any]:
    answer = api.patch(f"{path}/{id}", json=body)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def delete(api: httpx2.Client, path: str, id: str) -> None:
    answer = api.delete(f"{path}/{id}")
    assert answer.status_code == 204, answer.text


def exists(api: httpx2.Client, path: str, id: str) -> bool:
    status = api.get(f"{path}/{id}").status_code
    assert status in (200, 404)
    return status == 200


def totals(api: httpx2.Client) -> dict[str, int]:
    return {
        path: api.get(path, params={"_limit": "1"}).json()["total"] for path in (PERSONS, ADDRESSES, PETS)
    }


class TestKeeping:
    def test_a_relation_is_an_object_of_its_own(self, api: httpx2.Client) -> None:
        """The parent keeps the reference; the object has an id, a version and an endpoint of its own."""
        made = post(
            api, PERSONS, name="A", home={"street": "S"}, addresses=[{"street": "T"}, {"street": "U"}]
        )
        assert get(api, ADDRESSES, made["home"])["street"] == "S"
        assert [get(api, ADDRESSES, id)["street"] for id in made["addresses"]] == ["T", "U"]
        assert made["embedded"]["home"]["_id"] == made["home"]
        patch(api, ADDRESSES, made["home"], street="V")
        assert get(api, PERSONS, made["_id"])["embedded"]["home"]["street"] == "V"

    def test_an_inline_one_is_kept_inside(self, api: httpx2.Client) -> None:
        """With x-inline no object is made: the value stands in its parent, with what it refers to inside."""
        before = totals(api)[ADDRESSES]
        made = post(api, PERSONS, name="A", label={"street": "S"})
        assert made["label"]["street"] == "S"
        assert totals(api)[ADDRESSES] == before

    def test_the_other_side_shows_who_refers(self, api: httpx2.Client) -> None:
        """An inverse property keeps nothing; it shows those that refer now, in order of creation."""
        owner = post(api, PERSONS, name="A", pets=[{"name": "first"}])
        second = post(api, PETS, name="second", owner=owner["_id"])
        shown = get(api, PERSONS, owner["_id"])
        assert shown["pets"] == [owner["pets"][0], second["_id"]]
        assert [pet["name"] for pet in shown["embedded"]["pets"]] == ["first", "second"]
        assert get(api, PETS, owner["pets"][0])["owner"] == owner["_id"]
        other = post(api, PERSONS, name="B")
        patch(api, PETS, second["_id"], owner=other["_id"])
        assert get(api, PERSONS, owner["_id"])["pets"] == owner["pets"]
        assert get(api, PERSONS, other["_id"])["pets"] == [second["_id"]]


class TestWriting:
    def test_all_or_nothing(self, api: httpx2.Client) -> None:
        """A fault anywhere below a document leaves nothing of it, and all that stood before as it was."""
        made = post(api, PERSONS, name="A", home={"street": "S"})
        before = totals(api)
        bad = {"name": "B", "home": {"street": "T"}, "pets": [{"name": "x"}], "friend": {"name": 5}}
        assert api.post(PERSONS, json=bad).status_code == 400
        answer = api.patch(f"{PERSONS}/{made['_id']}", json={"home": {"street": "V"}, "friends": [NOBODY]})
        assert answer.status_code == 400
        assert totals(api) == before
        assert get(api, ADDRESSES, made["home"])["street"] == "S"

    @pytest.mark.parametrize("friend", [{}, {"_id": NOBODY}])
    def test_a_new_object_has_new_ones_that_require_it(
        self, api: httpx2.Client, friend: dict[str, Any]
    ) -> None:
        """What is written below an object that is new itself belongs to it, whatever its own depth; another
        owner, which it may name, does not count."""
        other = post(api, PERSONS, name="Other")
        letters = [{"text": "one"}, {"text": "two", "to": other["_id"]}]
        if friend:
            wrong = {"name": "A", "friend": {**friend, "name": "B", "letters": letters}}
            assert api.post(PERSONS, json=wrong).status_code == 400
            return
        made = post(api, PERSONS, name="A", friend={"name": "B", "letters": letters})
        shown = get(api, PERSONS, made["friend"])
        assert [each["text"] for each in shown["embedded"]["letters"]] == ["one", "two"]
        assert {each["to"] for each in shown["embedded"]["letters"]} == {made["friend"]}
        assert get(api, PERSONS, other["_id"])["letters"] == []

    def test_a_patch_changes_the_object_that_is_there(self, api: httpx2.Client) -> None:
        """A part of a related object is patched in it; its id and the rest of it stay."""
        made = post(api, PERSONS, name="A", home={"street": "S", "country": {"name": "C"}})
        changed = patch(api, PERSONS, made["_id"], home={"street": "T"})
        assert changed["home"] == made["home"]
        address = get(api, ADDRESSES, made["home"])
        assert (address["street"], address["embedded"]["country"]["name"]) == ("T", "C")
        assert address["_self"]["version"] == 2

    def test_a_list_is_replaced_and_leaves_no_orphans(self, api: httpx2.Client) -> None:
        """PUT and PATCH replace a list of objects: those that are left out go where that is declared, an
        equal one is recognised, and none is doubled."""
        made = post(
            api, PERSONS, name="A", home={"street": "S"}, addresses=[{"street": "T"}, {"street": "U"}]
        )
        changed = patch(api, PERSONS, made["_id"], addresses=[{"street": "U"}, {"street": "V"}])
        assert len(changed["addresses"]) == 2
        assert changed["addresses"][0] == made["addresses"][1]
        assert not exists(api, ADDRESSES, made["addresses"][0])
        answer = api.put(f"{PERSONS}/{made['_id']}", json={"name": "A", "home": {"street": "W"}})
        assert answer.status_code == 200, answer.text
        assert [exists(api, ADDRESSES, id) for id in (made["home"], *changed["addresses"])] == [False] * 3
        assert get(api, ADDRESSES, answer.json()["home"])["street"] == "W"

    def test_an_object_that_is_named_is_that_object(self, api: httpx2.Client) -> None:
        """With its id inside, an object that stood elsewhere is linked and changed, never doubled."""
        address = post(api, ADDRESSES, street="S")
        pet = post(api, PETS, name="p")
        before = totals(api)
        made = post(
            api,
            PERSONS,
            name="A",
            home={"_id": address["_id"], "street": "T"},
            pets=[{"_id": pet["_id"], "name": "q"}],
        )
        assert (made["home"], made["pets"]) == (address["_id"], [pet["_id"]])
        assert get(api, ADDRESSES, address["_id"])["street"] == "T"
        assert get(api, PETS, pet["_id"])["name"] == "q"
        assert totals(api) == {**before, PERSONS: before[PERSONS] + 1}
        country = post(api, COUNTRIES, name="C")
        other = post(api, ADDRESSES, street="U", country=country["_id"])
        changed = patch(api, PERSONS, made["_id"], addresses=[{"_id": other["_id"], "street": "W"}])
        assert changed["addresses"] == [other["_id"]]
        shown = get(api, ADDRESSES, other["_id"])
        assert (shown["street"], shown["country"]) == ("W", country["_id"])

    def test_many_may_name_the_same_object_at_once(self, api: httpx2.Client) -> None:
        """Objects that are created at one time and change the same other one are all created."""
        address = post(api, ADDRESSES, street="S")

        def make(number: int) -> str:
            home = {"_id": address["_id"], "street": f"{number}"}
            id: str = post(api, PERSONS, name=f"{number}", home=home)["home"]
            return id

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(make, range(40))) == {address["_id"]}
        assert get(api, ADDRESSES, address["_id"])["_self"]["version"] == 41

    def test_a_number_given_out_stays(self, api: httpx2.Client) -> None:
        """An object that is replaced within another, without its number, keeps that."""
        friend = post(api, PERSONS, name="F")
        made = post(api, PERSONS, name="A", friend={"_id": friend["_id"], "name": "G"})
        body = {"name": "A", "friend": {"_id": friend["_id"], "name": "H"}}
        assert api.put(f"{PERSONS}/{made['_id']}", json=body).status_code == 200
        shown = get(api, PERSONS, friend["_id"])
        assert (shown["name"], shown["number"]) == ("H", friend["number"])

    def test_what_was_read_can_be_written_back(self, api: httpx2.Client) -> None:
        """PUT of the answer of GET changes nothing and makes nothing, with everything embedded."""
        made = post(api, PERSONS, name="A", home={"street": "S"}, pets=[{"name": "p"}], friend={"name": "B"})
        before = totals(api)
        shown = get(api, PERSONS, made["_id"], "_extend=all")
        answer = api.put(f"{PERSONS}/{made['_id']}", json=shown)
        assert answer.status_code == 200, answer.text
        assert totals(api) == before
        assert answer.json()["_self"]["version"] == 1


class TestDeleting:
    def test_goes_along_only_where_that_is_declared(self, api: httpx2.Client) -> None:
        """What a cascading property holds goes along, what others hold stays, and those who refer let go."""
        made = post(
            api,
            PERSONS,
            name="A",
            home={"street": "S"},
            addresses=[{"street": "T"}],
            work={"street": "W"},
            pets=[{"name": "p"}],
            letters=[{"text": "l"}],
        )
        delete(api, PERSONS, made["_id"])
        for id in (made["home"], *made["addresses"]):
            assert not exists(api, ADDRESSES, id)
        assert not exists(api, LETTERS, made["letters"][0])
        assert exists(api, ADDRESSES, made["work"])
        assert get(api, PETS, made["pets"][0])["owner"] is None

    def test_of_an_address_never_takes_its_person(self, api: httpx2.Client) -> None:
        """Deleting what a relation leads to only takes the reference away, from values and from lists."""
        made = post(
            api, PERSONS, name="A", home={"street": "S"}, addresses=[{"street": "T"}, {"street": "U"}]
        )
        delete(api, ADDRESSES, made["home"])
        delete(api, ADDRESSES, made["addresses"][0])
        shown = get(api, PERSONS, made["_id"])
        assert (shown["home"], shown["addresses"]) == (None, made["addresses"][1:])

    def test_waits_for_the_last_one_who_refers(self, api: httpx2.Client) -> None:
        """A shared address goes with the last person that holds it, in whatever property."""
        first = post(api, PERSONS, name="A", home={"street": "S"})
        second = post(api, PERSONS, name="B", addresses=[first["home"]])
        delete(api, PERSONS, first["_id"])
        assert exists(api, ADDRESSES, first["home"])
        patch(api, PERSONS, second["_id"], addresses=[])
        assert not exists(api, ADDRESSES, first["home"])

    def test_is_refused_to_what_is_required(self, api: httpx2.Client) -> None:
        """What another object cannot be without stays, and nothing of the deletion is done; of a
        required list one can go as long as others are left."""
        one, two = (post(api, PERSONS, name=name, home={"street": "S"}) for name in "AB")
        club = post(api, CLUBS, members=[one["_id"], two["_id"]])
        delete(api, PERSONS, one["_id"])
        assert get(api, CLUBS, club["_id"])["members"] == [two["_id"]]
        answer = api.delete(f"{PERSONS}/{two['_id']}")
        assert answer.status_code == 409
        assert "a Club requires it as 'members'" in answer.text
        assert exists(api, ADDRESSES, two["home"])


class TestBounds:
    def test_an_object_that_refers_to_itself(self, api: httpx2.Client) -> None:
        """It is shown by its id within itself, can be changed, and goes."""
        made = post(api, PERSONS, name="A")
        changed = patch(
            api, PERSONS, made["_id"], friend=made["_id"], friends=[made["_id"]], child=made["_id"]
        )
        assert changed["friend"] == made["_id"]
        shown = get(api, PERSONS, made["_id"], "_extend=all")
        assert "friend" not in shown.get("embedded", {})
        assert patch(api, PERSONS, made["_id"], name="B")["_self"]["version"] == 3
        delete(api, PERSONS, made["_id"])
        assert not exists(api, PERSONS, made["_id"])

    def test_two_objects_that_refer_to_each_other(self, api: httpx2.Client) -> None:
        """Each shows the other and not itself again; what each read can be written back; both can go."""
        first = post(api, PERSONS, name="A")
        second = post(api, PERSONS, name="B", friend=first["_id"])
        patch(api, PERSONS, first["_id"], friend=second["_id"])
        shown = get(api, PERSONS, first["_id"], "_extend=all")
        assert shown["embedded"]["friend"]["name"] == "B"
        assert "embedded" not in shown["embedded"]["friend"]
        assert api.put(f"{PERSONS}/{first['_id']}", json=shown).status_code == 200
        delete(api, PERSONS, first["_id"])
        assert get(api, PERSONS, second["_id"])["friend"] is None

    def test_a_ring_that_cascades_goes_whole(self, api: httpx2.Client) -> None:
        """Three objects that hold each other in a ring, each going with the one before, all go at once."""
        first = post(api, PERSONS, name="A", child={"name": "B", "child": {"name": "C"}})
        ids = [first["_id"], first["child"], get(api, PERSONS, first["child"])["child"]]
        patch(api, PERSONS, ids[2], child=ids[0])
        assert get(api, PERSONS, ids[1], "_extend=all")["child"] == ids[2]
        delete(api, PERSONS, ids[1])
        assert [exists(api, PERSONS, id) for id in ids] == [False, False, False]

    def test_the_depth_that_is_shown_is_declared(self, api: httpx2.Client) -> None:
        """Three levels where the schema says nothing, fewer where it says so, whatever is asked for."""
        made = post(
            api, PERSONS, name="1", friend={"name": "2", "friend": {"name": "3", "friend": {"name": "4"}}}
        )
        for query in ("", "_extend=all", "_extend=friend.friend.friend.friend"):
            level, shown = 1, get(api, PERSONS, made["_id"], query)
            while "friend" in shown.get("embedded", {}):
                level, shown = level + 1, shown["embedded"]["friend"]
            assert (level, shown["name"]) == (3, "3")
        club = post(api, CLUBS, members=[made["_id"]])
        assert "embedded" not in get(api, CLUBS, club["_id"], "_extend=all")

    def test_a_deep_body_is_stored_or_refused(self, api: httpx2.Client) -> None:
        """Fifty objects in one another are created, changed and deleted in one go; a thousand are refused."""
        before = totals(api)[PERSONS]
        body: dict[str, Any] = {"name": "50"}
        for number in range(49, 0, -1):
            body = {"name": f"{number}", "child": body}
        made = post(api, PERSONS, **body)
        assert totals(api)[PERSONS] == before + 50
        at = made
        for number in range(2, 51):
            at = get(api, PERSONS, at["child"])
            assert at["name"] == f"{number}"
        assert api.put(f"{PERSONS}/{made['_id']}", json=made).status_code == 200
        delete(api, PERSONS, made["_id"])
        assert totals(api)[PERSONS] == before
        content = '{"name":"x","child":' * 1000 + "null" + "}" * 1000
        answer = api.post(PERSONS, content=content, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 413)

    def test_a_wide_body_is_stored(self, api: httpx2.Client) -> None:
        """Five hundred objects of one list are created, shown in their order and deleted with it."""
        made = post(api, PERSONS, name="A", addresses=[{"street": f"{number}"} for number in range(500)])
        shown = get(api, PERSONS, made["_id"])["embedded"]["addresses"]
        assert [each["street"] for each in shown] == [f"{number}" for number in range(500)]
        before = totals(api)[ADDRESSES]
        delete(api, PERSONS, made["_id"])
        assert totals(api)[ADDRESSES] == before - 500


class TestNullAndDouble:
    @pytest.mark.parametrize(
        "query", ["", "_extend=all", "_extend=home.country.capital", "_fields=home,name"]
    )
    def test_a_relation_that_is_null_is_shown_as_null(self, api: httpx2.Client, query: str) -> None:
        """Whether a relation was left out, written as null, or lost its object: it is null or empty, and
        embedding it fails nowhere on the way."""
        gone = post(api, PERSONS, name="null", home={"street": "S"}, friends=[{"name": "F"}])
        delete(api, ADDRESSES, gone["home"])
        delete(api, PERSONS, gone["friends"][0])
        made = [
            post(api, PERSONS, name="null"),
            post(api, PERSONS, name="null", home=None, friends=[], friend=None),
            post(api, PERSONS, name="null", home={"street": "S"}, friends=[{"name": "F", "home": None}]),
        ]
        for each in (gone, *made[:2]):
            shown = get(api, PERSONS, each["_id"], query)
            assert shown["home"] is None
            assert "home" not in shown.get("embedded", {})
        page = api.get(f"{PERSONS}?name=null&_limit=100&{query}")
        assert page.status_code == 200
        for each in (gone, *made):
            delete(api, PERSONS, each["_id"])

    def test_a_filter_on_what_is_null_finds_it_not(self, api: httpx2.Client) -> None:
        """Conditions two relations away hold for no object without these relations, and raise nothing."""
        land = post(api, COUNTRIES, name="Nowhere")
        found = post(api, PERSONS, name="filtered", home={"street": "S", "country": land["_id"]})
        post(api, PERSONS, name="filtered", home={"street": "S"})
        post(api, PERSONS, name="filtered")
        query = "name=filtered&home.country.name=Nowhere"
        page = api.get(f"{PERSONS}?{query}").json()
        assert ([each["_id"] for each in page["results"]], page["total"]) == ([found["_id"]], 1)

    def test_a_filter_over_a_list_finds_each_once(self, api: httpx2.Client) -> None:
        """However many related objects match, and in whatever order it is asked: one row, counted once."""
        streets = [{"street": f"Double {number}"} for number in range(3)]
        both = [
            post(api, PERSONS, name=f"d{number}", addresses=streets, pets=[{"name": "Double"}] * 2)
            for number in (1, 2)
        ]
        for query in (
            "addresses.street[like]=double",
            "pets.name=Double",
            "addresses.street[like]=double&pets.name=Double",
        ):
            for order in ("", "&_order[name]=desc", "&_order[addresses.street]=asc"):
                page = api.get(f"{PERSONS}?{query}{order}").json()
                assert page["total"] == 2, query
                assert sorted(each["_id"] for each in page["results"]) == sorted(each["_id"] for each in both)

    def test_a_reference_twice_is_one(self, api: httpx2.Client) -> None:
        """The same object twice in a list of relations is kept, and shown, once."""
        friend = post(api, PERSONS, name="F")
        made = post(api, PERSONS, name="A", friends=[friend["_id"], friend["_id"]])
        assert made["friends"] == [friend["_id"]]
        assert len(made["embedded"]["friends"]) == 1

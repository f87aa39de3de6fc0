"""Rules of members that hold at run time: set once, unique, within dates, files of a kind."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from postgresql_server import emptied
from schema_world import World, ref, refused, schema
from store_kinds import KINDS

from gateway_core.errors import InvalidDocument
from gateway_core.operations.call import Action

SCHEMAS = (
    schema(
        "thing",
        {
            "name": {"type": "string"},
            "code": {"type": "string", "x-immutable": True},
            "mark": {"type": ["string", "null"], "x-unique": True, "x-caseInsensitive": True},
            "labels": {"type": "array", "items": {"type": "string"}, "x-unique": True},
            "closed": {"type": "string", "x-changeOnly": True},
            "kin": ref("thing", type=["object", "null"]),
            "owner": ref("owner", **{"x-immutable": True}),
            "parts": {"type": "array", "items": ref("part")},
            "own": {"type": "string", "x-generate": "id"},
            "pin": {"type": ["string", "null"], "writeOnly": True},
            "day": {"type": "string", "format": "date", "x-generate": "now"},
            "url": {"type": "string", "format": "url", "readOnly": True, "x-generate": "url"},
        },
    ),
    schema("owner", {"name": {"type": "string"}, "things": {"type": "array", "items": ref("thing")}}),
    schema(
        "part",
        {
            "size": {"type": "integer", "x-immutable": True, "x-unique": True},
            "late": {"type": "string", "x-changeOnly": True},
            "note": {"type": "string"},
        },
    ),
    schema(
        "kept",
        {
            "born": {"type": "string", "format": "date", "x-maxDate": "today", "x-minDate": "1900-01-01"},
            "from": {"type": "string", "format": "date-time", "x-minDate": "now-P1M"},
            "image": {"type": "string", "x-maxFileSize": 10, "x-minFileSize": 2, "x-fileTypes": ["text/*"]},
            "several": {"type": "array", "items": {"type": "string", "x-fileTypes": ["image/png"]}},
            "inside": {
                "type": "object",
                "properties": {"to": {"type": "string", "format": "date", "x-maxDate": "2030-12-31"}},
            },
            "other": ref("kept"),
        },
    ),
    schema(
        "strict",
        {
            "list": {"type": "array", "items": {"type": "string"}},
            "many": {"type": "array", "items": ref("owner")},
            "one": ref("owner", type=["object", "null"]),
            "text": {"type": ["string", "null"]},
            "name": {"type": "string"},
        },
        required=["list", "many", "one", "text"],
    ),
    schema(
        "tied",
        {
            "to": ref("owner", **{"x-linkOnly": True}),
            "at": ref("owner", **{"x-show": "object"}),
            "by": ref("owner", **{"x-show": "url"}),
            "via": {"type": "array", "items": ref("owner", **{"x-show": "path"})},
        },
    ),
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The schemas on the default store."""
    made = World(f"sqlite:///{tmp_path}/s.db", tmp_path / "bundle", *SCHEMAS)
    yield made
    made.store.close()


@pytest.fixture(params=KINDS)
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The schemas on a store of each kind."""
    urls = {
        "sqlite": f"sqlite:///{tmp_path}/s.db",
        "memory": "sqlite:///:memory:",
        "tinydb": f"tinydb:///{tmp_path}/s.json",
    }
    if request.param == "postgresql":
        urls["postgresql"] = emptied(request.getfixturevalue("postgresql_database"))
    made = World(urls[request.param], tmp_path / "bundle", *SCHEMAS)
    yield made
    made.store.close()


class TestImmutable:
    def test_another_value_is_refused_by_name(self, world: World):
        """By PUT and by PATCH; the same value, and none at all, leave what is there."""
        id = world.create("thing", code="a", name="x")["id"]
        assert refused(world.replace, "thing", id, code="b") == {"code": "immutable"}
        assert refused(world.patch, "thing", id, code="b") == {"code": "immutable"}
        assert world.replace("thing", id, code="a", name="y")["name"] == "y"
        assert world.replace("thing", id, name="z")["code"] == "a"
        assert world.patch("thing", id, name="w")["code"] == "a"

    def test_it_cannot_be_taken_away_or_set_later(self, world: World):
        """Null is a change, and so is a first value."""
        id = world.create("thing", code="a")["id"]
        assert refused(world.patch, "thing", id, code=None) == {"code": "immutable"}
        assert refused(world.replace, "thing", id, code=None) == {"code": "immutable"}
        bare = world.create("thing", name="x")["id"]
        assert refused(world.patch, "thing", bare, code="a") == {"code": "immutable"}
        assert world.patch("thing", bare, code=None, name="y")["name"] == "y"

    def test_of_a_relation_it_is_whom_it_refers_to(self, world: World):
        """The object that it refers to may change; another may not take its place."""
        thing = world.create("thing", owner={"name": "a"})
        owner = thing["owner"]
        other = world.create("owner", name="b")["id"]
        assert refused(world.patch, "thing", thing["id"], owner=other) == {"owner": "immutable"}
        world.patch("thing", thing["id"], owner={"_id": owner, "name": "c"})
        assert world.read("owner", owner)["name"] == "c"

    def test_of_an_object_inside_it_is_told_at_its_place(self, world: World):
        """The place is that of the client's document."""
        thing = world.create("thing", parts=[{"size": 1}, {"size": 2}])
        second = thing["parts"][1]
        wrong = [thing["parts"][0], {"_id": second, "size": 3}]
        assert refused(world.replace, "thing", thing["id"], parts=wrong) == {"parts.1.size": "immutable"}
        world.replace("thing", thing["id"], parts=[thing["parts"][0], {"_id": second, "note": "n"}])
        assert world.read("part", second)["size"] == 2

    def test_an_earlier_version_may_come_back(self, world: World):
        """It has the same value."""
        id = world.create("thing", code="a", name="x")["id"]
        world.patch("thing", id, name="y")
        assert world.call(Action.RESTORE, "thing", {"version": 1}, id)["name"] == "x"

    def test_what_it_refers_to_may_go(self, world: World):
        """Deleting an object takes references to it away: nobody changes the one that referred."""
        thing = world.create("thing", owner={"name": "a"})
        world.call(Action.DELETE, "owner", None, thing["owner"])
        assert world.read("thing", thing["id"])["owner"] is None


class TestChangeOnly:
    def test_it_is_refused_at_creation(self, world: World):
        """At its place, also inside another document; a change may set it."""
        assert refused(world.create, "thing", closed="x") == {"closed": "change-only"}
        assert refused(world.create, "thing", parts=[{}, {"late": "x"}]) == {"parts.1.late": "change-only"}
        id = world.create("thing", closed="")["id"]
        assert world.patch("thing", id, closed="x")["closed"] == "x"


class TestUnique:
    def test_the_second_is_refused_by_name(self, anywhere: World):
        """In any case of letters; its own value stays an object's own."""
        first = anywhere.create("thing", mark="One")["id"]
        assert refused(anywhere.create, "thing", mark="ONE") == {"mark": "unique"}
        second = anywhere.create("thing", mark="two")["id"]
        assert refused(anywhere.patch, "thing", second, mark="one") == {"mark": "unique"}
        assert anywhere.replace("thing", first, mark="One", name="x")["name"] == "x"
        assert anywhere.patch("thing", first, mark=None)["mark"] is None
        assert anywhere.patch("thing", second, mark="one")["mark"] == "one"

    def test_what_is_no_value_may_occur_many_times(self, anywhere: World):
        """Null, nothing and the empty text."""
        for body in ({"mark": None}, {}, {"mark": ""}) * 2:
            anywhere.create("thing", **body)
        assert anywhere.call(Action.LIST, "thing")["total"] == 6

    def test_it_is_told_at_its_place_inside_a_document(self, anywhere: World):
        """An object inside is refused where it stands; nothing of the document is kept."""
        anywhere.create("part", size=7)
        assert refused(anywhere.create, "thing", parts=[{"size": 6}, {"size": 7}]) == {
            "parts.1.size": "unique"
        }
        assert refused(anywhere.create, "thing", parts=[{"size": 5}, {"size": 5}]) == {
            "parts.1.size": "unique"
        }
        assert anywhere.call(Action.LIST, "part")["total"] == 1

    def test_of_a_list_no_two_objects_share_an_item(self, anywhere: World):
        """The same item twice in one list is no matter of others."""
        anywhere.create("thing", labels=["a", "a", "b"])
        assert refused(anywhere.create, "thing", labels=["c", "b"]) == {"labels": "unique"}
        anywhere.create("thing", labels=["c"])

    def test_a_removed_object_comes_back_only_when_its_value_is_free(self, anywhere: World):
        """Its value may be another's by then."""
        first = anywhere.create("thing", mark="a")["id"]
        anywhere.call(Action.DELETE, "thing", None, first)
        second = anywhere.create("thing", mark="a")["id"]
        assert refused(anywhere.call, Action.RESTORE, "thing", {"version": 1}, first) == {"mark": "unique"}
        anywhere.call(Action.DELETE, "thing", None, second)
        assert anywhere.call(Action.RESTORE, "thing", {"version": 1}, first)["mark"] == "a"

    def test_a_race_lets_one_in(self, anywhere: World):
        """Of many clients that create the same at one time one succeeds; the others are told why."""

        def attempt(number: int) -> str:
            try:
                anywhere.create("thing", mark=f"m{number % 5}", name=str(number))
            except InvalidDocument as error:
                return error.violations[0].code
            return "created"

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(attempt, range(40)))
        assert (outcomes.count("created"), outcomes.count("unique")) == (5, 35)


class TestBounds:
    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({"born": "2026-03-14"}, {}),
            ({"born": "2026-03-16"}, {"born": "maxDate"}),
            ({"born": "1899-12-31"}, {"born": "minDate"}),
            ({"from": "2026-02-14T09:35:00Z"}, {}),
            ({"from": "2026-02-14T10:34:59+01:00"}, {"from": "minDate"}),
            ({"inside": {"to": "2031-01-01"}}, {"inside.to": "maxDate"}),
            ({"other": {"other": {"born": "2999-01-01"}}}, {"other.other.born": "maxDate"}),
            ({"born": "nonsense"}, {"born": "format"}),
        ],
    )
    def test_of_dates(self, world: World, body, wrong):
        """They hold where they are fixed and where they move, at any depth; what is no date is told so."""
        if wrong:
            assert refused(world.create, "kept", **body) == wrong
        else:
            assert world.create("kept", **body)["id"]

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({"image": b64encode(b"text").decode()}, {}),
            ({"image": "data:text/csv;base64," + b64encode(b"a,b").decode()}, {}),
            ({"image": "data:image/png;base64," + b64encode(b"a,b").decode()}, {"image": "fileTypes"}),
            ({"image": b64encode(b"\x89PNG\r\n\x1a\n").decode()}, {"image": "fileTypes"}),
            (
                {"image": "data:text/csv;base64," + b64encode(b"\x89PNG\r\n\x1a\n").decode()},
                {"image": "fileTypes"},
            ),
            ({"image": b64encode(b"0123456789X").decode()}, {"image": "maxFileSize"}),
            ({"image": b64encode(b"X").decode()}, {"image": "minFileSize"}),
            ({"image": "not base64!"}, {"image": "format"}),
            (
                {"several": ["", b64encode(b"GIF89a").decode()]},
                {"several.0": "fileTypes", "several.1": "fileTypes"},
            ),
        ],
    )
    def test_of_files(self, world: World, body, wrong):
        """Size and type are those of the content, whatever it says of itself."""
        if wrong:
            assert refused(world.create, "kept", **body) == wrong
        else:
            assert world.create("kept", **body)["id"]


class TestRelations:
    def test_where_only_links_are_allowed_nothing_is_created(self, world: World):
        """A reference and an object that is there will do."""
        assert refused(world.create, "tied", to={"name": "new"}) == {"to._id": "required"}
        owner = world.create("owner", name="a")["id"]
        tied = world.create("tied", to=owner)
        assert tied["to"] == owner
        world.replace("tied", tied["id"], to={"_id": owner, "name": "b"})
        assert world.read("owner", owner)["name"] == "b"

    def test_an_object_in_its_place_is_shown_there(self, world: World):
        """And is taken back as it was shown."""
        tied = world.create("tied", at={"name": "a"})
        assert tied["at"]["name"] == "a"
        assert "embedded" not in tied
        again = world.replace("tied", tied["id"], **{k: v for k, v in tied.items() if k != "_self"})
        assert again["at"]["id"] == tied["at"]["id"]
        assert world.call(Action.LIST, "tied")["results"][0]["at"]["name"] == "a"

    def test_an_object_is_shown_by_where_it_is_found(self, world: World):
        """As URL or path, and is taken back and found as that; nothing stays nothing."""
        tied = world.create("tied", by={"name": "a"}, via=[{"name": "b"}, {"name": "c"}])
        start = "https://gateway.example/api/world/owner/"
        owner = tied["by"].removeprefix(start)
        assert world.read("owner", owner)["name"] == "a"
        assert [path.rpartition("/")[0] for path in tied["via"]] == ["/api/world/owner"] * 2
        assert tied["embedded"]["by"]["id"] == owner
        bare = {k: v for k, v in tied.items() if k not in ("_self", "embedded")}
        assert world.replace("tied", tied["id"], **bare)["by"] == tied["by"]
        assert world.call(Action.LIST, "tied", by=tied["by"])["total"] == 1
        empty = world.create("tied")
        assert (empty["by"], empty["via"]) == (None, [])

    def test_what_is_required_may_be_nothing(self, world: World):
        """Where its schema lets it: it was given, and a later change of the rest need not give it again."""
        made = world.create("strict", list=[], many=[], one=None, text=None)
        assert world.patch("strict", made["id"], name="x")["name"] == "x"
        world.patch("strict", made["id"], name="y")
        assert world.call(Action.RESTORE, "strict", {"version": 1}, made["id"])["name"] is None
        assert set(refused(world.create, "strict", name="z")) == {"list", "many", "one", "text"}

    def test_null_lets_go(self, world: World):
        """Of a relation that may be null."""
        thing = world.create("thing", kin={"name": "a"})
        assert world.patch("thing", thing["id"], kin=None)["kin"] is None
        assert world.create("thing", kin=None)["kin"] is None


class TestHidden:
    def test_what_no_client_reads_stays_when_it_is_left_out(self, world: World):
        """Who writes back what it read takes nothing away; another value and null are changes."""
        made = world.create("thing", name="x", pin="1")
        assert "pin" not in made
        kept = lambda: world.store.get("", [made["id"]])[made["id"]].data.get("pin")  # noqa: E731 - said thrice
        world.call(Action.REPLACE, "thing", {**made, "name": "y"}, made["id"])
        assert kept() == "1"
        world.patch("thing", made["id"], pin="2")
        assert kept() == "2"
        world.patch("thing", made["id"], pin=None)
        assert kept() is None


class TestGiven:
    def test_ids_days_and_urls(self, world: World):
        """What the register gives out fits the property; its URL is the one that was asked."""
        made = world.create("thing", url="https://elsewhere.example")
        assert made["own"] == made["id"]
        assert made["day"] == "2026-03-14"
        assert made["url"] == made["_self"]["uri"] == f"https://gateway.example/api/world/thing/{made['id']}"
        assert world.patch("thing", made["id"], name="x")["own"] == made["id"]

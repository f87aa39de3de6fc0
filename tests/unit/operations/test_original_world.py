"""Schemas of Common Gateway at work: written, changed, mirrored and answered as their authors meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from schema_world import ENTITY, World, ref, refused, schema

from gateway_core.operations.call import Action


def many(name: str, **more: object) -> dict[str, object]:
    return {"type": "array", "items": ref(name), **more}


CASE = schema(
    "case",
    {
        "id": {"type": "string", "format": "uuid", "readOnly": True},
        "url": {"type": "string", "format": "url", "default": "{{ selfUrl(object) }}"},
        "number": {"type": "string", "default": "{{ object.id }}", "maxLength": 40},
        "subject": {"type": "string", "required": True, "minLength": 2, "maxLength": 10},
        "opened": {"type": "datetime", "default": "now"},
        "secret": {"type": "boolean", "default": "false"},
        "kind": {"enum": ["a", "b"], "immutable": True},
        "why": {"type": "string", "requiredIf": {"==": [{"var": "kind"}, "b"]}},
        "steps": many("step", inversedBy="case", readOnly=True),
        "last": ref("step", type="object", inversedBy="of"),
        "lead": ref("person", format="json"),
        "crew": many("person", format="url", cascadeDelete=True),
        "place": {"type": "object", "properties": {"city": {"type": "string", "required": "true"}}},
    },
    ENTITY,
    required=["subject", "steps"],
    nameProperties=["subject"],
)
STEP = schema(
    "step",
    {
        "case": ref("case", type="object", inversedBy="steps", required=True, format="url"),
        "of": ref("case", type="object", inversedBy="last"),
        "at": {"type": "date", "maxDate": "now"},
        "nr": {"type": "integer", "mustBeUnique": "true"},
    },
    ENTITY,
)
PERSON = schema("person", {"name": {"type": "string", "required": True}, "born": {"type": "date"}}, ENTITY)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The schemas on the default store."""
    made = World(f"sqlite:///{tmp_path}/s.db", tmp_path / "bundle", CASE, STEP, PERSON)
    yield made
    made.store.close()


def test_what_is_not_given_is_filled_in(world: World):
    """The id, the URL and the time without a template, the default as a truth value, the name."""
    case = world.create("case", subject="first")
    assert case["url"] == case["_self"]["uri"] == f"https://gateway.example/api/world/case/{case['id']}"
    assert case["number"] == case["id"]
    assert case["opened"] == "2026-03-14T09:35:00.000000Z"
    assert (case["secret"], case["kind"], case["_self"]["name"]) == (False, None, "first")


def test_rules_are_enforced(world: World):
    """Each by name, in one answer."""
    wrong = {"subject": "x", "kind": "b", "place": {"town": "z"}, "secret": "perhaps"}
    assert refused(world.create, "case", **wrong) == {
        "subject": "minLength",
        "why": "required",
        "place.city": "required",
        "place.town": "unknown-property",
        "secret": "type",
    }
    case = world.create("case", subject="ok", kind="a")
    assert refused(world.patch, "case", case["id"], kind="b", why="y") == {"kind": "immutable"}
    step = {"case": case["id"], "at": "2026-03-17", "nr": 1}
    assert refused(world.create, "step", **step) == {"at": "maxDate"}
    world.create("step", **{**step, "at": ""})
    assert refused(world.create, "step", **{**step, "at": None}) == {"nr": "unique"}


def test_null_and_what_means_it(world: World):
    """A member that may be null may be emptied, with null or with what PHP writes for it."""
    case = world.create("case", subject="ok", opened="", lead=[], place="", crew="")
    assert (case["lead"], case["place"], case["crew"]) == (None, None, [])
    changed = world.patch("case", case["id"], lead={"name": "x"}, place={"city": "y"})
    assert (changed["lead"]["name"], changed["place"]) == ("x", {"city": "y"})
    emptied = world.patch("case", case["id"], lead=None, place=None)
    assert (emptied["lead"], emptied["place"]) == (None, None)


def test_mirrors_show_each_other(world: World):
    """Whichever side is written: the step keeps the reference, the case shows its steps."""
    case = world.create("case", subject="ok")["id"]
    step = world.create("step", case=f"https://gateway.example/api/world/case/{case}", nr=5)
    assert step["case"] == f"https://gateway.example/api/world/case/{case}"
    shown = world.read("case", case)
    assert shown["steps"] == [step["id"]]
    assert shown["embedded"]["steps"][0]["nr"] == 5
    world.patch("case", case, last={"nr": 6, "case": case})
    assert [s["nr"] for s in world.read("case", case)["embedded"]["steps"]] == [5, 6]


def test_relations_are_answered_in_their_form(world: World):
    """Objects in their place, URLs, and the ids that are kept."""
    case = world.create("case", subject="ok", lead={"name": "a"}, crew=[{"name": "b"}, {"name": "c"}])
    assert case["lead"]["name"] == "a"
    assert all(url.startswith("https://gateway.example/api/world/person/") for url in case["crew"])
    assert [person["name"] for person in case["embedded"]["crew"]] == ["b", "c"]
    assert world.call(Action.LIST, "case", **{"lead.name": "a"})["total"] == 1
    world.replace("case", case["id"], subject="ok")
    assert world.call(Action.LIST, "person")["total"] == 1  # the crew had no other, the lead stays


def test_what_is_read_can_be_written_back(world: World):
    """A client that sends the whole of what it read changes nothing."""
    made = world.create(
        "case", subject="ok", kind="b", why="y", lead={"name": "a"}, crew=[{"name": "b"}], place={"city": "c"}
    )
    id = made["id"]
    world.create("step", case=id, nr=1)
    before = world.read("case", id)
    after = world.call(Action.REPLACE, "case", before, id)
    assert after == before
    assert world.call(Action.PATCH, "case", before, id) == before


def test_many_changes_keep_what_they_should(world: World):
    """The immutable and the given out stay through many changes of the rest."""
    case = world.create("case", subject="s0", kind="a")
    for number in range(1, 20):
        world.replace("case", case["id"], subject=f"s{number}")
    last = world.read("case", case["id"])
    assert (last["subject"], last["kind"], last["number"]) == ("s19", "a", case["number"])

"""What a plan says of who and when, which paths ask for versions, and what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.read import read_folder
from gateway_core.catalog.build import build
from gateway_core.operations.call import Context
from gateway_core.operations.export import export_objects
from gateway_core.operations.forget import erase
from gateway_core.operations.graph import Extend, Graph, load
from gateway_core.operations.past import NEVER, Life, load_as_of
from gateway_core.operations.relations import Planner
from gateway_core.operations.transfer import Entry, load_objects
from gateway_core.query.model import Scope
from gateway_core.query.times import instant
from gateway_core.store.open import open_store
from gateway_core.types import Principal

START = datetime(2025, 3, 14, 9, 35, tzinfo=UTC)
BASE = "https://example.com/petstore/"
PET, OWNER, VISIT = (f"{BASE}{name}.schema.json" for name in ("pet", "owner", "visit"))
ANN, BOB = Principal("app", frozenset(), user="ann"), Principal("bob", frozenset())
EVERYTHING = Extend(everything=True)
FOLDER = Path(__file__).parents[3] / "bundles" / "petstore"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def pass_(self, **duration: float) -> str:
        self.time += timedelta(**duration)
        return instant(self.time)


@pytest.fixture(scope="module")
def catalog():
    built, findings = build(lay_out(read_folder(FOLDER)).artifacts)
    assert [f for f in findings if f.severity == "error"] == []
    return built


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def context(catalog, clock) -> Iterator[Context]:
    numbers = count(1)
    store = open_store("sqlite:///:memory:", durability="fast")
    yield Context(catalog, store, clock, lambda: 0.0, lambda: f"00000000-0000-4000-8000-{next(numbers):012d}")
    store.close()


@pytest.fixture
def write(context):
    """Creates a document, or changes the object with an id to it; its id."""

    def change(document, entity=PET, id=None, principal=ANN):
        kind = context.catalog.entities[entity]
        item = context.store.get("", [id]).get(id) if id else None
        graph = load(context.catalog, context.store, "", [item] if item else [], EVERYTHING)
        planner = Planner(context, principal, graph)
        if item is None:
            id = id or context.new_id()
            planner.create(kind, id, document)
        else:
            planner.update(kind, item, document)
        context.store.apply(planner.changes())
        return id

    return change


@pytest.fixture
def remove(context):
    def go(id, principal=BOB):
        item = context.store.get("", [id])[id]
        planner = Planner(context, principal, Graph({id: item}, {}, EVERYTHING))
        context.store.apply(planner.delete(item))

    return go


def life(context, id, entity=PET):
    return Life(context.store, Scope("", entity), id)


class TestPlans:
    def test_happen_at_one_moment_by_one_author(self, context, write, clock):
        """The object and its parts are written at the same moment, by the user or else the application."""
        moments = iter(range(100))
        ticking = context._replace(now=lambda: START + timedelta(microseconds=next(moments)))
        visits = [{"date": "2025-01-01", "reason": "x"}, {"date": "2025-01-02", "reason": "y"}]
        pet = {"name": "Rex", "species": "dog", "visits": visits}
        planner = Planner(ticking, ANN, Graph({}, {}, EVERYTHING))
        planner.create(context.catalog.entities[PET], "p", pet)
        metas = [put.object.meta for put in planner.changes().puts]
        assert len(metas) == 3
        assert {(meta.created, meta.modified, meta.author) for meta in metas} == {
            (instant(START), instant(START), "ann")
        }

    def test_tell_who_changed_and_the_owner_stays(self, context, write, clock):
        """A change has its own author and moment; who made the object remains its owner."""
        id = write({"name": "Rex", "species": "dog"})
        later = clock.pass_(seconds=5)
        write({"name": "Max", "species": "dog"}, id=id, principal=BOB)
        meta = context.store.get("", [id])[id].meta
        assert (meta.author, meta.modified, meta.version) == ("bob", later, 2)
        assert (meta.owner, meta.application, meta.created) == ("ann", "app", instant(START))

    def test_of_a_removal_tell_who_and_when_for_all_that_goes(self, context, write, remove, clock):
        """The parts that go along end at the same moment, by the same author."""
        id = write({"name": "Rex", "species": "dog", "visits": [{"date": "2025-01-01", "reason": "x"}]})
        (visit,) = context.store.get("", [id])[id].data["visits"]
        later = clock.pass_(seconds=5)
        remove(id)
        ends = [life(context, one, entity).removed for one, entity in ((id, PET), (visit, VISIT))]
        assert [(end.ended, end.ended_by) for end in ends if end] == [(later, "bob")] * 2

    def test_follow_what_another_machine_wrote_a_moment_ahead(self, context, write, clock):
        """Where clocks differ a little, a later version is later all the same; a far future is none."""
        id = write({"name": "Rex", "species": "dog"})
        clock.pass_(milliseconds=-3)
        write({"name": "Max", "species": "dog"}, id=id)
        first, second = (life(context, id).version(n).object.meta for n in (1, 2))
        assert second.modified == instant(START + timedelta(microseconds=1)) > first.modified
        clock.pass_(days=-1)
        write({"name": "Tom", "species": "dog"}, id=id)
        assert life(context, id).version(3).object.meta.modified == instant(clock())


class TestLives:
    def test_are_told_newest_first(self, context, write, remove, clock):
        """A life holds the current version, which never ends, and those before; or ends with the removal."""
        id = write({"name": "a", "species": "dog"})
        clock.pass_(seconds=1)
        write({"name": "b", "species": "dog"}, id=id)
        known = life(context, id)
        assert [past.object.data["name"] for past in known.page(9)] == ["b", "a"]
        assert (known.page(9)[0].ended, known.removed) == (NEVER, None)
        clock.pass_(seconds=1)
        remove(id)
        known = life(context, id)
        assert (known.current, known.removed, known.version(3)) == (None, known.page(9)[0], None)
        assert life(context, "unknown", PET).total == 0

    def test_stand_in_surroundings_of_their_time(self, context, write, clock):
        """What stood around an object just before a moment is found level by level, as it was then."""
        owner = write({"name": "Ann"}, OWNER)
        clock.pass_(seconds=1)
        id = write({"name": "Rex", "species": "dog", "owner": owner})
        item = context.store.get("", [id])[id]
        clock.pass_(seconds=1)
        write({"name": "Anna"}, OWNER, id=owner)
        before = instant(clock())
        clock.pass_(seconds=1)
        for moment, name in ((before, "Ann"), (instant(clock()), "Anna")):
            graph = load_as_of(context.catalog, context.store, "", item, EVERYTHING, moment)
            assert graph.objects[owner].data["name"] == name


class TestForgetting:
    def test_takes_the_parts_along(self, context, write, remove, clock):
        """Erasing an object forgets its parts of every version too, and leaves what is there."""
        id = write({"name": "Rex", "species": "dog", "visits": [{"date": "2025-01-01", "reason": "x"}]})
        (first,) = context.store.get("", [id])[id].data["visits"]
        clock.pass_(seconds=1)
        write({"name": "Rex", "species": "dog", "visits": [{"date": "2025-01-02", "reason": "y"}]}, id=id)
        other = write({"name": "Tom", "species": "cat"})
        clock.pass_(seconds=1)
        write({"name": "Thomas", "species": "cat"}, id=other)
        assert life(context, first, VISIT).total == 1
        erased = erase(context.catalog, context.store, "", [id])
        assert (erased.versions, erased.parts, erased.there, erased.unknown) == (2, 2, (id,), ())
        assert life(context, first, VISIT).total == 0
        assert life(context, id).total == 1
        assert life(context, other).total == 2
        remove(id)
        assert erase(context.catalog, context.store, "", [id]).versions == 2
        assert life(context, id, PET).total == 0
        assert erase(context.catalog, context.store, "", [id]).unknown == (id,)


def test_exported_objects_bring_their_author_along(context, write):
    """What is exported and loaded elsewhere was last written by whom it was."""
    write({"name": "Ann"}, OWNER)
    (document,) = export_objects(context, "", [OWNER])
    assert document["_self"]["author"] == "ann"
    other = context._replace(store=open_store("sqlite:///:memory:", durability="fast"))
    entry = Entry(document.pop("_schema"), document, "here")
    assert load_objects(other, BOB, [entry]).created == 1
    assert other.store.get("", [document["_id"]])[document["_id"]].meta.author == "ann"
    other.store.close()


class TestPaths:
    def test_of_versions_are_matched(self, catalog):
        """An id and ``versions`` behind an endpoint's path; nothing else is taken for it."""
        pets = "/api/petstore/pets"
        match = catalog.table.match(f"{pets}/x/versions")
        assert match is not None
        assert (match.endpoint.path, match.id, match.versions) == (pets, "x", True)
        assert catalog.table.match(f"{pets}/versions").versions is False
        for path in (
            f"{pets}//versions",
            f"{pets}/x/versions/",
            f"{pets}/x/y/versions",
            f"{pets}/x/Versions",
        ):
            assert catalog.table.match(path) is None

    def test_ask_an_endpoint_for_what_its_methods_allow(self, catalog):
        """Who may change an object may bring a version back; where nobody reads there are no versions."""
        pets = catalog.table.match("/api/petstore/pets").endpoint
        allowed = {
            ("GET", "PUT"): {"GET", "POST"},
            ("GET", "PATCH", "DELETE"): {"GET", "POST"},
            ("GET", "POST", "DELETE"): {"GET"},
            ("POST", "PUT"): set(),
        }
        for methods, expected in allowed.items():
            assert replace(pets, methods=frozenset(methods)).on_versions == expected

"""Installing, upgrading, rolling back and removing, with the same meaning on every store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway_core import app as gateway
from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.plan import Action, Choices, Local
from gateway_core.catalog.build import BuildSettings
from gateway_core.errors import ConfigurationError, Conflict, NotFound, NotUnique, StoreError
from gateway_core.operations.access import TokenSettings
from gateway_core.operations.install import (
    Installed,
    apply,
    install,
    is_installed,
    make_indexes,
    was_rolled_back,
)
from gateway_core.operations.live import Live
from gateway_core.operations.planning import (
    Objects,
    Planned,
    current_state,
    plan_installation,
    plan_removal,
    plan_rollback,
)
from gateway_core.query.model import Compare, Op, Query, Scope
from gateway_core.query.times import instant
from gateway_core.store.open import open_store
from gateway_core.store.postgresql import PostgresqlStore
from gateway_core.store.protocol import ApplicationRecord, Changes, Configuration, Delete, Put, Store
from gateway_core.store.sqlite import SqliteStore
from gateway_core.types import Bundle, Kind, Meta, Severity, StoredObject

THING, OTHER, MAPPING = "urn:thing", "urn:other", "urn:mapping"
IDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(10)]
SETTINGS = BuildSettings()


def bundle(
    version: str = "1.0.0",
    things: list[dict[str, Any]] | None = None,
    *,
    name: str = "Things",
    requires: tuple[str, ...] = (),
    schemas: tuple[str, ...] = (THING,),
    path: str = "things",
    line: str = "{{ name }}",
    **rules: Any,
) -> Bundle:
    """A bundle of schemas with a name, a mapping and an endpoint for the first of them."""
    endpoints = [{"$id": f"urn:{name}.endpoint", "reference": schemas[0], "path": path}]
    files: dict[str, Any] = {
        "installation.json": {
            "name": name,
            "version": version,
            "requires": list(requires),
            "endpoints": {"schemas": endpoints},
        },
        "mappings/line.json": {
            "$id": f"{MAPPING}:{name}",
            "passTrough": False,
            "absent": "omit",
            "mapping": {"line": line},
        },
    }
    for number, schema in enumerate(schemas):
        properties = {"name": {"type": "string", **rules}}
        files[f"schemas/{number}.json"] = {"$id": schema, "type": "object", "properties": properties}
    if things is not None:
        files["data/things.json"] = {schemas[0]: things}
    return lay_out({path: json.dumps(content).encode() for path, content in files.items()})


def planned(store: Store, wanted: Bundle, choices: Choices | None = None, **more: Any) -> Planned:
    return plan_installation(store, wanted, SETTINGS, gateway.context_of, choices, **more)


def installed(store: Store, wanted: Bundle, choices: Choices | None = None) -> Installed:
    return install(store, wanted, SETTINGS, gateway.context_of, choices)


def state(store: Store) -> tuple[Any, ...]:
    return dict(store.installed()), tuple(store.artifacts()), store.revision(), store.count(Scope("", THING))


def actions(work: Planned) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for step in work.plan.steps:
        found[step.action.value] = found.get(step.action.value, 0) + 1
    return found


def edit(store: Store, name: str, reference: str, **members: Any) -> None:
    """Edit an artifact in force, as somebody does at run time."""
    record = dict(store.installed()[name])
    artifacts = tuple(
        replace(a, body={**a.body, **members}) if a.reference == reference else a
        for a in store.artifacts()
        if a.origin.bundle == name
    )
    store.configure(Configuration(name, artifacts, record))


def thing(id: str, *, entity: str = THING, version: int = 1) -> StoredObject:
    moment = instant(datetime.now(UTC))
    return StoredObject(id, entity, {"name": "a"}, Meta(version, moment, moment))


def body(store: Store, reference: str) -> Mapping[str, Any]:
    (found,) = (a.body for a in store.artifacts() if a.reference == reference)
    return found


def test_installing_again_is_nothing_to_do(store: Store) -> None:
    """The second time nothing is planned and nothing is written, and a newer version is what it says."""
    assert installed(store, bundle(things=[{"_id": IDS[0], "name": "a"}])).created == 1
    before = state(store)
    again = planned(store, bundle(things=[{"_id": IDS[0], "name": "a"}]))
    assert (actions(again), again.plan.is_needed) == ({"unchanged": 4}, False)
    apply(store, again, gateway.context_of)
    assert state(store) == before
    newer = planned(store, bundle("1.1.0", [{"_id": IDS[0], "name": "a"}], line="{{ name|upper }}"))
    assert actions(newer) == {"unchanged": 3, "change": 1}
    assert newer.plan.objects == 0


def test_planning_changes_nothing(store: Store) -> None:
    """Whatever is planned, the store is as it was."""
    installed(store, bundle(things=[{"name": "a"}]))
    before = state(store)
    planned(store, bundle("2.0.0", [{"name": "b"}], maxLength=1))
    plan_removal(store, "Things", SETTINGS, gateway.context_of, objects=Objects.DELETE)
    assert state(store) == before


def test_a_rollback_puts_the_installation_before_back(store: Store) -> None:
    """Artifacts and record are those of before; once more goes further back; objects stay as they are."""
    installed(store, bundle("1.0.0", [{"_id": IDS[0], "name": "a"}]))
    first = (list(store.artifacts()), store.installed()["Things"]["version"])
    second = bundle("2.0.0", [{"_id": IDS[1], "name": "b"}], line="{{ name|upper }}")
    installed(store, second)
    installed(store, bundle("3.0.0", [], line="{{ name|lower }}"))
    assert rolled_back(store) == "2.0.0"
    assert is_installed(store, second)
    assert body(store, f"{MAPPING}:Things")["mapping"] == {"line": "{{ name|upper }}"}
    assert rolled_back(store) == "1.0.0"
    assert (list(store.artifacts()), store.installed()["Things"]["version"]) == first
    assert was_rolled_back(store, second)
    assert store.count(Scope("", THING)) == 2
    with pytest.raises(NotFound, match="nothing before it"):
        rolled_back(store)


def rolled_back(store: Store) -> str:
    work = plan_rollback(store, "Things", SETTINGS, gateway.context_of)
    assert not work.plan.errors
    apply(store, work, gateway.context_of)
    return str(store.installed()["Things"]["version"])


class TestRemoving:
    def test_leaves_nothing(self, store: Store) -> None:
        """With its objects deleted, no artifact, record, object or earlier installation is left."""
        installed(store, bundle(things=[{"name": "a"}, {"name": "b"}]))
        installed(store, bundle("1.1.0", line="x"))
        work = plan_removal(store, "Things", SETTINGS, gateway.context_of, objects=Objects.DELETE)
        assert actions(work) == {"remove": 3}
        apply(store, work, gateway.context_of)
        assert (dict(store.installed()), list(store.artifacts()), list(store.earlier("Things"))) == (
            {},
            [],
            [],
        )
        assert store.count(Scope("", THING)) == 0
        assert store.following(Scope("", THING), None, 10) in ((), [])

    @pytest.mark.parametrize("objects", [Objects.KEEP, Objects.DELETE])
    def test_forgets_what_was(self, store: Store, objects: Objects) -> None:
        """With the objects goes every version of them, of those that were removed before too, and their
        numbers begin anew; what is kept is kept with all of that. Other schemas lose nothing."""
        installed(store, bundle(schemas=(THING, OTHER)))
        known = {schema: Scope("", schema) for schema in (THING, OTHER)}
        for number, schema in enumerate((THING, THING, OTHER)):
            item = thing(IDS[number], entity=schema)
            store.apply(Changes("", (Put(item, 0, sequences={("number",): f"{schema}#number"}),)))
            store.apply(Changes("", (Put(thing(IDS[number], entity=schema, version=2), 1),)))
        store.apply(Changes("", deletes=(Delete(IDS[0], 2, instant(datetime.now(UTC))),)))
        smaller = bundle("2.0.0", schemas=(OTHER,))
        apply(store, planned(store, smaller, objects=objects), gateway.context_of)
        kept = objects is Objects.KEEP
        assert [len(store.history(known[THING], id)) for id in IDS[:2]] == ([2, 1] if kept else [0, 0])
        assert len(store.history(known[OTHER], IDS[2])) == 1
        again = Put(thing(IDS[4]), 0, sequences={("number",): f"{THING}#number"})
        (written,) = store.apply(Changes("", (again,)))
        assert written.data["number"] == (3 if kept else 1)

    def test_is_refused_while_there_are_objects(self, store: Store) -> None:
        """Unless it is said what becomes of them, the plan has an error that counts them, and applies not."""
        installed(store, bundle(things=[{"name": "a"}, {"name": "b"}]))
        before = state(store)
        work = plan_removal(store, "Things", SETTINGS, gateway.context_of)
        assert ["2 objects" in finding.message for finding in work.plan.errors] == [True]
        with pytest.raises(ConfigurationError, match="--objects"):
            apply(store, work, gateway.context_of)
        assert state(store) == before

    def test_may_leave_the_objects(self, store: Store) -> None:
        """Objects that are kept are there again when the bundle is."""
        installed(store, bundle(things=[{"name": "a"}]))
        apply(
            store,
            plan_removal(store, "Things", SETTINGS, gateway.context_of, objects=Objects.KEEP),
            gateway.context_of,
        )
        assert (dict(store.installed()), store.count(Scope("", THING))) == ({}, 1)
        installed(store, bundle())
        assert store.count(Scope("", THING)) == 1

    def test_is_refused_while_others_need_it(self, store: Store) -> None:
        """A bundle that others require stays, and so does one whose schemas others refer to."""
        installed(store, bundle())
        installed(store, bundle(name="Users", requires=("Things",), schemas=(OTHER,), path="users"))
        errors = plan_removal(store, "Things", SETTINGS, gateway.context_of).plan.errors
        assert [finding.message for finding in errors] == ["bundle Users requires it"]
        apply(store, plan_removal(store, "Users", SETTINGS, gateway.context_of), gateway.context_of)
        files = {
            "installation.json": {"name": "Silent"},
            "schemas/s.json": {"$id": "urn:s", "type": "object", "properties": {"thing": {"$ref": THING}}},
        }
        installed(store, lay_out({path: json.dumps(content).encode() for path, content in files.items()}))
        errors = plan_removal(store, "Things", SETTINGS, gateway.context_of).plan.errors
        assert errors
        assert all("Silent" in finding.message for finding in errors), errors

    def test_what_is_not_installed_is_named_with_what_is(self, store: Store) -> None:
        """A misspelt name is answered with the right one."""
        installed(store, bundle())
        with pytest.raises(NotFound, match="'Thing' is not installed") as raised:
            plan_removal(store, "Thing", SETTINGS, gateway.context_of)
        assert "'Things'" in raised.value.hint


class TestImpact:
    def test_objects_that_a_changed_schema_breaks_are_counted(self, store: Store) -> None:
        """Number, first ids and reasons are told, and no value; what was broken before does not count."""
        names = ["short", "also short", "Jan de Vries", "Piet Jansen", "Anna Bakker", "Kees Kleine"]
        things = [{"_id": id, "name": name} for id, name in zip(IDS, names, strict=False)]
        installed(store, bundle(things=things))
        work = planned(store, bundle("2.0.0", things=things, maxLength=10))
        (finding,) = (f for f in work.plan.findings if f.code == "objects-invalid")
        assert finding.severity is Severity.WARNING
        assert "4 of 6 stored objects of urn:thing" in finding.message
        assert "name must be at most 10 characters long (4)" in finding.message
        assert [id in finding.message for id in IDS[:6]] == [False, False, True, True, True, False]
        assert not any(name in finding.message for name in names)
        apply(store, work, gateway.context_of)
        later = planned(store, bundle("3.0.0", things=things, maxLength=8))
        (finding,) = (f for f in later.plan.findings if f.code == "objects-invalid")
        assert "1 of 6 stored objects" in finding.message
        assert "objects-invalid" not in {
            f.code for f in planned(store, bundle("3.0.0", things=things, maxLength=99)).plan.findings
        }

    def test_a_schema_with_objects_is_not_dropped_in_silence(self, store: Store) -> None:
        """A version without the schema is refused until it is said what becomes of the objects."""
        installed(store, bundle(schemas=(THING, OTHER), things=[{"name": "a"}]))
        smaller = bundle("2.0.0", schemas=(OTHER,))
        assert [f.code for f in planned(store, smaller).plan.errors] == ["objects"]
        work = planned(store, smaller, objects=Objects.DELETE)
        apply(store, work, gateway.context_of)
        assert store.count(Scope("", THING)) == 0


class TestEditedAtRunTime:
    def test_an_upgrade_keeps_what_only_was_edited(self, store: Store) -> None:
        """What the bundle did not change stays as it was edited; the rest is upgraded."""
        installed(store, bundle())
        edit(store, "Things", f"{MAPPING}:Things", mapping={"line": "mine"})
        installed(store, bundle("1.1.0", maxLength=9))
        assert body(store, f"{MAPPING}:Things")["mapping"] == {"line": "mine"}
        assert body(store, THING)["properties"]["name"]["maxLength"] == 9

    def test_a_conflict_stops_until_it_is_decided(self, store: Store) -> None:
        """What both changed is an error; kept or overwritten as was decided, and then it is none."""
        installed(store, bundle())
        edit(store, "Things", f"{MAPPING}:Things", mapping={"line": "mine"})
        newer = bundle("1.1.0", line="theirs")
        before = state(store)
        with pytest.raises(ConfigurationError, match="edited at run time"):
            installed(store, newer)
        assert state(store) == before
        installed(store, newer, Choices(Local.KEEP))
        assert body(store, f"{MAPPING}:Things")["mapping"] == {"line": "mine"}
        assert not planned(store, newer).plan.is_needed
        installed(store, newer, Choices(Local.OVERWRITE))
        assert body(store, f"{MAPPING}:Things")["mapping"] == {"line": "theirs"}

    def test_a_rollback_does_not_lose_edits_in_silence(self, store: Store) -> None:
        """What was edited since the upgrade stops the rollback of it."""
        installed(store, bundle())
        installed(store, bundle("1.1.0", line="theirs"))
        edit(store, "Things", f"{MAPPING}:Things", mapping={"line": "mine"})
        work = plan_rollback(store, "Things", SETTINGS, gateway.context_of)
        assert [finding.code for finding in work.plan.errors] == ["edited"]


class TestAgainstChange:
    def test_a_plan_of_yesterday_is_refused(self, store: Store) -> None:
        """When the configuration has changed since, the plan is not applied, and nothing of it is stored."""
        work = planned(store, bundle(things=[{"name": "a"}]))
        installed(store, bundle(name="Meanwhile", schemas=(OTHER,), path="others"))
        before = state(store)
        with pytest.raises(Conflict, match="changed since"):
            apply(store, work, gateway.context_of)
        assert state(store) == before

    def test_a_new_application_is_no_change_of_the_configuration(self, store: Store) -> None:
        """What the plan does not depend on does not stop it."""
        work = planned(store, bundle(things=[{"name": "a"}]))
        moment = gateway.now()
        store.put_application(ApplicationRecord("app", "c", None, None, (), moment))
        assert apply(store, work, gateway.context_of).created == 1


class TestTogether:
    def test_paths_that_collide_are_refused_with_the_other_bundle(self, store: Store) -> None:
        """Two bundles that serve one path: the second is refused, and the first named."""
        installed(store, bundle())
        work = planned(store, bundle(name="Others", schemas=(OTHER,)))
        assert any("/api/things" in f.message and "Things" in f.message for f in work.plan.errors)

    def test_a_bundle_that_requires_another_waits_for_it(self, store: Store) -> None:
        """What it requires is named, and once that is there it can be installed."""
        second = bundle(name="Users", requires=("Things",), schemas=(OTHER,), path="users")
        assert [f.message for f in planned(store, second).plan.errors] == ["it requires Things"]
        installed(store, bundle())
        installed(store, second)
        assert list(store.installed()) == ["Things", "Users"]

    def test_a_broken_bundle_changes_nothing_and_says_everything(self, store: Store) -> None:
        """Every fault is told at once: mapping, reference and data; the old configuration stays in force."""
        installed(store, bundle())
        live = Live(store, SETTINGS, TokenSettings())
        moment, before = live.moment, state(store)
        broken = bundle("2.0.0", line="{{ name|uper }}", path="")
        with pytest.raises(ConfigurationError) as raised:
            installed(store, broken)
        assert "uper" in raised.value.detail
        assert "path" in raised.value.detail
        assert state(store) == before
        assert not live.refresh()
        assert live.moment is moment


class Failing:
    """A store of which one method fails."""

    def __init__(self, store: Store, method: str) -> None:
        self._store, self._method = store, method

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            raise StoreError("the disk is full")
        return getattr(self._store, name)


def test_a_store_that_fails_leaves_the_old_installation(store: Store) -> None:
    """When the store refuses, no artifact, record or object of the new version is there."""
    installed(store, bundle(things=[{"name": "a"}]))
    before = state(store)
    failing: Any = Failing(store, "configure")
    with pytest.raises(StoreError):
        installed(failing, bundle("2.0.0", [{"name": "a"}, {"name": "b"}], **{"x-index": True}))
    assert state(store) == before
    assert installed(store, bundle("2.0.0", [{"name": "a"}, {"name": "b"}])).created == 1


def test_indexes_follow_an_installation(store: Store) -> None:
    """Where they cannot be made the installation holds, which is told; whoever takes it over makes them."""
    failing: Any = Failing(store, "ensure_indexes")
    done = installed(failing, bundle(things=[{"name": "a"}], **{"x-index": True}))
    assert [finding.code for finding in done.warnings] == ["indexes"]
    assert is_installed(store, bundle(things=[{"name": "a"}], **{"x-index": True}))
    live = Live(store, SETTINGS, TokenSettings())
    make_indexes(store, live.moment.catalog)
    query = Query(Compare(("name",), Op.EQ, "a"))
    assert store.find(Scope("", THING), query).total == 1


def test_what_is_recorded_says_what_is_in_force(store: Store) -> None:
    """The record names the number and the hash of each artifact, and the state is theirs."""
    installed(store, bundle(things=[]))
    record = store.installed()["Things"]
    assert record["artifacts"] == len(list(store.artifacts())) == 4
    assert set(record["contents"]) == {f"{a.kind.value} {a.reference}" for a in store.artifacts()}
    held = current_state(store).held("Things")
    assert held is not None
    assert held.contents == record["contents"]
    assert {step.action for step in planned(store, bundle(things=[])).plan.steps} == {Action.UNCHANGED}
    assert {a.kind for a in held.artifacts} == {Kind.SCHEMA, Kind.MAPPING, Kind.ENDPOINT, Kind.DATA}


class Late:
    """A store whose indexes are made only after something else has happened."""

    def __init__(self, store: Store, before: Callable[[], object]) -> None:
        self._store, self._before = store, before

    def __getattr__(self, name: str) -> Any:
        if name == "ensure_indexes":
            self._before()
        return getattr(self._store, name)


def test_two_gateways_that_install_leave_the_indexes_of_both(url: str, store: Store) -> None:
    """Another gateway installs between this one's installation and its indexes: these are of what is
    installed then, not of what this one knew."""
    other = open_store(url, durability="fast") if "postgresql" in url or url.endswith(".db") else store
    marks = {"x-index": True, "x-search": True, "x-unique": True}
    second = bundle(name="Others", schemas=(OTHER,), path="others", **marks)
    late: Any = Late(store, lambda: installed(other, second))
    installed(late, bundle(**marks))
    moment = instant(datetime(2026, 1, 1, tzinfo=UTC))
    for entity in (THING, OTHER):
        same = [
            StoredObject(f"{entity}{n}", entity, {"name": "same"}, Meta(1, moment, moment)) for n in (1, 2)
        ]
        store.apply(Changes("", (Put(same[0], 0),)))
        with pytest.raises(NotUnique):
            store.apply(Changes("", (Put(same[1], 0),)))
        query = Query(Compare(("name",), Op.LIKE, ("sam",)))
        assert store.find(Scope("", entity), query).total == 1
    if isinstance(store, SqliteStore | PostgresqlStore):
        assert {(THING, "name"), (OTHER, "name")} == set(store._indexes.indexes.members)
        assert {THING, OTHER} == set(store._indexes.indexes.texts)
    if other is not store:
        other.close()

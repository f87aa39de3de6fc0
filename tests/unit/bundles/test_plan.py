"""What a plan says of each artifact: brought before, in force, brought now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway_core.bundles.order import bundles_by_requirement, by_dependency
from gateway_core.bundles.plan import Action, Choices, Held, Local, Plan, contents_of, plan, state_of
from gateway_core.types import Artifact, Bundle, Kind, Origin, Severity


def artifact(ref: str, text: str = "", kind: Kind = Kind.SCHEMA, bundle: str = "B", **more: Any) -> Artifact:
    body = {"$id": ref, "title": text, **more}
    return Artifact(kind, ref, str(more.get("version", "0.0.1")), body, Origin(bundle, f"{ref}.json"))


def bundle(*artifacts: Artifact, version: str = "1.0.0") -> Bundle:
    return Bundle("B", version, "B", "", (), artifacts)


def held(*artifacts: Artifact, brought: tuple[Artifact, ...] | None = None, version: str = "1.0.0") -> Held:
    return Held(version, artifacts, contents_of(artifacts if brought is None else brought))


def actions(made: Plan) -> dict[str, str]:
    return {step.reference: step.action.value for step in made.steps}


def codes(made: Plan, severity: Severity) -> list[str]:
    return [finding.code for finding in made.findings if finding.severity is severity]


def test_a_new_bundle_creates_everything() -> None:
    """What is not installed is created, and what it brings is remembered by hash."""
    made = plan(None, bundle(artifact("a"), artifact("b")))
    assert actions(made) == {"a": "create", "b": "create"}
    assert (made.before, made.is_needed, made.findings) == (None, True, ())
    assert made.contents == contents_of(made.artifacts)


def test_the_same_bundle_is_nothing_to_do() -> None:
    """Equal content needs nothing, wherever it was read from and whatever its order."""
    moved = replace(artifact("a"), origin=Origin("B", "elsewhere.json"))
    made = plan(held(artifact("a"), artifact("b")), bundle(artifact("b"), moved))
    assert actions(made) == {"a": "unchanged", "b": "unchanged"}
    assert not made.is_needed


def test_changes_are_told_member_by_member() -> None:
    """A change names its members; what the bundle dropped is removed, what is new created."""
    made = plan(
        held(artifact("a", "old"), artifact("gone")),
        bundle(artifact("a", "new"), artifact("c"), version="1.1.0"),
    )
    assert actions(made) == {"a": "change", "c": "create", "gone": "remove"}
    (step,) = (step for step in made.steps if step.action is Action.CHANGE)
    assert [(d.pointer, d.before, d.after) for d in step.differences] == [("/title", "old", "new")]
    assert [a.reference for a in made.artifacts] == ["a", "c"]
    assert made.findings == ()


class TestVersions:
    def test_a_change_without_a_new_version_is_a_warning(self) -> None:
        """The bundle and the artifact that change under one version are told, and applied all the same."""
        old, new = artifact("a", "old", version="0.2.0"), artifact("a", "new", version="0.2.0")
        made = plan(held(old), bundle(new))
        assert actions(made) == {"a": "change"}
        assert codes(made, Severity.WARNING) == ["version-unchanged", "version-unchanged"]

    def test_going_back_is_told(self) -> None:
        """An older bundle, and an older artifact, are named as such: 0.0.9 is older than 0.0.10."""
        old, new = artifact("a", "old", version="0.0.10"), artifact("a", "new", version="0.0.9")
        made = plan(held(old, version="1.10.0"), bundle(new, version="1.9.0"))
        assert codes(made, Severity.WARNING) == ["downgrade", "downgrade"]

    def test_what_is_no_version_is_told(self) -> None:
        """A version that cannot be compared is a warning."""
        assert codes(plan(None, bundle(version="newest")), Severity.WARNING) == ["version"]


# in force and brought now, against "old" as it was brought; None: absent
EDITS = [
    ("mine", "old", "keep", False),
    ("mine", "new", "keep", True),
    ("new", "new", "unchanged", False),
    ("mine", None, "keep", True),
    (None, "old", "keep", False),
    (None, "new", "keep", True),
    (None, None, None, False),
]


class TestEditedAtRunTime:
    @pytest.mark.parametrize(("mine", "theirs", "action", "conflict"), EDITS)
    def test_nothing_is_overwritten_in_silence(
        self, mine: str | None, theirs: str | None, action: str | None, conflict: bool
    ) -> None:
        """What was edited stays; where the bundle changes it too, that is an error until it is decided."""
        made = self.made(mine, theirs, Local.STOP)
        assert actions(made).get("a") == action
        assert codes(made, Severity.ERROR) == ["edited"] * conflict
        assert [a.body["title"] for a in made.artifacts] == [mine] * (mine is not None)

    @pytest.mark.parametrize(("mine", "theirs", "action", "conflict"), EDITS)
    def test_it_may_be_kept(self, mine: Any, theirs: Any, action: Any, conflict: bool) -> None:
        """With ``KEEP`` what is in force stays, and is known as edited against what is brought now."""
        made = self.made(mine, theirs, Local.KEEP)
        assert (actions(made).get("a"), made.errors) == (action, ())
        assert [a.body["title"] for a in made.artifacts] == [mine] * (mine is not None)
        assert made.contents == contents_of([artifact("a", theirs)] if theirs else [])
        if conflict and theirs and mine:
            again = plan(
                held(artifact("a", mine), brought=(artifact("a", theirs),)), bundle(artifact("a", theirs))
            )
            assert again.errors == ()

    @pytest.mark.parametrize(("mine", "theirs", "action", "conflict"), EDITS)
    def test_it_may_be_overwritten(self, mine: Any, theirs: Any, action: Any, conflict: bool) -> None:
        """With ``OVERWRITE`` everything is as the bundle has it, and that is told."""
        made = self.made(mine, theirs, Local.OVERWRITE)
        assert [a.body["title"] for a in made.artifacts] == [theirs] * (theirs is not None)
        assert codes(made, Severity.WARNING).count("edited") == (action == "keep")
        assert made.errors == ()

    def made(self, mine: str | None, theirs: str | None, local: Local) -> Plan:
        force = [artifact("a", mine)] if mine else []
        wanted = [artifact("a", theirs)] if theirs else []
        return plan(
            held(*force, brought=(artifact("a", "old"),)),
            bundle(*wanted, version="2.0.0"),
            choices=Choices(local),
        )


class TestOtherBundles:
    OTHER = artifact("a", "theirs", bundle="Other")

    def test_what_another_one_has_is_refused(self) -> None:
        """The same reference with other content stops the plan, with the way out."""
        made = plan(None, bundle(artifact("a", "ours")), [self.OTHER])
        assert codes(made, Severity.ERROR) == ["owner"]
        assert "bundle Other" in made.errors[0].message
        assert "--leave-to-others" in made.errors[0].hint

    def test_it_may_be_left_to_them(self) -> None:
        """What is left to the other bundle is no step of this one, and neither is what is the same."""
        for ours, choices in (
            (artifact("a", "ours"), Choices(leave_to_others=True)),
            (artifact("a", "theirs"), None),
        ):
            made = plan(None, bundle(ours, artifact("b")), [self.OTHER], choices)
            assert actions(made) == {"b": "create"}
            assert codes(made, Severity.WARNING) == ["owner"]
            assert made.errors == ()


def test_a_plan_knows_the_state_it_was_made_against() -> None:
    """The state is that of the content of all bundles: any artifact that differs makes another one."""
    one = state_of([artifact("a"), artifact("b")])
    assert one == state_of([artifact("b"), artifact("a")])
    assert one != state_of([artifact("a")])
    assert one != state_of([artifact("a"), artifact("b", "x")])
    assert one != state_of([artifact("a"), artifact("b", bundle="Other")])


class TestOrder:
    def test_what_is_named_comes_before_what_names_it(self) -> None:
        """Steps stand behind those that they need, however the bundle lists them; removals the other way."""
        schema = artifact("urn:s", text="needs urn:t")
        target = artifact("urn:t")
        mapping = artifact("urn:m", "{{ x|map('urn:inner') }}", Kind.MAPPING)
        inner = artifact("urn:inner", "", Kind.MAPPING)
        endpoint = artifact(
            "urn:e", "", Kind.ENDPOINT, reference="urn:s", mappings={"out": {"item": "urn:m"}}
        )
        listed = [endpoint, mapping, inner, schema, target]
        expected = ["urn:t", "urn:s", "urn:inner", "urn:m", "urn:e"]
        assert [step.reference for step in plan(None, bundle(*listed)).steps] == expected
        gone = plan(held(*listed), bundle())
        assert [step.reference for step in gone.steps] == expected[::-1]

    def test_rings_and_long_chains_have_an_order_too(self) -> None:
        """Artifacts that name each other come once each, and a chain of thousands needs no recursion."""
        ring = [artifact("urn:a", "urn:b"), artifact("urn:b", "urn:a")]
        assert {a.reference for a in by_dependency(ring)} == {"urn:a", "urn:b"}
        chain = [artifact(f"urn:{n}", f"urn:{n + 1}") for n in range(5000)]
        assert [a.reference for a in by_dependency(chain)] == [f"urn:{n}" for n in range(4999, -1, -1)]

    def test_bundles_come_behind_those_that_they_require(self) -> None:
        """The order of installation follows from requirements, whatever the order in which they are given."""
        names = {"c": ("b",), "b": ("a", "elsewhere"), "a": ()}
        listed = [Bundle(name, "1", name, "", requires, ()) for name, requires in names.items()]
        assert [each.name for each in bundles_by_requirement(listed)] == ["a", "b", "c"]

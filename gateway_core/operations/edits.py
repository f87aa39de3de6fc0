"""Artifacts made, edited and removed at run time, with the checks of an installation.

What belongs to no bundle yet goes into the bundle ``local``. What belongs to another one stays there,
and counts as edited: its hash is not that of what the bundle brought.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway_core.bundles.differences import differences
from gateway_core.bundles.gathering import DEFAULT_VERSION
from gateway_core.bundles.layout import digest
from gateway_core.bundles.plan import Action, Held, Plan, Step, contents_of, hash_of
from gateway_core.catalog.build import BuildSettings
from gateway_core.errors import Conflict, InvalidQuery, NotFound, PreconditionFailed
from gateway_core.operations.in_force import LOCAL, bundle_in_force
from gateway_core.operations.planning import (
    ContextOf,
    Objects,
    Planned,
    State,
    Work,
    current_state,
    installed_bundle,
)
from gateway_core.schema.vocabulary import suggestion
from gateway_core.store.protocol import Earlier, Store
from gateway_core.types import Artifact, Bundle, JsonObject, Kind, Origin, Reference

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class InForce:
    """An artifact as it is in force. ``edited``: it is not as its bundle brought it."""

    artifact: Artifact
    edited: bool

    @property
    def tag(self) -> str:
        """What it says, as a short text: for ``If-Match``."""
        return hash_of(self.artifact)[:32]


def artifacts_of(store: Store, kind: Kind) -> list[InForce]:
    """Every artifact of a kind, in the order in which they are in force."""
    state = current_state(store)
    changed = {
        (a.kind, a.reference) for name in state.installed for a in installed_bundle(state, name).edited
    }
    return [
        InForce(a, (a.kind, a.reference) in changed or a.origin.bundle == LOCAL)
        for a in state.artifacts
        if a.kind is kind
    ]


def artifact_named(store: Store, kind: Kind, reference: Reference) -> InForce:
    """One artifact. Raises ``NotFound`` with the nearest reference that exists."""
    listed = artifacts_of(store, kind)
    for each in listed:
        if each.artifact.reference == reference:
            return each
    near = suggestion(reference, [each.artifact.reference for each in listed])
    raise NotFound(f"there is no {kind.value} with this reference", hint=near[:1].upper() + near[1:])


def plan_put(
    store: Store,
    kind: Kind,
    reference: Reference,
    body: Mapping[str, Any],
    settings: BuildSettings,
    context_of: ContextOf,
    *,
    if_match: tuple[str, ...] | None = None,
) -> Planned:
    """Plan to have this artifact in force. Raises ``InvalidQuery`` when the body has another ``$id``, and
    ``PreconditionFailed`` when what is there is not what ``if_match`` names."""
    if body.get("$id", reference) != reference:
        raise InvalidQuery(
            "the '$id' of the body is not the reference of the path", parameter="$id", hint="Leave it out."
        )
    state = current_state(store)
    before = _held(state, kind, reference)
    _check_match(before, if_match)
    bundle = before.origin.bundle if before is not None else LOCAL
    path = before.origin.path if before is not None else ""
    told = {"$id": reference, **body}
    after = Artifact(kind, reference, str(told.get("version") or DEFAULT_VERSION), told, Origin(bundle, path))
    if before is not None and hash_of(before) == hash_of(after):
        step = Step(Action.UNCHANGED, kind, reference, before, before)
    elif before is not None:
        found = differences(before.body, after.body)
        step = Step(Action.CHANGE, kind, reference, before, after, found, edited=bundle != LOCAL)
    else:
        step = Step(Action.CREATE, kind, reference, None, after)
    return _planned(store, state, bundle, step, settings, context_of, Objects.REFUSE)


def plan_delete(
    store: Store,
    kind: Kind,
    reference: Reference,
    settings: BuildSettings,
    context_of: ContextOf,
    *,
    objects: Objects = Objects.REFUSE,
    if_match: tuple[str, ...] | None = None,
) -> Planned:
    """Plan to have this artifact in force no more. Raises ``NotFound`` and ``PreconditionFailed``."""
    artifact_named(store, kind, reference)
    state = current_state(store)
    before = _held(state, kind, reference)
    if before is None:
        raise Conflict("it was removed at this very moment", hint="Look again.")
    _check_match(before, if_match)
    bundle = before.origin.bundle
    step = Step(Action.REMOVE, kind, reference, before, None, edited=bundle != LOCAL)
    return _planned(store, state, bundle, step, settings, context_of, objects)


def _held(state: State, kind: Kind, reference: Reference) -> Artifact | None:
    """The artifact of this reference. Raises ``Conflict`` when there are several, as bundles in Common
    Gateway's form may have them."""
    found = [a for a in state.artifacts if a.kind is kind and a.reference == reference]
    if len(found) > 1:
        bundles = ", ".join(dict.fromkeys(a.origin.bundle for a in found))
        hint = "Change it in the files of its bundle, and install that."
        raise Conflict(f"there are {len(found)} artifacts of this reference, of bundle {bundles}", hint=hint)
    return found[0] if found else None


def _check_match(before: Artifact | None, if_match: tuple[str, ...] | None) -> None:
    if if_match is None or (before is not None and "*" in if_match):
        return
    if before is None or InForce(before, edited=False).tag not in if_match:
        raise PreconditionFailed("the artifact is not as If-Match has it", hint="Read it again.")


def _planned(
    store: Store,
    state: State,
    bundle: str,
    step: Step,
    settings: BuildSettings,
    context_of: ContextOf,
    objects: Objects,
) -> Planned:
    held = state.held(bundle) or Held(VERSION, (), {})
    artifacts = _replaced(held.artifacts, step)
    local = bundle == LOCAL
    contents = contents_of(artifacts) if local else dict(held.contents)
    made = Plan(
        bundle=bundle,
        version=held.version,
        before=held.version if bundle in state.installed else None,
        base=state.base,
        steps=(step,),
        artifacts=artifacts,
        contents=contents,
    )
    record: JsonObject = {
        **state.installed.get(bundle, {}),
        "artifacts": len(artifacts),
        "contents": contents,
    }
    if local:
        record |= _local_record(state, artifacts) if artifacts else {}
    earlier = Earlier.PUSH if local else Earlier.LEAVE
    forgets = local and not artifacts
    work = Work(store, state, settings, context_of, objects)
    return work.planned(made, {} if forgets else record, earlier, ())


def _replaced(held: tuple[Artifact, ...], step: Step) -> tuple[Artifact, ...]:
    """The artifacts with what the step does to one of them, in their order."""
    after = () if step.after is None else (step.after,)
    if step.before is None:
        return (*held, *after)
    place = (step.kind, step.reference)
    at = next(number for number, a in enumerate(held) if (a.kind, a.reference) == place)
    return (*held[:at], *after, *held[at + 1 :])


def _local_record(state: State, artifacts: tuple[Artifact, ...]) -> JsonObject:
    if LOCAL in state.installed:
        bundle = replace(bundle_in_force(state, LOCAL), artifacts=artifacts)
    else:
        bundle = Bundle(LOCAL, VERSION, "Local", "What was made at run time.", (), artifacts)
    return {
        "version": bundle.version,
        "title": bundle.title,
        "description": bundle.description,
        "requires": list(bundle.requires),
        "digest": digest(bundle),
        "source": str(state.installed.get(LOCAL, {}).get("source", "")),
    }

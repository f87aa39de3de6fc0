"""What installing, removing or rolling back a bundle would do to the store as it is; nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from gateway_core.bundles.layout import digest
from gateway_core.bundles.plan import (
    Action,
    Choices,
    Held,
    Plan,
    contents_of,
    name_of,
    plan,
    state_of,
)
from gateway_core.catalog.build import BuildSettings, build
from gateway_core.catalog.snapshot import BundleInfo, Catalog
from gateway_core.errors import NotFound
from gateway_core.operations.bundle_data import data_findings, planned_data
from gateway_core.operations.call import Context
from gateway_core.operations.impact import impact_finding, impacts
from gateway_core.query.model import Scope
from gateway_core.schema.vocabulary import suggestion
from gateway_core.store.protocol import Earlier, Store
from gateway_core.types import Artifact, Bundle, Finding, JsonObject, Kind, Reference, Severity

ContextOf: TypeAlias = Callable[[Catalog, Store], Context]


class Objects(StrEnum):
    """What becomes of stored objects whose schema goes."""

    REFUSE = "refuse"
    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with what it takes to apply it.

    ``catalog`` is the whole configuration afterwards, without its API document; None when nothing is to
    be done. ``load`` are the artifacts whose objects are created, ``clear`` the schemas of whose objects
    nothing is left, neither of what is nor of what was. An empty ``record`` forgets the bundle.
    """

    plan: Plan
    catalog: Catalog | None
    revision: int
    record: JsonObject
    earlier: Earlier
    load: tuple[Artifact, ...] = ()
    clear: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """The configuration in force, of one moment."""

    revision: int
    artifacts: tuple[Artifact, ...]
    installed: Mapping[str, JsonObject] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return state_of(self.artifacts)

    def others(self, bundle: str) -> tuple[Artifact, ...]:
        return tuple(a for a in self.artifacts if a.origin.bundle != bundle)

    def held(self, bundle: str) -> Held | None:
        record = self.installed.get(bundle)
        if record is None:
            return None
        artifacts = tuple(a for a in self.artifacts if a.origin.bundle == bundle)
        # A bundle that was installed before hashes were kept counts as not edited.
        contents = record.get("contents")
        told = contents if isinstance(contents, dict) else contents_of(artifacts)
        return Held(str(record.get("version", "")), artifacts, told)


def current_state(store: Store) -> State:
    """What is in force now; the revision is not newer than the rest."""
    revision = store.revision()
    with store.snapshot():
        return State(revision, tuple(store.artifacts()), dict(store.installed()))


def plan_installation(
    store: Store,
    bundle: Bundle,
    settings: BuildSettings,
    context_of: ContextOf,
    choices: Choices | None = None,
    *,
    objects: Objects = Objects.REFUSE,
    source: str = "",
) -> Planned:
    """Plan to make a bundle's artifacts those of its name. Faults are findings of the plan."""
    state = current_state(store)
    held = state.held(bundle.name)
    made = plan(held, bundle, state.others(bundle.name), choices, base=state.base)
    record = {
        "version": bundle.version,
        "title": bundle.title,
        "description": bundle.description,
        "requires": list(bundle.requires),
        "digest": digest(bundle),
        "source": source or str(state.installed.get(bundle.name, {}).get("source", "")),
        "artifacts": len(made.artifacts),
        "contents": dict(made.contents),
    }
    load = tuple(
        step.after
        for step in made.steps
        if step.kind is Kind.DATA and step.action in (Action.CREATE, Action.CHANGE) and step.after is not None
    )
    work = Work(store, state, settings, context_of, objects)
    return work.planned(made, record, Earlier.PUSH, load)


def plan_rollback(
    store: Store,
    name: str,
    settings: BuildSettings,
    context_of: ContextOf,
    choices: Choices | None = None,
    *,
    objects: Objects = Objects.REFUSE,
) -> Planned:
    """Plan to put the installation before the present one of a bundle back. Objects stay as they are.

    Raises ``NotFound`` when the bundle is not installed, or was installed only once.
    """
    state = current_state(store)
    held = installed_bundle(state, name)
    earlier = store.earlier(name)
    if not earlier:
        hint = "Install the version that you want with 'gateway bundle install'."
        raise NotFound(f"bundle '{name}' was installed once: there is nothing before it", hint=hint)
    record = earlier[0].record
    wanted = Bundle(
        name=name,
        version=str(record.get("version", "")),
        title=str(record.get("title", name)),
        description=str(record.get("description", "")),
        requires=tuple(record.get("requires") or ()),
        artifacts=earlier[0].artifacts,
    )
    contents = record.get("contents")
    told = contents if isinstance(contents, dict) else None
    made = plan(held, wanted, state.others(name), choices, base=state.base, contents=told)
    # That versions go back is what was asked for.
    told_again = {"downgrade", "version", "version-unchanged"}
    made = replace(made, findings=tuple(f for f in made.findings if f.code not in told_again))
    refused = state.installed[name].get("digest")
    record = {**record, "artifacts": len(made.artifacts), "contents": dict(made.contents), "refused": refused}
    return Work(store, state, settings, context_of, objects).planned(made, record, Earlier.POP, ())


def plan_removal(
    store: Store,
    name: str,
    settings: BuildSettings,
    context_of: ContextOf,
    *,
    objects: Objects = Objects.REFUSE,
) -> Planned:
    """Plan to remove a bundle with all that it brought. Raises ``NotFound`` when it is not installed."""
    state = current_state(store)
    held = installed_bundle(state, name)
    wanted = Bundle(name, held.version, name, "", (), ())
    made = plan(replace(held, contents=contents_of(held.artifacts)), wanted, base=state.base)
    findings = [
        Finding(
            Severity.ERROR,
            "required",
            f"bundle {other} requires it",
            hint=f"Remove that first: gateway bundle remove {other}",
        )
        for other, record in state.installed.items()
        if other != name and name in (record.get("requires") or ())
    ]
    findings += [
        Finding(
            Severity.WARNING,
            "edited",
            f"{name_of(a)} was edited at run time, and goes too",
            a.reference,
            hint="'gateway bundle export' saves what is in force",
        )
        for a in held.edited
    ]
    made = replace(made, findings=tuple(findings))
    return Work(store, state, settings, context_of, objects).planned(made, {}, Earlier.LEAVE, ())


def installed_bundle(state: State, name: str) -> Held:
    """What is in force of a bundle. Raises ``NotFound`` when it is not installed."""
    held = state.held(name)
    if held is None:
        listed = ", ".join(state.installed) or "none"
        meant = suggestion(name, state.installed)
        hint = f"{meant[:1].upper()}{meant[1:]} " if meant else ""
        raise NotFound(f"bundle '{name}' is not installed", hint=f"{hint}Installed are: {listed}.")
    return held


class Work:
    """Completes a comparison with what the whole configuration and the stored objects say of it."""

    def __init__(
        self,
        store: Store,
        state: State,
        settings: BuildSettings,
        context_of: ContextOf,
        objects: Objects,
    ) -> None:
        self._store, self._state, self._settings = store, state, settings
        self._context_of, self._objects = context_of, objects

    def planned(
        self, made: Plan, record: JsonObject, earlier: Earlier, load: tuple[Artifact, ...]
    ) -> Planned:
        state, store = self._state, self._store
        changes = not record or state.installed.get(made.bundle, {}).get("digest") != record.get("digest")
        made = replace(made, record_changes=changes)
        if not made.is_needed and not made.errors:
            return Planned(made, None, state.revision, record, earlier)
        others = state.others(made.bundle)
        infos = [info_of(name, each) for name, each in state.installed.items() if name != made.bundle]
        infos += [info_of(made.bundle, record)] if record else []
        catalog, found = build([*others, *made.artifacts], self._settings, infos, document=False)
        findings = [*self._missing(record), *made.findings, *_ours(found, made, others)]
        goes = [s.reference for s in made.steps if s.kind is Kind.SCHEMA and s.action is Action.REMOVE]
        gone = self._counted(goes)
        findings += list(self._orphaned(gone))
        created = 0
        if not any(finding.severity is Severity.ERROR for finding in findings):
            changed = {s.reference for s in made.steps if s.kind is Kind.SCHEMA and s.action is Action.CHANGE}
            if changed and any(store.count(Scope("", schema)) for schema in catalog.entities):
                old, _ = build(state.artifacts, self._settings, document=False)
                findings += map(impact_finding, impacts(store, old, catalog, changed))
            loaded, _ = planned_data(self._context_of(catalog, store), made.bundle, load)
            findings += data_findings(loaded, load)
            created = loaded.created
        made = replace(made, findings=tuple(findings), objects=created)
        clear = tuple(goes) if self._objects is Objects.DELETE else ()
        return Planned(made, catalog, state.revision, record, earlier, load, clear)

    def _missing(self, record: JsonObject) -> Iterator[Finding]:
        missing = [name for name in record.get("requires") or () if name not in self._state.installed]
        if missing:
            text = f"it requires {', '.join(missing)}"
            yield Finding(Severity.ERROR, "requires", text, hint="Install that first.")

    def _counted(self, schemas: Iterable[Reference]) -> dict[Reference, int]:
        """The schemas that have objects, with the number of them."""
        counts = {schema: self._store.count(Scope("", schema)) for schema in schemas}
        return {schema: count for schema, count in counts.items() if count}

    def _orphaned(self, gone: Mapping[Reference, int]) -> Iterator[Finding]:
        for schema, count in gone.items():
            held = "1 object of it is" if count == 1 else f"{count} objects of it are"
            text = f"schema {schema} goes, and {held} stored"
            if self._objects is Objects.REFUSE:
                hint = "Decide with --objects=keep or --objects=delete; 'gateway objects export' saves them"
                yield Finding(Severity.ERROR, "objects", text, schema, hint=hint)
            else:
                becomes = (
                    "they stay, out of reach"
                    if self._objects is Objects.KEEP
                    else "they are deleted, with all that they were"
                )
                yield Finding(Severity.WARNING, "objects", f"{text}: {becomes}", schema)


def info_of(name: str, record: JsonObject) -> BundleInfo:
    """An installed bundle, from the record of its installation."""
    return BundleInfo(
        name=name,
        version=str(record["version"]),
        title=str(record["title"]),
        description=str(record["description"]),
        artifacts=int(record["artifacts"]),
    )


def _ours(found: Iterable[Finding], made: Plan, others: Sequence[Artifact]) -> Iterator[Finding]:
    """What is said of the whole configuration, without warnings that are about other bundles. Where
    an error is about an artifact of another bundle, that is named."""
    owners = {other.reference: other.origin.bundle for other in others}
    mine = {artifact.reference for artifact in made.artifacts}
    for finding in found:
        foreign = finding.reference in owners and finding.reference not in mine
        if finding.severity is not Severity.ERROR:
            if not foreign:
                yield finding
            continue
        named = {bundle for reference, bundle in owners.items() if reference and reference in finding.message}
        named |= {owners[finding.reference]} if foreign else set()
        bundles = ", ".join(sorted(named))
        yield replace(finding, message=f"{finding.message} (bundle {bundles})") if named else finding

"""What the commands about bundles do: settings to a store, a source to a plan, a plan to its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson
import typer

from gateway_core import app as gateway
from gateway_core.bundles.layout import digest
from gateway_core.bundles.order import bundles_by_requirement
from gateway_core.bundles.original import with_test_data
from gateway_core.bundles.plan import Choices, Held, Local, Plan, name_of
from gateway_core.bundles.read import shipped_bundles
from gateway_core.bundles.versions import is_newer
from gateway_core.cli.bundle_print import out, print_findings, print_json, print_plan
from gateway_core.cli.output import fail, tell
from gateway_core.operations.export import export_objects
from gateway_core.operations.in_force import bundle_in_force, edited_bundle
from gateway_core.operations.install import Installed, apply, install, sentence
from gateway_core.operations.locked import lock_of, refuse_unlocked
from gateway_core.operations.planning import (
    Objects,
    Planned,
    current_state,
    installed_bundle,
    plan_installation,
    plan_removal,
    plan_rollback,
)
from gateway_core.operations.report import installed_json, plan_json
from gateway_core.operations.sources import Source, read_source
from gateway_core.settings import Settings
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Earlier
from gateway_core.types import Bundle, Finding, JsonObject, Kind, Severity


@dataclass(frozen=True, slots=True)
class Job:
    """Planned work, with the source that words its findings by line and column."""

    work: Planned
    source: Source | None = None

    def told(self, finding: Finding) -> str:
        return sentence(finding) if self.source is None else self.source.told(finding)


class Desk:
    """The store of the settings, open for one command."""

    def __init__(self) -> None:
        self._settings = Settings()
        self._build = gateway.build_settings(self._settings)
        self._store = gateway.store_of(self._settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def choices(self, *, keep: bool, overwrite: bool, others: bool) -> Choices:
        if keep and overwrite:
            fail("--keep-local and --overwrite-local exclude each other", code=2)
        return Choices(Local.KEEP if keep else Local.OVERWRITE if overwrite else Local.STOP, others)

    # -- plans

    def read(self, sources: Sequence[str], *, test_data: bool = False) -> list[Source]:
        """The sources, each behind those that it requires; with their test data when it is wanted."""
        read = [read_source(source) for source in sources]
        if test_data:
            read = [replace(source, bundle=with_test_data(source.bundle)) for source in read]
        found = {source.bundle.name: source for source in read}
        return [found[bundle.name] for bundle in bundles_by_requirement([s.bundle for s in found.values()])]

    def plan_read(self, source: Source, choices: Choices, objects: str) -> Job:
        work = plan_installation(
            self._store,
            source.bundle,
            self._build,
            gateway.context_of,
            choices,
            objects=_objects(objects),
            source=source.place,
        )
        return Job(work, source)

    def plan_rollback(self, name: str, choices: Choices, objects: str) -> Job:
        becomes = _objects(objects)
        return Job(
            plan_rollback(self._store, name, self._build, gateway.context_of, choices, objects=becomes)
        )

    def plan_removal(self, name: str, objects: str) -> Job:
        return Job(
            plan_removal(self._store, name, self._build, gateway.context_of, objects=_objects(objects))
        )

    def newer(self, names: Sequence[str]) -> Iterator[Source]:
        """The sources of installed bundles that hold a newer version; of the others it is told why not."""
        installed = self._store.installed()
        for name in names:
            self._held(name)
        for name in names or installed:
            record = installed[name]
            place, version = str(record.get("source") or ""), str(record.get("version", ""))
            if not place:
                tell(f"{name} {version}: it is not known where it came from; use gateway bundle install")
                continue
            source = read_source(place)
            if source.bundle.name != name:
                fail(f"{place} holds bundle {source.bundle.name} now, and not {name}")
            if is_newer(source.bundle.version, version):
                yield source
            elif record.get("digest") == digest(source.bundle):
                tell(f"{name} {version} is the newest that {place} holds")
            else:
                what = f"{place} holds {source.bundle.version}, which differs and is not newer"
                tell(f"{name} {version}: {what}; 'gateway bundle install {place}' installs it all the same")

    # -- to its end

    def show(self, job: Job, *, as_json: bool) -> None:
        if as_json:
            print_json(plan_json(job.work.plan))
        else:
            print_plan(job.work.plan, job.told)

    def carry_out(self, job: Job, *, yes: bool, dry_run: bool, export: Path | None = None) -> None:
        """Show the plan, ask, and apply it."""
        plan = job.work.plan
        print_plan(plan, job.told)
        if plan.errors:
            tell("error: nothing was changed")
            raise typer.Exit(1)
        if dry_run or not plan.is_needed:
            return
        if not yes and sys.stdin.isatty() and not typer.confirm("Do this?"):
            tell("nothing was changed")
            raise typer.Exit(1)
        if export is not None:
            self._save_objects(job, export)
        done = apply(self._store, job.work, gateway.context_of)
        self._tell_done(job.work, done)

    def _tell_done(self, work: Planned, done: Installed) -> None:
        plan = work.plan
        count = done.created
        objects = f", {count} object{'s' * (count != 1)} created" if count else ""
        if not work.record:
            tell(f"removed {plan.bundle}")
            return
        did = "rolled back to" if work.earlier is Earlier.POP else "installed"
        tell(f"{did} {plan.bundle} {plan.version}: {len(plan.artifacts)} artifacts{objects}")

    def _save_objects(self, job: Job, file: Path) -> None:
        """Write the objects of the schemas that go."""
        artifacts = tuple(self._store.artifacts())
        catalog = gateway.live_of(self._settings, self._store).moment.catalog
        schemas = [
            a.reference
            for a in artifacts
            if a.kind is Kind.SCHEMA and a.origin.bundle == job.work.plan.bundle
        ]
        count = 0
        with file.open("xb") as written:
            for document in export_objects(gateway.context_of(catalog, self._store), "", schemas):
                written.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
                count += 1
        tell(f"wrote {count} objects to {file}")

    def tell_if_configured(self, name: str) -> None:
        """A bundle that the settings name comes back with the next start."""
        names = {source.bundle.name for source in map(read_source, self._settings.bundle_names())}
        if name in names and name not in self._store.installed():
            tell(f"GATEWAY_BUNDLES names {name}: the next 'gateway serve' installs it again")

    # -- what is installed

    def installed(self) -> list[JsonObject]:
        state = current_state(self._store)
        return [
            installed_json(self._store, name, self._held(name), record)
            for name, record in state.installed.items()
        ]

    def bundle(self, name: str) -> tuple[JsonObject, dict[str, str], list[str]]:
        """An installed bundle, its artifacts with remarks, and the paths that it serves."""
        held = self._held(name)
        told = installed_json(self._store, name, held, dict(self._store.installed()[name]))
        changed = {name_of(artifact) for artifact in held.edited}
        remarks = {name_of(a): "edited at run time" if name_of(a) in changed else "" for a in held.artifacts}
        own = {artifact.reference for artifact in held.artifacts if artifact.kind is Kind.ENDPOINT}
        endpoints = gateway.live_of(self._settings, self._store).moment.catalog.endpoints
        return told, remarks, [endpoint.path for endpoint in endpoints if endpoint.reference in own]

    def bundle_to_write(self, name: str | None) -> Bundle:
        """An installed bundle as it is in force; without a name all that was made or edited at run time."""
        state = current_state(self._store)
        return edited_bundle(state) if name is None else bundle_in_force(state, name)

    def _held(self, name: str) -> Held:
        return installed_bundle(current_state(self._store), name)

    # -- locks

    def lock(self) -> tuple[str, int]:
        """The text of the lock of what is installed, and how many bundles it holds."""
        return lock_of(self._store)

    def refuse_unlocked(self, sources: Sequence[Source], file: Path) -> None:
        """Raise ``ConfigurationError`` when a source is not what the lock file says."""
        refuse_unlocked([source.bundle for source in sources], gateway.lock_file(file), str(file))


def checked(name: str, beside: Sequence[str]) -> tuple[Source, Plan]:
    """A bundle as an empty store would take it; those that it requires are installed there first."""
    settings = Settings()
    build = gateway.build_settings(settings)
    source = read_source(name)
    shipped = shipped_bundles()
    store = open_store("sqlite:///:memory:")
    try:
        needed: dict[str, Source] = {}
        waiting = [*beside, *(each for each in source.bundle.requires if each in shipped)]
        while waiting:
            other = read_source(waiting.pop(0))
            if other.bundle.name not in needed and other.bundle.name != source.bundle.name:
                needed[other.bundle.name] = other
                waiting += [each for each in other.bundle.requires if each in shipped]
        for bundle in bundles_by_requirement([other.bundle for other in needed.values()]):
            install(store, bundle, build, gateway.context_of)
        return source, plan_installation(store, source.bundle, build, gateway.context_of).plan
    finally:
        store.close()


def report_check(source: Source, plan: Plan, *, as_json: bool) -> None:
    """What was found, and the sum."""
    if as_json:
        print_json(plan_json(plan))
        return
    console = out()
    bundle = source.bundle
    console.print(f"Bundle {bundle.name} {bundle.version}: {len(bundle.artifacts)} artifacts", style="bold")
    print_findings(console, plan.findings, source.told)
    warnings = sum(finding.severity is Severity.WARNING for finding in plan.findings)
    counts = f"{len(plan.errors)} errors, {warnings} warnings"
    console.print("It cannot be installed: " + counts if plan.errors else "It can be installed: " + counts)


def _objects(choice: str) -> Objects:
    try:
        return Objects(choice)
    except ValueError:
        fail(f"--objects is one of {', '.join(Objects)}, not '{choice}'", code=2)

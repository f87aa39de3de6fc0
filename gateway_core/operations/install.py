"""Installing bundles: plan, check everything, and store it in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway_core.bundles.layout import digest
from gateway_core.bundles.plan import Choices
from gateway_core.catalog.build import BuildSettings, build
from gateway_core.catalog.snapshot import BundleInfo, Catalog
from gateway_core.errors import ConfigurationError, Conflict, StoreError, VersionConflict
from gateway_core.operations.bundle_data import data_findings, deletes, planned_data
from gateway_core.operations.planning import ContextOf, Planned, current_state, plan_installation
from gateway_core.query.times import instant
from gateway_core.store.protocol import Configuration, IndexSpec, Store
from gateway_core.types import Artifact, Bundle, Finding, Severity

ATTEMPTS: Final = 8


@dataclass(frozen=True, slots=True)
class Installed:
    """What came of an installation: how many data objects were created, and what was remarked upon."""

    created: int
    warnings: tuple[Finding, ...] = ()


def compile_catalog(
    artifacts: Sequence[Artifact], settings: BuildSettings, bundles: Iterable[BundleInfo] = ()
) -> Catalog:
    """The catalog of these artifacts; the API document names the ``bundles``.

    Raises ``ConfigurationError`` with every error found.
    """
    return _compiled(artifacts, settings, bundles)[0]


def _compiled(
    artifacts: Sequence[Artifact], settings: BuildSettings, bundles: Iterable[BundleInfo] = ()
) -> tuple[Catalog, tuple[Finding, ...]]:
    """The catalog, and the warnings."""
    catalog, findings = build(artifacts, settings, bundles)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise _unusable(errors)
    return catalog, tuple(finding for finding in findings if finding.severity is Severity.WARNING)


def sentence(finding: Finding) -> str:
    """A finding for people: where, what, and the way out."""
    place, spot = finding.place, finding.position
    file = finding.path if place is None else f"{finding.path}:{place.line}:{place.column}"
    named = finding.reference in finding.message
    parts = [file, *(() if named else (finding.reference, finding.pointer))]
    if spot is not None and place is None:
        parts.append(f"line {spot.line}, column {spot.column}")
    where = ", ".join(part for part in parts if part)
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"{where}: {finding.message}{hint}" if where else f"{finding.message}{hint}"


def is_installed(store: Store, bundle: Bundle) -> bool:
    """Whether the store holds the bundle with exactly this content, edits at run time apart."""
    return store.installed().get(bundle.name, {}).get("digest") == digest(bundle)


def was_rolled_back(store: Store, bundle: Bundle) -> bool:
    """Whether this is what the last rollback of the bundle went back from."""
    return store.installed().get(bundle.name, {}).get("refused") == digest(bundle)


def install(
    store: Store,
    bundle: Bundle,
    settings: BuildSettings,
    context_of: ContextOf,
    choices: Choices | None = None,
    *,
    source: str = "",
) -> Installed:
    """Plan, and apply: make the bundle's artifacts the installed ones of its name.

    The catalog of all installed bundles together is built first: what does not compile is not
    stored. Bundles that it requires must be installed. The warnings are those about this bundle.
    Raises ``ConfigurationError`` with every fault found.
    """
    for _ in range(ATTEMPTS):
        planned = plan_installation(store, bundle, settings, context_of, choices, source=source)
        try:
            return apply(store, planned, context_of)
        except Conflict:
            continue
    raise _busy()


def apply(store: Store, planned: Planned, context_of: ContextOf) -> Installed:
    """Do what was planned, in one transaction: artifacts, record, data objects, and what was in force
    beside it for a return. Whatever fails or is interrupted, the old configuration stays, whole.

    Raises ``ConfigurationError`` with the errors of the plan, and ``Conflict`` when the configuration
    that it was made against is not in force any more.
    """
    plan = planned.plan
    if plan.errors:
        raise _unusable(plan.errors)
    warnings = tuple(finding for finding in plan.findings if finding.severity is Severity.WARNING)
    if planned.catalog is None:
        return Installed(0, warnings)
    context = context_of(planned.catalog, store)
    revision = planned.revision
    for _ in range(ATTEMPTS):
        moment = instant(context.now())
        loaded, changes = planned_data(context, plan.bundle, planned.load)
        faults = [fault for fault in data_findings(loaded, planned.load) if fault.severity is Severity.ERROR]
        if faults:
            raise _unusable(faults)
        changes = replace(changes, deletes=deletes(store, planned.clear, moment))
        record = {**planned.record, "installed": moment} if planned.record else {}
        wanted = Configuration(
            plan.bundle, plan.artifacts, record, revision, changes, planned.earlier, planned.clear
        )
        try:
            store.configure(wanted)
        except VersionConflict:
            # An application was added meanwhile, or an object; or the configuration has changed.
            state = current_state(store)
            if state.base != plan.base:
                raise Conflict(
                    "the configuration has changed since the plan was made", hint="Plan again."
                ) from None
            revision = state.revision
        else:
            return Installed(loaded.created, (*warnings, *_indexed(store, planned.catalog)))
    raise _busy()


def make_indexes(store: Store, catalog: Catalog) -> None:
    """Have the indexes, and hold to the unique values, that the configuration in force asks for: that may be
    a newer one than the ``catalog``, which tells its own without being made again.

    It follows an installation and is no part of it: a kill between the two leaves the new configuration
    in force, and this to the gateways that take it over, or start.
    """

    def wanted(artifacts: Sequence[Artifact]) -> Sequence[IndexSpec]:
        current = catalog if tuple(artifacts) == catalog.artifacts else build(artifacts)[0]
        return [
            IndexSpec(i.entity, i.path, i.array, i.unique, i.folded, i.text, i.order, i.few_values)
            for i in current.indexes
        ]

    store.ensure_indexes(wanted)


def _indexed(store: Store, catalog: Catalog) -> tuple[Finding, ...]:
    try:
        make_indexes(store, catalog)
    except StoreError as error:
        text = f"it is installed, and its indexes are not made yet: {error.detail}"
        return (Finding(Severity.WARNING, "indexes", text, hint="A gateway that starts makes them."),)
    return ()


def _busy() -> Conflict:
    return Conflict("others change the configuration or its objects all the time", hint="Try again.")


def _unusable(findings: Sequence[Finding]) -> ConfigurationError:
    return ConfigurationError("\n".join(map(sentence, findings)), findings)

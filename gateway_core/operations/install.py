"""Installing bundles: check everything, store it in one transaction, answer the new catalog."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway_core.bundles.layout import digest
from gateway_core.catalog.build import BuildSettings, build
from gateway_core.catalog.snapshot import Catalog
from gateway_core.errors import ConfigurationError
from gateway_core.operations.call import Context
from gateway_core.operations.render import timestamp
from gateway_core.operations.transfer import load_objects
from gateway_core.store.protocol import IndexSpec, Store
from gateway_core.types import Artifact, Bundle, Finding, Kind, Principal, Severity


def compile_catalog(artifacts: Sequence[Artifact], settings: BuildSettings) -> Catalog:
    """The catalog of these artifacts. Raises ``ConfigurationError`` with every error found."""
    catalog, findings = build(artifacts, settings)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise ConfigurationError(describe(errors), errors)
    return catalog


def describe(findings: Sequence[Finding]) -> str:
    """Findings as text for people, one a line."""
    return "\n".join(f"{finding.severity.value}: {finding.message}" for finding in findings)


def is_installed(store: Store, bundle: Bundle) -> bool:
    """Whether the store holds the bundle with exactly this content."""
    return store.installed().get(bundle.name, {}).get("digest") == digest(bundle)


def install(store: Store, bundle: Bundle, settings: BuildSettings, now: datetime) -> Catalog:
    """Make the bundle's artifacts the installed ones of its name, or change nothing.

    The catalog of all installed bundles together is built first: what does not compile is
    not stored. Bundles that it requires must be installed.
    """
    installed = store.installed()
    missing = [name for name in bundle.requires if name not in installed]
    if missing:
        raise ConfigurationError(f"bundle {bundle.name} requires {', '.join(missing)}: install that first")
    others = [a for a in store.artifacts() if a.origin.bundle != bundle.name]
    _refuse_theft(bundle, others)
    catalog = compile_catalog([*others, *bundle.artifacts], settings)
    record = {
        "version": bundle.version,
        "title": bundle.title,
        "description": bundle.description,
        "digest": digest(bundle),
        "installed": timestamp(now),
        "artifacts": len(bundle.artifacts),
    }
    store.replace_artifacts(bundle.name, bundle.artifacts, record)
    store.ensure_indexes([IndexSpec(i.entity, i.path, i.array) for i in catalog.indexes])
    return catalog


def load_data(context: Context, bundle: Bundle) -> int:
    """Create the bundle's data objects that do not exist yet; how many were created."""
    principal = Principal(application=bundle.name, scopes=frozenset())
    created = 0
    for artifact in bundle.artifacts:
        if artifact.kind is not Kind.DATA:
            continue
        documents = [
            (schema, document)
            for schema, listed in artifact.body.items()
            if not schema.startswith("$")
            for document in listed
        ]
        created += load_objects(context, principal, documents).created
    return created


def _refuse_theft(bundle: Bundle, others: Sequence[Artifact]) -> None:
    owned = {(a.kind, a.reference): a.origin.bundle for a in others}
    for artifact in bundle.artifacts:
        owner = owned.get((artifact.kind, artifact.reference))
        if owner is not None:
            raise ConfigurationError(
                f"bundle {bundle.name} holds {artifact.kind.value} {artifact.reference}, "
                f"which bundle {owner} has installed"
            )

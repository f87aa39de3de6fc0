"""Installing bundles: check everything, store it in one transaction, answer the new catalog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gateway_core.bundles.layout import digest
from gateway_core.catalog.build import BuildSettings, build
from gateway_core.catalog.original import OPTIONAL, is_original
from gateway_core.catalog.rejected import REJECTED
from gateway_core.catalog.shared import may_share
from gateway_core.catalog.snapshot import BundleInfo, Catalog
from gateway_core.errors import ConfigurationError
from gateway_core.operations.call import Context
from gateway_core.operations.relations import ID
from gateway_core.operations.transfer import Entry, lasting_id, load_objects
from gateway_core.query.times import instant
from gateway_core.store.protocol import Configuration, IndexSpec, Store
from gateway_core.types import Artifact, Bundle, Finding, JsonObject, Kind, Principal, Severity


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
    """Whether the store holds the bundle with exactly this content."""
    return store.installed().get(bundle.name, {}).get("digest") == digest(bundle)


def install(
    store: Store,
    bundle: Bundle,
    settings: BuildSettings,
    context_of: Callable[[Catalog, Store], Context],
) -> Installed:
    """Make the bundle's artifacts the installed ones of its name.

    The catalog of all installed bundles together is built first: what does not compile is not
    stored. Indexes and data objects follow, and the artifacts and the record of the
    installation, in one transaction, are the last: whatever fails or is interrupted before, the
    configuration in force stays, and the next installation does all of it again. Bundles that
    it requires must be installed. The warnings are those about this bundle. Raises
    ``ConfigurationError`` with every fault found.
    """
    installed = store.installed()
    missing = [name for name in bundle.requires if name not in installed]
    if missing:
        raise ConfigurationError(f"it requires {', '.join(missing)}", hint="Install that first.")
    others = [a for a in store.artifacts() if a.origin.bundle != bundle.name]
    _refuse_theft(bundle, others)
    catalog, warnings = _compiled([*others, *bundle.artifacts], settings)
    context = context_of(catalog, store)
    store.ensure_indexes([IndexSpec(i.entity, i.path, i.array, i.unique, i.folded) for i in catalog.indexes])
    created, rejected = _load_data(context, bundle)
    record = {
        "version": bundle.version,
        "title": bundle.title,
        "description": bundle.description,
        "digest": digest(bundle),
        "installed": instant(context.now()),
        "artifacts": len(bundle.artifacts),
    }
    store.configure(Configuration(bundle.name, bundle.artifacts, record))
    theirs = {artifact.reference for artifact in others}
    mine = tuple(each for each in warnings if each.reference not in theirs)
    told = tuple(each for each in bundle.findings if each.severity is Severity.WARNING)
    return Installed(created, (*told, *mine, *rejected))


def _load_data(context: Context, bundle: Bundle) -> tuple[int, tuple[Finding, ...]]:
    """Create the bundle's data objects that do not exist yet, all or none; how many were created.

    One without an id gets one that is the same at the next installation. Of a bundle of Common Gateway,
    which checks none, those that cannot be stored are passed over and told; test data is left alone.
    """
    seen: Counter[str] = Counter()

    def identified(schema: str, document: JsonObject) -> JsonObject:
        if ID in document:
            return document
        id = lasting_id(document, bundle.name, schema)
        seen[id] += 1  # equal objects differ in how many came before
        return {ID: lasting_id({}, id, str(seen[id])), **document}

    lenient = any(is_original(a) for a in bundle.artifacts if a.kind is Kind.DATA)
    entries = [
        Entry(schema, identified(schema, document), f"{artifact.origin.path}: number {number} of {schema}")
        for artifact in bundle.artifacts
        if artifact.kind is Kind.DATA and not artifact.body.get(OPTIONAL)
        for schema, documents in artifact.body.items()
        if not schema.startswith("$")
        for number, document in enumerate(documents, 1)
    ]
    principal = Principal(application=bundle.name, scopes=frozenset())
    loaded = load_objects(context, principal, entries, pass_over=lenient, tell=False)
    if loaded.faults and not lenient:
        raise _unusable([Finding(Severity.ERROR, "data", str(fault)) for fault in loaded.faults])
    rejected = (Finding(Severity.WARNING, REJECTED, str(fault)) for fault in loaded.faults)
    return loaded.created, tuple(rejected)


def _unusable(findings: Sequence[Finding]) -> ConfigurationError:
    return ConfigurationError("\n".join(map(sentence, findings)), findings)


def _refuse_theft(bundle: Bundle, others: Sequence[Artifact]) -> None:
    owned = {(a.kind, a.reference): a for a in others}
    pairs = ((a, owned.get((a.kind, a.reference))) for a in bundle.artifacts)
    stolen = [
        Finding(
            Severity.ERROR,
            "owner",
            f"{a.kind.value} {a.reference} is installed already, by bundle {other.origin.bundle}",
        )
        for a, other in pairs
        if other is not None and not may_share(a, other)
    ]
    if stolen:
        raise _unusable(stolen)

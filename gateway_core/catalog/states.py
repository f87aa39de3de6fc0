"""What became of each artifact: it works, it is kept until something that it needs is there, or it is
left out; and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway_core.catalog.actions import Actions
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.original import OPTIONAL, handler_name, is_original, text
from gateway_core.catalog.rejected import REJECTED
from gateway_core.catalog.snapshot import Catalog
from gateway_core.catalog.sources import Source
from gateway_core.types import Artifact, Finding, Kind, Reference, Severity

HANDLER_FOR: Final = "a handler for "
NAMED: Final = 5  # so many are named one by one


class State(StrEnum):
    """How far an artifact does what it is for."""

    WORKS = "works"
    RECORDED = "recorded"
    NEEDS_HANDLER = "needs a handler"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ArtifactState:
    """One artifact, or one thing in a bundle that became none: then its reference may be a file."""

    bundle: str
    kind: Kind | None
    reference: Reference
    state: State
    reason: str = ""


# Kinds that are kept as they are, with what they wait for.
_KEPT: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.USER: "disabled, without a password; users do not log in here yet",
        Kind.SECURITY_GROUP: "disabled; rights are given by scopes of applications",
        Kind.ORGANIZATION: "there are no tenants yet",
        Kind.TEMPLATE: "documents are not made of templates yet",
        Kind.CARD: "there is no dashboard yet",
        Kind.DATABASE: "there is one store for all",
    }
)


def states(
    bundles: Iterable[str],
    catalog: Catalog,
    findings: Sequence[Finding],
    handlers: Collection[str] = (),
) -> tuple[ArtifactState, ...]:
    """The state of every artifact of the bundles in a catalog.

    ``findings`` are those of building the catalog; ``handlers`` the names of the classes for which there
    is one, with dots.
    """
    wanted = set(bundles)
    rejected = _rejected(findings)
    served = {endpoint.reference: endpoint for endpoint in catalog.endpoints}
    told: list[ArtifactState] = []
    for artifact in catalog.artifacts:
        if artifact.origin.bundle not in wanted:
            continue
        reason = rejected.pop((artifact.reference, artifact.origin.path), None)
        if reason is not None and not _is_there(artifact, catalog):
            state, why = State.REJECTED, reason
        elif artifact.kind is Kind.ACTION and catalog.actions.named(artifact.reference) is not None:
            state, why = State.WORKS, ""
        elif artifact.kind is Kind.SOURCE and artifact.reference in catalog.sources:
            state, why = _of_source(catalog.sources[artifact.reference])
        elif artifact.kind is Kind.ENDPOINT and artifact.reference in served:
            state, why = _of_endpoint(served[artifact.reference], catalog.actions)
        else:
            state, why = _of_kind(artifact, handlers)
        told.append(ArtifactState(artifact.origin.bundle, artifact.kind, artifact.reference, state, why))
    return tuple(told)


def left_out(bundle: str, findings: Iterable[Finding]) -> tuple[ArtifactState, ...]:
    """What was read in a bundle's files and became no artifact."""
    return tuple(
        ArtifactState(bundle, None, finding.reference or finding.path, State.REJECTED, finding.message)
        for finding in findings
        if finding.code == REJECTED
    )


def waiting(told: Iterable[ArtifactState]) -> Iterator[Finding]:
    """A note for each bundle, kind and reason of what does not work yet, with the classes that are needed."""
    groups: dict[tuple[str, Kind, State, str], list[ArtifactState]] = {}
    for each in told:
        if each.kind is None or each.state in (State.WORKS, State.REJECTED):
            continue
        general = "" if each.state is State.NEEDS_HANDLER else each.reason
        groups.setdefault((each.bundle, each.kind, each.state, general), []).append(each)
    for (bundle, kind, state, reason), listed in groups.items():
        names = sorted({each.reason.removeprefix(HANDLER_FOR) for each in listed} if not reason else ())
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        why = reason or f"{', '.join(names[:NAMED])}{more}"
        word = "need a handler" if state is State.NEEDS_HANDLER else "kept and not used"
        count = f"1 {kind.value}" if len(listed) == 1 else f"{len(listed)} artifacts of kind {kind.value}"
        message = f"{count} of bundle {bundle}: {word}: {why}"
        code = "needs-handler" if state is State.NEEDS_HANDLER else "recorded"
        hint = "a Python package provides handlers by entry points of the group gateway.actions"
        yield Finding(
            Severity.INFO,
            code,
            message,
            listed[0].reference,
            hint=hint if kind is Kind.ACTION and not reason else "",
        )


def _rejected(findings: Iterable[Finding]) -> dict[tuple[Reference, str], str]:
    """The first reason for each artifact, by reference and file."""
    reasons: dict[tuple[Reference, str], str] = {}
    for finding in findings:
        if finding.code == REJECTED and finding.reference:
            reasons.setdefault((finding.reference, finding.path), finding.message)
    return reasons


def _is_there(artifact: Artifact, catalog: Catalog) -> bool:
    if artifact.kind is Kind.SCHEMA:
        return artifact.reference in catalog.entities
    if artifact.kind is Kind.MAPPING:
        return artifact.reference in catalog.mappings
    return False


def _of_endpoint(endpoint: Endpoint, actions: Actions) -> tuple[State, str]:
    if endpoint.waits_for:
        state = State.NEEDS_HANDLER if "handler" in endpoint.waits_for else State.RECORDED
        return state, endpoint.waits_for
    unheard = [name for name in endpoint.throws if not actions.on(name, endpoint.entity)]
    return State.WORKS, f"nobody hears its events yet: {', '.join(unheard)}" if unheard else ""


def _of_source(source: Source) -> tuple[State, str]:
    if source.unusable:
        return State.RECORDED, f"it cannot be called: {source.unusable}"
    return State.WORKS, "" if source.enabled else "it is switched off"


def _of_kind(artifact: Artifact, handlers: Collection[str]) -> tuple[State, str]:
    if artifact.kind is Kind.ACTION:
        handler = handler_name(text(artifact.body, "class"))
        if handler in handlers:
            return State.RECORDED, "its handler is in a package, which is looked at when it is served"
        return State.NEEDS_HANDLER, f"{HANDLER_FOR}{handler or 'an action without a class'}"
    if artifact.kind is Kind.DATA and is_original(artifact) and artifact.body.get(OPTIONAL):
        return State.RECORDED, "test data, which --test-data creates"
    if artifact.kind in _KEPT:
        return State.RECORDED, _KEPT[artifact.kind]
    return State.WORKS, ""

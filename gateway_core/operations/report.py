"""Plans, findings and what is installed as JSON: the same for commands and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_core.bundles.differences import NOTHING, Difference
from gateway_core.bundles.plan import Action, Held, Plan, Step, name_of
from gateway_core.query.model import Scope
from gateway_core.store.protocol import Store
from gateway_core.types import Finding, JsonObject, Kind


def plan_json(plan: Plan) -> JsonObject:
    """A plan as one JSON object; a side of a difference that is absent has no key."""
    return {
        "bundle": plan.bundle,
        "version": plan.version,
        "before": plan.before,
        "base": plan.base,
        "needed": plan.is_needed,
        "possible": not plan.errors,
        "summary": summary(plan),
        "steps": [_step_json(step) for step in plan.steps],
        "findings": [finding_json(finding) for finding in plan.findings],
    }


def summary(plan: Plan) -> dict[str, int]:
    """How many artifacts each thing happens to, and how many objects are created."""
    counts = {action.value: 0 for action in Action}
    for step in plan.steps:
        counts[step.action.value] += 1
    return {**counts, "objects": plan.objects, "errors": len(plan.errors)}


def finding_json(finding: Finding) -> JsonObject:
    """A finding; what is not known of its place has no key."""
    place: Mapping[str, Any] = {}
    if finding.place is not None:
        place = {"line": finding.place.line, "column": finding.place.column}
    told = {
        "severity": finding.severity.value,
        "code": finding.code,
        "message": finding.message,
        "hint": finding.hint,
        "reference": finding.reference,
        "pointer": finding.pointer,
        "file": finding.path,
        **place,
    }
    return {key: value for key, value in told.items() if value != ""}


def installed_json(store: Store, name: str, held: Held, record: JsonObject) -> JsonObject:
    """An installed bundle: what it is, what it holds, and how many objects there are of it."""
    schemas = [artifact.reference for artifact in held.artifacts if artifact.kind is Kind.SCHEMA]
    kinds: dict[str, int] = {}
    for artifact in held.artifacts:
        kinds[artifact.kind.value] = kinds.get(artifact.kind.value, 0) + 1
    return {
        "name": name,
        "version": held.version,
        "title": str(record.get("title", "")),
        "description": str(record.get("description", "")),
        "requires": list(record.get("requires") or ()),
        "installed": record.get("installed"),
        "source": str(record.get("source", "")),
        "digest": str(record.get("digest", "")),
        "artifacts": kinds,
        "edited": [name_of(artifact) for artifact in held.edited],
        "objects": sum(store.count(Scope("", schema)) for schema in schemas),
        "earlier": [str(each.record.get("version", "")) for each in store.earlier(name)],
    }


def _step_json(step: Step) -> JsonObject:
    told: JsonObject = {"action": step.action.value, "kind": step.kind.value, "reference": step.reference}
    versions = {
        side: artifact.version
        for side, artifact in (("before", step.before), ("after", step.after))
        if artifact is not None
    }
    told["version"] = versions
    if step.edited:
        told["edited"] = True
    if step.differences:
        told["differences"] = [_difference_json(difference) for difference in step.differences]
    return told


def _difference_json(difference: Difference) -> JsonObject:
    sides = (("before", difference.before), ("after", difference.after))
    return {"pointer": difference.pointer, **{name: value for name, value in sides if value is not NOTHING}}

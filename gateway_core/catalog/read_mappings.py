"""Mapping artifacts to compiled mappings; what did not change since the last time is not compiled anew."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from gateway_core.catalog.original import is_original
from gateway_core.catalog.rejected import reject
from gateway_core.errors import MappingError
from gateway_core.mapping.mapping import CompiledMapping, Limits, compile_mapping
from gateway_core.mapping.value_maps import FAULT as VALUE_MAP_FAULT
from gateway_core.types import Artifact, Finding, Reference, Severity


class MappingCache:
    """The mappings of the last build. A mapping that reads the value maps of another is not kept: it
    changes when that one does."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: Mapping[str, CompiledMapping] = {}

    def compiled(
        self,
        artifact: Artifact,
        limits: Limits,
        bodies: Mapping[Reference, Mapping[str, Any]],
        kept: dict[str, CompiledMapping],
    ) -> CompiledMapping:
        """The compiled mapping of an artifact, which joins those to be ``kept``. Raises ``MappingError``."""
        key = json.dumps([artifact.reference, artifact.body, repr(limits)], ensure_ascii=False, default=dict)
        mapping = self._held.get(key)
        asked: list[Reference] = []

        def body_of(reference: Reference) -> Mapping[str, Any] | None:
            asked.append(reference)
            return bodies.get(reference)

        if mapping is None:
            mapping = compile_mapping(artifact.reference, artifact.body, limits=limits, bodies=body_of)
        if not asked:
            kept[key] = mapping
        return mapping

    def keep(self, kept: Mapping[str, CompiledMapping]) -> None:
        """These are the mappings of the build that is done; forget those before it."""
        self._held = kept


def read_mappings(
    artifacts: Iterable[Artifact], limits: Limits, cache: MappingCache, findings: list[Finding]
) -> dict[Reference, CompiledMapping]:
    """The mappings that can be compiled, by reference. One of Common Gateway's that cannot be is left out."""
    listed = list(artifacts)
    bodies = {artifact.reference: artifact.body for artifact in listed}
    compiled: dict[Reference, CompiledMapping] = {}
    kept: dict[str, CompiledMapping] = {}
    for artifact in listed:
        try:
            mapping = cache.compiled(artifact, limits, bodies, kept)
        except MappingError as error:
            faults = [_mapping_fault(artifact, fault) for fault in (error, *error.others)]
            findings.extend(reject(f, artifact) if is_original(artifact) else f for f in faults)
            continue
        findings.extend(_remarks(artifact, mapping))
        compiled[artifact.reference] = mapping
    cache.keep(kept)
    _check_references(compiled, {a.reference: a for a in listed}, findings)
    return compiled


def _remarks(artifact: Artifact, mapping: CompiledMapping) -> Iterator[Finding]:
    """What is remarked upon. Falling through to text is how mappings of Common Gateway write text: there
    a remark is a note, and what is left out stands out."""
    for each in mapping.findings:
        note = is_original(artifact) and each.severity is Severity.WARNING
        severity = Severity.INFO if note else each.severity
        yield replace(each, path=artifact.origin.path, severity=severity)


def _mapping_fault(artifact: Artifact, error: MappingError) -> Finding:
    order = ("values", "mapping") if error.detail.startswith(VALUE_MAP_FAULT) else ("mapping", "cast")
    held = {name: artifact.body.get(name) for name in order}
    sections = (name for name, section in held.items() if isinstance(section, dict) and error.key in section)
    return Finding(
        severity=Severity.ERROR,
        code="mapping",
        message=error.detail,
        reference=artifact.reference,
        pointer=next((f"/{name}/{error.key}" for name in sections), ""),
        position=error.position,
        hint=error.hint,
        path=artifact.origin.path,
    )


def _check_references(
    mappings: Mapping[Reference, CompiledMapping],
    artifacts: Mapping[Reference, Artifact],
    findings: list[Finding],
) -> None:
    for mapping in mappings.values():
        artifact = artifacts[mapping.reference]
        for entry in mapping.entries:
            for target in sorted(entry.reads.references - mappings.keys()):
                text = f"mapping {mapping.reference} calls map('{target}'), which is not installed"
                finding = _error("dangling-reference", text, mapping.reference)
                if is_original(artifact):
                    finding = replace(finding, severity=Severity.WARNING)
                path = artifact.origin.path
                findings.append(replace(finding, pointer=f"/mapping/{entry.key}", path=path))


def _error(code: str, message: str, reference: Reference) -> Finding:
    return Finding(severity=Severity.ERROR, code=code, message=message, reference=reference)

"""What a reading gathers: artifacts, and remarks about what became none. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gateway_core.bundles.kinds import FORM_OF
from gateway_core.catalog.rejected import REJECTED
from gateway_core.catalog.versions import version_key
from gateway_core.types import Artifact, Finding, JsonObject, Kind, Origin, Position, Reference, Severity

DEFAULT_VERSION = "0.0.1"
DUPLICATE = "duplicate"


class Gathering:
    """Artifacts of one bundle of Common Gateway in the order they were met, and the findings on the way.

    What it rejects is a warning: the rest of such a bundle installs, and nothing is lost in silence.
    """

    def __init__(self, bundle: str) -> None:
        self.bundle = bundle
        self.findings: list[Finding] = []
        self._artifacts: dict[tuple[Kind, Reference], Artifact] = {}

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        return tuple(self._artifacts.values())

    def of(self, kind: Kind) -> Mapping[Reference, Artifact]:
        """What was gathered of a kind."""
        return {artifact.reference: artifact for artifact in self.artifacts if artifact.kind is kind}

    def reject(
        self,
        message: str,
        path: str,
        reference: Reference = "",
        *,
        place: Position | None = None,
        hint: str = "",
        pointer: str = "",
    ) -> None:
        """Something becomes no artifact."""
        self.findings.append(
            Finding(
                Severity.WARNING, REJECTED, message, reference, pointer, hint=hint, path=path, place=place
            )
        )

    def remark(
        self, code: str, message: str, path: str, reference: Reference = "", *, info: bool = False
    ) -> None:
        """Something is read in another way than its author may think."""
        severity = Severity.INFO if info else Severity.WARNING
        self.findings.append(Finding(severity, code, message, reference, path=path))

    def add(self, kind: Kind, reference: Reference, body: JsonObject, path: str) -> None:
        """Keep an artifact, its ``$schema`` in the present spelling.

        Of two with one reference those that say the same are one; else the higher version counts, of
        equal versions the first, and the other is rejected by name.
        """
        form = FORM_OF[kind]
        body = {**body, "$schema": form.schema, "$id": reference}
        if kind in (Kind.USER, Kind.SECURITY_GROUP):
            body["isEnabled"] = False  # whom a bundle lets in, an administrator decides
        version = str(body.get("version") or DEFAULT_VERSION)
        new = Artifact(kind, reference, version, body, Origin(self.bundle, path))
        old = self._artifacts.setdefault((kind, reference), new)
        if old is new:
            return
        if _text(old.body) == _text(body):
            self.remark(
                DUPLICATE, f"{_named(old)} says what {old.origin.path} says", path, reference, info=True
            )
            return
        kept, lost = (new, old) if version_key(version) > version_key(old.version) else (old, new)
        self._artifacts[kind, reference] = kept
        why = "a higher version" if kept.version != lost.version else "the first with this version"
        text = f"{_named(lost)} occurs in {kept.origin.path} too, {why}, which counts"
        self.reject(text, lost.origin.path, reference)

    def change(self, kind: Kind, reference: Reference, more: JsonObject) -> bool:
        """Add members to the body of an artifact; False when there is no such artifact here."""
        artifact = self._artifacts.get((kind, reference))
        if artifact is None:
            return False
        changed = Artifact(kind, reference, artifact.version, {**artifact.body, **more}, artifact.origin)
        self._artifacts[kind, reference] = changed
        return True


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False)


def _named(artifact: Artifact) -> str:
    return f"{artifact.kind.value} {artifact.reference}"

"""What cannot be used of a bundle of Common Gateway: left out by itself, and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway_core.types import Artifact, Finding, Severity

REJECTED: Final = "rejected"


def reject(fault: Finding, artifact: Artifact) -> Finding:
    """An error about an artifact as the warning that the artifact is left out."""
    return replace(
        fault,
        severity=Severity.WARNING,
        code=REJECTED,
        reference=artifact.reference,
        path=fault.path or artifact.origin.path,
    )


def rejection(artifact: Artifact, message: str, hint: str = "") -> Finding:
    """The warning that an artifact is left out, and why."""
    return Finding(
        Severity.WARNING, REJECTED, message, artifact.reference, hint=hint, path=artifact.origin.path
    )

"""What holds while one schema is rewritten, and the findings that come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway_core.schema.vocabulary import Known
from gateway_core.schema.walk import pointer_text
from gateway_core.types import Finding, JsonObject, Reference, Severity

Others = Callable[[Reference], Mapping[str, Any] | None]
"""Finds the body of another schema, as its author wrote it."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Notes:
    """Findings in the making."""

    found: list[Finding] = field(default_factory=list)

    def info(self, code: str, path: Path, message: str, hint: str = "") -> None:
        """Something that is so by intention, or of little weight."""
        self._add(Severity.INFO, code, path, message, hint)

    def warn(self, code: str, path: Path, message: str, hint: str = "") -> None:
        """Something that its author did not expect."""
        self._add(Severity.WARNING, code, path, message, hint)

    def _add(self, severity: Severity, code: str, path: Path, message: str, hint: str) -> None:
        self.found.append(Finding(severity, code, message, pointer=pointer_text(path), hint=hint))


@dataclass(frozen=True, slots=True)
class Frame:
    """Where in which schema: ``path`` leads to the node, ``body`` is the whole as its author wrote it.

    ``top`` tells that the node is a property of the entity itself: there a ``$ref`` is a relation.
    """

    reference: Reference
    body: JsonObject
    known: Known
    others: Others
    notes: Notes
    path: Path = ()
    top: bool = False

    def at(self, *steps: str | int, top: bool = False) -> Frame:
        """The frame of a node below."""
        return replace(self, path=(*self.path, *steps), top=top)

    def info(self, code: str, keyword: str, message: str, hint: str = "") -> None:
        """A remark on a keyword of this node."""
        self.notes.info(code, (*self.path, keyword), message, hint)

    def warn(self, code: str, keyword: str, message: str, hint: str = "") -> None:
        """A warning about a keyword of this node."""
        self.notes.warn(code, (*self.path, keyword), message, hint)

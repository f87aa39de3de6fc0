"""What the API for administrators answers, as types: its document is made from them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Base: members that a version does not know yet are let through."""

    model_config = ConfigDict(extra="allow")


class FindingAnswer(Answer):
    """A remark about configuration; an `error` stops an installation."""

    severity: str = Field(description="`error`, `warning` or `info`.")
    code: str
    message: str
    hint: str | None = Field(default=None, description="The way out.")
    reference: str | None = Field(default=None, description="The artifact that it is about.")
    pointer: str | None = Field(default=None, description="The member of that artifact.")
    file: str | None = None
    line: int | None = None
    column: int | None = None


class DifferenceAnswer(Answer):
    """A member that differs; a side on which it is absent is left out."""

    pointer: str
    before: Any = None
    after: Any = None


class StepAnswer(Answer):
    """What becomes of one artifact."""

    action: str = Field(description="`create`, `change`, `unchanged`, `keep` or `remove`.")
    kind: str
    reference: str
    version: dict[str, str] = Field(description="Before and after.")
    edited: bool = Field(default=False, description="Whether it was edited at run time.")
    differences: list[DifferenceAnswer] = Field(default_factory=list)


class PlanAnswer(Answer):
    """What would be, or was, done."""

    bundle: str
    version: str
    before: str | None = Field(description="The version in force; null when the bundle is not installed.")
    base: str = Field(description="The state of the configuration that the plan was made against.")
    needed: bool = Field(description="Whether there is anything to do.")
    possible: bool = Field(description="Whether it can be done.")
    summary: dict[str, int]
    steps: list[StepAnswer]
    findings: list[FindingAnswer]
    applied: bool = Field(description="Whether it was done.")


class BundleAnswer(Answer):
    """An installed bundle."""

    name: str
    version: str
    title: str
    description: str
    requires: list[str]
    installed: str | None = Field(description="When.")
    by: str | None = Field(default=None, description="The application that installed it over HTTP.")
    source: str = Field(description="Where an upgrade looks for it; empty when it was sent.")
    digest: str
    artifacts: dict[str, int] = Field(description="How many of each kind.")
    edited: list[str] = Field(description="The artifacts that were edited at run time.")
    objects: int = Field(description="How many objects of its schemas are stored.")
    earlier: list[str] = Field(description="The versions that a rollback leads to, latest first.")


class ArtifactAnswer(Answer):
    """An artifact in force."""

    reference: str
    title: str
    version: str
    bundle: str
    edited: bool = Field(description="Whether it was made or edited at run time.")


class ArtifactWithBody(ArtifactAnswer):
    """An artifact in force, whole."""

    body: dict[str, Any]


class ProblemAnswer(Answer):
    """What is wrong, and the way out (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    findings: list[FindingAnswer] = Field(default_factory=list)

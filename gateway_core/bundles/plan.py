"""What an installation would do, artifact by artifact, before anything is done. Pure.

Three things are compared: what the bundle brought when it was installed (known by hash), what is in
force, which may have been edited at run time, and what the bundle brings now.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gateway_core.bundles.differences import Difference, differences
from gateway_core.bundles.order import by_dependency
from gateway_core.bundles.versions import is_newer, rank
from gateway_core.catalog.shared import may_share
from gateway_core.types import Artifact, Bundle, Finding, Kind, Severity


class Action(StrEnum):
    """What becomes of an artifact. ``KEEP``: it was edited at run time, and stays as it is."""

    CREATE = "create"
    CHANGE = "change"
    UNCHANGED = "unchanged"
    KEEP = "keep"
    REMOVE = "remove"


class Local(StrEnum):
    """What becomes of artifacts that were edited at run time and that the bundle changes too."""

    STOP = "stop"
    KEEP = "keep"
    OVERWRITE = "overwrite"


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever installs has decided. ``leave_to_others``: what another bundle has installed under
    the same ``$id`` with other content stays as that one has it."""

    local: Local = Local.STOP
    leave_to_others: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """What is in force of a bundle. ``contents`` are the hashes of what it brought, by ``name_of``."""

    version: str
    artifacts: tuple[Artifact, ...]
    contents: Mapping[str, str]

    @property
    def edited(self) -> list[Artifact]:
        """The artifacts in force that are not as the bundle brought them."""
        return [a for name, a in by_name(self.artifacts).items() if self.contents.get(name) != hash_of(a)]


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one artifact; ``edited`` tells that it was edited at run time."""

    action: Action
    kind: Kind
    reference: str
    before: Artifact | None = None
    after: Artifact | None = None
    differences: tuple[Difference, ...] = ()
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """An installation that has not been done yet.

    ``base`` is the state of the configuration that it was made against (see ``state_of``), and
    ``before`` the version in force, None when the bundle is not installed. ``artifacts`` are those
    in force afterwards, ``contents`` the hashes of what the bundle brings, and ``objects`` the number
    of data objects that are created. An error among the ``findings`` means that it cannot be done.
    """

    bundle: str
    version: str
    before: str | None
    base: str
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    contents: Mapping[str, str] = field(default_factory=dict)
    objects: int = 0
    record_changes: bool = False
    """Whether what is recorded of the bundle changes: its version or title, say."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to do."""
        idle = {Action.UNCHANGED, Action.KEEP}
        return (
            self.before is None or self.record_changes or any(step.action not in idle for step in self.steps)
        )


def hash_of(artifact: Artifact) -> str:
    """A hash of what an artifact says, wherever it was read."""
    told = [artifact.kind, artifact.reference, artifact.version, artifact.body]
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, default=dict)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def name_of(artifact: Artifact) -> str:
    """The kind and the reference, as one text."""
    return f"{artifact.kind.value} {artifact.reference}"


def by_name(artifacts: Iterable[Artifact]) -> dict[str, Artifact]:
    """Artifacts by their names. In Common Gateway's form several of one bundle may have the same name:
    from the second on they are numbered."""
    named: dict[str, Artifact] = {}
    seen: Counter[str] = Counter()
    for artifact in artifacts:
        name = name_of(artifact)
        seen[name] += 1
        named[name if seen[name] == 1 else f"{name} ({seen[name]})"] = artifact
    return named


def contents_of(artifacts: Iterable[Artifact]) -> dict[str, str]:
    """The hash of each artifact by its name."""
    return {name: hash_of(artifact) for name, artifact in by_name(artifacts).items()}


def state_of(artifacts: Iterable[Artifact]) -> str:
    """A hash of everything that is in force: a plan counts only while that is the same."""
    parts = sorted(f"{a.origin.bundle}\0{hash_of(a)}" for a in artifacts)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def plan(
    held: Held | None,
    wanted: Bundle,
    others: Sequence[Artifact] = (),
    choices: Choices | None = None,
    *,
    base: str = "",
    contents: Mapping[str, str] | None = None,
) -> Plan:
    """Compare what is in force with what a bundle brings.

    ``others`` are the artifacts of other bundles. ``contents`` are the hashes to remember instead of
    those of the bundle's own artifacts: of an earlier installation, they tell what it had brought.
    """
    comparison = _Comparison(held, choices or Choices())
    ours = list(comparison.of_ours(wanted.artifacts, others))
    comparison.compare(ours)
    before = held.version if held is not None else None
    findings = (*wanted.findings, *_versions(before, wanted.version, comparison.steps), *comparison.findings)
    brought = contents_of(ours)
    kept = (
        brought if contents is None else {name: contents.get(name, hash_) for name, hash_ in brought.items()}
    )
    return Plan(
        bundle=wanted.name,
        version=wanted.version,
        before=before,
        base=base,
        steps=tuple(_in_order(comparison.steps)),
        findings=findings,
        artifacts=tuple(comparison.in_force),
        contents=kept,
    )


class _Comparison:
    """Artifact by artifact: what was brought, what is in force, what is brought now."""

    def __init__(self, held: Held | None, choices: Choices) -> None:
        self._choices = choices
        self._held = by_name(held.artifacts) if held is not None else {}
        self._brought = held.contents if held is not None else {}
        self.steps: list[Step] = []
        self.findings: list[Finding] = []
        self.in_force: list[Artifact] = []

    def of_ours(self, artifacts: Iterable[Artifact], others: Iterable[Artifact]) -> Iterator[Artifact]:
        """The artifacts that no other bundle has; the rest is told."""
        owned = {name_of(other): other for other in others}
        for artifact in artifacts:
            other = owned.get(name_of(artifact))
            if other is None or may_share(artifact, other):
                yield artifact
                continue
            same = hash_of(other) == hash_of(artifact)
            left = same or self._choices.leave_to_others
            text = f"{name_of(artifact)} is installed already, by bundle {other.origin.bundle}"
            content = "with the same content" if same else "with other content"
            hint = (
                "" if left else "Leave it as that bundle has it with --leave-to-others, or remove that bundle"
            )
            severity = Severity.WARNING if left else Severity.ERROR
            told = f"{text}, {content}{', and stays as it is' if left else ''}"
            self._tell(severity, "owner", told, artifact, hint)

    def compare(self, ours: Sequence[Artifact]) -> None:
        named = by_name(ours)
        for name, artifact in named.items():
            self._brought_now(name, artifact)
        for name, artifact in self._held.items():
            if name not in named:
                self._brought_no_more(name, artifact)

    def _brought_now(self, name: str, artifact: Artifact) -> None:
        held, brought = self._held.get(name), self._brought.get(name)
        if held is None and brought is None:
            self._step(Action.CREATE, artifact, after=artifact)
        elif held is None:
            self._edited(artifact, None, artifact, moved=brought != hash_of(artifact))
        elif hash_of(held) == hash_of(artifact):
            self._step(Action.UNCHANGED, artifact, before=held, after=artifact)
        elif brought != hash_of(held):
            self._edited(artifact, held, artifact, moved=brought != hash_of(artifact))
        else:
            self._step(Action.CHANGE, artifact, before=held, after=artifact)

    def _brought_no_more(self, name: str, held: Artifact) -> None:
        brought = self._brought.get(name)
        if brought == hash_of(held):
            self._step(Action.REMOVE, held, before=held)
        else:
            self._edited(held, held, None, moved=brought is not None)

    def _edited(
        self, artifact: Artifact, held: Artifact | None, after: Artifact | None, *, moved: bool
    ) -> None:
        """The artifact in force is not the one that was brought; ``moved``: nor is the one brought now."""
        what = f"{name_of(artifact)} was {'edited' if held is not None else 'removed'} at run time"
        if self._choices.local is Local.OVERWRITE:
            action = Action.CREATE if held is None else Action.REMOVE if after is None else Action.CHANGE
            self._tell(Severity.WARNING, "edited", f"{what}; that is undone", artifact)
            self._step(action, artifact, before=held, after=after, edited=True)
            return
        if moved and self._choices.local is Local.STOP:
            does = "changes it" if after is not None else "drops it"
            hint = (
                "Decide with --keep-local or --overwrite-local; 'gateway bundle export' saves what is there"
            )
            self._tell(Severity.ERROR, "edited", f"{what}, and the bundle {does} too", artifact, hint)
        else:
            self._tell(Severity.INFO, "edited", f"{what}; that stays", artifact)
        self._step(Action.KEEP, artifact, before=held, after=held, edited=True)

    def _step(
        self,
        action: Action,
        artifact: Artifact,
        *,
        before: Artifact | None = None,
        after: Artifact | None = None,
        edited: bool = False,
    ) -> None:
        if after is not None:
            self.in_force.append(after)
        found: tuple[Difference, ...] = ()
        if action is Action.CHANGE and before is not None and after is not None:
            found = differences(before.body, after.body, values=artifact.kind is not Kind.DATA)
        self.steps.append(Step(action, artifact.kind, artifact.reference, before, after, found, edited))

    def _tell(self, severity: Severity, code: str, text: str, artifact: Artifact, hint: str = "") -> None:
        path = artifact.origin.path
        self.findings.append(Finding(severity, code, text, artifact.reference, hint=hint, path=path))


def _versions(before: str | None, version: str, steps: Iterable[Step]) -> Iterator[Finding]:
    """What the versions say of the changes."""
    steps = list(steps)
    if rank(version) is None:
        text = f"'{version}' is no semantic version (1.2.3): whether it is newer cannot be told"
        yield Finding(Severity.WARNING, "version", text)
    changed = any(step.action not in (Action.UNCHANGED, Action.KEEP) for step in steps)
    if before is not None and is_newer(before, version):
        text = f"this is a downgrade: {before} is in force, and {version} is older"
        yield Finding(Severity.WARNING, "downgrade", text)
    elif before == version and changed:
        text = f"the bundle changes, and its version is {version} as before"
        yield Finding(Severity.WARNING, "version-unchanged", text)
    for step in steps:
        yield from _versions_of(step)


def _versions_of(step: Step) -> Iterator[Finding]:
    if step.action is not Action.CHANGE or step.before is None or step.after is None:
        return
    if "version" not in step.before.body or "version" not in step.after.body:
        return
    old, new = step.before.version, step.after.version
    what = f"{step.kind.value} {step.reference}"
    path = step.after.origin.path
    if old == new:
        text = f"{what} changes, and its version is {new} as before"
        yield Finding(Severity.WARNING, "version-unchanged", text, step.reference, path=path)
    elif is_newer(old, new):
        text = f"{what} goes back from version {old} to {new}"
        yield Finding(Severity.WARNING, "downgrade", text, step.reference, path=path)


def _in_order(steps: Sequence[Step]) -> Iterator[Step]:
    """By dependency; what is removed comes last, in the other direction."""
    standing = [step for step in steps if step.action is not Action.REMOVE]
    going = [step for step in steps if step.action is Action.REMOVE]
    for group, turn in ((standing, False), (going, True)):
        by_artifact = {id(a): step for step in group if (a := step.after or step.before) is not None}
        ordered = by_dependency([a for step in group if (a := step.after or step.before) is not None])
        yield from (by_artifact[id(a)] for a in (reversed(ordered) if turn else ordered))
        # What was removed at run time and stays so has no artifact on either side.
        yield from (step for step in group if step.before is None and step.after is None)

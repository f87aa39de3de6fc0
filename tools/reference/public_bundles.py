"""The page of the public bundles: what becomes of each of their artifacts, counted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from gateway_core.bundles.read import read_bundle
from gateway_core.catalog.build import BuildSettings, build
from gateway_core.catalog.states import ArtifactState, State, left_out, states
from gateway_core.operations.actions.registry import specs
from gateway_core.types import Bundle
from reference.text import page

ROOT = Path(__file__).resolve().parents[2]
NAME = "public-bundles.md"
SHARED = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "corpus" / "bundles"

INTRODUCTION = """
Nine bundles of Common Gateway as their authors publish them, each installed alone, unmodified. An artifact
*works*; or it is *recorded*, which keeps it until the gateway does what it is for; or it *needs a handler*, a
class that a Python package can provide under the entry point group `gateway.actions`; or it is *rejected*.
`gateway bundle plan` names each with its reason. How such bundles are read is in
[Bundle format](bundle-format.md#bundles-of-common-gateway).
"""
REASONS = """
## What is waited for

What is not there yet, and how many artifacts miss it. Those whose events nobody hears work otherwise.
"""
HEAD = "| Bundle | Kind | " + " | ".join(State) + " |\n|---|---|" + "---:|" * len(State)


def public_bundles() -> str:
    """The page; as it is where the bundles are not at hand."""
    if not CORPUS.is_dir():
        return (ROOT / "docs" / "reference" / NAME).read_text(encoding="utf-8")
    told: list[ArtifactState] = []
    for place in sorted(CORPUS.iterdir()):
        told += _states(read_bundle(place))
    rows = [*_rows(told), *_totals(told)]
    reasons = Counter(_general(each.reason) for each in told if each.reason)
    listed = [f"| {reason} | {count} |" for reason, count in sorted(reasons.items())]
    return page(
        "Public bundles",
        INTRODUCTION,
        "\n".join([HEAD, *rows]),
        REASONS,
        "\n".join(["| Reason | Artifacts |", "|---|---:|", *listed]),
    )


def _states(bundle: Bundle) -> Iterator[ArtifactState]:
    catalog, findings = build(bundle.artifacts, BuildSettings(actions=specs()))
    yield from states([bundle.name], catalog, findings)
    yield from left_out(bundle.name, bundle.findings)


def _rows(told: Iterable[ArtifactState]) -> Iterator[str]:
    counted: dict[tuple[str, str], Counter[State]] = {}
    for each in told:
        kind = each.kind.value if each.kind is not None else "file"
        counted.setdefault((each.bundle, kind), Counter())[each.state] += 1
    for (bundle, kind), count in sorted(counted.items()):
        yield _row(bundle, kind, count)


def _totals(told: Iterable[ArtifactState]) -> Iterator[str]:
    yield _row("**all**", "", Counter(each.state for each in told))


def _row(bundle: str, kind: str, count: Counter[State]) -> str:
    return f"| {bundle} | {kind} | " + " | ".join(str(count[state] or "") for state in State) + " |"


def _general(reason: str) -> str:
    """A reason without the names in it."""
    if reason.startswith("a handler for "):
        return "a handler for its class"
    if reason.startswith("What happens here"):
        return "a handler of the event that the endpoint throws; until then it answers 405"
    if reason.startswith("nobody hears"):
        return "nobody hears the events that the endpoint throws beside its answer"
    if reason.endswith("which is not installed"):
        return "its action works on objects of a schema that comes with another bundle"
    if " occurs in " in reason:
        return "another file of the bundle has the same `$id` and another content"
    return reason

"""What the commands about bundles print: coloured in a terminal, plain where there is none."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway_core.bundles.differences import NOTHING
from gateway_core.bundles.plan import Action, Plan, Step
from gateway_core.operations.report import summary
from gateway_core.types import Finding, Json, JsonObject, Severity

LONG = 120
MARKS = {
    Action.CREATE: ("+", "green"),
    Action.CHANGE: ("~", "yellow"),
    Action.KEEP: ("=", "cyan"),
    Action.REMOVE: ("-", "red"),
}
SEVERITIES = {
    Severity.ERROR: ("error", "bold red"),
    Severity.WARNING: ("warning", "yellow"),
    Severity.INFO: ("note", "cyan"),
}


def out() -> Console:
    return Console(soft_wrap=True, highlight=False)


def print_json(value: Json) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_plan(plan: Plan, told: Callable[[Finding], str]) -> None:
    """A plan: what happens to each artifact, what is remarked upon, and the sum. ``told`` words a finding."""
    console = out()
    before = "" if plan.before is None else f"{plan.before} → " if plan.before != plan.version else ""
    console.print(Text(f"Bundle {plan.bundle} {before}{plan.version}", style="bold"))
    for step in plan.steps:
        if step.action is not Action.UNCHANGED:
            _print_step(console, step)
    print_findings(console, plan.findings, told)
    console.print(Text(_sum(plan), style="bold red" if plan.errors else "bold"))


def print_findings(console: Console, findings: Iterable[Finding], told: Callable[[Finding], str]) -> None:
    """The findings, errors last: they are what is to be read."""
    order = [Severity.INFO, Severity.WARNING, Severity.ERROR]
    for finding in sorted(findings, key=lambda finding: order.index(finding.severity)):
        word, style = SEVERITIES[finding.severity]
        lines = told(finding).replace("\n", "\n    ")
        console.print(Text.assemble("  ", (f"{word}: ", style), lines))


def _print_step(console: Console, step: Step) -> None:
    mark, style = MARKS[step.action]
    old = step.before.version if step.before is not None else ""
    new = step.after.version if step.after is not None else ""
    version = f"  {old} → {new}" if old and new and old != new else ""
    edited = "  (edited at run time)" if step.edited else ""
    console.print(Text(f"  {mark} {step.kind.value:<11} {step.reference}{version}{edited}", style=style))
    for difference in step.differences:
        place = difference.pointer or "(the whole)"
        if difference.before is NOTHING:
            line = Text(f"      + {place}: {_shown(difference.after)}", style="green")
        elif difference.after is NOTHING:
            line = Text(f"      - {place}: {_shown(difference.before)}", style="red")
        else:
            line = Text.assemble(
                f"      {place}: ",
                (_shown(difference.before), "red"),
                " → ",
                (_shown(difference.after), "green"),
            )
        console.print(line)


def _sum(plan: Plan) -> str:
    counts = summary(plan)
    parts = [
        f"{counts['create']} to create",
        f"{counts['change']} to change",
        f"{counts['remove']} to remove",
    ]
    parts += [f"{counts['keep']} kept as edited"] if counts["keep"] else []
    parts += [f"{counts['unchanged']} unchanged"]
    objects = counts["objects"]
    parts += [f"{objects} object{'s' * (objects != 1)} to create"] if objects else []
    parts += [f"{counts['errors']} error{'s' * (counts['errors'] != 1)}"] if counts["errors"] else []
    if not plan.is_needed and not plan.errors:
        return f"Nothing to do: {', '.join(parts[3:])}."
    return f"Plan: {', '.join(parts)}."


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, default=dict)
    return text if len(text) <= LONG else f"{text[:LONG]}… ({len(text)} characters)"


def print_installed(bundles: Iterable[JsonObject]) -> None:
    """The installed bundles, one a line."""
    listed = list(bundles)
    if not listed:
        print("No bundle is installed; 'gateway bundle install SOURCE' installs one.", file=sys.stderr)
        return
    table = Table(
        "bundle", "version", "artifacts", "edited", "objects", "installed", box=None, pad_edge=False
    )
    for each in listed:
        day = str(each["installed"] or "")[:16].replace("T", " ")
        counts = (sum(each["artifacts"].values()), len(each["edited"]), each["objects"])
        table.add_row(each["name"], each["version"], *map(str, counts), day)
    out().print(table)


def print_bundle(told: JsonObject, artifacts: Mapping[str, str], paths: Iterable[str]) -> None:
    """One installed bundle with all that it holds; ``artifacts`` are names and remarks on them."""
    console = out()
    console.print(Text(f"{told['name']} {told['version']}", style="bold"))
    rows: list[tuple[str, Any]] = [
        ("title", told["title"]),
        ("description", told["description"]),
        ("requires", ", ".join(told["requires"])),
        ("installed", told["installed"]),
        ("source", told["source"]),
        ("content", told["digest"]),
        ("objects", told["objects"]),
        ("before", ", ".join(told["earlier"])),
    ]
    for label, value in rows:
        if value or value == 0:
            console.print(Text(f"  {label:<12}{value}"))
    for path in paths:
        console.print(Text(f"  serves      {path}"))
    for name, remark in artifacts.items():
        console.print(Text.assemble(f"  {name}", (f"  {remark}" if remark else "", "cyan")))

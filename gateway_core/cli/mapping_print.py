"""What the commands about mappings print: readable in a terminal, plain where there is none."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway_core.bundles.mapping_files import MappingFile
from gateway_core.bundles.places import excerpt, locate
from gateway_core.errors import MappingError
from gateway_core.mapping.explain import WAYS, Explanation, TargetAccount
from gateway_core.mapping.trace import ABSENT, Target, Trace
from gateway_core.operations.mapping_cases import NOTHING, Failure, Report
from gateway_core.types import Finding, Json, Position, Reference, Severity

LONG = 2_000
HOW = {
    "path": "path",
    "template": "template",
    "text": "text of the source: the input has no such path",
    "absent": "left out: the input has no such path",
    "passTrough": "passed through",
}


def _out() -> Console:
    return Console(soft_wrap=True, highlight=False)


def _shown(value: Json) -> str:
    if value is NOTHING or value is ABSENT:
        return "(nothing)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONG else f"{text[:LONG]}… ({len(text)} characters)"


# -- test ---------------------------------------------------------------------------------------


def print_report(report: Report, files: int) -> None:
    """Each failure with its first difference, and the sum."""
    out = _out()
    for failure in report.failures:
        out.print(Text.assemble(("FAILED ", "bold red"), f"{failure.file}: ", (failure.case, "bold")))
        if failure.mapping:
            out.print(Text(f"  mapping   {failure.mapping}", style="dim"))
        if failure.difference is None:
            out.print(Text(f"  {failure.message}"))
            continue
        out.print(Text(f"  at        {failure.difference.path or '(the whole result)'}"))
        out.print(Text(f"  expected  {_shown(failure.difference.expected)}", style="green"))
        out.print(Text(f"  got       {_shown(failure.difference.got)}", style="red"))
    failed = len(report.failures)
    style = "bold red" if failed else "bold green"
    where = f"{files} case file{'s' * (files != 1)}"
    out.print(Text(f"{report.passed} passed, {failed} failed, in {where}", style=style))


def report_json(report: Report) -> dict[str, Any]:
    """The report as one JSON object; a side of a difference that is absent has no key."""
    return {
        "passed": report.passed,
        "failed": len(report.failures),
        "failures": [_failure_json(failure) for failure in report.failures],
    }


def _failure_json(failure: Failure) -> dict[str, Any]:
    told: dict[str, Any] = {
        "file": failure.file,
        "mapping": failure.mapping,
        "case": failure.case,
        "message": failure.message,
    }
    if failure.difference is not None:
        told["path"] = failure.difference.path
        sides = (("expected", failure.difference.expected), ("got", failure.difference.got))
        told |= {name: value for name, value in sides if value is not NOTHING}
    return told


# -- trace --------------------------------------------------------------------------------------


def print_trace(record: Trace) -> None:
    """Target by target where the value came from, on standard error."""
    out = Console(stderr=True, soft_wrap=True, highlight=False)
    for number, targets in enumerate(record.documents):
        if len(record.documents) > 1:
            out.print(Text(f"element {number}", style="bold underline"))
        for target in targets:
            _print_target(out, target)


def _print_target(out: Console, target: Target) -> None:
    out.print(Text.assemble((target.key, "bold"), f"  = {_shown(target.value)}"))
    out.print(Text(f"  from      {HOW.get(target.how, target.how)}: {target.source}", style="dim"))
    if target.how != "path" and target.reads:
        out.print(Text(f"  reads     {', '.join(target.reads)}", style="dim"))
    if target.changes:
        out.print(Text(f"  made      {_shown(target.made)}"))
    for change in target.changes:
        name = "value map" if change.cast == "values" else f"cast {change.cast}"
        value = "removed" if change.value is ABSENT else _shown(change.value)
        out.print(Text(f"  {name} -> {value}"))


def failed(error: MappingError, mappings: Mapping[Reference, MappingFile]) -> str:
    """An error of a mapping, with the line of its file and a marker below the spot."""
    mapping = mappings.get(error.mapping)
    if mapping is None or error.key not in (mapping.body.get("mapping") or ()):
        return str(error)
    finding = Finding(Severity.ERROR, "", "", error.mapping, f"/mapping/{error.key}", error.position)
    place = locate(finding, mapping.text, str(mapping.file)).place or Position(1, 1)
    line, marker = excerpt(mapping.text, place)
    hint = f"; {error.hint}" if error.hint else ""
    told = f"mapping {error.mapping}, key {error.key}: {error.detail}{hint}"
    return f"{mapping.file}:{place.line}:{place.column}: {told}\n    {line}\n    {marker}"


# -- explain ------------------------------------------------------------------------------------


def print_explanation(account: Explanation, value_maps: Iterable[str]) -> None:
    """A mapping as a table of targets, and what holds of the whole."""
    tables = frozenset(value_maps)
    out = _out()
    out.print(Text(account.reference, style="bold"))
    out.print(f"begins with {'a copy of the whole input' if account.copies_input else 'nothing'}")
    if out.is_terminal:
        table = Table("target", "source", "becomes", "casts", "reads", "maps")
        for target in account.targets:
            table.add_row(*map(Text, _cells(target, tables)))
        out.print(table)
    else:
        for target in account.targets:
            out.print(Text(_lines(target, tables)))
    used = {target.became for target in account.targets}
    for way in (way for way in WAYS if way in used):
        out.print(Text(f"{way}: {WAYS[way]}", style="dim"))
    for label, listed in (
        ("unset", account.unset),
        ("casts afterwards", [key for key, _ in account.casts_afterwards]),
        ("reads", account.reads),
        ("reaches", account.references),
    ):
        if listed:
            out.print(Text(f"{label}: {', '.join(listed)}"))


def _cells(target: TargetAccount, tables: frozenset[str]) -> tuple[str, ...]:
    casts = [*target.casts, *(["value map"] if target.key in tables else [])]
    absent = {"omit": " (left out when absent)", "text": " (its own text when absent)"}.get(target.absent, "")
    maps = ", ".join(target.references)
    return (
        target.key,
        target.source,
        f"{target.became}{absent}",
        ", ".join(casts),
        ", ".join(target.reads),
        maps,
    )


def _lines(target: TargetAccount, tables: frozenset[str]) -> str:
    names = ("source", "becomes", "casts", "reads", "maps")
    key, *cells = _cells(target, tables)
    return "\n".join(
        [key, *(f"  {name:<8}  {cell}" for name, cell in zip(names, cells, strict=True) if cell)]
    )


# -- lint ---------------------------------------------------------------------------------------


def print_findings(findings: Iterable[tuple[Finding, str]]) -> None:
    """Each finding with file, line and column, and a marker under the spot."""
    out, count = _out(), 0
    for finding, text in findings:
        count += 1
        position = finding.place or Position(1, 1)
        place = f"{finding.path}:{position.line}:{position.column}: "
        severity = (
            f"{finding.severity.value} ",
            "bold red" if finding.severity == "error" else "bold yellow",
        )
        hint = f" ({finding.hint})" if finding.hint else ""
        out.print(Text.assemble(place, severity, (finding.code, "dim"), f" {finding.message}{hint}"))
        line, marker = excerpt(text, position)
        out.print(Text(f"    {line}\n    {marker}"))
    print(f"{count or 'no'} finding{'s' * (count != 1)}", file=sys.stderr)


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as a JSON object; ``key`` is the target, where it is about one."""
    section, _, key = finding.pointer.removeprefix("/").partition("/")
    return {
        "severity": finding.severity.value,
        "code": finding.code,
        "message": finding.message,
        "hint": finding.hint,
        "mapping": finding.reference,
        "file": finding.path,
        "key": key or section,
        "line": finding.place.line if finding.place is not None else 1,
        "column": finding.place.column if finding.place is not None else 1,
    }

"""The entries of a mapping: each target with the function that makes its value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway_core.errors import MappingError
from gateway_core.mapping import paths
from gateway_core.mapping.parser import parse
from gateway_core.mapping.reads import Reads, assigned_names
from gateway_core.mapping.render import Renderer, compile_template
from gateway_core.mapping.run import Frame, Limits
from gateway_core.mapping.settings import Settings, is_template
from gateway_core.types import Json, Reference

Evaluate = Callable[[Json, Frame], Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One target: ``evaluate(document, frame)`` gives its value, or MISSING to leave it out.

    ``how`` says what the source became, for people: path, text or template.
    """

    key: str
    path: paths.Path
    source: str
    how: str
    evaluate: Evaluate


def compile_entries(
    reference: Reference, settings: Settings, limits: Limits
) -> tuple[tuple[Entry, ...], Reads]:
    """All entries in file order, and what they read."""
    reads = Reads()
    entries = []
    for key, source in settings.targets.items():
        try:
            entries.append(_entry(key, source, settings, limits, reads))
        except MappingError as error:
            error.mapping, error.key = reference, key
            raise
    return tuple(entries), reads


def _entry(key: str, source: str, settings: Settings, limits: Limits, reads: Reads) -> Entry:
    path = paths.split(key)
    if not is_template(source):
        reads.path(paths.split(source))
        return Entry(key, path, source, "path", _bare(source, settings.omit_absent))
    template = parse(source, limits)
    reads.template(template)
    render = compile_template(template)
    return Entry(key, path, source, "template", _rendered(source, render, bool(assigned_names(template))))


def _bare(source: str, omit: bool) -> Evaluate:
    """The value at a path; where it is absent the text of the path, or nothing at all."""
    get = paths.getter(paths.split(source))
    if omit:
        return lambda document, frame: get(document)

    def evaluate(document: Json, frame: Frame) -> Any:
        value = get(document)
        return source if value is paths.MISSING else value

    return evaluate


def _rendered(source: str, render: Renderer, assigns: bool) -> Evaluate:
    """The text of a template. The original looks even a template up as a path first."""
    segments = paths.split(source)
    head, get = segments[0], paths.getter(segments)

    def evaluate(document: Json, frame: Frame) -> Any:
        if head in frame.variables:
            value = get(document)
            if value is not paths.MISSING:
                return value
        if assigns:
            frame.run.items(len(frame.variables))
            return render(Frame(dict(frame.variables), frame.run))
        return render(frame)

    return evaluate
